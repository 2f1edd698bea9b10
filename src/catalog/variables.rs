//! Variables of images, jobs and shell scripts that have one value in all of a file, and texts that name them.

use super::shell::{self, Raw};
use std::collections::BTreeMap;

/// More variables than this of one file are not known.
const MAX_VARIABLES: usize = 1000;

/// Longer values are not put in for a variable.
const MAX_VALUE: usize = 1000;

/// Commands that only assign.
const DECLARING: &[&str] = &["export", "local", "declare", "readonly", "typeset"];

/// The values of variables; `None` where a file gives several, or computes one.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Variables<'o> {
    values: BTreeMap<String, Option<String>>,
    /// Those of the file, for a script in it.
    outer: Option<&'o Variables<'o>>,
}

impl<'o> Variables<'o> {
    /// None yet besides those of `outer`.
    pub(super) fn inside(outer: &'o Variables<'o>) -> Self {
        Self { values: BTreeMap::new(), outer: Some(outer) }
    }

    /// Takes in that `name` has `value`.
    pub(super) fn define(&mut self, name: &str, value: &str) {
        if self.values.len() >= MAX_VARIABLES && !self.values.contains_key(name) {
            return;
        }
        let value = (value.len() <= MAX_VALUE && !value.contains(['$', '`'])).then(|| value.to_owned());
        let known = self.values.entry(name.to_owned()).or_insert_with(|| value.clone());
        if *known != value {
            *known = None;
        }
    }

    /// Takes in what `script` assigns for all commands that follow.
    pub(super) fn define_assigned(&mut self, script: &str) {
        if memchr::memchr(b'=', script.as_bytes()).is_none() {
            return;
        }
        shell::commands(script, &mut |words| {
            let words = if DECLARING.contains(&words[0].text) { &words[1..] } else { words };
            if words.iter().all(|word| assignment(word.text).is_some() || word.text.starts_with('-')) {
                words.iter().for_each(|word| self.define_word(word));
            }
        });
    }

    /// Takes in the assignment `word`, if it is one.
    pub(super) fn define_word(&mut self, word: &Raw<'_>) {
        if let Some((name, value)) = assignment(&word.unquoted()) {
            self.define(name, value);
        }
    }

    /// `text` with the values of all variables that are known put in, and whether those were all.
    pub(super) fn expand(&self, text: &str) -> (String, bool) {
        let mut expanded = String::with_capacity(text.len());
        let mut is_whole = !text.contains('`') && !text.contains("<(");
        let mut rest = text;
        while let Some(at) = rest.find(['$', '{']) {
            let (before, from) = rest.split_at(at);
            expanded.push_str(before);
            let (value, length) = self.value(from);
            match value {
                Some(value) => expanded.push_str(value),
                None => {
                    is_whole = false;
                    expanded.push_str(&from[..length]);
                }
            }
            rest = &from[length..];
        }
        (expanded + rest, is_whole)
    }

    /// The value of the variable that `text` starts with, and the length of its name there.
    fn value<'a>(&'a self, text: &'a str) -> (Option<&'a str>, usize) {
        let mut near = text.len().min(shell::MAX_EXPRESSION);
        while !text.is_char_boundary(near) {
            near -= 1;
        }
        let text = &text[..near];
        if let Some(inner) = text.strip_prefix("${{").and_then(|inner| inner.split_once("}}")).map(|(inner, _)| inner) {
            let name = inner.trim().strip_prefix("env.");
            return (name.and_then(|name| self.known(name)), inner.len() + 5);
        }
        if let Some(inner) = text.strip_prefix("${").and_then(|inner| inner.split_once('}')).map(|(inner, _)| inner) {
            let (name, default) = inner.split_once(":-").or_else(|| inner.split_once('-')).unzip();
            let name = name.unwrap_or(inner);
            let default = default.filter(|default| !default.contains('$') && self.given(name).is_none());
            return (self.known(name).or(default), inner.len() + 3);
        }
        let Some(name) = text.strip_prefix('$') else { return (None, 1) };
        let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(name.len());
        (self.known(&name[..end]), end + 1)
    }

    fn known(&self, name: &str) -> Option<&str> {
        self.given(name)?
    }

    /// What is given for `name`, if anything: its one value, or none.
    fn given(&self, name: &str) -> Option<Option<&str>> {
        let own = self.values.get(name).map(Option::as_deref);
        match (own, self.outer.and_then(|outer| outer.given(name))) {
            (Some(own), Some(outer)) => Some(own.filter(|_| own == outer)),
            (own, outer) => own.or(outer),
        }
    }
}

/// The two sides of `NAME=value`.
fn assignment(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    is_name.then_some((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_is_put_in_and_several_are_not() {
        let mut variables = Variables::default();
        variables.define_assigned("A=1.2\nexport B='3' C=4; D=5 pip install x\nE=$(date)\nF=6; F=7");
        let of = |text: &str| variables.expand(text);
        assert_eq!(of("a==$A,<${B}.${{ env.C }}"), ("a==1.2,<3.4".into(), true));
        for unknown in
            ["<(x)", "$D", "${E}", "$F", "${{ matrix.a }}", "$(x)", "`x`", "{x}", "${", "$", "${A:+x}", "${F:-8}"]
        {
            assert_eq!(of(unknown), (unknown.into(), false), "{unknown}");
        }
        assert_eq!(of("${G:-8}${A:-9}"), ("81.2".into(), true));
        assert_eq!(of("plain"), ("plain".into(), true));
        let mut inside = Variables::inside(&variables);
        inside.define_assigned("A=1.2; B=4; H=9");
        assert_eq!(inside.expand("$A$C$H"), ("1.249".into(), true));
        assert_eq!(inside.expand("$B"), ("$B".into(), false), "which of the two is in force is not known");
    }
}
