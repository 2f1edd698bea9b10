//! `.pre-commit-config.yaml`: what hooks that are Python want installed beside them.

use super::Scope;
use super::ci;
use super::reading::{Reading, shown};
use super::requirements;
use super::yaml::Node;

/// The name of this format.
pub(super) const FORMAT: &str = ".pre-commit-config.yaml";

/// The key of the lists that are read.
const KEY: &str = "additional_dependencies";

/// Whether a file called `name` is one.
pub(super) fn is_manifest(name: &str, _directory: &str) -> bool {
    name == FORMAT || name == ".pre-commit-config.yml"
}

/// Reads the text of a configuration.
pub(super) fn read(reading: &mut Reading, text: &str) {
    if memchr::memmem::find(text.as_bytes(), KEY.as_bytes()).is_none() {
        return;
    }
    let yaml = ci::parse(reading, text);
    let repositories = yaml.root().and_then(|root| root.get("repos"));
    for hook in
        repositories.into_iter().flat_map(Node::items).filter_map(|repo| repo.get("hooks")).flat_map(Node::items)
    {
        let Some(list) = hook.get(KEY) else { continue };
        // Where the language is not said, names tell: `eslint@8`, `@types/node`, `cli:ripgrep` and `golang.org/x/tools` are of others.
        let is_python = hook.string("language").map_or_else(
            || !list.strings().any(is_foreign),
            |language| language.starts_with("python") || language == "conda",
        );
        for item in list.items().filter(|_| is_python) {
            let (Some(text), line) = (item.text(), item.line()) else { continue };
            if let Err(expected) = requirements::read_requirement(reading, line, text, &Scope::Dev, false) {
                reading.odd(line, format!("{expected}, found `{}`", shown(text)));
            }
        }
    }
    reading.dependencies.iter_mut().for_each(|dependency| dependency.direct = Some(true));
}

/// Whether `text` names what another language installs.
fn is_foreign(text: &str) -> bool {
    let is_reference = text.contains("://") || text.contains(" @ ") || text.starts_with('.');
    !is_reference && text.contains(['@', ':', '/'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::RepoPath;

    #[test]
    fn only_python_is_read() {
        let text = "repos:\n- repo: https://example.org/mypy\n  hooks:\n  - id: mypy\n    additional_dependencies:\n    - torch==2.5.1\n    - 'types-x[a]>=1'\n    - .\n\
            - repo: https://example.org/eslint\n  hooks:\n  - id: eslint\n    additional_dependencies: [prettier, eslint@8.0.0]\n\
            - repo: local\n  hooks:\n  - id: x\n    language: node\n    additional_dependencies: [prettier]\n\
            \x20 - id: y\n    language: python\n    additional_dependencies: [numpy, '==']\n";
        let mut reading = Reading::new(&RepoPath::from(FORMAT), FORMAT);
        read(&mut reading, text);
        let found: Vec<String> =
            reading.dependencies.iter().map(|d| format!("{} {} {}", d.line, d.raw_name, d.raw_version)).collect();
        assert_eq!(found, ["6 torch ==2.5.1", "7 types-x >=1", "20 numpy "]);
        assert_eq!(reading.diagnostics.iter().map(|d| d.line).collect::<Vec<_>>(), [20]);
        assert!(reading.dependencies.iter().all(|d| d.scopes == [Scope::Dev]));
    }

    #[test]
    fn other_shapes_are_no_lists() {
        for text in [
            "repos: x\nadditional_dependencies: y",
            "repos: [{hooks: [{additional_dependencies: a}]}]",
            "- additional_dependencies",
            "",
        ] {
            let mut reading = Reading::new(&RepoPath::from(FORMAT), FORMAT);
            read(&mut reading, text);
            assert_eq!(reading.dependencies, []);
        }
    }
}
