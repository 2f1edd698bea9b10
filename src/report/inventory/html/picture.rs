//! The picture of the exposure: how many calls of which libraries, and from which directories.
//!
//! Each bar is a drawing in units of one call, all as wide as the longest: they stretch with the page and stay true.

use super::super::{calls, printable};
use super::foreign;
use crate::audit::{Audit, AuditedLibrary, Calls};
use maud::{Markup, html};
use std::cmp::Reverse;

/// More bars than this are one.
const MAX_BARS: usize = 15;

/// The kinds of calls, in the order of their segments.
const KINDS: [Kind; 4] = [
    Kind { name: "error", meaning: "blocks where it is new", number: |calls| calls.error },
    Kind { name: "warning", meaning: "is shown", number: |calls| calls.warning },
    Kind { name: "note", meaning: "harmless as far as is known", number: |calls| calls.note },
    Kind { name: "allowed", meaning: "by a comment in its line", number: |calls| calls.allowed },
];

/// A kind of calls; its name is the class of its segments.
struct Kind {
    name: &'static str,
    meaning: &'static str,
    number: fn(Calls) -> usize,
}

/// Two figures; nothing where there are no calls.
pub(super) fn picture(audit: &Audit, listed: &[&AuditedLibrary]) -> Markup {
    let libraries = listed.iter().map(|library| (library.name.clone(), library.calls)).collect();
    let directories = audit.directories.iter().map(|(path, calls)| (path.to_string(), *calls)).collect();
    let (libraries, directories) = (rows("libraries", libraries), rows("directories", directories));
    let longest = libraries.iter().chain(&directories).map(|(_, calls)| calls.all()).max().unwrap_or(1);
    let total = audit.summary().calls;
    html! {
        @if total.all() > 0 {
            h2 { "Where the calls are" }
            ul.legend {
                @for kind in KINDS {
                    @if (kind.number)(total) > 0 {
                        li {
                            svg viewBox="0 0 1 1" aria-hidden="true" { rect class=(kind.name) width="1" height="1" {} }
                            (kind.name) ": " (kind.meaning)
                        }
                    }
                }
            }
            div.pictures {
                (figure("Calls by library", &libraries, longest))
                (figure("Calls by directory", &directories, longest))
            }
        }
    }
}

/// Those of `rows` that have calls, the most first; the last stands for all that are too many.
fn rows(noun: &str, mut rows: Vec<(String, Calls)>) -> Vec<(String, Calls)> {
    rows.retain(|(_, calls)| calls.all() > 0);
    rows.sort_by_key(|(name, calls)| (Reverse((calls.standing(), calls.all())), name.clone()));
    if rows.len() > MAX_BARS {
        let rest = rows.split_off(MAX_BARS - 1);
        let sum = rest.iter().fold(Calls::default(), |sum, (_, calls)| sum + *calls);
        rows.push((format!("{} other {noun}", rest.len()), sum));
    }
    rows
}

/// A bar for each row, in units of which `longest` fill the width.
fn figure(caption: &str, rows: &[(String, Calls)], longest: usize) -> Markup {
    html! {
        figure {
            figcaption { (caption) }
            ol.bars {
                @for (name, found) in rows {
                    li {
                        span.name { (foreign(name)) }
                        span.number { (calls(*found)) }
                        (bar(name, *found, longest))
                    }
                }
            }
        }
    }
}

fn bar(name: &str, found: Calls, longest: usize) -> Markup {
    let mut segments = Vec::new();
    let mut x = 0;
    for kind in KINDS {
        let width = (kind.number)(found);
        if width > 0 {
            segments.push((kind.name, x, width));
        }
        x += width;
    }
    html! {
        svg.bar viewBox=(format!("0 0 {longest} 1")) preserveAspectRatio="none" role="img"
            aria-label=(format!("{}: {}", printable(name), calls(found))) {
            @for (kind, x, width) in segments {
                rect class=(kind) x=(x) width=(width) height="1" {}
            }
        }
    }
}
