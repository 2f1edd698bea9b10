//! Files that did not change, but are judged by other rules or versions than before.

use super::side::Side;
use crate::catalog::{self, Outlook};
use crate::snapshot::{Comparison, File, RepoPath, SnapshotError, walk};
use std::collections::{BTreeMap, BTreeSet};

/// The unchanged files of the new side to which other rules apply than on the side of the first parent, and the
/// directories of which that cannot be said.
pub(super) fn files(comparison: &Comparison, parents: &[Side<'_>], new: &Side<'_>) -> (Vec<File>, Vec<SnapshotError>) {
    let Some(old) = parents.first() else { return Default::default() };
    let other_policy = old.policy != new.policy;
    let other_manifest = comparison.changes.iter().any(|change| catalog::may_decide_versions(&change.path));
    if !other_policy && !other_manifest {
        return Default::default();
    }
    let changed: BTreeSet<&RepoPath> = comparison.changes.iter().map(|change| &change.path).collect();
    let mut moved: BTreeMap<(Outlook, Outlook), bool> = BTreeMap::new();
    let mut directories: BTreeMap<RepoPath, bool> = BTreeMap::new();
    let mut found = Vec::new();
    let unlisted = walk(new.snapshot, &RepoPath::root(), &mut |file| {
        if !new.concerns(&file.path) || changed.contains(&file.path) {
            return;
        }
        // Versions are a matter of the directory: every file in it has the same ones.
        let directory = file.path.parent().unwrap_or_default();
        // But for scripts with a lock of their own.
        let lock = RepoPath::new([file.path.as_bytes(), b".lock"].concat());
        let moved = other_policy
            || changed.contains(&lock)
            || *directories.entry(directory).or_insert_with_key(|directory| {
                let outlooks = (old.catalog.outlook(directory), new.catalog.outlook(directory));
                let differs = || old.selection(&file.path).signature() != new.selection(&file.path).signature();
                *moved.entry(outlooks).or_insert_with(differs)
            });
        if moved {
            found.push(file);
        }
    });
    (found, unlisted)
}
