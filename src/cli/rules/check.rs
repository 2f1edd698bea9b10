//! `picklegate rules check`: all that is wrong with rules files, before anybody is judged by them.

use crate::cli::{Failure, output};
use crate::gate::Outcome;
use crate::rules::{RuleSet, RulesError};
use std::path::PathBuf;
use std::sync::Arc;

/// Reads each of `files` on top of the built-in rules and those before it.
pub fn run(files: &[PathBuf]) -> Result<Outcome, Failure> {
    let mut rules = RuleSet::builtin_with_examples();
    let (mut report, mut problems) = (String::new(), 0);
    for file in files {
        let name = file.display().to_string();
        let bytes = std::fs::read(file)
            .map_err(|error| Failure::new(format!("{name}: cannot read the rules file: {error}")))?;
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
                let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
                let byte = error.as_bytes()[before.len()];
                report.push_str(&format!("{name}:{line}: expected UTF-8, found the byte 0x{byte:02x}\n"));
                problems += 1;
                continue;
            }
        };
        let known: Vec<String> = rules.all().into_iter().map(|rule| rule.id.clone()).collect();
        match Arc::make_mut(&mut rules).extend_from(&text, &name) {
            Ok(()) => {
                let all = rules.all();
                let added: Vec<_> =
                    all.iter().filter(|rule| rule.examples.iter().any(|example| example.written.0 == name)).collect();
                let examples: usize = added.iter().map(|rule| rule.examples.len() + rule.instead.len()).sum();
                let replaced = added.iter().filter(|rule| known.contains(&rule.id)).count();
                let replaced =
                    if replaced > 0 { format!(", {replaced} of them in the place of others") } else { String::new() };
                report.push_str(&format!(
                    "{name}: {}{replaced}, {}: nothing is wrong\n",
                    count(added.len(), "rule"),
                    count(examples, "example")
                ));
            }
            Err(RulesError { problems: found }) => {
                problems += found.len();
                found.iter().for_each(|problem| report.push_str(&format!("{problem}\n")));
                if found.len() == RulesError::MAX_PROBLEMS {
                    report.push_str(&format!("{name}: there may be more; these are the first {}\n", found.len()));
                }
            }
        }
    }
    output::print(report)?;
    Ok(if problems == 0 { Outcome::Clean } else { Outcome::Blocked })
}

/// `1 rule`, `2 rules`.
fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
