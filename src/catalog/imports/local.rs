//! The modules that lie in the snapshot itself.

use crate::snapshot::RepoPath;
use bstr::ByteSlice as _;
use std::collections::{BTreeMap, BTreeSet};

/// Files that are imported: sources, stubs, and what is compiled.
const SUFFIXES: &[&str] = &["py", "pyi", "pyx", "pyw", "so", "pyd"];

/// What makes a directory one that is installed or put on the path.
const PROJECT_FILES: &[&str] = &["pyproject.toml", "setup.cfg", "setup.py"];

/// Directories of a project that hold its packages.
const SOURCE_DIRECTORIES: &[&str] = &["src", "lib", "python"];

/// The names of modules that can be imported alone.
pub(super) struct LocalModules {
    /// By directory, those of packages left out.
    by_directory: BTreeMap<RepoPath, BTreeSet<String>>,
    /// In the directories that are on the path for all files.
    at_roots: BTreeSet<String>,
    anywhere: BTreeSet<String>,
    /// By directory, those of packages alone.
    in_packages: BTreeMap<RepoPath, BTreeSet<String>>,
}

impl LocalModules {
    /// The modules among the files at `paths`. A directory is a package where it holds a module at any depth.
    pub(super) fn of<'p>(paths: impl Iterator<Item = &'p RepoPath>) -> Self {
        let mut by_directory: BTreeMap<RepoPath, BTreeSet<String>> = BTreeMap::new();
        let mut projects = BTreeSet::from([RepoPath::root()]);
        for path in paths {
            let Ok(name) = path.file_name().to_str() else { continue };
            let mut directory = path.parent().unwrap_or_default();
            if PROJECT_FILES.contains(&name) {
                projects.insert(directory.clone());
            }
            let Some((stem, suffix)) = name.rsplit_once('.') else { continue };
            if !SUFFIXES.contains(&suffix) {
                continue;
            }
            // `_x.cpython-311-x86_64-linux-gnu.so`
            let mut module = stem.split('.').next().unwrap_or(stem).to_owned();
            while by_directory.entry(directory.clone()).or_default().insert(module) && !directory.is_root() {
                module = directory.file_name().to_string();
                directory = directory.parent().unwrap_or_default();
            }
        }
        let roots = projects.iter().flat_map(|project| {
            let below = SOURCE_DIRECTORIES.iter().map(|name| project.join(name.as_bytes()));
            std::iter::once(project.clone()).chain(below)
        });
        let at_roots = roots.filter_map(|root| by_directory.get(&root)).flatten().cloned().collect();
        // Inside of a package modules are imported by the name of the package: `import torch` in `wrappers/torch.py` is not
        // of itself, where there is a `wrappers/__init__.py`.
        let (in_packages, by_directory): (BTreeMap<_, _>, BTreeMap<_, _>) =
            by_directory.into_iter().partition(|(_, modules)| modules.contains("__init__"));
        let anywhere = by_directory.values().flatten().cloned().collect();
        Self { by_directory, at_roots, anywhere, in_packages }
    }

    /// Whether a file of `directory` that imports `module` gets one of these.
    pub(super) fn has(&self, directory: &RepoPath, module: &str) -> bool {
        let is_in = |directory: &RepoPath| self.by_directory.get(directory).is_some_and(|names| names.contains(module));
        self.at_roots.contains(module) || is_in(directory) || directory.ancestors().any(|above| is_in(&above))
    }

    /// Whether another file of the package that holds `file` is called `module`: what generates code writes such imports.
    pub(super) fn has_beside(&self, file: &RepoPath, module: &str) -> bool {
        let own = file.file_name().strip_suffix(b".py").is_some_and(|stem| stem == module.as_bytes());
        let directory = file.parent().unwrap_or_default();
        !own && self.in_packages.get(&directory).is_some_and(|modules| modules.contains(module))
    }

    /// Whether any directory that is no package has a module of that name.
    pub(super) fn has_anywhere(&self, module: &str) -> bool {
        self.anywhere.contains(module)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_found_where_python_looks() {
        let paths = [
            "setup.py",
            "src/a/__init__.py",
            "b/c/d.py",
            "b/x.py",
            "tools/pyproject.toml",
            "tools/python/e.pyx",
            "f/data.txt",
            "g/h/i.py",
            "_j.cpython-311.so",
            "src/a/torch.py",
        ]
        .map(RepoPath::from);
        let local = LocalModules::of(paths.iter());
        let has = |directory: &str, module| local.has(&RepoPath::from(directory), module);
        for (directory, module) in
            [("x", "a"), ("b/c", "d"), ("b/c", "x"), ("b/c", "b"), ("x", "g"), ("x", "e"), ("x", "_j"), ("g", "h")]
        {
            assert!(has(directory, module), "{directory} {module}");
        }
        let elsewhere = [("x", "d"), ("b", "d"), ("x", "f"), ("f", "data"), ("x", "h"), ("src/a", "torch")];
        for (directory, module) in elsewhere {
            assert!(!has(directory, module), "{directory} {module}");
        }
        assert!(local.has_anywhere("d"));
        for module in ["f", "torch"] {
            assert!(!local.has_anywhere(module), "{module}");
        }
        let beside = |file: &str| local.has_beside(&RepoPath::from(file), "torch");
        assert!(beside("src/a/x.py") && !beside("src/a/torch.py") && !beside("b/x.py"));
    }
}
