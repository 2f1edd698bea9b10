//! Of all entries for one distribution in one directory, those that decide its version.

use super::governing::{Candidate, Versions, contains};
use super::{Dependency, Evidence, Scope};
use crate::snapshot::RepoPath;
use std::collections::BTreeSet;

/// More entries than this for one distribution in one directory are not compared: then nothing is ruled out.
const MAX_ENTRIES: usize = 200;

/// The candidates that decide, in file and line order; empty where nothing requires the distribution.
///
/// Constraints and overrides require nothing, and what builds the project does not run with it. What is needed to run
/// decides before what is needed to develop, except where `in_tests` says that both are there.
pub(super) fn decide(entries: &[&Dependency], in_tests: bool) -> Vec<Candidate> {
    if let Some(beyond) = entries.get(MAX_ENTRIES) {
        let mut candidates: Vec<Candidate> = entries[..MAX_ENTRIES].iter().copied().map(Candidate::from).collect();
        candidates.push(Candidate { versions: Versions::Any, ..Candidate::from(*beyond) });
        return candidates;
    }
    let only = |dependency: &Dependency, scope: &Scope| {
        !dependency.scopes.is_empty() && dependency.scopes.iter().all(|found| found == scope)
    };
    let of = |scope| entries.iter().copied().filter(move |dependency| only(dependency, scope));
    let required: Vec<&Dependency> = entries
        .iter()
        .copied()
        .filter(|d| ![Scope::Build, Scope::Constraint, Scope::Override].iter().any(|scope| only(d, scope)))
        .collect();
    let to_run: Vec<&Dependency> = required.iter().copied().filter(|dependency| is_to_run(dependency)).collect();
    let mut deciding = if in_tests || to_run.is_empty() { required } else { to_run };
    if deciding.is_empty() {
        return Vec::new();
    }
    let overrides: Vec<&Dependency> = of(&Scope::Override).collect();
    if !overrides.is_empty() {
        deciding.retain(|dependency| dependency.evidence >= Evidence::Locked);
        deciding.extend(overrides);
    }
    let (pins, limits): (Vec<_>, Vec<_>) = of(&Scope::Constraint).partition(|d| d.version.is_some());
    let mut candidates: Vec<Candidate> = deciding.into_iter().map(Candidate::from).collect();
    limits.iter().filter(|limit| limit.marker.is_none()).for_each(|limit| narrow(&mut candidates, limit));
    candidates.extend(pins.into_iter().map(Candidate::from));
    strongest(candidates)
}

/// Whether files of `directory` are tests.
pub(super) fn is_in_tests(directory: &RepoPath) -> bool {
    directory.as_bytes().split(|&b| b == b'/').any(|component| component == b"tests" || component == b"test")
}

/// Whether a running program may have it: no scope means that the format does not say.
fn is_to_run(dependency: &Dependency) -> bool {
    dependency.scopes.is_empty()
        || dependency.scopes.iter().any(|scope| matches!(scope, Scope::Runtime | Scope::Extra(_)))
}

/// A constraint holds together with each declared range.
fn narrow(candidates: &mut [Candidate], limit: &Dependency) {
    let Some(specifier) = &limit.specifier else { return };
    for candidate in candidates.iter_mut().filter(|candidate| candidate.evidence == Evidence::Declared) {
        candidate.versions = match &candidate.versions {
            Versions::Exact(version) => Versions::Exact(version.clone()),
            Versions::Range(own) => Versions::Range(own.iter().chain(specifier.iter()).cloned().collect()),
            Versions::Any => Versions::Range(specifier.clone()),
        };
    }
}

/// The strongest candidates, and the weaker ones of a manifest that they contradict: then either may be in force.
pub(super) fn strongest(candidates: Vec<Candidate>) -> Vec<Candidate> {
    let Some(evidence) = candidates.iter().map(|candidate| candidate.evidence).max() else { return candidates };
    let (mut strong, weak): (Vec<_>, Vec<_>) = candidates.into_iter().partition(|c| c.evidence == evidence);
    let manifests: BTreeSet<_> = weak.iter().map(|candidate| candidate.path.clone()).collect();
    let mut stale = Vec::new();
    for manifest in manifests {
        let of_manifest: Vec<&Candidate> = weak.iter().filter(|candidate| candidate.path == manifest).collect();
        if strong.iter().any(|strong| !of_manifest.iter().any(|weak| agrees(strong, weak))) {
            let contradicted = |weak: &&&Candidate| !strong.iter().any(|strong| agrees(strong, weak));
            stale.extend(of_manifest.iter().filter(contradicted).map(|candidate| (*candidate).clone()));
        }
    }
    strong.extend(stale);
    strong.sort_by(|a, b| (&a.path, a.line, &a.raw_version).cmp(&(&b.path, b.line, &b.raw_version)));
    strong.dedup();
    strong
}

/// Whether `weak` admits what `strong` says.
fn agrees(strong: &Candidate, weak: &Candidate) -> bool {
    match (&strong.versions, &weak.versions) {
        (Versions::Exact(version), Versions::Range(range)) => contains(range, version),
        (Versions::Exact(version), Versions::Exact(other)) => {
            version == other || (!other.is_local() && version.clone().without_local() == *other)
        }
        (Versions::Any | Versions::Range(_), _) | (_, Versions::Any) => true,
    }
}
