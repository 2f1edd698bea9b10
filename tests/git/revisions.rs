//! Revisions and ranges, in whole, shallow and partial clones.

use crate::support::{Fixture, changed, listed, paths};
use picklegate::git::GitError;

/// Three commits, a tag, a side branch that was merged.
fn history(options: &[&str]) -> Fixture {
    let fixture = Fixture::with(options);
    fixture.git(&["tag", "-am", "one", "v1.0"]);
    fixture.stage("second.py", "2");
    fixture.git(&["commit", "-qm", "second"]);
    fixture.git(&["checkout", "-qb", "side", "HEAD~1"]);
    fixture.stage("side.py", "3");
    fixture.git(&["commit", "-qm", "side"]);
    fixture.git(&["checkout", "-q", "main"]);
    fixture.git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    fixture
}

#[test]
fn revisions_mean_what_git_says() {
    for options in [&[][..], &["--object-format=sha256"], &["--ref-format=reftable"]] {
        let fixture = history(options);
        let id = fixture.git(&["rev-parse", "HEAD~1"]);
        let described = fixture.git(&["describe", "--long"]);
        let branch_like_an_id = &id[..8];
        let repository = fixture.open(&[]).expect("it is there");
        let spellings = ["HEAD", "@", "main", "heads/main", "refs/heads/side", "side~1", "HEAD^2", "HEAD^", "HEAD~1^0"];
        let more = ["v1.0", "tags/v1.0", "v1.0^{}", "v1.0^{commit}", "HEAD^{tree}", "HEAD^2~1^{tree}", "@~2", "HEAD~0"];
        for revision in spellings.into_iter().chain(more).chain([&*id, &id[..10], &described]) {
            let snapshot = repository.revision(revision).unwrap_or_else(|error| panic!("{revision}: {error}"));
            assert_eq!(listed(&*snapshot), fixture.listed_by_git(revision), "{revision}");
        }
        fixture.git(&["branch", branch_like_an_id, "side"]);
        let snapshot = repository.revision(branch_like_an_id).expect("it is a branch");
        assert_eq!(listed(&*snapshot), fixture.listed_by_git("side"), "refs come before abbreviations");
    }
}

#[test]
fn what_is_no_revision_is_named() {
    let fixture = history(&[]);
    let repository = fixture.open(&[]).expect("it is there");
    let blob = fixture.git(&["rev-parse", "HEAD:a.py"]);
    let wrong = [
        "",
        "nowhere",
        "HEAD~9",
        "HEAD^3",
        "HEAD^{blob}",
        "HEAD^{",
        "main:a.py",
        "main..side",
        "main@{1}",
        "--all",
        "HEAD~99999999999",
        "HEAD^-",
        "abcd",
        "ab",
        "main~x",
        "HEAD\0",
        "../HEAD",
        "refs/heads/",
        "0000000000000000000000000000000000000000",
        &blob,
    ];
    for revision in wrong {
        let error = repository.revision(revision).err().unwrap_or_else(|| panic!("{revision} is no revision"));
        assert!(matches!(error, GitError::Revision { .. } | GitError::Object { .. }), "{revision}: {error:?}");
        assert!(error.to_string().contains(revision.trim_end_matches('\0')), "{error}");
    }
    let ambiguous = repository.revision(&fixture.git(&["rev-parse", "HEAD"])[..4]);
    assert!(ambiguous.is_ok(), "few objects: four digits tell them apart");
}

#[test]
fn a_range_starts_at_the_merge_base() {
    for options in [&[][..], &["--object-format=sha256"], &["--ref-format=reftable"]] {
        let fixture = history(options);
        fixture.git(&["checkout", "-qb", "feature", "HEAD~1"]);
        fixture.stage("feature.py", "4");
        fixture.git(&["commit", "-qm", "feature"]);
        let repository = fixture.open(&[]).expect("it is there");
        for (from, to) in
            [("main", "feature"), ("feature", "main"), ("v1.0", "main"), ("main", "main"), ("main", "side")]
        {
            let comparison = repository.range(from, to).unwrap_or_else(|error| panic!("{from} {to}: {error}"));
            let base = fixture.git(&["merge-base", from, to]);
            assert_eq!(changed(&comparison.changes), fixture.changed_by_git(&base, to), "{from} {to}");
            assert_eq!(listed(&*comparison.parents[0]), fixture.listed_by_git(&base));
            assert_eq!(listed(&*comparison.new), fixture.listed_by_git(to));
        }
    }
}

#[test]
fn a_range_without_a_common_ancestor_says_how_to_get_one() {
    let fixture = history(&[]);
    fixture.git(&["checkout", "-q", "--orphan", "unrelated"]);
    fixture.git(&["commit", "-qm", "unrelated"]);
    let error = fixture.open(&[]).expect("it is there").range("main", "unrelated").err().expect("nothing is shared");
    assert_eq!(error.to_string(), "`main` and `unrelated` have no common ancestor");

    fixture.git(&["checkout", "-q", "main"]);
    let shallow = fixture.beside("shallow");
    let url = format!("file://{}", fixture.work_tree().display());
    fixture.git(&["clone", "-q", "--depth=1", "--no-single-branch", &url, shallow.to_str().expect("made of UTF-8")]);
    let repository = fixture.open_in(&shallow, &[]).expect("it is there");
    let error = repository.range("origin/side", "HEAD").err().expect("history is cut off");
    assert_eq!(error.to_string(), "`origin/side` and `HEAD` have no common ancestor in this shallow clone");
    assert!(error.hint().contains("git fetch --unshallow"));
    assert_eq!(repository.staged().expect("HEAD is enough").changes, []);
    assert_eq!(listed(&*repository.revision("HEAD").expect("it is there")), fixture.listed_by_git("main"));

    fixture.git_in(&shallow, &[], &["fetch", "-q", "--deepen=1"]);
    let comparison = fixture.open_in(&shallow, &[]).expect("it is there").range("origin/side", "HEAD");
    assert_eq!(paths(&comparison.expect("now it reaches far enough").changes), ["second.py"]);
}

#[test]
fn a_hole_in_the_history_is_no_end_of_it() {
    let fixture = history(&[]);
    let side = fixture.git(&["rev-parse", "side"]);
    std::fs::remove_file(fixture.loose(&side)).expect("it is loose");
    let error = fixture.open(&[]).expect("it is there").range("v1.0", "HEAD").err().expect("a parent is missing");
    assert!(error.to_string().contains(&side), "{error}");
}

#[test]
fn a_partial_clone_reads_what_it_has_and_fetches_nothing() {
    let origin = history(&[]);
    origin.git(&["config", "uploadpack.allowFilter", "true"]);
    let clone = origin.beside("partial");
    let url = format!("file://{}", origin.work_tree().display());
    let target = clone.to_str().expect("made of UTF-8");
    origin.git(&["clone", "-q", "--filter=blob:none", "--no-checkout", &url, target]);
    origin.git_in(&clone, &[], &["read-tree", "HEAD"]);
    std::fs::write(clone.join("new.py"), "x").expect("it is writable");
    origin.git_in(&clone, &[], &["add", "new.py"]);
    let repository = origin.open_in(&clone, &[]).expect("it is there");
    let comparison = repository.staged().expect("no blob is needed to see what changed");
    assert_eq!(paths(&comparison.changes), ["new.py"]);
    let file = comparison.new.find(&"a.py".into()).expect("trees are here").expect("it is listed");
    let error = comparison.new.read(&file).expect_err("the blob is not here");
    let id = origin.git(&["rev-parse", "HEAD:a.py"]);
    assert!(error.to_string().contains(&format!("fetch it with `git cat-file -p {id}`")), "{error}");

    origin.git_in(&clone, &[], &["cat-file", "-p", &id]);
    assert_eq!(repository.staged().expect("as before").new.read(&file).as_deref(), Ok(&b"1"[..]), "the hint works");

    let treeless = origin.beside("treeless");
    let target = treeless.to_str().expect("made of UTF-8");
    origin.git(&["clone", "-q", "--filter=tree:0", "--no-checkout", &url, target]);
    let error = origin.open_in(&treeless, &[]).expect("it is there").staged().err().expect("no tree is here");
    assert!(error.to_string().contains("left out by a partial clone"), "{error}");
}
