//! What the gate says, and the exit code that follows.

use super::side::Judged;
use crate::catalog::{Catalog, Diagnostic, Gravity};
use crate::finding::{Finding, Severity};
use crate::scan::Allowed;
use crate::snapshot::{RepoPath, SnapshotError};

/// A file that could not be judged, wholly or in part.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Unscanned {
    /// The file.
    pub path: RepoPath,
    /// Why, and what to do where that is known.
    pub reason: String,
}

/// How much was looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Files that differ, or, for a whole tree, files in it.
    pub files: usize,
    /// Python (and ruled text) files judged, those of the old side not counted.
    pub scanned: usize,
    /// Files that did not change, read for what changed ones import from them.
    pub followed: usize,
    /// Manifests read for the new side.
    pub manifests: usize,
}

/// What the gate says of a change or a tree. Everything is sorted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Verdict {
    /// What the change introduces; of a whole tree, everything found.
    pub findings: Vec<Finding>,
    /// What comments in the lines allow.
    pub allowed: Vec<Allowed>,
    /// What could not be judged.
    pub unscanned: Vec<Unscanned>,
    /// What was not understood in manifests that did not change: shown, does not block.
    pub diagnostics: Vec<Diagnostic>,
    /// How much was looked at.
    pub counts: Counts,
}

/// What the exit code says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Outcome {
    /// Nothing at or above the line: exit 0.
    Clean,
    /// Something at or above the line: exit 1.
    Blocked,
    /// Something could not be judged: exit 2, whatever else was found.
    Unjudged,
}

impl Verdict {
    /// The outcome when findings of `fail_on` and more severe block.
    pub fn outcome(&self, fail_on: Severity) -> Outcome {
        if !self.unscanned.is_empty() {
            Outcome::Unjudged
        } else if self.findings.iter().any(|finding| finding.severity >= fail_on) {
            Outcome::Blocked
        } else {
            Outcome::Clean
        }
    }
}

impl From<SnapshotError> for Unscanned {
    fn from(error: SnapshotError) -> Self {
        let (path, reason) = match error {
            SnapshotError::TooLarge { path, size, limit } => {
                (path, format!("{size} bytes, more than the limit of {limit} bytes"))
            }
            SnapshotError::Unreadable { path, problem } => (path, problem),
        };
        Self { path, reason }
    }
}

impl Verdict {
    /// Adds what the single files and manifests had to say, and sorts. Manifests among `changed` must be readable.
    pub(super) fn finish(mut self, judged: Vec<Judged>, catalog: &Catalog<'_>, changed: &[&RepoPath]) -> Self {
        let mut diagnostics = Vec::new();
        for file in judged {
            diagnostics.extend(file.diagnostics);
            self.counts.scanned += usize::from(file.scanned);
            self.allowed.extend(file.allowed);
            self.unscanned.extend(file.unreadable);
        }
        let mut manifests = Vec::new();
        for inventory in catalog.read_so_far() {
            manifests.extend(inventory.manifests.iter().cloned());
            let unreadable = inventory.unreadable.iter().cloned().map(Unscanned::from).map(|u| Diagnostic {
                path: u.path,
                line: 1,
                problem: u.reason,
                gravity: Gravity::Unread,
            });
            diagnostics.extend(inventory.diagnostics.iter().cloned().chain(unreadable));
        }
        for diagnostic in diagnostics {
            if diagnostic.gravity == Gravity::Unread && changed.contains(&&diagnostic.path) {
                let reason = format!("line {}: {}", diagnostic.line, diagnostic.problem);
                self.unscanned.push(Unscanned { path: diagnostic.path, reason });
            } else {
                self.diagnostics.push(diagnostic);
            }
        }
        manifests.sort();
        manifests.dedup();
        self.counts.manifests = manifests.len();
        self.findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        self.allowed.sort_by(|a, b| a.finding.sort_key().cmp(&b.finding.sort_key()));
        self.unscanned.sort();
        self.unscanned.dedup();
        self.diagnostics.sort();
        self.diagnostics.dedup();
        self
    }
}
