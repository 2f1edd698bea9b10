//! Rules for files that are not Python: a regular expression over the whole text.

use super::lines::Lines;
use super::{Scan, Scanner, Surroundings, suppression};
use crate::finding::{Finding, Fingerprint};
use crate::rules::{Selection, any_glob_matches, compile_pattern};
use crate::snapshot::RepoPath;
use regex::Regex;
use ruff_text_size::{TextRange, TextSize};
use std::sync::OnceLock;

/// Larger files are not searched.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// More findings than this are not listed.
const MAX_FINDINGS: usize = 5000;

/// A match of a rule that looks at text. The expression is compiled when a file first needs it.
pub(super) struct TextMatch<'r> {
    rule: usize,
    index: usize,
    files: &'r [String],
    pattern: &'r str,
    compiled: OnceLock<Option<Regex>>,
}

impl<'r> TextMatch<'r> {
    pub fn new(rule: usize, index: usize, files: &'r [String], pattern: &'r str) -> Self {
        Self { rule, index, files, pattern, compiled: OnceLock::new() }
    }

    /// Whether the match looks at files of this name.
    pub fn concerns(&self, path: &RepoPath) -> bool {
        any_glob_matches(self.files, path)
    }
}

/// Judges a file that is not Python.
pub(super) fn scan(
    scanner: &Scanner<'_>,
    path: &RepoPath,
    source: &[u8],
    selection: &Selection<'_>,
    surroundings: Surroundings<'_>,
) -> Scan {
    let concerned: Vec<&TextMatch<'_>> = scanner.texts.iter().filter(|text| text.concerns(path)).collect();
    if concerned.is_empty() {
        return Scan::default();
    }
    let unscanned = |reason: String| Scan { unscanned: Some(reason), ..Scan::default() };
    if source.len() > MAX_BYTES {
        return unscanned(format!("{} bytes, more than the {MAX_BYTES} that are searched", source.len()));
    }
    let text = String::from_utf8_lossy(source.strip_prefix(b"\xef\xbb\xbf").unwrap_or(source));
    let lines = Lines::new(&text);
    let mut findings = Vec::new();
    for TextMatch { rule, index, pattern, compiled, .. } in concerned {
        let (rule, candidate) = (&scanner.rules.rules[*rule], &scanner.rules.rules[*rule].matches[*index]);
        let Some(regex) = compiled.get_or_init(|| compile_pattern(pattern).ok()) else {
            return unscanned(format!("the expression of rule `{}` does not compile", rule.id));
        };
        let at: Vec<TextRange> = regex
            .captures_iter(&text)
            .filter_map(|found| found.name("at").or_else(|| found.get(0)))
            .map(|found| TextRange::new(TextSize::new(found.start() as u32), TextSize::new(found.end() as u32)))
            .take(MAX_FINDINGS + 1)
            .collect();
        if at.is_empty() {
            continue;
        }
        let Some(because) = selection.applies(rule, candidate) else { continue };
        findings.extend(at.into_iter().map(|range| Finding {
            path: path.clone(),
            start: lines.position(range.start()),
            end: lines.position(range.end()),
            scope: String::new(),
            rule: rule.id.clone(),
            severity: candidate.severity.unwrap_or(rule.severity),
            confidence: rule.confidence,
            message: candidate.message.as_ref().unwrap_or(&rule.message).clone(),
            label: "written here".to_owned(),
            because: because.clone(),
            fix: candidate.fix.as_ref().unwrap_or(&rule.fix).clone(),
            excerpt: lines.excerpt(range),
            fingerprint: Fingerprint(format!("{} {}", rule.id, squeeze(&text[range]))),
        }));
    }
    // The most severe of each rule at a place.
    findings.sort_by(|a, b| {
        let place = |finding: &Finding| (finding.start, finding.rule.clone());
        place(a).cmp(&place(b)).then(b.severity.cmp(&a.severity))
    });
    findings.dedup_by(|later, first| later.start == first.start && later.rule == first.rule);
    let too_many = findings.len() > MAX_FINDINGS;
    findings.truncate(MAX_FINDINGS);
    let comments = comments(&text);
    let mut scan = suppression::apply(path, &lines, &text, &comments, scanner.rules, surroundings.honoured, findings);
    scan.unscanned = too_many.then(|| format!("more than {MAX_FINDINGS} findings; the rest was not judged"));
    scan
}

/// Comments of ours: in most formats they start with `#`.
fn comments(text: &str) -> Vec<TextRange> {
    let mut found: Vec<TextRange> = Vec::new();
    for (at, _) in text.match_indices(suppression::MARKER) {
        let end = text[at..].find(['\r', '\n']).map_or(text.len(), |end| at + end);
        let before = text[..at].trim_end_matches([' ', '\t']);
        let is_first = found.last().is_none_or(|last| last.end().to_usize() < end);
        if before.ends_with('#') && is_first {
            found.push(TextRange::new(TextSize::new(before.len() as u32 - 1), TextSize::new(end as u32)));
        }
    }
    found
}

fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
