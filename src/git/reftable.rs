//! Refs of a reftable repository, which gix cannot read: the one thing that `git` itself is run for.
//!
//! It runs `git rev-parse --verify` and nothing else, in an environment of its own making, so that neither
//! configuration outside of the repository nor inherited variables change the answer; this command runs no hook, alias,
//! filter or monitor that a configuration could name.

use super::{GitError, Repository};
use gix::hash::ObjectId;
use std::process::{Command, Stdio};

/// The object that `revision` stands for; `None` where git knows none.
pub(super) fn resolve(repository: &Repository, revision: &str) -> Result<Option<ObjectId>, GitError> {
    let failed = |problem: String| GitError::Reftable { path: repository.git_dir.clone(), problem };
    let mut command = Command::new("git");
    command.env_clear().stdin(Stdio::null());
    if let Some(path) = &repository.environment.path {
        command.env("PATH", path);
    }
    command
        .envs([("LC_ALL", "C"), ("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_NO_REPLACE_OBJECTS", "1")])
        .envs([("GIT_OPTIONAL_LOCKS", "0"), ("GIT_NO_LAZY_FETCH", "1"), ("GIT_TERMINAL_PROMPT", "0")])
        .env("GIT_CONFIG_GLOBAL", if cfg!(windows) { "NUL" } else { "/dev/null" })
        .env("GIT_DIR", &repository.git_dir)
        .env("GIT_COMMON_DIR", &repository.common_dir);
    let environment = &repository.environment;
    if let Some(directory) = &environment.object_directory {
        command.env("GIT_OBJECT_DIRECTORY", repository.base.join(directory));
    }
    if let Some(list) = &environment.alternate_object_directories {
        command.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", list).current_dir(&repository.base);
    }
    command.args(["rev-parse", "--verify", "--quiet", "--end-of-options", revision]);
    let output = command.output().map_err(|error| failed(error.to_string()))?;
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().replace('\n', "; ");
    if output.status.success() {
        let id = output.stdout.trim_ascii_end();
        return ObjectId::from_hex(id).map(Some).map_err(|_| failed(format!("it said `{}`", said(id))));
    }
    // Quietly: there is no such ref. Everything else is said.
    if output.status.code() == Some(1) && output.stderr.is_empty() {
        return Ok(None);
    }
    Err(failed(said(&output.stderr)))
}
