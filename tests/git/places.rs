//! Where repositories and their parts are found: environment variables, working trees, object directories, refs.

use crate::support::{Fixture, changed, environment, listed, paths};
use picklegate::git::{FILE_LIMIT, Repository};
use std::fs;
use std::path::Path;

/// What makes a repository special.
type Make = fn(&Fixture);

fn utf8(path: &Path) -> &str {
    path.to_str().expect("made of UTF-8")
}

#[test]
fn the_repository_is_found_from_below_and_by_variables() {
    let fixture = Fixture::new();
    fixture.stage("a.py", "2");
    let elsewhere = tempfile::tempdir().expect("a temporary directory");
    let (git_dir, top) = (fixture.path(".git"), fixture.work_tree().to_owned());
    let cases: &[(&Path, &[(&str, &str)])] = &[
        (&top, &[]),
        (&fixture.path("a/c"), &[]),
        (&top, &[("GIT_DIR", ".git")]),
        (&top, &[("GIT_DIR", ".git"), ("GIT_INDEX_FILE", ".git/index")]),
        (&fixture.path("a"), &[("GIT_INDEX_FILE", ".git/index")]),
        (&fixture.path("a"), &[("GIT_DIR", "../.git"), ("GIT_WORK_TREE", "..")]),
        (elsewhere.path(), &[("GIT_DIR", utf8(&git_dir)), ("GIT_WORK_TREE", utf8(&top))]),
        (&git_dir, &[]),
    ];
    for (directory, variables) in cases {
        let repository = fixture.open_in(directory, variables).unwrap_or_else(|error| panic!("{variables:?}: {error}"));
        let comparison = repository.staged().unwrap_or_else(|error| panic!("{variables:?}: {error}"));
        assert_eq!(paths(&comparison.changes), ["a.py"], "{variables:?} in {}", directory.display());
        let expected = (*directory != git_dir).then_some(top.canonicalize().expect("it is there"));
        assert_eq!(repository.work_tree().map(|path| path.canonicalize().expect("it is there")), expected);
        assert_eq!(repository.is_bare(), *directory == git_dir);
    }
}

#[test]
fn the_search_stops_at_a_ceiling() {
    let fixture = Fixture::new();
    let error = fixture.open_in(&fixture.path("a/c"), &[("GIT_CEILING_DIRECTORIES", utf8(&fixture.path("a")))]);
    let error = error.err().expect("the ceiling is below the repository");
    assert!(error.to_string().ends_with("not inside a git repository"), "{error}");
    fixture
        .open_in(&fixture.path("a/c"), &[("GIT_CEILING_DIRECTORIES", utf8(&fixture.beside("")))])
        .expect("it is above");
}

#[test]
fn working_trees_may_be_far_from_their_repository() {
    let fixture = Fixture::new();
    // A repository kept elsewhere.
    fixture.git(&["init", "-q", "--separate-git-dir", utf8(&fixture.beside("kept"))]);
    fixture.stage("a.py", "2");
    let repository = fixture.open(&[]).expect("it is there");
    assert_eq!(repository.git_dir(), fixture.beside("kept"));
    assert_eq!(paths(&repository.staged().expect("it is whole").changes), ["a.py"]);
    // A bare repository whose working trees are all linked.
    let bare = fixture.beside("bare.git");
    fixture.git(&["clone", "-q", "--bare", ".", utf8(&bare)]);
    let linked = fixture.beside("linked");
    fixture.git_in(&bare, &[], &["worktree", "add", "-q", utf8(&linked), "main"]);
    fs::write(linked.join("z.txt"), "2").expect("it is writable");
    fixture.git_in(&linked, &[], &["add", "z.txt"]);
    let repository = fixture.open_in(&linked, &[]).expect("it is there");
    assert_eq!(repository.work_tree(), Some(linked.as_path()));
    assert_eq!(paths(&repository.staged().expect("it is whole").changes), ["z.txt"]);
    // Settings of one working tree only.
    fixture.git_in(&linked, &[], &["config", "extensions.worktreeConfig", "true"]);
    fixture.git_in(&bare, &[], &["config", "--unset", "core.bare"]);
    fixture.git_in(&bare, &[], &["config", "--worktree", "core.bare", "true"]);
    assert!(!fixture.open_in(&linked, &[]).expect("it is there").is_bare());
    assert!(fixture.open_in(&bare, &[]).expect("it is there").is_bare());
}

#[test]
fn a_bare_repository_has_revisions_but_nothing_staged() {
    let fixture = Fixture::new();
    let bare = fixture.beside("bare.git");
    fixture.git(&["clone", "-q", "--bare", ".", utf8(&bare)]);
    let repository = fixture.open_in(&bare, &[]).expect("it is there");
    assert!(repository.is_bare());
    assert_eq!(listed(&*repository.revision("HEAD").expect("there is a commit")), fixture.listed_by_git("HEAD"));
    let error = repository.staged().err().expect("there is no index");
    assert!(error.to_string().ends_with("a bare repository has nothing staged"), "{error}");
    assert!(error.hint().contains("--from-ref"));
}

#[test]
fn refs_may_be_packed_detached_or_in_a_reftable() {
    let cases: &[(&str, &[&str], Make)] = &[
        ("packed", &[], |f| {
            f.git(&["pack-refs", "--all", "--prune"]);
            assert!(!f.path(".git/refs/heads/main").exists());
        }),
        ("detached", &[], |f| {
            f.git(&["checkout", "-q", "--detach"]);
        }),
        ("a symbolic ref to a symbolic ref", &[], |f| {
            f.git(&["symbolic-ref", "refs/heads/alias", "refs/heads/main"]);
            f.git(&["symbolic-ref", "HEAD", "refs/heads/alias"]);
        }),
        ("reftable", &["--ref-format=reftable"], |_| {}),
        ("reftable, detached", &["--ref-format=reftable"], |f| {
            f.git(&["checkout", "-q", "--detach"]);
        }),
        ("reftable, sha256", &["--ref-format=reftable", "--object-format=sha256"], |_| {}),
    ];
    for (case, options, make) in cases {
        let fixture = Fixture::with(options);
        make(&fixture);
        fixture.stage("a.py", "2");
        fixture.assert_staged_as_git_has_it(case, "HEAD");
    }
}

#[test]
fn a_reftable_needs_git() {
    let fixture = Fixture::with(&["--ref-format=reftable"]);
    let mut without = environment(&[]);
    without.path = Some("/nonexistent".into());
    let repository = Repository::discover(fixture.work_tree(), &without, FILE_LIMIT).expect("it is there");
    let error = repository.staged().err().expect("there is no git");
    assert!(error.to_string().contains("reftable"), "{error}");
    assert!(error.hint().contains("PATH"));
}

#[test]
fn objects_may_be_packed_borrowed_or_quarantined() {
    let cases: &[(&str, Make)] = &[
        ("packed with deltas", |f| {
            let long: String = (0..2000).map(|line| format!("line {line}\n")).collect();
            f.stage("long.py", &long);
            f.git(&["commit", "-qm", "long"]);
            f.stage("long.py", &(long + "more\n"));
            f.git(&["commit", "-qm", "longer"]);
            f.git(&["reset", "-q", "--soft", "HEAD~1"]);
            f.git(&["repack", "-qad", "--depth=50", "--window=50"]);
        }),
        ("many packs", |f| {
            for number in 0..40 {
                f.stage("a.py", &format!("{number}"));
                f.git(&["commit", "-qm", "more"]);
                f.git(&["repack", "-qd"]);
            }
            f.git(&["reset", "-q", "--soft", "HEAD~20"]);
        }),
        ("a multi-pack index", |f| {
            f.git(&["repack", "-qd"]);
            f.stage("a.py", "2");
            f.git(&["repack", "-qd", "--write-midx"]);
        }),
        ("alternates", |f| {
            let lender = f.beside("lender");
            f.git(&["clone", "-q", "--bare", ".", lender.to_str().expect("made of UTF-8")]);
            fs::remove_dir_all(f.path(".git/objects")).expect("it is there");
            fs::create_dir_all(f.path(".git/objects/info")).expect("just removed");
            fs::write(f.path(".git/objects/info/alternates"), "../../../lender/objects\n").expect("it is writable");
            f.stage("a.py", "2");
        }),
    ];
    for (case, make) in cases {
        let fixture = Fixture::new();
        make(&fixture);
        fixture.assert_staged_as_git_has_it(case, "HEAD");
    }
}

#[test]
fn a_push_is_visible_in_its_quarantine() {
    let fixture = Fixture::new();
    let bare = fixture.beside("bare.git");
    fixture.git(&["clone", "-q", "--bare", ".", utf8(&bare)]);
    fixture.stage("pushed.py", "x");
    fixture.git(&["commit", "-qm", "pushed"]);
    let (old, new) = (fixture.git(&["rev-parse", "HEAD~1"]), fixture.git(&["rev-parse", "HEAD"]));
    // What git gives a pre-receive hook: the new objects in a directory of their own, the others as an alternate.
    let quarantine = bare.join("objects/incoming");
    let objects = fixture.path(".git/objects");
    for id in
        [new.as_str(), &fixture.git(&["rev-parse", "HEAD^{tree}"]), &fixture.git(&["rev-parse", "HEAD:pushed.py"])]
    {
        let place = Path::new(&id[..2]).join(&id[2..]);
        fs::create_dir_all(quarantine.join(&id[..2])).expect("it can be made");
        fs::rename(objects.join(&place), quarantine.join(&place)).expect("it is loose");
    }
    let unseen = fixture.open_in(&bare, &[("GIT_DIR", ".")]).expect("it is there").range(&old, &new);
    assert!(unseen.is_err(), "the objects are not in the repository proper");
    let variables = [
        ("GIT_DIR", "."),
        ("GIT_OBJECT_DIRECTORY", "./objects/incoming"),
        ("GIT_ALTERNATE_OBJECT_DIRECTORIES", utf8(&bare.join("objects")).to_owned().leak()),
    ];
    let repository = fixture.open_in(&bare, &variables).expect("it is there");
    let comparison = repository.range(&old, &new).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(paths(&comparison.changes), ["pushed.py"]);
    let pushed = comparison.changes[0].new.as_ref().expect("it was added");
    assert_eq!(comparison.new.read(pushed).as_deref(), Ok(&b"x"[..]));
}

#[test]
fn replace_refs_hide_nothing() {
    let fixture = Fixture::new();
    fixture.stage("a.py", "evil");
    let (evil, harmless) = (fixture.git(&["rev-parse", ":a.py"]), fixture.git(&["rev-parse", ":z.txt"]));
    fixture.git(&["replace", &evil, &harmless]);
    assert_eq!(fixture.git(&["cat-file", "blob", &evil]), "1", "git shows the replacement");
    let comparison = fixture.staged(&[]);
    let file = comparison.changes[0].new.as_ref().expect("it changed");
    assert_eq!(comparison.new.read(file).as_deref(), Ok(&b"evil"[..]));
}

#[test]
fn a_foreign_repository_is_read_and_nothing_in_it_is_run() {
    let fixture = Fixture::new();
    fixture.stage("a.py", "2");
    let trap = fixture.beside("trap");
    let touch = format!("touch '{}'; false", trap.display());
    for key in ["core.fsmonitor", "core.hooksPath", "diff.external", "filter.x.clean", "core.sshCommand", "core.pager"]
    {
        fixture.git(&["config", key, &touch]);
    }
    let foreign = [("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")];
    let refusal = fixture.try_git(fixture.work_tree(), &foreign, &["rev-parse", "HEAD"]);
    assert!(String::from_utf8_lossy(&refusal.stderr).contains("safe.directory"), "git refuses it");
    // Where the test may, the repository really changes hands.
    for path in [fixture.work_tree(), &fixture.path(".git")] {
        let _ = std::os::unix::fs::chown(path, Some(12_345), None);
    }
    assert_eq!(paths(&fixture.staged(&foreign).changes), ["a.py"]);
    assert!(!trap.exists());
}

#[test]
fn hooks_are_where_git_looks_for_them() {
    let fixture = Fixture::new();
    let linked = fixture.beside("linked");
    fixture.git(&["worktree", "add", "-q", utf8(&linked)]);
    for directory in [fixture.work_tree(), &linked] {
        let hooks = fixture.open_in(directory, &[]).expect("it is there").hooks_directory().expect("no configuration");
        assert_eq!(hooks.path.canonicalize().ok(), fixture.path(".git/hooks").canonicalize().ok());
        assert_eq!(hooks.set_by, None);
    }
    // Outside of the repository, through a conditional include.
    let (global, included) = (fixture.beside("global"), fixture.beside("included"));
    let condition = format!("[includeIf \"gitdir:{}/\"]\n\tpath = included\n", fixture.above().display());
    fs::write(&global, condition).expect("it is writable");
    fs::write(&included, "[core]\n\thooksPath = ~/hooks\n").expect("it is writable");
    let variables = [("GIT_CONFIG_GLOBAL", utf8(&global)), ("HOME", "/home/me")];
    let outer = || {
        let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        picklegate::git::Environment::from_variables(variables.chain([("GIT_CONFIG_NOSYSTEM".into(), "1".into())]))
    };
    let open = || Repository::discover(fixture.work_tree(), &outer(), FILE_LIMIT).expect("it is there");
    let hooks = open().hooks_directory().expect("it is readable");
    assert_eq!((hooks.path.as_path(), hooks.set_by.as_deref()), (Path::new("/home/me/hooks"), Some(global.as_path())));
    // The repository's own setting is stronger, and relative to the top of the working tree.
    fixture.git(&["config", "core.hooksPath", ".husky/_"]);
    let hooks = open().hooks_directory().expect("it is readable");
    assert_eq!(hooks.path, fixture.path(".husky/_"));
    assert_eq!(hooks.set_by, Some(fixture.path(".git/config")));
}

#[test]
fn reading_writes_nothing() {
    let fixture = Fixture::new();
    fixture.stage("a/b.py", "2");
    let state = || {
        let mut found = Vec::new();
        let mut pending = vec![fixture.work_tree().to_owned()];
        while let Some(directory) = pending.pop() {
            for entry in fs::read_dir(directory).expect("it can be listed") {
                let path = entry.expect("it can be listed").path();
                let modified = path.metadata().and_then(|data| data.modified()).expect("it is there");
                if path.is_dir() {
                    pending.push(path.clone());
                }
                found.push((path, modified));
            }
        }
        found.sort();
        found
    };
    let before = state();
    assert_eq!(changed(&fixture.staged(&[]).changes).len(), 1);
    assert_eq!(state(), before);
}
