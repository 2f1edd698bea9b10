//! `uv.lock`: one lock for a project or a workspace, with a version for each fork.

use super::locks::{self, Locked};
use super::reading::{Reading, masked};
use super::tree::{self, Tree};
use super::{Scope, Source, uv_graph};
use std::collections::BTreeSet;
use toml::de::DeTable;

/// The name of this format.
pub(super) const FORMAT: &str = "uv.lock";

/// The newest revision of format 1 that is known; uv promises that later ones can be read as this one.
const REVISION: u64 = 5;

/// The end of the names of locks that are for one script, which they stand beside.
const SCRIPT_LOCK: &str = ".py.lock";

/// Whether a file called `name` is one.
pub(super) fn is_manifest(name: &str, _directory: &str) -> bool {
    name == FORMAT || name.ends_with(SCRIPT_LOCK)
}

/// Reads the text of a `uv.lock`.
pub(super) fn read(reading: &mut Reading, text: &str) {
    let tree = Tree::parse(text, reading);
    let root = tree.root();
    locks::check_version(reading, &tree, root.get("version"), 1, 0);
    if let Some(node) = root.get("revision")
        && let Some(revision) = node.get_ref().as_integer().and_then(|number| number.as_str().parse::<u64>().ok())
        && revision > REVISION
    {
        reading.odd(tree.line(node), format!("revision {revision}, read as {REVISION}"));
    }
    let packages = locks::packages(reading, &tree, "package");
    let tables: Vec<&DeTable<'_>> = packages.iter().map(|(table, _)| *table).collect();
    let projects = projects(root, &tables);
    let purposes = uv_graph::purposes(root, &tables, &projects);
    for (index, (package, line)) in packages.into_iter().enumerate() {
        if projects.contains(&index) {
            // The projects of this repository are not dependencies; where they stand is whom the lock governs.
            let directory = tree::table(package, &["source"]).and_then(local_path);
            reading.workspace.members.extend(directory.map(str::to_owned));
            continue;
        }
        let source = tree::table(package, &["source"]).map_or(Source::Registry, source);
        let purpose = purposes.as_ref().map(|purposes| &purposes[index]);
        let direct = purpose.map(|purpose| purpose.direct);
        let scopes = purpose.map(|purpose| purpose.scopes.clone()).unwrap_or_default();
        let markers = tree::strings(package, "resolution-markers");
        let marker = (!markers.is_empty()).then(|| markers.join(" or "));
        locks::add(reading, &tree, package, line, Locked { source, scopes, marker, direct });
    }
    if reading.path.file_name().ends_with(SCRIPT_LOCK.as_bytes()) {
        reading.dependencies.iter_mut().for_each(|dependency| dependency.scopes = vec![Scope::Script]);
    }
}

fn local_path<'a>(source: &'a DeTable<'_>) -> Option<&'a str> {
    ["editable", "virtual", "directory"].iter().find_map(|key| tree::string(source, key))
}

fn source(table: &DeTable<'_>) -> Source {
    if let Some(url) = tree::string(table, "git") {
        Source::Vcs(masked(url))
    } else if let Some(url) = tree::string(table, "url") {
        Source::Url(masked(url))
    } else if let Some(path) = local_path(table).or_else(|| tree::string(table, "path")) {
        Source::Path { path: path.to_owned(), editable: table.contains_key("editable") }
    } else {
        Source::Registry
    }
}

/// The packages that are projects of this repository: the members that the manifest lists, or, of a single project, what
/// stands in the directory of the lock.
fn projects(root: &DeTable<'_>, packages: &[&DeTable<'_>]) -> BTreeSet<usize> {
    let members =
        tree::table(root, &["manifest"]).map(|manifest| tree::strings(manifest, "members")).unwrap_or_default();
    let members: BTreeSet<&str> = members.into_iter().collect();
    let is_project = |package: &DeTable<'_>| {
        let Some(path) = tree::table(package, &["source"]).and_then(local_path) else { return false };
        if members.is_empty() {
            path == "."
        } else {
            tree::string(package, "name").is_some_and(|n| members.contains(n))
        }
    };
    (0..packages.len()).filter(|&index| is_project(packages[index])).collect()
}
