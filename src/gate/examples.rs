//! Runs the examples of rules through the whole pipeline.

use super::{Policy, scan};
use crate::finding::Severity;
use crate::rules::{Example, RuleSet};
use crate::snapshot::{MemorySnapshot, RepoPath};
use std::sync::Arc;

/// An example that does not show what it says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExampleFailure {
    /// The rule.
    pub rule: String,
    /// 1-based number of the example within the rule, hits and misses counted together in file order.
    pub number: usize,
    /// The code.
    pub code: String,
    /// What should have been found, and what was.
    pub problem: String,
}

/// Judges every example of every rule by all of `rules`, and gives those that fail.
pub fn test_examples(rules: &Arc<RuleSet>) -> Vec<ExampleFailure> {
    let policy = Policy { rules: Arc::clone(rules), ..Policy::default() };
    let mut failures = Vec::new();
    for rule in &rules.rules {
        for (index, example) in rule.examples.iter().enumerate() {
            let found = severity_found(&policy, &rule.id, example);
            if found != example.expect {
                let word = |severity: Option<Severity>| severity.map_or("nothing".to_owned(), |s| s.to_string());
                failures.push(ExampleFailure {
                    rule: rule.id.clone(),
                    number: index + 1,
                    code: example.code.clone(),
                    problem: format!("expected {}, found {}", word(example.expect), word(found)),
                });
            }
        }
    }
    failures
}

fn severity_found(policy: &Policy, rule: &str, example: &Example) -> Option<Severity> {
    let mut snapshot = MemorySnapshot::default();
    let pins: String = example.versions.iter().map(|(name, version)| format!("{name}=={version}\n")).collect();
    snapshot.insert(RepoPath::from("requirements.txt"), pins);
    snapshot.insert(RepoPath::from(example.file.as_str()), example.code.as_str());
    let verdict = scan(&snapshot, &RepoPath::root(), policy, &[]);
    verdict.findings.iter().filter(|finding| finding.rule == rule).map(|finding| finding.severity).max()
}
