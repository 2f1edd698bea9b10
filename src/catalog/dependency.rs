//! One dependency as one manifest writes it.

use crate::snapshot::RepoPath;
use pep440_rs::{Version, VersionSpecifiers};
use std::fmt;

/// The name of what is installed (`scikit-learn`), normalised as PEP 503 says; never the name that is imported.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DistributionName(String);

impl DistributionName {
    /// Normalises `raw`: lower case, runs of `-`, `_` and `.` become one `-` (PEP 503).
    pub fn new(raw: &str) -> Self {
        let mut name = String::with_capacity(raw.len());
        for c in raw.trim().chars() {
            if !matches!(c, '-' | '_' | '.') {
                name.extend(c.to_lowercase());
            } else if !name.ends_with('-') {
                name.push('-');
            }
        }
        Self(name)
    }

    /// The normalised name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DistributionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How strongly an entry speaks for a version, weakest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Evidence {
    /// Sources import it, and no manifest names it.
    Imported,
    /// A range, or no version at all: `torch>=2`.
    Declared,
    /// An exact version in a manifest or constraint: `torch==2.3.1`.
    Pinned,
    /// An entry of a lock file.
    Locked,
    /// Metadata of an installed distribution, only where an environment is given.
    Installed,
}

impl Evidence {
    /// `imported`, `declared`, `pinned`, `locked` or `installed`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Imported => "imported",
            Self::Declared => "declared",
            Self::Pinned => "pinned",
            Self::Locked => "locked",
            Self::Installed => "installed",
        }
    }

    /// The word that is printed: `locks`, `pins`, `declares`, `has installed`, `imports`.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Imported => "imports",
            Self::Declared => "declares",
            Self::Pinned => "pins",
            Self::Locked => "locks",
            Self::Installed => "has installed",
        }
    }
}

/// What a dependency is for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Scope {
    /// Needed to run.
    Runtime,
    /// Of an extra (`[project.optional-dependencies]`), by normalised name.
    Extra(String),
    /// Of a dependency group (PEP 735, Poetry), by normalised name.
    Group(String),
    /// For development, where the format has no group names.
    Dev,
    /// To build the project.
    Build,
    /// Limits versions, requires nothing (`-c`).
    Constraint,
    /// Replaces versions (`[tool.uv] override-dependencies`).
    Override,
    /// Of an environment that a tool makes (tox, nox, Hatch, pixi features, conda), by its name as written.
    Environment(String),
    /// Of one script alone (PEP 723).
    Script,
    /// Installed by the cells of one notebook.
    Notebook,
    /// Installed into a container image.
    Image,
    /// Installed by a continuous integration job.
    Ci,
}

/// `runtime`, `extra:gpu`, `group:test`, `env:py312`, ...
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Runtime => f.write_str("runtime"),
            Self::Extra(name) => write!(f, "extra:{name}"),
            Self::Group(name) => write!(f, "group:{name}"),
            Self::Dev => f.write_str("dev"),
            Self::Build => f.write_str("build"),
            Self::Constraint => f.write_str("constraint"),
            Self::Override => f.write_str("override"),
            Self::Environment(name) => write!(f, "env:{name}"),
            Self::Script => f.write_str("script"),
            Self::Notebook => f.write_str("notebook"),
            Self::Image => f.write_str("image"),
            Self::Ci => f.write_str("ci"),
        }
    }
}

/// Where a distribution is taken from.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Source {
    /// An index.
    Registry,
    /// A direct reference to an archive; credentials masked.
    Url(String),
    /// A version control reference (`git+https://...`); credentials masked.
    Vcs(String),
    /// A local path; `editable` as the manifest says.
    Path {
        /// As written.
        path: String,
        /// `-e`, or the format's own switch.
        editable: bool,
    },
}

/// One entry of a manifest or lock. Entries are never merged when read; merging is a view.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dependency {
    /// Normalised name, for comparison.
    pub name: DistributionName,
    /// The name as written.
    pub raw_name: String,
    /// How strongly it speaks.
    pub evidence: Evidence,
    /// The exact version, from a lock, an exact pin or metadata.
    pub version: Option<Version>,
    /// The parsed specifier, where one is written that PEP 440 can express.
    pub specifier: Option<VersionSpecifiers>,
    /// Version or specifier as written; empty where there is none.
    pub raw_version: String,
    /// Extras asked for, as written.
    pub extras: Vec<String>,
    /// The environment marker as written.
    pub marker: Option<String>,
    /// Where it is taken from.
    pub source: Source,
    /// What it is for. A lock entry may have several.
    pub scopes: Vec<Scope>,
    /// Whether the project names it itself; `None` where the format does not say.
    pub direct: Option<bool>,
    /// The distributions that need it, where the file says so: sorted, without duplicates.
    pub parents: Vec<DistributionName>,
    /// The manifest.
    pub path: RepoPath,
    /// 1-based line in the manifest.
    pub line: u32,
    /// Which reader read it (`uv.lock`, `requirements`, ...).
    pub format: &'static str,
}

/// Something in a manifest that was not understood. The rest of the file is still read.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Diagnostic {
    /// The manifest.
    pub path: RepoPath,
    /// 1-based line.
    pub line: u32,
    /// `expected a version string, found an integer`.
    pub problem: String,
    /// What it costs.
    pub gravity: Gravity,
}

/// How much of a manifest a [`Diagnostic`] concerns.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Gravity {
    /// Read, but odd: an unknown minor lock version, a requirement without a name.
    Odd,
    /// What stands there is computed when the project is built or a template is filled in: there is nothing to read.
    Computed,
    /// An entry could not be read: a version that decides may be missing.
    Unread,
}

impl Diagnostic {
    pub(super) fn new(path: RepoPath, line: u32, problem: impl Into<String>, gravity: Gravity) -> Self {
        Self { path, line, problem: problem.into(), gravity }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.problem)
    }
}
