//! `pyproject.toml`: PEP 621, dependency groups (PEP 735), the build system, setuptools' dynamic lists and `[tool.uv]`.
//!
//! The tables of other tools are read in files of their names.

use super::reading::{Include, Reading, Workspace, masked};
use super::requirement;
use super::tree::{self, Node, Tree};
use super::{DistributionName, Scope, Source, flit, hatch, pdm, pixi, poetry, tox_toml};
use std::collections::{BTreeMap, BTreeSet};
use toml::de::{DeTable, DeValue};

/// The name of this format.
pub(super) const FORMAT: &str = "pyproject.toml";

/// Globs of a workspace, beyond which no member is found.
const MAX_GLOBS: usize = 1000;

/// Each entry names all groups it is in, so no more than these.
const MAX_GROUPS: usize = 64;

/// Inclusions of one group in another, beyond which groups are not joined.
pub(super) const MAX_GROUP_INCLUDES: usize = 1000;

/// Whether a file called `name` is one.
pub(super) fn is_manifest(name: &str, _directory: &str) -> bool {
    name == FORMAT
}

/// Reads the text of a `pyproject.toml`.
pub(super) fn read(reading: &mut Reading, text: &str) {
    let tree = Tree::parse(text, reading);
    let root = tree.root();
    if let Some(project) = tree::table(root, &["project"]) {
        list(reading, &tree, project.get("dependencies"), "project.dependencies", &[Scope::Runtime]);
        for (extra, node) in tree::table(project, &["optional-dependencies"]).into_iter().flatten() {
            let scope = Scope::Extra(DistributionName::new(extra.get_ref()).to_string());
            list(reading, &tree, Some(node), "project.optional-dependencies", &[scope]);
        }
    }
    let main = reading.dependencies.iter().map(|dependency| dependency.name.clone()).collect();
    if let Some(groups) = tree::table(root, &["dependency-groups"]) {
        read_groups(reading, &tree, groups);
    }
    let all = reading.dependencies.iter().map(|dependency| dependency.name.clone()).collect();
    let in_project = poetry::InProject { main: if is_dynamic(root) { BTreeSet::new() } else { main }, all };
    if let Some(build) = tree::table(root, &["build-system"]) {
        list(reading, &tree, build.get("requires"), "build-system.requires", &[Scope::Build]);
    }
    if let Some(poetry) = tree::table(root, &["tool", "poetry"]) {
        poetry::read(reading, &tree, poetry, &in_project);
    }
    if let Some(dynamic) = tree::table(root, &["tool", "setuptools", "dynamic"]) {
        read_dynamic(reading, &tree, dynamic);
    }
    if let Some(uv) = tree::table(root, &["tool", "uv"]) {
        read_uv(reading, &tree, uv);
    }
    let rye = tree::table(root, &["tool", "rye"]);
    list(reading, &tree, rye.and_then(|rye| rye.get("dev-dependencies")), "tool.rye.dev-dependencies", &[Scope::Dev]);
    let others: [(&[&str], Tool); 5] = [
        (&["tool", "flit", "metadata"], flit::read),
        (&["tool", "hatch"], hatch::read_tables),
        (&["tool", "pdm"], pdm::read),
        (&["tool", "pixi"], pixi::read_tables),
        (&["tool", "tox"], tox_toml::read_tables),
    ];
    for (path, read) in others {
        if let Some(table) = tree::table(root, path) {
            read(reading, &tree, table);
        }
    }
    note_dynamic(reading, &tree, root);
    // All entries of this file are named by the project itself.
    reading.dependencies.iter_mut().for_each(|dependency| dependency.direct = Some(true));
}

/// Reads the table of a tool.
type Tool = fn(&mut Reading, &Tree<'_>, &DeTable<'_>);

/// Says so where `[project]` leaves a list to a build backend that is not known to take it from a place that is read.
fn note_dynamic(reading: &mut Reading, tree: &Tree<'_>, root: &DeTable<'_>) {
    let backend = tree::table(root, &["build-system"]).and_then(|build| tree::string(build, "build-backend"));
    // setuptools takes them from setup.py, setup.cfg or files; Poetry and Flit from their own tables.
    let is_read =
        backend.is_none_or(|name| ["setuptools", "poetry", "flit", "pbr"].iter().any(|known| name.starts_with(known)));
    if is_read || !reading.includes.is_empty() {
        return;
    }
    let dynamic = tree::table(root, &["project"]).and_then(|project| project.get("dynamic"));
    for item in dynamic.and_then(|node| node.get_ref().as_array()).into_iter().flatten() {
        if let Some(field @ ("dependencies" | "optional-dependencies")) = item.get_ref().as_str() {
            reading.computed(tree.line(item), format!("the build backend computes {field}: they are not known"));
        }
    }
}

/// Whether `[project]` leaves a part of its dependencies to a tool.
fn is_dynamic(root: &DeTable<'_>) -> bool {
    tree::table(root, &["project"]).is_some_and(|project| {
        tree::strings(project, "dynamic").iter().any(|field| ["dependencies", "optional-dependencies"].contains(field))
    })
}

/// Reads an array of dependency specifiers.
pub(super) fn list(reading: &mut Reading, tree: &Tree<'_>, node: Option<&Node<'_>>, place: &str, scopes: &[Scope]) {
    let Some(node) = node else { return };
    let Some(array) = node.get_ref().as_array() else {
        let found = tree::kind(node.get_ref());
        reading
            .unread(tree.line(node), format!("expected an array of dependency specifiers in {place}, found {found}"));
        return;
    };
    for item in array {
        match item.get_ref().as_str() {
            Some(text) => requirement::read(reading, text, tree.line(item), scopes),
            None => {
                let found = tree::kind(item.get_ref());
                reading.unread(tree.line(item), format!("expected a dependency specifier in {place}, found {found}"));
            }
        }
    }
}

/// Reads `[dependency-groups]`. An entry has the scope of its group and of every group that includes that one.
fn read_groups(reading: &mut Reading, tree: &Tree<'_>, groups: &DeTable<'_>) {
    let normal = |name: &str| DistributionName::new(name).to_string();
    let mut included_by: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut includes = 0;
    for (name, node) in groups {
        for item in node.get_ref().as_array().into_iter().flatten() {
            if let Some(included) = item.get_ref().as_table().and_then(|item| tree::string(item, "include-group")) {
                includes += 1;
                if includes > MAX_GROUP_INCLUDES {
                    let more =
                        format!("more than {MAX_GROUP_INCLUDES} inclusions between groups; the others are ignored");
                    reading.odd(tree.line(item), more);
                    break;
                }
                included_by.entry(normal(included)).or_default().push(normal(name.get_ref()));
            }
        }
    }
    for (name, node) in groups {
        let Some(array) = node.get_ref().as_array() else {
            let found = tree::kind(node.get_ref());
            reading.unread(tree.line(node), format!("expected an array in dependency-groups, found {found}"));
            continue;
        };
        let scopes: Vec<Scope> =
            with_includers(normal(name.get_ref()), &included_by).into_iter().map(Scope::Group).collect();
        for item in array {
            match item.get_ref() {
                DeValue::String(text) => requirement::read(reading, text, tree.line(item), &scopes),
                DeValue::Table(inner) if tree::string(inner, "include-group").is_some() => {}
                other => {
                    let found = tree::kind(other);
                    let expected = "expected a dependency specifier or {include-group = \"...\"}";
                    reading.unread(tree.line(item), format!("{expected} in dependency-groups, found {found}"));
                }
            }
        }
    }
}

/// `group` and the groups that include it, directly or not, sorted; no more than [`MAX_GROUPS`].
pub(super) fn with_includers(group: String, included_by: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let mut found = BTreeSet::new();
    let mut pending = vec![group];
    while let Some(group) = pending.pop().filter(|_| found.len() < MAX_GROUPS) {
        pending.extend(included_by.get(&group).into_iter().flatten().filter(|by| !found.contains(*by)).cloned());
        found.insert(group);
    }
    found.into_iter().collect()
}

/// `[tool.setuptools.dynamic]`: lists that stand in requirements files of any name.
fn read_dynamic(reading: &mut Reading, tree: &Tree<'_>, dynamic: &DeTable<'_>) {
    let mut include = |node: &Node<'_>, scope: &Scope| {
        let files = node.get_ref().as_table().map(|table| tree::strings(table, "file")).unwrap_or_default();
        let line = tree.line(node);
        reading.includes.extend(files.into_iter().map(|target| Include {
            target: target.to_owned(),
            line,
            scope: Some(scope.clone()),
        }));
    };
    if let Some(node) = dynamic.get("dependencies") {
        include(node, &Scope::Runtime);
    }
    for (extra, node) in tree::table(dynamic, &["optional-dependencies"]).into_iter().flatten() {
        include(node, &Scope::Extra(DistributionName::new(extra.get_ref()).to_string()));
    }
}

/// Reads `[tool.uv]`, after the lists that its sources are for.
pub(super) fn read_uv(reading: &mut Reading, tree: &Tree<'_>, uv: &DeTable<'_>) {
    let lists = [
        ("dev-dependencies", Scope::Group("dev".into())),
        ("constraint-dependencies", Scope::Constraint),
        ("override-dependencies", Scope::Override),
        ("build-constraint-dependencies", Scope::Build),
    ];
    for (key, scope) in lists {
        list(reading, tree, uv.get(key), &format!("tool.uv.{key}"), &[scope]);
    }
    for (name, node) in tree::table(uv, &["extra-build-dependencies"]).into_iter().flatten() {
        let place = format!("tool.uv.extra-build-dependencies.{}", name.get_ref());
        let items = node.get_ref().as_array().into_iter().flatten();
        // Tables have the specifier as `requirement`.
        for item in items {
            let table = item.get_ref().as_table();
            match item.get_ref().as_str().or_else(|| tree::string(table?, "requirement")) {
                Some(text) => requirement::read(reading, text, tree.line(item), &[Scope::Build]),
                None => reading.unread(tree.line(item), format!("expected a dependency specifier in {place}")),
            }
        }
    }
    if let Some(workspace) = tree::table(uv, &["workspace"]) {
        let globs = |key| tree::strings(workspace, key).into_iter().take(MAX_GLOBS).map(str::to_owned).collect();
        reading.workspace = Workspace { members: globs("members"), exclude: globs("exclude") };
    }
    if let Some(sources) = tree::table(uv, &["sources"]) {
        let sources: BTreeMap<DistributionName, Source> = sources
            .iter()
            .filter_map(|(name, node)| Some((DistributionName::new(name.get_ref()), uv_source(node.get_ref())?)))
            .collect();
        for dependency in &mut reading.dependencies {
            if let Some(source) = sources.get(&dependency.name)
                && dependency.source == Source::Registry
            {
                dependency.source = source.clone();
            }
        }
    }
}

/// The source that `[tool.uv.sources]` gives, other than an index; of several (by marker), the first.
fn uv_source(value: &DeValue<'_>) -> Option<Source> {
    if let DeValue::Array(several) = value {
        return several.iter().find_map(|one| uv_source_in(one.get_ref().as_table()?));
    }
    uv_source_in(value.as_table()?)
}

fn uv_source_in(table: &DeTable<'_>) -> Option<Source> {
    if let Some(url) = tree::string(table, "git") {
        return Some(Source::Vcs(masked(url)));
    }
    if let Some(url) = tree::string(table, "url") {
        return Some(Source::Url(masked(url)));
    }
    let editable = table.get("editable").and_then(|node| node.get_ref().as_bool()).unwrap_or(false);
    Some(Source::Path { path: tree::string(table, "path")?.to_owned(), editable })
}
