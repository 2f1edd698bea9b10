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
use super::{Scan, Scanner, Surroundings, binding, suppression};
use crate::finding::{Finding, Fingerprint};
use crate::rules::Selection;
use crate::snapshot::RepoPath;
use crate::syntax::{self, Tree};
use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{InterpolatedStringErrorType, LexicalErrorType, ParseError, ParseErrorType};
use ruff_text_size::{Ranged, TextRange};

/// More findings than this are not listed.
const MAX_FINDINGS: usize = 5000;
/// Blocks, functions and comprehensions in one another; CPython allows 100 levels of indentation.
const MAX_BLOCKS: u32 = 200;

pub(super) fn scan(
    scanner: &Scanner<'_>,
    path: &RepoPath,
    source: &[u8],
    selection: &Selection<'_>,
    surroundings: Surroundings<'_>,
) -> Scan {
    let foreign = syntax::is_foreign(source);
    if !foreign && !surroundings.forced && !scanner.prefilter.admits(source) {
        return Scan::default();
    }
    let text = match syntax::decode(source) {
        Ok(text) => text,
        Err(reason) => return Scan { unscanned: Some(reason), ..Scan::default() },
    };
    if foreign && !surroundings.forced && !scanner.prefilter.admits(text.as_bytes()) {
        return Scan::default();
    }
    scan_text(scanner, path, &text, selection, surroundings)
}

/// Judges source that the prefilter admits.
pub(super) fn scan_text(
    scanner: &Scanner<'_>,
    path: &RepoPath,
    text: &str,
    selection: &Selection<'_>,
    surroundings: Surroundings<'_>,
) -> Scan {
    let mut tree = match syntax::parse(text) {
        Ok(tree) => tree,
        Err(reason) => return Scan { unscanned: Some(reason), ..Scan::default() },
    };
    let (scan, depth) = judge(scanner, path, text, &tree, selection, surroundings);
    tree.measured(depth);
    scan
}

fn judge<'a>(
    scanner: &Scanner<'_>,
    path: &RepoPath,
    text: &'a str,
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
    let lines = Lines::new(text);
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
    let writer = Writer { text, tokens: parsed.tokens(), scopes: &collected.scopes, elided };
    let findings = hits.iter().take(MAX_FINDINGS).map(|hit| finding(scanner, path, &lines, &writer, hit)).collect();
    let comments: Vec<TextRange> =
        parsed.tokens().iter().filter(|token| token.kind() == TokenKind::Comment).map(Ranged::range).collect();
    let (summary, wanted) = (weighing.summary(), weighing.resolver.wanted());
    let mut scan = suppression::apply(path, &lines, text, &comments, scanner.rules, surroundings.honoured, findings);
    if hits.len() > MAX_FINDINGS {
        scan.unscanned = Some(format!("more than {MAX_FINDINGS} findings; the rest of the file was not judged"));
    } else if let Some(error) = parsed.errors().iter().find(|error| swallows(error, text)) {
        let line = lines.line(error.location.start());
        let reason = format!("a string that starts in line {line} is never closed, so what follows was not judged");
        scan.unscanned = Some(reason);
    }
    (Scan { summary: Some(summary), wanted, ..scan }, collected.depth)
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
        scope: writer.scopes.path(hit.place.scope),
        rule: rule.id.clone(),
        severity: hit.severity,
        confidence: hit.confidence,
        message: hit.message.as_ref().or(candidate.message.as_ref()).unwrap_or(&rule.message).clone(),
        label: hit.label.clone(),
        because: hit.because.clone(),
        fix: candidate.fix.as_ref().unwrap_or(&rule.fix).clone(),
        excerpt: lines.excerpt(hit.range),
        fingerprint: Fingerprint(format!("{} {}{tokens}", rule.id, hit.name)),
    }
}

/// Whether all code after the error was taken for a string.
fn swallows(error: &ParseError, text: &str) -> bool {
    match &error.error {
        ParseErrorType::FStringError(kind) | ParseErrorType::TStringError(kind) => {
            *kind == InterpolatedStringErrorType::UnterminatedTripleQuotedString
        }
        ParseErrorType::Lexical(LexicalErrorType::FStringError(kind) | LexicalErrorType::TStringError(kind)) => {
            *kind == InterpolatedStringErrorType::UnterminatedTripleQuotedString
        }
        ParseErrorType::Lexical(LexicalErrorType::UnclosedStringError) => text[error.location].contains(['\n', '\r']),
        _ => false,
    }
}
