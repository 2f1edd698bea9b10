//! Runs the examples of rules through the whole pipeline.

use super::counter::Counter;
use super::side::Side;
use super::{Policy, judge_tree};
use crate::finding::{Finding, Severity};
use crate::parallel::in_parallel;
use crate::rules::{Example, Rule, RuleSet};
use crate::snapshot::{MemorySnapshot, RepoPath};
use std::sync::Arc;

/// An example that does not show what it says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExampleFailure {
    /// The rule.
    pub rule: String,
    /// Where it is written: the name of the rules file, and the 1-based line.
    pub written: (String, u32),
    /// The code.
    pub code: String,
    /// What should have been found, and what was.
    pub problem: String,
    /// All that was found, and what could not be read.
    pub found: Vec<String>,
}

/// What is to be judged: an example of a rule, or what that says to write instead.
struct Shown<'r> {
    rule: &'r Rule,
    example: &'r Example,
    is_instead: bool,
    snapshot: MemorySnapshot,
}

/// Judges every example of every rule, and all that is written instead, by all of `rules`; gives those that fail.
pub fn test_examples(rules: &Arc<RuleSet>) -> Vec<ExampleFailure> {
    let mut all = Vec::new();
    for rule in &rules.rules {
        for (examples, is_instead) in [(&rule.examples, false), (&rule.instead, true)] {
            let shown = |example| Shown { rule, example, is_instead, snapshot: Example::snapshot(example) };
            all.extend(examples.iter().map(shown));
        }
    }
    let policy = Policy { rules: Arc::clone(rules), ..Policy::default() };
    let nothing = MemorySnapshot::default();
    // What is worked out from the rules is the same for all.
    let side = Side::new(&nothing, &policy);
    let all: Vec<&Shown<'_>> = all.iter().collect();
    in_parallel(&all, |&shown| failure(&side.other(&shown.snapshot, &policy), shown)).into_iter().flatten().collect()
}

fn failure(side: &Side<'_>, shown: &Shown<'_>) -> Option<ExampleFailure> {
    let &Shown { rule, example, is_instead, .. } = shown;
    let verdict = judge_tree(side, &RepoPath::root(), &Counter::default());
    let strongest =
        |is: &dyn Fn(&&Finding) -> bool| verdict.findings.iter().filter(is).map(|found| found.severity).max();
    let word = |severity: Option<Severity>| severity.map_or("nothing".to_owned(), |severity| severity.to_string());
    let mut problem = match is_instead {
        true => strongest(&|finding| finding.severity > Severity::Note).map(|found| {
            format!("expected nothing above a note in what to write instead, found {}", word(Some(found)))
        }),
        false => {
            let found = strongest(&|finding| finding.rule == rule.id);
            (found != example.expect).then(|| format!("expected {}, found {}", word(example.expect), word(found)))
        }
    };
    if !verdict.unscanned.is_empty() {
        problem.get_or_insert("expected code that can be judged".to_owned());
    }
    let line = |finding: &Finding| {
        let reasons = finding.because.iter().map(|reason| reason.text.as_str());
        let said: Vec<&str> =
            [finding.label.as_str()].into_iter().chain(reasons).filter(|text| !text.is_empty()).collect();
        format!("line {}: {}[{}] {}", finding.start.line, finding.severity, finding.rule, said.join("; "))
    };
    let unscanned = verdict.unscanned.iter().map(|unscanned| format!("{}: {}", unscanned.path, unscanned.reason));
    Some(ExampleFailure {
        rule: rule.id.clone(),
        written: example.written.clone(),
        code: example.code.clone(),
        problem: problem?,
        found: verdict.findings.iter().map(line).chain(unscanned).collect(),
    })
}
