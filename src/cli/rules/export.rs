//! `picklegate rules export`: rules for other tools.

use super::list::selected;
use crate::cli::arguments::ExportArguments;
use crate::cli::{Failure, output};
use crate::gate::Outcome;
use crate::report::semgrep;

/// Writes the rules that the arguments ask for.
pub fn run(arguments: &ExportArguments) -> Result<Outcome, Failure> {
    let ExportFormat::Semgrep = arguments.format;
    let mut written = (String::new(), Vec::new());
    selected(&arguments.library, arguments.for_repo, &arguments.rules, |_, rules| {
        let in_force: Vec<_> =
            rules.into_iter().filter(|listed| !listed.rule.producer || listed.active.is_some()).collect();
        written = semgrep(&in_force);
        Ok(())
    })?;
    let (text, left_out) = written;
    match &arguments.output {
        Some(path) => output::write(path, &text)?,
        None => output::print(text)?,
    }
    if !left_out.is_empty() {
        output::say(&format!(
            "note: {} things cannot be expressed and are left out; the file lists them\n",
            left_out.len()
        ));
    }
    Ok(Outcome::Clean)
}

/// Another tool.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum ExportFormat {
    /// A rules file of Semgrep
    Semgrep,
}
