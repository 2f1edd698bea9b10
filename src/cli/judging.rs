//! What `check` and `scan` share: the rules in force, the view, and printing the verdict.

use super::arguments::JudgingArguments;
use super::{Failure, edits, output};
use crate::finding::Severity;
use crate::gate::{Outcome, Verdict};
use crate::report::{FORMATS, Subject, View};
use crate::rules::RuleSet;
use crate::snapshot::Snapshot;
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

/// A verdict, and what it is of.
pub struct Judged<'s> {
    pub verdict: Verdict,
    /// What was judged.
    pub snapshot: &'s dyn Snapshot,
    pub subject: Subject,
    /// The line of the configuration, which the command line moves.
    pub fail_on: Option<Severity>,
}

impl Judged<'_> {
    /// How the arguments want it shown.
    pub fn view(&self, arguments: &JudgingArguments, color: bool) -> View {
        View {
            subject: self.subject,
            fail_on: arguments.fail_on.or(self.fail_on).unwrap_or(Severity::Error),
            show_notes: arguments.show_notes,
            show_allowed: arguments.verbose,
            quiet: arguments.quiet,
            color,
        }
    }
}

/// Prints the verdict, or the edits it offers, and says what it means.
pub fn report(judged: &Judged<'_>, arguments: &JudgingArguments, color: bool) -> Result<Outcome, Failure> {
    let view = judged.view(arguments, color);
    if arguments.diff {
        edits::show(judged, view, arguments.unsafe_fixes)?;
    } else {
        let format =
            FORMATS.iter().find(|format| format.name == arguments.format).expect("clap admits only these names");
        output::print((format.render)(&judged.verdict, view))?;
    }
    Ok(judged.verdict.outcome(view.fail_on))
}
