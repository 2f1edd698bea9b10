//! TOML with lines: a partial tree of what is well-formed, and a diagnostic for what is not.

use super::reading::Reading;
use super::text::Lines;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The number of syntax errors that are worth a line each; a damaged file has one for each of its lines.
const MAX_ERRORS: usize = 10;

/// Larger damaged texts are not read for what is left of them: each error takes some 200 bytes, and each byte may be one.
const MAX_DAMAGED_BYTES: usize = 1 << 20;

/// A value with its place in the file.
pub(super) type Node<'t> = Spanned<DeValue<'t>>;

/// A TOML document, or a piece of one that is a document by itself.
pub(super) struct Tree<'t> {
    text: &'t str,
    root: DeTable<'t>,
    lines: Lines,
    /// Lines of the document before this piece.
    lines_before: u32,
}

impl<'t> Tree<'t> {
    /// Parses what can be parsed of `text`, and notes the rest in `reading`.
    ///
    /// The parser ends at 80 levels of nesting, in values and in dotted keys, so walking the tree may recurse.
    pub(super) fn parse(text: &'t str, reading: &mut Reading) -> Self {
        Self::parse_piece(text, 0, reading)
    }

    /// As [`Tree::parse`], of a piece that has `lines_before` it.
    pub(super) fn parse_piece(text: &'t str, lines_before: u32, reading: &mut Reading) -> Self {
        let lines = Lines::new(text);
        let (root, errors) = match DeTable::parse(text) {
            Ok(root) => (root, Vec::new()),
            Err(_) if text.len() <= MAX_DAMAGED_BYTES => DeTable::parse_recoverable(text),
            Err(first) => (Spanned::new(0..0, DeTable::new()), vec![first]),
        };
        for error in errors.iter().take(MAX_ERRORS) {
            let line = lines.line(error.span().map_or(0, |span| span.start)).saturating_add(lines_before);
            reading.unread(line, format!("not TOML: {}", error.message()));
        }
        if let Some(error) = errors.get(MAX_ERRORS) {
            let line = lines.line(error.span().map_or(0, |span| span.start)).saturating_add(lines_before);
            reading.unread(line, format!("not TOML: {} more errors from here on", errors.len() - MAX_ERRORS));
        }
        Self { text, root: root.into_inner(), lines, lines_before }
    }

    /// The outermost table.
    pub(super) fn root(&self) -> &DeTable<'t> {
        &self.root
    }

    /// The 1-based line of `value`.
    pub(super) fn line<T>(&self, value: &Spanned<T>) -> u32 {
        self.lines.line(value.span().start).saturating_add(self.lines_before)
    }

    /// How many lines end in it.
    pub(super) fn line_ends(&self) -> u32 {
        self.lines.count() - 1
    }

    /// The lines of the string `node`, each with the 1-based line it stands on; none where it is no string.
    pub(super) fn text_lines<'a>(&self, node: &'a Node<'_>) -> impl Iterator<Item = (u32, &'a str)> + use<'a> {
        let span = node.span();
        let written = self.text.get(span.start..).unwrap_or("");
        // What ends the line of the opening quotes is no part of the string.
        let begins_below = ["\"\"\"", "'''"]
            .iter()
            .any(|quotes| written.strip_prefix(quotes).is_some_and(|inside| inside.starts_with(['\n', '\r'])));
        let first = self.line(node).saturating_add(u32::from(begins_below));
        let last = self.lines.line(span.end.saturating_sub(1)).saturating_add(self.lines_before);
        let lines = node.get_ref().as_str().map(|text| (first..).zip(text.split('\n')));
        lines.into_iter().flatten().map(move |(line, text)| (line.min(last), text))
    }
}

/// The table at `path` below `table`; `None` where something on the way is missing or no table.
pub(super) fn table<'a, 't>(table: &'a DeTable<'t>, path: &[&str]) -> Option<&'a DeTable<'t>> {
    path.iter().try_fold(table, |table, key| table.get(*key)?.get_ref().as_table())
}

/// The elements of the array `key` of `table`; empty where it is missing or no array.
pub(super) fn array<'a, 't>(table: &'a DeTable<'t>, key: &str) -> &'a [Node<'t>] {
    table.get(key).and_then(|node| node.get_ref().as_array()).map_or(&[], |array| array)
}

/// The string `key` of `table`.
pub(super) fn string<'a>(table: &'a DeTable<'_>, key: &str) -> Option<&'a str> {
    table.get(key)?.get_ref().as_str()
}

/// The strings of the array `key` of `table`, or the one string that stands in its place.
pub(super) fn strings<'a>(table: &'a DeTable<'_>, key: &str) -> Vec<&'a str> {
    match table.get(key).map(Spanned::get_ref) {
        Some(DeValue::String(one)) => vec![one],
        Some(DeValue::Array(several)) => several.iter().filter_map(|node| node.get_ref().as_str()).collect(),
        _ => Vec::new(),
    }
}

/// What a value is, for messages.
pub(super) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}
