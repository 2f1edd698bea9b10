//! What reports of an inventory are made from: plain data.

use super::Calls;
use crate::catalog::{Dependency, Diagnostic};
use crate::finding::Severity;
use crate::gate::Counts;
use crate::snapshot::RepoPath;
use std::collections::BTreeMap;

/// The row that stands for all that Python itself brings.
pub const STANDARD_LIBRARY: &str = "python standard library";

/// Everything that reports of an inventory show. All lists are sorted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Audit {
    /// What was looked at: a directory or a file; empty for all.
    pub part: RepoPath,
    /// How many files were judged; `None` where calls were not counted.
    pub scanned: Option<Counts>,
    /// One for each distribution, by name; the standard library is one of them.
    pub libraries: Vec<AuditedLibrary>,
    /// The calls of each directory that has any, its subdirectories not counted.
    pub directories: BTreeMap<RepoPath, Calls>,
    /// The manifests read.
    pub manifests: Vec<RepoPath>,
    /// The installed environments read, as they were given.
    pub environments: Vec<RepoPath>,
    /// What could not be read: something may be missing above.
    pub not_read: Vec<NotRead>,
    /// What was read, but is worth a word, and what only running code would tell.
    pub remarks: Vec<Diagnostic>,
}

/// Something that could not be read.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct NotRead {
    /// The file or directory.
    pub path: RepoPath,
    /// 1-based line, where only a part was not read.
    pub line: Option<u32>,
    /// Why.
    pub problem: String,
}

/// One distribution.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditedLibrary {
    /// The normalised name of the distribution, or [`STANDARD_LIBRARY`].
    pub name: String,
    /// Part of Python itself: no manifest names it.
    pub is_standard: bool,
    /// Whether an entry or a call needs it; constraints and overrides alone do not.
    pub is_required: bool,
    /// Whether it can unpickle.
    pub exposure: Exposure,
    /// What manifests say of it, in the order of files and lines; empty where only sources name it.
    pub entries: Vec<AuditedEntry>,
    /// The rules that speak of it, by id.
    pub rules: Vec<AuditedRule>,
    /// The calls of all its rules.
    pub calls: Calls,
}

/// Whether a library can unpickle, in the versions in force.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Exposure {
    /// A rule is active.
    Active,
    /// Rules speak of it, and all are dormant.
    Dormant,
    /// The rules know it, and have nothing against it.
    Harmless,
    /// The rules do not know it.
    Unknown,
}

impl Exposure {
    /// The word that is printed.
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Dormant => "dormant",
            Self::Harmless => "harmless",
            Self::Unknown => "unknown",
        }
    }
}

/// One entry of a manifest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditedEntry {
    /// The entry as read.
    pub dependency: Dependency,
    /// Whether it is one of those that decide the version for some directory.
    pub is_in_force: bool,
    /// What rules have against having this version at all.
    pub warnings: Vec<AuditedWarning>,
}

/// A rule that warns of a version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditedWarning {
    /// Its id.
    pub rule: String,
    /// What the gate does where a change brings the version in.
    pub severity: Severity,
    /// One sentence: what is wrong.
    pub message: String,
    /// Which evidence says the version, and what is true in it.
    pub because: String,
    /// What to do instead, in one line.
    pub fix: String,
    /// CWE numbers.
    pub cwe: Vec<u32>,
    /// Advisories and addresses of documentation.
    pub references: Vec<String>,
}

/// One rule, in the versions in force of one distribution.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditedRule {
    /// Its id.
    pub id: String,
    /// The most severe that a call can be judged in the versions in force; a rule that would only note calls is dormant.
    pub active: Option<Severity>,
    /// One sentence: what is wrong.
    pub message: String,
    /// What to write instead, in one line.
    pub fix: String,
    /// The safe way, at more length.
    pub alternative: String,
    /// The conditions on versions under which it warns or blocks, without duplicates.
    pub conditions: Vec<AuditedCondition>,
    /// For an active rule: the versions of its library in which it would be dormant; empty where there are none.
    pub silent_in: Vec<String>,
    /// Its calls.
    pub calls: Calls,
    /// Its calls by directory.
    pub directories: BTreeMap<RepoPath, Calls>,
}

/// A condition on versions under which a rule warns or blocks.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct AuditedCondition {
    /// `torch <2.6`, several joined by `and`.
    pub versions: String,
    /// What is true in these versions.
    pub because: Option<String>,
    /// Whether it is met by the versions in force.
    pub is_met: bool,
}

/// How many libraries and calls there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Summary {
    /// Distributions; the standard library is not one.
    pub distributions: usize,
    /// Entries of manifests.
    pub entries: usize,
    /// Manifests read.
    pub manifests: usize,
    /// Installed environments read.
    pub environments: usize,
    /// Distributions that can unpickle in the versions in force.
    pub active: usize,
    /// Distributions that could in other versions.
    pub dormant: usize,
    /// Distributions that the rules know and have nothing against.
    pub harmless: usize,
    /// Distributions that the rules do not know.
    pub unknown: usize,
    /// All calls.
    pub calls: Calls,
}

impl Audit {
    /// Counts libraries and calls.
    pub fn summary(&self) -> Summary {
        let (manifests, environments) = (self.manifests.len(), self.environments.len());
        let mut summary = Summary { manifests, environments, ..Summary::default() };
        for library in &self.libraries {
            summary.calls += library.calls;
            if library.is_standard {
                continue;
            }
            summary.distributions += 1;
            summary.entries += library.entries.len();
            *match library.exposure {
                Exposure::Active => &mut summary.active,
                Exposure::Dormant => &mut summary.dormant,
                Exposure::Harmless => &mut summary.harmless,
                Exposure::Unknown => &mut summary.unknown,
            } += 1;
        }
        summary
    }
}
