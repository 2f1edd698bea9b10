//! `picklegate completions SHELL`.

use super::arguments::Arguments;
use super::{Failure, output};
use crate::gate::Outcome;
use clap::CommandFactory as _;
use clap_complete::Shell;

/// Prints the completion script of `shell`.
pub fn print(shell: Shell) -> Result<Outcome, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "picklegate", &mut script);
    output::print(&script)?;
    Ok(Outcome::Clean)
}
