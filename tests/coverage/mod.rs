//! `docs/coverage.md`: what `rules.toml` covers, beside what other tools do. `UPDATE_DOCS=1` writes it.

use picklegate::rules::{Match, RuleSet, Target};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

const PAGE: &str = "docs/coverage.md";
const RIVALS: &str = include_str!("../data/rivals.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rivals {
    tool: Vec<Tool>,
}

/// Another tool.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tool {
    name: String,
    version: String,
    read: String,
    r#where: String,
    callables: Vec<String>,
}

impl Tool {
    fn reports(&self, callable: &str) -> bool {
        self.callables.iter().any(|known| match known.strip_suffix('*') {
            Some(module) => callable.starts_with(module),
            None => known == callable,
        })
    }
}

/// What is known of one library.
#[derive(Default)]
struct Covered {
    rules: BTreeSet<String>,
    callables: BTreeSet<String>,
    settings: BTreeSet<String>,
    /// Matches that hold in some versions only.
    versions: usize,
    /// Callables that write pickles.
    producers: BTreeSet<String>,
}

/// Functions, methods and classes by their qualified names.
fn callables(candidate: &Match) -> Vec<String> {
    match &candidate.target {
        Target::Call(names) => names.clone(),
        Target::Method { classes, methods } => {
            classes.iter().flat_map(|class| methods.iter().map(move |method| format!("{class}.{method}"))).collect()
        }
        Target::Base { classes, .. } => classes.clone(),
        _ => Vec::new(),
    }
}

fn covered(rules: &RuleSet) -> BTreeMap<String, Covered> {
    let mut all: BTreeMap<String, Covered> = BTreeMap::new();
    for rule in rules.all() {
        for candidate in &rule.matches {
            let of = all.entry(candidate.library.clone()).or_default();
            of.rules.insert(rule.id.clone());
            of.versions += usize::from(!candidate.versions.is_empty() || !candidate.requires.is_empty());
            if rule.producer { &mut of.producers } else { &mut of.callables }.extend(callables(candidate));
            if let Target::Setting(setting) = &candidate.target {
                of.settings.extend(setting.names.iter().cloned());
            }
        }
    }
    all
}

#[test]
fn the_page_about_coverage_is_true() {
    let rules = RuleSet::builtin();
    let rivals: Rivals = toml::from_str(RIVALS).expect("it has this form");
    for tool in &rivals.tool {
        assert!(tool.callables.is_sorted_by(|a, b| a < b), "{}: callables are not sorted", tool.name);
    }
    let page = page(&covered(&rules), &rivals.tool);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(PAGE, &page).expect("it can be written");
    }
    let text = fs::read_to_string(PAGE).unwrap_or_default();
    assert!(text == page, "{PAGE} is out of date: run `UPDATE_DOCS=1 cargo test --test rules`");
}

fn page(libraries: &BTreeMap<String, Covered>, tools: &[Tool]) -> String {
    let mut out = String::from(INTRODUCTION);
    totals(&mut out, libraries, tools);
    others(&mut out, libraries, tools);
    by_library(&mut out, libraries, tools);
    out.push_str("\n## Where this is from\n\n| tool | version | read | where |\n|---|---|---|---|\n");
    for Tool { name, version, read, r#where, .. } in tools {
        let _ = writeln!(out, "| {name} | {version} | {read} | {where} |");
    }
    out
}

const INTRODUCTION: &str = "\
# What is covered

The callables, settings and versions that `rules.toml` knows, beside what others report. Made from `rules.toml` and
`tests/data/rivals.toml` by `UPDATE_DOCS=1 cargo test --test rules`; a test keeps it in step. A callable counts by each of its public
names. How well each tool follows a name to its call is another matter, and not counted here.

";

/// All libraries in one line for each tool.
fn totals(out: &mut String, libraries: &BTreeMap<String, Covered>, tools: &[Tool]) {
    let sum = |of: &dyn Fn(&Covered) -> usize| libraries.values().map(of).sum::<usize>();
    out.push_str("| | libraries | callables | settings | conditions on versions |\n|---|---:|---:|---:|---:|\n");
    let _ = writeln!(
        out,
        "| picklegate | {} | {} | {} | {} |",
        libraries.len(),
        sum(&|covered| covered.callables.len()),
        sum(&|covered| covered.settings.len()),
        sum(&|covered| covered.versions)
    );
    for tool in tools {
        let reported = |covered: &Covered| covered.callables.iter().filter(|name| tool.reports(name)).count();
        let all = libraries.values().map(reported);
        let alone = tool.callables.iter().filter(|name| !is_covered(libraries, name)).count();
        let (count, libraries) = (all.clone().sum::<usize>() + alone, all.filter(|count| *count > 0).count());
        let _ = writeln!(out, "| {} | {libraries} | {count} | 0 | 0 |", tool.name);
    }
    let _ = writeln!(
        out,
        "\nRules that are off unless asked for know {} callables that write pickles.",
        sum(&|covered| covered.producers.len())
    );
}

/// Whether some rule speaks of the callable, or of something below the module.
fn is_covered(libraries: &BTreeMap<String, Covered>, callable: &str) -> bool {
    let is_it = |name: &String| match callable.strip_suffix('*') {
        Some(module) => name.starts_with(module),
        None => name == callable,
    };
    libraries.values().any(|covered| covered.callables.iter().any(is_it))
}

/// What others report and no rule does.
fn others(out: &mut String, libraries: &BTreeMap<String, Covered>, tools: &[Tool]) {
    out.push_str("\n## What others report, and no rule here\n\n");
    let mut found = false;
    for tool in tools {
        for name in tool.callables.iter().filter(|name| !is_covered(libraries, name)) {
            found = true;
            let _ = writeln!(out, "- `{name}`: {}", tool.name);
        }
    }
    if !found {
        out.push_str("Nothing.\n");
    }
    out.push_str("\nSemgrep's `pickle.*` and the like also report what writes pickles.\n");
}

fn by_library(out: &mut String, libraries: &BTreeMap<String, Covered>, tools: &[Tool]) {
    out.push_str("\n## By library\n\nHow many of the callables that rules here know each tool reports.\n\n| library | rules | callables | settings |");
    tools.iter().for_each(|tool| write!(out, " {} |", tool.name).expect("a string takes any text"));
    let _ = writeln!(out, "\n|---|---|---:|---:|{}", "---:|".repeat(tools.len()));
    for (library, covered) in libraries {
        let rules: Vec<String> = covered.rules.iter().map(|id| format!("[{id}](rules/{id}.md)")).collect();
        let _ = write!(
            out,
            "| {library} | {} | {} | {} |",
            rules.join(", "),
            covered.callables.len(),
            covered.settings.len()
        );
        for tool in tools {
            let _ = write!(out, " {} |", covered.callables.iter().filter(|name| tool.reports(name)).count());
        }
        out.push('\n');
    }
}
