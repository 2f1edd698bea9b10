//! One side of a change: the same evaluation for the old and the new.

use super::versions::{self, AllowedRule};
use super::{Unscanned, across};
use crate::catalog::{Catalog, Diagnostic, InstalledEnvironment, within};
use crate::finding::{Finding, Severity};
use crate::linking::{Known, Linking, OwnedImport};
use crate::rules::{RuleSet, Selection};
use crate::scan::{Allowed, Honoured, ModuleId, Scanner, Sketch, Surroundings};
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
    /// Rules about versions that are allowed wherever they are found.
    pub allowed_versions: Vec<AllowedRule>,
}

impl Policy {
    /// Puts the rules about writing pickles in force at the severity that is asked for, if any is.
    pub fn enable_producers(&mut self, asked: Option<Severity>) {
        if let Some(severity) = asked {
            Arc::make_mut(&mut self.rules).enable_producers(severity);
        }
    }
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
    /// What its imports may speak of.
    pub sketch: Sketch,
    /// What it means to others, if it was parsed.
    pub known: Option<Known>,
    /// What it would have to know of others.
    pub wanted: Vec<(ModuleId, String)>,
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
        self.scanner.concerns(path) || self.scanner.may_warn_of_versions(path)
    }

    /// Whether the bytes of a file may hold what rules speak of.
    pub fn admits(&self, source: &[u8]) -> bool {
        self.scanner.admits(source)
    }

    /// Judges `file` of this side's snapshot by what is known of the others, even if its own bytes speak of no rule where it
    /// is `forced`.
    pub fn judge(&self, file: &File, linking: &Linking<'_>, forced: bool) -> Judged {
        if !self.concerns(&file.path) {
            return Judged::default();
        }
        // Of manifests only those with such a version are read.
        if !self.scanner.concerns(&file.path) && self.selection(&file.path).installed().is_empty() {
            return Judged::default();
        }
        let bytes = match self.snapshot.read(file) {
            Ok(bytes) => bytes,
            // What is not code by its name and does not fit into memory is data, not a script.
            Err(SnapshotError::TooLarge { .. }) if !is_code(&file.path, b"") => return Judged::default(),
            Err(error) => return Judged { unreadable: Some(error.into()), ..Judged::default() },
        };
        self.judge_source(file, &bytes, linking, forced)
    }

    /// The same for a file that was read.
    pub fn judge_source(&self, file: &File, bytes: &[u8], linking: &Linking<'_>, forced: bool) -> Judged {
        let own = within(&file.path, bytes);
        let selection = Selection::with_own(&self.policy.rules, &self.catalog, &file.path, own.as_ref());
        let view = linking.view(&file.path);
        let surroundings = Surroundings { honoured: self.policy.honoured, modules: &view, forced };
        let scan = self.scanner.scan(&file.path, bytes, &selection, surroundings);
        let is_code = is_code(&file.path, bytes);
        let mut judged = Judged {
            sketch: scan.sketch,
            known: scan.summary.map(|summary| Known { summary: Some(summary), imports: OwnedImport::all(bytes) }),
            wanted: scan.wanted,
            diagnostics: own.map(|own| own.diagnostics).unwrap_or_default(),
            scanned: scan.unscanned.is_none() && is_code,
            unreadable: scan.unscanned.map(|reason| Unscanned { path: file.path.clone(), reason }),
            findings: scan.findings,
            allowed: scan.allowed,
        };
        versions::allow(&self.policy.allowed_versions, &mut judged);
        judged
    }

    /// Judges what this side has at `paths`; `None` where it has no file there.
    pub fn judge_paths(&self, paths: &[&RepoPath]) -> Vec<Option<Judged>> {
        let found: Vec<Result<Option<File>, SnapshotError>> =
            paths.iter().map(|path| self.snapshot.find(path)).collect();
        let files = found.iter().filter_map(|file| file.as_ref().ok().cloned().flatten()).collect();
        let mut judged = across::judge_some(self, files).0.into_iter();
        let judge = |found: Result<Option<File>, SnapshotError>| match found {
            Ok(file) => file.and_then(|_| judged.next()),
            Err(error) => Some(Judged { unreadable: Some(Unscanned::from(error)), ..Judged::default() }),
        };
        found.into_iter().map(judge).collect()
    }
}
