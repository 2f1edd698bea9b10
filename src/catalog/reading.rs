//! What one format gives for one manifest, and the small verbs formats build it with.

use super::{Dependency, Diagnostic, Gravity, Scope};
use crate::snapshot::RepoPath;

/// Diagnostics of one manifest; the rest is counted in one more.
const MAX_DIAGNOSTICS: usize = 50;

/// Another manifest that this one draws in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Include {
    /// As written, relative to the directory of the manifest.
    pub target: String,
    /// 1-based line.
    pub line: u32,
    /// What its entries are for; empty: what the including manifest is for.
    pub scopes: Vec<Scope>,
}

/// The projects that share one lock.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Workspace {
    /// Globs of member directories, relative to the manifest (`packages/*`).
    pub members: Vec<String>,
    /// Globs of directories that are none.
    pub exclude: Vec<String>,
}

/// Entries, inclusions and what was not understood, of one manifest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Reading {
    pub path: RepoPath,
    pub format: &'static str,
    pub dependencies: Vec<Dependency>,
    pub diagnostics: Vec<Diagnostic>,
    pub includes: Vec<Include>,
    /// Declared in a manifest, or listed in a lock as projects that are locked together.
    pub workspace: Workspace,
    /// Diagnostics beyond [`MAX_DIAGNOSTICS`].
    omitted: usize,
}

impl Reading {
    pub(super) fn new(path: &RepoPath, format: &'static str) -> Self {
        Self {
            path: path.clone(),
            format,
            dependencies: Vec::new(),
            diagnostics: Vec::new(),
            includes: Vec::new(),
            workspace: Workspace::default(),
            omitted: 0,
        }
    }

    /// Notes something that was read, but is odd.
    pub(super) fn odd(&mut self, line: u32, problem: impl Into<String>) {
        self.note(line, problem.into(), Gravity::Odd);
    }

    /// Notes something that could not be read: an entry that decides may be missing.
    pub(super) fn unread(&mut self, line: u32, problem: impl Into<String>) {
        self.note(line, problem.into(), Gravity::Unread);
    }

    fn note(&mut self, line: u32, problem: String, gravity: Gravity) {
        if self.diagnostics.len() < MAX_DIAGNOSTICS {
            self.diagnostics.push(Diagnostic { path: self.path.clone(), line, problem, gravity });
        } else {
            self.omitted += 1;
        }
    }

    /// Ends the reading: entries in line order, and what was left out counted.
    pub(super) fn finish(mut self) -> Self {
        if self.omitted > 0 {
            let line = self.diagnostics.last().map_or(1, |last| last.line);
            let problem = format!("{} more problems from here on, not listed", self.omitted);
            self.diagnostics.push(Diagnostic { path: self.path.clone(), line, problem, gravity: Gravity::Unread });
        }
        self.dependencies.sort_by(|a, b| (a.line, &a.name).cmp(&(b.line, &b.name)));
        self
    }
}

/// `text` for a message, at most 80 characters of it, without what a terminal acts on.
pub(super) fn shown(text: &str) -> String {
    let is_unsafe = |c: char| c.is_control() || crate::snapshot::is_bidi_control(c);
    let mut shown: String = text.chars().take(80).map(|c| if is_unsafe(c) { '\u{fffd}' } else { c }).collect();
    if shown.len() < text.len() {
        shown.push_str("...");
    }
    shown
}
