//! The text that identifies a finding: the rule, what is named, and the argument tokens.
//!
//! White space, comments, trailing commas, the quotes of plain strings and the names modules are imported under do not
//! count. Arguments of a call inside that rules are interested in too are left out: that call has its own fingerprint.

use super::scopes::{Bound, Place, Scopes};
use ruff_python_ast::token::{Token, TokenKind, Tokens};
use ruff_text_size::{Ranged, TextRange, TextSize};
use std::collections::HashMap;

/// What the tokens of a file are read with.
pub(super) struct Writer<'a, 'c> {
    pub text: &'a str,
    pub tokens: &'c Tokens,
    pub scopes: &'c Scopes<'a>,
    /// Argument lists that rules are interested in: start to end.
    pub elided: HashMap<TextSize, TextSize>,
}

impl Writer<'_, '_> {
    /// The tokens inside `range`, without what does not count.
    pub fn tokens(&self, range: TextRange, place: Place) -> String {
        let mut at = self.index_of(range.start());
        let mut written = String::new();
        let mut previous = None;
        // Per open bracket: whether a comma before its end means nothing.
        let mut lists = vec![true];
        while let Some(token) = self.next(&mut at, range.end()) {
            let following = self.next(&mut at.clone(), range.end()).map(|token| token.kind());
            let kind = token.kind();
            let text = &self.text[token.range()];
            match kind {
                TokenKind::Lpar => {
                    if let Some(&end) = self.elided.get(&token.start()) {
                        at = self.index_of(end);
                        written.push_str("(...)");
                        previous = Some(TokenKind::Rpar);
                        continue;
                    }
                    lists.push(previous.is_some_and(ends_operand));
                }
                TokenKind::Lsqb | TokenKind::Lbrace => lists.push(true),
                TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace if lists.len() > 1 => drop(lists.pop()),
                TokenKind::Comma if lists.last() == Some(&true) && following.is_none_or(closes) => continue,
                _ => {}
            }
            let is_name =
                kind == TokenKind::Name && previous != Some(TokenKind::Dot) && following != Some(TokenKind::Equal);
            let replaced = match kind {
                TokenKind::String => requoted(text),
                _ if is_name => self.imported(text, place, token.start()),
                _ => None,
            };
            separate(&mut written, text);
            written.push_str(replaced.as_deref().unwrap_or(text));
            previous = Some(kind);
        }
        written
    }

    /// The index of the first token that starts at `offset` or later.
    fn index_of(&self, offset: TextSize) -> usize {
        self.tokens.partition_point(|token| token.start() < offset)
    }

    /// The next token that counts and ends before `end`; `at` is moved past it.
    fn next(&self, at: &mut usize, end: TextSize) -> Option<&Token> {
        while let Some(token) = self.tokens.get(*at).filter(|token| token.end() <= end) {
            *at += 1;
            match token.kind() {
                TokenKind::Comment | TokenKind::NonLogicalNewline | TokenKind::Newline => {}
                TokenKind::Indent | TokenKind::Dedent | TokenKind::EndOfFile => {}
                _ => return Some(token),
            }
        }
        None
    }

    /// The dotted path of an imported name.
    fn imported(&self, name: &str, place: Place, offset: TextSize) -> Option<String> {
        let reaching = self.scopes.reaching(name, place, offset, &|_| false);
        let first = reaching.bindings.first()?;
        match self.scopes.bindings[*first].bound {
            Bound::Import { level: 0, module, member: None } => Some(module.to_owned()),
            Bound::Import { level: 0, module, member: Some(member) } => Some(format!("{module}.{member}")),
            _ => None,
        }
    }
}

fn ends_operand(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Name | TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace | TokenKind::String)
}

fn closes(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace)
}

/// Keeps words apart.
fn separate(written: &mut String, next: &str) {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '"' || c == '\'';
    if written.ends_with(is_word) && next.starts_with(is_word) {
        written.push(' ');
    }
}

/// A plain string in double quotes.
fn requoted(text: &str) -> Option<String> {
    let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
    (!inner.contains(['\'', '"', '\\'])).then(|| format!("\"{inner}\""))
}
