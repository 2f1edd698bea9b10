//! The headers of `METADATA` and `PKG-INFO`; the description below them is never looked at.

use super::site::Word;
use std::borrow::Cow;

/// What matters of the headers, each with its 1-based line.
#[derive(Default, PartialEq, Eq, Debug)]
pub(super) struct Metadata {
    pub name: Option<Word>,
    pub version: Option<Word>,
    /// The values of `Requires-Dist`.
    pub requires: Vec<String>,
}

impl Metadata {
    /// Reads the headers of `text`. Of headers that may stand once, the first counts.
    pub(super) fn parse(text: &str) -> Self {
        let mut metadata = Self::default();
        for (key, value, line) in headers(text) {
            let word = |value: Cow<'_, str>| Some(Word { text: value.into_owned(), line });
            if key.eq_ignore_ascii_case("Name") && metadata.name.is_none() {
                metadata.name = word(value);
            } else if key.eq_ignore_ascii_case("Version") && metadata.version.is_none() {
                metadata.version = word(value);
            } else if key.eq_ignore_ascii_case("Requires-Dist") {
                metadata.requires.push(value.into_owned());
            }
        }
        metadata
    }
}

/// Key, value and line of each header before the first empty line.
pub(super) fn headers(text: &str) -> impl Iterator<Item = (&str, Cow<'_, str>, u32)> {
    let head = text.lines().zip(1..).take_while(|(line, _)| !line.is_empty());
    let mut lines = head.peekable();
    std::iter::from_fn(move || {
        loop {
            let (line, number) = lines.next()?;
            let Some((key, value)) = line.split_once(':') else { continue };
            let mut value = Cow::Borrowed(value.trim());
            while let Some((more, _)) = lines.next_if(|(line, _)| line.starts_with([' ', '\t'])) {
                value.to_mut().push(' ');
                value.to_mut().push_str(more.trim());
            }
            return Some((key, value, number));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_end_at_the_first_empty_line() {
        let text = "Metadata-Version: 2.1\r\nname: Torch\r\nVERSION:2.3.1\r\nDescription: a\r\n        Name: no\r\n\
                    Requires-Dist: numpy\r\n   ; extra == 'x'\r\n\r\nVersion: 9\r\nRequires-Dist: no\r\n";
        let word = |text: &str, line| Some(Word { text: text.into(), line });
        let requires = vec!["numpy ; extra == 'x'".to_owned()];
        assert_eq!(Metadata::parse(text), Metadata { name: word("Torch", 2), version: word("2.3.1", 3), requires });
        for text in ["", "\nName: a\n", "Name a\n", ":\n: :\n", " Name: a"] {
            assert_eq!(Metadata::parse(text).version, None, "{text:?}");
        }
    }
}
