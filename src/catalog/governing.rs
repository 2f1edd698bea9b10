//! The versions a source file may run with: a set, each member with the line that says so.

use super::{Dependency, Evidence};
use crate::snapshot::RepoPath;
use pep440_rs::{Operator, Version, VersionSpecifier, VersionSpecifiers};
use std::ops::Bound;
use version_ranges::Ranges;

/// What one piece of evidence admits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Versions {
    /// Exactly this version.
    Exact(Version),
    /// Every version the specifier admits.
    Range(VersionSpecifiers),
    /// A specifier that is not PEP 440, or none: any version.
    Any,
}

/// One member of the set of versions in force.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Candidate {
    /// What it admits.
    pub versions: Versions,
    /// How strongly it speaks.
    pub evidence: Evidence,
    /// Version or specifier as written.
    pub raw_version: String,
    /// The manifest.
    pub path: RepoPath,
    /// 1-based line.
    pub line: u32,
}

/// The set of versions of one distribution that govern one source file. Empty: no evidence, any version is possible.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Governing {
    /// The members, in file and line order, without duplicates: the strongest evidence, and weaker evidence that it
    /// contradicts.
    pub candidates: Vec<Candidate>,
}

/// Why evidence is not in the set of versions in force. `Display` says it, to be read after the evidence.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Standing {
    /// It narrows the ranges that are in the set.
    Limits,
    /// Stronger evidence beside it decides, which it agrees with.
    Weaker,
    /// An override takes its place.
    Overridden,
    /// Something that is needed to run decides.
    Development,
    /// What builds the project does not run with it.
    Build,
    /// It limits or replaces versions of what nothing requires.
    RequiresNothing,
    /// A nearer directory has evidence.
    Farther,
    /// Installed by test runners or CI jobs, and a project has evidence.
    LastResort,
    /// It is installed, and no version is known that could be compared.
    Versionless,
    /// The file itself says what it runs with.
    Outside,
    /// It speaks for other files.
    Elsewhere,
}

/// Evidence that is not in the set of versions in force.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Other {
    /// The evidence.
    pub candidate: Candidate,
    /// Why it is not in the set.
    pub standing: Standing,
}

/// All evidence for one distribution, as seen from one source file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Weighed {
    /// The set of versions in force.
    pub governing: Governing,
    /// What is not in it: nearest directory first, then in file and line order.
    pub others: Vec<Other>,
}

impl std::fmt::Display for Standing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Limits => "narrows the ranges that decide",
            Self::Weaker => "stronger evidence decides, and agrees",
            Self::Overridden => "an override takes its place",
            Self::Development => "for development only, and what is needed to run decides",
            Self::Build => "only builds the project",
            Self::RequiresNothing => "limits versions, and nothing requires it",
            Self::Farther => "a nearer directory has evidence",
            Self::LastResort => "only test runners or CI jobs install it, and a project has evidence",
            Self::Versionless => "installed in a version that is not known",
            Self::Outside => "the file itself says what it runs with",
            Self::Elsewhere => "speaks for other files",
        })
    }
}

impl From<&Dependency> for Candidate {
    fn from(dependency: &Dependency) -> Self {
        let versions = match (&dependency.version, &dependency.specifier) {
            (Some(version), _) => Versions::Exact(version.clone()),
            (None, Some(specifier)) => Versions::Range(specifier.clone()),
            (None, None) => Versions::Any,
        };
        Self {
            versions,
            evidence: dependency.evidence,
            raw_version: dependency.raw_version.clone(),
            path: dependency.path.clone(),
            line: dependency.line,
        }
    }
}

impl Versions {
    /// Whether one of these versions lies in one of `ranges`; no ranges at all mean every version.
    ///
    /// Versions are compared in the order they were released, which is not what PEP 440 makes of `<` and `>` for
    /// choosing a version: the pre-release 2.6.0rc1 comes before 2.6, so it is `<2.6` and not `>=2.6`. A range admits
    /// pre-releases only between its own bounds: `==2.6.*` and `>=2.6` begin with 2.6. A local label counts only where
    /// the range has one: 2.3.1+cu121 is `==2.3.1`. A range that admits nothing rules nothing out.
    pub fn may_be_in(&self, ranges: &[VersionSpecifiers]) -> bool {
        match self {
            _ if ranges.is_empty() => true,
            Self::Any => true,
            Self::Exact(version) => ranges.iter().any(|range| contains(range, version)),
            Self::Range(specifiers) => {
                let admitted = to_ranges(specifiers);
                admitted.is_empty() || ranges.iter().any(|range| !to_ranges(range).is_disjoint(&admitted))
            }
        }
    }

    /// Whether all of these versions lie in `ranges`, compared as [`Versions::may_be_in`] does.
    pub fn must_be_in(&self, ranges: &[VersionSpecifiers]) -> bool {
        match self {
            _ if ranges.is_empty() => true,
            Self::Any => false,
            Self::Exact(_) => self.may_be_in(ranges),
            Self::Range(specifiers) => {
                let admitted = to_ranges(specifiers);
                let all = ranges.iter().fold(Ranges::empty(), |all, range| all.union(&to_ranges(range)));
                !admitted.is_empty() && admitted.subset_of(&all)
            }
        }
    }
}

impl Candidate {
    /// Whether a version that this candidate admits lies in one of `ranges`, as [`Versions::may_be_in`] says.
    pub fn may_be_in(&self, ranges: &[VersionSpecifiers]) -> bool {
        self.versions.may_be_in(ranges)
    }
}

/// Whether every clause holds for `version`.
pub(super) fn contains(specifiers: &VersionSpecifiers, version: &Version) -> bool {
    let public = version.clone().without_local();
    specifiers.iter().all(|clause| {
        let compared = if clause.version().is_local() { version } else { &public };
        to_range(clause).contains(compared)
    })
}

fn to_ranges(specifiers: &VersionSpecifiers) -> Ranges<Version> {
    specifiers.iter().fold(Ranges::full(), |ranges, clause| ranges.intersection(&to_range(clause)))
}

/// The versions of one clause, in release order. `pep440_rs` has two such conversions: one puts the pre-releases of 2.6
/// into `==2.6.*` and takes them out of `<2.6`, the other forgets pre-releases; both overflow on huge numbers.
fn to_range(clause: &VersionSpecifier) -> Ranges<Version> {
    let version = clause.version().clone();
    match clause.operator() {
        Operator::Equal | Operator::ExactEqual => Ranges::singleton(version),
        Operator::NotEqual => Ranges::singleton(version).complement(),
        Operator::LessThan => Ranges::strictly_lower_than(version),
        Operator::LessThanEqual => Ranges::lower_than(version),
        Operator::GreaterThan => Ranges::strictly_higher_than(version),
        Operator::GreaterThanEqual => Ranges::higher_than(version),
        Operator::EqualStar => up_to_next(version.clone(), version.release()),
        Operator::NotEqualStar => up_to_next(version.clone(), version.release()).complement(),
        Operator::TildeEqual => {
            let kept = version.release().len().saturating_sub(1).max(1);
            up_to_next(version.clone(), &version.release()[..kept])
        }
    }
}

/// The versions in none of `ranges`, one specifier for each stretch, lowest first; nothing where `ranges` are all versions
/// or there are none.
pub fn outside(ranges: &[VersionSpecifiers]) -> Vec<String> {
    if ranges.is_empty() {
        return Vec::new();
    }
    let inside = ranges.iter().fold(Ranges::empty(), |all, range| all.union(&to_ranges(range)));
    inside.complement().iter().map(|(lower, upper)| specifier(lower, upper)).collect()
}

fn specifier(lower: &Bound<Version>, upper: &Bound<Version>) -> String {
    if let (Bound::Included(lower), Bound::Included(upper)) = (lower, upper)
        && lower == upper
    {
        return format!("=={lower}");
    }
    let lower = match lower {
        Bound::Included(version) => Some(format!(">={version}")),
        Bound::Excluded(version) => Some(format!(">{version}")),
        Bound::Unbounded => None,
    };
    let upper = match upper {
        Bound::Included(version) => Some(format!("<={version}")),
        Bound::Excluded(version) => Some(format!("<{version}")),
        Bound::Unbounded => None,
    };
    lower.into_iter().chain(upper).collect::<Vec<_>>().join(",")
}

/// From `lower` to before the release that follows all of `prefix`.
fn up_to_next(lower: Version, prefix: &[u64]) -> Ranges<Version> {
    let mut next = prefix.to_vec();
    match next.last_mut().and_then(|last| last.checked_add(1).map(|after| *last = after)) {
        Some(()) => {
            let upper = Version::new(next).with_epoch(lower.epoch());
            Ranges::from_range_bounds(lower..upper)
        }
        None => Ranges::higher_than(lower),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn specifiers(text: &str) -> VersionSpecifiers {
        text.parse().expect("a test writes PEP 440")
    }

    fn exact(version: &str) -> Versions {
        Versions::Exact(version.parse().expect("a test writes PEP 440"))
    }

    #[test]
    fn exact_versions_on_both_sides_of_a_boundary() {
        let before = [specifiers("<2.6")];
        for version in ["2.5.1", "2.5.1+cu121", "2.6.0rc1", "2.6.dev1", "0", "2.5.post1"] {
            assert!(exact(version).may_be_in(&before), "{version}");
            assert!(!exact(version).may_be_in(&[specifiers(">=2.6")]), "{version}");
        }
        for version in ["2.6", "2.6.0", "2.6.0+cpu", "2.6.0.post1", "3.0a1", "1!1.0"] {
            assert!(!exact(version).may_be_in(&before), "{version}");
            assert!(exact(version).may_be_in(&[specifiers(">=2.6")]), "{version}");
        }
        assert!(exact("2.3.1+cu121").may_be_in(&[specifiers("==2.3.1")]));
        assert!(!exact("2.3.1+cu121").may_be_in(&[specifiers("!=2.3.1")]));
        assert!(exact("2.3.1+cu121").may_be_in(&[specifiers("==2.3.1+cu121")]));
        assert!(!exact("2.3.1+cpu").may_be_in(&[specifiers("==2.3.1+cu121")]));
        assert!(!exact("2").may_be_in(&[specifiers("==2.6.*")]));
        assert!(exact("2").may_be_in(&[specifiers("==2.0.*")]));
    }

    #[test]
    fn ranges_on_both_sides_of_a_boundary() {
        let before = [specifiers("<2.6")];
        for range in [
            ">=2,<3",
            "<2.6",
            "<=2.6",
            "!=2.6",
            "~=2.5",
            "==2.*",
            ">2.5,!=2.5.1",
            ">=2.6.0rc1",
            "==2.5.*",
            "!=2.5.*",
            ">=3,<2",
        ] {
            assert!(Versions::Range(specifiers(range)).may_be_in(&before), "{range}");
        }
        for range in
            [">=2.6", ">=2.6,<3", "==2.6.*", "~=2.6", "~=2.6.0", ">2.6", "==2.6.0", ">=2.5,>=2.6", ">=2.6.0.post1"]
        {
            assert!(!Versions::Range(specifiers(range)).may_be_in(&before), "{range}");
        }
        assert!(Versions::Any.may_be_in(&before));
        assert!(exact("9").may_be_in(&[]));
        assert!(Versions::Range(specifiers("~=2.5.0")).may_be_in(&[specifiers(">=9"), specifiers("<2.5.1")]));
    }

    #[test]
    fn a_range_must_be_in_what_covers_it() {
        let before = [specifiers("<2.6")];
        for range in ["<2.6", "~=2.5.0", ">=2,<2.4", "==2.5.*"] {
            assert!(Versions::Range(specifiers(range)).must_be_in(&before), "{range}");
        }
        for range in [">=2", "<=2.6", "!=2.5", ">=3,<2"] {
            assert!(!Versions::Range(specifiers(range)).must_be_in(&before), "{range}");
        }
        assert!(Versions::Range(specifiers("<3")).must_be_in(&[specifiers("<2"), specifiers(">=2,<4")]));
        assert!(exact("2.5.1+cpu").must_be_in(&before) && !exact("2.6").must_be_in(&before));
        assert!(!Versions::Any.must_be_in(&before) && Versions::Any.must_be_in(&[]));
    }

    #[test]
    fn poetrys_caret_meets_the_same_boundary() {
        let caret = |text| {
            let specified = super::super::poetry_constraint::alternatives(text).remove(0);
            Versions::Range(specified.specifier.expect("a caret is a range"))
        };
        assert!(caret("^1.2").may_be_in(&[specifiers("<1.3")]));
        assert!(caret("^1.2").may_be_in(&[specifiers(">=1.99")]));
        assert!(!caret("^1.2").may_be_in(&[specifiers("<1.2")]));
        assert!(!caret("^1.2").may_be_in(&[specifiers(">=2")]));
    }

    #[test]
    fn huge_numbers_do_not_overflow() {
        for range in ["==18446744073709551615.*", "~=18446744073709551615.1", "!=18446744073709551615.*"] {
            let range = Versions::Range(specifiers(range));
            assert!(range.may_be_in(&[specifiers(">=1")]));
        }
    }
}
