//! One side of a change: the same evaluation for the old and the new.

use super::memory::Memory;
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
    memory: Arc<Memory>,
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
    /// What it means to others, if it was parsed.
    pub known: Option<Known>,
    /// What it would have to know of others.
    pub wanted: Vec<(ModuleId, String)>,
}

/// What can be said of a file before anything is known of others.
#[derive(Default)]
pub(super) struct Looked {
    /// Its words say that rules may speak of it: it has to be judged.
    pub is_due: bool,
    /// What it may take from other files.
    pub sketch: Sketch,
    /// All that there is to say of it, unless it is due.
    pub judged: Judged,
    /// The bytes of what is code.
    pub source: Option<Arc<Vec<u8>>>,
}

impl From<Judged> for Looked {
    fn from(judged: Judged) -> Self {
        Self { judged, ..Self::default() }
    }
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
        let scanner = Arc::new(Scanner::new(&policy.rules, &policy.trusted_verifiers));
        Self { snapshot, catalog, policy, scanner, memory: Arc::default() }
    }

    /// Another snapshot, with what can be shared of this side.
    pub fn other(&self, snapshot: &'a dyn Snapshot, policy: &'a Policy) -> Self {
        if policy.rules != self.policy.rules || policy.trusted_verifiers != self.policy.trusted_verifiers {
            return Self { memory: Arc::clone(&self.memory), ..Self::new(snapshot, policy) };
        }
        let (scanner, memory) = (Arc::clone(&self.scanner), Arc::clone(&self.memory));
        Self { snapshot, catalog: Catalog::new(snapshot), policy, scanner, memory }
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

    /// The content of `file` of this side's snapshot.
    pub fn read(&self, file: &File) -> Result<Arc<Vec<u8>>, SnapshotError> {
        self.memory.read(self.snapshot, file)
    }

    /// The content of `file` of another snapshot of the same repository.
    pub fn read_from(&self, snapshot: &dyn Snapshot, file: &File) -> Result<Arc<Vec<u8>>, SnapshotError> {
        self.memory.read(snapshot, file)
    }

    /// Looks at `file` of this side's snapshot before anything is known of others. What is no code is judged.
    pub fn look_at(&self, file: &File, linking: &Linking<'_>) -> Looked {
        if !self.concerns(&file.path) {
            return Looked::default();
        }
        // Of manifests only those with such a version are read.
        if !self.scanner.concerns(&file.path) && self.selection(&file.path).installed().is_empty() {
            return Looked::default();
        }
        let bytes = match self.read(file) {
            Ok(bytes) => bytes,
            // What is not code by its name and does not fit into memory is data, not a script.
            Err(SnapshotError::TooLarge { .. }) if !is_code(&file.path, b"") => return Looked::default(),
            Err(error) => return Judged { unreadable: Some(error.into()), ..Judged::default() }.into(),
        };
        match self.scanner.look_at(&file.path, &bytes) {
            None => self.judge(file, &bytes, linking).into(),
            Some((is_due, sketch)) => {
                // What it says of its own versions may be a finding.
                let is_due = is_due || within(&file.path, &bytes).is_some();
                let judged = Judged { scanned: true, ..Judged::default() };
                Looked { is_due, sketch, judged, source: Some(bytes) }
            }
        }
    }

    /// Judges a file that was read by what is known of the others.
    pub fn judge(&self, file: &File, bytes: &[u8], linking: &Linking<'_>) -> Judged {
        let own = within(&file.path, bytes);
        let selection = Selection::with_own(&self.policy.rules, &self.catalog, &file.path, own.as_ref());
        let view = linking.view(&file.path);
        let surroundings = Surroundings { honoured: self.policy.honoured, modules: &view };
        let scan = self.scanner.scan(&file.path, bytes, &selection, surroundings);
        let mut judged = Judged {
            known: scan.summary.map(|summary| Known { summary: Some(summary), imports: OwnedImport::all(bytes) }),
            wanted: scan.wanted,
            diagnostics: own.map(|own| own.diagnostics).unwrap_or_default(),
            scanned: scan.unscanned.is_none() && is_code(&file.path, bytes),
            unreadable: scan.unscanned.map(|reason| Unscanned { path: file.path.clone(), reason }),
            findings: scan.findings,
            allowed: scan.allowed,
        };
        versions::allow(&self.policy.allowed_versions, &mut judged);
        judged
    }

    /// What rules have against the version that an installed distribution has, whose metadata says so in `line`, `written`.
    pub fn versions_at(&self, path: &RepoPath, line: u32, written: &str) -> Vec<Finding> {
        self.scanner.versions(path, line, written, &self.selection(path))
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
