//! Rules for files that are not Python: settings in configuration files, and regular expressions over the whole text.

mod files;
mod settings;

use super::lines::Lines;
use super::matching::names_library;
use super::{Scan, Scanner, Surroundings, suppression};
use crate::finding::{About, Finding, Fingerprint, Reason};
use crate::rules::{Installed, RuleSet, Selection, Target, Value, any_glob_matches, compile_pattern};
use crate::snapshot::RepoPath;
pub(super) use files::is_configuration;
use regex::Regex;
use ruff_text_size::{TextRange, TextSize};
use std::collections::BTreeMap;
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

/// The settings that are looked for in configuration files. Made when a file first needs them.
pub(super) struct TextSettings<'r> {
    rules: &'r RuleSet,
    found: OnceLock<Lookup<'r>>,
}

struct Lookup<'r> {
    names: settings::Names,
    /// For each name: the rules and matches that look for it.
    interested: Vec<(&'r str, Vec<(usize, usize)>)>,
}

impl<'r> TextSettings<'r> {
    pub fn new(rules: &'r RuleSet) -> Self {
        Self { rules, found: OnceLock::new() }
    }

    fn lookup(&self) -> &Lookup<'r> {
        self.found.get_or_init(|| {
            let mut by_name: BTreeMap<&str, Vec<(usize, usize)>> = BTreeMap::new();
            for (rule, r) in self.rules.rules.iter().enumerate() {
                for (index, candidate) in r.matches.iter().enumerate() {
                    if let Target::Setting(setting) = &candidate.target
                        && setting.text
                    {
                        setting.names.iter().for_each(|name| by_name.entry(name).or_default().push((rule, index)));
                    }
                }
            }
            let names: Vec<&str> = by_name.keys().copied().collect();
            Lookup { names: settings::Names::new(&names), interested: by_name.into_iter().collect() }
        })
    }
}

/// A match of a rule in the text.
struct Hit {
    rule: usize,
    index: usize,
    range: TextRange,
    label: String,
    /// What the manifest that this is says of a version.
    installed: Option<Installed>,
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
    let has_settings = is_configuration(path) || files::is_shell_script(path, source);
    let installed = selection.installed();
    if concerned.is_empty() && !has_settings && installed.is_empty() {
        return Scan::default();
    }
    let unscanned = |reason: String| Scan { unscanned: Some(reason), ..Scan::default() };
    if source.len() > MAX_BYTES {
        return unscanned(format!("{} bytes, more than the {MAX_BYTES} that are searched", source.len()));
    }
    let text = String::from_utf8_lossy(source.strip_prefix(b"\xef\xbb\xbf").unwrap_or(source));
    let mut hits = Vec::new();
    if has_settings {
        hits = settings_in(scanner, &text, selection);
    }
    for TextMatch { rule, index, pattern, compiled, .. } in concerned {
        let Some(regex) = compiled.get_or_init(|| compile_pattern(pattern).ok()) else {
            let id = &scanner.rules.rules[*rule].id;
            return unscanned(format!("the expression of rule `{id}` does not compile"));
        };
        let found = regex.captures_iter(&text).filter_map(|found| found.name("at").or_else(|| found.get(0)));
        hits.extend(found.take(MAX_FINDINGS + 1).map(|found| Hit {
            rule: *rule,
            index: *index,
            range: range(found.start(), found.end()),
            label: "written here".to_owned(),
            installed: None,
        }));
    }
    hits.extend(installed.into_iter().map(|entry| version(&text, entry)));
    finish(scanner, path, &text, selection, surroundings, &hits)
}

/// What rules have against versions that the file says itself, where `text` is all of it.
pub(super) fn versions(
    scanner: &Scanner<'_>,
    path: &RepoPath,
    text: &str,
    lines: &Lines<'_>,
    selection: &Selection<'_>,
) -> Vec<Finding> {
    let hits: Vec<Hit> = selection.installed().into_iter().map(|entry| version(text, entry)).collect();
    findings(scanner, path, text, lines, selection, &hits)
}

fn version(text: &str, entry: Installed) -> Hit {
    Hit {
        rule: entry.rule,
        index: entry.index,
        range: line_of(text, entry.line),
        label: format!("{} here", entry.evidence),
        installed: Some(entry),
    }
}

/// Judges the settings in `text`, which is a part of the file.
pub(super) fn scan_settings(
    scanner: &Scanner<'_>,
    path: &RepoPath,
    text: &str,
    selection: &Selection<'_>,
    surroundings: Surroundings<'_>,
) -> Scan {
    let hits = settings_in(scanner, text, selection);
    finish(scanner, path, text, selection, surroundings, &hits)
}

fn finish(
    scanner: &Scanner<'_>,
    path: &RepoPath,
    text: &str,
    selection: &Selection<'_>,
    surroundings: Surroundings<'_>,
    hits: &[Hit],
) -> Scan {
    // What most files have: nothing.
    if hits.is_empty() && memchr::memmem::find(text.as_bytes(), suppression::MARKER.as_bytes()).is_none() {
        return Scan::default();
    }
    let lines = Lines::new(text);
    let mut findings = findings(scanner, path, text, &lines, selection, hits);
    let too_many = findings.len() > MAX_FINDINGS;
    findings.truncate(MAX_FINDINGS);
    let comments = comments(text);
    let mut scan = suppression::apply(path, &lines, text, &comments, scanner.rules, surroundings.honoured, findings);
    scan.unscanned = too_many.then(|| format!("more than {MAX_FINDINGS} findings; the rest was not judged"));
    scan
}

/// The settings in `text` that rules look for, where their library is.
fn settings_in(scanner: &Scanner<'_>, text: &str, selection: &Selection<'_>) -> Vec<Hit> {
    let mut hits = Vec::new();
    let lookup = scanner.text_settings.lookup();
    for found in lookup.names.find(text).into_iter().take(MAX_FINDINGS + 1) {
        let (name, interested) = &lookup.interested[found.name];
        for &(rule, index) in interested {
            let r = &scanner.rules.rules[rule];
            let Target::Setting(setting) = &r.matches[index].target else { continue };
            let is_it = |value: &&Value| found.values.iter().any(|word| settings::is_value(word, value));
            let Some(value) = setting.values.iter().find(is_it) else { continue };
            let library = scanner.rules.library(&r.matches[index].library);
            let is_there = |library| names_library(library, name, Some(value)) || selection.names(library);
            if library.is_none_or(is_there) {
                let range = range(found.start, found.end);
                hits.push(Hit { rule, index, range, label: "set here".to_owned(), installed: None });
            }
        }
    }
    hits
}

/// What is found where the versions in force allow; of each rule the most severe at a place.
fn findings(
    scanner: &Scanner<'_>,
    path: &RepoPath,
    text: &str,
    lines: &Lines<'_>,
    selection: &Selection<'_>,
    hits: &[Hit],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut applied: BTreeMap<(usize, usize), Option<Vec<Reason>>> = BTreeMap::new();
    for Hit { rule, index, range, label, installed } in hits {
        let (rule, index, range) = (*rule, *index, *range);
        let (r, candidate) = (&scanner.rules.rules[rule], &scanner.rules.rules[rule].matches[index]);
        let (because, about, fingerprint) = match installed {
            Some(entry) => {
                let fingerprint = Fingerprint::of_version(&r.id, &entry.distribution);
                (Some(entry.because.clone()), About::Version, fingerprint)
            }
            None => {
                let because = applied.entry((rule, index)).or_insert_with(|| selection.applies(candidate));
                let about = if r.producer { About::Write } else { About::Load };
                (because.clone(), about, Fingerprint(format!("{} {}", r.id, squeeze(&text[range]))))
            }
        };
        let Some(because) = because else { continue };
        findings.push(Finding {
            path: path.clone(),
            start: lines.position(range.start()),
            end: lines.position(range.end()),
            cell: None,
            scope: String::new(),
            rule: r.id.clone(),
            about,
            library: candidate.library.clone(),
            severity: candidate.severity.unwrap_or(r.severity),
            confidence: r.confidence,
            message: candidate.message.as_ref().unwrap_or(&r.message).clone(),
            label: label.clone(),
            because,
            fix: candidate.fix.as_ref().unwrap_or(&r.fix).clone(),
            edit: None,
            excerpt: lines.excerpt(range),
            fingerprint,
        });
    }
    findings.sort_by(|a, b| {
        let place = |finding: &Finding| (finding.start, finding.rule.clone());
        place(a).cmp(&place(b)).then(b.severity.cmp(&a.severity))
    });
    findings.dedup_by(|later, first| later.start == first.start && later.rule == first.rule);
    findings
}

/// What stands in a 1-based line; nothing, at the end, where the text is shorter.
fn line_of(text: &str, line: u32) -> TextRange {
    let mut lines = text.split_inclusive('\n');
    let before: usize = lines.by_ref().take((line as usize).saturating_sub(1)).map(str::len).sum();
    let written = lines.next().unwrap_or_default();
    let start = before + written.len() - written.trim_start().len();
    range(start, start.max(before + written.trim_end().len()))
}

fn range(start: usize, end: usize) -> TextRange {
    TextRange::new(TextSize::new(start as u32), TextSize::new(end as u32))
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
