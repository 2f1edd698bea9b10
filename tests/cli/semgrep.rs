//! `picklegate rules export --format semgrep`: Semgrep takes the file, and finds what it says.

use crate::support::{Repository, project_file, show};
use crate::tools;
use picklegate::audit::{ActiveRule, active_rules};
use picklegate::catalog::Catalog;
use picklegate::finding::Severity;
use picklegate::report::{ListedRule, semgrep};
use picklegate::rules::{Example, Rule, RuleSet, Target};
use picklegate::snapshot::RepoPath;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// One match of a rule, as a rule of its own: `torch-load.0`.
fn alone(rule: &Rule, index: usize) -> Rule {
    Rule { id: format!("{}.{index}", rule.id), ..rule.clone() }
}

fn export(rule: &Rule, index: usize) -> ListedRule<'_> {
    let active = ActiveRule { rule, severity: rule.severity, matches: vec![index], because: Vec::new() };
    ListedRule { rule, active: Some(active) }
}

fn is_python(example: &Example) -> bool {
    example.file.ends_with(".py")
}

/// The examples of rules as files, and the rules of which each should be found or not.
struct Examples<'r> {
    /// By path: the rule, the example, and the matches that Semgrep is told of and that apply in the versions it assumes.
    files: BTreeMap<String, (&'r Rule, &'r Example, BTreeSet<String>)>,
}

/// Each match is exported alone, and each example judged by those that `--for-repo` would choose for it.
fn write<'r>(repository: &Repository, rules: &'r RuleSet) -> Examples<'r> {
    let matches =
        rules.rules.iter().flat_map(|rule| (0..rule.matches.len()).map(move |index| (alone(rule, index), index)));
    let single: Vec<(Rule, usize)> = matches.collect();
    let listed: Vec<ListedRule<'_>> = single.iter().map(|(rule, index)| export(rule, *index)).collect();
    let (text, _) = semgrep(&listed);
    let exported: BTreeSet<String> = single
        .iter()
        .map(|(rule, _)| rule.id.clone())
        .filter(|id| text.contains(&format!("- id: \"{id}\"\n")))
        .collect();
    // Nobody asks what a rule finds in the examples of another.
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (rule, _) in single.iter().filter(|(rule, index)| !matches!(rule.matches[*index].target, Target::Text { .. })) {
        let start = format!("  - id: \"{}\"", rule.id);
        let id = rule.id.rsplit_once('.').expect("it has a number").0;
        for line in lines.iter_mut().filter(|line| **line == start) {
            line.push_str(&format!("\n    paths: {{ include: [\"code/{id}/\"] }}"));
        }
    }
    repository.write("rules.yaml", lines.join("\n"));
    let mut files = BTreeMap::new();
    for rule in &rules.rules {
        for (number, example) in rule.examples.iter().enumerate() {
            let path = format!("code/{}/{number}/{}", rule.id, example.file);
            repository.write(&path, &example.code);
            let snapshot = example.snapshot();
            let active = active_rules(&Catalog::new(&snapshot), &RepoPath::root(), rules);
            let active = active.into_iter().filter(|active| active.rule.id == rule.id);
            // Patterns for Python see nothing in other files.
            let looks =
                |index: &usize| is_python(example) != matches!(rule.matches[*index].target, Target::Text { .. });
            let told =
                active.flat_map(|active| active.matches).filter(looks).map(|index| format!("{}.{index}", rule.id));
            files.insert(path, (rule, example, told.filter(|id| exported.contains(id)).collect()));
        }
    }
    Examples { files }
}

#[test]
fn semgrep_finds_what_it_is_told_of_and_leaves_clean_code_alone() {
    let rules = RuleSet::builtin_with_examples();
    let repository = Repository::new();
    let examples = write(&repository, &rules);
    let found = tools::semgrep(&repository, "rules.yaml", "code");
    let (mut hits, mut missed, mut clean, mut wrong) = (0, Vec::new(), 0, Vec::new());
    for (path, (rule, example, told)) in &examples.files {
        let is_found = found.get(path).is_some_and(|ids| !ids.is_disjoint(told));
        let shown = || format!("{} {:?}:\n{}\n", rule.id, example.versions, example.code.trim());
        match example.expect {
            Some(severity) if severity > Severity::Note && !told.is_empty() => {
                hits += 1;
                missed.extend((!is_found).then(shown));
            }
            Some(_) => {}
            None => {
                clean += 1;
                wrong.extend(is_found.then(shown));
            }
        }
    }
    let percent = |part: usize, all: usize| part * 100 / all.max(1);
    let measured = (percent(hits - missed.len(), hits), percent(clean - wrong.len(), clean));
    let all: usize =
        rules.rules.iter().flat_map(|rule| &rule.examples).filter(|example| example.expect.is_some()).count();
    let sentence = format!(
        "Of {all} examples in `rules.toml` that picklegate reports, {hits} are loads and settings that the exported rules speak \
         of; Semgrep finds {} % of these. Of {clean} that are clean it reports nothing in {} %.\n",
        measured.0, measured.1
    );
    let (begin, end) = ("<!-- measured: begin -->\n", "<!-- measured: end -->\n");
    let page = project_file("docs/semgrep.md");
    let (before, rest) = page.split_once(begin).expect("the page has the mark");
    let (written, after) = rest.split_once(end).expect("the mark has an end");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/semgrep.md");
        fs::write(path, format!("{before}{begin}{sentence}{end}{after}")).expect("it can be written");
    }
    // Other examples may come; what is promised must hold.
    let promised: Vec<usize> =
        written.split(" %").filter_map(|text| text.rsplit(' ').next()?.parse().ok()).take(2).collect();
    assert!(
        promised.len() == 2 && measured.0 >= promised[0] && measured.1 >= promised[1],
        "{sentence}promised: {written}\nmissed\n{}\nwrong\n{}",
        missed.join("\n"),
        wrong.join("\n")
    );
}

#[test]
fn the_exported_file_is_one_that_semgrep_takes() {
    let repository = Repository::new();
    repository.write("code/a.py", "import torch\nimport yaml\ntorch.load(path)\nyaml.load(f, Loader=yaml.Loader)\n");
    let ids = |arguments: &[&str]| {
        let all = [&["rules", "export", "--format", "semgrep", "--output", "rules.yaml"], arguments].concat();
        let output = repository.picklegate(&all);
        assert!(output.status.success(), "{}", show(&output));
        let found = tools::semgrep(&repository, "rules.yaml", "code").remove("code/a.py").unwrap_or_default();
        // Where a rule says several things, they are numbered.
        found
            .iter()
            .map(|id| id.trim_end_matches(|c: char| c == '-' || c.is_ascii_digit()).to_owned())
            .collect::<BTreeSet<_>>()
    };
    let both = BTreeSet::from(["torch-load".to_owned(), "yaml-unsafe-loader".to_owned()]);
    assert_eq!(ids(&[]), both);
    assert_eq!(ids(&["--library", "pyyaml"]), BTreeSet::from(["yaml-unsafe-loader".to_owned()]));
    // What cannot be told, and what nothing is known of.
    let file = fs::read_to_string(repository.top.join("rules.yaml")).expect("it was written");
    assert!(
        file.starts_with("# Rules of picklegate ") && file.contains("#   yaml-load: what is only noted\n"),
        "{file}"
    );
    assert!(file.contains("versions: [\"pyyaml >=5.1,<5.4\"]"), "{file}");
    repository.write("requirements.txt", "torch==2.7.0\n");
    assert_eq!(ids(&["--for-repo"]), BTreeSet::from(["yaml-unsafe-loader".to_owned()]));
    repository.write("requirements.txt", "torch==2.5.1\n");
    assert_eq!(ids(&["--for-repo"]), both);
}
