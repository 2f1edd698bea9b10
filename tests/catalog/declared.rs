//! What tools write into `pyproject.toml` and files of their own, each written to show one thing.

use super::entries::{entries, gravities, inventory};
use picklegate::catalog::{Catalog, Gravity, Scope, Source};
use picklegate::snapshot::{DirectorySnapshot, MemorySnapshot, RepoPath};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

#[test]
fn hatch_environments_and_builds() {
    let tables = r#"[envs.default]
dependencies = ["torch==2.5.1"]
extra-dependencies = ["pytest"]
[envs.test.overrides]
matrix.version.dependencies = [{ value = "numpy<2", if = ["old"] }, "six"]
platform.windows.extra-dependencies = ["colorama"]
[build]
dependencies = ["hatch-vcs"]
[build.targets.wheel]
dependencies = ["editables"]
[build.targets.wheel.hooks.mypyc]
dependencies = ["mypy>=1"]
"#;
    let expected = [
        "2 torch ==2.5.1 env:default",
        "3 pytest  env:default",
        "5 numpy <2 env:test",
        "5 six  env:test",
        "6 colorama  env:test",
        "8 hatch-vcs  build",
        "10 editables  build",
        "12 mypy >=1 build",
    ];
    assert_eq!(entries("hatch.toml", tables), expected);
    let tables = tables.replace("[envs", "[tool.hatch.envs").replace("[build", "[tool.hatch.build");
    assert_eq!(entries("pyproject.toml", &tables), expected);
    let odd = "[envs.a]\ndependencies = 3\n[envs.b.overrides]\nx.y.dependencies = [{ if = [] }]\n";
    assert_eq!(gravities("hatch.toml", odd), [(2, Gravity::Unread), (4, Gravity::Unread)]);
}

#[test]
fn the_files_of_hatch_requirements_txt_are_included() {
    let pyproject = r#"[project]
dynamic = ["dependencies", "optional-dependencies"]
[build-system]
build-backend = "hatchling.build"
[tool.hatch.metadata.hooks.requirements_txt]
files = ["deps.list"]
[tool.hatch.metadata.hooks.requirements_txt.optional-dependencies]
GPU = ["gpu.list"]
"#;
    let files = [("pyproject.toml", pyproject), ("deps.list", "torch\n"), ("gpu.list", "cupy\n")];
    let inventory = Catalog::new(&MemorySnapshot::from(files)).everything();
    let found: Vec<_> = inventory.dependencies.iter().map(|d| (d.name.as_str(), &d.scopes[..])).collect();
    assert_eq!(found, [("torch", &[Scope::Runtime][..]), ("cupy", &[Scope::Extra("gpu".into())])]);
    assert_eq!(inventory.diagnostics, []);
}

/// What `hatch env show --json` says of each environment, less what all inherit from `default`.
#[test]
fn environments_are_those_that_hatch_shows() {
    let root = Path::new("tests/data/manifests/hatch-1.18");
    let shown = std::fs::read_to_string(root.join("environments.json")).expect("recorded");
    let shown: BTreeMap<String, Vec<String>> = serde_json::from_str(&shown).expect("JSON");
    let mut expected: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, dependencies) in &shown {
        let base = name.split('.').next().expect("split gives one part");
        expected.entry(base).or_default().extend(dependencies.iter().map(String::as_str));
    }
    let snapshot = DirectorySnapshot::open(root, 1 << 20);
    let inventory = Catalog::new(&snapshot).everything();
    let written: Vec<(&str, String)> = inventory
        .dependencies
        .iter()
        .flat_map(|d| d.scopes.iter().map(move |scope| (d, scope)))
        .filter_map(|(d, scope)| match scope {
            Scope::Environment(name) => Some((name.as_str(), format!("{}{}", d.raw_name, d.raw_version))),
            _ => None,
        })
        .collect();
    let mut found: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, written) in &written {
        found.entry(name).or_default().insert(written);
    }
    let inherited = found["default"].clone();
    found.get_mut("test").expect("it has dependencies of its own").extend(inherited);
    assert_eq!(found, expected);
    let export = std::fs::read_to_string(root.join("export.txt")).expect("recorded");
    let project: BTreeSet<String> = inventory
        .dependencies
        .iter()
        .filter(|d| d.scopes.iter().any(|scope| matches!(scope, Scope::Runtime | Scope::Extra(_))))
        .map(|d| format!("{}{}", d.raw_name, d.raw_version))
        .collect();
    assert_eq!(project, export.lines().map(|l| l.split(';').next().expect("one part").to_owned()).collect());
}

#[test]
fn pdm_groups_and_overrides() {
    let text = r#"[tool.pdm.dev-dependencies]
Test_All = ["pytest>=8", "-e file:///${PROJECT_ROOT}/libs/own#egg=own"]
[tool.pdm.resolution.overrides]
torch = "2.5.1"
numpy = ">=1.26,<2"
lib = "https://user:secret@example.org/lib-1.0-py3-none-any.whl"
any = "*"
"#;
    assert_eq!(
        entries("pyproject.toml", text),
        [
            "2 own  group:test-all",
            "2 pytest >=8 group:test-all",
            "4 torch ==2.5.1 override",
            "5 numpy >=1.26,<2 override",
            "6 lib 1.0 override",
            "7 any  override",
        ]
    );
    let own = Source::Path { path: "file:///${PROJECT_ROOT}/libs/own#egg=own".into(), editable: true };
    assert_eq!(inventory("pyproject.toml", text).dependencies[0].source, own);
    let odd = "[tool.pdm.dev-dependencies]\na = [3, \"==1\"]\n[tool.pdm.overrides]\nb = 1\n\"c d\" = \"1\"\n";
    let lines: Vec<u32> = gravities("pyproject.toml", odd).iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [2, 2, 4, 5]);
}

#[test]
fn flit_rye_and_uv_lists() {
    let text = r#"[tool.flit.metadata]
requires = ["requests>=2"]
dev-requires = ["ruff"]
[tool.flit.metadata.requires-extra]
Test = ["pytest"]
[tool.rye]
dev-dependencies = ["mypy==1.8"]
[tool.uv.extra-build-dependencies]
flash-attn = ["torch==2.5.1", { requirement = "numpy", match-runtime = true }]
"#;
    let expected = ["2 requests >=2 runtime", "3 ruff  dev", "5 pytest  extra:test", "7 mypy ==1.8 dev"];
    let build = ["9 numpy  build", "9 torch ==2.5.1 build"];
    assert_eq!(entries("pyproject.toml", text), [&expected[..], &build].concat());
}

#[test]
fn tox_in_toml() {
    let text = r#"requires = ["tox>=4"]
[env_run_base]
deps = ["pytest", "-r requirements-test.txt", "-cconstraints.txt", { replace = "ref", of = ["x"] }]
[env.old]
deps = """
  numpy<2
  --pre
"""
"#;
    let of_base = ["1 tox >=4 env:tox", "3 pytest  env:env_run_base", "6 numpy <2 env:old"];
    assert_eq!(entries("tox.toml", text), of_base);
    let files = [("tox.toml", text), ("requirements-test.txt", "torch==2.5.1\n"), ("constraints.txt", "")];
    let snapshot = MemorySnapshot::from(files);
    let catalog = Catalog::new(&snapshot);
    assert_eq!(catalog.everything().diagnostics, []);
    let wrong = "[env.a]\ndeps = 3\n[env.b]\ndeps = [4]\n";
    assert_eq!(gravities("tox.toml", wrong), [(2, Gravity::Unread), (4, Gravity::Unread)]);
}

#[test]
fn what_only_environments_install_decides_where_nothing_else_does() {
    let tox = ("tox.toml", "[env.a]\ndeps = [\"torch==2.5.1\"]\n");
    let governing = |files: &[(&str, &str)], file: &str| {
        let mut snapshot = MemorySnapshot::default();
        files.iter().for_each(|(path, text)| snapshot.insert(RepoPath::from(*path), *text));
        let governing = Catalog::new(&snapshot)
            .governing(&RepoPath::from(file), &picklegate::catalog::DistributionName::new("torch"));
        governing.candidates.iter().map(|c| format!("{} {}", c.path, c.raw_version)).collect::<Vec<_>>()
    };
    assert_eq!(governing(&[tox], "a/b.py"), ["tox.toml ==2.5.1"]);
    let near = ("a/tox.toml", tox.1);
    assert_eq!(governing(&[near, ("requirements.txt", "torch>=2\n")], "a/b.py"), ["requirements.txt >=2"]);
    let hatch = "[tool.hatch.envs.a]\ndependencies = [\"torch==2.5.1\"]\n[project]\ndependencies = [\"torch>=2\"]\n";
    assert_eq!(governing(&[("pyproject.toml", hatch)], "b.py"), ["pyproject.toml >=2"]);
}

#[test]
fn lists_that_a_build_backend_computes_are_said() {
    let text = |backend: &str| {
        format!("[project]\ndynamic = [\"version\", \"dependencies\"]\n[build-system]\nbuild-backend = \"{backend}\"\n")
    };
    assert_eq!(gravities("pyproject.toml", &text("hatchling.build")), [(2, Gravity::Computed)]);
    assert_eq!(gravities("pyproject.toml", &text("setuptools.build_meta")), [], "setup.py has them");
    assert_eq!(gravities("pyproject.toml", &text("x").replace(", \"dependencies\"", "")), []);
}

#[test]
fn poetry_groups_include_each_other() {
    let text = "[tool.poetry.group.dev]\ninclude-groups = [\"lint\"]\n[tool.poetry.group.lint]\ninclude-groups = [\"dev\"]\n[tool.poetry.group.lint.dependencies]\nruff = \"0.9\"\n";
    assert_eq!(entries("pyproject.toml", text), ["6 ruff 0.9 group:dev,group:lint"]);
}

#[test]
fn groups_that_all_include_one_do_not_multiply_it() {
    let including: String = (0..900).map(|n| format!("g{n} = [{{ include-group = \"all\" }}]\n")).collect();
    let text = format!("[dependency-groups]\n{including}all = [{}]\n", "\"a\",".repeat(100_000));
    let inventory = inventory("pyproject.toml", &text);
    assert_eq!(inventory.dependencies.len(), 100_000);
    assert!(inventory.dependencies.iter().all(|found| found.scopes.len() <= 64));
}

#[test]
fn tox_ini_environments() {
    let text = r#"[tox]
envlist = py39
requires =
    tox>=4
[base]
deps =
    requests # why
    dev: dill
[testenv]
deps =
    {[base]deps}
    py{38,39}: six==1.16
    !dev: attrs
    torch=={env:TORCH:2}
    {posargs}
    -e .
constraints = numpy<2
[testenv:docs]
deps = {[base]deps}
    sphinx; python_version > "3"
    {[nowhere]deps}
    git+https://example.org/x#egg=x
commands = pip install nothing
[flake8]
deps = nothing
"#;
    let inventory = inventory("tox.ini", text);
    let found: Vec<String> = inventory
        .dependencies
        .iter()
        .map(|d| format!("{} {} {}{}", d.line, d.raw_name, d.raw_version, d.scopes[0]).replacen("env:", " env:", 1))
        .collect();
    assert_eq!(
        found,
        [
            "4 tox >=4 env:tox",
            "7 requests  env:testenv",
            "7 requests  env:docs",
            "8 dill  env:dev",
            "8 dill  env:docs",
            "12 six ==1.16 env:py{38,39}",
            "13 attrs  env:!dev",
            "14 torch  env:testenv",
            "17 numpy <2constraint",
            "20 sphinx  env:docs",
            "22 x  env:docs",
        ]
    );
    let computed = [14, 15, 21].map(|line| (line, Gravity::Computed));
    assert_eq!(gravities("tox.ini", text), computed);
    assert_eq!(gravities("tox.ini", "[testenv]\ndeps\n"), [(2, Gravity::Odd)]);
}

#[test]
fn tox_sections_in_setup_cfg_and_in_toml() {
    let sections = "[testenv]\ndeps =\n    dill==0.3\n    a[b]>=1\n";
    assert_eq!(entries("setup.cfg", sections), [""; 0], "without [tox:tox] they are not tox's");
    let expected = ["3 dill ==0.3 env:testenv", "4 a >=1 env:testenv"];
    assert_eq!(entries("setup.cfg", &format!("{sections}[tox:tox]\n")), expected);
    let legacy = format!("[tool.tox]\nlegacy_tox_ini = \"\"\"{sections}\"\"\"\n");
    let below = format!("[tool.tox]\nlegacy_tox_ini = '''\n{sections}'''\n");
    assert_eq!(entries("pyproject.toml", &legacy), ["4 dill ==0.3 env:testenv", "5 a >=1 env:testenv"]);
    assert_eq!(entries("pyproject.toml", &below), ["5 dill ==0.3 env:testenv", "6 a >=1 env:testenv"]);
}

#[test]
fn tox_includes_files_for_its_environments() {
    let tox = "[testenv]\ndeps =\n  -r{toxinidir}/requirements-dev.txt\n  -c limits.txt\n  torch==2.5\n";
    let files = [("tox.ini", tox), ("requirements-dev.txt", "torch==2.6\n"), ("limits.txt", "torch<3\n")];
    let snapshot = MemorySnapshot::from(files);
    let catalog = Catalog::new(&snapshot);
    let inventory = catalog.everything();
    let found: Vec<_> = inventory.dependencies.iter().map(|d| (d.path.to_string(), &d.scopes[..])).collect();
    let env = Scope::Environment("testenv".into());
    let expected = [
        ("limits.txt".to_owned(), &[Scope::Constraint][..]),
        ("requirements-dev.txt".to_owned(), &[Scope::Dev, env.clone()][..]),
        ("tox.ini".to_owned(), &[env][..]),
    ];
    assert_eq!((&found[..], &inventory.diagnostics[..]), (&expected[..], &[][..]));
    let torch = picklegate::catalog::DistributionName::new("torch");
    let governing = catalog.governing(&RepoPath::from("x.py"), &torch);
    assert_eq!(governing.candidates.iter().map(|c| c.raw_version.as_str()).collect::<Vec<_>>(), ["==2.6"]);
}
