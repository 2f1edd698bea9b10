//! What keeps a repository from being judged, and the way out of each.

use crate::snapshot::{RepoPath, SnapshotError};
use std::path::PathBuf;

/// Why a repository, or something of it, cannot be read. All of these mean: could not judge.
///
/// `Display` says where and what, [`GitError::hint`] what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GitError {
    /// Nothing at or above the directory is a git repository.
    #[error("{}: not inside a git repository", start.display())]
    NotARepository {
        /// Where the search started.
        start: PathBuf,
    },
    /// `GIT_DIR`, a `.git` file or a `commondir` file names something that is no repository.
    #[error("{}: {problem}", path.display())]
    Broken {
        /// The file or directory at fault.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The repository says that only a newer git may read it.
    #[error("{}: {problem}", path.display())]
    UnsupportedFormat {
        /// The configuration file.
        path: PathBuf,
        /// The setting, and what is known.
        problem: String,
    },
    /// The configuration is not in git's syntax, or holds a value of the wrong type.
    #[error("{}: {problem}", path.display())]
    Configuration {
        /// The configuration file.
        path: PathBuf,
        /// What was found.
        problem: String,
    },
    /// `HEAD`, or the branch it names, cannot be read.
    #[error("{name}: {problem}")]
    Reference {
        /// The ref.
        name: String,
        /// What was found.
        problem: String,
    },
    /// A commit, or the tree of one, cannot be read.
    #[error("{name}: {problem}")]
    Object {
        /// What led to the object: `HEAD`, a revision as typed.
        name: String,
        /// The object, and what is wrong with it.
        problem: String,
        /// What to do.
        hint: String,
    },
    /// The index is damaged, or of a kind that only a newer git can read.
    #[error("{}: {problem}", path.display())]
    Index {
        /// The index file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// There is no index, because there is no working tree.
    #[error("{}: a bare repository has nothing staged", path.display())]
    Bare {
        /// The repository.
        path: PathBuf,
    },
    /// A merge, rebase or the like left conflicts in the index.
    #[error("{}: unmerged{}", paths[0], if *count > 1 { format!(", and {} more", count - 1) } else { String::new() })]
    Unmerged {
        /// The first of the conflicted paths.
        paths: Vec<RepoPath>,
        /// How many there are.
        count: usize,
    },
    /// A revision names no commit.
    #[error("`{revision}`: {problem}")]
    Revision {
        /// The revision as typed.
        revision: String,
        /// What was found.
        problem: String,
    },
    /// Two revisions have no common ancestor in what is here of their history.
    #[error("`{from}` and `{to}` have no common ancestor{}", if *shallow { " in this shallow clone" } else { "" })]
    NoMergeBase {
        /// The old side as typed.
        from: String,
        /// The new side as typed.
        to: String,
        /// Whether history was cut off when cloning.
        shallow: bool,
    },
    /// `git`, which alone reads refs of the reftable format, is missing or failed.
    #[error("{}: the refs are stored as reftable, and `git` could not read them: {problem}", path.display())]
    Reftable {
        /// The repository.
        path: PathBuf,
        /// What `git` said.
        problem: String,
    },
    /// A file or directory of a snapshot cannot be read.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
}

impl GitError {
    /// What to do next; empty where the message itself says it.
    pub fn hint(&self) -> &str {
        match self {
            Self::NotARepository { .. } => "change into a repository, or make one with `git init`",
            Self::Broken { .. } => "correct it, or remove what names it; `git status` may say more",
            Self::UnsupportedFormat { .. } => {
                "update picklegate; until then, `git commit --no-verify` commits unchecked"
            }
            Self::Configuration { .. } => "`git config --list --show-origin` names the line: correct it",
            Self::Reference { .. } => {
                "`git reflog <ref>` lists the commits it named, `git update-ref <ref> <commit>` sets it"
            }
            Self::Index { .. } => {
                "keep a copy of the file, then `git reset` makes a new index; stage again what was staged"
            }
            Self::Bare { .. } => "name two commits: `picklegate check --from-ref <old> --to-ref <new>`",
            Self::Unmerged { .. } => "resolve the conflicts, `git add` the files, then commit again",
            Self::Revision { .. } => {
                "`git rev-parse --verify <revision>` shows what git makes of it; `git fetch` may be missing"
            }
            Self::NoMergeBase { shallow: true, .. } => "`git fetch --unshallow` (in CI: check out with full history)",
            Self::NoMergeBase { shallow: false, .. } => "name two commits of one history",
            Self::Reftable { .. } => "put git 2.45 or newer on PATH",
            Self::Object { hint, .. } => hint,
            Self::Snapshot(_) => "",
        }
    }
}

/// The whole chain of causes of `error` on one line, in the style of our own messages.
pub(super) fn reason(error: &(dyn std::error::Error + 'static)) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        // gix classifies errors by causes that say nothing more.
        if !error.is::<gix::error::ClassificationMarker>() {
            let text = error.to_string().replace('\n', " ");
            let text = match text.as_bytes() {
                [first, second, ..] if first.is_ascii_uppercase() && second.is_ascii_lowercase() => {
                    text[..1].to_ascii_lowercase() + &text[1..]
                }
                _ => text,
            };
            if parts.last() != Some(&text) {
                parts.push(text);
            }
        }
        next = error.source();
    }
    parts.join(": ")
}
