//! The index file, read no further than needed.
//!
//! Format: Documentation/gitformat-index.txt: a header, entries sorted by path, extensions, a checksum that git does not
//! verify when it commits, nor do we. `git commit` leaves the index for its hook with a whole cache-tree and then commits
//! that tree, not the entries; so its root, found from the end of the file, is the exact answer at no cost. Anything else,
//! and any doubt, is decided by walking all entries.

use super::entries::Entries;
use super::files::Parts;
use super::split_index::Link;
use super::{GitError, cache_tree};
use gix::hash::{Kind as Hash, ObjectId};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Signature, version, number of entries.
const HEADER: usize = 12;

/// How much of the end of the file is looked at first for the cache-tree.
const FIRST_TAIL: u64 = 64 << 10;

/// An index file that is open for reading.
pub(super) struct IndexFile {
    path: PathBuf,
    file: Parts,
    hash: Hash,
    version: u32,
    count: u32,
}

/// All that an index says about what will be committed.
pub(super) struct Index {
    /// The entries.
    pub entries: Entries,
    /// The trees git will use for whole directories rather than the entries in them, by path.
    pub cached_trees: BTreeMap<Vec<u8>, ObjectId>,
}

impl IndexFile {
    /// Opens the index at `path`; `None` where there is none, or an empty file, which git takes for no index.
    pub fn open(path: &Path, hash: Hash) -> Result<Option<Self>, GitError> {
        let broken = |problem: String| GitError::Index { path: path.to_owned(), problem };
        let Some(mut file) = Parts::open(path).map_err(|error| broken(error.to_string()))? else { return Ok(None) };
        if file.size == 0 {
            return Ok(None);
        }
        if file.size < (HEADER + hash.len_in_bytes()) as u64 {
            return Err(broken(format!("{} bytes are too few for an index", file.size)));
        }
        let head: [u8; HEADER] = file.read_head().map_err(|error| broken(error.to_string()))?;
        if !head.starts_with(b"DIRC") {
            return Err(broken("it does not start as an index does, with `DIRC`".into()));
        }
        let (version, count) = (be_u32(&head[4..]), be_u32(&head[8..]));
        if !(2..=4).contains(&version) {
            return Err(broken(format!("version {version}, known are 2 to 4")));
        }
        Ok(Some(Self { path: path.to_owned(), file, hash, version, count }))
    }

    /// The tree that `git commit` will commit, if the cache-tree says so.
    pub fn cached_root(&mut self) -> Result<Option<ObjectId>, GitError> {
        let mut wanted = FIRST_TAIL;
        loop {
            let start = self.file.size.saturating_sub(wanted).max(HEADER as u64);
            let tail = self.file.read_from(start).map_err(|error| self.broken(error.to_string()))?;
            let extensions_end = tail.len().saturating_sub(self.hash.len_in_bytes());
            if let Some(payload) = find_cache_tree(&tail[..extensions_end], self.hash) {
                let root = cache_tree::root(payload, self.hash);
                return Ok(root.filter(|(covered, _)| *covered == self.count).map(|(_, id)| id));
            }
            // An index without the extension is small, or new, or made by a tool: then it is read whole anyway.
            if start == HEADER as u64 {
                return Ok(None);
            }
            wanted = wanted.saturating_mul(8);
        }
    }

    /// Everything, from walking all entries. `git_dir` holds the other half of a split index.
    pub fn read_whole(mut self, git_dir: &Path) -> Result<Index, GitError> {
        let (mut entries, extensions) = self.walk()?;
        let payload = extensions.cache_tree.map(|range| &entries.bytes()[range]);
        let cached_trees = payload.map(|payload| cache_tree::topmost_valid(payload, self.hash)).unwrap_or_default();
        if let Some(range) = extensions.link {
            let link = Link::parse(&entries.bytes()[range], self.hash).map_err(|problem| self.broken(problem))?;
            if let Some(link) = link {
                entries = self.join(entries, &link, git_dir)?;
            }
        }
        Ok(Index { entries, cached_trees })
    }

    /// Completes the entries of a split index by those of its other half.
    fn join(&self, changes: Entries, link: &Link, git_dir: &Path) -> Result<Entries, GitError> {
        let path = git_dir.join(format!("sharedindex.{}", link.base));
        let shared = Self::open(&path, self.hash)?;
        let mut shared = shared.ok_or_else(|| self.broken(format!("the shared index {} is gone", path.display())))?;
        let (base, extensions) = shared.walk()?;
        let checksum = &base.bytes()[base.bytes().len() - self.hash.len_in_bytes()..];
        if checksum != link.base.as_bytes() || extensions.link.is_some() {
            return Err(shared.broken("it is not the shared index that its name says".into()));
        }
        let positions = link.positions(base.len()).map_err(|problem| self.broken(problem))?;
        Entries::join(base, changes, &positions.replaced, &positions.deleted).map_err(|problem| self.broken(problem))
    }

    fn walk(&mut self) -> Result<(Entries, Extensions), GitError> {
        let bytes = self.file.read_from(0).map_err(|error| self.broken(error.to_string()))?;
        let walked = Entries::walk(bytes, HEADER, self.version, self.count, self.hash);
        let (entries, end) = walked.map_err(|problem| self.broken(problem))?;
        let extensions = self.extensions(&entries, end)?;
        Ok((entries, extensions))
    }

    /// Looks through the extensions, which begin where the entries end.
    fn extensions(&self, entries: &Entries, start: usize) -> Result<Extensions, GitError> {
        let mut found = Extensions::default();
        let bytes = entries.bytes();
        let end = bytes.len() - self.hash.len_in_bytes();
        let mut at = start;
        while at < end {
            let next = extension_end(&bytes[..end], at)
                .ok_or_else(|| self.broken("it is cut off, or damaged, in its extensions".into()))?;
            match &bytes[at..at + 4] {
                b"TREE" => found.cache_tree = Some(at + 8..next),
                b"link" => found.link = Some(at + 8..next),
                b"sdir" => {}
                optional if optional[0].is_ascii_uppercase() => {}
                unknown => {
                    let name = String::from_utf8_lossy(unknown);
                    return Err(self.broken(format!("extension `{}` is not known", name.escape_debug())));
                }
            }
            at = next;
        }
        Ok(found)
    }

    fn broken(&self, problem: String) -> GitError {
        GitError::Index { path: self.path.clone(), problem }
    }
}

/// Where the payloads of the extensions are that matter.
#[derive(Default)]
struct Extensions {
    cache_tree: Option<Range<usize>>,
    link: Option<Range<usize>>,
}

/// The payload of the cache-tree in the last bytes of an index: a place that reads `TREE`, from where extension follows
/// extension exactly up to the checksum, and where a root node starts.
fn find_cache_tree(tail: &[u8], hash: Hash) -> Option<&[u8]> {
    for at in memchr::memmem::rfind_iter(tail, b"TREE") {
        let Some(end) = extension_end(tail, at) else { continue };
        let mut next = end;
        while next < tail.len() {
            match extension_end(tail, next) {
                Some(end) => next = end,
                None => break,
            }
        }
        let payload = &tail[at + 8..end];
        if next == tail.len() && cache_tree::looks_like_root(payload, hash) {
            return Some(payload);
        }
    }
    None
}

/// Where the extension that begins at `at` ends, if it does end in `bytes`.
fn extension_end(bytes: &[u8], at: usize) -> Option<usize> {
    let size = be_u32(bytes.get(at + 4..at + 8)?) as usize;
    let end = (at + 8).checked_add(size)?;
    (end <= bytes.len()).then_some(end)
}

fn be_u32(bytes: &[u8]) -> u32 {
    u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}
