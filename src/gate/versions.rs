//! Findings about versions: what was in force before is not introduced, and the configuration may allow a rule.

use super::side::{Judged, Side};
use crate::finding::{About, Finding};
use crate::rules::Target;
use crate::scan::Allowed;
use crate::snapshot::RepoPath;
use crate::syntax::is_code;

/// A rule about versions whose findings the configuration allows, since not every manifest can hold a comment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AllowedRule {
    /// Its id.
    pub rule: String,
    /// Why.
    pub reason: String,
}

/// Moves the findings of `judged` that `allowed` names to those that are allowed.
pub(super) fn allow(allowed: &[AllowedRule], judged: &mut Judged) {
    if allowed.is_empty() {
        return;
    }
    let (mut standing, mut moved) = (Vec::new(), Vec::new());
    for finding in std::mem::take(&mut judged.findings) {
        match allowed.iter().find(|allowed| finding.about == About::Version && allowed.rule == finding.rule) {
            Some(allowed) => moved.push(Allowed { finding, reason: allowed.reason.clone() }),
            None => standing.push(finding),
        }
    }
    judged.findings = standing;
    judged.allowed.extend(moved);
}

/// What rules have against the versions that environments have installed, where their metadata says so.
pub(super) fn in_environments(side: &Side<'_>) -> Judged {
    let mut judged = Judged::default();
    let rules = &side.policy.rules;
    for entry in side.catalog.environments().iter().flat_map(|environment| &environment.inventory().dependencies) {
        let mut libraries = rules.installed_by(entry.name.as_str());
        if libraries.any(|library| rules.warns_of_versions(&library.name)) {
            let line = format!("Version: {}", entry.raw_version);
            judged.findings.extend(side.versions_at(&entry.path, entry.line, &line));
        }
    }
    allow(&side.policy.allowed_versions, &mut judged);
    judged
}

/// Sets those of `known` whose finding, at the same index, is about a version that `parent` had in force at the same place,
/// whichever of its manifests said so; a script that says itself what it runs with is a place of its own. Where `before`, what was judged of the old file, allowed it, it is new all the same.
pub(super) fn mark(
    parent: &Side<'_>,
    path: &RepoPath,
    findings: &[Finding],
    before: Option<&Judged>,
    known: &mut [bool],
) {
    let was_allowed = |finding: &Finding| {
        before.is_some_and(|before| before.allowed.iter().any(|it| it.finding.fingerprint == finding.fingerprint))
    };
    if is_code(path, b"") {
        return;
    }
    let unknown = findings.iter().zip(known).filter(|(finding, known)| !**known && finding.about == About::Version);
    for (finding, known) in unknown.filter(|(finding, _)| !was_allowed(finding)) {
        let Some(rule) = parent.policy.rules.rule(&finding.rule) else { continue };
        let selection = parent.selection(path);
        *known = rule.matches.iter().any(|candidate| {
            candidate.target == Target::Installed
                && candidate.library == finding.library
                && candidate.severity.unwrap_or(rule.severity) >= finding.severity
                && selection.applies(candidate).is_some()
        });
    }
}
