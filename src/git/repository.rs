//! A repository: finding it as git does, and where its parts are.

use super::environment::split;
use super::objects::Objects;
use super::{Environment, GitError, config, config::Config, files};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A git repository, opened for reading only. Nothing it configures is ever run.
///
/// A repository that belongs to another user is read like any other, where git refuses it unless `safe.directory`
/// allows it: git has to fear the programs a foreign configuration names, and none of them is run here.
pub struct Repository {
    pub(super) git_dir: PathBuf,
    pub(super) common_dir: PathBuf,
    pub(super) work_tree: Option<PathBuf>,
    /// What relative paths in the environment are relative to.
    pub(super) base: PathBuf,
    pub(super) config: Config,
    pub(super) environment: Environment,
    pub(super) objects: Arc<Objects>,
}

/// Where git looks for hooks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HooksDirectory {
    /// The directory; it need not exist.
    pub path: PathBuf,
    /// The configuration file that sets `core.hooksPath`, if one does.
    pub set_by: Option<PathBuf>,
}

/// A git directory and the working tree it was found through.
struct Found {
    git_dir: PathBuf,
    work_tree: Option<PathBuf>,
}

impl Repository {
    /// The repository that `git` would use in the directory `start`, whose variables `environment` holds.
    ///
    /// `limit` is the largest file, in bytes, that a snapshot of it reads.
    ///
    /// # Errors
    /// There is none, it is broken, or only a newer git can read it.
    pub fn discover(start: &Path, environment: &Environment, limit: u64) -> Result<Self, GitError> {
        let start = std::path::absolute(start).unwrap_or_else(|_| start.to_owned());
        let explicit = environment.git_dir.as_ref().map(|path| start.join(path));
        let found = match &explicit {
            Some(path) => Found { git_dir: follow(path)?, work_tree: Some(start.clone()) },
            None => search(&start, &environment.ceiling_directories)?,
        };
        let git_dir = found.git_dir;
        let common_dir = match &environment.common_dir {
            Some(path) => real(start.join(path)),
            None => files::common_directory(&git_dir)?.map_or_else(|| git_dir.clone(), real),
        };
        let config = Config::read(&git_dir, &common_dir)?;
        let work_tree = match (&environment.work_tree, &config.work_tree) {
            (Some(path), _) => Some(real(start.join(path))),
            (None, Some(path)) => Some(real(git_dir.join(path))),
            (None, None) if config.bare == Some(true) => None,
            (None, None) => found.work_tree,
        };
        // Git changes to the top of the working tree before it uses the other variables.
        let base = work_tree.clone().filter(|top| is_below(&start, top)).unwrap_or_else(|| start.clone());
        let own = match &environment.object_directory {
            Some(path) => base.join(path),
            None => common_dir.join("objects"),
        };
        let alternates = environment.alternate_object_directories.as_deref().map(split).unwrap_or_default();
        let directories: Vec<_> = std::iter::once(own).chain(alternates.iter().map(|path| base.join(path))).collect();
        let objects = Objects::open(&directories, config.hash, config.partial_clone, limit)?;
        let objects = Arc::new(objects);
        Ok(Self { git_dir, common_dir, work_tree, base, config, environment: environment.clone(), objects })
    }

    /// The top of the working tree; `None` for a bare repository.
    pub fn work_tree(&self) -> Option<&Path> {
        self.work_tree.as_deref()
    }

    /// The directory of this working tree's own `HEAD` and index.
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The directory of what all working trees share: objects, branches, configuration.
    pub fn common_dir(&self) -> &Path {
        &self.common_dir
    }

    /// Whether there is no working tree.
    pub fn is_bare(&self) -> bool {
        self.work_tree.is_none()
    }

    /// Where git looks for hooks: `core.hooksPath`, wherever it is set, or `hooks` in the common directory.
    ///
    /// # Errors
    /// A configuration file that cannot be read.
    pub fn hooks_directory(&self) -> Result<HooksDirectory, GitError> {
        let own = self.config.files(&self.git_dir, &self.common_dir);
        let outer = self.environment.outer_configuration.iter().map(|path| self.base.join(path));
        let branch = self.branch();
        let home = self.environment.home.as_deref();
        let set = config::hooks_path(outer.chain(own), home, &self.git_dir, branch.as_ref().map(|name| name.as_ref()))?;
        Ok(match set {
            // Relative to where git runs hooks.
            Some((path, file)) => {
                HooksDirectory { path: self.work_tree.as_ref().unwrap_or(&self.git_dir).join(path), set_by: Some(file) }
            }
            None => HooksDirectory { path: self.common_dir.join("hooks"), set_by: None },
        })
    }
}

/// Looks for a repository in `start` and the directories above it.
fn search(start: &Path, ceilings: &[PathBuf]) -> Result<Found, GitError> {
    for (height, directory) in real(start.to_owned()).ancestors().enumerate() {
        if height > 0 && ceilings.iter().any(|ceiling| ceiling == directory) {
            break;
        }
        let dot_git = directory.join(".git");
        let git_dir = if dot_git.is_file() {
            Some(follow(&dot_git)?)
        } else {
            files::is_git_directory(&dot_git)?.then_some(dot_git)
        };
        if let Some(git_dir) = git_dir {
            return Ok(Found { git_dir, work_tree: Some(directory.to_owned()) });
        }
        if files::is_git_directory(directory)? {
            return Ok(Found { git_dir: directory.to_owned(), work_tree: None });
        }
    }
    Err(GitError::NotARepository { start: start.to_owned() })
}

/// The git directory at `path`, or the one that a `.git` file there names.
fn follow(path: &Path) -> Result<PathBuf, GitError> {
    let target = if path.is_file() { files::read_path(path, "gitdir: ")?.map(real) } else { None };
    let directory = target.clone().unwrap_or_else(|| path.to_owned());
    if files::is_git_directory(&directory)? {
        return Ok(directory);
    }
    let problem = match target {
        Some(target) => format!("it names {}, which is not a git repository", target.display()),
        None => "not a git repository".to_owned(),
    };
    Err(GitError::Broken { path: path.to_owned(), problem })
}

fn is_below(path: &Path, top: &Path) -> bool {
    path.starts_with(top) || real(path.to_owned()).starts_with(real(top.to_owned()))
}

/// The path without links and dots in it, where it exists.
fn real(path: PathBuf) -> PathBuf {
    path.canonicalize().unwrap_or(path)
}
