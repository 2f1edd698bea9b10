//! `picklegate check`: what a change introduces.

use super::arguments::{CheckArguments, JudgingArguments};
use super::judging::Judged;
use super::{Failure, configuration, judging, output, repository};
use crate::gate::{self, Outcome, Policy, Verdict};
use crate::git::Repository;
use crate::report::{Subject, printable};
use crate::rules::RuleSet;
use crate::snapshot::{Comparison, RepoPath, Snapshot};
use std::sync::Arc;

/// Judges the range that is named, or what is staged; in CI with nothing staged, all of HEAD.
pub fn run(arguments: &CheckArguments, color: bool) -> Result<Outcome, Failure> {
    let repository = repository::discover()?;
    if let Some((from, to)) = range(arguments) {
        return report(&repository.range(&from, &to)?, Subject::Range, &arguments.judging, color);
    }
    let staged = repository.staged()?;
    // Git tells a hook which index it commits. Without one and in CI, a check of nothing would pass whatever is there.
    let is_hook = std::env::var_os("GIT_INDEX_FILE").is_some();
    let is_ci = std::env::var_os("CI").is_some_and(|value| !["", "0", "false"].iter().any(|off| value == *off));
    if staged.changes.is_empty() && !staged.parents.is_empty() && is_ci && !is_hook {
        output::say("note: nothing is staged, no range is given and CI is set: judging all of HEAD\n");
        return judge_head(&repository, arguments, color);
    }
    report(&staged, Subject::Staged, &arguments.judging, color)
}

/// The range of the arguments, or the one that pre-commit gives.
fn range(arguments: &CheckArguments) -> Option<(String, String)> {
    if let (Some(from), Some(to)) = (&arguments.from_ref, &arguments.to_ref) {
        return Some((from.clone(), to.clone()));
    }
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    Some((variable("PRE_COMMIT_FROM_REF")?, variable("PRE_COMMIT_TO_REF")?))
}

fn report(
    comparison: &Comparison,
    subject: Subject,
    arguments: &JudgingArguments,
    color: bool,
) -> Result<Outcome, Failure> {
    judging::report(&judge(comparison, subject, arguments)?, arguments, color)
}

/// What `comparison` introduces.
pub fn judge<'s>(
    comparison: &'s Comparison,
    subject: Subject,
    arguments: &JudgingArguments,
) -> Result<Judged<'s>, Failure> {
    let snapshot = &*comparison.new;
    if comparison.changes.is_empty() && arguments.rules.is_empty() {
        return Ok(Judged { verdict: Verdict::default(), snapshot, subject, fail_on: None });
    }
    let base = judging::rules(&arguments.rules)?;
    let mut new = configuration::read(snapshot, &base)?;
    new.explain();
    let mut old: Vec<Policy> =
        comparison.parents.iter().map(|parent| old_policy(&**parent, &base, &new.policy)).collect();
    // Whoever asks for rules about writing pickles does not introduce what is written already.
    let producers = new.producers(arguments.show_notes);
    old.iter_mut().chain([&mut new.policy]).for_each(|policy| policy.enable_producers(producers));
    let verdict = gate::check(comparison, &old, &new.policy);
    Ok(Judged { verdict, snapshot, subject, fail_on: new.fail_on })
}

/// The policy of an old side. One that cannot be understood cannot be mended any more, except by the change at hand: then
/// the new one stands for it, so that mending it introduces nothing.
fn old_policy(parent: &dyn Snapshot, base: &Arc<RuleSet>, new: &Policy) -> Policy {
    configuration::read(parent, base).map(|configured| configured.policy).unwrap_or_else(|failure| {
        let problem = failure.message.lines().map(printable).collect::<Vec<_>>().join("; ");
        output::say(&format!("note: the old configuration cannot be read, and the new one stands for it: {problem}\n"));
        new.clone()
    })
}

fn judge_head(repository: &Repository, arguments: &CheckArguments, color: bool) -> Result<Outcome, Failure> {
    let head = repository.revision("HEAD")?;
    let mut configured = configuration::read(&*head, &judging::rules(&arguments.judging.rules)?)?;
    configured.explain();
    configured.policy.enable_producers(configured.producers(arguments.judging.show_notes));
    let verdict = gate::scan(&*head, &RepoPath::root(), &configured.policy, &[]);
    let judged = Judged { verdict, snapshot: &*head, subject: Subject::Tree, fail_on: configured.fail_on };
    judging::report(&judged, &arguments.judging, color)
}
