//! What continuous integration installs: the commands in workflows and actions of GitHub and its kin, GitLab, Azure,
//! CircleCI and Travis. They say what was tested, so they count last.
//!
//! The services differ in where commands stand, not in how they look: all strings under the names of such places are read.

use super::installers::may_install;
use super::installs::{self, Context};
use super::reading::Reading;
use super::variables::Variables;
use super::yaml::{Node, Yaml};
use super::{Gravity, Scope, formats};
use std::borrow::Cow;

/// The name of the format of workflows that stand in a directory of their own.
pub(super) const WORKFLOW: &str = "workflow";

/// The name of the format of all others.
pub(super) const FORMAT: &str = "CI configuration";

/// Keys whose values are commands.
const COMMANDS: &[&str] = &[
    "run",
    "script",
    "before_script",
    "after_script",
    "bash",
    "sh",
    "powershell",
    "pwsh",
    "command",
    "install",
    "before_install",
];

/// Keys whose values are variables.
const VARIABLES: &[&str] = &["env", "variables", "environment"];

/// Longer lines are not searched for the beginning of a folded text: each of many texts may begin on the same one.
const MAX_FOLDED: usize = 1000;

/// Whether a file called `name` in `directory` holds workflows.
pub(super) fn is_workflow(name: &str, directory: &str) -> bool {
    is_yaml(name) && formats::is_borrowed(WORKFLOW, directory)
}

/// Whether a file called `name` is another configuration of continuous integration.
pub(super) fn is_configuration(name: &str, _directory: &str) -> bool {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    is_yaml(name) && ["action", ".gitlab-ci", "azure-pipelines", ".travis"].contains(&stem)
}

fn is_yaml(name: &str) -> bool {
    name.ends_with(".yml") || name.ends_with(".yaml")
}

/// What was found on the way through a document.
#[derive(Default)]
struct Found<'y> {
    scripts: Vec<Node<'y>>,
    variables: Variables<'y>,
}

/// Reads the text of a configuration.
pub(super) fn read(reading: &mut Reading, text: &str) {
    reading.is_elsewhere = true;
    if !may_install(text.as_bytes()) {
        return;
    }
    let yaml = parse(reading, text);
    let mut found = Found::default();
    yaml.documents().for_each(|document| found.walk(document));
    // Commands run in the root of the repository.
    let depth = reading.path.ancestors().count().saturating_sub(1);
    let base = "../".repeat(depth);
    let physical: Vec<&str> = text.lines().collect();
    for script in found.scripts {
        let Some(folded) = script.text().filter(|text| may_install(text.as_bytes())) else { continue };
        let (script_text, lines) = match unfolded(&physical, script.line(), folded) {
            Some((unfolded, last)) => (Cow::Owned(unfolded), (script.line()..=last).collect()),
            None => (Cow::Borrowed(folded), script.lines().map(|(line, _)| line).collect::<Vec<u32>>()),
        };
        let line = |of_script: u32| lines.get(of_script as usize).or(lines.last()).copied().unwrap_or(script.line());
        let context = Context { scope: Scope::Ci, base: &base, variables: &found.variables, line: &line };
        installs::read_script(reading, &script_text, &context);
    }
}

/// The one line `folded` as those of `all` that it was folded from, the first of which is `line`, each continued on
/// the next; and the last of them. `None` where it stands on one line, or quotes and escapes hide it.
fn unfolded(all: &[&str], line: u32, folded: &str) -> Option<(String, u32)> {
    let folded = folded.trim();
    let mut words = folded.split_whitespace().peekable();
    let first = words.peek().filter(|_| !folded.contains('\n'))?;
    let lines = all.get(line.checked_sub(1)? as usize..)?;
    let start = lines.first().filter(|line| line.len() <= MAX_FOLDED)?.find(first)?;
    let mut script = String::new();
    for (physical, number) in lines.iter().zip(line..) {
        let physical = if number == line { &physical[start..] } else { physical };
        if physical.split_whitespace().any(|word| words.next() != Some(word)) {
            return None;
        }
        script.push_str(physical);
        if words.peek().is_none() {
            return (number > line).then_some((script, number));
        }
        script.push_str(" \\\n");
    }
    None
}

/// Parses `text`. What is wrong with it is worth a word, and no more: it decides nothing that a project names itself.
pub(super) fn parse(reading: &mut Reading, text: &str) -> Yaml {
    let mut aside = Reading::new(&reading.path, reading.format);
    let yaml = Yaml::parse(text, &mut aside);
    for diagnostic in aside.diagnostics.into_iter().filter(|diagnostic| diagnostic.gravity == Gravity::Unread) {
        reading.odd(diagnostic.line, diagnostic.problem);
    }
    yaml
}

impl<'y> Found<'y> {
    fn walk(&mut self, node: Node<'y>) {
        let is_python = node.string("shell").is_some_and(|shell| shell.starts_with("python"));
        for (key, value) in node.entries() {
            let key = key.text().unwrap_or("");
            if VARIABLES.contains(&key) {
                self.define(value);
            } else if COMMANDS.contains(&key) && !is_python {
                self.take(value);
            }
            self.walk(value);
        }
        node.items().for_each(|item| self.walk(item));
    }

    /// Takes commands, alone or in lists of lists.
    fn take(&mut self, value: Node<'y>) {
        if value.text().is_some() {
            self.scripts.push(value);
        }
        value.items().for_each(|item| self.take(item));
    }

    /// Takes in `NAME: value`, `NAME: {value: value}` and `{name: NAME, value: value}`.
    fn define(&mut self, variables: Node<'y>) {
        for (name, value) in variables.entries() {
            if let (Some(name), Some(value)) = (name.text(), value.text().or_else(|| value.string("value"))) {
                self.variables.define(name, value);
            }
        }
        for item in variables.items() {
            if let (Some(name), Some(value)) = (item.string("name"), item.string("value")) {
                self.variables.define(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::RepoPath;

    fn reading(path: &str, text: &str) -> Reading {
        let mut reading = Reading::new(&RepoPath::from(path), WORKFLOW);
        read(&mut reading, text);
        reading.finish()
    }

    fn installed(text: &str) -> Vec<String> {
        let entries = reading(".gitlab-ci.yml", text).dependencies;
        entries.iter().map(|d| format!("{} {} {}", d.line, d.raw_name, d.raw_version).trim_end().to_owned()).collect()
    }

    #[test]
    fn names_of_configurations() {
        for (name, directory) in
            [("ci.yml", ".github/workflows"), ("x.yaml", "a/.gitea/workflows"), ("config.yml", ".circleci")]
        {
            assert!(is_workflow(name, directory), "{directory}/{name}");
        }
        for (name, directory) in
            [("ci.yml", "workflows"), ("ci.yml", "x.github/workflows"), ("ci.py", ".github/workflows"), ("ci.yml", "")]
        {
            assert!(!is_workflow(name, directory), "{directory}/{name}");
        }
        assert!(
            [".gitlab-ci.yml", "action.yaml", "azure-pipelines.yml", ".travis.yml"]
                .iter()
                .all(|name| is_configuration(name, ""))
        );
        assert!(!["actions.yml", "gitlab-ci.yml", "action.py"].iter().any(|name| is_configuration(name, "")));
    }

    #[test]
    fn steps_of_a_workflow() {
        let text = r#"
on: push
env: { TORCH: 2.5.1, TWICE: 1 }
jobs:
  test:
    env:
      TWICE: 2
    strategy: { matrix: { numpy: [1, 2] } }
    steps:
      - uses: actions/checkout@v4
      - run: pip install torch==${{ env.TORCH }} numpy==${{ matrix.numpy }} scipy==$TWICE
      - name: pip install no
        run: |

          python -m pip install --upgrade pip
          if [ "$X" ]; then
            pip install "pandas>=2" \
              -r requirements/ci.txt
          fi
      - run: >-
          pip install
          folded
      - run: pip install
          plain
          "quoted"
      - shell: python
        run: |
          # pip install no
      - uses: retry
        with: { command: pip install retried }
"#;
        let expected = [
            "11 numpy",
            "11 scipy",
            "11 torch ==2.5.1",
            "15 pip",
            "17 pandas >=2",
            "22 folded",
            "24 plain",
            "25 quoted",
            "30 retried",
        ];
        assert_eq!(installed(text), expected);
        let includes = reading(".github/workflows/ci.yml", text).includes;
        assert_eq!(
            includes.iter().map(|i| (i.target.as_str(), i.line)).collect::<Vec<_>>(),
            [("../../requirements/ci.txt", 18)]
        );
        assert_eq!(reading("ci.yml", text).diagnostics.len(), 2, "two versions are computed");
    }

    #[test]
    fn other_services() {
        let gitlab = "variables:\n  T: { value: '2.5.1' }\n.base: &base\n  - pip install a\nx:\n  before_script:\n    - *base\n    - [pip install b, \"pip install torch==$T\"]\n";
        assert_eq!(installed(gitlab), ["4 a", "8 b", "8 torch ==2.5.1"]);
        let circle =
            "jobs:\n  x:\n    steps:\n      - run: { name: y, command: pip install a }\n      - run: pip install b\n";
        assert_eq!(installed(circle), ["4 a", "5 b"]);
        let azure = "variables:\n- name: T\n  value: 1\nsteps:\n- bash: pip install a==$T\n- script: pip install b==$(T)\n- powershell: |\n    pip install `\n      c\n";
        assert_eq!(installed(azure), ["5 a ==1", "6 b", "9 c"]);
    }

    #[test]
    fn what_is_no_yaml_is_worth_a_word_only() {
        let found = reading("ci.yml", "a: [\nrun: pip install b\n");
        assert!(
            !found.diagnostics.is_empty() && found.diagnostics.iter().all(|d| d.gravity == Gravity::Odd),
            "{found:#?}"
        );
        assert_eq!(reading("ci.yml", "a: [ no command").diagnostics, []);
    }
}
