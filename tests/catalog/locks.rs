//! Single locks of Pipenv and PDM, each written to show one thing, and broken at every key.

use picklegate::catalog::{Catalog, Dependency, Gravity, Inventory, Scope, Source, entries_of};
use picklegate::snapshot::{MemorySnapshot, RepoPath};

fn inventory(name: &str, text: &str) -> Inventory {
    entries_of(&RepoPath::from(name), text.as_bytes())
}

/// `line name version scopes marker` of each entry.
fn entries(inventory: &Inventory) -> Vec<String> {
    inventory.dependencies.iter().map(shown).collect()
}

fn shown(d: &Dependency) -> String {
    let scopes: Vec<String> = d.scopes.iter().map(ToString::to_string).collect();
    let text = format!("{} {} {} {}", d.line, d.raw_name, d.raw_version, scopes.join(","));
    d.marker.as_ref().map_or_else(|| text.trim_end().to_owned(), |marker| format!("{text} {marker}"))
}

/// `line gravity` of each diagnostic.
fn said(inventory: &Inventory) -> Vec<String> {
    inventory.diagnostics.iter().map(|d| format!("{} {:?}", d.line, d.gravity)).collect()
}

#[test]
fn all_spellings_of_a_pipfile() {
    let text = r#"[[source]]
url = "https://packages.example.org/simple"
[packages]
a = "*"
b = "==1.*"
C_c = {version = "==2.0", extras = ["x"], markers = "os_name == 'nt' or os_name == 'posix'", python_version = "< '3.9'"}
d = {git = "https://user:secret@example.org/d.git", ref = "v1", editable = true}
e1839a8 = {path = ".", editable = true}
e1839a9 = {file = "https://example.org/torch-2.3.1-py3-none-any.whl"}
[packages.f]
path = "libs/f"
[dev-packages]
g = "(>=1,<2)"
[My_Docs]
h = "nightly"
[scripts]
run = "python -m a"
[requires]
python_version = "3.11"
"#;
    let found = inventory("Pipfile", text);
    assert_eq!(
        entries(&found),
        [
            "4 a * runtime",
            "5 b ==1.* runtime",
            "6 C_c ==2.0 runtime (os_name == 'nt' or os_name == 'posix') and python_version < '3.9'",
            "7 d  runtime",
            "9 torch  runtime",
            "10 f  runtime",
            "13 g (>=1,<2) dev",
            "15 h nightly group:my-docs",
        ]
    );
    assert_eq!(said(&found), ["15 Odd"]);
    assert_eq!(found.dependencies[3].source, Source::Vcs("https://****@example.org/d.git".into()));
    assert_eq!(found.dependencies[5].source, Source::Path { path: "libs/f".into(), editable: false });
    assert_eq!(found.dependencies[6].specifier, Some(">=1,<2".parse().expect("PEP 440")));
    let versions: Vec<bool> = found.dependencies.iter().map(|d| d.version.is_some()).collect();
    assert_eq!(versions, [false, false, true, false, true, false, false, false]);
}

#[test]
fn a_pipfile_that_is_wrong_at_every_key() {
    let wrong = ["1", "[]", "true", "1979-05-27"];
    for value in wrong {
        let found = inventory("Pipfile", &format!("packages = {value}\n"));
        assert_eq!((entries(&found), said(&found)), (vec![], vec!["1 Unread".to_owned()]), "{value}");
        let found = inventory("Pipfile", &format!("[packages]\na = {value}\nb = \"*\"\n"));
        assert_eq!((entries(&found), said(&found)), (vec!["3 b * runtime".into()], vec!["2 Unread".into()]), "{value}");
        let found = inventory("Pipfile", &format!("[packages.a]\nversion = {value}\n"));
        assert_eq!((entries(&found), said(&found)), (vec!["2 a  runtime".into()], vec!["2 Unread".into()]), "{value}");
        for key in ["extras", "markers", "git", "path", "file", "editable", "sys_platform"] {
            let found = inventory("Pipfile", &format!("[packages]\na = {{version = \"==1\", {key} = {value}}}\n"));
            assert_eq!((entries(&found), said(&found)), (vec!["2 a ==1 runtime".into()], vec![]), "{key} = {value}");
        }
    }
    let found = inventory("Pipfile", "[packages]\n\"a b\" = \"*\"\nc = \"*\"\n");
    assert_eq!((entries(&found), said(&found)), (vec!["3 c * runtime".into()], vec!["2 Unread".into()]));
}

#[test]
fn categories_of_a_pipfile_lock() {
    let text = r#"{
  "_meta": {"pipfile-spec": 6, "torch": {"version": "==0"}},
  "default": {
    "torch": {"hashes": ["sha256:0"], "version": "==2.5.1", "markers": "os_name == 'nt'", "extras": ["x"]},
    "colorama": {"version": "*"},
    "d": {"git": "https://user:secret@example.org/d.git", "ref": "0123"}
  },
  "develop": {"own": {"editable": true,
    "path": "./own"}},
  "My_Docs": {"torch": {"version": "==2.7.0"}}
}"#;
    let found = inventory("Pipfile.lock", text);
    assert_eq!(
        entries(&found),
        [
            "4 torch 2.5.1 runtime os_name == 'nt'",
            "5 colorama * runtime",
            "6 d  runtime",
            "8 own  dev",
            "10 torch 2.7.0 group:my-docs",
        ]
    );
    assert_eq!(said(&found), Vec::<String>::new());
    assert_eq!(found.dependencies[0].extras, ["x"]);
    assert_eq!(found.dependencies[2].source, Source::Vcs("https://****@example.org/d.git".into()));
    assert_eq!(found.dependencies[3].source, Source::Path { path: "./own".into(), editable: true });
}

#[test]
fn a_pipfile_lock_that_is_wrong_at_every_key() {
    let lock =
        |inside: &str| inventory("Pipfile.lock", &format!("{{\"_meta\": {{\"pipfile-spec\": 6}},\n{inside}\n}}"));
    for value in ["1", "[]", "true", "null", "[{}]"] {
        for root in [value.to_owned(), format!("{{\"default\": {value}}}")] {
            assert!(
                inventory("Pipfile.lock", &root).diagnostics.iter().any(|d| d.gravity == Gravity::Unread),
                "{root}"
            );
        }
        let found = lock(&format!("\"default\": {value},\n\"develop\": {{\"a\": {{\"version\": \"==1\"}}}}"));
        assert_eq!((entries(&found), said(&found)), (vec!["3 a 1 dev".into()], vec!["2 Unread".into()]), "{value}");
        let found = lock(&format!("\"default\": {{\"a\": {value},\n\"b\": {{}}}}"));
        assert_eq!((entries(&found), said(&found)), (vec!["3 b  runtime".into()], vec!["2 Unread".into()]), "{value}");
        let found = lock(&format!("\"default\": {{\"a\": {{\"version\":\n{value}}}}}"));
        assert_eq!((entries(&found), said(&found)), (vec!["3 a  runtime".into()], vec!["3 Unread".into()]), "{value}");
        for key in ["extras", "markers", "git", "path", "file", "editable", "hashes", "index"] {
            let found = lock(&format!("\"default\": {{\"a\": {{\"{key}\": {value}, \"version\": \"==1\"}}}}"));
            assert_eq!((entries(&found), said(&found)), (vec!["2 a 1 runtime".into()], vec![]), "{key}: {value}");
        }
    }
    let spec = |spec: &str| said(&inventory("Pipfile.lock", &format!("{{\"_meta\":\n{{\"pipfile-spec\": {spec}}}}}")));
    assert_eq!((spec("5"), spec("7"), spec("\"6\"")), (vec![], vec!["2 Unread".into()], vec!["2 Unread".into()]));
    assert_eq!(said(&inventory("Pipfile.lock", "{}")), ["1 Odd"]);
    let found = lock("\"default\": {\"a b\": {\"version\": \"==1\"},\n\"c\": {\"version\": \"==nightly\"}}");
    assert_eq!(
        (entries(&found), said(&found)),
        (vec!["3 c nightly runtime".into()], vec!["2 Unread".into(), "3 Odd".into()])
    );
}

#[test]
fn a_damaged_pipfile_lock_keeps_the_lines_that_are_whole() {
    let text = r#"{
    "_meta": {
        "pipfile-spec": 6
    },
    "default": {
        "torch": {
            "markers": "os_name == 'nt'",
<<<<<<< HEAD
            "version": "==2.5.1"
=======
            "version": "==2.7.0"
>>>>>>> other
        },
        "numpy": {
            "version": "==1.26.4"
        }
    },
    "develop": {
        "pytest": {
            "version": "==8.0"
"#;
    let found = inventory("Pipfile.lock", text);
    assert_eq!(
        entries(&found),
        ["9 torch 2.5.1 runtime", "11 torch 2.7.0 runtime", "15 numpy 1.26.4 runtime", "20 pytest 8.0 dev"]
    );
    assert_eq!(said(&found), ["8 Odd", "11 Unread"]);
}

#[test]
fn packages_and_groups_of_a_pdm_lock() {
    let text = r#"[metadata]
groups = ["default", "test"]
lock_version = "4.5.0"
[[package]]
name = "coverage"
version = "7.1"
groups = ["test", "default"]
dependencies = ["other<2; python_version < '3.9'", "other[x]>=2; python_version >= '3.9'"]
[[package]]
name = "coverage"
version = "7.1"
extras = ["toml"]
groups = ["test"]
marker = "os_name == \"nt\""
dependencies = ["coverage==7.1", "tomli; python_version < '3.11'"]
[[package]]
name = "other"
version = "1.5"
[[package]]
name = "other"
version = "2.5"
dependencies = ["tomli"]
[[package]]
name = "own"
version = "0.1"
path = "./own"
editable = true
[[package]]
name = "tomli"
version = "2.0"
git = "https://user:secret@example.org/tomli.git"
"#;
    let found = inventory("pdm.lock", text);
    assert_eq!(
        entries(&found),
        [
            "6 coverage 7.1 runtime,group:test",
            "11 coverage 7.1 group:test os_name == \"nt\"",
            "18 other 1.5",
            "21 other 2.5",
            "25 own 0.1",
            "30 tomli 2.0",
        ]
    );
    assert_eq!(said(&found), Vec::<String>::new());
    let parents: Vec<Vec<&str>> =
        found.dependencies.iter().map(|d| d.parents.iter().map(|parent| parent.as_str()).collect()).collect();
    assert_eq!(parents, [vec![], vec![], vec!["coverage"], vec!["coverage"], vec![], vec!["coverage", "other"]]);
    assert_eq!(found.dependencies[1].extras, ["toml"]);
    assert_eq!(found.dependencies[4].source, Source::Path { path: "./own".into(), editable: true });
    assert_eq!(found.dependencies[5].source, Source::Vcs("https://****@example.org/tomli.git".into()));
}

#[test]
fn a_pdm_lock_that_is_wrong_at_every_key() {
    let version = "metadata.lock_version = \"4.5.0\"\n";
    for value in ["1", "[]", "[1]", "true", "{}", "\"@\""] {
        let found = inventory("pdm.lock", &format!("{version}package = {value}\n"));
        assert!(entries(&found).is_empty() && (value == "[]") == found.diagnostics.is_empty(), "{value}");
        let found = inventory("pdm.lock", &format!("{version}[[package]]\nname = \"a\"\nversion = {value}\n"));
        let expected = if value == "\"@\"" { ("4 a @", "4 Odd") } else { ("4 a", "4 Unread") };
        assert_eq!((entries(&found), said(&found)), (vec![expected.0.into()], vec![expected.1.into()]), "{value}");
        if value != "\"@\"" {
            let found = inventory("pdm.lock", &format!("{version}[[package]]\nname = {value}\nversion = \"1\"\n"));
            assert_eq!((entries(&found), said(&found)), (vec![], vec!["2 Unread".to_owned()]), "{value}");
        }
        for key in ["dependencies", "files", "extras", "marker", "editable", "sections"] {
            let text = format!("{version}[[package]]\nname = \"a\"\nversion = \"1\"\n{key} = {value}\n");
            let found = inventory("pdm.lock", &text);
            assert_eq!((found.dependencies.len(), said(&found)), (1, vec![]), "{key} = {value}");
        }
        let found = inventory("pdm.lock", &format!("metadata.lock_version = {value}\n"));
        assert_eq!(said(&found), if value == "1" { Vec::<String>::new() } else { vec!["1 Unread".into()] }, "{value}");
    }
    let versions = ["\"2\"", "\"3.1\"", "\"4.4.2\"", "\"4.9\"", "\"5.0\""]
        .map(|version| said(&inventory("pdm.lock", &format!("[metadata]\nlock_version = {version}\n"))).concat());
    assert_eq!(versions, ["", "", "", "2 Odd", "2 Unread"]);
    assert_eq!(said(&inventory("pdm.lock", "[metadata]\n")), ["1 Unread"]);
}

#[test]
fn categories_are_what_they_are_for() {
    let scopes = |text: &str| inventory("Pipfile", text).dependencies[0].scopes.clone();
    assert_eq!(scopes("[packages]\na = \"*\"\n"), [Scope::Runtime]);
    assert_eq!(scopes("[dev-packages]\na = \"*\"\n"), [Scope::Dev]);
    assert_eq!(scopes("[docs]\na = \"*\"\n"), [Scope::Group("docs".into())]);
}

#[test]
fn what_rye_locks_is_locked() {
    let text = "# generated by rye\n# use `rye lock` or `rye sync` to update this lockfile\n#\n# last locked with the following flags:\n#   pre: false\n#   features: []\n#   all-features: false\n#   with-sources: false\n#   generate-hashes: false\n#   universal: false\n\n-e file:.\nclick==8.1.7\n    # via flask\n    # via sample\nflask==3.0.3\n    # via sample\njinja2==3.1.4 ; python_version >= '3.8'\n    # via flask\n";
    for (name, scope) in [("requirements.lock", "runtime"), ("requirements-dev.lock", "dev")] {
        let found = inventory(name, text);
        assert_eq!(said(&found), Vec::<String>::new());
        let read: Vec<String> = found
            .dependencies
            .iter()
            .map(|d| {
                format!("{} {:?} {:?} {:?}", shown(d), d.evidence, d.direct, d.parents.first().map(|p| p.as_str()))
            })
            .collect();
        assert_eq!(
            read,
            [
                format!("13 click ==8.1.7 {scope} Locked Some(true) Some(\"flask\")"),
                format!("16 flask ==3.0.3 {scope} Locked Some(true) None"),
                format!("18 jinja2 ==3.1.4 {scope} python_version >= '3.8' Locked Some(false) Some(\"flask\")"),
            ]
        );
    }
}

#[test]
fn a_manifest_beside_a_lock_says_what_is_direct() {
    let lock = "metadata.lock_version = \"4.5.0\"\n[[package]]\nname = \"a\"\nversion = \"1\"\ngroups = [\"Fast\", \"test\"]\n[[package]]\nname = \"b\"\nversion = \"1\"\n";
    let pins = "a==1\nb==1\n";
    let direct = |files: &[(&str, &str)]| {
        let mut snapshot = MemorySnapshot::from([("pdm.lock", lock)]);
        files.iter().for_each(|(path, text)| snapshot.insert(RepoPath::from(*path), *text));
        let inventory = Catalog::new(&snapshot).everything();
        let locked = inventory.dependencies.into_iter().filter(|d| d.format == "pdm.lock");
        locked.map(|d| (d.direct, d.scopes)).collect::<Vec<_>>()
    };
    let [extra, fast, test] = [Scope::Extra("fast".into()), Scope::Group("fast".into()), Scope::Group("test".into())];
    let unknown = vec![(None, vec![fast.clone(), test.clone()]), (None, vec![])];
    assert_eq!(direct(&[]), unknown);
    assert_eq!(
        direct(&[("pyproject.toml", "[build-system]\nrequires = [\"a\"]\n"), ("constraints.txt", "a<2\n")]),
        unknown
    );
    let project = "[project.optional-dependencies]\nfast = [\"a\"]\n[dependency-groups]\ntest = [\"a\"]\n";
    let told = vec![(Some(true), vec![extra, test.clone()]), (Some(false), vec![])];
    assert_eq!(direct(&[("pyproject.toml", project), ("requirements.txt", pins)]), told, "an export tells nothing");
    let told = vec![(Some(true), vec![fast.clone(), test.clone()]), (Some(false), vec![])];
    assert_eq!(direct(&[("requirements.in", "a\n"), ("requirements.txt", pins)]), told);
    assert_eq!(direct(&[("requirements.txt", pins)]), vec![(Some(true), vec![fast, test]), (Some(true), vec![])]);
}
