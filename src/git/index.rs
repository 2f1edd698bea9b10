//! The index file, read no further than needed.
//!
//! Format: Documentation/gitformat-index.txt: a header, entries sorted by path, extensions, a checksum that git does not
//! verify when it commits, nor do we. Three ways to the answer, each taken where the one before it does not lead there:
//!
//! 1. `git commit` leaves the index for its hook with a whole cache-tree, and then commits that tree, not the entries.
//!    So the tree's id, found from the end of the file, is the exact answer at no cost.
//! 2. Of a cache-tree that is valid in parts, each valid part stands for its entries, which are passed over.
//! 3. On any doubt, and for a split index, all entries are read.

use super::GitError;
use super::cache_tree::{self, CachedTree};
use super::entries::Entries;
use super::files::{Parts, Window};
use super::split_index::{self, Link};
use super::walk::{Trouble, walk};
use gix::hash::{Kind as Hash, ObjectId};
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

/// The cache-tree extension and where it begins.
pub(super) struct CacheTree {
    at: u64,
    payload: Vec<u8>,
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

    /// The cache-tree, looked for from the end of the file.
    pub fn cache_tree(&mut self) -> Result<Option<CacheTree>, GitError> {
        let mut wanted = FIRST_TAIL;
        loop {
            let start = self.file.size.saturating_sub(wanted).max(HEADER as u64);
            let mut tail = self.file.read_from(start).map_err(|error| self.broken(error.to_string()))?;
            tail.truncate(tail.len() - self.hash.len_in_bytes());
            if let Some((at, end)) = find_cache_tree(&tail, self.hash) {
                tail.truncate(end);
                return Ok(Some(CacheTree { at: start + at as u64, payload: tail.split_off(at + 8) }));
            }
            if start == HEADER as u64 {
                return Ok(None);
            }
            wanted = wanted.saturating_mul(8);
        }
    }

    /// The tree that `git commit` will commit, if the cache-tree is whole.
    pub fn root(&self, cache_tree: &CacheTree) -> Option<ObjectId> {
        let root = cache_tree::root(&cache_tree.payload, self.hash);
        root.filter(|(covered, _)| *covered == self.count).map(|(_, id)| id)
    }

    /// The entries, those passed over that the cache-tree covers. `git_dir` holds the other half of a split index.
    pub fn entries(&mut self, cache_tree: &CacheTree, git_dir: &Path) -> Result<Entries, GitError> {
        let trees = cache_tree::topmost_valid(&cache_tree.payload, self.hash);
        match self.walk(&trees) {
            // What looked like the cache-tree must be where the extensions really are.
            Ok((entries, extensions)) if extensions.link.is_none() && extensions.cache_tree == Some(cache_tree.at) => {
                Ok(entries)
            }
            Err(Trouble::Damaged(problem)) => Err(self.broken(problem)),
            Ok(_) | Err(Trouble::TreesDisagree) => self.all_entries(git_dir),
        }
    }

    /// All entries. `git_dir` holds the other half of a split index.
    pub fn all_entries(&mut self, git_dir: &Path) -> Result<Entries, GitError> {
        let (entries, extensions) = self.walk_all()?;
        let Some(link) = extensions.link else { return Ok(entries) };
        let broken = |problem| self.broken(problem);
        let Some(link) = Link::parse(&link, self.hash).map_err(broken)? else { return Ok(entries) };
        let path = git_dir.join(format!("sharedindex.{}", link.base));
        let shared = Self::open(&path, self.hash)?;
        let mut shared = shared.ok_or_else(|| broken(format!("the shared index {} is gone", path.display())))?;
        let (base, extensions) = shared.walk_all()?;
        let checksum = shared.file.read_from(shared.body_end()).map_err(|error| shared.broken(error.to_string()))?;
        if checksum != link.base.as_bytes() || extensions.link.is_some() {
            return Err(shared.broken("it is not the shared index that its name says".into()));
        }
        split_index::join(&base, &entries, &link, self.hash).map_err(broken)
    }

    fn walk_all(&mut self) -> Result<(Entries, Extensions), GitError> {
        self.walk(&[]).map_err(|trouble| match trouble {
            Trouble::Damaged(problem) => self.broken(problem),
            Trouble::TreesDisagree => self.broken("its cache-tree disagrees with its entries".into()),
        })
    }

    fn walk(&mut self, trees: &[CachedTree]) -> Result<(Entries, Extensions), Trouble> {
        let end = self.body_end();
        let mut window = Window::new(&mut self.file, HEADER as u64, end)?;
        let entries = walk(&mut window, self.version, self.count, self.hash, trees)?;
        let extensions = Extensions::read(&mut window)?;
        Ok((entries, extensions))
    }

    /// Where the checksum begins.
    fn body_end(&self) -> u64 {
        self.file.size - self.hash.len_in_bytes() as u64
    }

    fn broken(&self, problem: String) -> GitError {
        GitError::Index { path: self.path.clone(), problem }
    }
}

/// The extensions that matter.
#[derive(Default)]
struct Extensions {
    /// Where the cache-tree begins.
    cache_tree: Option<u64>,
    /// The content of the extension that makes this one half of a split index.
    link: Option<Vec<u8>>,
}

impl Extensions {
    /// Looks through the extensions, which begin where the entries end.
    fn read(window: &mut Window<'_>) -> Result<Self, Trouble> {
        let cut = || Trouble::Damaged("it is cut off, or damaged, in its extensions".into());
        let mut found = Self::default();
        while !window.is_at_end() {
            let at = window.position();
            let head = window.peek(8)?.ok_or_else(cut)?;
            let (name, size) = ([head[0], head[1], head[2], head[3]], be_u32(&head[4..]));
            window.skip(8);
            match &name {
                b"TREE" => found.cache_tree = Some(at),
                b"link" => found.link = Some(window.peek(size as usize)?.ok_or_else(cut)?.to_vec()),
                b"sdir" => {}
                optional if optional[0].is_ascii_uppercase() => {}
                unknown => {
                    let name = String::from_utf8_lossy(unknown);
                    return Err(Trouble::Damaged(format!("extension `{}` is not known", name.escape_debug())));
                }
            }
            if !window.seek_forward(size.into())? {
                return Err(cut());
            }
        }
        Ok(found)
    }
}

/// Where the cache-tree begins and ends in the last bytes of an index: a place that reads `TREE`, from where extension
/// follows extension exactly up to the checksum, and where a root node starts.
fn find_cache_tree(tail: &[u8], hash: Hash) -> Option<(usize, usize)> {
    for at in memchr::memmem::rfind_iter(tail, b"TREE") {
        let Some(end) = extension_end(tail, at) else { continue };
        let mut next = end;
        while let Some(end) = extension_end(tail, next) {
            next = end;
        }
        if next == tail.len() && cache_tree::root_is_next(&tail[at + 8..end], hash) {
            return Some((at, end));
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

#[cfg(test)]
mod tests {
    use super::*;

    /// An index of version 2 with these entries, and a cache-tree of these nodes: name, entries, children.
    fn index(paths: &[&str], nodes: &[(&str, i32, u32)]) -> (tempfile::TempDir, IndexFile) {
        let mut bytes = [&b"DIRC"[..], &2_u32.to_be_bytes(), &(paths.len() as u32).to_be_bytes()].concat();
        for path in paths {
            let mut entry = [&[0; 24][..], &0o100_644_u32.to_be_bytes(), &[0; 12], &[7; 20]].concat();
            entry.extend_from_slice(&(path.len() as u16).to_be_bytes());
            entry.extend_from_slice(path.as_bytes());
            entry.resize((entry.len() + 8) & !7, 0);
            bytes.extend(entry);
        }
        let mut trees = Vec::new();
        for (name, entries, children) in nodes {
            trees.extend_from_slice(format!("{name}\0{entries} {children}\n").as_bytes());
            if *entries >= 0 {
                trees.extend_from_slice(&[9; 20]);
            }
        }
        bytes.extend([&b"TREE"[..], &(trees.len() as u32).to_be_bytes(), &trees, &[0; 20]].concat());
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("index");
        std::fs::write(&path, bytes).expect("it is new");
        let file = IndexFile::open(&path, Hash::Sha1).expect("it is well formed").expect("it is there");
        (directory, file)
    }

    fn walked(paths: &[&str], nodes: &[(&str, i32, u32)]) -> Vec<String> {
        let (directory, mut file) = index(paths, nodes);
        let cache_tree = file.cache_tree().expect("it is readable").expect("it is there");
        let entries = file.entries(&cache_tree, directory.path()).unwrap_or_else(|error| panic!("{error}"));
        (0..entries.len()).map(|position| String::from_utf8_lossy(entries.path(position)).into_owned()).collect()
    }

    #[test]
    fn valid_parts_of_the_cache_tree_stand_for_their_entries() {
        let paths = ["a.py", "a/x/1.py", "a/x/2.py", "a/y.py", "b/1.py", "b/2.py", "c.py"];
        let nodes = [("", -1, 2), ("a", -1, 1), ("x", 2, 0), ("b", 2, 0)];
        assert_eq!(walked(&paths, &nodes), ["a.py", "a/x/", "a/y.py", "b/", "c.py"]);
        let root = |(_directory, mut file): (tempfile::TempDir, IndexFile)| {
            let cache_tree = file.cache_tree().expect("it is readable").expect("it is there");
            file.root(&cache_tree)
        };
        assert_eq!(root(index(&paths, &[("", 7, 0)])), Some(ObjectId::from([9; 20])));
        assert_eq!(root(index(&paths, &[("", 6, 0)])), None, "it covers not all");
        assert_eq!(root(index(&paths, &nodes)), None);
    }

    #[test]
    fn a_cache_tree_that_is_not_about_the_entries_is_not_believed() {
        let paths = ["a.py", "a/1.py", "a/2.py", "b.py"];
        for wrong in [("a", 1, 0), ("a", 3, 0), ("a", 9, 0), ("b", 1, 0), ("0", 1, 0), ("z", 1, 0)] {
            assert_eq!(walked(&paths, &[("", -1, 1), wrong]), paths, "{wrong:?}");
        }
    }
}
