//! `picklegate rules`: what is known, what of it is active, and whether it holds. One command per file.

mod check;
mod explain;
mod export;
mod list;
mod test;

pub use export::ExportFormat;
pub use list::ListFormat;

use super::arguments::RulesCommand;
use super::{Failure, configuration, judging, repository};
use crate::gate::Outcome;
use crate::rules::RuleSet;
use std::path::PathBuf;
use std::sync::Arc;

/// Runs one of the commands.
pub fn run(command: &RulesCommand) -> Result<Outcome, Failure> {
    match command {
        RulesCommand::List(arguments) => list::run(arguments),
        RulesCommand::Explain(arguments) => explain::run(arguments),
        RulesCommand::Export(arguments) => export::run(arguments),
        RulesCommand::Check { files } => check::run(files),
        RulesCommand::Test { file } => test::run(file.as_deref()),
    }
}

/// `base`, the rules of `files`, and those that the repository here adds to what is staged.
fn in_force(base: Arc<RuleSet>, files: &[PathBuf]) -> Result<Arc<RuleSet>, Failure> {
    let base = judging::with_files(base, files)?;
    match repository::discover().and_then(|repository| Ok(repository.index()?)) {
        Ok(index) => Ok(configuration::read(&*index, &base)?.policy.rules),
        Err(_) => Ok(base),
    }
}
