//! `environment.yml` of conda, and the `conda.yaml` that MLflow writes beside a model.
//!
//! Files are taken by their names, and read where they have a list of dependencies as conda writes it: other tools use
//! the same names.

use super::conda_template::{literal, selector};
use super::reading::Reading;
use super::yaml::{Node, Yaml};
use super::{Scope, conda_spec, requirement, requirements};

/// The name of this format.
pub(super) const FORMAT: &str = "conda environment";

/// Whether a file called `name` in `directory` may describe an environment.
pub(super) fn is_manifest(name: &str, directory: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let Some((stem, "yml" | "yaml")) = name.rsplit_once('.') else { return false };
    let mut words = stem.split(['-', '_', '.']).filter(|word| !word.is_empty());
    let is_named = stem.starts_with("environment") || words.any(|word| ["conda", "env", "environment"].contains(&word));
    is_named || directory.ends_with("conda/environments") || directory.rsplit('/').next() == Some("envs")
}

/// Reads the text of an `environment.yml`.
pub(super) fn read(reading: &mut Reading, text: &str) {
    // What has no such list is no environment, and what is wrong with it is of no concern here.
    if !text.lines().any(|line| line.starts_with("dependencies") || line.starts_with("\"dependencies\"")) {
        return;
    }
    let kept = literal(reading, text);
    let yaml = Yaml::parse(&kept, reading);
    let Some(root) = yaml.root() else { return };
    let Some(dependencies) = root.get("dependencies").filter(|node| !node.is_null()) else { return };
    let is_of_conda = root.get("channels").is_some()
        || dependencies.items().any(|item| item.text().is_some() || item.get("pip").is_some());
    if !is_of_conda {
        return;
    }
    let scopes = [scope(reading, root)];
    if !dependencies.is_sequence() {
        let found = dependencies.kind();
        return reading.unread(dependencies.line(), format!("expected a list of dependencies, found {found}"));
    }
    let lines: Vec<&str> = text.lines().collect();
    for item in dependencies.items() {
        if let Some(spec) = item.text() {
            let marker = lines.get(item.line() as usize - 1).and_then(|line| selector(line));
            conda_spec::read(reading, spec, item.line(), &scopes, marker);
        } else if item.is_mapping() {
            read_installers(reading, item, &scopes);
        } else if !item.is_null() {
            let found = item.kind();
            reading.unread(item.line(), format!("expected a match spec, found {found}"));
        }
    }
    reading.dependencies.iter_mut().for_each(|dependency| dependency.direct = Some(true));
}

/// What the entries are for: the file name says so, or the category that conda-lock knows.
fn scope(reading: &Reading, root: Node<'_>) -> Scope {
    match root.string("category") {
        Some("dev") => Scope::Dev,
        _ => match requirements::scope_of(&reading.path.file_name().to_string()) {
            Scope::Dev => Scope::Dev,
            _ => Scope::Runtime,
        },
    }
}

/// `- pip: [...]`, the list of another installer.
fn read_installers(reading: &mut Reading, item: Node<'_>, scopes: &[Scope; 1]) {
    for (key, list) in item.entries() {
        match key.text() {
            Some("pip") if list.is_sequence() || list.text().is_some() => {
                read_requirements(reading, list, &scopes[0]);
            }
            Some("pip") if list.is_null() => {}
            Some("pip") => {
                let found = list.kind();
                reading.unread(list.line(), format!("expected a list of requirements for pip, found {found}"));
            }
            _ => reading.odd(key.line(), "expected a match spec or the list of pip, found another mapping"),
        }
    }
}

/// Reads a list of lines as pip reads them.
pub(super) fn read_requirements(reading: &mut Reading, list: Node<'_>, scope: &Scope) {
    for item in list.items().chain(list.text().map(|_| list)) {
        if item.text().is_none() && !item.is_null() {
            let found = item.kind();
            reading.unread(item.line(), format!("expected a requirement, found {found}"));
        }
        for (line, text) in item.lines().map(|(line, text)| (line, text.trim())).filter(|(_, text)| !text.is_empty()) {
            if let Err(expected) = requirements::read_line(reading, line, text, scope) {
                requirement::read_name(reading, text, expected, line, std::slice::from_ref(scope));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_may_be_environments() {
        for (name, directory) in [
            ("environment.yml", ""),
            ("environment-dev.yaml", "a"),
            ("environment_gpu.yml", ""),
            ("dev-environment.yml", ""),
            ("env.yml", ""),
            ("conda.yaml", "model"),
            ("conda_env.yml", ""),
            ("rnaseq.yaml", "workflow/envs"),
            ("all_cuda-118.yaml", "conda/environments"),
        ] {
            assert!(is_manifest(name, directory), "{directory}/{name}");
        }
        for (name, directory) in [
            ("environment.json", ""),
            ("values.yaml", "environments"),
            ("docker-compose.yml", ""),
            ("environs.yml", ""),
            (".yml", ""),
        ] {
            assert!(!is_manifest(name, directory), "{directory}/{name}");
        }
    }
}
