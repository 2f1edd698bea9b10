//! Positions and excerpts of a decoded text. Lines end at LF, CRLF or CR, as Python counts them.

use crate::finding::{Excerpt, Position};
use ruff_source_file::LineIndex;
use ruff_text_size::{TextRange, TextSize};

/// Finds lines and columns in constant time, however long a line is.
pub(super) struct Lines<'t> {
    text: &'t str,
    index: LineIndex,
    /// Characters before each multiple of [`STEP`] bytes; empty for ASCII.
    characters: Vec<u32>,
}

const STEP: usize = 1024;

impl<'t> Lines<'t> {
    pub fn new(text: &'t str) -> Self {
        let mut characters = Vec::new();
        if !text.is_ascii() {
            let mut before = 0;
            for chunk in text.as_bytes().chunks(STEP) {
                characters.push(before);
                before += starts(chunk);
            }
            characters.push(before);
        }
        Self { text, index: LineIndex::from_source_text(text), characters }
    }

    /// 1-based line of a byte offset.
    pub fn line(&self, offset: TextSize) -> u32 {
        self.index.line_index(offset).get() as u32
    }

    pub fn position(&self, offset: TextSize) -> Position {
        let line = self.line(offset);
        let column = self.characters_before(offset.to_usize()) - self.characters_before(self.start_of(line));
        Position { line, column: column + 1 }
    }

    /// The text of a range.
    pub fn text_in(&self, range: TextRange) -> &'t str {
        &self.text[range]
    }

    /// The text of a 1-based line, without its end.
    pub fn text_of(&self, line: u32) -> &'t str {
        let end = self.index.line_starts().get(line as usize).map_or(self.text.len(), |next| next.to_usize());
        self.text[self.start_of(line)..end].trim_end_matches(['\r', '\n'])
    }

    /// The lines of `range`, cut to a window where they are long.
    pub fn excerpt(&self, range: TextRange) -> Excerpt {
        let (start, end) = (range.start().to_usize(), range.end().to_usize());
        let (first, last) = (self.line(range.start()), self.line(range.end()));
        let line_start = self.start_of(first);
        let line_end = self.start_of(last) + self.text_of(last).len();
        let from = match line_end - line_start <= Excerpt::MAX_BYTES || start - line_start < Excerpt::MAX_BYTES / 2 {
            true => line_start,
            false => self.text.floor_char_boundary(start - Excerpt::MAX_BYTES / 4),
        };
        let to = self.text.floor_char_boundary(line_end.min(from + Excerpt::MAX_BYTES)).max(from);
        let mut excerpt = Excerpt { text: String::new(), first_line: first, highlight: 0..0 };
        let mut rest = from;
        let mark = |excerpt: &mut Excerpt, at: usize| {
            if at == start {
                excerpt.highlight.start = excerpt.text.len();
            }
            if at == end.min(to) {
                excerpt.highlight.end = excerpt.text.len();
            }
        };
        for (i, c) in self.text[from..to].char_indices() {
            rest = from + i + c.len_utf8();
            mark(&mut excerpt, from + i);
            match c {
                '\r' if self.text[rest..].starts_with('\n') => {}
                '\r' => excerpt.text.push('\n'),
                c => excerpt.text.push(c),
            }
        }
        mark(&mut excerpt, rest.max(from));
        excerpt
    }

    /// Byte offset of the start of a 1-based line.
    fn start_of(&self, line: u32) -> usize {
        self.index.line_starts()[line as usize - 1].to_usize()
    }

    fn characters_before(&self, offset: usize) -> u32 {
        match self.characters.get(offset / STEP) {
            Some(before) => before + starts(&self.text.as_bytes()[offset / STEP * STEP..offset]),
            None => offset as u32,
        }
    }
}

/// How many characters start in `bytes`.
fn starts(bytes: &[u8]) -> u32 {
    bytes.iter().filter(|&&byte| byte & 0xc0 != 0x80).count() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(start: usize, end: usize) -> TextRange {
        TextRange::new(TextSize::new(start as u32), TextSize::new(end as u32))
    }

    #[test]
    fn every_line_end_counts_once_and_form_feed_not() {
        let text = "a\rb\r\n\x0cc\nä = x";
        let lines = Lines::new(text);
        let at = |needle: char| lines.position(TextSize::new(text.find(needle).expect("it is there") as u32));
        assert_eq!(at('b'), Position { line: 2, column: 1 });
        assert_eq!(at('c'), Position { line: 3, column: 2 });
        assert_eq!(at('x'), Position { line: 4, column: 5 });
    }

    #[test]
    fn excerpts_are_whole_lines_with_plain_ends() {
        let text = "one\r\ntwo(\r\n  3)\r\nfour";
        let excerpt = Lines::new(text).excerpt(range(5, 15));
        assert_eq!(excerpt.text, "two(\n  3)");
        assert_eq!((excerpt.first_line, excerpt.highlight), (2, 0..9));
    }

    #[test]
    fn long_lines_are_cut_around_the_highlight() {
        let text = format!("{}load(x){}", "ü".repeat(5000), "é".repeat(5000));
        let start = text.find("load").expect("it is there");
        let excerpt = Lines::new(&text).excerpt(range(start, start + 7));
        assert!(excerpt.text.len() <= Excerpt::MAX_BYTES);
        assert_eq!(&excerpt.text[excerpt.highlight.clone()], "load(x)");
        let long = Lines::new(&text).excerpt(range(0, text.len()));
        assert!(long.highlight.end <= long.text.len() && long.text.len() <= Excerpt::MAX_BYTES);
    }
}
