//! Walks the entries of an index file from front to back, through a window that moves over it.
//!
//! Format: Documentation/gitformat-index.txt, "Index entry". Before the path: ten 32-bit numbers of `stat` data (the
//! seventh is the mode), the object id, 16 bits of flags and, if the flags say so, 16 more.

use super::cache_tree::CachedTree;
use super::entries::{Entries, Facts, Kind};
use super::files::Window;
use crate::snapshot::RepoPath;
use gix::hash::{Kind as Hash, ObjectId};
use std::io;

const EXTENDED: u16 = 0x4000;
const STAGE: u16 = 0x3000;
const NAME_LENGTH: u16 = 0x0fff;
const INTENT_TO_ADD: u16 = 0x2000;

/// Longer than any path that exists.
const MAX_PATH: usize = 1 << 20;

/// Why a walk ended early.
pub(super) enum Trouble {
    /// The file is damaged, or cannot be read.
    Damaged(String),
    /// The cache-tree is not about these entries.
    TreesDisagree,
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Damaged(error.to_string())
    }
}

impl From<String> for Trouble {
    fn from(problem: String) -> Self {
        Self::Damaged(problem)
    }
}

/// Walks `count` entries. Those that one of `trees` covers are passed over, and the tree stands for them.
pub(super) fn walk(
    window: &mut Window<'_>,
    version: u32,
    count: u32,
    hash: Hash,
    trees: &[CachedTree],
) -> Result<Entries, Trouble> {
    let mut walk = Walk { window, version, hash, path: Vec::new(), last: Vec::new() };
    let mut entries = Entries::new(hash);
    let mut trees = trees.iter().peekable();
    let mut last_stage = 0;
    let mut left = count;
    while left > 0 {
        let (id, facts) = walk.next()?;
        let order = walk.last.cmp(&walk.path).then(last_stage.cmp(&facts.stage));
        // A split index names no path where it replaces an entry of its other half; anywhere else, listing refuses it.
        if left < count && order.is_ge() && !walk.path.is_empty() {
            return Err(format!("its entries are not in order at {}", RepoPath::new(walk.path.as_slice())).into());
        }
        last_stage = facts.stage;
        match trees.peek() {
            Some(tree) if walk.path.starts_with(&tree.path) => {
                if tree.entries > left || facts.stage != 0 || facts.intent_to_add {
                    return Err(Trouble::TreesDisagree);
                }
                walk.pass_over(tree.entries - 1)?;
                if !walk.path.starts_with(&tree.path) {
                    return Err(Trouble::TreesDisagree);
                }
                entries.push(&tree.path, &tree.id, Facts { kind: Kind::Cached, stage: 0, intent_to_add: false })?;
                left -= tree.entries;
                trees.next();
            }
            // Behind all that it could cover, and it covered nothing; or more lies in the last one than it covered.
            Some(tree) if tree.path < walk.path => return Err(Trouble::TreesDisagree),
            _ if entries.last_covers(&walk.path) => return Err(Trouble::TreesDisagree),
            _ => {
                entries.push(&walk.path, &id, facts)?;
                left -= 1;
            }
        }
    }
    if trees.peek().is_some() {
        return Err(Trouble::TreesDisagree);
    }
    Ok(entries)
}

struct Walk<'a, 'b> {
    window: &'a mut Window<'b>,
    version: u32,
    hash: Hash,
    /// The path of the entry that was read last.
    path: Vec<u8>,
    /// The path before it.
    last: Vec<u8>,
}

impl Walk<'_, '_> {
    /// How long an entry is up to its flags.
    fn flags_at(&self) -> usize {
        40 + self.hash.len_in_bytes()
    }

    /// Reads one entry; its path is then in `self.path`.
    fn next(&mut self) -> Result<(ObjectId, Facts), Trouble> {
        let flags_at = self.flags_at();
        let head = need(self.window, flags_at + 2)?;
        let mode = u32::from_be_bytes([head[24], head[25], head[26], head[27]]);
        let id = ObjectId::from_bytes_or_panic(&head[40..flags_at]);
        let flags = be_u16(&head[flags_at..]);
        let mut path_at = flags_at + 2;
        let mut extended = 0;
        if flags & EXTENDED != 0 && self.version > 2 {
            extended = be_u16(&need(self.window, flags_at + 4)?[flags_at + 2..]);
            path_at += 2;
        }
        std::mem::swap(&mut self.path, &mut self.last);
        if self.version == 4 {
            self.expand_path(path_at)?
        } else {
            self.inline_path(path_at, flags)?
        }
        let kind = match mode & 0o170_000 {
            0o040_000 => Kind::Sparse,
            0o120_000 => Kind::Symlink,
            0o160_000 => Kind::Submodule,
            _ => Kind::File,
        };
        let stage = ((flags & STAGE) >> 12) as u8;
        Ok((id, Facts { kind, stage, intent_to_add: extended & INTENT_TO_ADD != 0 }))
    }

    /// The path of an entry of version 2 or 3, and behind it NUL up to a multiple of eight.
    fn inline_path(&mut self, path_at: usize, flags: u16) -> Result<(), Trouble> {
        let mut length = usize::from(flags & NAME_LENGTH);
        if length == usize::from(NAME_LENGTH) {
            length = find_nul(self.window, path_at)?;
        }
        let whole = (path_at + length + 8) & !7;
        let entry = need(self.window, whole)?;
        if entry[path_at + length] != 0 {
            return Err(cut());
        }
        self.path.clear();
        self.path.extend_from_slice(&entry[path_at..path_at + length]);
        self.window.skip(whole);
        Ok(())
    }

    /// The path of an entry of version 4, which says how much of the last path to drop and what to append.
    fn expand_path(&mut self, path_at: usize) -> Result<(), Trouble> {
        let (mut dropped, mut at) = (0_usize, path_at);
        // The number format of offset deltas in packs: seven bits in each byte, one added for each continuation.
        loop {
            let byte = need(self.window, at + 1)?[at];
            at += 1;
            dropped = (dropped << 7) | usize::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                break;
            }
            dropped += 1;
            if dropped > MAX_PATH {
                return Err(cut());
            }
        }
        let kept = self.last.len().checked_sub(dropped).ok_or_else(cut)?;
        let length = find_nul(self.window, at)?;
        if kept + length > MAX_PATH {
            return Err(cut());
        }
        self.path.clear();
        self.path.extend_from_slice(&self.last[..kept]);
        self.path.extend_from_slice(&need(self.window, at + length)?[at..]);
        self.window.skip(at + length + 1);
        Ok(())
    }

    /// Passes over `count` entries, none of which may be special; the path of the last is then in `self.path`.
    fn pass_over(&mut self, count: u32) -> Result<(), Trouble> {
        let flags_at = self.flags_at();
        for left in (0..count).rev() {
            let flags = be_u16(&need(self.window, flags_at + 2)?[flags_at..]);
            let length = flags & NAME_LENGTH;
            if self.version == 4 || left == 0 || flags & (EXTENDED | STAGE) != 0 || length == NAME_LENGTH {
                let (_, facts) = self.next()?;
                if facts.stage != 0 || facts.intent_to_add {
                    return Err(Trouble::TreesDisagree);
                }
                continue;
            }
            let whole = (flags_at + 2 + usize::from(length) + 8) & !7;
            need(self.window, whole)?;
            self.window.skip(whole);
        }
        Ok(())
    }
}

/// The next `length` bytes.
fn need<'a>(window: &'a mut Window<'_>, length: usize) -> Result<&'a [u8], Trouble> {
    window.peek(length)?.ok_or_else(cut)
}

/// How many bytes there are between `at` and the next NUL.
fn find_nul(window: &mut Window<'_>, at: usize) -> Result<usize, Trouble> {
    let mut wanted = at + 256;
    loop {
        let (bytes, all) = window.peek_up_to(wanted)?;
        if let Some(length) = bytes.get(at..).and_then(|rest| memchr::memchr(0, rest)) {
            return Ok(length);
        }
        if all || wanted > MAX_PATH {
            return Err(cut());
        }
        wanted *= 4;
    }
}

fn cut() -> Trouble {
    Trouble::Damaged("it is cut off, or damaged, in its entries".into())
}

fn be_u16(bytes: &[u8]) -> u16 {
    u16::from_be_bytes([bytes[0], bytes[1]])
}
