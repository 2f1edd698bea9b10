//! INI files as Python's `configparser` splits them, with lines. Knows nothing of what a section says.
//!
//! Comments are whole lines that start with `#` or `;`; a value goes on as long as lines are indented deeper than its key,
//! over blank lines too. `%(...)s` stays text, and of a section or key that is there twice, both are given.

/// A section and its keys, in the order of the file.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Section<'t> {
    pub name: &'t str,
    pub keys: Vec<Key<'t>>,
    /// Lines in it that are neither key nor value, which `configparser` refuses.
    pub strays: Vec<(u32, &'t str)>,
}

/// `name = value`, where the value may have several lines.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Key<'t> {
    pub name: &'t str,
    /// 1-based line.
    pub line: u32,
    /// The lines of the value that are not blank, trimmed, each with its 1-based line.
    pub value: Vec<(u32, &'t str)>,
}

impl Key<'_> {
    /// Whether this is the key `name`, written with `-` or `_`, in any case.
    pub(super) fn is(&self, name: &str) -> bool {
        let normal = |byte: u8| if byte == b'-' { b'_' } else { byte.to_ascii_lowercase() };
        self.name.len() == name.len() && self.name.bytes().map(normal).eq(name.bytes().map(normal))
    }
}

/// Splits `text`. What stands before the first section belongs to none and is left out.
pub(super) fn sections(text: &str) -> Vec<Section<'_>> {
    sections_of((1..).zip(lines(text)))
}

/// Splits numbered lines, which may be those of a string in another format.
pub(super) fn sections_of<'t>(lines: impl Iterator<Item = (u32, &'t str)>) -> Vec<Section<'t>> {
    let mut sections: Vec<Section<'t>> = Vec::new();
    // How far the key is indented whose value is open.
    let mut open: Option<usize> = None;
    for (line, physical) in lines {
        let trimmed = physical.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        let indent = physical.len() - physical.trim_start().len();
        if open.is_some_and(|of_key| indent > of_key) {
            if let Some(key) = sections.last_mut().and_then(|section| section.keys.last_mut()) {
                key.value.push((line, trimmed));
            }
            continue;
        }
        open = None;
        if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.rsplit_once(']')).map(|(name, _)| name) {
            sections.push(Section { name, keys: Vec::new(), strays: Vec::new() });
            continue;
        }
        let Some(section) = sections.last_mut() else { continue };
        match trimmed.split_once(['=', ':']) {
            Some((name, value)) if !name.trim().is_empty() => {
                let value = Some(value.trim()).filter(|value| !value.is_empty());
                let value = value.map(|value| (line, value)).into_iter().collect();
                section.keys.push(Key { name: name.trim(), line, value });
                open = Some(indent);
            }
            _ => section.strays.push((line, trimmed)),
        }
    }
    sections
}

/// Lines that end in `\n`, `\r\n` or a lone `\r`.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each key as `section.name@line=value@line|value@line`.
    fn keys(text: &str) -> Vec<String> {
        let value = |key: &Key<'_>| {
            let lines: Vec<String> = key.value.iter().map(|(line, text)| format!("{text}@{line}")).collect();
            lines.join("|")
        };
        let of = |section: &Section<'_>| {
            let keys = section.keys.iter();
            keys.map(|key| format!("{}.{}@{}={}", section.name, key.name, key.line, value(key))).collect::<Vec<_>>()
        };
        sections(text).iter().flat_map(of).collect()
    }

    #[test]
    fn values_go_on_while_lines_are_indented() {
        let text = "x = 1\n[a]\nk = v\n  w\n\n  # no\n; no\n  y ; z\nl: m\r\n[b]\rn=\r  o = p\r  [q]\r";
        assert_eq!(keys(text), ["a.k@3=v@3|w@4|y ; z@8", "a.l@9=m@9", "b.n@11=o = p@12|[q]@13"]);
        assert_eq!(keys("[a]\n  k =\n    v\n  l = w\n"), ["a.k@2=v@3", "a.l@4=w@4"]);
        assert_eq!(keys("[a]\nk = %(b)s = c\n"), ["a.k@2=%(b)s = c@2"]);
    }

    #[test]
    fn what_is_there_twice_is_given_twice() {
        assert_eq!(keys("[a]\nk=1\nk=2\n[a]\nk=3\n"), ["a.k@2=1@2", "a.k@3=2@3", "a.k@5=3@5"]);
    }

    #[test]
    fn lines_that_are_none_are_strays() {
        let found = sections("[a]\nk =\n v\nstray\n w\n= x\n[b\n");
        assert_eq!(found[0].strays, [(4, "stray"), (5, "w"), (6, "= x"), (7, "[b")]);
        assert!(sections("").is_empty() && sections("\u{feff}").is_empty());
    }

    #[test]
    fn names_are_compared_as_setuptools_does() {
        let key = Key { name: "Install-Requires", line: 1, value: Vec::new() };
        assert!(key.is("install_requires") && !key.is("install_require") && !key.is("setup_requires"));
    }
}
