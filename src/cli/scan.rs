//! `picklegate scan`: everything in a tree.

use super::arguments::{JudgingArguments, TreeArguments};
use super::{Failure, configuration, judging, repository};
use crate::gate::{self, Outcome};
use crate::report::Subject;

/// Judges the tree that the arguments name.
pub fn run(tree: &TreeArguments, arguments: &JudgingArguments, color: bool) -> Result<Outcome, Failure> {
    let base = judging::rules(&arguments.rules)?;
    let tree = repository::tree(tree)?;
    let configured = configuration::read(&*tree.snapshot, &base)?;
    let verdict = gate::scan(&*tree.snapshot, &tree.part, &configured.policy);
    judging::report(&verdict, Subject::Tree, configured.fail_on, arguments, color)
}
