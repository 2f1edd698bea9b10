//! Dependencies that stand in commands and in source files, and what they decide.

use picklegate::catalog::{Catalog, DistributionName, Gravity, Inventory, Scope, entries_of, within};
use picklegate::snapshot::{MemorySnapshot, RepoPath};
use std::time::{Duration, Instant};

type Files<'a> = &'a [(&'a str, &'a str)];

fn snapshot(files: Files) -> MemorySnapshot {
    let mut snapshot = MemorySnapshot::default();
    files.iter().for_each(|(path, text)| snapshot.insert(RepoPath::from(*path), *text));
    snapshot
}

/// What governs torch for `file`, as the gate asks: `path:line version`, each.
fn governing(files: Files, file: &str) -> Vec<String> {
    let snapshot = snapshot(files);
    let catalog = Catalog::new(&snapshot);
    let path = RepoPath::from(file);
    let own = files.iter().find(|(path, _)| *path == file).and_then(|(_, text)| within(&path, text.as_bytes()));
    let found = catalog.governing_with(&path, own.as_ref(), &DistributionName::new("torch"));
    found.candidates.into_iter().map(|c| format!("{}:{} {}", c.path, c.line, c.raw_version)).collect()
}

fn everything(files: Files) -> Inventory {
    Catalog::new(&snapshot(files)).everything()
}

/// Each entry as `path:line name version scopes`.
fn entries(inventory: &Inventory) -> Vec<String> {
    let scopes = |scopes: &[Scope]| scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let shown = inventory
        .dependencies
        .iter()
        .map(|d| format!("{}:{} {} {} {}", d.path, d.line, d.name, d.raw_version, scopes(&d.scopes)));
    shown.collect()
}

const BLOCK: &str = "# /// script\n# dependencies = [\"torch==2.5.1\"]\n# ///\nimport torch\n";
const REQUIREMENTS: (&str, &str) = ("requirements.txt", "torch==2.7.0\n");

/// A notebook of one cell with these lines, the first of which is line 5 of the file.
fn notebook(lines: &[&str]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| format!("{:?}", format!("{line}\n"))).collect();
    format!("{{\"cells\": [\n {{\n  \"cell_type\": \"code\",\n  \"source\": [\n{}\n ]}}\n]}}\n", lines.join(",\n"))
}

#[test]
fn a_script_with_a_block_is_a_world_of_its_own() {
    assert_eq!(governing(&[REQUIREMENTS, ("x.py", BLOCK)], "x.py"), ["x.py:2 ==2.5.1"]);
    let other = BLOCK.replace("torch==2.5.1", "numpy");
    assert_eq!(governing(&[REQUIREMENTS, ("x.py", &other)], "x.py"), [""; 0], "not what stands around it");
    assert_eq!(
        governing(&[REQUIREMENTS, ("x.py", BLOCK), ("y.py", "import torch\n")], "y.py"),
        ["requirements.txt:1 ==2.7.0"]
    );
    assert_eq!(governing(&[("x.py", BLOCK), ("y.py", "import torch\n")], "y.py"), [""; 0], "nor for others");
    let limited =
        BLOCK.replace("# ///\n", "# tool.uv.constraint-dependencies = ['torch<2.6']\n# ///\n").replace("==2.5.1", "");
    assert_eq!(governing(&[("x.py", &limited)], "x.py"), ["x.py:2 "]);
}

#[test]
fn the_lock_beside_a_script_decides_for_it_alone() {
    let lock = "version = 1\n[[package]]\nname = \"torch\"\nversion = \"2.5.0\"\n";
    let ranged = BLOCK.replace("==2.5.1", ">=2");
    let files: Files = &[REQUIREMENTS, ("a/x.py", &ranged), ("a/x.py.lock", lock), ("a/y.py", "import torch\n")];
    assert_eq!(governing(files, "a/x.py"), ["a/x.py.lock:4 2.5.0"]);
    assert_eq!(governing(files, "a/y.py"), ["requirements.txt:1 ==2.7.0"]);
    let files: Files = &[("x.py", BLOCK), ("x.py.lock", lock)];
    assert_eq!(
        governing(files, "x.py"),
        ["x.py:2 ==2.5.1", "x.py.lock:4 2.5.0"],
        "a stale lock and its block disagree"
    );
}

#[test]
fn a_notebook_decides_where_it_names_a_version() {
    let of =
        |lines: &[&str], around: Files| governing(&[around, &[("n/x.ipynb", &notebook(lines))]].concat(), "n/x.ipynb");
    assert_eq!(of(&["%pip install torch==2.5.1"], &[REQUIREMENTS]), ["n/x.ipynb:5 ==2.5.1"]);
    assert_eq!(of(&["import x", "!pip install 'torch>=2'"], &[REQUIREMENTS]), ["n/x.ipynb:6 >=2"]);
    assert_eq!(of(&["!pip install torch"], &[REQUIREMENTS]), ["requirements.txt:1 ==2.7.0"]);
    assert_eq!(of(&["!pip install torch"], &[]), ["n/x.ipynb:5 "]);
    assert_eq!(of(&["!pip install numpy==1"], &[REQUIREMENTS]), ["requirements.txt:1 ==2.7.0"]);
    let other = notebook(&["!pip install torch==2.5.1"]);
    assert_eq!(governing(&[("x.ipynb", &other), ("y.py", "import torch\n")], "y.py"), [""; 0]);
}

#[test]
fn what_an_image_installs_is_what_runs() {
    let image = ("app/Dockerfile", "FROM x\nRUN pip install torch==2.5.1 -r deps.list\n");
    assert_eq!(governing(&[image, ("app/a.py", "")], "app/a.py"), ["app/Dockerfile:2 ==2.5.1"]);
    assert_eq!(
        governing(&[image, ("app/a.py", ""), ("app/requirements.txt", "torch>=2.7\n")], "app/a.py"),
        ["app/Dockerfile:2 ==2.5.1", "app/requirements.txt:1 >=2.7"],
        "either may be in force where they contradict each other"
    );
    let included = everything(&[image, ("app/deps.list", "numpy==1\n")]);
    assert_eq!(entries(&included), ["app/Dockerfile:2 torch ==2.5.1 image", "app/deps.list:1 numpy ==1 image"]);
    assert_eq!(everything(&[image]).diagnostics, [], "what is copied into an image may come from anywhere");
}

#[test]
fn an_audit_reads_sources_too() {
    let found = everything(&[
        ("run", "#!/usr/bin/env -S uv run --script\n# /// script\n# dependencies = ['numpy']\n# ///\n"),
        ("data", "# /// script\n# dependencies = ['no']\n# ///\n"),
        ("notes.md", "# /// script\n# dependencies = ['no']\n# ///\n"),
        ("x.py", BLOCK),
        ("bad.py", "# /// script\n# dependencies = [\n# ///\n"),
        ("y.ipynb", &notebook(&["%pip install scipy"])),
    ]);
    assert_eq!(entries(&found), ["run:3 numpy  script", "x.py:2 torch ==2.5.1 script", "y.ipynb:5 scipy  notebook"]);
    let problems: Vec<_> = found.diagnostics.iter().map(|d| (d.path.to_string(), d.gravity)).collect();
    assert_eq!(problems, [("bad.py".to_owned(), Gravity::Unread)]);
    assert_eq!(found.manifests.len(), 4);
}

#[test]
fn ci_counts_where_no_project_has_evidence() {
    let workflow =
        (".github/workflows/ci.yml", "jobs: {a: {steps: [{run: pip install torch==2.5.1 -r ci/deps.list}]}}\n");
    let hooks = (".pre-commit-config.yaml", "repos: [{hooks: [{additional_dependencies: [torch>=2]}]}]\n");
    assert_eq!(governing(&[workflow, ("a/b.py", "")], "a/b.py"), [".github/workflows/ci.yml:1 ==2.5.1"]);
    assert_eq!(governing(&[hooks, ("a/b.py", "")], "a/b.py"), [".pre-commit-config.yaml:1 >=2"]);
    assert_eq!(governing(&[workflow, hooks, REQUIREMENTS, ("a/b.py", "")], "a/b.py"), ["requirements.txt:1 ==2.7.0"]);
    assert_eq!(
        governing(&[workflow, ("a/requirements.txt", "numpy\n"), ("a/b.py", "")], "a/b.py"),
        [".github/workflows/ci.yml:1 ==2.5.1"]
    );
    let included = everything(&[workflow, ("ci/deps.list", "numpy==1\n")]);
    assert_eq!(entries(&included), [".github/workflows/ci.yml:1 torch ==2.5.1 ci", "ci/deps.list:1 numpy ==1 ci"]);
}

#[test]
fn long_commands_and_open_ends_take_linear_time() {
    let names = ["Dockerfile", ".github/workflows/ci.yml", "x.py", "x.ipynb"];
    for unit in [
        "$(",
        "`",
        "\"$(",
        "'",
        "\"",
        "(",
        "<<A ",
        "cat <<A\n",
        "\\\n",
        "${",
        "{{",
        "bash -c \"",
        "a==$A ",
        "--with a,",
        "[",
        "-r x ",
    ] {
        let fill = unit.repeat(300_000 / unit.len());
        let escaped = fill.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let texts = [
            format!("RUN pip install {fill}"),
            format!("run: |\n  pip install {}", fill.replace('\n', "\n  ")),
            format!("# /// script\n# dependencies = ['{}']\n# ///\n", fill.replace('\n', "\n# ")),
            format!("{{\"cells\": [{{\"cell_type\": \"code\", \"source\": \"!pip install {escaped}\"}}]}}"),
        ];
        for (name, text) in names.iter().zip(texts) {
            let started = Instant::now();
            let found = entries_of(&RepoPath::from(*name), text.as_bytes());
            assert!(started.elapsed() < Duration::from_secs(20), "{name} {unit}: {:?}", started.elapsed());
            assert!(found.diagnostics.len() <= 60, "{name} {unit}: {}", found.diagnostics.len());
        }
    }
}
