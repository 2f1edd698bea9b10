//! Manifests of the conda world against what the tools of that world read from them, and as people write them.

use picklegate::catalog::{
    Catalog, Dependency, DistributionName, Evidence, Gravity, Inventory, Scope, Source, entries_of, format_of,
};
use picklegate::snapshot::{DirectorySnapshot, MemorySnapshot, RepoPath};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// The interpreter and what describes a machine are no distributions.
const NO_DISTRIBUTIONS: &[&str] = &["python", "__cuda"];

fn recorded(case: &str, path: &str) -> Value {
    let path = Path::new("tests/data/manifests").join(case).join(path);
    serde_json::from_str(&std::fs::read_to_string(path).expect("a recorded file")).expect("recorded as JSON")
}

fn inventory(case: &str) -> Inventory {
    let root = Path::new("tests/data/manifests").join(case);
    let snapshot = DirectorySnapshot::open(&root, 1 << 20);
    let inventory = Catalog::new(&snapshot).everything();
    assert_eq!((&inventory.diagnostics[..], &inventory.unreadable[..]), (&[][..], &[][..]), "{case}");
    inventory
}

fn of<'a>(inventory: &'a Inventory, path: &str) -> Vec<&'a Dependency> {
    let path = RepoPath::from(path);
    inventory.dependencies.iter().filter(|dependency| dependency.path == path).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("recorded as text")
}

/// What conda calls the distribution, or PyPI where pip installs it.
fn distribution(name: &str) -> String {
    let known = [("pytorch", "torch"), ("pytables", "tables"), ("msgpack-python", "msgpack"), ("numpy-base", "numpy")];
    let name = known.iter().find(|(conda, _)| *conda == name).map_or(name, |(_, pypi)| pypi);
    DistributionName::new(name).to_string()
}

#[test]
fn match_specs_admit_what_rattler_finds_in_them() {
    let recorded = recorded("rattler-match-specs", "rattler.json");
    let versions: Vec<&str> = recorded["versions"].as_array().expect("a list").iter().map(text).collect();
    for case in recorded["specs"].as_array().expect("a list") {
        let spec = text(&case["spec"]);
        let yaml = format!("dependencies:\n  - {}\n", serde_json::to_string(spec).expect("text is JSON"));
        let inventory = entries_of(&RepoPath::from("environment.yml"), yaml.as_bytes());
        assert_eq!(inventory.diagnostics, [], "{spec}");
        assert!(inventory.dependencies.iter().all(|d| d.name.as_str() == distribution(text(&case["name"]))), "{spec}");
        let admits = |version: &&&str| {
            // pep440_rs finds 1.26 in ==1.26.4.*, because it compares no more parts than both have.
            let version = format!("{version}.0.0").parse().expect("PEP 440");
            inventory.dependencies.iter().any(|d| d.specifier.as_ref().is_none_or(|range| range.contains(&version)))
        };
        let found: Vec<&str> = versions.iter().filter(admits).copied().collect();
        let expected: Vec<&str> = case["matches"].as_array().expect("a list").iter().map(text).collect();
        assert_eq!(found, expected, "{spec}");
    }
}

#[test]
fn environments_are_read_as_conda_lock_reads_them() {
    let inventory = inventory("conda-environment");
    let recorded = recorded("conda-environment", "conda-lock.json");
    let mut expected = BTreeSet::new();
    for entry in recorded.as_array().expect("a list") {
        let name = text(&entry["name"]);
        if !NO_DISTRIBUTIONS.contains(&name) {
            let version = entry["version"].as_str().unwrap_or("");
            let clauses = match version.strip_suffix(".*") {
                Some(prefix) => format!("=={prefix}.*"),
                None if version.starts_with(|c: char| c.is_ascii_digit()) => format!("=={version}"),
                None => version.to_owned(),
            };
            // PEP 440 does not know the version of OpenSSL.
            let clauses = if name == "openssl" { String::new() } else { clauses };
            let marker = entry["markers"].as_str().map(str::to_owned);
            expected.insert((distribution(name), clauses, marker, entry["url"].as_str().map(str::to_owned)));
        }
    }
    let found: BTreeSet<_> = of(&inventory, "environment.yml")
        .into_iter()
        .map(|d| {
            let clauses = d.specifier.as_ref().map_or(String::new(), |s| s.to_string().replace(' ', ""));
            let url = match &d.source {
                Source::Url(url) => Some(url.clone()),
                _ => None,
            };
            // conda-lock has decided the selector.
            let marker = d.marker.clone().filter(|marker| !marker.starts_with('['));
            (d.name.to_string(), clauses, marker, url)
        })
        .collect();
    assert_eq!(found, expected);
    let dill = of(&inventory, "environment.yml").into_iter().find(|d| d.raw_name == "dill").expect("it is there");
    assert_eq!((dill.marker.as_deref(), dill.line), (Some("[linux]"), 15));
    let torch = of(&inventory, "environment.yml").into_iter().find(|d| d.raw_name == "pytorch").expect("it is there");
    assert_eq!((torch.evidence, torch.name.as_str(), torch.direct), (Evidence::Pinned, "torch", Some(true)));

    // What conda-lock makes of it for pixi says the same, but for what it leaves out.
    let specifiers = |path| -> BTreeSet<_> {
        of(&inventory, path)
            .into_iter()
            .map(|d| (d.name.to_string(), d.specifier.clone().map(|s| s.to_string())))
            .collect()
    };
    let mut of_environment = specifiers("environment.yml");
    of_environment.retain(|(name, _)| name != "safetensors");
    let mut of_pixi = specifiers("pixi/pixi.toml");
    of_pixi.retain(|(name, _)| name != "pip");
    assert_eq!(of_pixi, of_environment);
    let target = of(&inventory, "pixi/pixi.toml").into_iter().find(|d| d.raw_name == "dill").expect("it is there");
    assert_eq!(target.marker.as_deref(), Some("linux-64"));
}

#[test]
fn conda_locks_have_what_conda_lock_reads() {
    for case in ["conda-lock-2.5", "conda-lock-4.0"] {
        let inventory = inventory(case);
        let mut expected = BTreeSet::new();
        let mut needed = BTreeSet::new();
        for entry in recorded(case, "packages.json").as_array().expect("a list") {
            let name = text(&entry[2]);
            let list = |index: usize| entry[index].as_array().expect("a list").iter().map(text);
            let parents = list(5).filter(|child| !NO_DISTRIBUTIONS.contains(child));
            needed.extend(parents.map(|child| (distribution(child), distribution(name))));
            let scope = |category: &str| match category {
                "main" => Scope::Runtime,
                "dev" => Scope::Dev,
                other => Scope::Extra(other.to_owned()),
            };
            expected.extend(list(4).map(|category| {
                (distribution(name), text(&entry[3]).to_owned(), text(&entry[1]).to_owned(), scope(category))
            }));
        }
        expected.retain(|(name, ..)| !NO_DISTRIBUTIONS.contains(&name.as_str()));
        needed.retain(|(_, parent)| !NO_DISTRIBUTIONS.contains(&parent.as_str()));
        let entries = of(&inventory, "conda-lock.yml");
        let found = entries.iter().flat_map(|d| {
            let platform = d.marker.clone().expect("each is for one platform");
            d.scopes.iter().map(move |s| (d.name.to_string(), d.raw_version.clone(), platform.clone(), s.clone()))
        });
        assert_eq!(found.collect::<BTreeSet<_>>(), expected, "{case}");
        let found = entries.iter().flat_map(|d| d.parents.iter().map(|by| (d.name.to_string(), by.to_string())));
        assert_eq!(found.collect::<BTreeSet<_>>(), needed, "{case}");
        assert!(entries.iter().all(|d| d.evidence == Evidence::Locked));
    }
}

#[test]
fn rendered_locks_have_what_the_lock_has_for_their_platform() {
    let inventory = inventory("conda-lock-4.0");
    let pins = |path: &str, platform: Option<&str>| -> BTreeSet<(String, String)> {
        let entries = of(&inventory, path);
        let wanted =
            entries.into_iter().filter(|d| platform.is_none_or(|platform| d.marker.as_deref() == Some(platform)));
        let version = |d: &Dependency| match &d.version {
            Some(version) => version.to_string(),
            None => d.raw_version.trim_start_matches('=').to_owned(),
        };
        wanted.map(|d| (d.name.to_string(), version(d))).collect()
    };
    let linux = pins("conda-lock.yml", Some("linux-64"));
    assert_eq!(pins("rendered/conda-linux-64.lock", None), linux);
    assert!(of(&inventory, "rendered/conda-linux-64.lock").iter().all(|d| d.evidence == Evidence::Locked));
    assert_eq!(pins("rendered/conda-osx-arm64.lock.yml", None), pins("conda-lock.yml", Some("osx-arm64")));
    assert!(linux.contains(&("torch".into(), "2.5.1".into())) && linux.contains(&("dill".into(), "0.3.9".into())));
}

#[test]
fn pixi_locks_of_all_ages_have_what_rattler_reads() {
    for case in ["pixi-lock-4", "pixi-lock-5", "pixi-lock-6", "pixi-lock-7"] {
        let inventory = inventory(case);
        let mut expected = BTreeSet::new();
        for entry in recorded(case, "packages.json").as_array().expect("a list") {
            let scope = match text(&entry[0]) {
                "default" => Scope::Runtime,
                other => Scope::Environment(other.to_owned()),
            };
            if !NO_DISTRIBUTIONS.contains(&text(&entry[3])) {
                expected.insert((distribution(text(&entry[3])), text(&entry[4]).to_owned(), scope));
            }
        }
        let entries = of(&inventory, "pixi.lock");
        let found = entries
            .iter()
            .flat_map(|d| d.scopes.iter().map(|s| (d.name.to_string(), d.raw_version.clone(), s.clone())));
        assert_eq!(found.collect::<BTreeSet<_>>(), expected, "{case}");
        let numpy = entries.iter().find(|d| d.raw_name == "numpy" && d.marker.as_deref() == Some("linux-64"));
        let numpy = numpy.expect("it is locked");
        assert_eq!((numpy.evidence, numpy.parents.iter().any(|by| by.as_str() == "torch")), (Evidence::Locked, true));
    }
    let inventory = inventory("pixi-lock-7");
    let sample = of(&inventory, "pixi.lock").into_iter().find(|d| d.raw_name == "sample").expect("it is locked");
    assert_eq!(sample.source, Source::Path { path: "./".into(), editable: false });
}

#[test]
fn models_of_mlflow_say_what_they_need_three_times() {
    let inventory = inventory("mlflow-3.17");
    for (name, specifier) in [("torch", "==2.5.1+cu121"), ("cloudpickle", "==3.1.0")] {
        let name = DistributionName::new(name);
        let found: Vec<String> =
            inventory.entries_for(&name).map(|d| format!("{} {}", d.path, d.raw_version)).collect();
        assert_eq!(found, [format!("conda.yaml {specifier}"), format!("requirements.txt {specifier}")]);
    }
    let pip = DistributionName::new("setuptools");
    let scopes: Vec<_> = inventory.entries_for(&pip).map(|d| d.scopes.clone()).collect();
    assert_eq!(scopes, [[Scope::Build]]);
}

/// `line name version scopes` of each entry, and the lines of what is noted.
fn entries(name: &str, text: &str) -> (Vec<String>, Vec<(u32, Gravity)>) {
    let inventory = entries_of(&RepoPath::from(name), text.as_bytes());
    let shown = |d: &Dependency| format!("{} {} {} {:?}", d.line, d.name, d.raw_version, d.scopes);
    let noted = inventory.diagnostics.iter().map(|diagnostic| (diagnostic.line, diagnostic.gravity)).collect();
    (inventory.dependencies.iter().map(shown).collect(), noted)
}

#[test]
fn environments_speak_for_the_project_they_stand_beside_or_below() {
    let snapshot = MemorySnapshot::from([
        ("environment.yml", "dependencies: [pytorch=2.5]\n"),
        ("binder/environment.yml", "dependencies:\n- pip:\n  - -r ../extra.txt\n  - numpy==1.26.4\n"),
        ("extra.txt", "dill==0.3.9\n"),
        ("conda/environment-dev.yml", "dependencies: [joblib 1.4.2]\n"),
        ("model/conda.yaml", "dependencies: [{pip: [torch==2.1]}]\n"),
    ]);
    let catalog = Catalog::new(&snapshot);
    let governing = |file: &str, name: &str| -> Vec<String> {
        let governing = catalog.governing(&RepoPath::from(file), &DistributionName::new(name));
        governing.candidates.iter().map(|c| format!("{}:{} {}", c.path, c.line, c.raw_version)).collect()
    };
    assert_eq!(governing("src/a.py", "torch"), ["environment.yml:1 =2.5"]);
    assert_eq!(governing("src/a.py", "numpy"), ["binder/environment.yml:4 ==1.26.4"]);
    assert_eq!(governing("a.py", "dill"), ["extra.txt:1 ==0.3.9"]);
    assert_eq!(governing("a.py", "joblib"), ["conda/environment-dev.yml:1 1.4.2"]);
    assert_eq!(governing("model/code.py", "torch"), ["model/conda.yaml:1 ==2.1"]);
}

#[test]
fn templates_are_said_to_be_computed() {
    let text = "name: {{ name }}\ndependencies:\n  - numpy\n  - pytorch={{ torch }}\n  - pip:\n    - dill\n";
    let read = ["3 numpy  [Runtime]", "4 torch  [Runtime]", "6 dill  [Runtime]"].map(str::to_owned).to_vec();
    assert_eq!(entries("environment.yml", text), (read, vec![(4, Gravity::Computed)]));
}

#[test]
fn what_is_wrong_is_said_and_the_rest_is_read() {
    let text = "dependencies:\n  - numpy\n  - [a]\n  - 3\n  - =1\n  - pip: {a: b}\n  - pip: [dill, {x: y}]\n\t- broken\n  - npm: [left-pad]\n  - joblib\n";
    let (read, noted) = entries("environment-test.yml", text);
    assert_eq!(read, ["2 numpy  [Dev]", "4 3  [Dev]", "7 dill  [Dev]", "10 joblib  [Dev]"]);
    let unread = [3, 5, 6, 7, 8].map(|line| (line, Gravity::Unread)).to_vec();
    let mut noted = noted;
    noted.sort();
    let odd = (9, Gravity::Odd);
    assert_eq!(noted, [unread, vec![odd]].concat());
}

#[test]
fn files_of_other_tools_are_left_alone() {
    for (name, text) in [
        ("environment.yml", "- a: [\n"),
        ("environment.yml", "dependencies:\n- name: chart\n  version: 1.0\n"),
        ("conda.yml", "on: push\n"),
        ("recipe.yaml", "title: bread\nrequirements: [flour\n"),
        ("meta.yaml", "a: {\n"),
        ("conda-linux-64.lock", "no list\n"),
    ] {
        assert_eq!(entries(name, text), (vec![], vec![]), "{name} {text}");
    }
    let format = |path: &str| format_of(&RepoPath::from(path));
    assert_eq!(format("conda-lock.yml"), Some("conda-lock.yml"));
    assert_eq!(format("gpu.conda-lock.yml"), Some("conda-lock.yml"));
    assert_eq!(format("workflow/envs/map.yaml"), Some("conda environment"));
    assert_eq!(format("config/app.yaml"), None);
}

#[test]
fn lock_versions_to_come() {
    let conda = |version| format!("version: {version}\npackage:\n- {{name: a, version: '1', manager: pip}}\n");
    assert_eq!(entries("conda-lock.yml", &conda("1")), (vec!["3 a 1 []".into()], vec![]));
    assert_eq!(entries("conda-lock.yml", &conda("2")), (vec!["3 a 1 []".into()], vec![(1, Gravity::Unread)]));
    let pixi = |version| {
        format!("version: {version}\npackages:\n- pypi: https://packages.example.org/a\n  name: a\n  version: 1\n")
    };
    assert_eq!(entries("pixi.lock", &pixi("7")), (vec!["5 a 1 []".into()], vec![]));
    assert_eq!(entries("pixi.lock", &pixi("8")), (vec!["5 a 1 []".into()], vec![(1, Gravity::Unread)]));
    assert_eq!(entries("pixi.lock", "packages: 1\n").1, [(1, Gravity::Unread), (1, Gravity::Unread)]);
    let early = "version: 3\npackage:\n- platform: linux-64\n  name: pytorch\n  version: 2.1.0\n  category: main\n  kind: conda\n  dependencies: [numpy >=1]\n- platform: linux-64\n  name: numpy\n  version: 1.26.4\n  category: main\n  kind: pypi\n";
    assert_eq!(
        entries("pixi.lock", early),
        (vec!["5 torch 2.1.0 [Runtime]".into(), "11 numpy 1.26.4 [Runtime]".into()], vec![])
    );
    let unread = vec![(3, Gravity::Unread), (4, Gravity::Unread)];
    assert_eq!(
        entries("conda-lock.yml", "version: 1\npackage:\n- {version: 1}\n- {name: a, version: [1]}\n").1,
        unread
    );
}

#[test]
fn workspaces_of_pixi() {
    let text = r#"[workspace]
channels = ["conda-forge"]
[dependencies]
python = "3.11.*"
pytorch = { version = ">=2,<3", build = "*cuda*" }
numpy = "1.26.4 py311_0"
lib = { path = "../lib" }
[host-dependencies]
cython = "3.*"
[pypi-dependencies]
dill = "*"
sample = { path = ".", editable = true }
pandas = { version = "==2.2.3", extras = ["parquet"], env-markers = "os_name == 'nt'" }
[target.win-64.dependencies]
joblib = "1.4"
[feature.Test.dependencies]
pytest = ">=8"
[feature.Test.target.linux.pypi-dependencies]
cloudpickle = "3.1.0"
[pypi-options.dependency-overrides]
torch = "==2.5.1"
[package.run-dependencies]
scipy = 1
[environments]
test = ["Test"]
"#;
    let expected = [
        "5 torch >=2,<3 [Runtime]",
        "6 numpy 1.26.4 [Runtime]",
        "7 lib  [Runtime]",
        "9 cython 3.* [Build]",
        "11 dill * [Runtime]",
        "12 sample  [Runtime]",
        "13 pandas ==2.2.3 [Runtime]",
        "15 joblib 1.4 [Runtime]",
        "17 pytest >=8 [Environment(\"Test\")]",
        "19 cloudpickle 3.1.0 [Environment(\"Test\")]",
        "21 torch ==2.5.1 [Override]",
    ];
    assert_eq!(entries("pixi.toml", text), (expected.map(str::to_owned).to_vec(), vec![(23, Gravity::Unread)]));
    let in_pyproject = text.replace("\n[", "\n[tool.pixi.").replacen('[', "[tool.pixi.", 1);
    assert_eq!(entries("pyproject.toml", &in_pyproject), entries("pixi.toml", text));
    let inventory = entries_of(&RepoPath::from("pixi.toml"), text.as_bytes());
    let sources: Vec<&Source> = inventory.dependencies.iter().map(|d| &d.source).collect();
    assert_eq!(sources[2], &Source::Path { path: "../lib".into(), editable: false });
    assert_eq!(sources[5], &Source::Path { path: ".".into(), editable: true });
    assert_eq!(inventory.dependencies[6].marker.as_deref(), Some("os_name == 'nt'"));
}

/// Recorded files, cut off anywhere and with any line lost, doubled or indented: never a panic, and lines that exist.
#[test]
fn damaged_files_give_lines_that_exist() {
    let files = [
        ("conda-environment", "environment.yml"),
        ("conda-lock-4.0", "conda-lock.yml"),
        ("conda-lock-4.0/rendered", "conda-linux-64.lock"),
        ("conda-environment/pixi", "pixi.toml"),
        ("pixi-lock-5", "pixi.lock"),
        ("pixi-lock-7", "pixi.lock"),
        ("mlflow-3.17", "python_env.yaml"),
    ];
    for (case, name) in files {
        let path = Path::new("tests/data/manifests").join(case).join(name);
        let text = std::fs::read_to_string(path).expect("a recorded file");
        let lines: Vec<&str> = text.lines().take(60).collect();
        let text = lines.join("\n");
        let mut damaged: Vec<String> =
            (0..text.len()).step_by(17).filter_map(|end| text.get(..end).map(str::to_owned)).collect();
        for at in (0..lines.len()).step_by(3) {
            let line = lines[at];
            for changed in [String::new(), format!("{line}\n{line}"), format!(" {line}"), format!("\t{line}")] {
                let mut copy: Vec<&str> = lines.clone();
                copy[at] = &changed;
                damaged.push(copy.join("\n"));
            }
        }
        for text in damaged {
            let inventory = entries_of(&RepoPath::from(name), text.as_bytes());
            let last = u32::try_from(text.lines().count().max(1)).expect("a short text") + 1;
            assert!(inventory.dependencies.iter().all(|d| (1..=last).contains(&d.line)), "{text}");
            assert!(inventory.diagnostics.iter().all(|d| (1..=last).contains(&d.line)), "{text}");
        }
    }
}
