//! `conda-lock.yml`: one list of packages of conda and pip for all platforms. Early `pixi.lock` files are alike.

use super::conda_package::{self, Kind, Locked, Parents};
use super::reading::{Reading, masked, shown};
use super::yaml::{Node, Yaml};
use super::{DistributionName, Scope, Source};
use std::collections::BTreeSet;

/// The name of this format.
pub(super) const FORMAT: &str = "conda-lock.yml";

/// The version of the format that is known.
const VERSION: u64 = 1;

/// Whether a file called `name` is one.
pub(super) fn is_manifest(name: &str, _directory: &str) -> bool {
    [FORMAT, "conda-lock.yaml"]
        .iter()
        .any(|known| name.strip_suffix(known).is_some_and(|p| p.is_empty() || p.ends_with('.')))
}

/// Reads the text of a `conda-lock.yml`.
pub(super) fn read(reading: &mut Reading, text: &str) {
    let yaml = Yaml::parse(text, reading);
    let Some(root) = yaml.root() else { return };
    check_version(reading, root, VERSION);
    read_packages(reading, root);
}

/// Notes a format version that is not known: of a later one nothing is certain.
pub(super) fn check_version(reading: &mut Reading, root: Node<'_>, known: u64) {
    let Some(node) = root.get("version") else {
        reading.unread(root.line(), "found no format version, so what it locks is not certain");
        return;
    };
    let written = node.text().unwrap_or_else(|| node.kind());
    if !written.parse::<u64>().is_ok_and(|version| version <= known) {
        let problem = format!("format version {}, expected at most {known}", shown(written));
        reading.unread(node.line(), format!("{problem}; what it locks is not certain"));
    }
}

/// Reads the list `package`: each entry is for one platform.
pub(super) fn read_packages(reading: &mut Reading, root: Node<'_>) {
    let Some(list) = list(reading, root, "package") else { return };
    let mut parents = Parents::default();
    for package in list.items() {
        let needed = package.get("dependencies");
        let names = needed.into_iter().flat_map(|needed| needed.entries().map(|(name, _)| name).chain(needed.items()));
        parents.add(Kind::of(package), package.string("name").unwrap_or(""), names.filter_map(Node::text));
    }
    for package in list.items() {
        let version = package.get("version");
        let line = version.unwrap_or(package).line();
        let Some(name) = package.string("name") else {
            reading.unread(line, "expected a package with a name, found none");
            continue;
        };
        if let Some(found) = version.filter(|version| version.text().is_none() && !version.is_null()).map(Node::kind) {
            reading.unread(line, format!("expected a version for {}, found {found}", shown(name)));
        }
        let categories = package.get("categories").or_else(|| package.get("category"));
        let scopes: BTreeSet<Scope> = categories.into_iter().flat_map(Node::strings).map(scope).collect();
        let source = package.at(&["source", "url"]).and_then(Node::text);
        let locked = Locked {
            kind: Kind::of(package),
            name,
            version: version.and_then(Node::text).unwrap_or(""),
            line,
            scopes: scopes.into_iter().collect(),
            marker: package.string("platform"),
            source: source.map_or(Source::Registry, |url| Source::Url(masked(url))),
        };
        conda_package::add(reading, locked, &mut parents);
    }
}

/// The list `key`; says what was found in its place.
pub(super) fn list<'y>(reading: &mut Reading, root: Node<'y>, key: &str) -> Option<Node<'y>> {
    let node = root.get(key)?;
    if !node.is_sequence() && !node.is_null() {
        let found = node.kind();
        reading.unread(node.line(), format!("expected a list `{key}`, found {found}"));
    }
    Some(node)
}

fn scope(category: &str) -> Scope {
    match category {
        "main" => Scope::Runtime,
        "dev" => Scope::Dev,
        other => Scope::Extra(DistributionName::new(other).to_string()),
    }
}
