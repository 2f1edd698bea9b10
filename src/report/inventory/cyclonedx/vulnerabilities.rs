//! Rules that warn of having a version at all, as vulnerabilities of components.

use super::Found;
use crate::audit::AuditedWarning;
use crate::finding::Severity;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// A rule that warns of having a version at all.
#[derive(Serialize)]
pub(super) struct Vulnerability {
    id: String,
    source: Named,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    references: Vec<Reference>,
    ratings: [Rating; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cwes: Vec<u32>,
    description: String,
    recommendation: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    advisories: Vec<Advisory>,
    affects: Vec<Affected>,
}

#[derive(Serialize)]
struct Named {
    name: &'static str,
}

#[derive(Serialize)]
struct Reference {
    id: String,
    source: Named,
}

#[derive(Serialize)]
struct Rating {
    severity: &'static str,
    method: &'static str,
}

#[derive(Serialize)]
struct Advisory {
    url: String,
}

#[derive(Serialize)]
struct Affected {
    r#ref: String,
}

/// A warning, and the references of the components it concerns.
type Concerned<'a> = (&'a AuditedWarning, BTreeSet<String>);

/// One for each rule that warns of versions, with the components that it concerns.
pub(super) fn vulnerabilities(components: &[Found<'_>]) -> Vec<Vulnerability> {
    let mut by_rule: BTreeMap<(&str, Reverse<Severity>), Concerned<'_>> = BTreeMap::new();
    for found in components {
        for warning in found.entries.iter().flat_map(|entry| &entry.warnings) {
            let of_rule = by_rule.entry((&warning.rule, Reverse(warning.severity)));
            let (_, affected) = of_rule.or_insert_with(|| (warning, BTreeSet::new()));
            affected.extend(found.component.bom_ref.clone());
        }
    }
    let vulnerability = |(warning, affected): Concerned<'_>| {
        let (addresses, known): (Vec<&String>, Vec<&String>) =
            warning.references.iter().partition(|reference| reference.starts_with("https://"));
        let severity = match warning.severity {
            Severity::Error => "high",
            Severity::Warning => "medium",
            Severity::Note => "low",
        };
        Vulnerability {
            id: warning.rule.clone(),
            source: Named { name: "picklegate" },
            references: known.into_iter().map(|id| Reference { id: id.clone(), source: database(id) }).collect(),
            ratings: [Rating { severity, method: "other" }],
            cwes: warning.cwe.clone(),
            description: warning.message.clone(),
            recommendation: warning.fix.clone(),
            advisories: addresses.into_iter().map(|url| Advisory { url: url.clone() }).collect(),
            affects: affected.into_iter().map(|r#ref| Affected { r#ref }).collect(),
        }
    };
    by_rule.into_values().map(vulnerability).collect()
}

/// Who gives such ids.
fn database(id: &str) -> Named {
    let known = [("CVE-", "NVD"), ("GHSA-", "GitHub Advisories"), ("PYSEC-", "PyPA Advisory Database")];
    let found = known.iter().find(|(prefix, _)| id.starts_with(prefix));
    Named { name: found.map_or("picklegate", |(_, name)| name) }
}
