//! Data for the tests of this module.

use super::{Subject, View};
use crate::catalog::{Diagnostic, Gravity};
use crate::finding::{About, Confidence, Excerpt, Finding, Fingerprint, Ground, Place, Position, Reason, Severity};
use crate::gate::{Allowed, Counts, Unscanned, Verdict};
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
        cell: None,
        scope: String::new(),
        rule: rule.into(),
        about: About::Load,
        library: "torch".into(),
        severity: Severity::Error,
        confidence: Confidence::High,
        message: format!("`{rule}` runs code stored in the file it opens"),
        label: "`path` comes from the command line".into(),
        because: vec![Reason {
            ground: Ground::Version,
            text: "locks torch 2.3.1, where weights_only defaults to False".into(),
            place: Some(Place { path: RepoPath::from("uv.lock"), line: 1182 }),
        }],
        fix: "torch.load(path, weights_only=True) on torch >= 2.6".into(),
        edit: None,
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
        counts: Counts { files: 3, scanned: 2, manifests: 1, followed: 0 },
    }
}
