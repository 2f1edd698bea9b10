//! What the lines of a module say of the names that other files import from it, without parsing: enough to see that a
//! name now stands for something else.

use std::collections::BTreeMap;

/// Values whose change may change what a call in another file does.
const VALUES: &[&str] = &["True", "False", "None", "0", "1"];

/// The names that `source` binds at its top level to a class, an import or a small value, each with what it is bound to.
pub fn outline(source: &[u8]) -> BTreeMap<String, Vec<String>> {
    let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut bind = |name: &str, what: String| names.entry(name.to_owned()).or_default().push(what);
    for import in crate::scan::imports(source) {
        if let crate::scan::Members::Named(members) = &import.members {
            for (member, alias) in members {
                bind(alias, format!("from {}{} import {member}", ".".repeat(import.level as usize), import.module));
            }
        }
    }
    for line in source.split(|byte| matches!(byte, b'\n' | b'\r')) {
        let Ok(line) = std::str::from_utf8(line) else { continue };
        if let Some(class) = line.strip_prefix("class ") {
            if let Some((name, bases)) = class.split_once('(') {
                bind(name.trim(), bases.to_owned());
            }
        } else if let Some((name, value)) = line.split_once('=') {
            let name = name.split(':').next().unwrap_or_default().trim_end();
            let value = value.split('#').next().unwrap_or_default().trim();
            let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if is_name && (VALUES.contains(&value) || value.starts_with(['"', '\'']) && value.len() < 32) {
                bind(name, value.to_owned());
            }
        }
    }
    names
}

/// The names of `old` that stand for something else in `new`. Of texts only those count that rules speak of.
pub fn changed(old: &[u8], new: &[u8], is_value: &dyn Fn(&str) -> bool) -> Vec<String> {
    let (old, new) = (outline(old), outline(new));
    let matters = |what: &String| !what.starts_with(['"', '\'']) || is_value(what.trim_matches(['"', '\'']));
    old.into_iter()
        .filter(|(name, was)| {
            new.get(name).is_some_and(|is| is != was && (is.iter().any(matters) || was.iter().any(matters)))
        })
        .map(|(name, _)| name)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(old: &str, new: &str) -> Vec<String> {
        changed(old.as_bytes(), new.as_bytes(), &|text| text == "pickle")
    }

    #[test]
    fn what_other_files_would_notice_is_a_change() {
        assert_eq!(changes("A = False\n", "x = 1\nA: bool = True  # now\n"), ["A"]);
        assert_eq!(changes("from json import loads\n", "from pickle import loads\n"), ["loads"]);
        assert_eq!(changes("class L(SafeLoader):\n", "class L(Loader):\n"), ["L"]);
        assert_eq!(changes("S = 'json'\n", "S = 'pickle'\n"), ["S"]);
    }

    #[test]
    fn what_they_would_not_notice_is_none() {
        assert!(changes("", "A = True\n").is_empty());
        assert!(changes("A = True\n", "").is_empty());
        assert!(changes("VERSION = '1.1'\n", "VERSION = '1.2'\n").is_empty());
        assert!(changes("def f(x):\n    A = 1\n", "def f(x, y):\n    A = 0\n").is_empty());
        assert!(changes("from a import b, c\n", "from a import (\n    c,\n    b,\n)\n").is_empty());
    }
}
