//! One package of a lock that holds packages of conda and of pip, and which others need it.

use super::reading::Reading;
use super::yaml::Node;
use super::{Dependency, DistributionName, Evidence, Scope, Source, conda_names};
use pep440_rs::Version;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr as _;

/// Parents of all packages, beyond which none are told: many may need a name that is locked many times.
const MAX_PARENTS: usize = 500_000;

/// Whose names a package has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Conda,
    Pypi,
}

impl Kind {
    /// Of an entry that says which tool installs it.
    pub(super) fn of(package: Node<'_>) -> Self {
        match package.string("manager").or_else(|| package.string("kind")) {
            Some("pip" | "pypi") => Self::Pypi,
            _ => Self::Conda,
        }
    }

    /// The distribution that `name` means; `None` for what is none.
    fn distribution(self, name: &str) -> Option<DistributionName> {
        match self {
            Self::Conda => conda_names::distribution(name),
            Self::Pypi => Some(DistributionName::new(name)),
        }
    }
}

/// One package.
pub(super) struct Locked<'y> {
    pub kind: Kind,
    pub name: &'y str,
    /// As written; empty where there is none.
    pub version: &'y str,
    pub line: u32,
    pub scopes: Vec<Scope>,
    pub marker: Option<&'y str>,
    pub source: Source,
}

/// Adds the entry of one package. A version of conda that PEP 440 cannot express (`openssl 1.1.1w`) is no news.
pub(super) fn add(reading: &mut Reading, locked: Locked<'_>, parents: &mut Parents) {
    let Some(name) = locked.kind.distribution(locked.name) else { return };
    let entry = Dependency {
        parents: parents.of(&name),
        name,
        evidence: Evidence::Locked,
        version: Version::from_str(locked.version).ok(),
        raw_version: locked.version.to_owned(),
        marker: locked.marker.map(str::to_owned),
        source: locked.source,
        scopes: locked.scopes,
        ..reading.entry(locked.name, locked.line)
    };
    reading.dependencies.push(entry);
}

/// Which packages need a distribution.
#[derive(Default)]
pub(super) struct Parents {
    needed_by: BTreeMap<DistributionName, BTreeSet<DistributionName>>,
    told: usize,
}

impl Parents {
    /// Takes the specs that `package` has for what it needs.
    pub(super) fn add<'y>(&mut self, kind: Kind, package: &str, needed: impl Iterator<Item = &'y str>) {
        let Some(package) = kind.distribution(package) else { return };
        for spec in needed {
            let end = spec.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(spec.len());
            if let Some(name) = kind.distribution(&spec[..end]).filter(|name| *name != package) {
                self.needed_by.entry(name).or_default().insert(package.clone());
            }
        }
    }

    fn of(&mut self, name: &DistributionName) -> Vec<DistributionName> {
        let Some(parents) = self.needed_by.get(name) else { return Vec::new() };
        self.told = self.told.saturating_add(parents.len());
        if self.told > MAX_PARENTS { Vec::new() } else { parents.iter().cloned().collect() }
    }
}
