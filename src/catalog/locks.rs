//! What lock formats share: an array of packages, a version of the format, an exact version for each entry.

use super::reading::{Reading, shown};
use super::tree::{self, Node, Tree};
use super::{Dependency, Evidence, Scope, Source, requirement};
use pep440_rs::Version;
use std::str::FromStr as _;
use toml::de::{DeTable, DeValue};

/// What the formats write each in their own way.
pub(super) struct Locked {
    pub source: Source,
    pub scopes: Vec<Scope>,
    pub marker: Option<String>,
    pub direct: Option<bool>,
    pub extras: Vec<String>,
}

/// More packages than this are not read of one lock.
pub(super) const MAX_PACKAGES: usize = 250_000;

/// The version of a lock's format, in whichever piece of it that stands.
pub(super) struct FormatVersion {
    newest: (u64, u64),
    is_found: bool,
}

impl FormatVersion {
    /// Versions up to this one are known.
    pub(super) fn newest(major: u64, minor: u64) -> Self {
        Self { newest: (major, minor), is_found: false }
    }

    /// Checks the version that stands in `node`, if any.
    pub(super) fn check(&mut self, reading: &mut Reading, tree: &Tree<'_>, node: Option<&Node<'_>>) {
        if let Some(node) = node {
            self.is_found = true;
            check_version(reading, tree, node, self.newest);
        }
    }

    /// Notes that there was none.
    pub(super) fn finish(self, reading: &mut Reading) {
        if !self.is_found {
            let problem = "found no format version, so what it locks is not certain; lock again with the current tool";
            reading.unread(1, problem);
        }
    }
}

/// Notes a format version that we do not know: a later minor one is read, of a later major one nothing is certain.
fn check_version(reading: &mut Reading, tree: &Tree<'_>, node: &Node<'_>, (major, minor): (u64, u64)) {
    let line = tree.line(node);
    let written = match node.get_ref() {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => number.as_str().to_owned(),
        DeValue::Float(number) => number.as_str().to_owned(),
        other => tree::kind(other).to_owned(),
    };
    let mut parts = written.split('.').map(|part| part.parse::<u64>().ok());
    match (parts.next().flatten(), parts.next().map_or(Some(0), |part| part)) {
        (Some(found), Some(_)) if found < major => {}
        (Some(found), Some(found_minor)) if found == major && found_minor <= minor => {}
        (Some(found), Some(_)) if found == major => {
            reading.odd(line, format!("format version {}, read as {major}.{minor}", shown(&written)));
        }
        _ => {
            let problem = format!("format version {}, expected at most {major}.{minor}", shown(&written));
            reading.unread(line, format!("{problem}; what it locks is not certain"));
        }
    }
}

/// The tables of the array `key`, each with the line it starts on.
pub(super) fn packages<'a, 't>(reading: &mut Reading, tree: &'a Tree<'t>, key: &str) -> Vec<(&'a DeTable<'t>, u32)> {
    let Some(node) = tree.root().get(key) else { return Vec::new() };
    let Some(array) = node.get_ref().as_array() else {
        reading.unread(
            tree.line(node),
            format!("expected an array of tables `{key}`, found {}", tree::kind(node.get_ref())),
        );
        return Vec::new();
    };
    let mut packages = Vec::with_capacity(array.len());
    for item in array {
        match item.get_ref().as_table() {
            Some(table) => packages.push((table, tree.line(item))),
            None => {
                let found = tree::kind(item.get_ref());
                reading.unread(tree.line(item), format!("expected a table in `{key}`, found {found}"));
            }
        }
    }
    packages
}

/// Adds the entry of one package, at the line of its version, and gives its position.
pub(super) fn add(
    reading: &mut Reading,
    tree: &Tree<'_>,
    package: &DeTable<'_>,
    line: u32,
    locked: Locked,
) -> Option<usize> {
    let Some(name) = tree::string(package, "name").filter(|name| requirement::is_name(name)) else {
        reading.unread(line, "expected a package with a name, found none");
        return None;
    };
    let position = reading.dependencies.len();
    if position == MAX_PACKAGES {
        reading.unread(line, format!("{} is beyond the {MAX_PACKAGES} packages that are read of a lock", shown(name)));
        return None;
    }
    let node = package.get("version");
    let line = node.or(package.get("name")).map_or(line, |node| tree.line(node));
    let raw_version = match node.map(|node| node.get_ref()) {
        Some(DeValue::String(text)) => text.to_string(),
        Some(other) => {
            reading.unread(line, format!("expected a version string for {}, found {}", shown(name), tree::kind(other)));
            String::new()
        }
        // Projects that compute their version, and archives, have none.
        None => String::new(),
    };
    let version = Version::from_str(&raw_version).ok();
    if version.is_none() && !raw_version.is_empty() {
        reading.odd(line, format!("expected a PEP 440 version for {}, found `{}`", shown(name), shown(&raw_version)));
    }
    let entry = Dependency {
        evidence: Evidence::Locked,
        version,
        raw_version,
        marker: locked.marker,
        source: locked.source,
        scopes: locked.scopes,
        direct: locked.direct,
        extras: locked.extras,
        ..reading.entry(name, line)
    };
    reading.dependencies.push(entry);
    Some(position)
}
