//! Dependencies that stand in commands and in source files, and what they decide.

use picklegate::catalog::{
    Catalog, Dependency, DistributionName, Evidence, Gravity, Inventory, Scope, entries_of, within,
};
use picklegate::snapshot::{MemorySnapshot, RepoPath};

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
            let found = entries_of(&RepoPath::from(*name), text.as_bytes());
            assert!(found.diagnostics.len() <= 60, "{name} {unit}: {}", found.diagnostics.len());
        }
    }
}

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/manifests/");

fn recorded(path: &str) -> String {
    std::fs::read_to_string(format!("{DATA}{path}")).expect("test data can be read")
}

fn json(path: &str) -> serde_json::Value {
    serde_json::from_str(&recorded(path)).expect("test data is JSON")
}

#[test]
fn blocks_are_found_where_the_reference_finds_them() {
    for case in json("uv-script/blocks.json").as_array().expect("a list") {
        let text = |key: &str| case[key].as_str().expect("a string");
        let found = match within(&RepoPath::from("x.py"), text("text").as_bytes()) {
            None => "none",
            Some(own) if own.diagnostics.iter().any(|d| d.gravity == Gravity::Unread) => "error",
            Some(_) => "block",
        };
        // The reference does not look at the type of the list; uv does.
        let expected = if text("case") == "wrong_type" { text("uv") } else { text("reference") };
        assert_eq!(found, expected, "{}", text("case"));
        if text("uv") != "error" && text("case") != "other_type_around" {
            assert_eq!(found, text("uv"), "{}", text("case"));
        }
    }
}

#[test]
fn the_lock_of_a_script_has_what_uv_exports() {
    let (script, lock) = (recorded("uv-script/fetch.py"), recorded("uv-script/fetch.py.lock"));
    let found = everything(&[("fetch.py", &script), ("fetch.py.lock", &lock)]);
    assert_eq!(found.diagnostics, []);
    let locked = found.dependencies.iter().filter(|d| d.path == RepoPath::from("fetch.py.lock"));
    let mut locked: Vec<String> = locked.map(|d| format!("{}=={}", d.name, d.raw_version)).collect();
    let export = recorded("uv-script/export.txt");
    let mut exported: Vec<String> = export
        .lines()
        .filter(|l| l.contains("==") && !l.trim_start().starts_with('#'))
        .map(|l| l.split(" ;").next().unwrap_or(l).to_owned())
        .collect();
    locked.sort();
    exported.sort();
    assert_eq!(locked, exported);
    assert!(found.dependencies.iter().filter(|d| d.evidence == Evidence::Locked).all(|d| d.scopes == [Scope::Script]));
    let declared = found.dependencies.iter().filter(|d| d.path == RepoPath::from("fetch.py"));
    let declared: Vec<String> = declared.map(|d| format!("{} {} {}", d.line, d.name, d.raw_version)).collect();
    assert_eq!(declared, ["4 requests >=2.31", "5 rich ", "9 urllib3 <2.3"]);
}

#[test]
fn commands_are_read_as_pip_reads_them() {
    for command in json("pip-commands/commands.json")["commands"].as_array().expect("a list") {
        let texts = |key: &str| -> Vec<&str> {
            command[key].as_array().expect("a list").iter().map(|text| text.as_str().expect("a string")).collect()
        };
        let line = command["command"].as_str().expect("a string");
        // Each file that it names has one entry, so that inclusions show.
        let mut files = vec![("Dockerfile".to_owned(), format!("RUN {line}\n"))];
        files.extend(
            texts("requirements")
                .iter()
                .chain(&texts("constraints"))
                .map(|file| ((*file).to_owned(), format!("of-{}\n", file.replace(".txt", "")))),
        );
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let found = everything(&files);
        assert_eq!(found.diagnostics, [], "{line}");
        let of = |constrains: bool| {
            let is = move |d: &&Dependency| d.scopes.contains(&Scope::Constraint) == constrains;
            let mut names: Vec<String> = found.dependencies.iter().filter(is).map(|d| d.name.to_string()).collect();
            names.sort();
            names
        };
        let name = |text: &&str| {
            let text = text.split_once("#egg=").map_or(*text, |(_, name)| name);
            let end = text.find(|c: char| "=<>!~[@; ".contains(c)).unwrap_or(text.len());
            (!text.starts_with('.')).then(|| text[..end].to_owned())
        };
        let included =
            |key: &str| texts(key).iter().map(|file| format!("of-{}", file.replace(".txt", ""))).collect::<Vec<_>>();
        let mut expected: Vec<String> = texts("args").iter().chain(&texts("editables")).filter_map(name).collect();
        expected.extend(included("requirements"));
        expected.sort();
        let mut limits = included("constraints");
        limits.sort();
        assert_eq!((of(false), of(true)), (expected, limits), "{line}");
    }
}
