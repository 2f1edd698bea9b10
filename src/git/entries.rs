//! The entries of an index, found but not decoded: where each is, and its path.
//!
//! Format: Documentation/gitformat-index.txt, "Index entry". Before the path: ten 32-bit numbers of `stat` data (the
//! seventh is the mode), the object id, 16 bits of flags and, if the flags say so, 16 more.

use crate::snapshot::RepoPath;
use bstr::ByteSlice as _;
use gix::hash::{Kind as Hash, oid};

/// Longer paths together than any index of a real repository has.
const MAX_PATH_BYTES: usize = 1 << 30;

const EXTENDED: u16 = 0x4000;
const STAGE: u16 = 0x3000;
const NAME_LENGTH: u16 = 0x0fff;
const INTENT_TO_ADD: u16 = 0x2000;

/// What an entry is, by its mode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mode {
    File,
    Symlink,
    Submodule,
    /// A whole directory that a sparse index does not spell out.
    Directory,
}

/// The entries of an index, in path order.
pub(super) struct Entries {
    bytes: Vec<u8>,
    /// Paths one after another, where the file does not hold them in one piece (version 4, split index).
    paths: Vec<u8>,
    slots: Vec<Slot>,
    hash: Hash,
    /// Whether some entry is not simply one to commit.
    special: bool,
}

#[derive(Clone, Copy)]
struct Slot {
    /// Where the entry begins in `bytes`.
    at: u32,
    /// Where its path begins and ends: in `paths` unless that is empty, in `bytes` otherwise.
    path: (u32, u32),
}

/// Paths with conflicts.
pub(super) struct Conflicts {
    /// The first of them.
    pub paths: Vec<RepoPath>,
    /// How many there are.
    pub count: usize,
}

/// One step of the walk.
struct Raw {
    flags: u16,
    extended: u16,
    /// Where the path field begins.
    path_at: usize,
}

impl Entries {
    /// Walks `count` entries from `start`, none of which may reach into the checksum; returns where they end.
    pub fn walk(bytes: Vec<u8>, start: usize, version: u32, count: u32, hash: Hash) -> Result<(Self, usize), String> {
        if u32::try_from(bytes.len()).is_err() {
            return Err("more than 4 GiB".into());
        }
        let cut = || "it is cut off, or damaged, in its entries".to_owned();
        let body = &bytes[..bytes.len().saturating_sub(hash.len_in_bytes())];
        let (mut paths, mut slots, mut special) = (Vec::new(), Vec::new(), false);
        let (mut at, mut last, mut last_stage) = (start, (0, 0), 0);
        for position in 0..count {
            let raw = parse(body, at, version, hash).ok_or_else(cut)?;
            let (path, next) = if version == 4 {
                expand(body, raw.path_at, &mut paths, last).ok_or_else(cut)?
            } else {
                inline(body, at, &raw).ok_or_else(cut)?
            };
            if paths.len() > MAX_PATH_BYTES {
                return Err(format!("paths of more than {MAX_PATH_BYTES} bytes"));
            }
            let text = |(from, to): (usize, usize)| if version == 4 { &paths[from..to] } else { &bytes[from..to] };
            let stage = raw.flags & STAGE;
            let order = text(last).cmp(text(path)).then(last_stage.cmp(&stage));
            // A split index names no path where it replaces an entry of its other half; anywhere else, listing refuses it.
            if !text(path).is_empty() && position > 0 && order.is_ge() {
                return Err(format!("its entries are not in order at {}", RepoPath::new(text(path))));
            }
            special |= stage != 0 || raw.extended & INTENT_TO_ADD != 0;
            // All fit: the bytes were found to be fewer than 4 GiB, the paths are bounded.
            slots.push(Slot { at: at as u32, path: (path.0 as u32, path.1 as u32) });
            (last, last_stage, at) = (path, stage, next);
        }
        Ok((Self { bytes, paths, slots, hash, special }, at))
    }

    /// Leaves out what is only intended to be added, as a commit does; `Err` if there are conflicts, as for a commit.
    pub fn into_committed(mut self) -> Result<Self, Conflicts> {
        if !self.special {
            return Ok(self);
        }
        let mut conflicts = Conflicts { paths: Vec::new(), count: 0 };
        let mut last: &[u8] = b"";
        for (position, slot) in self.slots.iter().enumerate() {
            let path = self.key_of(slot);
            if self.flags(position).0 & STAGE != 0 && path != last {
                conflicts.count += 1;
                last = path;
                if conflicts.paths.len() < 5 {
                    conflicts.paths.push(RepoPath::new(path));
                }
            }
        }
        if conflicts.count > 0 {
            return Err(conflicts);
        }
        let kept = |position: &usize| self.flags(*position).1 & INTENT_TO_ADD == 0;
        self.slots = (0..self.len()).filter(kept).map(|position| self.slots[position]).collect();
        Ok(self)
    }

    /// Joins the two halves of a split index: in `base`, the entries at `replaced` are replaced by the first of
    /// `changes`, one by one, those at `deleted` go, and the rest of `changes` is added.
    pub fn join(base: Self, changes: Self, replaced: &[usize], deleted: &[usize]) -> Result<Self, String> {
        let mut joined = Self {
            bytes: [base.bytes.as_slice(), &changes.bytes].concat(),
            paths: Vec::new(),
            slots: Vec::new(),
            hash: base.hash,
            special: base.special || changes.special,
        };
        let shift = u32::try_from(base.bytes.len()).map_err(|_| "more than 4 GiB")?;
        if u32::try_from(joined.bytes.len()).is_err() || base.paths.len() + changes.paths.len() > MAX_PATH_BYTES {
            return Err("more than 4 GiB".into());
        }
        let mut slots: Vec<Option<(&[u8], u32)>> =
            base.slots.iter().map(|slot| Some((base.key_of(slot), slot.at))).collect();
        if replaced.len() > changes.len() {
            return Err("it replaces more entries than it holds".into());
        }
        let (replacing, added) = changes.slots.split_at(replaced.len());
        for (position, slot) in replaced.iter().zip(replacing) {
            match &mut slots[*position] {
                Some((_, at)) if changes.key_of(slot).is_empty() => *at = slot.at + shift,
                _ => return Err("it replaces an entry by one of another path".into()),
            }
        }
        for position in deleted {
            slots[*position] = None;
        }
        slots.extend(added.iter().map(|slot| Some((changes.key_of(slot), slot.at + shift))));
        let mut slots: Vec<(&[u8], u32)> = slots.into_iter().flatten().collect();
        let stage = |at: u32| flags_at(&joined.bytes, at, joined.hash).0 & STAGE;
        slots.sort_by(|a, b| a.0.cmp(b.0).then_with(|| stage(a.1).cmp(&stage(b.1))));
        for (position, (path, at)) in slots.iter().enumerate() {
            // An added entry takes the place of an equal one; the sort kept it behind.
            if slots.get(position + 1).is_some_and(|next| next.0 == *path && stage(next.1) == stage(*at)) {
                continue;
            }
            let from = joined.paths.len() as u32;
            joined.paths.extend_from_slice(path);
            joined.slots.push(Slot { at: *at, path: (from, joined.paths.len() as u32) });
        }
        Ok(joined)
    }

    /// The index file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// The path of an entry; of a sparse directory without its trailing slash.
    pub fn path(&self, position: usize) -> &[u8] {
        let path = self.sort_key(position);
        path.strip_suffix(b"/").unwrap_or(path)
    }

    /// What entries are sorted by: the path, of a sparse directory with its trailing slash.
    pub fn sort_key(&self, position: usize) -> &[u8] {
        self.key_of(&self.slots[position])
    }

    fn key_of(&self, slot: &Slot) -> &[u8] {
        let source = if self.paths.is_empty() { &self.bytes } else { &self.paths };
        &source[slot.path.0 as usize..slot.path.1 as usize]
    }

    /// What an entry is.
    pub fn mode(&self, position: usize) -> Mode {
        let at = self.slots[position].at as usize + 24;
        let mode = u32::from_be_bytes([self.bytes[at], self.bytes[at + 1], self.bytes[at + 2], self.bytes[at + 3]]);
        match mode & 0o170_000 {
            0o040_000 => Mode::Directory,
            0o120_000 => Mode::Symlink,
            0o160_000 => Mode::Submodule,
            _ => Mode::File,
        }
    }

    /// The object of an entry.
    pub fn id(&self, position: usize) -> &oid {
        let at = self.slots[position].at as usize + 40;
        oid::from_bytes_unchecked(&self.bytes[at..at + self.hash.len_in_bytes()])
    }

    /// The flags of an entry, and its extended flags.
    fn flags(&self, position: usize) -> (u16, u16) {
        flags_at(&self.bytes, self.slots[position].at, self.hash)
    }

    /// The first entry, at or after `from`, whose path is not before `path`.
    pub fn first_not_before(&self, from: usize, path: &[u8]) -> usize {
        // Doubling steps first: what is looked for is most often near.
        let (mut low, mut step) = (from, 1);
        while low + step < self.len() && self.sort_key(low + step) < path {
            low += step;
            step *= 2;
        }
        let high = (low + step).min(self.len());
        low + self.slots[low..high].partition_point(|slot| self.key_of(slot) < path)
    }
}

/// The flags of the entry that begins at `at`, which the walk found to be whole, and its extended flags.
fn flags_at(bytes: &[u8], at: u32, hash: Hash) -> (u16, u16) {
    let at = at as usize + 40 + hash.len_in_bytes();
    let flags = be_u16(&bytes[at..]);
    (flags, if flags & EXTENDED == 0 { 0 } else { be_u16(&bytes[at + 2..]) })
}

/// The fixed part of the entry at `at`; `None` if it does not fit.
fn parse(bytes: &[u8], at: usize, version: u32, hash: Hash) -> Option<Raw> {
    let flags_at = at + 40 + hash.len_in_bytes();
    let flags = be_u16(bytes.get(flags_at..flags_at + 2)?);
    if flags & EXTENDED == 0 || version == 2 {
        return Some(Raw { flags, extended: 0, path_at: flags_at + 2 });
    }
    let extended = be_u16(bytes.get(flags_at + 2..flags_at + 4)?);
    Some(Raw { flags, extended, path_at: flags_at + 4 })
}

/// The path of an entry of version 2 or 3 and where the next entry begins: NUL up to a multiple of eight.
fn inline(bytes: &[u8], at: usize, raw: &Raw) -> Option<((usize, usize), usize)> {
    let mut length = usize::from(raw.flags & NAME_LENGTH);
    if length == usize::from(NAME_LENGTH) {
        length = bytes.get(raw.path_at..)?.find_byte(0)?;
    }
    let end = raw.path_at + length;
    if *bytes.get(end)? != 0 {
        return None;
    }
    let next = at + ((end - at + 8) & !7);
    (next <= bytes.len()).then_some(((raw.path_at, end), next))
}

/// The path of an entry of version 4, which says how much of the last path to drop and what to append.
fn expand(bytes: &[u8], at: usize, paths: &mut Vec<u8>, last: (usize, usize)) -> Option<((usize, usize), usize)> {
    let (dropped, used) = variable_width(bytes.get(at..)?)?;
    let suffix_at = at + used;
    let suffix_len = bytes.get(suffix_at..)?.find_byte(0)?;
    let kept_end = last.1.checked_sub(dropped).filter(|end| *end >= last.0)?;
    let from = paths.len();
    paths.extend_from_within(last.0..kept_end);
    paths.extend_from_slice(&bytes[suffix_at..suffix_at + suffix_len]);
    Some(((from, paths.len()), suffix_at + suffix_len + 1))
}

/// The number format of offset deltas in packs: seven bits in each byte, one added for each continuation.
fn variable_width(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0_usize;
    for (position, byte) in bytes.iter().take(5).enumerate() {
        value = (value << 7) | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, position + 1));
        }
        value += 1;
    }
    None
}

fn be_u16(bytes: &[u8]) -> u16 {
    u16::from_be_bytes([bytes[0], bytes[1]])
}
