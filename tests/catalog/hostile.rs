//! Input that was made to hurt: ends in entries or diagnostics, soon.

use picklegate::catalog::{Catalog, DistributionName, Gravity, Inventory, entries_of};
use picklegate::snapshot::{MemorySnapshot, RepoPath};
use proptest::prelude::*;

const TOML: [&str; 6] = ["pyproject.toml", "uv.lock", "poetry.lock", "pylock.toml", "pdm.lock", "Pipfile"];
const ALL: &[&str] = &[
    "pyproject.toml",
    "setup.cfg",
    "setup.py",
    "noxfile.py",
    "hatch.toml",
    "tox.ini",
    "tox.toml",
    "uv.lock",
    "poetry.lock",
    "pylock.toml",
    "pdm.lock",
    "Pipfile",
    "Pipfile.lock",
    "requirements.txt",
    "Dockerfile",
    "environment.yml",
    "python_env.yaml",
    "meta.yaml",
    "recipe.yaml",
    "conda-lock.yml",
    "conda-linux-64.lock",
    "pixi.toml",
    "pixi.lock",
    ".github/workflows/ci.yml",
    ".pre-commit-config.yaml",
    "x.py",
    "x.ipynb",
];

/// Reads `text` as each of `names` on a small stack. Texts are of a size at which a reader that is not linear never ends.
fn read_all(names: &[&'static str], text: &str) -> Vec<Inventory> {
    std::thread::scope(|scope| {
        let read = || names.iter().map(|name| entries_of(&RepoPath::from(*name), text.as_bytes())).collect();
        let thread = std::thread::Builder::new().stack_size(1 << 20).spawn_scoped(scope, read);
        thread.expect("a thread can be started").join().expect("reading does not panic")
    })
}

fn is_unread(inventory: &Inventory) -> bool {
    inventory.diagnostics.iter().any(|diagnostic| diagnostic.gravity == Gravity::Unread)
}

#[test]
fn deep_nesting_is_a_diagnostic() {
    let deep = 100_000;
    let texts = [
        format!("a = {}{}", "[".repeat(deep), "]".repeat(deep)),
        format!("a = {}", "[".repeat(deep)),
        format!("a = {}1{}", "{a=".repeat(deep), "}".repeat(deep)),
        format!("{}a = 1", "a.".repeat(deep)),
        format!("[{}a]", "a.".repeat(deep)),
        format!("[[{}a]]", "a.".repeat(deep)),
        format!("[project]\ndependencies = {}{}", "[".repeat(deep), "]".repeat(deep)),
    ];
    for text in texts {
        assert!(read_all(&TOML, &text).iter().all(is_unread), "{}", &text[..40]);
    }
}

#[test]
fn yaml_that_nests_or_repeats_itself_ends() {
    let deep = 100_000;
    let yaml = ["environment.yml", "conda-lock.yml", "pixi.lock", "python_env.yaml"];
    for inner in ["[".repeat(deep), "{a: ".repeat(deep), "- ".repeat(deep), "? ".repeat(deep)] {
        let text = format!("package: []\ndependencies: {inner}");
        assert!(read_all(&yaml, &text).iter().all(is_unread), "{}", &text[..40]);
    }
    let doubled: String = (1..60).map(|level| format!("a{level}: &a{level} [*a{0}, *a{0}]\n", level - 1)).collect();
    for key in ["dependencies", "package", "packages", "environments"] {
        let text = format!("a0: &a0 [torch]\n{doubled}{key}: *a59\ndependencies: []\n");
        assert!(read_all(&yaml, &text).iter().all(is_unread), "{key}");
    }
    let long = "a".repeat(60_000);
    read_all(ALL, &format!("dependencies:\n- {long}\n- {long}=1|{long}\n- '{long}[{long}=1,]'\n"));
    read_all(ALL, &format!("requirements:\n  run:\n  - {}\npackage:\n", "a|".repeat(150_000)));
    let many: String = (0..5_000).map(|number| format!("- {{name: a, conda: x, depends: [b{number}, a]}}\n")).collect();
    read_all(&["pixi.lock", "conda-lock.yml"], &format!("version: 1\npackages:\n{many}"));
    let needed: String = (0..5_000)
        .map(|number| format!("- {{name: a{number}, dependencies: {{b: ''}}}}\n- {{name: b, version: {number}}}\n"))
        .collect();
    let inventory = &read_all(&["conda-lock.yml"], &format!("version: 1\npackage:\n{needed}"))[0];
    assert_eq!(inventory.dependencies.len(), 10_000);
}

#[test]
fn long_lines_take_linear_time() {
    let size = 300_000;
    let fill = |unit: &str| unit.repeat(size / unit.len());
    for unit in ["a", "\\", "#", "[", "=", "a==1,", "a @ ", "==", "!=1,", "-r a ", "a;", "\"", "'", "{", "\t", "é"] {
        read_all(ALL, &fill(unit));
    }
    for (before, unit) in [("a ", "!=1,"), ("a==", "1."), ("-r ", "a/"), ("a @ ", "x://u@"), ("a[", "b,"), ("a; ", "(")]
    {
        read_all(&["requirements.txt"], &format!("{before}{}", fill(unit)));
        read_all(&["pyproject.toml"], &format!("project.dependencies = [\"{before}{}\"]", fill(unit)));
        read_all(&["pyproject.toml"], &format!("tool.poetry.dependencies.a = \"{before}{}\"", fill(unit)));
    }
}

#[test]
fn many_lines_that_are_wrong_are_few_diagnostics() {
    for unit in [
        "= 1\n",
        "[\n",
        "a b c\n",
        "a = 1\n",
        "[[package]]\n",
        "[a]\n",
        "\\\n",
        "<<<<<<< x\n",
        "a =\n",
        "[[packages]]\nname = 1\n",
    ] {
        for inventory in read_all(ALL, &unit.repeat(20_000)) {
            assert!(inventory.diagnostics.len() <= 60, "{unit:?}: {}", inventory.diagnostics.len());
        }
    }
}

#[test]
fn graphs_that_grow_faster_than_their_text_are_left_unfollowed() {
    let mut lock =
        String::from("version = 1\n[[package]]\nname = \"root\"\nsource = { virtual = \".\" }\ndependencies = [\n");
    lock.push_str(&"{ name = \"a\" },\n".repeat(20_000));
    lock.push_str("]\n");
    for patch in 0..20_000 {
        lock.push_str(&format!("[[package]]\nname = \"a\"\nversion = \"1.{patch}\"\n"));
    }
    assert_eq!(read_all(&["uv.lock"], &lock)[0].dependencies.len(), 20_000);
    let mut groups = String::from("[dependency-groups]\n");
    for group in 0..20_000 {
        groups.push_str(&format!("g{group} = [\"a\", {{ include-group = \"g{}\" }}]\n", group + 1));
    }
    assert_eq!(read_all(&["pyproject.toml"], &groups)[0].dependencies.len(), 20_000);
}

#[test]
fn references_between_sections_that_fan_out_stop_at_a_limit() {
    let mut tox = String::from("[testenv]\ndeps = {[s0]deps}\n");
    for section in 0..20 {
        let next = format!("    {{[s{}]deps}}\n", section + 1);
        tox.push_str(&format!("[s{section}]\ndeps =\n{}    a{section}\n", next.repeat(500)));
    }
    let inventory = &read_all(&["tox.ini"], &tox)[0];
    assert!(inventory.dependencies.len() < 20_000 && !inventory.diagnostics.is_empty());
}

#[test]
fn inclusions_that_fan_out_stop_at_a_limit() {
    let all: String = (0..1000).map(|file| format!("-r r{file}.txt\n")).collect();
    let mut snapshot = MemorySnapshot::default();
    snapshot.insert(RepoPath::from("requirements.txt"), all.as_str());
    for file in 0..1000 {
        snapshot.insert(RepoPath::new(format!("r{file}.txt")), format!("{all}a==1.{file}\n"));
    }
    let inventory = Catalog::new(&snapshot).everything();
    assert!(is_unread(&inventory), "{} manifests", inventory.manifests.len());
}

#[test]
fn thousands_of_versions_of_one_name_rule_nothing_out() {
    let pins: String = (0..20_000).map(|patch| format!("a==2.{patch}\na>=2.{patch}\n")).collect();
    let snapshot = MemorySnapshot::from([("requirements.txt", pins.as_str()), ("constraints.txt", &pins)]);
    let catalog = Catalog::new(&snapshot);
    for _ in 0..100 {
        let governing = catalog.governing(&RepoPath::from("x.py"), &DistributionName::new("a"));
        assert!(governing.candidates.iter().any(|candidate| candidate.may_be_in(&["<1".parse().expect("PEP 440")])));
    }
}

#[test]
fn locks_of_many_small_packages_end_at_a_limit() {
    for (unit, count) in [("[[package]]\n", 100_000), ("[[package]]\nname=\"a\"\n", 260_000)] {
        let inventory = &read_all(&["uv.lock"], &format!("version = 1\n{}", unit.repeat(count)))[0];
        assert_eq!(inventory.dependencies.len(), if count > 250_000 { 250_000 } else { 0 });
        assert!(is_unread(inventory) && inventory.diagnostics.len() <= 60, "{unit:?}");
    }
}

#[test]
fn more_requirements_than_anybody_has_are_not_read() {
    let inventory = &read_all(&["requirements.txt"], &"a\n".repeat(260_000))[0];
    assert_eq!((inventory.dependencies.len(), is_unread(inventory)), (250_000, true));
}

#[test]
fn thousands_of_requirements_files_speak_for_one_directory() {
    let mut snapshot = MemorySnapshot::default();
    for file in 0..5000 {
        snapshot.insert(RepoPath::new(format!("requirements/{file:04}.txt")), format!("a==1.{file}\n"));
    }
    let inventory = Catalog::new(&snapshot).everything();
    assert_eq!((inventory.dependencies.len(), inventory.manifests.len()), (4096, 4096));
    assert_eq!(inventory.diagnostics.len(), 5000 - 4096);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for name in ALL {
            entries_of(&RepoPath::from(*name), &bytes);
        }
    }

    /// Pieces of manifests in any order: deeper into the readers than arbitrary bytes come.
    #[test]
    fn shuffled_manifests_never_panic(pieces in proptest::collection::vec(0..PIECES.len(), 0..40)) {
        let text: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
        for name in ALL {
            let inventory = entries_of(&RepoPath::from(*name), text.as_bytes());
            let lines = u32::try_from(text.lines().count().max(1)).expect("a short text") + 1;
            prop_assert!(inventory.dependencies.iter().all(|d| (1..=lines).contains(&d.line)));
            prop_assert!(inventory.diagnostics.iter().all(|d| (1..=lines).contains(&d.line)));
        }
    }
}

const PIECES: &[&str] = &[
    "\n",
    "\r\n",
    " ",
    "=",
    "==",
    ">=",
    "~=",
    "^",
    "~",
    "||",
    ",",
    ";",
    "@",
    "#",
    "\\\n",
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "\"",
    "'",
    "\"\"\"",
    ".",
    "*",
    "1",
    "1.2",
    "18446744073709551615",
    "2.3.1+cu121",
    "1!0",
    "rc1",
    "é",
    "\u{feff}",
    "\0",
    "torch",
    "name = ",
    "version = ",
    "version = 1\n",
    "[[package]]\n",
    "[[packages]]\n",
    "[testenv]\ndeps = ",
    "[testenv:a]\n",
    "{[testenv]deps}",
    "{toxinidir}/",
    "a: ",
    "\n  ",
    "[tool.tox]\nlegacy_tox_ini = ",
    "[env.a]\ndeps = ",
    "[envs.a]\ndependencies = ",
    "[project]\n",
    "dependencies = ",
    "[tool.poetry.dependencies]\n",
    "[dependency-groups]\n",
    "include-group = ",
    "source = { virtual = \".\" }\n",
    "[package.optional-dependencies]\n",
    "[options]\n",
    "[options.extras_require]\n",
    "install_requires =",
    "file:",
    "\n  ",
    "from setuptools import setup\n",
    "setup(install_requires=",
    "torch = ",
    "torch +",
    ")",
    "(",
    "for torch in torch:\n  ",
    "if torch:\n  ",
    "def torch(torch): return ",
    "lambda torch: ",
    "f'{torch}'",
    "@nox.session\ndef torch(session):\n  session.install(",
    "RUN ",
    "# /// script\n",
    "# dependencies = [",
    "# ///\n",
    "#",
    "    - run: |\n        ",
    "- additional_dependencies: ",
    "repos:\n",
    "env: {A: 1}\n",
    "{\"cells\": [{\"cell_type\": \"code\", \"source\": [\"%pip install a\\n\", \"",
    "\"]}]}",
    "%%bash\\n",
    "ENV A=1\n",
    "pip install ",
    "uvx --with ",
    "<<EOF\n",
    "EOF\n",
    "$(",
    "${A}",
    "`",
    "bash -c ",
    "-r ",
    "-c ",
    "-e ",
    "--hash=",
    "git+https://u:p@example.org/x#egg=a",
    "torch-2.3.1-py3-none-any.whl",
    "<<<<<<< a\n",
    "=======\n",
    ">>>>>>> b\n",
    "metadata.lock-version = \"2.1\"\n",
    "lock-version = \"1.0\"\n",
    "markers = ",
    "groups = ",
    "true",
    "python_version < \"3\"",
    "- ",
    ": ",
    "&a ",
    "*a",
    "<<: *a\n",
    "|\n",
    "dependencies:\n",
    "- pip:\n",
    "package:\n",
    "packages:\n",
    "environments:\n",
    "requirements:\n",
    "run:\n",
    "conda: ",
    "depends: ",
    "{{ x }}",
    "${{ x }}",
    "{% if x %}",
    "# [win]\n",
    "@EXPLICIT\n",
    "https://packages.example.org/noarch/a-1-0.conda\n",
    "conda-forge::",
    "[version=",
    "[metadata]\n",
    "[metadata.files]\n",
    "lock_version = \"4.5.0\"\n",
    "[packages]\n",
    "{\n",
    "\"_meta\": {\"pipfile-spec\": 6},\n",
    "    \"default\": {\n",
    "        \"torch\": {\n",
    "            \"version\": \"==1.2\"\n",
    "null",
    "    # via\n",
    "    #   -r a.in\n",
    " # via torch, a",
];

#[cfg(unix)]
#[test]
fn links_out_of_the_tree_are_said_and_not_followed() {
    let top = tempfile::tempdir().expect("a temporary directory can be made");
    let outside = tempfile::tempdir().expect("a temporary directory can be made");
    std::fs::write(outside.path().join("requirements.txt"), "torch==2.5.1\n").expect("it can be written");
    std::fs::create_dir(top.path().join("sub")).expect("it can be made");
    let link = top.path().join("sub/requirements.txt");
    std::os::unix::fs::symlink(outside.path().join("requirements.txt"), link).expect("links can be made");
    std::fs::write(top.path().join("requirements.txt"), "-r sub/requirements.txt\n").expect("it can be written");
    let snapshot = picklegate::snapshot::DirectorySnapshot::open(top.path(), 1 << 20);
    let inventory = Catalog::new(&snapshot).everything();
    assert_eq!(inventory.dependencies, []);
    let said: Vec<String> = inventory.diagnostics.iter().map(|said| format!("{}:{}", said.path, said.line)).collect();
    assert_eq!(said, ["requirements.txt:1", "sub/requirements.txt:1"]);
}
