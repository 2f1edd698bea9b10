//! The demonstration: real, repeatable, and gone afterwards.

use crate::support::{BINARY, Repository, show, shows};
use snapbox::str;
use std::fs;

#[test]
fn it_is_refused_fixed_and_accepted_and_leaves_nothing() {
    let repository = Repository::new();
    repository.write("tmp/kept", "");
    let temporary = repository.top.join("tmp");
    // What would lead git or the hook elsewhere has no effect.
    let output = repository
        .command(BINARY)
        .arg("demo")
        .env("TMPDIR", &temporary)
        .envs([("GIT_DIR", "/nowhere"), ("GIT_INDEX_FILE", "/nowhere"), ("PICKLEGATE", "0"), ("CI", "true")])
        .output()
        .expect("it can be run");
    assert!(output.status.success(), "{}", show(&output));
    let told = String::from_utf8(output.stdout).expect("it is UTF-8");
    let steps = [
        "$ git init ",
        "$ picklegate install\nwrote .git/hooks/pre-commit\n",
        "torch==2.3.1",
        "$ git commit ",
        "error[torch-load]: ",
        "because: requirements.txt:1 pins torch 2.3.1",
        "blocked: 1 unsafe load introduced\n",
        "weights_only=True",
        "$ git commit ",
        "[main (root-commit) ",
        "git accepted it.",
    ];
    let mut rest = told.as_str();
    for step in steps {
        rest = rest.split_once(step).unwrap_or_else(|| panic!("no {step:?} in its place\n{told}")).1;
    }
    let left: Vec<_> = fs::read_dir(temporary).expect("it is there").flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left, ["kept"]);
}

#[test]
fn without_git_it_says_so() {
    let repository = Repository::new();
    let output = repository.command(BINARY).arg("demo").env("PATH", &repository.top).output().expect("it can be run");
    shows(
        show(&output),
        str![[r#"
exit 2
--- stdout
In a throw-away repository, with the hook installed:

$ git init --quiet --initial-branch main
--- stderr
error: git: not found
hint: the demonstration runs the real git: install it, or put it on PATH

"#]],
    );
}
