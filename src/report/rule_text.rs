//! Rules for people: a line each, or all that is known of one.

use super::printable;
use crate::rules::{Condition, Match, Rule, RuleSet, Setting, Target, Value, boundaries};
use std::fmt::Write as _;

const PRODUCER: &str = "It reports that pickles are written. `--show-notes` asks for it, and so does `producers = \"warning\"` \
    (or \"note\", \"error\") in the configuration.";

/// Columns: id, severity, message.
pub fn rule_list(rules: &RuleSet) -> String {
    let rules = rules.all();
    let width = rules.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    rules.iter().fold(String::new(), |mut out, rule| {
        let _ = writeln!(out, "{:<width$}  {:<7}  {}", rule.id, rule.severity, printable(&rule.message));
        out
    })
}

/// What one of `rules` matches, what runs, what to write instead, and where that is known from.
pub fn rule_explanation(rules: &RuleSet, rule: &Rule) -> String {
    let mut out = format!("{}[{}]: {}\n", rule.severity, rule.id, printable(&rule.message));
    if rule.producer {
        section(&mut out, "off unless asked for", PRODUCER);
    }
    section(&mut out, "what runs", &rule.runs);
    section(&mut out, "fix", &rule.fix);
    section(&mut out, "instead", &rule.alternative);
    out.push_str("\nmatches\n");
    for candidate in &rule.matches {
        list_item(&mut out, &describe(candidate, rule));
    }
    let libraries = rule.libraries().into_iter().filter_map(|name| rules.library(name));
    let names: Vec<&str> =
        libraries.filter(|library| !library.standard).flat_map(|library| library.distributions()).collect();
    section(&mut out, "installed by", &names.join(", "));
    if !rule.references.is_empty() || !rule.cwe.is_empty() {
        out.push_str("\nreferences\n");
        for reference in rule.cwe.iter().map(|number| format!("CWE-{number}")).chain(rule.references.iter().cloned()) {
            list_item(&mut out, &reference);
        }
    }
    let _ = write!(out, "\nallow it in its line\n  # picklegate: allow[{}] the reason\n", rule.id);
    out
}

/// A heading and a paragraph; nothing where there is no text.
fn section(out: &mut String, heading: &str, text: &str) {
    if !text.is_empty() {
        let _ = write!(out, "\n{heading}\n");
        wrap(out, text, "  ", "  ");
    }
}

fn list_item(out: &mut String, text: &str) {
    wrap(out, text, "  - ", "    ");
}

/// Words of `text` in lines of at most 80 columns; a word is never cut.
fn wrap(out: &mut String, text: &str, first: &str, next: &str) {
    let text = printable(text.trim()).replace("\\u{a}", " ");
    let (mut line, mut words) = (first.to_owned(), 0);
    for word in text.split_whitespace() {
        if words > 0 && line.chars().count() + 1 + word.chars().count() > 80 {
            let _ = writeln!(out, "{line}");
            (line, words) = (next.to_owned(), 0);
        }
        if words > 0 {
            line.push(' ');
        }
        line.push_str(word);
        words += 1;
    }
    let _ = writeln!(out, "{line}");
}

/// `torch.load, torch.serialization.load, torch <2.6, where weights_only is absent: warning`
fn describe(candidate: &Match, rule: &Rule) -> String {
    let mut text = match &candidate.target {
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
    };
    for boundary in boundaries(candidate) {
        let _ = write!(text, "; {} {}", boundary.library, boundary.versions.join(" or "));
    }
    for condition in &candidate.when {
        let _ = write!(text, "; {}", describe_condition(condition));
    }
    if let Some(severity) = candidate.severity.filter(|&severity| severity != rule.severity) {
        let _ = write!(text, ": {severity}");
    }
    text
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
    let written: Vec<String> = values
        .iter()
        .map(|value| match value {
            Value::None => "None".into(),
            Value::Bool(true) => "True".into(),
            Value::Bool(false) => "False".into(),
            Value::Int(number) => number.to_string(),
            Value::Str(text) => format!("'{text}'"),
            Value::Name(name) => name.clone(),
            Value::Returned(name) => format!("{name}()"),
        })
        .collect();
    written.join(" or ")
}
