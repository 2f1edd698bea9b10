//! Arguments that are added, replaced and taken out, as the call is laid out.

use super::super::matching::Written;
use super::{Change, Editor};
use crate::rules::Match;
use ruff_python_ast::Expr;
use ruff_python_ast::token::TokenKind;
use ruff_text_size::{Ranged as _, TextLen as _, TextRange, TextSize};

impl<'a> Editor<'a, '_, '_> {
    /// Passes `keyword=value`. `None` where something that cannot be seen may pass it already.
    pub(super) fn set_argument(
        &self,
        call: &Written<'a>,
        candidate: &Match,
        keyword: &str,
        value: &str,
    ) -> Option<Vec<Change>> {
        let replaced = |old: &Expr| Some(vec![Change { range: old.range(), text: value.to_owned() }]);
        let arguments = call.arguments;
        if let Some(passed) = arguments.find_keyword(keyword) {
            return replaced(&passed.value);
        }
        let position = candidate
            .when
            .iter()
            .map(|condition| &condition.argument)
            .find_map(|argument| argument.position.filter(|_| argument.keyword.as_deref() == Some(keyword)));
        let counted = arguments.args.get(call.skipped..).unwrap_or_default();
        if let Some(position) = position.map(|position| position as usize)
            && let Some(passed) = counted.get(position)
        {
            let is_plain = !counted[..=position].iter().any(Expr::is_starred_expr);
            return is_plain.then(|| replaced(passed)).flatten();
        }
        let unpacks = arguments.args.iter().any(Expr::is_starred_expr)
            || arguments.keywords.iter().any(|keyword| keyword.arg.is_none());
        let is_bare_generator = matches!(&arguments.args[..], [Expr::Generator(only)] if !only.parenthesized);
        if unpacks || is_bare_generator {
            return None;
        }
        Some(self.appended(call, &format!("{keyword}={value}")))
    }

    /// `argument` after the last one: in a line of its own where that one has one.
    fn appended(&self, call: &Written<'a>, argument: &str) -> Vec<Change> {
        let all = call.arguments.range();
        let (open, close) = (all.start() + TextSize::new(1), all.end() - TextSize::new(1));
        let between = self.tokens_in(TextRange::new(open, close));
        let is_code = |kind| !matches!(kind, TokenKind::Comment | TokenKind::NonLogicalNewline);
        let mut backwards = between.iter().enumerate().rev().filter(|(_, token)| is_code(token.kind()));
        let Some((mut last, mut token)) = backwards.next() else {
            return vec![Change::insertion(open, argument.to_owned())];
        };
        let comma = (token.kind() == TokenKind::Comma).then(|| token.end());
        let mut end = token.end();
        if comma.is_some() {
            let Some(before) = backwards.next() else { return vec![Change::insertion(open, argument.to_owned())] };
            (last, token) = before;
            end = token.end();
        }
        let line_end = between[last..].iter().find(|token| token.kind() == TokenKind::NonLogicalNewline);
        let indent = self.indent_of_last(call);
        match (line_end, indent) {
            (Some(line_end), Some(indent)) => {
                let newline = &self.text[line_end.range()];
                let comma_after = if comma.is_some() { "," } else { "" };
                let line = format!("{newline}{indent}{argument}{comma_after}");
                match comma {
                    Some(comma) if comma > line_end.start() => vec![Change::insertion(end, format!(", {argument}"))],
                    Some(_) => vec![Change::insertion(line_end.start(), line)],
                    None if end == line_end.start() => vec![Change::insertion(end, format!(",{line}"))],
                    None => vec![Change::insertion(end, ",".into()), Change::insertion(line_end.start(), line)],
                }
            }
            _ => vec![Change::insertion(end, format!(", {argument}"))],
        }
    }

    /// The white space before the last argument, if it is the first thing of its line.
    fn indent_of_last(&self, call: &Written<'a>) -> Option<&'a str> {
        let arguments = call.arguments;
        let starts =
            arguments.args.iter().map(|value| value.start()).chain(arguments.keywords.iter().map(|k| k.start()));
        let start = starts.max()?.to_usize();
        let line = self.text[..start].rfind(['\n', '\r']).map_or(0, |at| at + 1);
        let before = &self.text[line..start];
        before.bytes().all(|byte| byte == b' ' || byte == b'\t').then_some(before)
    }

    /// Takes out the argument that is passed as `keyword`, and one comma.
    pub(super) fn remove_argument(&self, call: &Written<'a>, keyword: &str) -> Option<Change> {
        let arguments = call.arguments;
        let removed = arguments.find_keyword(keyword)?;
        let all = arguments.range();
        let before = self.tokens.partition_point(|token| token.start() < removed.start());
        let previous = self.tokens[..before].iter().rev().find(|token| !is_layout(token.kind()))?;
        let mut following = self.tokens[before..].iter().filter(|token| token.start() >= removed.end());
        let mut next = following.find(|token| !is_layout(token.kind()))?;
        let is_last = if next.kind() == TokenKind::Comma {
            let comma = next;
            next = following.find(|token| !is_layout(token.kind()))?;
            // `f(a, k=v,)` keeps its comma.
            if next.start() + ")".text_len() == all.end() && previous.kind() == TokenKind::Comma {
                return Some(Change { range: TextRange::new(previous.start(), comma.start()), text: String::new() });
            }
            next.start() + ")".text_len() == all.end()
        } else {
            true
        };
        let range = match is_last {
            // The comma before it goes as well, if there is one.
            true if previous.kind() == TokenKind::Comma => TextRange::new(previous.start(), removed.end()),
            _ => TextRange::new(removed.start(), next.start()),
        };
        Some(Change { range, text: String::new() })
    }
}

fn is_layout(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Comment | TokenKind::NonLogicalNewline)
}
