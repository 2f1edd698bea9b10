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
    let common = common.as_deref().unwrap_or(directory);
    Ok(common.join("objects").is_dir() && common.join("refs").is_dir())
}

/// Where what all working trees share is kept, if that is not in the git directory itself.
pub(super) fn common_directory(git_dir: &Path) -> Result<Option<PathBuf>, GitError> {
    read_path(&git_dir.join("commondir"), "")
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

/// A part of a file, seen through a window that only moves forward.
pub(super) struct Window<'a> {
    file: &'a mut Parts,
    buffer: Vec<u8>,
    /// Where in `buffer` the bytes begin that were not passed yet.
    start: usize,
    /// Where in the file `buffer` ends.
    read_up_to: u64,
    /// Where in the file the part ends.
    end: u64,
}

impl<'a> Window<'a> {
    /// How much is read at a time: what stays in the processor's cache.
    const CHUNK: u64 = 128 << 10;

    /// A window on the bytes from `start` to `end`.
    pub fn new(file: &'a mut Parts, start: u64, end: u64) -> io::Result<Self> {
        file.file.seek(SeekFrom::Start(start))?;
        Ok(Self { file, buffer: Vec::new(), start: 0, read_up_to: start, end })
    }

    /// Where in the file the window is.
    pub fn position(&self) -> u64 {
        self.read_up_to - (self.buffer.len() - self.start) as u64
    }

    /// Whether nothing is left.
    pub fn is_at_end(&self) -> bool {
        self.position() == self.end
    }

    /// The next `length` bytes; `None` if there are fewer.
    pub fn peek(&mut self, length: usize) -> io::Result<Option<&[u8]>> {
        if self.buffer.len() - self.start < length {
            self.fill(length)?;
        }
        Ok(self.buffer[self.start..].get(..length))
    }

    /// The next `length` bytes, or all there are, and whether these are all.
    pub fn peek_up_to(&mut self, length: usize) -> io::Result<(&[u8], bool)> {
        if self.buffer.len() - self.start < length {
            self.fill(length)?;
        }
        let bytes = &self.buffer[self.start..];
        Ok((bytes, bytes.len() < length))
    }

    /// Moves over bytes that `peek` has shown.
    pub fn skip(&mut self, length: usize) {
        self.start = (self.start + length).min(self.buffer.len());
    }

    /// Moves over bytes without looking at them; `false` if there are fewer.
    pub fn seek_forward(&mut self, length: u64) -> io::Result<bool> {
        let seen = (self.buffer.len() - self.start) as u64;
        if length <= seen {
            self.skip(length as usize);
            return Ok(true);
        }
        let target = self.position() + length;
        if target > self.end {
            return Ok(false);
        }
        self.file.file.seek(SeekFrom::Start(target))?;
        self.buffer.clear();
        (self.start, self.read_up_to) = (0, target);
        Ok(true)
    }

    /// Reads until `length` bytes are there, or no more are left.
    fn fill(&mut self, length: usize) -> io::Result<()> {
        self.buffer.drain(..self.start);
        self.start = 0;
        let missing = (length - self.buffer.len()) as u64;
        let wanted = missing.max(Self::CHUNK).min(self.end - self.read_up_to);
        let read = (&self.file.file).take(wanted).read_to_end(&mut self.buffer)? as u64;
        self.read_up_to += read;
        if read < wanted {
            return Err(io::Error::other("it became shorter while being read"));
        }
        Ok(())
    }
}
