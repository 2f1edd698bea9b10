//! From the form to the model: every meaning is checked, and every fault is reported at its line.

use super::entries;
use super::examples::examples;
use super::form::{FileForm, LibraryForm, RuleForm, SchemaForm};
use super::functions::{function, gadgets};
use super::matches::one_match;
use super::origins::{add_dumps, add_origins, add_passages};
use super::words::{is_dotted, is_kebab, prose};
use super::{Problems, RESERVED_IDS, SCHEMA};
use crate::finding::{Confidence, Severity};
use crate::rules::model::{Library, Rule, RuleSet};
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned;

/// `known` with the rules of `text` added. `None`, or anything in `problems`, means that the result is not to be used.
pub fn read(text: &str, known: &RuleSet, problems: &mut Problems<'_>) -> Option<RuleSet> {
    let schema = toml_form::<SchemaForm>(text, problems)?.schema;
    if schema.as_ref().is_none_or(|schema| *schema.get_ref() != SCHEMA) {
        let found = schema.as_ref().map_or("nothing".to_owned(), |schema| schema.get_ref().to_string());
        let at = schema.map_or(0..0, |schema| schema.span());
        problems.add(at, format!("expected `schema = {SCHEMA}`, found {found}"));
        return None;
    }
    let file = toml::from_str::<FileForm>(text).ok().or_else(|| entries::each(text, problems))?;
    let mut all = RuleSet {
        libraries: libraries(file.library, &known.libraries, problems),
        rules: Vec::new(),
        producers: Vec::new(),
        functions: known.functions.clone(),
        gadgets: gadgets(file.gadget, &known.gadgets, problems),
        origins: known.origins.clone(),
        passages: known.passages.clone(),
        dumps: known.dumps.clone(),
        needles: known.needles.clone(),
        files: known.files.clone(),
    };
    all.functions.extend(file.function.into_iter().map(|form| function(form, problems)));
    add_origins(file.origin, &mut all, problems);
    add_passages(file.passages, &mut all, problems);
    let mut rules: BTreeMap<&str, Rule> =
        known.all().into_iter().map(|rule| (rule.id.as_str(), rule.clone())).collect();
    let ids: Vec<_> = file.rule.iter().map(|form| (form.id.clone(), form.replace)).collect();
    let mut here = BTreeSet::new();
    for (form, (id, replace)) in file.rule.into_iter().zip(&ids) {
        let new = rule(form, &all, problems);
        let (at, id) = (id.span(), id.get_ref().as_str());
        let taken = rules.insert(id, new).is_some();
        if !here.insert(id) {
            problems.expected(at, "an id that no other rule has", id);
        } else if taken && !replace {
            problems.expected(at, "an id that no other rule has, or `replace = true`", id);
        } else if !taken && *replace {
            problems.expected(at, "the id of a rule to replace", id);
        }
    }
    add_dumps(file.dump, &rules, &mut all, problems);
    (all.producers, all.rules) = rules.into_values().partition(|rule| rule.producer);
    all.add_needles();
    Some(all)
}

fn toml_form<T: DeserializeOwned>(text: &str, problems: &mut Problems<'_>) -> Option<T> {
    let form = toml::from_str(text);
    form.map_err(|error| entries::add(&error, problems)).ok()
}

/// The known libraries and those of the file, sorted by name; one that is in both has the names of both.
fn libraries(forms: Vec<LibraryForm>, known: &[Library], problems: &mut Problems<'_>) -> Vec<Library> {
    let mut all: BTreeMap<String, Library> = known.iter().map(|known| (known.name.clone(), known.clone())).collect();
    for form in forms {
        let at = form.name.span();
        let kebab = "a distribution name as PEP 503 writes it (`ruamel-yaml`)";
        let name = checked(vec![form.name.clone()], problems, kebab, is_kebab).pop().unwrap_or_default();
        let mut imports = checked(form.imports, problems, "a dotted import name", is_dotted);
        let mut others = checked(form.also_installed_as, problems, kebab, is_kebab);
        let library = all.entry(name).or_insert_with_key(|name| Library {
            name: name.clone(),
            also_installed_as: Vec::new(),
            imports: Vec::new(),
            standard: form.standard,
        });
        library.imports.append(&mut imports);
        library.also_installed_as.append(&mut others);
        if library.imports.is_empty() {
            problems.expected(at, "a library with `imports`", form.name.get_ref());
        }
    }
    for library in all.values_mut() {
        for names in [&mut library.imports, &mut library.also_installed_as] {
            names.sort();
            names.dedup();
        }
    }
    all.into_values().collect()
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
    if form.producer && form.severity != Severity::Note {
        problems
            .add(form.id.span(), format!("expected the severity `note` beside `producer`, found `{}`", form.severity));
    }
    let mut shown = Vec::new();
    for hit in form.hits {
        let expect = Some(hit.severity.unwrap_or(form.severity));
        shown.extend(examples(hit.code, hit.file, hit.versions, expect, all, problems));
    }
    for miss in form.misses {
        shown.extend(examples(miss.code, miss.file, miss.versions, None, all, problems));
    }
    let mut instead = Vec::new();
    for way in form.instead {
        instead.extend(examples(way.code, way.file, way.versions, None, all, problems));
    }
    Rule {
        id: id.clone(),
        library: form.library.get_ref().clone(),
        producer: form.producer,
        severity: form.severity,
        confidence: form.confidence.unwrap_or(Confidence::High),
        message: sentence(&form.message, problems),
        runs: sentence(&form.runs, problems),
        fix: sentence(&form.fix, problems),
        alternative: sentence(&form.alternative, problems),
        cwe: form.cwe,
        references: form.references.iter().map(|reference| sentence(reference, problems)).collect(),
        matches: form.matches.into_iter().map(|form| one_match(form, own, all, problems)).collect(),
        examples: shown,
        instead,
    }
}

pub fn known_library<'a>(name: &Spanned<String>, all: &'a RuleSet, problems: &mut Problems<'_>) -> Option<&'a Library> {
    let library = all.library(name.get_ref());
    if library.is_none() {
        problems.expected(name.span(), "the name of a [[library]]", name.get_ref());
    }
    library
}

pub fn sentence(text: &Spanned<String>, problems: &mut Problems<'_>) -> String {
    let line = prose(text.get_ref());
    if line.is_none() {
        problems.expected(text.span(), "text without control characters", text.get_ref());
    }
    line.unwrap_or_default()
}

/// The texts that are as they should be; the others are reported.
pub fn checked(
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
