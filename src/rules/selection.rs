//! Which matches of which rules may apply to one source file, by the versions that govern it.

use super::boundary::boundaries;
use super::{Library, Match, Proof, RuleSet, Target};
use crate::catalog::{Candidate, Catalog, DistributionName, Inventory, Versions};
use crate::finding::{Ground, Place, Reason};
use crate::snapshot::RepoPath;
use pep440_rs::VersionSpecifiers;
use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Of several manifests that say the same, no more than this many are named.
const MAX_REASONS: usize = 3;

/// The rules, seen from one source file: asks the catalog for a version only when a match needs one.
pub struct Selection<'a> {
    rules: &'a RuleSet,
    catalog: &'a Catalog<'a>,
    file: &'a RepoPath,
    /// What the file itself says of its dependencies.
    own: Option<&'a Inventory>,
    governing: RefCell<BTreeMap<&'a str, Rc<Vec<Named>>>>,
}

/// A member of the set of versions in force, with the name of its distribution.
pub(super) struct Named {
    pub distribution: String,
    pub candidate: Candidate,
}

/// A condition on the version of one library.
pub(super) struct Condition<'a> {
    pub library: &'a str,
    pub versions: &'a [String],
    pub because: Option<&'a str>,
}

impl Condition<'_> {
    /// Those of `in_force` that may meet it, and how surely they do: the surest first; of equals, in the order of files and
    /// lines.
    pub fn meeting<'n>(&self, in_force: &'n [Named]) -> Vec<(Proof, &'n Named)> {
        let ranges: Vec<VersionSpecifiers> = self.versions.iter().filter_map(|text| text.parse().ok()).collect();
        let mut members: Vec<(Proof, &Named)> = in_force
            .iter()
            .filter(|member| member.candidate.may_be_in(&ranges))
            .map(|member| (proof_of(&member.candidate.versions, &ranges), member))
            .collect();
        members.sort_by_key(|(proof, member)| Reverse((*proof, member.candidate.evidence)));
        members
    }
}

impl<'a> Selection<'a> {
    /// The rules as they apply to `file`, as far as its place decides.
    pub fn new(rules: &'a RuleSet, catalog: &'a Catalog<'a>, file: &'a RepoPath) -> Self {
        Self::with_own(rules, catalog, file, None)
    }

    /// The rules as they apply to `file`, which itself says `own` of its dependencies.
    pub fn with_own(
        rules: &'a RuleSet,
        catalog: &'a Catalog<'a>,
        file: &'a RepoPath,
        own: Option<&'a Inventory>,
    ) -> Self {
        Self { rules, catalog, file, own, governing: RefCell::default() }
    }

    /// Whether the file itself says what it runs with.
    pub fn has_own(&self) -> bool {
        self.own.is_some()
    }

    /// The file.
    pub(super) fn file(&self) -> &'a RepoPath {
        self.file
    }

    /// The same rules and manifests, seen from another file.
    pub(super) fn seen_from<'f>(&self, file: &'f RepoPath) -> Selection<'f>
    where
        'a: 'f,
    {
        Selection::new(self.rules, self.catalog, file)
    }

    /// All rules, whether they apply or not.
    pub fn rules(&self) -> &'a RuleSet {
        self.rules
    }

    /// Whether `candidate` may apply in the versions in force; then the reasons, strongest first.
    ///
    /// A match without version conditions always applies, with no reason to give.
    pub fn applies(&self, candidate: &Match) -> Option<Vec<Reason>> {
        let mut reasons = Vec::new();
        for condition in conditions(candidate) {
            reasons.extend(self.holds(&condition, candidate.proof)?);
        }
        Some(reasons)
    }

    /// Whether the inventory that governs the file names `library` (settings need that; calls are imports already).
    pub fn names(&self, library: &Library) -> bool {
        library.standard || !self.in_force(&library.name).is_empty()
    }

    /// What of the manifests decides findings in the file: under the same rules, two states with equal signatures are
    /// judged alike. One entry for each version condition of a match, and one for each match that looks for settings.
    ///
    /// Conditions are not joined: a notebook may say itself what meets one of them.
    pub fn signature(&self) -> Vec<bool> {
        let mut signature = Vec::new();
        for rule in &self.rules.rules {
            for candidate in &rule.matches {
                let holds = |condition| self.holds(&condition, candidate.proof).is_some();
                signature.extend(conditions(candidate).into_iter().map(holds));
                if matches!(candidate.target, Target::Setting(_)) {
                    signature.push(self.rules.library(&candidate.library).is_some_and(|library| self.names(library)));
                }
            }
        }
        signature
    }

    /// The reasons to believe that a version in force meets `condition`; `None` where the evidence rules that out, or is
    /// weaker than `proof`.
    fn holds(&self, condition: &Condition<'_>, proof: Proof) -> Option<Vec<Reason>> {
        let in_force = self.in_force(condition.library);
        if in_force.is_empty() {
            return (proof == Proof::None).then(|| vec![no_evidence(condition)]);
        }
        let members = condition.meeting(&in_force);
        let strongest = members.first()?.0;
        (strongest >= proof).then(|| {
            members.iter().take(MAX_REASONS).map(|(proof, member)| reason(member, *proof, condition)).collect()
        })
    }

    /// The versions in force of all distributions that install `library`.
    pub(super) fn in_force(&self, library: &str) -> Rc<Vec<Named>> {
        let Some(library) = self.rules.library(library) else { return Rc::default() };
        if let Some(known) = self.governing.borrow().get(library.name.as_str()) {
            return Rc::clone(known);
        }
        let mut members = Vec::new();
        for distribution in library.distributions() {
            let governing = self.catalog.governing_with(self.file, self.own, &DistributionName::new(distribution));
            let named = |candidate| Named { distribution: distribution.to_owned(), candidate };
            members.extend(governing.candidates.into_iter().map(named));
        }
        let members = Rc::new(members);
        self.governing.borrow_mut().insert(&library.name, Rc::clone(&members));
        members
    }
}

/// All version conditions of `candidate`. What is true in these versions is said of its own library where it has versions
/// of that, and of the last required one otherwise.
fn conditions(candidate: &Match) -> Vec<Condition<'_>> {
    let mut conditions: Vec<Condition<'_>> = boundaries(candidate)
        .into_iter()
        .map(|boundary| Condition { library: boundary.library, versions: boundary.versions, because: None })
        .collect();
    let has_own = !candidate.versions.is_empty();
    let explained = if has_own { conditions.first_mut() } else { conditions.last_mut() };
    if let Some(condition) = explained {
        condition.because = candidate.because.as_deref();
    }
    conditions
}

fn proof_of(versions: &Versions, ranges: &[VersionSpecifiers]) -> Proof {
    match versions {
        _ if versions.must_be_in(ranges) => Proof::Certain,
        Versions::Any => Proof::None,
        Versions::Exact(_) | Versions::Range(_) => Proof::Declared,
    }
}

/// `locks torch 2.3.1, where weights_only defaults to False`
pub(super) fn reason(member: &Named, proof: Proof, condition: &Condition<'_>) -> Reason {
    let Named { distribution, candidate } = member;
    let ranges = condition.versions.join(" or ");
    let written = match (&candidate.versions, candidate.raw_version.as_str()) {
        (Versions::Exact(version), _) => version.to_string(),
        (_, "") => "without a version".to_owned(),
        (_, raw) => raw.to_owned(),
    };
    let consequence = match (proof, condition.because) {
        (Proof::Certain, Some(because)) => format!("where {because}"),
        (Proof::Certain, None) => format!("which is {ranges}"),
        (_, Some(because)) => format!("which admits versions {ranges}, where {because}"),
        (_, None) => format!("which admits versions {ranges}"),
    };
    Reason {
        ground: Ground::Version,
        text: format!("{} {distribution} {written}, {consequence}", candidate.evidence.verb()),
        place: Some(Place { path: candidate.path.clone(), line: candidate.line }),
    }
}

/// `no manifest names torch, so its version is unknown; in versions <2.6 weights_only defaults to False`
fn no_evidence(condition: &Condition<'_>) -> Reason {
    let Condition { library, versions, because } = condition;
    let ranges = versions.join(" or ");
    let consequence = match because {
        Some(because) => format!("in versions {ranges} {because}"),
        None => format!("versions {ranges} are concerned"),
    };
    Reason {
        ground: Ground::Version,
        text: format!("no manifest names {library}, so its version is unknown; {consequence}"),
        place: None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;
    use crate::snapshot::MemorySnapshot;

    const RULES: &str = r#"schema = 1
[[library]]
name = "lightning"
imports = ["lightning"]
[[library]]
name = "torch"
imports = ["torch"]
also-installed-as = ["torch-nightly"]
[[rule]]
id = "torch-load"
library = "torch"
severity = "error"
message = "m"
runs = "r"
fix = "f"
alternative = "a"
[[rule.match]]
calls = ["torch.load"]
versions = "<2.6"
because = "weights_only defaults to False"
[[rule.match]]
calls = ["torch.load"]
versions = "<2.6"
proof = "declared"
[[rule.match]]
calls = ["torch.load"]
versions = "<2.6"
proof = "certain"
[[rule.match]]
calls = ["torch.load"]
requires = [{ library = "lightning", versions = ["<2", ">=3"] }]
[[rule.match]]
library = "lightning"
calls = ["lightning.load"]
versions = "<2"
[[rule.hit]]
code = "torch.load(f)"
[[rule.miss]]
code = "torch.save(f)"
"#;

    /// For each match of the rule: the reasons it applies for, as they would be printed.
    fn judge(files: &[(&str, &str)]) -> Vec<Option<String>> {
        let mut snapshot = MemorySnapshot::default();
        files.iter().for_each(|(path, text)| snapshot.insert(RepoPath::from(*path), *text));
        let rules = parse(RULES, "rules.toml").expect("the rules are good");
        let (catalog, file) = (Catalog::new(&snapshot), RepoPath::from("src/a.py"));
        let selection = Selection::new(&rules, &catalog, &file);
        let print = |reason: Reason| match reason.place {
            Some(place) => format!("{}:{} {}", place.path, place.line, reason.text),
            None => reason.text,
        };
        let rule = &rules.rules[0];
        let judged = rule.matches.iter().map(|candidate| {
            selection.applies(candidate).map(|reasons| reasons.into_iter().map(print).collect::<Vec<_>>().join("; "))
        });
        judged.collect()
    }

    fn first(files: &[(&str, &str)]) -> Option<String> {
        judge(files).swap_remove(0)
    }

    #[test]
    fn an_exact_version_decides() {
        assert_eq!(
            first(&[("requirements.txt", "\ntorch==2.5.1\n")]).as_deref(),
            Some("requirements.txt:2 pins torch 2.5.1, where weights_only defaults to False")
        );
        assert_eq!(first(&[("requirements.txt", "torch==2.6.0\n")]), None);
    }

    #[test]
    fn a_range_applies_while_it_admits_a_version_and_says_so() {
        assert_eq!(
            first(&[("requirements.txt", "torch>=2\n")]).as_deref(),
            Some(
                "requirements.txt:1 declares torch >=2, which admits versions <2.6, where weights_only defaults to False"
            )
        );
        assert_eq!(
            first(&[("requirements.txt", "torch<2.4\n")]).as_deref(),
            Some("requirements.txt:1 declares torch <2.4, where weights_only defaults to False")
        );
        assert_eq!(first(&[("requirements.txt", "torch>=2.6\n")]), None);
    }

    #[test]
    fn no_version_and_no_evidence_apply_and_say_so() {
        assert_eq!(
            first(&[("requirements.txt", "torch\n")]).as_deref(),
            Some(
                "requirements.txt:1 declares torch without a version, which admits versions <2.6, where weights_only \
                 defaults to False"
            )
        );
        assert_eq!(
            first(&[]).as_deref(),
            Some("no manifest names torch, so its version is unknown; in versions <2.6 weights_only defaults to False")
        );
    }

    #[test]
    fn proof_is_as_strong_as_the_match_asks() {
        let counts =
            |manifest| judge(&[("requirements.txt", manifest)]).iter().map(Option::is_some).collect::<Vec<_>>();
        assert_eq!(counts(""), [true, false, false, true, true]);
        assert_eq!(counts("torch\n"), [true, false, false, true, true]);
        assert_eq!(counts("torch>=2\n"), [true, true, false, true, true]);
        assert_eq!(counts("torch<2.5\n"), [true, true, true, true, true]);
        assert_eq!(counts("torch==2.5.1\n"), [true, true, true, true, true]);
        assert_eq!(counts("torch==2.6.0\n"), [false, false, false, true, true]);
    }

    #[test]
    fn another_library_may_decide() {
        let fourth = |manifest| judge(&[("requirements.txt", manifest)]).swap_remove(3);
        assert_eq!(fourth("lightning==2.1\n"), None);
        assert_eq!(
            fourth("lightning==1.9\n").as_deref(),
            Some("requirements.txt:1 pins lightning 1.9, which is <2 or >=3")
        );
    }

    #[test]
    fn a_match_about_another_library_goes_by_its_versions() {
        let fifth = |manifest| judge(&[("requirements.txt", manifest)]).swap_remove(4);
        assert_eq!(fifth("torch==2.1\nlightning==2.1\n"), None);
        assert_eq!(fifth("lightning==1.9\n").as_deref(), Some("requirements.txt:1 pins lightning 1.9, which is <2"));
    }

    #[test]
    fn other_distributions_of_a_library_count() {
        assert_eq!(
            first(&[("requirements.txt", "torch_nightly==2.5.0\n")]).as_deref(),
            Some("requirements.txt:1 pins torch-nightly 2.5.0, where weights_only defaults to False")
        );
    }

    #[test]
    fn signatures_differ_only_where_judgements_do() {
        let signature = |manifest: &str| {
            let snapshot = MemorySnapshot::from([("requirements.txt", manifest)]);
            let rules = parse(RULES, "rules.toml").expect("the rules are good");
            let (catalog, file) = (Catalog::new(&snapshot), RepoPath::from("a.py"));
            Selection::new(&rules, &catalog, &file).signature()
        };
        assert_eq!(signature("torch==2.6.0\n"), signature("torch==2.7.0\nrequests\n"));
        assert_ne!(signature("torch==2.5.1\n"), signature("torch==2.7.0\n"));
    }
}
