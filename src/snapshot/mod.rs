//! Read-only sets of (path, blob): what everything below the command line judges.
//!
//! A snapshot may be HEAD, the index, a commit, a directory on disk or a map in memory; nothing here knows which. It must
//! not know git, manifests or Python.
//!
//! ```
//! use picklegate::snapshot::{MemorySnapshot, RepoPath, Snapshot as _};
//! let snapshot = MemorySnapshot::from([("src/a.py", "import pickle\n")]);
//! let file = snapshot.find(&RepoPath::from("src/a.py"))?.expect("it is there");
//! assert_eq!(snapshot.read(&file)?, b"import pickle\n");
//! # Ok::<(), picklegate::snapshot::SnapshotError>(())
//! ```

mod comparison;
mod directory;
mod edited;
mod memory;
mod path;
mod unfiltered;

pub use comparison::{Change, Comparison, changes};
pub use directory::{DirectorySnapshot, to_native_path};
pub use edited::EditedSnapshot;
pub use memory::MemorySnapshot;
pub use path::RepoPath;
pub use unfiltered::UnfilteredSnapshot;

use bstr::BString;

/// What a directory entry is. Only `File` has content that is ever judged.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum EntryKind {
    /// A regular file, executable or not.
    File,
    /// A directory that `list` can open.
    Directory,
    /// A symbolic link; its target is never followed.
    Symlink,
    /// A commit of another repository.
    Submodule,
}

/// Identity of content: equal ids mean equal bytes (for a directory, equal contents all the way down).
///
/// Git object ids, 20 bytes (SHA-1) or 32 (SHA-256). Snapshots that would have to hash to know one give none.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ContentId(pub Box<[u8]>);

/// One entry of a directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// File name, one path component.
    pub name: BString,
    /// What it is.
    pub kind: EntryKind,
    /// Identity of its content, where the snapshot knows it for free.
    pub id: Option<ContentId>,
}

/// A regular file of a snapshot: enough to read it, and to know whether it is equal to another without reading.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct File {
    /// Where it is.
    pub path: RepoPath,
    /// Identity of its content, where the snapshot knows it for free.
    pub id: Option<ContentId>,
}

/// Why something of a snapshot cannot be read. `Display` says what, and what was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// The file is larger than the limit the snapshot was opened with.
    #[error("{path}: {size} bytes, more than the limit of {limit} bytes")]
    TooLarge {
        /// The file.
        path: RepoPath,
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The entry is listed, but its content is missing, damaged or not permitted.
    #[error("{path}: {problem}")]
    Unreadable {
        /// The file or directory.
        path: RepoPath,
        /// What went wrong, with what to do where that is known.
        problem: String,
    },
}

/// A read-only set of (path, blob). Implementations are cheap to share between threads.
pub trait Snapshot: Sync {
    /// The entries of `directory` sorted by name; empty where there is no such directory.
    fn list(&self, directory: &RepoPath) -> Result<Vec<Entry>, SnapshotError>;

    /// The content of `file`, which came from `list`, `find` or a [`Change`] of this snapshot.
    fn read(&self, file: &File) -> Result<Vec<u8>, SnapshotError>;

    /// The regular file at `path`; `None` where there is nothing or something else.
    fn find(&self, path: &RepoPath) -> Result<Option<File>, SnapshotError> {
        let Some(parent) = path.parent() else { return Ok(None) };
        let entries = self.list(&parent)?;
        Ok(entries
            .into_iter()
            .find(|entry| entry.name == path.file_name() && entry.kind == EntryKind::File)
            .map(|entry| File { path: path.clone(), id: entry.id }))
    }
}

/// Calls `visit` for each regular file below `directory`, in path order of each directory, without recursion.
///
/// Gives the directories that could not be listed; what is beside them is still visited.
pub fn walk(snapshot: &dyn Snapshot, directory: &RepoPath, visit: &mut dyn FnMut(File)) -> Vec<SnapshotError> {
    walk_entries(snapshot, directory, &mut |path, entry| {
        if entry.kind == EntryKind::File {
            visit(File { path, id: entry.id });
        }
    })
}

/// As [`walk`], for symbolic links and submodules as well.
pub fn walk_entries(
    snapshot: &dyn Snapshot,
    directory: &RepoPath,
    visit: &mut dyn FnMut(RepoPath, Entry),
) -> Vec<SnapshotError> {
    let mut errors = Vec::new();
    let mut pending = vec![directory.clone()];
    while let Some(directory) = pending.pop() {
        let mut below = Vec::new();
        let entries = snapshot.list(&directory).unwrap_or_else(|error| {
            errors.push(error);
            Vec::new()
        });
        for entry in entries {
            let path = directory.join(&entry.name);
            match entry.kind {
                EntryKind::Directory => below.push(path),
                _ => visit(path, entry),
            }
        }
        pending.extend(below.into_iter().rev());
    }
    errors
}

/// Whether `c` reorders the text around it when shown (Unicode bidirectional controls, UAX #9).
pub fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
