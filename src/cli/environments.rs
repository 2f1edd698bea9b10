//! The installed environments that the arguments name.

use super::Failure;
use super::arguments::{EnvironmentArguments, TreeArguments};
use super::repository::{self, Tree};
use crate::catalog::{InstalledEnvironment, is_environment};
use crate::git::FILE_LIMIT;
use crate::snapshot::{MemorySnapshot, RepoPath, UnfilteredSnapshot};
use std::path::{Path, PathBuf};

/// Reads the environments.
pub fn open(arguments: &EnvironmentArguments) -> Result<Vec<InstalledEnvironment>, Failure> {
    arguments.directories.iter().map(|directory| read(directory)).collect()
}

/// The tree and the environments that the arguments name. Where the tree is an environment and no project, it is taken as
/// one that was given, and nothing is left of the tree.
pub fn with_tree(
    tree: &TreeArguments,
    environments: &EnvironmentArguments,
) -> Result<(Tree, Vec<InstalledEnvironment>), Failure> {
    let mut environments = open(environments)?;
    let directory = tree.path.clone().unwrap_or_else(|| PathBuf::from("."));
    if tree.rev.is_none() && directory.is_dir() && is_environment(&on_disk(&directory)?)? {
        environments.push(read(&directory)?);
        let tree = Tree { snapshot: Box::new(MemorySnapshot::default()), part: RepoPath::root(), directory: None };
        return Ok((tree, environments));
    }
    Ok((repository::tree(tree)?, environments))
}

fn read(directory: &Path) -> Result<InstalledEnvironment, Failure> {
    let name = directory.as_os_str().as_encoded_bytes();
    let name: Vec<u8> = name.iter().map(|&b| if std::path::is_separator(b.into()) { b'/' } else { b }).collect();
    let name = name.strip_suffix(b"/").unwrap_or(&name);
    let name = RepoPath::new(if name == b"." { &b""[..] } else { name });
    let snapshot = on_disk(directory)?;
    InstalledEnvironment::read(name, Box::new(snapshot)).ok_or_else(|| {
        Failure::new(format!("{}: found no Python environment", directory.display())).hint(
            "expected a directory with `lib/python3.*/site-packages`, `Lib/site-packages`, `conda-meta` or `*.dist-info` in it",
        )
    })
}

fn on_disk(directory: &Path) -> Result<UnfilteredSnapshot, Failure> {
    let real = directory.canonicalize().map_err(|error| Failure::new(format!("{}: {error}", directory.display())))?;
    Ok(UnfilteredSnapshot::new(real, FILE_LIMIT))
}
