//! Rules about having a version at all: where a manifest brings one into force, and which changes introduce it.

use picklegate::finding::Severity;
use picklegate::gate::{AllowedRule, Policy, Verdict, check, scan};
use picklegate::rules::{RuleSet, parse};
use picklegate::snapshot::{Comparison, MemorySnapshot, RepoPath, Snapshot, changes};
use std::sync::Arc;

const RULES: &str = r#"schema = 1
[[library]]
name = "acme-arrow"
imports = ["acme_arrow"]
also-installed-as = ["acme-arrow-nightly"]
[[rule]]
id = "acme-arrow-extension"
library = "acme-arrow"
severity = "error"
message = "acme-arrow of this version runs code stored in the files it reads"
runs = "Whoever writes a file chooses what runs."
fix = "acme-arrow >= 14.0.1"
alternative = "acme-arrow >= 14.0.1"
[[rule.match]]
installed = true
versions = ">=0.14,<14.0.1"
proof = "certain"
because = "extension types are unpickled"
[[rule.match]]
installed = true
versions = ">=0.14,<14.0.1"
severity = "warning"
because = "extension types are unpickled"
[[rule.hit]]
file = "requirements.txt"
code = "acme-arrow==14.0.0"
[[rule.hit]]
file = "requirements.txt"
code = "acme-arrow>=10"
severity = "warning"
[[rule.miss]]
file = "requirements.txt"
code = ["acme-arrow==14.0.1", "acme-arrow", "acme-arrow>=15"]
"#;

type Files<'a> = &'a [(&'a str, &'a str)];

fn rules() -> Arc<RuleSet> {
    Arc::new(parse(RULES, "rules.toml").unwrap_or_else(|error| panic!("{error}")))
}

fn policy() -> Policy {
    Policy { rules: rules(), ..Policy::default() }
}

fn snapshot(files: Files) -> MemorySnapshot {
    let mut snapshot = MemorySnapshot::default();
    files.iter().for_each(|(path, text)| snapshot.insert(RepoPath::from(*path), *text));
    snapshot
}

fn judge(old: Files, new: Files, policies: [&Policy; 2]) -> Verdict {
    let (old, new) = (snapshot(old), Box::new(snapshot(new)));
    let changes = changes(&old, &*new).expect("memory can be read");
    let comparison = Comparison { parents: vec![Box::new(old) as Box<dyn Snapshot>], new, changes };
    check(&comparison, &[policies[0].clone()], policies[1])
}

/// `path:line severity because` of each finding.
fn said(verdict: &Verdict) -> Vec<String> {
    let line = |finding: &picklegate::finding::Finding| {
        assert_eq!(finding.rule, "acme-arrow-extension");
        let because: Vec<&str> = finding.because.iter().map(|reason| reason.text.as_str()).collect();
        format!("{}:{} {}: {}", finding.path, finding.start.line, finding.severity, because.join("; "))
    };
    verdict.findings.iter().map(line).collect()
}

/// `path:line` of each finding.
fn places(verdict: &Verdict) -> Vec<String> {
    verdict.findings.iter().map(|finding| format!("{}:{}", finding.path, finding.start.line)).collect()
}

fn found(files: Files) -> Vec<String> {
    said(&scan(&snapshot(files), &RepoPath::root(), &policy(), &[]))
}

#[track_caller]
fn introduces(old: Files, new: Files, expected: &[&str]) {
    let verdict = judge(old, new, [&policy(), &policy()]);
    assert!(verdict.unscanned.is_empty(), "{verdict:#?}");
    assert_eq!(places(&verdict), expected, "{verdict:#?}");
}

fn uv_lock(version: &str) -> String {
    format!(
        "version = 1\nrequires-python = \">=3.10\"\n\n[[package]]\nname = \"acme-arrow\"\nversion = \"{version}\"\n\
         source = {{ registry = \"https://packages.example.org/simple\" }}\n"
    )
}

const RANGE: (&str, &str) = ("pyproject.toml", "[project]\nname = \"a\"\ndependencies = [\n  \"acme-arrow>=10\",\n]\n");

#[test]
fn the_examples_hold() {
    assert_eq!(picklegate::gate::test_examples(&rules()), []);
}

#[test]
fn it_is_found_where_a_manifest_says_the_version() {
    assert_eq!(
        found(&[("requirements.txt", "six\nacme-arrow==13.0  # old\n")]),
        ["requirements.txt:2 error: pins acme-arrow 13.0, where extension types are unpickled"]
    );
    assert_eq!(
        found(&[RANGE]),
        ["pyproject.toml:4 warning: declares acme-arrow >=10, which admits versions >=0.14,<14.0.1, where extension \
          types are unpickled"]
    );
    assert_eq!(found(&[("requirements.txt", "acme_arrow_nightly==13.0\n")]).len(), 1, "another distribution");
    assert_eq!(found(&[("requirements-dev.txt", "acme-arrow==13.0\n")]).len(), 1, "to develop");
    assert_eq!(found(&[("Dockerfile", "FROM x\nRUN pip install acme-arrow==13.0\n")]).len(), 1);
    assert_eq!(found(&[("deps.txt", "acme-arrow==13.0\n"), ("requirements.txt", "-r deps.txt\n")]).len(), 1);
    let script = "# /// script\n# dependencies = [\n#   'acme-arrow==13.0',\n# ]\n# ///\nx = 1\n";
    assert_eq!(found(&[("tool.py", script), ("requirements.txt", "acme-arrow==15\n")]).len(), 1);
    let allowed = script.replace("#   'acme", "# # picklegate: allow[acme-arrow-extension] ours\n#   'acme");
    assert_eq!(found(&[("tool.py", &allowed)]), [""; 0]);
    let notebook = r#"{"cells": [{"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": null,
      "source": ["%pip install acme-arrow==13.0\n", "import pickle\n"]}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"#;
    assert_eq!(found(&[("a.ipynb", notebook)]).len(), 1);
    let nothing: [&str; 0] = [];
    assert_eq!(found(&[("requirements.txt", "acme-arrow==14.0.1\n"), ("notes.txt", "acme-arrow==13.0\n")]), nothing);
    assert_eq!(found(&[("requirements.txt", "acme-arrow\n")]), nothing);
    assert_eq!(found(&[("a.py", "import acme_arrow\n")]), nothing);
}

#[test]
fn what_a_lock_decides_is_not_said_of_ranges_beside_it() {
    let (good, bad) = (uv_lock("15.0.0"), uv_lock("13.0.0"));
    assert_eq!(found(&[RANGE, ("uv.lock", &good)]), [""; 0]);
    let locked = "uv.lock:6 error: locks acme-arrow 13.0.0, where extension types are unpickled";
    assert_eq!(found(&[RANGE, ("uv.lock", &bad)]), [locked]);
    // A pin that the lock contradicts may be what is installed.
    let stale = ("requirements.txt", "acme-arrow==13.0\n");
    assert_eq!(found(&[stale, ("uv.lock", &good)]).len(), 1);
    // A pin decides, too.
    assert_eq!(found(&[RANGE, ("requirements.txt", "acme-arrow==15\n")]), [""; 0]);
}

#[test]
fn a_change_introduces_what_was_not_there() {
    let pinned = |version: &'static str| [("requirements.txt", version)];
    let (good, bad, worse) = (pinned("acme-arrow==15\n"), pinned("acme-arrow==13\n"), pinned("six\nacme-arrow==12\n"));
    introduces(&good, &bad, &["requirements.txt:1"]);
    introduces(&[], &bad, &["requirements.txt:1"]);
    introduces(&bad, &good, &[]);
    introduces(&bad, &worse, &[]);
    introduces(&bad, &[("requirements.txt", "acme-arrow==13\nsix\n"), ("a.py", "x = 1\n")], &[]);
    introduces(&bad, &[("deep/requirements.txt", "acme-arrow==13\n")], &[]);
    // What was said by another file of the same directory, or above, is not new.
    let lock = uv_lock("13.0");
    introduces(&bad, &[bad[0], ("uv.lock", &lock)], &[]);
    introduces(&bad, &[bad[0], ("sub/requirements.txt", "acme-arrow==13\n")], &[]);
    introduces(&[("a/requirements.txt", "acme-arrow==13\n")], &[("b/requirements.txt", "acme-arrow==13\n")], &[]);
    introduces(
        &[("a/requirements.txt", "acme-arrow==13\n")],
        &[("a/requirements.txt", "acme-arrow==13\n"), ("b/requirements.txt", "acme-arrow==13\n")],
        &["b/requirements.txt:1"],
    );
    // A range that becomes a pin is surer than before.
    introduces(&pinned("acme-arrow>=10\n"), &bad, &["requirements.txt:1"]);
}

#[test]
fn a_lock_that_goes_introduces_what_the_range_beside_it_admits() {
    let lock = uv_lock("15.0.0");
    introduces(&[RANGE, ("uv.lock", &lock)], &[RANGE], &["pyproject.toml:4"]);
    introduces(&[RANGE], &[RANGE, ("uv.lock", &lock)], &[]);
}

#[test]
fn a_comment_allows_it_in_its_line_and_the_configuration_everywhere() {
    let allowed = "# picklegate: allow[acme-arrow-extension] reads only our own files\nacme-arrow==13\n";
    assert_eq!(found(&[("requirements.txt", allowed)]), [""; 0]);
    introduces(&[("requirements.txt", allowed)], &[("requirements.txt", "acme-arrow==13\n")], &["requirements.txt:1"]);
    let allowed = AllowedRule { rule: "acme-arrow-extension".into(), reason: "reads only our own files".into() };
    let allowing = Policy { allowed_versions: vec![allowed], ..policy() };
    let pinned = [("requirements.txt", "acme-arrow==13\n")];
    let verdict = judge(&[], &pinned, [&policy(), &allowing]);
    assert_eq!((verdict.findings.len(), verdict.allowed.len()), (0, 1));
    assert_eq!(places(&judge(&pinned, &pinned, [&allowing, &policy()])), ["requirements.txt:1"]);
}

#[test]
fn it_is_new_where_the_rules_are() {
    let pinned = [("requirements.txt", "acme-arrow==13\n")];
    let verdict = judge(&pinned, &pinned, [&Policy::default(), &policy()]);
    assert_eq!(verdict.findings.iter().map(|finding| finding.severity).collect::<Vec<_>>(), [Severity::Error]);
}
