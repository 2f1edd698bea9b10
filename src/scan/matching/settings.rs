//! Settings: a name that is given a value, where the library is.

mod values;

use super::{Hit, Matcher};
use crate::finding::Confidence;
use crate::rules::{self, Library, Target, Value};
use crate::scan::collect::{AroundId, Beside, Key, Of, Setting};
use crate::scan::meaning::{Meaning, Meanings};
use crate::scan::scopes::{Bound, Place};
use ruff_python_ast::{Arguments, Expr, ExprDict, ExprName};
use ruff_text_size::Ranged;
use std::cmp::Reverse;
use values::Given;

/// What a setting is written in is followed so far outwards, and so far into names such as `a.b["c"]`.
const MAX_OUTER: usize = 32;

impl<'a> Matcher<'a, '_, '_> {
    pub(super) fn setting(&mut self, setting: &Setting<'a>, place: Place) {
        match setting.key {
            Key::Name(name) => self.named_setting(name, setting, place),
            Key::Constant(key) => {
                let names = self.resolver.meaning(key, place);
                names.strings().for_each(|name| self.named_setting(name, setting, place));
            }
        }
    }

    fn named_setting(&mut self, name: &'a str, setting: &Setting<'a>, place: Place) {
        let (rules, settings) = (self.rules, self.settings);
        let Some(interested) = settings.get(name).filter(|interested| !interested.is_empty()) else { return };
        let given = self.given(setting.value, place);
        let mut candidates = Vec::new();
        for &(rule, index) in interested {
            let Target::Setting(looked_for) = &rules.rules[rule].matches[index].target else { continue };
            if !looked_for.within.is_empty() && !self.is_within(&looked_for.within, setting.around, place) {
                continue;
            }
            let Some((value, sure)) = self.value(looked_for, &given) else { continue };
            let library = rules.library(&rules.rules[rule].matches[index].library);
            if library.is_some_and(|library| !self.is_there(library, name, value)) {
                continue;
            }
            let confidence = match self.is_beside(&looked_for.unless, setting.beside, place) {
                Some(true) => continue,
                Some(false) if sure => Confidence::High,
                _ => Confidence::Low,
            };
            candidates.push((rule, index, confidence));
        }
        self.report_settings(name, setting, place, candidates);
    }

    /// Of each rule the most severe match that applies.
    fn report_settings(
        &mut self,
        name: &str,
        setting: &Setting<'a>,
        place: Place,
        mut candidates: Vec<(usize, usize, Confidence)>,
    ) {
        let rules = &self.rules.rules;
        let severity = |rule: usize, index: usize| rules[rule].matches[index].severity.unwrap_or(rules[rule].severity);
        candidates
            .sort_by_key(|&(rule, index, confidence)| (rule, Reverse((severity(rule, index), confidence)), index));
        let mut reported = None;
        for (rule, index, confidence) in candidates {
            let r = &rules[rule];
            if reported == Some(rule) {
                continue;
            }
            let Some(because) = self.selection.applies(&r.matches[index]) else { continue };
            reported = Some(rule);
            let label = match confidence {
                Confidence::Low => "set here, to something that cannot be known here",
                _ => "set here",
            };
            self.hits.push(Hit {
                rule,
                index,
                severity: severity(rule, index),
                confidence: confidence.min(r.confidence),
                message: None,
                label: label.to_owned(),
                because,
                range: setting.range,
                place,
                name: format!("{name}="),
                tokens: Some(setting.value.range()),
                data: None,
                class: None,
                used: None,
                written: None,
                from_afar: None,
            });
        }
    }

    /// The value that makes the setting matter, if it may be given one; and whether that is sure.
    fn value<'r>(&mut self, looked_for: &'r rules::Setting, given: &Given<'a>) -> Option<(Option<&'r Value>, bool)> {
        if looked_for.other_than.is_empty() {
            let is_it = |value: &&Value| given.known.iter().any(|meaning| self.is_value(meaning, value));
            return looked_for.values.iter().find(is_it).map(|value| (Some(value), true));
        }
        let is_other = |meaning: &Meaning<'a>| !looked_for.other_than.iter().any(|value| self.is_value(meaning, value));
        match given.known.iter().any(is_other) {
            true => Some((None, true)),
            false => given.open.then_some((None, false)),
        }
    }

    /// Whether the library is in force, or imported, or the setting itself names it.
    fn is_there(&self, library: &Library, name: &str, value: Option<&Value>) -> bool {
        names_library(library, name, value)
            || library.imports.iter().any(|import| self.imports_module(import))
            || self.selection.names(library)
    }

    /// Whether one of `names` is around the setting.
    fn is_within(&self, names: &[String], around: AroundId, place: Place) -> bool {
        let is_named = |name: &str| names.iter().any(|wanted| wanted == name);
        let mut next = around;
        for _ in 0..MAX_OUTER {
            let Some(around) = next.map(|id| self.collected.arounds[id as usize]) else { return false };
            let found = match around.of {
                Of::Key(name) => is_named(name),
                Of::Object(expression) => {
                    parts(expression).any(is_named) || self.is_alias(expression, place, &is_named)
                }
            };
            if found {
                return true;
            }
            next = around.outer;
        }
        false
    }

    /// Whether the name that `expression` starts with stands for what is named so: `from acme import Store as S`,
    /// `S = acme.Store`, `class S(acme.Store)`.
    fn is_alias(&self, expression: &'a Expr, place: Place, is_named: &dyn Fn(&str) -> bool) -> bool {
        let scopes = self.resolver.scopes();
        let mut pending: Vec<(&'a Expr, Place)> = vec![(expression, place)];
        for _ in 0..MAX_OUTER {
            let Some((expression, place)) = pending.pop() else { return false };
            let Some(name) = first_name(expression) else { continue };
            for id in scopes.reaching(&name.id, place, name.start(), &|_| false).bindings {
                let binding = &scopes.bindings[id];
                let (stands_for, place): (&[Expr], Place) = match binding.bound {
                    Bound::Import { member: Some(member), .. } if is_named(member) => return true,
                    Bound::Import { module, member: None, .. } if module.rsplit('.').next().is_some_and(is_named) => {
                        return true;
                    }
                    Bound::Value(value @ (Expr::Name(_) | Expr::Attribute(_))) => {
                        (std::slice::from_ref(value), binding.place)
                    }
                    Bound::Class(class) => (scopes.classes[class].statement.bases(), scopes.classes[class].place),
                    _ => continue,
                };
                if stands_for.iter().take(MAX_OUTER).any(|value| parts(value).any(is_named)) {
                    return true;
                }
                pending.extend(stands_for.iter().take(MAX_OUTER).map(|value| (value, place)));
            }
        }
        false
    }

    /// Whether one of `names` is set as well; `None` if that cannot be known.
    fn is_beside(&mut self, names: &[String], beside: Beside<'a>, place: Place) -> Option<bool> {
        if names.is_empty() {
            return Some(false);
        }
        let is_named = |name: &str| names.iter().any(|wanted| wanted == name);
        let here = match beside {
            Beside::Statements => Some(false),
            Beside::Entries(dict) => self.is_entry(dict, &is_named, place),
            Beside::Arguments(arguments) => self.is_keyword(arguments, &is_named, place),
        };
        let stated = self.collected.stated.iter().any(|name| is_named(name));
        if stated { Some(true) } else { here }
    }

    /// Whether a key of the dictionary is one of the names, or of a dictionary in it.
    fn is_entry(&mut self, dict: &'a ExprDict, is_named: &dyn Fn(&str) -> bool, place: Place) -> Option<bool> {
        let mut known = true;
        for item in dict.items.iter().take(MAX_ENTRIES) {
            if matches!(&item.key, Some(Expr::StringLiteral(key)) if is_named(key.value.to_str())) {
                return Some(true);
            }
            let inner = self.resolver.meaning(&item.value, place);
            match keys_in(&inner, is_named) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => known &= item.key.is_some(),
            }
        }
        (known && dict.items.len() <= MAX_ENTRIES).then_some(false)
    }

    fn is_keyword(&mut self, arguments: &'a Arguments, is_named: &dyn Fn(&str) -> bool, place: Place) -> Option<bool> {
        let mut known = true;
        for keyword in arguments.keywords.iter().take(MAX_ENTRIES) {
            match &keyword.arg {
                Some(name) if is_named(name.as_str()) => return Some(true),
                Some(_) => {}
                None => match keys_in(&self.resolver.meaning(&keyword.value, place), is_named) {
                    Some(true) => return Some(true),
                    Some(false) => {}
                    None => known = false,
                },
            }
        }
        known.then_some(false)
    }

    /// Whether the file imports `module`, something in it, or something below it.
    fn imports_module(&self, module: &str) -> bool {
        let below = |path: &str| path.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        self.collected.imports.iter().any(|(path, member)| {
            below(path)
                || member.is_some_and(|member| {
                    module.strip_prefix(path).and_then(|rest| rest.strip_prefix('.')) == Some(member)
                })
        })
    }
}

/// Of larger dictionaries no more entries are looked at.
const MAX_ENTRIES: usize = 1000;

/// Whether a name such as `TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD`, or a value such as `django.core.cache...`, can only mean
/// `library`.
pub(in crate::scan) fn names_library(library: &Library, name: &str, value: Option<&Value>) -> bool {
    let is_below = |import: &String, text: &str, separator: char| {
        text.get(..import.len()).is_some_and(|start| start.eq_ignore_ascii_case(import))
            && text[import.len()..].starts_with(separator)
    };
    library.imports.iter().any(|import| {
        is_below(import, name, '_')
            || matches!(value, Some(Value::Name(path) | Value::Str(path)) if is_below(import, path, '.'))
    })
}

/// Whether a dictionary among `meanings` has one of the names as a key; `None` if that cannot be known.
fn keys_in(meanings: &Meanings<'_>, is_named: &dyn Fn(&str) -> bool) -> Option<bool> {
    let mut known = !meanings.open && !meanings.known.is_empty();
    for meaning in &meanings.known {
        match meaning {
            Meaning::Display(Expr::Dict(dict), _) => {
                for item in dict.items.iter().take(MAX_ENTRIES) {
                    match &item.key {
                        Some(Expr::StringLiteral(key)) if is_named(key.value.to_str()) => return Some(true),
                        Some(Expr::StringLiteral(_)) => {}
                        _ => known = false,
                    }
                }
            }
            Meaning::Display(Expr::Call(call), _) => {
                let mut names = call.arguments.keywords.iter().filter_map(|keyword| keyword.arg.as_ref());
                if names.any(|name| is_named(name.as_str())) {
                    return Some(true);
                }
            }
            _ => {}
        }
    }
    known.then_some(false)
}

/// `a` in `a.b["c"](...)`.
fn first_name(expression: &Expr) -> Option<&ExprName> {
    let mut next = expression;
    for _ in 0..MAX_OUTER {
        next = match next {
            Expr::Name(name) => return Some(name),
            Expr::Attribute(attribute) => &attribute.value,
            Expr::Subscript(subscript) => &subscript.value,
            Expr::Call(call) => &call.func,
            _ => return None,
        };
    }
    None
}

/// The names in `a.b["c"](...)`, from the right.
fn parts(expression: &Expr) -> impl Iterator<Item = &str> {
    let mut next = Some(expression);
    let mut steps = 0;
    std::iter::from_fn(move || {
        loop {
            steps += 1;
            match next.take().filter(|_| steps <= MAX_OUTER)? {
                Expr::Name(name) => return Some(name.id.as_str()),
                Expr::Attribute(attribute) => {
                    next = Some(&attribute.value);
                    return Some(attribute.attr.as_str());
                }
                Expr::Subscript(subscript) => {
                    next = Some(&subscript.value);
                    if let Expr::StringLiteral(key) = &*subscript.slice {
                        return Some(key.value.to_str());
                    }
                }
                Expr::Call(call) => next = Some(&call.func),
                _ => return None,
            }
        }
    })
}
