//! Who needs whom in a lock: fills in the parents of its entries.

use super::governing::contains;
use super::reading::Reading;
use super::{Dependency, DistributionName};
use pep440_rs::VersionSpecifiers;
use std::collections::{BTreeMap, HashMap};

/// More parents than this, of all entries together, are not told: one name may be locked, and needed, many times.
const MAX_PARENTS: usize = 2_000_000;

impl Admitted {
    fn holds(&self, entry: &Dependency) -> bool {
        match (self, &entry.version) {
            (Self::Any, _) => true,
            (Self::Exactly(version), _) => *version == entry.raw_version,
            (Self::In(ranges), Some(version)) => ranges.iter().any(|range| contains(range, version)),
            (Self::In(_), None) => true,
        }
    }
}

/// The needs of the packages of one lock, gathered while it is read. One needed thing is kept once.
#[derive(Default)]
pub(super) struct Needs {
    /// Positions of what needs, in the entries, and of what it needs, in `wanted`.
    edges: Vec<(u32, u32)>,
    wanted: Vec<Wanted>,
    /// Positions in `wanted`, by name and condition as written. Never iterated.
    known: HashMap<String, u32>,
    key: String,
}

/// The versions that a condition admits.
pub(super) enum Admitted {
    /// All of them.
    Any,
    /// The one that is written so.
    Exactly(String),
    /// Those in one of the ranges.
    In(Vec<VersionSpecifiers>),
}

struct Wanted {
    name: DistributionName,
    /// What the needed version must fulfil, in the words of the format; empty: nothing.
    condition: String,
}

impl Needs {
    /// Notes that the entry at `position` needs `name`, in the versions that `condition` admits.
    pub(super) fn add(&mut self, position: usize, name: &str, condition: &str) {
        self.key.clear();
        self.key.extend([name, "\0", condition]);
        let next = self.wanted.len() as u32;
        let wanted = match self.known.get(&self.key) {
            Some(&known) => known,
            None => {
                self.wanted.push(Wanted { name: DistributionName::new(name), condition: condition.to_owned() });
                self.known.insert(self.key.clone(), next);
                next
            }
        };
        self.edges.push((position as u32, wanted));
    }

    /// Fills in the parents of the entries of `reading`. Of several entries of one name those are needed whose version the
    /// condition admits, as `admitted` reads it.
    pub(super) fn fill(mut self, reading: &mut Reading, admitted: fn(&str) -> Admitted) {
        let mut by_name: BTreeMap<&DistributionName, Vec<usize>> = BTreeMap::new();
        for (position, entry) in reading.dependencies.iter().enumerate() {
            by_name.entry(&entry.name).or_default().push(position);
        }
        self.edges.sort_unstable_by_key(|&(from, wanted)| (wanted, from));
        self.edges.dedup();
        let mut parents: Vec<Vec<u32>> = vec![Vec::new(); reading.dependencies.len()];
        let mut budget = MAX_PARENTS;
        for needs in self.edges.chunk_by(|a, b| a.1 == b.1) {
            let wanted = &self.wanted[needs[0].1 as usize];
            let of_name = by_name.get(&wanted.name).map_or(&[][..], |positions| positions);
            let admitted = if of_name.len() > 1 { admitted(&wanted.condition) } else { Admitted::Any };
            for &position in of_name {
                let Some(left) = budget.checked_sub(1) else { break };
                budget = left;
                if admitted.holds(&reading.dependencies[position]) {
                    budget = budget.saturating_sub(needs.len());
                    parents[position].extend(needs.iter().map(|&(from, _)| from));
                }
            }
        }
        if budget == 0 {
            reading.odd(1, format!("more than {MAX_PARENTS} needs; which package needs which is not told"));
            return;
        }
        let names: Vec<Vec<DistributionName>> = parents
            .iter()
            .enumerate()
            .map(|(position, parents)| {
                let own = &reading.dependencies[position].name;
                let names = parents.iter().map(|&parent| &reading.dependencies[parent as usize].name);
                let mut names: Vec<&DistributionName> = names.filter(|name| *name != own).collect();
                names.sort_unstable();
                names.dedup();
                names.into_iter().cloned().collect()
            })
            .collect();
        for (entry, parents) in reading.dependencies.iter_mut().zip(names) {
            entry.parents = parents;
        }
    }
}
