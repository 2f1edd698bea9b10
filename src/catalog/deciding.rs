//! Of all entries for one distribution in one directory, those that decide its version.

use super::governing::{Candidate, Other, Standing, Versions, contains};
use super::{Dependency, Evidence, Scope};
use crate::snapshot::RepoPath;
use std::collections::BTreeMap;

/// More entries than this for one distribution in one directory are not compared: then nothing is ruled out.
const MAX_ENTRIES: usize = 200;

/// Of `entries`, the candidates that decide, in file and line order: none where nothing requires the distribution. The
/// others go to `others`.
///
/// Constraints and overrides require nothing, what builds the project does not run with it, and what a script or notebook
/// installs for itself is not there for others. What is needed to run
/// decides before what is needed to develop, except where `in_tests` says that both are there.
pub(super) fn decide(entries: &[&Dependency], in_tests: bool, others: &mut Vec<Other>) -> Vec<Candidate> {
    if let Some(beyond) = entries.get(MAX_ENTRIES) {
        let mut candidates: Vec<Candidate> = entries[..MAX_ENTRIES].iter().copied().map(Candidate::from).collect();
        candidates.push(Candidate { versions: Versions::Any, ..Candidate::from(*beyond) });
        return candidates;
    }
    let (mut deciding, mut to_develop, mut limits, mut overrides) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut set_aside = |entry: &Dependency, standing| others.push(Other { candidate: entry.into(), standing });
    for &entry in entries {
        match entry.scopes.first().filter(|first| entry.scopes.iter().all(|scope| scope == *first)) {
            Some(Scope::Build) => set_aside(entry, Standing::Build),
            Some(Scope::Script | Scope::Notebook) => set_aside(entry, Standing::Elsewhere),
            Some(Scope::Constraint) => limits.push(entry),
            Some(Scope::Override) => overrides.push(entry),
            _ if in_tests || is_to_run(entry) => deciding.push(entry),
            _ => to_develop.push(entry),
        }
    }
    if deciding.is_empty() {
        std::mem::swap(&mut deciding, &mut to_develop);
    }
    to_develop.into_iter().for_each(|entry| set_aside(entry, Standing::Development));
    if deciding.is_empty() {
        limits.into_iter().chain(overrides).for_each(|entry| set_aside(entry, Standing::RequiresNothing));
        return Vec::new();
    }
    if !overrides.is_empty() {
        let (locked, overridden) = deciding.into_iter().partition(|entry| entry.evidence >= Evidence::Locked);
        deciding = locked;
        deciding.extend(overrides);
        Vec::into_iter(overridden).for_each(|entry| set_aside(entry, Standing::Overridden));
    }
    let mut candidates: Vec<Candidate> = deciding.into_iter().map(Candidate::from).collect();
    let (pins, limits): (Vec<_>, Vec<_>) = limits.into_iter().partition(|entry| entry.version.is_some());
    for limit in limits {
        if limit.marker.is_none() {
            narrow(&mut candidates, limit);
        }
        set_aside(limit, Standing::Limits);
    }
    candidates.extend(pins.into_iter().map(Candidate::from));
    strongest(candidates, others)
}

/// Of what a source file itself says, the candidates that decide for it.
pub(super) fn decide_own(entries: &[&Dependency], others: &mut Vec<Other>) -> Vec<Candidate> {
    let of_file = |scope: &Scope| matches!(scope, Scope::Script | Scope::Notebook);
    let mut own: Vec<Dependency> = entries.iter().map(|&entry| entry.clone()).collect();
    // To the file it is what the list of a project is to other files.
    own.iter_mut().filter(|entry| entry.scopes.iter().all(of_file)).for_each(|entry| entry.scopes.clear());
    decide(&own.iter().collect::<Vec<_>>(), true, others)
}

/// Whether files of `directory` are tests.
pub(super) fn is_in_tests(directory: &RepoPath) -> bool {
    directory.as_bytes().split(|&b| b == b'/').any(|component| component == b"tests" || component == b"test")
}

/// Whether a running program may have it: no scope means that the format does not say.
fn is_to_run(dependency: &Dependency) -> bool {
    dependency.scopes.is_empty()
        || dependency.scopes.iter().any(|scope| matches!(scope, Scope::Runtime | Scope::Extra(_) | Scope::Image))
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

/// The strongest candidates, and the weaker ones of a manifest that they contradict: then either may be in force. The
/// weaker ones that agree go to `others`.
pub(super) fn strongest(candidates: Vec<Candidate>, others: &mut Vec<Other>) -> Vec<Candidate> {
    let Some(evidence) = candidates.iter().map(|candidate| candidate.evidence).max() else { return candidates };
    let (mut strong, weak): (Vec<_>, Vec<_>) = candidates.into_iter().partition(|c| c.evidence == evidence);
    let mut manifests: BTreeMap<RepoPath, Vec<Candidate>> = BTreeMap::new();
    for candidate in weak {
        manifests.entry(candidate.path.clone()).or_default().push(candidate);
    }
    let mut stale = Vec::new();
    for of_manifest in manifests.into_values() {
        let is_stale = strong.iter().any(|strong| !of_manifest.iter().any(|weak| agrees(strong, weak)));
        for weak in of_manifest {
            if is_stale && !strong.iter().any(|strong| agrees(strong, &weak)) {
                stale.push(weak);
            } else {
                others.push(Other { candidate: weak, standing: Standing::Weaker });
            }
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
