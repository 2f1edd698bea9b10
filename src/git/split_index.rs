//! The `link` extension: an index that holds only what differs from a shared index beside it.
//!
//! Format: Documentation/gitformat-index.txt, "Split index": the checksum of the shared index, then two EWAH bitmaps of
//! positions in it, of entries that are deleted and of entries that are replaced.

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

/// Positions in the shared index, ascending.
pub(super) struct Positions {
    /// Entries that go.
    pub deleted: Vec<usize>,
    /// Entries that are replaced.
    pub replaced: Vec<usize>,
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

    /// The positions, all of which must lie in the `count` entries of the shared index.
    pub fn positions(&self, count: usize) -> Result<Positions, String> {
        let collect = |bitmap: &ewah::Vec| {
            let mut positions = Vec::new();
            let whole = bitmap.for_each_set_bit(|position| {
                positions.push(position);
                (position < count).then_some(())
            });
            whole.map(|()| positions).ok_or_else(|| "it changes entries that its shared index does not have".to_owned())
        };
        Ok(Positions { deleted: collect(&self.deleted)?, replaced: collect(&self.replaced)? })
    }
}
