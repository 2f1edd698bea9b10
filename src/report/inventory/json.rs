//! An inventory for programs. The layout is described in `docs/json.md`.

use super::super::json::{JsonDiagnostic, JsonPath, document};
use super::scope_name;
use crate::audit::{
    Audit, AuditedCondition, AuditedEntry, AuditedLibrary, AuditedRule, AuditedWarning, Calls, NotRead,
};
use crate::catalog::Source;
use crate::finding::Severity;
use crate::snapshot::RepoPath;
use serde::Serialize;
use std::collections::BTreeMap;

/// One JSON document.
pub(super) fn json(audit: &Audit) -> String {
    let summary = audit.summary();
    document(&Document {
        schema: "picklegate/inventory",
        version: 2,
        picklegate: env!("CARGO_PKG_VERSION"),
        part: JsonPath::new(&audit.part),
        summary: JsonSummary {
            distributions: summary.distributions,
            entries: summary.entries,
            manifests: summary.manifests,
            environments: summary.environments,
            active: summary.active,
            dormant: summary.dormant,
            harmless: summary.harmless,
            unknown: summary.unknown,
            files_judged: audit.scanned.map(|counts| counts.scanned),
            calls: summary.calls.into(),
        },
        libraries: audit.libraries.iter().map(JsonLibrary::new).collect(),
        directories: directories(&audit.directories),
        manifests: audit.manifests.iter().map(JsonPath::new).collect(),
        environments: audit.environments.iter().map(JsonPath::new).collect(),
        remarks: audit.remarks.iter().map(JsonDiagnostic::new).collect(),
        not_read: audit.not_read.iter().map(JsonNotRead::new).collect(),
    })
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    version: u32,
    picklegate: &'static str,
    part: JsonPath,
    summary: JsonSummary,
    libraries: Vec<JsonLibrary<'a>>,
    directories: Vec<JsonDirectory>,
    manifests: Vec<JsonPath>,
    environments: Vec<JsonPath>,
    remarks: Vec<JsonDiagnostic<'a>>,
    not_read: Vec<JsonNotRead<'a>>,
}

#[derive(Serialize)]
struct JsonSummary {
    distributions: usize,
    entries: usize,
    manifests: usize,
    environments: usize,
    active: usize,
    dormant: usize,
    harmless: usize,
    unknown: usize,
    files_judged: Option<usize>,
    calls: JsonCalls,
}

#[derive(Serialize)]
struct JsonCalls {
    error: usize,
    warning: usize,
    note: usize,
    allowed: usize,
}

impl From<Calls> for JsonCalls {
    fn from(calls: Calls) -> Self {
        Self { error: calls.error, warning: calls.warning, note: calls.note, allowed: calls.allowed }
    }
}

#[derive(Serialize)]
struct JsonDirectory {
    #[serde(flatten)]
    path: JsonPath,
    calls: JsonCalls,
}

fn directories(directories: &BTreeMap<RepoPath, Calls>) -> Vec<JsonDirectory> {
    let directory =
        |(path, calls): (&RepoPath, &Calls)| JsonDirectory { path: JsonPath::new(path), calls: (*calls).into() };
    directories.iter().map(directory).collect()
}

#[derive(Serialize)]
struct JsonNotRead<'a> {
    #[serde(flatten)]
    path: JsonPath,
    line: Option<u32>,
    problem: &'a str,
}

impl<'a> JsonNotRead<'a> {
    fn new(found: &'a NotRead) -> Self {
        Self { path: JsonPath::new(&found.path), line: found.line, problem: &found.problem }
    }
}

#[derive(Serialize)]
struct JsonLibrary<'a> {
    name: &'a str,
    kind: &'static str,
    required: bool,
    exposure: &'static str,
    calls: JsonCalls,
    entries: Vec<JsonEntry<'a>>,
    rules: Vec<JsonRule<'a>>,
}

impl<'a> JsonLibrary<'a> {
    fn new(library: &'a AuditedLibrary) -> Self {
        Self {
            name: &library.name,
            kind: if library.is_standard { "standard" } else { "distribution" },
            required: library.is_required,
            exposure: library.exposure.word(),
            calls: library.calls.into(),
            entries: library.entries.iter().map(JsonEntry::new).collect(),
            rules: library.rules.iter().map(JsonRule::new).collect(),
        }
    }
}

#[derive(Serialize)]
struct JsonEntry<'a> {
    raw_name: &'a str,
    version: Option<String>,
    specifier: Option<String>,
    raw_version: &'a str,
    in_force: bool,
    evidence: &'static str,
    extras: &'a [String],
    marker: Option<&'a str>,
    source: JsonOrigin<'a>,
    scopes: Vec<String>,
    direct: Option<bool>,
    parents: Vec<&'a str>,
    #[serde(flatten)]
    path: JsonPath,
    line: u32,
    format: &'static str,
    warnings: Vec<JsonWarning<'a>>,
}

#[derive(Serialize)]
struct JsonWarning<'a> {
    rule: &'a str,
    severity: Severity,
    message: &'a str,
    because: &'a str,
    fix: &'a str,
}

impl<'a> JsonWarning<'a> {
    fn new(warning: &'a AuditedWarning) -> Self {
        let AuditedWarning { rule, severity, message, because, fix, .. } = warning;
        Self { rule, severity: *severity, message, because, fix }
    }
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum JsonOrigin<'a> {
    Registry,
    Url { url: &'a str },
    Vcs { url: &'a str },
    Path { path: &'a str, editable: bool },
}

impl<'a> JsonEntry<'a> {
    fn new(entry: &'a AuditedEntry) -> Self {
        let dependency = &entry.dependency;
        Self {
            raw_name: &dependency.raw_name,
            version: dependency.version.as_ref().map(ToString::to_string),
            specifier: dependency.specifier.as_ref().map(ToString::to_string),
            raw_version: &dependency.raw_version,
            in_force: entry.is_in_force,
            evidence: dependency.evidence.name(),
            extras: &dependency.extras,
            marker: dependency.marker.as_deref(),
            source: match &dependency.source {
                Source::Registry => JsonOrigin::Registry,
                Source::Url(url) => JsonOrigin::Url { url },
                Source::Vcs(url) => JsonOrigin::Vcs { url },
                Source::Path { path, editable } => JsonOrigin::Path { path, editable: *editable },
            },
            scopes: dependency.scopes.iter().map(scope_name).collect(),
            direct: dependency.direct,
            parents: dependency.parents.iter().map(|parent| parent.as_str()).collect(),
            path: JsonPath::new(&dependency.path),
            line: dependency.line,
            format: dependency.format,
            warnings: entry.warnings.iter().map(JsonWarning::new).collect(),
        }
    }
}

#[derive(Serialize)]
struct JsonRule<'a> {
    id: &'a str,
    state: &'static str,
    severity: Option<Severity>,
    message: &'a str,
    conditions: Vec<JsonCondition<'a>>,
    silent_in: &'a [String],
    fix: &'a str,
    alternative: &'a str,
    calls: JsonCalls,
    directories: Vec<JsonDirectory>,
}

impl<'a> JsonRule<'a> {
    fn new(rule: &'a AuditedRule) -> Self {
        Self {
            id: &rule.id,
            state: if rule.active.is_some() { "active" } else { "dormant" },
            severity: rule.active,
            message: &rule.message,
            conditions: rule.conditions.iter().map(JsonCondition::new).collect(),
            silent_in: &rule.silent_in,
            fix: &rule.fix,
            alternative: &rule.alternative,
            calls: rule.calls.into(),
            directories: directories(&rule.directories),
        }
    }
}

#[derive(Serialize)]
struct JsonCondition<'a> {
    versions: &'a str,
    met: bool,
    because: Option<&'a str>,
}

impl<'a> JsonCondition<'a> {
    fn new(condition: &'a AuditedCondition) -> Self {
        Self { versions: &condition.versions, met: condition.is_met, because: condition.because.as_deref() }
    }
}

#[cfg(test)]
mod tests;
