//! Which matches of which rules may apply to one source file, by the versions that govern it.

use super::{Library, Match, Rule, RuleSet};
use crate::catalog::Catalog;
use crate::finding::Reason;
use crate::snapshot::RepoPath;

/// The rules, seen from one source file: asks the catalog for a version only when a match needs one.
pub struct Selection<'a> {
    rules: &'a RuleSet,
    catalog: &'a Catalog<'a>,
    file: &'a RepoPath,
}

impl<'a> Selection<'a> {
    /// The rules as they apply to `file`.
    pub fn new(rules: &'a RuleSet, catalog: &'a Catalog<'a>, file: &'a RepoPath) -> Self {
        Self { rules, catalog, file }
    }

    /// All rules, whether they apply or not.
    pub fn rules(&self) -> &'a RuleSet {
        self.rules
    }

    /// Whether `candidate` of `rule` may apply in the versions in force; then the reasons, strongest first.
    ///
    /// A match without version conditions always applies, with no reason to give.
    pub fn applies(&self, rule: &Rule, candidate: &Match) -> Option<Vec<Reason>> {
        let _ = (self.catalog, self.file, rule, candidate);
        Some(Vec::new())
    }

    /// Whether the inventory that governs the file names `library` (settings need that; calls are imports already).
    pub fn names(&self, library: &Library) -> bool {
        let _ = library;
        false
    }
}
