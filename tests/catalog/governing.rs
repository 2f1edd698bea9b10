//! Which of several manifests decides.

use picklegate::catalog::{Candidate, Catalog, DistributionName, Evidence};
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

#[test]
fn forks_pins_and_alternatives_are_a_set() {
    let lock = "version = 1\n[[package]]\nname = \"torch\"\nversion = \"2.5.1\"\n[[package]]\nname = \"torch\"\nversion = \"2.7.0\"\n";
    let range = "[project]\ndependencies = [\"torch<2.6; os_name == 'nt'\", \"torch>=2.6; os_name != 'nt'\"]\n";
    let files = [("uv.lock", lock), ("pyproject.toml", range)];
    assert_eq!(governing(&files, "x.py", "torch"), ["uv.lock:4 locks 2.5.1", "uv.lock:7 locks 2.7.0"]);
    let pins = [("requirements.txt", "torch==2.5.1\n"), ("requirements-gpu.txt", "torch==2.7.0+cu126\n")];
    let both = ["requirements-gpu.txt:1 pins ==2.7.0+cu126", "requirements.txt:1 pins ==2.5.1"];
    assert_eq!(governing(&pins, "x.py", "torch"), both);
    let poetry = "[tool.poetry.dependencies]\ntorch = \"^1.9 || ^2.5\"\n";
    let lock = "[[package]]\nname = \"torch\"\nversion = \"2.5.1\"\n[metadata]\nlock-version = \"2.1\"\n";
    let files = [("pyproject.toml", poetry), ("poetry.lock", lock)];
    assert_eq!(governing(&files, "x.py", "torch"), ["poetry.lock:3 locks 2.5.1"]);
}

#[test]
fn one_stale_fork_is_in_force_beside_what_the_manifest_says() {
    let lock = "version = 1\n[[package]]\nname = \"torch\"\nversion = \"2.5.1\"\n[[package]]\nname = \"torch\"\nversion = \"2.7.0\"\n";
    let range = "[project]\ndependencies = [\"torch>=2.8; os_name == 'nt'\", \"torch>=2.6; os_name != 'nt'\"]\n";
    let files = [("uv.lock", lock), ("pyproject.toml", range)];
    let all = ["pyproject.toml:2 declares >=2.8", "uv.lock:4 locks 2.5.1", "uv.lock:7 locks 2.7.0"];
    assert_eq!(governing(&files, "x.py", "torch"), all);
}

#[test]
fn overrides_replace_and_limits_narrow() {
    let text = "[project]\ndependencies = [\"torch>=2.6\"]\n[tool.uv]\noverride-dependencies = [\"torch==2.5.1\"]\n";
    assert_eq!(governing(&[("pyproject.toml", text)], "x.py", "torch"), ["pyproject.toml:4 pins ==2.5.1"]);
    let files = [("requirements.txt", "-c limits.txt\ntorch>=2.4\n"), ("limits.txt", "torch>=2.6\n")];
    let snapshot = MemorySnapshot::from(files);
    let governing = Catalog::new(&snapshot).governing(&RepoPath::from("x.py"), &DistributionName::new("torch"));
    assert_eq!(governing.candidates.len(), 1);
    assert!(!governing.candidates[0].may_be_in(&["<2.6".parse().expect("PEP 440")]));
    assert!(governing.candidates[0].may_be_in(&[">=2.6".parse().expect("PEP 440")]));
}

#[test]
fn a_lock_that_lists_a_project_by_its_path_governs_it() {
    let lock = "[[package]]\nname = \"member\"\nversion = \"1\"\n[package.source]\ntype = \"directory\"\nurl = \"libs/member\"\n\n[[package]]\nname = \"torch\"\nversion = \"2.5.1\"\n[metadata]\nlock-version = \"2.1\"\n";
    let range = "[tool.poetry.dependencies]\ntorch = \">=2\"\n";
    let files = [("poetry.lock", lock), ("libs/member/pyproject.toml", range), ("libs/other/pyproject.toml", range)];
    assert_eq!(governing(&files, "libs/member/x.py", "torch"), ["poetry.lock:10 locks 2.5.1"]);
    assert_eq!(governing(&files, "libs/other/x.py", "torch"), ["libs/other/pyproject.toml:2 declares >=2"]);
}

#[test]
fn files_of_any_name_count_where_they_are_included() {
    let dynamic = "[tool.setuptools.dynamic]\ndependencies = { file = [\"deps.list\"] }\noptional-dependencies.gpu = { file = \"gpu.list\" }\n";
    let files = [("pyproject.toml", dynamic), ("deps.list", "torch==2.5.1\n"), ("gpu.list", "numpy==1.26\n")];
    assert_eq!(governing(&files, "x.py", "torch"), ["deps.list:1 pins ==2.5.1"]);
    assert_eq!(governing(&files, "x.py", "numpy"), ["gpu.list:1 pins ==1.26"]);
    let all = [("requirements.txt", "-r requirements/dev.txt\n"), ("requirements/dev.txt", "torch==2.5.1\n")];
    let with_own = [all[0], all[1], ("requirements/base.txt", "torch==2.7.0\n")];
    let both = ["requirements/base.txt:1 pins ==2.7.0", "requirements/dev.txt:1 pins ==2.5.1"];
    assert_eq!(governing(&with_own, "x.py", "torch"), both);
}

#[test]
fn threads_share_a_catalog() {
    let snapshot = MemorySnapshot::from([("a/requirements.txt", "torch==2.5.1\n")]);
    let catalog = Catalog::new(&snapshot);
    let torch = DistributionName::new("torch");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(catalog.governing(&RepoPath::from("a/b/c.py"), &torch).candidates.len(), 1));
        }
    });
    let read: Vec<String> =
        catalog.read_so_far().iter().flat_map(|read| &read.manifests).map(ToString::to_string).collect();
    assert_eq!(read, ["a/requirements.txt"]);
}

/// What does not decide, each with the reason.
fn others(files: &[(&str, &str)], file: &str, distribution: &str) -> Vec<String> {
    let mut snapshot = MemorySnapshot::default();
    files.iter().for_each(|(path, text)| snapshot.insert(RepoPath::from(*path), *text));
    let catalog = Catalog::new(&snapshot);
    let (file, distribution) = (RepoPath::from(file), DistributionName::new(distribution));
    let weighed = catalog.weigh(&file, None, &distribution);
    assert_eq!(weighed.governing, catalog.governing(&file, &distribution));
    let shown = |c: &Candidate| format!("{}:{} {}", c.path, c.line, c.raw_version);
    weighed.others.iter().map(|other| format!("{} {:?}", shown(&other.candidate), other.standing)).collect()
}

#[test]
fn all_evidence_is_accounted_for() {
    let root = r#"[build-system]
requires = ["torch==2.4"]
[project]
dependencies = ["torch>=2"]
[tool.uv]
constraint-dependencies = ["torch<3"]
"#;
    let files = [
        ("pyproject.toml", root),
        ("uv.lock", UV_LOCK),
        ("requirements-dev.txt", "torch==2.7.0\n"),
        ("packages/member/pyproject.toml", "[project]\nname = \"m\"\ndependencies = [\"torch>=2.1\"]\n"),
        ("apart/requirements.txt", "torch==1.13\n"),
    ];
    let of_root = [
        "pyproject.toml:2 ==2.4 Build",
        "requirements-dev.txt:1 ==2.7.0 Development",
        "pyproject.toml:6 <3 Limits",
        "pyproject.toml:4 >=2 Weaker",
        "apart/requirements.txt:1 ==1.13 Elsewhere",
        "packages/member/pyproject.toml:3 >=2.1 Elsewhere",
    ];
    assert_eq!(others(&files, "x.py", "torch"), of_root);
    let of_apart = others(&files, "apart/x.py", "torch");
    assert!(of_apart.contains(&"uv.lock:28 2.5.1 Farther".to_owned()), "{of_apart:?}");
    let of_member = others(&files, "packages/member/x.py", "torch");
    assert!(of_member.contains(&"packages/member/pyproject.toml:3 >=2.1 Weaker".to_owned()), "{of_member:?}");
    assert_eq!(of_member.len(), of_root.len());
    let unneeded = [("constraints.txt", "torch==2.5.1\n")];
    assert_eq!(others(&unneeded, "x.py", "torch"), ["constraints.txt:1 ==2.5.1 RequiresNothing"]);
    let replaced =
        "[project]\ndependencies = [\"torch>=2.6\"]\n[tool.uv]\noverride-dependencies = [\"torch==2.5.1\"]\n";
    assert_eq!(others(&[("pyproject.toml", replaced)], "x.py", "torch"), ["pyproject.toml:2 >=2.6 Overridden"]);
}

#[test]
fn directories_between_the_same_manifests_have_equal_outlooks() {
    let snapshot = MemorySnapshot::from([
        ("requirements.txt", "torch==2.3.1\n"),
        ("b/requirements.txt", "torch==2.6.0\n"),
        ("c/tox.ini", "[testenv]\ndeps = torch==2.7.0\n"),
    ]);
    let catalog = Catalog::new(&snapshot);
    let outlook = |directory: &str| catalog.outlook(&RepoPath::from(directory));
    assert_eq!(outlook("a"), outlook(""));
    assert_eq!(outlook("a/x"), outlook("a/y/z"));
    assert_eq!(outlook("b/x"), outlook("b"));
    for other in ["b", "c", "tests", "a/tests"] {
        assert_ne!(outlook("a"), outlook(other), "{other}");
    }
}
