//! `picklegate audit-deps --why`: which evidence decides the version of a library.

use super::arguments::AuditArguments;
use super::repository::Tree;
use super::{Failure, output};
use crate::audit;
use crate::catalog::InstalledEnvironment;
use crate::gate::Outcome;
use crate::report::{why_json, why_text};
use crate::rules::RuleSet;
use crate::snapshot::RepoPath;

/// Prints what decides for the place that is asked about, or for all sources.
pub fn run(
    tree: &Tree,
    environments: &[InstalledEnvironment],
    rules: &RuleSet,
    name: &str,
    arguments: &AuditArguments,
    color: bool,
) -> Result<Outcome, Failure> {
    let place = arguments.for_path.as_deref().map(|path| {
        let written = path.to_string_lossy().replace('\\', "/");
        tree.part.resolve(written.as_bytes()).ok_or_else(|| {
            Failure::new(format!("--for {written}: lies outside the repository"))
                .hint("name a file or directory relative to the tree that is audited")
        })
    });
    let place: Option<RepoPath> = place.transpose()?;
    if let Some(place) = &place
        && tree.snapshot.find(place)?.is_none()
        && tree.snapshot.list(place)?.is_empty()
    {
        return Err(Failure::new(format!("--for {place}: no such file or directory in the tree that is audited")));
    }
    let answer = audit::why(&*tree.snapshot, environments, rules, name, place.as_ref());
    if answer.is_unknown() {
        let hint = "name a distribution as manifests do, or a module as sources import it";
        return Err(Failure::new(format!("no manifest names `{name}`, and no rule speaks of it")).hint(hint));
    }
    match arguments.format.as_str() {
        "text" => output::print(why_text(&answer, color))?,
        "json" => output::print(why_json(&answer))?,
        other => return Err(Failure::new(format!("--why: expected the format text or json, found {other}"))),
    }
    Ok(Outcome::Clean)
}
