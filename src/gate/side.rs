//! One side of a change: the same evaluation for the old and the new.

use super::Unscanned;
use crate::catalog::{Catalog, Diagnostic, InstalledEnvironment, within};
use crate::finding::Finding;
use crate::rules::{RuleSet, Selection};
use crate::scan::{Allowed, Honoured, Scanner, Surroundings};
use crate::snapshot::{File, RepoPath, Snapshot, SnapshotError};
use crate::syntax::is_code;
use std::sync::Arc;

/// By what a snapshot is judged: its own side's rules and configuration.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Policy {
    /// The rules in force; the two sides of a change nearly always share them.
    pub rules: Arc<RuleSet>,
    /// Other tools' suppression comments that count.
    pub honoured: Honoured,
    /// Functions that verify data, by qualified name: what one of them has checked may be loaded.
    pub trusted_verifiers: Vec<String>,
}

/// A snapshot with everything it is judged by.
pub(super) struct Side<'a> {
    pub snapshot: &'a dyn Snapshot,
    pub catalog: Catalog<'a>,
    pub policy: &'a Policy,
    scanner: Arc<Scanner<'a>>,
}

/// The outcome of one file; empty for a file that no rule speaks of.
#[derive(Default)]
pub(super) struct Judged {
    pub findings: Vec<Finding>,
    pub allowed: Vec<Allowed>,
    pub unreadable: Option<Unscanned>,
    /// What was not understood of what the file says of its own dependencies.
    pub diagnostics: Vec<Diagnostic>,
    pub scanned: bool,
}

impl<'a> Side<'a> {
    pub fn new(snapshot: &'a dyn Snapshot, policy: &'a Policy) -> Self {
        Self::with_environments(snapshot, policy, &[])
    }

    /// The same, where `environments` say what the files run with.
    pub fn with_environments(
        snapshot: &'a dyn Snapshot,
        policy: &'a Policy,
        environments: &'a [InstalledEnvironment],
    ) -> Self {
        let catalog = Catalog::with_environments(snapshot, environments);
        Self { snapshot, catalog, policy, scanner: Arc::new(Scanner::new(&policy.rules, &policy.trusted_verifiers)) }
    }

    /// Another snapshot, with what can be shared of this side.
    pub fn other(&self, snapshot: &'a dyn Snapshot, policy: &'a Policy) -> Self {
        if policy.rules != self.policy.rules || policy.trusted_verifiers != self.policy.trusted_verifiers {
            return Self::new(snapshot, policy);
        }
        Self { snapshot, catalog: Catalog::new(snapshot), policy, scanner: Arc::clone(&self.scanner) }
    }

    /// The rules as they apply to files at the place of `path` on this side, unless they say themselves what they run with.
    pub fn selection<'s>(&'s self, path: &'s RepoPath) -> Selection<'s> {
        Selection::new(&self.policy.rules, &self.catalog, path)
    }

    /// Whether files of this name may have to be judged; where the name does not tell, the content will.
    pub fn concerns(&self, path: &RepoPath) -> bool {
        self.scanner.concerns(path)
    }

    /// Judges `file` of this side's snapshot.
    pub fn judge(&self, file: &File) -> Judged {
        if !self.concerns(&file.path) {
            return Judged::default();
        }
        let bytes = match self.snapshot.read(file) {
            Ok(bytes) => bytes,
            // What is not code by its name and does not fit into memory is data, not a script.
            Err(SnapshotError::TooLarge { .. }) if !is_code(&file.path, b"") => return Judged::default(),
            Err(error) => return Judged { unreadable: Some(error.into()), ..Judged::default() },
        };
        let own = within(&file.path, &bytes);
        let selection = Selection::with_own(&self.policy.rules, &self.catalog, &file.path, own.as_ref());
        let scan = self.scanner.scan(&file.path, &bytes, &selection, Surroundings::none(self.policy.honoured));
        Judged {
            diagnostics: own.map(|own| own.diagnostics).unwrap_or_default(),
            scanned: scan.unscanned.is_none() && is_code(&file.path, &bytes),
            unreadable: scan.unscanned.map(|reason| Unscanned { path: file.path.clone(), reason }),
            findings: scan.findings,
            allowed: scan.allowed,
        }
    }

    /// Judges what this side has at `path`; `None` where it has no file there.
    pub fn judge_path(&self, path: &RepoPath) -> Option<Judged> {
        match self.snapshot.find(path) {
            Ok(file) => file.map(|file| self.judge(&file)),
            Err(error) => Some(Judged { unreadable: Some(error.into()), ..Judged::default() }),
        }
    }
}
