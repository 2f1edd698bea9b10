//! The pipeline on one screen: snapshots in, a verdict out. Prints nothing and opens no repository.

use crate::catalog::Diagnostic;
use crate::finding::{Finding, Severity};
use crate::rules::RuleSet;
use crate::snapshot::{Comparison, RepoPath, Snapshot};

pub use crate::scan::{Allowed, Honoured};

/// By what a snapshot is judged: its own side's rules and configuration.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Policy {
    /// The rules in force.
    pub rules: RuleSet,
    /// Other tools' suppression comments that count.
    pub honoured: Honoured,
}

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

/// Judges what `comparison` introduces: the new side by `new`, each parent by the policy of the same index in `old`.
pub fn check(comparison: &Comparison, old: &[Policy], new: &Policy) -> Verdict {
    let _ = (comparison, old, new);
    Verdict::default()
}

/// Judges all of `snapshot` below `directory`.
pub fn scan(snapshot: &dyn Snapshot, directory: &RepoPath, policy: &Policy) -> Verdict {
    let _ = (snapshot, directory, policy);
    Verdict::default()
}
