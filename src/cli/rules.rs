//! `picklegate rules`: what is known, and whether it holds.

use super::arguments::RulesCommand;
use super::{Failure, configuration, judging, output, repository};
use crate::finding::Severity;
use crate::gate::{self, Outcome};
use crate::report::{printable, rule_explanation, rule_list};
use crate::rules::RuleSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Runs one of the commands.
pub fn run(command: &RulesCommand) -> Result<Outcome, Failure> {
    match command {
        RulesCommand::List { rules } => {
            output::print(rule_list(&*in_force(rules)?))?;
            Ok(Outcome::Clean)
        }
        RulesCommand::Explain { id, rules } => {
            output::print(explain(id, rules)?)?;
            Ok(Outcome::Clean)
        }
        RulesCommand::Test { file } => test(file.as_deref()),
    }
}

/// The built-in rules, those of `files`, and those that the repository here adds to what is staged.
fn in_force(files: &[PathBuf]) -> Result<Arc<RuleSet>, Failure> {
    let base = judging::rules(files)?;
    match repository::discover().and_then(|repository| Ok(repository.index()?)) {
        Ok(index) => Ok(configuration::read(&*index, &base)?.policy.rules),
        Err(_) => Ok(base),
    }
}

fn explain(id: &str, files: &[PathBuf]) -> Result<String, Failure> {
    let explanation = |rules: &RuleSet| rules.rule(id).map(|rule| rule_explanation(rules, rule));
    match id {
        "unused-allow" => Ok(UNUSED_ALLOW.into()),
        "malformed-allow" => Ok(MALFORMED_ALLOW.into()),
        // What is built in needs no repository, and no configuration that can be understood.
        _ => match explanation(&*judging::rules(files)?) {
            Some(text) => Ok(text),
            None => explanation(&*in_force(files)?).ok_or_else(|| {
                Failure::new(format!("{id}: there is no such rule")).hint("`picklegate rules list` names them all")
            }),
        },
    }
}

/// Judges the examples of all rules, those of `file` among them.
fn test(file: Option<&Path>) -> Result<Outcome, Failure> {
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

const UNUSED_ALLOW: &str = "\
warning[unused-allow]: a comment allows what is not there

A `# picklegate: allow[rule]` comment stands in a line where the rule finds nothing,
or names a rule that does not exist. Left behind, it would allow what somebody
writes into that line later.

fix
  remove the comment, or correct the name of the rule
";

const MALFORMED_ALLOW: &str = "\
warning[malformed-allow]: a comment starts as an allow comment, but is none

It allows nothing. The form is

  # picklegate: allow[pickle-load] cache file written by this process

with the ids of the rules in the brackets, separated by commas, and a reason after them.
";
