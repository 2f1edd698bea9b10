//! The examples of a rule, and what it says to write instead.

use super::Problems;
use super::check::{checked, known_library};
use super::form::CodeForm;
use super::words::is_version;
use crate::finding::Severity;
use crate::rules::model::{Example, RuleSet};
use std::collections::BTreeMap;
use toml::Spanned;

/// The examples of one table, one for each string of code; `all` are the libraries it may speak of.
pub fn examples(
    code: Spanned<CodeForm>,
    file: Option<Spanned<String>>,
    versions: BTreeMap<Spanned<String>, Spanned<String>>,
    expect: Option<Severity>,
    all: &RuleSet,
    problems: &mut Problems<'_>,
) -> Vec<Example> {
    let at = code.span();
    let codes = match code.into_inner() {
        CodeForm::One(code) => vec![(at, code)],
        CodeForm::Several(codes) => codes.into_iter().map(|code| (code.span(), code.into_inner())).collect(),
    };
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
    let file = file.unwrap_or("example.py".into());
    let mut examples = Vec::new();
    for (at, code) in codes {
        if code.trim().is_empty() {
            problems.expected(at.clone(), "code", &code);
        }
        let written = (problems.file.to_owned(), problems.line(at.start) as u32);
        examples.push(Example { code, file: file.clone(), versions: assumed.clone(), expect, written });
    }
    examples
}
