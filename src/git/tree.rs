//! Trees of commits as snapshots.

use super::objects::{ObjectError, Objects};
use crate::snapshot::{ContentId, Entry, EntryKind, File, RepoPath, Snapshot, SnapshotError};
use bstr::ByteSlice as _;
use gix::hash::{Kind as Hash, ObjectId, oid};
use gix::objs::tree::EntryKind as Mode;
use std::sync::Arc;

/// Git itself gives up at 2048 by default (`core.maxTreeDepth`).
const MAX_DEPTH: usize = 4096;

/// One directory, entries sorted by name.
#[derive(Default)]
pub(super) struct Tree(Vec<Entry>);

impl Tree {
    /// Decodes a tree object. Git sorts directories as if their names ended in a slash; here the name alone counts.
    pub fn decode(content: &[u8], hash: Hash) -> Result<Self, String> {
        let mut entries = Vec::new();
        for entry in gix::objs::TreeRefIter::from_bytes(content, hash) {
            let entry = entry.map_err(|error| super::error::reason(&error))?;
            check_name(entry.filename)?;
            let kind = match entry.mode.kind() {
                Mode::Tree => EntryKind::Directory,
                Mode::Blob | Mode::BlobExecutable => EntryKind::File,
                Mode::Link => EntryKind::Symlink,
                Mode::Commit => EntryKind::Submodule,
            };
            entries.push(Entry { name: entry.filename.to_owned(), kind, id: Some(content_id(entry.oid)) });
        }
        sort(&mut entries)?;
        Ok(Self(entries))
    }

    /// The entries.
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    fn get(&self, name: &[u8]) -> Option<&Entry> {
        self.0.binary_search_by(|entry| entry.name.as_slice().cmp(name)).ok().map(|found| &self.0[found])
    }
}

/// Refuses names that are no file names: they would make one path stand for two places.
pub(super) fn check_name(name: &[u8]) -> Result<(), String> {
    match name {
        b"" | b"." | b".." => Err(format!("it has an entry named `{}`", name.as_bstr())),
        name if name.contains(&b'/') => Err("it has an entry whose name holds a slash".into()),
        _ => Ok(()),
    }
}

/// Sorts by name and refuses two entries of one name, of which only one could be checked out.
pub(super) fn sort(entries: &mut [Entry]) -> Result<(), String> {
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    match entries.windows(2).find(|pair| pair[0].name == pair[1].name) {
        Some(pair) => Err(format!("it has two entries named `{}`", RepoPath::new(pair[0].name.to_vec()))),
        None => Ok(()),
    }
}

pub(super) fn content_id(id: &oid) -> ContentId {
    ContentId(id.as_bytes().into())
}

pub(super) fn object_id(id: &ContentId) -> Option<ObjectId> {
    oid::try_from_bytes(&id.0).ok().map(ToOwned::to_owned)
}

/// The tree of a commit, or any other tree of a repository.
pub(super) struct TreeSnapshot {
    objects: Arc<Objects>,
    root: ObjectId,
}

impl TreeSnapshot {
    pub fn new(objects: Arc<Objects>, root: ObjectId) -> Self {
        Self { objects, root }
    }

    /// The tree without entries, which no repository needs to hold.
    pub fn empty(objects: Arc<Objects>) -> Self {
        let root = ObjectId::empty_tree(objects.hash);
        Self { objects, root }
    }

    fn tree(&self, directory: &RepoPath) -> Result<Option<Arc<Tree>>, SnapshotError> {
        descend(&self.objects, self.root, directory.as_bytes()).map_err(|error| error.at(directory))
    }
}

/// The tree at `path` below the tree `root`; `None` where there is no such directory.
pub(super) fn descend(objects: &Objects, root: ObjectId, path: &[u8]) -> Result<Option<Arc<Tree>>, ObjectError> {
    let mut id = root;
    let mut tree = objects.tree(&id)?;
    for (depth, name) in path.split_str("/").filter(|name| !name.is_empty()).enumerate() {
        let below = tree.get(name).filter(|entry| entry.kind == EntryKind::Directory);
        let Some(below) = below.and_then(|entry| object_id(entry.id.as_ref()?)) else { return Ok(None) };
        id = below;
        if depth >= MAX_DEPTH {
            let problem = format!("it is nested deeper than {MAX_DEPTH} directories");
            return Err(ObjectError::Damaged { id, problem });
        }
        tree = objects.tree(&id)?;
    }
    Ok(Some(tree))
}

/// Reads a blob that some snapshot of this repository listed.
pub(super) fn read_blob(objects: &Objects, file: &File) -> Result<Vec<u8>, SnapshotError> {
    match file.id.as_ref().and_then(object_id) {
        Some(id) => objects.blob(&id).map_err(|error| error.at(&file.path)),
        None => Err(SnapshotError::Unreadable {
            path: file.path.clone(),
            problem: "it does not come from this repository".into(),
        }),
    }
}

impl Snapshot for TreeSnapshot {
    fn list(&self, directory: &RepoPath) -> Result<Vec<Entry>, SnapshotError> {
        Ok(self.tree(directory)?.map_or_else(Vec::new, |tree| tree.entries().to_vec()))
    }

    fn read(&self, file: &File) -> Result<Vec<u8>, SnapshotError> {
        read_blob(&self.objects, file)
    }

    fn find(&self, path: &RepoPath) -> Result<Option<File>, SnapshotError> {
        let Some(parent) = path.parent() else { return Ok(None) };
        let Some(tree) = self.tree(&parent)? else { return Ok(None) };
        let entry = tree.get(path.file_name()).filter(|entry| entry.kind == EntryKind::File);
        Ok(entry.map(|entry| File { path: path.clone(), id: entry.id.clone() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(entries: &[(&str, &str)]) -> Result<Tree, String> {
        let mut content = Vec::new();
        for (mode, name) in entries {
            content.extend_from_slice(format!("{mode} {name}\0").as_bytes());
            content.extend_from_slice(&[7; 20]);
        }
        Tree::decode(&content, Hash::Sha1)
    }

    #[test]
    fn directories_sort_by_their_bare_name() {
        let tree = tree(&[("100644", "a.py"), ("40000", "a"), ("100755", "a0"), ("120000", "l"), ("160000", "m")]);
        let tree = tree.expect("it is well formed");
        let found: Vec<_> = tree.entries().iter().map(|entry| (entry.name.to_string(), entry.kind)).collect();
        let expected = [
            ("a", EntryKind::Directory),
            ("a.py", EntryKind::File),
            ("a0", EntryKind::File),
            ("l", EntryKind::Symlink),
            ("m", EntryKind::Submodule),
        ];
        assert_eq!(found, expected.map(|(name, kind)| (name.to_owned(), kind)));
    }

    #[test]
    fn names_that_are_no_names_are_refused() {
        for name in ["..", ".", "", "a/b"] {
            assert!(tree(&[("100644", name)]).is_err(), "{name}");
        }
        assert!(tree(&[("100644", "twice"), ("100644", "twice")]).is_err());
        assert!(Tree::decode(b"100644 cut\0short", Hash::Sha1).is_err());
    }
}
