//! A rule as a page in Markdown: what `docs/rules` is made of.

use super::printable;
use super::printable::printable_lines;
use super::rule_words::{conditions, describe_edit, looked_for, written};
use crate::finding::Severity;
use crate::rules::{Example, Match, Rule, RuleSet, Setting, Target, Value};
use std::fmt::Write as _;

/// The page of one of `rules`, which have their examples.
pub fn rule_page(rules: &RuleSet, rule: &Rule) -> String {
    let message = prose(&rule.message);
    let (first, rest) = message.split_at(message.chars().next().map_or(0, char::len_utf8));
    let mut out = format!("# {}\n\n{}{rest}.\n\n", rule.id, first.to_uppercase());
    facts(&mut out, rules, rule);
    section(&mut out, "What runs", &prose(&rule.runs));
    matches(&mut out, rule);
    examples(&mut out, "Reported", rule.examples.iter().filter(|example| example.expect.is_some()), rule);
    examples(&mut out, "Not reported", rule.examples.iter().filter(|example| example.expect.is_none()), rule);
    instead(&mut out, rule);
    if !rule.references.is_empty() {
        out.push_str("\n## References\n\n");
        for reference in &rule.references {
            let _ = writeln!(out, "- {}", linked(reference));
        }
    }
    let _ = write!(
        out,
        "\n## Allow it\n\nIn its line, with the reason:\n\n```python\n# picklegate: allow[{}] the reason\n```\n",
        rule.id
    );
    out
}

fn facts(out: &mut String, rules: &RuleSet, rule: &Rule) {
    let libraries: Vec<_> = rule.libraries().into_iter().filter_map(|name| rules.library(name)).collect();
    let names: Vec<&str> = libraries
        .iter()
        .map(|library| if library.standard { "Python itself" } else { library.name.as_str() })
        .collect();
    let others: Vec<&str> = libraries
        .iter()
        .filter(|library| !library.standard)
        .flat_map(|library| library.also_installed_as.iter().map(String::as_str))
        .collect();
    let severity = match rule.severity {
        Severity::Error => "error: blocks",
        Severity::Warning => "warning: is shown",
        Severity::Note if rule.producer => "note: off unless `--show-notes` or `producers` asks for it",
        Severity::Note => "note: is shown with `--show-notes`",
    };
    let _ = write!(out, "| | |\n|---|---|\n| severity | {severity} |\n| library | {} |\n", names.join(", "));
    if !others.is_empty() {
        let _ = writeln!(out, "| also installed by | {} |", others.join(", "));
    }
    if !rule.cwe.is_empty() {
        let numbers: Vec<String> = rule.cwe.iter().map(|number| format!("CWE-{number}")).collect();
        let _ = writeln!(out, "| weakness | {} |", numbers.join(", "));
    }
}

fn section(out: &mut String, heading: &str, text: &str) {
    let _ = write!(out, "\n## {heading}\n\n{text}\n");
}

/// By library, if there are several.
fn matches(out: &mut String, rule: &Rule) {
    out.push_str("\n## What is matched\n");
    let libraries = rule.libraries();
    for library in &libraries {
        if libraries.len() > 1 {
            let _ = write!(out, "\n**{library}**\n");
        }
        out.push('\n');
        for candidate in rule.matches.iter().filter(|candidate| candidate.library == *library) {
            one_match(out, rule, candidate);
        }
    }
}

fn one_match(out: &mut String, rule: &Rule, candidate: &Match) {
    let looked_for = match &candidate.target {
        Target::Call(names) => codes(names),
        Target::Method { classes, methods } => format!("{} of {}", codes(methods), codes(classes)),
        Target::Setting(setting) => settings(setting),
        Target::Installed => "a manifest that has it".to_owned(),
        other => code(&looked_for(other)),
    };
    let _ = write!(out, "- {looked_for}");
    for (i, condition) in conditions(candidate).into_iter().enumerate() {
        let _ = write!(out, "{}{}", if i == 0 { " if " } else { " and " }, prose(&condition));
    }
    if let Some(because) = &candidate.because {
        let _ = write!(out, "; there {}", prose(because));
    }
    if let Some(severity) = candidate.severity.filter(|severity| *severity != rule.severity) {
        let _ = write!(out, ": {severity}");
    }
    out.push('\n');
}

/// `serializer` set to `'pickle'` in `task`
fn settings(setting: &Setting) -> String {
    let values = |values: &[Value]| codes(&values.iter().map(written).collect::<Vec<_>>());
    let mut text = match &setting.values[..] {
        [] => format!("{} set to something else than {}", codes(&setting.names), values(&setting.other_than)),
        some => format!("{} set to {}", codes(&setting.names), values(some)),
    };
    for (word, names) in [("in", &setting.within), ("unless beside", &setting.unless)] {
        if !names.is_empty() {
            let _ = write!(text, " {word} {}", codes(names));
        }
    }
    if setting.text {
        text.push_str(", also in configuration files that are not Python");
    }
    text
}

/// Code under a heading; what is assumed alike stands in one block.
fn examples<'e>(out: &mut String, heading: &str, examples: impl Iterator<Item = &'e Example>, rule: &Rule) {
    let examples: Vec<&Example> = examples.collect();
    let _ = write!(out, "\n## {heading}\n");
    let alike = |a: &&Example, b: &&Example| (&a.file, &a.versions, a.expect) == (&b.file, &b.versions, b.expect);
    for group in examples.chunk_by(alike) {
        let severity =
            group[0].expect.filter(|severity| *severity != rule.severity).map(|severity| severity.to_string());
        block(out, group, severity);
    }
}

fn block(out: &mut String, group: &[&Example], severity: Option<String>) {
    let (file, versions) = (&group[0].file, &group[0].versions);
    let mut about = Vec::new();
    if file != "example.py" {
        about.push(code(file));
    }
    about.extend(versions.iter().map(|(library, version)| format!("{library} {version}")));
    about.extend(severity.map(|severity| format!("as {severity}")));
    if !about.is_empty() {
        let _ = write!(out, "\n{}:\n", about.join(", "));
    }
    let language = match file.rsplit_once('.') {
        Some((_, "py")) => "python",
        Some((_, suffix @ ("toml" | "yaml" | "yml" | "json" | "ini" | "sh"))) => suffix,
        _ => "text",
    };
    let short = group.iter().all(|example| !example.code.trim().contains('\n'));
    let codes: Vec<&str> = group.iter().map(|example| example.code.trim_matches('\n')).collect();
    // Examples of several lines are apart from each other.
    let text = codes.join(if short { "\n" } else { "\n\n\n" });
    let fence = if text.contains("```") { "````" } else { "```" };
    let _ = write!(out, "\n{fence}{language}\n{}\n{fence}\n", printable_lines(&text));
}

fn instead(out: &mut String, rule: &Rule) {
    let _ = write!(out, "\n## What to write instead\n\n{}\n\n{}\n", prose(&rule.fix), prose(&rule.alternative));
    let instead: Vec<&Example> = rule.instead.iter().collect();
    for example in &instead {
        block(out, &[example], None);
    }
    let mut edits: Vec<String> =
        rule.matches.iter().filter_map(|candidate| candidate.edit.as_ref()).map(describe_edit).collect();
    edits.sort();
    edits.dedup();
    if !edits.is_empty() {
        out.push_str("\n`picklegate fix` can:\n\n");
        edits.iter().for_each(|edit| writeln!(out, "- {}", prose(edit)).expect("a string takes any text"));
    }
}

/// Text of a rule, in which Markdown code spans are allowed; what else Markdown would act on is escaped.
fn prose(text: &str) -> String {
    let text = printable(text.trim());
    let mut out = String::with_capacity(text.len());
    let mut in_code = false;
    let mut last = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        in_code ^= c == '`';
        // An underscore inside a word is one.
        let is_inner = c == '_' && last.is_alphanumeric() && rest.peek().is_some_and(|next| next.is_alphanumeric());
        if !in_code && !is_inner && matches!(c, '*' | '_' | '<' | '[' | '\\') {
            out.push('\\');
        }
        out.push(c);
        last = c;
    }
    out
}

fn codes<'t>(names: impl IntoIterator<Item = &'t String>) -> String {
    names.into_iter().map(|name| code(name)).collect::<Vec<_>>().join(", ")
}

fn code(text: &str) -> String {
    format!("`{}`", printable(text))
}

/// Advisories and addresses, as links where they can be.
fn linked(reference: &str) -> String {
    let text = printable(reference);
    match reference {
        _ if reference.starts_with("CVE-") => format!("[{text}](https://nvd.nist.gov/vuln/detail/{text})"),
        _ if reference.starts_with("GHSA-") => format!("[{text}](https://github.com/advisories/{text})"),
        _ if reference.starts_with("https://") && !reference.contains([' ', '>']) => format!("<{text}>"),
        _ => prose(reference),
    }
}
