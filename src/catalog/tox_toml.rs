//! `tox.toml`, and `[tool.tox]` of a `pyproject.toml`, which holds the same tables.

use super::reading::Reading;
use super::tree::{self, Node, Tree};
use super::{Scope, ini, tox_ini};
use toml::de::{DeTable, DeValue};

/// The name of the format of `tox.toml`.
pub(super) const FORMAT: &str = "tox.toml";

/// Whether a file called `name` is one.
pub(super) fn is_manifest(name: &str, _directory: &str) -> bool {
    name == FORMAT
}

/// Reads the text of a `tox.toml`.
pub(super) fn read(reading: &mut Reading, text: &str) {
    let tree = Tree::parse(text, reading);
    read_tables(reading, &tree, tree.root());
    reading.dependencies.iter_mut().for_each(|dependency| dependency.direct = Some(true));
}

/// Reads what `[tool.tox]`, given as `tox`, says.
pub(super) fn read_tables(reading: &mut Reading, tree: &Tree<'_>, tox: &DeTable<'_>) {
    if let Some(node) = tox.get("legacy_tox_ini") {
        tox_ini::read_sections(reading, &ini::sections_of(tree.text_lines(node)));
    }
    deps(reading, tree, tox.get("requires"), "tox");
    deps(reading, tree, tree::table(tox, &["env_run_base"]).and_then(|base| base.get("deps")), "env_run_base");
    for (name, node) in tree::table(tox, &["env"]).into_iter().flatten() {
        let environment = node.get_ref().as_table();
        deps(reading, tree, environment.and_then(|environment| environment.get("deps")), name.get_ref());
    }
}

/// An array of requirement lines, `-r` and `-c` among them, and of references to other arrays, which are read where they
/// stand; or such lines in one string.
fn deps(reading: &mut Reading, tree: &Tree<'_>, node: Option<&Node<'_>>, environment: &str) {
    let scope = Scope::Environment(environment.to_owned());
    let Some(node) = node else { return };
    match node.get_ref() {
        DeValue::String(_) => {
            tree.text_lines(node).for_each(|(line, text)| tox_ini::requirement_line(reading, line, text, &scope));
        }
        DeValue::Array(items) => {
            for item in items {
                match item.get_ref() {
                    DeValue::String(text) => tox_ini::requirement_line(reading, tree.line(item), text, &scope),
                    DeValue::Table(reference) if reference.contains_key("replace") => {}
                    other => {
                        let problem =
                            format!("expected a requirement in deps of {environment}, found {}", tree::kind(other));
                        reading.unread(tree.line(item), problem);
                    }
                }
            }
        }
        other => {
            let problem =
                format!("expected an array of requirements in deps of {environment}, found {}", tree::kind(other));
            reading.unread(tree.line(node), problem);
        }
    }
}
