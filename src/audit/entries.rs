//! The entries of manifests by distribution, and which of them decide versions.

use super::AuditedEntry;
use super::calls::Tally;
use crate::catalog::{Catalog, Dependency, DistributionName, Evidence, Inventory, Scope};
use crate::snapshot::RepoPath;
use std::collections::{BTreeMap, BTreeSet};

/// What there is of one distribution.
#[derive(Default)]
pub(super) struct Found {
    /// Its entries, in the order of files and lines.
    pub entries: Vec<AuditedEntry>,
    /// Directories that between them have all its versions in force, or that call it.
    pub places: Vec<RepoPath>,
}

/// Where an entry stands, and what it says.
type Key = (RepoPath, u32, String);

/// What manifests at and below `part` name, and what is called there, with the entries that concern it.
pub(super) fn collect(
    catalog: &Catalog<'_>,
    inventory: &Inventory,
    part: &RepoPath,
    tally: &Tally,
) -> BTreeMap<DistributionName, Found> {
    let asked = |path: &RepoPath| path == part || path.is_inside(part);
    let mut places: BTreeMap<DistributionName, BTreeSet<RepoPath>> = BTreeMap::new();
    for (directory, names) in catalog.named_so_far() {
        for name in names.into_iter().filter(|_| asked(&directory)) {
            places.entry(name).or_default().insert(directory.clone());
        }
    }
    // What is included from elsewhere stands in the inventory of the directory that includes it; what is installed, in none.
    let is_asked = |found: &Dependency| asked(&found.path) || found.evidence == Evidence::Installed;
    for dependency in inventory.dependencies.iter().filter(|found| is_asked(found)) {
        places.entry(dependency.name.clone()).or_default();
    }
    for name in tally.distributions() {
        places.entry(name.clone()).or_default().extend(tally.callers(name).cloned());
    }
    let mut found: BTreeMap<DistributionName, Found> = BTreeMap::new();
    let mut in_force: BTreeMap<DistributionName, BTreeSet<Key>> = BTreeMap::new();
    for (name, mut directories) in places {
        if directories.is_empty() {
            directories.insert(part.clone());
        }
        // Tests may run with what only developers install.
        let both = directories.into_iter().flat_map(|directory| [directory.join(b"tests"), directory]);
        let places: Vec<RepoPath> = both.collect();
        let deciding = in_force.entry(name.clone()).or_default();
        for place in &places {
            let governing = catalog.governing(&file_in(place), &name);
            deciding.extend(governing.candidates.into_iter().map(|found| (found.path, found.line, found.raw_version)));
        }
        found.insert(name, Found { entries: Vec::new(), places });
    }
    for dependency in &inventory.dependencies {
        let Some(of_name) = found.get_mut(&dependency.name) else { continue };
        let key = (dependency.path.clone(), dependency.line, dependency.raw_version.clone());
        let is_in_force = in_force.get(&dependency.name).is_some_and(|deciding| deciding.contains(&key));
        if is_in_force || is_asked(dependency) {
            of_name.entries.push(AuditedEntry { dependency: dependency.clone(), is_in_force });
        }
    }
    found
}

/// A source file of `directory`, to ask the catalog about: all files of a directory have the same answer.
pub(super) fn file_in(directory: &RepoPath) -> RepoPath {
    directory.join(b"_.py")
}

/// Whether the entry asks for the distribution to be installed.
pub(super) fn requires(dependency: &Dependency) -> bool {
    let limits = |scope: &Scope| matches!(scope, Scope::Constraint | Scope::Override);
    dependency.scopes.is_empty() || !dependency.scopes.iter().all(limits)
}
