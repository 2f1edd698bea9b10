//! What keeps a command from doing its work: always exit 2, with the way out where there is one.

use crate::git::GitError;
use crate::rules::RulesError;
use crate::snapshot::SnapshotError;
use std::fmt;

/// A message that starts with the place, and what to do next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// `uv.lock:212: expected a version string, found an integer`
    pub message: String,
    /// One line each; may be none.
    pub hints: Vec<String>,
}

impl Failure {
    /// A failure that says all in its message.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hints: Vec::new() }
    }

    /// Adds what to do next; nothing where `hint` is empty.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        let hint = hint.into();
        if !hint.is_empty() {
            self.hints.push(hint);
        }
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<GitError> for Failure {
    fn from(error: GitError) -> Self {
        Self::new(error.to_string()).hint(error.hint())
    }
}

impl From<SnapshotError> for Failure {
    fn from(error: SnapshotError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<RulesError> for Failure {
    fn from(error: RulesError) -> Self {
        Self::new(error.to_string())
            .hint("docs/rules.md describes rules files; `picklegate rules test FILE` checks one")
    }
}
