//! Recipes that conda packages are built from: `meta.yaml` of conda-build, `recipe.yaml` of rattler-build.
//!
//! Both are templates. What stands in them literally is read; no template is filled in and no condition decided, so the
//! requirements of all conditions are there, each with its condition as the marker.

use super::conda_template::{leading_name, literal, selector};
use super::reading::Reading;
use super::yaml::{Node, Yaml};
use super::{Gravity, Scope, conda_spec};
use std::borrow::Cow;

/// The name of this format.
pub(super) const FORMAT: &str = "conda recipe";

/// The lists of requirements, and what they are for.
const LISTS: [(&str, Scope); 5] = [
    ("build", Scope::Build),
    ("host", Scope::Build),
    ("run", Scope::Runtime),
    ("run_constrained", Scope::Constraint),
    ("run_constraints", Scope::Constraint),
];

/// Whether a file called `name` may be one.
pub(super) fn is_manifest(name: &str, _directory: &str) -> bool {
    ["meta.yaml", "meta.yml", "recipe.yaml", "recipe.yml"].contains(&name)
}

/// Reads the text of a recipe.
pub(super) fn read(reading: &mut Reading, text: &str) {
    let has = |key: &str| text.lines().any(|line| line.strip_prefix(key).is_some_and(|rest| rest.starts_with(':')));
    // Other tools use these names too.
    if !(has("requirements") || has("outputs")) || !(has("package") || has("recipe") || has("build")) {
        return;
    }
    let mut aside = Reading::new(&reading.path, reading.format);
    // rattler-build's braces stand inside of values, so its template is YAML as it is.
    let is_yaml = reading.path.file_name().starts_with(b"recipe");
    let kept = if is_yaml { Cow::Borrowed(text) } else { literal(reading, text) };
    let yaml = Yaml::parse(&kept, &mut aside);
    // Keys stand twice under different conditions, and what a template makes of the text may be YAML after all.
    let is_template = text.contains("{{") || text.contains("{%");
    for found in aside.finish().diagnostics {
        match found.gravity {
            Gravity::Unread if is_template => reading.computed(found.line, found.problem),
            Gravity::Unread => reading.unread(found.line, found.problem),
            Gravity::Odd | Gravity::Computed => {}
        }
    }
    let Some(root) = yaml.root() else { return };
    let lines: Vec<&str> = text.lines().collect();
    let mut recipe = Recipe { reading, lines, has_computed: false };
    recipe.read_part(root);
    for (_, outputs) in root.entries().filter(|(key, _)| key.text() == Some("outputs")) {
        outputs.items().for_each(|output| recipe.read_part(output));
    }
    reading.dependencies.iter_mut().for_each(|dependency| dependency.direct = Some(true));
}

struct Recipe<'r> {
    reading: &'r mut Reading,
    lines: Vec<&'r str>,
    /// Whether it has been said that something is computed.
    has_computed: bool,
}

impl Recipe<'_> {
    /// Reads the requirements of a recipe, or of one of its outputs.
    fn read_part(&mut self, part: Node<'_>) {
        for (key, node) in part.entries() {
            match key.text() {
                Some("requirements") if node.is_sequence() => self.read_list(node, &Scope::Runtime, None),
                Some("requirements") => {
                    for (key, list) in node.entries() {
                        if let Some((_, scope)) = LISTS.iter().find(|(name, _)| key.text() == Some(name)) {
                            self.read_list(list, scope, None);
                        }
                    }
                }
                Some("test") => {
                    if let Some(list) = node.get("requires") {
                        self.read_list(list, &Scope::Dev, None);
                    }
                }
                _ => {}
            }
        }
    }

    /// Reads a list of specs; conditions lie in each other no deeper than the tree may be.
    fn read_list(&mut self, list: Node<'_>, scope: &Scope, condition: Option<&str>) {
        for item in list.items().chain(list.text().map(|_| list)) {
            if let Some(text) = item.text() {
                self.read_spec(text, item.line(), scope, condition);
            } else if let Some(inner) = item.string("if") {
                let both = |inner: &str| condition.map_or(inner.to_owned(), |outer| format!("{outer} and {inner}"));
                let (then, otherwise) = (both(inner), both(&format!("not ({inner})")));
                for (key, condition) in [("then", then), ("else", otherwise)] {
                    if let Some(list) = item.get(key) {
                        self.read_list(list, scope, Some(&condition));
                    }
                }
            } else if item.is_mapping() {
                // `pin_subpackage` and the like: their versions come from what is built.
                self.note_computed(item.line());
            }
        }
    }

    fn read_spec(&mut self, text: &str, line: u32, scope: &Scope, condition: Option<&str>) {
        let marker = condition.or_else(|| self.lines.get(line as usize - 1).and_then(|line| selector(line)));
        let scopes = std::slice::from_ref(scope);
        match text.split_once("${{") {
            None => conda_spec::read(self.reading, text, line, scopes, marker),
            Some((before, _)) => {
                if let Some(name) = leading_name(before) {
                    conda_spec::read(self.reading, name, line, scopes, marker);
                }
                self.note_computed(line);
            }
        }
    }

    fn note_computed(&mut self, line: u32) {
        if !std::mem::replace(&mut self.has_computed, true) {
            self.reading.computed(line, "found a template: what it fills in is not known");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::RepoPath;

    /// `line name version scope marker` of each entry, and the lines of what is computed.
    fn entries(name: &str, text: &str) -> (Vec<String>, Vec<(u32, Gravity)>) {
        let mut reading = Reading::new(&RepoPath::from(name), FORMAT);
        read(&mut reading, text);
        let reading = reading.finish();
        let shown = |d: &super::super::Dependency| {
            let marker = d.marker.as_deref().unwrap_or("");
            format!("{} {} {} {:?} {marker}", d.line, d.name, d.raw_version, d.scopes[0]).trim_end().to_owned()
        };
        let diagnostics = reading.diagnostics.iter().map(|d| (d.line, d.gravity)).collect();
        (reading.dependencies.iter().map(shown).collect(), diagnostics)
    }

    #[test]
    fn meta_yaml_without_rendering() {
        let text = "\
{% set version = \"1.2\" %}
package:
  name: sample
  version: {{ version }}
source:
  sha256: a  # [linux]
  sha256: b  # [win]
requirements:
  build:
    - {{ compiler('c') }}
  host:
    - python
    - numpy {{ numpy }}
  run:
    - pytorch >=2,<3
    - pywin32  # [win]
  run:  # [osx]
    - tk 8.6.*
outputs:
  - name: sub
    requirements:
      - dill
    test:
      requires: [pytest]
about:
  home: https://example.org
";
        let expected = [
            "13 numpy  Build",
            "15 torch >=2,<3 Runtime",
            "16 pywin32  Runtime [win]",
            "18 tk 8.6.* Runtime",
            "22 dill  Runtime",
            "24 pytest  Dev",
        ];
        assert_eq!(entries("meta.yaml", text), (expected.map(str::to_owned).to_vec(), vec![(10, Gravity::Computed)]));
    }

    #[test]
    fn recipe_yaml_with_conditions() {
        let text = "\
context:
  version: \"1.2\"
package:
  name: sample
  version: ${{ version }}
requirements:
  host: [python, pip]
  run:
    - numpy >=${{ version }}
    - ${{ pin_compatible('cython') }}
    - if: linux
      then:
        - pytorch =2.5
        - if: cuda
          then: cupy
      else: tensorflow
    - pin_subpackage: {name: lib}
";
        let expected = [
            "7 pip  Build",
            "9 numpy  Runtime",
            "13 torch =2.5 Runtime linux",
            "15 cupy  Runtime linux and cuda",
            "16 tensorflow  Runtime not (linux)",
        ];
        assert_eq!(entries("recipe.yaml", text), (expected.map(str::to_owned).to_vec(), vec![(9, Gravity::Computed)]));
    }

    #[test]
    fn what_is_no_recipe_is_left_alone() {
        assert_eq!(entries("meta.yaml", "title: x\nrequirements: [a, b\n"), (vec![], vec![]));
        let broken = "package: {name: a}\nrequirements:\n  run:\n    - a\n   - b\n    - c\n";
        assert_eq!(entries("meta.yaml", broken).1, [(5, Gravity::Unread)]);
        let template = format!("{{% set a = 1 %}}\n{broken}");
        assert_eq!(entries("meta.yaml", &template).1, [(6, Gravity::Computed)]);
    }
}
