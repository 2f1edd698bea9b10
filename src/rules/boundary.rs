//! What matches ask of versions, for those who want to know where a rule begins and ends.

use super::{Library, Match, Rule, RuleSet};
use crate::catalog::outside;
use pep440_rs::VersionSpecifiers;

/// A condition on the versions of one library.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Boundary<'r> {
    /// Name of the library.
    pub library: &'r str,
    /// PEP 440 specifiers, any of which may hold.
    pub versions: &'r [String],
}

/// All version conditions of `candidate`: that of its own library first. None: every version.
pub fn boundaries(candidate: &Match) -> Vec<Boundary<'_>> {
    let own = Boundary { library: &candidate.library, versions: &candidate.versions };
    let others = candidate.requires.iter().map(|other| Boundary { library: &other.library, versions: &other.versions });
    std::iter::once(own).filter(|own| !own.versions.is_empty()).chain(others).collect()
}

/// The versions that `versions`, any of which may hold, leave out; empty where they leave out none.
///
/// ```
/// assert_eq!(picklegate::rules::versions_outside(&[">=5.1,<5.4"]), ["<5.1", ">=5.4"]);
/// ```
pub fn versions_outside(versions: &[&str]) -> Vec<String> {
    let ranges: Vec<VersionSpecifiers> = versions.iter().filter_map(|text| text.parse().ok()).collect();
    outside(&ranges)
}

impl RuleSet {
    /// The libraries that `distribution`, normalised, installs; those of Python itself are in none.
    pub fn installed_by<'r>(&'r self, distribution: &'r str) -> impl Iterator<Item = &'r Library> {
        let installs = move |library: &&Library| {
            !library.standard && library.distributions().any(|installed| installed == distribution)
        };
        self.libraries.iter().filter(installs)
    }

    /// The rules in force with a match about the library called `name`.
    pub fn rules_of<'r>(&'r self, name: &'r str) -> impl Iterator<Item = &'r Rule> {
        self.rules.iter().filter(move |rule| rule.matches.iter().any(|candidate| candidate.library == name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_written_as_specifiers() {
        assert_eq!(versions_outside(&["<2.6"]), [">=2.6"]);
        assert_eq!(versions_outside(&["<=2.6", ">3"]), [">2.6,<=3"]);
        assert_eq!(versions_outside(&["==1.2"]), ["<1.2", ">1.2"]);
        assert_eq!(versions_outside(&["!=1.2"]), ["==1.2"]);
        assert_eq!(versions_outside(&["<5.4", ">=5.1"]), [""; 0]);
        assert_eq!(versions_outside(&[]), [""; 0]);
    }
}
