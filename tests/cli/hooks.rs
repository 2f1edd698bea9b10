//! Installing and removing hooks, and what the hook does when it cannot run.

use crate::support::{Repository, UNSAFE, show, shows};
use snapbox::str;
use std::fs;

#[test]
fn install_says_what_it_writes_and_uninstall_takes_it_back() {
    let repository = Repository::new();
    let hooks = repository.top.join(".git/hooks");
    let before: Vec<_> = list(&hooks);
    shows(
        repository.transcript(&["install", "--dry-run"]),
        str![[r#"
exit 0
--- stdout
would write .git/hooks/pre-commit
would write .git/hooks/pre-merge-commit

"#]],
    );
    assert_eq!(list(&hooks), before);
    shows(
        repository.transcript(&["install"]),
        str![[r#"
exit 0
--- stdout
wrote .git/hooks/pre-commit
wrote .git/hooks/pre-merge-commit

"#]],
    );
    assert_eq!(list(&hooks).len(), before.len() + 2);
    let again = repository.picklegate(&["install"]);
    assert!(again.status.success(), "{}", show(&again));
    shows(
        repository.transcript(&["uninstall", "--dry-run"]),
        str![[r#"
exit 0
--- stdout
would remove .git/hooks/pre-commit
would remove .git/hooks/pre-merge-commit

"#]],
    );
    shows(
        repository.transcript(&["uninstall"]),
        str![[r#"
exit 0
--- stdout
removed .git/hooks/pre-commit
removed .git/hooks/pre-merge-commit

"#]],
    );
    assert_eq!(list(&hooks), before);
    shows(
        repository.transcript(&["uninstall"]),
        str![[r#"
exit 0
--- stdout
not there: .git/hooks/pre-commit
not there: .git/hooks/pre-merge-commit

"#]],
    );
}

#[test]
fn a_foreign_hook_is_left_alone() {
    let repository = Repository::new();
    let hook = repository.top.join(".git/hooks/pre-commit");
    repository.write(".git/hooks/pre-commit", "#!/bin/sh\necho mine\n");
    shows(
        repository.transcript(&["install"]),
        str![[r#"
exit 2
--- stderr
error: .git/hooks/pre-commit: another hook is there; it was left alone
hint: add this line to your hook, after its first line:
      '[BINARY]' check --quiet || exit

"#]],
    );
    shows(
        repository.transcript(&["uninstall"]),
        str![[r#"
exit 0
--- stdout
left alone, because `picklegate install` did not write it: .git/hooks/pre-commit
not there: .git/hooks/pre-merge-commit

"#]],
    );
    assert_eq!(fs::read_to_string(hook).expect("it is there"), "#!/bin/sh\necho mine\n");
    assert!(!repository.top.join(".git/hooks/pre-merge-commit").exists());
}

#[test]
fn the_line_for_a_foreign_hook_works() {
    let repository = Repository::new();
    repository.write(".git/hooks/pre-commit", "#!/bin/sh\n");
    let said = String::from_utf8(repository.picklegate(&["install"]).stderr).expect("it is UTF-8");
    let line = said.lines().find(|line| line.ends_with("|| exit")).expect("it says which line to add").trim();
    repository.write(".git/hooks/pre-commit", format!("#!/bin/sh\n{line}\necho the rest >&2\n"));
    let made = repository.command("chmod").args(["+x", ".git/hooks/pre-commit"]).status().expect("chmod can be run");
    assert!(made.success());
    repository.stage("a.py", UNSAFE);
    assert!(!repository.refuses(&["commit", "-m", "x"]).contains("the rest"));
}

#[test]
fn other_managers_get_their_own_words() {
    let hint = |file: &str, content: &str| {
        let repository = Repository::new();
        repository.write(file, content);
        repository.write(".git/hooks/pre-commit", "#!/bin/sh\n");
        repository.transcript(&["install"])
    };
    shows(
        hint(".pre-commit-config.yaml", "repos: []\n"),
        str![[r#"
exit 2
--- stderr
error: .git/hooks/pre-commit: another hook is there; it was left alone
hint: add this to .pre-commit-config.yaml, under `repos:`
        - repo: local
          hooks:
            - id: picklegate
              name: picklegate
              entry: picklegate check --quiet
              language: system
              pass_filenames: false
              always_run: true

"#]],
    );
    shows(
        hint("lefthook.yml", ""),
        str![[r#"
exit 2
--- stderr
error: .git/hooks/pre-commit: another hook is there; it was left alone
hint: add this to lefthook.yml:
      pre-commit:
        jobs:
          - name: picklegate
            run: picklegate check --quiet

"#]],
    );
    shows(
        hint(".husky/pre-commit", ""),
        str![[r#"
exit 2
--- stderr
error: .git/hooks/pre-commit: another hook is there; it was left alone
hint: add this line to .husky/pre-commit:
      picklegate check --quiet

"#]],
    );
}

#[test]
fn hooks_of_every_repository_are_not_ours_to_write() {
    let repository = Repository::new();
    repository.git(&["config", "--global", "core.hooksPath", "~/hooks"]);
    shows(
        repository.transcript(&["install"]),
        str![[r#"
exit 2
--- stderr
error: [ROOT]/gitconfig: sets core.hooksPath to [ROOT]/hooks, which is not of this repository alone
hint: add this line to your hook, after its first line:
      '[BINARY]' check --quiet || exit

"#]],
    );
    repository.git(&["config", "core.hooksPath", ".githooks"]);
    shows(
        repository.transcript(&["install"]),
        str![[r#"
exit 0
--- stdout
wrote .githooks/pre-commit
wrote .githooks/pre-merge-commit

"#]],
    );
    repository.stage("a.py", UNSAFE);
    repository.refuses(&["commit", "-m", "x"]);
    repository.git(&["config", "core.hooksPath", ".husky/_"]);
    shows(
        repository.transcript(&["install"]),
        str![[r#"
exit 2
--- stderr
error: .git/config: sets core.hooksPath to .husky/_, which belongs to husky
hint: add this line to your hook, after its first line:
      '[BINARY]' check --quiet || exit

"#]],
    );
}

#[test]
fn a_bare_repository_has_no_commits_to_judge() {
    let repository = Repository::new();
    repository.git(&["init", "--quiet", "--bare", "../bare"]);
    shows(
        repository.transcript(&["-C", "../bare", "install"]),
        str![[r#"
exit 2
--- stderr
error: .: nothing is committed in a bare repository
hint: install the hooks where people commit

"#]],
    );
}

#[test]
fn a_linked_worktree_shares_the_hooks() {
    let mut repository = Repository::new();
    repository.stage("a.txt", "");
    repository.commit_unchecked();
    repository.git(&["worktree", "add", "--quiet", "../linked"]);
    let top = repository.top.clone();
    repository.top = top.join("../linked");
    let installed = repository.picklegate(&["install"]);
    assert!(installed.status.success(), "{}", show(&installed));
    assert!(top.join(".git/hooks/pre-commit").is_file());
}

#[test]
fn skipping_is_visible_and_only_once() {
    let repository = Repository::with_hook();
    repository.stage("a.py", UNSAFE);
    repository.refuses(&["commit", "-m", "x"]);
    let output =
        repository.command("git").args(["commit", "-m", "x"]).env("PICKLEGATE", "0").output().expect("git runs");
    assert!(output.status.success(), "{}", show(&output));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "picklegate: skipped, because PICKLEGATE=0\n");
}

#[test]
#[cfg(unix)]
fn a_program_that_is_gone_blocks() {
    let repository = Repository::with_hook();
    let hook = repository.top.join(".git/hooks/pre-commit");
    let text = fs::read_to_string(&hook).expect("it was installed");
    fs::write(&hook, text.replace(crate::support::BINARY, "/nowhere/picklegate")).expect("it can be written");
    repository.stage("a.txt", "");
    let output = repository.try_git(&["commit", "-m", "x"]);
    shows(
        show(&output),
        str![[r#"
exit 1
--- stderr
picklegate: blocked, because the program is gone: not where it was installed from, and not on PATH
picklegate: install it again and run `picklegate install`, remove this hook, or skip it once with PICKLEGATE=0

"#]],
    );
    // In the places where cargo and uv install to, it is found.
    let bin = repository.top.join("../.local/bin");
    fs::create_dir_all(&bin).expect("it can be made");
    std::os::unix::fs::symlink(crate::support::BINARY, bin.join("picklegate")).expect("it can be linked");
    repository.accepts(&["commit", "-m", "x"]);
}

fn list(directory: &std::path::Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("it can be listed").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
