//! The repository and the trees that commands work on.

use super::Failure;
use super::arguments::TreeArguments;
use crate::git::{Environment, FILE_LIMIT, Repository};
use crate::snapshot::{DirectorySnapshot, RepoPath, Snapshot, walk};
use std::path::Path;

/// The repository that the current directory and the environment name.
pub fn discover() -> Result<Repository, Failure> {
    let environment = Environment::from_variables(std::env::vars_os());
    Ok(Repository::discover(Path::new("."), &environment, FILE_LIMIT)?)
}

/// A snapshot, and the part of it that is asked for.
pub struct Tree {
    /// Everything that decides: manifests and configuration may stand above what is asked for.
    pub snapshot: Box<dyn Snapshot>,
    /// What is asked for: a directory, or one file.
    pub part: RepoPath,
}

/// The tree that the arguments name.
pub fn tree(arguments: &TreeArguments) -> Result<Tree, Failure> {
    match &arguments.rev {
        Some(revision) => Ok(Tree { snapshot: discover()?.revision(revision)?, part: RepoPath::root() }),
        None => on_disk(arguments.path.as_deref().unwrap_or(Path::new("."))),
    }
}

/// A path inside the working tree that holds it; alone where there is none, or where it is ignored there.
fn on_disk(path: &Path) -> Result<Tree, Failure> {
    let real = path.canonicalize().map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
    let top = real.ancestors().find(|directory| directory.join(".git").exists());
    if let Some(top) = top.filter(|top| *top != real) {
        let snapshot = DirectorySnapshot::open(top, FILE_LIMIT);
        let part = as_repo_path(real.strip_prefix(top).expect("an ancestor is a prefix"));
        let mut found = snapshot.find(&part)?.is_some();
        if !found {
            found = !walk(&snapshot, &part, &mut |_| found = true).is_empty() || found;
        }
        if found {
            return Ok(Tree { snapshot: Box::new(snapshot), part });
        }
    }
    Ok(Tree { snapshot: Box::new(DirectorySnapshot::open(&real, FILE_LIMIT)), part: RepoPath::root() })
}

fn as_repo_path(relative: &Path) -> RepoPath {
    relative.components().fold(RepoPath::root(), |path, part| path.join(part.as_os_str().as_encoded_bytes()))
}
