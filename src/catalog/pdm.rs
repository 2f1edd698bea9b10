//! `[tool.pdm]` of a `pyproject.toml`.

use super::reading::{Reading, shown};
use super::requirement::{self, Requirement};
use super::tree::{self, Tree};
use super::{DistributionName, Scope, requirements};
use toml::de::DeTable;

/// Reads `[tool.pdm]`.
pub(super) fn read(reading: &mut Reading, tree: &Tree<'_>, pdm: &DeTable<'_>) {
    for (group, node) in tree::table(pdm, &["dev-dependencies"]).into_iter().flatten() {
        let scope = Scope::Group(DistributionName::new(group.get_ref()).to_string());
        for item in node.get_ref().as_array().into_iter().flatten() {
            let line = tree.line(item);
            let Some(text) = item.get_ref().as_str() else {
                let found = tree::kind(item.get_ref());
                let expected = "expected a dependency specifier in tool.pdm.dev-dependencies";
                reading.unread(line, format!("{expected}, found {found}"));
                continue;
            };
            // Editables are written as in requirements files.
            let (text, editable) = match text.trim().strip_prefix("-e ") {
                Some(reference) => (reference.trim(), true),
                None => (text, false),
            };
            if let Err(expected) = requirements::read_requirement(reading, line, text, &scope, editable) {
                requirement::read_name(reading, text, expected, line, std::slice::from_ref(&scope));
            }
        }
    }
    // Since 2.0 below `resolution`, before beside it.
    for overrides in [&["resolution", "overrides"][..], &["overrides"]] {
        for (name, node) in tree::table(pdm, overrides).into_iter().flatten() {
            read_override(reading, name.get_ref(), node.get_ref().as_str(), tree.line(node));
        }
    }
}

/// `numpy = ">=1.20"`, `numpy = "1.26.4"` (exactly that), `numpy = "https://..."`.
fn read_override(reading: &mut Reading, name: &str, version: Option<&str>, line: u32) {
    let Some(version) = version else {
        return reading
            .unread(line, format!("expected a version or URL as string for the override of {}", shown(name)));
    };
    let version = version.trim();
    let is_url = version.contains("://");
    let is_exact = version.starts_with(|c: char| c.is_ascii_digit() || c == 'v') && !version.contains(',');
    let exact = format!("=={version}");
    let requirement = Requirement {
        name,
        extras: "",
        specifier: if is_url {
            ""
        } else if is_exact {
            &exact
        } else {
            version.trim_matches('*')
        },
        url: is_url.then_some(version),
        marker: None,
    };
    if requirement::is_name(name) {
        requirement::add(reading, requirement, line, &[Scope::Override]);
    } else {
        reading.unread(line, format!("expected a distribution name in overrides, found `{}`", shown(name)));
    }
}
