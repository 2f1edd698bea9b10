//! What source files themselves say of their dependencies, and how far it decides for them.

use super::governing::{Candidate, Other, Standing};
use super::reading::Reading;
use super::{Catalog, Dependency, DistributionName, Inventory, Tier, Weighed, deciding, notebook, script_block};
use crate::snapshot::{File, RepoPath, Snapshot, SnapshotError};
use crate::syntax::{decode, is_code, is_notebook, is_python, may_be_script};

/// How a source begins in which a byte order mark hides the block.
const BLOCK_BEHIND_MARK: &[u8] = b"\xef\xbb\xbf# ///";

/// What the source file `path` of this content says of its own dependencies: a script in its PEP 723 block, a notebook in
/// the cells that install something. `None` for nearly all files, at the price of one search for bytes.
///
/// Given to [`Catalog::governing_with`], it decides for that file.
pub fn within(path: &RepoPath, bytes: &[u8]) -> Option<Inventory> {
    let mut reading;
    let is_found = if is_notebook(path) {
        reading = Reading::new(path, notebook::FORMAT);
        notebook::may_be_in(bytes) && notebook::read(&mut reading, bytes)
    } else {
        reading = Reading::new(path, script_block::FORMAT);
        script_block::may_be_in(bytes)
            && is_python(path, bytes)
            // No tool finds a block behind a byte order mark.
            && !bytes.starts_with(BLOCK_BEHIND_MARK)
            && decode(bytes).is_ok_and(|text| script_block::read(&mut reading, &text))
    };
    is_found.then(|| Inventory::from(reading))
}

/// What [`within`] gives for `file` of `snapshot`; `None` also where it is no code.
pub(super) fn read(snapshot: &dyn Snapshot, file: &File) -> Result<Option<Inventory>, SnapshotError> {
    let is_certain = is_code(&file.path, b"");
    if !is_certain && !may_be_script(&file.path) {
        return Ok(None);
    }
    match snapshot.read(file) {
        Ok(bytes) => Ok(within(&file.path, &bytes)),
        // What is not code by its name is more likely data.
        Err(_) if !is_certain => Ok(None),
        Err(error) => Err(error),
    }
}

impl Catalog<'_> {
    /// What [`Catalog::weigh`] says of `file` with what it says itself, without what speaks for other files.
    pub(super) fn weigh_own(&self, file: &RepoPath, own: &Inventory, distribution: &DistributionName) -> Weighed {
        let mut weighed = Weighed::default();
        let names_version = |entry: &&Dependency| entry.version.is_some() || entry.specifier.is_some();
        if is_notebook(file) {
            let (versioned, bare): (Vec<_>, Vec<_>) = own.entries_for(distribution).partition(names_version);
            weighed.governing.candidates = deciding::decide_own(&versioned, &mut weighed.others);
            let around = self.weigh_around(file, distribution);
            if !weighed.governing.candidates.is_empty() {
                weighed.others.extend(around.governing.candidates.into_iter().map(outside));
            } else if !around.governing.candidates.is_empty() {
                weighed.governing = around.governing;
            } else {
                weighed.governing.candidates = deciding::decide_own(&bare, &mut weighed.others);
            }
            weighed.others.extend(around.others);
            return weighed;
        }
        let lock = RepoPath::new([file.as_bytes(), b".lock"].concat());
        let beside = self.nearest(&file.parent().unwrap_or_default(), Tier::Project);
        let locked =
            beside.iter().flat_map(|beside| beside.entries_for(distribution)).filter(|entry| entry.path == lock);
        let entries: Vec<&Dependency> = own.entries_for(distribution).chain(locked).collect();
        weighed.governing.candidates = deciding::decide_own(&entries, &mut weighed.others);
        let around = self.weigh_around(file, distribution);
        weighed.others.extend(around.governing.candidates.into_iter().map(outside));
        weighed.others.extend(around.others.into_iter().filter(|other| other.candidate.path != lock));
        weighed
    }
}

fn outside(candidate: Candidate) -> Other {
    Other { candidate, standing: Standing::Outside }
}
