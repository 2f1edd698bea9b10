//! Bytes of a Python file to text, as PEP 263 says: byte order mark, coding cookie, UTF-8.

use std::borrow::Cow;

/// The text of `bytes` without a byte order mark, or why Python could not read it either.
///
/// Invalid bytes become U+FFFD: Python refuses such a file, but all ASCII in it is kept, so it can be judged.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, String> {
    for (mark, name) in [(&b"\xff\xfe"[..], "UTF-16"), (b"\xfe\xff", "UTF-16"), (b"\0\0\xfe\xff", "UTF-32")] {
        if bytes.starts_with(mark) {
            return Err(format!(
                "it starts with a {name} byte order mark; Python source must be UTF-8, convert the file"
            ));
        }
    }
    let (body, marked) = bytes.strip_prefix(b"\xef\xbb\xbf").map_or((bytes, false), |rest| (rest, true));
    let encoding = match cookie(body) {
        Some(name) if !marked => name,
        _ => "utf-8".to_owned(),
    };
    match decoder(&encoding) {
        Some(Decoder::Utf8) => Ok(String::from_utf8_lossy(body)),
        Some(Decoder::Latin1) => Ok(encoding_rs::mem::decode_latin1(body)),
        Some(Decoder::Table(table)) => Ok(table.decode_without_bom_handling(body).0),
        None => Err(format!("its coding cookie says `{encoding}`, which cannot be read here; save the file as UTF-8")),
    }
}

/// Whether `bytes` declare an encoding other than UTF-8, so that they must be decoded before anything is searched.
pub fn is_foreign(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xff\xfe")
        || bytes.starts_with(b"\xfe\xff")
        || bytes.starts_with(b"\0\0\xfe\xff")
        || cookie(bytes).is_some_and(|name| !matches!(decoder(&name), Some(Decoder::Utf8)))
}

/// The encoding named by a coding cookie: in a comment alone on the first or second line.
fn cookie(bytes: &[u8]) -> Option<String> {
    let mut rest = bytes;
    for _ in 0..2 {
        let end = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        let line = rest[..end].trim_ascii_start();
        let line = line.strip_prefix(b"\x0c").unwrap_or(line).trim_ascii_start();
        if let Some(name) = line.strip_prefix(b"#").and_then(cookie_in) {
            return Some(name);
        }
        if !line.is_empty() && line[0] != b'#' {
            return None;
        }
        let skip = if rest[end..].starts_with(b"\r\n") { 2 } else { 1 };
        rest = rest.get(end + skip..)?;
    }
    None
}

/// The name after `coding:` or `coding=`.
fn cookie_in(comment: &[u8]) -> Option<String> {
    memchr::memmem::find_iter(comment, b"coding").find_map(|at| {
        let rest = &comment[at + b"coding".len()..];
        let rest = rest.strip_prefix(b":").or_else(|| rest.strip_prefix(b"="))?;
        let rest = rest.trim_ascii_start();
        let end = rest.iter().position(|b| !(b.is_ascii_alphanumeric() || b"-_.".contains(b))).unwrap_or(rest.len());
        (end > 0).then(|| String::from_utf8_lossy(&rest[..end]).to_ascii_lowercase())
    })
}

enum Decoder {
    Utf8,
    Latin1,
    Table(&'static encoding_rs::Encoding),
}

/// Python's names for the encodings that keep ASCII as it is.
fn decoder(name: &str) -> Option<Decoder> {
    let name: String = name.chars().map(|c| if matches!(c, '_' | '.') { '-' } else { c }).collect();
    let table = match name.as_str() {
        "utf-8" | "utf8" | "u8" | "utf" | "utf-8-sig" | "utf8-sig" | "cp65001" | "ascii" | "us-ascii" | "646" => {
            return Some(Decoder::Utf8);
        }
        _ if name.starts_with("utf-8-") || name.starts_with("utf8-") => return Some(Decoder::Utf8),
        "latin-1" | "latin1" | "latin" | "l1" | "iso-8859-1" | "iso8859-1" | "iso-8859-1-unix" | "iso-latin-1"
        | "8859" | "cp819" => return Some(Decoder::Latin1),
        _ if ["latin-1-", "iso-8859-1-", "iso-latin-1-"].iter().any(|prefix| name.starts_with(prefix)) => {
            return Some(Decoder::Latin1);
        }
        "shift-jis" | "shiftjis" | "sjis" | "s-jis" | "csshiftjis" | "cp932" | "932" | "ms932" | "mskanji"
        | "ms-kanji" | "windows-31j" => encoding_rs::SHIFT_JIS,
        "euc-jp" | "eucjp" | "ujis" | "u-jis" => encoding_rs::EUC_JP,
        "euc-kr" | "euckr" | "korean" | "ksc5601" | "ks-c-5601" | "cp949" | "949" | "ms949" | "uhc" => {
            encoding_rs::EUC_KR
        }
        "gbk" | "936" | "cp936" | "ms936" | "gb2312" | "chinese" | "csiso58gb231280" | "euc-cn" | "euccn"
        | "gb2312-1980" | "gb2312-80" => encoding_rs::GBK,
        "gb18030" | "gb18030-2000" => encoding_rs::GB18030,
        "big5" | "big5-tw" | "csbig5" | "cp950" | "950" | "ms950" | "big5-hkscs" | "big5hkscs" | "hkscs" => {
            encoding_rs::BIG5
        }
        "koi8-r" | "cskoi8r" => encoding_rs::KOI8_R,
        "koi8-u" => encoding_rs::KOI8_U,
        "mac-roman" | "macroman" | "macintosh" => encoding_rs::MACINTOSH,
        "mac-cyrillic" | "maccyrillic" => encoding_rs::X_MAC_CYRILLIC,
        "cp866" | "866" | "ibm866" => encoding_rs::IBM866,
        "tis-620" | "tis620" | "iso-8859-11" | "thai" | "cp874" => encoding_rs::WINDOWS_874,
        "latin2" | "latin-2" | "l2" => encoding_rs::ISO_8859_2,
        "latin3" | "l3" => encoding_rs::ISO_8859_3,
        "latin4" | "l4" => encoding_rs::ISO_8859_4,
        "cyrillic" => encoding_rs::ISO_8859_5,
        "arabic" => encoding_rs::ISO_8859_6,
        "greek" | "greek8" => encoding_rs::ISO_8859_7,
        "hebrew" => encoding_rs::ISO_8859_8,
        "latin9" | "latin-9" | "l9" => encoding_rs::ISO_8859_15,
        "latin10" | "l10" => encoding_rs::ISO_8859_16,
        _ => return numbered(&name).map(Decoder::Table),
    };
    Some(Decoder::Table(table))
}

/// `cp1252`, `windows-1252`, `1252`, `iso-8859-15`, `iso8859-15`.
fn numbered(name: &str) -> Option<&'static encoding_rs::Encoding> {
    let code_page = name.strip_prefix("windows-").or_else(|| name.strip_prefix("cp")).unwrap_or(name);
    let label = match code_page.parse::<u16>() {
        Ok(number @ 1250..=1258) => format!("windows-{number}"),
        _ => {
            let part = name.strip_prefix("iso-8859-").or_else(|| name.strip_prefix("iso8859-"))?;
            format!("iso-8859-{}", part.parse::<u8>().ok()?)
        }
    };
    encoding_rs::Encoding::for_label_no_replacement(label.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_read_from_the_first_two_lines_only() {
        let latin1 = b"#!/usr/bin/python\n# -*- coding: latin-1 -*-\nx = '\xe9'\n";
        assert_eq!(decode(latin1).as_deref(), Ok("#!/usr/bin/python\n# -*- coding: latin-1 -*-\nx = 'é'\n"));
        assert_eq!(cookie(b"import x\n# coding: latin-1\n"), None);
        assert_eq!(cookie(b"\n\n# coding: latin-1\n"), None);
        assert_eq!(cookie(b"# vim: set fileencoding=Shift_JIS :\r\n"), Some("shift_jis".into()));
        assert_eq!(cookie(b"#\r# coding=cp1252"), Some("cp1252".into()));
    }

    #[test]
    fn every_codec_that_changes_ascii_is_refused() {
        for name in
            ["utf-7", "utf_7", "rot13", "unicode_escape", "raw_unicode_escape", "utf-16", "hz", "iso2022_jp", "idna"]
        {
            let source = format!("# coding: {name}\nimport pickle\n");
            assert!(decode(source.as_bytes()).is_err_and(|reason| reason.contains(name)), "{name}");
            assert!(is_foreign(source.as_bytes()), "{name}");
        }
    }

    #[test]
    fn what_is_not_utf8_keeps_its_ascii() {
        assert_eq!(decode(b"x = '\xe9'\n").as_deref(), Ok("x = '\u{fffd}'\n"));
        assert_eq!(decode(b"\xef\xbb\xbfx = 1\n").as_deref(), Ok("x = 1\n"));
        assert!(decode(b"\xff\xfex\0").is_err());
    }

    #[test]
    fn python_names_are_known() {
        for name in
            ["cp1252", "windows-1251", "iso-8859-15", "iso8859_2", "euc_jp", "gbk", "big5", "koi8-r", "utf-8-sig"]
        {
            assert!(decoder(name).is_some(), "{name}");
        }
    }
}
