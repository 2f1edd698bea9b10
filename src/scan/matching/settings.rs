//! Settings: a name that is given a value, where the library is.

use super::{Hit, Matcher};
use crate::rules::Target;
use crate::scan::arguments::equal;
use crate::scan::meaning::Meaning;
use crate::scan::resolve::MAX_DEPTH;
use crate::scan::scopes::Place;
use ruff_python_ast::Expr;
use ruff_text_size::{Ranged, TextRange};
use std::cmp::Reverse;

impl<'a> Matcher<'a, '_, '_> {
    pub(super) fn setting(&mut self, name: &'a str, value: &'a Expr, range: TextRange, place: Place) {
        let rules = self.rules;
        let mut candidates = Vec::new();
        for &(rule, index) in self.settings.get(name).into_iter().flatten() {
            let Target::Setting { values, .. } = &rules.rules[rule].matches[index].target else { continue };
            let library = rules.library(&rules.rules[rule].library);
            let concerned = library.is_none_or(|library| {
                library.imports.iter().any(|import| self.imports_module(import)) || self.selection.names(library)
            });
            let meanings = self.resolver.meaning(value, place);
            let mut given = meanings.known.clone();
            for meaning in &meanings.known {
                if !matches!(meaning, Meaning::Display(Expr::Dict(_), _)) {
                    given.extend(self.resolver.items(meaning, None, MAX_DEPTH));
                }
            }
            let is = given.iter().any(|meaning| values.iter().any(|value| equal(meaning, value, &mut self.resolver)));
            if concerned && is {
                candidates.push((rule, index));
            }
        }
        // Of each rule the most severe match that applies.
        let severity = |rule: usize, index: usize| {
            let rule = &rules.rules[rule];
            rule.matches[index].severity.unwrap_or(rule.severity)
        };
        candidates.sort_by_key(|&(rule, index)| (rule, Reverse(severity(rule, index)), index));
        let mut reported = None;
        for (rule, index) in candidates {
            let (r, m) = (&rules.rules[rule], &rules.rules[rule].matches[index]);
            if reported == Some(rule) {
                continue;
            }
            let Some(because) = self.selection.applies(r, m) else { continue };
            reported = Some(rule);
            self.hits.push(Hit {
                rule,
                index,
                severity: severity(rule, index),
                confidence: r.confidence,
                label: "set here".to_owned(),
                because,
                range,
                place,
                name: format!("{name}="),
                tokens: Some(value.range()),
                data: None,
            });
        }
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
