//! The module map as data: who may import whom, and who may touch which outside crate.

use std::{collections::BTreeSet, fs, path::Path};

/// (module, modules of ours it may name). A module missing here fails the test.
const LAYERS: &[(&str, &[&str])] = &[
    ("parallel", &[]),
    ("snapshot", &[]),
    ("finding", &["snapshot"]),
    ("git", &["snapshot"]),
    ("syntax", &["snapshot"]),
    ("catalog", &["parallel", "snapshot", "syntax"]),
    ("rules", &["snapshot", "finding", "catalog"]),
    ("scan", &["snapshot", "finding", "syntax", "rules"]),
    ("linking", &["snapshot", "finding", "rules", "scan"]),
    ("introduced", &["finding"]),
    ("gate", &["parallel", "snapshot", "finding", "syntax", "catalog", "rules", "scan", "linking", "introduced"]),
    ("audit", &["snapshot", "finding", "syntax", "catalog", "rules", "gate"]),
    ("report", &["snapshot", "finding", "catalog", "rules", "introduced", "gate", "audit"]),
    ("cli", &["snapshot", "finding", "git", "catalog", "rules", "gate", "audit", "report"]),
];

/// (name as written in source, the only modules that may write it).
const OWNERS: &[(&str, &[&str])] = &[
    ("gix::", &["git"]),
    ("gix_bitmap::", &["git"]),
    ("ruff_", &["syntax", "catalog", "scan"]),
    ("ignore::", &["snapshot"]),
    ("pep508_rs::", &["catalog"]),
    ("pep440_rs::", &["catalog", "rules"]),
    ("toml::", &["catalog", "rules", "cli"]),
    ("serde_json::", &["syntax", "catalog", "report"]),
    ("annotate_snippets::", &["report"]),
    ("clap::", &["cli"]),
    ("println!", &["cli"]),
    ("std::env", &["cli"]),
    // In git: `git rev-parse` for a ref of a reftable repository (reftable.rs).
    ("std::process", &["cli", "git"]),
    // In git: configuration, index and the like, which gix reads only whole or not as git does (files.rs).
    ("std::fs", &["snapshot", "cli", "git"]),
];

#[test]
fn modules_import_only_downwards() {
    let mut broken = BTreeSet::new();
    visit(Path::new("src"), &mut |path, code| {
        let module = top_module(path);
        if module == "main" || module == "lib" {
            return;
        }
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == module) else {
            broken.insert(format!("{module}: not in LAYERS"));
            return;
        };
        for (other, _) in LAYERS.iter().filter(|(name, _)| *name != module) {
            if names(code, other) && !allowed.contains(other) {
                broken.insert(format!("{}: `{module}` may not import `{other}`", path.display()));
            }
        }
        for (name, owners) in OWNERS {
            if code.contains(name) && !owners.contains(&module.as_str()) {
                broken.insert(format!("{}: only {owners:?} may use `{name}`", path.display()));
            }
        }
    });
    assert!(broken.is_empty(), "{broken:#?}");
}

/// Whether `code` writes `crate::other`, alone or inside a `crate::{...}` group.
fn names(code: &str, other: &str) -> bool {
    let is = |s: &str| s.trim_start().split(|c: char| !(c.is_alphanumeric() || c == '_')).next() == Some(other);
    code.split("crate::").skip(1).any(|rest| match rest.strip_prefix('{') {
        None => is(rest),
        Some(group) => {
            let (mut depth, mut start) = (1, 0);
            for (i, c) in group.char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 1 => {
                        if is(&group[start..i]) {
                            return true;
                        }
                        start = i + 1;
                    }
                    _ => {}
                }
                if depth == 0 {
                    return is(&group[start..i]);
                }
            }
            false
        }
    })
}

fn top_module(path: &Path) -> String {
    let first = path.components().nth(1).expect("a path under src/").as_os_str();
    first.to_string_lossy().trim_end_matches(".rs").to_owned()
}

fn visit(dir: &Path, f: &mut impl FnMut(&Path, &str)) {
    for entry in fs::read_dir(dir).expect("src/ can be listed") {
        let path = entry.expect("an entry of src/").path();
        if path.is_dir() {
            visit(&path, f);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            let text = fs::read_to_string(&path).expect("sources are UTF-8");
            let code = text.split("#[cfg(test)]").next().expect("split gives one part");
            let code: String = code.lines().map(|l| l.split("//").next().expect("split gives one part")).collect();
            f(&path, &code);
        }
    }
}
