//! `picklegate rules test`: judges the examples of all rules.

use crate::cli::{Failure, judging, output};
use crate::finding::Severity;
use crate::gate::{self, Outcome};
use crate::report::printable;
use crate::rules::RuleSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Judges the examples of all rules, those of `file` among them.
pub fn run(file: Option<&Path>) -> Result<Outcome, Failure> {
    let files: Vec<PathBuf> = file.map(Path::to_owned).into_iter().collect();
    let mut rules = judging::with_files(RuleSet::builtin_with_examples(), &files)?;
    Arc::make_mut(&mut rules).enable_producers(Severity::Note);
    let failures = gate::test_examples(&rules);
    let examples: usize = rules.rules.iter().map(|rule| rule.examples.len() + rule.instead.len()).sum();
    let mut report = String::new();
    for failure in &failures {
        let (file, line) = &failure.written;
        let _ = writeln!(report, "{}:{line}: {}: {}", printable(file), printable(&failure.rule), failure.problem);
        for found in &failure.found {
            let _ = writeln!(report, "    {}", printable(found));
        }
        for line in failure.code.lines() {
            let _ = writeln!(report, "  | {}", printable(line));
        }
    }
    let rules = rules.rules.len();
    let _ = match failures.len() {
        0 => writeln!(report, "all {examples} examples of {rules} rules hold"),
        failed => writeln!(report, "{failed} of {examples} examples of {rules} rules do not hold"),
    };
    output::print(report)?;
    Ok(if failures.is_empty() { Outcome::Clean } else { Outcome::Blocked })
}
