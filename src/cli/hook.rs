//! The text of the hook, and what stands where it goes.

use std::io;
use std::path::Path;

/// The hooks that are installed. Git runs the second for a merge without conflicts, where it does not run the first.
pub const HOOKS: [&str; 2] = ["pre-commit", "pre-merge-commit"];

const TEMPLATE: &str = include_str!("../../hook-templates/pre-commit");

/// What the second line of every version of our hook starts with.
const MARKER: &str = "# picklegate hook, version ";

/// What is at the path of a hook.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    /// Nothing.
    Nothing,
    /// A hook that `picklegate install` wrote.
    Ours,
    /// Anything else: it is never written to or removed.
    Foreign,
}

/// The hook that runs `binary`.
///
/// # Errors
/// The path of the binary is not UTF-8, or holds a line break.
pub fn text(binary: &Path) -> Result<String, String> {
    Ok(TEMPLATE.replace("@PICKLEGATE@", &quoted(binary)?))
}

/// `binary` as a POSIX shell reads it back, whatever characters it has.
pub fn quoted(binary: &Path) -> Result<String, String> {
    let path = binary.to_str().filter(|path| !path.contains(['\n', '\r'])).ok_or_else(|| {
        format!("{}: expected a path that is UTF-8 and one line, to name it in a hook", binary.display())
    })?;
    // The shell of Git for Windows takes forward slashes.
    let path = if cfg!(windows) { path.replace('\\', "/") } else { path.to_owned() };
    Ok(format!("'{}'", path.replace('\'', r"'\''")))
}

/// Looks at `path`. A symbolic link is foreign, whatever it points at.
///
/// # Errors
/// What is there cannot be read.
pub fn look(path: &Path) -> io::Result<Found> {
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Found::Nothing),
        Err(error) => Err(error),
        Ok(metadata) if !metadata.is_file() => Ok(Found::Foreign),
        Ok(_) => {
            let content = std::fs::read(path)?;
            let second = content.split(|&byte| byte == b'\n').nth(1).unwrap_or_default();
            Ok(if second.starts_with(MARKER.as_bytes()) { Found::Ours } else { Found::Foreign })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_binary_is_quoted() {
        assert_eq!(quoted(Path::new("/a b/$x/it's")).as_deref(), Ok(r"'/a b/$x/it'\''s'"));
        assert!(quoted(Path::new("/a\nb")).is_err());
        let text = text(Path::new("/opt/pickle gate")).expect("it is one line");
        assert!(text.contains("\n    '/opt/pickle gate' \\\n") && !text.contains('@'), "{text}");
    }

    #[test]
    fn only_what_we_wrote_is_ours() {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let path = directory.path().join("pre-commit");
        let found = |content: &str| {
            std::fs::write(&path, content).expect("it can be written");
            look(&path).expect("it can be read")
        };
        assert_eq!(look(&path).expect("it can be looked for"), Found::Nothing);
        assert_eq!(found(&text(Path::new("/x")).expect("it is one line")), Found::Ours);
        assert_eq!(found("#!/bin/sh\n# picklegate hook, version 7\n"), Found::Ours);
        assert_eq!(found("#!/bin/sh\npicklegate check\n# picklegate hook, version 1\n"), Found::Foreign);
        assert_eq!(found(""), Found::Foreign);
    }
}
