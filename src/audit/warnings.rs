//! What rules have against the versions that entries bring into force.

use super::entries::Own;
use super::{AuditedEntry, AuditedWarning};
use crate::catalog::Catalog;
use crate::rules::{Installed, RuleSet, Selection};
use crate::snapshot::RepoPath;
use std::collections::BTreeMap;

/// Says of `entries`, all of one library, what rules have against their versions.
pub(super) fn warn(catalog: &Catalog<'_>, rules: &RuleSet, own: &Own, entries: &mut [AuditedEntry]) {
    let mut found: BTreeMap<RepoPath, Vec<Installed>> = BTreeMap::new();
    for entry in entries.iter_mut().filter(|entry| entry.is_in_force) {
        let dependency = &entry.dependency;
        let of_file = found
            .entry(dependency.path.clone())
            .or_insert_with_key(|path| Selection::with_own(rules, catalog, path, own.get(path)).installed());
        let here = |it: &&Installed| it.line == dependency.line && it.distribution == dependency.name.as_str();
        entry.warnings = of_file.iter().filter(here).map(|it| warning(rules, it)).collect();
    }
}

fn warning(rules: &RuleSet, found: &Installed) -> AuditedWarning {
    let rule = &rules.rules[found.rule];
    let candidate = &rule.matches[found.index];
    AuditedWarning {
        rule: rule.id.clone(),
        severity: candidate.severity.unwrap_or(rule.severity),
        message: candidate.message.as_ref().unwrap_or(&rule.message).clone(),
        because: found.because.iter().map(|reason| reason.text.as_str()).collect::<Vec<_>>().join("; "),
        fix: candidate.fix.as_ref().unwrap_or(&rule.fix).clone(),
        cwe: rule.cwe.clone(),
        references: rule.references.clone(),
    }
}
