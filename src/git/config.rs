//! The few settings that decide how a repository must be read, and whether it may be read at all.

use super::error::reason;
use super::{GitError, files};
use gix::config::{File, Source, file::Metadata};
use gix::hash::Kind;
use std::path::{Path, PathBuf};

/// Repository format 1 lets these change how it must be read; any other means that we would misread it.
const EXTENSIONS: &[&str] = &[
    "noop",
    "noop-v1",
    "preciousobjects",
    "partialclone",
    "worktreeconfig",
    "objectformat",
    "compatobjectformat",
    "refstorage",
    "relativeworktrees",
];

/// Those of them that git refuses in a repository that does not call itself format 1.
const ONLY_IN_FORMAT_1: &[&str] = &["noop-v1", "objectformat", "compatobjectformat", "refstorage", "relativeworktrees"];

/// How to read a repository.
pub(super) struct Config {
    /// The hash objects are named by.
    pub hash: Kind,
    /// Whether refs are stored as reftable rather than as files.
    pub reftable: bool,
    /// Whether objects may be absent because a remote promises to have them.
    pub partial_clone: bool,
    /// `core.bare`, where it counts.
    pub bare: Option<bool>,
    /// `core.worktree`, where it counts, relative to the git directory.
    pub work_tree: Option<PathBuf>,
    /// Whether each working tree has a configuration file of its own.
    per_work_tree: bool,
}

impl Config {
    /// Reads `config` of the common directory and, where the repository uses it, `config.worktree`.
    ///
    /// Included files are not read: git does not look there for these settings either.
    pub fn read(git_dir: &Path, common_dir: &Path) -> Result<Self, GitError> {
        let path = common_dir.join("config");
        let Some(file) = parse(&path)? else {
            return Ok(Self {
                hash: Kind::Sha1,
                reftable: false,
                partial_clone: false,
                bare: None,
                work_tree: None,
                per_work_tree: false,
            });
        };
        check_format(&file, &path)?;
        let hash = match lower(&file, "extensions.objectformat").as_deref() {
            None | Some("sha1") => Kind::Sha1,
            Some("sha256") => Kind::Sha256,
            Some(other) => return Err(unknown(&path, "extensions.objectFormat", other, "sha1 and sha256")),
        };
        let reftable = match lower(&file, "extensions.refstorage").as_deref() {
            None | Some("files") => false,
            Some("reftable") => true,
            Some(other) => return Err(unknown(&path, "extensions.refStorage", other, "files and reftable")),
        };
        let promised = |remote: gix::config::file::SectionRef<'_>| {
            remote.value_implicit("promisor").is_some_and(|value| value.is_none_or(|value| is_true(&value)))
        };
        let partial_clone = file.string("extensions.partialclone").is_some()
            || file.sections_by_name("remote").into_iter().flatten().any(promised);

        let per_work_tree = boolean(&file, &path, "extensions.worktreeconfig")?.unwrap_or(false);

        let mut config = Self { hash, reftable, partial_clone, bare: None, work_tree: None, per_work_tree };
        // `core.bare` and `core.worktree` of the shared file speak of the main working tree, not of linked ones.
        if per_work_tree || git_dir == common_dir {
            config.take_place(&file, &path)?;
        }
        if per_work_tree {
            let path = git_dir.join("config.worktree");
            if let Some(file) = parse(&path)? {
                config.take_place(&file, &path)?;
            }
        }
        Ok(config)
    }

    /// The repository's own configuration files, weakest first; they need not exist.
    pub fn files(&self, git_dir: &Path, common_dir: &Path) -> impl Iterator<Item = PathBuf> {
        let own = self.per_work_tree.then(|| git_dir.join("config.worktree"));
        std::iter::once(common_dir.join("config")).chain(own)
    }

    /// Takes over the settings that say where the working tree is.
    fn take_place(&mut self, file: &File, path: &Path) -> Result<(), GitError> {
        use bstr::ByteVec as _;
        self.bare = boolean(file, path, "core.bare")?.or(self.bare);
        let work_tree = file.string("core.worktree").map(|value| Vec::from(value).into_path_buf_lossy());
        self.work_tree = work_tree.or(self.work_tree.take());
        Ok(())
    }
}

/// The `core.hooksPath` in force and the file that sets it, read as git does: includes followed, `~` expanded.
pub(super) fn hooks_path(
    files: impl IntoIterator<Item = PathBuf>,
    home: Option<&Path>,
    git_dir: &Path,
    branch: Option<&gix::refs::FullNameRef>,
) -> Result<Option<(PathBuf, PathBuf)>, GitError> {
    use gix::config::file::{includes, init};
    let interpolate =
        gix::config::path::interpolate::Context { git_install_dir: None, home_dir: home, home_for_user: None };
    let conditional = includes::conditional::Context { git_dir: Some(git_dir), branch_name: branch };
    let includes = includes::Options::follow(interpolate, conditional);
    let mut found = None;
    for path in files {
        let Some(bytes) = files::read_small(&path)? else { continue };
        let failed = |problem: String| GitError::Configuration { path: path.clone(), problem };
        let options = init::Options { includes, lossy: true, ignore_io_errors: true };
        let file = File::from_bytes_owned(&mut { bytes }, Metadata::from(Source::Local).at(&path), options)
            .map_err(|error| failed(reason(&error)))?;
        if let Some(value) = file.path("core.hookspath") {
            let hooks = value.interpolate(interpolate).map_err(|error| failed(reason(&error)))?;
            found = Some((hooks, path));
        }
    }
    Ok(found)
}

/// Parses a configuration file without its includes; `None` where there is none.
fn parse(path: &Path) -> Result<Option<File>, GitError> {
    let Some(bytes) = files::read_small(path)? else { return Ok(None) };
    File::from_bytes_no_includes(&bytes, Metadata::from(Source::Local), Default::default())
        .map(Some)
        .map_err(|error| GitError::Configuration { path: path.to_owned(), problem: reason(&error) })
}

/// Refuses what only a newer git may read.
fn check_format(file: &File, path: &Path) -> Result<(), GitError> {
    let refuse = |problem: String| Err(GitError::UnsupportedFormat { path: path.to_owned(), problem });
    let version = file.integer("core.repositoryformatversion").map_err(|error| GitError::Configuration {
        path: path.to_owned(),
        problem: format!("core.repositoryFormatVersion: {}", reason(&error)),
    })?;
    let version = version.unwrap_or(0);
    if !(0..=1).contains(&version) {
        return refuse(format!("core.repositoryFormatVersion is {version}, known are 0 and 1"));
    }
    for section in file.sections_by_name("extensions").into_iter().flatten() {
        for name in section.value_names() {
            let lower = name.to_ascii_lowercase();
            if version == 1 && !EXTENSIONS.contains(&lower.as_str()) {
                return refuse(format!(
                    "extensions.{name} is not known, and may change how objects or refs are stored"
                ));
            }
            if version == 0 && ONLY_IN_FORMAT_1.contains(&lower.as_str()) {
                return refuse(format!("extensions.{name} needs core.repositoryFormatVersion 1, found 0"));
            }
        }
    }
    Ok(())
}

fn unknown(path: &Path, key: &str, value: &str, known: &str) -> GitError {
    GitError::UnsupportedFormat {
        path: path.to_owned(),
        problem: format!("{key} is `{}`, known are {known}", value.escape_debug()),
    }
}

fn lower(file: &File, key: &str) -> Option<String> {
    file.string(key).map(|value| value.to_string().to_ascii_lowercase())
}

fn boolean(file: &File, path: &Path, key: &str) -> Result<Option<bool>, GitError> {
    file.boolean(key).map_err(|error| GitError::Configuration {
        path: path.to_owned(),
        problem: format!("{key}: {}", reason(&error)),
    })
}

fn is_true(value: &[u8]) -> bool {
    ["true", "yes", "on", "1"].iter().any(|word| value.eq_ignore_ascii_case(word.as_bytes()))
}
