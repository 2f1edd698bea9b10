//! Paths inside a snapshot: bytes, `/`-separated, relative, never touching a file system.

use bstr::{BStr, BString, ByteSlice as _};
use std::fmt;

/// A path inside a snapshot: bytes, `/`-separated, without a leading or trailing slash. The root is the empty path.
///
/// Git allows any byte but NUL in a path, so this is not UTF-8. `Display` escapes what a terminal could act on.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RepoPath(BString);

impl RepoPath {
    /// Takes `bytes` as they are in git's index or trees: already relative and normalised.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(BString::from(bytes.into()))
    }

    /// The root directory of a snapshot.
    pub fn root() -> Self {
        Self::default()
    }

    /// The bytes as git stores them.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether this is the root directory.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The last component; empty for the root.
    pub fn file_name(&self) -> &BStr {
        self.0.rsplit_once_str("/").map_or(self.0.as_bstr(), |(_, name)| name.as_bstr())
    }

    /// The directory that holds this path; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        Some(Self::new(self.0.rsplit_once_str("/").map_or(&b""[..], |(directory, _)| directory)))
    }

    /// The directories above this path, nearest first, ending with the root.
    pub fn ancestors(&self) -> impl Iterator<Item = Self> + use<> {
        std::iter::successors(self.parent(), Self::parent)
    }

    /// Whether this path lies in `directory` or deeper; everything lies in the root.
    pub fn is_inside(&self, directory: &Self) -> bool {
        directory.is_root() || self.0.strip_prefix(directory.as_bytes()).is_some_and(|rest| rest.first() == Some(&b'/'))
    }

    /// The entry `name` of this directory.
    pub fn join(&self, name: &[u8]) -> Self {
        if self.is_root() {
            return Self::new(name);
        }
        let mut bytes = Vec::with_capacity(self.0.len() + 1 + name.len());
        bytes.extend_from_slice(&self.0);
        bytes.push(b'/');
        bytes.extend_from_slice(name);
        Self::new(bytes)
    }

    /// Resolves `relative` (`../base.txt`, `./x`, Windows `\` taken as `/`) against this directory, without touching a disk.
    ///
    /// Returns `None` where it is absolute or leaves the snapshot.
    pub fn resolve(&self, relative: &[u8]) -> Option<Self> {
        let relative: Vec<u8> = relative.iter().map(|&b| if b == b'\\' { b'/' } else { b }).collect();
        if relative.first() == Some(&b'/') || relative.get(1) == Some(&b':') {
            return None;
        }
        let mut parts: Vec<&[u8]> = self.0.split_str("/").filter(|part| !part.is_empty()).collect();
        for part in relative.split_str("/") {
            match part {
                b"" | b"." => {}
                b".." => {
                    parts.pop()?;
                }
                _ => parts.push(part),
            }
        }
        Some(Self::new(bstr::join("/", parts)))
    }
}

impl From<&str> for RepoPath {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_root() {
            return f.write_str(".");
        }
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                if c.is_control() || super::is_bidi_control(c) {
                    write!(f, "{}", c.escape_unicode())?;
                } else {
                    write!(f, "{c}")?;
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ancestors_end_at_the_root() {
        let found: Vec<String> = RepoPath::from("a/b/c.py").ancestors().map(|p| p.to_string()).collect();
        assert_eq!(found, ["a/b", "a", "."]);
        assert_eq!(RepoPath::root().ancestors().count(), 0);
    }

    #[test]
    fn resolve_stays_inside() {
        let dir = RepoPath::from("a/b");
        assert_eq!(dir.resolve(b"../c.txt"), Some(RepoPath::from("a/c.txt")));
        assert_eq!(dir.resolve(b".\\x\\y.txt"), Some(RepoPath::from("a/b/x/y.txt")));
        assert_eq!(dir.resolve(b"../../../etc/passwd"), None);
        assert_eq!(dir.resolve(b"/etc/passwd"), None);
        assert_eq!(dir.resolve(b"C:\\x"), None);
    }

    #[test]
    fn display_escapes_what_a_terminal_acts_on() {
        let path = RepoPath::new(&b"a\x1b[31m\n\xff\xe2\x80\xae.py"[..]);
        assert_eq!(path.to_string(), "a\\u{1b}[31m\\u{a}\\xff\\u{202e}.py");
    }

    #[test]
    fn inside_needs_a_whole_component() {
        assert!(RepoPath::from("a/b.py").is_inside(&RepoPath::from("a")));
        assert!(!RepoPath::from("ab/c.py").is_inside(&RepoPath::from("a")));
        assert!(RepoPath::from("x").is_inside(&RepoPath::root()));
    }
}
