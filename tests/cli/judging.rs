//! `check`, `scan` and `audit-deps`: formats, configuration, exit status, and input that cannot be judged.

use crate::support::{Repository, SAFE, UNSAFE, show, shows};
use snapbox::str;
use std::fs;

/// With a finding of each kind.
fn repository() -> Repository {
    let repository = Repository::new();
    repository.stage("requirements.txt", "torch==2.3.1\nnumpy>=1.26\n");
    repository.stage("train/resume.py", "import sys\n\nimport torch\n\nstate = torch.load(sys.argv[1])\n");
    repository
}

#[test]
fn the_formats() {
    let repository = repository();
    shows(
        repository.transcript(&["check"]),
        str![[r#"
exit 1
--- stdout
error[torch-load]: `torch.load` runs code stored in the file it opens
 --> train/resume.py:5:9
  |
5 | state = torch.load(sys.argv[1])
  |         ^^^^^^^^^^^^^^^^^^^^^^^ `sys.argv[1]` comes from the command line
  |
  = because: requirements.txt:1 pins torch 2.3.1, where weights_only defaults to False
  = fix: torch.load(path, weights_only=True) on torch >= 2.6, or keep tensors in safetensors
  = more: picklegate rules explain torch-load
blocked: 1 unsafe load introduced

"#]],
    );
    shows(
        repository.transcript(&["check", "--format", "concise"]),
        str![[r#"
exit 1
--- stdout
train/resume.py:5:9: error[torch-load] `torch.load` runs code stored in the file it opens

"#]],
    );
    shows(
        repository.transcript(&["check", "--output-format", "json"]),
        str![[r#"
exit 1
--- stdout
{
  "schema": "picklegate/verdict",
  "version": 1,
  "picklegate": "0.1.0",
  "subject": "staged",
  "outcome": "blocked",
  "exit_code": 1,
  "fail_on": "error",
  "counts": {
    "files": 2,
    "scanned": 1,
    "manifests": 1,
    "followed": 0
  },
  "findings": [
    {
      "rule": "torch-load",
      "severity": "error",
      "confidence": "high",
      "blocks": true,
      "path": "train/resume.py",
      "start": {
        "line": 5,
        "column": 9
      },
      "end": {
        "line": 5,
        "column": 32
      },
      "scope": "",
      "message": "`torch.load` runs code stored in the file it opens",
      "label": "`sys.argv[1]` comes from the command line",
      "because": [
        {
          "ground": "origin",
          "origin": "command-line",
          "text": "`sys.argv[1]` comes from the command line",
          "path": "train/resume.py",
          "line": 5
        },
        {
          "ground": "version",
          "text": "pins torch 2.3.1, where weights_only defaults to False",
          "path": "requirements.txt",
          "line": 1
        }
      ],
      "fix": "torch.load(path, weights_only=True) on torch >= 2.6, or keep tensors in safetensors",
      "source": {
        "first_line": 5,
        "text": "state = torch.load(sys.argv[1])",
        "highlight": [
          8,
          31
        ]
      },
      "fingerprint": "torch-load torch.load(sys.argv[1])"
    }
  ],
  "allowed": [],
  "unscanned": [],
  "diagnostics": []
}

"#]],
    );
    shows(
        repository.transcript(&["audit-deps"]),
        str![[r#"
exit 0
--- stdout
2 distributions in 1 manifest: 2 can unpickle
1 unsafe call in 1 file judged: 1 error

can unpickle  version  where               rule                          state             calls
torch         ==2.3.1  requirements.txt:1  pickled-object-load           active
                                           torch-archive-load            active
                                           torch-distributed-checkpoint  active
                                           torch-distributed-object      active (warning)
                                           torch-force-no-weights-only   dormant
                                           torch-hub-load                active
                                           torch-load                    active            1 error
                                           torch-load-url                active
                                           torch-load-weights-only       active
                                           torch-safe-globals            active
numpy         >=1.26   requirements.txt:2  numpy-load-allow-pickle       active
                                           numpy-loads                   dormant

numpy-load-allow-pickle
  `numpy.load` with `allow_pickle` runs code stored in the file it opens
  not in force: numpy <1.16.3 (objects are unpickled unless allow_pickle=False is passed)
  no version silences it
  instead: numpy.load(path, allow_pickle=False), and store arrays of numbers or strings

numpy-loads
  this old numpy function is `pickle.load` under another name
  wakes in numpy <1.18 (this function is pickle.load)
  wakes in numpy <1.22 (numpy.loads is pickle.loads)
  instead: numpy.load(path, allow_pickle=False) of an array saved with numpy.save

pickled-object-load
  this function unpickles the file it reads
  no version silences it
  instead: store the data in a format that holds no code: Parquet, Arrow, GraphML, JSON, .npy with
    allow_pickle=False

torch-archive-load
  torch archives carry Python code and pickles, and reading them runs both
  not in force: torch >=2.8 (there is load_pt2)
  no version silences it
  instead: keep tensors in safetensors and code in an installed package

torch-distributed-checkpoint
  the directory of a distributed checkpoint holds pickles, and reading it runs them
  in force: torch <2.5 (torch.load is called with its own default)
  not in force: torch >=2.5 (torch.load is called with weights_only=False)
  no version silences it
  instead: torch.distributed.checkpoint.load(state,
    storage_reader=HuggingFaceStorageReader(path)), which reads safetensors

torch-distributed-object
  Python objects travel between the ranks as pickles
  in force: torch <2.14 (there is no weights_only to pass)
  not in force: torch >=2.14 (weights_only defaults to False)
  no version silences it
  instead: send tensors (all_gather, broadcast, scatter), or pass weights_only=True on torch >=
    2.14

torch-force-no-weights-only
  `TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD` makes every `torch.load` run code stored in the file it opens
  wakes in torch >=2.13 (upper case counts as well)
  wakes in torch >=2.6 (weights_only is True unless this says otherwise)
  instead: leave the variable unset, and allow the classes a checkpoint needs with
    torch.serialization.add_safe_globals

torch-hub-load
  `torch.hub.load` runs the `hubconf.py` of a repository
  no version silences it
  instead: copy or install the code of the model, and load its weights from safetensors

torch-load
  `torch.load` runs code stored in the file it opens
  in force: torch <2.6 (weights_only defaults to False)
  not in force: torch >=2.6 (passing pickle_module turns weights_only off)
  not in force: ultralytics >=8.2.64,<8.3.162 (importing ultralytics turns the default of
    torch.load back to weights_only=False)
  no version silences it
  instead: torch.load(path, weights_only=True) on torch >= 2.6, or keep tensors in safetensors

torch-load-url
  `load_state_dict_from_url` downloads a file and runs the code stored in it
  no version silences it
  instead: pass weights_only=True on torch >= 2.6, or download safetensors

torch-load-weights-only
  `weights_only=True` does not hold in this version of torch
  in force: torch >=1.13,<2.6 (a crafted file gets past weights_only=True (CVE-2025-32434))
  in force: torch >=2.1,<2.6 (a crafted file gets past weights_only=True (CVE-2025-32434))
  silent in <1.13 or >=2.6
  instead: torch >= 2.10, or keep tensors in safetensors

torch-safe-globals
  with this among the safe globals, `weights_only=True` lets a checkpoint run code
  no version silences it
  instead: list only the types that checkpoints hold

"#]],
    );
}

#[test]
fn equal_input_gives_equal_bytes() {
    let repository = repository();
    for arguments in [&["check"][..], &["check", "--format", "json"], &["scan"], &["audit-deps", "--format", "json"]] {
        let first = repository.picklegate(arguments);
        assert_eq!(first.stdout, repository.picklegate(arguments).stdout, "{arguments:?}");
    }
}

#[test]
fn nothing_staged() {
    let repository = Repository::new();
    shows(
        repository.transcript(&["check"]),
        str![[r#"
exit 0
--- stdout
clean: nothing staged, nothing checked

"#]],
    );
    repository.stage("a.py", UNSAFE);
    repository.commit_unchecked();
    repository.write("a.py", UNSAFE.repeat(2));
    shows(
        repository.transcript(&["check"]),
        str![[r#"
exit 0
--- stdout
clean: nothing staged, nothing checked

"#]],
    );
    shows(
        repository.transcript(&["check", "--quiet"]),
        str![[r#"
exit 0

"#]],
    );
    let repository = repository.with("CI", "true");
    shows(
        repository.transcript(&["check"]),
        str![[r#"
exit 1
--- stdout
error[pickle-load]: `pickle.load` runs code stored in the data it reads
 --> a.py:4:12
  |
4 |     return pickle.load(open(path, 'rb'))
  |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ `open(path, 'rb')` is the file at the parameter `path`
  |
  = because: a.py:3 `open(path, 'rb')` is the file at `path`, a parameter of `load`
  = fix: json.loads for data, safetensors or skops for models; or verify an HMAC of the very bytes before loading
  = more: picklegate rules explain pickle-load
blocked: 1 unsafe load found
--- stderr
note: nothing is staged, no range is given and CI is set: judging all of HEAD

"#]],
    );
}

#[test]
fn a_range_is_judged_from_its_merge_base() {
    let repository = Repository::new();
    repository.stage("a.py", SAFE);
    repository.commit_unchecked();
    repository.git(&["checkout", "--quiet", "-b", "feature"]);
    repository.stage("b.py", SAFE);
    repository.commit_unchecked();
    repository.git(&["checkout", "--quiet", "main"]);
    repository.stage("c.py", UNSAFE);
    repository.commit_unchecked();
    let range = ["check", "--from-ref", "main", "--to-ref", "feature"];
    shows(
        repository.transcript(&range),
        str![[r#"
exit 0
--- stdout
clean: 1 changed file, 1 scanned, 0 manifests read

"#]],
    );
    repository.git(&["checkout", "--quiet", "feature"]);
    repository.stage("b.py", UNSAFE);
    repository.commit_unchecked();
    assert_eq!(repository.picklegate(&range).status.code(), Some(1));
    let repository = repository.with("PRE_COMMIT_FROM_REF", "main").with("PRE_COMMIT_TO_REF", "feature");
    let output = repository.picklegate(&["check"]);
    assert_eq!(output.status.code(), Some(1), "{}", show(&output));
    assert_eq!(repository.picklegate(&["check", "--from-ref", "main", "--to-ref", "nowhere"]).status.code(), Some(2));
}

#[test]
fn scan_takes_a_directory_a_file_or_a_revision() {
    let repository = repository();
    repository.commit_unchecked();
    repository.write("other.py", SAFE);
    for (arguments, findings) in [
        (&["scan", "--format", "concise"][..], 1),
        (&["scan", "train", "--format", "concise"], 1),
        (&["scan", "train/resume.py", "--format", "concise"], 1),
        (&["scan", "other.py", "--format", "concise"], 0),
        (&["scan", "--rev", "HEAD", "--format", "concise"], 1),
        (&["-C", "train", "scan", "--format", "concise"], 1),
    ] {
        let output = repository.picklegate(arguments);
        let lines = String::from_utf8_lossy(&output.stdout).lines().count();
        assert_eq!(
            (output.status.code(), lines),
            (Some(findings), findings as usize),
            "{arguments:?} {}",
            show(&output)
        );
    }
    assert_eq!(repository.picklegate(&["scan", "nowhere"]).status.code(), Some(2));
}

#[test]
fn the_format_never_changes_the_exit_status() {
    let repository = repository();
    for format in ["text", "concise", "json"] {
        for (arguments, status) in [(&["check"][..], 1), (&["scan"], 1), (&["scan", "requirements.txt"], 0)] {
            let output = repository.picklegate(&[arguments, &["--format", format]].concat());
            assert_eq!(output.status.code(), Some(status), "{arguments:?} {format}: {}", show(&output));
        }
    }
}

#[test]
fn configuration_of_each_side() {
    let repository = Repository::new();
    repository.stage("pyproject.toml", "[tool.picklegate]\nhonor = [\"nosec\"]\n");
    repository.stage("a.py", "import pickle\npickle.load(f)  # nosec\n");
    assert_eq!(repository.picklegate(&["check"]).status.code(), Some(0));
    repository.commit_unchecked();
    // Taking the permission away introduces what it permitted.
    repository.stage("pyproject.toml", "[tool.other]\n");
    assert_eq!(repository.picklegate(&["check"]).status.code(), Some(1));
}

#[test]
fn a_broken_configuration_is_2_until_it_is_mended() {
    let repository = Repository::new();
    repository.stage("a.py", UNSAFE);
    repository.stage("pyproject.toml", "[tool.picklegate]\nfail-on = \"fatal\"\n");
    shows(
        repository.transcript(&["check"]),
        str![[r#"
exit 2
--- stderr
error: pyproject.toml:2: unknown variant `fatal`, expected one of `note`, `warning`, `error`

"#]],
    );
    repository.commit_unchecked();
    repository.stage("pyproject.toml", "[tool.picklegate]\nfail-on = \"error\"\n");
    shows(
        repository.transcript(&["check"]),
        str![[r#"
exit 0
--- stdout
clean: 1 staged file, 0 scanned, 1 manifest read
--- stderr
note: the old configuration cannot be read, and the new one stands for it: pyproject.toml:2: unknown variant `fatal`, expected one of `note`, `warning`, `error`

"#]],
    );
}

#[test]
fn a_broken_manifest_is_2() {
    let repository = Repository::new();
    repository.stage("pyproject.toml", "[project]\nname = \"app\"\ndependencies = [\n");
    repository.stage("a.py", SAFE);
    shows(
        repository.transcript(&["check"]),
        str![[r#"
exit 2
--- stdout
not judged: pyproject.toml: line 3: not TOML: unclosed array, expected `]`
   = way out: correct the file, or leave it out of this commit: git restore --staged FILE
blocked: 1 file could not be judged

"#]],
    );
}

#[test]
fn rules_of_ones_own() {
    let repository = Repository::new();
    repository.stage("picklegate.toml", "rules = [\"rules/own.toml\"]\n");
    repository.stage("a.py", SAFE);
    shows(
        repository.transcript(&["check"]),
        str![[r#"
exit 2
--- stderr
error: picklegate.toml:1: rules: there is no file rules/own.toml in what is judged
hint: add the file to git, or correct the path

"#]],
    );
    repository.stage("rules/own.toml", "schema = 1\n\n[[rule]]\nid = 7\n");
    let output = repository.transcript(&["check"]);
    assert!(output.starts_with("exit 2\n--- stderr\nerror: rules/own.toml:4: "), "{output}");
    let output = repository.transcript(&["check", "--rules", "nowhere.toml"]);
    assert!(output.starts_with("exit 2\n--- stderr\nerror: nowhere.toml: cannot read the rules file: "), "{output}");
}

#[test]
fn the_rules_file_of_the_documentation_works() {
    let page = crate::support::project_file("docs/rules.md");
    let own =
        page.split("```toml\n").find(|block| block.contains("[[rule]]")).and_then(|rest| rest.split("```").next());
    let own = own.expect("the page shows a file in full");
    let repository = Repository::new();
    repository.stage("own.toml", own);
    let tested = repository.picklegate(&["rules", "test", "own.toml"]);
    assert!(tested.status.success(), "{}", show(&tested));
    assert_eq!(repository.picklegate(&["rules", "explain", "acme-store-get"]).status.code(), Some(2));

    repository.stage("picklegate.toml", "rules = [\"own.toml\"]\n");
    repository.stage("a.py", "from acme import store\nvalue = store.get(key)\n");
    let checked = repository.transcript(&["check", "--format", "concise"]);
    assert!(checked.starts_with("exit 1\n--- stdout\na.py:2:9: error[acme-store-get] "), "{checked}");
    let explained = repository.transcript(&["rules", "explain", "acme-store-get"]);
    assert!(explained.starts_with("exit 0\n--- stdout\nerror[acme-store-get]: "), "{explained}");
    assert!(repository.transcript(&["rules", "list"]).contains("\nacme-store-get "));
}

#[test]
fn a_broken_index_is_2_and_is_left_as_it_is() {
    let repository = Repository::with_hook();
    repository.stage("a.py", SAFE);
    let index = repository.top.join(".git/index");
    let mut broken = fs::read(&index).expect("there is an index");
    broken.truncate(broken.len() / 2);
    fs::write(&index, &broken).expect("it can be written");
    let output = repository.picklegate(&["check"]);
    assert_eq!(output.status.code(), Some(2), "{}", show(&output));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.starts_with("error: ") && said.contains(".git/index") && said.contains("\nhint: "), "{said}");
    assert_eq!(fs::read(&index).expect("it is still there"), broken);
}

#[test]
fn a_corrupt_object_is_2_and_names_the_file() {
    let repository = Repository::new();
    repository.stage("a.py", UNSAFE);
    let id = repository.git(&["rev-parse", ":a.py"]);
    let object = repository.top.join(".git/objects").join(&id[..2]).join(id[2..].trim());
    fs::remove_file(&object).expect("the object is loose");
    fs::write(&object, "no object").expect("it can be written");
    let output = repository.picklegate(&["check"]);
    assert_eq!(output.status.code(), Some(2), "{}", show(&output));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("not judged: a.py: ") && said.contains("blocked: 1 file could not be judged"), "{said}");
}

#[test]
#[cfg(unix)]
fn a_path_that_is_no_text_is_shown_and_kept() {
    use std::os::unix::ffi::OsStrExt as _;
    let repository = Repository::new();
    let name = std::ffi::OsStr::from_bytes(b"\x1b[31m\xff.py");
    fs::write(repository.top.join(name), UNSAFE).expect("it can be written");
    repository.git(&["add", "."]);
    let text = repository.transcript(&["check"]);
    assert!(text.contains("--> \\u{1b}[31m\\xff.py:4:12\n"), "{text}");
    let json = repository.transcript(&["check", "--format", "json"]);
    assert!(json.contains("\"path_hex\": \"1b5b33316dff2e7079\""), "{json}");
}

#[test]
fn the_examples_of_all_rules_hold() {
    let output = Repository::new().picklegate(&["rules", "test"]);
    assert!(output.status.success(), "{}", show(&output));
}

#[test]
fn every_rule_is_explained() {
    let repository = Repository::new();
    let list = String::from_utf8(repository.picklegate(&["rules", "list"]).stdout).expect("it is UTF-8");
    let ids = list.lines().filter_map(|line| line.split(' ').next()).chain(["unused-allow", "malformed-allow"]);
    for id in ids {
        let output = repository.picklegate(&["rules", "explain", id]);
        assert!(output.status.success(), "{id}: {}", show(&output));
    }
    shows(
        repository.transcript(&["rules", "explain", "torch-laod"]),
        str![[r#"
exit 2
--- stderr
error: torch-laod: there is no such rule
hint: there is torch-load, torch-save; `picklegate rules list` names them all

"#]],
    );
}

#[test]
fn an_environment_says_what_the_code_runs_with() {
    let repository = Repository::new();
    repository.write("requirements.txt", "torch==2.7.0\n");
    repository.write("load.py", "import sys, torch\ntorch.load(sys.argv[1])\n");
    repository.write("venv/pyvenv.cfg", "");
    repository.write("venv/.gitignore", "*\n");
    let metadata = "venv/lib/python3.12/site-packages/torch-2.5.1.dist-info/METADATA";
    repository.write(metadata, "Metadata-Version: 2.1\nName: torch\nVersion: 2.5.1\n");
    let run = |arguments: &[&str]| {
        let output = repository.picklegate(arguments);
        (output.status.code(), show(&output))
    };
    assert_eq!(run(&["scan"]).0, Some(0));
    let (code, scan) = run(&["scan", "--environment", "venv/"]);
    assert_eq!(code, Some(1));
    assert!(scan.contains(&format!("{metadata}:3 has installed torch 2.5.1, where")), "{scan}");
    let (code, audit) = run(&["audit-deps", "venv", "--format", "json"]);
    assert_eq!(code, Some(0));
    assert!(audit.contains(metadata) && !audit.contains("requirements.txt"), "{audit}");
    let (code, why) = run(&["audit-deps", "--environment", "venv", "--why", "torch"]);
    assert!(code == Some(0) && why.contains(metadata) && why.contains("requirements.txt:1"), "{why}");
    let (code, failure) = run(&["scan", "--environment", "."]);
    assert_eq!(code, Some(2));
    assert!(failure.contains("found no Python environment"), "{failure}");
}
