//! What is installed in an environment: metadata of distributions in site-packages, as installers leave it there.
//!
//! Reads headers and small files, never the packages themselves. What packages carry inside (`pip/_vendor`) is not
//! installed, and no entry.

mod conda_meta;
mod egg;
mod import_names;
mod layout;
mod metadata;
mod origin;
mod requirers;
mod site;
mod wheel;

use super::{Dependency, Diagnostic, DistributionName, Gravity, Inventory};
use crate::snapshot::{RepoPath, Snapshot, SnapshotError};
use layout::Layout;
use site::{Installed, Site};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

/// The names that can be imported, with the distributions that install them.
pub type ImportNames = BTreeMap<String, BTreeSet<DistributionName>>;

/// An installed environment: a virtual environment, a conda prefix, or a directory of site-packages.
///
/// The paths of its entries begin with its name, which says which of several environments speaks.
pub struct InstalledEnvironment {
    name: RepoPath,
    snapshot: Box<dyn Snapshot>,
    inventory: Arc<Inventory>,
    /// Directories of metadata, with the distribution each is of.
    metadata: Vec<(RepoPath, DistributionName)>,
    import_names: OnceLock<ImportNames>,
}

impl InstalledEnvironment {
    /// Reads the environment that `snapshot` holds; `None` where it holds none. `name` is where it lies, as it was given.
    pub fn read(name: RepoPath, snapshot: Box<dyn Snapshot>) -> Option<Self> {
        let layout = Layout::of(&*snapshot)?;
        let mut site = Site::new(&*snapshot, name.clone());
        for directory in &layout.site_packages {
            read_site_packages(&mut site, directory);
        }
        if let Some(directory) = &layout.conda_meta {
            conda_meta::read(&mut site, directory);
        }
        if let Some(file) = &layout.config
            && site.text(file, &mut Vec::new()).is_some_and(|text| layout::sees_system_packages(&text))
        {
            let problem = "the environment sees the packages of the system as well, which are not read";
            site.note(&file.path, 1, problem, Gravity::Odd);
        }
        let Site { installed, diagnostics, unreadable, .. } = site;
        let metadata = installed
            .iter()
            .filter_map(|found| Some((found.directory.clone()?, found.dependency.name.clone())))
            .collect();
        let mut inventory = Inventory { diagnostics, unreadable, ..Inventory::default() };
        inventory.environments.push(name.clone());
        inventory.dependencies = together(installed, &mut inventory.diagnostics);
        inventory.diagnostics.sort();
        Some(Self { name, snapshot, inventory: Arc::new(inventory), metadata, import_names: OnceLock::new() })
    }

    /// Where it lies, as it was given.
    pub fn name(&self) -> &RepoPath {
        &self.name
    }

    /// What is installed, and what was not understood.
    pub fn inventory(&self) -> &Arc<Inventory> {
        &self.inventory
    }

    /// The names that can be imported. Read when first asked for: the lists of installed files are long.
    pub fn import_names(&self) -> &ImportNames {
        self.import_names.get_or_init(|| import_names::read(&*self.snapshot, &self.metadata))
    }
}

/// Whether `snapshot` is an environment and nothing else, rather than a directory that has one in it.
pub fn is_environment(snapshot: &dyn Snapshot) -> Result<bool, SnapshotError> {
    Ok(layout::is_environment(&snapshot.list(&RepoPath::root())?) && Layout::of(snapshot).is_some())
}

/// Reads the metadata that lies in `directory`.
fn read_site_packages(site: &mut Site<'_>, directory: &RepoPath) {
    for entry in site.list(directory) {
        let path = directory.join(&entry.name);
        let name = entry.name.to_string();
        if name.starts_with('~') {
            if name.ends_with(".dist-info") || name.ends_with(".egg-info") {
                let problem = "left over from an installation that was interrupted; not taken as installed, remove it";
                site.note(&path, 1, problem, Gravity::Odd);
            }
        } else if let Some(stem) = name.strip_suffix(".dist-info") {
            wheel::read(site, &path, entry, stem);
        } else if let Some(stem) = name.strip_suffix(".egg-info").or_else(|| name.strip_suffix(".egg")) {
            egg::read(site, &path, entry, stem);
        } else if let Some(stem) = name.strip_suffix(".egg-link") {
            egg::read_link(site, &path, entry, stem);
        }
    }
    origin::mark_editable(site, directory);
}

/// The entries, which now know of one another: who needs whom, and which are there twice.
fn together(installed: Vec<Installed>, diagnostics: &mut Vec<Diagnostic>) -> Vec<Dependency> {
    let parents = requirers::parents(&installed);
    let records_requests = installed.iter().any(|found| found.installer == "pip" && found.requested);
    let mut dependencies: Vec<Dependency> = installed
        .into_iter()
        .map(|found| {
            let mut dependency = found.dependency;
            // Other installers mark nothing, or, as uv does, everything.
            if found.installer == "pip" && records_requests {
                dependency.direct = Some(found.requested);
            }
            dependency.parents = parents.get(&dependency.name).into_iter().flatten().cloned().collect();
            dependency
        })
        .collect();
    dependencies.sort_by(|a, b| (&a.name, &a.path, a.line).cmp(&(&b.name, &b.path, b.line)));
    for pair in dependencies.windows(2).filter(|pair| pair[0].name == pair[1].name) {
        let (first, second) = (&pair[0], &pair[1]);
        let problem = format!(
            "{} is installed more than once: `{}` here, `{}` in {}; which one is imported depends on the order of `sys.path`",
            second.name,
            super::reading::shown(&second.raw_version),
            super::reading::shown(&first.raw_version),
            first.path
        );
        diagnostics.push(Diagnostic::new(second.path.clone(), second.line, problem, Gravity::Odd));
    }
    dependencies.sort_by(|a, b| (&a.path, a.line, &a.name).cmp(&(&b.path, b.line, &b.name)));
    dependencies
}
