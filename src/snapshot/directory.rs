//! A directory on disk as a snapshot: the working tree of `picklegate scan PATH`.

use super::memory::list_sorted;
use super::{Entry, File, RepoPath, Snapshot, SnapshotError};
use bstr::ByteVec as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// The regular files below a directory, `.gitignore` honoured, symbolic links never followed.
pub struct DirectorySnapshot {
    root: PathBuf,
    paths: Vec<RepoPath>,
    limit: u64,
}

impl DirectorySnapshot {
    /// Lists the files below `root`. `limit` is the largest file, in bytes, that `read` takes into memory.
    ///
    /// # Errors
    /// The first path that cannot be listed, with the reason of the operating system.
    pub fn open(root: &Path, limit: u64) -> Result<Self, SnapshotError> {
        let mut paths = Vec::new();
        let walk = ignore::WalkBuilder::new(root)
            .hidden(false)
            .require_git(false)
            .filter_entry(|e| e.file_name() != ".git")
            .build();
        for entry in walk {
            let entry = entry.map_err(|error| SnapshotError::Unreadable {
                path: RepoPath::root(),
                problem: format!("cannot list the directory: {error}"),
            })?;
            if entry.file_type().is_some_and(|kind| kind.is_file()) {
                let relative = entry.path().strip_prefix(root).expect("the walk stays below its root");
                // A single file as root: its own name is its path.
                let relative = if relative.as_os_str().is_empty() { Path::new(entry.file_name()) } else { relative };
                paths.push(to_repo_path(relative));
            }
        }
        paths.sort();
        let root = if root.is_file() { root.parent().unwrap_or(Path::new("")).to_owned() } else { root.to_owned() };
        Ok(Self { root, paths, limit })
    }
}

impl Snapshot for DirectorySnapshot {
    fn list(&self, directory: &RepoPath) -> Result<Vec<Entry>, SnapshotError> {
        let start = self.paths.partition_point(|path| path < directory);
        let prefix = directory.as_bytes();
        // Everything inside `directory` starts with its bytes, so it is contiguous in byte order.
        let end = start + self.paths[start..].partition_point(|path| path.as_bytes().starts_with(prefix));
        Ok(list_sorted(self.paths[start..end].iter(), directory))
    }

    fn read(&self, file: &File) -> Result<Vec<u8>, SnapshotError> {
        let unreadable =
            |error: std::io::Error| SnapshotError::Unreadable { path: file.path.clone(), problem: error.to_string() };
        let handle = std::fs::File::open(self.root.join(to_native_path(&file.path))).map_err(unreadable)?;
        let size = handle.metadata().map_err(unreadable)?.len();
        let mut content = Vec::with_capacity(size.min(self.limit) as usize);
        handle.take(self.limit + 1).read_to_end(&mut content).map_err(unreadable)?;
        if content.len() as u64 > self.limit {
            return Err(SnapshotError::TooLarge {
                path: file.path.clone(),
                size: size.max(content.len() as u64),
                limit: self.limit,
            });
        }
        Ok(content)
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

fn to_native_path(path: &RepoPath) -> PathBuf {
    use bstr::ByteSlice as _;
    path.as_bytes().to_path_lossy().into_owned()
}
