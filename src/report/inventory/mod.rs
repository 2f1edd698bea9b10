//! Inventories as text, for programs, for documents and for people, one format per file; and the words they share.

mod csv;
mod cyclonedx;
mod html;
mod json;
mod markdown;
mod markup;
mod table;
mod text;

use super::{count, printable};
use crate::audit::{Audit, AuditedEntry, AuditedRule, AuditedWarning, Calls, Summary};
use crate::catalog::{Dependency, Evidence, Scope, Source};
use crate::finding::Severity;

/// How an inventory is shown. Formats for programs and pages show everything whatever this says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InventoryView {
    /// Columns of the terminal.
    pub width: usize,
    /// Whether to colour.
    pub color: bool,
    /// Whether every entry is listed, also of libraries that cannot unpickle.
    pub all: bool,
}

/// A format of inventories.
pub struct InventoryFormat {
    /// What `--format` calls it.
    pub name: &'static str,
    /// Gives the whole report.
    pub render: fn(&Audit, InventoryView) -> String,
}

/// Every format of inventories, the default first.
pub const INVENTORY_FORMATS: &[InventoryFormat] = &[
    InventoryFormat { name: "text", render: text::text },
    InventoryFormat { name: "json", render: |audit, _| json::json(audit) },
    InventoryFormat { name: "markdown", render: markdown::markdown },
    InventoryFormat { name: "csv", render: |audit, _| csv::csv(audit) },
    InventoryFormat { name: "cyclonedx", render: |audit, _| cyclonedx::cyclonedx(audit) },
    InventoryFormat { name: "html", render: |audit, _| html::html(audit) },
];

/// `runtime`, `extra:x`, `group:x`, ...
fn scope_name(scope: &Scope) -> String {
    match scope {
        Scope::Runtime => "runtime".into(),
        Scope::Extra(name) => format!("extra:{name}"),
        Scope::Group(name) => format!("group:{name}"),
        Scope::Dev => "dev".into(),
        Scope::Build => "build".into(),
        Scope::Constraint => "constraint".into(),
        Scope::Override => "override".into(),
        Scope::Environment(name) => format!("env:{name}"),
        Scope::Script => "script".into(),
        Scope::Notebook => "notebook".into(),
        Scope::Image => "image".into(),
        Scope::Ci => "ci".into(),
    }
}

/// The scopes of an entry, separated by `separator`.
fn scopes(dependency: &Dependency, separator: &str) -> String {
    dependency.scopes.iter().map(scope_name).collect::<Vec<_>>().join(separator)
}

/// The version or specifier as written; `any version` where there is none, `not declared` where only sources name it.
fn version(dependency: &Dependency) -> String {
    match dependency.raw_version.as_str() {
        _ if dependency.evidence == Evidence::Imported => "not declared".into(),
        "" => dependency.version.as_ref().map_or_else(|| "any version".into(), ToString::to_string),
        raw => raw.to_owned(),
    }
}

/// `direct`, `transitive`, or nothing where the format does not say.
fn directness(dependency: &Dependency) -> &'static str {
    match dependency.direct {
        Some(true) => "direct",
        Some(false) => "transitive",
        None => "",
    }
}

/// The distributions that need it, separated by `separator`.
fn parents(dependency: &Dependency, separator: &str) -> String {
    dependency.parents.iter().map(|parent| parent.as_str()).collect::<Vec<_>>().join(separator)
}

/// Where it is taken from, where that is not an index.
fn source(dependency: &Dependency) -> Option<String> {
    match &dependency.source {
        Source::Registry => None,
        Source::Url(url) | Source::Vcs(url) => Some(url.clone()),
        Source::Path { path, editable: false } => Some(path.clone()),
        Source::Path { path, editable: true } => Some(format!("{path} (editable)")),
    }
}

/// `uv.lock:1182`
fn place(entry: &AuditedEntry) -> String {
    format!("{}:{}", entry.dependency.path, entry.dependency.line)
}

/// What rules have against versions, in the order of files and lines.
fn warnings(audit: &Audit) -> Vec<(&AuditedEntry, &AuditedWarning)> {
    let entries = audit.libraries.iter().flat_map(|library| &library.entries);
    let mut all: Vec<_> =
        entries.flat_map(|entry| entry.warnings.iter().map(move |warning| (entry, warning))).collect();
    all.sort_by_key(|(entry, warning)| (&entry.dependency.path, entry.dependency.line, &warning.rule));
    all
}

/// `5 errors, 2 warnings, 1 note, 1 allowed`; empty where there are none.
fn calls(calls: Calls) -> String {
    let of = |number: usize, noun: &str| (number > 0).then(|| count(number, noun));
    let allowed = (calls.allowed > 0).then(|| format!("{} allowed", calls.allowed));
    let parts = [of(calls.error, "error"), of(calls.warning, "warning"), of(calls.note, "note"), allowed];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// `active`, `active (warning)` or `dormant`.
fn state(rule: &AuditedRule) -> &'static str {
    match rule.active {
        Some(Severity::Error) => "active",
        Some(Severity::Warning | Severity::Note) => "active (warning)",
        None => "dormant",
    }
}

/// When the rule is in force, as sentences without full stop: what is met, what would wake it, what would silence it.
fn boundaries(rule: &AuditedRule) -> Vec<String> {
    let because = |because: &Option<String>| because.as_ref().map(|b| format!(" ({b})")).unwrap_or_default();
    let mut said = Vec::new();
    for condition in &rule.conditions {
        let verb = match (condition.is_met, rule.active.is_some()) {
            (true, _) => "in force:",
            (false, true) => "not in force:",
            (false, false) => "wakes in",
        };
        said.push(format!("{verb} {}{}", condition.versions, because(&condition.because)));
    }
    match (rule.active.is_some(), rule.silent_in.as_slice()) {
        (true, []) => said.push("no version silences it".into()),
        (true, versions) => said.push(format!("silent in {}", versions.join(" or "))),
        (false, _) => {}
    }
    said
}

/// `23 distributions in 4 manifests: 3 can unpickle, 1 could in other versions, 19 are unknown to the rules`
fn summary_of_libraries(summary: &Summary) -> String {
    let are = |number: usize| if number == 1 { "is" } else { "are" };
    let mut parts = vec![format!("{} can unpickle", summary.active)];
    if summary.dormant > 0 {
        parts.push(format!("{} could in other versions", summary.dormant));
    }
    if summary.harmless > 0 {
        parts.push(format!("{} {} harmless", summary.harmless, are(summary.harmless)));
    }
    if summary.unknown > 0 {
        parts.push(format!("{} {} unknown to the rules", summary.unknown, are(summary.unknown)));
    }
    let distributions = count(summary.distributions, "distribution");
    let places = match (count(summary.manifests, "manifest"), count(summary.environments, "environment")) {
        (manifests, _) if summary.environments == 0 => manifests,
        (_, environments) if summary.manifests == 0 => environments,
        (manifests, environments) => format!("{manifests} and {environments}"),
    };
    format!("{distributions} in {places}: {}", parts.join(", "))
}

/// `7 unsafe calls in 120 files judged: 5 errors, 2 warnings, 1 note, 1 allowed`
fn summary_of_calls(audit: &Audit, summary: &Summary) -> String {
    let Some(counts) = audit.scanned else { return "calls were not counted".into() };
    let unsafe_calls = count(summary.calls.standing(), "unsafe call");
    let files = format!("{} judged", count(counts.scanned, "file"));
    match calls(summary.calls).as_str() {
        "" => format!("{unsafe_calls} in {files}"),
        listed => format!("{unsafe_calls} in {files}: {listed}"),
    }
}

#[cfg(test)]
mod samples;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distributions_come_from_manifests_environments_or_both() {
        let of = |manifests, environments| {
            let summary = Summary { distributions: 1, manifests, environments, ..Summary::default() };
            summary_of_libraries(&summary)
        };
        assert_eq!(of(0, 0), "1 distribution in 0 manifests: 0 can unpickle");
        assert_eq!(of(2, 0), "1 distribution in 2 manifests: 0 can unpickle");
        assert_eq!(of(0, 1), "1 distribution in 1 environment: 0 can unpickle");
        assert_eq!(of(1, 2), "1 distribution in 1 manifest and 2 environments: 0 can unpickle");
    }
}
