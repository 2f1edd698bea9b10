//! Where in the scopes of a file an offset is.

use crate::scan::scopes::{BlockId, Place, ScopeId, Scopes};
use ruff_text_size::TextSize;
use std::cmp::Reverse;

/// The blocks of a file in the order of the text. Made for files with findings only.
pub(super) struct Places {
    /// Start, end, place, and the index of the block around it.
    blocks: Vec<(TextSize, TextSize, Place, Option<usize>)>,
}

impl Places {
    pub fn new(scopes: &Scopes<'_>) -> Self {
        // The first block of each scope is the only one without a parent, and blocks come after their parents.
        let mut scope_of: Vec<ScopeId> = Vec::with_capacity(scopes.blocks.len());
        let mut next = 0;
        for block in &scopes.blocks {
            match block.parent {
                Some(parent) => scope_of.push(scope_of[parent]),
                None => {
                    scope_of.push(next);
                    next += 1;
                }
            }
        }
        let mut ids: Vec<BlockId> = (0..scopes.blocks.len()).collect();
        let range = |id: BlockId| scopes.blocks[id].range;
        ids.sort_by_key(|&id| (range(id).start(), Reverse(range(id).end()), id));
        let mut blocks: Vec<(TextSize, TextSize, Place, Option<usize>)> = Vec::with_capacity(ids.len());
        let mut open: Vec<usize> = Vec::new();
        for block in ids {
            let (start, end) = (range(block).start(), range(block).end());
            while open.last().is_some_and(|&outer| blocks[outer].1 <= start) {
                open.pop();
            }
            blocks.push((start, end, Place { scope: scope_of[block], block }, open.last().copied()));
            open.push(blocks.len() - 1);
        }
        Self { blocks }
    }

    /// The innermost place around `offset`.
    pub fn at(&self, offset: TextSize) -> Place {
        let mut next = self.blocks.partition_point(|(start, ..)| *start <= offset).checked_sub(1);
        while let Some((_, end, place, outer)) = next.and_then(|index| self.blocks.get(index)) {
            if *end > offset {
                return *place;
            }
            next = *outer;
        }
        Place { scope: 0, block: 0 }
    }
}
