//! The edit of a match at the place of a hit: which bytes of the file to replace, and by what.
//!
//! Offers an edit only where it is plain what it does: one call, written out, of what the rule names and nothing else, whose
//! arguments are all in sight, and no comment is lost. Whether the finding is then gone is tried by the gate.

mod argument;
mod spelling;

use super::lines::Lines;
use super::matching::{Hit, Written};
use super::resolve::Resolver;
use crate::finding::{Replacement, TextEdit};
use crate::rules::{Argument, Condition, EditChange, Match, RuleSet};
use ruff_python_ast::token::{Token, TokenKind, Tokens};
use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::{Ranged as _, TextRange, TextSize};
use spelling::Imports;

/// What edits of one file are made from.
pub(super) struct Editor<'a, 'c, 'r> {
    /// The file, without a byte order mark.
    pub text: &'a str,
    /// How many bytes that mark takes.
    pub mark: usize,
    pub tokens: &'c Tokens,
    pub body: &'a [Stmt],
    pub lines: &'c Lines<'a>,
    pub resolver: &'r mut Resolver<'a, 'c>,
}

/// Some text of the file, and what to write there.
struct Change {
    range: TextRange,
    text: String,
}

impl Change {
    fn insertion(at: TextSize, text: String) -> Self {
        Self { range: TextRange::empty(at), text }
    }
}

impl<'a> Editor<'a, '_, '_> {
    /// The edit of each of `hits`.
    pub fn edits(mut self, rules: &RuleSet, hits: &[Hit<'a>]) -> Vec<Option<TextEdit>> {
        let has_edit = |hit: &Hit<'_>| hit.written.is_some() && of(rules, hit).edit.is_some();
        if !hits.iter().any(has_edit) {
            return vec![None; hits.len()];
        }
        let strings = self.interpolated();
        let mut imports = Imports::default();
        hits.iter().map(|hit| self.edit(of(rules, hit), hit, &strings, &mut imports)).collect()
    }

    fn edit(
        &mut self,
        candidate: &Match,
        hit: &Hit<'a>,
        strings: &[TextRange],
        imports: &mut Imports<'a>,
    ) -> Option<TextEdit> {
        let (edit, call, used) = (candidate.edit.as_ref()?, hit.written?, hit.used?);
        // Quotes, braces and line ends mean something else inside of an f-string.
        let next = strings.partition_point(|string| string.start() <= hit.range.start());
        if strings[..next].last().is_some_and(|string| string.contains(hit.range.start())) {
            return None;
        }
        let callee = self.callee(&call, used)?;
        let mut meaning = self.resolver.meaning(callee, hit.place);
        meaning.known.dedup_by(|a, b| super::meaning::same(a, b));
        if meaning.open || meaning.known.len() != 1 {
            return None;
        }
        let mut changes = Vec::new();
        match &edit.change {
            EditChange::SetArgument { keyword, value } => {
                let (value, import) = match spelling::is_qualified(value) {
                    true => self.spell(value, callee, hit.place, imports)?,
                    false => (value.clone(), None),
                };
                changes.extend(import);
                changes.extend(self.set_argument(&call, candidate, keyword, &value)?);
            }
            EditChange::ReplaceCallee(path) => {
                // What the match asks of arguments is about those of this function; another may not take them.
                let passes = |condition: &Condition| passed(&call, &condition.argument);
                let is_plain = call.skipped == 0 && matches!(callee, Expr::Name(_) | Expr::Attribute(_));
                if !is_plain || candidate.when.iter().any(passes) {
                    return None;
                }
                let (name, import) = self.spell(path, callee, hit.place, imports)?;
                changes.extend(import);
                changes.push(Change { range: callee.range(), text: name });
            }
            EditChange::RemoveArgument(keyword) => changes.push(self.remove_argument(&call, keyword)?),
        }
        let is_kept = |change: &Change| !self.has(change.range, &[TokenKind::Comment, TokenKind::ColonEqual]);
        if !changes.iter().all(is_kept) {
            return None;
        }
        changes.sort_by_key(|change| (change.range.start(), change.range.end()));
        let replacements = changes.into_iter().map(|change| self.replacement(change)).collect();
        Some(TextEdit { safe: edit.safe, replacements })
    }

    /// What is called; of a `partial`, what it will call.
    fn callee(&self, call: &Written<'a>, used: &'a Expr) -> Option<&'a Expr> {
        if call.skipped == 0 {
            Some(used)
        } else {
            call.arguments.args.first().filter(|first| !first.is_starred_expr())
        }
    }

    fn replacement(&self, change: Change) -> Replacement {
        let Change { range, text } = change;
        Replacement {
            range: range.start().to_usize() + self.mark..range.end().to_usize() + self.mark,
            start: self.lines.position(range.start()),
            end: self.lines.position(range.end()),
            text,
        }
    }

    /// The outermost f-strings and t-strings, in order.
    fn interpolated(&self) -> Vec<TextRange> {
        let mut found = Vec::new();
        let mut open = Vec::new();
        for token in self.tokens {
            match token.kind() {
                TokenKind::FStringStart | TokenKind::TStringStart => open.push(token.start()),
                TokenKind::FStringEnd | TokenKind::TStringEnd => {
                    if let Some(start) = open.pop().filter(|_| open.is_empty()) {
                        found.push(TextRange::new(start, token.end()));
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// The tokens that start in `range`.
    fn tokens_in(&self, range: TextRange) -> &[Token] {
        let from = self.tokens.partition_point(|token| token.start() < range.start());
        let to = self.tokens.partition_point(|token| token.start() < range.end());
        &self.tokens[from..to.max(from)]
    }

    /// Whether there is a token of one of these kinds in `range`.
    fn has(&self, range: TextRange, kinds: &[TokenKind]) -> bool {
        self.tokens_in(range).iter().any(|token| kinds.contains(&token.kind()))
    }
}

/// The match that a hit is of.
fn of<'s>(rules: &'s RuleSet, hit: &Hit<'_>) -> &'s Match {
    &rules.rules[hit.rule].matches[hit.index]
}

/// Whether the call writes something for `argument`.
fn passed(call: &Written<'_>, argument: &Argument) -> bool {
    let by_keyword = |keyword: &String| call.arguments.find_keyword(keyword).is_some();
    let counted = call.arguments.args.len().saturating_sub(call.skipped);
    argument.keyword.as_ref().is_some_and(by_keyword) || argument.position.is_some_and(|at| (at as usize) < counted)
}
