//! The `link` extension: an index that holds only what differs from a shared index beside it.
//!
//! Format: Documentation/gitformat-index.txt, "Split index": the checksum of the shared index, then two EWAH bitmaps of
//! positions in it, of entries that are deleted and of entries that are replaced.

use super::entries::Entries;
use super::error::reason;
use gix::hash::{Kind as Hash, ObjectId};
use gix_bitmap::ewah;

/// What a split index says about its other half.
pub(super) struct Link {
    /// The checksum of the shared index, which is also in its name.
    pub base: ObjectId,
    deleted: ewah::Vec,
    replaced: ewah::Vec,
}

impl Link {
    /// Parses the extension; `None` if it names no other half.
    pub fn parse(payload: &[u8], hash: Hash) -> Result<Option<Self>, String> {
        let damaged = |problem: &str| format!("its extension `link` is damaged: {problem}");
        let (base, rest) = payload.split_at_checked(hash.len_in_bytes()).ok_or_else(|| damaged("it is too short"))?;
        let base = ObjectId::from_bytes_or_panic(base);
        if base.is_null() {
            return Ok(None);
        }
        let (deleted, rest) = ewah::decode(rest).map_err(|error| damaged(&reason(&error)))?;
        let (replaced, rest) = ewah::decode(rest).map_err(|error| damaged(&reason(&error)))?;
        if !rest.is_empty() {
            return Err(damaged("something follows its bitmaps"));
        }
        Ok(Some(Self { base, deleted, replaced }))
    }
}

/// Joins the halves: of `base`, the entries that `link` says are replaced by the first of `changes`, one by one, others
/// go, and the rest of `changes` is added.
pub(super) fn join(base: &Entries, changes: &Entries, link: &Link, hash: Hash) -> Result<Entries, String> {
    // For each entry: what it is sorted by, and where the rest of it is.
    let entry = |path, half, position: usize| {
        let half: &Entries = half;
        ((path, half.facts(position).stage), half, position)
    };
    let mut joined: Vec<_> = (0..base.len()).map(|position| Some(entry(base.path(position), base, position))).collect();
    let mut used = 0;
    for position in positions(&link.replaced, base.len())? {
        if used == changes.len() || !changes.path(used).is_empty() {
            return Err("it replaces more entries than it holds".into());
        }
        joined[position] = Some(entry(base.path(position), changes, used));
        used += 1;
    }
    for position in positions(&link.deleted, base.len())? {
        joined[position] = None;
    }
    joined.extend((used..changes.len()).map(|position| Some(entry(changes.path(position), changes, position))));
    let mut joined: Vec<_> = joined.into_iter().flatten().collect();
    joined.sort_by_key(|(key, ..)| *key);
    let mut entries = Entries::new(hash);
    for (number, (key, half, position)) in joined.iter().enumerate() {
        // An added entry takes the place of an equal one; the sort left it behind that.
        if joined.get(number + 1).is_none_or(|(next, ..)| next != key) {
            entries.push(key.0, half.id(*position), half.facts(*position))?;
        }
    }
    Ok(entries)
}

/// The positions that a bitmap names, all of which must be less than `count`.
fn positions(bitmap: &ewah::Vec, count: usize) -> Result<Vec<usize>, String> {
    let mut positions = Vec::new();
    let whole = bitmap.for_each_set_bit(|position| {
        positions.push(position);
        (position < count).then_some(())
    });
    whole.map(|()| positions).ok_or_else(|| "it changes entries that its shared index does not have".to_owned())
}
