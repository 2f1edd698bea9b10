//! Rules in a list: a line each for people, and all that is known of them for programs.

use super::json::{JsonPath, document};
use super::printable;
use super::rule_words::{conditions, describe_edit, looked_for};
use crate::audit::ActiveRule;
use crate::finding::{Confidence, Reason, Severity};
use crate::rules::{Rule, RuleSet};
use serde::Serialize;
use std::fmt::Write as _;

/// A rule in a list, with why it is active in a tree if that was asked.
pub struct ListedRule<'r> {
    /// The rule.
    pub rule: &'r Rule,
    /// Why it is active.
    pub active: Option<ActiveRule<'r>>,
}

/// Columns: id, severity, message; below a rule why it is active.
pub fn rule_list(rules: &[ListedRule<'_>]) -> String {
    let width = rules.iter().map(|listed| listed.rule.id.len()).max().unwrap_or(0);
    let mut out = String::new();
    for ListedRule { rule, active } in rules {
        let severity = active.as_ref().map_or(rule.severity, |active| active.severity);
        let _ = writeln!(out, "{:<width$}  {severity:<7}  {}", rule.id, printable(&rule.message));
        let Some(active) = active else { continue };
        if active.because.is_empty() {
            out.push_str("    part of Python\n");
        }
        for reason in &active.because {
            let place = reason.place.as_ref().map(|place| format!("{}:{} ", place.path, place.line));
            let _ = writeln!(out, "    {}{}", place.unwrap_or_default(), printable(&reason.text));
        }
    }
    out
}

/// One JSON document: `picklegate/rules`.
pub fn rule_list_json(all: &RuleSet, rules: &[ListedRule<'_>]) -> String {
    document(&Document {
        schema: "picklegate/rules",
        version: 1,
        picklegate: env!("CARGO_PKG_VERSION"),
        rules: rules.iter().map(|listed| JsonRule::new(all, listed)).collect(),
    })
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    version: u32,
    picklegate: &'static str,
    rules: Vec<JsonRule<'a>>,
}

#[derive(Serialize)]
struct JsonRule<'a> {
    id: &'a str,
    severity: Severity,
    confidence: Confidence,
    producer: bool,
    libraries: Vec<JsonLibrary<'a>>,
    message: &'a str,
    runs: &'a str,
    fix: &'a str,
    alternative: &'a str,
    cwe: &'a [u32],
    references: &'a [String],
    matches: Vec<JsonMatch<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    active: Option<JsonActive<'a>>,
}

#[derive(Serialize)]
struct JsonLibrary<'a> {
    name: &'a str,
    distributions: Vec<&'a str>,
    imports: &'a [String],
}

#[derive(Serialize)]
struct JsonMatch<'a> {
    library: &'a str,
    severity: Severity,
    looks_for: String,
    conditions: Vec<String>,
    because: Option<&'a str>,
    edit: Option<String>,
}

#[derive(Serialize)]
struct JsonActive<'a> {
    severity: Severity,
    matches: &'a [usize],
    because: Vec<JsonReason<'a>>,
}

#[derive(Serialize)]
struct JsonReason<'a> {
    text: &'a str,
    #[serde(flatten)]
    path: Option<JsonPath>,
    line: Option<u32>,
}

impl<'a> JsonRule<'a> {
    fn new(all: &'a RuleSet, listed: &'a ListedRule<'_>) -> Self {
        let rule = listed.rule;
        let libraries = rule.libraries().into_iter().filter_map(|name| all.library(name));
        let libraries = libraries.map(|library| JsonLibrary {
            name: &library.name,
            distributions: if library.standard { Vec::new() } else { library.distributions().collect() },
            imports: &library.imports,
        });
        let matches = rule.matches.iter().map(|candidate| JsonMatch {
            library: &candidate.library,
            severity: candidate.severity.unwrap_or(rule.severity),
            looks_for: looked_for(&candidate.target),
            conditions: conditions(candidate),
            because: candidate.because.as_deref(),
            edit: candidate.edit.as_ref().map(describe_edit),
        });
        let reason = |reason: &'a Reason| JsonReason {
            text: &reason.text,
            path: reason.place.as_ref().map(|place| JsonPath::new(&place.path)),
            line: reason.place.as_ref().map(|place| place.line),
        };
        Self {
            id: &rule.id,
            severity: rule.severity,
            confidence: rule.confidence,
            producer: rule.producer,
            libraries: libraries.collect(),
            message: &rule.message,
            runs: &rule.runs,
            fix: &rule.fix,
            alternative: &rule.alternative,
            cwe: &rule.cwe,
            references: &rule.references,
            matches: matches.collect(),
            active: listed.active.as_ref().map(|active| JsonActive {
                severity: active.severity,
                matches: &active.matches,
                because: active.because.iter().map(reason).collect(),
            }),
        }
    }
}
