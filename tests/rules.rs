//! `rules.toml` as a whole: its order, its examples, and the documentation that is made from it.

mod coverage;

use pep440_rs::{Version, VersionSpecifiers};
use picklegate::catalog::entries_of;
use picklegate::finding::{Edits, Severity, TextEdit};
use picklegate::gate::{self, Policy, test_examples};
use picklegate::report::rule_page;
use picklegate::rules::{EditChange, Match, Rule, RuleSet, may_be_manifest};
use picklegate::snapshot::{MemorySnapshot, RepoPath};
use picklegate::syntax::parse;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::str::FromStr as _;
use std::sync::Arc;

const RULES: &str = include_str!("../rules.toml");
const DOCS: &str = "docs/rules.md";
const PAGES: &str = "docs/rules";

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
    let ruled: BTreeSet<&str> = rules.all().into_iter().flat_map(|rule| rule.libraries()).collect();
    assert!(rules.libraries.iter().all(|library| ruled.contains(library.name.as_str())));
    for rule in rules.all() {
        for candidate in rule.matches.iter().filter(|candidate| !candidate.versions.is_empty()) {
            assert!(candidate.because.is_some(), "{}: a version condition without `because`", rule.id);
        }
    }
}

#[test]
fn every_boundary_between_versions_has_an_example_on_each_side() {
    for rule in RuleSet::builtin_with_examples().all() {
        for candidate in rule.matches.iter().filter(|candidate| !candidate.versions.is_empty()) {
            let versions = pinned(rule, &candidate.library);
            let (inside, outside): (Vec<_>, Vec<_>) = versions.iter().partition(|version| concerns(candidate, version));
            let of = format!("{}: no example of {}", rule.id, candidate.library);
            assert!(!inside.is_empty(), "{of} in {:?}", candidate.versions);
            assert!(!outside.is_empty(), "{of} outside of {:?}", candidate.versions);
        }
    }
}

/// The versions of `library` that the examples of a rule assume, or have in their manifests.
fn pinned(rule: &Rule, library: &str) -> Vec<Version> {
    let assumed = rule.examples.iter().flat_map(|example| &example.versions);
    let assumed = assumed.filter(|(name, _)| name == library).map(|(_, version)| version.parse().expect("checked"));
    let manifests = rule.examples.iter().filter(|example| may_be_manifest(&example.path()));
    let entries = manifests.flat_map(|example| entries_of(&example.path(), example.code.as_bytes()).dependencies);
    assumed.chain(entries.filter(|entry| entry.name.as_str() == library).filter_map(|entry| entry.version)).collect()
}

fn concerns(candidate: &Match, version: &Version) -> bool {
    candidate.versions.iter().any(|text| VersionSpecifiers::from_str(text).expect("checked").contains(version))
}

#[test]
fn every_example_is_reported_as_it_says_and_what_to_write_instead_is_silent() {
    assert_eq!(complaints(RuleSet::builtin_with_examples()), [""; 0]);
}

/// The examples that do not hold, with the rules about writing pickles in force.
fn complaints(mut rules: Arc<RuleSet>) -> Vec<String> {
    Arc::make_mut(&mut rules).enable_producers(Severity::Note);
    test_examples(&rules).iter().map(|failure| format!("{failure:#?}")).collect()
}

/// The table of built-in rules between the two markers of docs/rules.md; `UPDATE_DOCS=1` writes it.
#[test]
fn the_documented_rules_are_the_built_in_ones() {
    let (begin, end) = ("<!-- built-in rules: begin -->\n", "<!-- built-in rules: end -->\n");
    let text = fs::read_to_string(DOCS).expect("it is there");
    let (before, rest) = text.split_once(begin).expect("it has a begin");
    let (_, after) = rest.split_once(end).expect("it has an end");
    let written = format!("{before}{begin}{}{end}{after}", table(&RuleSet::builtin()));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(DOCS, &written).expect("it can be written");
    } else {
        assert!(text == written, "{DOCS} is out of date: run `UPDATE_DOCS=1 cargo test --test rules`");
    }
}

/// The pages in docs/rules, one for each rule and no more; `UPDATE_DOCS=1` writes them.
#[test]
fn the_pages_are_those_of_the_built_in_rules() {
    let rules = RuleSet::builtin_with_examples();
    let expected: BTreeMap<String, String> =
        rules.all().into_iter().map(|rule| (format!("{}.md", rule.id), rule_page(&rules, rule))).collect();
    let update = std::env::var_os("UPDATE_DOCS").is_some();
    if update {
        fs::create_dir_all(PAGES).expect("it can be made");
    }
    let names = fs::read_dir(PAGES).expect("it is there").map(|entry| entry.expect("it can be listed").file_name());
    let names: BTreeSet<String> = names.map(|name| name.into_string().expect("ids are ASCII")).collect();
    for stale in names.iter().filter(|name| !expected.contains_key(*name)) {
        assert!(update, "{PAGES}/{stale} is of no rule: run `UPDATE_DOCS=1 cargo test --test rules`");
        fs::remove_file(format!("{PAGES}/{stale}")).expect("it can be removed");
    }
    for (name, page) in expected {
        let path = format!("{PAGES}/{name}");
        if update {
            fs::write(path, page).expect("it can be written");
        } else {
            let text = fs::read_to_string(&path).unwrap_or_default();
            assert!(text == page, "{path} is out of date: run `UPDATE_DOCS=1 cargo test --test rules`");
        }
    }
}

fn table(rules: &RuleSet) -> String {
    let mut lines = vec!["| library | rule | what it reports |".to_owned(), "|---|---|---|".to_owned()];
    let mut sorted: Vec<&Rule> = rules.all();
    sorted.sort_by_key(|rule| (&rule.library, &rule.id));
    for rule in sorted {
        let versions = match rule.matches.iter().any(|candidate| candidate.versions.is_empty()) {
            true => String::new(),
            false => format!(" ({})", versions(rule)),
        };
        let severity = match rule.severity {
            Severity::Error => "",
            Severity::Warning => ", a warning",
            Severity::Note => ", a note",
        };
        let libraries = rule.libraries().join(", ");
        lines.push(format!("| {libraries} | [`{0}`](rules/{0}.md){severity} | {1}{versions} |", rule.id, rule.message));
    }
    lines.join("\n") + "\n"
}

/// `pyyaml <5.4; >=5.4,<6`: library by library, the versions that a rule speaks of.
fn versions(rule: &Rule) -> String {
    let mut all = Vec::new();
    for library in rule.libraries() {
        let of_library = rule.matches.iter().filter(|candidate| candidate.library == library);
        let versions: BTreeSet<String> = of_library.map(|candidate| candidate.versions.join(", ")).collect();
        all.push(format!("{library} {}", versions.into_iter().collect::<Vec<_>>().join("; ")));
    }
    all.join("; ")
}

/// The rule file that docs/rules.md shows in full is one that works.
#[test]
fn the_documented_rule_file_is_good() {
    let text = fs::read_to_string(DOCS).expect("it is there");
    let (_, rest) = text.split_once("```toml\n# picklegate-rules.toml\n").expect("it shows one");
    let (file, _) = rest.split_once("```").expect("it ends");
    let mut rules = RuleSet::builtin_with_examples();
    let all = Arc::make_mut(&mut rules);
    all.extend_from(file, "picklegate-rules.toml").unwrap_or_else(|error| panic!("{error}"));
    let added = all.rules.iter().filter(|rule| RuleSet::builtin_with_examples().rule(&rule.id) != Some(rule));
    assert!(added.count() > 0);
    assert_eq!(complaints(rules), [""; 0]);
}

/// Whoever makes the edits of a finding is rid of it, and nothing is left to edit.
#[test]
fn every_edit_removes_its_finding_from_the_examples() {
    let mut rules = RuleSet::builtin_with_examples();
    Arc::make_mut(&mut rules).enable_producers(Severity::Note);
    let policy = Policy { rules: Arc::clone(&rules), ..Policy::default() };
    let mut unshown = Vec::new();
    let with_edits = rules.rules.iter().filter(|rule| rule.matches.iter().any(|candidate| candidate.edit.is_some()));
    for rule in with_edits {
        let mut edited = BTreeSet::new();
        for example in rule.examples.iter().filter(|example| example.expect.is_some()) {
            let (mut snapshot, path) = (example.snapshot(), example.path());
            let judge = |snapshot: &MemorySnapshot| {
                let mut found = gate::scan(snapshot, &RepoPath::root(), &policy, &[]).findings;
                found.retain(|finding| finding.rule == rule.id);
                found
            };
            let before = judge(&snapshot);
            let mut edits = Edits::default();
            let offered: Vec<&TextEdit> = before.iter().filter_map(|finding| finding.edit.as_ref()).collect();
            if offered.is_empty() {
                continue;
            }
            edited.extend(
                offered.iter().flat_map(|edit| &edit.replacements).map(|replacement| &replacement.text).cloned(),
            );
            assert!(offered.iter().all(|edit| edits.add(edit)), "{}", example.code);
            let code = String::from_utf8(edits.applied(example.code.as_bytes())).expect("it is UTF-8");
            assert!(parse(&code).is_ok_and(|tree| tree.errors().is_empty()), "{}\n{code}", rule.id);
            snapshot.insert(path, code.as_str());
            let after = judge(&snapshot);
            // One edit may remove two findings.
            assert!(after.len() <= before.len() - offered.len(), "{}\n{code}", rule.id);
            assert!(after.iter().all(|finding| finding.edit.is_none()), "{}\n{code}", rule.id);
        }
        for candidate in rule.matches.iter().filter_map(|candidate| candidate.edit.as_ref()) {
            let last = |path: &str| path.rsplit('.').next().expect("a split has a part").to_owned();
            let is_shown = match &candidate.change {
                EditChange::SetArgument { value: path, .. } | EditChange::ReplaceCallee(path) => {
                    edited.iter().any(|text| text.ends_with(&last(path)))
                }
                EditChange::RemoveArgument(_) => edited.contains(""),
            };
            if !is_shown {
                unshown.push(format!("{}: {candidate:?}", rule.id));
            }
        }
    }
    assert_eq!(unshown, [""; 0], "no example shows these edits");
}
