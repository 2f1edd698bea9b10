//! What `check` and `scan` share: the rules in force, the view, and printing the verdict.

use super::arguments::JudgingArguments;
use super::{Failure, output};
use crate::finding::Severity;
use crate::gate::{Outcome, Verdict};
use crate::report::{FORMATS, Subject, View};
use crate::rules::RuleSet;
use std::path::PathBuf;
use std::sync::Arc;

/// The built-in rules and those of `files`, which are read from disk.
pub fn rules(files: &[PathBuf]) -> Result<Arc<RuleSet>, Failure> {
    with_files(RuleSet::builtin(), files)
}

/// `rules` and those of `files`, which are read from disk.
pub fn with_files(mut rules: Arc<RuleSet>, files: &[PathBuf]) -> Result<Arc<RuleSet>, Failure> {
    for file in files {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(file)
            .map_err(|error| Failure::new(format!("{name}: cannot read the rules file: {error}")))?;
        Arc::make_mut(&mut rules).extend_from(&text, &name)?;
    }
    Ok(rules)
}

/// Prints `verdict` and says what it means. `configured` is the line of the configuration, which the command line moves.
pub fn report(
    verdict: &Verdict,
    subject: Subject,
    configured: Option<Severity>,
    arguments: &JudgingArguments,
    color: bool,
) -> Result<Outcome, Failure> {
    let fail_on = arguments.fail_on.or(configured).unwrap_or(Severity::Error);
    let view = View {
        subject,
        fail_on,
        show_notes: arguments.show_notes,
        show_allowed: arguments.verbose,
        quiet: arguments.quiet,
        color,
    };
    let format = FORMATS.iter().find(|format| format.name == arguments.format).expect("clap admits only these names");
    output::print((format.render)(verdict, view))?;
    Ok(verdict.outcome(fail_on))
}
