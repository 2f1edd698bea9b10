//! The findings of a verdict, counted by distribution, rule and directory.

use super::entries::Own;
use crate::catalog::{Catalog, DistributionName, Inventory};
use crate::finding::{About, Finding, Severity};
use crate::gate::Verdict;
use crate::rules::RuleSet;
use crate::snapshot::RepoPath;
use std::collections::BTreeMap;
use std::ops::{Add, AddAssign};

/// How many calls there are, by what the gate makes of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Calls {
    /// Calls that block where they are new.
    pub error: usize,
    /// Calls that are shown.
    pub warning: usize,
    /// Calls that are harmless as far as is known.
    pub note: usize,
    /// Calls that a comment in the line allows, whatever their severity.
    pub allowed: usize,
}

impl Calls {
    /// Those that stand: errors and warnings.
    pub fn standing(self) -> usize {
        self.error + self.warning
    }

    /// All of them.
    pub fn all(self) -> usize {
        self.standing() + self.note + self.allowed
    }
}

impl Add for Calls {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            error: self.error + other.error,
            warning: self.warning + other.warning,
            note: self.note + other.note,
            allowed: self.allowed + other.allowed,
        }
    }
}

impl AddAssign for Calls {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// The calls of one distribution: by rule, then by directory.
pub(super) type ByRule = BTreeMap<String, BTreeMap<RepoPath, Calls>>;

/// All calls, by the distribution that is called. `None` is the standard library.
#[derive(Default)]
pub(super) struct Tally {
    calls: BTreeMap<Option<DistributionName>, ByRule>,
}

impl Tally {
    /// Counts what `verdict` found. A call belongs to the distribution of its library that governs the file, and to the
    /// one the library is named after where none does. Findings that are no calls, as unused comments, are not counted.
    pub(super) fn new(catalog: &Catalog<'_>, own: &Own, rules: &RuleSet, verdict: &Verdict) -> Self {
        let mut tally = Self::default();
        let mut owners = BTreeMap::new();
        let found = verdict.findings.iter().map(|finding| (finding, one_of(finding.severity)));
        let allowed =
            verdict.allowed.iter().map(|allowed| (&allowed.finding, Calls { allowed: 1, ..Calls::default() }));
        for (finding, calls) in found.chain(allowed) {
            let Some(rule) = rules.rule(&finding.rule).filter(|_| finding.about != About::Version) else { continue };
            let directory = finding.path.parent().unwrap_or_default();
            let own = own.get(&finding.path);
            let governed_alike = if own.is_some() { &finding.path } else { &directory };
            let owner = owners
                .entry((governed_alike.clone(), finding.library.as_str()))
                .or_insert_with(|| owner(catalog, own, rules, finding, &finding.library));
            let by_rule = tally.calls.entry(owner.clone()).or_default();
            *by_rule.entry(rule.id.clone()).or_default().entry(directory).or_default() += calls;
        }
        tally
    }

    /// The distributions that are called.
    pub(super) fn distributions(&self) -> impl Iterator<Item = &DistributionName> {
        self.calls.keys().flatten()
    }

    /// The directories from which `name` is called.
    pub(super) fn callers<'t>(&'t self, name: &DistributionName) -> impl Iterator<Item = &'t RepoPath> {
        self.of(name).into_iter().flat_map(|by_rule| by_rule.values()).flat_map(BTreeMap::keys)
    }

    /// Whether anything calls `name`.
    pub(super) fn has(&self, name: &DistributionName) -> bool {
        self.of(name).is_some()
    }

    /// The calls of one distribution.
    pub(super) fn of(&self, name: &DistributionName) -> Option<&ByRule> {
        self.calls.get(&Some(name.clone()))
    }

    /// The calls of the standard library.
    pub(super) fn of_standard(&self) -> Option<&ByRule> {
        self.calls.get(&None)
    }

    /// The calls of each directory.
    pub(super) fn directories(&self) -> BTreeMap<RepoPath, Calls> {
        let mut directories: BTreeMap<RepoPath, Calls> = BTreeMap::new();
        for (directory, calls) in self.calls.values().flat_map(BTreeMap::values).flatten() {
            *directories.entry(directory.clone()).or_default() += *calls;
        }
        directories
    }
}

fn one_of(severity: Severity) -> Calls {
    match severity {
        Severity::Error => Calls { error: 1, ..Calls::default() },
        Severity::Warning => Calls { warning: 1, ..Calls::default() },
        Severity::Note => Calls { note: 1, ..Calls::default() },
    }
}

fn owner(
    catalog: &Catalog<'_>,
    own: Option<&Inventory>,
    rules: &RuleSet,
    finding: &Finding,
    library: &str,
) -> Option<DistributionName> {
    let known = rules.library(library);
    if known.is_some_and(|library| library.standard) {
        return None;
    }
    let mut distributions = known.into_iter().flat_map(|library| library.distributions()).map(DistributionName::new);
    let governs = |name: &DistributionName| !catalog.governing_with(&finding.path, own, name).candidates.is_empty();
    Some(distributions.find(governs).unwrap_or_else(|| DistributionName::new(library)))
}
