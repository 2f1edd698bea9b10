//! The edits that a verdict offers, by file.

use super::judging::Judged;
use super::{Failure, output};
use crate::finding::{Edits, Finding};
use crate::report::{View, diff, printable};
use crate::snapshot::{RepoPath, Snapshot};
use std::collections::{BTreeMap, BTreeSet};

/// What can be edited of the findings that are shown.
pub struct Offered<'v> {
    /// The files to edit.
    pub files: BTreeMap<&'v RepoPath, Edits>,
    /// The findings that are gone then.
    pub gone: Vec<&'v Finding>,
    /// How many more there would be with unsafe edits.
    pub held_back: usize,
    /// Notebooks with findings: nothing is edited there.
    pub notebooks: BTreeSet<&'v RepoPath>,
}

impl<'v> Offered<'v> {
    /// The safe edits of the findings that `view` shows, or all.
    pub fn new(judged: &'v Judged<'_>, view: View, with_unsafe: bool) -> Self {
        let mut offered = Self { files: BTreeMap::new(), gone: Vec::new(), held_back: 0, notebooks: BTreeSet::new() };
        for finding in view.shown(&judged.verdict) {
            if finding.cell.is_some() {
                offered.notebooks.insert(&finding.path);
            }
            match &finding.edit {
                Some(edit) if !edit.safe && !with_unsafe => offered.held_back += 1,
                Some(edit) if offered.files.entry(&finding.path).or_default().add(edit) => offered.gone.push(finding),
                _ => {}
            }
        }
        offered
    }

    /// Says what is not edited, and why.
    pub fn explain(&self) {
        for path in &self.notebooks {
            output::say(&format!("note: {path}: notebooks are not edited\n"));
        }
        if self.held_back > 0 {
            let (count, s) = (self.held_back, if self.held_back == 1 { "" } else { "s" });
            output::say(&format!(
                "note: {count} more edit{s} with --unsafe-fixes, after which harmless data may be loaded otherwise, or not \
                 at all\n"
            ));
        }
    }
}

/// What is in the file that was judged.
pub fn source(snapshot: &dyn Snapshot, path: &RepoPath) -> Result<Vec<u8>, Failure> {
    match snapshot.find(path)? {
        Some(file) => Ok(snapshot.read(&file)?),
        None => Err(Failure::new(format!("{path}: the file is gone"))),
    }
}

/// Prints the edits as a diff, and how many findings they remove.
pub fn show(judged: &Judged<'_>, view: View, with_unsafe: bool) -> Result<(), Failure> {
    let offered = Offered::new(judged, view, with_unsafe);
    let mut out = String::new();
    for (path, edits) in &offered.files {
        out.push_str(&diff(path, &source(judged.snapshot, path)?, edits));
    }
    output::print(out)?;
    for unscanned in &judged.verdict.unscanned {
        output::say(&format!("not judged: {}: {}\n", unscanned.path, printable(&unscanned.reason)));
    }
    offered.explain();
    let (gone, all) = (offered.gone.len(), view.shown(&judged.verdict).count());
    if !view.quiet || gone < all {
        output::say(&format!("would fix {gone} of {all} finding{}\n", if all == 1 { "" } else { "s" }));
    }
    Ok(())
}
