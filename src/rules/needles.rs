//! Few short strings of which one is in every file that sets what rules speak of: a search for them rejects most files at
//! the speed of memory.
//!
//! Worked out by the build for `rules.toml`, and at start for users' rules alone.

use super::model::{RuleSet, Setting, Target, Value};
use std::collections::BTreeMap;

/// Needles are no longer than this: more does not make them rarer.
const MAX_LENGTH: usize = 12;
/// A search for more than some sixty needles is slow, so words that are alike share one. What is shorter than this is in too
/// many other words.
const MIN_LENGTH: usize = 6;
/// The same for what has an upper-case letter, a digit or `_` in it.
const MIN_LENGTH_OF_RARE: usize = 5;

impl RuleSet {
    /// Adds needles until each setting of the rules has one in each of its [`telling_words`].
    pub(super) fn add_needles(&mut self) {
        let settings =
            self.rules.iter().chain(&self.producers).flat_map(|rule| &rule.matches).filter_map(|candidate| {
                match &candidate.target {
                    Target::Setting(setting) => Some(setting),
                    _ => None,
                }
            });
        let has = |needles: &[String], word: &str| needles.iter().any(|needle| word.contains(needle.as_str()));
        let mut needles = std::mem::take(&mut self.needles);
        let mut left: Vec<&str> = settings.flat_map(telling_words).filter(|word| !has(&needles, word)).collect();
        left.sort_unstable();
        left.dedup();
        while !left.is_empty() {
            let mut shared: BTreeMap<&str, usize> = BTreeMap::new();
            for word in &left {
                let mut parts = parts(word);
                parts.sort_unstable();
                parts.dedup();
                parts.into_iter().for_each(|part| *shared.entry(part).or_default() += 1);
            }
            let best = shared.into_iter().max_by_key(|(part, count)| (*count, part.len()));
            let best = best.map_or(String::new(), |(part, _)| part.to_owned());
            left.retain(|word| !word.contains(&best));
            needles.push(best);
        }
        needles.sort_unstable();
        self.needles = needles;
    }
}

/// Words, or names of words and dots, of which one is in every file that `setting` is found in. Where its names are common
/// words, they are what it is set to, or what it is in.
pub fn telling_words(setting: &Setting) -> Vec<&str> {
    let is_own = |name: &String| name.contains(|c: char| matches!(c, '_' | '.') || c.is_ascii_uppercase());
    let values: Option<Vec<&str>> = setting.values.iter().map(value_word).collect();
    let values = values.filter(|values| !values.is_empty() && values.iter().all(|value| value.len() >= MIN_LENGTH));
    match values {
        _ if setting.names.iter().all(is_own) => setting.names.iter().map(String::as_str).collect(),
        Some(values) => values,
        None if setting.within.is_empty() => setting.names.iter().map(String::as_str).collect(),
        None => setting.within.iter().map(|name| longest_word(name)).collect(),
    }
}

/// The longest word of a string or a name; none that `*` may be more of.
pub fn value_word(value: &Value) -> Option<&str> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let text = match value {
        Value::Str(text) | Value::Name(text) => text.as_str(),
        _ => return None,
    };
    let text = text.strip_prefix('*').map_or(text, |end| end.trim_start_matches(is_word));
    let text = text.strip_suffix('*').map_or(text, |start| start.trim_end_matches(is_word));
    Some(longest_word(text)).filter(|word| !word.is_empty())
}

/// The longest run of letters, digits and `_` in `text`; of several, the last.
pub fn longest_word(text: &str) -> &str {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.max_by_key(|word| word.len()).unwrap_or_default()
}

/// What of `word` may be a needle.
fn parts(word: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    for length in MIN_LENGTH_OF_RARE..=MAX_LENGTH.min(word.len()) {
        let windows = (0..=word.len() - length).filter_map(|start| word.get(start..start + length));
        parts
            .extend(windows.filter(|part| length >= MIN_LENGTH || part.bytes().any(|byte| !byte.is_ascii_lowercase())));
    }
    if parts.is_empty() {
        parts.push(word);
    }
    parts
}
