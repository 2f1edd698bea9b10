//! Files that did not change, but import a name that now stands for something else.
//!
//! The whole tree is read for them, so only where a changed file binds a name anew that others may import. A function that
//! now loads what it is passed is no such name: the load in it is reported where it stands.

use super::side::Side;
use crate::linking::{Linking, Reach, changed};
use crate::parallel::in_parallel;
use crate::rules::{RuleSet, Target, Value};
use crate::scan::Sketch;
use crate::snapshot::{Change, Comparison, File, RepoPath, Snapshot, SnapshotError, walk};
use crate::syntax::is_python_name;
use std::collections::BTreeSet;

/// The unchanged files of the new side that import what changed, and the directories that could not be listed.
pub(super) fn files(comparison: &Comparison, new: &Side<'_>) -> (Vec<File>, Vec<SnapshotError>) {
    let Some(old) = comparison.parents.first() else { return Default::default() };
    let mut reach = Reach::default();
    let mut libraries = BTreeSet::new();
    for change in comparison.changes.iter().filter(|change| is_python_name(&change.path)) {
        for name in renamed(change, &**old, new) {
            reach.add(&change.path, name);
        }
        if change.old.is_none() != change.new.is_none() {
            libraries.extend(library(&new.policy.rules, &change.path));
        }
    }
    if reach.is_exhausted() && libraries.is_empty() {
        return Default::default();
    }
    let touched: BTreeSet<&RepoPath> = comparison.changes.iter().map(|change| &change.path).collect();
    let mut others = Vec::new();
    let unlisted = walk(new.snapshot, &RepoPath::root(), &mut |file| {
        if is_python_name(&file.path) && !touched.contains(&file.path) {
            others.push(file);
        }
    });
    let read = |file: &File| new.read(file).unwrap_or_default();
    let sketches = in_parallel(&others, |file| Sketch::of(&read(file)));
    let mut linking = Linking::new(new.snapshot);
    let imports_library = |sketch: &Sketch| libraries.iter().any(|name| Reach::is_named(name, sketch));
    let mut found: BTreeSet<usize> =
        (0..others.len()).filter(|&i| imports_library(&sketches[i]) && new.admits(&read(&others[i]))).collect();
    while !reach.is_exhausted() {
        let wave = reach.step();
        let may: Vec<usize> = (0..others.len()).filter(|&i| wave.may_concern(&sketches[i])).collect();
        let concerns = in_parallel(&may, |&i| wave.concern(&linking, &others[i].path, &read(&others[i])));
        for (i, concern) in may.into_iter().zip(concerns) {
            if reach.note(&others[i].path, concern, &mut linking) {
                found.insert(i);
            }
        }
    }
    (found.into_iter().map(|i| others[i].clone()).collect(), unlisted)
}

/// The names of a changed file that now stand for something else.
fn renamed(change: &Change, old: &dyn Snapshot, new: &Side<'_>) -> Vec<String> {
    let (Some(before), Some(after)) = (&change.old, &change.new) else { return Vec::new() };
    match (new.read_from(old, before), new.read(after)) {
        (Ok(before), Ok(after)) => changed(&before, &after, &|text| is_value(&new.policy.rules, text)),
        _ => Vec::new(),
    }
}

/// Whether a rule speaks of the text `text`.
fn is_value(rules: &RuleSet, text: &str) -> bool {
    let is = |value: &Value| matches!(value, Value::Str(known) if known == text);
    rules.rules.iter().flat_map(|rule| &rule.matches).any(|candidate| {
        candidate.when.iter().any(|condition| condition.is.iter().chain(&condition.is_not).any(is))
            || matches!(&candidate.target, Target::Setting(setting) if setting.values.iter().chain(&setting.other_than).any(is))
    })
}

/// The library that rules speak of and whose name the module at `path` takes.
fn library(rules: &RuleSet, path: &RepoPath) -> Option<String> {
    let file_name = path.file_name();
    let stem = file_name.strip_suffix(b".py")?;
    let module =
        if stem == b"__init__" { path.parent()?.file_name().to_string() } else { String::from_utf8_lossy(stem).into() };
    let is_root = |import: &String| import.split('.').next() == Some(module.as_str());
    rules.libraries.iter().flat_map(|library| &library.imports).any(is_root).then_some(module)
}
