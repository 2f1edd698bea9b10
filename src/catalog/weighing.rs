//! All evidence for one distribution, as seen from one source file: what decides, and what does not.

use super::formats::Tier::{self, LastResort, Project};
use super::governing::{Candidate, Governing, Other, Standing, Weighed};
use super::{Catalog, Dependency, DistributionName, Evidence, Inventory, deciding};
use crate::snapshot::RepoPath;
use std::collections::BTreeSet;

/// What the files of a directory are governed by: those of directories with equal outlooks have the same answers, but for
/// files that say themselves what they run with.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Outlook {
    /// The nearest directories with manifests of each tier.
    nearest: [Option<RepoPath>; 2],
    in_tests: bool,
}

impl Catalog<'_> {
    /// What the files of `directory` are governed by.
    pub fn outlook(&self, directory: &RepoPath) -> Outlook {
        let nearest = |tier| self.nearest(directory, tier).map(|found| found.path.clone());
        Outlook { nearest: [Project, LastResort].map(nearest), in_tests: deciding::is_in_tests(directory) }
    }

    /// What decides the version of `distribution` for the source file `file`.
    ///
    /// The nearest directory above it that has evidence decides; in one directory locked, then pinned, then declared.
    /// Weaker evidence that the stronger contradicts stays in the set. A lock further up decides where it locks the
    /// project of that directory, as those of workspaces do. What test runners and CI jobs install counts only where
    /// nothing else does. What is installed in an environment that was given decides before all of these. All files of a
    /// directory have the same answer, but for those that say themselves what they run with: see
    /// [`Catalog::governing_with`].
    pub fn governing(&self, file: &RepoPath, distribution: &DistributionName) -> Governing {
        let mut found = self.weigh_in(file, distribution, Project);
        if found.governing.candidates.is_empty() {
            found = self.weigh_in(file, distribution, LastResort);
        }
        self.weigh_installed(distribution, found).governing
    }

    /// What decides for `file`, with what it says itself: `own`, as [`super::within`] gives it.
    ///
    /// A script with a PEP 723 block is a world of its own: the block decides, with the lock beside it, and what neither
    /// names has no evidence. In a notebook, installs that name a version decide; other names are looked up as for any
    /// file, and installs without a version count last.
    pub fn governing_with(
        &self,
        file: &RepoPath,
        own: Option<&Inventory>,
        distribution: &DistributionName,
    ) -> Governing {
        match own {
            Some(own) => self.weigh_own(file, own, distribution).governing,
            None => self.governing(file, distribution),
        }
    }

    /// What [`Catalog::governing_with`] gives, and all other evidence for `distribution` in the snapshot. Reads every
    /// manifest.
    pub fn weigh(&self, file: &RepoPath, own: Option<&Inventory>, distribution: &DistributionName) -> Weighed {
        let mut weighed = match own {
            Some(own) => self.weigh_own(file, own, distribution),
            None => self.weigh_around(file, distribution),
        };
        let place = |candidate: &Candidate| (candidate.path.clone(), candidate.line, candidate.raw_version.clone());
        let deciding = weighed.governing.candidates.iter();
        let mut seen: BTreeSet<_> =
            deciding.chain(weighed.others.iter().map(|other| &other.candidate)).map(place).collect();
        for entry in self.everything().entries_for(distribution) {
            let candidate = Candidate::from(entry);
            if seen.insert(place(&candidate)) {
                weighed.others.push(Other { candidate, standing: Standing::Elsewhere });
            }
        }
        weighed
    }

    /// The evidence in the directory of `file` and above.
    pub(super) fn weigh_around(&self, file: &RepoPath, distribution: &DistributionName) -> Weighed {
        let mut weighed = self.weigh_in(file, distribution, Project);
        let last = self.weigh_in(file, distribution, LastResort);
        if weighed.governing.candidates.is_empty() {
            weighed.governing = last.governing;
        } else {
            let outvoted = |candidate| Other { candidate, standing: Standing::LastResort };
            weighed.others.extend(last.governing.candidates.into_iter().map(outvoted));
        }
        weighed.others.extend(last.others);
        self.weigh_installed(distribution, weighed)
    }

    fn weigh_in(&self, file: &RepoPath, distribution: &DistributionName, tier: Tier) -> Weighed {
        let directory = file.parent().unwrap_or_default();
        let in_tests = deciding::is_in_tests(&directory);
        let mut link = self.nearest(&directory, tier);
        let mut others = Vec::new();
        let mut nearest: Option<(RepoPath, Vec<Candidate>)> = None;
        let mut is_locked = false;
        while let Some(found) = link {
            let decisive = deciding::decide(&found.entries_for(distribution), in_tests, &mut others);
            let (locked, declared): (Vec<_>, Vec<_>) =
                decisive.into_iter().partition(|candidate| candidate.evidence >= Evidence::Locked);
            match &mut nearest {
                None if locked.is_empty() && declared.is_empty() => {}
                None => {
                    is_locked = !locked.is_empty();
                    nearest = Some((found.path.clone(), [locked, declared].concat()));
                }
                Some((project, candidates)) if !is_locked && found.locks_project(project) => {
                    is_locked = !locked.is_empty();
                    candidates.extend(locked);
                    others.extend(declared.into_iter().map(farther));
                }
                Some(_) => others.extend(locked.into_iter().chain(declared).map(farther)),
            }
            link = found.above.clone();
        }
        let candidates = nearest.map(|(_, candidates)| candidates).unwrap_or_default();
        Weighed { governing: Governing { candidates: deciding::strongest(candidates, &mut others) }, others }
    }

    /// `found` of the manifests, and above it what is installed.
    fn weigh_installed(&self, distribution: &DistributionName, found: Weighed) -> Weighed {
        if self.environments.is_empty() {
            return found;
        }
        let Weighed { governing, mut others } = found;
        let installed =
            self.environments.iter().flat_map(|environment| environment.inventory().entries_for(distribution));
        let (versions, unknown): (Vec<_>, Vec<_>) = installed.partition(|entry| entry.version.is_some());
        let candidates = versions.into_iter().map(Candidate::from).chain(governing.candidates).collect();
        let governing = Governing { candidates: deciding::strongest(candidates, &mut others) };
        let of_no_version = |entry: &Dependency| Other { candidate: entry.into(), standing: Standing::Versionless };
        others.extend(unknown.into_iter().map(of_no_version));
        Weighed { governing, others }
    }
}

fn farther(candidate: Candidate) -> Other {
    Other { candidate, standing: Standing::Farther }
}
