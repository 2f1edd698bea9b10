//! A snapshot held in memory: for tests, rule examples and editors.

use super::{Entry, EntryKind, File, RepoPath, Snapshot, SnapshotError};
use std::collections::BTreeMap;

/// Files by path, all regular.
#[derive(Clone, Debug, Default)]
pub struct MemorySnapshot {
    files: BTreeMap<RepoPath, Vec<u8>>,
}

impl MemorySnapshot {
    /// Adds or replaces a file.
    pub fn insert(&mut self, path: RepoPath, content: impl Into<Vec<u8>>) {
        self.files.insert(path, content.into());
    }
}

impl<const N: usize> From<[(&str, &str); N]> for MemorySnapshot {
    fn from(files: [(&str, &str); N]) -> Self {
        Self { files: files.into_iter().map(|(path, text)| (RepoPath::from(path), text.into())).collect() }
    }
}

impl Snapshot for MemorySnapshot {
    fn list(&self, directory: &RepoPath) -> Result<Vec<Entry>, SnapshotError> {
        Ok(list_sorted(self.files.keys(), directory))
    }

    fn read(&self, file: &File) -> Result<Vec<u8>, SnapshotError> {
        self.files.get(&file.path).cloned().ok_or_else(|| SnapshotError::Unreadable {
            path: file.path.clone(),
            problem: "no such file in this snapshot".into(),
        })
    }
}

/// The entries of `directory` among all file `paths` of a snapshot, sorted by name and without duplicates.
pub(super) fn list_sorted<'a>(paths: impl Iterator<Item = &'a RepoPath>, directory: &RepoPath) -> Vec<Entry> {
    let skip = if directory.is_root() { 0 } else { directory.as_bytes().len() + 1 };
    let mut entries = BTreeMap::new();
    for path in paths.filter(|path| path.is_inside(directory)) {
        let rest = &path.as_bytes()[skip..];
        let (name, kind) = match memchr::memchr(b'/', rest) {
            Some(end) => (&rest[..end], EntryKind::Directory),
            None => (rest, EntryKind::File),
        };
        entries.insert(name, kind);
    }
    entries.into_iter().map(|(name, kind)| Entry { name: name.into(), kind, id: None }).collect()
}
