//! `picklegate install` and `picklegate uninstall`: the only commands that write to a repository, and only its hooks.

use super::arguments::InstallArguments;
use super::hook::{self, Found, HOOKS};
use super::{Failure, output, repository};
use crate::gate::Outcome;
use crate::git::Repository;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Writes the hooks. Where one of them is somebody else's, writes none.
pub fn install(arguments: &InstallArguments) -> Result<Outcome, Failure> {
    let binary = std::env::current_exe().map_err(|error| Failure::new(format!("cannot tell where I am: {error}")))?;
    let text = hook::text(&binary).map_err(Failure::new)?;
    let repository = repository::discover()?;
    if repository.is_bare() {
        let message = format!("{}: nothing is committed in a bare repository", output::shown(repository.git_dir()));
        return Err(Failure::new(message).hint("install the hooks where people commit"));
    }
    let directory = hooks_directory(&repository)?;
    let hooks = look(&directory)?;
    if let Some((foreign, _)) = hooks.iter().find(|(_, found)| *found == Found::Foreign) {
        let failure = Failure::new(format!("{}: another hook is there; it was left alone", output::shown(foreign)));
        return Err(failure.hint(way_in(&repository, &binary)?));
    }
    for (path, _) in hooks {
        if !arguments.dry_run {
            write(&path, &text)
                .map_err(|error| Failure::new(format!("{}: cannot write: {error}", output::shown(&path))))?;
        }
        tell(&path, if arguments.dry_run { "would write" } else { "wrote" })?;
    }
    Ok(Outcome::Clean)
}

/// Removes the hooks that we wrote, and only those.
pub fn uninstall(arguments: &InstallArguments) -> Result<Outcome, Failure> {
    let directory = repository::discover()?.hooks_directory()?.path;
    for (path, found) in look(&directory)? {
        match found {
            Found::Nothing => tell(&path, "not there:")?,
            Found::Foreign => tell(&path, "left alone, because `picklegate install` did not write it:")?,
            Found::Ours if arguments.dry_run => tell(&path, "would remove")?,
            Found::Ours => {
                std::fs::remove_file(&path)
                    .map_err(|error| Failure::new(format!("{}: cannot remove: {error}", output::shown(&path))))?;
                tell(&path, "removed")?;
            }
        }
    }
    Ok(Outcome::Clean)
}

/// Where this repository's own hooks go.
fn hooks_directory(repository: &Repository) -> Result<PathBuf, Failure> {
    let hooks = repository.hooks_directory()?;
    let Some(set_by) = hooks.set_by else { return Ok(hooks.path) };
    let is_own = |inside: &Path| hooks.path.starts_with(inside);
    let own = is_own(repository.common_dir()) || repository.work_tree().is_some_and(is_own);
    // husky makes this directory anew whenever it installs.
    let is_husky = hooks.path.ends_with(".husky/_");
    if own && !is_husky {
        return Ok(hooks.path);
    }
    let problem = if is_husky { "which belongs to husky" } else { "which is not of this repository alone" };
    let (set_by, path) = (output::shown(&set_by), output::shown(&hooks.path));
    let message = format!("{set_by}: sets core.hooksPath to {path}, {problem}");
    let binary = std::env::current_exe().unwrap_or_else(|_| "picklegate".into());
    Err(Failure::new(message).hint(way_in(repository, &binary)?))
}

fn look(directory: &Path) -> Result<Vec<(PathBuf, Found)>, Failure> {
    let look = |name| {
        let path = directory.join(name);
        match hook::look(&path) {
            Ok(found) => Ok((path, found)),
            Err(error) => Err(Failure::new(format!("{}: cannot read: {error}", output::shown(&path)))),
        }
    };
    HOOKS.into_iter().map(look).collect()
}

/// What to add to the hooks that are there already, in the words of the tool that manages them.
fn way_in(repository: &Repository, binary: &Path) -> Result<String, Failure> {
    let has = |name: &str| repository.work_tree().is_some_and(|top| top.join(name).exists());
    let lefthook = ["lefthook.yml", "lefthook.yaml", ".lefthook.yml", ".lefthook.yaml"];
    Ok(if has(".husky") {
        "add this line to .husky/pre-commit:\npicklegate check --quiet".into()
    } else if lefthook.into_iter().any(has) {
        "add this to lefthook.yml:\npre-commit:\n  jobs:\n    - name: picklegate\n      run: picklegate check --quiet"
            .into()
    } else if has(".pre-commit-config.yaml") {
        PRE_COMMIT.into()
    } else {
        let binary = hook::quoted(binary).map_err(Failure::new)?;
        format!("add this line to your hook, after its first line:\n{binary} check --quiet || exit")
    })
}

/// The entry for the pre-commit framework, and for prek.
const PRE_COMMIT: &str = "\
add this to .pre-commit-config.yaml, under `repos:`
  - repo: local
    hooks:
      - id: picklegate
        name: picklegate
        entry: picklegate check --quiet
        language: system
        pass_filenames: false
        always_run: true";

/// Writes beside `path` and renames, so that git never runs half a hook.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let directory = path.parent().expect("a hook is in a directory");
    std::fs::create_dir_all(directory)?;
    let mut file = tempfile::Builder::new().prefix(".picklegate-").tempfile_in(directory)?;
    file.write_all(text.as_bytes())?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o755))?;
    }
    file.persist(path)?;
    Ok(())
}

fn tell(path: &Path, verb: &str) -> Result<(), Failure> {
    output::print(format!("{verb} {}\n", output::shown(path)))
}
