//! Says of most files, by their bytes alone, that no rule can find anything in them.
//!
//! Derived from the rules: for each match the words that must all be in a file it matches. The first pass looks for one
//! of few short strings with SIMD, the second, over the files that are left, for whole words.

use super::suppression::MARKER;
use crate::rules::{RuleSet, Target, Value};
use aho_corasick::{AhoCorasick, packed};
use std::collections::{BTreeMap, BTreeSet};

/// The words rules need, searched at once.
pub(super) struct Prefilter {
    first: First,
    /// Words by number.
    words: BTreeMap<Vec<u8>, usize>,
    /// For each match: words that must be there, of which one of the last.
    needed: Vec<Needed>,
}

/// All of `all`, and one of `any` if there are any.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Needed {
    all: Vec<usize>,
    any: Vec<usize>,
}

enum First {
    Packed(packed::Searcher),
    Automaton(AhoCorasick),
    /// Too much to search for: every file is looked at.
    Everything,
}

impl Prefilter {
    /// The prefilter of `rules`.
    pub fn new(rules: &RuleSet) -> Self {
        let mut words = Words::default();
        let mut needed = BTreeSet::new();
        for candidate in rules.rules.iter().flat_map(|rule| &rule.matches) {
            match &candidate.target {
                Target::Call(paths) => {
                    needed.extend(paths.iter().map(|path| words.needed(path, &[])));
                }
                Target::Method { classes, methods } => {
                    for class in classes {
                        needed.extend(methods.iter().map(|method| words.needed(class, &[method.as_str()])));
                    }
                }
                Target::Base { classes, .. } => {
                    needed.extend(classes.iter().map(|class| words.needed(class, &[])));
                }
                Target::Setting { names, values } => {
                    let strings: Option<Vec<&str>> = values.iter().map(last_word).collect();
                    let any = strings.unwrap_or_default();
                    needed.extend(names.iter().map(|name| words.needed(name, &any)));
                }
                Target::Text { .. } => {}
            }
        }
        let needed: Vec<Needed> = needed.into_iter().collect();
        // The first pass looks for the first word of each: the library, or the setting.
        let firsts: BTreeSet<&[u8]> =
            needed.iter().filter_map(|need| need.all.first()).map(|&word| words.list[word].as_slice()).collect();
        Self { first: first_pass(&firsts), words: words.numbers, needed }
    }

    /// Whether a rule or a comment of ours may be found in `text`.
    pub fn admits(&self, text: &[u8]) -> bool {
        let found = match &self.first {
            First::Packed(searcher) => searcher.find(text).is_some(),
            First::Automaton(automaton) => automaton.is_match(text),
            First::Everything => true,
        };
        // Python folds other forms of letters to ASCII ones; who writes them gets a closer look.
        if !found {
            return folds_to_ascii(text);
        }
        memchr::memmem::find(text, MARKER.as_bytes()).is_some() || self.has_words(text) || folds_to_ascii(text)
    }

    fn has_words(&self, text: &[u8]) -> bool {
        let mut seen = vec![false; self.words.len()];
        let mut at = 0;
        while at < text.len() {
            let word = text[at..].iter().take_while(|&&byte| is_word(byte)).count();
            if word == 0 {
                at += 1;
                continue;
            }
            if let Some(&number) = self.words.get(&text[at..at + word]) {
                seen[number] = true;
            }
            at += word;
        }
        let is_there = |need: &Needed| {
            need.all.iter().all(|&word| seen[word]) && (need.any.is_empty() || need.any.iter().any(|&word| seen[word]))
        };
        self.needed.iter().any(is_there)
    }
}

#[derive(Default)]
struct Words {
    numbers: BTreeMap<Vec<u8>, usize>,
    list: Vec<Vec<u8>>,
}

impl Words {
    fn number(&mut self, word: &str) -> usize {
        let next = self.numbers.len();
        let number = *self.numbers.entry(word.as_bytes().to_vec()).or_insert(next);
        if number == next {
            self.list.push(word.as_bytes().to_vec());
        }
        number
    }

    /// The words of a dotted path, and one of `any`. What is no word (`[]`) is not needed.
    fn needed(&mut self, path: &str, any: &[&str]) -> Needed {
        let is_name = |word: &&str| !word.is_empty() && word.bytes().all(is_word);
        let all = path.split('.').filter(is_name).map(|word| self.number(word)).collect();
        let any = match any.iter().all(is_name) {
            true => any.iter().map(|word| self.number(word)).collect(),
            false => Vec::new(),
        };
        Needed { all, any }
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
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

/// A search for any of `words`; what contains another of them need not be searched for.
fn first_pass(words: &BTreeSet<&[u8]>) -> First {
    let contains = |word: &[u8], other: &[u8]| word != other && memchr::memmem::find(word, other).is_some();
    let mut minimal: Vec<&[u8]> =
        words.iter().copied().filter(|word| !words.iter().any(|other| contains(word, other))).collect();
    minimal.push(MARKER.as_bytes());
    let packed = packed::Config::new().match_kind(packed::MatchKind::LeftmostFirst).builder().extend(&minimal).build();
    match packed {
        Some(searcher) => First::Packed(searcher),
        None => AhoCorasick::new(&minimal).map_or(First::Everything, First::Automaton),
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
    let next = FOLDING.partition_point(|&(_, to)| to < c as u32);
    FOLDING.get(next).is_some_and(|&(from, _)| from <= c as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::parse;
    use unicode_normalization::UnicodeNormalization as _;

    fn prefilter(rules: &str) -> Prefilter {
        Prefilter::new(&parse(rules, "rules.toml").expect("the rules are sound"))
    }

    /// One rule that calls `calls`, of a library that is imported as `library`.
    fn rules(library: &str, calls: &str) -> String {
        format!(
            "schema = 1\n[[library]]\nname = \"x\"\nimports = [\"{library}\"]\n[[rule]]\nid = \"x\"\nlibrary = \"x\"\n\
            severity = \"error\"\nmessage = \"m\"\nruns = \"r\"\nfix = \"f\"\nalternative = \"a\"\n\
            [[rule.match]]\ncalls = [{calls}]\n[[rule.hit]]\ncode = \"x\"\n[[rule.miss]]\ncode = \"y\"\n"
        )
    }

    #[test]
    fn all_words_of_a_name_are_needed() {
        let filter = prefilter(&rules("pickle", "\"pickle.load\", \"pickle.sub.read\""));
        for yes in ["import pickle\npickle.load(x)", "from pickle import*;load", "(pickle)\\\n.load", "pickle sub read"]
        {
            assert!(filter.admits(yes.as_bytes()), "{yes}");
        }
        for no in ["", "import pickle\npickle.loads(x)", "load(x)", "jsonpickle.load", "pickle read", "pickle_load"] {
            assert!(!filter.admits(no.as_bytes()), "{no}");
        }
    }

    #[test]
    fn comments_of_ours_and_folded_letters_are_admitted() {
        let filter = prefilter(&rules("pickle", "\"pickle.load\""));
        assert!(filter.admits(b"x = 1  # picklegate: allow[x] y"));
        assert!(filter.admits("import ｐickle".as_bytes()));
        assert!(!filter.admits("# pickle（load）™：ü".as_bytes()));
    }

    #[test]
    fn many_rules_need_no_special_care() {
        let calls: Vec<String> = (0..300).map(|i| format!("\"lib.m{i}.load\"")).collect();
        let filter = prefilter(&rules("lib", &calls.join(", ")));
        assert!(filter.admits(b"from lib.m299 import load") && !filter.admits(b"from lib.m300 import load"));
        let words: Vec<String> = (0..300).map(|i| format!("w{i}x")).collect();
        let words = words.iter().map(|word| word.as_bytes()).collect();
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
