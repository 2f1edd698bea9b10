//! From the form to the model: every meaning is checked, and every fault is reported at its line.

use super::form::{
    ArgumentForm, ConditionForm, EditForm, FileForm, LibraryForm, MatchForm, OneOrMore, RequirementForm, RuleForm,
    SchemaForm,
};
use super::words::{compile_pattern, is_dotted, is_identifier, is_kebab, is_specifier, is_version, prose, value};
use super::{Problems, RESERVED_IDS, SCHEMA};
use crate::finding::Confidence;
use crate::finding::Severity;
use crate::rules::model::{
    Argument, Condition, Edit, EditChange, Example, Library, Match, Requirement, Rule, RuleSet, Target, Value,
};
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;

/// `known` with the rules of `text` added. `None`, or anything in `problems`, means that the result is not to be used.
pub fn read(text: &str, known: &RuleSet, problems: &mut Problems<'_>) -> Option<RuleSet> {
    let toml_error = |error: toml::de::Error| (error.span().unwrap_or(0..0), error.message().replace('\n', ", "));
    let schema = match toml::from_str::<SchemaForm>(text).map_err(toml_error) {
        Ok(form) => form.schema,
        Err((at, message)) => {
            problems.add(at, message);
            return None;
        }
    };
    let found = schema.as_ref().map_or("nothing".to_owned(), |schema| schema.get_ref().to_string());
    if schema.as_ref().is_none_or(|schema| *schema.get_ref() != SCHEMA) {
        let at = schema.map_or(0..0, |schema| schema.span());
        problems.add(at, format!("expected `schema = {SCHEMA}`, found {found}"));
        return None;
    }
    let file: FileForm = match toml::from_str(text).map_err(toml_error) {
        Ok(form) => form,
        Err((at, message)) => {
            problems.add(at, message);
            return None;
        }
    };
    let mut all = known.clone();
    for form in file.library {
        library(form, &mut all, problems);
    }
    let mut here = BTreeMap::new();
    for form in file.rule {
        let (id, replace) = (form.id.clone(), form.replace);
        let read = rule(form, &all, problems);
        if here.insert(id.get_ref().clone(), id.span()).is_some() {
            problems.expected(id.span(), "an id that no other rule has", id.get_ref());
            continue;
        }
        match (all.rules.binary_search_by(|rule| rule.id.cmp(id.get_ref())), replace) {
            (Err(at), false) => all.rules.insert(at, read),
            (Ok(at), true) => all.rules[at] = read,
            (Ok(_), false) => {
                problems.expected(id.span(), "an id that no other rule has, or `replace = true`", id.get_ref());
            }
            (Err(_), true) => problems.expected(id.span(), "the id of a rule to replace", id.get_ref()),
        }
    }
    Some(all)
}

fn library(form: LibraryForm, all: &mut RuleSet, problems: &mut Problems<'_>) {
    let name = form.name.get_ref().clone();
    for name in std::iter::once(&form.name).chain(&form.also_installed_as) {
        if !is_kebab(name.get_ref()) {
            problems.expected(name.span(), "a distribution name as PEP 503 writes it (`ruamel-yaml`)", name.get_ref());
        }
    }
    let imports = checked(form.imports, problems, "a dotted import name", is_dotted);
    let others: Vec<String> = form.also_installed_as.into_iter().map(Spanned::into_inner).collect();
    let extend = |old: &mut Vec<String>, new: Vec<String>| {
        old.extend(new);
        old.sort();
        old.dedup();
    };
    match all.libraries.binary_search_by(|library| library.name.cmp(&name)) {
        Ok(at) => {
            extend(&mut all.libraries[at].imports, imports);
            extend(&mut all.libraries[at].also_installed_as, others);
        }
        Err(_) if imports.is_empty() => problems.expected(form.name.span(), "a library with `imports`", &name),
        Err(at) => {
            let mut new = Library { name, standard: form.standard, imports: Vec::new(), also_installed_as: Vec::new() };
            extend(&mut new.imports, imports);
            extend(&mut new.also_installed_as, others);
            all.libraries.insert(at, new);
        }
    }
}

fn rule(form: RuleForm, all: &RuleSet, problems: &mut Problems<'_>) -> Rule {
    let id = form.id.get_ref();
    if !is_kebab(id) {
        problems.expected(form.id.span(), "a rule id in kebab case such as `torch-load`", id);
    } else if RESERVED_IDS.contains(&id.as_str()) {
        problems.expected(form.id.span(), "a rule id that is not reserved for suppression comments", id);
    }
    for (missing, what) in [
        (form.matches.is_empty(), "at least one [[rule.match]]"),
        (form.hits.is_empty(), "at least one [[rule.hit]] example"),
        (form.misses.is_empty(), "at least one [[rule.miss]] example"),
    ] {
        if missing {
            problems.add(form.id.span(), format!("expected {what} of rule {id:?}, found none"));
        }
    }
    let own = known_library(&form.library, all, problems);
    let hits = form.hits.into_iter().map(|hit| {
        let expect = Some(hit.severity.unwrap_or(form.severity));
        (hit.code, hit.file, hit.versions, expect)
    });
    let misses = form.misses.into_iter().map(|miss| (miss.code, miss.file, miss.versions, None));
    Rule {
        id: id.clone(),
        library: form.library.get_ref().clone(),
        severity: form.severity,
        confidence: form.confidence.unwrap_or(Confidence::High),
        message: sentence(&form.message, problems),
        runs: sentence(&form.runs, problems),
        fix: sentence(&form.fix, problems),
        alternative: sentence(&form.alternative, problems),
        cwe: form.cwe,
        references: form.references.iter().map(|reference| sentence(reference, problems)).collect(),
        matches: form.matches.into_iter().map(|form| one_match(form, own, all, problems)).collect(),
        examples: hits.chain(misses).map(|example| one_example(example, all, problems)).collect(),
    }
}

fn one_match(form: Spanned<MatchForm>, own: Option<&Library>, all: &RuleSet, problems: &mut Problems<'_>) -> Match {
    let at = form.span();
    let mut form = form.into_inner();
    let target = target(&mut form, &at, own, problems);
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
    if !matches!(target, Target::Call(_) | Target::Method { .. })
        && (!form.when.is_empty() || form.data.is_some() || form.edit.is_some())
    {
        problems.add(at.clone(), "expected `when`, `data` and `edit` only beside `calls` or `methods`".into());
    }
    Match {
        target,
        versions,
        requires,
        proof: form.proof.map(Spanned::into_inner).unwrap_or_default(),
        when: form.when.into_iter().map(|form| condition(form, problems)).collect(),
        data: form.data.map(|form| {
            let at = form.span();
            let ArgumentForm { keyword, position } = form.into_inner();
            argument(keyword, position, &at, problems)
        }),
        severity: form.severity,
        message: form.message.map(|text| sentence(&text, problems)),
        fix: form.fix.map(|text| sentence(&text, problems)),
        because: form.because.map(|text| sentence(&text, problems)),
        edit: form.edit.and_then(|form| edit(form, problems)),
    }
}

fn target(form: &mut MatchForm, at: &Range<usize>, own: Option<&Library>, problems: &mut Problems<'_>) -> Target {
    let mut targets = Vec::new();
    let qualified = |names: Vec<Spanned<String>>, problems: &mut Problems<'_>| {
        let names = filled(names, at, "a qualified name", problems);
        let belongs = |name: &str| {
            let inside = |import: &String| name.strip_prefix(import.as_str()).is_some_and(|rest| rest.starts_with('.'));
            is_dotted(name) && own.is_none_or(|library| library.imports.iter().any(inside))
        };
        checked(names, problems, "a dotted name below an import name of the rule's library", belongs)
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
        let values = values(filled(form.values, at, "a value", problems), problems);
        targets.push(Target::Setting { names: identifiers(form.names, problems), values });
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
    if targets.len() != 1 {
        let found = if targets.is_empty() { "none" } else { "more" };
        let problem = format!("expected one of `calls`, `methods`, `bases`, `settings` and `text`, found {found}");
        problems.add(at.clone(), problem);
    }
    targets.pop().unwrap_or(Target::Call(Vec::new()))
}

fn condition(form: Spanned<ConditionForm>, problems: &mut Problems<'_>) -> Condition {
    let at = form.span();
    let form = form.into_inner();
    if !form.is.is_empty() && !form.is_not.is_empty() {
        problems.add(at.clone(), "expected `is` or `is-not`, found both".into());
    }
    Condition {
        argument: argument(form.argument, form.position, &at, problems),
        is: values(form.is, problems),
        is_not: values(form.is_not, problems),
        absent: form.absent,
        unknown: form.unknown.unwrap_or(true),
    }
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
        problems.expected(form.library.span(), "another library than the rule's own", form.library.get_ref());
    }
    Requirement { versions: specifiers(form.versions, library, problems), library: form.library.into_inner() }
}

type ExampleForm =
    (Spanned<String>, Option<Spanned<String>>, BTreeMap<Spanned<String>, Spanned<String>>, Option<Severity>);

fn one_example((code, file, versions, expect): ExampleForm, all: &RuleSet, problems: &mut Problems<'_>) -> Example {
    if code.get_ref().trim().is_empty() {
        problems.expected(code.span(), "code", code.get_ref());
    }
    let is_file = |name: &str| !name.is_empty() && !name.starts_with('/') && !name.contains(char::is_control);
    let file = file.and_then(|file| checked(vec![file], problems, "a relative path", is_file).pop());
    let mut assumed = Vec::new();
    for (library, version) in versions {
        let known = known_library(&library, all, problems);
        if !is_version(version.get_ref()) || known.is_some_and(|library| library.standard) {
            problems.expected(version.span(), "an exact version of a library that is installed", version.get_ref());
        }
        assumed.push((library.into_inner(), version.into_inner()));
    }
    Example { code: code.into_inner(), file: file.unwrap_or("example.py".into()), versions: assumed, expect }
}

fn known_library<'a>(name: &Spanned<String>, all: &'a RuleSet, problems: &mut Problems<'_>) -> Option<&'a Library> {
    let library = all.library(name.get_ref());
    if library.is_none() {
        problems.expected(name.span(), "the name of a [[library]]", name.get_ref());
    }
    library
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

fn values(texts: Vec<Spanned<String>>, problems: &mut Problems<'_>) -> Vec<Value> {
    let expected = "`None`, `True`, `False`, an integer, a quoted string or a qualified name";
    let texts = texts.into_iter().filter_map(|text| {
        let read = value(text.get_ref());
        if read.is_none() {
            problems.expected(text.span(), expected, text.get_ref());
        }
        read
    });
    texts.collect()
}

fn sentence(text: &Spanned<String>, problems: &mut Problems<'_>) -> String {
    let line = prose(text.get_ref());
    if line.is_none() {
        problems.expected(text.span(), "text without control characters", text.get_ref());
    }
    line.unwrap_or_default()
}

fn filled<T>(list: Vec<T>, at: &Range<usize>, what: &str, problems: &mut Problems<'_>) -> Vec<T> {
    if list.is_empty() {
        problems.add(at.clone(), format!("expected {what}, found an empty list"));
    }
    list
}

/// The texts that are as they should be; the others are reported.
fn checked(
    texts: Vec<Spanned<String>>,
    problems: &mut Problems<'_>,
    expected: &str,
    is: impl Fn(&str) -> bool,
) -> Vec<String> {
    let texts = texts.into_iter().filter_map(|text| {
        let good = is(text.get_ref());
        if !good {
            problems.expected(text.span(), expected, text.get_ref());
        }
        good.then(|| text.into_inner())
    });
    texts.collect()
}
