//! What is broken, unknown or missing is an error that names it, never a guess and never a panic.

use crate::support::{Fixture, paths};
use picklegate::git::{FILE_LIMIT, Repository};
use picklegate::snapshot::{RepoPath, SnapshotError, walk};
use std::fs;

/// What breaks the blob of this id.
type BreakBlob = fn(&Fixture, &str);

/// (what is wrong, what makes it so, what the message must name).
type Fault = (&'static str, fn(&Fixture), &'static str);

const FAULTS: &[Fault] = &[
    (
        "the commit of HEAD is missing",
        |f| fs::remove_file(f.loose(&f.git(&["rev-parse", "HEAD"]))).expect("loose"),
        "HEAD: object ",
    ),
    ("the commit of HEAD is empty", |f| f.overwrite_loose(&f.git(&["rev-parse", "HEAD"]), b""), "cannot be read"),
    (
        "the tree of HEAD is missing",
        |f| fs::remove_file(f.loose(&f.git(&["rev-parse", "HEAD^{tree}"]))).expect("loose"),
        "object ",
    ),
    (
        "the tree of HEAD is garbage",
        |f| f.overwrite_loose(&f.git(&["rev-parse", "HEAD^{tree}"]), b"garbage"),
        "cannot be read",
    ),
    ("HEAD is garbage", |f| f.write(".git/HEAD", "garbage"), "HEAD: "),
    ("HEAD is missing", |f| fs::remove_file(f.path(".git/HEAD")).expect("it is there"), "not inside a git repository"),
    ("HEAD points to itself", |f| f.write(".git/HEAD", "ref: HEAD"), "HEAD: "),
    (
        "refs that point to each other",
        |f| {
            f.write(".git/HEAD", "ref: refs/heads/x");
            f.write(".git/refs/heads/x", "ref: refs/heads/y");
            f.write(".git/refs/heads/y", "ref: refs/heads/x");
        },
        "point to each other",
    ),
    (
        "HEAD is a blob",
        |f| f.write(".git/HEAD", &f.git(&["rev-parse", "HEAD:a.py"])),
        "expected a commit, found a blob",
    ),
    ("HEAD is an id of another hash", |f| f.write(".git/HEAD", &"0".repeat(64)), "HEAD: "),
    ("the branch is an empty file", |f| f.write(".git/refs/heads/main", ""), "refs/heads/main"),
    ("the branch is garbage", |f| f.write(".git/refs/heads/main", "garbage"), "refs/heads/main"),
    ("MERGE_HEAD is garbage", |f| f.write(".git/MERGE_HEAD", "garbage"), "MERGE_HEAD: expected one object id"),
    (
        "MERGE_HEAD is missing from the objects",
        |f| f.write(".git/MERGE_HEAD", &"1".repeat(40)),
        "the commit being merged: object 1111",
    ),
    (
        "a newer repository format",
        |f| {
            f.git(&["config", "core.repositoryFormatVersion", "2"]);
        },
        "repositoryFormatVersion is 2",
    ),
    (
        "an unknown extension",
        |f| {
            f.git(&["config", "core.repositoryFormatVersion", "1"]);
            f.git(&["config", "extensions.strangeThing", "true"]);
        },
        "extensions.strangeThing is not known",
    ),
    (
        "an extension in the wrong format",
        |f| {
            f.git(&["config", "extensions.objectFormat", "sha1"]);
        },
        "extensions.objectFormat needs",
    ),
    (
        "an unknown hash",
        |f| {
            f.git(&["config", "core.repositoryFormatVersion", "1"]);
            f.write(".git/config", "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tobjectformat = sha3\n");
        },
        "`sha3`",
    ),
    (
        "an unknown kind of refs",
        |f| {
            f.write(".git/config", "[core]\n\trepositoryformatversion = 1\n[extensions]\n\trefstorage = paper\n");
        },
        "`paper`",
    ),
    ("a configuration that is none", |f| f.write(".git/config", "[core\nbare"), ".git/config: "),
    (
        "a format version that is no number",
        |f| f.write(".git/config", "[core]\nrepositoryformatversion = x"),
        "repositoryFormatVersion",
    ),
    (
        "alternates that lend to each other",
        |f| {
            f.write(".git/objects/info/alternates", "../../../other/objects\n");
            let back = f.path(".git/objects").display().to_string();
            f.write("../other/objects/info/alternates", &back);
        },
        ".git/objects: ",
    ),
    ("an index of half its length", |f| truncate(f, |length| length / 2), ".git/index: "),
    ("an index without its last byte", |f| truncate(f, |length| length - 1), ".git/index: "),
    ("an index that ends in the header", |f| truncate(f, |_| 8), "too few"),
    ("an index that is garbage", |f| f.write(".git/index", &"garbage ".repeat(100)), "`DIRC`"),
    ("an index of a newer version", |f| patch(f, 4, &[0, 0, 0, 9]), "version 9"),
    ("an index with more entries than it holds", |f| patch(f, 8, &[0, 0, 0, 200]), "in its entries"),
    ("an index that must not be read without an extension", |f| extend(f, b"abcd"), "extension `abcd` is not known"),
    (
        "an index that is a directory",
        |f| {
            fs::remove_file(f.path(".git/index")).expect("it is there");
            fs::create_dir(f.path(".git/index")).expect("just removed");
        },
        ".git/index: ",
    ),
    (
        "entries out of order",
        |f| {
            let index = fs::read(f.path(".git/index")).expect("it is there");
            let at = index.windows(4).position(|bytes| bytes == b"a.py").expect("an entry");
            patch(f, at, b"zzzz");
            patch_tree_away(f);
        },
        "not in order",
    ),
    (
        "the shared half of a split index is gone",
        |f| {
            f.git(&["update-index", "--split-index"]);
            f.stage("a.py", "3");
            for entry in fs::read_dir(f.path(".git")).expect("it can be listed") {
                let path = entry.expect("it can be listed").path();
                if path.to_string_lossy().contains("sharedindex.") {
                    fs::remove_file(path).expect("it is ours");
                }
            }
        },
        "is gone",
    ),
    (
        "a .git file that leads nowhere",
        |f| {
            fs::remove_dir_all(f.path(".git")).expect("it is there");
            f.write(".git", "gitdir: /nonexistent\n");
        },
        "which is not a git repository",
    ),
    (
        "a .git file that says something else",
        |f| {
            fs::remove_dir_all(f.path(".git")).expect("it is there");
            f.write(".git", "garbage\n");
        },
        "expected `gitdir: <directory>`",
    ),
];

fn patch(fixture: &Fixture, at: usize, bytes: &[u8]) {
    let path = fixture.path(".git/index");
    let mut index = fs::read(&path).expect("it is there");
    index[at..at + bytes.len()].copy_from_slice(bytes);
    fs::write(path, index).expect("it is writable");
}

/// Makes the cache-tree something that is ignored, so that the entries count.
fn patch_tree_away(fixture: &Fixture) {
    let index = fs::read(fixture.path(".git/index")).expect("it is there");
    let at = index.windows(4).rposition(|bytes| bytes == b"TREE").expect("git writes one");
    patch(fixture, at, b"EERT");
}

fn truncate(fixture: &Fixture, length: fn(usize) -> usize) {
    let path = fixture.path(".git/index");
    let mut index = fs::read(&path).expect("it is there");
    index.truncate(length(index.len()));
    fs::write(path, index).expect("it is writable");
}

/// Adds an extension of eight bytes before the checksum.
fn extend(fixture: &Fixture, name: &[u8]) {
    patch_tree_away(fixture);
    let path = fixture.path(".git/index");
    let mut index = fs::read(&path).expect("it is there");
    let end = index.len() - 20;
    index.splice(end..end, [name, &[0, 0, 0, 8], &[0; 8]].concat());
    fs::write(path, index).expect("it is writable");
}

#[test]
fn faults_are_named() {
    for (case, make, expected) in FAULTS {
        let fixture = Fixture::new();
        fixture.stage("a.py", "2");
        make(&fixture);
        let error = match fixture.try_staged(&[]) {
            Ok(comparison) => panic!("{case}: judged all the same: {:?}", paths(&comparison.changes)),
            Err(error) => error,
        };
        let text = error.to_string();
        assert!(text.contains(expected), "{case}: {text}");
        assert!(!text.contains('\n') && !text.contains("  "), "{case}: {text}");
        let (hint, text) = (error.hint().to_owned(), text.clone());
        assert!(hint.contains('`') || text.contains('`'), "{case}: nothing to type next: {text}: {hint}");
    }
}

#[test]
fn what_may_be_ignored_is_ignored() {
    let fixture = Fixture::new();
    fixture.stage("a.py", "2");
    extend(&fixture, b"ABCD");
    assert_eq!(paths(&fixture.staged(&[]).changes), ["a.py"]);
    fixture.git(&["config", "extensions.strangeThing", "true"]);
    assert_eq!(paths(&fixture.staged(&[]).changes), ["a.py"], "extensions count only from format 1");
}

/// Every index that differs from a good one in a byte or in length is read or refused; nothing else may happen.
#[test]
fn no_index_whatever_it_holds_is_too_much() {
    for settings in [["config", "index.version", "4"], ["config", "core.splitIndex", "true"]] {
        let fixture = Fixture::new();
        fixture.git(&settings);
        fixture.git(&["update-index", "--force-write-index"]);
        fixture.stage("a/b.py", "2");
        fixture.write("later.py", "x");
        fixture.git(&["add", "-N", "later.py"]);
        let path = fixture.path(".git/index");
        let good = fs::read(&path).expect("it is there");
        let repository = fixture.open(&[]).expect("it is there");
        let (mut read, mut refused) = (0, 0);
        let mut judge = |index: &[u8]| {
            fs::write(&path, index).expect("it is writable");
            let errors: Vec<String> = match repository.index() {
                Ok(new) => walk(&*new, &RepoPath::root(), &mut |_| {}).iter().map(ToString::to_string).collect(),
                Err(error) => vec![error.to_string()],
            };
            assert!(!errors.iter().any(String::is_empty));
            *if errors.is_empty() { &mut read } else { &mut refused } += 1;
        };
        for length in 0..good.len() {
            judge(&good[..length]);
        }
        for at in 0..good.len() {
            for flip in [1 << (at % 8), 0xff] {
                let mut index = good.clone();
                index[at] ^= flip;
                judge(&index);
            }
        }
        assert!(read > 0 && refused > good.len(), "{read} read, {refused} refused");
    }
}

#[test]
fn a_locked_index_is_read() {
    let fixture = Fixture::new();
    fixture.stage("a.py", "2");
    fixture.write(".git/index.lock", "");
    assert_eq!(paths(&fixture.staged(&[]).changes), ["a.py"]);
}

#[test]
fn broken_blobs_are_errors_of_their_file() {
    let cases: &[(&str, BreakBlob)] = &[
        ("missing", |f, id| fs::remove_file(f.loose(id)).expect("it is loose")),
        ("empty", |f, id| f.overwrite_loose(id, b"")),
        ("truncated", |f, id| {
            let content = fs::read(f.loose(id)).expect("it is loose");
            f.overwrite_loose(id, &content[..content.len() / 2]);
        }),
        ("another blob in its place", |f, id| {
            let other = fs::read(f.loose(&f.git(&["rev-parse", "HEAD:z.txt"]))).expect("it is loose");
            f.overwrite_loose(id, &other);
        }),
        ("a tree in its place", |f, id| {
            let other = fs::read(f.loose(&f.git(&["rev-parse", "HEAD^{tree}"]))).expect("it is loose");
            f.overwrite_loose(id, &other);
        }),
        ("a truncated pack", |f, _| damage_pack(f, "pack", |length| length - 40)),
        ("an empty pack", |f, _| damage_pack(f, "pack", |_| 0)),
        ("a truncated pack index", |f, _| damage_pack(f, "idx", |length| length / 2)),
    ];
    for (case, break_it) in cases {
        let fixture = Fixture::new();
        let content: String = (0..500).map(|number| format!("{}\n", number * number)).collect();
        fixture.stage("a.py", &content);
        let id = fixture.git(&["rev-parse", ":a.py"]);
        // Opened before the damage: the error must not depend on when it is noticed.
        let staged = fixture.staged(&[]);
        break_it(&fixture, &id);
        let file = staged.changes[0].new.as_ref().expect("it changed");
        match fixture.try_staged(&[]) {
            // Where the pack is damaged, trees may be lost too.
            Err(error) => {
                let text = format!("{error}; {}", error.hint());
                assert!(text.contains("object ") && text.contains("git fsck"), "{case}: {text}");
            }
            Ok(comparison) => {
                let error = comparison.new.read(file).expect_err(case);
                let SnapshotError::Unreadable { path, problem } = &error else { panic!("{case}: {error:?}") };
                assert_eq!(path.to_string(), "a.py", "{case}");
                assert!(problem.contains(&id) && problem.contains("git fsck"), "{case}: {problem}");
            }
        }
    }
}

/// Packs everything and cuts a file of the pack to another length.
fn damage_pack(fixture: &Fixture, extension: &str, length: fn(u64) -> u64) {
    fixture.git(&["commit", "-qm", "second"]);
    fixture.git(&["repack", "-qad"]);
    fixture.git(&["reset", "-q", "--soft", "HEAD~1"]);
    let packs = fs::read_dir(fixture.path(".git/objects/pack")).expect("it can be listed");
    let paths = packs.map(|entry| entry.expect("it can be listed").path());
    for path in paths.filter(|path| path.extension().is_some_and(|found| found == extension)) {
        let content = fs::read(&path).expect("it is there");
        fs::remove_file(&path).expect("its directory is writable");
        fs::write(path, &content[..length(content.len() as u64) as usize]).expect("just removed");
    }
}

#[test]
fn a_file_above_the_limit_is_named_with_its_size() {
    let fixture = Fixture::new();
    fixture.stage("large.py", &"x".repeat(5000));
    let open = |limit| {
        Repository::discover(fixture.work_tree(), &crate::support::environment(&[]), limit).expect("it is there")
    };
    let staged = open(4999).staged().expect("listing needs no content");
    let file = staged.changes[0].new.as_ref().expect("it was added");
    let error = staged.new.read(file).expect_err("it is too large");
    assert_eq!(error.to_string(), "large.py: 5000 bytes, more than the limit of 4999 bytes");
    assert_eq!(open(5000).staged().expect("as before").new.read(file).map(|content| content.len()), Ok(5000));
}

#[test]
fn a_huge_file_is_not_taken_into_memory() {
    let fixture = Fixture::new();
    let file = fs::File::create(fixture.path("huge.py")).expect("it is writable");
    file.set_len(FILE_LIMIT * 3).expect("sparse files take no room");
    fixture.git(&["-c", "core.compression=1", "add", "huge.py"]);
    let staged = fixture.staged(&[]);
    let file = staged.changes[0].new.as_ref().expect("it was added");
    let error = staged.new.read(file).expect_err("it is too large");
    assert_eq!(
        error.to_string(),
        format!("huge.py: {} bytes, more than the limit of {FILE_LIMIT} bytes", FILE_LIMIT * 3)
    );
}
