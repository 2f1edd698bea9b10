//! The words of all rules, and which of them a text holds where names stand.

use super::super::sketch::{Attributes, OUTLINES, is_word, name_after_dot, next_word, outline};
use crate::rules::{RuleSet, Setting, Target, longest_word, telling_words, value_word};

/// The words that rules look for, by number.
pub(super) struct Words<'r> {
    /// For each [`outline`], the number of the first word that has it, plus one.
    heads: Box<[u16]>,
    known: Vec<Word<'r>>,
    needs: Vec<Need<'r>>,
}

struct Word<'r> {
    word: &'r [u8],
    /// The number of the next word with the same outline, plus one.
    next: u16,
    /// The needs that are looked at where the word is seen.
    needs: Vec<usize>,
}

/// What must be in a file that one match finds anything in.
#[derive(Default)]
struct Need<'r> {
    /// All of these, where names stand.
    names: Vec<u16>,
    /// Of each of these, one, anywhere.
    words: Vec<Vec<u16>>,
    /// One of these, if there are any.
    texts: Vec<&'r str>,
}

impl<'r> Words<'r> {
    pub fn new(rules: &'r RuleSet) -> Self {
        let mut words = Self { heads: vec![0; OUTLINES].into(), known: Vec::new(), needs: Vec::new() };
        for candidate in rules.rules.iter().flat_map(|rule| &rule.matches) {
            match &candidate.target {
                Target::Call(paths) | Target::Base { classes: paths, .. } => words.need_paths(paths, &[]),
                Target::Method { classes, methods } => words.need_paths(classes, methods),
                Target::Setting(setting) => words.need_setting(setting),
                Target::Text { .. } | Target::Installed => {}
            }
        }
        words
    }

    /// One of `paths`, and one of `methods` if they are all names.
    fn need_paths(&mut self, paths: &'r [String], methods: &'r [String]) {
        let is_name = |word: &str| !word.is_empty() && word.bytes().all(is_word);
        let methods = if methods.iter().all(|method| is_name(method)) { methods } else { &[] };
        let words: Vec<Vec<u16>> = self.group(methods.iter().map(String::as_str)).into_iter().collect();
        for path in paths {
            let names: Vec<u16> = path.split('.').filter(|word| is_name(word)).map(|word| self.number(word)).collect();
            let last = names.last().copied();
            self.add(Need { names, words: words.clone(), ..Need::default() }, last);
        }
    }

    fn need_setting(&mut self, setting: &'r Setting) {
        let values: Option<Vec<&str>> = setting.values.iter().map(value_word).collect();
        let values = self.group(values.unwrap_or_default());
        let within = self.group(setting.within.iter().map(|name| longest_word(name)));
        let need = Need {
            names: Vec::new(),
            words: [values, within].into_iter().flatten().collect(),
            texts: setting.names.iter().map(String::as_str).collect(),
        };
        let words = telling_words(setting).into_iter().flat_map(|word| word.split('.'));
        let triggers: Vec<u16> = words.map(|word| self.number(word)).collect();
        self.add(need, triggers);
    }

    /// The numbers of words one of which is needed, if there are any.
    fn group(&mut self, words: impl IntoIterator<Item = &'r str>) -> Option<Vec<u16>> {
        let group: Vec<u16> = words.into_iter().map(|word| self.number(word)).collect();
        (!group.is_empty()).then_some(group)
    }

    /// Adds what is looked at where one of `triggers` is seen.
    fn add(&mut self, need: Need<'r>, triggers: impl IntoIterator<Item = u16>) {
        for trigger in triggers {
            self.known[trigger as usize].needs.push(self.needs.len());
        }
        self.needs.push(need);
    }

    fn number(&mut self, word: &'r str) -> u16 {
        let word = word.as_bytes();
        if let Some(number) = self.find(word) {
            return number;
        }
        let number = self.known.len() as u16;
        let head = &mut self.heads[outline(word)];
        self.known.push(Word { word, next: *head, needs: Vec::new() });
        *head = number + 1;
        number
    }

    fn find(&self, word: &[u8]) -> Option<u16> {
        let mut next = self.heads[outline(word)];
        while let Some(number) = next.checked_sub(1) {
            let known = &self.known[number as usize];
            if known.word == word {
                return Some(number);
            }
            next = known.next;
        }
        None
    }
}

/// The words that were found in one text.
pub(super) struct Seen<'w, 'r> {
    words: &'w Words<'r>,
    is_seen: Vec<bool>,
    /// Their numbers.
    found: Vec<u16>,
    /// Of all words, those after a dot.
    pub attributes: Attributes,
}

impl<'w, 'r> Seen<'w, 'r> {
    pub fn new(words: &'w Words<'r>) -> Self {
        Self { words, is_seen: vec![false; words.known.len()], found: Vec::new(), attributes: Attributes::default() }
    }

    /// Notes that `word` is there.
    pub fn see(&mut self, word: &[u8]) {
        if let Some(number) = self.words.find(word)
            && !std::mem::replace(&mut self.is_seen[number as usize], true)
        {
            self.found.push(number);
        }
    }

    /// Notes the words after dots and quotes, and what strings that follow one another make: `"lo" + "ad"`.
    pub fn after_marks(&mut self, text: &[u8]) {
        let mut joined = Joined::default();
        for mark in memchr::memchr3_iter(b'.', b'"', b'\'', text) {
            let rest = &text[mark + 1..];
            if text[mark] == b'.' {
                let name = name_after_dot(rest);
                self.attributes.add(outline(name));
                self.see(name);
                continue;
            }
            // What follows a replacement field of an f-string is part of the string, too.
            let brace = usize::from(matches!(rest.first(), Some(b'{' | b'}')));
            let word = next_word(&rest[brace..]);
            if !word.is_empty() {
                self.see(word);
                if let Some(joined) = joined.add(text, mark + 1 + brace, word) {
                    self.see(joined);
                }
            }
        }
    }

    /// Notes all words.
    pub fn everywhere(&mut self, text: &[u8]) {
        let mut rest = text;
        while let Some(start) = rest.iter().position(|&byte| is_word(byte)) {
            let word = next_word(&rest[start..]);
            self.see(word);
            rest = &rest[start + word.len()..];
        }
    }

    /// Whether `name` is there, or is put together.
    fn is_written(&self, text: &[u8], name: &str) -> bool {
        let is_seen = self.words.find(name.as_bytes()).is_some_and(|word| self.is_seen[word as usize]);
        is_seen || contains_word(text, name.as_bytes())
    }

    /// Whether all that one match needs is there.
    pub fn suffices(&self, text: &[u8]) -> bool {
        let is_there =
            |&word: &u16| self.is_seen[word as usize] || contains_word(text, self.words.known[word as usize].word);
        let needs = self.found.iter().flat_map(|&word| &self.words.known[word as usize].needs);
        needs.map(|&need| &self.words.needs[need]).any(|need| {
            need.names.iter().all(|&word| self.is_seen[word as usize])
                && need.words.iter().all(|group| group.iter().any(is_there))
                && (need.texts.is_empty() || need.texts.iter().any(|name| self.is_written(text, name)))
        })
    }
}

/// Strings that follow one another and may be put together.
#[derive(Default)]
struct Joined {
    text: Vec<u8>,
    /// Where the last of them ends.
    end: usize,
}

impl Joined {
    /// Longer words are not put together.
    const LONGEST: usize = 63;
    /// More between two literals than this keeps them apart.
    const MAX_GAP: usize = 16;

    /// Adds `word` at `start` of `text`; gives what it makes with those before, if there are any.
    fn add(&mut self, text: &[u8], start: usize, word: &[u8]) -> Option<&[u8]> {
        let gap = text.get(self.end..start).unwrap_or_default();
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
        self.end = start + word.len();
        joins.then_some(&self.text)
    }
}

/// Whether `word` stands alone anywhere in `text`.
fn contains_word(text: &[u8], word: &[u8]) -> bool {
    let is_alone = |at: usize| {
        !at.checked_sub(1).is_some_and(|before| is_word(text[before]))
            && !text.get(at + word.len()).is_some_and(|&byte| is_word(byte))
    };
    memchr::memmem::find_iter(text, word).any(is_alone)
}
