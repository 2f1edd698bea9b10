//! A rules file read entry by entry, so that one that is wrong hides no other.

use super::Problems;
use super::form::FileForm;
use serde::Deserialize as _;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue, Error, ValueDeserializer};

/// The entries of `text` that have the form of one; what is wrong with the others is in `problems`.
///
/// `None` if `text` is no TOML, or if a library is wrong, which others may speak of.
pub fn each(text: &str, problems: &mut Problems<'_>) -> Option<FileForm> {
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        errors.iter().for_each(|error| add(error, problems));
        return None;
    }
    let table = table.into_inner();
    let schema =
        table.iter().find(|(key, _)| key.get_ref() == "schema").map(|(key, value)| (key.clone(), value.clone()))?;
    let alone = |key, value| {
        let entry = DeTable::from_iter([schema.clone(), (key, value)]);
        FileForm::deserialize(ValueDeserializer::from(Spanned::new(0..0, DeValue::Table(entry))))
    };
    let mut all = FileForm::default();
    let mut has_libraries = true;
    for (key, value) in table {
        let at = value.span();
        let parts = match value.into_inner() {
            DeValue::Array(entries) => entries.iter().map(in_array).collect(),
            other => vec![other],
        };
        for part in parts {
            match alone(key.clone(), Spanned::new(at.clone(), part)) {
                Ok(form) => all.extend(form),
                Err(error) => {
                    has_libraries &= key.get_ref() != "library";
                    add(&error, problems);
                }
            }
        }
    }
    // They may speak of rules that are wrong.
    all.dump.clear();
    has_libraries.then_some(all)
}

fn in_array<'t>(entry: &Spanned<DeValue<'t>>) -> DeValue<'t> {
    let mut array = DeArray::new();
    array.push(entry.clone());
    DeValue::Array(array)
}

/// Adds an error of the form.
pub fn add(error: &Error, problems: &mut Problems<'_>) {
    problems.add(error.span().unwrap_or(0..0), error.message().replace('\n', ", "));
}

impl FileForm {
    fn extend(&mut self, mut other: Self) {
        self.library.append(&mut other.library);
        self.rule.append(&mut other.rule);
        self.function.append(&mut other.function);
        self.gadget.append(&mut other.gadget);
        self.origin.append(&mut other.origin);
    }
}
