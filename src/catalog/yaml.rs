//! YAML with lines: a partial tree of what is well-formed, and a diagnostic for what is not.
//!
//! Nesting and what aliases come to are limited, so whoever walks the tree may recurse. Values stay text as written: the
//! version `1.10` is no number.
//!
//! ```yaml
//! name: train
//! dependencies: [python=3.11, {pip: [torch]}]   # root.get("dependencies"), node.items(), node.text()
//! ```

use super::reading::Reading;
use super::text::Lines;
use super::yaml_builder::{Builder, Stop, Stored, Value};
use saphyr_parser::ScalarStyle;

/// The number of syntax errors after each of which the rest is read; each is a new reading of the whole text.
const MAX_ERRORS: usize = 8;

/// Larger damaged texts are read up to the damage.
const MAX_DAMAGED_BYTES: usize = 1 << 20;

/// The documents of a YAML text.
#[derive(Debug)]
pub(super) struct Yaml {
    pub(super) nodes: Vec<Stored>,
    pub(super) documents: Vec<usize>,
}

/// One value of a [`Yaml`], with its place in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node<'y> {
    yaml: &'y Yaml,
    index: usize,
}

impl Yaml {
    /// Parses what can be parsed of `text`, and notes the rest in `reading`.
    ///
    /// Of a damaged text, a line that cannot be parsed is left out and the rest is read without it.
    pub(super) fn parse(text: &str, reading: &mut Reading) -> Self {
        let lines = Lines::new(text);
        let last_line = lines.line(text.len());
        let text = match text.find('\0') {
            None => text,
            Some(end) => {
                reading.unread(lines.line(end), "not YAML: found a NUL character");
                &text[..end]
            }
        };
        let (mut yaml, mut error) = Builder::build(text, reading);
        let mut damaged = String::new();
        let mut last = 0;
        for count in 0.. {
            let Some(Stop { line, problem, is_final }) = error.take() else { break };
            let line = line.clamp(1, last_line);
            let problem = if is_final { problem + "; the rest is not read" } else { format!("not YAML: {problem}") };
            reading.unread(line, problem);
            if is_final || line <= last || count == MAX_ERRORS || text.len() > MAX_DAMAGED_BYTES {
                break;
            }
            last = line;
            damaged = without_line(if damaged.is_empty() { text } else { &damaged }, line);
            // Only the last reading counts: earlier ones said the same of what stands before their damage.
            let mut again = Reading::new(&reading.path, reading.format);
            let (rest, next) = Builder::build(&damaged, &mut again);
            let reached = next.as_ref().map_or(u32::MAX, |stop| stop.line);
            if reached <= line {
                break;
            }
            (yaml, error) = (rest, next);
        }
        yaml
    }

    /// The documents, in order; most files have one.
    pub(super) fn documents(&self) -> impl Iterator<Item = Node<'_>> {
        self.documents.iter().map(|&index| Node { yaml: self, index })
    }

    /// The first document; `None` where the text is empty.
    pub(super) fn root(&self) -> Option<Node<'_>> {
        self.documents().next()
    }
}

impl<'y> Node<'y> {
    fn stored(self) -> &'y Stored {
        &self.yaml.nodes[self.index]
    }

    /// The 1-based line it starts on; of a block scalar, the line of its first text.
    pub(super) fn line(self) -> u32 {
        self.stored().line
    }

    /// The text of a scalar that is not null, as written: `1.10`, `true` and `"x"` are `1.10`, `true` and `x`.
    pub(super) fn text(self) -> Option<&'y str> {
        match &self.stored().value {
            Value::Scalar { text, .. } if !self.is_null() => Some(text),
            _ => None,
        }
    }

    /// The lines of a scalar's text, each with its 1-based line in the file. Folded and quoted text has lost its lines:
    /// there it is where the text starts.
    pub(super) fn lines(self) -> impl Iterator<Item = (u32, &'y str)> {
        let stored = self.stored();
        let (text, is_literal) = match &stored.value {
            Value::Scalar { text, style } => (&**text, *style == ScalarStyle::Literal),
            _ => ("", false),
        };
        // The parser says where the first line stands that is not empty.
        let empty = text.bytes().take_while(|&b| b == b'\n').count();
        let first = stored.line.saturating_sub(u32::try_from(empty).unwrap_or(u32::MAX));
        let line = move |index| first.saturating_add(u32::try_from(index).unwrap_or(u32::MAX)).max(1);
        let line = move |index| if is_literal { line(index) } else { stored.line };
        text.lines().enumerate().map(move |(index, text)| (line(index), text))
    }

    /// Whether nothing is written, or `null` or `~`.
    pub(super) fn is_null(self) -> bool {
        match &self.stored().value {
            Value::Scalar { text, style: ScalarStyle::Plain } => {
                matches!(&**text, "" | "~" | "null" | "Null" | "NULL")
            }
            _ => false,
        }
    }

    /// The elements of a sequence; none where it is something else.
    pub(super) fn items(self) -> impl Iterator<Item = Node<'y>> {
        let items = match &self.stored().value {
            Value::Sequence(items) => &items[..],
            _ => &[],
        };
        items.iter().map(move |&index| Node { yaml: self.yaml, index })
    }

    /// The keys and values of a mapping, in order; none where it is something else.
    pub(super) fn entries(self) -> impl Iterator<Item = (Node<'y>, Node<'y>)> {
        let pairs = match &self.stored().value {
            Value::Mapping(pairs) => &pairs[..],
            _ => &[],
        };
        let node = move |index| Node { yaml: self.yaml, index };
        pairs.iter().map(move |&(key, value)| (node(key), node(value)))
    }

    /// The value of `key` in a mapping; where the key stands twice, the last.
    pub(super) fn get(self, key: &str) -> Option<Node<'y>> {
        let pairs = match &self.stored().value {
            Value::Mapping(pairs) => &pairs[..],
            _ => &[],
        };
        let node = move |index| Node { yaml: self.yaml, index };
        pairs.iter().rev().find(|&&(found, _)| node(found).text() == Some(key)).map(|&(_, value)| node(value))
    }

    /// The value at `path` below it.
    pub(super) fn at(self, path: &[&str]) -> Option<Node<'y>> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The text of the scalar `key`.
    pub(super) fn string(self, key: &str) -> Option<&'y str> {
        self.get(key)?.text()
    }

    /// The texts of a sequence, or the one scalar that stands in its place.
    pub(super) fn strings(self) -> impl Iterator<Item = &'y str> {
        self.text().into_iter().chain(self.items().filter_map(Node::text))
    }

    /// Whether it is a sequence.
    pub(super) fn is_sequence(self) -> bool {
        matches!(self.stored().value, Value::Sequence(_))
    }

    /// Whether it is a mapping.
    pub(super) fn is_mapping(self) -> bool {
        matches!(self.stored().value, Value::Mapping(_))
    }

    /// What it is, for messages.
    pub(super) fn kind(self) -> &'static str {
        match self.stored().value {
            _ if self.is_null() => "nothing",
            Value::Scalar { .. } => "a string",
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a mapping",
        }
    }
}

/// `text` without what stands on `line`.
fn without_line(text: &str, line: u32) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut number = 1;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let is_end = c == '\n' || c == '\r';
        if number != line || is_end {
            kept.push(c);
        }
        if c == '\n' || (c == '\r' && rest.peek() != Some(&'\n')) {
            number += 1;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::super::Gravity;
    use super::super::yaml_builder::MAX_DEPTH;
    use super::*;
    use crate::snapshot::RepoPath;

    fn parse(text: &str) -> (Yaml, Vec<(u32, Gravity, String)>) {
        let mut reading = Reading::new(&RepoPath::from("x.yml"), "yaml");
        let yaml = Yaml::parse(text, &mut reading);
        (yaml, reading.finish().diagnostics.into_iter().map(|d| (d.line, d.gravity, d.problem)).collect())
    }

    fn whole(text: &str) -> Yaml {
        let (yaml, diagnostics) = parse(text);
        assert_eq!(diagnostics, [], "{text}");
        yaml
    }

    /// A tree as text: scalars with their lines.
    fn drawn(node: Node<'_>) -> String {
        if node.is_mapping() {
            let pairs: Vec<String> = node.entries().map(|(k, v)| format!("{}: {}", drawn(k), drawn(v))).collect();
            return format!("{{{}}}", pairs.join(", "));
        }
        if node.is_sequence() {
            return format!("[{}]", node.items().map(drawn).collect::<Vec<_>>().join(", "));
        }
        format!("{}@{}", node.text().unwrap_or("~"), node.line())
    }

    fn drawn_root(text: &str) -> String {
        let (yaml, _) = parse(text);
        yaml.root().map(drawn).unwrap_or_default()
    }

    #[test]
    fn values_stand_on_their_lines_as_written() {
        let yaml = whole("# c\r\na: 1.10\rb:\n  - 'x'\n  - ~\n  - yes # no\nc: {d: [e, \"f\\n\"]}\n");
        let root = yaml.root().expect("a document");
        assert_eq!(drawn(root), "{a@2: 1.10@2, b@3: [x@4, ~@5, yes@6], c@7: {d@7: [e@7, f\n@7]}}");
        assert_eq!(root.string("a"), Some("1.10"));
        assert_eq!(root.get("b").map(|b| b.strings().collect()), Some(vec!["x", "yes"]));
        assert_eq!(root.get("a").map(|a| a.strings().collect()), Some(vec!["1.10"]));
        assert_eq!(root.at(&["c", "d"]).map(|d| (d.kind(), d.items().count())), Some(("a list", 2)));
        assert!(root.at(&["a", "d"]).is_none() && root.string("c").is_none());
    }

    #[test]
    fn lines_of_a_block_stand_on_lines_of_the_file() {
        let yaml = whole("run: |\n\n  pip install a\n\n  pip install b\nfold: >-\n  c\n  d\nplain: e\nempty: |\n");
        let lines = |key| {
            let node = yaml.root().and_then(|root| root.get(key)).expect("a value");
            node.lines().filter(|(_, text)| !text.is_empty()).collect::<Vec<_>>()
        };
        assert_eq!(lines("run"), [(3, "pip install a"), (5, "pip install b")]);
        assert_eq!(lines("fold"), [(7, "c d")]);
        assert_eq!(lines("plain"), [(9, "e")]);
        assert_eq!(lines("empty"), []);
    }

    #[test]
    fn documents_and_nothing() {
        let yaml = whole("a: 1\n---\n- 2\n...\n");
        assert_eq!(yaml.documents().map(drawn).collect::<Vec<_>>(), ["{a@1: 1@1}", "[2@3]"]);
        assert!(whole("# nothing\n").root().is_none() && whole("").root().is_none());
    }

    #[test]
    fn aliases_and_merges_are_what_they_stand_for() {
        let text = "x: &x {a: 1, b: 2}\ny: *x\nz:\n  <<: *x\n  b: 3\nw:\n  <<: [{a: 4}, *x]\n";
        let yaml = whole(text);
        let root = yaml.root().expect("a document");
        assert_eq!(root.at(&["y", "b"]).and_then(Node::text), Some("2"));
        let z = root.get("z").expect("a mapping");
        assert_eq!((z.string("a"), z.string("b")), (Some("1"), Some("3")));
        let w = root.get("w").expect("a mapping");
        assert_eq!((w.string("a"), w.string("b")), (Some("4"), Some("2")));
        assert_eq!(drawn_root("a: &a [b, *a]\n"), "{a@1: [b@1, []]}");
    }

    #[test]
    fn keys_that_stand_twice_are_odd() {
        let (yaml, diagnostics) = parse("a: 1\nb: {c: 1, c: 2}\na: 3\n");
        assert_eq!(yaml.root().and_then(|root| root.string("a")), Some("3"));
        assert_eq!(diagnostics.iter().map(|d| (d.0, d.1)).collect::<Vec<_>>(), [(2, Gravity::Odd), (3, Gravity::Odd)]);
    }

    #[test]
    fn a_line_that_is_damaged_costs_that_line() {
        for (text, line, rest) in [
            ("a: 1\n\tb: 2\nc: 3\n", 2, "{a@1: 1@1, c@3: 3@3}"),
            ("a:\n  - b\n - c\n  - d\n", 3, "{a@1: [b@2, d@4]}"),
            ("a:\n- b\n- {{ x }}y\n- d\n", 3, "{a@1: [b@2, d@4]}"),
            ("a:\n- b\n- %x\n- d\n", 3, "{a@1: [b@2, d@4]}"),
            ("a:\n- b\n- *x\n- d\n", 3, "{a@1: [b@2, d@4]}"),
            ("a:\n- b\n- 'x\n- d\n", 3, "{a@1: [b@2, d@4]}"),
            ("a: 1\nb: c: d\ne: 3\n", 2, "{a@1: 1@1, e@3: 3@3}"),
            ("a: 1\nb\ne: 3\n", 2, "{a@1: 1@1, e@3: 3@3}"),
        ] {
            let (yaml, diagnostics) = parse(text);
            let drawn = yaml.root().map(drawn).unwrap_or_default();
            assert_eq!(
                (drawn.as_str(), diagnostics.first().map(|d| (d.0, d.1))),
                (rest, Some((line, Gravity::Unread))),
                "{text} {diagnostics:?}"
            );
        }
    }

    /// What is parsed of `text` on a small stack; a message for what was found wrong with it first.
    fn on_a_small_stack(text: String) -> Option<String> {
        let parse = move || parse(&text).1.into_iter().next().map(|(_, _, problem)| problem);
        let thread = std::thread::Builder::new().stack_size(1 << 18).spawn(parse);
        thread.expect("a thread can be started").join().expect("parsing does not panic")
    }

    #[test]
    fn deep_nesting_ends_in_a_diagnostic() {
        let deep = 100_000;
        let indented: String = (0..2_000).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
        for text in [
            "[".repeat(deep),
            format!("{}{}", "[".repeat(deep), "]".repeat(deep)),
            "{a: ".repeat(deep),
            "- ".repeat(deep),
            "? ".repeat(deep),
            format!("a: {}", "- ".repeat(deep)),
            indented,
        ] {
            let start: String = text.chars().take(20).collect();
            assert!(on_a_small_stack(text).is_some(), "{start}");
        }
        assert_eq!(drawn_root(&"- ".repeat(1000)).matches('[').count(), MAX_DEPTH + 1, "what stands before is kept");
    }

    #[test]
    fn aliases_of_aliases_end_in_a_diagnostic() {
        let doubled: String = (1..60).map(|level| format!("a{level}: &a{level} [*a{0}, *a{0}]\n", level - 1)).collect();
        let merged: String =
            (1..60).map(|level| format!("a{level}: &a{level}\n  <<: [*a{0}, *a{0}]\n", level - 1)).collect();
        let chain: String = (1..2_000).map(|level| format!("a{level}: &a{level} [*a{}]\n", level - 1)).collect();
        for (text, limit) in [(doubled, "aliases come to"), (merged, "aliases come to"), (chain, "levels deep")] {
            let problem = on_a_small_stack(format!("a0: &a0 {{b: c}}\n{text}"));
            assert!(problem.as_ref().is_some_and(|problem| problem.contains(limit)), "{problem:?}");
        }
    }

    #[test]
    fn long_texts_take_linear_time() {
        let size = 200_000;
        for unit in [
            "a", "a: ", "- ", "-\n", "a\n", "a:\n", "[", "[],", "{a: b}, ", "\"", "'", "#", "&a ", "*a ", "!a ", "|\n",
            "a: |\n", "\t", "? ", "---\n", "%\n", "é", "\u{feff}", "\r", "\0",
        ] {
            on_a_small_stack(unit.repeat(size / unit.len()));
            on_a_small_stack(format!("a: [{}", unit.repeat(size / unit.len())));
            on_a_small_stack(format!("a:\n- b\n- {}\n", unit.repeat(size / unit.len())));
        }
    }
}
