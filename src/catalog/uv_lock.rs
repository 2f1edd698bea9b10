//! `uv.lock`: one lock for a project or a workspace, with a version for each fork; and `<script>.py.lock`, the same for one
//! script.

use super::locks::{self, FormatVersion, Locked};
use super::needs::{Admitted, Needs};
use super::reading::{Reading, masked};
use super::tree::{self, Tree};
use super::uv_graph::Graph;
use super::{DistributionName, Scope, Source, pieces};
use std::collections::BTreeSet;
use toml::de::{DeTable, DeValue};

/// The name of this format.
pub(super) const FORMAT: &str = "uv.lock";

/// The newest revision of format 1 that is known; uv promises that later ones can be read as this one.
const REVISION: u64 = 5;

/// The end of the names of locks that are for one script, which they stand beside.
const SCRIPT_LOCK: &str = ".py.lock";

/// Whether a file called `name` is one.
pub(super) fn is_manifest(name: &str, _directory: &str) -> bool {
    name == FORMAT || is_of_script(name)
}

/// Whether a file called `name` locks one script alone.
fn is_of_script(name: &str) -> bool {
    name.ends_with(SCRIPT_LOCK)
}

/// A lock that is being read.
struct Lock {
    version: FormatVersion,
    is_of_script: bool,
    /// The projects that the manifest lists.
    members: BTreeSet<String>,
    graph: Graph,
    needs: Needs,
    /// For each entry, its position in the graph.
    positions: Vec<usize>,
}

/// Reads the text of a `uv.lock`.
pub(super) fn read(reading: &mut Reading, text: &str) {
    let mut lock = Lock {
        version: FormatVersion::newest(1, 0),
        is_of_script: is_of_script(&reading.path.file_name().to_string()),
        members: BTreeSet::new(),
        graph: Graph::default(),
        needs: Needs::default(),
        positions: Vec::new(),
    };
    pieces::read(reading, text, "package", &mut |reading, tree| {
        lock.read_manifest(reading, tree);
        for (package, line) in locks::packages(reading, tree, "package") {
            lock.read_package(reading, tree, package, line);
        }
    });
    lock.version.finish(reading);
    lock.needs.fill(reading, |version| match version {
        "" => Admitted::Any,
        version => Admitted::Exactly(version.to_owned()),
    });
    let purposes = lock.graph.purposes();
    for (entry, position) in reading.dependencies.iter_mut().zip(lock.positions) {
        if let Some(purpose) = purposes.as_ref().map(|purposes| &purposes[position]) {
            entry.direct = Some(purpose.direct);
            entry.scopes.clone_from(&purpose.scopes);
        }
        if lock.is_of_script {
            entry.scopes = vec![Scope::Script];
        }
    }
}

impl Lock {
    /// Reads what stands before the packages.
    fn read_manifest(&mut self, reading: &mut Reading, tree: &Tree<'_>) {
        let root = tree.root();
        self.version.check(reading, tree, root.get("version"));
        if let Some(node) = root.get("revision")
            && let Some(revision) = node.get_ref().as_integer().and_then(|number| number.as_str().parse::<u64>().ok())
            && revision > REVISION
        {
            reading.odd(tree.line(node), format!("revision {revision}, read as {REVISION}"));
        }
        let Some(manifest) = tree::table(root, &["manifest"]) else { return };
        self.members.extend(tree::strings(manifest, "members").into_iter().map(str::to_owned));
        // Of a workspace root that is no project, and of a script.
        self.start_each(tree::table(manifest, &["dependency-groups"]), Scope::Group);
        if self.is_of_script {
            self.graph.start(Scope::Script, tree::array(manifest, "requirements"));
        }
    }

    fn read_package(&mut self, reading: &mut Reading, tree: &Tree<'_>, package: &DeTable<'_>, line: u32) {
        if self.is_project(package) {
            // The projects of this repository are not dependencies; where they stand is whom the lock governs.
            let directory = tree::table(package, &["source"]).and_then(local_path);
            reading.workspace.members.extend(directory.map(str::to_owned));
            self.graph.add(package);
            self.graph.start(Scope::Runtime, tree::array(package, "dependencies"));
            self.start_each(tree::table(package, &["optional-dependencies"]), Scope::Extra);
            self.start_each(tree::table(package, &["dev-dependencies"]), Scope::Group);
            return;
        }
        let markers = tree::strings(package, "resolution-markers");
        let locked = Locked {
            source: tree::table(package, &["source"]).map_or(Source::Registry, source),
            scopes: Vec::new(),
            marker: (!markers.is_empty()).then(|| markers.join(" or ")),
            direct: None,
            extras: Vec::new(),
        };
        let Some(position) = locks::add(reading, tree, package, line, locked) else { return };
        self.positions.push(self.graph.add(package));
        let optional = tree::table(package, &["optional-dependencies"]).into_iter().flat_map(|table| table.values());
        for list in package.get("dependencies").into_iter().chain(optional) {
            for needed in list.get_ref().as_array().into_iter().flatten().filter_map(|node| node.get_ref().as_table()) {
                if let Some(name) = tree::string(needed, "name") {
                    self.needs.add(position, name, tree::string(needed, "version").unwrap_or(""));
                }
            }
        }
    }

    /// Adds the lists of `named`, each for the purpose of its name.
    fn start_each(&mut self, named: Option<&DeTable<'_>>, scope: fn(String) -> Scope) {
        for (name, node) in named.into_iter().flatten() {
            if let DeValue::Array(list) = node.get_ref() {
                self.graph.start(scope(DistributionName::new(name.get_ref()).to_string()), list);
            }
        }
    }

    /// Whether a package is a project of this repository: a member that the manifest lists, or, of a single project, what
    /// stands in the directory of the lock.
    fn is_project(&self, package: &DeTable<'_>) -> bool {
        let Some(path) = tree::table(package, &["source"]).and_then(local_path) else { return false };
        if self.members.is_empty() {
            return path == ".";
        }
        tree::string(package, "name").is_some_and(|name| self.members.contains(name))
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
