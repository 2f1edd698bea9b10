//! The dependencies of a snapshot as a table.

use super::{count, printable};
use crate::catalog::{Dependency, Inventory, Scope};
use crate::rules::RuleSet;
use owo_colors::OwoColorize as _;
use std::fmt::Write as _;

/// Columns: name, version, how strongly it speaks, scope, place, and the rules that speak of the library.
pub fn inventory_text(inventory: &Inventory, rules: &RuleSet, color: bool) -> String {
    let header = ["name", "version", "evidence", "for", "where", "can unpickle"].map(String::from);
    let rows: Vec<[String; 6]> = inventory.dependencies.iter().map(|found| row(found, rules)).collect();
    let mut widths = [0; 6];
    for row in std::iter::once(&header).chain(&rows) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut out = String::new();
    if !rows.is_empty() {
        push_row(&mut out, &header, &widths);
        if color {
            out = format!("{}\n", out.trim_end().bold());
        }
    }
    for row in &rows {
        push_row(&mut out, row, &widths);
    }
    for odd in &inventory.diagnostics {
        let _ = writeln!(out, "not understood: {}:{}: {}", odd.path, odd.line, printable(&odd.problem));
    }
    for error in &inventory.unreadable {
        let _ = writeln!(out, "not read: {}", printable(&error.to_string()));
    }
    let risky = rows.iter().filter(|row| !row[5].is_empty()).count();
    let dependencies = match rows.len() {
        1 => "1 dependency".into(),
        number => format!("{number} dependencies"),
    };
    let manifests = count(inventory.manifests.len(), "manifest");
    let _ = writeln!(out, "{dependencies} in {manifests}, {risky} can unpickle");
    out
}

/// The ids of the rules that speak of the library this dependency installs, sorted.
pub(super) fn rules_of<'r>(dependency: &Dependency, rules: &'r RuleSet) -> Vec<&'r str> {
    let name = dependency.name.as_str();
    let libraries: Vec<&str> = rules
        .libraries
        .iter()
        .filter(|library| !library.standard && library.distributions().any(|distribution| distribution == name))
        .map(|library| library.name.as_str())
        .collect();
    rules.rules.iter().filter(|rule| libraries.contains(&rule.library.as_str())).map(|rule| rule.id.as_str()).collect()
}

/// `runtime`, `extra:x`, `group:x`, ...
pub(super) fn scope_name(scope: &Scope) -> String {
    match scope {
        Scope::Runtime => "runtime".into(),
        Scope::Extra(name) => format!("extra:{name}"),
        Scope::Group(name) => format!("group:{name}"),
        Scope::Dev => "dev".into(),
        Scope::Build => "build".into(),
        Scope::Constraint => "constraint".into(),
        Scope::Override => "override".into(),
        Scope::Environment(name) => format!("env:{name}"),
        Scope::Script => "script".into(),
        Scope::Notebook => "notebook".into(),
        Scope::Image => "image".into(),
        Scope::Ci => "ci".into(),
    }
}

fn row(dependency: &Dependency, rules: &RuleSet) -> [String; 6] {
    let scopes: Vec<String> = dependency.scopes.iter().map(scope_name).collect();
    [
        printable(dependency.name.as_str()).into_owned(),
        printable(&dependency.raw_version).into_owned(),
        dependency.evidence.name().into(),
        printable(&scopes.join(" ")).into_owned(),
        format!("{}:{}", dependency.path, dependency.line),
        rules_of(dependency, rules).join(" "),
    ]
}

fn push_row(out: &mut String, row: &[String; 6], widths: &[usize; 6]) {
    let start = out.len();
    for (cell, width) in row.iter().zip(widths) {
        let _ = write!(out, "{cell:<width$}  ");
    }
    out.truncate(start + out[start..].trim_end().len());
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use snapbox::{IntoData as _, assert_data_eq, str};

    #[test]
    fn the_table_names_the_rules_of_each_library() {
        assert_data_eq!(
            inventory_text(&samples::inventory(), &samples::rules(), false),
            str![[r#"
name           version  evidence  for                where                    can unpickle
torch          2.3.1    locked    runtime extra:gpu  uv.lock:1182             torch-load
tool\u{1b}[2j           declared  dev                \xff/requirements.txt:1
not understood: uv.lock:3: expected a version string, found an integer
2 dependencies in 2 manifests, 1 can unpickle

"#]]
            .raw()
        );
    }

    #[test]
    fn nothing_found_is_said() {
        let out = inventory_text(&Inventory::default(), &samples::rules(), false);
        assert_eq!(out, "0 dependencies in 0 manifests, 0 can unpickle\n");
    }
}
