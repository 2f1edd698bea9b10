//! `picklegate rules list`: all rules, those of a library, or those that are active here.

use super::in_force;
use crate::audit::{ActiveRule, active_rules};
use crate::catalog::{Catalog, DistributionName};
use crate::cli::arguments::{EnvironmentArguments, ListArguments, TreeArguments};
use crate::cli::{Failure, configuration, environments, judging, output};
use crate::gate::Outcome;
use crate::report::{ListedRule, rule_list, rule_list_json};
use crate::rules::{Library, Rule, RuleSet};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Prints the rules that the arguments ask for.
pub fn run(arguments: &ListArguments) -> Result<Outcome, Failure> {
    let Some(tree) = arguments.for_repo.then(Tree::here).transpose()? else {
        return print(&*in_force(RuleSet::builtin(), &arguments.rules)?, arguments, None);
    };
    let rules = tree.rules(&judging::rules(&arguments.rules)?)?;
    let active = tree.active(&rules);
    print(&rules, arguments, Some(active))
}

/// What is on disk here; in a bare repository, HEAD.
pub struct Tree {
    tree: crate::cli::repository::Tree,
    environments: Vec<crate::catalog::InstalledEnvironment>,
}

impl Tree {
    pub fn here() -> Result<Self, Failure> {
        let (nowhere, none) =
            (TreeArguments { path: None, rev: None }, EnvironmentArguments { directories: Vec::new() });
        let (tree, environments) = environments::with_tree(&nowhere, &none)?;
        Ok(Self { tree, environments })
    }

    /// `base` with what the configuration adds to it.
    pub fn rules(&self, base: &Arc<RuleSet>) -> Result<Arc<RuleSet>, Failure> {
        let mut configured = configuration::read(&*self.tree.snapshot, base)?;
        configured.policy.enable_producers(configured.producers);
        Ok(configured.policy.rules)
    }

    /// Those of `rules` that are active.
    pub fn active<'r>(&self, rules: &'r RuleSet) -> BTreeMap<&'r str, ActiveRule<'r>> {
        let catalog = Catalog::with_environments(&*self.tree.snapshot, &self.environments);
        let active = active_rules(&catalog, &self.tree.part, rules);
        active.into_iter().map(|active| (active.rule.id.as_str(), active)).collect()
    }
}

fn print(
    rules: &RuleSet,
    arguments: &ListArguments,
    active: Option<BTreeMap<&str, ActiveRule<'_>>>,
) -> Result<Outcome, Failure> {
    let is_asked = |rule: &&Rule| {
        arguments.library.is_empty() || arguments.library.iter().any(|name| speaks_of(rules, rule, name))
    };
    if let Some(name) =
        arguments.library.iter().find(|name| !rules.libraries.iter().any(|known| is_called(known, name)))
    {
        return Err(Failure::new(format!("{name}: no rule speaks of such a library"))
            .hint("name a distribution, or what is imported of it"));
    }
    let listed: Vec<ListedRule<'_>> = match active {
        None => {
            let all = rules.all().into_iter().filter(is_asked);
            all.map(|rule| ListedRule { rule, active: None }).collect()
        }
        Some(active) => {
            let active = active.into_values().filter(|active| is_asked(&active.rule));
            active.map(|active| ListedRule { rule: active.rule, active: Some(active) }).collect()
        }
    };
    output::print(match arguments.format {
        ListFormat::Text => rule_list(&listed),
        ListFormat::Json => rule_list_json(rules, &listed),
    })?;
    Ok(Outcome::Clean)
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
