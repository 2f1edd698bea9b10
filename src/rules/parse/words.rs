//! The small languages inside a rules file: names, specifiers, values, prose and patterns.

use super::super::model::Value;
use pep440_rs::{Version, VersionSpecifiers};
use regex::{Regex, RegexBuilder};
use std::str::FromStr as _;

/// Whether `text` is lower-case words joined by single hyphens: a rule id, or a distribution name as PEP 503 writes it.
pub fn is_kebab(text: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    text.split('-').all(is_word)
}

/// Whether `text` can be a Python identifier.
pub fn is_identifier(text: &str) -> bool {
    text.chars().all(|c| c == '_' || c.is_alphanumeric()) && text.chars().next().is_some_and(|c| !c.is_numeric())
}

/// Whether `text` is identifiers joined by dots.
pub fn is_dotted(text: &str) -> bool {
    text.split('.').all(is_identifier)
}

/// Whether `text` is one or more PEP 440 specifiers that must all hold: `>=5.1,<5.4`.
pub fn is_specifier(text: &str) -> bool {
    VersionSpecifiers::from_str(text).is_ok_and(|specifiers| !specifiers.is_empty())
}

/// Whether `text` is one PEP 440 version.
pub fn is_version(text: &str) -> bool {
    Version::from_str(text).is_ok()
}

/// The value that `text` writes as Python does; strings hold neither quotes nor backslashes.
pub fn value(text: &str) -> Option<Value> {
    match text {
        "None" => return Some(Value::None),
        "True" => return Some(Value::Bool(true)),
        "False" => return Some(Value::Bool(false)),
        _ => {}
    }
    for quote in ['\'', '"'] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            let plain = !inner.contains(|c: char| matches!(c, '\'' | '"' | '\\') || c.is_control());
            return plain.then(|| Value::Str(inner.to_owned()));
        }
    }
    if let Ok(number) = text.parse() {
        return Some(Value::Int(number));
    }
    let (name, called) = text.strip_suffix("()").map_or((text, false), |name| (name, true));
    let named = (name.contains('.') && is_dotted(name)).then(|| name.to_owned());
    named.map(|name| if called { Value::Returned(name) } else { Value::Name(name) })
}

/// `text` on one line: runs of white space become one space. `None` where nothing or a control character is left.
pub fn prose(text: &str) -> Option<String> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!line.is_empty() && !line.contains(char::is_control)).then_some(line)
}

/// Compiles the pattern of a text match: `^` and `$` match at lines, and size and nesting are bounded.
///
/// # Errors
/// Syntax, or a pattern that is too large.
pub fn compile_pattern(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).multi_line(true).size_limit(1 << 20).dfa_size_limit(1 << 20).nest_limit(50).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_python_writes_them() {
        assert_eq!(value("None"), Some(Value::None));
        assert_eq!(value("False"), Some(Value::Bool(false)));
        assert_eq!(value("-1"), Some(Value::Int(-1)));
        assert_eq!(value("'unsafe'"), Some(Value::Str("unsafe".into())));
        assert_eq!(value("\"\""), Some(Value::Str(String::new())));
        assert_eq!(value("yaml.SafeLoader"), Some(Value::Name("yaml.SafeLoader".into())));
        for bad in ["", "true", "SafeLoader", "'", "'a", r"'\x00'", "a..b", ".a", "1.5", "a.b(x)", "[1]"] {
            assert_eq!(value(bad), None, "{bad}");
        }
    }

    #[test]
    fn ids_and_names_are_kebab_case() {
        assert!(is_kebab("torch-load") && is_kebab("ruamel-yaml") && is_kebab("pickle5"));
        for bad in ["", "-a", "a-", "a--b", "Torch", "ruamel.yaml", "a_b", "a b"] {
            assert!(!is_kebab(bad), "{bad}");
        }
    }

    #[test]
    fn specifiers_are_pep_440_and_not_empty() {
        assert!(is_specifier("<2.6") && is_specifier(">=5.1,<5.4") && is_specifier("==1.*"));
        for bad in ["", " ", "<<2", "2.6", "<2.6,", "latest"] {
            assert!(!is_specifier(bad), "{bad}");
        }
    }

    #[test]
    fn a_huge_pattern_is_an_error_and_not_a_wait() {
        assert!(compile_pattern("a{1000}{1000}").is_err());
        assert!(compile_pattern(&"(".repeat(10_000)).is_err());
        assert!(compile_pattern("^x$").is_ok_and(|pattern| pattern.is_match("a\nx\nb")));
    }

    #[test]
    fn prose_becomes_one_line_and_keeps_no_control_character() {
        assert_eq!(prose(" a\n   b "), Some("a b".into()));
        assert_eq!(prose(" \n"), None);
        assert_eq!(prose("a\u{1b}[31m"), None);
    }
}
