//! What the manifests of one directory say of the locks beside them: what the project names itself, and which groups are
//! extras.

use super::{Dependency, DistributionName, Evidence, Scope, pdm_lock, requirements};
use crate::snapshot::RepoPath;
use std::collections::BTreeSet;

/// Fills in `direct`, where a lock does not say it and a manifest beside it declares anything.
pub(super) fn join(dependencies: &mut [Dependency]) {
    if !dependencies.iter().any(is_of_lock) {
        return;
    }
    let declared: Vec<&Dependency> = dependencies.iter().filter(|entry| declares(entry)).collect();
    // A requirements file that pins all it has may be an export of the lock: it counts where there is nothing else.
    let is_open = |entry: &&Dependency| entry.format != requirements::FORMAT || entry.evidence != Evidence::Pinned;
    let open: BTreeSet<&RepoPath> = declared.iter().copied().filter(is_open).map(|entry| &entry.path).collect();
    let declared: Vec<&Dependency> =
        declared.into_iter().filter(|entry| open.is_empty() || open.contains(&entry.path)).collect();
    if declared.is_empty() {
        return;
    }
    let names: BTreeSet<DistributionName> = declared.iter().map(|entry| entry.name.clone()).collect();
    let scopes = || declared.iter().flat_map(|entry| &entry.scopes);
    let mut extras: BTreeSet<String> = scopes().filter_map(extra).cloned().collect();
    scopes().filter_map(group).for_each(|group| {
        extras.remove(group);
    });
    for entry in dependencies.iter_mut().filter(|entry| is_of_lock(entry)) {
        entry.direct = entry.direct.or_else(|| Some(names.contains(&entry.name)));
        // PDM calls both groups.
        if entry.format == pdm_lock::FORMAT {
            for scope in &mut entry.scopes {
                if let Some(extra) = group(scope).and_then(|group| extras.get(group)) {
                    *scope = Scope::Extra(extra.clone());
                }
            }
            entry.scopes.sort();
        }
    }
}

/// Whether it is of a lock that locks projects. Locks in the form of requirements may be included from elsewhere.
fn is_of_lock(entry: &Dependency) -> bool {
    entry.evidence == Evidence::Locked && entry.format != requirements::FORMAT
}

/// Whether a project asks for it.
fn declares(entry: &Dependency) -> bool {
    let is_asked = |scope: &Scope| matches!(scope, Scope::Runtime | Scope::Extra(_) | Scope::Group(_) | Scope::Dev);
    matches!(entry.evidence, Evidence::Declared | Evidence::Pinned)
        && entry.direct != Some(false)
        && (entry.scopes.is_empty() || entry.scopes.iter().any(is_asked))
}

fn extra(scope: &Scope) -> Option<&String> {
    if let Scope::Extra(name) = scope { Some(name) } else { None }
}

fn group(scope: &Scope) -> Option<&String> {
    if let Scope::Group(name) = scope { Some(name) } else { None }
}
