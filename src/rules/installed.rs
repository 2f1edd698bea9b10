//! What rules have against the versions that a manifest brings into force: the danger is in having the library at all.

use super::selection::{Condition, Selection, reason};
use super::{Match, RuleSet, Target};
use crate::catalog::may_decide_versions;
use crate::finding::{Reason, Severity};
use crate::snapshot::RepoPath;
use std::cmp::Reverse;

/// An entry of a manifest with a version that a rule warns of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Installed {
    /// The index of the rule among those in force.
    pub rule: usize,
    /// The index of its match.
    pub index: usize,
    /// The distribution.
    pub distribution: String,
    /// 1-based line in the manifest.
    pub line: u32,
    /// `pinned`, `locked`, ...
    pub evidence: &'static str,
    /// Why it is concerned.
    pub because: Vec<Reason>,
}

/// Whether a file of this name may be a manifest, so that [`Selection::installed`] is worth asking.
pub fn may_be_manifest(path: &RepoPath) -> bool {
    may_decide_versions(path)
}

impl RuleSet {
    /// Whether a rule warns of having some version of `library` at all.
    pub fn warns_of_versions(&self, library: &str) -> bool {
        let warns = |candidate: &Match| candidate.target == Target::Installed && candidate.library == library;
        self.rules.iter().flat_map(|rule| &rule.matches).any(warns)
    }
}

impl Selection<'_> {
    /// What rules have against the versions that the file itself, a manifest, brings into force for what runs in its
    /// directory, and for its tests: of each rule the most severe at an entry. Where other evidence decides, as a lock does
    /// beside a range, the file brings nothing into force.
    pub fn installed(&self) -> Vec<Installed> {
        let rules = &self.rules().rules;
        let is_looking = |candidate: &&Match| candidate.target == Target::Installed;
        if !rules.iter().flat_map(|rule| &rule.matches).any(|candidate| is_looking(&candidate)) {
            return Vec::new();
        }
        let tests = self.file().parent().unwrap_or_default().join(b"tests").join(b"_.py");
        let in_tests = self.seen_from(&tests);
        let mut found: Vec<(Reverse<Severity>, Installed)> = Vec::new();
        for (rule, r) in rules.iter().enumerate() {
            for (index, candidate) in r.matches.iter().enumerate().filter(|(_, candidate)| is_looking(candidate)) {
                let severity = Reverse(candidate.severity.unwrap_or(r.severity));
                let mut brought = self.brought(candidate, self.file());
                brought.extend(in_tests.brought(candidate, self.file()));
                found.extend(brought.into_iter().map(|entry| (severity, Installed { rule, index, ..entry })));
            }
        }
        found.sort_by(|(a, x), (b, y)| (x.line, x.rule, &x.distribution, a).cmp(&(y.line, y.rule, &y.distribution, b)));
        found.dedup_by(|(_, x), (_, y)| (x.line, x.rule, &x.distribution) == (y.line, y.rule, &y.distribution));
        found.into_iter().map(|(_, entry)| entry).collect()
    }

    /// The entries of `manifest` among the versions in force that `candidate` is about, rule and index not filled in.
    fn brought(&self, candidate: &Match, manifest: &RepoPath) -> Vec<Installed> {
        let condition = Condition {
            library: &candidate.library,
            versions: &candidate.versions,
            because: candidate.because.as_deref(),
        };
        let in_force = self.in_force(&candidate.library);
        let brought: Vec<Installed> = condition
            .meeting(&in_force)
            .into_iter()
            .filter(|(proof, named)| *proof >= candidate.proof && named.candidate.path == *manifest)
            .map(|(proof, named)| Installed {
                rule: 0,
                index: 0,
                distribution: named.distribution.clone(),
                line: named.candidate.line,
                evidence: named.candidate.evidence.name(),
                because: vec![reason(named, proof, &condition)],
            })
            .collect();
        // Other libraries are looked for only where there is something to say.
        match brought.is_empty() || self.applies(candidate).is_none() {
            true => Vec::new(),
            false => brought,
        }
    }
}
