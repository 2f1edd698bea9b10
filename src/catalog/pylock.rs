//! `pylock.toml` and `pylock.<name>.toml` (PEP 751).

use super::locks::{self, Locked};
use super::reading::{Reading, masked};
use super::tree::{self, Tree};
use super::{DistributionName, Scope, Source, requirement};
use toml::de::DeTable;

/// The name of this format.
pub(super) const FORMAT: &str = "pylock.toml";

/// Whether a file called `name` is one.
pub(super) fn is_manifest(name: &str, _directory: &str) -> bool {
    name == FORMAT
        || name.strip_prefix("pylock.").and_then(|rest| rest.strip_suffix(".toml")).is_some_and(|n| !n.is_empty())
}

/// Reads the text of a `pylock.toml`.
pub(super) fn read(reading: &mut Reading, text: &str) {
    let tree = Tree::parse(text, reading);
    locks::check_version(reading, &tree, tree.root().get("lock-version"), 1, 0);
    for (package, line) in locks::packages(reading, &tree, "packages") {
        let marker = tree::string(package, "marker").map(str::to_owned);
        let scopes = marker.as_deref().map(scopes).unwrap_or_default();
        locks::add(reading, &tree, package, line, Locked { source: source(package), scopes, marker, direct: None });
    }
}

/// The extras and groups that the marker asks for: `'dev' in dependency_groups`. A marker that also holds without them
/// (`or`) says nothing.
fn scopes(marker: &str) -> Vec<Scope> {
    let mut scopes = Vec::new();
    let mut parts = marker.split(['\'', '"']).skip(1);
    while let (Some(quoted), Some(after)) = (parts.next(), parts.next()) {
        let mut words = after.split_whitespace();
        match (words.next(), words.next().map(|word| word.trim_end_matches(')'))) {
            (Some("in"), Some("extras")) => scopes.push(Scope::Extra(DistributionName::new(quoted).to_string())),
            (Some("in"), Some("dependency_groups")) => {
                scopes.push(Scope::Group(DistributionName::new(quoted).to_string()))
            }
            _ => {}
        }
    }
    let alternatives = marker.split_whitespace().filter(|word| *word == "or").count();
    if scopes.is_empty() || alternatives >= scopes.len() {
        return Vec::new();
    }
    scopes.sort();
    scopes.dedup();
    scopes
}

fn source(package: &DeTable<'_>) -> Source {
    let reference = |table: &DeTable<'_>| {
        tree::string(table, "url").or_else(|| tree::string(table, "path")).map(str::to_owned).unwrap_or_default()
    };
    if let Some(vcs) = tree::table(package, &["vcs"]) {
        Source::Vcs(masked(&reference(vcs)))
    } else if let Some(directory) = tree::table(package, &["directory"]) {
        let editable = directory.get("editable").and_then(|node| node.get_ref().as_bool()).unwrap_or(false);
        Source::Path { path: tree::string(directory, "path").unwrap_or("").to_owned(), editable }
    } else if let Some(archive) = tree::table(package, &["archive"]) {
        requirement::source_of(&reference(archive), false)
    } else {
        Source::Registry
    }
}
