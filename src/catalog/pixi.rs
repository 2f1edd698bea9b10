//! `pixi.toml`, and `[tool.pixi]` of a `pyproject.toml`, which has the same tables.

use super::conda_spec::{self, MatchSpec};
use super::reading::{Reading, masked, shown};
use super::requirement::specified;
use super::tree::{self, Node, Tree};
use super::{Dependency, DistributionName, Evidence, Scope, Source};
use toml::de::{DeTable, DeValue};

/// The name of this format.
pub(super) const FORMAT: &str = "pixi.toml";

/// The tables of conda packages, and what they are for where that is not what surrounds them.
const TABLES: [(&str, Option<Scope>); 6] = [
    ("dependencies", None),
    ("run-dependencies", None),
    ("host-dependencies", Some(Scope::Build)),
    ("build-dependencies", Some(Scope::Build)),
    ("run-constraints", Some(Scope::Constraint)),
    ("constraints", Some(Scope::Constraint)),
];

/// Whether a file called `name` is one.
pub(super) fn is_manifest(name: &str, _directory: &str) -> bool {
    name == FORMAT
}

/// Reads the text of a `pixi.toml`.
pub(super) fn read(reading: &mut Reading, text: &str) {
    let tree = Tree::parse(text, reading);
    read_tables(reading, &tree, tree.root());
    reading.dependencies.iter_mut().for_each(|dependency| dependency.direct = Some(true));
}

/// Reads the tables of a workspace: its own, those of its features and of the package in it.
pub(super) fn read_tables(reading: &mut Reading, tree: &Tree<'_>, root: &DeTable<'_>) {
    read_targets(reading, tree, root, &Scope::Runtime);
    if let Some(package) = tree::table(root, &["package"]) {
        read_targets(reading, tree, package, &Scope::Runtime);
    }
    for (name, node) in tree::table(root, &["feature"]).into_iter().flatten() {
        if let Some(feature) = node.get_ref().as_table() {
            read_targets(reading, tree, feature, &Scope::Environment(name.get_ref().to_string()));
        }
    }
}

/// Reads the tables of `part`, and those of it that hold on one platform only.
fn read_targets(reading: &mut Reading, tree: &Tree<'_>, part: &DeTable<'_>, scope: &Scope) {
    read_part(reading, tree, part, scope, None);
    for (platform, node) in tree::table(part, &["target"]).into_iter().flatten() {
        if let Some(target) = node.get_ref().as_table() {
            read_part(reading, tree, target, scope, Some(platform.get_ref()));
        }
    }
}

fn read_part(reading: &mut Reading, tree: &Tree<'_>, part: &DeTable<'_>, scope: &Scope, platform: Option<&str>) {
    for (key, own) in &TABLES {
        let scope = own.as_ref().unwrap_or(scope);
        for (name, node) in entries(reading, tree, part, key) {
            read_conda(reading, tree, name, node, scope, platform);
        }
    }
    for (name, node) in entries(reading, tree, part, "pypi-dependencies") {
        read_pypi(reading, tree, name, node, scope, platform);
    }
    if let Some(options) = tree::table(part, &["pypi-options"]) {
        for (name, node) in entries(reading, tree, options, "dependency-overrides") {
            read_pypi(reading, tree, name, node, &Scope::Override, platform);
        }
    }
}

/// The names and values of the table `key`; says what was found in its place.
fn entries<'a, 't>(
    reading: &mut Reading,
    tree: &Tree<'t>,
    part: &'a DeTable<'t>,
    key: &str,
) -> impl Iterator<Item = (&'a str, &'a Node<'t>)> + use<'a, 't> {
    if let Some(node) = part.get(key).filter(|node| node.get_ref().as_table().is_none()) {
        let found = tree::kind(node.get_ref());
        reading.unread(tree.line(node), format!("expected a table `{key}`, found {found}"));
    }
    tree::table(part, &[key]).into_iter().flatten().map(|(name, node)| (&**name.get_ref(), node))
}

/// The version of an entry, with its line, and the table it stands in; `None` for what is neither.
fn version<'a, 't>(
    reading: &mut Reading,
    tree: &Tree<'t>,
    name: &str,
    node: &'a Node<'t>,
) -> Option<(&'a str, u32, Option<&'a DeTable<'t>>)> {
    match node.get_ref() {
        DeValue::String(text) => Some((text, tree.line(node), None)),
        DeValue::Table(table) => {
            let line = table.get("version").map_or(tree.line(node), |version| tree.line(version));
            Some((tree::string(table, "version").unwrap_or(""), line, Some(table)))
        }
        other => {
            let found = tree::kind(other);
            reading
                .unread(tree.line(node), format!("expected a version or a table for {}, found {found}", shown(name)));
            None
        }
    }
}

fn source(table: &DeTable<'_>) -> Option<Source> {
    let editable = table.get("editable").and_then(|node| node.get_ref().as_bool()).unwrap_or(false);
    let path = || Some(Source::Path { path: tree::string(table, "path")?.to_owned(), editable });
    let url = || Some(Source::Url(masked(tree::string(table, "url")?)));
    tree::string(table, "git").map(|url| Source::Vcs(masked(url))).or_else(url).or_else(path)
}

fn read_conda(
    reading: &mut Reading,
    tree: &Tree<'_>,
    name: &str,
    node: &Node<'_>,
    scope: &Scope,
    platform: Option<&str>,
) {
    let Some((written, line, table)) = version(reading, tree, name, node) else { return };
    // `1.26.4 py310_0`: as in a spec, but without the name.
    let spec = format!("{name} {written}");
    let before = reading.dependencies.len();
    match MatchSpec::split(&spec) {
        Ok(spec) => conda_spec::add(reading, &spec, line, std::slice::from_ref(scope), platform),
        Err(expected) => {
            let written = shown(&spec);
            return reading.unread(line, format!("{expected}, found `{written}`"));
        }
    }
    if let Some(source) = table.and_then(source) {
        reading.dependencies.iter_mut().skip(before).for_each(|added| added.source = source.clone());
    }
}

fn read_pypi(
    reading: &mut Reading,
    tree: &Tree<'_>,
    name: &str,
    node: &Node<'_>,
    scope: &Scope,
    platform: Option<&str>,
) {
    let Some((written, line, table)) = version(reading, tree, name, node) else { return };
    let clauses = match written.trim() {
        "*" => String::new(),
        exact if exact.starts_with(|c: char| c.is_ascii_digit()) => format!("=={exact}"),
        other => other.to_owned(),
    };
    let specified = specified(&clauses);
    if specified.is_partial {
        let found = shown(written);
        reading.odd(line, format!("expected a PEP 440 version specifier, found `{found}`; taken as wider than it is"));
    }
    let markers = table.and_then(|table| tree::string(table, "env-markers"));
    let entry = Dependency {
        name: DistributionName::new(name),
        evidence: if specified.version.is_some() { Evidence::Pinned } else { Evidence::Declared },
        version: specified.version,
        specifier: specified.specifier,
        raw_version: written.to_owned(),
        extras: table
            .map(|table| tree::strings(table, "extras").into_iter().map(str::to_owned).collect())
            .unwrap_or_default(),
        marker: markers.or(platform).map(str::to_owned),
        source: table.and_then(source).unwrap_or(Source::Registry),
        scopes: vec![scope.clone()],
        ..reading.entry(name, line)
    };
    reading.dependencies.push(entry);
}
