//! What is about to be committed: the index, against `HEAD` and all that is being merged.

use super::entries::{Entries, Mode};
use super::index::{Index, IndexFile};
use super::objects::{ObjectError, Objects};
use super::tree::{Tree, TreeSnapshot, check_name, content_id, descend, read_blob, sort};
use super::{GitError, Repository};
use crate::snapshot::{Comparison, Entry, EntryKind, File, RepoPath, Snapshot, SnapshotError, changes};
use gix::hash::ObjectId;
use std::collections::BTreeMap;
use std::sync::Arc;

impl Repository {
    /// What a `git commit` right now would change: the index as it would be recorded, against each parent.
    ///
    /// Before the first commit there is no parent; during a merge there are `HEAD` and every commit being merged.
    ///
    /// # Errors
    /// There is no index, it is damaged or has conflicts, or a commit or tree cannot be read. A blob that cannot be read
    /// is an error only of the [`Snapshot`] it is read from.
    pub fn staged(&self) -> Result<Comparison, GitError> {
        let mut commits = Vec::new();
        if let Some(id) = self.head()? {
            commits.push(self.objects.commit(&id).map_err(|error| error.of("HEAD"))?);
        }
        for id in self.merge_heads()? {
            commits.push(self.objects.commit(&id).map_err(|error| error.of("the commit being merged"))?);
        }
        let mut seen = Vec::new();
        let mut parents: Vec<Box<dyn Snapshot>> = Vec::new();
        for (commit, tree) in commits {
            if !seen.contains(&commit) {
                seen.push(commit);
                parents.push(Box::new(TreeSnapshot::new(Arc::clone(&self.objects), tree)));
            }
        }
        let new = self.index()?;
        let nothing = TreeSnapshot::empty(Arc::clone(&self.objects));
        let changes = changes(parents.first().map_or(&nothing as &dyn Snapshot, |first| &**first), &*new)?;
        Ok(Comparison { parents, new, changes })
    }

    /// The index as `git commit` would record it. Where there is no index file, it is empty.
    ///
    /// # Errors
    /// The repository is bare, or the index is damaged or has conflicts.
    pub fn index(&self) -> Result<Box<dyn Snapshot>, GitError> {
        let path = match &self.environment.index_file {
            Some(path) => self.base.join(path),
            None => self.git_dir.join("index"),
        };
        let Some(mut file) = IndexFile::open(&path, self.config.hash)? else {
            if self.is_bare() {
                return Err(GitError::Bare { path: self.git_dir.clone() });
            }
            return Ok(Box::new(TreeSnapshot::empty(Arc::clone(&self.objects))));
        };
        if let Some(root) = file.cached_root()? {
            match self.objects.tree(&root) {
                Ok(_) => return Ok(Box::new(TreeSnapshot::new(Arc::clone(&self.objects), root))),
                // Git writes the tree again, from the entries.
                Err(ObjectError::Missing { .. }) => {}
                Err(error) => return Err(error.of("the tree of the index")),
            }
        }
        let Index { entries, cached_trees } = file.read_whole(&self.git_dir)?;
        let entries =
            entries.into_committed().map_err(|found| GitError::Unmerged { paths: found.paths, count: found.count })?;
        Ok(Box::new(IndexSnapshot { objects: Arc::clone(&self.objects), entries, cached_trees }))
    }
}

/// An index whose tree does not exist yet.
struct IndexSnapshot {
    objects: Arc<Objects>,
    entries: Entries,
    cached_trees: BTreeMap<Vec<u8>, ObjectId>,
}

/// Where the content of a directory comes from.
enum Source {
    /// A tree object.
    Tree(Arc<Tree>),
    /// The entries of the index.
    Entries,
    /// There is no such directory.
    Nowhere,
}

impl IndexSnapshot {
    /// Finds what git will use for `directory`: a tree it already has, of this or a directory above, or the entries.
    fn source(&self, directory: &[u8]) -> Result<Source, ObjectError> {
        let ends = [0].into_iter().chain(memchr::memchr_iter(b'/', directory)).chain([directory.len()]);
        for end in ends {
            let (above, below) = directory.split_at(end);
            let sparse = self.sparse_directory(above);
            let Some(id) = sparse.or_else(|| self.cached_trees.get(above).copied()) else { continue };
            return match descend(&self.objects, id, below) {
                Ok(tree) => Ok(tree.map_or(Source::Nowhere, Source::Tree)),
                // Git writes the tree again, from the entries; a sparse directory has none.
                Err(ObjectError::Missing { .. }) if sparse.is_none() => Ok(Source::Entries),
                Err(error) => Err(error),
            };
        }
        Ok(Source::Entries)
    }

    /// The tree of a directory that the index does not spell out.
    fn sparse_directory(&self, directory: &[u8]) -> Option<ObjectId> {
        let path = [directory, b"/"].concat();
        let position = self.entries.first_not_before(0, &path);
        let found = position < self.entries.len()
            && self.entries.sort_key(position) == path
            && self.entries.mode(position) == Mode::Directory;
        found.then(|| self.entries.id(position).to_owned())
    }

    /// Lists a directory from the entries in it, which all are next to each other.
    fn list_entries(&self, directory: &[u8]) -> Result<Vec<Entry>, String> {
        let prefix = if directory.is_empty() { Vec::new() } else { [directory, b"/"].concat() };
        let mut found = Vec::new();
        let mut position = self.entries.first_not_before(0, &prefix);
        while position < self.entries.len() {
            let path = self.entries.path(position);
            let Some(rest) = path.strip_prefix(prefix.as_slice()) else { break };
            let Some(slash) = memchr::memchr(b'/', rest) else {
                check_name(rest)?;
                let kind = match self.entries.mode(position) {
                    Mode::File => EntryKind::File,
                    Mode::Symlink => EntryKind::Symlink,
                    Mode::Submodule => EntryKind::Submodule,
                    Mode::Directory => EntryKind::Directory,
                };
                found.push(Entry { name: rest.into(), kind, id: Some(content_id(self.entries.id(position))) });
                position += 1;
                continue;
            };
            let name = &rest[..slash];
            check_name(name)?;
            let below = &path[..prefix.len() + slash];
            let id = self.cached_trees.get(below).map(|id| content_id(id));
            found.push(Entry { name: name.into(), kind: EntryKind::Directory, id });
            // Everything below starts with `below/`; `0` is the byte after the slash.
            position = self.entries.first_not_before(position, &[below, b"0"].concat());
        }
        sort(&mut found)?;
        Ok(found)
    }
}

impl Snapshot for IndexSnapshot {
    fn list(&self, directory: &RepoPath) -> Result<Vec<Entry>, SnapshotError> {
        match self.source(directory.as_bytes()).map_err(|error| error.at(directory))? {
            Source::Tree(tree) => Ok(tree.entries().to_vec()),
            Source::Entries => self.list_entries(directory.as_bytes()).map_err(|problem| SnapshotError::Unreadable {
                path: directory.clone(),
                problem: format!("the index cannot be committed: {problem}"),
            }),
            Source::Nowhere => Ok(Vec::new()),
        }
    }

    fn read(&self, file: &File) -> Result<Vec<u8>, SnapshotError> {
        read_blob(&self.objects, file)
    }
}
