//! The manifest formats: which file names each reads, and one way to read any of them.

use super::reading::Reading;
use super::{poetry_lock, pylock, pyproject, requirements, text, uv_lock};
use crate::snapshot::RepoPath;
use bstr::ByteSlice as _;

/// Larger manifests are not read: a hostile one takes some 100 times its size in memory.
const MAX_BYTES: usize = 8 << 20;

/// A manifest format: adding one is its file and a line in [`FORMATS`].
pub(super) struct Format {
    pub name: &'static str,
    /// Whether a file of this name, in a directory of that name, is one.
    pub is_manifest: fn(&str, &str) -> bool,
    /// Reads the text; never fails.
    pub read: fn(&mut Reading, &str),
}

/// All formats. The first that claims a name reads it.
const FORMATS: &[Format] = &[
    Format { name: pyproject::FORMAT, is_manifest: pyproject::is_manifest, read: pyproject::read },
    Format { name: uv_lock::FORMAT, is_manifest: uv_lock::is_manifest, read: uv_lock::read },
    Format { name: poetry_lock::FORMAT, is_manifest: poetry_lock::is_manifest, read: poetry_lock::read },
    Format { name: pylock::FORMAT, is_manifest: pylock::is_manifest, read: pylock::read },
    Format { name: requirements::FORMAT, is_manifest: requirements::is_manifest, read: requirements::read },
];

/// The format that reads `path`, by its name alone.
pub(super) fn of(path: &RepoPath) -> Option<&'static Format> {
    let name = path.file_name().to_str().ok()?;
    let parent = path.parent();
    let parent = parent.as_ref().and_then(|parent| parent.file_name().to_str().ok()).unwrap_or("");
    FORMATS.iter().find(|format| (format.is_manifest)(name, parent))
}

/// The format of files that are included under any name.
pub(super) fn requirements() -> &'static Format {
    FORMATS.iter().find(|format| format.name == requirements::FORMAT).expect("it is in the list above")
}

/// Reads the bytes of one manifest.
pub(super) fn read(format: &Format, path: &RepoPath, bytes: &[u8]) -> Reading {
    let mut reading = Reading::new(path, format.name);
    if bytes.len() > MAX_BYTES {
        reading.unread(1, format!("{} bytes, more than the {MAX_BYTES} that are read of a manifest", bytes.len()));
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
