//! `tox.ini`, and the same sections in `setup.cfg` or in `legacy_tox_ini` of a TOML file: what tox's environments install.
//!
//! A list of another section is put in where it is named (`{[base]deps}`). What the command line or the environment would
//! fill in is not known.

use super::ini::{self, Key, Section};
use super::logical_lines::word_that_starts_with;
use super::reading::{Reading, shown};
use super::{Scope, requirement, requirements};
use std::collections::BTreeMap;

/// The name of this format.
pub(super) const FORMAT: &str = "tox.ini";

/// The section of a `setup.cfg` without which tox does not read it.
pub(super) const IN_SETUP_CFG: &str = "tox:tox";

/// The section that all environments inherit from.
const BASE: &str = "testenv";

/// Lines that references put in, beyond which they are not followed.
const MAX_REFERENCED: usize = 10_000;

/// References inside of what references put in.
const MAX_NESTED: usize = 8;

/// Whether a file called `name` is one.
pub(super) fn is_manifest(name: &str, _directory: &str) -> bool {
    name == FORMAT
}

/// Reads the text of a `tox.ini`.
pub(super) fn read(reading: &mut Reading, text: &str) {
    read_sections(reading, &ini::sections(text));
    reading.dependencies.iter_mut().for_each(|dependency| dependency.direct = Some(true));
}

/// Reads those of `sections` that are tox's.
pub(super) fn read_sections(reading: &mut Reading, sections: &[Section<'_>]) {
    let mut lists = BTreeMap::new();
    for section in sections {
        lists.extend(section.keys.iter().map(|key| ((section.name, key.name), key)));
    }
    let mut lists = Lists { lists, referenced: 0 };
    for section in sections {
        let environment = match section.name {
            "tox" | IN_SETUP_CFG => "tox",
            BASE => BASE,
            name => match name.strip_prefix("testenv:") {
                Some(environment) => environment,
                None => continue,
            },
        };
        for key in &section.keys {
            match key.name {
                "requires" if environment == "tox" => lists.read(reading, key, environment, false, 0),
                "deps" if environment != "tox" => lists.read(reading, key, environment, false, 0),
                "constraints" if environment != "tox" => lists.read(reading, key, environment, true, 0),
                _ => {}
            }
        }
        for (line, text) in &section.strays {
            reading.odd(*line, format!("expected `key = value` or an indented value, found `{}`", shown(text)));
        }
    }
}

struct Lists<'a> {
    /// By section and key.
    lists: BTreeMap<(&'a str, &'a str), &'a Key<'a>>,
    /// Lines put in so far.
    referenced: usize,
}

impl Lists<'_> {
    fn read(&mut self, reading: &mut Reading, key: &Key<'_>, environment: &str, is_constraint: bool, depth: usize) {
        for &(line, text) in &key.value {
            let (factors, text) = split_factors(without_comment(text));
            let environment = factors.filter(|_| environment == BASE).unwrap_or(environment);
            let Some(name) = reference(text) else {
                let scope = if is_constraint { Scope::Constraint } else { Scope::Environment(environment.to_owned()) };
                requirement_line(reading, line, text, &scope);
                continue;
            };
            let found = self.lists.get(&name).copied().filter(|_| depth < MAX_NESTED);
            self.referenced += found.map_or(0, |found| found.value.len());
            match found.filter(|_| self.referenced <= MAX_REFERENCED) {
                Some(found) => self.read(reading, found, environment, is_constraint, depth + 1),
                None => reading.computed(line, format!("`{}` leads to no list that is read", shown(text))),
            }
        }
    }
}

/// Section and key of a line that is nothing but `{[section]key}`.
fn reference(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix("{[")?.strip_suffix('}')?.split_once(']').filter(|(_, key)| !key.contains(['{', '}']))
}

/// tox takes every `#` that is not escaped for a comment; one inside of a word is more likely meant as part of a URL.
fn without_comment(text: &str) -> &str {
    word_that_starts_with('#', text).map_or(text, |at| text[..at].trim_end())
}

/// `py39,py310: requirement` as its condition and the rest.
fn split_factors(text: &str) -> (Option<&str>, &str) {
    let is_factors = |factors: &str| {
        !factors.starts_with('-') && factors.chars().all(|c| c.is_ascii_alphanumeric() || "_.,{}!- ".contains(c))
    };
    match text.split_once(':') {
        Some((factors, rest)) if is_factors(factors) && (rest.is_empty() || rest.starts_with([' ', '\t'])) => {
            (Some(factors.trim()), rest.trim())
        }
        _ => (None, text),
    }
}

/// Reads one requirement, option or inclusion, once what tox knows of directories is filled in.
pub(super) fn requirement_line(reading: &mut Reading, line: u32, text: &str, scope: &Scope) {
    let mut text = without_comment(text.trim()).replace("\\#", "#").replace("{/}", "/");
    for root in ["{toxinidir}", "{tox_root}"] {
        text = text.replace(&format!("{root}/"), "").replace(root, ".");
    }
    if text.is_empty() {
        return;
    }
    let Some(at) = text.find('{') else { return requirements::read_inline(reading, line, &text, scope) };
    let name = text[..at].trim_end_matches(['=', '<', '>', '~', '!', ' ', '\t']);
    if name.len() < at && requirement::is_name(name) {
        requirement::read(reading, name, line, std::slice::from_ref(scope));
    }
    reading.computed(line, format!("`{}` is filled in when tox runs", shown(&text)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_end_at_a_colon_before_white_space() {
        assert_eq!(split_factors("py{38,39}-django: django>=3"), (Some("py{38,39}-django"), "django>=3"));
        assert_eq!(split_factors("!dev,lint:"), (Some("!dev,lint"), ""));
        for text in ["a @ https://example.org/a", "a", "-r x: y", "a; os_name == 'x': y", "git+https://example.org/x"] {
            assert_eq!(split_factors(text), (None, text));
        }
    }

    #[test]
    fn references_are_whole_lines() {
        assert_eq!(reference("{[base]deps}"), Some(("base", "deps")));
        assert_eq!(["{[a]b} c", "{posargs}", "{[a]b}{[c]d}", "{[a}"].map(reference), [None; 4]);
        assert_eq!(["a # b", "a#b", "# b", "a \\# b"].map(without_comment), ["a", "a#b", "", "a \\# b"]);
    }
}
