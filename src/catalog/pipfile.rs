//! `Pipfile`: the categories of packages of a Pipenv project.

use super::pipenv;
use super::reading::{Reading, shown};
use super::requirement;
use super::tree::{self, Node, Tree};
use super::{Dependency, Evidence, Scope, Source};
use toml::de::{DeTable, DeValue};

/// The name of this format.
pub(super) const FORMAT: &str = "Pipfile";

/// Tables that hold no packages; every other one is a category.
const OTHERS: [&str; 5] = ["build-system", "pipenv", "requires", "scripts", "source"];

/// Whether a file called `name` is one.
pub(super) fn is_manifest(name: &str, _directory: &str) -> bool {
    name == FORMAT
}

/// Reads the text of a `Pipfile`.
pub(super) fn read(reading: &mut Reading, text: &str) {
    let tree = Tree::parse(text, reading);
    for (category, node) in tree.root().iter().filter(|(key, _)| !OTHERS.contains(&&**key.get_ref())) {
        match node.get_ref() {
            DeValue::Table(packages) => {
                let scope = pipenv::scope(category.get_ref());
                packages.iter().for_each(|(name, node)| package(reading, &tree, name.get_ref(), node, &scope));
            }
            other => {
                let found = tree::kind(other);
                reading.unread(
                    tree.line(node),
                    format!("expected a table of packages `{}`, found {found}", shown(category.get_ref())),
                );
            }
        }
    }
}

fn package(reading: &mut Reading, tree: &Tree<'_>, key: &str, node: &Node<'_>, scope: &Scope) {
    let empty = DeTable::new();
    let (table, version) = match node.get_ref() {
        DeValue::String(_) => (&empty, Some(node)),
        DeValue::Table(table) => (table, table.get("version")),
        other => {
            let found = tree::kind(other);
            reading.unread(tree.line(node), format!("expected a version or a table for {}, found {found}", shown(key)));
            return;
        }
    };
    let line = tree.line(version.unwrap_or(node));
    let written = match version.map(|node| node.get_ref()) {
        None => "",
        Some(DeValue::String(written)) => written.trim(),
        Some(other) => {
            let found = tree::kind(other);
            reading.unread(line, format!("expected a version string for {}, found {found}", shown(key)));
            ""
        }
    };
    let clauses = if written == "*" { "" } else { written.trim_start_matches('(').trim_end_matches(')') };
    let mut specified = requirement::specified(clauses);
    if specified.is_partial {
        let written = shown(written);
        reading.odd(
            line,
            format!("expected `*` or a PEP 440 version specifier, found `{written}`; taken as wider than it is"),
        );
    }
    let editable = table.get("editable").and_then(|node| node.get_ref().as_bool()).unwrap_or(false);
    let source = pipenv::source(|key| tree::string(table, key), editable);
    // A local project without a name is read where it stands.
    let Some(name) = pipenv::name(key, &source) else { return };
    if !requirement::is_name(&name) {
        reading.unread(line, format!("expected a distribution name, found `{}`", shown(&name)));
        return;
    }
    if let Source::Path { path: reference, .. } | Source::Url(reference) = &source
        && specified.version.is_none()
    {
        specified.version = requirement::archive(reference).map(|(_, version)| version);
    }
    let entry = Dependency {
        evidence: if specified.version.is_some() { Evidence::Pinned } else { Evidence::Declared },
        version: specified.version,
        specifier: specified.specifier,
        raw_version: written.to_owned(),
        extras: tree::strings(table, "extras").into_iter().map(str::to_owned).collect(),
        marker: pipenv::marker(|key| tree::string(table, key)),
        source,
        scopes: vec![scope.clone()],
        direct: Some(true),
        ..reading.entry(&name, line)
    };
    reading.dependencies.push(entry);
}
