//! Physical lines to logical ones, as pip joins them. Knows nothing of what a line says.

use std::borrow::Cow;

/// Physical lines joined where they end in `\`, comments removed, each with the 1-based line it starts on.
pub(super) fn logical_lines(text: &str) -> Vec<(u32, Cow<'_, str>)> {
    let mut logical = Vec::new();
    let mut open: Option<(u32, String)> = None;
    for (line, physical) in physical_lines(text) {
        let is_comment = physical.trim_start().starts_with('#');
        if physical.ends_with('\\') && !is_comment {
            open.get_or_insert_with(|| (line, String::new())).1.push_str(physical.trim_matches('\\'));
            continue;
        }
        match open.take() {
            None => logical.push((line, Cow::Borrowed(without_comment(physical)))),
            Some((first, mut joined)) => {
                // So that a comment after a continuation is still seen as one.
                joined.push_str(if is_comment { " " } else { "" });
                joined.push_str(physical);
                logical.push((first, Cow::Owned(without_comment(&joined).to_owned())));
            }
        }
    }
    logical.extend(open.map(|(first, joined)| (first, Cow::Owned(without_comment(&joined).to_owned()))));
    logical
}

/// The lines that Python's `str.splitlines` gives, numbered as editors number them.
pub(super) fn physical_lines(text: &str) -> impl Iterator<Item = (u32, &str)> {
    let mut line = 1;
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let current = rest?;
        let is_end = |c: char| {
            matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}')
        };
        let Some(at) = current.find(is_end) else {
            rest = None;
            return Some((line, current));
        };
        let here = line;
        let after = &current[at..];
        let length = if after.starts_with("\r\n") { 2 } else { after.chars().next().map_or(1, char::len_utf8) };
        line += u32::from(after.starts_with(['\n', '\r']));
        rest = Some(&after[length..]);
        Some((here, &current[..at]))
    })
}

fn without_comment(line: &str) -> &str {
    word_that_starts_with('#', line).map_or(line, |at| &line[..at])
}

/// Where the first word of `text` begins that starts with `first`.
pub(super) fn word_that_starts_with(first: char, text: &str) -> Option<usize> {
    let mut before = ' ';
    let found = text.char_indices().find(|&(_, c)| {
        let is_start = c == first && before.is_whitespace();
        before = c;
        is_start
    });
    found.map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(u32, String)> {
        logical_lines(text).into_iter().map(|(line, text)| (line, text.trim().to_owned())).collect()
    }

    fn expected<const N: usize>(lines: [(u32, &str); N]) -> Vec<(u32, String)> {
        lines.map(|(line, text)| (line, text.to_owned())).into()
    }

    #[test]
    fn continuations_and_comments() {
        assert_eq!(lines("a \\\n  --b \\\n--c\nd"), expected([(1, "a   --b --c"), (4, "d")]));
        assert_eq!(lines("# c \\\nb # why\nc#d"), expected([(1, ""), (2, "b"), (3, "c#d")]));
        assert_eq!(lines("a \\\n# c\nb \\"), expected([(1, "a"), (3, "b")]));
    }

    #[test]
    fn all_line_ends_of_python_end_a_line() {
        assert_eq!(
            lines("a\rb\r\nc\u{c}d\u{2028}e\n"),
            expected([(1, "a"), (2, "b"), (3, "c"), (3, "d"), (3, "e"), (4, "")])
        );
    }
}
