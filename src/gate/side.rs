//! One side of a change: the same evaluation for the old and the new.

use super::Unscanned;
use crate::catalog::Catalog;
use crate::finding::Finding;
use crate::rules::{RuleSet, Selection};
use crate::scan::{Allowed, FileKind, Honoured, Scanner};
use crate::snapshot::{File, RepoPath, Snapshot, SnapshotError};

/// By what a snapshot is judged: its own side's rules and configuration.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Policy {
    /// The rules in force.
    pub rules: RuleSet,
    /// Other tools' suppression comments that count.
    pub honoured: Honoured,
}

/// A snapshot with everything it is judged by.
pub(super) struct Side<'a> {
    pub snapshot: &'a dyn Snapshot,
    pub catalog: Catalog<'a>,
    pub policy: &'a Policy,
    scanner: Scanner<'a>,
}

/// The outcome of one file; empty for a file that no rule speaks of.
#[derive(Default)]
pub(super) struct Judged {
    pub findings: Vec<Finding>,
    pub allowed: Vec<Allowed>,
    pub unreadable: Option<Unscanned>,
    pub scanned: bool,
}

impl<'a> Side<'a> {
    pub fn new(snapshot: &'a dyn Snapshot, policy: &'a Policy) -> Self {
        Self { snapshot, catalog: Catalog::new(snapshot), policy, scanner: Scanner::new(&policy.rules) }
    }

    /// The rules as they apply to `path` on this side.
    pub fn selection<'s>(&'s self, path: &'s RepoPath) -> Selection<'s> {
        Selection::new(&self.policy.rules, &self.catalog, path)
    }

    /// Whether files of this name are ever judged; where the name does not tell, the content will.
    pub fn concerns(&self, path: &RepoPath) -> bool {
        self.scanner.kind(path) != FileKind::Other
    }

    /// Judges `file` of this side's snapshot.
    pub fn judge(&self, file: &File) -> Judged {
        let kind = self.scanner.kind(&file.path);
        if kind == FileKind::Other {
            return Judged::default();
        }
        match self.snapshot.read(file) {
            // What has no suffix and does not fit into memory is data, not a script.
            Err(SnapshotError::TooLarge { .. }) if kind == FileKind::PerhapsScript => Judged::default(),
            Err(error) => Judged { unreadable: Some(error.into()), ..Judged::default() },
            Ok(bytes) => match self.scanner.scan(&file.path, &bytes, &self.selection(&file.path), self.policy.honoured) {
                None => Judged::default(),
                Some(scan) => Judged {
                    scanned: scan.unscanned.is_none(),
                    unreadable: scan.unscanned.map(|reason| Unscanned { path: file.path.clone(), reason }),
                    findings: scan.findings,
                    allowed: scan.allowed,
                },
            },
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
