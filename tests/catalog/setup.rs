//! What setuptools, tox and nox read, against what setuptools makes of the same files.

use picklegate::catalog::{Catalog, Dependency, DistributionName, Gravity, Inventory, Scope, Source, entries_of};
use picklegate::snapshot::{DirectorySnapshot, RepoPath};
use std::collections::BTreeSet;
use std::path::Path;

fn inventory(name: &str, text: &str) -> Inventory {
    entries_of(&RepoPath::from(name), text.as_bytes())
}

/// `line name version scopes marker` of each entry.
fn shown(dependency: &Dependency) -> String {
    let scopes: Vec<String> = dependency.scopes.iter().map(ToString::to_string).collect();
    let marker = dependency.marker.as_deref().unwrap_or("");
    let (line, name, version) = (dependency.line, &dependency.raw_name, &dependency.raw_version);
    format!("{line} {name} {version} {} {marker}", scopes.join(",")).trim_end().to_owned()
}

/// The entries of one manifest; nothing may be odd.
fn entries(name: &str, text: &str) -> Vec<String> {
    let inventory = inventory(name, text);
    assert_eq!(inventory.diagnostics, []);
    inventory.dependencies.iter().map(shown).collect()
}

/// A requirement without what may be written in several ways: `name[extras] clauses; marker`, clauses in order.
fn normal(name: &str, extras: &str, version: &str, url: &str, marker: &str) -> String {
    let without_blanks =
        |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>().replace('\'', "\"");
    let mut clauses: Vec<String> = version.split(',').map(without_blanks).collect();
    clauses.sort();
    format!(
        "{}[{extras}] {}{url}; {}",
        DistributionName::new(name),
        clauses.join(","),
        without_blanks(marker).trim_matches(['(', ')'])
    )
}

/// What setuptools wrote.
fn required(case: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(case.join("METADATA.txt")).expect("a recorded file");
    let one = |line: &str| {
        let (requirement, marker) = line.strip_prefix("Requires-Dist: ")?.split_once(';').unwrap_or((&line[15..], ""));
        let (requirement, url) = requirement.split_once(" @ ").unwrap_or((requirement, ""));
        let end = requirement.find(['[', '=', '<', '>', '!', '~']).unwrap_or(requirement.len());
        let (name, rest) = requirement.split_at(end);
        let (extras, version) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')).unwrap_or(("", rest));
        Some(normal(name, extras, version, url.trim(), marker))
    };
    text.lines().filter_map(one).collect()
}

/// What picklegate reads that a distribution may need.
fn read(case: &Path) -> (BTreeSet<String>, Inventory) {
    let snapshot = DirectorySnapshot::open(case, 1 << 20);
    let inventory = Catalog::new(&snapshot).everything();
    let mut found = BTreeSet::new();
    for dependency in &inventory.dependencies {
        for scope in &dependency.scopes {
            let extra = match scope {
                Scope::Runtime => String::new(),
                Scope::Extra(name) => format!("extra == \"{name}\""),
                _ => continue,
            };
            let marker = dependency.marker.clone().unwrap_or_default();
            let both = if marker.is_empty() || extra.is_empty() { "" } else { " and " };
            let url = match &dependency.source {
                Source::Url(url) => url,
                _ => "",
            };
            let version = if url.is_empty() { &dependency.raw_version } else { "" };
            let extras = dependency.extras.join(",");
            found.insert(normal(&dependency.raw_name, &extras, version, url, &format!("{marker}{both}{extra}")));
        }
    }
    (found, inventory)
}

#[test]
fn setup_cfg_has_what_setuptools_makes_of_it() {
    let case = Path::new("tests/data/manifests/setuptools-84/cfg");
    let (found, inventory) = read(case);
    assert_eq!(inventory.diagnostics, []);
    assert_eq!(found, required(case));
}

#[test]
fn setup_py_has_what_setuptools_makes_of_it() {
    let case = Path::new("tests/data/manifests/setuptools-84/py");
    let (found, inventory) = read(case);
    assert_eq!(inventory.diagnostics, []);
    assert_eq!(found, required(case));
}

#[test]
fn setup_cfg_that_setuptools_no_longer_takes() {
    let text = "[metadata]\nrequires-dist =\n  a >=1\n[options]\ninstall-requires = b; c==1 ;\nINSTALL_REQUIRES: d; os_name == 'nt'\n\
        [options]\ntests_require = e\nsetup_requires =\n  f\n  \\\n[options.extras_require]\nX = g>=1 # why\n[tool]\ninstall_requires = h\n";
    let inventory = inventory("setup.cfg", text);
    let expected = [
        "3 a >=1 runtime",
        "5 b  runtime",
        "5 c ==1 runtime",
        "6 d  runtime os_name == 'nt'",
        "8 e  dev",
        "10 f  build",
        "13 g >=1 extra:x",
    ];
    assert_eq!(inventory.dependencies.iter().map(shown).collect::<Vec<_>>(), expected);
    assert!(inventory.dependencies.iter().all(|dependency| dependency.direct == Some(true)));
}

#[test]
fn setup_cfg_says_what_it_cannot_read() {
    let said = |text: &str| -> Vec<(u32, Gravity)> {
        inventory("setup.cfg", text).diagnostics.iter().map(|said| (said.line, said.gravity)).collect()
    };
    assert_eq!(said("[options]\ninstall_requires =\ntorch\nnumpy\n"), [(3, Gravity::Unread), (4, Gravity::Unread)]);
    assert_eq!(said("[flake8]\nignore =\nE1\n"), []);
    assert_eq!(said("[options]\ninstall_requires =\n  torch 2\n"), [(3, Gravity::Odd)]);
    assert_eq!(said("[options]\ninstall_requires =\n  ==2\n"), [(3, Gravity::Unread)]);
    assert_eq!(entries("setup.cfg", "[options]\ninstall_requires =\n").len(), 0);
}
