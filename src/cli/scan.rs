//! `picklegate scan`: everything in a tree.

use super::arguments::{EnvironmentArguments, JudgingArguments, TreeArguments};
use super::progress::Progress;
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
    let base = judging::rules(&arguments.rules)?;
    let tree = repository::tree(tree)?;
    let mut configured = configuration::read(&*tree.snapshot, &base)?;
    configured.policy.enable_producers(configured.producers(arguments.show_notes));
    let environments = environments::open(installed)?;
    let progress = Progress::start();
    let counter = progress.counter();
    let verdict = gate::scan_counting(&*tree.snapshot, &tree.part, &configured.policy, &environments, counter);
    progress.stop();
    judging::report(&verdict, Subject::Tree, configured.fail_on, arguments, color)
}
