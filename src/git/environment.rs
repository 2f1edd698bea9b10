//! The environment variables git itself obeys, as plain data: `cli` reads them, nothing in `git/` does.

use bstr::{ByteSlice as _, ByteVec as _};
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// What the process environment says about the repository. Empty variables count as unset, as in git.
///
/// `GIT_CONFIG_COUNT`, `GIT_CONFIG_PARAMETERS` (`git -c`), `GIT_NAMESPACE` and replace refs have no effect here.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Environment {
    /// `GIT_DIR`: the repository; nothing is searched.
    pub git_dir: Option<PathBuf>,
    /// `GIT_WORK_TREE`: the top of the working tree.
    pub work_tree: Option<PathBuf>,
    /// `GIT_COMMON_DIR`: where shared refs, objects and configuration are.
    pub common_dir: Option<PathBuf>,
    /// `GIT_INDEX_FILE`: what `git commit -a`, `git commit PATH` and the like are about to commit.
    pub index_file: Option<PathBuf>,
    /// `GIT_OBJECT_DIRECTORY`: in a pre-receive hook, the quarantine of the pushed objects.
    pub object_directory: Option<PathBuf>,
    /// `GIT_ALTERNATE_OBJECT_DIRECTORIES`, as given.
    pub alternate_object_directories: Option<OsString>,
    /// `GIT_CEILING_DIRECTORIES`, split: the search for a repository stops below these.
    pub ceiling_directories: Vec<PathBuf>,
    /// The ids of `GITHEAD_<id>`: the commits `git merge` is merging, known in pre-merge-commit only this way.
    pub merge_heads: Vec<String>,
    /// `PATH`: where `git` is found for the one thing that needs it, a ref of a reftable repository.
    pub path: Option<OsString>,
    /// `HOME`, for `~/` in the configuration.
    pub home: Option<PathBuf>,
    /// The configuration files outside of the repository, weakest first; they only decide where hooks are.
    ///
    /// From `GIT_CONFIG_SYSTEM`, `GIT_CONFIG_NOSYSTEM`, `GIT_CONFIG_GLOBAL`, `XDG_CONFIG_HOME` and `HOME`.
    pub outer_configuration: Vec<PathBuf>,
}

impl Environment {
    /// Picks what matters out of all variables, as `std::env::vars_os` gives them.
    pub fn from_variables(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let mut environment = Self::default();
        let (mut system, mut no_system, mut global, mut xdg) = (None, false, None, None);
        for (name, value) in variables {
            let Some(name) = name.to_str() else { continue };
            if let Some(id) = name.strip_prefix("GITHEAD_") {
                environment.merge_heads.push(id.to_owned());
            }
            if value.is_empty() && name != "GIT_CONFIG_GLOBAL" {
                continue;
            }
            match name {
                "GIT_DIR" => environment.git_dir = Some(value.into()),
                "GIT_WORK_TREE" => environment.work_tree = Some(value.into()),
                "GIT_COMMON_DIR" => environment.common_dir = Some(value.into()),
                "GIT_INDEX_FILE" => environment.index_file = Some(value.into()),
                "GIT_OBJECT_DIRECTORY" => environment.object_directory = Some(value.into()),
                "GIT_ALTERNATE_OBJECT_DIRECTORIES" => environment.alternate_object_directories = Some(value),
                "GIT_CEILING_DIRECTORIES" => environment.ceiling_directories = split(&value),
                "PATH" => environment.path = Some(value),
                "HOME" => environment.home = Some(value.into()),
                "GIT_CONFIG_SYSTEM" => system = Some(PathBuf::from(value)),
                "GIT_CONFIG_NOSYSTEM" => no_system = !["0", "false", "no", "off"].iter().any(|no| value == *no),
                "GIT_CONFIG_GLOBAL" => global = Some(PathBuf::from(value)),
                "XDG_CONFIG_HOME" => xdg = Some(PathBuf::from(value)),
                _ => {}
            }
        }
        environment.merge_heads.sort();
        let outer = &mut environment.outer_configuration;
        if !no_system {
            outer.push(system.unwrap_or_else(|| "/etc/gitconfig".into()));
        }
        match (global, &environment.home) {
            (Some(file), _) => outer.extend((!file.as_os_str().is_empty()).then_some(file)),
            (None, home) => {
                let xdg = xdg.or_else(|| home.as_ref().map(|home| home.join(".config")));
                outer.extend(xdg.map(|directory| directory.join("git/config")));
                outer.extend(home.as_ref().map(|home| home.join(".gitconfig")));
            }
        }
        environment
    }
}

/// The directories of a list as git writes it: one that starts with `"` is quoted as in C, so that it can hold the separator.
pub(super) fn split(list: &OsStr) -> Vec<PathBuf> {
    let separator = if cfg!(windows) { b';' } else { b':' };
    let bytes = Vec::from_os_str_lossy(list);
    let mut rest: &[u8] = &bytes;
    let mut directories = Vec::new();
    while !rest.is_empty() {
        let unquoted = if rest[0] == b'"' { gix::quote::ansi_c::undo(rest.as_bstr()).ok() } else { None };
        let (directory, used) = unquoted.unwrap_or_else(|| {
            let end = rest.find_byte(separator).unwrap_or(rest.len());
            (rest[..end].as_bstr().into(), end)
        });
        if !directory.is_empty() {
            directories.push(directory.to_path_lossy().into_owned());
        }
        rest = rest.get(used + 1..).unwrap_or_default();
    }
    directories
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::from_variables(variables.iter().map(|(name, value)| ((*name).into(), (*value).into())))
    }

    #[test]
    #[cfg(unix)]
    fn quoted_alternates_may_hold_the_separator() {
        assert_eq!(split(OsStr::new(r#"/a:"/b:\"c":/d:"#)), ["/a", "/b:\"c", "/d"].map(PathBuf::from));
    }

    #[test]
    fn empty_variables_count_as_unset() {
        assert_eq!(environment(&[("GIT_DIR", ""), ("GIT_INDEX_FILE", "")]).git_dir, None);
        assert_eq!(environment(&[("GITHEAD_abc", "main")]).merge_heads, ["abc"]);
    }

    #[test]
    fn outer_configuration_is_weakest_first_and_can_be_switched_off() {
        let found = environment(&[("HOME", "/h"), ("GIT_CONFIG_SYSTEM", "/s")]);
        assert_eq!(found.outer_configuration, ["/s", "/h/.config/git/config", "/h/.gitconfig"].map(PathBuf::from));
        let found = environment(&[("HOME", "/h"), ("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/g")]);
        assert_eq!(found.outer_configuration, ["/g"].map(PathBuf::from));
    }
}
