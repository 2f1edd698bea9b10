//! Single manifests, each written to show one thing.

use picklegate::catalog::{Dependency, Gravity, Inventory, Source, entries_of, format_of, may_decide_versions};
use picklegate::snapshot::RepoPath;

pub fn inventory(name: &str, text: &str) -> Inventory {
    entries_of(&RepoPath::from(name), text.as_bytes())
}

/// `line name version scopes marker` of each entry; nothing may be odd.
pub fn entries(name: &str, text: &str) -> Vec<String> {
    let inventory = inventory(name, text);
    assert_eq!(inventory.diagnostics, []);
    inventory.dependencies.iter().map(shown).collect()
}

fn shown(d: &Dependency) -> String {
    let scopes: Vec<String> = d.scopes.iter().map(ToString::to_string).collect();
    let text = format!("{} {} {} {}", d.line, d.raw_name, d.raw_version, scopes.join(","));
    d.marker.as_ref().map_or_else(|| text.trim_end().to_owned(), |marker| format!("{text} {marker}"))
}

pub fn gravities(name: &str, text: &str) -> Vec<(u32, Gravity)> {
    inventory(name, text).diagnostics.iter().map(|diagnostic| (diagnostic.line, diagnostic.gravity)).collect()
}

#[test]
fn pep_621_and_735() {
    let text = r#"[build-system]
requires = ["setuptools>=61"]

[project]
name = "sample"
dependencies = [
    "torch>=2,<3; sys_platform == 'linux'", # why
    'PyYAML',
]

[project.optional-dependencies]
Fast_Path = ["numpy==1.26.4"]

[dependency-groups]
Test_All = [{ include-group = "lint" }, "pytest"]
lint = ["ruff==0.9"]
"#;
    assert_eq!(
        entries("pyproject.toml", text),
        [
            "2 setuptools >=61 build",
            "7 torch >=2,<3 runtime sys_platform == 'linux'",
            "8 PyYAML  runtime",
            "12 numpy ==1.26.4 extra:fast-path",
            "15 pytest  group:test-all",
            "16 ruff ==0.9 group:lint,group:test-all",
        ]
    );
}

#[test]
fn groups_that_include_each_other_end() {
    let text = "[dependency-groups]\na = [{ include-group = \"b\" }, \"x\"]\nb = [{ include-group = \"a\" }]\n";
    assert_eq!(entries("pyproject.toml", text), ["2 x  group:a,group:b"]);
}

#[test]
fn what_uv_adds_to_pyproject() {
    let text = r#"[project]
dependencies = ["torch>=2", "lib", "other"]
[tool.uv]
dev-dependencies = ["pytest"]
constraint-dependencies = ["numpy<2"]
override-dependencies = ["torch==2.5.1"]
[tool.uv.sources]
lib = { path = "../lib", editable = true }
Other = [{ index = "own", marker = "os_name == 'nt'" }, { git = "https://user:secret@example.org/other" }]
"#;
    let expected = ["2 lib  runtime", "2 other  runtime", "2 torch >=2 runtime"];
    let lists = ["4 pytest  group:dev", "5 numpy <2 constraint", "6 torch ==2.5.1 override"];
    assert_eq!(entries("pyproject.toml", text), [expected, lists].concat());
    let sources: Vec<Source> =
        inventory("pyproject.toml", text).dependencies.into_iter().take(2).map(|d| d.source).collect();
    let git = Source::Vcs("https://****@example.org/other".into());
    assert_eq!(sources, [Source::Path { path: "../lib".into(), editable: true }, git]);
}

#[test]
fn poetry_before_project_tables() {
    let text = r#"[tool.poetry.dependencies]
python = "^3.9"
torch = "^2.1"
PyYAML = { version = "6.0.1", optional = true }
numpy = [
    { version = "<2", python = "<3.12" },
    { version = ">=2 || ==1.26.4", markers = "os_name == 'nt'", python = ">=3.12" },
]
lib = { path = "../lib", develop = true }
[tool.poetry.extras]
conf = ["pyyaml"]
[tool.poetry.dev-dependencies]
pytest = "*"
[tool.poetry.group.docs.dependencies.sphinx]
optional = true
version = "~7.0"
"#;
    assert_eq!(
        entries("pyproject.toml", text),
        [
            "3 torch ^2.1 runtime",
            "4 PyYAML 6.0.1 extra:conf",
            "6 numpy <2 runtime python `<3.12`",
            "7 numpy >=2 || ==1.26.4 runtime os_name == 'nt' and python `>=3.12`",
            "7 numpy >=2 || ==1.26.4 runtime os_name == 'nt' and python `>=3.12`",
            "9 lib  runtime",
            "13 pytest * dev",
            "16 sphinx ~7.0 group:docs",
        ]
    );
}

#[test]
fn poetry_beside_a_project_table_only_adds_to_it() {
    let poetry = "[tool.poetry.dependencies]\ntorch = { source = \"cpu\" }\nnumpy = \"^1\"\n";
    let listed = format!("[project]\ndependencies = [\"torch>=2\"]\n{poetry}");
    assert_eq!(entries("pyproject.toml", &listed), ["2 torch >=2 runtime"]);
    let dynamic = format!("[project]\ndynamic = [\"dependencies\"]\n{poetry}");
    assert_eq!(entries("pyproject.toml", &dynamic), ["4 torch  runtime", "5 numpy ^1 runtime"]);
}

#[test]
fn markers_of_groups_in_a_pylock() {
    let text = r#"lock-version = "1.0"
[[packages]]
name = "a"
version = "1"
marker = "'dev' in dependency_groups or 'Test_All' in dependency_groups"
[[packages]]
name = "b"
version = "2"
marker = "'gpu' in extras and sys_platform == 'linux'"
[[packages]]
name = "c"
version = "3"
marker = "'gpu' in extras or sys_platform == 'linux'"
[[packages]]
name = "d"
directory = { path = "lib", editable = true }
"#;
    let scopes: Vec<String> = entries("pylock.dev.toml", text)
        .iter()
        .filter_map(|entry| entry.split(' ').nth(3).map(str::to_owned))
        .collect();
    assert_eq!(scopes[..2], ["group:dev,group:test-all", "extra:gpu"]);
    assert!(inventory("pylock.toml", text).dependencies[2].scopes.is_empty());
    let last = &inventory("pylock.toml", text).dependencies[3];
    assert_eq!((last.line, &last.version), (15, &None));
}

#[test]
fn lock_versions_to_come() {
    let uv = |version| format!("version = {version}\n[[package]]\nname = \"a\"\nversion = \"1\"\n");
    assert_eq!(gravities("uv.lock", &uv("1")), []);
    assert_eq!(gravities("uv.lock", &uv("1\nrevision = 999")), [(2, Gravity::Odd)]);
    assert_eq!(gravities("uv.lock", &uv("2")), [(1, Gravity::Unread)]);
    let poetry =
        |version| format!("[[package]]\nname = \"a\"\nversion = \"1\"\n[metadata]\nlock-version = {version}\n");
    for known in ["\"1.0\"", "\"1.1\"", "\"2.0\"", "\"2.1\""] {
        assert_eq!(gravities("poetry.lock", &poetry(known)), []);
    }
    assert_eq!(gravities("poetry.lock", &poetry("\"2.9\"")), [(5, Gravity::Odd)]);
    assert_eq!(gravities("poetry.lock", &poetry("\"3.0\"")), [(5, Gravity::Unread)]);
    assert_eq!(gravities("poetry.lock", &poetry("[]")), [(5, Gravity::Unread)]);
    assert_eq!(gravities("pylock.toml", "lock-version = \"1.1\"\n"), [(1, Gravity::Odd)]);
    assert_eq!(gravities("pylock.toml", "lock-version = \"2.0\"\n"), [(1, Gravity::Unread)]);
    assert_eq!(inventory("uv.lock", &uv("2")).dependencies.len(), 1, "what can be read of it is");
}

#[test]
fn a_broken_manifest_keeps_what_is_whole() {
    let text = "[project]\nname = oops\ndependencies = [\"torch==2.5.1\", 3]\nversion = \n[tool.uv]\ndev-dependencies = \"x\"\n";
    let inventory = inventory("pyproject.toml", text);
    assert_eq!(inventory.dependencies.iter().map(shown).collect::<Vec<_>>(), ["3 torch ==2.5.1 runtime"]);
    let lines: Vec<u32> = inventory.diagnostics.iter().map(|diagnostic| diagnostic.line).collect();
    assert_eq!(lines, [2, 4, 3, 6]);
    assert!(inventory.diagnostics.iter().all(|diagnostic| diagnostic.gravity == Gravity::Unread));
}

#[test]
fn both_sides_of_an_unresolved_merge_count() {
    let text = "<<<<<<< HEAD\ntorch==2.5.1\n=======\ntorch==2.7.0\n>>>>>>> other\n";
    let inventory = inventory("requirements.txt", text);
    assert_eq!(inventory.dependencies.len(), 2);
    assert_eq!(inventory.diagnostics.iter().map(|d| (d.line, d.gravity)).collect::<Vec<_>>(), [(1, Gravity::Odd)]);
    let lock = "version = 1\n<<<<<<< HEAD\n[[package]]\nname = \"a\"\nversion = \"1\"\n=======\n[[package]]\nname = \"a\"\nversion = \"2\"\n>>>>>>> x\n";
    assert_eq!(self::inventory("uv.lock", lock).dependencies.len(), 2);
}

#[test]
fn names_alone_choose_the_format() {
    let format = |path: &str| format_of(&RepoPath::from(path));
    assert_eq!(format("a/requirements/dev.txt"), Some("requirements"));
    assert_eq!(format("a/pylock.dev.toml"), Some("pylock.toml"));
    assert_eq!(format("uv.lock"), Some("uv.lock"));
    for path in ["Cargo.lock", "pylock.toml.bak", "notes.txt", "my-pyproject.toml", "MANIFEST.in", "x/setup.pyi"] {
        assert_eq!(format(path), None, "{path}");
    }
    assert!(may_decide_versions(&RepoPath::from("deps.txt")) && !may_decide_versions(&RepoPath::from("a.py")));
}
