//! Who needs whom in a `uv.lock`: which of the projects' lists leads to a package.

use super::tree::{self, Node};
use super::{DistributionName, Scope};
use std::collections::{BTreeMap, BTreeSet};
use toml::de::DeTable;

/// More extras and groups than this are not told apart.
const MAX_SCOPES: usize = 64;

/// More edges than this are not followed: a name may be locked many times and be needed many times.
const MAX_EDGES: usize = 1_000_000;

/// What one package is for.
#[derive(Clone, Default)]
pub(super) struct Purpose {
    /// Sorted; empty where nothing leads to it.
    pub scopes: Vec<Scope>,
    /// Whether a project names it itself.
    pub direct: bool,
}

/// A package, alone or with one of its extras.
type State<'a> = (usize, Option<&'a str>);

/// The packages of a lock, to follow edges between.
struct Graph<'a, 't> {
    packages: &'a [&'a DeTable<'t>],
    by_name: BTreeMap<&'a str, Vec<usize>>,
    budget: usize,
}

/// What each of `packages` is for, seen from `projects`; `None` where that cannot be told.
pub(super) fn purposes<'a>(
    root: &'a DeTable<'a>,
    packages: &[&'a DeTable<'a>],
    projects: &BTreeSet<usize>,
) -> Option<Vec<Purpose>> {
    let mut graph = Graph { packages, by_name: BTreeMap::new(), budget: MAX_EDGES };
    for (index, package) in packages.iter().enumerate() {
        graph.by_name.entry(tree::string(package, "name").unwrap_or("")).or_default().push(index);
    }
    let mut starts: BTreeMap<Scope, Vec<State<'_>>> = BTreeMap::new();
    for (scope, list) in lists(root, projects.iter().map(|&project| packages[project])) {
        starts.entry(scope).or_default().extend(graph.targets(list)?);
    }
    if starts.is_empty() || starts.len() > MAX_SCOPES {
        return None;
    }
    let mut purposes = vec![Purpose::default(); packages.len()];
    for (scope, states) in starts {
        states.iter().for_each(|&(index, _)| purposes[index].direct = true);
        for index in graph.reachable(states)? {
            purposes[index].scopes.push(scope.clone());
        }
    }
    Some(purposes)
}

/// What the projects themselves ask for, and the groups of a workspace root that is no project.
fn lists<'a>(root: &'a DeTable<'a>, projects: impl Iterator<Item = &'a DeTable<'a>>) -> Vec<(Scope, &'a [Node<'a>])> {
    let projects: Vec<&'a DeTable<'a>> = projects.collect();
    let mut lists: Vec<_> = projects.iter().map(|p| (Scope::Runtime, tree::array(p, "dependencies"))).collect();
    let mut add = |named: Option<&'a DeTable<'a>>, scope: fn(String) -> Scope| {
        for (name, node) in named.into_iter().flatten() {
            let list = node.get_ref().as_array().map_or(&[][..], |array| array);
            lists.push((scope(DistributionName::new(name.get_ref()).to_string()), list));
        }
    };
    for project in projects {
        add(tree::table(project, &["optional-dependencies"]), Scope::Extra);
        add(tree::table(project, &["dev-dependencies"]), Scope::Group);
    }
    add(tree::table(root, &["manifest", "dependency-groups"]), Scope::Group);
    lists
}

impl<'a> Graph<'a, '_> {
    /// The packages a list of dependencies may mean: all of that name, and of that version where one is given.
    fn targets(&mut self, list: &'a [Node<'_>]) -> Option<Vec<State<'a>>> {
        let mut targets = Vec::new();
        for dependency in list.iter().filter_map(|node| node.get_ref().as_table()) {
            let named = tree::string(dependency, "name").and_then(|name| self.by_name.get(name));
            let version = tree::string(dependency, "version");
            let extras = tree::strings(dependency, "extra");
            for &index in named.into_iter().flatten() {
                self.budget = self.budget.checked_sub(1 + extras.len())?;
                if version.is_none_or(|version| tree::string(self.packages[index], "version") == Some(version)) {
                    targets.push((index, None));
                    targets.extend(extras.iter().map(|&extra| (index, Some(extra))));
                }
            }
        }
        Some(targets)
    }

    /// All packages that `states` lead to, themselves included.
    fn reachable(&mut self, states: Vec<State<'a>>) -> Option<BTreeSet<usize>> {
        let mut seen = BTreeSet::new();
        let mut pending = states;
        while let Some(state) = pending.pop() {
            if !seen.insert(state) {
                continue;
            }
            let package = self.packages[state.0];
            let list = match state.1 {
                None => tree::array(package, "dependencies"),
                Some(extra) => tree::table(package, &["optional-dependencies"])
                    .map_or(&[][..], |extras| tree::array(extras, extra)),
            };
            pending.extend(self.targets(list)?);
        }
        Some(seen.into_iter().map(|(index, _)| index).collect())
    }
}
