//! What one format gives for one manifest, and the small verbs formats build it with.

use super::{Dependency, Diagnostic, DistributionName, Evidence, Gravity, Scope, Source};
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
    /// What its entries are for; `None`: what the including manifest is for.
    pub scope: Option<Scope>,
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
    /// Whether the files it draws in may stand elsewhere when it is used: one that is not there is not worth a word.
    pub is_elsewhere: bool,
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
            is_elsewhere: false,
            workspace: Workspace::default(),
            omitted: 0,
        }
    }

    /// An entry of this manifest that says nothing yet but its name: declared, in any version, from an index.
    pub(super) fn entry(&self, raw_name: &str, line: u32) -> Dependency {
        Dependency {
            name: DistributionName::new(raw_name),
            raw_name: raw_name.to_owned(),
            evidence: Evidence::Declared,
            version: None,
            specifier: None,
            raw_version: String::new(),
            extras: Vec::new(),
            marker: None,
            source: Source::Registry,
            scopes: Vec::new(),
            direct: None,
            parents: Vec::new(),
            path: self.path.clone(),
            line,
            format: self.format,
        }
    }

    /// Notes something that was read, but is odd.
    pub(super) fn odd(&mut self, line: u32, problem: impl Into<String>) {
        self.note(line, problem.into(), Gravity::Odd);
    }

    /// Notes something that only running code or filling in a template would tell.
    pub(super) fn computed(&mut self, line: u32, problem: impl Into<String>) {
        self.note(line, problem.into(), Gravity::Computed);
    }

    /// Notes something that could not be read: an entry that decides may be missing.
    pub(super) fn unread(&mut self, line: u32, problem: impl Into<String>) {
        self.note(line, problem.into(), Gravity::Unread);
    }

    fn note(&mut self, line: u32, problem: String, gravity: Gravity) {
        if self.diagnostics.len() < MAX_DIAGNOSTICS {
            self.diagnostics.push(Diagnostic::new(self.path.clone(), line, problem, gravity));
        } else {
            self.omitted += 1;
        }
    }

    /// Ends the reading: entries in line order, and what was left out counted.
    pub(super) fn finish(mut self) -> Self {
        if self.omitted > 0 {
            let line = self.diagnostics.last().map_or(1, |last| last.line);
            let problem = format!("{} more problems from here on, not listed", self.omitted);
            self.diagnostics.push(Diagnostic::new(self.path.clone(), line, problem, Gravity::Unread));
        }
        self.dependencies.sort_by(|a, b| (a.line, &a.name).cmp(&(b.line, &b.name)));
        self
    }
}

/// `text` for a message, at most 80 characters of it, without credentials and without what a terminal acts on.
pub(super) fn shown(text: &str) -> String {
    let is_unsafe = |c: char| c.is_control() || crate::snapshot::is_bidi_control(c);
    let end = text.char_indices().nth(400).map_or(text.len(), |(at, _)| at);
    let masked = masked(&text[..end]);
    let mut shown: String = masked.chars().take(80).map(|c| if is_unsafe(c) { '\u{fffd}' } else { c }).collect();
    if shown.len() < masked.len() {
        shown.push_str("...");
    }
    shown
}

/// `text` without the user names and passwords that URLs in it carry.
pub(super) fn masked(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("://").map(|at| at + 3) {
        let (scheme, after) = rest.split_at(start);
        let end = after.find(|c: char| "/?#".contains(c) || c.is_whitespace()).unwrap_or(after.len());
        let (authority, after) = after.split_at(end);
        masked.push_str(scheme);
        match authority.rsplit_once('@') {
            // `git@` is how ssh names the service, no secret.
            Some((user, host)) if user != "git" => masked.extend(["****@", host]),
            _ => masked.push_str(authority),
        }
        rest = after;
    }
    masked + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_do_not_leave_the_manifest() {
        assert_eq!(masked("https://user:secret@example.org/x?y@z"), "https://****@example.org/x?y@z");
        assert_eq!(masked("git+ssh://git@example.org/x.git@v1"), "git+ssh://git@example.org/x.git@v1");
        assert_eq!(masked("https://${TOKEN}@example.org/x"), "https://****@example.org/x");
        assert_eq!(masked("https://example.org/x@v1"), "https://example.org/x@v1");
    }

    #[test]
    fn messages_show_no_credentials_and_no_controls() {
        assert_eq!(
            shown("a @ https://u:p@example.org/x b https://t@example.org"),
            "a @ https://****@example.org/x b https://****@example.org"
        );
        assert_eq!(shown("a\u{1b}[31m\u{202e}b"), "a\u{fffd}[31m\u{fffd}b");
        assert_eq!(shown(&"x".repeat(500)), format!("{}...", "x".repeat(80)));
    }
}
