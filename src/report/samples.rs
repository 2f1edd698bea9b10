//! Data for the tests of this module.

use super::{Subject, View};
use crate::catalog::{Dependency, Diagnostic, DistributionName, Evidence, Gravity, Inventory, Scope, Source};
use crate::finding::{Confidence, Excerpt, Finding, Fingerprint, Place, Position, Reason, Severity};
use crate::gate::{Allowed, Counts, Unscanned, Verdict};
use crate::rules::{Library, Rule, RuleSet};

use crate::snapshot::RepoPath;

pub const VIEW: View = View {
    subject: Subject::Staged,
    fail_on: Severity::Error,
    show_notes: false,
    show_allowed: false,
    quiet: false,
    color: false,
};

/// A finding of `rule` in the only line of its excerpt, at the first occurrence of `highlight`.
pub fn finding(path: RepoPath, line: u32, text: &str, highlight: &str, rule: &str) -> Finding {
    let start = text.find(highlight).expect("the highlight is in the text");
    let column = |bytes: usize| text[..bytes].chars().count() as u32 + 1;
    Finding {
        path,
        start: Position { line, column: column(start) },
        end: Position { line, column: column(start + highlight.len()) },
        scope: String::new(),
        rule: rule.into(),
        severity: Severity::Error,
        confidence: Confidence::High,
        message: format!("`{rule}` runs code stored in the file it opens"),
        label: "`path` comes from the command line".into(),
        because: vec![Reason {
            text: "locks torch 2.3.1, where weights_only defaults to False".into(),
            place: Some(Place { path: RepoPath::from("uv.lock"), line: 1182 }),
        }],
        fix: "torch.load(path, weights_only=True) on torch >= 2.6".into(),
        excerpt: Excerpt { text: text.into(), first_line: line, highlight: start..start + highlight.len() },
        fingerprint: Fingerprint(format!("{rule}({highlight})")),
    }
}

/// One of everything.
pub fn verdict() -> Verdict {
    let blocking =
        finding("train/resume.py".into(), 41, "    state = torch.load(path)", "torch.load(path)", "torch-load");
    let mut warning = finding("a.py".into(), 1, "pickle.loads(b)", "pickle.loads(b)", "pickle-load");
    warning.severity = Severity::Warning;
    warning.label.clear();
    warning.because.clear();
    let mut note = finding("b.py".into(), 2, "pickle.loads(b)", "b", "pickle-load");
    note.severity = Severity::Note;
    note.because[0].place = None;
    note.fix.clear();
    Verdict {
        findings: vec![warning.clone(), note, blocking],
        allowed: vec![Allowed { finding: warning, reason: "cache file written by this process".into() }],
        unscanned: vec![Unscanned {
            path: RepoPath::new(&b"big\x1b\xff.py"[..]),
            reason: "9000000 bytes, more than the limit of 8388608 bytes".into(),
        }],
        diagnostics: vec![Diagnostic {
            path: "uv.lock".into(),
            line: 3,
            problem: "expected a version string, found an integer".into(),
            gravity: Gravity::Unread,
        }],
        counts: Counts { files: 3, scanned: 2, manifests: 1 },
    }
}

/// A library that a rule speaks of, one that none does, and a manifest that is odd.
pub fn inventory() -> Inventory {
    let torch = Dependency {
        name: DistributionName::new("torch"),
        raw_name: "Torch".into(),
        evidence: Evidence::Locked,
        version: "2.3.1".parse().ok(),
        specifier: None,
        raw_version: "2.3.1".into(),
        extras: Vec::new(),
        marker: None,
        source: Source::Registry,
        scopes: vec![Scope::Runtime, Scope::Extra("gpu".into())],
        direct: Some(true),
        parents: Vec::new(),
        path: "uv.lock".into(),
        line: 1182,
        format: "uv.lock",
    };
    let tool = Dependency {
        name: DistributionName::new("tool\u{1b}[2J"),
        evidence: Evidence::Declared,
        version: None,
        raw_version: String::new(),
        source: Source::Path { path: "../tool".into(), editable: true },
        scopes: vec![Scope::Dev],
        direct: None,
        path: RepoPath::new(&b"\xff/requirements.txt"[..]),
        line: 1,
        format: "requirements",
        ..torch.clone()
    };
    Inventory {
        manifests: vec![torch.path.clone(), tool.path.clone()],
        dependencies: vec![torch, tool],
        diagnostics: verdict().diagnostics,
        ..Inventory::default()
    }
}

/// One rule of one library.
pub fn rules() -> RuleSet {
    RuleSet {
        libraries: vec![Library {
            name: "torch".into(),
            also_installed_as: Vec::new(),
            imports: vec!["torch".into()],
            standard: false,
        }],
        rules: vec![Rule {
            id: "torch-load".into(),
            library: "torch".into(),
            severity: Severity::Error,
            confidence: Confidence::High,
            message: String::new(),
            runs: String::new(),
            fix: String::new(),
            alternative: String::new(),
            cwe: Vec::new(),
            references: Vec::new(),
            matches: Vec::new(),
            examples: Vec::new(),
        }],
    }
}
