//! Real commits through the installed hook: blocked when and only when what is staged introduces something.

use crate::support::{Repository, SAFE, UNSAFE};

#[test]
fn a_first_commit() {
    let repository = Repository::with_hook();
    repository.stage("a.py", UNSAFE);
    let said = repository.refuses(&["commit", "-m", "x"]);
    assert!(said.contains("error[pickle-load]") && said.contains("--> a.py:4:12"), "{said}");
    repository.stage("a.py", SAFE);
    repository.accepts(&["commit", "-m", "x"]);
}

#[test]
fn only_what_is_staged_counts() {
    let repository = Repository::with_hook();
    repository.stage("a.py", SAFE);
    repository.write("a.py", UNSAFE);
    repository.accepts(&["commit", "-m", "the working tree is unsafe, the index is not"]);
    repository.git(&["add", "a.py"]);
    repository.write("a.py", SAFE);
    repository.refuses(&["commit", "-m", "the index is unsafe, the working tree is not"]);
}

#[test]
fn commit_all() {
    let repository = Repository::with_hook();
    repository.stage("a.py", SAFE);
    repository.accepts(&["commit", "-m", "x"]);
    repository.write("a.py", UNSAFE);
    repository.refuses(&["commit", "-a", "-m", "x"]);
    repository.write("a.py", SAFE.to_owned() + "\nprint()\n");
    repository.accepts(&["commit", "-a", "-m", "x"]);
}

#[test]
fn commit_path() {
    let repository = Repository::with_hook();
    repository.stage("a.py", SAFE);
    repository.stage("b.py", SAFE);
    repository.accepts(&["commit", "-m", "x"]);
    repository.stage("a.py", UNSAFE);
    repository.write("b.py", SAFE.to_owned() + "\nprint()\n");
    repository.accepts(&["commit", "-m", "b.py alone, though a.py is staged", "b.py"]);
    repository.refuses(&["commit", "-m", "x", "a.py"]);
}

#[test]
fn amend() {
    let repository = Repository::with_hook();
    repository.stage("a.py", SAFE);
    repository.accepts(&["commit", "-m", "x"]);
    repository.stage("a.py", UNSAFE);
    repository.refuses(&["commit", "--amend", "--no-edit"]);
    repository.stage("a.py", SAFE);
    repository.accepts(&["commit", "--amend", "-m", "another message"]);
}

#[test]
fn amending_the_message_of_an_old_unsafe_commit_introduces_nothing() {
    let repository = Repository::with_hook();
    repository.stage("a.py", UNSAFE);
    repository.commit_unchecked();
    repository.accepts(&["commit", "--amend", "-m", "another message"]);
}

#[test]
fn a_merge_brings_what_its_parents_have() {
    let repository = Repository::with_hook();
    repository.stage("a.py", SAFE);
    repository.accepts(&["commit", "-m", "base"]);
    repository.git(&["checkout", "--quiet", "-b", "theirs"]);
    repository.stage("old.py", UNSAFE);
    repository.stage("a.py", SAFE.to_owned() + "\n# theirs\n");
    repository.commit_unchecked();
    repository.git(&["checkout", "--quiet", "main"]);
    repository.stage("ours.py", SAFE);
    repository.accepts(&["commit", "-m", "ours"]);
    repository.accepts(&["merge", "--no-edit", "theirs"]);
}

#[test]
fn a_conflicted_merge_is_judged_against_all_parents() {
    let repository = Repository::with_hook();
    repository.stage("a.py", SAFE);
    repository.accepts(&["commit", "-m", "base"]);
    repository.git(&["checkout", "--quiet", "-b", "theirs"]);
    repository.stage("old.py", UNSAFE);
    repository.stage("a.py", SAFE.to_owned() + "\n# theirs\n");
    repository.commit_unchecked();
    repository.git(&["checkout", "--quiet", "main"]);
    repository.stage("a.py", SAFE.to_owned() + "\n# ours\n");
    repository.accepts(&["commit", "-m", "ours"]);
    assert!(!repository.try_git(&["merge", "theirs"]).status.success());
    repository.stage("a.py", SAFE.to_owned() + UNSAFE);
    let said = repository.refuses(&["commit", "--no-edit"]);
    assert!(said.contains("--> a.py:") && !said.contains("old.py"), "{said}");
    repository.stage("a.py", SAFE);
    repository.accepts(&["commit", "--no-edit"]);
}

#[test]
fn a_clean_merge_can_introduce_what_neither_parent_has() {
    let repository = Repository::with_hook();
    repository.stage("requirements.txt", "torch==2.10.0\n");
    repository.accepts(&["commit", "-m", "base"]);
    repository.git(&["checkout", "--quiet", "-b", "theirs"]);
    repository.stage("a.py", "import torch\n\ntorch.load(path)\n");
    repository.accepts(&["commit", "-m", "safe with this torch"]);
    repository.git(&["checkout", "--quiet", "main"]);
    repository.stage("requirements.txt", "torch==2.3.1\n");
    repository.accepts(&["commit", "-m", "no torch.load here"]);
    let said = repository.refuses(&["merge", "--no-edit", "theirs"]);
    assert!(said.contains("requirements.txt:1 "), "{said}");
}

#[test]
fn a_linked_worktree() {
    let mut repository = Repository::with_hook();
    repository.stage("a.py", SAFE);
    repository.accepts(&["commit", "-m", "base"]);
    repository.git(&["worktree", "add", "--quiet", "../linked", "-b", "linked"]);
    // Staged in the main working tree: none of the linked one's business.
    repository.stage("main.py", UNSAFE);
    repository.top = repository.top.join("../linked").canonicalize().expect("git made it");
    repository.stage("a.py", UNSAFE);
    repository.refuses(&["commit", "-m", "x"]);
    repository.stage("a.py", SAFE.to_owned() + "\nprint()\n");
    repository.accepts(&["commit", "-m", "x"]);
}

#[test]
fn a_partially_staged_file() {
    let repository = Repository::with_hook();
    let lines = |first: &str, last: &str| format!("import pickle\n{first}\n{}{last}\n", "print()\n".repeat(20));
    repository.stage("a.py", lines("a = 1", "b = 1"));
    repository.accepts(&["commit", "-m", "base"]);
    // Two hunks; only the first is staged.
    repository.write("a.py", lines("a = 2", "b = 1"));
    let patch = repository.git(&["diff"]);
    repository.write("a.py", lines("a = 2", "b = pickle.loads(x)"));
    repository.write("../patch", patch);
    repository.git(&["apply", "--cached", "../patch"]);
    repository.accepts(&["commit", "-m", "the harmless hunk"]);
    repository.refuses(&["commit", "-a", "-m", "the other one"]);
}

#[test]
fn moving_renaming_and_reindenting_introduce_nothing() {
    let repository = Repository::with_hook();
    repository.stage("a.py", UNSAFE);
    repository.commit_unchecked();
    repository.git(&["mv", "a.py", "b.py"]);
    repository.accepts(&["commit", "-m", "renamed"]);
    repository.stage("b.py", format!("# one line more\n\n{UNSAFE}"));
    repository.accepts(&["commit", "-m", "moved down"]);
    let inside = UNSAFE.replace(
        "    return pickle.load(open(path, 'rb'))",
        "    if path:\n        return pickle.load( open(path, 'rb') )",
    );
    repository.stage("b.py", inside);
    repository.accepts(&["commit", "-m", "re-indented"]);
    repository.git(&["rm", "--quiet", "--cached", "b.py"]);
    repository.stage("sub/c.py", format!("{SAFE}\n{UNSAFE}"));
    repository.accepts(&["commit", "-m", "moved into another file"]);
    repository.stage("copy.py", UNSAFE);
    repository.refuses(&["commit", "-m", "a copy is new"]);
}

#[test]
fn a_lock_file_that_moves_back_blocks_each_load_it_makes_unsafe() {
    let repository = Repository::with_hook();
    let lock = |version: &str| {
        format!(
            "version = 1\nrevision = 3\nrequires-python = \">=3.12\"\n\n\
             [[package]]\nname = \"app\"\nversion = \"0.1.0\"\nsource = {{ virtual = \".\" }}\n\
             dependencies = [\n    {{ name = \"torch\" }},\n]\n\n\
             [package.metadata]\nrequires-dist = [{{ name = \"torch\" }}]\n\n\
             [[package]]\nname = \"torch\"\nversion = \"{version}\"\n\
             source = {{ registry = \"https://packages.example.org/simple\" }}\n"
        )
    };
    repository.stage("pyproject.toml", "[project]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\"torch\"]\n");
    repository.stage("uv.lock", lock("2.7.0"));
    repository.stage("a.py", "import torch\n\none = torch.load(path)\n");
    repository.stage("pkg/b.py", "from torch import load\n\ntwo = load(path)\nthree = load(path, weights_only=True)\n");
    repository.accepts(&["commit", "-m", "safe with torch 2.7"]);

    repository.stage("uv.lock", lock("2.5.1"));
    let said = repository.refuses(&["commit", "-m", "back to torch 2.5"]);
    let line = 1 + lock("2.5.1").lines().position(|line| line == "name = \"torch\"").expect("it is there");
    for place in ["--> a.py:3:7", "--> pkg/b.py:3:7"] {
        assert!(said.contains(place), "{place}\n{said}");
    }
    let evidence = said.matches("because: uv.lock:").count();
    assert!(evidence >= 2, "{said}");
    let near = (line - 1..=line + 1).any(|line| said.contains(&format!("because: uv.lock:{line} locks torch 2.5.1")));
    assert!(near, "{said}");

    repository.stage("uv.lock", lock("2.7.0"));
    repository.stage("c.txt", "so that there is something to commit\n");
    repository.accepts(&["commit", "-m", "back to 2.7"]);
}

#[test]
fn a_suppression_that_is_removed_introduces_its_finding() {
    let repository = Repository::with_hook();
    let allowed = "import pickle\npickle.load(f)  # picklegate: allow[pickle-load] written by this process\n";
    repository.stage("a.py", allowed);
    repository.accepts(&["commit", "-m", "allowed"]);
    repository.stage("a.py", "import pickle\npickle.load(f)\n");
    repository.refuses(&["commit", "-m", "no longer allowed"]);
}
