//! `picklegate audit-deps`: which dependencies there are, and which of them can unpickle.

use super::arguments::AuditArguments;
use super::{Failure, configuration, judging, output, repository};
use crate::catalog::Catalog;
use crate::gate::Outcome;
use crate::report::{inventory_json, inventory_text};

/// Prints every entry of every manifest of the tree.
pub fn run(arguments: &AuditArguments, color: bool) -> Result<Outcome, Failure> {
    let base = judging::rules(&arguments.rules)?;
    let tree = repository::tree(&arguments.tree)?;
    let rules = configuration::read(&*tree.snapshot, &base)?.policy.rules;
    let mut inventory = Catalog::new(&*tree.snapshot).everything();
    let part = &tree.part;
    inventory.dependencies.retain(|found| found.path == *part || found.path.is_inside(part));
    inventory.manifests.retain(|path| path == part || path.is_inside(part));
    inventory.diagnostics.retain(|found| found.path == *part || found.path.is_inside(part));
    let report = match arguments.format.as_str() {
        "json" => inventory_json(&inventory, &rules),
        _ => inventory_text(&inventory, &rules, color),
    };
    output::print(report)?;
    Ok(if inventory.unreadable.is_empty() { Outcome::Clean } else { Outcome::Unjudged })
}
