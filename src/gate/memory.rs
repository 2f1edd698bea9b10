//! The content of files that were read: both sides of a change ask for much of it, and more than once.

use crate::snapshot::{ContentId, File, Snapshot, SnapshotError};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// So many bytes are kept; what is more is read again.
const MAX_KEPT: usize = 32 << 20;

/// Content by its identity.
#[derive(Default)]
pub(super) struct Memory {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    size: usize,
    contents: BTreeMap<ContentId, Arc<Vec<u8>>>,
}

impl Memory {
    /// The content of `file`, which is of `snapshot`.
    pub fn read(&self, snapshot: &dyn Snapshot, file: &File) -> Result<Arc<Vec<u8>>, SnapshotError> {
        let Some(id) = &file.id else { return snapshot.read(file).map(Arc::new) };
        let kept = || self.kept.lock().expect("no thread panics");
        if let Some(known) = kept().contents.get(id) {
            return Ok(Arc::clone(known));
        }
        let content = Arc::new(snapshot.read(file)?);
        let mut kept = kept();
        if kept.size + content.len() <= MAX_KEPT {
            kept.size += content.len();
            kept.contents.insert(id.clone(), Arc::clone(&content));
        }
        Ok(content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{MemorySnapshot, RepoPath};

    #[test]
    fn what_has_an_identity_is_read_once() {
        let (first, second) = (MemorySnapshot::from([("a", "1")]), MemorySnapshot::from([("a", "2")]));
        let (memory, path) = (Memory::default(), RepoPath::from("a"));
        let file = |id: Option<u8>| File { path: path.clone(), id: id.map(|id| ContentId(Box::new([id]))) };
        let read = |snapshot, id| memory.read(snapshot, &file(id)).map(|content| content.to_vec());
        assert_eq!(read(&first, Some(1)), Ok(b"1".to_vec()));
        assert_eq!(read(&second, Some(1)), Ok(b"1".to_vec()));
        assert_eq!(read(&second, Some(2)), Ok(b"2".to_vec()));
        assert_eq!((read(&first, None), read(&second, None)), (Ok(b"1".to_vec()), Ok(b"2".to_vec())));
    }
}
