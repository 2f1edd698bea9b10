//! `[tool.hatch]` of a `pyproject.toml`, and `hatch.toml`, which holds the same tables without that prefix.

use super::pyproject::list;
use super::reading::{Include, Reading};
use super::tree::{self, Tree};
use super::{DistributionName, Scope};
use toml::de::{DeTable, DeValue};

/// The name of the format of `hatch.toml`.
pub(super) const FORMAT: &str = "hatch.toml";

/// Whether a file called `name` is one.
pub(super) fn is_manifest(name: &str, _directory: &str) -> bool {
    name == FORMAT
}

/// Reads the text of a `hatch.toml`.
pub(super) fn read(reading: &mut Reading, text: &str) {
    let tree = Tree::parse(text, reading);
    read_tables(reading, &tree, tree.root());
    reading.dependencies.iter_mut().for_each(|dependency| dependency.direct = Some(true));
}

/// Reads what `[tool.hatch]`, given as `hatch`, says.
pub(super) fn read_tables(reading: &mut Reading, tree: &Tree<'_>, hatch: &DeTable<'_>) {
    for (name, environment) in tables(tree::table(hatch, &["envs"])) {
        let scopes = [Scope::Environment(name.to_owned())];
        for key in ["dependencies", "extra-dependencies"] {
            list(reading, tree, environment.get(key), &format!("hatch environment {name}"), &scopes);
        }
        // By variables of a matrix, by platform, by environment variables: any of them may hold.
        for (_, sources) in tables(tree::table(environment, &["overrides"])) {
            for (_, overrides) in tables(Some(sources)) {
                for key in ["dependencies", "extra-dependencies"] {
                    read_overrides(reading, tree, overrides, key, &scopes);
                }
            }
        }
    }
    if let Some(build) = tree::table(hatch, &["build"]) {
        read_build(reading, tree, build);
        for (_, target) in tables(tree::table(build, &["targets"])) {
            read_build(reading, tree, target);
        }
    }
    if let Some(hook) = tree::table(hatch, &["metadata", "hooks", "requirements_txt"]) {
        read_files(reading, tree, hook);
    }
}

/// The tables in `table`, by name.
fn tables<'a, 't>(table: Option<&'a DeTable<'t>>) -> impl Iterator<Item = (&'a str, &'a DeTable<'t>)> {
    table.into_iter().flatten().filter_map(|(name, node)| Some((&**name.get_ref(), node.get_ref().as_table()?)))
}

/// Elements are specifiers, or tables that have one as `value` beside conditions.
fn read_overrides(reading: &mut Reading, tree: &Tree<'_>, overrides: &DeTable<'_>, key: &str, scopes: &[Scope]) {
    for item in tree::array(overrides, key) {
        let text = match item.get_ref() {
            DeValue::Table(table) => tree::string(table, "value"),
            other => other.as_str(),
        };
        match text {
            Some(text) => super::requirement::read(reading, text, tree.line(item), scopes),
            None => {
                let found = tree::kind(item.get_ref());
                reading.unread(
                    tree.line(item),
                    format!("expected a dependency specifier or a table with `value` in overrides, found {found}"),
                );
            }
        }
    }
}

/// What a build target and its hooks need.
fn read_build(reading: &mut Reading, tree: &Tree<'_>, build: &DeTable<'_>) {
    list(reading, tree, build.get("dependencies"), "hatch build dependencies", &[Scope::Build]);
    for (name, hook) in tables(tree::table(build, &["hooks"])) {
        list(reading, tree, hook.get("dependencies"), &format!("hatch build hook {name}"), &[Scope::Build]);
    }
}

/// The plugin hatch-requirements-txt takes the dependencies of `[project]` from requirements files.
fn read_files(reading: &mut Reading, tree: &Tree<'_>, hook: &DeTable<'_>) {
    let mut include = |table: &DeTable<'_>, key: &str, scope: &Scope| {
        let Some(node) = table.get(key) else { return };
        let line = tree.line(node);
        let files = tree::strings(table, key).into_iter();
        reading.includes.extend(files.map(|file| Include {
            target: file.to_owned(),
            line,
            scope: Some(scope.clone()),
        }));
    };
    for key in ["files", "filename"] {
        include(hook, key, &Scope::Runtime);
    }
    if let Some(extras) = tree::table(hook, &["optional-dependencies"]) {
        for extra in extras.keys() {
            include(extras, extra.get_ref(), &Scope::Extra(DistributionName::new(extra.get_ref()).to_string()));
        }
    }
}
