//! `[tool.poetry]` of a `pyproject.toml`.

use super::poetry_constraint;
use super::reading::{Reading, masked, shown};
use super::tree::{self, Node, Tree};
use super::{Dependency, DistributionName, Evidence, Scope, Source};
use std::collections::{BTreeMap, BTreeSet};
use toml::de::{DeTable, DeValue};

/// Reads the `[tool.poetry]` table. What `[project]` says has been read before.
pub(super) fn read(reading: &mut Reading, tree: &Tree<'_>, poetry: &DeTable<'_>) {
    let extras = extras(poetry);
    let in_project: BTreeSet<DistributionName> = reading.dependencies.iter().map(|d| d.name.clone()).collect();
    let mut read_table = |table: &DeTable<'_>, scope: &Scope, extras: &BTreeMap<DistributionName, Vec<Scope>>| {
        for (name, node) in table.iter().filter(|(name, _)| !name.get_ref().eq_ignore_ascii_case("python")) {
            // Several constraints of one name, each with its own marker.
            let several = match node.get_ref() {
                DeValue::Array(array) => &array[..],
                _ => std::slice::from_ref(node),
            };
            for node in several {
                let distribution = DistributionName::new(name.get_ref());
                let scopes = match extras.get(&distribution) {
                    Some(scopes) if is_optional(node) => scopes.clone(),
                    _ => vec![scope.clone()],
                };
                // Beside `[project]`, an entry without a version only says where to take the distribution from.
                let enriches = in_project.contains(&distribution) && version(node).is_none();
                if !enriches {
                    entry(reading, tree, name.get_ref(), node, &scopes);
                }
            }
        }
    };
    if let Some(table) = tree::table(poetry, &["dependencies"]) {
        read_table(table, &Scope::Runtime, &extras);
    }
    if let Some(table) = tree::table(poetry, &["dev-dependencies"]) {
        read_table(table, &Scope::Dev, &BTreeMap::new());
    }
    for (group, node) in tree::table(poetry, &["group"]).into_iter().flatten() {
        if let Some(table) = node.get_ref().as_table().and_then(|group| tree::table(group, &["dependencies"])) {
            let group = DistributionName::new(group.get_ref()).to_string();
            read_table(table, &if group == "main" { Scope::Runtime } else { Scope::Group(group) }, &BTreeMap::new());
        }
    }
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

fn entry(reading: &mut Reading, tree: &Tree<'_>, name: &str, node: &Node<'_>, scopes: &[Scope]) {
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
        reading.dependencies.push(Dependency {
            name: DistributionName::new(name),
            raw_name: name.to_owned(),
            evidence: if specified.version.is_some() { Evidence::Pinned } else { Evidence::Declared },
            version: specified.version,
            specifier: specified.specifier,
            raw_version: written.to_owned(),
            extras: tree::strings(table, "extras").into_iter().map(str::to_owned).collect(),
            marker: marker(table),
            source: source.clone(),
            scopes: scopes.to_vec(),
            direct: Some(true),
            path: reading.path.clone(),
            line,
            format: reading.format,
        });
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
