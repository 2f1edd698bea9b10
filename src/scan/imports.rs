//! The imports of a source, found in its bytes without parsing it: enough to know which files may matter to which.
//!
//! What stands in a string or a comment counts as well: a file is then looked at that does not matter.

/// One import statement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Import<'t> {
    /// How many dots precede the module.
    pub level: u32,
    /// The dotted path; empty in `from . import name`.
    pub module: &'t str,
    /// What of it is imported.
    pub members: Members<'t>,
}

/// What of a module is imported.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Members<'t> {
    /// The module itself.
    Module,
    /// `*`
    All,
    /// Members, and the names they are bound to.
    Named(Vec<(&'t str, &'t str)>),
}

/// A statement starts no further than this before its `import`.
const MAX_BEFORE: usize = 512;

/// The imports in `text`, in order.
pub fn imports(text: &[u8]) -> Vec<Import<'_>> {
    let mut found = Vec::new();
    for at in memchr::memmem::find_iter(text, b"import") {
        let from = before(text, at);
        let mut words = Words { text, at: at + "import".len(), inside: false };
        if words.text.get(words.at).is_some_and(|&byte| is_name(byte)) {
            continue;
        }
        match from {
            Before::Other => {}
            Before::Far => found.push(Import { level: 0, module: "", members: Members::All }),
            Before::Start => modules(&mut words, &mut found),
            Before::From(module) => {
                let path = module.trim_start_matches('.');
                let level = (module.len() - path.len()) as u32;
                found.push(Import { level, module: path, members: members(&mut words) });
            }
        }
    }
    found
}

/// `a.b as c, d`
fn modules<'t>(words: &mut Words<'t>, found: &mut Vec<Import<'t>>) {
    while let Some(module) = words.name() {
        words.alias();
        found.push(Import { level: 0, module, members: Members::Module });
        if !words.takes(b',') {
            break;
        }
    }
}

/// `a, b as c`, `(a, b)`, `*`
fn members<'t>(words: &mut Words<'t>) -> Members<'t> {
    if words.takes(b'*') {
        return Members::All;
    }
    words.inside = words.takes(b'(');
    let mut named = Vec::new();
    while let Some(name) = words.name() {
        named.push((name, words.alias().unwrap_or(name)));
        if !words.takes(b',') {
            break;
        }
    }
    Members::Named(named)
}

/// What precedes an `import`.
enum Before<'t> {
    /// A statement starts there.
    Start,
    /// `from` and a module.
    From(&'t str),
    /// What is no statement.
    Other,
    /// Blanks, further than is looked: it may be anything.
    Far,
}

fn before(text: &[u8], at: usize) -> Before<'_> {
    let first = at.saturating_sub(MAX_BEFORE);
    let line = trim_end(&text[first..at]);
    let starts = |before: &[u8]| match before.last() {
        None => first == 0,
        Some(b'\n' | b'\r' | b';' | b':' | b'"') => true,
        // The mark of UTF-8 at the start of a file.
        Some(_) => first == 0 && before == b"\xef\xbb\xbf",
    };
    if starts(line) {
        return Before::Start;
    }
    let module = line.iter().rposition(|&byte| !is_name(byte) && byte != b'.').map_or(0, |space| space + 1);
    let (statement, module) = match line[module..].strip_prefix(b"from.") {
        // `from.a import b`
        Some(path) => (&line[..module], &line[line.len() - path.len() - 1..]),
        None => match trim_end(&line[..module]) {
            [] if first > 0 => return Before::Far,
            statement => match statement.strip_suffix(b"from") {
                Some(statement) => (statement, &line[module..]),
                None => return Before::Other,
            },
        },
    };
    match std::str::from_utf8(module) {
        Ok(module) if !module.is_empty() && starts(trim_end(statement)) => Before::From(module),
        _ if first > 0 && trim_end(statement).is_empty() => Before::Far,
        _ => Before::Other,
    }
}

/// Without blanks and continued lines at the end.
fn trim_end(mut text: &[u8]) -> &[u8] {
    loop {
        let trimmed = text.trim_suffix_blanks();
        let line = trimmed.strip_suffix(b"\n").map(|rest| rest.strip_suffix(b"\r").unwrap_or(rest));
        match line.and_then(|rest| rest.strip_suffix(b"\\")) {
            Some(rest) => text = rest,
            None => return trimmed,
        }
    }
}

trait Blanks {
    fn trim_suffix_blanks(&self) -> &Self;
}

impl Blanks for [u8] {
    fn trim_suffix_blanks(&self) -> &Self {
        let end = self.iter().rposition(|byte| !matches!(byte, b' ' | b'\t' | b'\x0c')).map_or(0, |last| last + 1);
        &self[..end]
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 128
}

/// Reads on from a place in a text.
struct Words<'t> {
    text: &'t [u8],
    at: usize,
    /// Between brackets a line does not end.
    inside: bool,
}

impl<'t> Words<'t> {
    /// Moves to what is no blank.
    fn skip(&mut self) {
        while let Some(&byte) = self.text.get(self.at) {
            let rest = &self.text[self.at..];
            match byte {
                b' ' | b'\t' => self.at += 1,
                b'\n' | b'\r' if self.inside => self.at += 1,
                b'#' if self.inside => self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len()),
                b'\\' if rest.starts_with(b"\\\n") => self.at += 2,
                b'\\' if rest.starts_with(b"\\\r\n") => self.at += 3,
                _ => return,
            }
        }
    }

    /// A dotted name.
    fn name(&mut self) -> Option<&'t str> {
        self.skip();
        let rest = &self.text[self.at..];
        let length = rest.iter().position(|&byte| !is_name(byte) && byte != b'.').unwrap_or(rest.len());
        self.at += length;
        std::str::from_utf8(&rest[..length]).ok().filter(|name| !name.is_empty())
    }

    /// The name after `as`.
    fn alias(&mut self) -> Option<&'t str> {
        self.skip();
        let rest = &self.text[self.at..];
        if !rest.starts_with(b"as") || rest.get(2).is_none_or(|&byte| is_name(byte)) {
            return None;
        }
        self.at += 2;
        self.name()
    }

    fn takes(&mut self, byte: u8) -> bool {
        self.skip();
        let is_there = self.text.get(self.at) == Some(&byte);
        self.at += usize::from(is_there);
        is_there
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Vec<String> {
        let one = |import: Import<'_>| {
            let module = format!("{}{}", ".".repeat(import.level as usize), import.module);
            match import.members {
                Members::Module => module,
                Members::All => format!("{module}:*"),
                Members::Named(names) => {
                    let names: Vec<String> = names
                        .into_iter()
                        .map(|(name, alias)| if name == alias { name.to_owned() } else { format!("{name}={alias}") })
                        .collect();
                    format!("{module}:{}", names.join(","))
                }
            }
        };
        imports(text.as_bytes()).into_iter().map(one).collect()
    }

    #[test]
    fn statements_of_every_form_are_found() {
        let cases: &[(&str, &[&str])] = &[
            ("import a", &["a"]),
            ("import a.b as c, d\n", &["a.b", "d"]),
            ("from a.b import c", &["a.b:c"]),
            ("from . import a, b as c\n", &[".:a,b=c"]),
            ("from ..a import *", &["..a:*"]),
            ("from.a import b", &[".a:b"]),
            ("from a import (\n    b,  # why\n    c as d,\n)\n", &["a:b,c=d"]),
            ("from a \\\n  import \\\r\n b, c\nimport d", &["a:b,c", "d"]),
            ("x = 1; import a\nif x: from b import c\n", &["a", "b:c"]),
            ("try:\n    import a\nexcept ImportError:\n\tfrom b import a\r\n", &["a", "b:a"]),
            (r#""import a\n", "from b import c\n""#, &["a", "b:c"]),
            ("from é import ü", &["é:ü"]),
            ("\u{feff}import a\x0c\n\x0cfrom a import b", &["a", "a:b"]),
            ("important = 1\nreimport x\nx.import_module('a')\n# to import a file\n", &[]),
            ("import", &[]),
            ("from import", &[]),
            ("from a import", &["a:"]),
            (&format!("from a{}import b", " ".repeat(600)), &[":*"]),
            (&format!("from {}a import b", " ".repeat(600)), &[":*"]),
            (&format!("from a import {}b", " ".repeat(600)), &["a:b"]),
        ];
        for (text, expected) in cases {
            assert_eq!(written(text), *expected, "{text}");
        }
    }

    #[test]
    fn hostile_text_takes_linear_time() {
        for text in
            ["import ", "from import ", "x import ", "import import, ", "from a import (", "import a as ", " \\\n"]
        {
            imports(text.repeat(300_000).as_bytes());
        }
    }
}
