//! Bytes of a manifest to text, and byte offsets to lines. Knows nothing of any format.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use std::borrow::Cow;

/// Decodes a manifest: byte order mark, then UTF-16 without one, then the PEP 263 cookie of the first two lines, then UTF-8.
///
/// The error says why the bytes are no text. A byte that does not decode becomes U+FFFD: names and versions are ASCII.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, &'static str> {
    if bytes.starts_with(b"version https://git-lfs.github.com/spec/") {
        return Err("found a Git LFS pointer, expected the file itself; keep manifests out of LFS");
    }
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return Ok(encoding.decode_without_bom_handling(&bytes[mark..]).0);
    }
    match bytes {
        [0, b, ..] if *b != 0 => return Ok(UTF_16BE.decode_without_bom_handling(bytes).0),
        [b, 0, ..] if *b != 0 => return Ok(UTF_16LE.decode_without_bom_handling(bytes).0),
        _ => {}
    }
    if memchr::memchr(0, bytes).is_some() || bytes.starts_with(b"\x1f\x8b") {
        return Err("found binary data, expected text");
    }
    Ok(cookie(bytes).unwrap_or(UTF_8).decode_without_bom_handling(bytes).0)
}

/// The encoding a `# -*- coding: latin-1 -*-` comment in the first two lines names, if it is one we know.
fn cookie(bytes: &[u8]) -> Option<&'static Encoding> {
    for line in bytes.split(|&b| b == b'\n').take(2) {
        let line = line.trim_ascii_start();
        if line.first() != Some(&b'#') {
            continue;
        }
        let line = &line[..line.len().min(200)];
        let Some(at) = line.windows(6).position(|window| window == b"coding") else { continue };
        let Some((b':' | b'=', label)) = line[at + 6..].split_first() else { continue };
        let label = label.trim_ascii_start();
        let end = label.iter().position(|b| !b.is_ascii_alphanumeric() && !b"-_.".contains(b)).unwrap_or(label.len());
        // Python writes `latin-1`, `utf_8`, `cp1252`; the WHATWG labels are `latin1`, `utf-8`, `cp1252`.
        let label = label[..end].to_ascii_lowercase();
        return match &label[..] {
            b"latin-1" | b"latin_1" | b"iso8859-1" | b"iso-8859-15" => Encoding::for_label(b"latin1"),
            other => Encoding::for_label(&other.iter().map(|&b| if b == b'_' { b'-' } else { b }).collect::<Vec<_>>()),
        };
    }
    None
}

/// Where the lines of a text begin; `\n`, `\r\n` and a lone `\r` end one.
pub(super) struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    /// Finds the lines of `text`.
    pub(super) fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let starts = memchr::memchr2_iter(b'\n', b'\r', bytes)
            .filter(|&at| bytes[at] == b'\n' || bytes.get(at + 1) != Some(&b'\n'))
            .map(|at| at + 1);
        Self { starts: std::iter::once(0).chain(starts).collect() }
    }

    /// How many there are; a text that ends in a line end has an empty last one.
    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.starts.len()).unwrap_or(u32::MAX)
    }

    /// The 1-based line of a byte offset.
    pub(super) fn line(&self, offset: usize) -> u32 {
        u32::try_from(self.starts.partition_point(|&start| start <= offset)).unwrap_or(u32::MAX)
    }
}

/// Blanks the lines that git leaves around both sides of a conflict, and gives the line of the first one.
///
/// Both sides stay: what either of them names may be installed.
pub(super) fn without_conflict_markers(text: Cow<'_, str>) -> (Cow<'_, str>, Option<u32>) {
    let is_open = |line: &str| line.starts_with("<<<<<<< ");
    if !(text.starts_with("<<<<<<< ") || text.contains("\n<<<<<<< ")) {
        return (text, None);
    }
    let first = text.lines().position(is_open).map(|index| u32::try_from(index + 1).unwrap_or(u32::MAX));
    let is_marker = |line: &str| {
        is_open(line)
            || line.starts_with(">>>>>>> ")
            || line.starts_with("||||||| ")
            || line.trim_end_matches(['\n', '\r']) == "======="
    };
    let kept = text.split_inclusive('\n').map(|line| if is_marker(line) { "\n" } else { line }).collect();
    (Cow::Owned(kept), first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_that_windows_and_pip_write_are_read() {
        let utf16: Vec<u8> = "torch==2.5.1\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let marked = [&b"\xff\xfe"[..], &utf16].concat();
        for bytes in [&b"torch==2.5.1\r\n"[..], b"\xef\xbb\xbftorch==2.5.1\r\n", &utf16, &marked] {
            assert_eq!(decode(bytes).as_deref(), Ok("torch==2.5.1\r\n"));
        }
        assert_eq!(decode(b"# coding: latin-1\n# \xe9").as_deref(), Ok("# coding: latin-1\n# \u{e9}"));
        assert_eq!(decode(b"# coding: nonsense\n# \xe9").as_deref(), Ok("# coding: nonsense\n# \u{fffd}"));
    }

    #[test]
    fn what_is_no_text_is_said_to_be_none() {
        assert!(decode(b"\x1f\x8b\x08\x01").is_err());
        assert!(decode(b"ab\0c").is_err());
        assert!(decode(b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n").is_err());
    }

    #[test]
    fn lines_are_counted_as_editors_count_them() {
        let lines = Lines::new("a\nb\r\nc\rd");
        assert_eq!([0, 1, 2, 5, 7, 99].map(|offset| lines.line(offset)), [1, 1, 2, 3, 4, 4]);
    }

    #[test]
    fn both_sides_of_a_conflict_stay_on_their_lines() {
        let text = "a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> other\nd\n";
        let (kept, first) = without_conflict_markers(Cow::Borrowed(text));
        assert_eq!((&*kept, first), ("a\n\nb\n\nc\n\nd\n", Some(2)));
        assert_eq!(without_conflict_markers(Cow::Borrowed("=======\n")), (Cow::Borrowed("=======\n"), None));
    }
}
