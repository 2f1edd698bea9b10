//! Judges the code cells of a Jupyter notebook.

use super::{Scan, Scanner, Surroundings, python};
use crate::finding::Finding;
use crate::rules::Selection;
use crate::snapshot::RepoPath;
use crate::syntax::{NotebookCode, code_cells};

/// Judges the code cells of a notebook as one source. Lines are those of the file, columns those of the line of code.
pub(super) fn scan(
    scanner: &Scanner<'_>,
    path: &RepoPath,
    bytes: &[u8],
    selection: &Selection<'_>,
    surroundings: Surroundings<'_>,
) -> Scan {
    // JSON can spell any letter as an escape.
    if !surroundings.forced && !scanner.prefilter.admits(bytes) && memchr::memmem::find(bytes, b"\\u00").is_none() {
        return Scan::default();
    }
    let code = match code_cells(bytes) {
        Ok(code) => code,
        Err(reason) => return Scan { unscanned: Some(reason), ..Scan::default() },
    };
    if !surroundings.forced && !scanner.prefilter.admits(code.source.as_bytes()) {
        return Scan::default();
    }
    let mut scan = python::scan_text(scanner, path, &code.source, selection, surroundings);
    for finding in scan.findings.iter_mut().chain(scan.allowed.iter_mut().map(|allowed| &mut allowed.finding)) {
        place(&code, finding);
    }
    scan.unscanned = scan.unscanned.map(|reason| format!("in its code cells: {reason}"));
    scan
}

/// Makes a finding in `code` one of the file.
fn place(code: &NotebookCode, finding: &mut Finding) {
    let start = code.line(finding.start.line);
    finding.excerpt.first_line = code.line(finding.excerpt.first_line).of_file;
    finding.start.line = start.of_file;
    finding.end.line = code.line(finding.end.line).of_file;
    // Several lines of code may stand in one line of the file.
    finding.end = finding.end.max(finding.start);
    finding.label.push_str(&format!(", in code cell {}", start.cell));
}
