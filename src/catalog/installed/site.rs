//! What the readers of metadata fill, and how they read a file of the environment.

use super::requirers::Requirement;
use crate::catalog::formats::MAX_BYTES;
use crate::catalog::reading::{Reading, shown};
use crate::catalog::{Dependency, Diagnostic, DistributionName, Evidence, Gravity, requirement, text};
use crate::snapshot::{Entry, File, RepoPath, Snapshot, SnapshotError};
use pep440_rs::Version;
use std::collections::BTreeMap;
use std::str::FromStr as _;

/// Longer names and versions are not taken for such.
const MAX_WORD: usize = 200;

/// An environment while it is read.
pub(super) struct Site<'s> {
    snapshot: &'s dyn Snapshot,
    name: RepoPath,
    pub installed: Vec<Installed>,
    /// The first of each name among them.
    by_name: BTreeMap<DistributionName, usize>,
    pub diagnostics: Vec<Diagnostic>,
    pub unreadable: Vec<SnapshotError>,
}

/// One distribution.
pub(super) struct Installed {
    pub dependency: Dependency,
    pub requires: Vec<Requirement>,
    /// The directory of its metadata, in the snapshot.
    pub directory: Option<RepoPath>,
    /// What `INSTALLER` says; empty where there is none.
    pub installer: String,
    /// Whether the installer noted that a user asked for it.
    pub requested: bool,
}

/// A name or a version, and the 1-based line that gives it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Word {
    pub text: String,
    pub line: u32,
}

impl<'s> Site<'s> {
    pub(super) fn new(snapshot: &'s dyn Snapshot, name: RepoPath) -> Self {
        Self {
            snapshot,
            name,
            installed: Vec::new(),
            by_name: BTreeMap::new(),
            diagnostics: Vec::new(),
            unreadable: Vec::new(),
        }
    }

    /// The first distribution called `name` so far.
    pub(super) fn find(&mut self, name: &DistributionName) -> Option<&mut Installed> {
        self.by_name.get(name).and_then(|&position| self.installed.get_mut(position))
    }

    /// The path that entries and messages give: it begins with the name of the environment.
    pub(super) fn shown(&self, path: &RepoPath) -> RepoPath {
        if self.name.is_root() { path.clone() } else { self.name.join(path.as_bytes()) }
    }

    /// Notes what is odd or unread at `path` of the snapshot.
    pub(super) fn note(&mut self, path: &RepoPath, line: u32, problem: impl Into<String>, gravity: Gravity) {
        self.diagnostics.push(Diagnostic::new(self.shown(path), line, problem, gravity));
    }

    /// The entries of `directory`; what cannot be listed is noted.
    pub(super) fn list(&mut self, directory: &RepoPath) -> Vec<Entry> {
        self.snapshot.list(directory).unwrap_or_else(|error| {
            self.unreadable.push(self.own(error));
            Vec::new()
        })
    }

    /// The text of `file`; `None`, with a word in `problems`, where it cannot be read.
    pub(super) fn text(&self, file: &File, problems: &mut Vec<String>) -> Option<String> {
        let problem = match self.snapshot.read(file) {
            Ok(bytes) if bytes.len() > MAX_BYTES => {
                format!("{} bytes, more than the {MAX_BYTES} that are read of metadata", bytes.len())
            }
            Ok(bytes) => match text::decode(&bytes) {
                Ok(text) => return Some(text.into_owned()),
                Err(problem) => problem.to_owned(),
            },
            Err(SnapshotError::TooLarge { size, limit, .. }) => format!("{size} bytes, more than the limit of {limit}"),
            Err(SnapshotError::Unreadable { problem, .. }) => problem,
        };
        problems.push(problem);
        None
    }

    /// Adds the distribution that the file at `path` describes, which is called as its metadata says or, failing that,
    /// as the name of file or directory says; without either, notes that.
    pub(super) fn add(
        &mut self,
        format: &'static str,
        path: &RepoPath,
        said: Said,
        named: Named<'_>,
    ) -> Option<&mut Installed> {
        let mut reading = Reading::new(&self.shown(path), format);
        for problem in said.problems {
            reading.odd(1, problem);
        }
        let is_name = |word: &Word| word.text.len() <= MAX_WORD && requirement::is_name(&word.text);
        let name = match (said.name.filter(is_name), named.name) {
            (Some(name), _) => Some(name),
            (None, fallback) if requirement::is_name(fallback) && fallback.len() <= MAX_WORD => {
                reading.odd(1, format!("found no name in it; taken from the file name: {fallback}"));
                Some(Word { text: fallback.to_owned(), line: 1 })
            }
            (None, _) => None,
        };
        let Some(name) = name else {
            reading.unread(1, "expected the name of a distribution, found none");
            self.diagnostics.append(&mut reading.finish().diagnostics);
            return None;
        };
        let mut line = name.line;
        let mut raw_version = String::new();
        if let Some(word) = said.version.filter(|word| word.text.len() <= MAX_WORD && !word.text.is_empty()) {
            (raw_version, line) = (word.text, word.line);
        } else if let Some(version) = named.version {
            reading
                .odd(line, format!("found no version of {}; taken from the file name: {version}", shown(&name.text)));
            raw_version = version.to_owned();
        } else if !named.is_elsewhere {
            reading.odd(line, format!("found no version of {}, so it decides nothing", shown(&name.text)));
        }
        let version = Version::from_str(&raw_version).ok();
        match (&version, named.version.map(Version::from_str)) {
            (None, _) if !raw_version.is_empty() => {
                let written = shown(&raw_version);
                reading.odd(line, format!("expected a PEP 440 version, found `{written}`, which decides nothing"));
            }
            (Some(found), Some(Ok(expected))) if *found != expected => {
                reading.odd(line, format!("version {found}, but the file name says {expected}"));
            }
            _ => {}
        }
        let dependency =
            Dependency { evidence: Evidence::Installed, version, raw_version, ..reading.entry(&name.text, line) };
        self.diagnostics.append(&mut reading.finish().diagnostics);
        self.by_name.entry(dependency.name.clone()).or_insert(self.installed.len());
        self.installed.push(Installed {
            dependency,
            requires: Vec::new(),
            directory: None,
            installer: String::new(),
            requested: false,
        });
        self.installed.last_mut()
    }

    /// `error`, of a path below the name of the environment.
    fn own(&self, error: SnapshotError) -> SnapshotError {
        match error {
            SnapshotError::TooLarge { path, size, limit } => {
                SnapshotError::TooLarge { path: self.shown(&path), size, limit }
            }
            SnapshotError::Unreadable { path, problem } => {
                SnapshotError::Unreadable { path: self.shown(&path), problem }
            }
        }
    }
}

/// What the metadata says of name and version.
#[derive(Default)]
pub(super) struct Said {
    pub name: Option<Word>,
    pub version: Option<Word>,
    /// What kept it from saying more.
    pub problems: Vec<String>,
}

/// What the name of a file or directory says.
#[derive(Clone, Copy)]
pub(super) struct Named<'n> {
    pub name: &'n str,
    pub version: Option<&'n str>,
    /// Whether the version stands in another place, which is not read.
    pub is_elsewhere: bool,
}

impl<'n> Named<'n> {
    /// Splits `torch-2.3.1`, or `torch-2.3.1-py3.9-linux-x86_64`, as eggs are called.
    pub(super) fn split(stem: &'n str) -> Self {
        let is_python = |tail: &str| tail.starts_with(|c: char| c.is_ascii_digit());
        let stem = stem.rfind("-py").filter(|at| is_python(&stem[at + 3..])).map_or(stem, |at| &stem[..at]);
        match stem.rsplit_once('-') {
            Some((name, version)) if version.len() <= MAX_WORD && Version::from_str(version).is_ok() => {
                Self { name, version: Some(version), is_elsewhere: false }
            }
            _ => Self { name: stem, version: None, is_elsewhere: false },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_metadata_are_split_as_installers_join_them() {
        let split = |stem| (Named::split(stem).name, Named::split(stem).version);
        assert_eq!(split("torch-2.3.1+cu121"), ("torch", Some("2.3.1+cu121")));
        assert_eq!(split("ruamel.yaml-0.17.0-py3.9"), ("ruamel.yaml", Some("0.17.0")));
        assert_eq!(split("lxml-4.9-py3.9-linux-x86_64"), ("lxml", Some("4.9")));
        assert_eq!(split("foo-bar"), ("foo-bar", None));
        assert_eq!(split("foo-bar-1.0"), ("foo-bar", Some("1.0")));
        assert_eq!(split("foo-py"), ("foo-py", None));
        assert_eq!(split(""), ("", None));
    }
}
