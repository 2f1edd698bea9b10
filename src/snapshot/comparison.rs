//! Two snapshots side by side, and the files that differ between them.

use super::{Entry, EntryKind, File, RepoPath, Snapshot, SnapshotError};
use std::cmp::Ordering;

/// A path whose regular file differs between the first old snapshot and the new one.
///
/// A side is `None` where the path is absent there or is no regular file (symlink, submodule, directory). A change of
/// the executable bit alone is no change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// Where, the same on both sides; a rename is two changes.
    pub path: RepoPath,
    /// The file before.
    pub old: Option<File>,
    /// The file after.
    pub new: Option<File>,
}

/// A change to judge: what is proposed, against everything it descends from.
pub struct Comparison {
    /// The old sides: one for a commit, all parents for a merge, none for a first commit.
    pub parents: Vec<Box<dyn Snapshot>>,
    /// The new side.
    pub new: Box<dyn Snapshot>,
    /// What differs between the first parent (or nothing, if there is none) and the new side, sorted by path.
    pub changes: Vec<Change>,
}

/// What differs between `old` and `new`, sorted by path. Equal content ids of directories are not descended into.
///
/// Files without ids on both sides are compared by content.
///
/// # Errors
/// A directory of either side that cannot be listed, or a file without an id that cannot be read.
pub fn changes(old: &dyn Snapshot, new: &dyn Snapshot) -> Result<Vec<Change>, SnapshotError> {
    let mut found = Vec::new();
    let mut pending = vec![(RepoPath::root(), true, true)];
    while let Some((directory, in_old, in_new)) = pending.pop() {
        let list = |snapshot: &dyn Snapshot, there| if there { snapshot.list(&directory) } else { Ok(Vec::new()) };
        for (old_entry, new_entry) in pair_by_name(list(old, in_old)?, list(new, in_new)?) {
            let name = old_entry.as_ref().or(new_entry.as_ref()).expect("a pair has a side").name.clone();
            let path = directory.join(&name);
            if let (Some(a), Some(b)) = (&old_entry, &new_entry)
                && a.kind == b.kind
                && a.id.is_some()
                && a.id == b.id
            {
                continue;
            }
            let is = |entry: &Option<Entry>, kind| entry.as_ref().is_some_and(|entry| entry.kind == kind);
            let as_file = |entry: Option<Entry>| {
                entry
                    .filter(|entry| entry.kind == EntryKind::File)
                    .map(|entry| File { path: path.clone(), id: entry.id })
            };
            let below = (is(&old_entry, EntryKind::Directory), is(&new_entry, EntryKind::Directory));
            if below.0 || below.1 {
                pending.push((path.clone(), below.0, below.1));
            }
            let change = Change { old: as_file(old_entry), new: as_file(new_entry), path };
            if differs(old, new, &change)? {
                found.push(change);
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

/// Whether the two sides of `change` are different content. Reads only where an id is missing.
fn differs(old: &dyn Snapshot, new: &dyn Snapshot, change: &Change) -> Result<bool, SnapshotError> {
    match (&change.old, &change.new) {
        (None, None) => Ok(false),
        (Some(a), Some(b)) => match (&a.id, &b.id) {
            (Some(a), Some(b)) => Ok(a != b),
            _ => Ok(old.read(a)? != new.read(b)?),
        },
        _ => Ok(true),
    }
}

/// Joins two lists sorted by name into pairs of equal names; a side without the name is `None`.
fn pair_by_name(old: Vec<Entry>, new: Vec<Entry>) -> Vec<(Option<Entry>, Option<Entry>)> {
    let (mut old, mut new) = (old.into_iter().peekable(), new.into_iter().peekable());
    let mut pairs = Vec::new();
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return pairs,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => a.name.cmp(&b.name),
        };
        pairs.push(match order {
            Ordering::Less => (old.next(), None),
            Ordering::Greater => (None, new.next()),
            Ordering::Equal => (old.next(), new.next()),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::MemorySnapshot;
    use super::*;

    #[test]
    fn added_changed_and_deleted_files_are_found_in_path_order() {
        let old = MemorySnapshot::from([("a/x.py", "1"), ("b.py", "1"), ("same/y.py", "1")]);
        let new = MemorySnapshot::from([("a", "now a file"), ("b.py", "2"), ("same/y.py", "1"), ("z/new.py", "1")]);
        let found: Vec<(String, bool, bool)> = changes(&old, &new)
            .expect("memory never fails")
            .into_iter()
            .map(|c| (c.path.to_string(), c.old.is_some(), c.new.is_some()))
            .collect();
        let expected = [("a", false, true), ("a/x.py", true, false), ("b.py", true, true), ("z/new.py", false, true)];
        assert_eq!(found, expected.map(|(path, old, new)| (path.to_owned(), old, new)));
    }
}
