//! `poetry.lock`, lock versions 1.0 to 2.1.

use super::locks::{self, FormatVersion, Locked};
use super::needs::{Admitted, Needs};
use super::reading::{Reading, masked};
use super::{DistributionName, Scope, Source, pieces, poetry_constraint, tree};
use toml::de::{DeTable, DeValue};

/// The name of this format.
pub(super) const FORMAT: &str = "poetry.lock";

/// Whether a file called `name` is one.
pub(super) fn is_manifest(name: &str, _directory: &str) -> bool {
    name == FORMAT
}

/// Reads the text of a `poetry.lock`.
pub(super) fn read(reading: &mut Reading, text: &str) {
    let mut version = FormatVersion::newest(2, 1);
    let mut needs = Needs::default();
    pieces::read(reading, text, "package", &mut |reading, tree| {
        version.check(
            reading,
            tree,
            tree::table(tree.root(), &["metadata"]).and_then(|table| table.get("lock-version")),
        );
        for (package, line) in locks::packages(reading, tree, "package") {
            let source = tree::table(package, &["source"]).map_or(Source::Registry, source);
            let (scopes, marker) = (scopes(package), marker(package));
            let locked = Locked { source, scopes, marker, direct: None, extras: Vec::new() };
            if let Some(position) = locks::add(reading, tree, package, line, locked) {
                add_needs(package, position, &mut needs);
            }
        }
    });
    version.finish(reading);
    needs.fill(reading, admitted);
}

/// `[package.dependencies]`: a constraint for each name, a table with one, or several of those.
fn add_needs(package: &DeTable<'_>, position: usize, needs: &mut Needs) {
    for (name, node) in tree::table(package, &["dependencies"]).into_iter().flatten() {
        let several = match node.get_ref() {
            DeValue::Array(several) => &several[..],
            _ => std::slice::from_ref(node),
        };
        for constraint in several {
            let written = match constraint.get_ref() {
                DeValue::String(written) => written,
                DeValue::Table(table) => tree::string(table, "version").unwrap_or(""),
                _ => "",
            };
            needs.add(position, name.get_ref(), written);
        }
    }
}

/// The versions that each side of a constraint admits.
fn admitted(constraint: &str) -> Admitted {
    let sides = poetry_constraint::alternatives(constraint).into_iter().map(|side| side.specifier);
    sides.collect::<Option<Vec<_>>>().map_or(Admitted::Any, Admitted::In)
}

/// 1.x names a category, 2.1 the groups, 2.0 nothing. `optional` does not tell: it may be of an extra or of a group.
fn scopes(package: &DeTable<'_>) -> Vec<Scope> {
    let mut scopes: Vec<Scope> =
        match tree::string(package, "category") {
            Some("main") => vec![Scope::Runtime],
            Some(_) => vec![Scope::Dev],
            None => tree::strings(package, "groups")
                .into_iter()
                .map(|group| {
                    if group == "main" {
                        Scope::Runtime
                    } else {
                        Scope::Group(DistributionName::new(group).to_string())
                    }
                })
                .collect(),
        };
    scopes.sort();
    scopes
}

/// One marker for all groups, or one for each.
fn marker(package: &DeTable<'_>) -> Option<String> {
    match package.get("markers")?.get_ref() {
        DeValue::String(marker) => Some(marker.to_string()),
        DeValue::Table(by_group) => {
            let mut markers: Vec<&str> = by_group.values().filter_map(|node| node.get_ref().as_str()).collect();
            // A group without a marker takes the package always.
            if markers.len() < tree::array(package, "groups").len() {
                return None;
            }
            markers.dedup();
            Some(markers.join(" or "))
        }
        _ => None,
    }
}

fn source(source: &DeTable<'_>) -> Source {
    let url = tree::string(source, "url").unwrap_or("").to_owned();
    match tree::string(source, "type") {
        Some("git" | "hg" | "svn") => Source::Vcs(masked(&url)),
        Some("url") => Source::Url(masked(&url)),
        Some("directory") => Source::Path { path: url, editable: true },
        Some("file") => Source::Path { path: url, editable: false },
        _ => Source::Registry,
    }
}
