//! All that is known of a rule, for people.

use super::printable;
use super::printable::printable_lines;
use super::rule_words::{describe, describe_edit};
use crate::rules::{Example, Rule, RuleSet};
use std::fmt::Write as _;

const PRODUCER: &str = "It reports that pickles are written. `--show-notes` asks for it, and so does `producers = \"warning\"` \
    (or \"note\", \"error\") in the configuration.";

/// What one of `rules` matches, what runs, what to write instead, and where that is known from.
pub fn rule_explanation(rules: &RuleSet, rule: &Rule) -> String {
    let mut out = format!("{}[{}]: {}\n", rule.severity, rule.id, printable(&rule.message));
    if rule.producer {
        section(&mut out, "off unless asked for", PRODUCER);
    }
    section(&mut out, "what runs", &rule.runs);
    section(&mut out, "fix", &rule.fix);
    section(&mut out, "instead", &rule.alternative);
    for example in &rule.instead {
        code(&mut out, example);
    }
    let mut edits: Vec<String> = rule.matches.iter().filter_map(|m| m.edit.as_ref()).map(describe_edit).collect();
    edits.sort();
    edits.dedup();
    if !edits.is_empty() {
        out.push_str("\n`picklegate fix` can\n");
        edits.iter().for_each(|edit| list_item(&mut out, edit));
    }
    out.push_str("\nmatches\n");
    for candidate in &rule.matches {
        list_item(&mut out, &describe(candidate, rule));
    }
    let libraries = rule.libraries().into_iter().filter_map(|name| rules.library(name));
    let names: Vec<&str> =
        libraries.filter(|library| !library.standard).flat_map(|library| library.distributions()).collect();
    section(&mut out, "installed by", &names.join(", "));
    if !rule.references.is_empty() || !rule.cwe.is_empty() {
        out.push_str("\nreferences\n");
        for reference in rule.cwe.iter().map(|number| format!("CWE-{number}")).chain(rule.references.iter().cloned()) {
            list_item(&mut out, &reference);
        }
    }
    let _ = write!(out, "\nallow it in its line\n  # picklegate: allow[{}] the reason\n", rule.id);
    out
}

/// Code to write, with the file and the versions it is for.
fn code(out: &mut String, example: &Example) {
    let versions = example.versions.iter().map(|(library, version)| format!("{library} {version}"));
    let file = (example.file != "example.py").then(|| example.file.clone());
    let about: Vec<String> = file.into_iter().chain(versions).collect();
    if !about.is_empty() {
        let _ = write!(out, "\n  {}:\n", printable(&about.join(", ")));
    }
    out.push('\n');
    for line in example.code.trim_matches('\n').lines() {
        let _ = writeln!(out, "{}", format!("    {}", printable_lines(line)).trim_end());
    }
}

/// A heading and a paragraph; nothing where there is no text.
fn section(out: &mut String, heading: &str, text: &str) {
    if !text.is_empty() {
        let _ = write!(out, "\n{heading}\n");
        wrap(out, text, "  ", "  ");
    }
}

fn list_item(out: &mut String, text: &str) {
    wrap(out, text, "  - ", "    ");
}

/// Words of `text` in lines of at most 80 columns; a word is never cut.
fn wrap(out: &mut String, text: &str, first: &str, next: &str) {
    let text = printable(text.trim()).replace("\\u{a}", " ");
    let (mut line, mut words) = (first.to_owned(), 0);
    for word in text.split_whitespace() {
        if words > 0 && line.chars().count() + 1 + word.chars().count() > 80 {
            let _ = writeln!(out, "{line}");
            (line, words) = (next.to_owned(), 0);
        }
        if words > 0 {
            line.push(' ');
        }
        line.push_str(word);
        words += 1;
    }
    let _ = writeln!(out, "{line}");
}
