//! Rules as a file for Semgrep: for whoever already runs that, and wants what the dependencies at hand call for.
//!
//! Semgrep knows no versions, no origins and no guards, and does not follow names as far. What it cannot be told is left
//! out, and said.

mod arguments;
mod settings;
mod targets;
mod yaml;

use super::{ListedRule, printable};
use crate::finding::{Confidence, Severity};
use crate::rules::{Match, Rule, Target, boundaries};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// What could not be exported.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct LeftOut {
    /// The id of the rule.
    pub rule: String,
    /// What of it, and why.
    pub what: String,
}

/// The file, and what is not in it. Of a rule with an [`ActiveRule`](crate::audit::ActiveRule) only the matches that apply.
pub fn semgrep(rules: &[ListedRule<'_>]) -> (String, Vec<LeftOut>) {
    let (mut exported, mut left_out) = (Vec::new(), Vec::new());
    for listed in rules {
        let active = listed.active.as_ref().map(|active| &active.matches);
        let is_asked = |index: &usize| active.is_none_or(|active| active.contains(index));
        let matches: Vec<&Match> =
            (0..listed.rule.matches.len()).filter(is_asked).map(|index| &listed.rule.matches[index]).collect();
        export(listed.rule, &matches, active.is_none(), &mut exported, &mut left_out);
    }
    left_out.sort();
    left_out.dedup();
    let mut out = format!(
        "# Rules of picklegate {}, written by `picklegate rules export`.\n#\n# Semgrep knows no versions, does not see where data \
         comes from or what checks it, and does not follow names as far.\n",
        env!("CARGO_PKG_VERSION")
    );
    if !left_out.is_empty() {
        out.push_str("# What it cannot be told is left out:\n");
    }
    for LeftOut { rule, what } in &left_out {
        let _ = writeln!(out, "#   {}: {}", printable(rule), printable(what));
    }
    out.push_str(&yaml::write(&json!({ "rules": exported })));
    (out, left_out)
}

/// What is said alike stands in one rule for Semgrep.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Said<'m> {
    first: usize,
    severity: Severity,
    message: &'m str,
    fix: &'m str,
    files: Option<&'m [String]>,
}

fn export(rule: &Rule, matches: &[&Match], anywhere: bool, exported: &mut Vec<Json>, left_out: &mut Vec<LeftOut>) {
    let mut omit = |what: String| left_out.push(LeftOut { rule: rule.id.clone(), what });
    let mut groups: BTreeMap<Said<'_>, Vec<(&Match, Vec<Json>)>> = BTreeMap::new();
    for (index, candidate) in matches.iter().enumerate() {
        let severity = candidate.severity.unwrap_or(rule.severity);
        if severity == Severity::Note {
            omit("what is only noted".into());
            continue;
        }
        let apart = apart(candidate, matches);
        let Some(patterns) = targets::patterns(&apart, &mut omit) else { continue };
        let files = match &candidate.target {
            Target::Text { files, .. } => Some(files.as_slice()),
            _ => None,
        };
        let (message, fix) =
            (candidate.message.as_ref().unwrap_or(&rule.message), candidate.fix.as_ref().unwrap_or(&rule.fix));
        let known = groups.keys().find(|said| {
            (said.severity, said.message, said.fix, said.files) == (severity, message.as_str(), fix.as_str(), files)
        });
        let first = known.map_or(index, |said| said.first);
        groups.entry(Said { first, severity, message, fix, files }).or_default().push((candidate, patterns));
    }
    for (number, (said, group)) in groups.into_iter().enumerate() {
        let id = if number == 0 { rule.id.clone() } else { format!("{}-{}", rule.id, number + 1) };
        exported.push(one(rule, id, &said, &group, anywhere));
    }
}

/// A match without the values that another one of its rule asks for: of several that hold, one reports.
fn apart(candidate: &Match, all: &[&Match]) -> Match {
    let mut apart = candidate.clone();
    for condition in apart.when.iter_mut().filter(|condition| !condition.is_not.is_empty()) {
        let others = all.iter().flat_map(|other| &other.when).filter(|other| other.argument == condition.argument);
        let mut values: Vec<_> = others.flat_map(|other| &other.is).cloned().collect();
        values.retain(|value| !condition.is_not.contains(value));
        condition.is_not.append(&mut values);
    }
    apart
}

fn one(rule: &Rule, id: String, said: &Said<'_>, group: &[(&Match, Vec<Json>)], anywhere: bool) -> Json {
    let patterns: Vec<&Json> = group.iter().flat_map(|(_, patterns)| patterns).collect();
    let versions: Vec<String> = group
        .iter()
        .flat_map(|(candidate, _)| boundaries(candidate))
        .map(|boundary| format!("{} {}", boundary.library, boundary.versions.join(" or ")))
        .collect();
    let mut libraries: Vec<&str> = group.iter().map(|(candidate, _)| candidate.library.as_str()).collect();
    libraries.sort_unstable();
    libraries.dedup();
    let severity = match said.severity {
        Severity::Error => "ERROR",
        _ => "WARNING",
    };
    let confidence = match rule.confidence {
        Confidence::High => "HIGH",
        Confidence::Medium => "MEDIUM",
        Confidence::Low => "LOW",
    };
    let mut metadata = json!({
        "category": "security",
        "confidence": confidence,
        "technology": libraries,
        "references": rule.references.iter().filter(|reference| reference.starts_with("https://")).collect::<Vec<_>>(),
        "picklegate": rule.id,
    });
    if !rule.cwe.is_empty() {
        metadata["cwe"] = rule.cwe.iter().map(|number| format!("CWE-{number}")).collect();
    }
    // Without a repository nothing is known of versions: whoever reads the finding has to look.
    let unknown = anywhere && group.iter().all(|(candidate, _)| !boundaries(candidate).is_empty());
    if unknown {
        metadata["versions"] = versions.into();
    }
    let about = if unknown { " in some versions, see the metadata" } else { "" };
    let mut out = json!({
        "id": id,
        "languages": [if said.files.is_some() { "regex" } else { "python" }],
        "severity": severity,
        "message": format!("{}{about}. {} Write instead: {}", said.message, rule.runs, said.fix),
        "metadata": metadata,
    });
    if let Some(files) = said.files {
        out["paths"] = json!({ "include": files });
    }
    let found = either(patterns.into_iter().cloned().collect());
    let mut all = vec![found];
    // A parameter of the name of a module is none.
    let roots: BTreeSet<&str> = group.iter().flat_map(|(candidate, _)| targets::modules(candidate)).collect();
    all.extend(
        roots.into_iter().map(|root| json!({ "pattern-not-inside": format!("def $SHADOW(..., {root}, ...):\n  ...") })),
    );
    let Json::Object(table) = both(all) else { unreachable!("a pattern is a table") };
    table.into_iter().for_each(|(key, value)| out[key] = value);
    out
}

/// `pattern: code`
fn pattern(code: impl Into<String>) -> Json {
    json!({ "pattern": code.into() })
}

fn either(mut all: Vec<Json>) -> Json {
    if all.len() == 1 { all.remove(0) } else { json!({ "pattern-either": all }) }
}

fn both(mut all: Vec<Json>) -> Json {
    if all.len() == 1 { all.remove(0) } else { json!({ "patterns": all }) }
}
