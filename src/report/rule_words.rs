//! What a match looks for, in words that texts and pages share.

use crate::rules::{Condition, Edit, EditChange, Match, Proof, Rule, Setting, Target, Value, boundaries};
use std::fmt::Write as _;

/// `torch.load, torch.serialization.load; torch <2.6; weights_only is not passed: warning`
pub(super) fn describe(candidate: &Match, rule: &Rule) -> String {
    let mut text = looked_for(&candidate.target);
    for condition in conditions(candidate) {
        let _ = write!(text, "; {condition}");
    }
    if let Some(severity) = candidate.severity.filter(|&severity| severity != rule.severity) {
        let _ = write!(text, ": {severity}");
    }
    text
}

/// `load, loads of acme.Store`
pub(super) fn looked_for(target: &Target) -> String {
    match target {
        Target::Call(names) => names.join(", "),
        Target::Method { classes, methods } => format!("{} of {}", methods.join(", "), classes.join(", ")),
        Target::Base { classes, defines, lacks } => {
            let list = |word: &str, names: &[String]| match names {
                [] => String::new(),
                names => format!(" that {word} {}", names.join(", ")),
            };
            format!("a class from {}{}{}", classes.join(", "), list("defines", defines), list("lacks", lacks))
        }
        Target::Setting(setting) => describe_setting(setting),
        Target::Text { files, pattern } => format!("/{pattern}/ in {}", files.join(", ")),
        Target::Installed => "a manifest with such a version".into(),
    }
}

/// What must hold besides: versions, how surely, and arguments.
pub(super) fn conditions(candidate: &Match) -> Vec<String> {
    let versions = boundaries(candidate);
    let mut all: Vec<String> =
        versions.iter().map(|boundary| format!("{} {}", boundary.library, boundary.versions.join(" or "))).collect();
    all.extend(proof(candidate.proof).map(str::to_owned));
    all.extend(candidate.when.iter().map(describe_condition));
    all
}

fn proof(proof: Proof) -> Option<&'static str> {
    match proof {
        Proof::None => None,
        Proof::Declared => Some("where a manifest admits such a version"),
        Proof::Certain => Some("where a manifest admits no other version"),
    }
}

/// `set weights_only=True, with --unsafe-fixes`
pub(super) fn describe_edit(edit: &Edit) -> String {
    let change = match &edit.change {
        EditChange::SetArgument { keyword, value } => format!("pass {keyword}={value}"),
        EditChange::ReplaceCallee(path) => format!("call {path} instead"),
        EditChange::RemoveArgument(keyword) => format!("do not pass {keyword}"),
    };
    format!("{change}{}", if edit.safe { "" } else { ", with --unsafe-fixes" })
}

/// `serializer = 'pickle' in task, shared_task`
fn describe_setting(setting: &Setting) -> String {
    let mut text = setting.names.join(", ");
    let _ = match &setting.values[..] {
        [] => write!(text, " other than {}", alternatives(&setting.other_than)),
        values => write!(text, " = {}", alternatives(values)),
    };
    for (word, names) in [("in", &setting.within), ("unless beside", &setting.unless)] {
        if !names.is_empty() {
            let _ = write!(text, " {word} {}", names.join(", "));
        }
    }
    text
}

/// `weights_only is not True or is not passed`
fn describe_condition(condition: &Condition) -> String {
    let name = match (&condition.argument.keyword, condition.argument.position) {
        (Some(keyword), _) => keyword.clone(),
        (None, Some(position)) => format!("argument {}", position + 1),
        (None, None) => "an argument".into(),
    };
    let mut ways = Vec::new();
    match (&condition.is[..], &condition.is_not[..]) {
        ([], []) if condition.absent => {}
        ([], []) => ways.push("is passed".into()),
        (is, []) => ways.push(format!("is {}", alternatives(is))),
        (_, is_not) => ways.push(format!("is not {}", alternatives(is_not))),
    }
    if condition.absent {
        ways.push("is not passed".into());
    }
    if condition.unknown {
        ways.push("cannot be known".into());
    }
    format!("{name} {}", ways.join(" or "))
}

fn alternatives(values: &[Value]) -> String {
    values.iter().map(written).collect::<Vec<_>>().join(" or ")
}

/// A value as Python writes it.
pub(super) fn written(value: &Value) -> String {
    match value {
        Value::None => "None".into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Int(number) => number.to_string(),
        Value::Str(text) => format!("'{text}'"),
        Value::Name(name) => name.clone(),
        Value::Returned(name) => format!("{name}()"),
    }
}
