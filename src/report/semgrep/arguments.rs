//! Calls with conditions on their arguments, as patterns.

use super::{both, either, pattern};
use crate::rules::{Argument, Condition, Value};
use serde_json::{Value as Json, json};

/// Lists of values that are longer are written once for all functions, not at each.
const FEW: usize = 2;

/// How one condition is met.
#[derive(Clone, Copy)]
enum Way {
    /// As it says, written at each function.
    Written,
    /// The argument is not passed.
    Absent,
    /// What is passed is called `$V0`, and what it must be is written once.
    Held,
}

/// One way to meet all conditions on the arguments of a call.
pub(super) struct Variant<'c> {
    conditions: Vec<(&'c Condition, Way)>,
}

/// The ways to meet `conditions`. What holds only because a value cannot be known is left out.
pub(super) fn variants(conditions: &[Condition]) -> Vec<Variant<'_>> {
    let mut all = vec![Variant { conditions: Vec::new() }];
    for condition in conditions {
        let ways: &[Way] = match condition.is.len() + condition.is_not.len() > FEW {
            false => &[Way::Written],
            true if condition.absent => &[Way::Absent, Way::Held],
            true => &[Way::Held],
        };
        let mut more = Vec::new();
        for Variant { conditions } in all {
            let with = |way: &Way| Variant { conditions: [conditions.clone(), vec![(condition, *way)]].concat() };
            more.extend(ways.iter().map(with));
        }
        all = more;
    }
    all
}

impl Variant<'_> {
    /// Calls of `function`; belongs beside what [`Self::held`] gives.
    pub fn calls(&self, function: &str) -> Json {
        let any = || pattern(format!("{function}(...)"));
        let (mut all, mut refused) = (Vec::new(), Vec::new());
        for (number, (condition, way)) in self.conditions.iter().enumerate() {
            let passing = |code: &str| passing(function, &condition.argument, code);
            match (way, &condition.is[..], &condition.is_not[..]) {
                (Way::Held, ..) => all.push(alternatives(passing(&value(number)))),
                (Way::Absent, ..) => {
                    all.push(any());
                    refused.extend(passing("$_"));
                }
                (Way::Written, [], []) if condition.absent => {
                    all.push(any());
                    refused.extend(passing("$_"));
                }
                (Way::Written, [], []) => all.push(alternatives(passing("$_"))),
                (Way::Written, is, []) => {
                    let mut ways: Vec<Json> =
                        is.iter().flat_map(codes).flat_map(|code| passing(&code)).map(pattern).collect();
                    if condition.absent {
                        let absent = [any()].into_iter().chain(passing("$_").into_iter().map(not));
                        ways.push(both(absent.collect()));
                    }
                    all.push(either(ways));
                }
                (Way::Written, _, is_not) => {
                    all.push(if condition.absent { any() } else { alternatives(passing(&value(number))) });
                    refused.extend(is_not.iter().flat_map(|value| passing(&written(value))));
                }
            }
        }
        if all.is_empty() {
            all.push(any());
        }
        all.dedup();
        all.extend(refused.into_iter().map(not));
        both(all)
    }

    /// What must hold of the values, whatever is called.
    pub fn held(&self) -> Vec<Json> {
        let mut all = Vec::new();
        for (number, (condition, way)) in self.conditions.iter().enumerate() {
            let patterns = match (way, &condition.is[..]) {
                (Way::Held, []) => {
                    let refused = condition.is_not.iter().map(|value| not(written(value)));
                    Some(both([pattern("$ANY")].into_iter().chain(refused).collect()))
                }
                (Way::Held, is) => Some(either(is.iter().flat_map(codes).map(pattern).collect())),
                _ => None,
            };
            if let Some(mut patterns) = patterns {
                patterns["metavariable"] = json!(value(number));
                all.push(json!({ "metavariable-pattern": patterns }));
            }
            // A class that derives from a harmless one is harmless.
            let names = condition.is_not.iter().filter(|value| matches!(value, Value::Name(_))).map(written);
            let derived = names.map(|name| format!("class {}(..., {name}, ...):\n  ...\n...", value(number)));
            let is_bound = matches!(way, Way::Held) || matches!(way, Way::Written) && !condition.absent;
            if is_bound {
                all.extend(derived.map(|code| json!({ "pattern-not-inside": code })));
            }
        }
        all
    }
}

/// What the value of a condition is called.
fn value(number: usize) -> String {
    format!("$V{number}")
}

/// A value, alone or in a list.
fn codes(value: &Value) -> Vec<String> {
    let code = written(value);
    match value {
        Value::Str(_) | Value::Name(_) => vec![format!("[..., {code}, ...]"), code],
        _ => vec![code],
    }
}

fn alternatives(ways: Vec<String>) -> Json {
    either(ways.into_iter().map(pattern).collect())
}

fn not(code: String) -> Json {
    json!({ "pattern-not": code })
}

/// Calls of `function` that pass `code` as `argument`.
fn passing(function: &str, argument: &Argument, code: &str) -> Vec<String> {
    let by_keyword = argument.keyword.iter().map(|keyword| format!("{function}(..., {keyword}={code}, ...)"));
    let by_position = argument.position.iter().map(|&position| {
        let before = "$_, ".repeat(position as usize);
        format!("{function}({before}{code}, ...)")
    });
    by_keyword.chain(by_position).collect()
}

/// A value as a pattern writes it.
pub(super) fn written(value: &Value) -> String {
    match value {
        Value::None => "None".into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Int(number) => number.to_string(),
        Value::Str(text) => string(text),
        // Nobody writes where these are from.
        Value::Name(name) => name.strip_prefix("builtins.").unwrap_or(name).to_owned(),
        Value::Returned(name) => format!("{name}(...)"),
    }
}

/// A literal; a `*` at its start or end stands for any text.
pub(super) fn string(text: &str) -> String {
    let (front, rest) = text.strip_prefix('*').map_or(("^", text), |rest| ("", rest));
    let (back, rest) = rest.strip_suffix('*').map_or(("$", rest), |rest| ("", rest));
    match (front, back) {
        ("^", "$") => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        _ => format!("\"=~/{front}{}{back}/\"", regex::escape(rest).replace('/', "\\/")),
    }
}
