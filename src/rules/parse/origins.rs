//! Tables of where data comes from and what it passes through.

use super::Problems;
use super::check::checked;
use super::form::{DumpForm, OriginForm, PassageForm};
use super::matches::one_argument;
use super::words::{is_dotted, is_identifier};
use crate::finding::Source;
use crate::rules::model::{Rule, RuleSet};
use crate::rules::origins::{Dump, Origin};
use std::collections::BTreeMap;
use toml::Spanned;

const NAME: &str = "a qualified name";

/// Adds the origins of a file to those that are known: one entry for each kind.
pub fn add_origins(forms: Vec<Spanned<OriginForm>>, all: &mut RuleSet, problems: &mut Problems<'_>) {
    for form in forms {
        let at = form.span();
        let form = form.into_inner();
        let kind = *form.kind.get_ref();
        if matches!(kind, Source::Parameter | Source::Literal | Source::Dump) {
            problems.expected(form.kind.span(), "a kind that names bring in, such as `network`", kind.name());
        }
        if form.names.is_empty() && form.decorators.is_empty() && form.parameters.is_empty() {
            problems.add(at, "expected one of `names`, `decorators` and `parameters`, found none".into());
        }
        let names = checked(form.names, problems, NAME, is_dotted);
        let decorators = checked(form.decorators, problems, NAME, is_dotted);
        let is_attribute = |text: &str| text.contains('.') && is_dotted(text);
        let parameters =
            checked(form.parameters, problems, "a parameter and an attribute: `request.body`", is_attribute);
        let known = all.origins.iter().position(|origin| origin.kind == kind).unwrap_or_else(|| {
            all.origins.push(Origin { kind, names: Vec::new(), decorators: Vec::new(), parameters: Vec::new() });
            all.origins.len() - 1
        });
        let origin = &mut all.origins[known];
        extend(&mut origin.names, names);
        extend(&mut origin.decorators, decorators);
        extend(&mut origin.parameters, parameters);
    }
    all.origins.sort_by_key(|origin| origin.kind);
}

/// Adds what a file says data passes through.
pub fn add_passages(form: PassageForm, all: &mut RuleSet, problems: &mut Problems<'_>) {
    let expected = "a qualified name, or a method such as `.read`";
    let is = |text: &str| text.strip_prefix('.').map_or_else(|| is_dotted(text), is_identifier);
    let is_method = |text: &str| text.strip_prefix('.').is_some_and(is_identifier);
    let passages = &mut all.passages;
    extend(&mut passages.opens, checked(form.opens, problems, expected, is));
    extend(&mut passages.keeps, checked(form.keeps, problems, expected, is));
    extend(&mut passages.reads, checked(form.reads, problems, "a method such as `.read`", is_method));
    extend(&mut passages.makes, checked(form.makes, problems, NAME, is_dotted));
    extend(&mut passages.changes, checked(form.changes, problems, expected, is));
}

/// Adds the dumps of a file, which may speak of all `rules`.
pub fn add_dumps(
    forms: Vec<Spanned<DumpForm>>,
    rules: &BTreeMap<&str, Rule>,
    all: &mut RuleSet,
    problems: &mut Problems<'_>,
) {
    for form in forms {
        let at = form.span();
        let form = form.into_inner();
        if form.names.is_empty() || form.rules.is_empty() {
            problems.add(at, "expected `names` and `rules`, found an empty list".into());
        }
        let file = form.file.map(|file| one_argument(file, problems));
        let names = checked(form.names, problems, NAME, is_dotted);
        let rules = checked(form.rules, problems, "the id of a rule", |id| rules.contains_key(id));
        all.dumps.push(Dump { names, file, rules });
    }
}

fn extend(known: &mut Vec<String>, more: Vec<String>) {
    known.extend(more);
    known.sort();
    known.dedup();
}
