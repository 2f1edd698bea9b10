//! `picklegate fix`: makes the edits of findings in the working tree.
//!
//! Writes only over files that are what was judged, beside them and with a rename, so that no file is ever half written.

use super::arguments::{FixArguments, TreeArguments};
use super::edits::{Offered, source};
use super::judging::Judged;
use super::{Failure, check, judging, output, repository, scan};
use crate::gate::Outcome;
use crate::report::Subject;
use crate::snapshot::to_native_path;
use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;

/// Edits what is staged, or the tree that is named.
pub fn run(arguments: &FixArguments, color: bool) -> Result<Outcome, Failure> {
    match &arguments.path {
        Some(path) => {
            let tree = repository::tree(&TreeArguments { path: Some(path.clone()), rev: None })?;
            let judged = scan::judge(&tree, &arguments.environments, &arguments.judging)?;
            let directory = tree.directory.as_deref().expect("a path on disk was asked for");
            fix(judged, directory, "judged", arguments, color)
        }
        None => {
            let repository = repository::discover()?;
            let directory = repository.work_tree().ok_or_else(|| {
                let message =
                    format!("{}: a bare repository has no files to edit", output::shown(repository.git_dir()));
                Failure::new(message).hint("run it in a working tree")
            })?;
            if !arguments.environments.directories.is_empty() {
                return Err(Failure::new("--environment: expected a PATH beside it")
                    .hint("what is staged is judged by its own manifests"));
            }
            let staged = repository.staged()?;
            let judged = check::judge(&staged, Subject::Staged, &arguments.judging)?;
            fix(judged, directory, "staged", arguments, color)
        }
    }
}

/// Makes the edits below `directory`, and reports what is left. `seen` is what was done with the files that were judged.
fn fix(
    mut judged: Judged<'_>,
    directory: &Path,
    seen: &str,
    arguments: &FixArguments,
    color: bool,
) -> Result<Outcome, Failure> {
    let arguments = &arguments.judging;
    if arguments.diff {
        return judging::report(&judged, arguments, color);
    }
    let view = judged.view(arguments, color);
    let offered = Offered::new(&judged, view, arguments.unsafe_fixes);
    let mut left_alone = BTreeSet::new();
    for (path, edits) in &offered.files {
        let before = source(judged.snapshot, path)?;
        match write(&directory.join(to_native_path(path)), directory, &before, &edits.applied(&before))? {
            Written::Yes => {}
            Written::Already => {
                output::say(&format!("not touched: {path}: it is edited so already, and not {seen}\n"));
                left_alone.insert(*path);
            }
            Written::No(reason) => {
                output::say(&format!("not touched: {path}: {reason} what was {seen}\n"));
                left_alone.insert(*path);
            }
        }
    }
    let mut done = Vec::new();
    for finding in offered.gone.iter().filter(|finding| !left_alone.contains(&finding.path)) {
        let (path, start) = (&finding.path, finding.start);
        output::say(&format!("fixed: {path}:{}:{}: {}\n", start.line, start.column, finding.rule));
        done.push((*finding).clone());
    }
    if judged.subject == Subject::Staged && !done.is_empty() {
        output::say("note: the edits are in the working tree; `git add` stages them\n");
    }
    offered.explain();
    judged.verdict.findings.retain(|finding| !done.contains(finding));
    judging::report(&judged, arguments, color)
}

/// What became of a file.
enum Written {
    Yes,
    /// It already was what it should become.
    Already,
    /// `is not`, to be read on with `what was staged`.
    No(&'static str),
}

/// Writes `after` to `path` if `before` is there.
fn write(path: &Path, top: &Path, before: &[u8], after: &[u8]) -> Result<Written, Failure> {
    let failed =
        |what: &str, error: std::io::Error| Failure::new(format!("{}: cannot {what}: {error}", output::shown(path)));
    for part in path.ancestors().take_while(|part| *part != top) {
        match part.symlink_metadata() {
            Ok(found) if found.is_symlink() => return Ok(Written::No("a symbolic link stands in the place of")),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Written::No("there is no file any more for"));
            }
            found => found.map_err(|error| failed("look at it", error))?,
        };
    }
    let there = std::fs::read(path).map_err(|error| failed("read", error))?;
    let after = if there == before {
        after.to_vec()
    } else if there == with_crlf(before) && !before.contains(&b'\r') {
        // As git checks it out where core.autocrlf is set.
        with_crlf(after)
    } else if there == after || there == with_crlf(after) {
        return Ok(Written::Already);
    } else {
        return Ok(Written::No("it differs from"));
    };
    let directory = path.parent().expect("a file is in a directory");
    let replace = || -> std::io::Result<()> {
        let mut file = tempfile::Builder::new().prefix(".picklegate-").tempfile_in(directory)?;
        file.write_all(&after)?;
        file.as_file().set_permissions(path.metadata()?.permissions())?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    replace().map_err(|error| failed("write", error))?;
    Ok(Written::Yes)
}

fn with_crlf(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for &byte in bytes {
        if byte == b'\n' {
            out.push(b'\r');
        }
        out.push(byte);
    }
    out
}
