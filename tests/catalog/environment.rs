//! Installed environments that real installers made, against what the same tools list; damaged and hostile ones; and
//! what sources import that nothing declares.

use picklegate::catalog::{
    Catalog, Dependency, DistributionName, Evidence, Gravity, InstalledEnvironment, Inventory, Source, is_environment,
};
use picklegate::rules::RuleSet;
use picklegate::snapshot::{MemorySnapshot, RepoPath, Snapshot, SnapshotError, UnfilteredSnapshot};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const RECORDED: [&str; 3] = ["pip-26-environment", "setuptools-57-environment", "uv-environment"];

fn recorded(case: &str) -> InstalledEnvironment {
    let root = Path::new("tests/data/manifests").join(case).join("venv");
    let snapshot = UnfilteredSnapshot::new(root, 1 << 20);
    assert_eq!(is_environment(&snapshot), Ok(true));
    InstalledEnvironment::read(RepoPath::from("venv"), Box::new(snapshot)).expect("an environment")
}

fn json(case: &str, file: &str) -> serde_json::Value {
    let path = Path::new("tests/data/manifests").join(case).join(file);
    serde_json::from_str(&std::fs::read_to_string(path).expect("a recorded file")).expect("recorded as JSON")
}

/// The inventory of an environment whose site-packages have these files.
fn read(files: &[(&str, &str)]) -> Inventory {
    let mut snapshot = MemorySnapshot::default();
    snapshot.insert(RepoPath::from("lib/python3.12/site-packages/README.txt"), "");
    for (path, text) in files {
        snapshot.insert(RepoPath::from("lib/python3.12/site-packages").join(path.as_bytes()), *text);
    }
    read_snapshot(snapshot)
}

fn read_snapshot(snapshot: MemorySnapshot) -> Inventory {
    let environment = InstalledEnvironment::read(RepoPath::from("env"), Box::new(snapshot)).expect("an environment");
    environment.import_names();
    Inventory::clone(environment.inventory())
}

/// `name version` of each entry.
fn names(inventory: &Inventory) -> Vec<String> {
    inventory.dependencies.iter().map(|found| format!("{} {}", found.name, found.raw_version)).collect()
}

fn problems(inventory: &Inventory) -> Vec<String> {
    inventory.diagnostics.iter().map(ToString::to_string).collect()
}

fn entry<'a>(inventory: &'a Inventory, name: &str) -> &'a Dependency {
    let name = DistributionName::new(name);
    inventory.dependencies.iter().find(|found| found.name == name).unwrap_or_else(|| panic!("no entry for {name}"))
}

fn parents(inventory: &Inventory, name: &str) -> Vec<String> {
    entry(inventory, name).parents.iter().map(ToString::to_string).collect()
}

#[test]
fn everything_that_the_installer_lists_is_read() {
    for case in RECORDED {
        let environment = recorded(case);
        let mut listed = BTreeMap::new();
        for found in json(case, "list.json").as_array().expect("a list") {
            let field = |key: &str| found[key].as_str().unwrap_or_default().to_owned();
            listed
                .insert(DistributionName::new(&field("name")), (field("version"), field("editable_project_location")));
        }
        let found: BTreeMap<DistributionName, (String, String)> = environment
            .inventory()
            .dependencies
            .iter()
            .map(|found| {
                let editable = match &found.source {
                    Source::Path { path, editable: true } => path.trim_start_matches("file://").to_owned(),
                    _ => String::new(),
                };
                (found.name.clone(), (found.raw_version.clone(), editable))
            })
            .collect();
        if case.starts_with("setuptools") {
            // pip finds the version in the sources, which lie elsewhere; and did not list the place in those days.
            let link = listed.get_mut(&DistributionName::new("devpkg")).expect("it is listed");
            *link = (String::new(), "/home/user/src/devpkg".into());
        }
        assert_eq!(found, listed, "{case}");
    }
}

#[test]
fn entries_say_what_pip_inspect_says() {
    let environment = recorded("pip-26-environment");
    let recorded = json("pip-26-environment", "inspect.json");
    let inspected = recorded.as_array().expect("a list");
    assert_eq!(inspected.len(), environment.inventory().dependencies.len());
    for expected in inspected {
        let name = expected["name"].as_str().expect("a name");
        let found = entry(environment.inventory(), name);
        assert_eq!((found.raw_name.as_str(), found.evidence), (name, Evidence::Installed));
        assert_eq!(found.direct, expected["requested"].as_bool(), "{name}");
        let url = &expected["direct_url"];
        let is = |key: &str| !url[key].is_null();
        let written = url["url"].as_str().unwrap_or_default();
        let source = match url["vcs_info"]["commit_id"].as_str() {
            Some(commit) => Source::Vcs(format!("git+{written}@{commit}")),
            None if is("url") => {
                let editable = url["dir_info"]["editable"].as_bool() == Some(true);
                Source::Path { path: written.into(), editable }
            }
            None => Source::Registry,
        };
        assert_eq!(found.source, source, "{name}");
    }
    assert_eq!(environment.inventory().diagnostics, []);
}

#[test]
fn every_entry_stands_on_its_line() {
    for case in RECORDED {
        for found in &recorded(case).inventory().dependencies {
            if !found.raw_version.is_empty() && !found.path.to_string().ends_with(".egg") {
                let path = Path::new("tests/data/manifests").join(case).join(found.path.to_string());
                let text = std::fs::read_to_string(path).expect("a recorded file");
                let line = text.lines().nth(found.line as usize - 1).expect("the line is there");
                assert_eq!(line, format!("Version: {}", found.raw_version), "{case}: {}", found.path);
            }
        }
    }
}

#[test]
fn those_that_need_a_distribution_are_its_parents() {
    let environment = recorded("pip-26-environment");
    let inventory = environment.inventory();
    assert_eq!(parents(inventory, "idna"), ["requests"]);
    assert_eq!(parents(inventory, "requests"), ["pathpkg"]);
    // Of an extra that `pathpkg` asks for; its own extra is not asked for by anything that is installed.
    assert_eq!(parents(inventory, "pysocks"), ["requests"]);
    assert_eq!(parents(inventory, "jinja2"), [""; 0]);
    assert_eq!(parents(inventory, "markupsafe"), ["jinja2"]);
    let old = recorded("setuptools-57-environment");
    assert_eq!(parents(old.inventory(), "six"), ["eggdir"]);
    assert_eq!(parents(old.inventory(), "zipp"), ["eggdir"]);
    assert_eq!(parents(old.inventory(), "idna"), [""; 0]);
}

#[test]
fn only_pip_tells_what_was_asked_for() {
    // uv marks what it resolved as well.
    let uv = recorded("uv-environment");
    assert!(uv.inventory().dependencies.iter().all(|found| found.direct.is_none()));
    let old = recorded("setuptools-57-environment");
    assert_eq!(entry(old.inventory(), "six").direct, Some(true));
    assert_eq!(entry(old.inventory(), "eggdir").direct, None);
}

#[test]
fn import_names_are_those_of_the_installed_files() {
    let environment = recorded("pip-26-environment");
    let of = |module: &str| -> Vec<String> {
        environment.import_names().get(module).into_iter().flatten().map(ToString::to_string).collect()
    };
    assert_eq!(of("ruamel.yaml"), ["ruamel-yaml"]);
    assert_eq!(of("zope.event"), ["zope-event"]);
    assert_eq!(of("socks"), ["pysocks"]);
    assert_eq!(of("sockshandler"), ["pysocks"]);
    assert_eq!(of("google_crc32c"), ["google-crc32c"]);
    assert_eq!(of("editpkg"), ["editpkg"]);
    assert_eq!((of("ruamel").len(), of("zope").len(), of("jinja2.nonesuch").len()), (0, 0, 0));
    let old = recorded("setuptools-57-environment");
    assert!(old.import_names()["eggdir"].contains(&DistributionName::new("eggdir")));
}

#[test]
fn layouts_of_all_platforms_are_found() {
    let metadata = "Metadata-Version: 2.1\nName: torch\nVersion: 2.5.1\n";
    for place in [
        "lib/python3.12/site-packages",
        "lib64/python3.9/site-packages",
        "Lib/site-packages",
        "lib/pypy3.10/site-packages",
        "lib/python3/dist-packages",
        "local/lib/python3.12/dist-packages",
        "",
    ] {
        let path = RepoPath::from(place).join(b"torch-2.5.1.dist-info/METADATA");
        let path = RepoPath::from(path.to_string().trim_start_matches("./"));
        let mut snapshot = MemorySnapshot::default();
        snapshot.insert(path.clone(), metadata);
        let inventory = read_snapshot(snapshot);
        assert_eq!(names(&inventory), ["torch 2.5.1"], "{place}");
        assert_eq!(inventory.dependencies[0].path.to_string(), format!("env/{path}"));
    }
    for files in [&[][..], &["src/a.py"], &["lib/a.py"], &["pyvenv.cfg"]] {
        let mut snapshot = MemorySnapshot::default();
        files.iter().for_each(|path| snapshot.insert(RepoPath::from(*path), ""));
        assert!(InstalledEnvironment::read(RepoPath::root(), Box::new(snapshot)).is_none(), "{files:?}");
    }
}

#[test]
fn a_project_with_an_environment_in_it_is_no_environment() {
    let is = |files: &[&str]| {
        let mut snapshot = MemorySnapshot::default();
        files.iter().for_each(|path| snapshot.insert(RepoPath::from(*path), ""));
        is_environment(&snapshot)
    };
    assert_eq!(is(&["pyvenv.cfg", "lib/python3.12/site-packages/a.py"]), Ok(true));
    assert_eq!(is(&["conda-meta/history", "bin/python"]), Ok(true));
    assert_eq!(is(&["a-1.dist-info/METADATA"]), Ok(true));
    assert_eq!(is(&["pyproject.toml", "pyvenv.cfg", "lib/python3.12/site-packages/a.py"]), Ok(false));
    assert_eq!(is(&["pyproject.toml", ".venv/pyvenv.cfg"]), Ok(false));
    assert_eq!(is(&["a.egg-info/PKG-INFO", "setup.py"]), Ok(false));
    assert_eq!(is(&["pyvenv.cfg"]), Ok(false));
}

#[test]
fn leftovers_are_not_installed_and_said() {
    let inventory = read(&[
        ("~umpy-1.26.4.dist-info/METADATA", "Name: numpy\nVersion: 1.26.4\n"),
        ("numpy-2.0.0.dist-info/METADATA", "Name: numpy\nVersion: 2.0.0\n"),
        ("pip/_vendor/idna-2.0.dist-info/METADATA", "Name: idna\nVersion: 2.0\n"),
    ]);
    assert_eq!(names(&inventory), ["numpy 2.0.0"]);
    let expected = "env/lib/python3.12/site-packages/~umpy-1.26.4.dist-info:1: left over from an installation that was \
                    interrupted; not taken as installed, remove it";
    assert_eq!(problems(&inventory), [expected]);
}

#[test]
fn two_versions_of_one_name_are_both_there() {
    let inventory = read(&[
        ("torch-2.3.1.dist-info/METADATA", "Name: torch\nVersion: 2.3.1\n"),
        ("torch-2.7.0.dist-info/METADATA", "Name: Torch\nVersion: 2.7.0\n"),
    ]);
    assert_eq!(names(&inventory), ["torch 2.3.1", "torch 2.7.0"]);
    assert!(problems(&inventory)[0].contains("torch is installed more than once: `2.7.0` here, `2.3.1` in env/"));
}

#[test]
fn damaged_metadata_is_read_as_far_as_it_goes() {
    let long = format!("Name: {}\nVersion: 1\n", "x".repeat(10 << 20));
    let cases: [(&str, &str, &str, &str); 9] = [
        ("a_b-1.0.dist-info/METADATA", "", "a-b 1.0", "found no name in it; taken from the file name: a_b"),
        ("a-1.0.dist-info/METADATA", "\nName: b\nVersion: 2\n", "a 1.0", "found no version of a"),
        ("a-1.0.dist-info/METADATA", "Name: a\n", "a 1.0", "found no version of a; taken from the file name: 1.0"),
        ("a-1.0.dist-info/RECORD", "", "a 1.0", "expected a file `METADATA`, found none"),
        ("a-1.0.dist-info/METADATA", "Name: a\nVersion: 2\n", "a 2", "version 2, but the file name says 1.0"),
        ("a.egg-info/PKG-INFO", "Name: a\nVersion: unknown\n", "a unknown", "expected a PEP 440 version"),
        ("a.dist-info/METADATA", "Name: a\n", "a ", "found no version of a, so it decides nothing"),
        ("-.dist-info/METADATA", "Name: -\n", "", "expected the name of a distribution, found none"),
        ("a-1.dist-info/METADATA", &long, "a 1", "more than the 8388608 that are read of metadata"),
    ];
    for (path, text, expected, problem) in cases {
        let inventory = read(&[(path, text)]);
        assert_eq!(names(&inventory).join(","), expected, "{path}");
        assert!(problems(&inventory).iter().any(|found| found.contains(problem)), "{:?}", problems(&inventory));
    }
    let mut snapshot = MemorySnapshot::default();
    let latin1 = b"Metadata-Version: 2.1\nAuthor: Jos\xe9\nName: a\nVersion: 1.0\n\n\xff".to_vec();
    snapshot.insert(RepoPath::from("a-1.0.dist-info/METADATA"), latin1);
    let inventory = read_snapshot(snapshot);
    assert_eq!((names(&inventory).join(","), inventory.diagnostics.len()), ("a 1.0".into(), 0));
}

#[test]
fn what_is_installed_decides_and_a_lock_that_contradicts_it_stays() {
    let environment = |version: &str| {
        let mut snapshot = MemorySnapshot::default();
        let text = format!("Name: torch\nVersion: {version}\n");
        snapshot.insert(RepoPath::from("torch.dist-info/METADATA"), text);
        [InstalledEnvironment::read(RepoPath::from(".venv"), Box::new(snapshot)).expect("an environment")]
    };
    let lock = "version = 1\n[[package]]\nname = 'torch'\nversion = '2.7.0'\nsource = { registry = 'x' }\n";
    let snapshot = MemorySnapshot::from([("uv.lock", lock), ("pyproject.toml", "project.dependencies = ['torch>=2']")]);
    let governing = |version| {
        let environments = environment(version);
        let catalog = Catalog::with_environments(&snapshot, &environments);
        let governing = catalog.governing(&RepoPath::from("a.py"), &DistributionName::new("torch"));
        governing.candidates.iter().map(|found| format!("{}:{}", found.path, found.raw_version)).collect::<Vec<_>>()
    };
    assert_eq!(governing("2.7.0"), [".venv/torch.dist-info/METADATA:2.7.0"]);
    assert_eq!(governing("2.5.1+cu121"), [".venv/torch.dist-info/METADATA:2.5.1+cu121", "uv.lock:2.7.0"]);
    // A version that nobody can compare decides nothing.
    assert_eq!(governing("unknown"), ["uv.lock:2.7.0"]);
    let environments = environment("2.7.0");
    let everything = Catalog::with_environments(&snapshot, &environments).everything();
    assert_eq!(everything.environments, [RepoPath::from(".venv")]);
    assert_eq!(everything.manifests.len(), 2);
}

#[test]
fn conda_says_what_was_asked_for_and_what_has_no_metadata() {
    let record = |name: &str, spec: &str, files: &str| {
        format!(
            "{{\n \"name\": \"{name}\",\n \"version\": \"2.3.1\",\n \"requested_spec\": \"{spec}\",\n \"files\": [{files}]\n}}"
        )
    };
    let site = "lib/python3.12/site-packages";
    let mut snapshot = MemorySnapshot::default();
    let mut insert = |path: &str, text: &str| snapshot.insert(RepoPath::from(path), text);
    insert("conda-meta/history", "");
    insert("lib/python3.12/site-packages/torch-2.3.1.dist-info/METADATA", "Name: torch\nVersion: 2.3.1\n");
    insert(
        "conda-meta/pytorch.json",
        &record("pytorch", "pytorch>=2", &format!("\"{site}/torch-2.3.1.dist-info/METADATA\"")),
    );
    insert("conda-meta/old.json", &record("old", "", &format!("\"{site}/old/x.py\"")));
    insert("conda-meta/gone.json", &record("pkg-gone", "", &format!("\"{site}/gone-9.dist-info/METADATA\"")));
    insert("conda-meta/openssl.json", &record("openssl", "", "\"lib/libssl.so\""));
    insert("conda-meta/broken.json", "{\n]");
    let inventory = read_snapshot(snapshot);
    assert_eq!(names(&inventory), ["gone 9", "old 2.3.1", "torch 2.3.1"]);
    assert_eq!(entry(&inventory, "torch").direct, Some(true));
    assert_eq!((entry(&inventory, "old").direct, entry(&inventory, "old").line), (Some(false), 3));
    assert_eq!(inventory.diagnostics[0].gravity, Gravity::Unread);
    assert!(problems(&inventory)[0].starts_with("env/conda-meta/broken.json:2: expected a record of conda"));
}

/// Gives what it is made of, and fails to list one directory.
struct Unlistable(MemorySnapshot);

impl Snapshot for Unlistable {
    fn list(&self, directory: &RepoPath) -> Result<Vec<picklegate::snapshot::Entry>, SnapshotError> {
        if directory.to_string().ends_with(".dist-info") {
            return Err(SnapshotError::Unreadable { path: directory.clone(), problem: "permission denied".into() });
        }
        self.0.list(directory)
    }

    fn read(&self, file: &picklegate::snapshot::File) -> Result<Vec<u8>, SnapshotError> {
        self.0.read(file)
    }
}

#[test]
fn what_cannot_be_listed_is_unreadable_and_called_by_its_name() {
    let snapshot = MemorySnapshot::from([("a-1.dist-info/METADATA", "")]);
    let environment = InstalledEnvironment::read(RepoPath::from("env"), Box::new(Unlistable(snapshot)));
    let inventory = Inventory::clone(environment.expect("an environment").inventory());
    assert_eq!(names(&inventory), ["a 1"]);
    let unreadable: Vec<String> = inventory.unreadable.iter().map(ToString::to_string).collect();
    assert_eq!(unreadable, ["env/a-1.dist-info: permission denied"]);
}

#[test]
fn hostile_environments_end_soon() {
    let size = 3 << 20;
    let fill = |unit: &str| unit.repeat(size / unit.len());
    let record = format!("a/{}\n\"{}\n\"{}", fill("b/"), fill("\"\""), fill("x,"));
    for unit in ["a", ":", "\n", " \n", "Name: a\n", "Requires-Dist: b[c]; extra == 'c'\n", "a: b\n c\n", "é", "\r"] {
        let metadata = format!("Name: a\nVersion: 1\nRequires-Dist: {}", fill(unit));
        read(&[
            ("a-1.dist-info/METADATA", &metadata),
            ("a-1.dist-info/RECORD", &record),
            ("a-1.dist-info/top_level.txt", &fill(unit)),
            ("a-1.dist-info/direct_url.json", &fill(unit)),
            ("b.egg-info/PKG-INFO", &fill(unit)),
            ("b.egg-info/requires.txt", &fill(&format!("[{unit}"))),
            ("c.egg-link", &fill(unit)),
            ("__editable__.a-1.pth", &fill(unit)),
        ]);
    }
    let extras: String = (0..50_000).map(|n| format!("Requires-Dist: a[x{}]; extra == 'x{n}'\n", n + 1)).collect();
    let chain = format!("Name: a\nVersion: 1\nRequires-Dist: a[x0]\n{extras}");
    assert_eq!(names(&read(&[("a-1.dist-info/METADATA", &chain)])), ["a 1"]);
    let files: String = (0..60_000).map(|n| format!("\"site-packages/a{n}-1.dist-info/METADATA\",")).collect();
    let record = format!("{{\"name\": \"a\", \"version\": \"1\", \"files\": [{files}\"\"]}}");
    let snapshot = MemorySnapshot::from([("conda-meta/a.json", record.as_str())]);
    assert_eq!(read_snapshot(snapshot).dependencies.len(), 60_000);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_metadata_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), name in "[-~a-z0-9._]{0,12}") {
        let mut snapshot = MemorySnapshot::default();
        for file in ["METADATA", "RECORD", "direct_url.json", "top_level.txt", "INSTALLER"] {
            snapshot.insert(RepoPath::from(format!("x{name}.dist-info/{file}").as_str()), bytes.clone());
        }
        for file in ["PKG-INFO", "requires.txt", "installed-files.txt"] {
            snapshot.insert(RepoPath::from(format!("y{name}.egg-info/{file}").as_str()), bytes.clone());
        }
        snapshot.insert(RepoPath::from("z.egg-link"), bytes.clone());
        snapshot.insert(RepoPath::from("conda-meta/z.json"), bytes);
        read_snapshot(snapshot);
    }

    /// Cut or changed at any place, a real environment is still one.
    #[test]
    fn mutated_environments_never_panic(cut in 0..400_usize, byte in any::<u8>()) {
        let metadata = "Metadata-Version: 2.1\nName: torch\nVersion: 2.3.1\nRequires-Dist: b[c]>=1; extra == \"d\"\n\nx";
        let url = r#"{"url": "https://example.org/a.git", "vcs_info": {"vcs": "git", "commit_id": "00"}}"#;
        let record = "torch/__init__.py,sha256=x,1\n\"torch/a,\"\"b.py\",,\n../../../bin/x,,\n";
        let mut snapshot = MemorySnapshot::default();
        for (file, text) in [("METADATA", metadata), ("direct_url.json", url), ("RECORD", record)] {
            let mut bytes = text.as_bytes().to_vec();
            let at = cut % (bytes.len() + 1);
            if cut >= 200 { bytes.truncate(at) } else { bytes[at.min(text.len() - 1)] = byte }
            snapshot.insert(RepoPath::from(format!("torch-2.3.1.dist-info/{file}").as_str()), bytes);
        }
        prop_assert_eq!(read_snapshot(snapshot).dependencies.len(), 1);
    }
}

/// `import name: distributions at place`, of what is imported and not declared.
fn undeclared(files: &[(&str, &str)], environments: &[InstalledEnvironment]) -> Vec<String> {
    let mut snapshot = MemorySnapshot::default();
    files.iter().for_each(|(path, text)| snapshot.insert(RepoPath::from(*path), *text));
    let catalog = Catalog::with_environments(&snapshot, environments);
    let undeclared = catalog.undeclared(&catalog.everything());
    assert_eq!(undeclared.diagnostics, []);
    let shown = undeclared.imports.iter().map(|import| {
        let found = &import.dependency;
        let others = import.alternatives.iter().map(|name| format!("|{name}")).collect::<String>();
        let guess = if found.format == "imports" { "" } else { "?" };
        format!("{}: {}{others}{guess} {}:{} x{}", found.raw_name, found.name, found.path, found.line, import.files)
    });
    shown.collect()
}

#[test]
fn imports_that_nothing_declares_are_listed_with_their_distribution() {
    let files = [
        (
            "pyproject.toml",
            "[project]\nname = 'own'\ndependencies = ['PyYAML', 'google-cloud-storage', 'python-other']\n",
        ),
        ("own/__init__.py", "import json, yaml, sklearn.svm, own.part, other\nfrom google.cloud import storage, run\n"),
        ("own/part.py", "from . import x\n\nimport sklearn, tests.helper, own_guess\n"),
        ("own/torch.py", "import torch\n"),
        ("tests/helper.py", "import cv2, sklearn, helper\nif TYPE_CHECKING:\n    import attr\n"),
        ("tests/generated/__init__.py", ""),
        ("tests/generated/a_pb2_grpc.py", "import a_pb2\n"),
        ("tests/generated/a_pb2.py", ""),
        ("scripts/own_guess.py", ""),
        ("setup.py", "import setuptools, Cython\n"),
        (
            "a.ipynb",
            "{\"cells\": [{\"cell_type\": \"code\", \"source\": [\n\"%matplotlib inline\\n\",\n\"import nonesuch\"]}]}",
        ),
        ("run", "#!/usr/bin/env python\nimport PIL\n"),
    ];
    let expected = [
        "nonesuch: nonesuch? a.ipynb:3 x1",
        "google.cloud.run: google-cloud-run own/__init__.py:2 x1",
        "sklearn: scikit-learn own/__init__.py:1 x3",
        "torch: torch|pytorch own/torch.py:1 x1",
        "PIL: pillow run:2 x1",
        "Cython: cython setup.py:1 x1",
        "cv2: opencv-python|opencv-python-headless|opencv-contrib-python|opencv-contrib-python-headless \
         tests/helper.py:1 x1",
    ];
    let found = undeclared(&files, &[]);
    assert_eq!(BTreeSet::from_iter(found.iter().map(String::as_str)), BTreeSet::from(expected));
}

#[test]
fn an_environment_says_what_installs_an_import() {
    let environments = [recorded("pip-26-environment")];
    let sources = [("a.py", "import socks, ruamel.yaml, pathpkg, yaml, google_crc32c\n")];
    let expected = [
        "google_crc32c: google-crc32c a.py:1 x1",
        "pathpkg: pathpkg a.py:1 x1",
        "ruamel.yaml: ruamel-yaml a.py:1 x1",
        "socks: pysocks a.py:1 x1",
        "yaml: pyyaml a.py:1 x1",
    ];
    assert_eq!(undeclared(&sources, &environments), expected);
    let unknown = undeclared(&sources, &[]);
    assert!(unknown.contains(&"pathpkg: pathpkg? a.py:1 x1".to_owned()));
}

#[test]
fn limits_and_what_is_installed_declare_nothing() {
    let files = [("constraints.txt", "torch==2.3.1\n"), ("a.py", "import torch, six\n"), ("requirements.txt", "six\n")];
    assert_eq!(undeclared(&files, &[]), ["torch: torch|pytorch a.py:1 x1"]);
}

#[test]
fn sources_that_cannot_be_read_are_said() {
    let deep = format!("x = {}", "(".repeat(100_000));
    let snapshot = MemorySnapshot::from([("a.py", deep.as_str()), ("b.ipynb", "{"), ("c.py", "import six")]);
    let undeclared = Catalog::new(&snapshot).undeclared(&Inventory::default());
    assert_eq!((undeclared.diagnostics.len(), undeclared.imports.len()), (2, 1));
    assert!(undeclared.diagnostics.iter().all(|found| found.problem.starts_with("what it imports is not known: ")));
}

/// The libraries of the rules, and what is known of import names, must not contradict one another.
#[test]
fn import_names_agree_with_the_rules() {
    let rules = RuleSet::builtin();
    for library in rules.libraries.iter().filter(|library| !library.standard) {
        for import in &library.imports {
            // Two libraries may go by one name: haystack-ai and farm-haystack.
            let namesakes = rules.libraries.iter().filter(|library| library.imports.contains(import));
            let known: BTreeSet<&str> = namesakes.flat_map(|library| library.distributions()).collect();
            let source = format!("import {import}\n");
            let snapshot = MemorySnapshot::from([("a.py", source.as_str())]);
            let undeclared = Catalog::new(&snapshot).undeclared(&Inventory::default());
            let [found] = &undeclared.imports[..] else { panic!("{import}: {:?}", undeclared.imports) };
            assert_eq!(found.dependency.format, "imports", "{import} is known");
            assert!(known.contains(found.dependency.name.as_str()), "{import} is of {}", found.dependency.name);
        }
    }
}
