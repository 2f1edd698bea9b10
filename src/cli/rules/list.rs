//! `picklegate rules list`: all rules, those of a library, or those that are active here.

use super::in_force;
use crate::audit::{ActiveRule, active_rules};
use crate::catalog::{Catalog, DistributionName};
use crate::cli::arguments::{EnvironmentArguments, ListArguments, TreeArguments};
use crate::cli::{Failure, configuration, environments, judging, output};
use crate::gate::Outcome;
use crate::report::{ListedRule, rule_list, rule_list_json};
use crate::rules::{Library, Rule, RuleSet};
use std::path::PathBuf;
use std::sync::Arc;

/// Prints the rules that the arguments ask for.
pub fn run(arguments: &ListArguments) -> Result<Outcome, Failure> {
    selected(&arguments.library, arguments.for_repo, &arguments.rules, |rules, listed| {
        output::print(match arguments.format {
            ListFormat::Text => rule_list(&listed),
            ListFormat::Json => rule_list_json(rules, &listed),
        })
    })?;
    Ok(Outcome::Clean)
}

/// Does `with` the rules about any of `libraries`, or about all; `for_repo`, those that are active here.
pub fn selected(
    libraries: &[String],
    for_repo: bool,
    files: &[PathBuf],
    with: impl FnOnce(&RuleSet, Vec<ListedRule<'_>>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let tree = for_repo.then(Tree::here).transpose()?;
    let rules = match &tree {
        Some(tree) => tree.rules(&judging::rules(files)?)?,
        None => in_force(RuleSet::builtin(), files)?,
    };
    if let Some(name) = libraries.iter().find(|name| !rules.libraries.iter().any(|known| is_called(known, name))) {
        return Err(Failure::new(format!("{name}: no rule speaks of such a library"))
            .hint("name a distribution, or what is imported of it"));
    }
    let is_asked = |rule: &Rule| libraries.is_empty() || libraries.iter().any(|name| speaks_of(&rules, rule, name));
    let listed: Vec<ListedRule<'_>> = match &tree {
        None => rules.all().into_iter().map(|rule| ListedRule { rule, active: None }).collect(),
        Some(tree) => tree
            .active(&rules)
            .into_iter()
            .map(|active| ListedRule { rule: active.rule, active: Some(active) })
            .collect(),
    };
    with(&rules, listed.into_iter().filter(|listed| is_asked(listed.rule)).collect())
}

/// What is on disk here; in a bare repository, HEAD.
struct Tree {
    tree: crate::cli::repository::Tree,
    environments: Vec<crate::catalog::InstalledEnvironment>,
}

impl Tree {
    fn here() -> Result<Self, Failure> {
        let (nowhere, none) =
            (TreeArguments { path: None, rev: None }, EnvironmentArguments { directories: Vec::new() });
        let (tree, environments) = environments::with_tree(&nowhere, &none)?;
        Ok(Self { tree, environments })
    }

    /// `base` with what the configuration adds to it.
    fn rules(&self, base: &Arc<RuleSet>) -> Result<Arc<RuleSet>, Failure> {
        let mut configured = configuration::read(&*self.tree.snapshot, base)?;
        configured.policy.enable_producers(configured.producers);
        Ok(configured.policy.rules)
    }

    /// Those of `rules` that are active.
    fn active<'r>(&self, rules: &'r RuleSet) -> Vec<ActiveRule<'r>> {
        active_rules(&Catalog::with_environments(&*self.tree.snapshot, &self.environments), &self.tree.part, rules)
    }
}

/// How to list rules.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum ListFormat {
    /// For people
    Text,
    /// For programs: `picklegate/rules`
    Json,
}

/// Whether `rule` has a match about the library that is called `name`.
fn speaks_of(rules: &RuleSet, rule: &Rule, name: &str) -> bool {
    rule.libraries().into_iter().filter_map(|known| rules.library(known)).any(|library| is_called(library, name))
}

/// Whether `name` is what `library` is installed or imported by.
fn is_called(library: &Library, name: &str) -> bool {
    let distribution = DistributionName::new(name);
    library.distributions().any(|known| known == distribution.as_str())
        || library.imports.iter().any(|known| known == name)
}
