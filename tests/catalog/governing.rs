//! Which of several manifests decides.

use picklegate::catalog::{Catalog, DistributionName, Evidence};
use picklegate::snapshot::{MemorySnapshot, RepoPath};

/// What governs `distribution` for `file`: `path:line version`, each.
fn governing(files: &[(&str, &str)], file: &str, distribution: &str) -> Vec<String> {
    let mut snapshot = MemorySnapshot::default();
    for (path, text) in files {
        snapshot.insert(RepoPath::from(*path), *text);
    }
    let catalog = Catalog::new(&snapshot);
    let governing = catalog.governing(&RepoPath::from(file), &DistributionName::new(distribution));
    governing
        .candidates
        .iter()
        .map(|c| format!("{}:{} {} {}", c.path, c.line, c.evidence.verb(), c.raw_version))
        .collect()
}

const UV_LOCK: &str = r#"version = 1
revision = 3
requires-python = ">=3.10"

[manifest]
members = ["root", "member"]

[[package]]
name = "member"
version = "0.1.0"
source = { editable = "packages/member" }
dependencies = [{ name = "torch" }]

[[package]]
name = "root"
source = { virtual = "." }

[package.dev-dependencies]
dev = [{ name = "pyyaml" }]

[[package]]
name = "pyyaml"
version = "6.0.2"
source = { registry = "https://packages.example.org/simple" }

[[package]]
name = "torch"
version = "2.5.1"
source = { registry = "https://packages.example.org/simple" }
"#;

#[test]
fn the_nearest_directory_with_evidence_decides() {
    let files = [("requirements.txt", "torch==2.5.1\nPyYAML==6.0\n"), ("app/requirements.txt", "torch==2.7.0\n")];
    assert_eq!(governing(&files, "app/x.py", "torch"), ["app/requirements.txt:1 pins ==2.7.0"]);
    assert_eq!(governing(&files, "app/x.py", "pyyaml"), ["requirements.txt:2 pins ==6.0"]);
    assert_eq!(governing(&files, "x.py", "torch"), ["requirements.txt:1 pins ==2.5.1"]);
    assert_eq!(governing(&files, "x.py", "numpy"), [] as [&str; 0]);
}

#[test]
fn in_one_directory_locked_then_pinned_then_declared() {
    let pyproject = "[project]\ndependencies = [\n  \"torch>=2\",\n]\n";
    let mut files = vec![("pyproject.toml", pyproject)];
    assert_eq!(governing(&files, "x.py", "torch"), ["pyproject.toml:3 declares >=2"]);
    files.push(("requirements.txt", "torch==2.5.1\n"));
    assert_eq!(governing(&files, "x.py", "torch"), ["requirements.txt:1 pins ==2.5.1"]);
    files.push(("uv.lock", UV_LOCK));
    assert_eq!(governing(&files, "x.py", "torch"), ["uv.lock:28 locks 2.5.1"]);
}

#[test]
fn a_workspace_lock_governs_its_members_and_nobody_else() {
    let range = "[project]\nname = \"m\"\ndependencies = [\"torch>=2\"]\n";
    let files = [("uv.lock", UV_LOCK), ("packages/member/pyproject.toml", range), ("other/pyproject.toml", range)];
    assert_eq!(governing(&files, "packages/member/src/x.py", "torch"), ["uv.lock:28 locks 2.5.1"]);
    assert_eq!(governing(&files, "other/x.py", "torch"), ["other/pyproject.toml:3 declares >=2"]);
}

#[test]
fn a_lock_that_contradicts_the_manifest_leaves_both_in_force() {
    let range = "[project]\nname = \"m\"\ndependencies = [\"torch>=2.6\"]\n";
    let files = [("uv.lock", UV_LOCK), ("packages/member/pyproject.toml", range)];
    let both = ["packages/member/pyproject.toml:3 declares >=2.6", "uv.lock:28 locks 2.5.1"];
    assert_eq!(governing(&files, "packages/member/x.py", "torch"), both);
}

#[test]
fn what_is_only_for_development_does_not_decide_what_runs() {
    let files = [("requirements.txt", "torch==2.5.1"), ("requirements-dev.txt", "torch==2.7.0\npyyaml==5.3\n")];
    assert_eq!(governing(&files, "x.py", "torch"), ["requirements.txt:1 pins ==2.5.1"]);
    assert_eq!(governing(&files, "x.py", "pyyaml"), ["requirements-dev.txt:2 pins ==5.3"]);
    let both = ["requirements-dev.txt:1 pins ==2.7.0", "requirements.txt:1 pins ==2.5.1"];
    assert_eq!(governing(&files, "tests/x.py", "torch"), both);
    let build = [("pyproject.toml", "[build-system]\nrequires = [\"numpy==1.26\"]\n")];
    assert_eq!(governing(&build, "x.py", "numpy"), [] as [&str; 0]);
}

#[test]
fn constraints_decide_only_what_is_required() {
    let files =
        [("requirements.txt", "-c constraints.txt\ntorch\n"), ("constraints.txt", "torch==2.5.1\nnumpy==1.26\n")];
    assert_eq!(governing(&files, "x.py", "torch"), ["constraints.txt:1 pins ==2.5.1"]);
    assert_eq!(governing(&files, "x.py", "numpy"), [] as [&str; 0]);
}

#[test]
fn inclusions_end_though_they_run_in_circles() {
    let files = [
        ("requirements.txt", "-r requirements/base.txt\n-r requirements.txt\n"),
        ("requirements/base.txt", "-r ../requirements.txt\n-r ../../out.txt\n-r gone.txt\ntorch==2.5.1\n"),
    ];
    assert_eq!(governing(&files, "x.py", "torch"), ["requirements/base.txt:4 pins ==2.5.1"]);
    let snapshot = MemorySnapshot::from(files);
    let inventory = Catalog::new(&snapshot).everything();
    assert_eq!(inventory.diagnostics.iter().map(|d| d.line).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(inventory.dependencies.len(), 1);
    assert_eq!(inventory.dependencies[0].evidence, Evidence::Pinned);
}
