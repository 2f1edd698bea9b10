//! Which rules of a library are active in the versions in force, and where they begin and end.

use super::calls::{ByRule, Calls};
use super::entries::Place;
use super::{AuditedCondition, AuditedRule};
use crate::catalog::Catalog;
use crate::finding::Severity;
use crate::rules::{Library, Match, Rule, RuleSet, Selection, boundaries, versions_outside};
use std::collections::BTreeMap;

/// Judges the rules of `libraries` for source files at any of `places`.
pub(super) fn judge(
    catalog: &Catalog<'_>,
    rules: &RuleSet,
    libraries: &[&Library],
    places: &[Place<'_>],
    calls: Option<&ByRule>,
) -> Vec<AuditedRule> {
    if libraries.is_empty() {
        return Vec::new();
    }
    let selections: Vec<Selection<'_>> =
        places.iter().map(|place| Selection::with_own(rules, catalog, place.file, place.own)).collect();
    let speaking =
        libraries.iter().flat_map(|library| rules.rules_of(&library.name).map(|rule| (rule, &*library.name)));
    let mut judged: Vec<AuditedRule> =
        speaking.map(|(rule, library)| judge_rule(rule, library, &selections, calls)).collect();
    judged.sort_by(|a, b| a.id.cmp(&b.id));
    judged
}

/// Judges what `rule` says of `library`.
fn judge_rule(rule: &Rule, library: &str, selections: &[Selection<'_>], calls: Option<&ByRule>) -> AuditedRule {
    let severity = |candidate: &Match| candidate.severity.unwrap_or(rule.severity);
    let applies = |candidate: &Match| selections.iter().any(|selection| selection.applies(candidate).is_some());
    let telling: Vec<(&Match, bool)> = rule
        .matches
        .iter()
        .filter(|candidate| candidate.library == library && severity(candidate) > Severity::Note)
        .map(|candidate| (candidate, applies(candidate)))
        .collect();
    let met: Vec<&Match> = telling.iter().filter(|(_, is_met)| *is_met).map(|(candidate, _)| *candidate).collect();
    let directories = calls.and_then(|calls| calls.get(&rule.id)).cloned().unwrap_or_default();
    AuditedRule {
        id: rule.id.clone(),
        active: met.iter().map(|candidate| severity(candidate)).max(),
        message: rule.message.clone(),
        fix: rule.fix.clone(),
        alternative: rule.alternative.split_whitespace().collect::<Vec<_>>().join(" "),
        conditions: conditions(&telling),
        silent_in: silent_in(&met),
        calls: directories.values().fold(Calls::default(), |all, calls| all + *calls),
        directories,
    }
}

/// The version conditions of `matches`, each once; one that is met by any match that has it is met.
fn conditions(matches: &[(&Match, bool)]) -> Vec<AuditedCondition> {
    let mut conditions: BTreeMap<(String, Option<String>), bool> = BTreeMap::new();
    for (candidate, is_met) in matches {
        let boundaries = boundaries(candidate);
        let said = boundaries.iter().map(|b| format!("{} {}", b.library, b.versions.join(" or ")));
        let versions = said.collect::<Vec<_>>().join(" and ");
        if !versions.is_empty() {
            *conditions.entry((versions, candidate.because.clone())).or_default() |= is_met;
        }
    }
    let condition = |((versions, because), is_met)| AuditedCondition { versions, because, is_met };
    conditions.into_iter().map(condition).collect()
}

/// The versions of their library in which none of `matches` holds.
fn silent_in(matches: &[&Match]) -> Vec<String> {
    if matches.iter().any(|candidate| candidate.versions.is_empty()) {
        return Vec::new();
    }
    let versions: Vec<&str> = matches.iter().flat_map(|candidate| &candidate.versions).map(String::as_str).collect();
    versions_outside(&versions)
}
