//! What is about to be committed: the index, against `HEAD` and all that is being merged.

use super::entries::{Entries, Kind};
use super::index::IndexFile;
use super::objects::{ObjectError, Objects};
use super::tree::{TreeSnapshot, descend, read_blob};
use super::{GitError, Repository};
use crate::snapshot::{Comparison, Entry, File, RepoPath, Snapshot, SnapshotError, changes};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

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
        let cache_tree = file.cache_tree()?;
        if let Some(root) = cache_tree.as_ref().and_then(|cache_tree| file.root(cache_tree)) {
            match self.objects.tree(&root) {
                Ok(_) => return Ok(Box::new(TreeSnapshot::new(Arc::clone(&self.objects), root))),
                // Git writes the tree again, from the entries.
                Err(ObjectError::Missing { .. }) => {}
                Err(error) => return Err(error.of("the tree of the index")),
            }
        }
        let entries = match &cache_tree {
            Some(cache_tree) => file.entries(cache_tree, &self.git_dir)?,
            None => file.all_entries(&self.git_dir)?,
        };
        Ok(Box::new(IndexSnapshot {
            objects: Arc::clone(&self.objects),
            entries: committed(entries)?,
            spelled_out: Mutex::new(SpelledOut { file, git_dir: self.git_dir.clone(), entries: None }),
        }))
    }
}

/// What of the entries will be committed.
fn committed(entries: Entries) -> Result<Entries, GitError> {
    entries.into_committed().map_err(|found| GitError::Unmerged { paths: found.paths, count: found.count })
}

/// An index whose tree does not exist yet.
struct IndexSnapshot {
    objects: Arc<Objects>,
    /// The entries, except those of directories whose tree is known.
    entries: Entries,
    spelled_out: Mutex<SpelledOut>,
}

/// All entries, which are read only if a tree that should be there is not.
struct SpelledOut {
    file: IndexFile,
    git_dir: PathBuf,
    entries: Option<Result<Entries, String>>,
}

impl IndexSnapshot {
    fn list_from(&self, entries: &Entries, directory: &RepoPath) -> Result<Vec<Entry>, SnapshotError> {
        let name = directory.as_bytes();
        let Some(position) = entries.covering(name) else {
            return entries.list(name).map_err(|problem| not_committable(directory, &problem));
        };
        let below = name.get(entries.path(position).len()..).unwrap_or_default();
        match descend(&self.objects, entries.id(position).to_owned(), below) {
            Ok(tree) => Ok(tree.map_or_else(Vec::new, |tree| tree.entries().to_vec())),
            // Git notices too that the tree is gone, and makes it again from the entries.
            Err(ObjectError::Missing { .. }) if entries.facts(position).kind == Kind::Cached => {
                let mut all = self.spelled_out.lock().unwrap_or_else(PoisonError::into_inner);
                let SpelledOut { file, git_dir, entries } = &mut *all;
                let read = || file.all_entries(git_dir).and_then(committed).map_err(|error| error.to_string());
                match entries.get_or_insert_with(read) {
                    Ok(entries) => self.list_from(entries, directory),
                    Err(problem) => Err(not_committable(directory, problem)),
                }
            }
            Err(error) => Err(error.at(directory)),
        }
    }
}

fn not_committable(directory: &RepoPath, problem: &str) -> SnapshotError {
    let problem = format!("the index cannot be committed: {problem}");
    SnapshotError::Unreadable { path: directory.clone(), problem }
}

impl Snapshot for IndexSnapshot {
    fn list(&self, directory: &RepoPath) -> Result<Vec<Entry>, SnapshotError> {
        self.list_from(&self.entries, directory)
    }

    fn read(&self, file: &File) -> Result<Vec<u8>, SnapshotError> {
        read_blob(&self.objects, file)
    }
}
