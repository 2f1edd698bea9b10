//! Letters that Python takes for others: identifiers are compared in NFKC form.

/// Code points other than ASCII that may stand in an identifier and that Python's NFKC normalisation turns into ASCII
/// letters, digits or `_`, as ranges; some in between do not, but are rare.
const FOLDING: &[(u32, u32)] = &[
    (0xaa, 0xaa),
    (0xba, 0xba),
    (0x132, 0x133),
    (0x13f, 0x140),
    (0x149, 0x149),
    (0x17f, 0x17f),
    (0x1c4, 0x1cc),
    (0x1f1, 0x1f3),
    (0x2b0, 0x2b8),
    (0x2e1, 0x2e3),
    (0x1d2c, 0x1d65),
    (0x1d9c, 0x1dbb),
    (0x1e9a, 0x1e9a),
    (0x2071, 0x209c),
    (0x2102, 0x2102),
    (0x210a, 0x2115),
    (0x2119, 0x211d),
    (0x2124, 0x2149),
    (0x2160, 0x217f),
    (0x2c7c, 0x2c7d),
    (0xa7f1, 0xa7f4),
    (0xfb00, 0xfb06),
    (0xfe33, 0xfe34),
    (0xfe4d, 0xfe4f),
    (0xff10, 0xff19),
    (0xff21, 0xff3a),
    (0xff3f, 0xff3f),
    (0xff41, 0xff5a),
    (0x107a5, 0x107a5),
    (0x1ccd6, 0x1ccf9),
    (0x1d400, 0x1d7ff),
    (0x1fbf0, 0x1fbf9),
];

/// Whether a character of [`FOLDING`] is in `text`.
pub(super) fn folds_to_ascii(text: &[u8]) -> bool {
    let mut rest = text;
    loop {
        let ascii = rest.chunks(64).take_while(|chunk| chunk.is_ascii()).map(<[u8]>::len).sum();
        rest = &rest[ascii..];
        let Some(start) = rest.iter().position(|byte| !byte.is_ascii()) else { return false };
        let length = match rest[start] {
            0..0xe0 => 2,
            0xe0..0xf0 => 3,
            0xf0.. => 4,
        };
        let end = (start + length).min(rest.len());
        let character = std::str::from_utf8(&rest[start..end]).ok();
        if character.is_some_and(|character| character.chars().any(folds)) {
            return true;
        }
        rest = &rest[if character.is_some() { end } else { start + 1 }..];
    }
}

fn folds(c: char) -> bool {
    let c = c as u32;
    // Most text that is not ASCII is in these.
    if matches!(c, 0..0xaa | 0x300..0x1d00 | 0x2e80..0xa700 | 0xac00..0xd800) {
        return false;
    }
    let next = FOLDING.partition_point(|&(_, to)| to < c);
    FOLDING.get(next).is_some_and(|&(from, _)| from <= c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_normalization::UnicodeNormalization as _;

    #[test]
    fn letters_are_found_between_others() {
        let padding = "é—中".repeat(50);
        for text in [format!("{padding}ｐ"), format!("{padding}{}ｐ{padding}", "x".repeat(200)), "𝐩".to_owned()] {
            assert!(folds_to_ascii(text.as_bytes()), "{text}");
        }
        assert!(folds_to_ascii(b"\xe9\xff\xef\xbd\x90") && !folds_to_ascii(b"\xef\xbd"));
        assert!(!folds_to_ascii(padding.as_bytes()) && !folds_to_ascii(&[0xff; 200]));
    }

    #[test]
    fn every_letter_that_folds_is_in_the_table() {
        // Letters in circles and squares are no identifiers.
        let enclosed = |c: char| matches!(c as u32, 0x24b6..=0x24e9 | 0x1f130..=0x1f189);
        for c in ('\u{80}'..=char::MAX).filter(|&c| c.is_alphabetic() && !enclosed(c)) {
            assert!(folds(c) || !c.nfkc().any(|c| c.is_ascii_alphanumeric()), "{c:?}");
        }
    }
}
