//! The versions a source file may run with: a set, each member with the line that says so.

use super::{Dependency, Evidence};
use crate::snapshot::RepoPath;
use pep440_rs::{Version, VersionSpecifiers};

/// What one piece of evidence admits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Versions {
    /// Exactly this version.
    Exact(Version),
    /// Every version the specifier admits.
    Range(VersionSpecifiers),
    /// A specifier that is not PEP 440, or none: any version.
    Any,
}

/// One member of the set of versions in force.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Candidate {
    /// What it admits.
    pub versions: Versions,
    /// How strongly it speaks.
    pub evidence: Evidence,
    /// Version or specifier as written.
    pub raw_version: String,
    /// The manifest.
    pub path: RepoPath,
    /// 1-based line.
    pub line: u32,
}

/// The set of versions of one distribution that govern one source file. Empty: no evidence, any version is possible.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Governing {
    /// The members, strongest evidence only, in file and line order, without duplicates.
    pub candidates: Vec<Candidate>,
}

impl From<&Dependency> for Candidate {
    fn from(dependency: &Dependency) -> Self {
        let versions = match (&dependency.version, &dependency.specifier) {
            (Some(version), _) => Versions::Exact(version.clone()),
            (None, Some(specifier)) => Versions::Range(specifier.clone()),
            (None, None) => Versions::Any,
        };
        Self {
            versions,
            evidence: dependency.evidence,
            raw_version: dependency.raw_version.clone(),
            path: dependency.path.clone(),
            line: dependency.line,
        }
    }
}
