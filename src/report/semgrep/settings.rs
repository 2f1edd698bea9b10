//! Settings that are given a value, as patterns.

use super::arguments::{string, written};
use super::{both, either, pattern};
use crate::rules::{Setting, Value};
use serde_json::{Value as Json, json};

/// All but the configuration files that are not Python, which is said.
pub(super) fn patterns(setting: &Setting, omit: &mut dyn FnMut(String)) -> Vec<Json> {
    if setting.text {
        omit(format!("{} in configuration files that are not Python", setting.names.join(", ")));
    }
    let around: Vec<Json> = setting.within.iter().flat_map(|name| inside(name)).collect();
    let beside: Vec<Json> = setting.unless.iter().flat_map(|name| not_beside(name)).collect();
    let ways = setting.names.iter().flat_map(|name| given(name)).map(pattern).collect();
    let mut all = vec![either(ways), value(setting)];
    if !around.is_empty() {
        all.push(either(around));
    }
    all.extend(beside);
    vec![both(all)]
}

/// What `$V` must be: one of the values, or a list that holds one.
fn value(setting: &Setting) -> Json {
    let values = |values: &[Value]| -> Vec<String> {
        let codes = values.iter().flat_map(codes);
        codes.flat_map(|code| [format!("[..., {code}, ...]"), format!("(..., {code}, ...)"), code]).collect()
    };
    let mut condition = match setting.other_than.as_slice() {
        [] => either(values(&setting.values).into_iter().map(pattern).collect()),
        others => {
            let harmless = values(others).into_iter().map(|code| json!({ "pattern-not": code }));
            both([pattern("$ANY")].into_iter().chain(harmless).collect())
        }
    };
    condition["metavariable"] = json!("$V");
    json!({ "metavariable-pattern": condition })
}

/// How a value may be written: a qualified name also stands for an instance, and for a string with that path.
fn codes(value: &Value) -> Vec<String> {
    match value {
        Value::Name(name) => vec![name.clone(), format!("{name}(...)"), string(name)],
        other => vec![written(other)],
    }
}

/// The ways to give `name` the value `$V`.
fn given(name: &str) -> Vec<String> {
    let mut all = vec![
        format!("$X[\"{name}\"] = $V"),
        format!("{{..., \"{name}\": $V, ...}}"),
        format!("$X.$M(\"{name}\", $V, ...)"),
        format!("setattr($X, \"{name}\", $V)"),
    ];
    if !name.contains('.') && !KEYWORDS.contains(&name) {
        all.extend([
            format!("{name} = $V"),
            format!("{name} += $V"),
            format!("$X.{name} = $V"),
            format!("$F(..., {name}=$V, ...)"),
            format!("{name}.append($V)"),
            format!("$X.{name}.append($V)"),
            format!("{name}.add($V)"),
            format!("$X.{name}.add($V)"),
        ]);
    }
    all
}

/// Words that name no variable.
const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
    "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
    "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// Inside of something that is called `name`.
fn inside(name: &str) -> Vec<Json> {
    let all = [
        format!("{name}(...)"),
        format!("$O.{name}(...)"),
        format!("{name} = ..."),
        format!("$O.{name} = ..."),
        format!("$O[\"{name}\"] = ..."),
        format!("$O.{name}.$A = ..."),
        format!("{name}.$A = ..."),
        format!("{name}[...] = ..."),
        format!("$O.{name}[...] = ..."),
        format!("{{..., \"{name}\": ..., ...}}"),
        format!("$G(..., {name}=..., ...)"),
        format!("class {name}(...):\n  ..."),
    ];
    all.into_iter().map(|code| json!({ "pattern-inside": code })).collect()
}

/// Not where `name` is set beside it: in the same dictionary or one inside it, in the same call, or by a statement.
fn not_beside(name: &str) -> Vec<Json> {
    let around = [
        format!("{{..., \"{name}\": ..., ...}}"),
        format!("$G(..., {name}=..., ...)"),
        format!("{name} = ...\n..."),
        format!("...\n{name} = ..."),
        format!("$O.{name} = ...\n..."),
        format!("...\n$O.{name} = ..."),
    ];
    let inside = format!("{{..., $K: {{..., \"{name}\": ..., ...}}, ...}}");
    let around = around.into_iter().map(|code| json!({ "pattern-not-inside": code }));
    around.chain([json!({ "pattern-not": inside })]).collect()
}
