//! An inventory as one page that needs nothing else: no script, no network, readable on paper.
//!
//! `maud` escapes all text; the style is admitted by its hash, so no other can act.

mod libraries;
mod picture;

use super::markup::{Span, spans};
use super::text::ranked;
use super::{calls, count, place, printable, summary_of_libraries, warnings};
use crate::audit::{Audit, Exposure, Summary};
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("html/style.css");

/// What the page may do: nothing but look as [`STYLE`] says. The hash is that of the style; a test compares.
const POLICY: &str = "default-src 'none'; style-src 'sha256-YuPH2X8Q8XKzMEGGfnrR3sjiXCrWMKzOfyc8NsGAO88='; base-uri 'none'; form-action 'none'";

/// The whole page.
pub(super) fn html(audit: &Audit) -> String {
    let summary = audit.summary();
    let listed = ranked(audit);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { "Unpickling in the dependencies" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (head(audit, &summary))
                main {
                    (warned(audit))
                    (picture::picture(audit, &listed))
                    (libraries::overview(&listed))
                    (libraries::details(&listed))
                    (libraries::others(audit))
                    (unread(audit))
                }
                footer {
                    "Written by picklegate " (env!("CARGO_PKG_VERSION")) " from the manifests and sources of the tree. "
                    "This page holds no script and loads nothing."
                }
            }
        }
    };
    page.into_string()
}

fn head(audit: &Audit, summary: &Summary) -> Markup {
    let standing = summary.calls.standing();
    html! {
        header {
            @if !audit.part.is_root() {
                p.part { "Part of the repository: " (code(&audit.part.to_string())) }
            }
            h1 { "Unpickling in the dependencies" }
            p.lede {
                "Reading a pickle runs code that whoever wrote it has chosen. "
                (summary_of_libraries(summary)) "."
            }
            ul.tiles {
                @match audit.scanned {
                    Some(counts) => li.bad[standing > 0] {
                        b { (standing) }
                        span { "unsafe " (if standing == 1 { "call" } else { "calls" }) }
                        small { (calls(summary.calls)) @if summary.calls.all() > 0 { " " } "in " (count(counts.scanned, "file")) " judged" }
                    },
                    None => li {
                        b { "–" }
                        span { "unsafe calls" }
                        small { "not counted" }
                    },
                }
                (tile(summary.active, "can unpickle", "in the versions in force", summary.active > 0))
                (tile(summary.dormant, "could unpickle", "in other versions", false))
                (tile(summary.distributions, if summary.distributions == 1 { "distribution" } else { "distributions" },
                    &format!("{} unknown to the rules", summary.unknown), false))
            }
            @if !audit.not_read.is_empty() {
                p.alert {
                    "This inventory is not complete: " a href="#not-read" { (count(audit.not_read.len(), "thing")) " could not be read" } "."
                }
            }
        }
    }
}

fn tile(number: usize, what: &str, small: &str, is_bad: bool) -> Markup {
    html! {
        li.bad[is_bad] {
            b { (number) }
            span { (what) }
            small { (small) }
        }
    }
}

/// The versions that are dangerous to have at all.
fn warned(audit: &Audit) -> Markup {
    let warned = warnings(audit);
    html! {
        @if !warned.is_empty() {
            h2 { "Versions to leave" }
            ul.plain {
                @for (entry, warning) in warned {
                    li {
                        (code(&place(entry))) " " (prose(&warning.because)) ": " (prose(&warning.message)) " "
                        span.soft { (code(&warning.rule)) " " (warning.severity) ", instead: " (prose(&warning.fix)) }
                    }
                }
            }
        }
    }
}

fn unread(audit: &Audit) -> Markup {
    html! {
        @if !audit.not_read.is_empty() {
            h2 #not-read { "Not read" }
            p.hint { "Something may be missing above." }
            ul.plain {
                @for found in &audit.not_read {
                    li {
                        (code(&match found.line {
                            Some(line) => format!("{}:{line}", found.path),
                            None => found.path.to_string(),
                        }))
                        ": " (prose(&found.problem))
                    }
                }
            }
        }
        @if !audit.remarks.is_empty() {
            h2 { "Remarks" }
            ul.plain {
                @for remark in &audit.remarks {
                    li { (code(&format!("{}:{}", remark.path, remark.line))) ": " (prose(&remark.problem)) }
                }
            }
        }
    }
}

/// Foreign text, kept from ordering the text around it.
fn foreign(text: &str) -> Markup {
    html! { bdi { (printable(text)) } }
}

fn code(text: &str) -> Markup {
    html! { code { (foreign(text)) } }
}

/// Words with code spans.
fn prose(text: &str) -> Markup {
    html! {
        @for span in spans(text) {
            @match span {
                Span::Plain(text) => (printable(text)),
                Span::Code(text) => (code(text)),
            }
        }
    }
}

/// The class of a badge.
fn class(exposure: Exposure) -> &'static str {
    if exposure == Exposure::Active { "is-active" } else { "is-dormant" }
}
