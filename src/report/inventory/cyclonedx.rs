//! An inventory as a bill of materials: CycloneDX 1.6 in JSON, with what can unpickle as properties.
//!
//! Without time and serial number, which the schema does not demand: equal input gives equal bytes.

mod vulnerabilities;

use super::super::json::document;
use super::{scopes, version};
use crate::audit::{Audit, AuditedEntry, AuditedLibrary, Calls};
use crate::catalog::{self, Dependency, Scope, Source};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use vulnerabilities::{Vulnerability, vulnerabilities};

/// The component that stands for what was audited.
const ROOT: &str = "picklegate:audited";

/// One JSON document.
pub(super) fn cyclonedx(audit: &Audit) -> String {
    let components = components(audit);
    let part = if audit.part.is_root() { "repository".to_owned() } else { audit.part.to_string() };
    let root = Component { bom_ref: Some(ROOT.to_owned()), ..Component::new("application", &part) };
    let tool = Component {
        version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        ..Component::new("application", "picklegate")
    };
    let not_read = audit.not_read.iter().map(|found| {
        let line = found.line.map(|line| format!(":{line}")).unwrap_or_default();
        property("not-read", format!("{}{line}: {}", found.path, found.problem))
    });
    let aggregate = if audit.not_read.is_empty() { "unknown" } else { "incomplete" };
    document(&Bom {
        schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
        bom_format: "CycloneDX",
        spec_version: "1.6",
        version: 1,
        metadata: Metadata { tools: Tools { components: vec![tool] }, component: root, properties: not_read.collect() },
        dependencies: dependencies(&components),
        vulnerabilities: vulnerabilities(&components),
        components: components.into_iter().map(|found| found.component).collect(),
        compositions: [Composition { aggregate, assemblies: [ROOT], dependencies: [ROOT] }],
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bom {
    #[serde(rename = "$schema")]
    schema: &'static str,
    bom_format: &'static str,
    spec_version: &'static str,
    version: u32,
    metadata: Metadata,
    components: Vec<Component>,
    dependencies: Vec<Edges>,
    compositions: [Composition; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    vulnerabilities: Vec<Vulnerability>,
}

#[derive(Serialize)]
struct Metadata {
    tools: Tools,
    component: Component,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Property>,
}

#[derive(Serialize)]
struct Tools {
    components: Vec<Component>,
}

#[derive(Serialize)]
struct Component {
    r#type: &'static str,
    #[serde(rename = "bom-ref", skip_serializing_if = "Option::is_none")]
    bom_ref: Option<String>,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purl: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<Evidence>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Property>,
}

impl Component {
    fn new(r#type: &'static str, name: &str) -> Self {
        let name = name.to_owned();
        Self {
            r#type,
            bom_ref: None,
            name,
            version: None,
            scope: None,
            purl: None,
            evidence: None,
            properties: Vec::new(),
        }
    }
}

#[derive(Serialize)]
struct Evidence {
    occurrences: Vec<Occurrence>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Occurrence {
    location: String,
    line: u32,
    additional_context: String,
}

#[derive(Serialize)]
struct Property {
    name: String,
    value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Edges {
    r#ref: String,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    depends_on: BTreeSet<String>,
}

#[derive(Serialize)]
struct Composition {
    aggregate: &'static str,
    assemblies: [&'static str; 1],
    dependencies: [&'static str; 1],
}

/// A component, and the entries it stands for.
struct Found<'a> {
    component: Component,
    name: &'a str,
    entries: Vec<&'a AuditedEntry>,
}

/// One for each library in each version, by reference.
fn components(audit: &Audit) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    for library in &audit.libraries {
        let mut by_reference: BTreeMap<String, Vec<&AuditedEntry>> = BTreeMap::new();
        for entry in &library.entries {
            by_reference.entry(reference(&entry.dependency)).or_default().push(entry);
        }
        if by_reference.is_empty() {
            by_reference.insert(format!("picklegate:{}", encoded(&library.name)), Vec::new());
        }
        for (bom_ref, entries) in by_reference {
            let component = component(library, bom_ref, &entries);
            found.push(Found { component, name: &library.name, entries });
        }
    }
    found
}

fn component(library: &AuditedLibrary, bom_ref: String, entries: &[&AuditedEntry]) -> Component {
    let mut properties = vec![property("exposure", library.exposure.word())];
    for rule in &library.rules {
        let state = if rule.active.is_some() { "rule:active" } else { "rule:dormant" };
        properties.push(property(state, &rule.id));
        let Calls { error, warning, note, allowed } = rule.calls;
        for (number, kind) in [(error, "error"), (warning, "warning"), (note, "note"), (allowed, "allowed")] {
            if number > 0 {
                properties.push(property(&format!("calls:{}:{kind}", rule.id), number.to_string()));
            }
        }
    }
    for entry in entries {
        let dependency = &entry.dependency;
        properties.push(property("evidence", dependency.evidence.name()));
        properties.push(property("path", dependency.path.to_string()));
        properties.push(property("line", dependency.line.to_string()));
        properties.push(property("in-force", if entry.is_in_force { "true" } else { "false" }));
    }
    let first = entries.first().map(|entry| &entry.dependency);
    Component {
        version: first.and_then(exact),
        scope: Some(scope(entries)),
        purl: first.and_then(purl),
        evidence: Some(occurrences(entries)).filter(|evidence| !evidence.occurrences.is_empty()),
        bom_ref: Some(bom_ref),
        properties,
        ..Component::new(if library.is_standard { "platform" } else { "library" }, &library.name)
    }
}

fn occurrences(entries: &[&AuditedEntry]) -> Evidence {
    let occurrence = |entry: &&AuditedEntry| {
        let dependency = &entry.dependency;
        let mut context = format!("{} {}", dependency.evidence.name(), version(dependency));
        if !dependency.scopes.is_empty() {
            let _ = write!(context, " for {}", scopes(dependency, ", "));
        }
        if let Some(marker) = &dependency.marker {
            let _ = write!(context, "; {marker}");
        }
        Occurrence { location: dependency.path.to_string(), line: dependency.line, additional_context: context }
    };
    Evidence { occurrences: entries.iter().map(occurrence).collect() }
}

/// `required` where something needs it to run, `excluded` where it is only limited, `optional` otherwise.
fn scope(entries: &[&AuditedEntry]) -> &'static str {
    let scopes = || entries.iter().flat_map(|entry| &entry.dependency.scopes);
    let unsaid = entries.iter().any(|entry| entry.dependency.scopes.is_empty());
    if entries.is_empty() || unsaid || scopes().any(|scope| *scope == Scope::Runtime) {
        "required"
    } else if scopes().all(|scope| matches!(scope, Scope::Constraint | Scope::Override)) {
        "excluded"
    } else {
        "optional"
    }
}

/// What identifies a library in a version: equal for entries that mean the same.
fn reference(dependency: &Dependency) -> String {
    purl(dependency).unwrap_or_else(|| {
        let version = exact(dependency).map(|version| format!("@{}", encoded(&version)));
        format!("picklegate:{}{}", encoded(dependency.name.as_str()), version.unwrap_or_default())
    })
}

/// The package URL; what is taken from a path is no package, and what sources import may be called otherwise.
fn purl(dependency: &Dependency) -> Option<String> {
    if dependency.format == "imports-guessed" {
        return None;
    }
    let qualifier = match &dependency.source {
        Source::Registry => String::new(),
        Source::Url(url) => format!("?download_url={}", encoded_value(url)),
        Source::Vcs(url) => format!("?vcs_url={}", encoded_value(url)),
        Source::Path { .. } => return None,
    };
    // Other formats of conda hold packages of both kinds.
    let (kind, name) = match dependency.format {
        "conda explicit lock" | "conda recipe" => ("conda", dependency.raw_name.as_str()),
        _ => ("pypi", dependency.name.as_str()),
    };
    let version = exact(dependency).map(|version| format!("@{}", encoded(&version)));
    Some(format!("pkg:{kind}/{}{}{qualifier}", encoded(name), version.unwrap_or_default()))
}

/// The exact version; that of a lock as written, where PEP 440 cannot express it.
fn exact(dependency: &Dependency) -> Option<String> {
    let written = || Some(dependency.raw_version.clone()).filter(|raw| !raw.is_empty());
    let locked = dependency.evidence >= catalog::Evidence::Locked;
    dependency.version.as_ref().map(ToString::to_string).or_else(|| written().filter(|_| locked))
}

/// Percent-encoded, but for what names and versions in package URLs keep.
fn encoded(text: &str) -> String {
    percent_encoded(text, b"-._~:")
}

/// Percent-encoded, but for what values of qualifiers keep.
fn encoded_value(text: &str) -> String {
    percent_encoded(text, b"-._~:/")
}

fn percent_encoded(text: &str, kept: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || kept.contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn property(name: &str, value: impl Into<String>) -> Property {
    Property { name: format!("picklegate:{name}"), value: value.into() }
}

/// Who needs whom: as locks say; what nobody in the list needs is needed by what was audited.
fn dependencies(components: &[Found<'_>]) -> Vec<Edges> {
    let reference = |found: &Found<'_>| found.component.bom_ref.clone().unwrap_or_default();
    let mut named: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut in_file = BTreeSet::new();
    for (i, found) in components.iter().enumerate() {
        named.entry(found.name).or_default().push(i);
        in_file.extend(found.entries.iter().map(|entry| (i, &entry.dependency.path)));
    }
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::from([(ROOT.to_owned(), BTreeSet::new())]);
    for (i, found) in components.iter().enumerate() {
        edges.entry(reference(found)).or_default();
        let mut needed_by = BTreeSet::new();
        for dependency in found.entries.iter().map(|entry| &entry.dependency) {
            let known = || dependency.parents.iter().filter_map(|parent| named.get(parent.as_str())).flatten().copied();
            let beside = |parent: &usize| *parent != i && in_file.contains(&(*parent, &dependency.path));
            needed_by.extend(known().filter(beside).map(|parent| reference(&components[parent])));
            if dependency.direct == Some(true) {
                needed_by.insert(ROOT.to_owned());
            }
        }
        if needed_by.is_empty() {
            needed_by.insert(ROOT.to_owned());
        }
        for parent in needed_by {
            edges.entry(parent).or_default().insert(reference(found));
        }
    }
    edges.into_iter().map(|(r#ref, depends_on)| Edges { r#ref, depends_on }).collect()
}

#[cfg(test)]
mod tests;
