//! `[tool.poetry]` of a `pyproject.toml`.

use super::poetry_constraint;
use super::pyproject::{MAX_GROUP_INCLUDES, with_includers};
use super::reading::{Reading, masked, shown};
use super::tree::{self, Node, Tree};
use super::{Dependency, DistributionName, Evidence, Scope, Source};
use std::collections::{BTreeMap, BTreeSet};
use toml::de::{DeTable, DeValue};

/// The names that `[project]` and `[dependency-groups]` have, which `[tool.poetry]` then only adds to.
pub(super) struct InProject {
    /// In the dependencies and extras of `[project]`; empty where that leaves them to `[tool.poetry]`.
    pub main: BTreeSet<DistributionName>,
    /// Anywhere.
    pub all: BTreeSet<DistributionName>,
}

/// Reads the `[tool.poetry]` table.
pub(super) fn read(reading: &mut Reading, tree: &Tree<'_>, poetry: &DeTable<'_>, in_project: &InProject) {
    let extras = extras(poetry);
    for (name, node) in constraints(poetry, &["dependencies"]) {
        let distribution = DistributionName::new(name);
        // Beside a list in `[project]`, other names are not installed.
        if in_project.main.is_empty() || in_project.main.contains(&distribution) {
            let in_extras = extras.get(&distribution).filter(|_| is_optional(node));
            let scopes = in_extras.cloned().unwrap_or_else(|| vec![Scope::Runtime]);
            entry(reading, tree, name, node, &scopes, in_project);
        }
    }
    for (name, node) in constraints(poetry, &["dev-dependencies"]) {
        entry(reading, tree, name, node, &[Scope::Dev], in_project);
    }
    let included_by = included_by(poetry);
    for group in tree::table(poetry, &["group"]).into_iter().flat_map(|groups| groups.keys()) {
        let groups = with_includers(DistributionName::new(group.get_ref()).to_string(), &included_by);
        let scope = |group: String| if group == "main" { Scope::Runtime } else { Scope::Group(group) };
        let scopes: Vec<Scope> = groups.into_iter().map(scope).collect();
        for (name, node) in constraints(poetry, &["group", group.get_ref(), "dependencies"]) {
            entry(reading, tree, name, node, &scopes, in_project);
        }
    }
}

/// The groups that include each group (`include-groups`, Poetry 2.2).
fn included_by(poetry: &DeTable<'_>) -> BTreeMap<String, Vec<String>> {
    let mut included_by: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let normal = |name: &str| DistributionName::new(name).to_string();
    let groups = tree::table(poetry, &["group"]).into_iter().flatten();
    let inclusions = groups.filter_map(|(name, node)| Some((name.get_ref(), node.get_ref().as_table()?)));
    let inclusions =
        inclusions.flat_map(|(name, group)| tree::strings(group, "include-groups").into_iter().map(move |g| (g, name)));
    for (included, by) in inclusions.take(MAX_GROUP_INCLUDES) {
        included_by.entry(normal(included)).or_default().push(normal(by));
    }
    included_by
}

/// The constraints of a table, each with the name it is for; one name may have several, each with its own marker.
fn constraints<'a, 't>(poetry: &'a DeTable<'t>, path: &[&str]) -> impl Iterator<Item = (&'a str, &'a Node<'t>)> {
    let table = tree::table(poetry, path).into_iter().flatten();
    table.filter(|(name, _)| !name.get_ref().eq_ignore_ascii_case("python")).flat_map(|(name, node)| {
        let several = match node.get_ref() {
            DeValue::Array(array) => &array[..],
            _ => std::slice::from_ref(node),
        };
        several.iter().map(|node| (&**name.get_ref(), node))
    })
}

/// The extras that each distribution belongs to.
fn extras(poetry: &DeTable<'_>) -> BTreeMap<DistributionName, Vec<Scope>> {
    let mut found: BTreeMap<DistributionName, Vec<Scope>> = BTreeMap::new();
    if let Some(extras) = tree::table(poetry, &["extras"]) {
        for extra in extras.keys() {
            let scope = Scope::Extra(DistributionName::new(extra.get_ref()).to_string());
            for name in tree::strings(extras, extra.get_ref()) {
                found.entry(DistributionName::new(name)).or_default().push(scope.clone());
            }
        }
    }
    found
}

fn is_optional(node: &Node<'_>) -> bool {
    let flag = node.get_ref().as_table().and_then(|table| table.get("optional")?.get_ref().as_bool());
    flag.unwrap_or(false)
}

fn version<'a>(node: &'a Node<'_>) -> Option<&'a str> {
    match node.get_ref() {
        DeValue::String(text) => Some(text),
        DeValue::Table(table) => tree::string(table, "version"),
        _ => None,
    }
}

fn entry(
    reading: &mut Reading,
    tree: &Tree<'_>,
    name: &str,
    node: &Node<'_>,
    scopes: &[Scope],
    in_project: &InProject,
) {
    // Beside `[project]`, an entry without a version only says where to take the distribution from.
    if version(node).is_none() && in_project.all.contains(&DistributionName::new(name)) {
        return;
    }
    let line = tree.line(node);
    let empty = DeTable::new();
    let table = match node.get_ref() {
        DeValue::String(_) => &empty,
        DeValue::Table(table) => table,
        other => {
            let found = tree::kind(other);
            reading.unread(line, format!("expected a version or a table for {name}, found {found}"));
            return;
        }
    };
    let written = version(node).unwrap_or("");
    let alternatives = poetry_constraint::alternatives(written);
    if alternatives.iter().any(|alternative| alternative.is_partial) {
        let written = shown(written);
        reading
            .odd(line, format!("expected a Poetry version constraint, found `{written}`; taken as wider than it is"));
    }
    let line = table.get("version").map_or(line, |node| tree.line(node));
    let editable = table.get("develop").and_then(|node| node.get_ref().as_bool()).unwrap_or(false);
    let source = if let Some(url) = tree::string(table, "git") {
        Source::Vcs(masked(url))
    } else if let Some(url) = tree::string(table, "url") {
        Source::Url(masked(url))
    } else if let Some(path) = tree::string(table, "path").or_else(|| tree::string(table, "file")) {
        Source::Path { path: path.to_owned(), editable }
    } else {
        Source::Registry
    };
    for specified in alternatives {
        let entry = Dependency {
            evidence: if specified.version.is_some() { Evidence::Pinned } else { Evidence::Declared },
            version: specified.version,
            specifier: specified.specifier,
            raw_version: written.to_owned(),
            extras: tree::strings(table, "extras").into_iter().map(str::to_owned).collect(),
            marker: marker(table),
            source: source.clone(),
            scopes: scopes.to_vec(),
            direct: Some(true),
            ..reading.entry(name, line)
        };
        reading.dependencies.push(entry);
    }
}

/// Poetry writes markers in three keys.
fn marker(table: &DeTable<'_>) -> Option<String> {
    let markers = tree::string(table, "markers").map(str::to_owned);
    let python = tree::string(table, "python").map(|version| format!("python `{version}`"));
    let platform = tree::string(table, "platform").map(|platform| format!("sys_platform == '{platform}'"));
    let all: Vec<String> = [markers, python, platform].into_iter().flatten().collect();
    (!all.is_empty()).then(|| all.join(" and "))
}
