//! The repository of a library: what its own names do is judged where it is written, so rules about them are not in force.

use crate::rules::{Library, RuleSet};
use crate::snapshot::{RepoPath, Snapshot, SnapshotError};
use std::sync::Arc;

/// Where the packages of a project are, below its root.
const ROOTS: &[&str] = &["", "src/", "lib/", "python/"];
/// Where a project says what it is called.
const MANIFESTS: &[&str] = &["pyproject.toml", "setup.cfg", "setup.py"];

/// Takes the matches about the library that `snapshot` is the repository of out of `rules`, and gives its name: a manifest in
/// its root says that the project is called so, and it has the package.
pub(super) fn leave_out(rules: &mut Arc<RuleSet>, snapshot: &dyn Snapshot) -> Result<Option<String>, SnapshotError> {
    for manifest in MANIFESTS {
        let Some(file) = snapshot.find(&RepoPath::from(*manifest))? else { continue };
        let text = String::from_utf8_lossy(&snapshot.read(&file)?).into_owned();
        let Some(name) = project_name(manifest, &text) else { continue };
        let normalised = name.to_ascii_lowercase().replace(['_', '.'], "-");
        let own = rules.libraries.iter().find(|library| library.distributions().any(|known| known == normalised));
        if let Some(own) = own.cloned().filter(|own| !own.standard)
            && has_package(&own, snapshot)?
        {
            let rules = Arc::make_mut(rules);
            for rule in rules.rules.iter_mut().chain(&mut rules.producers) {
                rule.matches.retain(|candidate| candidate.library != own.name);
            }
            return Ok(Some(own.name));
        }
        return Ok(None);
    }
    Ok(None)
}

/// The name of the project, as far as the manifest writes it out.
fn project_name<'t>(manifest: &str, text: &'t str) -> Option<&'t str> {
    let sections: &[&str] = match manifest {
        "pyproject.toml" => &["[project]", "[tool.poetry]"],
        "setup.cfg" => &["[metadata]"],
        _ => &[],
    };
    let mut is_inside = sections.is_empty();
    for line in text.lines().map(str::trim) {
        if !sections.is_empty() && line.starts_with('[') {
            is_inside = sections.contains(&line);
        }
        let value = line.strip_prefix("name").map(str::trim_start).and_then(|rest| rest.strip_prefix('='));
        if let Some(value) = value.filter(|_| is_inside) {
            let value = value.trim().trim_end_matches(',');
            let is_quoted = value.len() > 2 && value.starts_with(['"', '\'']) && value.ends_with(['"', '\'']);
            let name = value.trim_matches(['"', '\'']);
            return (is_quoted || manifest == "setup.cfg").then_some(name);
        }
    }
    None
}

fn has_package(library: &Library, snapshot: &dyn Snapshot) -> Result<bool, SnapshotError> {
    for import in &library.imports {
        for root in ROOTS {
            let path = format!("{root}{}/__init__.py", import.replace('.', "/"));
            if snapshot.find(&RepoPath::from(path.as_str()))?.is_some() {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::MemorySnapshot;

    /// Whether rules about numpy are in force in a repository of these files.
    fn speaks_of_numpy(files: &[(&str, &str)]) -> bool {
        let mut snapshot = MemorySnapshot::default();
        files.iter().for_each(|(path, text)| snapshot.insert(RepoPath::from(*path), *text));
        let mut rules = RuleSet::builtin();
        let own = leave_out(&mut rules, &snapshot).expect("it can be read");
        assert!(rules.rule("numpy-load-allow-pickle").is_some());
        let speaks = rules.rules.iter().flat_map(|rule| &rule.matches).any(|candidate| candidate.library == "numpy");
        assert_eq!(own.as_deref(), (!speaks).then_some("numpy"));
        speaks
    }

    #[test]
    fn only_the_repository_of_a_library_is() {
        let package = ("numpy/__init__.py", "");
        for (path, text) in [
            ("pyproject.toml", "[build-system]\nrequires = []\n[project]\nname = \"NumPy\"\n"),
            ("pyproject.toml", "[tool.poetry]\nname = 'numpy'\n"),
            ("setup.cfg", "[metadata]\nname = numpy\n"),
            ("setup.py", "setup(\n    name=\"numpy\",\n)\n"),
        ] {
            assert!(!speaks_of_numpy(&[(path, text), package]), "{text}");
            assert!(!speaks_of_numpy(&[(path, text), ("src/numpy/__init__.py", "")]), "{text}");
            assert!(speaks_of_numpy(&[(path, text)]), "{text}");
            assert!(speaks_of_numpy(&[(path, text), ("vendor/numpy/__init__.py", "")]), "{text}");
        }
        for (path, text) in [
            ("pyproject.toml", "[project]\nname = \"app\"\ndependencies = [\"numpy\"]\n"),
            ("pyproject.toml", "[tool.other]\nname = \"numpy\"\n"),
            ("pyproject.toml", "[project]\nname = \"python\"\n"),
            ("setup.cfg", "[options]\nname = numpy\n"),
            ("setup.py", "setup(name=numpy)\n"),
            ("setup.py", "NAME = numpy\n"),
        ] {
            assert!(speaks_of_numpy(&[(path, text), package]), "{text}");
        }
    }
}
