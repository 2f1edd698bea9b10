//! What a hook sees while real `git commit` and `git merge` run is what they then record.

use crate::support::{Fixture, environment, git, listed, paths};
use picklegate::git::{FILE_LIMIT, Repository};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// Keeps what the hook was given: the index, the variables and the directory.
const HOOK: &str = "#!/bin/sh
cp \"$GIT_INDEX_FILE\" \"$SEEN/index\" && env -0 > \"$SEEN/variables\" && pwd > \"$SEEN/directory\"
";

/// The environment of a hook, its index a copy that outlives it.
struct Seen {
    directory: PathBuf,
    variables: Vec<(String, String)>,
}

impl Seen {
    fn open(&self) -> Repository {
        let variables: Vec<(&str, &str)> =
            self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        Repository::discover(&self.directory, &environment(&variables), FILE_LIMIT).expect("git found it too")
    }
}

fn install(fixture: &Fixture, name: &str) {
    let hook = fixture.path(".git/hooks").join(name);
    fs::create_dir_all(hook.parent().expect("it has one")).expect("it can be made");
    fs::write(&hook, HOOK).expect("it is writable");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("it is ours");
}

/// Runs git with a hook that must run; returns what it was given.
fn run(fixture: &Fixture, directory: &Path, arguments: &[&str], input: &str) -> Seen {
    let seen = fixture.beside("seen");
    fs::create_dir_all(&seen).expect("it can be made");
    let script = format!("printf '{input}' | git {}", arguments.join(" "));
    let mut command = std::process::Command::new("sh");
    let variables: Vec<_> =
        git(directory).get_envs().map(|(name, value)| (name.to_owned(), value.map(ToOwned::to_owned))).collect();
    command.args(["-c", &script]).current_dir(directory).env_clear().env("SEEN", &seen);
    command.envs(variables.into_iter().filter_map(|(name, value)| Some((name, value?))));
    let output = command.output().expect("there is a shell");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    let read =
        |name: &str| fs::read_to_string(seen.join(name)).unwrap_or_else(|_| panic!("{arguments:?}: no hook ran"));
    let mut variables: BTreeMap<String, String> = read("variables")
        .split('\0')
        .filter_map(|variable| variable.split_once('='))
        .filter(|(name, _)| name.starts_with("GIT"))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    variables.insert("GIT_INDEX_FILE".into(), seen.join("index").display().to_string());
    fs::remove_file(seen.join("variables")).expect("just read");
    Seen { directory: read("directory").trim_end().into(), variables: variables.into_iter().collect() }
}

#[test]
fn the_hook_of_a_commit_sees_what_it_records() {
    let cases: &[(&str, &[&str], &str)] = &[
        ("", &["commit", "-qm2"], ""),
        ("", &["commit", "-qam2"], ""),
        ("a", &["commit", "-qam2"], ""),
        ("", &["commit", "-qm2", "a/b.py"], ""),
        ("a", &["commit", "-qm2", "b.py"], ""),
        ("", &["commit", "-qm2", "a-b"], ""),
        ("", &["commit", "-qm2", "-i", "a/b.py"], ""),
        ("", &["commit", "-qm2", "-p"], "y\\nn\\n"),
        ("", &["commit", "-q", "--amend", "-m", "amended"], ""),
        ("", &["commit", "-q", "--amend", "-a", "-m", "amended"], ""),
        ("", &["commit", "-q", "--amend", "-m", "amended", "--only"], ""),
    ];
    for split in ["false", "true"] {
        for (directory, arguments, input) in cases {
            let fixture = Fixture::new();
            fixture.git(&["config", "core.splitIndex", split]);
            fixture.stage("a.py", "staged");
            fixture.write("a/b.py", "edited");
            fixture.write("a-b/e.py", "edited too");
            install(&fixture, "pre-commit");
            let seen = run(&fixture, &fixture.path(directory), arguments, input);
            // A shared index may be gone or be another by now; git keeps it in the git directory.
            if split == "true" {
                fs::copy(fixture.beside("seen/index"), fixture.path(".git/seen")).expect("it is there");
            }
            let index = if split == "true" { ".git/seen" } else { "../seen/index" };
            let repository = fixture.open(&[("GIT_INDEX_FILE", index)]).expect("it is there");
            let recorded = fixture.listed_by_git("HEAD");
            let new = repository.index().unwrap_or_else(|error| panic!("{arguments:?}: {error}"));
            assert_eq!(listed(&*new), recorded, "split {split}, {arguments:?} in `{directory}`");
            if split == "false" {
                assert_eq!(listed(&*seen.open().index().expect("the same")), recorded, "{arguments:?}");
            }
        }
    }
}

#[test]
fn the_hook_of_a_linked_working_tree_sees_its_own_index() {
    let fixture = Fixture::new();
    let linked = fixture.beside("linked");
    fixture.git(&["worktree", "add", "-q", linked.to_str().expect("made of UTF-8"), "-b", "other"]);
    fixture.stage("a.py", "staged in the main working tree");
    fs::write(linked.join("z.txt"), "2").expect("it is writable");
    install(&fixture, "pre-commit");
    let seen = run(&fixture, &linked, &["commit", "-qam2"], "");
    let repository = seen.open();
    assert_eq!(repository.work_tree(), Some(linked.as_path()));
    assert_eq!(repository.common_dir().canonicalize().expect("it is there"), fixture.path(".git"));
    assert_eq!(listed(&*repository.index().expect("it is whole")), fixture.listed_by_git("other"));
    assert_eq!(paths(&fixture.staged(&[]).changes), ["a.py"]);
}

/// Two branches that both changed a file, and each one of its own.
fn diverged(conflict: bool) -> Fixture {
    let fixture = Fixture::new();
    fixture.git(&["checkout", "-qb", "theirs"]);
    fixture.stage("theirs.py", "theirs");
    fixture.stage("a.py", "theirs");
    fixture.git(&["commit", "-qm", "theirs"]);
    fixture.git(&["checkout", "-q", "main"]);
    fixture.stage("ours.py", "ours");
    if conflict {
        fixture.stage("a.py", "ours");
    }
    fixture.git(&["commit", "-qm", "ours"]);
    fixture
}

#[test]
fn a_merge_with_conflicts_is_judged_against_both_parents() {
    let fixture = diverged(true);
    assert!(!fixture.try_git(fixture.work_tree(), &[], &["merge", "-q", "theirs"]).status.success());
    let error = fixture.try_staged(&[]).err().expect("there are conflicts");
    assert_eq!(error.to_string(), "a.py: unmerged");
    assert!(error.hint().contains("git add"));

    fixture.stage("a.py", "merged");
    let comparison = fixture.staged(&[]);
    assert_eq!(paths(&comparison.changes), ["a.py", "theirs.py"]);
    let parents: Vec<_> = comparison.parents.iter().map(|parent| listed(&**parent)).collect();
    assert_eq!(parents, [fixture.listed_by_git("main"), fixture.listed_by_git("theirs")]);
}

#[test]
fn a_clean_merge_is_judged_against_both_parents() {
    for squash in [false, true] {
        let fixture = diverged(false);
        let comparison = if squash {
            fixture.git(&["merge", "-q", "--squash", "theirs"]);
            fixture.staged(&[])
        } else {
            // MERGE_HEAD does not exist yet; git only names the commit in a variable.
            install(&fixture, "pre-merge-commit");
            let seen = run(&fixture, fixture.work_tree(), &["merge", "-q", "--no-edit", "theirs"], "");
            fixture.git(&["reset", "-q", "--soft", "HEAD~1"]);
            seen.open().staged().expect("it is whole")
        };
        assert_eq!(paths(&comparison.changes), ["a.py", "theirs.py"]);
        let parents: Vec<_> = comparison.parents.iter().map(|parent| listed(&**parent)).collect();
        let expected = [fixture.listed_by_git("main"), fixture.listed_by_git("theirs")];
        assert_eq!(parents, expected[..if squash { 1 } else { 2 }]);
    }
}

#[test]
fn an_annotated_tag_can_be_merged() {
    let fixture = diverged(true);
    fixture.git(&["tag", "-am", "v1", "v1", "theirs"]);
    assert!(!fixture.try_git(fixture.work_tree(), &[], &["merge", "-q", "v1"]).status.success());
    fixture.stage("a.py", "merged");
    let comparison = fixture.staged(&[]);
    assert_eq!(listed(&*comparison.parents[1]), fixture.listed_by_git("theirs"));
}

#[test]
fn a_snapshot_is_read_by_many_threads() {
    let fixture = Fixture::new();
    let repository = fixture.open(&[]).expect("it is there");
    let snapshot = repository.revision("HEAD").expect("there is a commit");
    let mut files = Vec::new();
    let unlisted = picklegate::snapshot::walk(&*snapshot, &Default::default(), &mut |file| files.push(file));
    assert_eq!(unlisted, []);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert!(files.iter().all(|file| snapshot.read(file).as_deref() == Ok(b"1"))));
        }
    });
}
