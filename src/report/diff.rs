//! Edits as a unified diff, as `git apply` and `patch` take it.
//!
//! Control characters of the source are escaped as in every report, and what holds one can be read but not applied.

use super::printable::printable_line;
use crate::finding::Edits;
use crate::snapshot::RepoPath;
use std::fmt::Write as _;
use std::ops::Range;

/// How many unchanged lines are shown around what changes.
const CONTEXT: usize = 3;

/// Lines of the old text that are replaced, and what by.
struct Block<'t> {
    old: Range<usize>,
    new: Vec<&'t str>,
}

/// What `edits` make of the file `source` at `path`; empty where they change nothing.
pub fn diff(path: &RepoPath, source: &[u8], edits: &Edits) -> String {
    let source = String::from_utf8_lossy(source);
    let lines: Vec<&str> = source.split_inclusive('\n').collect();
    let texts = replaced(&source, &lines, edits);
    let blocks: Vec<Block<'_>> = texts.iter().filter_map(|(old, text)| block(&lines, old.clone(), text)).collect();
    let mut out = String::new();
    let Some(mut from) = (!blocks.is_empty()).then_some(0) else { return out };
    // A name with a space would end there.
    let end = if path.to_string().contains(' ') { "\t" } else { "" };
    let _ = write!(out, "--- a/{path}{end}\n+++ b/{path}{end}\n");
    let mut grown = 0;
    while from < blocks.len() {
        let near = |pair: &[Block<'_>]| pair[1].old.start <= pair[0].old.end + 2 * CONTEXT;
        let count = 1 + blocks[from..].windows(2).take_while(|pair| near(pair)).count();
        grown = hunk(&mut out, &lines, &blocks[from..from + count], grown);
        from += count;
    }
    out
}

/// The whole lines that the edits touch, and what they become.
fn replaced(source: &str, lines: &[&str], edits: &Edits) -> Vec<(Range<usize>, String)> {
    let mut starts = vec![0];
    starts.extend(lines.iter().scan(0, |at, line| {
        *at += line.len();
        Some(*at)
    }));
    let line_of =
        |offset: usize| (starts.partition_point(|start| *start <= offset) - 1).min(lines.len().saturating_sub(1));
    let mut found: Vec<(Range<usize>, String)> = Vec::new();
    // Up to where the source is written in the last one.
    let mut written = 0;
    for replacement in edits.replacements() {
        let (start, end) = (replacement.range.start.min(source.len()), replacement.range.end.min(source.len()));
        let (first, last) = (line_of(start), line_of(end));
        if found.last().is_none_or(|(old, _)| old.end < first) {
            finish(source, &starts, &mut found, written);
            written = starts[first];
            found.push((first..first, String::new()));
        }
        let (old, text) = found.last_mut().expect("one was just added");
        old.end = (last + 1).min(lines.len());
        text.push_str(source.get(written..start).unwrap_or_default());
        text.push_str(&replacement.text);
        written = end;
    }
    finish(source, &starts, &mut found, written);
    found
}

/// Writes the rest of its last line to the last one.
fn finish(source: &str, starts: &[usize], found: &mut [(Range<usize>, String)], written: usize) {
    if let Some((old, text)) = found.last_mut() {
        text.push_str(source.get(written..starts[old.end]).unwrap_or_default());
    }
}

/// Only what differs of the lines `old` and `text`.
fn block<'t>(lines: &[&str], old: Range<usize>, text: &'t str) -> Option<Block<'t>> {
    let new: Vec<&str> = text.split_inclusive('\n').collect();
    let before = &lines[old.clone()];
    let same = before.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let (before, new) = (&before[same..], &new[same..]);
    let tail = before.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    let block = Block { old: old.start + same..old.end - tail, new: new[..new.len() - tail].to_vec() };
    (!block.old.is_empty() || !block.new.is_empty()).then_some(block)
}

/// One hunk; gives how many lines longer the new text is after it.
fn hunk(out: &mut String, lines: &[&str], blocks: &[Block<'_>], grown: isize) -> isize {
    let (first, last) = (&blocks[0], &blocks[blocks.len() - 1]);
    let start = first.old.start.saturating_sub(CONTEXT);
    let end = (last.old.end + CONTEXT).min(lines.len());
    let growth: isize = blocks.iter().map(|block| block.new.len() as isize - block.old.len() as isize).sum();
    let (old, new) = (end - start, (end - start) as isize + growth);
    let number = |start: isize, count: isize| if count == 0 { start } else { start + 1 };
    let (from, to) = (number(start as isize, old as isize), number(start as isize + grown, new));
    let _ = writeln!(out, "@@ -{from},{old} +{to},{new} @@");
    let mut at = start;
    for block in blocks {
        lines[at..block.old.start].iter().for_each(|line| write_line(out, ' ', line));
        lines[block.old.clone()].iter().for_each(|line| write_line(out, '-', line));
        block.new.iter().for_each(|line| write_line(out, '+', line));
        at = block.old.end;
    }
    lines[at..end].iter().for_each(|line| write_line(out, ' ', line));
    grown + growth
}

/// A carriage return before the line end is part of the line, and nothing to escape.
fn write_line(out: &mut String, sign: char, line: &str) {
    let (text, end) = match line.strip_suffix("\r\n") {
        Some(text) => (text, "\r\n"),
        None => line.strip_suffix('\n').map_or((line, "\n\\ No newline at end of file\n"), |text| (text, "\n")),
    };
    let _ = write!(out, "{sign}{}{end}", printable_line(text));
}
