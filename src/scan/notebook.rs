//! Judges the code cells of a Jupyter notebook.

use super::lines::Lines;
use super::{Scan, Scanner, Sketch, Surroundings, python, text};
use crate::finding::Cell;
use crate::rules::Selection;
use crate::snapshot::RepoPath;
use crate::syntax::{Line, NotebookCode, code_cells};

/// Whether rules may speak of the code cells, and what these may take from other files.
pub(super) fn look_at(scanner: &Scanner<'_>, bytes: &[u8]) -> (bool, Sketch) {
    match code_cells(bytes) {
        Ok(code) => {
            let (admits, sketch) = scanner.prefilter.look_at(code.source.as_bytes());
            let mut scripts = code.scripts.iter().map(|script| script.source.as_bytes());
            (admits || scripts.any(|script| scanner.prefilter.admits(script)), sketch)
        }
        // That it cannot be read matters where it seems to speak of what rules do.
        Err(_) => (scanner.prefilter.mentions(bytes), Sketch::default()),
    }
}

/// Judges the code cells of a notebook as one source. Lines are those of the file, columns those of the line of code.
pub(super) fn scan(
    scanner: &Scanner<'_>,
    path: &RepoPath,
    bytes: &[u8],
    selection: &Selection<'_>,
    surroundings: Surroundings<'_>,
) -> Scan {
    let mut scan = code_of(scanner, path, bytes, selection, surroundings);
    if scanner.warns_of_own_versions(selection) {
        let text = String::from_utf8_lossy(bytes);
        scan.findings.extend(text::versions(scanner, path, &text, &Lines::new(&text), selection));
    }
    scan
}

fn code_of(
    scanner: &Scanner<'_>,
    path: &RepoPath,
    bytes: &[u8],
    selection: &Selection<'_>,
    surroundings: Surroundings<'_>,
) -> Scan {
    let code = match code_cells(bytes) {
        Ok(code) => code,
        Err(reason) => return Scan { unscanned: Some(reason), ..Scan::default() },
    };
    let mut scan = python::scan_text(scanner, path, &code.python, &code.source, selection, surroundings);
    scan.unscanned = scan.unscanned.map(|reason| format!("in its code cells: {reason}"));
    place(&mut scan, &|line| code.line(line));
    let mut add = |mut more: Scan, line: &dyn Fn(u32) -> Line| {
        place(&mut more, line);
        scan.findings.extend(more.findings);
        scan.allowed.extend(more.allowed);
    };
    // What IPython and shells run sets variables, too.
    let commands = text::scan_settings(scanner, path, &commands(&code), selection, surroundings);
    add(commands, &|line| code.line(line));
    for script in &code.scripts {
        let found = text::scan_settings(scanner, path, &script.source, selection, surroundings);
        add(found, &|line| script.line(line.saturating_sub(1)).unwrap_or(Line { of_file: 1, cell: 1, of_cell: 1 }));
    }
    scan
}

/// The source of the cells with white space for what is Python.
fn commands(code: &NotebookCode) -> String {
    let both = code.source.bytes().zip(code.python.bytes());
    let kept = both.map(|(byte, python)| if byte == b'\n' || byte != python { byte } else { b' ' });
    String::from_utf8_lossy(&kept.collect::<Vec<u8>>()).into_owned()
}

/// Makes the findings in a part of a notebook findings of the file. `line` says where a line of the part was written.
fn place(scan: &mut Scan, line: &dyn Fn(u32) -> Line) {
    for finding in scan.findings.iter_mut().chain(scan.allowed.iter_mut().map(|allowed| &mut allowed.finding)) {
        let start = line(finding.start.line);
        finding.excerpt.first_line = line(finding.excerpt.first_line).of_file;
        finding.start.line = start.of_file;
        finding.end.line = line(finding.end.line).of_file;
        // Several lines of code may stand in one line of the file.
        finding.end = finding.end.max(finding.start);
        finding.cell = Some(Cell { number: start.cell, line: start.of_cell });
        let separator = if finding.label.is_empty() { "" } else { ", " };
        finding.label.push_str(&format!("{separator}in cell {}, line {}", start.cell, start.of_cell));
    }
}
