//! What a match looks for, as patterns of which any may hold.

use super::arguments::{Variant, variants};
use super::{both, either, pattern, settings};
use crate::rules::{Match, Target};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// `None`, and said, where nothing of it can be expressed.
pub(super) fn patterns(candidate: &Match, omit: &mut dyn FnMut(String)) -> Option<Vec<Json>> {
    let when = &candidate.when;
    match &candidate.target {
        Target::Call(names) => {
            let mut all: Vec<Json> = variants(when).iter().flat_map(|variant| functions(names, variant)).collect();
            if when.iter().all(|condition| condition.absent) {
                all.extend(passed_on(names));
            }
            Some(all)
        }
        Target::Method { classes, methods } => {
            let names: Vec<&str> = classes.iter().map(String::as_str).collect();
            Some(variants(when).iter().map(|variant| of_methods(&names, methods, variant)).collect())
        }
        Target::Base { classes, defines, lacks } => {
            Some(classes.iter().map(|class| of_subclasses(class, defines, lacks)).collect())
        }
        Target::Setting(setting) => Some(settings::patterns(setting, omit)),
        Target::Text { pattern, .. } => Some(vec![json!({ "pattern-regex": format!("(?m){pattern}") })]),
        Target::Installed => {
            omit("versions that are dangerous to have at all".into());
            None
        }
    }
}

/// The top-level modules of what a match names.
pub(super) fn modules(candidate: &Match) -> impl Iterator<Item = &str> {
    let names: &[String] = match &candidate.target {
        Target::Call(names) => names,
        Target::Method { classes, .. } | Target::Base { classes, .. } => classes,
        _ => &[],
    };
    names.iter().filter_map(|name| name.split('.').next())
}

fn inside(code: String) -> Json {
    json!({ "pattern-inside": code })
}

fn not_inside(code: &str) -> Json {
    json!({ "pattern-not-inside": code })
}

/// Calls, and of methods of classes those by way of classes that derive from them.
fn functions(names: &[String], variant: &Variant<'_>) -> Vec<Json> {
    let called = either(names.iter().map(|name| variant.calls(name)).collect());
    let mut all = vec![both([vec![called], variant.held()].concat())];
    let mut methods: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (class, method) in names.iter().filter_map(|name| name.rsplit_once('.')).filter(|(class, _)| is_class(class)) {
        methods.entry(method).or_default().push(class);
    }
    for (method, classes) in methods {
        let own = |class: &&str| {
            not_inside(&format!("class $X(..., {class}, ...):\n  ...\n  def {method}(...):\n    ...\n  ...\n..."))
        };
        let overridden: Vec<Json> = classes.iter().map(own).collect();
        let derived = of_derived(&classes, &|object| vec![variant.calls(&format!("{object}.{method}"))]);
        all.push(both([vec![either(derived)], variant.held(), overridden].concat()));
    }
    all
}

/// Where one of `names` is passed on. Classes also stand in annotations and behind `except`, so they count as arguments only.
fn passed_on(names: &[String]) -> Vec<Json> {
    let (classes, functions): (Vec<&String>, Vec<&String>) = names.iter().partition(|name| is_class(name));
    let looks = ["isinstance(...)", "issubclass(...)", "hasattr(...)"].map(not_inside);
    let mut all = Vec::new();
    if !functions.is_empty() {
        let mut block = vec![either(functions.iter().map(|name| pattern(name.as_str())).collect())];
        block.extend(functions.iter().map(|name| not_inside(&format!("{name}(...)"))));
        all.push(block);
    }
    if !classes.is_empty() {
        let ways = |name: &&String| [format!("$F(..., {name}, ...)"), format!("$F(..., $K={name}, ...)")];
        all.push(vec![either(classes.iter().flat_map(ways).map(pattern).collect())]);
    }
    all.into_iter().map(|block| both([block, looks.to_vec()].concat())).collect()
}

/// Calls of methods of an instance that is made, entered or annotated in sight.
fn of_methods(classes: &[&str], methods: &[String], variant: &Variant<'_>) -> Json {
    let one = |object: &str| -> Vec<Json> {
        let call = |method: &String| match method.as_str() {
            "[]" => pattern(format!("{object}[...]")),
            method => variant.calls(&format!("{object}.{method}")),
        };
        methods.iter().map(call).collect()
    };
    let bindings = |class: &&str| {
        [
            format!("$X = {class}(...)\n..."),
            format!("with {class}(...) as $X:\n  ..."),
            format!("def $F(..., $X: {class}, ...):\n  ..."),
        ]
    };
    let mut all = vec![both(vec![either(classes.iter().flat_map(bindings).map(inside).collect()), either(one("$X"))])];
    all.extend(of_derived(classes, &one));
    for class in classes {
        all.extend(one(&format!("{class}(...)")));
        if !methods.iter().any(|method| method == "[]") {
            all.extend(one(class));
        }
    }
    both([vec![either(all)], variant.held()].concat())
}

/// What `one` makes of an object, for classes that derive from `classes` in sight: outside and inside of them.
fn of_derived(classes: &[&str], one: &dyn Fn(&str) -> Vec<Json>) -> Vec<Json> {
    let heads: Vec<String> = classes.iter().map(|class| format!("class $X(..., {class}, ...):\n  ...")).collect();
    let after = either(heads.iter().map(|head| inside(format!("{head}\n..."))).collect());
    let within = either(heads.into_iter().map(inside).collect());
    vec![
        both(vec![after, either([one("$X"), one("$X(...)")].concat())]),
        both(vec![within, either([one("cls"), one("self")].concat())]),
    ]
}

fn is_class(name: &str) -> bool {
    name.rsplit('.').next().is_some_and(|last| last.starts_with(char::is_uppercase))
}

/// Classes that derive from `class`.
fn of_subclasses(class: &str, defines: &[String], lacks: &[String]) -> Json {
    let head = format!("class $C(..., {class}, ...):");
    let defining = |name: &String| {
        [format!("{head}\n  ...\n  def {name}(...):\n    ...\n  ..."), format!("{head}\n  ...\n  {name} = $V\n  ...")]
    };
    let mut all = vec![pattern(format!("{head}\n  ..."))];
    all.extend(defines.iter().map(|name| either(defining(name).map(pattern).to_vec())));
    all.extend(lacks.iter().flat_map(defining).map(|code| json!({ "pattern-not": code })));
    both(all)
}
