//! `pixi.lock`, versions 1 to 7: environments, each a list of addresses for each platform, and what stands behind these.
//!
//! The file is YAML. Since version 6 the name and version of a conda package are told by its address alone.

use super::conda_lock;
use super::conda_package::{self, Kind, Locked, Parents};
use super::conda_spec::Archive;
use super::reading::{Reading, masked, shown};
use super::requirement::source_of;
use super::yaml::{Node, Yaml};
use super::{Scope, Source};
use std::collections::{BTreeMap, BTreeSet};

/// The name of this format.
pub(super) const FORMAT: &str = "pixi.lock";

/// The newest version of the format that is known.
const VERSION: u64 = 7;

/// Of a package in more environments than this it is not told which.
const MAX_SCOPES: usize = 64;

/// Whether a file called `name` is one.
pub(super) fn is_manifest(name: &str, _directory: &str) -> bool {
    name == FORMAT
}

/// Reads the text of a `pixi.lock`.
pub(super) fn read(reading: &mut Reading, text: &str) {
    let yaml = Yaml::parse(text, reading);
    let Some(root) = yaml.root() else { return };
    conda_lock::check_version(reading, root, VERSION);
    // Up to version 3 it was the file of conda-lock.
    conda_lock::read_packages(reading, root);
    let Some(list) = conda_lock::list(reading, root, "packages") else { return };
    let environments = environments(root);
    let packages: Vec<Package<'_>> = list.items().filter_map(|node| Package::read(reading, node)).collect();
    let mut parents = Parents::default();
    for package in &packages {
        let needed = ["depends", "requires_dist"].into_iter().filter_map(|key| package.node.get(key));
        parents.add(package.kind, package.name, needed.flat_map(Node::strings));
    }
    for Package { node, kind, name, version, address } in packages {
        let scopes = environments.get(address).filter(|scopes| scopes.len() <= MAX_SCOPES);
        let is_editable = node.string("editable") == Some("true");
        let source = match source_of(address, is_editable) {
            Source::Url(_) => Source::Registry,
            local_or_vcs => local_or_vcs,
        };
        let locked = Locked {
            kind,
            name,
            version,
            line: node.get("version").unwrap_or(node).line(),
            scopes: scopes.map(|scopes| scopes.iter().cloned().collect()).unwrap_or_default(),
            marker: node.string("subdir").or_else(|| platform(address)).filter(|platform| *platform != "noarch"),
            source,
        };
        conda_package::add(reading, locked, &mut parents);
    }
}

/// What each address is for.
fn environments(root: Node<'_>) -> BTreeMap<&str, BTreeSet<Scope>> {
    let mut found: BTreeMap<&str, BTreeSet<Scope>> = BTreeMap::new();
    for (name, environment) in root.get("environments").into_iter().flat_map(Node::entries) {
        let scope = match name.text() {
            Some("default") => Scope::Runtime,
            name => Scope::Environment(name.unwrap_or("").to_owned()),
        };
        let platforms = environment.get("packages").into_iter().flat_map(Node::entries);
        for item in platforms.flat_map(|(_, list)| list.items()) {
            if let Some((_, address)) = address(item) {
                let scopes = found.entry(address).or_default();
                // One more than the limit says that it is passed.
                if scopes.len() <= MAX_SCOPES {
                    scopes.insert(scope.clone());
                }
            }
        }
    }
    found
}

/// The address of a package, and whose it is: `conda: https://...`, `pypi: ./lib`, `source: "name[hash] @ lib"`.
fn address(node: Node<'_>) -> Option<(Kind, &str)> {
    let keyed = [("conda", Kind::Conda), ("pypi", Kind::Pypi), ("source", Kind::Conda)];
    let keyed = keyed.iter().find_map(|(key, kind)| Some((*kind, node.string(key)?)));
    // Versions 4 and 5 say apart what it is and where.
    keyed.or_else(|| Some((Kind::of(node), node.string("url").or_else(|| node.string("path"))?)))
}

/// The directory of a channel that an address lies in.
fn platform(address: &str) -> Option<&str> {
    let (before, _) = Archive::named(address).and(address.rsplit_once('/'))?;
    before.rsplit('/').next()
}

struct Package<'y> {
    node: Node<'y>,
    kind: Kind,
    name: &'y str,
    version: &'y str,
    address: &'y str,
}

impl<'y> Package<'y> {
    fn read(reading: &mut Reading, node: Node<'y>) -> Option<Self> {
        let Some((kind, address)) = address(node) else {
            reading.unread(node.line(), format!("expected a package of conda or PyPI, found {}", node.kind()));
            return None;
        };
        let archive = Archive::named(address).filter(|_| kind == Kind::Conda);
        // `name[hash] @ place` is what a package built from source is called since version 7.
        let built = address.split_once('[').filter(|_| node.get("source").is_some()).map(|(name, _)| name);
        let name = node.string("name").or(archive.map(|archive| archive.name)).or(built);
        let version = node.string("version").or(archive.map(|archive| archive.version)).unwrap_or("");
        if name.is_none() {
            let problem = format!("expected a package with a name, found `{}`", shown(&masked(address)));
            reading.unread(node.line(), problem);
        }
        Some(Self { node, kind, name: name?, version, address })
    }
}
