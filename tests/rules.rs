//! `rules.toml` as a whole: its order, its examples, and the documentation that is made from it.

use pep440_rs::{Version, VersionSpecifiers};
use picklegate::catalog::Catalog;
use picklegate::rules::{Example, Match, Rule, RuleSet, Selection};
use picklegate::scan::{Honoured, scan};
use std::collections::BTreeSet;
use std::str::FromStr as _;

const RULES: &str = include_str!("../rules.toml");
const DOCS: &str = "docs/rules.md";

#[test]
fn libraries_are_sorted_by_name_and_rules_by_library_and_id() {
    let file: toml::Table = RULES.parse().expect("the build parsed it");
    let keys = |table: &str, names: &[&str]| -> Vec<Vec<String>> {
        let entries = file[table].as_array().expect("an array of tables").iter();
        let key =
            |entry: &toml::Value| names.iter().map(|&name| entry[name].as_str().unwrap_or("").to_owned()).collect();
        entries.map(key).collect()
    };
    assert!(keys("library", &["name"]).is_sorted());
    assert!(keys("rule", &["library", "id"]).is_sorted());
}

#[test]
fn names_that_say_where_data_comes_from_are_sorted() {
    let file: toml::Table = RULES.parse().expect("the build parsed it");
    let array = |value: &toml::Value| value.as_array().cloned().unwrap_or_default();
    let origins = array(&file["origin"]).into_iter().chain(array(&file["dump"]));
    for table in origins.chain([file["passages"].clone()]) {
        for (key, value) in table.as_table().expect("a table") {
            let list = array(value);
            let names: Vec<&str> = list.iter().filter_map(toml::Value::as_str).collect();
            assert!(names.is_sorted_by(|a, b| a < b), "{key} = {names:?}");
        }
    }
    let kinds: Vec<_> = RuleSet::builtin().origins.iter().map(|origin| origin.kind).collect();
    assert!(kinds.is_sorted_by(|a, b| a < b), "{kinds:?}");
}

#[test]
fn every_library_has_a_rule_and_every_version_is_explained() {
    let rules = RuleSet::builtin();
    let ruled: BTreeSet<&str> = rules.rules.iter().map(|rule| rule.library.as_str()).collect();
    assert!(rules.libraries.iter().all(|library| ruled.contains(library.name.as_str())));
    for rule in &rules.rules {
        for candidate in rule.matches.iter().filter(|candidate| !candidate.versions.is_empty()) {
            assert!(candidate.because.is_some(), "{}: a version condition without `because`", rule.id);
        }
    }
}

#[test]
fn every_boundary_between_versions_has_an_example_on_each_side() {
    for rule in &RuleSet::builtin().rules {
        for candidate in rule.matches.iter().filter(|candidate| !candidate.versions.is_empty()) {
            let versions = pinned(rule);
            let (inside, outside): (Vec<_>, Vec<_>) = versions.iter().partition(|version| concerns(candidate, version));
            assert!(!inside.is_empty(), "{}: no example in {:?}", rule.id, candidate.versions);
            assert!(!outside.is_empty(), "{}: no example outside of {:?}", rule.id, candidate.versions);
        }
    }
}

/// The versions of its own library that the examples of a rule assume.
fn pinned(rule: &Rule) -> Vec<Version> {
    let versions = rule.examples.iter().flat_map(|example| &example.versions);
    versions.filter(|(library, _)| *library == rule.library).map(|(_, v)| v.parse().expect("checked")).collect()
}

fn concerns(candidate: &Match, version: &Version) -> bool {
    candidate.versions.iter().any(|text| VersionSpecifiers::from_str(text).expect("checked").contains(version))
}

#[test]
fn every_example_is_reported_as_it_says() {
    let rules = RuleSet::builtin();
    let wrong: Vec<String> = rules
        .rules
        .iter()
        .flat_map(|rule| rule.examples.iter().filter_map(|example| complaint(&rules, rule, example)))
        .collect();
    assert!(wrong.is_empty(), "{} examples are wrong\n{}", wrong.len(), wrong.join("\n"));
}

/// What is wrong with the findings of `rule` in `example`.
fn complaint(rules: &RuleSet, rule: &Rule, example: &Example) -> Option<String> {
    let (snapshot, path) = (example.snapshot(), example.path());
    let catalog = Catalog::new(&snapshot);
    let selection = Selection::new(rules, &catalog, &path);
    let result = scan(&path, example.code.as_bytes(), &selection, Honoured::default());
    assert_eq!(result.unscanned, None, "{}", example.code);
    let found = result.findings.iter().filter(|finding| finding.rule == rule.id).map(|finding| finding.severity).max();
    let (code, versions) = (&example.code, &example.versions);
    (found != example.expect)
        .then(|| format!("{}: expected {:?}, found {found:?} with {versions:?}, in\n{code}", rule.id, example.expect))
}

/// The table of built-in rules between the two markers of docs/rules.md; `UPDATE_DOCS=1` writes it.
#[test]
fn the_documented_rules_are_the_built_in_ones() {
    let (begin, end) = ("<!-- built-in rules: begin -->\n", "<!-- built-in rules: end -->\n");
    let text = std::fs::read_to_string(DOCS).expect("it is there");
    let (before, rest) = text.split_once(begin).expect("it has a begin");
    let (_, after) = rest.split_once(end).expect("it has an end");
    let written = format!("{before}{begin}{}{end}{after}", table(&RuleSet::builtin()));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(DOCS, &written).expect("it can be written");
    } else {
        assert!(text == written, "{DOCS} is out of date: run `UPDATE_DOCS=1 cargo test --test rules`");
    }
}

fn table(rules: &RuleSet) -> String {
    let mut lines = vec!["| library | rule | what it reports |".to_owned(), "|---|---|---|".to_owned()];
    let mut sorted: Vec<&Rule> = rules.rules.iter().collect();
    sorted.sort_by_key(|rule| (&rule.library, &rule.id));
    for rule in sorted {
        let versions: BTreeSet<String> = rule.matches.iter().map(|candidate| candidate.versions.join(", ")).collect();
        let versions = match versions.contains("") {
            true => String::new(),
            false => format!(" ({} {})", rule.library, versions.into_iter().collect::<Vec<_>>().join("; ")),
        };
        let severity = if rule.severity == picklegate::finding::Severity::Error { "" } else { ", a warning" };
        lines.push(format!("| {} | `{}`{severity} | {}{versions} |", rule.library, rule.id, rule.message));
    }
    lines.join("\n") + "\n"
}

/// The rule file that docs/rules.md shows in full is one that works.
#[test]
fn the_documented_rule_file_is_good() {
    let text = std::fs::read_to_string(DOCS).expect("it is there");
    let (_, rest) = text.split_once("```toml\n# picklegate-rules.toml\n").expect("it shows one");
    let (file, _) = rest.split_once("```").expect("it ends");
    let mut rules = RuleSet::clone(&RuleSet::builtin());
    rules.extend_from(file, "picklegate-rules.toml").unwrap_or_else(|error| panic!("{error}"));
    let added: Vec<&Rule> = rules.rules.iter().filter(|rule| RuleSet::builtin().rule(&rule.id) != Some(rule)).collect();
    assert!(!added.is_empty());
    for rule in added {
        for example in &rule.examples {
            assert_eq!(complaint(&rules, rule, example), None);
        }
    }
}
