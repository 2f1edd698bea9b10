//! `pdm.lock`, lock versions 2 to 4.5. A package is repeated for each set of its extras.

use super::locks::{self, FormatVersion, Locked};
use super::needs::{Admitted, Needs};
use super::reading::{Reading, masked};
use super::requirement::{Requirement, specified};
use super::tree::{self, Tree};
use super::{DistributionName, Scope, Source, pieces};
use toml::de::DeTable;

/// The name of this format.
pub(super) const FORMAT: &str = "pdm.lock";

/// Whether a file called `name` is one.
pub(super) fn is_manifest(name: &str, _directory: &str) -> bool {
    name == FORMAT
}

/// Reads the text of a `pdm.lock`.
pub(super) fn read(reading: &mut Reading, text: &str) {
    let mut version = FormatVersion::newest(4, 5);
    let mut needs = Needs::default();
    pieces::read(reading, text, "package", &mut |reading, tree| {
        version.check(
            reading,
            tree,
            tree::table(tree.root(), &["metadata"]).and_then(|table| table.get("lock_version")),
        );
        for (package, line) in locks::packages(reading, tree, "package") {
            read_package(reading, tree, package, line, &mut needs);
        }
    });
    version.finish(reading);
    needs.fill(reading, admitted);
}

fn read_package(reading: &mut Reading, tree: &Tree<'_>, package: &DeTable<'_>, line: u32, needs: &mut Needs) {
    let locked = Locked {
        source: source(package),
        scopes: scopes(package),
        marker: tree::string(package, "marker").map(str::to_owned),
        direct: None,
        extras: tree::strings(package, "extras").into_iter().map(str::to_owned).collect(),
    };
    let Some(position) = locks::add(reading, tree, package, line, locked) else { return };
    for needed in tree::strings(package, "dependencies") {
        if let Ok(needed) = Requirement::split(needed) {
            needs.add(position, needed.name, needed.specifier);
        }
    }
}

/// The versions that a PEP 440 specifier admits.
pub(super) fn admitted(specifier: &str) -> Admitted {
    specified(specifier).specifier.map_or(Admitted::Any, |specifier| Admitted::In(vec![specifier]))
}

/// The groups of the project that lead to it, where the lock says so. Which of them are extras is for `pyproject.toml` to
/// say.
fn scopes(package: &DeTable<'_>) -> Vec<Scope> {
    let groups = ["groups", "sections"].map(|key| tree::strings(package, key)).concat();
    let scope = |group: &str| match group {
        "default" => Scope::Runtime,
        group => Scope::Group(DistributionName::new(group).to_string()),
    };
    let mut scopes: Vec<Scope> = groups.into_iter().map(scope).collect();
    scopes.sort();
    scopes.dedup();
    scopes
}

fn source(package: &DeTable<'_>) -> Source {
    let editable = package.get("editable").and_then(|node| node.get_ref().as_bool()).unwrap_or(false);
    if let Some(url) = ["git", "hg", "svn", "bzr"].iter().find_map(|key| tree::string(package, key)) {
        Source::Vcs(masked(url))
    } else if let Some(url) = tree::string(package, "url") {
        Source::Url(masked(url))
    } else if let Some(path) = tree::string(package, "path") {
        Source::Path { path: path.to_owned(), editable }
    } else {
        Source::Registry
    }
}
