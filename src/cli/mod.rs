//! The command line: arguments, configuration, hooks, exit status. Holds no detection logic.
//!
//! The only place that reads the environment, prints, or writes to a disk. One command per file.

mod arguments;
mod audit_deps;
mod check;
mod completions;
mod configuration;
mod demo;
mod edits;
mod environments;
mod failure;
mod fix;
mod hook;
mod install;
mod judging;
mod output;
mod own_library;
mod progress;
mod repository;
mod rules;
mod scan;
mod why;

use arguments::{Arguments, Command};
use clap::Parser as _;
use failure::Failure;
use std::process::ExitCode;

use crate::gate::Outcome;

/// Runs the command that the arguments of this process name.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are asked for, anything else is an error; what is written decides nothing.
            let _ = error.print();
            return if error.use_stderr() { Outcome::Unjudged.into() } else { Outcome::Clean.into() };
        }
    };
    match run(arguments) {
        Ok(outcome) => outcome.into(),
        Err(failure) => {
            output::explain(&failure);
            Outcome::Unjudged.into()
        }
    }
}

fn run(arguments: Arguments) -> Result<Outcome, Failure> {
    if let Some(directory) = &arguments.directory {
        std::env::set_current_dir(directory)
            .map_err(|error| Failure::new(format!("{}: cannot change into it: {error}", directory.display())))?;
    }
    let color = arguments.color.decide();
    match arguments.command {
        Command::Check(arguments) => check::run(&arguments, color),
        Command::Scan { tree, environments, judging } => scan::run(&tree, &environments, &judging, color),
        Command::Fix(arguments) => fix::run(&arguments, color),
        Command::AuditDeps(arguments) => audit_deps::run(&arguments, color),
        Command::Rules(command) => rules::run(&command),
        Command::Install(arguments) => install::install(&arguments),
        Command::Uninstall(arguments) => install::uninstall(&arguments),
        Command::Demo => demo::run(color),
        Command::Completions { shell } => completions::print(shell),
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Clean => Self::SUCCESS,
            Outcome::Blocked => Self::from(1),
            Outcome::Unjudged => Self::from(2),
        }
    }
}
