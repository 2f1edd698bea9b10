//! Refuses source that is nested so deeply that parsing it would take unbounded memory.
//!
//! The parser recurses once per level and keeps more than a kilobyte for each. Below [`LEXED_FROM`] that is bounded by
//! the size; above it the tokens are counted first. CPython refuses far less (200 brackets, some thousand operators).

use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{Mode, lexer};

/// Files up to this size are parsed without counting.
const LEXED_FROM: usize = 64 * 1024;
/// Open brackets and pending prefix operators at one place.
const MAX_NESTING: usize = 2000;
/// Operators and trailers (`.x`, `()`, `[]`) in one expression; they make trees as deep as they are long.
const MAX_CHAIN: usize = 20_000;

/// Why `text` must not be parsed.
pub fn refusal(text: &str) -> Option<String> {
    if text.len() <= LEXED_FROM {
        return None;
    }
    let mut lexer = lexer::lex(text, Mode::Module);
    // Per open bracket: what is pending inside it, since the last comma or line end.
    let mut levels = vec![Pending::default()];
    let mut nesting = 0;
    let mut after_operand = false;
    loop {
        let kind = lexer.next_token();
        let is_outermost = levels.len() == 1;
        let level = levels.last_mut().expect("the outermost level is never popped");
        match kind {
            TokenKind::EndOfFile => return None,
            TokenKind::Comment | TokenKind::NonLogicalNewline => continue,
            TokenKind::Newline | TokenKind::Semi | TokenKind::Comma => {
                nesting -= level.prefixes;
                *level = Pending::default();
            }
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => {
                level.links += usize::from(after_operand);
                levels.push(Pending::default());
                nesting += 1;
            }
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace if !is_outermost => {
                nesting -= level.prefixes + 1;
                levels.pop();
            }
            TokenKind::Not
            | TokenKind::Await
            | TokenKind::Lambda
            | TokenKind::If
            | TokenKind::DoubleStar
            | TokenKind::Tilde => {
                level.prefixes += 1;
                nesting += 1;
            }
            TokenKind::Minus | TokenKind::Plus | TokenKind::Star if !after_operand => {
                level.prefixes += 1;
                nesting += 1;
            }
            TokenKind::Dot => level.links += 1,
            kind if kind.is_arithmetic() || kind.is_bitwise_or_shift() => level.links += 1,
            _ => {}
        }
        let links = levels.last().map_or(0, |level| level.links);
        if nesting > MAX_NESTING || links > MAX_CHAIN {
            return Some("an expression in it is nested too deeply to be judged, or run; split it".to_owned());
        }
        after_operand = matches!(
            kind,
            TokenKind::Name
                | TokenKind::Int
                | TokenKind::Float
                | TokenKind::Complex
                | TokenKind::String
                | TokenKind::FStringEnd
                | TokenKind::TStringEnd
                | TokenKind::Rpar
                | TokenKind::Rsqb
                | TokenKind::Rbrace
                | TokenKind::True
                | TokenKind::False
                | TokenKind::None
                | TokenKind::Ellipsis
        );
    }
}

#[derive(Default)]
struct Pending {
    prefixes: usize,
    links: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deep_trees_are_refused_and_long_data_is_not() {
        let n = 70_000;
        for deep in ["(", "[", "-", "not ", "lambda: ", "x if y else ", "x ** "] {
            assert!(refusal(&format!("x = {}", deep.repeat(n))).is_some(), "{deep}");
        }
        for deep in [".b", ".b()", "[0]", "()", " + 1"] {
            assert!(refusal(&format!("x = a{}", deep.repeat(n))).is_some(), "{deep}");
        }
        for flat in ["-1, ", "f(x), ", "{1: (2, [3])}, ", "a.b.c - 1, "] {
            assert!(refusal(&format!("x = [{}]", flat.repeat(n))).is_none(), "{flat}");
        }
        assert!(refusal(&"if x: y = -f(x) if z else w.u\n".repeat(n)).is_none());
    }
}
