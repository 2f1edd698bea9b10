//! Which evidence decides the versions of one library, and what is outvoted.

use crate::catalog::{Catalog, DistributionName, InstalledEnvironment, Inventory, Weighed, within};
use crate::finding::{Reason, Severity};
use crate::rules::{Rule, RuleSet, Selection};
use crate::snapshot::{RepoPath, Snapshot, walk};
use crate::syntax::is_code;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

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
    /// The directories of the files, or files that say themselves what they run with, sorted; or the one file or directory
    /// that was asked about.
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

/// Files that have the same answer.
struct Alike {
    /// Any of them.
    file: RepoPath,
    /// What that one itself says.
    own: Option<Inventory>,
    places: Vec<RepoPath>,
    files: usize,
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
    let answer = |file: &RepoPath, own: Option<&Inventory>, places, files| {
        let weighed = |name: &DistributionName| (name.clone(), catalog.weigh(file, own, name));
        let is_there = |(_, found): &(_, Weighed)| !found.governing.candidates.is_empty() || !found.others.is_empty();
        let selection = Selection::with_own(rules, &catalog, file, own);
        let of_library =
            library.into_iter().flat_map(|library| rules.rules_of(&library.name).map(|rule| (rule, &*library.name)));
        let rules = of_library.map(|(rule, library)| standing(rule, library, &selection)).collect();
        Answer { places, files, evidence: distributions.iter().map(weighed).filter(is_there).collect(), rules }
    };
    let answers = match place {
        Some(place) => {
            let file = snapshot.find(place).ok().flatten();
            let own = file.and_then(|file| within(&file.path, &snapshot.read(&file).ok()?));
            vec![answer(&representative(snapshot, place), own.as_ref(), vec![place.clone()], None)]
        }
        None => {
            // By directory, and one by one those that say themselves what they run with.
            let mut sources: BTreeMap<RepoPath, Alike> = BTreeMap::new();
            walk(snapshot, &RepoPath::root(), &mut |file| {
                if is_code(&file.path, b"") {
                    let own = snapshot.read(&file).ok().and_then(|bytes| within(&file.path, &bytes));
                    let place = if own.is_some() { file.path.clone() } else { file.path.parent().unwrap_or_default() };
                    let first = || Alike { file: file.path, own, places: vec![place.clone()], files: 0 };
                    sources.entry(place.clone()).or_insert_with(first).files += 1;
                }
            });
            let mut alike: BTreeMap<(bool, Vec<String>), Alike> = BTreeMap::new();
            for source in sources.into_values() {
                let governing = |name| format!("{:?}", catalog.governing_with(&source.file, source.own.as_ref(), name));
                let key = (source.own.is_some(), distributions.iter().map(governing).collect());
                match alike.entry(key) {
                    Entry::Vacant(vacant) => {
                        vacant.insert(source);
                    }
                    Entry::Occupied(mut same) => {
                        same.get_mut().places.extend(source.places);
                        same.get_mut().files += source.files;
                    }
                }
            }
            if alike.is_empty() {
                let nothing =
                    Alike { file: RepoPath::from("x.py"), own: None, places: vec![RepoPath::root()], files: 0 };
                alike.insert((false, Vec::new()), nothing);
            }
            let answer = |all: Alike| answer(&all.file, all.own.as_ref(), all.places, Some(all.files));
            alike.into_values().map(answer).collect()
        }
    };
    let mut answers: Vec<Answer> = answers;
    answers.sort_by(|a, b| b.files.cmp(&a.files).then_with(|| a.places.cmp(&b.places)));
    Why { asked: name.to_owned(), answers }
}

fn standing(rule: &Rule, library: &str, selection: &Selection<'_>) -> RuleStanding {
    let mut applies: Option<(Severity, Vec<Reason>)> = None;
    for candidate in rule.matches.iter().filter(|candidate| candidate.library == library) {
        let severity = candidate.severity.unwrap_or(rule.severity);
        if applies.as_ref().is_none_or(|(known, _)| severity > *known)
            && let Some(reasons) = selection.applies(candidate)
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
