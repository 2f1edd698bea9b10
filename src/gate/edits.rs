//! Tries the edits of findings, and takes away those that do not help: the finding must be gone, nothing as bad may be in
//! its place, and the file must parse.

use super::side::Side;
use crate::catalog::InstalledEnvironment;
use crate::finding::{Edits, Finding, Position};
use crate::linking::Linking;
use crate::parallel::in_parallel;
use crate::snapshot::{EditedSnapshot, RepoPath};
use crate::syntax;
use std::collections::BTreeMap;
use std::ops::Range;

/// Where one edit spoils another, the rest is tried once more, so often.
const MAX_TRIES: usize = 3;

/// Takes the edits away from those of `findings` of `side` that would not be gone. `environments` are those of `side`.
pub(super) fn keep_helpful(side: &Side<'_>, environments: &[InstalledEnvironment], findings: &mut [Finding]) {
    let mut files: BTreeMap<RepoPath, Vec<&mut Finding>> = BTreeMap::new();
    for finding in findings.iter_mut().filter(|finding| finding.edit.is_some()) {
        files.entry(finding.path.clone()).or_default().push(finding);
    }
    if files.is_empty() {
        return;
    }
    let before = judge(side, files.keys());
    let sources: BTreeMap<RepoPath, Vec<u8>> = files.keys().map(|path| (path.clone(), read(side, path))).collect();
    for tries in 1..=MAX_TRIES {
        let edits: BTreeMap<RepoPath, Edits> =
            files.iter_mut().map(|(path, findings)| (path.clone(), together(findings))).collect();
        let edited = edits.iter().map(|(path, edits)| (path.clone(), edits.applied(&sources[path]))).collect();
        let snapshot = EditedSnapshot::new(side.snapshot, edited);
        let after = judge(&Side::with_environments(&snapshot, side.policy, environments), edits.keys());
        files.retain(|path, findings| {
            let trial = Trial::new(&edits[path], &sources[path], snapshot.edited(path), &before[path], &after[path]);
            let helps: Vec<bool> = findings.iter().map(|finding| trial.helps(finding)).collect();
            if helps.iter().all(|helps| *helps) {
                return false;
            }
            let gives_up = tries == MAX_TRIES;
            for (finding, _) in findings.iter_mut().zip(helps).filter(|(_, helps)| gives_up || !helps) {
                finding.edit = None;
            }
            findings.retain(|finding| finding.edit.is_some());
            !findings.is_empty()
        });
        if files.is_empty() {
            return;
        }
    }
}

/// What is found in each of `paths`, without what others make of it: an edit removes what the file itself says.
fn judge<'p>(side: &Side<'_>, paths: impl Iterator<Item = &'p RepoPath>) -> BTreeMap<RepoPath, Vec<Finding>> {
    let paths: Vec<&RepoPath> = paths.collect();
    let linking = Linking::new(side.snapshot);
    let found = in_parallel(&paths, |path| match side.snapshot.find(path) {
        Ok(Some(file)) => side.judge(&file, &read(side, path), &linking).findings,
        _ => Vec::new(),
    });
    paths.into_iter().cloned().zip(found).collect()
}

fn read(side: &Side<'_>, path: &RepoPath) -> Vec<u8> {
    let file = side.snapshot.find(path).ok().flatten();
    file.and_then(|file| side.snapshot.read(&file).ok()).unwrap_or_default()
}

/// The edits of `findings` in one; where one is in the way of another, the second is taken away.
fn together(findings: &mut Vec<&mut Finding>) -> Edits {
    let mut edits = Edits::default();
    for finding in findings.iter_mut() {
        if finding.edit.as_ref().is_some_and(|edit| !edits.add(edit)) {
            finding.edit = None;
        }
    }
    findings.retain(|finding| finding.edit.is_some());
    edits
}

/// One file before and after its edits.
struct Trial<'t> {
    source: Lines<'t>,
    edited: Lines<'t>,
    before: &'t [Finding],
    after: &'t [Finding],
    /// Where each replacement starts and ends, and where in the edited text.
    moves: Vec<(Range<usize>, Range<usize>)>,
    parses: bool,
}

impl<'t> Trial<'t> {
    fn new(edits: &Edits, source: &'t [u8], edited: &'t [u8], before: &'t [Finding], after: &'t [Finding]) -> Self {
        let mut moves = Vec::new();
        let (mut old, mut new) = (0, 0);
        for replacement in edits.replacements() {
            let start = new + replacement.range.start - old;
            moves.push((replacement.range.clone(), start..start + replacement.text.len()));
            (old, new) = (replacement.range.end, start + replacement.text.len());
        }
        let parses = std::str::from_utf8(edited).is_ok_and(|text| {
            syntax::parse(text.trim_start_matches('\u{feff}')).is_ok_and(|tree| tree.errors().is_empty())
        });
        Self { source: Lines::new(source), edited: Lines::new(edited), before, after, moves, parses }
    }

    fn helps(&self, finding: &Finding) -> bool {
        let start = self.edited.position(self.moved(self.source.offset(finding.start)));
        let was_there = |rule: &str| at(self.before, finding.start).iter().any(|other| other.rule == rule);
        let spoils = |other: &Finding| {
            other.rule == finding.rule || other.severity >= finding.severity && !was_there(&other.rule)
        };
        // What is not found without files that are not looked at now, is not found whatever the edit.
        self.parses && was_there(&finding.rule) && !at(self.after, start).iter().any(spoils)
    }

    /// Where an offset of the source is in the edited text.
    fn moved(&self, offset: usize) -> usize {
        match self.moves.partition_point(|(old, _)| old.start < offset).checked_sub(1) {
            None => offset,
            Some(last) => {
                let (old, new) = &self.moves[last];
                new.end + offset.saturating_sub(old.end)
            }
        }
    }
}

/// Those of `findings`, which are sorted, that start at `position`.
fn at(findings: &[Finding], position: Position) -> &[Finding] {
    let start = findings.partition_point(|finding| finding.start < position);
    let count = findings[start..].partition_point(|finding| finding.start == position);
    &findings[start..start + count]
}

/// Lines of a file, as findings count them: without its byte order mark, and ending at LF, CRLF or CR.
struct Lines<'t> {
    bytes: &'t [u8],
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    fn new(bytes: &'t [u8]) -> Self {
        let mut starts = vec![if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 }];
        for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
            if bytes[at] == b'\n' || bytes.get(at + 1) != Some(&b'\n') {
                starts.push(at + 1);
            }
        }
        Self { bytes, starts }
    }

    fn offset(&self, position: Position) -> usize {
        let start = self.starts.get(position.line as usize - 1).copied().unwrap_or(self.bytes.len());
        let line = &self.bytes[start..];
        let columns = line.iter().enumerate().filter(|(_, byte)| starts_character(**byte));
        start + columns.map(|(at, _)| at).nth(position.column as usize - 1).unwrap_or(line.len())
    }

    fn position(&self, offset: usize) -> Position {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let before = self.bytes.get(self.starts[line - 1]..offset).unwrap_or_default();
        let column = 1 + before.iter().filter(|byte| starts_character(**byte)).count();
        Position { line: line as u32, column: column as u32 }
    }
}

fn starts_character(byte: u8) -> bool {
    byte & 0xc0 != 0x80
}

#[cfg(test)]
mod tests;
