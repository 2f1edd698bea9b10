//! `pylock.toml` and `pylock.<name>.toml` (PEP 751).

use super::locks::{self, FormatVersion, Locked};
use super::needs::Needs;
use super::pdm_lock::admitted;
use super::reading::{Reading, masked};
use super::requirement::Requirement;
use super::{DistributionName, Scope, Source, pieces, requirement, tree};
use std::collections::BTreeSet;
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
    let mut version = FormatVersion::newest(1, 0);
    let mut needs = Needs::default();
    // Groups that are what the project needs to run; they stand before the packages.
    let mut default_groups = BTreeSet::new();
    pieces::read(reading, text, "packages", &mut |reading, tree| {
        version.check(reading, tree, tree.root().get("lock-version"));
        let groups = tree::strings(tree.root(), "default-groups");
        default_groups.extend(groups.into_iter().map(|group| DistributionName::new(group).to_string()));
        for (package, line) in locks::packages(reading, tree, "packages") {
            let marker = tree::string(package, "marker").map(str::to_owned);
            let mut scopes = marker.as_deref().map(scopes).unwrap_or_default();
            for scope in &mut scopes {
                if matches!(scope, Scope::Group(group) if default_groups.contains(group)) {
                    *scope = Scope::Runtime;
                }
            }
            scopes.sort();
            let locked = Locked { source: source(package), scopes, marker, direct: None, extras: Vec::new() };
            if let Some(position) = locks::add(reading, tree, package, line, locked) {
                add_needs(package, position, &mut needs);
            }
        }
    });
    version.finish(reading);
    needs.fill(reading, admitted);
}

/// `packages.dependencies`, tables of which the name is one key; PDM has requirements in a table of its own.
fn add_needs(package: &DeTable<'_>, position: usize, needs: &mut Needs) {
    for needed in tree::array(package, "dependencies").iter().filter_map(|node| node.get_ref().as_table()) {
        if let Some(name) = tree::string(needed, "name") {
            let version = tree::string(needed, "version").map(|version| format!("=={version}"));
            needs.add(position, name, version.as_deref().unwrap_or(""));
        }
    }
    let of_pdm = tree::table(package, &["tool", "pdm"]).map(|pdm| tree::strings(pdm, "dependencies"));
    for needed in of_pdm.into_iter().flatten().filter_map(|text| Requirement::split(text).ok()) {
        needs.add(position, needed.name, needed.specifier);
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
