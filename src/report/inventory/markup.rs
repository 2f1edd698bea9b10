//! Texts of rules, which may have code spans of Markdown in them.

/// A part of a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Span<'t> {
    /// Words.
    Plain(&'t str),
    /// Between two backticks.
    Code(&'t str),
}

/// The spans of `text`, none of them empty; a backtick without another is a character like any.
pub(super) fn spans(text: &str) -> Vec<Span<'_>> {
    let mut spans = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('`') {
        let Some((code, after)) = after.split_once('`') else { break };
        spans.extend([Span::Plain(before), Span::Code(code)]);
        rest = after;
    }
    spans.push(Span::Plain(rest));
    spans.retain(|span| !matches!(span, Span::Plain("") | Span::Code("")));
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_between_two_backticks() {
        use Span::{Code, Plain};
        assert_eq!(spans("`a` runs `b`"), [Code("a"), Plain(" runs "), Code("b")]);
        assert_eq!(spans("x ` y"), [Plain("x ` y")]);
        assert_eq!(spans("a `b` c ` d"), [Plain("a "), Code("b"), Plain(" c ` d")]);
        assert_eq!(spans("``"), []);
    }
}
