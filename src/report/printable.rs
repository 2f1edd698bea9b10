//! Text of others made harmless to print.

use crate::snapshot::is_bidi_control;
use std::borrow::Cow;

/// Escapes what a terminal could act on or what would break a line: control characters and bidirectional controls.
///
/// ```
/// assert_eq!(picklegate::report::printable("a\u{1b}[31m\n"), "a\\u{1b}[31m\\u{a}");
/// ```
pub fn printable(text: &str) -> Cow<'_, str> {
    escaped(text, |_| false)
}

/// As [`printable`], for source lines: line feeds and tabs stay.
pub(super) fn printable_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| matches!(c, '\n' | '\t'))
}

/// As [`printable`], for one line of a diff: what is usual in sources stays, so that the diff can be applied.
pub(super) fn printable_line(text: &str) -> Cow<'_, str> {
    escaped(text, |c| matches!(c, '\t' | '\u{c}'))
}

fn escaped(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    let acts = |c: char| !keep(c) && (c.is_control() || is_bidi_control(c));
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if acts(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_is_borrowed() {
        assert!(matches!(printable("torch.load(путь, '日本')"), Cow::Borrowed(_)));
        assert!(matches!(printable_lines("a\n\tb"), Cow::Borrowed(_)));
    }

    #[test]
    fn eight_bit_and_bidirectional_controls_are_escaped() {
        assert_eq!(printable("\u{9b}31m\u{202e}x\u{7f}\r"), "\\u{9b}31m\\u{202e}x\\u{7f}\\u{d}");
        assert_eq!(printable_lines("\ta\u{8}\n"), "\ta\\u{8}\n");
    }
}
