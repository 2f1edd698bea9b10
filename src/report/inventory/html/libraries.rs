//! The tables of the page: what can unpickle, in short and in full, and everything else.

use super::super::{boundaries, calls, count, directness, parents, place, scopes, source, state, version};
use super::{class, code, foreign, prose};
use crate::audit::{Audit, AuditedEntry, AuditedLibrary, AuditedRule, Calls, Exposure};
use crate::finding::Severity;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Beyond this many directories of one rule the others are counted.
const MAX_DIRECTORIES: usize = 12;

/// A line for each library that can unpickle in some version, with a link to its details.
pub(super) fn overview(libraries: &[&AuditedLibrary]) -> Markup {
    let number = |number: usize| if number == 0 { String::new() } else { number.to_string() };
    html! {
        @if !libraries.is_empty() {
            h2 { "What can unpickle" }
            table {
                thead {
                    tr { th { "library" } th { "" } th { "version in force" } th { "declared in" } th { "rules" } th { "unsafe calls" } }
                }
                tbody {
                    @for (i, library) in libraries.iter().enumerate() {
                        tr {
                            td { a href=(format!("#library-{i}")) { strong { (foreign(&library.name)) } } }
                            td { (badge(library)) }
                            td.wide data-label="in force" { @for entry in deciding(library) { p { (code(&version(&entry.dependency))) } } }
                            td.wide data-label="declared in" { @for entry in deciding(library) { p { (code(&place(entry))) } } }
                            td data-label="rules" { (rules_in_short(library)) }
                            td data-label="unsafe calls" { (number(library.calls.standing())) }
                        }
                    }
                }
            }
        }
    }
}

fn rules_in_short(library: &AuditedLibrary) -> String {
    let active = library.rules.iter().filter(|rule| rule.active.is_some()).count();
    let dormant = library.rules.len() - active;
    let of = |number: usize, word: &str| (number > 0).then(|| format!("{number} {word}"));
    [of(active, "active"), of(dormant, "dormant")].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn badge(library: &AuditedLibrary) -> Markup {
    let word = match library.exposure {
        Exposure::Active => "can unpickle",
        Exposure::Dormant => "dormant",
        Exposure::Harmless | Exposure::Unknown => library.exposure.word(),
    };
    html! { span.badge.(class(library.exposure)) { (word) } }
}

/// The entries in force, and all where none is.
fn deciding(library: &AuditedLibrary) -> Vec<&AuditedEntry> {
    let in_force: Vec<&AuditedEntry> = library.entries.iter().filter(|entry| entry.is_in_force).collect();
    if in_force.is_empty() { library.entries.iter().collect() } else { in_force }
}

/// Everything that is known of each library that can unpickle in some version.
pub(super) fn details(libraries: &[&AuditedLibrary]) -> Markup {
    html! {
        @if !libraries.is_empty() {
            h2 { "In detail" }
            @for (i, library) in libraries.iter().enumerate() {
                article id=(format!("library-{i}")) {
                    div.top {
                        h3 { (foreign(&library.name)) }
                        (badge(library))
                        span.sum { (sum(library.calls)) }
                    }
                    (entries(library))
                    @for rule in &library.rules { (detail(rule)) }
                }
            }
        }
    }
}

fn sum(found: Calls) -> String {
    match calls(found) {
        none if none.is_empty() => "no calls".into(),
        listed => listed,
    }
}

fn entries(library: &AuditedLibrary) -> Markup {
    html! {
        @if library.entries.is_empty() {
            p.soft {
                @if library.is_standard { "Part of Python itself: no manifest names it." }
                @else { "No manifest names it: sources call it, in whatever version there is." }
            }
        } @else {
            @if !library.is_required { p.soft { "Only constraints name it: nothing requires it." } }
            ul.entries {
                @for entry in &library.entries {
                    li.outvoted[!entry.is_in_force] { (line(entry)) }
                }
            }
        }
    }
}

/// `2.3.1 locked in uv.lock:1182 for runtime, needed by x; not in force`
fn line(entry: &AuditedEntry) -> Markup {
    let dependency = &entry.dependency;
    let needed_by = parents(dependency, ", ");
    html! {
        (code(&version(dependency))) " " (dependency.evidence.name()) " in " (code(&place(entry)))
        @if !dependency.scopes.is_empty() { " for " (foreign(&scopes(dependency, ", "))) }
        @if !directness(dependency).is_empty() { ", " (directness(dependency)) }
        @if !needed_by.is_empty() { ", needed by " (foreign(&needed_by)) }
        @if let Some(marker) = &dependency.marker { ", where " (code(marker)) }
        @if let Some(source) = source(dependency) { ", from " (code(&source)) }
        @if !entry.is_in_force { "; does not decide" }
    }
}

fn detail(rule: &AuditedRule) -> Markup {
    let class = match rule.active {
        Some(Severity::Error) => "is-active",
        Some(_) => "is-warning",
        None => "is-dormant",
    };
    html! {
        section.rule {
            div.top {
                h4 { (code(&rule.id)) }
                span.badge.(class) { (state(rule)) }
                span.sum { (sum(rule.calls)) }
            }
            p { (prose(&rule.message)) }
            dl {
                dt { "Versions" }
                dd { @for boundary in boundaries(rule) { p { (prose(&boundary)) } } }
                dt { "Write instead" }
                dd { p { (prose(&rule.fix)) } p.soft { (prose(&rule.alternative)) } }
                @if !rule.directories.is_empty() {
                    dt { "Called in" }
                    dd { (called_in(&rule.directories)) }
                }
            }
        }
    }
}

fn called_in(directories: &BTreeMap<crate::snapshot::RepoPath, Calls>) -> Markup {
    let more = directories.len().saturating_sub(MAX_DIRECTORIES);
    html! {
        @for (path, found) in directories.iter().take(MAX_DIRECTORIES) {
            p { (code(&path.to_string())) " " span.soft { (calls(*found)) } }
        }
        @if more > 0 { p.soft { "and " (more) " other directories" } }
    }
}

/// What cannot unpickle as far as is known, folded away.
pub(super) fn others(audit: &Audit) -> Markup {
    let of = |exposure| audit.libraries.iter().filter(move |library| library.exposure == exposure);
    let harmless: Vec<&AuditedLibrary> = of(Exposure::Harmless).collect();
    let unknown: Vec<&AuditedLibrary> = of(Exposure::Unknown).collect();
    html! {
        @if !harmless.is_empty() || !unknown.is_empty() {
            h2 { "Everything else" }
            @for (libraries, what) in [(harmless, "known, and harmless"), (unknown, "unknown to the rules")] {
                @if !libraries.is_empty() {
                    details {
                        summary { (count(libraries.len(), "distribution")) " " (what) }
                        (table(&libraries))
                    }
                }
            }
        }
    }
}

fn table(libraries: &[&AuditedLibrary]) -> Markup {
    html! {
        table {
            thead { tr { th { "library" } th { "version" } th { "evidence" } th { "for" } th { "where" } th { "needed by" } } }
            tbody {
                @for library in libraries {
                    @for entry in &library.entries {
                        @let dependency = &entry.dependency;
                        @let needed_by = parents(dependency, ", ");
                        tr.outvoted[!entry.is_in_force] {
                            td { (foreign(&library.name)) }
                            td data-label="version" { (code(&version(dependency))) }
                            td data-label="evidence" { (dependency.evidence.name()) }
                            td data-label="for" { (foreign(&scopes(dependency, ", "))) }
                            td data-label="where" { (code(&place(entry))) }
                            td data-label="needed by" { (foreign(if needed_by.is_empty() { directness(dependency) } else { &needed_by })) }
                        }
                    }
                }
            }
        }
    }
}
