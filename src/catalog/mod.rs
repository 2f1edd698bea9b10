//! Which Python distributions a snapshot names, with the evidence for their versions.
//!
//! One manifest format per file; a format takes text and gives entries and diagnostics, and never fails. Must not see a
//! rule, touch a disk, download or resolve.
//!
//! ```
//! use picklegate::catalog::{Catalog, DistributionName};
//! use picklegate::snapshot::{MemorySnapshot, RepoPath};
//! let snapshot = MemorySnapshot::from([("requirements.txt", "torch==2.5.1\n"), ("src/train.py", "import torch\n")]);
//! let catalog = Catalog::new(&snapshot);
//! let governing = catalog.governing(&RepoPath::from("src/train.py"), &DistributionName::new("torch"));
//! assert_eq!(governing.candidates[0].raw_version, "==2.5.1");
//! ```

mod annotations;
mod ci;
mod conda_environment;
mod conda_explicit;
mod conda_lock;
mod conda_names;
mod conda_package;
mod conda_recipe;
mod conda_spec;
mod conda_template;
mod deciding;
mod dependency;
mod directory;
mod dockerfile;
mod evaluation;
mod flit;
mod formats;
mod governing;
mod hatch;
mod imports;
mod ini;
mod installed;
mod installers;
mod installs;
mod joining;
mod locks;
mod logical_lines;
mod mlflow_environment;
mod needs;
mod notebook;
mod noxfile;
mod own;
mod pdm;
mod pdm_lock;
mod pieces;
mod pipenv;
mod pipfile;
mod pipfile_lock;
mod pixi;
mod pixi_lock;
mod poetry;
mod poetry_constraint;
mod poetry_lock;
mod pre_commit;
mod pylock;
mod pyproject;
mod reading;
mod requirement;
mod requirements;
mod script_block;
mod setup_cfg;
mod setup_py;
mod shell;
mod text;
mod tox_ini;
mod tox_toml;
mod tree;
mod uv_graph;
mod uv_lock;
mod variables;
mod weighing;
mod yaml;
mod yaml_builder;

pub use dependency::{Dependency, Diagnostic, DistributionName, Evidence, Gravity, Scope, Source};
pub use governing::{Candidate, Governing, Other, Standing, Versions, Weighed, outside};
pub use imports::{Import, Undeclared};
pub use installed::{ImportNames, InstalledEnvironment, is_environment};
pub use own::within;
pub use weighing::Outlook;

use crate::snapshot::{Entry, EntryKind, File, RepoPath, Snapshot, SnapshotError, walk_entries};
use crate::syntax::is_code;
use directory::Directory;
use formats::Format;
use formats::Tier::{self, LastResort, Project};
use reading::Reading;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// All formats. The first that claims a file name reads it.
const FORMATS: &[Format] = &[
    Format::new(pyproject::FORMAT, Project, pyproject::is_manifest, pyproject::read),
    Format::new(hatch::FORMAT, Project, hatch::is_manifest, hatch::read),
    Format::new(tox_toml::FORMAT, LastResort, tox_toml::is_manifest, tox_toml::read),
    Format::new(tox_ini::FORMAT, LastResort, tox_ini::is_manifest, tox_ini::read),
    Format::new(setup_cfg::FORMAT, Project, setup_cfg::is_manifest, setup_cfg::read),
    Format::new(noxfile::FORMAT, LastResort, noxfile::is_manifest, noxfile::read),
    Format::new(setup_py::FORMAT, Project, setup_py::is_manifest, setup_py::read),
    Format::new(uv_lock::FORMAT, Project, uv_lock::is_manifest, uv_lock::read),
    Format::new(poetry_lock::FORMAT, Project, poetry_lock::is_manifest, poetry_lock::read),
    Format::new(pdm_lock::FORMAT, Project, pdm_lock::is_manifest, pdm_lock::read),
    Format::new(pipfile::FORMAT, Project, pipfile::is_manifest, pipfile::read),
    Format::new(pipfile_lock::FORMAT, Project, pipfile_lock::is_manifest, pipfile_lock::read),
    Format::new(pylock::FORMAT, Project, pylock::is_manifest, pylock::read),
    Format::new(requirements::FORMAT, Project, requirements::is_manifest, requirements::read),
    Format::new(pixi::FORMAT, Project, pixi::is_manifest, pixi::read),
    Format::new(pixi_lock::FORMAT, Project, pixi_lock::is_manifest, pixi_lock::read),
    Format::new(conda_lock::FORMAT, Project, conda_lock::is_manifest, conda_lock::read),
    Format::new(conda_explicit::FORMAT, Project, conda_explicit::is_manifest, conda_explicit::read),
    Format::new(mlflow_environment::FORMAT, Project, mlflow_environment::is_manifest, mlflow_environment::read),
    Format::new(conda_recipe::FORMAT, Project, conda_recipe::is_manifest, conda_recipe::read),
    Format::new(conda_environment::FORMAT, Project, conda_environment::is_manifest, conda_environment::read),
    Format::new(ci::WORKFLOW, LastResort, ci::is_workflow, ci::read),
    Format::new(ci::FORMAT, LastResort, ci::is_configuration, ci::read),
    Format::new(pre_commit::FORMAT, LastResort, pre_commit::is_manifest, pre_commit::read),
    Format::new(dockerfile::FORMAT, Project, dockerfile::is_manifest, dockerfile::read),
];

/// Dependencies and what was not understood, in the order of the files and lines they came from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Inventory {
    /// Every entry of every manifest read.
    pub dependencies: Vec<Dependency>,
    /// What was not understood.
    pub diagnostics: Vec<Diagnostic>,
    /// The manifests read, sorted.
    pub manifests: Vec<RepoPath>,
    /// The installed environments read, as they were given.
    pub environments: Vec<RepoPath>,
    /// Manifests and directories that the snapshot could not give at all.
    pub unreadable: Vec<SnapshotError>,
}

impl Inventory {
    /// The entries for one distribution, in the order of their files and lines.
    pub fn entries_for<'a>(&'a self, distribution: &'a DistributionName) -> impl Iterator<Item = &'a Dependency> {
        self.dependencies.iter().filter(move |dependency| dependency.name == *distribution)
    }

    fn extend(&mut self, other: Self) {
        self.dependencies.extend(other.dependencies);
        self.diagnostics.extend(other.diagnostics);
        self.manifests.extend(other.manifests);
        self.environments.extend(other.environments);
        self.unreadable.extend(other.unreadable);
    }
}

impl From<Reading> for Inventory {
    fn from(reading: Reading) -> Self {
        let reading = reading.finish();
        Self {
            manifests: vec![reading.path],
            dependencies: reading.dependencies,
            diagnostics: reading.diagnostics,
            ..Self::default()
        }
    }
}

/// The manifests of a snapshot, read directory by directory when first asked for. Never fails: what cannot be read is in
/// the inventories. Threads may share it; nothing is read twice.
pub struct Catalog<'s> {
    snapshot: &'s dyn Snapshot,
    environments: &'s [InstalledEnvironment],
    read: Mutex<BTreeMap<(Tier, RepoPath), Link>>,
    everything: OnceLock<Inventory>,
}

/// The nearest directory, from one upwards, that has manifests.
type Link = Option<Arc<Directory>>;

impl<'s> Catalog<'s> {
    /// A catalog that has read nothing yet.
    pub fn new(snapshot: &'s dyn Snapshot) -> Self {
        Self::with_environments(snapshot, &[])
    }

    /// The same, where `environments` say what the files of the snapshot run with.
    pub fn with_environments(snapshot: &'s dyn Snapshot, environments: &'s [InstalledEnvironment]) -> Self {
        Self { snapshot, environments, read: Mutex::default(), everything: OnceLock::new() }
    }

    /// What the files of the snapshot run with, where that was given.
    pub fn environments(&self) -> &'s [InstalledEnvironment] {
        self.environments
    }

    /// What the manifests say that speak for `directory`, with what they include. Read once.
    fn directory(&self, directory: &RepoPath) -> Vec<Arc<Inventory>> {
        let of = |tier| self.nearest(directory, tier).filter(|found| found.path == *directory);
        [Project, LastResort].into_iter().filter_map(of).map(|found| Arc::clone(&found.inventory)).collect()
    }

    /// Every inventory of a directory read so far that is not empty, and those of the environments.
    pub fn read_so_far(&self) -> Vec<Arc<Inventory>> {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let own = read.iter().filter_map(|((_, path), link)| link.as_ref().filter(|found| found.path == *path));
        let installed = self.environments.iter().map(InstalledEnvironment::inventory);
        own.map(|found| &found.inventory).chain(installed).map(Arc::clone).collect()
    }

    /// The directories read so far that have manifests, with the distributions that these name.
    pub fn named_so_far(&self) -> BTreeMap<RepoPath, BTreeSet<DistributionName>> {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let mut named: BTreeMap<RepoPath, BTreeSet<DistributionName>> = BTreeMap::new();
        for ((_, path), link) in read.iter() {
            if let Some(found) = link.as_ref().filter(|found| found.path == *path) {
                named.entry(path.clone()).or_default().extend(found.distributions().cloned());
            }
        }
        named
    }

    /// Reads the manifest at `path`, if it is one, with those that speak for the same directory.
    pub fn read_manifest(&self, path: &RepoPath) {
        if let Some(format) = formats::of(path) {
            self.nearest(&formats::home(path, format), format.tier);
        }
    }

    /// Reads every manifest of the snapshot, and every source file for what it says itself, and gives one inventory of all,
    /// with what the environments have.
    pub fn everything(&self) -> Inventory {
        self.everything.get_or_init(|| self.read_everything()).clone()
    }

    fn read_everything(&self) -> Inventory {
        let mut directories = BTreeSet::new();
        let mut all = Inventory::default();
        let mut unread = Vec::new();
        let mut visit = |path: RepoPath, entry: Entry| {
            // A link that is called like a manifest is said not to be followed, where it stands.
            directories.extend(formats::of(&path).map(|format| formats::home(&path, format)));
            if entry.kind == EntryKind::File {
                match own::read(self.snapshot, &File { path, id: entry.id }) {
                    Ok(own) => all.extend(own.unwrap_or_default()),
                    Err(error) => unread.push(error),
                }
            }
        };
        all.unreadable = walk_entries(self.snapshot, &RepoPath::root(), &mut visit);
        all.unreadable.extend(unread);
        let installed = self.environments.iter().map(InstalledEnvironment::inventory).map(Arc::clone);
        for inventory in directories.iter().flat_map(|directory| self.directory(directory)).chain(installed) {
            all.extend(Inventory::clone(&inventory));
        }
        // What several directories include is in each of their inventories.
        all.dependencies.sort_by(|a, b| (&a.path, a.line, &a.name).cmp(&(&b.path, b.line, &b.name)));
        all.dependencies.dedup_by(directory::absorb);
        all.diagnostics.sort();
        all.diagnostics.dedup();
        all.manifests.sort();
        all.manifests.dedup();
        all.unreadable.sort_by_key(ToString::to_string);
        all.unreadable.dedup();
        all
    }

    /// What all sources of the snapshot import that no entry of `inventory`, which is [`Catalog::everything`], names. Reads
    /// them all.
    pub fn undeclared(&self, inventory: &Inventory) -> Undeclared {
        imports::undeclared(self.snapshot, inventory, self.environments)
    }

    /// The nearest directory, from `directory` upwards, that has manifests of `tier`.
    fn nearest(&self, directory: &RepoPath, tier: Tier) -> Link {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (tier, directory.clone());
        if let Some(link) = read.get(&key) {
            return link.clone();
        }
        let mut unread = vec![key];
        let mut link = None;
        for above in directory.ancestors() {
            let key = (tier, above);
            if let Some(known) = read.get(&key) {
                link.clone_from(known);
                break;
            }
            unread.push(key);
        }
        for key in unread.into_iter().rev() {
            link = directory::read(self.snapshot, &key.1, tier, link);
            read.insert(key, link.clone());
        }
        link
    }
}

/// The format that reads `path`, by its name alone; `None` where it is no manifest.
pub fn format_of(path: &RepoPath) -> Option<&'static str> {
    formats::of(path).map(|format| format.name)
}

/// The names of all formats, as [`Dependency::format`] has them.
pub fn format_names() -> impl Iterator<Item = &'static str> {
    FORMATS.iter().map(|format| format.name).chain([script_block::FORMAT, notebook::FORMAT])
}

/// Whether a change of `path` alone may change versions: a manifest, or a file of the kind that manifests include under
/// any name (`-r deps.txt`).
pub fn may_decide_versions(path: &RepoPath) -> bool {
    let name = path.file_name();
    format_of(path).is_some()
        || [&b".txt"[..], b".in", b".lock", b".pip", b".reqs"].iter().any(|end| name.ends_with(end))
}

/// Reads one manifest alone, by its name, without what it includes; source files are read for what they say themselves, and
/// any other name that is no manifest as requirements.
///
/// To compare two versions of a manifest. Entries of a requirements file have the scope that its name says.
pub fn entries_of(path: &RepoPath, bytes: &[u8]) -> Inventory {
    match formats::of(path) {
        Some(format) => Inventory::from(formats::read(format, path, bytes)),
        None if is_code(path, bytes) => within(path, bytes).unwrap_or_default(),
        None => Inventory::from(formats::read(formats::requirements(), path, bytes)),
    }
}
