//! Compares rules with the sources of the libraries that they speak of: whether each name and argument exists in versions
//! that a match covers. Nothing is installed or imported.
//!
//! ```sh
//! cargo run --release --example verify-rules -- plan [RULES...] | python3 tests/verify-rules/fetch.py DIRECTORY
//! cargo run --release --example verify-rules -- check DIRECTORY [RULES...] > tests/data/verified-rules.tsv
//! ```
//!
//! Without rules files it is the built-in rules. The table has a line for each claim and verdict: rule, claim, library,
//! versions, verdict. What no version that a match covers has is refuted, and said on standard error, as are versions in
//! which an argument is elsewhere.

mod library;
mod outline;
mod verify;

use library::Library;
use pep440_rs::{Version, VersionSpecifiers};
use picklegate::rules::{Match, Rule, RuleSet};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use verify::{Verdict, judge};

/// What a claim must hold for, if it must, and its verdicts by version.
type Findings = (Option<String>, Vec<(Version, Verdict)>);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["plan", files @ ..] => rules(files).map(|(rules, ids)| plan(&rules, &ids)),
        ["check", directory, files @ ..] => rules(files).map(|(rules, ids)| check(&rules, &ids, Path::new(directory))),
        _ => Err("expected `plan [RULES...]` or `check DIRECTORY [RULES...]`".into()),
    }
    .unwrap_or_else(|problem| {
        eprintln!("error: {problem}");
        ExitCode::from(2)
    })
}

/// All rules, and the ids of those that `files` bring; of all where there are none.
fn rules(files: &[&str]) -> Result<(Arc<RuleSet>, BTreeSet<String>), String> {
    let builtin = RuleSet::builtin_with_examples();
    let mut rules = Arc::clone(&builtin);
    let all = Arc::make_mut(&mut rules);
    for file in files {
        let text = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
        all.extend_from(&text, file).map_err(|error| error.to_string())?;
    }
    let is_of_files = |rule: &&Rule| files.is_empty() || builtin.rule(&rule.id) != Some(rule);
    let ids = rules.all().into_iter().filter(is_of_files).map(|rule| rule.id.clone()).collect();
    Ok((rules, ids))
}

/// What there is to fetch: name, import names, other distributions, versions, ranges.
fn plan(rules: &RuleSet, ids: &BTreeSet<String>) -> ExitCode {
    let mut named: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut ranges: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for rule in rules.all() {
        for (library, version) in rule.examples.iter().flat_map(|example| &example.versions) {
            named.entry(library).or_default().insert(version);
        }
        for candidate in rule.matches.iter().filter(|_| ids.contains(&rule.id)) {
            let of_library = ranges.entry(&candidate.library).or_default();
            of_library.extend(candidate.versions.iter().map(|range| range.replace(' ', "")));
        }
    }
    for (name, ranges) in ranges {
        let Some(library) = rules.library(name).filter(|library| !library.standard) else { continue };
        let versions: Vec<&str> = named.get(name).into_iter().flatten().copied().collect();
        let ranges: Vec<String> = ranges.into_iter().collect();
        let lists = [library.imports.join(" "), library.also_installed_as.join(" ")];
        println!("{name}\t{}\t{}\t{}", lists.join("\t"), versions.join(" "), ranges.join(" "));
    }
    ExitCode::SUCCESS
}

/// The versions of which there are sources, lowest first.
fn versions(directory: &Path) -> Vec<(Version, PathBuf)> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut found: Vec<(Version, PathBuf)> = entries
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())))
        .filter(|(_, path)| path.join(".fetched").exists())
        .collect();
    found.sort();
    found
}

fn covers(candidate: &Match, version: &Version) -> bool {
    let ranges = || candidate.versions.iter().filter_map(|text| text.parse::<VersionSpecifiers>().ok());
    candidate.versions.is_empty() || ranges().any(|range| range.contains(version))
}

fn check(rules: &RuleSet, ids: &BTreeSet<String>, directory: &Path) -> ExitCode {
    let mut by_library: BTreeMap<&str, Vec<(&Rule, &Match)>> = BTreeMap::new();
    for rule in rules.all().into_iter().filter(|rule| ids.contains(&rule.id)) {
        rule.matches.iter().for_each(|it| by_library.entry(&it.library).or_default().push((rule, it)));
    }
    let mut lines: BTreeMap<(&str, String, &str, Verdict), BTreeSet<Version>> = BTreeMap::new();
    let mut count = 0;
    let mut refuted = 0;
    for (name, matches) in by_library {
        // One version at a time is in memory.
        let mut verdicts: Vec<BTreeMap<String, Findings>> = vec![BTreeMap::new(); matches.len()];
        let imports = rules.library(name).map(|library| library.imports.clone()).unwrap_or_default();
        let mut uncovered: Vec<bool> = vec![true; matches.len()];
        for (version, path) in versions(&directory.join(name)) {
            let library = Library::new(path);
            for (i, (rule, candidate)) in matches.iter().enumerate() {
                if !covers(candidate, &version) {
                    continue;
                }
                uncovered[i] = false;
                for (claim, verdict) in judge(&library, &imports, candidate) {
                    let line = (rule.id.as_str(), claim.text.clone(), name, verdict);
                    count += usize::from(lines.entry(line).or_default().insert(version.clone()));
                    let (purport, found) = verdicts[i].entry(claim.text).or_insert((claim.purport.clone(), Vec::new()));
                    *purport = purport.take().filter(|_| claim.purport.is_some());
                    found.push((version.clone(), verdict));
                }
            }
        }
        for (i, (rule, candidate)) in matches.iter().enumerate() {
            let of = format!("{}: {name} {}", rule.id, candidate.versions.join(" or "));
            if uncovered[i] {
                eprintln!("{of}: no version of it was fetched");
            }
            let is_refuted = |found: &[(Version, Verdict)]| found.iter().all(|(_, verdict)| verdict.refutes());
            let holds = |purport: &String| {
                verdicts[i].values().any(|(other, found)| other.as_ref() == Some(purport) && !is_refuted(found))
            };
            for (claim, (purport, found)) in &verdicts[i] {
                let is_elsewhere = |(_, verdict): &&(Version, Verdict)| *verdict == Verdict::OtherPosition;
                let elsewhere: Vec<String> =
                    found.iter().filter(is_elsewhere).map(|(version, _)| version.to_string()).collect();
                if !elsewhere.is_empty() {
                    eprintln!("{of}: {claim}: at another position in {}", elsewhere.join(" "));
                }
                if is_refuted(found) && purport.as_ref().is_some_and(|purport| !holds(purport)) {
                    let mut by_word: BTreeMap<&str, Vec<String>> = BTreeMap::new();
                    for (version, verdict) in found {
                        by_word.entry(verdict.word()).or_default().push(version.to_string());
                    }
                    let said: Vec<String> =
                        by_word.iter().map(|(word, versions)| format!("{word} in {}", versions.join(" "))).collect();
                    eprintln!("{of}: {claim}: {}", said.join(", "));
                    refuted += 1;
                }
            }
        }
    }
    for ((rule, claim, library, verdict), versions) in &lines {
        let versions: Vec<String> = versions.iter().map(Version::to_string).collect();
        println!("{rule}\t{claim}\t{library}\t{}\t{}", versions.join(" "), verdict.word());
    }
    eprintln!("{count} claims about versions, {refuted} refuted");
    if refuted == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) }
}
