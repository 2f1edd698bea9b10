//! One Python source: prefilter, decode, parse, collect, match, and what comments allow.

use super::collect::collect;
use super::fingerprint::Writer;
use super::guard;
use super::lines::Lines;
use super::matching::{Hit, Matcher};
use super::names::Names;
use super::origin::{Sources, Trail};
use super::resolve::{Resolver, Texts};
use super::weigh::Weighing;
use super::wrapper::Wrappers;
use super::{Scan, Scanner, Sketch, Surroundings, binding, edit, suppression, text, tokens};
use crate::finding::{About, Confidence, Finding, Fingerprint, Position};
use crate::rules::Selection;
use crate::snapshot::RepoPath;
use crate::syntax::{self, Tree};
use ruff_python_ast::token::TokenKind;
use ruff_text_size::{Ranged, TextRange};
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// More findings than this are not listed.
const MAX_FINDINGS: usize = 5000;
/// Blocks, functions and comprehensions in one another; CPython allows 100 levels of indentation.
const MAX_BLOCKS: u32 = 200;

/// Whether rules may speak of `source`, and what it may take from other files.
pub(super) fn look_at(scanner: &Scanner<'_>, source: &[u8]) -> (bool, Sketch) {
    if !syntax::is_foreign(source) {
        return scanner.prefilter.look_at(source);
    }
    match syntax::decode(source) {
        Ok(text) => scanner.prefilter.look_at(text.as_bytes()),
        Err(_) => (true, Sketch::of(source)),
    }
}

pub(super) fn scan(
    scanner: &Scanner<'_>,
    path: &RepoPath,
    source: &[u8],
    selection: &Selection<'_>,
    surroundings: Surroundings<'_>,
) -> Scan {
    match syntax::decode(source) {
        Ok(text) => {
            // What is not as it stands in the file cannot be edited there.
            let mark = source.len() - text.len().min(source.len());
            let as_it_is = (!syntax::is_foreign(source) && matches!(text, Cow::Borrowed(_))).then_some(mark);
            scan_source(scanner, path, (&text, &text), as_it_is, selection, surroundings)
        }
        Err(reason) => Scan { unscanned: Some(reason), ..Scan::default() },
    }
}

/// Judges source. What is shown of it is `shown`, which is as long.
pub(super) fn scan_text(
    scanner: &Scanner<'_>,
    path: &RepoPath,
    text: &str,
    shown: &str,
    selection: &Selection<'_>,
    surroundings: Surroundings<'_>,
) -> Scan {
    scan_source(scanner, path, (text, shown), None, selection, surroundings)
}

/// The same. What is found may be edited where the text is in the file as it is, after so many bytes.
fn scan_source(
    scanner: &Scanner<'_>,
    path: &RepoPath,
    (text, shown): (&str, &str),
    as_it_is: Option<usize>,
    selection: &Selection<'_>,
    surroundings: Surroundings<'_>,
) -> Scan {
    let mut tree = match syntax::parse(text) {
        Ok(tree) => tree,
        Err(reason) => return Scan { unscanned: Some(reason), ..Scan::default() },
    };
    let as_it_is = as_it_is.filter(|_| tree.errors().is_empty());
    let (scan, depth) = judge(scanner, path, (text, shown), as_it_is, &tree, selection, surroundings);
    tree.measured(depth);
    scan
}

fn judge<'a>(
    scanner: &Scanner<'_>,
    path: &RepoPath,
    (text, shown): (&'a str, &'a str),
    as_it_is: Option<usize>,
    parsed: &'a Tree,
    selection: &Selection<'_>,
    surroundings: Surroundings<'a>,
) -> (Scan, u32) {
    let module = parsed.syntax();
    let texts = Texts::default();
    let collected = collect(&module.body, module.range, &|name| scanner.settings.contains_key(name));
    if collected.scopes.blocks.iter().any(|block| block.depth > MAX_BLOCKS) {
        let reason = format!("statements in it are nested more than {MAX_BLOCKS} deep; Python does not run that");
        return (Scan { unscanned: Some(reason), ..Scan::default() }, collected.depth);
    }
    let names = scanner.names.get_or_init(|| Names::new(scanner.rules, scanner.trusted));
    let resolver = Resolver::new(names, &collected.scopes, &texts, surroundings.modules);
    let mut matcher = Matcher::new(resolver, selection, scanner.rules, &scanner.settings, &collected);
    for site in &collected.sites {
        matcher.judge(site);
        if matcher.count() > MAX_FINDINGS {
            break;
        }
    }
    let (mut hits, mut resolver, elided) = matcher.finish();
    hits.truncate(MAX_FINDINGS + 1);
    let is_cut = hits.len() > MAX_FINDINGS;
    let lines = Lines::new(shown);
    binding::explain(path, text, &lines, &mut resolver, &mut hits);
    let sources = || scanner.sources.get_or_init(|| Sources::new(scanner.rules));
    let mut weighing = Weighing {
        path,
        lines: &lines,
        resolver,
        wrappers: Wrappers::new(),
        sites: &collected.sites,
        sources: &sources,
        trail: Trail::default(),
        rules: scanner.rules,
        body: &module.body,
        guards: guard::Memory::default(),
    };
    weighing.weigh(&mut hits);
    weighing.calls_of_wrappers(&collected.sites, scanner.rules, &mut hits);
    keep_once(&mut hits);
    let writer = Writer { text, tokens: parsed.tokens(), scopes: &collected.scopes, elided };
    let mut findings: Vec<Finding> =
        hits.iter().take(MAX_FINDINGS).map(|hit| finding(scanner, path, &lines, &writer, hit)).collect();
    if let Some(mark) = as_it_is {
        let resolver = &mut weighing.resolver;
        let editor = edit::Editor { text, mark, tokens: parsed.tokens(), body: &module.body, lines: &lines, resolver };
        let edits = editor.edits(scanner.rules, &hits[..findings.len()]);
        findings.iter_mut().zip(edits).for_each(|(finding, edit)| finding.edit = edit);
    }
    if !parsed.errors().is_empty()
        && let Some(source) = tokens::dropped(text, parsed, &collected)
    {
        let mut more = judge_dropped(scanner, path, &source, &lines, selection, surroundings);
        let known: BTreeSet<(Position, &str)> =
            findings.iter().map(|finding| (finding.start, finding.rule.as_str())).collect();
        more.retain(|finding| !known.contains(&(finding.start, finding.rule.as_str())));
        findings.extend(more);
        findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    }
    // Lines of a notebook are those of its JSON.
    if !syntax::is_notebook(path) && scanner.warns_of_own_versions(selection) {
        findings.extend(text::versions(scanner, path, text, &lines, selection));
    }
    let comments: Vec<TextRange> =
        parsed.tokens().iter().filter(|token| token.kind() == TokenKind::Comment).map(Ranged::range).collect();
    let (summary, wanted) = (weighing.summary(&hits), weighing.resolver.wanted());
    let mut scan = suppression::apply(path, &lines, text, &comments, scanner.rules, surroundings.honoured, findings);
    if weighing.resolver.is_exhausted() {
        let reason = "values in it are made of each other in more ways than can be followed; split the file";
        scan.unscanned = Some(reason.to_owned());
    } else if is_cut || hits.len() > MAX_FINDINGS {
        scan.unscanned = Some(format!("more than {MAX_FINDINGS} findings; the rest of the file was not judged"));
    } else if let Some(error) = parsed.errors().iter().find(|error| syntax::swallows(error, text)) {
        let line = lines.line(error.location.start());
        let reason = format!("a string that starts in line {line} is never closed; what follows was only searched");
        scan.unscanned = Some(reason);
    }
    (Scan { summary: Some(summary), wanted, ..scan }, collected.depth)
}

/// Keeps one hit of each rule at a place, the most severe; of equals the surest, then the first.
fn keep_once(hits: &mut Vec<Hit<'_>>) {
    hits.sort_by_key(|hit| (hit.range.start(), hit.range.end(), hit.rule, Reverse((hit.severity, hit.confidence))));
    hits.dedup_by_key(|hit| (hit.range, hit.rule));
}

/// Judges what recovery from errors left out: `source` is the calls of the file that are not in its tree.
fn judge_dropped(
    scanner: &Scanner<'_>,
    path: &RepoPath,
    source: &str,
    lines: &Lines<'_>,
    selection: &Selection<'_>,
    surroundings: Surroundings<'_>,
) -> Vec<Finding> {
    let Ok(parsed) = syntax::parse(source) else { return Vec::new() };
    let (module, texts) = (parsed.syntax(), Texts::default());
    let collected = collect(&module.body, module.range, &|_| false);
    let names = scanner.names.get_or_init(|| Names::new(scanner.rules, scanner.trusted));
    let resolver = Resolver::new(names, &collected.scopes, &texts, surroundings.modules);
    let mut matcher = Matcher::new(resolver, selection, scanner.rules, &scanner.settings, &collected);
    collected.sites.iter().take(MAX_FINDINGS).for_each(|site| matcher.judge(site));
    let (hits, _, elided) = matcher.finish();
    let writer = Writer { text: source, tokens: parsed.tokens(), scopes: &collected.scopes, elided };
    let found = hits.iter().take(MAX_FINDINGS).map(|hit| Finding {
        confidence: Confidence::Low,
        label: format!("{}, in a place that could not be parsed", hit.label),
        ..finding(scanner, path, lines, &writer, hit)
    });
    found.collect()
}

fn finding(
    scanner: &Scanner<'_>,
    path: &RepoPath,
    lines: &Lines<'_>,
    writer: &Writer<'_, '_>,
    hit: &Hit<'_>,
) -> Finding {
    let rule = &scanner.rules.rules[hit.rule];
    let candidate = &rule.matches[hit.index];
    let tokens = match hit.tokens {
        Some(range) => format!("({})", writer.tokens(range, hit.place)),
        None => String::new(),
    };
    Finding {
        path: path.clone(),
        start: lines.position(hit.range.start()),
        end: lines.position(hit.range.end()),
        cell: None,
        scope: writer.scopes.path(hit.place.scope),
        rule: rule.id.clone(),
        about: if rule.producer { About::Write } else { About::Load },
        library: candidate.library.clone(),
        severity: hit.severity,
        confidence: hit.confidence,
        message: hit.message.as_ref().or(candidate.message.as_ref()).unwrap_or(&rule.message).clone(),
        label: hit.label.clone(),
        because: hit.because.clone(),
        fix: candidate.fix.as_ref().unwrap_or(&rule.fix).clone(),
        edit: None,
        excerpt: lines.excerpt(hit.range),
        fingerprint: Fingerprint(format!("{} {}{tokens}", rule.id, hit.name)),
    }
}
