//! Which evidence decides, for programs. The layout is described in `docs/json.md`.

use super::json::{JsonPath, document};
use crate::audit::{Answer, RuleStanding, Why};
use crate::catalog::Candidate;
use serde::Serialize;

/// One JSON document.
pub fn why_json(why: &Why) -> String {
    document(&Document {
        schema: "picklegate/why",
        version: 1,
        picklegate: env!("CARGO_PKG_VERSION"),
        asked: &why.asked,
        answers: why.answers.iter().map(JsonAnswer::new).collect(),
    })
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    version: u32,
    picklegate: &'static str,
    asked: &'a str,
    answers: Vec<JsonAnswer<'a>>,
}

#[derive(Serialize)]
struct JsonAnswer<'a> {
    places: Vec<JsonPath>,
    files: Option<usize>,
    evidence: Vec<JsonEvidence<'a>>,
    rules: Vec<JsonRule<'a>>,
}

#[derive(Serialize)]
struct JsonEvidence<'a> {
    distribution: &'a str,
    evidence: &'static str,
    version: &'a str,
    #[serde(flatten)]
    path: JsonPath,
    line: u32,
    decides: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    outvoted_because: Option<String>,
}

#[derive(Serialize)]
struct JsonRule<'a> {
    rule: &'a str,
    applies: bool,
    severity: Option<String>,
    because: Vec<&'a str>,
}

impl<'a> JsonAnswer<'a> {
    fn new(answer: &'a Answer) -> Self {
        let mut evidence = Vec::new();
        for (name, weighed) in &answer.evidence {
            let mut push = |candidate: &'a Candidate, outvoted_because: Option<String>| {
                evidence.push(JsonEvidence {
                    distribution: name.as_str(),
                    evidence: candidate.evidence.name(),
                    version: &candidate.raw_version,
                    path: JsonPath::new(&candidate.path),
                    line: candidate.line,
                    decides: outvoted_because.is_none(),
                    outvoted_because,
                });
            };
            weighed.governing.candidates.iter().for_each(|candidate| push(candidate, None));
            weighed.others.iter().for_each(|other| push(&other.candidate, Some(other.standing.to_string())));
        }
        Self {
            places: answer.places.iter().map(JsonPath::new).collect(),
            files: answer.files,
            evidence,
            rules: answer.rules.iter().map(JsonRule::new).collect(),
        }
    }
}

impl<'a> JsonRule<'a> {
    fn new(standing: &'a RuleStanding) -> Self {
        let (severity, because) = match &standing.applies {
            Some((severity, reasons)) => (Some(severity.to_string()), reasons.iter().map(|r| &*r.text).collect()),
            None => (None, Vec::new()),
        };
        Self { rule: &standing.rule, applies: severity.is_some(), severity, because }
    }
}
