//! A snapshot with some of its files changed: what would be, were edits made.

use super::{Entry, File, RepoPath, Snapshot, SnapshotError};
use std::collections::BTreeMap;

/// Another snapshot, but for the content of some files that it has.
pub struct EditedSnapshot<'s> {
    base: &'s dyn Snapshot,
    edited: BTreeMap<RepoPath, Vec<u8>>,
}

impl<'s> EditedSnapshot<'s> {
    /// `base` with the content of the files in `edited`.
    pub fn new(base: &'s dyn Snapshot, edited: BTreeMap<RepoPath, Vec<u8>>) -> Self {
        Self { base, edited }
    }

    /// The content of a file that was changed; empty for any other.
    pub fn edited(&self, path: &RepoPath) -> &[u8] {
        self.edited.get(path).map_or(&[], Vec::as_slice)
    }
}

impl Snapshot for EditedSnapshot<'_> {
    /// What holds a file that was changed has no identity any more.
    fn list(&self, directory: &RepoPath) -> Result<Vec<Entry>, SnapshotError> {
        let mut entries = self.base.list(directory)?;
        for entry in &mut entries {
            let path = directory.join(&entry.name);
            let below = self.edited.range(RepoPath::new([path.as_bytes(), b"/"].concat())..).next();
            if self.edited.contains_key(&path) || below.is_some_and(|(edited, _)| edited.is_inside(&path)) {
                entry.id = None;
            }
        }
        Ok(entries)
    }

    fn read(&self, file: &File) -> Result<Vec<u8>, SnapshotError> {
        self.edited.get(&file.path).map_or_else(|| self.base.read(file), |content| Ok(content.clone()))
    }

    fn find(&self, path: &RepoPath) -> Result<Option<File>, SnapshotError> {
        let found = self.base.find(path)?;
        Ok(found.map(|file| if self.edited.contains_key(path) { File { id: None, ..file } } else { file }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::MemorySnapshot;
    use super::*;

    #[test]
    fn only_what_was_changed_differs() {
        let base = MemorySnapshot::from([("src/a.py", "1"), ("src/b.py", "2")]);
        let path = RepoPath::from("src/a.py");
        let edited = EditedSnapshot::new(&base, BTreeMap::from([(path.clone(), b"3".to_vec())]));
        let read = |path: &str| {
            let file = edited.find(&path.into()).expect("memory never fails").expect("it is there");
            edited.read(&file).expect("memory never fails")
        };
        assert_eq!((read("src/a.py"), read("src/b.py")), (b"3".to_vec(), b"2".to_vec()));
        assert_eq!(edited.list(&"src".into()), base.list(&"src".into()));
        assert_eq!(edited.edited(&path), b"3");
    }
}
