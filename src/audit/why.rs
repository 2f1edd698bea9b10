//! Which evidence decides the versions of one library, and what is outvoted.

use crate::catalog::{Catalog, DistributionName, InstalledEnvironment, Weighed};
use crate::finding::{Reason, Severity};
use crate::rules::{Rule, RuleSet, Selection};
use crate::snapshot::{RepoPath, Snapshot, walk};
use crate::syntax::is_code;
use std::collections::BTreeMap;

/// The answer to "why that version?", for one name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Why {
    /// The name that was asked for, as it was typed.
    pub asked: String,
    /// One for each set of files with the same answer, the sets with most files first.
    pub answers: Vec<Answer>,
}

/// What decides for some source files.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The directories of the files, sorted; or the one file or directory that was asked about.
    pub places: Vec<RepoPath>,
    /// How many source files there are; `None` where one place was asked about.
    pub files: Option<usize>,
    /// The evidence for each distribution that installs the library, those without any left out.
    pub evidence: Vec<(DistributionName, Weighed)>,
    /// Each rule of the library.
    pub rules: Vec<RuleStanding>,
}

/// Whether a rule applies in the versions in force.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleStanding {
    /// The id of the rule.
    pub rule: String,
    /// Its most severe match that applies, with the reasons; a match without version conditions gives none.
    pub applies: Option<(Severity, Vec<Reason>)>,
}

impl Why {
    /// Whether neither a manifest nor a rule knows the name.
    pub fn is_unknown(&self) -> bool {
        self.answers.iter().all(|answer| answer.evidence.is_empty() && answer.rules.is_empty())
    }
}

/// Weighs the evidence for `name`, a distribution or an import name, as seen from `place` (a file or a directory), or from
/// all source files of `snapshot`, which run with `environments`.
pub fn why(
    snapshot: &dyn Snapshot,
    environments: &[InstalledEnvironment],
    rules: &RuleSet,
    name: &str,
    place: Option<&RepoPath>,
) -> Why {
    let catalog = Catalog::with_environments(snapshot, environments);
    let asked = DistributionName::new(name);
    let library = rules.libraries.iter().find(|library| {
        library.distributions().any(|known| known == asked.as_str())
            || library.imports.iter().any(|known| known == name)
    });
    let distributions: Vec<DistributionName> = match library {
        Some(library) => library.distributions().map(DistributionName::new).collect(),
        None => vec![asked],
    };
    let answer = |file: &RepoPath, places, files| {
        let weighed = |name: &DistributionName| (name.clone(), catalog.weigh(file, name));
        let is_there = |(_, found): &(_, Weighed)| !found.governing.candidates.is_empty() || !found.others.is_empty();
        let selection = Selection::new(rules, &catalog, file);
        let of_library = rules.rules.iter().filter(|rule| library.is_some_and(|library| rule.library == library.name));
        let rules = of_library.map(|rule| standing(rule, &selection)).collect();
        Answer { places, files, evidence: distributions.iter().map(weighed).filter(is_there).collect(), rules }
    };
    let answers = match place {
        Some(place) => vec![answer(&representative(snapshot, place), vec![place.clone()], None)],
        None => {
            let mut directories: BTreeMap<RepoPath, (RepoPath, usize)> = BTreeMap::new();
            walk(snapshot, &RepoPath::root(), &mut |file| {
                if is_code(&file.path, b"") {
                    let directory = file.path.parent().unwrap_or_default();
                    directories.entry(directory).or_insert((file.path, 0)).1 += 1;
                }
            });
            let mut alike: BTreeMap<Vec<String>, (RepoPath, Vec<RepoPath>, usize)> = BTreeMap::new();
            for (directory, (file, number)) in directories {
                let governing = distributions.iter().map(|name| format!("{:?}", catalog.governing(&file, name)));
                let group = alike.entry(governing.collect()).or_insert((file, Vec::new(), 0));
                group.1.push(directory);
                group.2 += number;
            }
            if alike.is_empty() {
                alike.insert(Vec::new(), (RepoPath::from("x.py"), vec![RepoPath::root()], 0));
            }
            alike.into_values().map(|(file, places, files)| answer(&file, places, Some(files))).collect()
        }
    };
    let mut answers: Vec<Answer> = answers;
    answers.sort_by(|a, b| b.files.cmp(&a.files).then_with(|| a.places.cmp(&b.places)));
    Why { asked: name.to_owned(), answers }
}

fn standing(rule: &Rule, selection: &Selection<'_>) -> RuleStanding {
    let mut applies: Option<(Severity, Vec<Reason>)> = None;
    for candidate in &rule.matches {
        let severity = candidate.severity.unwrap_or(rule.severity);
        if applies.as_ref().is_none_or(|(known, _)| severity > *known)
            && let Some(reasons) = selection.applies(rule, candidate)
        {
            applies = Some((severity, reasons));
        }
    }
    RuleStanding { rule: rule.id.clone(), applies }
}

/// A file that has the answer of `place`: itself, or, of a directory, any file in it.
fn representative(snapshot: &dyn Snapshot, place: &RepoPath) -> RepoPath {
    match snapshot.find(place) {
        Ok(Some(_)) => place.clone(),
        _ => place.join(b"x.py"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::MemorySnapshot;

    /// `places (files): deciding versions; rules that apply` of each answer.
    fn answers(files: &[(&str, &str)], name: &str, place: Option<&str>) -> Vec<String> {
        let mut snapshot = MemorySnapshot::default();
        files.iter().for_each(|(path, text)| snapshot.insert(RepoPath::from(*path), *text));
        let place = place.map(RepoPath::from);
        let why = why(&snapshot, &[], &RuleSet::builtin(), name, place.as_ref());
        let shown = |answer: &Answer| {
            let places: Vec<String> = answer.places.iter().map(ToString::to_string).collect();
            let deciding = answer.evidence.iter().flat_map(|(_, weighed)| &weighed.governing.candidates);
            let versions: Vec<&str> = deciding.map(|candidate| candidate.raw_version.as_str()).collect();
            let applying = answer.rules.iter().filter(|rule| rule.applies.is_some()).count();
            let rules = if answer.rules.is_empty() {
                "no rules"
            } else if applying > 0 {
                "some apply"
            } else {
                "none"
            };
            format!("{} ({:?}): {}; {rules}", places.join(" "), answer.files, versions.join(" "))
        };
        why.answers.iter().map(shown).collect()
    }

    #[test]
    fn files_with_the_same_answer_are_one() {
        let files = [
            ("requirements.txt", "PyYAML==6.0\n"),
            ("old/requirements.txt", "PyYAML==3.13\n"),
            ("a.py", ""),
            ("b/c.py", ""),
            ("b/d.ipynb", ""),
            ("old/e.py", ""),
            ("b/notes.txt", ""),
        ];
        let both = [". b (Some(3)): ==6.0; some apply", "old (Some(1)): ==3.13; some apply"];
        assert_eq!(answers(&files, "yaml", None), both, "by import name");
        assert_eq!(answers(&files, "pyyaml", None), both, "by distribution");
        assert_eq!(answers(&files, "yaml", Some("old")), ["old (None): ==3.13; some apply"]);
        assert_eq!(answers(&files, "yaml", Some("b/c.py")), ["b/c.py (None): ==6.0; some apply"]);
    }

    #[test]
    fn names_without_rules_or_without_evidence_have_answers_too() {
        let files = [("requirements.txt", "six==1.16\n")];
        assert_eq!(answers(&files, "six", None), [". (Some(0)): ==1.16; no rules"]);
        assert_eq!(answers(&files, "joblib", None), [". (Some(0)): ; some apply"]);
        let snapshot = MemorySnapshot::from(files);
        assert!(why(&snapshot, &[], &RuleSet::builtin(), "sixx", None).is_unknown());
        assert!(!why(&snapshot, &[], &RuleSet::builtin(), "SIX", None).is_unknown());
    }
}
