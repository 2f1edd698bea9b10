//! The entries of manifests by distribution, and which of them decide versions.

use super::AuditedEntry;
use super::calls::Tally;
use crate::catalog::{Catalog, Dependency, DistributionName, Evidence, Inventory, Scope};
use crate::snapshot::RepoPath;
use std::collections::{BTreeMap, BTreeSet};

/// A source file, and what it itself says of its dependencies. Other files of its directory have the same answers, unless
/// they say something themselves.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub file: &'a RepoPath,
    pub own: Option<&'a Inventory>,
}

/// What scripts and notebooks themselves say, by file.
pub(super) type Own = BTreeMap<RepoPath, Inventory>;

/// What there is of one distribution.
#[derive(Default)]
pub(super) struct Found {
    /// Its entries, in the order of files and lines.
    pub entries: Vec<AuditedEntry>,
    /// Files that between them have all its versions in force.
    pub files: BTreeSet<RepoPath>,
}

/// Where an entry stands, and what it says.
type Key = (RepoPath, u32, String);

/// Takes what scripts and notebooks themselves say out of `inventory`.
pub(super) fn own(inventory: &Inventory) -> Own {
    let mut own = Own::new();
    for dependency in &inventory.dependencies {
        if dependency.scopes.iter().any(|scope| matches!(scope, Scope::Script | Scope::Notebook)) {
            own.entry(dependency.path.clone()).or_default().dependencies.push(dependency.clone());
        }
    }
    own
}

/// What manifests at and below `part` name, and what is called there, with the entries that concern it.
pub(super) fn collect(
    catalog: &Catalog<'_>,
    inventory: &Inventory,
    own: &Own,
    part: &RepoPath,
    tally: &Tally,
) -> BTreeMap<DistributionName, Found> {
    let asked = |path: &RepoPath| path == part || path.is_inside(part);
    let mut found: BTreeMap<DistributionName, Found> = BTreeMap::new();
    for (directory, names) in catalog.named_so_far() {
        for name in names.into_iter().filter(|_| asked(&directory)) {
            // Tests may run with what only developers install.
            let files = [file_in(&directory), file_in(&directory.join(b"tests"))];
            found.entry(name).or_default().files.extend(files);
        }
    }
    // What is included from elsewhere stands in the inventory of the directory that includes it; what is installed or only
    // imported, in none.
    let is_asked = |found: &Dependency| asked(&found.path) || found.evidence == Evidence::Installed;
    for dependency in inventory.dependencies.iter().filter(|found| is_asked(found)) {
        let of_name = found.entry(dependency.name.clone()).or_default();
        of_name.files.extend(own.contains_key(&dependency.path).then(|| dependency.path.clone()));
    }
    for name in tally.distributions() {
        found.entry(name.clone()).or_default().files.extend(tally.callers(name).map(file_in));
    }
    let mut in_force: BTreeMap<DistributionName, BTreeSet<Key>> = BTreeMap::new();
    for (name, of_name) in &mut found {
        if of_name.files.is_empty() {
            of_name.files.insert(file_in(part));
        }
        let deciding = in_force.entry(name.clone()).or_default();
        for file in &of_name.files {
            let governing = catalog.governing_with(file, own.get(file), name);
            deciding.extend(governing.candidates.into_iter().map(|found| (found.path, found.line, found.raw_version)));
        }
    }
    for dependency in &inventory.dependencies {
        let Some(of_name) = found.get_mut(&dependency.name) else { continue };
        let key = (dependency.path.clone(), dependency.line, dependency.raw_version.clone());
        let decides = in_force.get(&dependency.name).is_some_and(|deciding| deciding.contains(&key));
        let is_in_force = decides || dependency.evidence == Evidence::Imported;
        if decides || is_asked(dependency) {
            of_name.entries.push(AuditedEntry { dependency: dependency.clone(), is_in_force, warnings: Vec::new() });
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
