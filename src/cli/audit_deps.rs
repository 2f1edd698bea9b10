//! `picklegate audit-deps`: which dependencies there are, and which of them can unpickle.

use super::arguments::AuditArguments;
use super::{Failure, configuration, environments, judging, output, why};
use crate::catalog::Catalog;
use crate::gate::Outcome;
use crate::report::{inventory_json, inventory_text};
use crate::snapshot::{RepoPath, SnapshotError};

/// Prints every entry of every manifest of the tree, and what is installed in the environments.
pub fn run(arguments: &AuditArguments, color: bool) -> Result<Outcome, Failure> {
    let base = judging::rules(&arguments.rules)?;
    let (tree, environments) = environments::with_tree(&arguments.tree, &arguments.environments)?;
    let rules = configuration::read(&*tree.snapshot, &base)?.policy.rules;
    if let Some(name) = &arguments.why {
        return why::run(&tree, &environments, &rules, name, arguments, color);
    }
    let mut inventory = Catalog::with_environments(&*tree.snapshot, &environments).everything();
    let installed = |path: &RepoPath| environments.iter().any(|found| path.is_inside(found.name()));
    let asked = |path: &RepoPath| *path == tree.part || path.is_inside(&tree.part) || installed(path);
    inventory.dependencies.retain(|found| asked(&found.path));
    inventory.manifests.retain(asked);
    inventory.diagnostics.retain(|found| asked(&found.path));
    inventory.unreadable.retain(|error| match error {
        SnapshotError::TooLarge { path, .. } | SnapshotError::Unreadable { path, .. } => asked(path),
    });
    let report = match arguments.format.as_str() {
        "json" => inventory_json(&inventory, &rules),
        _ => inventory_text(&inventory, &rules, color),
    };
    output::print(report)?;
    Ok(if inventory.unreadable.is_empty() { Outcome::Clean } else { Outcome::Unjudged })
}
