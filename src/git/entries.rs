//! The entries of an index in memory, in path order.

use super::tree::{check_name, content_id, sort};
use crate::snapshot::{Entry, EntryKind, RepoPath};
use gix::hash::{Kind as Hash, oid};

/// Longer paths together than any index of a real repository has.
const MAX_PATH_BYTES: usize = 1 << 30;

/// What an entry stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    File,
    Symlink,
    Submodule,
    /// A directory that a sparse index does not spell out; its path ends in a slash.
    Sparse,
    /// A directory whose entries were passed over, because the cache-tree knows its tree; its path ends in a slash.
    Cached,
}

/// What is said of an entry besides its path and object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Facts {
    pub kind: Kind,
    /// 0, or the side of a conflict.
    pub stage: u8,
    /// Whether it was only announced, and will not be committed.
    pub intent_to_add: bool,
}

/// Entries sorted by path and stage.
pub(super) struct Entries {
    /// All paths, one after another.
    paths: Vec<u8>,
    /// All ids, one after another.
    ids: Vec<u8>,
    slots: Vec<Slot>,
    hash: Hash,
    /// Whether some entry has a stage, or is only intended to be added.
    special: bool,
}

struct Slot {
    path_end: u32,
    facts: Facts,
}

/// Paths with conflicts.
pub(super) struct Conflicts {
    /// The first of them.
    pub paths: Vec<RepoPath>,
    /// How many there are.
    pub count: usize,
}

impl Entries {
    pub fn new(hash: Hash) -> Self {
        Self { paths: Vec::new(), ids: Vec::new(), slots: Vec::new(), hash, special: false }
    }

    /// Adds an entry behind all others.
    pub fn push(&mut self, path: &[u8], id: &oid, facts: Facts) -> Result<(), String> {
        if self.paths.len() + path.len() > MAX_PATH_BYTES {
            return Err(format!("paths of more than {MAX_PATH_BYTES} bytes"));
        }
        self.paths.extend_from_slice(path);
        self.ids.extend_from_slice(id.as_bytes());
        self.slots.push(Slot { path_end: self.paths.len() as u32, facts });
        self.special |= facts.stage != 0 || facts.intent_to_add;
        Ok(())
    }

    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// The path of an entry, that of a directory with a slash at its end.
    pub fn path(&self, position: usize) -> &[u8] {
        let start = position.checked_sub(1).map_or(0, |before| self.slots[before].path_end);
        &self.paths[start as usize..self.slots[position].path_end as usize]
    }

    pub fn id(&self, position: usize) -> &oid {
        let length = self.hash.len_in_bytes();
        oid::from_bytes_unchecked(&self.ids[position * length..(position + 1) * length])
    }

    pub fn facts(&self, position: usize) -> Facts {
        self.slots[position].facts
    }

    /// Leaves out what is only intended to be added, as a commit does; `Err` if there are conflicts, as for a commit.
    pub fn into_committed(self) -> Result<Self, Conflicts> {
        if !self.special {
            return Ok(self);
        }
        let mut committed = Self::new(self.hash);
        let mut conflicts = Conflicts { paths: Vec::new(), count: 0 };
        let mut last: &[u8] = b"";
        for position in 0..self.len() {
            let (path, facts) = (self.path(position), self.facts(position));
            if facts.stage == 0 {
                if !facts.intent_to_add {
                    committed.push(path, self.id(position), facts).expect("these are fewer than before");
                }
            } else if path != last {
                last = path;
                conflicts.count += 1;
                if conflicts.paths.len() < 5 {
                    conflicts.paths.push(RepoPath::new(path));
                }
            }
        }
        if conflicts.count == 0 { Ok(committed) } else { Err(conflicts) }
    }

    /// The first entry, at or after `from`, whose path is not before `path`.
    fn first_not_before(&self, from: usize, path: &[u8]) -> usize {
        // Doubling steps first: what is looked for is most often near.
        let (mut low, mut step) = (from, 1);
        while low + step < self.len() && self.path(low + step) < path {
            low += step;
            step *= 2;
        }
        let mut high = (low + step).min(self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.path(middle) < path {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// The entry that stands for `directory` or for one above it.
    pub fn covering(&self, directory: &[u8]) -> Option<usize> {
        // Whatever sorts between `above/` and `above/below/` lies in `above`, for which one entry stands.
        let path = [directory, b"/"].concat();
        let after = self.first_not_before(0, &path);
        let candidates = [Some(after).filter(|position| *position < self.len()), after.checked_sub(1)];
        candidates.into_iter().flatten().find(|position| {
            matches!(self.facts(*position).kind, Kind::Sparse | Kind::Cached) && path.starts_with(self.path(*position))
        })
    }

    /// Whether `path` lies in the directory that the last entry stands for.
    pub fn last_covers(&self, path: &[u8]) -> bool {
        let last = self.len().checked_sub(1).filter(|last| self.facts(*last).kind == Kind::Cached);
        last.is_some_and(|last| path.starts_with(self.path(last)))
    }

    /// The entries directly in `directory`.
    ///
    /// # Errors
    /// What makes a tree of it impossible.
    pub fn list(&self, directory: &[u8]) -> Result<Vec<Entry>, String> {
        let prefix = if directory.is_empty() { Vec::new() } else { [directory, b"/"].concat() };
        let mut found = Vec::new();
        let mut position = self.first_not_before(0, &prefix);
        while position < self.len() {
            let path = self.path(position);
            let Some(rest) = path.strip_prefix(prefix.as_slice()) else { break };
            let slash = memchr::memchr(b'/', rest);
            let name = &rest[..slash.unwrap_or(rest.len())];
            check_name(name)?;
            let kind = match self.facts(position).kind {
                Kind::File => EntryKind::File,
                Kind::Symlink => EntryKind::Symlink,
                Kind::Submodule => EntryKind::Submodule,
                Kind::Sparse | Kind::Cached => EntryKind::Directory,
            };
            if slash.is_none_or(|at| at + 1 == rest.len() && kind == EntryKind::Directory) {
                found.push(Entry { name: name.into(), kind, id: Some(content_id(self.id(position))) });
                position += 1;
            } else {
                found.push(Entry { name: name.into(), kind: EntryKind::Directory, id: None });
                // Everything below starts with `name/`; `0` is the byte after the slash.
                position = self.first_not_before(position, &[&prefix, name, b"0"].concat());
            }
        }
        sort(&mut found)?;
        Ok(found)
    }
}
