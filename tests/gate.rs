//! The whole pipeline on snapshots in memory: what a change introduces, and what it does not.

use picklegate::finding::Severity;
use picklegate::gate::{Outcome, Policy, Verdict, check, scan};
use picklegate::rules::RuleSet;
use picklegate::snapshot::{Comparison, MemorySnapshot, RepoPath, Snapshot, changes};
use proptest::prelude::*;

type Files<'a> = &'a [(&'a str, &'a str)];

fn snapshot(files: Files) -> MemorySnapshot {
    let mut snapshot = MemorySnapshot::default();
    for (path, text) in files {
        snapshot.insert(RepoPath::from(*path), *text);
    }
    snapshot
}

fn policy() -> Policy {
    Policy { rules: RuleSet::builtin(), ..Policy::default() }
}

/// The verdict on `new` with these parents, the first of which is HEAD.
fn judge(parents: &[Files], new: Files) -> Verdict {
    let parents: Vec<Box<dyn Snapshot>> =
        parents.iter().map(|files| Box::new(snapshot(files)) as Box<dyn Snapshot>).collect();
    let new = Box::new(snapshot(new));
    let nothing = MemorySnapshot::default();
    let first = parents.first().map_or(&nothing as &dyn Snapshot, |parent| &**parent);
    let changes = changes(first, &*new).expect("memory can be read");
    let policies = vec![policy(); parents.len()];
    check(&Comparison { parents, new, changes }, &policies, &policy())
}

/// `path:line rule` of each finding that blocks.
fn blocking(verdict: &Verdict) -> Vec<String> {
    let errors = verdict.findings.iter().filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| format!("{}:{} {}", finding.path, finding.start.line, finding.rule)).collect()
}

#[track_caller]
fn introduces(old: Files, new: Files, expected: &[&str]) {
    let verdict = judge(&[old], new);
    assert_eq!(blocking(&verdict), expected, "{verdict:#?}");
    assert!(verdict.unscanned.is_empty(), "{verdict:#?}");
}

const LOAD: &str = "import pickle\n\ndef read(f):\n    return pickle.load(f)\n";
const TORCH: &str = "import torch\n\nstate = torch.load(path)\n";

fn uv_lock(torch: &str) -> String {
    format!(
        "version = 1\nrequires-python = \">=3.10\"\n\n[[package]]\nname = \"torch\"\nversion = \"{torch}\"\n\
         source = {{ registry = \"https://packages.example.org/simple\" }}\n"
    )
}

#[test]
fn a_new_load_is_introduced_and_an_old_one_is_not() {
    introduces(&[("a.py", "x = 1\n")], &[("a.py", LOAD)], &["a.py:4 pickle-load"]);
    introduces(&[("a.py", LOAD)], &[("a.py", &format!("import os\n{LOAD}"))], &[]);
    introduces(&[("a.py", LOAD)], &[("a.py", &format!("{LOAD}\nother = pickle.load(f)\n"))], &["a.py:6 pickle-load"]);
    introduces(&[("a.py", LOAD)], &[("a.py", "x = 1\n")], &[]);
}

#[test]
fn a_first_commit_introduces_everything() {
    let verdict = judge(&[], &[("a.py", LOAD)]);
    assert_eq!(blocking(&verdict), ["a.py:4 pickle-load"]);
    assert_eq!(verdict.outcome(Severity::Error), Outcome::Blocked);
}

#[test]
fn a_move_introduces_nothing_and_a_copy_does() {
    introduces(&[("a.py", LOAD)], &[("deep/b.py", &format!("# moved\n{LOAD}"))], &[]);
    introduces(&[("a.py", LOAD)], &[("a.py", LOAD), ("b.py", LOAD)], &["b.py:4 pickle-load"]);
    introduces(&[("a.py", LOAD)], &[("b.py", LOAD), ("c.py", LOAD)], &["c.py:4 pickle-load"]);
}

#[test]
fn lines_that_the_change_does_not_touch_can_become_findings() {
    let call = "with open(p) as f:\n    data = pickle.load(f)\n";
    let (json, pickle) = (format!("import json as pickle\n{call}"), format!("import pickle\n{call}"));
    introduces(&[("a.py", &json)], &[("a.py", &pickle)], &["a.py:3 pickle-load"]);
    let allowed = "import pickle\n# picklegate: allow[pickle-load] written by this process\nx = pickle.load(f)\n";
    introduces(&[("a.py", allowed)], &[("a.py", "import pickle\nx = pickle.load(f)\n")], &["a.py:2 pickle-load"]);
    introduces(&[("a.py", "import pickle\nx = pickle.load(f)\n")], &[("a.py", allowed)], &[]);
    let pin = ("requirements.txt", "torch==2.6.0\n");
    let safe = "import torch\nx = torch.load(p, weights_only=True)\n";
    introduces(
        &[pin, ("a.py", safe)],
        &[pin, ("a.py", "import torch\nx = torch.load(p, weights_only=False)\n")],
        &["a.py:2 torch-load"],
    );
}

#[test]
fn a_lock_that_moves_torch_back_blocks_at_each_load_and_forward_clears() {
    let (new, old) = (uv_lock("2.7.0"), uv_lock("2.5.1"));
    let sources = [("train/a.py", TORCH), ("train/b.py", TORCH)];
    let with = |lock| [("uv.lock", lock), sources[0], sources[1]];
    let verdict = judge(&[&with(new.as_str())], &with(old.as_str()));
    assert_eq!(blocking(&verdict), ["train/a.py:3 torch-load", "train/b.py:3 torch-load"]);
    for finding in &verdict.findings {
        let place = finding.because[0].place.as_ref().expect("the lock is the reason");
        assert_eq!((place.path.to_string().as_str(), place.line), ("uv.lock", 6), "{finding:#?}");
        assert!(finding.because[0].text.contains("locks torch 2.5.1"), "{finding:#?}");
    }
    introduces(&with(&old), &with(&new), &[]);
}

#[test]
fn only_files_that_a_manifest_governs_are_judged_again() {
    let files = |outer, inner| {
        [("requirements.txt", outer), ("a.py", TORCH), ("in/requirements.txt", inner), ("in/b.py", TORCH)]
    };
    let safe = files("torch==2.7.0\n", "torch==2.7.0\n");
    introduces(&safe, &files("torch==2.5.1\n", "torch==2.7.0\n"), &["a.py:3 torch-load"]);
    introduces(&safe, &files("torch==2.7.0\n", "torch==2.5.1\n"), &["in/b.py:3 torch-load"]);
    introduces(&safe, &[("a.py", TORCH), safe[2], safe[3]], &["a.py:3 torch-load"]);
}

#[test]
fn an_included_file_of_any_name_decides_too() {
    let files = |pin| [("app/requirements.txt", "-r ../pins/base.txt\n"), ("pins/base.txt", pin), ("app/a.py", TORCH)];
    introduces(&files("torch==2.7.0\n"), &files("torch==2.5.1\n"), &["app/a.py:3 torch-load"]);
}

#[test]
fn a_merge_is_judged_against_all_its_parents() {
    let (ours, theirs) = ([("a.py", "x = 1\n")], [("a.py", "x = 1\n"), ("b.py", LOAD)]);
    assert!(blocking(&judge(&[&ours, &theirs], &theirs)).is_empty());
    let evil = [("a.py", LOAD), ("b.py", LOAD)];
    assert_eq!(blocking(&judge(&[&ours, &theirs], &evil)), ["a.py:4 pickle-load"]);
}

#[test]
fn a_broken_manifest_blocks_when_it_is_staged_and_warns_when_it_is_old() {
    let broken = ("pyproject.toml", "[project]\ndependencies = [\"torch==\"\n");
    let staged = judge(&[&[("a.py", "x = 1\n")]], &[("a.py", "x = 1\n"), broken]);
    assert_eq!(staged.outcome(Severity::Error), Outcome::Unjudged, "{staged:#?}");
    assert_eq!(staged.unscanned[0].path.to_string(), "pyproject.toml");
    let old = judge(&[&[("a.py", "x = 1\n"), broken]], &[("a.py", TORCH), broken]);
    assert_eq!(old.outcome(Severity::Error), Outcome::Blocked, "{old:#?}");
    assert!(old.diagnostics.iter().any(|d| d.path == RepoPath::from("pyproject.toml")), "{old:#?}");
}

#[test]
fn a_file_that_cannot_be_judged_is_said_so() {
    let verdict = judge(&[&[]], &[("a.py", "# coding: utf-7\nimport pickle\npickle.load(f)\n")]);
    assert_eq!(verdict.outcome(Severity::Error), Outcome::Unjudged, "{verdict:#?}");
    assert_eq!(verdict.unscanned[0].path.to_string(), "a.py");
}

#[test]
fn other_rules_on_the_new_side_judge_every_file_again() {
    let files: Files = &[("a.py", LOAD)];
    let comparison =
        Comparison { parents: vec![Box::new(snapshot(files))], new: Box::new(snapshot(files)), changes: Vec::new() };
    let without = Policy::default();
    assert_eq!(blocking(&check(&comparison, &[without], &policy())), ["a.py:4 pickle-load"]);
    assert!(blocking(&check(&comparison, &[policy()], &policy())).is_empty());
}

const BLOCK: &str =
    "# /// script\n# dependencies = [\"torch==2.7.0\"]\n# ///\nimport torch\nstate = torch.load(path)\n";

#[test]
fn a_script_is_judged_by_its_own_block_on_both_sides() {
    let around = ("requirements.txt", "torch==2.5.1\n");
    let old = BLOCK.replace("2.7.0", "2.5.1");
    introduces(&[around, ("x.py", BLOCK)], &[around, ("x.py", &old)], &["x.py:5 torch-load"]);
    introduces(&[around, ("x.py", &old)], &[around, ("x.py", BLOCK)], &[]);
    introduces(&[("x.py", &old)], &[("x.py", &format!("{old}\n# more\n"))], &[]);
    let verdict = judge(&[&[]], &[("x.py", &old)]);
    let place = verdict.findings[0].because[0].place.as_ref().expect("the block is the reason");
    assert_eq!((place.path.to_string().as_str(), place.line), ("x.py", 2), "{verdict:#?}");
    // Without the block, what stands around it decides.
    introduces(
        &[around, ("x.py", BLOCK)],
        &[around, ("x.py", &BLOCK[BLOCK.find("import").expect("it is there")..])],
        &["x.py:2 torch-load"],
    );
    introduces(&[("requirements.txt", "torch==2.7.0\n"), ("x.py", BLOCK)], &[around, ("x.py", BLOCK)], &[]);
}

#[test]
fn a_lock_of_a_script_judges_it_again() {
    let ranged = BLOCK.replace("==2.7.0", "");
    let files = |version: &str| uv_lock(version);
    let (new, old) = (files("2.7.0"), files("2.5.1"));
    let with = |lock| [("tools/x.py", ranged.as_str()), ("tools/x.py.lock", lock), ("tools/y.py", "import torch\n")];
    introduces(&with(new.as_str()), &with(old.as_str()), &["tools/x.py:5 torch-load"]);
    introduces(&with(old.as_str()), &with(new.as_str()), &[]);
    introduces(&with(new.as_str()), &with(new.as_str())[..1], &["tools/x.py:5 torch-load"]);
}

#[test]
fn a_broken_block_blocks_when_it_is_staged_and_warns_when_it_is_old() {
    let broken = BLOCK.replace("dependencies = [", "dependencies = ");
    let staged = judge(&[&[]], &[("x.py", &broken)]);
    assert_eq!(staged.outcome(Severity::Error), Outcome::Unjudged, "{staged:#?}");
    assert_eq!(staged.unscanned[0].path.to_string(), "x.py");
    assert!(staged.unscanned[0].reason.starts_with("line 2: "), "{staged:#?}");
    let quiet = broken.replace("import torch\nstate = torch.load(path)\n", "");
    assert_eq!(judge(&[&[]], &[("x.py", &quiet)]).outcome(Severity::Error), Outcome::Unjudged);
    // Mended, it is judged; the old side could not be, which blocks nothing.
    let mended = judge(&[&[("x.py", &broken)]], &[("x.py", BLOCK)]);
    assert_eq!(mended.outcome(Severity::Error), Outcome::Clean, "{mended:#?}");
    let old = judge(
        &[&[("x.py", &quiet), ("uv.lock", &uv_lock("2.7.0"))]],
        &[("x.py", &quiet), ("uv.lock", &uv_lock("2.5.1"))],
    );
    assert_eq!(old.outcome(Severity::Error), Outcome::Clean, "{old:#?}");
}

#[test]
fn a_notebook_is_judged_by_what_it_installs() {
    let notebook = |install: &str| {
        format!(
            "{{\"cells\": [{{\"cell_type\": \"code\", \"source\": [\n\"{install}\\n\",\n\"import torch\\n\",\n\"x = torch.load(p)\\n\"]}}]}}"
        )
    };
    let (new, old, any) =
        (notebook("%pip install torch==2.7.0"), notebook("%pip install torch==2.5.1"), notebook("!pip install torch"));
    introduces(&[("x.ipynb", &new)], &[("x.ipynb", &old)], &["x.ipynb:4 torch-load"]);
    introduces(&[("x.ipynb", &old)], &[("x.ipynb", &new)], &[]);
    let around = |version: &'static str| ("requirements.txt", version);
    introduces(
        &[around("torch==2.7.0\n"), ("x.ipynb", &any)],
        &[around("torch==2.5.1\n"), ("x.ipynb", &any)],
        &["x.ipynb:4 torch-load"],
    );
    introduces(&[around("torch==2.7.0\n"), ("x.ipynb", &new)], &[around("torch==2.5.1\n"), ("x.ipynb", &new)], &[]);
}

/// Small programs: each line is one that matters to some rule, or to none.
const SWITCH: &str = "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD";

#[test]
fn a_switch_in_a_file_that_is_not_python_is_introduced_as_a_call_is() {
    let env = format!("# {SWITCH}=1\nA=1\n{SWITCH}=1\n");
    let off = format!("# {SWITCH}=1\nA=1\n{SWITCH}=0\n");
    introduces(&[(".env", "A=1\n")], &[(".env", &env)], &[".env:3 torch-force-no-weights-only"]);
    introduces(&[(".env", &off)], &[(".env", &env)], &[".env:3 torch-force-no-weights-only"]);
    introduces(&[(".env", &env)], &[(".env", &format!("B=2\n{env}"))], &[]);
    introduces(&[(".env", &env)], &[("deploy/prod.env", &env)], &[]);
    introduces(&[(".env", &env)], &[(".env", &off)], &[]);
    introduces(&[("notes.md", "")], &[("notes.md", &env)], &[]);
}

#[test]
fn a_manifest_decides_what_a_switch_does() {
    let (old, new) = (uv_lock("2.5.1"), uv_lock("2.6.0"));
    let dockerfile = format!("FROM python:3.13\nENV {SWITCH}=1\n");
    introduces(
        &[("Dockerfile", &dockerfile), ("uv.lock", &old)],
        &[("Dockerfile", &dockerfile), ("uv.lock", &new)],
        &["Dockerfile:2 torch-force-no-weights-only"],
    );
    introduces(
        &[("Dockerfile", &dockerfile), ("uv.lock", &new)],
        &[("Dockerfile", &dockerfile), ("uv.lock", &old)],
        &[],
    );
}

fn program() -> impl Strategy<Value = String> {
    let line = prop::sample::select(vec![
        "import pickle",
        "import pickle as p",
        "from pickle import loads",
        "import torch",
        "x = pickle.load(f)",
        "x = p.load(f)",
        "y = loads(b)",
        "y = torch.load(path)",
        "z = torch.load(path, weights_only=True)",
        "def f(): return pickle.loads(x)",
        "x = pickle.load(f)  # picklegate: allow[pickle-load] ours",
        "print('nothing')",
        "class A: load = pickle.load",
    ]);
    prop::collection::vec(line, 0..10).prop_map(|lines| lines.join("\n") + "\n")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_snapshot_introduces_nothing_against_itself(a in program(), b in program(), version in "2\\.[5-7]\\.0") {
        let lock = uv_lock(&version);
        let files: Files = &[("a.py", &a), ("b/b.py", &b), ("uv.lock", &lock)];
        prop_assert_eq!(judge(&[files], files).findings, []);
        // Also when every file is looked at: found as additions against one parent, and all there in the other.
        prop_assert_eq!(judge(&[&[], files], files).findings, []);
    }

    #[test]
    fn moving_renaming_indenting_and_adding_lines_introduces_nothing(a in program(), blank in 0usize..4) {
        let indented: String = a.lines().map(|line| format!("    {line}\n")).collect();
        let (above, below) = ("\n".repeat(blank) + &a, a.clone() + "z = 1\n");
        let inside = format!("if True:\n{indented}    pass\n");
        for (path, text) in [("a.py", &above), ("a.py", &below), ("moved/b.py", &above), ("a.py", &inside)] {
            let verdict = judge(&[&[("a.py", &a)]], &[(path, text)]);
            prop_assert!(verdict.findings.is_empty(), "{} {:#?}", text, verdict);
        }
    }

    #[test]
    fn a_tree_has_what_its_first_commit_introduces(a in program(), b in program()) {
        let files: Files = &[("a.py", &a), ("b.py", &b)];
        let whole = scan(&snapshot(files), &RepoPath::root(), &policy(), &[]);
        prop_assert_eq!(judge(&[], files).findings, whole.findings);
    }
}

const WRAPPER: &str = "import pickle\n\ndef load_obj(data):\n    return pickle.loads(data)\n";

/// `path:line severity rule` of everything found.
fn all(verdict: &Verdict) -> Vec<String> {
    let each = |f: &picklegate::finding::Finding| format!("{}:{} {} {}", f.path, f.start.line, f.severity, f.rule);
    verdict.findings.iter().map(each).collect()
}

#[test]
fn a_new_call_of_an_old_function_that_loads_what_it_is_passed_is_introduced() {
    let use_it = "from app import restore\n\nx = restore(blob)\n";
    let old: Files =
        &[("app/__init__.py", "from .io import load_obj as restore\n"), ("app/io.py", WRAPPER), ("b.py", "")];
    let new = [&old[..2], &[("b.py", use_it)]].concat();
    let verdict = judge(&[old], &new);
    assert_eq!(all(&verdict), ["b.py:3 warning pickle-load"], "{verdict:#?}");
    assert_eq!(verdict.counts.followed, 2, "the package and the module that has the function");
    // What nobody imports is not looked into.
    let aside = [&old[..2], &[("b.py", "import os\n"), ("c.py", use_it)]].concat();
    assert_eq!(
        judge(&[&aside], &[&aside[..2], &[("b.py", "import sys\n"), ("c.py", use_it)]].concat()).counts.followed,
        0
    );
}

#[test]
fn a_name_that_stands_for_something_else_is_found_where_it_is_used() {
    let use_it = "import numpy as np\nfrom conf import ALLOW\n\nx = np.load(path, allow_pickle=ALLOW)\n";
    let (off, on) =
        ([("conf.py", "ALLOW = False\n"), ("use.py", use_it)], [("conf.py", "ALLOW = True\n"), ("use.py", use_it)]);
    introduces(&off, &on, &["use.py:4 numpy-load-allow-pickle"]);
    introduces(&on, &off, &[]);
    let use_it = "from compat import loads as read\n\nx = read(blob)\n";
    let json = [("compat.py", "from json import loads\n"), ("use.py", use_it)];
    introduces(&json, &[("compat.py", "from pickle import loads\n"), ("use.py", use_it)], &["use.py:3 pickle-load"]);
}

#[test]
fn a_module_that_took_the_name_of_a_library_and_leaves_it_is_missed() {
    let use_it = "import joblib\n\nx = joblib.load(path)\n";
    let own = [("joblib.py", "def load(path):\n    return path\n"), ("use.py", use_it)];
    introduces(&own, &[("use.py", use_it)], &["use.py:3 joblib-load"]);
    introduces(&[("use.py", use_it)], &own, &[]);
}

/// A load behind an HMAC of its bytes.
const SIGNED: &str = "\
import hmac
import pickle

def read(blob, sig, key):
    if not hmac.compare_digest(hmac.new(key, blob, 'sha256').digest(), sig):
        raise ValueError('bad signature')
    return pickle.loads(blob)
";

const RESTRICTED: &str = "\
import pickle

ALLOWED = {('collections', 'OrderedDict')}

class Reader(pickle.Unpickler):
    def find_class(self, module, name):
        if (module, name) not in ALLOWED:
            raise pickle.UnpicklingError(name)
        return super().find_class(module, name)

def read(f):
    return Reader(f).load()
";

#[test]
fn a_guard_that_goes_or_weakens_introduces_what_it_guarded() {
    let signed = [("a.py", SIGNED)];
    let introduced = |from: &str, to: &str, line: u32| {
        assert!(SIGNED.contains(from), "{from}");
        introduces(&signed, &[("a.py", &SIGNED.replace(from, to))], &[&format!("a.py:{line} pickle-load")]);
    };
    let check = "    if not hmac.compare_digest(hmac.new(key, blob, 'sha256').digest(), sig):\n        raise ValueError('bad signature')\n";
    introduced(check, "", 5);
    introduced(check, "    hmac.compare_digest(hmac.new(key, blob, 'sha256').digest(), sig)\n", 6);
    introduced("raise ValueError('bad signature')", "print('bad signature')", 7);
    introduced("if not hmac", "if sig and not hmac", 7);
    introduced("new(key, blob,", "new(key, sig,", 7);
    introduced("new(key, blob,", "new(blob[:16], blob,", 7);
    // A weak one is a warning, and that is new as well.
    let weak = SIGNED.replace("new(key,", "new(b'secret',");
    let verdict = judge(&[&signed], &[("a.py", &weak)]);
    let found: Vec<_> = verdict.findings.iter().map(|finding| (finding.start.line, finding.severity)).collect();
    assert_eq!(found, [(7, Severity::Warning)], "{verdict:#?}");
}

#[test]
fn an_allow_list_that_grows_a_gadget_introduces_the_class_and_its_use() {
    let restricted = [("a.py", RESTRICTED)];
    let both = ["a.py:5 pickle-load", "a.py:12 pickle-load"];
    let gadget = RESTRICTED.replace("'OrderedDict')}", "'OrderedDict'), ('builtins', 'eval')}");
    introduces(&restricted, &[("a.py", &gadget)], &both);
    introduces(
        &restricted,
        &[("a.py", &RESTRICTED.replace("raise pickle.UnpicklingError(name)", "print(name)"))],
        &both,
    );
    introduces(
        &restricted,
        &[("a.py", &RESTRICTED.replace("(module, name) not in ALLOWED", "name not in ALLOWED"))],
        &both,
    );
    let harmless = RESTRICTED.replace("'OrderedDict')}", "'OrderedDict'), ('decimal', 'Decimal')}");
    introduces(&restricted, &[("a.py", &harmless)], &[]);
}

#[test]
fn a_guard_that_comes_clears() {
    let bare = "import pickle\n\ndef read(blob, sig, key):\n    return pickle.loads(blob)\n";
    introduces(&[("a.py", bare)], &[("a.py", SIGNED)], &[]);
    let passing = RESTRICTED.replace("raise pickle.UnpicklingError(name)", "print(name)");
    introduces(&[("a.py", &passing)], &[("a.py", RESTRICTED)], &[]);
    assert!(blocking(&judge(&[&[]], &[("a.py", SIGNED), ("b.py", RESTRICTED)])).is_empty());
}

#[test]
fn each_side_is_judged_by_the_verifiers_it_trusts() {
    let text = "import pickle\nfrom app.crypto import verify\n\ndef read(blob):\n    verify(blob)\n    return pickle.loads(blob)\n";
    let files: Files = &[("a.py", text)];
    let comparison =
        Comparison { parents: vec![Box::new(snapshot(files))], new: Box::new(snapshot(files)), changes: Vec::new() };
    let trusting = Policy { trusted_verifiers: vec!["app.crypto.verify".into()], ..policy() };
    assert_eq!(blocking(&check(&comparison, std::slice::from_ref(&trusting), &policy())), ["a.py:6 pickle-load"]);
    assert!(blocking(&check(&comparison, &[policy()], &trusting)).is_empty());
}
