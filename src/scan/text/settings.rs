//! Settings in configuration files: `NAME=value`, `name: value`, `ENV NAME value`, lists and what is beside `name:`.
//!
//! Knows no format: what stands after the name of a setting is read as all of them would write it.

use crate::rules::Value;
use crate::scan::arguments::is_text;
use aho_corasick::{AhoCorasick, MatchKind};

/// How much after a name is looked at.
const MAX_VALUE: usize = 1024;
/// How many lines of a list are looked at.
const MAX_LINES: usize = 32;

/// The names of settings, to be looked for in one pass.
pub(in crate::scan) struct Names {
    automaton: Option<AhoCorasick>,
}

/// A setting that is given a value.
pub(in crate::scan) struct Found<'t> {
    /// Which of the names it is.
    pub name: usize,
    pub start: usize,
    /// The end of the value.
    pub end: usize,
    /// What it is given, and the elements of that where it is a list.
    pub values: Vec<&'t str>,
}

impl Names {
    pub fn new(names: &[&str]) -> Self {
        Self { automaton: AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(names).ok() }
    }

    /// The settings in `text`, in order; those in comments do not count.
    pub fn find<'t>(&self, text: &'t str) -> Vec<Found<'t>> {
        let mut found = Vec::new();
        let mut line = Line::default();
        for hit in self.automaton.iter().flat_map(|automaton| automaton.find_iter(text)) {
            line.advance(text, hit.start());
            if line.is_comment || !is_whole_word(text, hit.start(), hit.end()) {
                continue;
            }
            let Some(start) = value_start(text, &line, hit.start(), hit.end()) else { continue };
            let (values, end) = values(text, start);
            if !values.is_empty() {
                found.push(Found { name: hit.pattern().as_usize(), start: hit.start(), end, values });
            }
        }
        found
    }
}

/// Whether `word` of a text file is `value`, as a configuration file would write it.
pub(in crate::scan) fn is_value(word: &str, value: &Value) -> bool {
    match value {
        Value::None => ["none", "null"].iter().any(|none| word.eq_ignore_ascii_case(none)),
        Value::Bool(wanted) => word.eq_ignore_ascii_case(if *wanted { "true" } else { "false" }),
        Value::Int(wanted) => word.parse() == Ok(*wanted),
        Value::Str(wanted) => is_text(word, wanted),
        Value::Name(wanted) => word == wanted,
        Value::Returned(_) => false,
    }
}

/// How far the text was read, and what of the line is known there.
#[derive(Default)]
struct Line {
    at: usize,
    start: usize,
    quote: Option<u8>,
    is_comment: bool,
    /// Something but white space is in it.
    is_filled: bool,
}

impl Line {
    /// Reads on to `end`.
    fn advance(&mut self, text: &str, end: usize) {
        let bytes = text.as_bytes();
        while self.at < end {
            let byte = bytes[self.at];
            let before = bytes[self.start..self.at].last();
            match byte {
                b'\n' | b'\r' => *self = Self { at: self.at, start: self.at + 1, ..Self::default() },
                _ if self.is_comment => {}
                b'#' if self.quote.is_none() => self.is_comment = before.is_none_or(u8::is_ascii_whitespace),
                b';' | b'/' if !self.is_filled => {
                    self.is_comment = byte == b';' || bytes.get(self.at + 1) == Some(&b'/');
                }
                b'"' | b'\'' => match self.quote {
                    Some(quote) if quote == byte => self.quote = None,
                    Some(_) => {}
                    None => self.quote = Some(byte),
                },
                _ => {}
            }
            self.is_filled |= !byte.is_ascii_whitespace();
            self.at += 1;
        }
    }
}

fn is_whole_word(text: &str, start: usize, end: usize) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 128;
    let before = &text.as_bytes()[..start];
    // `$NAME` and `${NAME}` read it.
    let is_read = before.ends_with(b"$") || before.ends_with(b"${");
    let ends = before.last().is_none_or(|byte| !is_word(byte) && !b"-/".contains(byte));
    ends && !is_read && text.as_bytes().get(end).is_none_or(|byte| !is_word(byte))
}

/// Where the value begins that the name at `start..end` is given.
fn value_start(text: &str, line: &Line, start: usize, end: usize) -> Option<usize> {
    let rest = text.get(end..text.floor_char_boundary(end + MAX_VALUE))?;
    let unquoted = rest.trim_start_matches(['"', '\'']);
    let after = unquoted.trim_start_matches([' ', '\t']);
    let at = |tail: &str| Some(end + rest.len() - tail.len());
    if after.starts_with("==") {
        return None;
    }
    let assigned = ["::=", ":=", "?=", "+=", "=", ":"].iter().find_map(|sign| after.strip_prefix(sign));
    if let Some(value) = assigned {
        return at(value.trim_start_matches([' ', '\t']));
    }
    // `ENV NAME value`
    let before = text[line.start..start].trim_end_matches(['"', '\'']);
    let before = before.split_whitespace().next_back().unwrap_or_default();
    let is_set = ["env", "set_env", "setenv", "setx"]
        .iter()
        .any(|word| before.trim_start_matches('%').eq_ignore_ascii_case(word));
    if is_set && after.len() < unquoted.len() && !after.starts_with(['\r', '\n']) {
        return at(after);
    }
    // `name: NAME` and then, in the next line or after a comma, `value: ...`
    let next = if after.starts_with('#') { after.split_once('\n')?.1 } else { after };
    let next = next.trim_start_matches([',', ' ', '\t', '\r', '\n', '"', '\'']);
    let is_name = before.trim_matches(['"', '\'', '{', ',', '-']).trim_end_matches(['"', ':']) == "name";
    let value = next.strip_prefix("value").filter(|_| is_name)?;
    at(value.trim_start_matches(['"', '\'']).trim_start().strip_prefix([':', '='])?.trim_start_matches([' ', '\t']))
}

/// What is written at `start`, and where it ends.
fn values(text: &str, start: usize) -> (Vec<&str>, usize) {
    let rest = &text[start..text.floor_char_boundary(start + MAX_VALUE)];
    let first = rest.chars().next();
    if let Some(quote @ ('"' | '\'')) = first {
        let Some(inner) = rest[1..].split_once(quote).map(|(inner, _)| inner) else { return (Vec::new(), start) };
        return (words(inner), start + inner.len() + 2);
    }
    if let Some(open @ ('[' | '(' | '{')) = first {
        let close = ["[]", "()", "{}"].iter().find(|pair| pair.starts_with(open)).map_or(']', |pair| last(pair));
        let inner = rest[1..].split_once(close).map_or(&rest[1..], |(inner, _)| inner);
        let lines = inner.lines().map(|line| line.split(" #").next().unwrap_or(line));
        return (lines.flat_map(words).collect(), start + inner.len() + 2.min(rest.len() - inner.len()));
    }
    let own_line = rest.lines().next().unwrap_or_default();
    if own_line.trim().is_empty() || own_line.starts_with('#') {
        return list(rest, start);
    }
    // `${NAME:-value}`: the value, unless the variable is set.
    let default = own_line.strip_prefix("${").and_then(|inner| inner.split_once('}')).map(|(inner, _)| inner);
    if let Some((_, value)) = default.and_then(|inner| inner.split_once('-')) {
        let end = value.as_ptr() as usize - text.as_ptr() as usize + value.len();
        return (words(value), end);
    }
    let mut end = 0;
    for word in own_line.split_inclusive([' ', '\t']) {
        let stops = [';', '&', '|', ')', '}', ']', '"', '\'', '`', '\\'];
        let bare = word.trim_end().split(stops).next().unwrap_or_default();
        end += bare.len();
        if bare.len() < word.trim_end().len() || !bare.ends_with(',') {
            break;
        }
        end += word.len() - bare.len();
    }
    (words(&own_line[..end]), start + end)
}

/// A list in the lines that follow: `- value`, or indented more.
fn list(rest: &str, start: usize) -> (Vec<&str>, usize) {
    let mut found = Vec::new();
    let mut end = start;
    for line in rest.split_inclusive('\n').skip(1).take(MAX_LINES) {
        let item = line.split(" #").next().unwrap_or(line).trim();
        if item.is_empty() || item.starts_with('#') {
            continue;
        }
        let is_element = item.strip_prefix("- ").or(Some(item).filter(|_| line.starts_with([' ', '\t'])));
        let Some(element) = is_element.filter(|element| !element.contains([':', '='])) else { break };
        found.extend(words(element));
        end = item.as_ptr() as usize - rest.as_ptr() as usize + start + item.len();
    }
    (found, end)
}

/// The value as a whole, and its parts.
fn words(value: &str) -> Vec<&str> {
    let quotes = ['"', '\''];
    let whole = value.trim().trim_matches(quotes);
    let mut words: Vec<&str> = vec![whole];
    if whole.contains([',', ' ', ';']) {
        let parts = whole.split([',', ' ', ';']).map(|word| word.trim().trim_matches(quotes));
        words.extend(parts.filter(|word| !word.is_empty()));
    }
    words.retain(|word| !word.is_empty());
    words
}

fn last(pair: &str) -> char {
    pair.chars().next_back().unwrap_or(']')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, Vec<&str>)> {
        let names = Names::new(&["X_SWITCH", "accept"]);
        names.find(text).into_iter().map(|found| (text[found.start..found.end].to_owned(), found.values)).collect()
    }

    #[test]
    fn each_way_to_write_a_value() {
        let one = [
            "X_SWITCH=1",
            "export X_SWITCH='1'; run",
            "ENV X_SWITCH 1",
            "ENV A=2 X_SWITCH=1 \\",
            "  X_SWITCH: \"1\"",
            "- X_SWITCH=1",
            "Environment=\"X_SWITCH=1\"",
            "x_switch = X_SWITCH ?= 1",
            "X_SWITCH=${X_SWITCH:-1}",
            "env X_SWITCH=1 python a.py",
            "docker run -e X_SWITCH=1 image",
            "$env:X_SWITCH = \"1\"",
            "- name: X_SWITCH\n  value: \"1\"\n",
            "{\"name\": \"X_SWITCH\", \"value\": \"1\"}",
            "A=\" # \" X_SWITCH=1",
        ];
        for text in one {
            let all = found(text);
            assert!(all.len() == 1 && all[0].1 == ["1"], "{text}: {all:?}");
        }
        let none = [
            "# X_SWITCH=1",
            "a: b # X_SWITCH=1",
            "; X_SWITCH=1",
            "// X_SWITCH=1",
            "MY_X_SWITCH=1",
            "X_SWITCHES=1",
            "echo $X_SWITCH = 1",
            "if: env.X_SWITCH == '1'",
            "X_SWITCH=",
            "- X_SWITCH\n",
            "unset X_SWITCH\nfoo: 1",
        ];
        for text in none {
            assert!(found(text).is_empty(), "{text}: {:?}", found(text));
        }
    }

    #[test]
    fn lists_are_their_elements() {
        for text in [
            "accept: [json, \"pickle\"]",
            "accept = json, pickle",
            "accept=json,pickle",
            "accept:\n  - json\n  - pickle  # old\nother: 1",
            "accept =\n  json\n  pickle\nother = 1",
            "accept = [\n  'json',\n  'pickle',\n]",
        ] {
            let all = found(text);
            assert!(all.len() == 1 && all[0].1.contains(&"pickle") && !all[0].1.contains(&"1"), "{text}: {all:?}");
        }
        assert_eq!(found("accept:\n  - json\n  # - pickle\n")[0].1, ["json"]);
        assert_eq!(found("accept: [json, # pickle\n msgpack]")[0].1, ["json,", "json", "msgpack"]);
    }

    #[test]
    fn any_text_is_read() {
        for text in
            ["accept: [", "accept='", "accept: \u{1F600}", "accept=${", "accept", "X_SWITCH:\n- \n", "ENV accept "]
        {
            found(text);
        }
        found(&"accept=[".repeat(100_000));
    }
}
