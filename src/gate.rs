//! The pipeline on one screen: snapshots in, a verdict out. Prints nothing and opens no repository.

mod across;
mod counter;
mod dependents;
mod edits;
mod examples;
mod memory;
mod requalified;
mod side;
mod verdict;
mod versions;

pub use crate::scan::{Allowed, Honoured};
pub use counter::Counter;
pub use examples::{ExampleFailure, test_examples};
pub use side::Policy;
pub use verdict::{Counts, Outcome, Unscanned, Verdict};
pub use versions::AllowedRule;

use crate::catalog::InstalledEnvironment;
use crate::finding::Finding;
use crate::introduced::accounted;
use crate::snapshot::{Comparison, File, RepoPath, Snapshot, walk};
use side::{Judged, Side};
use std::collections::BTreeSet;

/// Judges what `comparison` introduces: the new side by `new`, each parent by the policy of the same index in `old`.
///
/// Files that did not change are judged where the rules that apply to them did: by a manifest, or by the policy. Old
/// files are read only where the new side has findings.
pub fn check(comparison: &Comparison, old: &[Policy], new: &Policy) -> Verdict {
    assert_eq!(old.len(), comparison.parents.len(), "one policy for each parent");
    let new = Side::new(&*comparison.new, new);
    let parents: Vec<Side> =
        comparison.parents.iter().zip(old).map(|(snapshot, policy)| new.other(&**snapshot, policy)).collect();

    let mut verdict = Verdict::default();
    let touched = comparison.changes.iter().filter_map(|change| change.new.clone());
    let (requalified, unlisted) = requalified::files(comparison, &parents, &new);
    verdict.unscanned.extend(unlisted.into_iter().map(Unscanned::from));
    let (dependents, unlisted) = dependents::files(comparison, &new);
    verdict.unscanned.extend(unlisted.into_iter().map(Unscanned::from));
    let unchanged: BTreeSet<File> = requalified.into_iter().chain(dependents).collect();
    let files: Vec<File> = touched.chain(unchanged).collect();
    let (judged, followed) = across::judge_some(&new, files.clone());
    let suspects: Vec<(&File, &Judged)> =
        files.iter().zip(&judged).filter(|(_, judged)| !judged.findings.is_empty()).collect();

    let mut known: Vec<Vec<bool>> = suspects.iter().map(|(_, judged)| vec![false; judged.findings.len()]).collect();
    for parent in &parents {
        let before = parent.judge_paths(&suspects.iter().map(|(file, _)| &file.path).collect::<Vec<_>>());
        for ((file, judged), (before, known)) in suspects.iter().zip(before.iter().zip(&mut known)) {
            versions::mark(parent, &file.path, &judged.findings, before.as_ref(), known);
            if let Some(before) = before {
                verdict.unscanned.extend(before.unreadable.clone());
                mark(known.iter_mut(), &judged.findings.iter().collect::<Vec<_>>(), &before.findings);
            }
        }
        let (mut added, mut added_known) = (Vec::new(), Vec::new());
        for ((_, judged), (before, known)) in suspects.iter().zip(before.iter().zip(&mut known)) {
            if before.is_none() {
                added.extend(&judged.findings);
                added_known.extend(known);
            }
        }
        if !added_known.iter().all(|known| **known) {
            let deleted: Vec<&RepoPath> =
                comparison.changes.iter().filter(|change| change.new.is_none()).map(|change| &change.path).collect();
            let moved = parent.judge_paths(&deleted);
            let moved: Vec<Finding> = moved.into_iter().flatten().flat_map(|judged| judged.findings).collect();
            mark(added_known.into_iter(), &added, &moved);
        }
    }
    let introduced = known.into_iter().flatten().map(|known| !known);
    let found = suspects.iter().flat_map(|(_, judged)| &judged.findings);
    verdict.findings = found.zip(introduced).filter(|(_, new)| *new).map(|(finding, _)| finding.clone()).collect();
    edits::keep_helpful(&new, &[], &mut verdict.findings);
    verdict.counts.files = comparison.changes.len();
    verdict.counts.followed = followed;
    let changed: Vec<&RepoPath> = comparison.changes.iter().map(|change| &change.path).collect();
    // A manifest that changed is read even where no finding asks for it: it must not pass unread.
    changed.iter().for_each(|path| new.catalog.read_manifest(path));
    verdict.finish(judged, &new.catalog, &changed)
}

/// Sets those of `known` whose finding of `new`, at the same index, is accounted for by one of `old`.
///
/// Each parent is asked about all findings, known or not: two parents that both have one call do not account for two.
fn mark<'a>(known: impl Iterator<Item = &'a mut bool>, new: &[&Finding], old: &[Finding]) {
    for (known, found) in known.zip(accounted(new, &old.iter().collect::<Vec<_>>())) {
        *known |= found;
    }
}

/// Judges the file at `part` of `snapshot`, or all below that directory, as if nothing of it had been there before.
/// `environments` say what it runs with.
pub fn scan(
    snapshot: &dyn Snapshot,
    part: &RepoPath,
    policy: &Policy,
    environments: &[InstalledEnvironment],
) -> Verdict {
    scan_counting(snapshot, part, policy, environments, &Counter::default())
}

/// As [`scan`], and counts in `counter` how far it has come.
pub fn scan_counting(
    snapshot: &dyn Snapshot,
    part: &RepoPath,
    policy: &Policy,
    environments: &[InstalledEnvironment],
    counter: &Counter,
) -> Verdict {
    let side = Side::with_environments(snapshot, policy, environments);
    let mut verdict = judge_tree(&side, part, counter);
    edits::keep_helpful(&side, environments, &mut verdict.findings);
    verdict
}

fn judge_tree(side: &Side<'_>, part: &RepoPath, counter: &Counter) -> Verdict {
    let mut verdict = Verdict::default();
    let mut files = Vec::new();
    match side.snapshot.find(part) {
        Ok(Some(file)) => files.push(file),
        Ok(None) => {
            let unlisted = walk(side.snapshot, part, &mut |file| files.push(file));
            verdict.unscanned.extend(unlisted.into_iter().map(Unscanned::from));
        }
        Err(error) => verdict.unscanned.push(error.into()),
    }
    counter.expect(files.len());
    verdict.counts.files = files.len();
    let mut judged = across::judge_all(side, files, counter);
    judged.push(versions::in_environments(side));
    verdict.findings = judged.iter().flat_map(|judged| judged.findings.iter().cloned()).collect();
    verdict.finish(judged, &side.catalog, &[])
}
