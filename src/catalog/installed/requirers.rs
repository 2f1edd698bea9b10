//! Which installed distributions need which.

use super::Installed;
use crate::catalog::{DistributionName, requirement};
use std::collections::{BTreeMap, BTreeSet};

/// What a distribution needs, always or for some of its extras.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Requirement {
    name: DistributionName,
    /// The extras asked for, normalised.
    extras: Vec<DistributionName>,
    /// The extras that need it, normalised; empty: it is always needed.
    needed_for: Vec<DistributionName>,
}

impl Requirement {
    /// Reads one requirement; those of `requires.txt` stand in a section for an extra.
    pub(super) fn parse(text: &str, extra: Option<&str>) -> Option<Self> {
        let parts = requirement::Requirement::split(text).ok()?;
        let extras = parts.extras.split(',').map(str::trim).filter(|extra| !extra.is_empty());
        let needed_for = parts.marker.map(extras_in).unwrap_or_default().into_iter().chain(extra);
        Some(Self {
            name: DistributionName::new(parts.name),
            extras: extras.map(DistributionName::new).collect(),
            needed_for: needed_for.map(DistributionName::new).collect(),
        })
    }
}

/// `x` of each `extra == "x"` in `marker`.
fn extras_in(marker: &str) -> Vec<&str> {
    marker
        .split("extra")
        .skip(1)
        .filter_map(|after| {
            let value = after.trim_start().strip_prefix("==")?.trim_start();
            let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            value[1..].split_once(quote).map(|(extra, _)| extra)
        })
        .collect()
}

/// For each distribution those that need it: always, or for an extra that another one asks for. Which extras a user asked
/// for is written nowhere. Other markers are not looked at: what is installed is needed by whoever names it.
pub(super) fn parents(installed: &[Installed]) -> BTreeMap<DistributionName, BTreeSet<DistributionName>> {
    let mut needs: BTreeMap<(&DistributionName, Option<&DistributionName>), Vec<&Requirement>> = BTreeMap::new();
    let mut pending: Vec<(&DistributionName, Option<&DistributionName>)> = Vec::new();
    for found in installed {
        let name = &found.dependency.name;
        pending.push((name, None));
        for requirement in &found.requires {
            if requirement.needed_for.is_empty() {
                needs.entry((name, None)).or_default().push(requirement);
            }
            for extra in &requirement.needed_for {
                needs.entry((name, Some(extra))).or_default().push(requirement);
            }
        }
    }
    let mut parents: BTreeMap<DistributionName, BTreeSet<DistributionName>> = BTreeMap::new();
    while let Some(key) = pending.pop() {
        // Taken away, so that each is followed once.
        for requirement in needs.remove(&key).unwrap_or_default() {
            if requirement.name != *key.0 {
                parents.entry(requirement.name.clone()).or_default().insert(key.0.clone());
            }
            pending.extend(requirement.extras.iter().map(|extra| (&requirement.name, Some(extra))));
        }
    }
    parents
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extras_are_found_in_markers() {
        assert_eq!(extras_in("extra == 'a' or extra==\"b\""), ["a", "b"]);
        assert_eq!(extras_in("python_version < '3.8' and (extra == 'all')"), ["all"]);
        assert!(extras_in("extra != 'a'").is_empty());
        assert!(extras_in("extra == 'a").is_empty());
        assert!(extras_in("extra ==").is_empty());
    }
}
