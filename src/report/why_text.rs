//! Which evidence decides, for people.

use super::{count, printable};
use crate::audit::{Answer, RuleStanding, Why};
use crate::catalog::Candidate;
use owo_colors::OwoColorize as _;
use std::fmt::Write as _;

/// Directories beyond this many are counted.
const MAX_PLACES: usize = 3;

/// A section for each set of files with the same answer: what decides, what does not and why, and the rules that follow.
pub fn why_text(why: &Why, color: bool) -> String {
    let mut out = String::new();
    for answer in &why.answers {
        let heading = format!("{} for {}", printable(&why.asked), place(answer));
        if !out.is_empty() {
            out.push('\n');
        }
        let _ = if color { writeln!(out, "{}", heading.bold()) } else { writeln!(out, "{heading}") };
        let mut rows = Vec::new();
        for (name, weighed) in &answer.evidence {
            let decides = weighed.governing.candidates.iter().map(|candidate| (candidate, "decides".to_owned()));
            let others = weighed.others.iter().map(|other| (&other.candidate, other.standing.to_string()));
            for (candidate, standing) in decides.chain(others) {
                rows.push([place_of(candidate), said(candidate, name.as_str()), standing]);
            }
        }
        if rows.is_empty() {
            out.push_str("  no manifest names it: any version counts\n");
        }
        push_columns(&mut out, &rows);
        if !answer.rules.is_empty() {
            out.push_str("  rules\n");
            push_columns(&mut out, &answer.rules.iter().map(rule).collect::<Vec<_>>());
        }
    }
    out
}

fn place(answer: &Answer) -> String {
    let mut places = answer.places.iter().take(MAX_PLACES).map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if let Some(more @ 1..) = answer.places.len().checked_sub(MAX_PLACES) {
        let _ = write!(places, " and {more} more");
    }
    match answer.files {
        Some(files) => format!("{} in {places}", count(files, "source file")),
        None => places,
    }
}

fn place_of(candidate: &Candidate) -> String {
    format!("{}:{}", candidate.path, candidate.line)
}

fn said(candidate: &Candidate, name: &str) -> String {
    let version = match candidate.raw_version.as_str() {
        "" => "without a version".into(),
        version => printable(version),
    };
    format!("{} {name} {version}", candidate.evidence.verb())
}

fn rule(standing: &RuleStanding) -> [String; 3] {
    match &standing.applies {
        None => [standing.rule.clone(), "-".into(), "does not apply in these versions".into()],
        Some((severity, reasons)) => {
            let reasons: Vec<String> = reasons
                .iter()
                .map(|reason| match &reason.place {
                    Some(place) => format!("{}:{} {}", place.path, place.line, printable(&reason.text)),
                    None => printable(&reason.text).into_owned(),
                })
                .collect();
            let text = if reasons.is_empty() {
                "has calls that are unsafe in every version".into()
            } else {
                reasons.join("; ")
            };
            [standing.rule.clone(), severity.to_string(), text]
        }
    }
}

fn push_columns(out: &mut String, rows: &[[String; 3]]) {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let (first, second) = (width(0), width(1));
    for [a, b, c] in rows {
        let _ = writeln!(out, "    {a:<first$}  {b:<second$}  {c}");
    }
}
