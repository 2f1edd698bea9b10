//! Who needs whom in a `uv.lock`: which of the projects' lists leads to a package. Holds names, versions and edges, and
//! nothing else of the lock.

use super::Scope;
use super::tree::{self, Node};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::Range;
use toml::de::DeTable;

/// More extras and groups than this are not told apart.
const MAX_SCOPES: usize = 256;

/// More scopes than this, of all packages together, are not told.
const MAX_PURPOSES: usize = 2_000_000;

/// More edges than this are not followed: a name may be locked many times and be needed many times.
const MAX_STEPS: usize = 16_000_000;

/// What one package is for.
#[derive(Clone, Default)]
pub(super) struct Purpose {
    /// Sorted; empty where nothing leads to it.
    pub scopes: Vec<Scope>,
    /// Whether a project names it itself.
    pub direct: bool,
}

/// The packages of a lock, and the edges between them.
#[derive(Default)]
pub(super) struct Graph {
    /// Numbers of names, versions and extras. Never iterated.
    texts: HashMap<String, u32>,
    packages: Vec<Package>,
    edges: Vec<Edge>,
    /// The extras that edges ask for.
    extras: Vec<u32>,
    starts: BTreeMap<Scope, Vec<Range<usize>>>,
}

struct Package {
    name: u32,
    version: Option<u32>,
    needs: Range<usize>,
    /// What each extra needs, sorted by the number of the extra.
    optional: Vec<(u32, Range<usize>)>,
}

struct Edge {
    name: u32,
    version: Option<u32>,
    extras: Range<usize>,
}

/// A package alone, or one of its extras, that is to be followed.
struct State {
    package: usize,
    needs: Range<usize>,
}

/// What edges lead to: all packages, and their extras behind them.
struct States<'g> {
    graph: &'g Graph,
    states: Vec<State>,
    /// Where the extras of each package begin.
    extras_of: Vec<usize>,
    by_name: HashMap<u32, Vec<usize>>,
}

impl Graph {
    /// Adds a package, and gives its position.
    pub(super) fn add(&mut self, package: &DeTable<'_>) -> usize {
        let name = self.number(tree::string(package, "name").unwrap_or(""));
        let version = tree::string(package, "version").map(|version| self.number(version));
        let needs = self.list(tree::array(package, "dependencies"));
        let mut optional = Vec::new();
        for (extra, node) in tree::table(package, &["optional-dependencies"]).into_iter().flatten() {
            let extra = self.number(extra.get_ref());
            optional.push((extra, self.list(node.get_ref().as_array().map_or(&[][..], |array| array))));
        }
        optional.sort_unstable_by_key(|(extra, _)| *extra);
        self.packages.push(Package { name, version, needs, optional });
        self.packages.len() - 1
    }

    /// Adds what a project asks for, for the purpose of `scope`.
    pub(super) fn start(&mut self, scope: Scope, list: &[Node<'_>]) {
        let list = self.list(list);
        self.starts.entry(scope).or_default().push(list);
    }

    fn number(&mut self, text: &str) -> u32 {
        if let Some(&known) = self.texts.get(text) {
            return known;
        }
        let next = self.texts.len() as u32;
        self.texts.insert(text.to_owned(), next);
        next
    }

    fn list(&mut self, list: &[Node<'_>]) -> Range<usize> {
        let from = self.edges.len();
        for needed in list.iter().filter_map(|node| node.get_ref().as_table()) {
            let Some(name) = tree::string(needed, "name") else { continue };
            let first = self.extras.len();
            for extra in tree::strings(needed, "extra").into_iter().chain(tree::strings(needed, "extras")) {
                let extra = self.number(extra);
                self.extras.push(extra);
            }
            let edge = Edge {
                name: self.number(name),
                version: tree::string(needed, "version").map(|version| self.number(version)),
                extras: first..self.extras.len(),
            };
            self.edges.push(edge);
        }
        from..self.edges.len()
    }

    /// What each package is for; `None` where that cannot be told.
    pub(super) fn purposes(&self) -> Option<Vec<Purpose>> {
        if self.starts.is_empty() || self.starts.len() > MAX_SCOPES {
            return None;
        }
        let states = States::of(self);
        let mut purposes = vec![Purpose::default(); self.packages.len()];
        let (mut steps, mut told) = (MAX_STEPS, MAX_PURPOSES);
        let starts: Vec<(&Scope, &Vec<Range<usize>>)> = self.starts.iter().collect();
        // A bit for each scope, of as many as there are bits.
        for starts in starts.chunks(u64::BITS as usize) {
            let mut reached = vec![0_u64; states.states.len()];
            let mut pending = VecDeque::new();
            for (bit, (_, lists)) in starts.iter().enumerate() {
                for list in lists.iter() {
                    states.targets(list, &mut steps, &mut |target| {
                        purposes[states.states[target].package].direct = true;
                        reached[target] |= 1 << bit;
                        pending.push_back(target);
                    })?;
                }
            }
            while let Some(state) = pending.pop_front() {
                let bits = reached[state];
                states.targets(&states.states[state].needs, &mut steps, &mut |target| {
                    if reached[target] | bits != reached[target] {
                        reached[target] |= bits;
                        pending.push_back(target);
                    }
                })?;
            }
            let mut bits = vec![0_u64; self.packages.len()];
            states.states.iter().zip(reached).for_each(|(state, reached)| bits[state.package] |= reached);
            for (purpose, bits) in purposes.iter_mut().zip(bits) {
                told = told.checked_sub(bits.count_ones() as usize)?;
                let scopes = starts.iter().enumerate().filter(|(bit, _)| bits & (1 << bit) != 0);
                purpose.scopes.extend(scopes.map(|(_, (scope, _))| (*scope).clone()));
            }
        }
        Some(purposes)
    }
}

impl<'g> States<'g> {
    fn of(graph: &'g Graph) -> Self {
        let alone = graph.packages.iter().enumerate();
        let mut states: Vec<State> =
            alone.map(|(package, found)| State { package, needs: found.needs.clone() }).collect();
        let mut extras_of = Vec::with_capacity(graph.packages.len());
        let mut by_name: HashMap<u32, Vec<usize>> = HashMap::new();
        for (package, found) in graph.packages.iter().enumerate() {
            by_name.entry(found.name).or_default().push(package);
            extras_of.push(states.len());
            states.extend(found.optional.iter().map(|(_, needs)| State { package, needs: needs.clone() }));
        }
        Self { graph, states, extras_of, by_name }
    }

    /// Gives `take` the states that a list of edges may mean: all packages of a name, and of a version where one is given.
    fn targets(&self, list: &Range<usize>, steps: &mut usize, take: &mut dyn FnMut(usize)) -> Option<()> {
        for edge in &self.graph.edges[list.clone()] {
            for &package in self.by_name.get(&edge.name).into_iter().flatten() {
                *steps = steps.checked_sub(1 + edge.extras.len())?;
                let found = &self.graph.packages[package];
                if edge.version.is_none_or(|version| found.version == Some(version)) {
                    take(package);
                    for extra in &self.graph.extras[edge.extras.clone()] {
                        if let Ok(at) = found.optional.binary_search_by_key(extra, |(extra, _)| *extra) {
                            take(self.extras_of[package] + at);
                        }
                    }
                }
            }
        }
        Some(())
    }
}
