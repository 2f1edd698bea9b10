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
mod yaml;
mod yaml_builder;

pub use dependency::{Dependency, Diagnostic, DistributionName, Evidence, Gravity, Scope, Source};
pub use governing::{Candidate, Governing, Other, Standing, Versions, Weighed, outside};
pub use imports::{Import, Undeclared};
pub use installed::{ImportNames, InstalledEnvironment, is_environment};
pub use own::within;

use crate::snapshot::{RepoPath, Snapshot, SnapshotError, walk};
use crate::syntax::is_code;
use directory::Directory;
use formats::Format;
use formats::Tier::{self, LastResort, Project};
use reading::Reading;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// All formats. The first that claims a file name reads it.
const FORMATS: &[Format] = &[
    Format { name: pyproject::FORMAT, is_manifest: pyproject::is_manifest, tier: Project, read: pyproject::read },
    Format { name: hatch::FORMAT, is_manifest: hatch::is_manifest, tier: Project, read: hatch::read },
    Format { name: tox_toml::FORMAT, is_manifest: tox_toml::is_manifest, tier: LastResort, read: tox_toml::read },
    Format { name: tox_ini::FORMAT, is_manifest: tox_ini::is_manifest, tier: LastResort, read: tox_ini::read },
    Format { name: setup_cfg::FORMAT, is_manifest: setup_cfg::is_manifest, tier: Project, read: setup_cfg::read },
    Format { name: noxfile::FORMAT, is_manifest: noxfile::is_manifest, tier: LastResort, read: noxfile::read },
    Format { name: setup_py::FORMAT, is_manifest: setup_py::is_manifest, tier: Project, read: setup_py::read },
    Format { name: uv_lock::FORMAT, is_manifest: uv_lock::is_manifest, tier: Project, read: uv_lock::read },
    Format { name: poetry_lock::FORMAT, is_manifest: poetry_lock::is_manifest, tier: Project, read: poetry_lock::read },
    Format { name: pdm_lock::FORMAT, is_manifest: pdm_lock::is_manifest, tier: Project, read: pdm_lock::read },
    Format { name: pipfile::FORMAT, is_manifest: pipfile::is_manifest, tier: Project, read: pipfile::read },
    Format {
        name: pipfile_lock::FORMAT,
        is_manifest: pipfile_lock::is_manifest,
        tier: Project,
        read: pipfile_lock::read,
    },
    Format { name: pylock::FORMAT, is_manifest: pylock::is_manifest, tier: Project, read: pylock::read },
    Format {
        name: requirements::FORMAT,
        is_manifest: requirements::is_manifest,
        tier: Project,
        read: requirements::read,
    },
    Format { name: pixi::FORMAT, is_manifest: pixi::is_manifest, tier: Project, read: pixi::read },
    Format { name: pixi_lock::FORMAT, is_manifest: pixi_lock::is_manifest, tier: Project, read: pixi_lock::read },
    Format { name: conda_lock::FORMAT, is_manifest: conda_lock::is_manifest, tier: Project, read: conda_lock::read },
    Format {
        name: conda_explicit::FORMAT,
        is_manifest: conda_explicit::is_manifest,
        tier: Project,
        read: conda_explicit::read,
    },
    Format {
        name: mlflow_environment::FORMAT,
        is_manifest: mlflow_environment::is_manifest,
        tier: Project,
        read: mlflow_environment::read,
    },
    Format {
        name: conda_recipe::FORMAT,
        is_manifest: conda_recipe::is_manifest,
        tier: Project,
        read: conda_recipe::read,
    },
    Format {
        name: conda_environment::FORMAT,
        is_manifest: conda_environment::is_manifest,
        tier: Project,
        read: conda_environment::read,
    },
    Format { name: ci::WORKFLOW, is_manifest: ci::is_workflow, tier: LastResort, read: ci::read },
    Format { name: ci::FORMAT, is_manifest: ci::is_configuration, tier: LastResort, read: ci::read },
    Format { name: pre_commit::FORMAT, is_manifest: pre_commit::is_manifest, tier: LastResort, read: pre_commit::read },
    Format { name: dockerfile::FORMAT, is_manifest: dockerfile::is_manifest, tier: Project, read: dockerfile::read },
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
        let mut visit = |file: crate::snapshot::File| {
            directories.extend(formats::of(&file.path).map(|format| formats::home(&file.path, format)));
            match own::read(self.snapshot, &file) {
                Ok(own) => all.extend(own.unwrap_or_default()),
                Err(error) => unread.push(error),
            }
        };
        all.unreadable = walk(self.snapshot, &RepoPath::root(), &mut visit);
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

    /// What decides the version of `distribution` for the source file `file`.
    ///
    /// The nearest directory above it that has evidence decides; in one directory locked, then pinned, then declared.
    /// Weaker evidence that the stronger contradicts stays in the set. A lock further up decides where it locks the
    /// project of that directory, as those of workspaces do. What test runners and CI jobs install counts only where
    /// nothing else does. What is installed in an environment that was given decides before all of these. All files of a
    /// directory have the same answer, but for those that say themselves what they run with: see
    /// [`Catalog::governing_with`].
    pub fn governing(&self, file: &RepoPath, distribution: &DistributionName) -> Governing {
        let mut found = self.weigh_in(file, distribution, Project);
        if found.governing.candidates.is_empty() {
            found = self.weigh_in(file, distribution, LastResort);
        }
        self.weigh_installed(distribution, found).governing
    }

    /// What decides for `file`, with what it says itself: `own`, as [`within`] gives it.
    ///
    /// A script with a PEP 723 block is a world of its own: the block decides, with the lock beside it, and what neither
    /// names has no evidence. In a notebook, installs that name a version decide; other names are looked up as for any
    /// file, and installs without a version count last.
    pub fn governing_with(
        &self,
        file: &RepoPath,
        own: Option<&Inventory>,
        distribution: &DistributionName,
    ) -> Governing {
        match own {
            Some(own) => self.weigh_own(file, own, distribution).governing,
            None => self.governing(file, distribution),
        }
    }

    /// What [`Catalog::governing_with`] gives, and all other evidence for `distribution` in the snapshot. Reads every
    /// manifest.
    pub fn weigh(&self, file: &RepoPath, own: Option<&Inventory>, distribution: &DistributionName) -> Weighed {
        let mut weighed = match own {
            Some(own) => self.weigh_own(file, own, distribution),
            None => self.weigh_around(file, distribution),
        };
        let place = |candidate: &Candidate| (candidate.path.clone(), candidate.line, candidate.raw_version.clone());
        let deciding = weighed.governing.candidates.iter();
        let mut seen: BTreeSet<_> =
            deciding.chain(weighed.others.iter().map(|other| &other.candidate)).map(place).collect();
        for entry in self.everything().entries_for(distribution) {
            let candidate = Candidate::from(entry);
            if seen.insert(place(&candidate)) {
                weighed.others.push(Other { candidate, standing: Standing::Elsewhere });
            }
        }
        weighed
    }

    /// The evidence in the directory of `file` and above.
    fn weigh_around(&self, file: &RepoPath, distribution: &DistributionName) -> Weighed {
        let mut weighed = self.weigh_in(file, distribution, Project);
        let last = self.weigh_in(file, distribution, LastResort);
        if weighed.governing.candidates.is_empty() {
            weighed.governing = last.governing;
        } else {
            let outvoted = |candidate| Other { candidate, standing: Standing::LastResort };
            weighed.others.extend(last.governing.candidates.into_iter().map(outvoted));
        }
        weighed.others.extend(last.others);
        self.weigh_installed(distribution, weighed)
    }

    fn weigh_in(&self, file: &RepoPath, distribution: &DistributionName, tier: Tier) -> Weighed {
        let directory = file.parent().unwrap_or_default();
        let in_tests = deciding::is_in_tests(&directory);
        let mut link = self.nearest(&directory, tier);
        let mut others = Vec::new();
        let mut nearest: Option<(RepoPath, Vec<Candidate>)> = None;
        let mut is_locked = false;
        while let Some(found) = link {
            let decisive = deciding::decide(&found.entries_for(distribution), in_tests, &mut others);
            let (locked, declared): (Vec<_>, Vec<_>) =
                decisive.into_iter().partition(|candidate| candidate.evidence >= Evidence::Locked);
            match &mut nearest {
                None if locked.is_empty() && declared.is_empty() => {}
                None => {
                    is_locked = !locked.is_empty();
                    nearest = Some((found.path.clone(), [locked, declared].concat()));
                }
                Some((project, candidates)) if !is_locked && found.locks_project(project) => {
                    is_locked = !locked.is_empty();
                    candidates.extend(locked);
                    others.extend(declared.into_iter().map(farther));
                }
                Some(_) => others.extend(locked.into_iter().chain(declared).map(farther)),
            }
            link = found.above.clone();
        }
        let candidates = nearest.map(|(_, candidates)| candidates).unwrap_or_default();
        Weighed { governing: Governing { candidates: deciding::strongest(candidates, &mut others) }, others }
    }

    /// `found` of the manifests, and above it what is installed.
    fn weigh_installed(&self, distribution: &DistributionName, found: Weighed) -> Weighed {
        if self.environments.is_empty() {
            return found;
        }
        let Weighed { governing, mut others } = found;
        let installed =
            self.environments.iter().flat_map(|environment| environment.inventory().entries_for(distribution));
        let (versions, unknown): (Vec<_>, Vec<_>) = installed.partition(|entry| entry.version.is_some());
        let candidates = versions.into_iter().map(Candidate::from).chain(governing.candidates).collect();
        let governing = Governing { candidates: deciding::strongest(candidates, &mut others) };
        let of_no_version = |entry: &Dependency| Other { candidate: entry.into(), standing: Standing::Versionless };
        others.extend(unknown.into_iter().map(of_no_version));
        Weighed { governing, others }
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

fn farther(candidate: Candidate) -> Other {
    Other { candidate, standing: Standing::Farther }
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
