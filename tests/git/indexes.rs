//! Index files of every kind git writes: what is staged is what git would write as a tree.

use crate::support::{Fixture, changed, paths};
use picklegate::snapshot::EntryKind;
use std::fs;

/// (what is special, what makes it so).
type Case = (&'static str, fn(&Fixture));

const CASES: &[Case] = &[
    ("nothing staged", |_| {}),
    ("whole cache-tree", |f| {
        f.stage("a/b.py", "2");
        f.git(&["write-tree"]);
    }),
    ("a new file in a new directory", |f| f.stage("new/deep/er/f.py", "x")),
    ("an edit deep down", |f| f.stage("a/c/d.py", "2")),
    ("edits on every level", |f| {
        for path in ["a.py", "a/b.py", "a/c/d.py", "a-b/e.py"] {
            f.stage(path, "2");
        }
    }),
    ("deleted", |f| {
        f.git(&["rm", "-q", "a/c/d.py", "z.txt"]);
    }),
    ("all deleted", |f| {
        f.git(&["rm", "-rq", "."]);
    }),
    ("renamed", |f| {
        f.git(&["mv", "a/c/d.py", "moved.py"]);
    }),
    ("executable", |f| {
        f.git(&["update-index", "--chmod=+x", "a.py"]);
    }),
    ("file becomes directory", |f| {
        f.git(&["rm", "-q", "a.py"]);
        f.stage("a.py/inside.py", "x");
    }),
    ("directory becomes file", |f| {
        f.git(&["rm", "-rq", "a"]);
        f.stage("a", "x");
    }),
    ("symbolic link", |f| {
        std::os::unix::fs::symlink("/etc/passwd", f.path("link.py")).expect("links can be made");
        f.git(&["add", "link.py"]);
    }),
    ("file becomes symbolic link", |f| {
        fs::remove_file(f.path("a.py")).expect("it is there");
        std::os::unix::fs::symlink("z.txt", f.path("a.py")).expect("links can be made");
        f.git(&["add", "a.py"]);
    }),
    ("submodule", |f| {
        let id = f.git(&["rev-parse", "HEAD"]);
        f.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{id},sub")]);
    }),
    ("intent to add only", |f| {
        f.write("a/later.py", "x");
        f.git(&["add", "-N", "a/later.py"]);
    }),
    ("intent to add in a new directory", |f| {
        f.write("later/later.py", "x");
        f.git(&["add", "-N", "later"]);
        f.stage("now/now.py", "x");
    }),
    ("assume-unchanged and skip-worktree", |f| {
        f.stage("a/b.py", "2");
        f.git(&["update-index", "--assume-unchanged", "a/b.py"]);
        f.git(&["update-index", "--skip-worktree", "a.py"]);
    }),
    ("odd names", |f| {
        for path in
            ["tab\there.py", "new\nline.py", "quote\".py", " leading.py", "-dash.py", "é/ü.py", "TREE/link/sdir"]
        {
            f.write(path, path);
        }
        f.git(&["add", "."]);
    }),
    ("names that sort between a directory and its content", |f| {
        for path in ["a!.py", "a-.py", "a.x", "a/x.py", "a0.py", "a0/x.py", "a/c.py", "a/c0.py"] {
            f.stage(path, "x");
        }
    }),
    ("names that differ in case", |f| {
        f.stage("README.py", "x");
        f.stage("readme.py", "y");
    }),
    ("a path longer than the length field", |f| {
        let deep = vec!["d".repeat(200); 25].join("/");
        let id = f.git(&["rev-parse", "HEAD:a.py"]);
        f.git(&["update-index", "--add", "--cacheinfo", &format!("100644,{id},{deep}/x.py")]);
        f.git(&["update-index", "--add", "--cacheinfo", &format!("100644,{id},{deep}/y.py")]);
    }),
    ("a thousand directories deep", |f| {
        let deep = vec!["d"; 1000].join("/");
        let id = f.git(&["rev-parse", "HEAD:a.py"]);
        f.git(&["update-index", "--add", "--cacheinfo", &format!("100644,{id},{deep}/x.py")]);
    }),
    ("cache-tree valid in parts", |f| {
        for path in ["a/c/new.py", "b/x.py", "b.py", "a0/x.py"] {
            f.stage(path, "x");
        }
        f.git(&["write-tree"]);
        f.stage("a/c/d.py", "2");
        f.stage("z.txt", "2");
    }),
    ("cache-tree larger than its first read", |f| {
        let id = f.git(&["rev-parse", "HEAD:a.py"]);
        let many = |number| format!("100644 {id} 0\tmany/directory-{number:05}/x.py\n");
        f.index_info(&(0..2500).map(many).collect::<String>());
        f.git(&["write-tree"]);
    }),
    ("cache-tree larger than its first read, valid in parts", |f| {
        let id = f.git(&["rev-parse", "HEAD:a.py"]);
        let many = |number| format!("100644 {id} 0\tmany-{}/directory-{number:05}/x.py\n", number % 7);
        f.index_info(&(0..2500).map(many).collect::<String>());
        f.git(&["write-tree"]);
        f.stage("many-3/directory-01000/x.py", "2");
    }),
    ("untracked cache and end-of-entries extensions", |f| {
        f.git(&["config", "index.threads", "4"]);
        f.git(&["config", "index.recordEndOfIndexEntries", "true"]);
        f.git(&["config", "core.untrackedCache", "true"]);
        f.git(&["update-index", "--untracked-cache", "--force-write-index"]);
        f.stage("a/b.py", "2");
    }),
    ("no checksum", |f| {
        f.git(&["config", "index.skipHash", "true"]);
        f.stage("a/b.py", "2");
    }),
    ("no cache-tree", |f| {
        let listing = f.git(&["ls-files", "-s"]);
        fs::remove_file(f.path(".git/index")).expect("it is there");
        f.index_info(&(listing + "\n"));
        f.stage("a/b.py", "2");
    }),
    ("the tree of the cache-tree is gone", |f| {
        f.stage("a/b.py", "2");
        let tree = f.git(&["write-tree"]);
        fs::remove_file(f.loose(&tree)).expect("it is loose");
    }),
    ("a tree within the cache-tree is gone", |f| {
        f.stage("a/c/d.py", "2");
        let tree = f.git(&["write-tree", "--prefix=a/"]);
        f.stage("z.txt", "2");
        fs::remove_file(f.loose(&tree)).expect("it is loose");
    }),
];

/// Each case in each of these: versions differ in how paths are stored, hashes in how long ids are.
const FORMATS: &[(&str, &[&str])] = &[
    ("version 2", &[]),
    ("version 4", &["config", "index.version", "4"]),
    ("split", &["config", "core.splitIndex", "true"]),
];

#[test]
fn what_is_staged_is_what_git_would_write_as_a_tree() {
    for (format, settings) in FORMATS {
        for (case, make) in CASES {
            let fixture = Fixture::new();
            if !settings.is_empty() {
                fixture.git(settings);
                fixture.git(&["update-index", "--force-write-index"]);
            }
            make(&fixture);
            fixture.assert_staged_as_git_has_it(&format!("{format}, {case}"), "HEAD");
        }
    }
}

#[test]
fn sha256_repositories_are_read_like_others() {
    for (case, make) in CASES {
        let fixture = Fixture::with(&["--object-format=sha256"]);
        make(&fixture);
        fixture.assert_staged_as_git_has_it(&format!("sha256, {case}"), "HEAD");
    }
}

#[test]
fn before_the_first_commit_everything_is_new() {
    for options in [&[][..], &["--object-format=sha256"], &["--ref-format=reftable"]] {
        let fixture = Fixture::empty(options);
        assert_eq!(paths(&fixture.staged(&[]).changes), [""; 0]);
        fixture.stage("a/b.py", "1");
        fixture.stage("c.py", "1");
        let empty = fixture.empty_tree();
        fixture.assert_staged_as_git_has_it("unborn", &empty);
        assert_eq!(fixture.staged(&[]).parents.len(), 0);
    }
}

#[test]
fn paths_need_not_be_utf8() {
    use std::os::unix::ffi::OsStrExt as _;
    let fixture = Fixture::new();
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9/\xff.py");
    fixture.write(name, "x");
    fixture.git(&["add", "."]);
    fixture.assert_staged_as_git_has_it("latin-1", "HEAD");
    assert_eq!(paths(&fixture.staged(&[]).changes), ["caf\\xe9/\\xff.py"]);
}

#[test]
fn a_sparse_index_stands_for_the_whole_tree() {
    for version in ["2", "4"] {
        let fixture = Fixture::new();
        fixture.git(&["config", "index.version", version]);
        // Git keeps directories spelt out as long as it is not sure that nothing in them was edited.
        fixture.git(&["update-index", "--refresh"]);
        fixture.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "a-b"]);
        let listing = fixture.git(&["ls-files", "--sparse", "-s"]);
        assert!(listing.contains("040000"), "git did not make a sparse index: {listing}");
        fixture.assert_staged_as_git_has_it("sparse, nothing staged", "HEAD");
        fixture.stage("a-b/e.py", "2");
        fixture.assert_staged_as_git_has_it("sparse, staged inside", "HEAD");
        fixture.git(&["rm", "-rq", "--cached", "--sparse", "z.txt"]);
        fixture.assert_staged_as_git_has_it("sparse, deleted inside", "HEAD");
        fixture.stage("a/c/d.py", "2");
        fixture.assert_staged_as_git_has_it("sparse, staged outside", "HEAD");
        fixture.git(&["commit", "-qm", "outside"]);
        fixture.git(&["sparse-checkout", "reapply"]);
        fixture.git(&["reset", "-q", "--soft", "HEAD~1"]);
        fixture.assert_staged_as_git_has_it("sparse directory differs", "HEAD");
    }
}

#[test]
fn the_cache_tree_is_what_git_commits_whatever_the_entries_say() {
    let fixture = Fixture::new();
    fixture.stage("a.py", "2");
    fixture.stage("z.txt", "3");
    fixture.git(&["write-tree"]);
    let (committed, entry) = (fixture.git(&["rev-parse", ":a.py"]), fixture.git(&["rev-parse", ":z.txt"]));
    let mut index = fs::read(fixture.path(".git/index")).expect("it is there");
    let id = |hex: &str| -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect()
    };
    let at = index.windows(20).position(|bytes| bytes == id(&committed)).expect("the entry of a.py");
    index[at..at + 20].copy_from_slice(&id(&entry));
    fs::write(fixture.path(".git/index"), index).expect("it is writable");
    fixture.git(&["commit", "-qm", "doctored"]);
    assert_eq!(fixture.git(&["rev-parse", "HEAD:a.py"]), committed, "git commits the cache-tree");
    fixture.git(&["reset", "-q", "--soft", "HEAD~1"]);
    let comparison = fixture.staged(&[]);
    assert_eq!(changed(&comparison.changes), fixture.changed_by_git("HEAD", "HEAD@{1}"));
}

#[test]
fn an_index_that_is_not_there_or_empty_holds_nothing() {
    let fixture = Fixture::new();
    fs::write(fixture.path("empty"), "").expect("it is writable");
    for variables in [[("GIT_INDEX_FILE", "nowhere")], [("GIT_INDEX_FILE", "empty")]] {
        let comparison = fixture.staged(&variables);
        assert!(comparison.changes.iter().all(|change| change.new.is_none()));
        assert_eq!(comparison.changes.len(), 5);
    }
}

#[test]
fn a_submodule_is_never_entered() {
    let inner = Fixture::new();
    let fixture = Fixture::new();
    fixture.git(&["submodule", "--quiet", "add", inner.work_tree().to_str().expect("made of UTF-8"), "sub"]);
    fixture.assert_staged_as_git_has_it("added submodule", "HEAD");
    assert_eq!(paths(&fixture.staged(&[]).changes), [".gitmodules"]);
    let root = fixture.staged(&[]).new.list(&picklegate::snapshot::RepoPath::root()).expect("it can be listed");
    assert!(root.iter().any(|entry| entry.name == "sub" && entry.kind == EntryKind::Submodule));
    // Inside, the submodule is a repository of its own.
    let inside = fixture.open_in(&fixture.path("sub/a"), &[]).expect("git finds it too");
    assert_eq!(inside.work_tree(), Some(fixture.path("sub").as_path()));
    assert_eq!(inside.staged().expect("it is clean").changes, []);
}
