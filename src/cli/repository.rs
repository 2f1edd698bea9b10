//! The repository and the trees that commands work on.

use super::Failure;
use super::arguments::TreeArguments;
use crate::git::{Environment, FILE_LIMIT, Repository};
use crate::snapshot::{DirectorySnapshot, RepoPath, Snapshot, walk};
use std::path::{Path, PathBuf};

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
    /// Where the snapshot is on disk, if it is.
    pub directory: Option<PathBuf>,
}

/// The tree that the arguments name. In a bare repository it is that of HEAD where they name none.
pub fn tree(arguments: &TreeArguments) -> Result<Tree, Failure> {
    let (path, revision) = (arguments.path.as_deref(), arguments.rev.as_deref());
    match revision.or_else(|| (path.is_none() && is_in_bare()).then_some("HEAD")) {
        Some(revision) => in_commit(revision, path),
        None => on_disk(path.unwrap_or(Path::new("."))),
    }
}

/// Whether the current directory is a bare repository, which has nothing else to look at.
fn is_in_bare() -> bool {
    let looks_like_one = Path::new("HEAD").is_file() && Path::new("objects").is_dir();
    looks_like_one && discover().is_ok_and(|repository| repository.is_bare())
}

/// A path of a commit, relative to the current directory as paths on disk are; in a bare repository to its top.
fn in_commit(revision: &str, path: Option<&Path>) -> Result<Tree, Failure> {
    let repository = discover()?;
    let snapshot = repository.revision(revision)?;
    let Some(path) = path else { return Ok(Tree { snapshot, part: RepoPath::root(), directory: None }) };
    let here = std::env::current_dir().and_then(|directory| directory.canonicalize());
    let top = repository.work_tree().and_then(|top| top.canonicalize().ok());
    let below = here.ok().zip(top).and_then(|(here, top)| here.strip_prefix(top).map(as_repo_path).ok());
    let part = below.unwrap_or_default().resolve(path.as_os_str().as_encoded_bytes());
    let named = |part: &RepoPath| -> Result<bool, Failure> {
        Ok(part.is_root() || snapshot.find(part)?.is_some() || !snapshot.list(part)?.is_empty())
    };
    match part {
        Some(part) if named(&part)? => Ok(Tree { snapshot, part, directory: None }),
        _ => Err(Failure::new(format!("{}: no such file or directory in {revision}", path.display()))
            .hint("name it relative to the current directory, as on disk")),
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
            return Ok(Tree { snapshot: Box::new(snapshot), part, directory: Some(top.to_owned()) });
        }
    }
    let snapshot = Box::new(DirectorySnapshot::open(&real, FILE_LIMIT));
    let directory = if real.is_file() { real.parent().map(Path::to_owned) } else { Some(real) };
    Ok(Tree { snapshot, part: RepoPath::root(), directory })
}

fn as_repo_path(relative: &Path) -> RepoPath {
    relative.components().fold(RepoPath::root(), |path, part| path.join(part.as_os_str().as_encoded_bytes()))
}
