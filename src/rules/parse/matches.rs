//! One match of a rule: what it looks for, in which versions, under which conditions.

use super::Problems;
use super::check::{checked, known_library, sentence};
use super::form::{ArgumentForm, ConditionForm, EditForm, MatchForm, OneOrMore, RequirementForm, SettingsForm};
use super::words::{compile_pattern, is_dotted, is_identifier, is_specifier, value};
use crate::rules::model::{
    Argument, Condition, Edit, EditChange, Library, Match, Proof, Requirement, RuleSet, Setting, Target, Value,
};
use std::ops::Range;
use toml::Spanned;

/// Checks one `[[rule.match]]` of a rule of the library `own`; `all` are the libraries it may speak of.
pub fn one_match(form: Spanned<MatchForm>, own: Option<&Library>, all: &RuleSet, problems: &mut Problems<'_>) -> Match {
    let at = form.span();
    let mut form = form.into_inner();
    let own = form.library.take().map_or(own, |name| known_library(&name, all, problems));
    let target = target(&mut form, &at, own, all, problems);
    let versions = form.versions.map(|versions| specifiers(versions, own, problems)).unwrap_or_default();
    let requires = form.requires.into_iter().map(|form| requirement(form, own, all, problems)).collect::<Vec<_>>();
    if versions.is_empty() && requires.is_empty() {
        for (key, at) in
            [("because", form.because.as_ref().map(Spanned::span)), ("proof", form.proof.as_ref().map(Spanned::span))]
        {
            if let Some(at) = at {
                problems.add(at, format!("expected `{key}` only beside `versions` or `requires`"));
            }
        }
    }
    if matches!(target, Target::Installed) && versions.is_empty() {
        problems.add(at.clone(), "expected `versions` beside `installed`, found none".into());
    }
    if !matches!(target, Target::Call(_) | Target::Method { .. })
        && (!form.when.is_empty() || form.data.is_some() || form.edit.is_some())
    {
        problems.add(at.clone(), "expected `when`, `data` and `edit` only beside `calls` or `methods`".into());
    }
    let proof = if matches!(target, Target::Installed) { Proof::Declared } else { Proof::None };
    Match {
        target,
        library: own.map(|library| library.name.clone()).unwrap_or_default(),
        versions,
        requires,
        proof: form.proof.map_or(proof, Spanned::into_inner),
        when: form.when.into_iter().map(|form| condition(form, all, problems)).collect(),
        data: form.data.map(|form| one_argument(form, problems)),
        severity: form.severity,
        message: form.message.map(|text| sentence(&text, problems)),
        fix: form.fix.map(|text| sentence(&text, problems)),
        because: form.because.map(|text| sentence(&text, problems)),
        edit: form.edit.and_then(|form| edit(form, problems)),
    }
}

fn target(
    form: &mut MatchForm,
    at: &Range<usize>,
    own: Option<&Library>,
    all: &RuleSet,
    problems: &mut Problems<'_>,
) -> Target {
    let mut targets = Vec::new();
    let qualified = |names: Vec<Spanned<String>>, problems: &mut Problems<'_>| {
        let names = filled(names, at, "a qualified name", problems);
        let belongs = |name: &str| {
            let inside = |import: &String| name.strip_prefix(import.as_str()).is_some_and(|rest| rest.starts_with('.'));
            is_dotted(name) && own.is_none_or(|library| library.imports.iter().any(inside))
        };
        checked(names, problems, "a dotted name below an import name of the library", belongs)
    };
    let identifiers = |names: Vec<Spanned<String>>, problems: &mut Problems<'_>| {
        checked(filled(names, at, "a name", problems), problems, "a Python identifier", is_identifier)
    };
    if let Some(calls) = form.calls.take() {
        targets.push(Target::Call(qualified(calls, problems)));
    }
    if let Some(form) = form.methods.take() {
        let methods = filled(form.methods, at, "a method", problems);
        let is_method = |name: &str| name == "[]" || is_identifier(name);
        let methods = checked(methods, problems, "a method name or `[]`", is_method);
        targets.push(Target::Method { classes: qualified(form.classes, problems), methods });
    }
    let (defines, lacks) = (form.defines.take(), form.lacks.take());
    if let Some(bases) = form.bases.take() {
        targets.push(Target::Base {
            classes: qualified(bases, problems),
            defines: defines.map(|names| identifiers(names, problems)).unwrap_or_default(),
            lacks: lacks.map(|names| identifiers(names, problems)).unwrap_or_default(),
        });
    } else if defines.is_some() || lacks.is_some() {
        problems.add(at.clone(), "expected `defines` and `lacks` only beside `bases`".into());
    }
    if let Some(form) = form.settings.take() {
        targets.push(Target::Setting(setting(form, at, all, problems)));
    }
    if let Some(form) = form.text.take() {
        let pattern = form.pattern.get_ref();
        if let Err(error) = compile_pattern(pattern) {
            let error = error.to_string();
            let reason = error.lines().last().unwrap_or_default().trim_start_matches("error: ");
            problems.expected(form.pattern.span(), &format!("a regular expression ({reason})"), pattern);
        }
        let files = filled(form.files, at, "a file pattern", problems);
        let files = checked(files, problems, "a glob over a path", |glob| !glob.is_empty() && !glob.starts_with('/'));
        targets.push(Target::Text { files, pattern: pattern.clone() });
    }
    if form.installed {
        targets.push(Target::Installed);
    }
    if targets.len() != 1 {
        let found = if targets.is_empty() { "none" } else { "more" };
        let problem =
            format!("expected one of `calls`, `methods`, `bases`, `settings`, `text` and `installed`, found {found}");
        problems.add(at.clone(), problem);
    }
    targets.pop().unwrap_or(Target::Call(Vec::new()))
}

fn setting(form: SettingsForm, at: &Range<usize>, all: &RuleSet, problems: &mut Problems<'_>) -> Setting {
    if form.values.is_empty() == form.other_than.is_empty() {
        problems.add(at.clone(), "expected one of `values` and `other-than`".into());
    }
    if form.text && !(form.within.is_empty() && form.unless.is_empty() && form.other_than.is_empty()) {
        problems.add(at.clone(), "expected `text` only without `in`, `unless` and `other-than`".into());
    }
    let names = filled(form.names, at, "a name", problems);
    Setting {
        names: checked(names, problems, "the name of a setting", is_dotted),
        values: values(form.values, all, problems),
        other_than: values(form.other_than, all, problems),
        within: checked(form.within, problems, "a Python identifier", is_identifier),
        unless: checked(form.unless, problems, "the name of a setting", is_dotted),
        text: form.text,
    }
}

fn condition(form: Spanned<ConditionForm>, all: &RuleSet, problems: &mut Problems<'_>) -> Condition {
    let at = form.span();
    let form = form.into_inner();
    if !form.is.is_empty() && !form.is_not.is_empty() {
        problems.add(at.clone(), "expected `is` or `is-not`, found both".into());
    }
    Condition {
        argument: argument(form.argument, form.position, &at, problems),
        is: values(form.is, all, problems),
        is_not: values(form.is_not, all, problems),
        absent: form.absent,
        unknown: form.unknown.unwrap_or(true),
    }
}

pub fn one_argument(form: Spanned<ArgumentForm>, problems: &mut Problems<'_>) -> Argument {
    let at = form.span();
    let ArgumentForm { keyword, position } = form.into_inner();
    argument(keyword, position, &at, problems)
}

fn argument(
    keyword: Option<Spanned<String>>,
    position: Option<u32>,
    at: &Range<usize>,
    problems: &mut Problems<'_>,
) -> Argument {
    if keyword.is_none() && position.is_none() {
        problems.add(at.clone(), "expected the argument's name, its `position` or both, found neither".into());
    }
    let keyword = keyword.and_then(|name| checked(vec![name], problems, "a Python identifier", is_identifier).pop());
    Argument { keyword, position }
}

fn edit(form: Spanned<EditForm>, problems: &mut Problems<'_>) -> Option<Edit> {
    let at = form.span();
    let form = form.into_inner();
    let mut word = |text: Spanned<String>, is: fn(&str) -> bool| {
        checked(vec![text], problems, "a name or value as Python writes it", is).pop().unwrap_or_default()
    };
    let change = match (form.set_argument, form.value, form.replace_callee, form.remove_argument) {
        (Some(keyword), Some(new), None, None) => EditChange::SetArgument {
            keyword: word(keyword, is_identifier),
            value: word(new, |text| value(text).is_some()),
        },
        (None, None, Some(callee), None) => EditChange::ReplaceCallee(word(callee, is_dotted)),
        (None, None, None, Some(keyword)) => EditChange::RemoveArgument(word(keyword, is_identifier)),
        _ => {
            let forms = "`set-argument` with `value`, `replace-callee` or `remove-argument`";
            problems.add(at, format!("expected one of {forms}"));
            return None;
        }
    };
    Some(Edit { change, safe: form.safe })
}

fn requirement(
    form: RequirementForm,
    own: Option<&Library>,
    all: &RuleSet,
    problems: &mut Problems<'_>,
) -> Requirement {
    let library = known_library(&form.library, all, problems);
    if library.is_some_and(|library| own.is_some_and(|own| own.name == library.name)) {
        problems.expected(form.library.span(), "another library than the match's own", form.library.get_ref());
    }
    Requirement { versions: specifiers(form.versions, library, problems), library: form.library.into_inner() }
}

fn specifiers(form: Spanned<OneOrMore>, of: Option<&Library>, problems: &mut Problems<'_>) -> Vec<String> {
    let at = form.span();
    let OneOrMore(all) = form.into_inner();
    if all.is_empty() {
        problems.add(at.clone(), "expected a PEP 440 specifier such as \"<2.6\", found none".into());
    }
    if of.is_some_and(|library| library.standard) {
        problems.add(at.clone(), "expected no versions of the standard library, which no manifest names".into());
    }
    for text in all.iter().filter(|text| !is_specifier(text)) {
        problems.expected(at.clone(), "a PEP 440 specifier such as \"<2.6\"", text);
    }
    all
}

fn values(texts: Vec<Spanned<String>>, all: &RuleSet, problems: &mut Problems<'_>) -> Vec<Value> {
    let expected = "`None`, `True`, `False`, an integer, a quoted string, a qualified name or the module of a library";
    let is_module = |text: &String| all.libraries.iter().any(|library| library.imports.contains(text));
    let texts = texts.into_iter().filter_map(|text| {
        let module = || Some(text.get_ref()).filter(|text| is_module(text)).cloned().map(Value::Name);
        let read = value(text.get_ref()).or_else(module);
        if read.is_none() {
            problems.expected(text.span(), expected, text.get_ref());
        }
        read
    });
    texts.collect()
}

pub fn filled<T>(list: Vec<T>, at: &Range<usize>, what: &str, problems: &mut Problems<'_>) -> Vec<T> {
    if list.is_empty() {
        problems.add(at.clone(), format!("expected {what}, found an empty list"));
    }
    list
}
