//! What a manifest format is, and the one way to read a file in any of them.

use super::reading::Reading;
use super::{FORMATS, ci, conda_environment, conda_recipe, pdm_lock, poetry_lock, pylock, requirements, text, uv_lock};
use crate::snapshot::RepoPath;
use bstr::ByteSlice as _;

/// Larger manifests are not read: a hostile one takes some 100 times its size in memory.
pub(super) const MAX_BYTES: usize = 8 << 20;

/// Formats that are read package by package, up to the size of files that git gives.
const IN_PIECES: [&str; 4] = [uv_lock::FORMAT, poetry_lock::FORMAT, pdm_lock::FORMAT, pylock::FORMAT];
const MAX_BYTES_IN_PIECES: usize = 64 << 20;

/// A manifest format. Adding one is its file, and a line in [`FORMATS`].
pub(super) struct Format {
    pub name: &'static str,
    /// Whether a file of this name, in a directory of that path, is one.
    pub is_manifest: fn(&str, &str) -> bool,
    /// When its entries count.
    pub tier: Tier,
    /// Reads the text; never fails.
    pub read: fn(&mut Reading, &str),
}

impl Format {
    pub(super) const fn new(
        name: &'static str,
        tier: Tier,
        is_manifest: fn(&str, &str) -> bool,
        read: fn(&mut Reading, &str),
    ) -> Self {
        Self { name, is_manifest, tier, read }
    }
}

/// When entries count for the version of a distribution.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Tier {
    /// Always: the manifests and locks of a project.
    Project,
    /// Where no manifest of a project, in any directory above, has evidence: what test runners and CI jobs install.
    LastResort,
}

/// The format that reads `path`, by its name alone.
pub(super) fn of(path: &RepoPath) -> Option<&'static Format> {
    let name = path.file_name().to_str().ok()?;
    let parent = path.parent();
    let parent = parent.as_ref().and_then(|parent| parent.as_bytes().to_str().ok()).unwrap_or("");
    FORMATS.iter().find(|format| (format.is_manifest)(name, parent))
}

/// The directory whose files the manifest at `path` speaks for: its own, but for `requirements/*.txt`, which belong to the
/// directory above, and CI workflows, which belong to the repository.
pub(super) fn home(path: &RepoPath, format: &Format) -> RepoPath {
    let own = path.parent().unwrap_or_default();
    let levels = BORROWED.iter().find(|(name, below)| *name == format.name && is_below(&own, below));
    let levels = levels.map_or(0, |(_, below)| below.split('/').count());
    (0..levels).fold(own, |directory, _| directory.parent().unwrap_or_default())
}

/// Formats and the directories from which their files speak for a directory above.
pub(super) const BORROWED: &[(&str, &str)] = &[
    (requirements::FORMAT, requirements::DIRECTORY),
    (conda_environment::FORMAT, "envs"),
    (conda_environment::FORMAT, "conda"),
    (conda_environment::FORMAT, "conda/environments"),
    (conda_environment::FORMAT, "binder"),
    (conda_environment::FORMAT, ".binder"),
    (conda_recipe::FORMAT, "conda"),
    (conda_recipe::FORMAT, "conda.recipe"),
    (conda_recipe::FORMAT, "recipe"),
    (ci::WORKFLOW, ".github/workflows"),
    (ci::WORKFLOW, ".gitea/workflows"),
    (ci::WORKFLOW, ".forgejo/workflows"),
    (ci::WORKFLOW, ".circleci"),
];

/// Whether `directory` is one that the format called `name` has for files that speak for a directory above.
pub(super) fn is_borrowed(name: &str, directory: &str) -> bool {
    let directory = RepoPath::from(directory);
    BORROWED.iter().any(|(format, below)| *format == name && is_below(&directory, below))
}

fn is_below(directory: &RepoPath, below: &str) -> bool {
    directory
        .as_bytes()
        .strip_suffix(below.as_bytes())
        .is_some_and(|before| before.is_empty() || before.ends_with(b"/"))
}

/// The format of files that are included under any name.
pub(super) fn requirements() -> &'static Format {
    FORMATS.iter().find(|format| format.name == requirements::FORMAT).expect("it is in the list above")
}

/// Reads the bytes of one manifest.
pub(super) fn read(format: &Format, path: &RepoPath, bytes: &[u8]) -> Reading {
    let mut reading = Reading::new(path, format.name);
    let most = if IN_PIECES.contains(&format.name) { MAX_BYTES_IN_PIECES } else { MAX_BYTES };
    if bytes.len() > most {
        reading.unread(1, format!("{} bytes, more than the {most} that are read of a manifest", bytes.len()));
        return reading;
    }
    match text::decode(bytes) {
        Err(problem) => reading.unread(1, problem),
        Ok(decoded) => {
            let (text, conflict) = text::without_conflict_markers(decoded);
            if let Some(line) = conflict {
                reading.odd(line, "found the markers of an unresolved merge; both sides count");
            }
            (format.read)(&mut reading, &text);
        }
    }
    reading
}
