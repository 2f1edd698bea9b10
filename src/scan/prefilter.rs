//! Says of most files, by their bytes alone, that no rule can find anything in them.
//!
//! Derived from the rules: for each match the words that must all be in a file it matches. The first pass looks for one
//! of few short strings with SIMD, the second, over the files that are left, for whole words.

use super::suppression::MARKER;
use crate::rules::{RuleSet, Target, Value};
use aho_corasick::{AhoCorasick, packed};
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// What files must hold for a rule to find anything in them.
pub(super) struct Prefilter<'r> {
    rules: &'r RuleSet,
    first: First,
    /// Made when the first file gets past the first pass.
    words: OnceLock<Words<'r>>,
}

/// Looks for the first word that each match needs.
enum First {
    Packed(packed::Searcher),
    Automaton(AhoCorasick),
    /// Too much to search for: every file is looked at.
    Everything,
}

/// Looks for whole words.
#[derive(Default)]
struct Words<'r> {
    /// The words of each [`outline`], with their numbers.
    numbers: Vec<Vec<(&'r [u8], usize)>>,
    /// How many words there are.
    count: usize,
    /// What each match needs.
    needed: BTreeSet<Needed>,
}

/// All of `all`, and one of `any` if there are any.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Needed {
    all: Vec<usize>,
    any: Vec<usize>,
}

impl<'r> Prefilter<'r> {
    /// The prefilter of `rules`.
    pub fn new(rules: &'r RuleSet) -> Self {
        let mut firsts = BTreeSet::new();
        for candidate in rules.rules.iter().flat_map(|rule| &rule.matches) {
            firsts.extend(rare(&candidate.target));
        }
        Self { rules, first: first_pass(&firsts), words: OnceLock::new() }
    }

    /// Whether a rule or a comment of ours may be found in `text`.
    pub fn admits(&self, text: &[u8]) -> bool {
        let found = match &self.first {
            First::Packed(searcher) => searcher.find(text).is_some(),
            First::Automaton(automaton) => automaton.is_match(text),
            First::Everything => true,
        };
        found && (self.words.get_or_init(|| Words::new(self.rules)).admit(text) || has_marker(text))
            // Python folds other forms of letters to ASCII ones; who writes them gets a closer look.
            || folds_to_ascii(text)
    }
}

fn has_marker(text: &[u8]) -> bool {
    memchr::memmem::find(text, MARKER.as_bytes()).is_some()
}

/// The names that a match looks for, one of which must be in the file.
fn paths(target: &Target) -> &[String] {
    match target {
        Target::Call(paths) => paths,
        Target::Method { classes, .. } | Target::Base { classes, .. } => classes,
        Target::Setting(setting) => &setting.names,
        Target::Text { .. } | Target::Installed => &[],
    }
}

/// Strings of which one must be in a file that the match finds anything in. Where the names of a setting are common words,
/// they are what it is set to, or what it is in.
fn rare(target: &Target) -> Vec<&str> {
    let Target::Setting(setting) = target else {
        return paths(target).iter().filter_map(|path| path.split('.').next()).collect();
    };
    let is_own = |name: &String| name.contains(|c: char| c == '_' || c.is_ascii_uppercase());
    let values: Option<Vec<&str>> = setting.values.iter().map(whole_word).collect();
    let values = values.filter(|values| !values.is_empty() && values.iter().all(|value| value.len() >= 6));
    match values {
        _ if setting.names.iter().all(is_own) => {
            setting.names.iter().filter_map(|name| name.split('.').max_by_key(|part| part.len())).collect()
        }
        Some(values) => values,
        None if setting.within.is_empty() => setting.names.iter().map(String::as_str).collect(),
        None => setting.within.iter().map(String::as_str).collect(),
    }
}

impl<'r> Words<'r> {
    fn new(rules: &'r RuleSet) -> Self {
        let mut words = Self { numbers: vec![Vec::new(); OUTLINES], ..Self::default() };
        for candidate in rules.rules.iter().flat_map(|rule| &rule.matches) {
            let any: Vec<&str> = match &candidate.target {
                Target::Method { methods, .. } => methods.iter().map(String::as_str).collect(),
                // Where a value is no text, the name alone must do.
                Target::Setting(setting) => {
                    setting.values.iter().map(last_word).collect::<Option<Vec<_>>>().unwrap_or_default()
                }
                _ => Vec::new(),
            };
            for path in paths(&candidate.target) {
                let needed = words.needed(path, &any);
                words.needed.insert(needed);
            }
        }
        words
    }

    /// The words of a dotted path, and one of `any`. What is no word (`[]`) is not needed.
    fn needed(&mut self, path: &'r str, any: &[&'r str]) -> Needed {
        let is_name = |word: &&str| !word.is_empty() && word.bytes().all(is_word);
        let all = path.split('.').filter(is_name).map(|word| self.number(word)).collect();
        let any = match any.iter().all(is_name) {
            true => any.iter().map(|word| self.number(word)).collect(),
            false => Vec::new(),
        };
        Needed { all, any }
    }

    fn number(&mut self, word: &'r str) -> usize {
        let word = word.as_bytes();
        let alike = &mut self.numbers[outline(word)];
        if let Some((_, number)) = alike.iter().find(|(known, _)| *known == word) {
            return *number;
        }
        alike.push((word, self.count));
        self.count += 1;
        self.count - 1
    }

    fn see(&self, word: &[u8], seen: &mut [bool]) {
        if let Some((_, number)) = self.numbers[outline(word)].iter().find(|(known, _)| *known == word) {
            seen[*number] = true;
        }
    }

    /// Whether all that one match needs is in `text`.
    fn admit(&self, text: &[u8]) -> bool {
        let mut seen = vec![false; self.count];
        let mut joined = takes_texts(text).then(Joined::default);
        let mut rest = text;
        while let Some(start) = rest.iter().position(|&byte| is_word(byte)) {
            let gap = &rest[..start];
            rest = &rest[start..];
            let end = rest.iter().position(|&byte| !is_word(byte)).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            rest = after;
            self.see(word, &mut seen);
            if let Some(word) = joined.as_mut().and_then(|joined| joined.add(gap, word)) {
                self.see(word, &mut seen);
            }
        }
        self.needed.iter().any(|need| {
            need.all.iter().all(|&word| seen[word]) && (need.any.is_empty() || need.any.iter().any(|&word| seen[word]))
        })
    }
}

/// The last words of the text, as far as they may be put together: `"lo" + "ads"`, `["lo", "ads"]`.
#[derive(Default)]
struct Joined {
    text: Vec<u8>,
}

impl Joined {
    /// Longer words are not put together.
    const LONGEST: usize = 63;
    /// More between two literals than this keeps them apart.
    const MAX_GAP: usize = 16;

    /// Adds `word`, which comes after `gap`; gives what they make, if there are several words.
    fn add(&mut self, gap: &[u8], word: &[u8]) -> Option<&[u8]> {
        let is_quote = |byte: Option<&u8>| matches!(byte, Some(b'"' | b'\'' | b'{' | b'}'));
        let is_between = |&byte: &u8| matches!(byte, b'"' | b'\'' | b'{' | b'}' | b'+' | b',' | b' ' | b'\\' | b'\n');
        let joins = (2..=Self::MAX_GAP).contains(&gap.len())
            && is_quote(gap.first())
            && is_quote(gap.last())
            && gap.iter().all(is_between)
            && self.text.len() < Self::LONGEST;
        if !joins {
            self.text.clear();
        }
        self.text.extend(word);
        joins.then_some(&self.text)
    }
}

const OUTLINES: usize = 4096;

/// A number that few words share, from the length of the word and the bytes at its ends.
fn outline(word: &[u8]) -> usize {
    let (first, last) = (word[0] as usize, word[word.len() - 1] as usize);
    (first ^ last << 4 ^ word.len() << 7) % OUTLINES
}

/// Whether names may be put together from literals in `text`: there is something that takes them.
fn takes_texts(text: &[u8]) -> bool {
    const TAKERS: &[&[u8]] = &[
        b"attr",
        b"vars(",
        b"__dict__",
        b"globals",
        b"locals",
        b"import_module",
        b"__import__",
        b"methodcaller",
        b".modules",
    ];
    TAKERS.iter().any(|taker| memchr::memmem::find(text, taker).is_some())
}

/// All of a string, or the last word of a name.
fn whole_word(value: &Value) -> Option<&str> {
    match value {
        Value::Str(text) => Some(text.trim_end_matches('*')),
        value => last_word(value),
    }
}

/// The last word of a string or name: what must be in the file as a whole word.
fn last_word(value: &Value) -> Option<&str> {
    match value {
        Value::Str(text) | Value::Name(text) => {
            text.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').find(|word| !word.is_empty())
        }
        _ => None,
    }
}

fn is_word(byte: u8) -> bool {
    const WORD: [bool; 256] = {
        let mut table = [false; 256];
        let mut byte = 0;
        while byte < 256 {
            table[byte] = (byte as u8).is_ascii_alphanumeric() || byte == b'_' as usize || byte >= 128;
            byte += 1;
        }
        table
    };
    WORD[byte as usize]
}

/// A search for any of `words`; what contains another of them need not be searched for.
fn first_pass(words: &BTreeSet<&str>) -> First {
    let is_minimal = |word: &&&str| !words.iter().any(|other| other.len() < word.len() && word.contains(other));
    let patterns = || words.iter().filter(is_minimal).copied().chain([MARKER]);
    let packed =
        packed::Config::new().match_kind(packed::MatchKind::LeftmostFirst).builder().extend(patterns()).build();
    match packed {
        Some(searcher) => First::Packed(searcher),
        None => AhoCorasick::new(patterns()).map_or(First::Everything, First::Automaton),
    }
}

/// Code points other than ASCII that may stand in an identifier and that Python's NFKC normalisation turns into ASCII
/// letters, digits or `_`, as ranges; some in between do not, but are rare.
const FOLDING: &[(u32, u32)] = &[
    (0xaa, 0xaa),
    (0xba, 0xba),
    (0x132, 0x133),
    (0x13f, 0x140),
    (0x149, 0x149),
    (0x17f, 0x17f),
    (0x1c4, 0x1cc),
    (0x1f1, 0x1f3),
    (0x2b0, 0x2b8),
    (0x2e1, 0x2e3),
    (0x1d2c, 0x1d65),
    (0x1d9c, 0x1dbb),
    (0x1e9a, 0x1e9a),
    (0x2071, 0x209c),
    (0x2102, 0x2102),
    (0x210a, 0x2115),
    (0x2119, 0x211d),
    (0x2124, 0x2149),
    (0x2160, 0x217f),
    (0x2c7c, 0x2c7d),
    (0xa7f1, 0xa7f4),
    (0xfb00, 0xfb06),
    (0xfe33, 0xfe34),
    (0xfe4d, 0xfe4f),
    (0xff10, 0xff19),
    (0xff21, 0xff3a),
    (0xff3f, 0xff3f),
    (0xff41, 0xff5a),
    (0x107a5, 0x107a5),
    (0x1ccd6, 0x1ccf9),
    (0x1d400, 0x1d7ff),
    (0x1fbf0, 0x1fbf9),
];

/// Whether a character of [`FOLDING`] is in `text`.
fn folds_to_ascii(text: &[u8]) -> bool {
    !text.is_ascii() && text.utf8_chunks().any(|chunk| chunk.valid().chars().any(folds))
}

fn folds(c: char) -> bool {
    let c = c as u32;
    // Most text that is not ASCII is in these.
    if matches!(c, 0..0xaa | 0x300..0x1d00 | 0x2e80..0xa700 | 0xac00..0xd800) {
        return false;
    }
    let next = FOLDING.partition_point(|&(_, to)| to < c);
    FOLDING.get(next).is_some_and(|&(from, _)| from <= c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::parse;
    use unicode_normalization::UnicodeNormalization as _;

    /// One rule that calls `calls`, of a library that is imported as `library`.
    fn rules(library: &str, calls: &str) -> RuleSet {
        let text = format!(
            "schema = 1\n[[library]]\nname = \"x\"\nimports = [\"{library}\"]\n[[rule]]\nid = \"x\"\nlibrary = \"x\"\n\
            severity = \"error\"\nmessage = \"m\"\nruns = \"r\"\nfix = \"f\"\nalternative = \"a\"\n\
            [[rule.match]]\ncalls = [{calls}]\n[[rule.hit]]\ncode = \"x\"\n[[rule.miss]]\ncode = \"y\"\n"
        );
        parse(&text, "rules.toml").expect("the rules are sound")
    }

    #[test]
    fn all_words_of_a_name_are_needed() {
        let rules = rules("pickle", "\"pickle.load\", \"pickle.sub.read\"");
        let filter = Prefilter::new(&rules);
        for yes in ["import pickle\npickle.load(x)", "from pickle import*;load", "(pickle)\\\n.load", "pickle sub read"]
        {
            assert!(filter.admits(yes.as_bytes()), "{yes}");
        }
        for no in ["", "import pickle\npickle.loads(x)", "load(x)", "jsonpickle.load", "pickle read", "pickle_load"] {
            assert!(!filter.admits(no.as_bytes()), "{no}");
        }
    }

    #[test]
    fn words_may_be_put_together() {
        let rules = rules("pickle", "\"pickle.load\"");
        let filter = Prefilter::new(&rules);
        for yes in
            [r#"pickle "lo" + "ad""#, "pickle ''.join(['l', 'o', 'ad'])", "pickle f\"lo{'ad'}\"", "pickle 'lo' 'ad'"]
        {
            let takes = format!("getattr {yes}");
            assert!(filter.admits(takes.as_bytes()) && !filter.admits(yes.as_bytes()), "{yes}");
        }
        for no in ["pickle lo + ad", "pickle 'lo': 'ad'", "pickle 'lo', x, 'ad'", "pickle 'xlo' 'ad'"] {
            assert!(!filter.admits(format!("getattr {no}").as_bytes()), "{no}");
        }
    }

    #[test]
    fn comments_of_ours_and_folded_letters_are_admitted() {
        let rules = rules("pickle", "\"pickle.load\"");
        let filter = Prefilter::new(&rules);
        assert!(filter.admits(b"x = 1  # picklegate: allow[x] y"));
        assert!(filter.admits("import ｐickle".as_bytes()));
        assert!(!filter.admits("# pickle（load）™：ü".as_bytes()));
    }

    #[test]
    fn many_rules_need_no_special_care() {
        let calls: Vec<String> = (0..300).map(|i| format!("\"lib.m{i}.load\"")).collect();
        let rules = rules("lib", &calls.join(", "));
        let filter = Prefilter::new(&rules);
        assert!(filter.admits(b"from lib.m299 import load") && !filter.admits(b"from lib.m300 import load"));
        let words: Vec<String> = (0..300).map(|i| format!("w{i}x")).collect();
        let words = words.iter().map(String::as_str).collect();
        assert!(matches!(first_pass(&words), First::Automaton(automaton) if automaton.is_match("a w17x")));
    }

    #[test]
    fn every_letter_that_folds_is_in_the_table() {
        // Letters in circles and squares are no identifiers.
        let enclosed = |c: char| matches!(c as u32, 0x24b6..=0x24e9 | 0x1f130..=0x1f189);
        for c in ('\u{80}'..=char::MAX).filter(|&c| c.is_alphabetic() && !enclosed(c)) {
            assert!(folds(c) || !c.nfkc().any(|c| c.is_ascii_alphanumeric()), "{c:?}");
        }
    }
}
