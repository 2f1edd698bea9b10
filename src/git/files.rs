//! The few small files of a repository that gix does not read for us. The only place in `git/` that touches the disk
//! directly; it never writes.

use super::GitError;
use bstr::ByteSlice as _;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

/// No control file is larger: configuration, `HEAD`, `MERGE_HEAD`, `shallow`.
const LIMIT: u64 = 64 << 20;

/// The content of a small file; `None` where there is none.
pub(super) fn read_small(path: &Path) -> Result<Option<Vec<u8>>, GitError> {
    let broken = |problem: String| GitError::Broken { path: path.to_owned(), problem };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if is_absence(&error) => return Ok(None),
        Err(error) => return Err(broken(error.to_string())),
    };
    let mut content = Vec::new();
    file.take(LIMIT + 1).read_to_end(&mut content).map_err(|error| broken(error.to_string()))?;
    if content.len() as u64 > LIMIT {
        return Err(broken(format!("more than {LIMIT} bytes, which no control file of git has")));
    }
    Ok(Some(content))
}

/// The path that is all of a small file's content, after `prefix`, relative to the directory that holds the file.
pub(super) fn read_path(file: &Path, prefix: &str) -> Result<Option<PathBuf>, GitError> {
    let Some(content) = read_small(file)? else { return Ok(None) };
    let text = content.strip_prefix(prefix.as_bytes()).map(|rest| rest.trim_end_with(|c| c == '\n' || c == '\r'));
    match text {
        Some(text) if !text.is_empty() && !text.contains(&0) => {
            let base = file.parent().unwrap_or(Path::new(""));
            Ok(Some(base.join(text.to_path_lossy())))
        }
        _ => Err(GitError::Broken {
            path: file.to_owned(),
            problem: format!("expected `{prefix}<directory>`, found something else"),
        }),
    }
}

/// What `git` looks for to call a directory a repository: `HEAD`, and below the common directory `objects` and `refs`.
pub(super) fn is_git_directory(directory: &Path) -> Result<bool, GitError> {
    if directory.join("HEAD").symlink_metadata().is_err() {
        return Ok(false);
    }
    let common = common_directory(directory)?;
    Ok(common.join("objects").is_dir() && common.join("refs").is_dir())
}

/// Where a git directory keeps what all its working trees share; itself, unless it belongs to a linked working tree.
pub(super) fn common_directory(git_dir: &Path) -> Result<PathBuf, GitError> {
    Ok(read_path(&git_dir.join("commondir"), "")?.unwrap_or_else(|| git_dir.to_owned()))
}

/// Whether the error says that the file is not there.
fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// A large file of which parts are read: the index.
pub(super) struct Parts {
    file: File,
    /// Its size when it was opened.
    pub size: u64,
}

impl Parts {
    /// Opens a file; `None` where there is none.
    pub fn open(path: &Path) -> io::Result<Option<Self>> {
        match File::open(path) {
            Ok(file) => {
                let size = file.metadata()?.len();
                Ok(Some(Self { file, size }))
            }
            Err(error) if is_absence(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The bytes from `start` to the end.
    pub fn read_from(&mut self, start: u64) -> io::Result<Vec<u8>> {
        self.file.seek(SeekFrom::Start(start))?;
        let expected = self.size.saturating_sub(start);
        let mut bytes = Vec::with_capacity(usize::try_from(expected).map_err(io::Error::other)?);
        (&self.file).take(expected).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != expected {
            return Err(io::Error::other("it became shorter while being read"));
        }
        Ok(bytes)
    }

    /// The first `N` bytes.
    pub fn read_head<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut head = [0; N];
        self.file.seek(SeekFrom::Start(0))?;
        self.file.read_exact(&mut head)?;
        Ok(head)
    }
}
