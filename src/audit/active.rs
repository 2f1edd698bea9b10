//! Which rules are active in a tree, and why: the evidence with its file and line.

use super::calls::Tally;
use super::entries::{self, Place};
use crate::catalog::Catalog;
use crate::finding::{Ground, Place as Line, Reason, Severity};
use crate::rules::{Library, Rule, RuleSet, Selection};
use crate::snapshot::RepoPath;
use std::collections::{BTreeMap, BTreeSet};

/// A rule that can report something in the versions in force.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ActiveRule<'r> {
    /// The rule.
    pub rule: &'r Rule,
    /// The most severe that it can report.
    pub severity: Severity,
    /// The indexes of its matches that apply, in order.
    pub matches: Vec<usize>,
    /// What makes it report that, in the order of files and lines; what is part of Python needs no evidence.
    pub because: Vec<Reason>,
}

/// The rules of the standard library, and those of all that manifests at and below `part` name or sources there import.
pub fn active_rules<'r>(catalog: &Catalog<'_>, part: &RepoPath, rules: &'r RuleSet) -> Vec<ActiveRule<'r>> {
    let mut inventory = catalog.everything();
    let undeclared = catalog.undeclared(&inventory);
    inventory.dependencies.extend(undeclared.imports.into_iter().map(|import| import.dependency));
    let own = entries::own(&inventory);
    let entries = entries::collect(catalog, &inventory, &own, part, &Tally::default());
    let mut found = Found { rules, active: BTreeMap::new() };
    let anywhere = [Place { file: part, own: None }];
    for library in rules.libraries.iter().filter(|library| library.standard) {
        found.add(catalog, library, &anywhere, &[]);
    }
    for (name, of_name) in &entries {
        let places: Vec<Place<'_>> = of_name.files.iter().map(|file| Place { file, own: own.get(file) }).collect();
        let in_force = of_name.entries.iter().filter(|entry| entry.is_in_force).map(|entry| {
            let dependency = &entry.dependency;
            let version = match dependency.raw_version.as_str() {
                "" => String::new(),
                raw => format!(" {}", raw.trim_start_matches('=')),
            };
            Reason {
                ground: Ground::Version,
                text: format!("{} {}{version}", dependency.evidence.verb(), dependency.name),
                place: Some(Line { path: dependency.path.clone(), line: dependency.line }),
            }
        });
        let in_force: Vec<Reason> = in_force.collect();
        for library in rules.installed_by(name.as_str()) {
            found.add(catalog, library, &places, &in_force);
        }
    }
    let active = found.active.into_iter().map(|(id, (severity, matches, because))| ActiveRule {
        rule: rules.rule(id).expect("it is one of them"),
        severity,
        matches: matches.into_iter().collect(),
        because: in_order(because),
    });
    active.collect()
}

struct Found<'r> {
    rules: &'r RuleSet,
    active: BTreeMap<&'r str, (Severity, BTreeSet<usize>, BTreeSet<Reason>)>,
}

impl<'r> Found<'r> {
    /// Adds what applies of the rules of `library` to files at `places`; `in_force` is why it is there.
    fn add(&mut self, catalog: &Catalog<'_>, library: &'r Library, places: &[Place<'_>], in_force: &[Reason]) {
        let rules = self.rules;
        let selections: Vec<Selection<'_>> =
            places.iter().map(|place| Selection::with_own(rules, catalog, place.file, place.own)).collect();
        for rule in rules.rules_of(&library.name) {
            let own = rule.matches.iter().enumerate().filter(|(_, candidate)| candidate.library == library.name);
            for (index, candidate) in own {
                for reasons in selections.iter().filter_map(|selection| selection.applies(candidate)) {
                    let severity = candidate.severity.unwrap_or(rule.severity);
                    let (most, matches, because) =
                        self.active.entry(&rule.id).or_insert_with(|| (severity, BTreeSet::new(), BTreeSet::new()));
                    matches.insert(index);
                    if severity < *most {
                        continue;
                    }
                    if severity > *most {
                        *most = severity;
                        because.clear();
                    }
                    because.extend(if reasons.is_empty() { in_force.to_vec() } else { reasons });
                }
            }
        }
    }
}

/// By file and line; what says nothing beyond another reason of the same line is left out.
fn in_order(reasons: BTreeSet<Reason>) -> Vec<Reason> {
    let says_more = |reason: &Reason| {
        reasons.iter().any(|other| {
            other.place == reason.place && other.text.len() > reason.text.len() && other.text.starts_with(&reason.text)
        })
    };
    let mut ordered: Vec<Reason> = reasons.iter().filter(|reason| !says_more(reason)).cloned().collect();
    ordered.sort_by(|a, b| (&a.place, &a.text).cmp(&(&b.place, &b.text)));
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::MemorySnapshot;

    fn active(files: &[(&str, &str)], rule: &str) -> Option<(Severity, Vec<String>)> {
        let mut snapshot = MemorySnapshot::default();
        files.iter().for_each(|(path, text)| snapshot.insert(RepoPath::from(*path), *text));
        let rules = RuleSet::builtin();
        let all = active_rules(&Catalog::new(&snapshot), &RepoPath::root(), &rules);
        let found = all.into_iter().find(|active| active.rule.id == rule)?;
        let because = found.because.iter().map(|reason| match &reason.place {
            Some(place) => format!("{}:{} {}", place.path, place.line, reason.text),
            None => reason.text.clone(),
        });
        Some((found.severity, because.collect()))
    }

    #[test]
    fn versions_decide_and_are_named() {
        let (severity, because) = active(&[("requirements.txt", "\npyyaml==5.3.1\n")], "yaml-load").expect("it is");
        assert_eq!(severity, Severity::Error);
        assert_eq!(
            because,
            ["requirements.txt:2 pins pyyaml 5.3.1, where the default loader calls what the document names"]
        );
        let (severity, _) = active(&[("requirements.txt", "pyyaml==5.4.1\n")], "yaml-load").expect("it is noted");
        assert_eq!(severity, Severity::Note);
        assert_eq!(active(&[("requirements.txt", "six\n")], "yaml-load"), None);
    }

    #[test]
    fn what_needs_no_version_is_there_because_it_is_named_or_imported() {
        let (_, because) = active(&[("requirements.txt", "dill>=0.3\n")], "dill-load").expect("it is");
        assert_eq!(because, ["requirements.txt:1 declares dill >=0.3"]);
        let (_, because) = active(&[("a.py", "import dill\n")], "dill-load").expect("it is");
        assert_eq!(because, ["a.py:1 imports dill"]);
        assert_eq!(active(&[], "pickle-load"), Some((Severity::Error, Vec::new())));
    }

    #[test]
    fn each_project_has_its_say() {
        let files = [("a/requirements.txt", "pyyaml==5.3\n"), ("b/requirements.txt", "pyyaml==5.1\n")];
        let (_, because) = active(&files, "yaml-load").expect("it is");
        assert_eq!(because.len(), 2, "{because:?}");
    }
}
