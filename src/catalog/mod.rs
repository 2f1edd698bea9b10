//! Which Python distributions a snapshot names, with the evidence for their versions.
//!
//! One manifest format per file; a format takes bytes and gives entries and diagnostics, and never fails. Must not see a
//! rule, touch a disk, download or resolve.

mod dependency;
mod governing;

pub use dependency::{Dependency, Diagnostic, DistributionName, Evidence, Gravity, Scope, Source};
pub use governing::{Candidate, Governing, Versions};

use crate::snapshot::{RepoPath, Snapshot, SnapshotError};
use std::sync::Arc;

/// Dependencies and what was not understood, in the order of the files and lines they came from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Inventory {
    /// Every entry of every manifest read.
    pub dependencies: Vec<Dependency>,
    /// What was not understood.
    pub diagnostics: Vec<Diagnostic>,
    /// The manifests read, sorted.
    pub manifests: Vec<RepoPath>,
    /// Manifests and directories that the snapshot could not give at all.
    pub unreadable: Vec<SnapshotError>,
}

/// The manifests of a snapshot, read directory by directory when first asked for. Never fails: what cannot be read is in
/// the inventories.
pub struct Catalog<'s> {
    snapshot: &'s dyn Snapshot,
}

impl<'s> Catalog<'s> {
    /// A catalog that has read nothing yet.
    pub fn new(snapshot: &'s dyn Snapshot) -> Self {
        Self { snapshot }
    }

    /// The manifests that stand in `directory` (and its `requirements/`), with what they include. Read once.
    pub fn directory(&self, directory: &RepoPath) -> Arc<Inventory> {
        let _ = (self.snapshot, directory);
        Arc::default()
    }

    /// Every directory inventory read so far, by directory.
    pub fn read_so_far(&self) -> Vec<(RepoPath, Arc<Inventory>)> {
        Vec::new()
    }

    /// Reads every manifest of the snapshot, and gives one inventory of all.
    pub fn everything(&self) -> Inventory {
        Inventory::default()
    }

    /// What decides the version of `distribution` for the source file `file`: the nearest directory above it that has
    /// evidence; in one directory locked, then pinned, then declared.
    pub fn governing(&self, file: &RepoPath, distribution: &DistributionName) -> Governing {
        let _ = (file, distribution);
        Governing::default()
    }
}

/// The format that reads `path`, by its name alone; `None` where it is no manifest.
pub fn format_of(path: &RepoPath) -> Option<&'static str> {
    let _ = path;
    None
}
