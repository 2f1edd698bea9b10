//! `picklegate fix`, and the diffs of `check` and `scan`: what is written is what was shown, and only where it was judged.

use crate::support::{Repository, show, shows};
use snapbox::str;
use std::fs;

const CODE: &str = "\
import torch
import yaml


def load(path, url):
    config = yaml.load(path)
    return torch.load(config[\"path\"], weights_only=False)
";
const MENDED: &str = "\
import torch
import yaml


def load(path, url):
    config = yaml.safe_load(path)
    return torch.load(config[\"path\"], weights_only=True)
";

fn repository() -> Repository {
    let repository = Repository::new();
    repository.stage("requirements.txt", "pyyaml==5.3\ntorch==2.10.0\n");
    repository.stage("a.py", CODE);
    repository
}

fn read(repository: &Repository, path: &str) -> String {
    fs::read_to_string(repository.top.join(path)).expect("it is text")
}

#[test]
fn a_diff_shows_what_would_be_fixed_and_leaves_the_status_alone() {
    let repository = repository();
    shows(
        repository.transcript(&["check", "--diff", "--unsafe-fixes"]),
        str![[r#"
exit 1
--- stdout
--- a/a.py
+++ b/a.py
@@ -3,5 +3,5 @@
 
 
 def load(path, url):
-    config = yaml.load(path)
-    return torch.load(config["path"], weights_only=False)
+    config = yaml.safe_load(path)
+    return torch.load(config["path"], weights_only=True)
--- stderr
would fix 2 of 2 findings

"#]],
    );
    // Nothing of it is safe.
    shows(
        repository.transcript(&["check", "--diff"]),
        str![[r#"
exit 1
--- stderr
note: 2 more edits with --unsafe-fixes, after which harmless data may be loaded otherwise, or not at all
would fix 0 of 2 findings

"#]],
    );
    let check = repository.picklegate(&["check", "--diff", "--unsafe-fixes"]);
    let fix = repository.picklegate(&["fix", "--diff", "--unsafe-fixes"]);
    let scan = repository.picklegate(&["scan", "--diff", "--unsafe-fixes"]);
    assert_eq!(check, fix);
    assert_eq!(check.stdout, scan.stdout);
    assert_eq!(read(&repository, "a.py"), CODE);
    let both = repository.picklegate(&["check", "--diff", "--format", "json"]);
    assert_eq!(both.status.code(), Some(2), "{}", show(&both));
}

#[test]
fn fix_edits_the_working_tree_once_and_stages_nothing() {
    let repository = repository();
    shows(
        repository.transcript(&["fix"]),
        str![[r#"
exit 1
--- stdout
error[yaml-load]: `yaml.load` without a Loader calls what the document names
 --> a.py:6:14
  |
6 |     config = yaml.load(path)
  |              ^^^^^^^^^^^^^^^ `path` is a parameter
  |
  = because: a.py:5 `path` is a parameter of `load`
  = because: requirements.txt:1 pins pyyaml 5.3, where the default loader calls what the document names
  = fix: yaml.safe_load
  = edit: picklegate fix --unsafe-fixes
  = more: picklegate rules explain yaml-load

error[torch-load]: `torch.load` runs code stored in the file it opens
 --> a.py:7:12
  |
7 |     return torch.load(config["path"], weights_only=False)
  |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ `config["path"]` comes from the parameter `path`
  |
  = because: a.py:5 `config["path"]` comes from `path`, a parameter of `load` through `yaml.load()`
  = fix: torch.load(path, weights_only=True) on torch >= 2.6, or keep tensors in safetensors
  = edit: picklegate fix --unsafe-fixes
  = more: picklegate rules explain torch-load
blocked: 2 unsafe loads introduced
--- stderr
note: 2 more edits with --unsafe-fixes, after which harmless data may be loaded otherwise, or not at all

"#]],
    );
    assert_eq!(read(&repository, "a.py"), CODE);
    shows(
        repository.transcript(&["fix", "--unsafe-fixes"]),
        str![[r#"
exit 0
--- stdout
clean: 2 staged files, 1 scanned, 1 manifest read
--- stderr
fixed: a.py:6:14: yaml-load
fixed: a.py:7:12: torch-load
note: the edits are in the working tree; `git add` stages them

"#]],
    );
    assert_eq!(read(&repository, "a.py"), MENDED);
    assert_eq!(repository.git(&["diff", "--name-only"]), "a.py\n");
    // What is staged is as it was.
    shows(
        repository.transcript(&["fix", "--unsafe-fixes", "--quiet"]),
        str![[r#"
exit 1
--- stdout
error[yaml-load]: `yaml.load` without a Loader calls what the document names
 --> a.py:6:14
  |
6 |     config = yaml.load(path)
  |              ^^^^^^^^^^^^^^^ `path` is a parameter
  |
  = because: a.py:5 `path` is a parameter of `load`
  = because: requirements.txt:1 pins pyyaml 5.3, where the default loader calls what the document names
  = fix: yaml.safe_load
  = edit: picklegate fix --unsafe-fixes
  = more: picklegate rules explain yaml-load

error[torch-load]: `torch.load` runs code stored in the file it opens
 --> a.py:7:12
  |
7 |     return torch.load(config["path"], weights_only=False)
  |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ `config["path"]` comes from the parameter `path`
  |
  = because: a.py:5 `config["path"]` comes from `path`, a parameter of `load` through `yaml.load()`
  = fix: torch.load(path, weights_only=True) on torch >= 2.6, or keep tensors in safetensors
  = edit: picklegate fix --unsafe-fixes
  = more: picklegate rules explain torch-load
blocked: 2 unsafe loads introduced
--- stderr
not touched: a.py: it is edited so already, and not staged

"#]],
    );
    assert_eq!(read(&repository, "a.py"), MENDED);
    repository.git(&["add", "a.py"]);
    shows(
        repository.transcript(&["fix", "--unsafe-fixes"]),
        str![[r#"
exit 0
--- stdout
clean: 2 staged files, 1 scanned, 1 manifest read

"#]],
    );
    assert_eq!(read(&repository, "a.py"), MENDED);
}

#[test]
fn fix_leaves_files_alone_that_are_not_what_was_judged() {
    let repository = repository();
    repository.stage("b.py", CODE);
    repository.stage("c.py", CODE);
    repository.stage("d.py", CODE);
    repository.stage("below/e.py", CODE);
    let edited = format!("# work in progress\n{CODE}");
    repository.write("b.py", &edited);
    fs::remove_file(repository.top.join("c.py")).expect("it is there");
    fs::rename(repository.top.join("below"), repository.top.join("moved")).expect("it is there");
    #[cfg(unix)]
    {
        fs::remove_file(repository.top.join("d.py")).expect("it is there");
        std::os::unix::fs::symlink("a.py", repository.top.join("d.py")).expect("it can be made");
        std::os::unix::fs::symlink("moved", repository.top.join("below")).expect("it can be made");
    }
    let output = repository.picklegate(&["fix", "--unsafe-fixes"]);
    assert_eq!(output.status.code(), Some(1), "{}", show(&output));
    let said = String::from_utf8_lossy(&output.stderr);
    for line in [
        "not touched: b.py: it differs from what was staged",
        "not touched: c.py: there is no file any more for what was staged",
        "not touched: d.py: a symbolic link stands in the place of what was staged",
        "not touched: below/e.py: a symbolic link stands in the place of what was staged",
        "fixed: a.py:6:14: yaml-load",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    assert_eq!((read(&repository, "a.py").as_str(), read(&repository, "b.py")), (MENDED, edited));
    assert_eq!(read(&repository, "moved/e.py"), CODE);
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("blocked: 8 unsafe loads introduced"),
        "{}",
        show(&output)
    );
}

#[test]
fn fix_of_a_path_edits_what_is_on_disk() {
    let repository = repository();
    repository.write("src/b.py", CODE);
    let output = repository.picklegate(&["fix", "--unsafe-fixes", "src"]);
    assert_eq!(output.status.code(), Some(0), "{}", show(&output));
    assert_eq!((read(&repository, "src/b.py").as_str(), read(&repository, "a.py").as_str()), (MENDED, CODE));
    let output = repository.picklegate(&["-C", "src", "fix", "--unsafe-fixes", "../a.py"]);
    assert_eq!(output.status.code(), Some(0), "{}", show(&output));
    assert_eq!(read(&repository, "a.py"), MENDED);
    let again = repository.picklegate(&["fix", "--unsafe-fixes", "."]);
    assert_eq!(again.status.code(), Some(0), "{}", show(&again));
    assert_eq!(read(&repository, "a.py"), MENDED);
}

#[cfg(unix)]
#[test]
fn fix_keeps_modes_and_line_ends_and_leaves_nothing_behind() {
    use std::os::unix::fs::PermissionsExt as _;
    let repository = repository();
    let with_crlf = CODE.replace('\n', "\r\n");
    repository.stage("crlf.py", &with_crlf);
    // Checked out with other line ends than staged, as where core.autocrlf is set.
    repository.write("a.py", &with_crlf);
    let path = repository.top.join("a.py");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("it is ours");
    let output = repository.picklegate(&["fix", "--unsafe-fixes"]);
    assert_eq!(output.status.code(), Some(0), "{}", show(&output));
    for file in ["a.py", "crlf.py"] {
        assert_eq!(read(&repository, file), MENDED.replace('\n', "\r\n"), "{file}");
    }
    assert_eq!(fs::metadata(&path).expect("it is there").permissions().mode() & 0o777, 0o640);
    let mut names: Vec<_> = fs::read_dir(&repository.top)
        .expect("it is there")
        .map(|entry| entry.expect("it can be listed").file_name().into_string().expect("it is ASCII"))
        .collect();
    names.sort();
    assert_eq!(names, [".git", "a.py", "crlf.py", "requirements.txt"]);
}

#[test]
fn the_diff_is_one_that_git_applies() {
    let files = [
        ("one.py", format!("{}{CODE}{}{CODE}", "# above\n".repeat(20), "# between\n".repeat(20))),
        ("two words.py", CODE.replace('\n', "\r\n")),
        ("end.py", "import yaml\nx = yaml.load(f)".to_owned()),
        ("import.py", "from yaml import load\nx = load(f)\n".to_owned()),
        ("marked.py", "\u{feff}import yaml\n\x0c\n\tü = yaml.load(f)\n".replace('\t', "")),
        (
            "long.py",
            "import torch.hub\ntorch.hub.load_state_dict_from_url(\n    url,\n    # which\n    progress=True,\n)\n"
                .to_owned(),
        ),
    ];
    let repository = repository();
    for (path, text) in &files {
        repository.stage(path, text);
    }
    let diff = repository.picklegate(&["check", "--diff", "--unsafe-fixes"]);
    repository.write("fix.diff", &diff.stdout);
    let applied = tempfile::tempdir().expect("a temporary directory can be made");
    repository.git(&["checkout-index", "--all", &format!("--prefix={}/", applied.path().display())]);
    let patch = repository.top.join("fix.diff");
    let output = repository
        .command("git")
        .current_dir(applied.path())
        .args(["apply", "--whitespace=nowarn"])
        .arg(&patch)
        .output()
        .expect("git can be run");
    assert!(output.status.success(), "{}\n{}", show(&output), String::from_utf8_lossy(&diff.stdout));
    let fixed = repository.picklegate(&["fix", "--unsafe-fixes"]);
    assert_eq!(fixed.status.code(), Some(0), "{}", show(&fixed));
    for (path, text) in &files {
        let by_git = fs::read_to_string(applied.path().join(path)).expect("it is text");
        assert_eq!(by_git, read(&repository, path), "{path}");
        assert_ne!(&by_git, text, "{path}");
    }
}

#[test]
fn notebooks_and_what_is_safe_already_are_not_edited() {
    let repository = Repository::new();
    repository.stage("requirements.txt", "pyyaml==5.3\n");
    let notebook = "{\"nbformat\": 4, \"nbformat_minor\": 5, \"metadata\": {}, \"cells\": [{\"cell_type\": \"code\", \"id\": \
                    \"a\", \"metadata\": {}, \"outputs\": [], \"execution_count\": null, \"source\": \"import yaml\\nyaml.load(f)\"}]}";
    repository.stage("n.ipynb", notebook);
    repository.stage("allowed.py", "import yaml\nyaml.load(f)  # picklegate: allow[yaml-load] ours\n");
    let output = repository.picklegate(&["fix", "--unsafe-fixes"]);
    assert_eq!(output.status.code(), Some(1), "{}", show(&output));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("note: n.ipynb: notebooks are not edited"),
        "{}",
        show(&output)
    );
    assert_eq!(read(&repository, "n.ipynb"), notebook);
    assert!(read(&repository, "allowed.py").contains("yaml.load(f)"));
}

#[test]
fn without_a_working_tree_there_is_nothing_to_fix() {
    let repository = repository();
    repository.commit_unchecked();
    repository.git(&["clone", "--quiet", "--bare", ".", "bare.git"]);
    let output = repository.picklegate(&["-C", "bare.git", "fix"]);
    assert_eq!(output.status.code(), Some(2), "{}", show(&output));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("a bare repository has no files to edit"),
        "{}",
        show(&output)
    );
}

#[test]
fn the_report_names_the_command_and_json_has_the_edit() {
    let repository = repository();
    let text = repository.picklegate(&["check"]);
    assert!(
        String::from_utf8_lossy(&text.stdout).contains("= edit: picklegate fix --unsafe-fixes\n"),
        "{}",
        show(&text)
    );
    let scan = repository.picklegate(&["scan"]);
    assert!(
        String::from_utf8_lossy(&scan.stdout).contains("= edit: picklegate fix --unsafe-fixes .\n"),
        "{}",
        show(&scan)
    );
    let json = repository.picklegate(&["check", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).expect("it is JSON");
    let edit = &json["findings"][0]["edit"];
    assert_eq!(edit["safe"], false);
    let replacement = &edit["replacements"][0];
    assert_eq!((replacement["text"].as_str(), &replacement["start"]["line"]), (Some("yaml.safe_load"), &6.into()));
    let from = replacement["bytes"][0].as_u64().expect("a number") as usize;
    let to = replacement["bytes"][1].as_u64().expect("a number") as usize;
    assert_eq!(&CODE[from..to], "yaml.load");
}
