//! What people see whatever the rules say: help, usage errors, streams.

use crate::support::{BINARY, Repository, show, shows};
use snapbox::str;
use std::process::{Command, Stdio};

#[test]
fn help() {
    let repository = Repository::new();
    shows(
        repository.transcript(&["-h"]),
        str![[r#"
exit 0
--- stdout
Keeps unsafe unpickling out of Python repositories: version-aware, judges what a commit introduces

Usage: picklegate [OPTIONS] <COMMAND>

Commands:
  check        Judge what a change introduces: what is staged, or a range of commits
  scan         Judge a whole tree, whether old or new
  fix          Make the edits that remove findings, in the working tree
  audit-deps   List the dependencies that manifests and lock files name, and which of them can
               unpickle
  rules        List, explain, check, test and export rules
  install      Install the git hooks that run `picklegate check` before each commit
  uninstall    Remove the git hooks that `picklegate install` wrote
  demo         Show a commit being blocked, fixed and accepted, in a throw-away repository
  completions  Print a completion script
  help         Print this message or the help of the given subcommand(s)

Options:
  -h, --help     Print help (see more with '--help')
  -V, --version  Print version

Global options:
  -C <DIR>            Run as if started in DIR
      --color <WHEN>  When to colour [default: auto] [possible values: auto, always, never]

Exit status:
  0  nothing at or above the line was introduced (scan: found)
  1  blocked
  2  could not judge: the message says what to do

"#]],
    );
    shows(
        repository.transcript(&["help", "check"]),
        str![[r#"
exit 0
--- stdout
Judge what a change introduces: what is staged, or a range of commits

Reads what would be committed, never the working tree. Where CI is set and nothing is staged, all of
HEAD is judged instead.

Usage: picklegate check [OPTIONS]

Options:
      --from-ref <REV>
          Old side of a range; the merge base with --to-ref is what counts [env:
          PRE_COMMIT_FROM_REF]

      --to-ref <REV>
          New side of a range [env: PRE_COMMIT_TO_REF]

      --format <FORMAT>
          How to report; never changes the exit status
          
          [default: text]
          [alias: --output-format]
          [possible values: text, concise, json]

      --fail-on <SEVERITY>
          Block at this severity and above: error, warning or note [default: as configured, else
          error]

      --show-notes
          Show findings of severity note as well, and where pickles are written

      --diff
          Print the edits that `picklegate fix` makes as a diff instead of the report, and write
          nothing; never changes the exit status

      --unsafe-fixes
          Edits as well after which data that was harmless may be loaded otherwise, or not at all

      --rules <FILE>
          Read the rules of FILE as well

  -q, --quiet
          Print nothing where nothing is found

  -v, --verbose
          List what comments allow, and count the unchanged files that were looked into

  -h, --help
          Print help (see a summary with '-h')

Global options:
  -C <DIR>
          Run as if started in DIR

      --color <WHEN>
          When to colour

          Possible values:
          - auto:   On a terminal, unless NO_COLOR, CLICOLOR_FORCE or TERM=dumb say otherwise
          - always: Whatever the environment says
          - never:  Not at all
          
          [default: auto]

"#]],
    );
}

#[test]
fn every_command_has_help() {
    let repository = Repository::new();
    for command in ["check", "scan", "audit-deps", "rules", "install", "uninstall", "demo", "completions"] {
        let output = repository.picklegate(&[command, "--help"]);
        assert!(output.status.success() && output.stderr.is_empty(), "{command}: {}", show(&output));
    }
}

#[test]
fn usage_errors_are_2() {
    let repository = Repository::new();
    shows(
        repository.transcript(&["chekc"]),
        str![[r#"
exit 2
--- stderr
error: unrecognized subcommand 'chekc'

  tip: a similar subcommand exists: 'check'

Usage: picklegate [OPTIONS] <COMMAND>

For more information, try '--help'.

"#]],
    );
    for wrong in [
        &["check", "--from-ref", "HEAD"][..],
        &["check", "--format", "xml"],
        &["check", "--fail-on", "fatal"],
        &["scan", ".", "--rev", "HEAD"],
        &["-C", "nowhere", "check"],
        &[],
    ] {
        let output = repository.picklegate(wrong);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}: {}", show(&output));
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{wrong:?}: {}", show(&output));
    }
}

#[test]
fn completions_name_the_commands() {
    let repository = Repository::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = repository.picklegate(&["completions", shell]);
        assert!(output.status.success(), "{shell}: {}", show(&output));
        assert!(String::from_utf8_lossy(&output.stdout).contains("audit-deps"), "{shell}");
    }
}

#[test]
fn outside_of_a_repository() {
    let repository = Repository::new();
    shows(
        repository.transcript(&["-C", "..", "check"]),
        str![[r#"
exit 2
--- stderr
error: [ROOT]: not inside a git repository
hint: change into a repository, or make one with `git init`

"#]],
    );
}

#[test]
fn a_reader_that_goes_away_changes_nothing() {
    let repository = Repository::new();
    repository.stage("a.py", crate::support::UNSAFE);
    for format in ["text", "concise", "json"] {
        let mut command = repository.command(BINARY);
        command.args(["check", "--format", format]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary can be run");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(1), "{}", show(&output));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_report_that_cannot_be_written_is_2() {
    let repository = Repository::new();
    let full = std::fs::File::options().write(true).open("/dev/full").expect("Linux has it");
    let output = repository.command(BINARY).args(["completions", "bash"]).stdout(full).output().expect("it can be run");
    assert_eq!(output.status.code(), Some(2), "{}", show(&output));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: standard output: cannot write: "));
}

#[test]
fn colour_is_asked_for_or_not_there() {
    let repository = Repository::new();
    repository.stage("a.py", crate::support::UNSAFE);
    let colored = |command: &mut Command| command.output().expect("it can be run").stdout.contains(&0x1b);
    assert!(!colored(repository.command(BINARY).arg("check")));
    assert!(colored(repository.command(BINARY).arg("check").env("CLICOLOR_FORCE", "1")));
    assert!(!colored(repository.command(BINARY).arg("check").env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1")));
    assert!(colored(repository.command(BINARY).args(["check", "--color", "always"]).env("NO_COLOR", "1")));
}
