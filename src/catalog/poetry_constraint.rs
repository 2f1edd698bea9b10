//! Poetry's version constraints (`^1.2`, `~1.2`, `1.*`, `>=1,<2 || >=3`) in the terms of PEP 440.

use super::requirement::{Specified, specified};
use pep440_rs::{Operator, Version, VersionSpecifier};
use std::str::FromStr as _;

/// More alternatives than this are not told apart.
const MAX_ALTERNATIVES: usize = 16;

/// What `text` admits, one for each side of `||`; any of them may hold.
pub(super) fn alternatives(text: &str) -> Vec<Specified> {
    let sides: Vec<&str> =
        text.split('|').map(str::trim).filter(|side| !side.is_empty()).take(MAX_ALTERNATIVES + 1).collect();
    if sides.is_empty() || sides.len() > MAX_ALTERNATIVES {
        return vec![Specified { is_partial: sides.len() > MAX_ALTERNATIVES, ..Specified::default() }];
    }
    sides.into_iter().map(conjunction).collect()
}

/// Clauses joined by commas or white space.
fn conjunction(text: &str) -> Specified {
    let mut is_partial = false;
    let mut written = Vec::new();
    for clause in clauses(text) {
        match translated(&clause) {
            Some(clauses) => written.extend(clauses),
            None => is_partial = true,
        }
    }
    let mut found = specified(&written.join(","));
    found.is_partial |= is_partial;
    found
}

/// Splits at commas and white space, but not between an operator and its version.
fn clauses(text: &str) -> Vec<String> {
    let mut clauses: Vec<String> = Vec::new();
    for word in text.split([',', ' ', '\t']).filter(|word| !word.is_empty()) {
        match clauses.last_mut() {
            Some(open) if open.ends_with(['=', '<', '>', '~', '^', '!']) => open.push_str(word),
            _ => clauses.push(word.to_owned()),
        }
    }
    clauses
}

/// One clause as PEP 440 clauses; none for `*`.
fn translated(clause: &str) -> Option<Vec<String>> {
    let wildcard = clause.replace(['x', 'X'], "*");
    if matches!(&*wildcard, "*" | "==*" | ">=*" | "=*") {
        return Some(Vec::new());
    }
    let (base, upper): (&str, fn(&[u64]) -> usize) = if let Some(base) = clause.strip_prefix('^') {
        // The first part that is not 0 may not change; of `^0.0` the last.
        (base, |release| release.iter().position(|&part| part > 0).unwrap_or(release.len() - 1))
    } else if let Some(base) = clause.strip_prefix('~').filter(|base| !base.starts_with('=')) {
        (base, |release| usize::from(release.len() > 1))
    } else if clause.starts_with(['=', '!', '<', '>', '~']) {
        let single = clause.strip_prefix('=').filter(|rest| !rest.starts_with('='));
        return Some(vec![single.map_or_else(|| clause.to_owned(), |version| format!("=={version}"))]);
    } else {
        let end = wildcard.find(".*").unwrap_or(clause.len());
        let star = if end < clause.len() { ".*" } else { "" };
        let version = Version::from_str(&clause[..end]).ok()?;
        return Some(vec![format!("=={version}{star}")]);
    };
    let base = base.trim_end_matches(".*");
    let version = Version::from_str(base).ok()?;
    let release = version.release();
    let at = upper(release);
    let mut next: Vec<u64> = release[..=at].to_vec();
    next[at] = next[at].checked_add(1)?;
    let upper = Version::new(next).with_epoch(version.epoch());
    let lower = VersionSpecifier::from_version(Operator::GreaterThanEqual, version.without_local()).ok()?;
    Some(vec![lower.to_string(), format!("<{upper}")])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let show = |s: Specified| {
            assert!(!s.is_partial, "{text}");
            s.specifier.map_or("any".into(), |specifier| specifier.to_string())
        };
        alternatives(text).into_iter().map(show).collect()
    }

    #[test]
    fn poetry_documents_these() {
        let cases = [
            ("^1.2.3", ">=1.2.3, <2"),
            ("^1.2", ">=1.2, <2"),
            ("^1", ">=1, <2"),
            ("^0.2.3", ">=0.2.3, <0.3"),
            ("^0.0.3", ">=0.0.3, <0.0.4"),
            ("^0.0", ">=0.0, <0.1"),
            ("^0", ">=0, <1"),
            ("~1.2.3", ">=1.2.3, <1.3"),
            ("~1.2", ">=1.2, <1.3"),
            ("~1", ">=1, <2"),
            ("*", "any"),
            ("1.*", "==1.*"),
            ("1.2.*", "==1.2.*"),
            ("2.x", "==2.*"),
            ("1.2.3", "==1.2.3"),
            ("==1.2.3", "==1.2.3"),
            ("= 1.2.3", "==1.2.3"),
            (">= 1.2", ">=1.2"),
            (">=1.2,<1.5", ">=1.2, <1.5"),
            (">=1.2 <1.5", ">=1.2, <1.5"),
            ("!=1.5", "!=1.5"),
            ("~=1.4.2", "~=1.4.2"),
            ("", "any"),
            ("^2.6.0rc1", ">=2.6.0rc1, <3"),
            ("^1!2.0", ">=1!2.0, <1!3"),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text), [expected], "{text}");
        }
        assert_eq!(read("^1.2 || ^3.0"), [">=1.2, <2", ">=3.0, <4"]);
        assert_eq!(read("<1|>=2"), ["<1", ">=2"]);
    }

    #[test]
    fn what_is_no_constraint_widens() {
        for text in ["latest", "^", "~x", "^18446744073709551615", "1.2.3.abc", &"1||".repeat(99)] {
            assert!(alternatives(text).iter().any(|specified| specified.is_partial), "{text}");
        }
    }
}
