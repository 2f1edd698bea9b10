//! A directory on disk as a snapshot: the working tree of `picklegate scan PATH`.

use super::memory::list_sorted;
use super::{Entry, EntryKind, File, RepoPath, Snapshot, SnapshotError};
use bstr::ByteVec as _;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// The regular files below a directory, `.gitignore` honoured, symbolic links never followed.
pub struct DirectorySnapshot {
    root: PathBuf,
    /// Files and symbolic links, sorted.
    paths: Vec<RepoPath>,
    /// Those of `paths` that are symbolic links.
    symlinks: BTreeSet<RepoPath>,
    /// Directories that could not be listed, and why.
    unlisted: BTreeMap<RepoPath, String>,
    limit: u64,
}

impl DirectorySnapshot {
    /// Lists the files below `root`. `limit` is the largest file, in bytes, that `read` takes into memory.
    ///
    /// A directory that cannot be listed is an error only of its own `list`.
    pub fn open(root: &Path, limit: u64) -> Self {
        let (mut paths, mut symlinks, mut unlisted) = (Vec::new(), BTreeSet::new(), BTreeMap::new());
        let relative = |path: &Path| to_repo_path(path.strip_prefix(root).unwrap_or(path));
        let walk = ignore::WalkBuilder::new(root)
            .hidden(false)
            .require_git(false)
            // Unlike `.gitignore`, it would hide from us what is committed.
            .ignore(false)
            .filter_entry(|e| e.file_name() != ".git")
            .build();
        for entry in walk {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    unlisted.insert(failed_path(&error).map_or_else(RepoPath::root, relative), error.to_string());
                    continue;
                }
            };
            if entry.file_type().is_some_and(|kind| kind.is_file()) {
                // A single file as root: its own name is its path.
                let single = entry.path() == root;
                paths.push(if single { to_repo_path(Path::new(entry.file_name())) } else { relative(entry.path()) });
            } else if entry.path_is_symlink() {
                paths.push(relative(entry.path()));
                symlinks.insert(relative(entry.path()));
            }
        }
        paths.sort();
        let root = if root.is_file() { root.parent().unwrap_or(Path::new("")).to_owned() } else { root.to_owned() };
        Self { root, paths, symlinks, unlisted, limit }
    }
}

impl Snapshot for DirectorySnapshot {
    fn list(&self, directory: &RepoPath) -> Result<Vec<Entry>, SnapshotError> {
        if let Some(problem) = self.unlisted.get(directory) {
            return Err(SnapshotError::Unreadable { path: directory.clone(), problem: problem.clone() });
        }
        let start = self.paths.partition_point(|path| path < directory);
        let prefix = directory.as_bytes();
        // Everything inside `directory` starts with its bytes, so it is contiguous in byte order.
        let end = start + self.paths[start..].partition_point(|path| path.as_bytes().starts_with(prefix));
        // What cannot be listed is an entry all the same, as if it held something.
        let unlisted: Vec<RepoPath> = self.unlisted.keys().map(|path| path.join(b"?")).collect();
        let mut entries = list_sorted(self.paths[start..end].iter().chain(&unlisted), directory);
        if !self.symlinks.is_empty() {
            for entry in entries.iter_mut().filter(|entry| self.symlinks.contains(&directory.join(&entry.name))) {
                entry.kind = EntryKind::Symlink;
            }
        }
        Ok(entries)
    }

    fn read(&self, file: &File) -> Result<Vec<u8>, SnapshotError> {
        read_limited(&self.root, file, self.limit)
    }
}

/// The content of `file` below `root`, if it has at most `limit` bytes.
pub(super) fn read_limited(root: &Path, file: &File, limit: u64) -> Result<Vec<u8>, SnapshotError> {
    let unreadable =
        |error: std::io::Error| SnapshotError::Unreadable { path: file.path.clone(), problem: error.to_string() };
    let handle = std::fs::File::open(root.join(to_native_path(&file.path))).map_err(unreadable)?;
    let size = handle.metadata().map_err(unreadable)?.len();
    let mut content = Vec::with_capacity(size.min(limit) as usize);
    handle.take(limit + 1).read_to_end(&mut content).map_err(unreadable)?;
    if content.len() as u64 > limit {
        let size = size.max(content.len() as u64);
        return Err(SnapshotError::TooLarge { path: file.path.clone(), size, limit });
    }
    Ok(content)
}

/// The path that an error of the walk is about.
fn failed_path(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => failed_path(err),
        ignore::Error::Loop { child, .. } => Some(child),
        _ => None,
    }
}

fn to_repo_path(relative: &Path) -> RepoPath {
    let bytes = Vec::from_path_lossy(relative).into_owned();
    RepoPath::new(if std::path::MAIN_SEPARATOR == '\\' {
        bytes.into_iter().map(|b| if b == b'\\' { b'/' } else { b }).collect()
    } else {
        bytes
    })
}

/// The path below a root as the system writes it.
pub fn to_native_path(path: &RepoPath) -> PathBuf {
    use bstr::ByteSlice as _;
    path.as_bytes().to_path_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::walk;

    #[test]
    fn ignored_files_are_left_out_and_hidden_ones_are_not() {
        let top = tempfile::tempdir().unwrap();
        for (path, text) in [
            ("a.py", "1"),
            ("b/c.py", "2"),
            ("b/d.log", "3"),
            (".hidden/e.py", "4"),
            (".git/f.py", "5"),
            (".gitignore", "*.log\n"),
            (".ignore", "*.py\n"),
        ] {
            let path = top.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let snapshot = DirectorySnapshot::open(top.path(), 10);
        let mut found = Vec::new();
        assert_eq!(walk(&snapshot, &RepoPath::root(), &mut |file| found.push(file.path.to_string())), []);
        assert_eq!(found, [".gitignore", ".ignore", "a.py", ".hidden/e.py", "b/c.py"]);
        let file = snapshot.find(&RepoPath::from("b/c.py")).unwrap().unwrap();
        assert_eq!(snapshot.read(&file).unwrap(), b"2");
        std::fs::write(top.path().join("b/c.py"), "12345678901").unwrap();
        assert!(matches!(snapshot.read(&file), Err(SnapshotError::TooLarge { size: 11, limit: 10, .. })));
    }

    #[cfg(unix)]
    #[test]
    fn symbolic_links_are_entries_that_nothing_follows() {
        let top = tempfile::tempdir().unwrap();
        std::fs::create_dir(top.path().join("a")).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", top.path().join("a/requirements.txt")).unwrap();
        std::os::unix::fs::symlink("/", top.path().join("b")).unwrap();
        let snapshot = DirectorySnapshot::open(top.path(), 10);
        let kinds = |directory: &str| -> Vec<_> {
            let entries = snapshot.list(&RepoPath::from(directory)).unwrap();
            entries.into_iter().map(|entry| (entry.name.to_string(), entry.kind)).collect()
        };
        assert_eq!(kinds(""), [("a".into(), EntryKind::Directory), ("b".into(), EntryKind::Symlink)]);
        assert_eq!(kinds("a"), [("requirements.txt".into(), EntryKind::Symlink)]);
        assert_eq!(snapshot.find(&RepoPath::from("a/requirements.txt")), Ok(None));
        assert_eq!(walk(&snapshot, &RepoPath::root(), &mut |file| panic!("{file:?}")), []);
    }

    #[test]
    fn what_cannot_be_listed_is_an_error_and_the_rest_is_there() {
        let top = tempfile::tempdir().unwrap();
        std::fs::write(top.path().join("a.py"), "1").unwrap();
        let mut snapshot = DirectorySnapshot::open(top.path(), 10);
        snapshot.unlisted.insert(RepoPath::from("b/secret"), "permission denied".into());
        let mut found = Vec::new();
        let errors = walk(&snapshot, &RepoPath::root(), &mut |file| found.push(file.path.to_string()));
        assert_eq!(found, ["a.py"]);
        assert_eq!(errors.iter().map(ToString::to_string).collect::<Vec<_>>(), ["b/secret: permission denied"]);
    }
}
