//! TOML locks, package by package: a tree of the whole document takes some hundred times its size.

use super::locks::MAX_PACKAGES;
use super::reading::Reading;
use super::text::Lines;
use super::tree::Tree;
use memchr::memmem;

/// Larger pieces are not parsed, nor larger documents that cannot be cut.
const MAX_PIECE: usize = 8 << 20;

/// What nobody needs of a lock: the hashes of its files, where older tools keep them in one table.
const UNNEEDED: &str = "[metadata.files]";

/// Gives `visit` the document `text` in pieces, in order: what stands before the first `[[key]]` (one or more of them),
/// and from each to before the next. A piece that is damaged has what is left of it, and a diagnostic.
pub(super) fn read(reading: &mut Reading, text: &str, key: &str, visit: &mut dyn FnMut(&mut Reading, &Tree<'_>)) {
    let header = format!("[[{key}]]");
    // Only in strings over several lines may a line look like a header and be none.
    let is_plain = ["\"\"\"", "'''"].iter().all(|quotes| memmem::find(text.as_bytes(), quotes.as_bytes()).is_none());
    let is_whole = !is_plain && text.len() <= MAX_PIECE;
    let mut lines_before = 0_u32;
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(if is_whole { rest.len() } else { end(rest, &header) });
        rest = after;
        if reading.dependencies.len() >= MAX_PACKAGES && piece.trim_start().starts_with(&header) {
            let problem = format!("more than {MAX_PACKAGES} packages; from here on they are not read");
            reading.unread(lines_before.saturating_add(1), problem);
            return;
        }
        if is_plain && piece.starts_with(UNNEEDED) {
            lines_before = lines_before.saturating_add(Lines::new(piece).count() - 1);
        } else if piece.len() > MAX_PIECE {
            let problem =
                format!("{} bytes without `{header}`, more than the {MAX_PIECE} that are read at once", piece.len());
            reading.unread(lines_before.saturating_add(1), problem);
            lines_before = lines_before.saturating_add(Lines::new(piece).count() - 1);
        } else {
            let tree = Tree::parse_piece(piece, lines_before, reading);
            lines_before = lines_before.saturating_add(tree.line_ends());
            visit(reading, &tree);
        }
    }
}

/// Where the piece that `text` starts with ends: before the next line that is `header`. What is not needed begins and ends
/// at any line that may be a header.
fn end(text: &str, header: &str) -> usize {
    let is_unneeded = text.starts_with(UNNEEDED);
    let mut from = 0;
    while let Some(at) = memchr::memchr(b'\n', &text.as_bytes()[from..]) {
        from += at + 1;
        let line = &text[from..];
        let line = line.trim_start_matches([' ', '\t']);
        if line.starts_with(header) || line.starts_with(UNNEEDED) || (is_unneeded && line.starts_with('[')) {
            return from;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::super::tree;
    use super::*;
    use crate::snapshot::RepoPath;

    /// `line name` of the packages, and the lines of the diagnostics.
    fn packages(text: &str) -> (Vec<String>, Vec<u32>) {
        let mut reading = Reading::new(&RepoPath::from("x.lock"), "x");
        let mut found = Vec::new();
        read(&mut reading, text, "package", &mut |_, tree| {
            for node in tree::array(tree.root(), "package") {
                let name = node.get_ref().as_table().and_then(|table| table.get("name"));
                found
                    .extend(name.map(|name| format!("{} {}", tree.line(name), name.get_ref().as_str().unwrap_or("?"))));
            }
        });
        (found, reading.diagnostics.iter().map(|diagnostic| diagnostic.line).collect())
    }

    fn expected<const N: usize>(found: [&str; N], lines: &[u32]) -> (Vec<String>, Vec<u32>) {
        (found.map(str::to_owned).into(), lines.to_vec())
    }

    #[test]
    fn lines_are_those_of_the_document() {
        let text = "version = 1\r\n\r\n[[package]] # one\r\nname = \"a\"\r\n[package.source]\r\nx = 1\r\n\n  [[package]]\nname = \"b\"\n[[package]]\nname = \"c\"";
        assert_eq!(packages(text), expected(["4 a", "9 b", "11 c"], &[]));
    }

    #[test]
    fn damage_costs_one_piece() {
        let text = "[[package]]\nname = \"a\"\n[[package]]\nname = \n[[package]]\nname = \"c\"\n[tail\n";
        assert_eq!(packages(text), expected(["2 a", "4 ", "6 c"], &[4, 7]));
    }

    #[test]
    fn headers_within_strings_are_text() {
        let text = "[[package]]\nsummary = \"\"\"\n[[package]]\nname = \"no\"\n\"\"\"\nname = \"a\"\n";
        assert_eq!(packages(text), expected(["6 a"], &[]));
    }

    #[test]
    fn hashes_are_skipped_and_nothing_behind_them() {
        let text = "[metadata.files]\na = [\n {file = \"x\"},\n]\n[[ package ]]\nname = \"a\"\n[metadata.files]\n[[package]]\nname = \"b\"\n";
        assert_eq!(packages(text), expected(["6 a", "9 b"], &[]));
    }

    #[test]
    fn a_piece_beyond_the_limit_is_said_to_be_unread() {
        let text = format!(
            "[[package]]\nname = \"a\"\n[[package]]\nname = \"b\" #{}\n[[package]]\nname = \"c\"\n",
            "x".repeat(MAX_PIECE)
        );
        assert_eq!(packages(&text), expected(["2 a", "6 c"], &[3]));
    }
}
