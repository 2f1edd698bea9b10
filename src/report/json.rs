//! The report for programs. The layout is described in `docs/json.md`; `version` changes when a reader could break.

use super::{Subject, View};
use crate::catalog::{Diagnostic, Gravity};
use crate::finding::{Confidence, Finding, Ground, Judgement, Position, Replacement, Severity, TextEdit};
use crate::gate::{Outcome, Verdict};
use crate::snapshot::RepoPath;
use serde::Serialize;

/// One JSON document. Findings of every severity are in it, whatever the view shows.
pub fn json(verdict: &Verdict, view: View) -> String {
    let (outcome, exit_code) = match verdict.outcome(view.fail_on) {
        Outcome::Clean => ("clean", 0),
        Outcome::Blocked => ("blocked", 1),
        Outcome::Unjudged => ("unjudged", 2),
    };
    let counts = verdict.counts;
    document(&Document {
        schema: "picklegate/verdict",
        version: 1,
        picklegate: env!("CARGO_PKG_VERSION"),
        subject: match view.subject {
            Subject::Staged => "staged",
            Subject::Range => "range",
            Subject::Tree => "tree",
        },
        outcome,
        exit_code,
        fail_on: view.fail_on,
        counts: JsonCounts {
            files: counts.files,
            scanned: counts.scanned,
            manifests: counts.manifests,
            followed: counts.followed,
        },
        findings: verdict.findings.iter().map(|finding| JsonFinding::new(finding, view.fail_on, None)).collect(),
        allowed: verdict
            .allowed
            .iter()
            .map(|allowed| JsonFinding::new(&allowed.finding, view.fail_on, Some(&allowed.reason)))
            .collect(),
        unscanned: verdict
            .unscanned
            .iter()
            .map(|unscanned| JsonUnscanned { path: JsonPath::new(&unscanned.path), reason: &unscanned.reason })
            .collect(),
        diagnostics: verdict.diagnostics.iter().map(JsonDiagnostic::new).collect(),
    })
}

/// Pretty-printed, with a line end. C1 and bidirectional controls are escaped as JSON escapes them.
pub(super) fn document(document: &impl Serialize) -> String {
    let text = serde_json::to_string_pretty(document).expect("only strings are keys, and no writer can fail");
    let mut out = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        // serde_json escapes C0 controls itself; what is left of these stands inside strings only.
        if c != '\n' && (c.is_control() || crate::snapshot::is_bidi_control(c)) {
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out.push('\n');
    out
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    version: u32,
    picklegate: &'static str,
    subject: &'static str,
    outcome: &'static str,
    exit_code: u8,
    fail_on: Severity,
    counts: JsonCounts,
    findings: Vec<JsonFinding<'a>>,
    allowed: Vec<JsonFinding<'a>>,
    unscanned: Vec<JsonUnscanned<'a>>,
    diagnostics: Vec<JsonDiagnostic<'a>>,
}

#[derive(Serialize)]
struct JsonCounts {
    files: usize,
    scanned: usize,
    manifests: usize,
    followed: usize,
}

/// A path as text; where its bytes are not that text, also the bytes in hexadecimal.
#[derive(Serialize)]
pub(super) struct JsonPath {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_hex: Option<String>,
}

impl JsonPath {
    pub(super) fn new(path: &RepoPath) -> Self {
        let text = path.to_string();
        let path_hex = (text.as_bytes() != path.as_bytes())
            .then(|| path.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect());
        Self { path: text, path_hex }
    }
}

#[derive(Serialize)]
struct JsonPosition {
    line: u32,
    column: u32,
}

impl From<Position> for JsonPosition {
    fn from(position: Position) -> Self {
        Self { line: position.line, column: position.column }
    }
}

#[derive(Serialize)]
struct JsonCell {
    number: u32,
    line: u32,
}

#[derive(Serialize)]
struct JsonFinding<'a> {
    rule: &'a str,
    severity: Severity,
    confidence: Confidence,
    blocks: bool,
    #[serde(flatten)]
    path: JsonPath,
    start: JsonPosition,
    end: JsonPosition,
    #[serde(skip_serializing_if = "Option::is_none")]
    cell: Option<JsonCell>,
    scope: &'a str,
    message: &'a str,
    label: &'a str,
    because: Vec<JsonReason<'a>>,
    fix: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    edit: Option<JsonEdit<'a>>,
    source: JsonSource<'a>,
    fingerprint: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_because: Option<&'a str>,
}

impl<'a> JsonFinding<'a> {
    fn new(finding: &'a Finding, fail_on: Severity, allowed_because: Option<&'a str>) -> Self {
        Self {
            rule: &finding.rule,
            severity: finding.severity,
            confidence: finding.confidence,
            blocks: allowed_because.is_none() && finding.severity >= fail_on,
            path: JsonPath::new(&finding.path),
            start: finding.start.into(),
            end: finding.end.into(),
            cell: finding.cell.map(|cell| JsonCell { number: cell.number, line: cell.line }),
            scope: &finding.scope,
            message: &finding.message,
            label: &finding.label,
            because: finding
                .because
                .iter()
                .map(|reason| JsonReason {
                    ground: ground(reason.ground).0,
                    judgement: ground(reason.ground).1,
                    origin: match reason.ground {
                        Ground::Origin(source) => Some(source.name()),
                        _ => None,
                    },
                    text: &reason.text,
                    path: reason.place.as_ref().map(|place| JsonPath::new(&place.path)),
                    line: reason.place.as_ref().map(|place| place.line),
                })
                .collect(),
            fix: &finding.fix,
            edit: finding.edit.as_ref().map(JsonEdit::new),
            source: JsonSource {
                first_line: finding.excerpt.first_line,
                text: &finding.excerpt.text,
                highlight: [finding.excerpt.highlight.start, finding.excerpt.highlight.end],
            },
            fingerprint: &finding.fingerprint.0,
            allowed_because,
        }
    }
}

#[derive(Serialize)]
struct JsonEdit<'a> {
    safe: bool,
    replacements: Vec<JsonReplacement<'a>>,
}

#[derive(Serialize)]
struct JsonReplacement<'a> {
    start: JsonPosition,
    end: JsonPosition,
    bytes: [usize; 2],
    text: &'a str,
}

impl<'a> JsonEdit<'a> {
    fn new(edit: &'a TextEdit) -> Self {
        let replacement = |replacement: &'a Replacement| JsonReplacement {
            start: replacement.start.into(),
            end: replacement.end.into(),
            bytes: [replacement.range.start, replacement.range.end],
            text: &replacement.text,
        };
        Self { safe: edit.safe, replacements: edit.replacements.iter().map(replacement).collect() }
    }
}

/// What a reason speaks of, and what a guard is worth.
fn ground(ground: Ground) -> (&'static str, Option<&'static str>) {
    match ground {
        Ground::Guard(Judgement::Genuine) => ("guard", Some("genuine")),
        Ground::Guard(Judgement::Weak) => ("guard", Some("weak")),
        Ground::Guard(Judgement::Flawed) => ("guard", Some("flawed")),
        Ground::Origin(_) => ("origin", None),
        Ground::Chain => ("chain", None),
        Ground::Version => ("version", None),
        Ground::Binding => ("binding", None),
    }
}

#[derive(Serialize)]
struct JsonReason<'a> {
    ground: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    judgement: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<&'static str>,
    text: &'a str,
    #[serde(flatten)]
    path: Option<JsonPath>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
}

#[derive(Serialize)]
struct JsonSource<'a> {
    first_line: u32,
    text: &'a str,
    highlight: [usize; 2],
}

#[derive(Serialize)]
struct JsonUnscanned<'a> {
    #[serde(flatten)]
    path: JsonPath,
    reason: &'a str,
}

#[derive(Serialize)]
pub(super) struct JsonDiagnostic<'a> {
    #[serde(flatten)]
    path: JsonPath,
    line: u32,
    gravity: &'static str,
    problem: &'a str,
}

impl<'a> JsonDiagnostic<'a> {
    pub(super) fn new(diagnostic: &'a Diagnostic) -> Self {
        Self {
            path: JsonPath::new(&diagnostic.path),
            line: diagnostic.line,
            gravity: match diagnostic.gravity {
                Gravity::Odd => "odd",
                Gravity::Computed => "computed",
                Gravity::Unread => "unread",
            },
            problem: &diagnostic.problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use snapbox::{IntoData as _, assert_data_eq, str};

    #[test]
    fn the_layout_is_fixed() {
        let mut verdict = samples::verdict();
        verdict.findings.drain(..2);
        assert_data_eq!(
            json(&verdict, samples::VIEW),
            str![[r#"
{
  "schema": "picklegate/verdict",
  "version": 1,
  "picklegate": "0.1.0",
  "subject": "staged",
  "outcome": "unjudged",
  "exit_code": 2,
  "fail_on": "error",
  "counts": {
    "files": 3,
    "scanned": 2,
    "manifests": 1,
    "followed": 0
  },
  "findings": [
    {
      "rule": "torch-load",
      "severity": "error",
      "confidence": "high",
      "blocks": true,
      "path": "train/resume.py",
      "start": {
        "line": 41,
        "column": 13
      },
      "end": {
        "line": 41,
        "column": 29
      },
      "scope": "",
      "message": "`torch-load` runs code stored in the file it opens",
      "label": "`path` comes from the command line",
      "because": [
        {
          "ground": "version",
          "text": "locks torch 2.3.1, where weights_only defaults to False",
          "path": "uv.lock",
          "line": 1182
        }
      ],
      "fix": "torch.load(path, weights_only=True) on torch >= 2.6",
      "source": {
        "first_line": 41,
        "text": "    state = torch.load(path)",
        "highlight": [
          12,
          28
        ]
      },
      "fingerprint": "torch-load(torch.load(path))"
    }
  ],
  "allowed": [
    {
      "rule": "pickle-load",
      "severity": "warning",
      "confidence": "high",
      "blocks": false,
      "path": "a.py",
      "start": {
        "line": 1,
        "column": 1
      },
      "end": {
        "line": 1,
        "column": 16
      },
      "scope": "",
      "message": "`pickle-load` runs code stored in the file it opens",
      "label": "",
      "because": [],
      "fix": "torch.load(path, weights_only=True) on torch >= 2.6",
      "source": {
        "first_line": 1,
        "text": "pickle.loads(b)",
        "highlight": [
          0,
          15
        ]
      },
      "fingerprint": "pickle-load(pickle.loads(b))",
      "allowed_because": "cache file written by this process"
    }
  ],
  "unscanned": [
    {
      "path": "big\\u{1b}\\xff.py",
      "path_hex": "6269671bff2e7079",
      "reason": "9000000 bytes, more than the limit of 8388608 bytes"
    }
  ],
  "diagnostics": [
    {
      "path": "uv.lock",
      "line": 3,
      "gravity": "unread",
      "problem": "expected a version string, found an integer"
    }
  ]
}

"#]]
            .raw()
        );
    }

    #[test]
    fn every_severity_is_in_it_and_nothing_acts_on_a_terminal() {
        let mut verdict = samples::verdict();
        verdict.findings[0].excerpt.text = "\u{9b}2J\u{202e}\u{1b}\u{7f}".into();
        let out = json(&verdict, samples::VIEW);
        assert!(!out.contains(|c: char| c != '\n' && c.is_control()));
        let read: serde_json::Value = serde_json::from_str(&out).expect("it is JSON");
        assert_eq!(read["findings"].as_array().map(Vec::len), Some(3));
        assert_eq!(read["findings"][0]["source"]["text"], "\u{9b}2J\u{202e}\u{1b}\u{7f}");
    }
}
