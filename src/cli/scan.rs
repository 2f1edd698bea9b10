//! `picklegate scan`: everything in a tree.

use super::arguments::{EnvironmentArguments, JudgingArguments, TreeArguments};
use super::judging::Judged;
use super::progress::Progress;
use super::repository::Tree;
use super::{Failure, configuration, environments, judging, repository};
use crate::gate::{self, Outcome};
use crate::report::Subject;

/// Judges the tree that the arguments name.
pub fn run(
    tree: &TreeArguments,
    installed: &EnvironmentArguments,
    arguments: &JudgingArguments,
    color: bool,
) -> Result<Outcome, Failure> {
    let tree = repository::tree(tree)?;
    judging::report(&judge(&tree, installed, arguments)?, arguments, color)
}

/// What is found in `tree`.
pub fn judge<'t>(
    tree: &'t Tree,
    installed: &EnvironmentArguments,
    arguments: &JudgingArguments,
) -> Result<Judged<'t>, Failure> {
    let base = judging::rules(&arguments.rules)?;
    let snapshot = &*tree.snapshot;
    let mut configured = configuration::read(snapshot, &base)?;
    configured.explain();
    configured.policy.enable_producers(configured.producers(arguments.show_notes));
    let environments = environments::open(installed)?;
    let progress = Progress::start();
    let counter = progress.counter();
    let verdict = gate::scan_counting(snapshot, &tree.part, &configured.policy, &environments, counter);
    progress.stop();
    Ok(Judged { verdict, snapshot, subject: Subject::Tree, fail_on: configured.fail_on })
}
