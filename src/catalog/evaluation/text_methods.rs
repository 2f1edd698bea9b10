//! Methods of strings and paths, and what `re` finds in them.

use super::value::{List, Text, Value};
use super::{Evaluation, texts};
use ruff_python_ast::ExprCall;
use std::rc::Rc;

/// Regular expressions, beyond which none is compiled.
const MAX_PATTERNS: usize = 32;

impl<'t> Evaluation<'t> {
    pub(super) fn call_text_method(
        &mut self,
        alternatives: Vec<Text>,
        name: &str,
        arguments: &[Value<'t>],
        call: &'t ExprCall,
    ) -> Value<'t> {
        self.steps += alternatives.iter().map(|text| text.text.len() / 64).sum::<usize>();
        let literal = |at: usize| match arguments.get(at) {
            Some(Value::Text(given)) if given.len() == 1 => Some(Rc::clone(&given[0].text)),
            _ => None,
        };
        let each = |change: &dyn Fn(&str) -> String| {
            Value::Text(alternatives.iter().map(|text| text.with(&change(&text.text))).collect())
        };
        match name {
            "strip" if arguments.is_empty() => {
                // What is cut off in front may be lines.
                let stripped = |text: &Text| {
                    let cut = text.text.len() - text.text.trim_start().len();
                    let breaks = text.text[..cut].matches('\n').count() as u32;
                    Text {
                        line: text.line.saturating_add(breaks).min(text.last_line.max(text.line)),
                        ..text.with(text.text.trim())
                    }
                };
                Value::Text(alternatives.iter().map(stripped).collect())
            }
            "rstrip" if arguments.is_empty() => each(&|text| text.trim_end().to_owned()),
            "strip" | "rstrip" | "lstrip" | "encode" | "decode" | "resolve" | "absolute" | "as_posix"
            | "expanduser" | "title" | "format_map" => Value::Text(alternatives),
            "lower" => each(&|text| text.to_lowercase()),
            "upper" => each(&|text| text.to_uppercase()),
            "replace" => match (literal(0), literal(1)) {
                (Some(from), Some(to)) if !from.is_empty() && to.len() <= from.len() => {
                    each(&|text| text.replace(&*from, &to))
                }
                _ => self.unknown(call),
            },
            "format" => self.format(&Value::Text(alternatives), arguments, texts::braces),
            "join" => match arguments.first() {
                Some(Value::List(list)) => self.join_texts(&alternatives, *list),
                Some(content @ Value::Content(_)) => content.clone(),
                _ => self.unknown(call),
            },
            "splitlines" => self.split(&alternatives, "\n"),
            "split" if arguments.is_empty() => self.split(&alternatives, ""),
            "split" => match literal(0) {
                Some(separator) => self.split(&alternatives, &separator),
                None => self.unknown(call),
            },
            "read_text" | "open" | "read_bytes" => self.content(&Value::Text(alternatives), call),
            "joinpath" => {
                let parts: Vec<Value<'t>> =
                    std::iter::once(Value::Text(alternatives)).chain(arguments.iter().cloned()).collect();
                self.path(&parts, &call.func)
            }
            "with_name" => {
                let parts = [self.attribute(Value::Text(alternatives), "parent", &call.func)];
                let parts: Vec<Value<'t>> = parts.into_iter().chain(arguments.iter().cloned()).collect();
                self.path(&parts, &call.func)
            }
            "startswith" | "endswith" | "exists" | "is_file" | "isdigit" => Value::Nothing,
            _ => self.call_unknown(arguments, &Vec::new(), call),
        }
    }

    fn join_texts(&mut self, separators: &[Text], list: usize) -> Value<'t> {
        let items = self.heap.lists[list].items.clone();
        if let Some(content) = items.iter().find(|item| matches!(item, Value::Content(_))) {
            return content.clone();
        }
        let separator = Value::Text(vec![separators[0].clone()]);
        let mut parts = Vec::new();
        for item in items {
            if !parts.is_empty() {
                parts.push(separator.clone());
            }
            parts.push(item);
        }
        self.concatenate(&parts)
    }

    /// The parts of texts between `separator`, or between white space; each with its line.
    fn split(&mut self, alternatives: &[Text], separator: &str) -> Value<'t> {
        let is_exact = alternatives.len() == 1;
        let mut items = Vec::new();
        for text in alternatives {
            let mut line = text.line;
            let mut before = 0;
            let parts: Vec<&str> = match separator {
                "" => text.text.split_whitespace().collect(),
                separator => text.text.split(separator).collect(),
            };
            for part in parts {
                let at = part.as_ptr() as usize - text.text.as_ptr() as usize;
                line = line.saturating_add(text.text[before..at].matches('\n').count() as u32);
                before = at;
                let line = line.min(text.last_line.max(text.line));
                items.push(Value::Text(vec![Text { line, ..text.with(part) }]));
            }
        }
        self.heap.push(List { items, is_exact })
    }

    /// `re.findall`, where Python and Rust mean the same by the expression.
    pub(super) fn find_all(&mut self, pattern: &Value<'t>, text: &Value<'t>, call: &'t ExprCall) -> Value<'t> {
        let (pattern, text) = match (pattern, text) {
            (_, Value::Content(_)) => return text.clone(),
            (Value::Text(pattern), Value::Text(text)) if pattern.len() == 1 && text.len() == 1 => {
                (&*pattern[0].text, &text[0])
            }
            _ => return self.unknown(call),
        };
        if !self.patterns.contains_key(pattern) && self.patterns.len() < MAX_PATTERNS {
            let compiled = regex::RegexBuilder::new(pattern).size_limit(1 << 16).build().ok();
            self.patterns.insert(pattern.to_owned(), compiled);
        }
        let Some(Some(regex)) = self.patterns.get(pattern) else { return self.unknown(call) };
        self.steps += text.text.len() / 8;
        let mut rows = Vec::new();
        for found in regex.captures_iter(&text.text) {
            let of = |group: usize| Value::Text(vec![text.with(found.get(group).map_or("", |group| group.as_str()))]);
            let row: Vec<Value<'t>> = match regex.captures_len() {
                1 => vec![of(0)],
                groups => (1..groups).map(of).collect(),
            };
            rows.push(row);
        }
        let mut items = Vec::new();
        for mut row in rows {
            items.push(if row.len() == 1 { row.remove(0) } else { self.heap.list(row) });
        }
        self.heap.list(items)
    }
}
