//! What recovery from syntax errors leaves out: calls that are in the tokens of broken source and not in its tree.
//!
//! Knows no rule. Calls count whose name begins with something the file imports; what is in a string that swallowed the
//! code after it counts as well.

use super::collect::{Collected, Site, SiteKind};
use super::scopes::{Bound, Scopes};
use crate::syntax::{self, Tree};
use ruff_python_ast::Expr;
use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{LexicalErrorType, ParseError, ParseErrorType};
use ruff_text_size::{Ranged as _, TextSize};
use std::collections::BTreeSet;
use std::ops::Range;

/// How often a string in a string is opened.
const MAX_OPENED: usize = 16;
/// How many tokens a call may have.
const MAX_CALL: usize = 1000;

struct Token {
    kind: TokenKind,
    range: Range<usize>,
}

/// A statement that imports names.
struct Import {
    range: Range<usize>,
    names: Vec<Range<usize>>,
    has_star: bool,
}

/// Source with only the imports of `text` and those of its calls that are not in the tree; each is where it is in `text`,
/// and all else is white space. `None` if there are none.
pub(super) fn dropped(text: &str, tree: &Tree, collected: &Collected<'_>) -> Option<String> {
    let called: BTreeSet<TextSize> =
        collected.sites.iter().filter_map(|site| called(site, &collected.scopes)).collect();
    let tokens = all_tokens(text, tree);
    let imports = imports(text, &tokens);
    let has_star = imports.iter().any(|import| import.has_star);
    let bound: BTreeSet<&str> = imports.iter().flat_map(|import| &import.names).map(|at| &text[at.clone()]).collect();
    let known: BTreeSet<usize> = collected
        .scopes
        .bindings
        .iter()
        .filter(|binding| matches!(binding.bound, Bound::Import { .. } | Bound::Star { .. } | Bound::Opaque))
        .map(|binding| binding.at.to_usize())
        .collect();
    let unknown = imports.iter().filter(|import| !known.contains(&import.range.end));
    let unbound: BTreeSet<&str> = unknown.flat_map(|import| &import.names).map(|at| &text[at.clone()]).collect();
    let is_dropped = |head: &Range<usize>, is_dotted: bool| {
        let name = &text[head.clone()];
        let is_imported = bound.contains(name) || has_star && !is_dotted;
        is_imported && (unbound.contains(name) || !called.contains(&TextSize::new(head.start as u32)))
    };
    let calls = calls(text, &tokens, &is_dropped);
    if calls.is_empty() {
        return None;
    }
    let mut kept: Vec<(Range<usize>, bool)> = imports.into_iter().map(|import| (import.range, true)).collect();
    kept.extend(calls);
    kept.sort_by_key(|(range, _)| range.start);
    Some(blanked(text, &kept))
}

/// Where the name of the call at a place begins, if that has a meaning there: recovery may part a call from its import.
fn called(site: &Site<'_>, scopes: &Scopes<'_>) -> Option<TextSize> {
    let SiteKind::Call(call) = site.kind else { return None };
    let mut head = &*call.func;
    for _ in 0..MAX_CALL {
        match head {
            Expr::Attribute(attribute) => head = &attribute.value,
            Expr::Name(name) => {
                let reaching = scopes.reaching(&name.id, site.place, name.start(), &|_| false);
                let is_bound = !reaching.bindings.is_empty() || !reaching.crowded.is_empty() || reaching.certain;
                return is_bound.then_some(name.start());
            }
            _ => break,
        }
    }
    Some(call.func.start())
}

/// The tokens of the source, and of what is in strings that are not closed, or only by the beginning of another string.
fn all_tokens(text: &str, tree: &Tree) -> Vec<Token> {
    let mut found = Vec::new();
    let mut pending = Vec::new();
    let swallows = tree.errors().iter().any(|error| syntax::swallows(error, text)) || is_turned_over(text, tree);
    take(text, tree, 0, swallows, &mut found, &mut pending);
    for _ in 0..MAX_OPENED {
        let Some(inner) = pending.pop() else { break };
        if let Ok(tree) = syntax::parse(&text[inner.clone()]) {
            take(text, &tree, inner.start, false, &mut found, &mut pending);
        }
    }
    found.sort_by_key(|token| token.range.start);
    found
}

/// Whether a name follows a long string: then it is what is between two, and they are code.
fn is_turned_over(text: &str, tree: &Tree) -> bool {
    let mut after_long = false;
    for token in tree.tokens() {
        if after_long && token.kind() == TokenKind::Name {
            return true;
        }
        after_long = token.kind() == TokenKind::String && text[token.range()].contains('\n');
    }
    false
}

/// Where the string begins that is not closed.
fn unclosed(error: &ParseError) -> Option<TextSize> {
    let is_it = matches!(error.error, ParseErrorType::Lexical(LexicalErrorType::UnclosedStringError));
    is_it.then(|| error.location.start())
}

fn take(text: &str, tree: &Tree, base: usize, swallows: bool, found: &mut Vec<Token>, pending: &mut Vec<Range<usize>>) {
    let unclosed: BTreeSet<TextSize> = tree.errors().iter().filter_map(unclosed).collect();
    let mut before = base;
    for token in tree.tokens() {
        let range = base + token.start().to_usize()..base + token.end().to_usize();
        // What is not closed belongs to no token, or to one that only says where it ends.
        let start = if token.kind() == TokenKind::Unknown { before } else { range.start };
        before = range.end;
        let range = start.min(range.start)..range.end;
        let written = text.get(range.clone()).unwrap_or_default();
        let is_open = token.kind() == TokenKind::Unknown || unclosed.contains(&token.start());
        let is_long = token.kind() == TokenKind::String && swallows && written.contains('\n');
        if is_open || is_long || (token.kind() == TokenKind::FStringMiddle && swallows) {
            let inner = written
                .trim_start()
                .trim_start_matches(|c: char| c.is_ascii_alphabetic())
                .trim_start_matches(['"', '\'']);
            if inner.contains('(') {
                pending.push(range.end - inner.len()..range.end);
            }
        }
        match token.kind() {
            TokenKind::Comment | TokenKind::NonLogicalNewline | TokenKind::Indent | TokenKind::Dedent => {}
            kind => found.push(Token { kind, range }),
        }
    }
}

/// The import statements, and the names they bind.
fn imports(text: &str, tokens: &[Token]) -> Vec<Import> {
    let mut found = Vec::new();
    let mut next = 0;
    while next < tokens.len() {
        let first = next;
        next += 1;
        let is_from = tokens[first].kind == TokenKind::From;
        if !is_from && tokens[first].kind != TokenKind::Import {
            continue;
        }
        let length = tokens[first..].iter().take(MAX_CALL).position(|token| ends_statement(token.kind));
        let statement = &tokens[first..first + length.unwrap_or(1)];
        next = first + statement.len().max(1);
        let start = match is_from {
            // `yield from` and `raise ... from` import nothing; relative imports say nothing of libraries.
            true => match statement.iter().position(|token| token.kind == TokenKind::Import) {
                Some(start) if !is_relative(statement) => start,
                _ => continue,
            },
            false => 0,
        };
        let mut names = Vec::new();
        for (i, token) in statement.iter().enumerate().skip(start + 1) {
            let is_name = is_name(token.kind);
            let before = statement[i - 1].kind;
            let begins = matches!(before, TokenKind::Import | TokenKind::Comma | TokenKind::Lpar | TokenKind::As);
            if is_name && begins && text.get(token.range.clone()).is_some_and(|name| name != "as") {
                names.push(token.range.clone());
            }
        }
        let has_star = statement.last().is_some_and(|token| token.kind == TokenKind::Star);
        let end = statement.last().map_or(tokens[first].range.end, |last| last.range.end);
        found.push(Import { range: tokens[first].range.start..end, names, has_star });
    }
    found
}

fn is_relative(statement: &[Token]) -> bool {
    statement.get(1).is_some_and(|token| matches!(token.kind, TokenKind::Dot | TokenKind::Ellipsis))
}

/// The calls whose first name `is_dropped`, and whether each is closed.
fn calls(text: &str, tokens: &[Token], is_dropped: &dyn Fn(&Range<usize>, bool) -> bool) -> Vec<(Range<usize>, bool)> {
    let mut found = Vec::new();
    let mut next = 0;
    while next < tokens.len() {
        let first = next;
        next += 1;
        let before = first.checked_sub(1).map(|before| tokens[before].kind);
        if !is_name(tokens[first].kind) || matches!(before, Some(TokenKind::Dot | TokenKind::Def | TokenKind::Class)) {
            continue;
        }
        let mut at = first + 1;
        while tokens.get(at).is_some_and(|token| token.kind == TokenKind::Dot)
            && tokens.get(at + 1).is_some_and(|token| is_name(token.kind) || token.kind.is_keyword())
        {
            at += 2;
        }
        let is_call = tokens.get(at).is_some_and(|token| token.kind == TokenKind::Lpar);
        if !is_call || !is_dropped(&tokens[first].range, at > first + 1) {
            continue;
        }
        let (last, is_closed) = closing(tokens, at);
        let range = tokens[first].range.start..tokens[last].range.end;
        // Text that was opened may overlap what is before it.
        if text.is_char_boundary(range.end) && range.start < range.end {
            found.push((range, is_closed));
        }
        next = last + 1;
    }
    found
}

/// The token that closes the bracket at `open`, or the last one before the line ends.
fn closing(tokens: &[Token], open: usize) -> (usize, bool) {
    let mut depth = 0;
    let mut last = open;
    for (i, token) in tokens.iter().enumerate().skip(open).take(MAX_CALL) {
        match token.kind {
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => depth += 1,
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace => depth -= 1,
            TokenKind::Newline | TokenKind::EndOfFile | TokenKind::Unknown => break,
            _ => {}
        }
        last = i;
        if depth == 0 {
            return (last, true);
        }
    }
    (last, false)
}

fn ends_statement(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Newline | TokenKind::Semi | TokenKind::EndOfFile | TokenKind::Unknown)
}

/// `text` with white space for all that is not `kept`, each on a line of its own.
fn blanked(text: &str, kept: &[(Range<usize>, bool)]) -> String {
    let line_end = |byte: &u8| if matches!(byte, b'\n' | b'\r') { *byte } else { b' ' };
    let mut blank: Vec<u8> = text.bytes().map(|byte| line_end(&byte)).collect();
    let mut end = 0;
    for (range, is_closed) in kept {
        // One before it must be free for a line end.
        if range.start < end + usize::from(end > 0) {
            continue;
        }
        if range.start > 0 {
            blank[range.start - 1] = b'\n';
        }
        blank[range.clone()].copy_from_slice(&text.as_bytes()[range.clone()]);
        end = range.end;
        // Only in place of a whole character.
        if !is_closed
            && text.is_char_boundary(end + 1)
            && let Some(next) = blank.get_mut(end)
        {
            *next = b')';
            end += 1;
        }
        if let Some(next) = blank.get_mut(end) {
            *next = b'\n';
        }
    }
    String::from_utf8_lossy(&blank).into_owned()
}

fn is_name(kind: TokenKind) -> bool {
    kind == TokenKind::Name || kind.is_soft_keyword()
}
