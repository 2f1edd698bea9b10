//! The documents: what they show is what happens. `UPDATE_DOCS=1` writes what is generated.

use crate::support::{Repository, UNSAFE, project_file, show};
use std::fs;
use std::path::Path;

/// The text of the first fenced block of `language` after `heading`.
fn block<'t>(text: &'t str, heading: &str, language: &str) -> &'t str {
    let after = text.split_once(heading).unwrap_or_else(|| panic!("no {heading:?}")).1;
    let inside = after.split_once(&format!("\n```{language}\n")).unwrap_or_else(|| panic!("no block {language}")).1;
    inside.split_once("```").expect("the block ends").0
}

/// Compares what stands between `<!-- generated: name -->` and `<!-- end -->` with `expected`, or writes it.
fn generated(name: &str, expected: &str) {
    let readme = project_file("README.md");
    let start = format!("<!-- generated: {name} -->\n");
    let (before, rest) = readme.split_once(&start).expect("the README has the mark");
    let (found, after) = rest.split_once("<!-- end -->").expect("the mark has an end");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
        fs::write(path, format!("{before}{start}{expected}<!-- end -->{after}")).expect("it can be written");
    } else {
        assert_eq!(found, expected, "README.md, {name}: run UPDATE_DOCS=1 cargo test --test cli readme");
    }
}

#[test]
fn readme_first_two_commands_are_the_demonstration_and_the_tests() {
    let readme = project_file("README.md");
    let blocks: Vec<&str> = readme.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(blocks[0], "cargo run -- demo\n");
    assert_eq!(blocks[1], "tests/run\n");
    assert!(project_file("tests/run").ends_with("\nexec cargo test --locked \"$@\"\n"));
    assert!(project_file(".ci/run").contains(blocks[1]));
}

#[test]
fn readme_generated_parts() {
    let rules = Repository::new().picklegate(&["rules", "list"]);
    let mut table = String::from("\n| rule | severity | what |\n|---|---|---|\n");
    for line in String::from_utf8(rules.stdout).expect("it is UTF-8").lines() {
        let mut columns = line.splitn(2, ' ');
        let (id, rest) = (columns.next().expect("the id"), columns.next().expect("the rest").trim_start());
        let (severity, message) = rest.split_once(' ').expect("severity and message");
        table.push_str(&format!("| `{id}` | {severity} | {} |\n", message.trim().replace('|', "\\|")));
    }
    let demo = Repository::new().picklegate(&["demo"]);
    assert!(demo.status.success(), "{}", show(&demo));
    let demo = String::from_utf8(demo.stdout).expect("it is UTF-8");
    let commit = "$ git commit --message \"Resume training\"\n";
    let refused = demo.split_once(commit).and_then(|(_, rest)| rest.split_once("\n\n")).expect("the commit is there").0;
    generated("blocked", &format!("\n```text\n{commit}{refused}\n```\n\n"));
    generated("rules", &format!("{table}\n"));
}

#[test]
fn readme_commands_run() {
    let readme = project_file("README.md");
    let repository = Repository::new();
    repository.stage("a.txt", "");
    repository.commit_unchecked();
    repository.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    let lines = readme.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()).flat_map(str::lines);
    let mut run = 0;
    for line in lines.filter_map(|line| line.strip_prefix("picklegate ")) {
        let arguments: Vec<&str> = line.trim_end_matches(" || exit").split(' ').collect();
        let output = repository.picklegate(&arguments);
        assert!(output.status.success(), "picklegate {line}\n{}", show(&output));
        run += 1;
    }
    assert!(run >= 8, "{run} commands");
}

#[test]
fn readme_entry_for_pre_commit_is_what_install_says() {
    let readme = project_file("README.md");
    let repository = Repository::new();
    repository.write(".pre-commit-config.yaml", "repos: []\n");
    repository.write(".git/hooks/pre-commit", "#!/bin/sh\n");
    let said = String::from_utf8(repository.picklegate(&["install"]).stderr).expect("it is UTF-8");
    for line in block(&readme, "## Hook it", "yaml").lines().skip(1) {
        assert!(said.contains(line.trim()), "{line}\n{said}");
    }
}

#[test]
fn readme_allow_comment_and_configuration_work() {
    let readme = project_file("README.md");
    let repository = Repository::new();
    let code = block(&readme, "## Allow a load", "python");
    repository.stage("allowed.py", code);
    let output = repository.picklegate(&["check"]);
    assert!(output.status.success(), "{}", show(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 allowed by comment"), "{}", show(&output));

    let table = block(&readme, "## Configure", "toml");
    repository.stage("rules/own.toml", "schema = 1\n");
    repository.stage("nosec.py", "import pickle\npickle.load(f)  # nosec\n");
    assert_eq!(repository.picklegate(&["check"]).status.code(), Some(1));
    for (path, text) in
        [("picklegate.toml", table.to_owned()), ("pyproject.toml", format!("[tool.picklegate]\n{table}"))]
    {
        repository.stage(path, text);
        let output = repository.picklegate(&["check"]);
        assert!(output.status.success(), "{path}: {}", show(&output));
        repository.git(&["rm", "--quiet", "--force", path]);
    }
    repository.stage("a.py", UNSAFE);
    assert_eq!(repository.picklegate(&["check"]).status.code(), Some(1));
}

#[test]
fn contributing_has_a_sentence_for_each_dependency() {
    let contributing = project_file("CONTRIBUTING.md");
    let manifest = project_file("Cargo.toml");
    let mut inside = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]");
        } else if let Some((name, _)) = line.split_once(" = ").filter(|_| inside) {
            assert!(contributing.contains(&format!("`{name}`")), "{name} is missing in CONTRIBUTING.md");
        }
    }
}
