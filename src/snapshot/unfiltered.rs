//! A directory on disk with all that is in it, listed only where asked: an installed environment.

use super::directory::{read_limited, to_native_path};
use super::{Entry, EntryKind, File, RepoPath, Snapshot, SnapshotError};
use bstr::{BString, ByteVec as _};
use std::io::ErrorKind;
use std::path::PathBuf;

/// Everything below a directory: nothing is ignored, and symbolic links are entries that are never followed.
///
/// Environments ignore themselves (`*` in their `.gitignore`), and have more files than anybody wants listed.
pub struct UnfilteredSnapshot {
    root: PathBuf,
    limit: u64,
}

impl UnfilteredSnapshot {
    /// The directory `root`. `limit` is the largest file, in bytes, that `read` takes into memory.
    pub fn new(root: impl Into<PathBuf>, limit: u64) -> Self {
        Self { root: root.into(), limit }
    }
}

impl Snapshot for UnfilteredSnapshot {
    fn list(&self, directory: &RepoPath) -> Result<Vec<Entry>, SnapshotError> {
        let unreadable =
            |error: std::io::Error| SnapshotError::Unreadable { path: directory.clone(), problem: error.to_string() };
        let found = match std::fs::read_dir(self.root.join(to_native_path(directory))) {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(vec![]),
            found => found.map_err(unreadable)?,
        };
        let mut entries = Vec::new();
        for entry in found {
            let entry = entry.map_err(unreadable)?;
            let kind = entry.file_type().map_err(unreadable)?;
            let kind = match kind {
                _ if kind.is_file() => EntryKind::File,
                _ if kind.is_dir() => EntryKind::Directory,
                _ if kind.is_symlink() => EntryKind::Symlink,
                // A pipe or a device: nothing that can be read to its end.
                _ => continue,
            };
            let name = BString::from(Vec::from_os_str_lossy(&entry.file_name()).into_owned());
            entries.push(Entry { name, kind, id: None });
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn read(&self, file: &File) -> Result<Vec<u8>, SnapshotError> {
        read_limited(&self.root, file, self.limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_ignored_and_links_are_not_followed() {
        let top = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(top.path().join("lib/site-packages")).unwrap();
        std::fs::write(top.path().join(".gitignore"), "*\n").unwrap();
        std::fs::write(top.path().join("lib/site-packages/a.pth"), "1").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("lib", top.path().join("lib64")).unwrap();
        let snapshot = UnfilteredSnapshot::new(top.path(), 10);
        let mut found = Vec::new();
        assert_eq!(super::super::walk(&snapshot, &RepoPath::root(), &mut |f| found.push(f.path.to_string())), []);
        assert_eq!(found, [".gitignore", "lib/site-packages/a.pth"]);
        let file = snapshot.find(&RepoPath::from("lib/site-packages/a.pth")).unwrap().unwrap();
        assert_eq!(snapshot.read(&file).unwrap(), b"1");
        assert_eq!(snapshot.list(&RepoPath::from("nothing")), Ok(vec![]));
        assert_eq!(snapshot.list(&RepoPath::from(".gitignore")), Ok(vec![]));
    }
}
