//! The object store, opened by ourselves: gix's own way in ignores the variables by which git hands a pre-receive hook
//! the pushed objects, and applies replace refs, which hide what is really committed.

use super::GitError;
use super::error::reason;
use super::tree::Tree;
use crate::snapshot::{RepoPath, SnapshotError};
use gix::hash::{Kind as Hash, ObjectId, oid};
use gix::objs::{Find as _, FindHeader as _, Kind};
use gix::odb::{HandleArc, Store};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Trees and commits may have this size whatever the limit for files is.
const STRUCTURE_LIMIT: u64 = 64 << 20;

/// How many tree entries are kept decoded.
const CACHED_ENTRIES: usize = 1 << 18;

/// Read access to all object directories of a repository, for any number of threads.
pub(super) struct Objects {
    stores: Vec<Arc<Store>>,
    /// One set of handles (one for each store) for each thread that ever read at the same time as others.
    idle: Mutex<Vec<Vec<HandleArc>>>,
    trees: Mutex<TreeCache>,
    pub hash: Hash,
    partial_clone: bool,
    limit: u64,
}

#[derive(Default)]
struct TreeCache {
    trees: BTreeMap<ObjectId, Arc<Tree>>,
    entries: usize,
}

/// Why an object cannot be had.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum ObjectError {
    /// No store has it.
    #[error("object {id} is missing{}", if *partial_clone { ", left out by a partial clone" } else { "" })]
    Missing { id: ObjectId, partial_clone: bool },
    /// It is a larger file than the limit allows.
    #[error("object {id} has {size} bytes, more than the limit of {limit} bytes")]
    TooLarge { id: ObjectId, size: u64, limit: u64 },
    /// It is there, but its bytes make no sense.
    #[error("object {id} cannot be read: {problem}")]
    Damaged { id: ObjectId, problem: String },
}

impl ObjectError {
    /// What to do.
    fn hint(&self) -> String {
        match self {
            Self::Missing { id, partial_clone: true } => format!("fetch it with `git cat-file -p {id}`"),
            Self::Missing { .. } => "`git fsck` lists what else is, `git fetch --refetch` can bring it back".into(),
            Self::TooLarge { .. } => "raise the limit".into(),
            Self::Damaged { .. } => "`git fsck` lists what else is damaged, `git fetch --refetch` can mend it".into(),
        }
    }

    /// This error as one of the file or directory at `path`.
    pub fn at(self, path: &RepoPath) -> SnapshotError {
        match self {
            Self::TooLarge { size, limit, .. } => SnapshotError::TooLarge { path: path.clone(), size, limit },
            other => SnapshotError::Unreadable { path: path.clone(), problem: format!("{other}; {}", other.hint()) },
        }
    }

    /// This error as one of what `name` led to.
    pub fn of(self, name: &str) -> GitError {
        GitError::Object { name: name.to_owned(), problem: self.to_string(), hint: self.hint() }
    }
}

impl Objects {
    /// Opens the stores in `directories`, first to be asked first. An alternate that is not there counts as empty.
    pub fn open(directories: &[PathBuf], hash: Hash, partial_clone: bool, limit: u64) -> Result<Self, GitError> {
        let largest = usize::try_from(limit.max(STRUCTURE_LIMIT)).unwrap_or(usize::MAX);
        let mut stores = Vec::new();
        for (position, directory) in directories.iter().enumerate() {
            if position > 0 && !directory.is_dir() {
                continue;
            }
            let options = gix::odb::store::init::Options { alloc_limit_bytes: Some(largest), ..Default::default() };
            let store = Store::at_opts(directory.clone(), hash, &mut std::iter::empty(), options)
                .map_err(|error| GitError::Broken { path: directory.clone(), problem: reason(&error) })?;
            stores.push(Arc::new(store));
        }
        let (idle, trees) = Default::default();
        Ok(Self { stores, idle, trees, hash, partial_clone, limit })
    }

    /// The content of the blob `id`.
    pub fn blob(&self, id: &oid) -> Result<Vec<u8>, ObjectError> {
        let content = self.read(id, Kind::Blob)?;
        let size = content.len() as u64;
        if size > self.limit {
            return Err(ObjectError::TooLarge { id: id.to_owned(), size, limit: self.limit });
        }
        Ok(content)
    }

    /// The tree `id`, decoded.
    pub fn tree(&self, id: &oid) -> Result<Arc<Tree>, ObjectError> {
        if id.is_empty_tree() {
            return Ok(Arc::default());
        }
        if let Some(tree) = lock(&self.trees).trees.get(id) {
            return Ok(Arc::clone(tree));
        }
        let content = self.read(id, Kind::Tree)?;
        let damaged = |problem| ObjectError::Damaged { id: id.to_owned(), problem };
        let tree = Arc::new(Tree::decode(&content, self.hash).map_err(damaged)?);
        let mut cache = lock(&self.trees);
        if cache.entries + tree.len() > CACHED_ENTRIES {
            *cache = TreeCache::default();
        }
        cache.entries += tree.len();
        cache.trees.insert(id.to_owned(), Arc::clone(&tree));
        Ok(tree)
    }

    /// The commit that `id` is, or that the tag `id` points to, and its tree.
    pub fn commit(&self, id: &oid) -> Result<(ObjectId, ObjectId), ObjectError> {
        let mut id = id.to_owned();
        // Tags of tags are legal; a chain this long is made to tire us.
        for _ in 0..16 {
            let damaged = |problem: String| ObjectError::Damaged { id, problem };
            let (kind, content) = self.read_any(&id)?;
            match kind {
                Kind::Commit => {
                    let tree = gix::objs::CommitRefIter::from_bytes(&content, self.hash).tree_id();
                    return Ok((id, tree.map_err(|error| damaged(reason(&error)))?));
                }
                Kind::Tag => {
                    let target = gix::objs::TagRefIter::from_bytes(&content, self.hash).target_id();
                    id = target.map_err(|error| damaged(reason(&error)))?;
                }
                Kind::Tree | Kind::Blob => return Err(damaged(format!("expected a commit, found a {kind}"))),
            }
        }
        Err(ObjectError::Damaged { id, problem: "too many tags point to each other".into() })
    }

    /// All ids that start with `prefix`, sorted.
    pub fn starting_with(&self, prefix: gix::hash::Prefix) -> Result<Vec<ObjectId>, ObjectError> {
        let damaged = |problem| ObjectError::Damaged { id: prefix.as_oid().to_owned(), problem };
        let mut ids = std::collections::HashSet::new();
        self.with_handles(|handles| {
            for handle in handles {
                handle.lookup_prefix(prefix, Some(&mut ids)).map_err(|error| damaged(reason(&error)))?;
            }
            Ok(())
        })?;
        let mut ids: Vec<ObjectId> = ids.into_iter().collect();
        ids.sort();
        Ok(ids)
    }

    fn read(&self, id: &oid, expected: Kind) -> Result<Vec<u8>, ObjectError> {
        let (kind, content) = self.read_any(id)?;
        if kind != expected {
            let problem = format!("expected a {expected}, found a {kind}");
            return Err(ObjectError::Damaged { id: id.to_owned(), problem });
        }
        Ok(content)
    }

    /// An object of any kind, from the first store that has it whole.
    pub fn read_any(&self, id: &oid) -> Result<(Kind, Vec<u8>), ObjectError> {
        let damaged = |problem| ObjectError::Damaged { id: id.to_owned(), problem };
        if id.kind() != self.hash {
            return Err(damaged(format!("its id is not a {} id", self.hash)));
        }
        self.with_handles(|handles| {
            let mut first_problem = None;
            let mut content = Vec::new();
            for handle in handles {
                let problem = match handle.try_find(id, &mut content) {
                    Ok(None) => continue,
                    // Git names content by its hash; nothing else shows that a file was put in another's place.
                    Ok(Some(object)) => match object.verify_checksum(id) {
                        Ok(_) => {
                            let kind = object.kind;
                            return Ok((kind, content));
                        }
                        Err(error) => damaged(reason(&error)),
                    },
                    Err(error) => match handle.try_header(id) {
                        Ok(Some(header)) if header.size > self.limit.max(STRUCTURE_LIMIT) => {
                            let limit = if header.kind == Kind::Blob { self.limit } else { STRUCTURE_LIMIT };
                            ObjectError::TooLarge { id: id.to_owned(), size: header.size, limit }
                        }
                        _ => damaged(reason(&error)),
                    },
                };
                first_problem.get_or_insert(problem);
            }
            Err(first_problem.unwrap_or(ObjectError::Missing { id: id.to_owned(), partial_clone: self.partial_clone }))
        })
    }

    /// Lends a set of handles to `use_them`; handles are costly to make and cannot be shared.
    fn with_handles<T>(&self, use_them: impl FnOnce(&[HandleArc]) -> T) -> T {
        let handles = lock(&self.idle).pop();
        let handles = handles.unwrap_or_else(|| self.stores.iter().map(|store| store.to_cache_arc()).collect());
        let result = use_them(&handles);
        lock(&self.idle).push(handles);
        result
    }
}

/// Locks; a thread that panicked while holding it left nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
