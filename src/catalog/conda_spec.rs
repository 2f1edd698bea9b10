//! One match spec, as conda writes what it wants: `conda-forge::pytorch=2.5`, `numpy 1.26.4 py310_0`, `a[version='>=1']`.
//!
//! `=` and `1.2*` match by prefix, `==` and a version alone exactly, `,` binds before `|`. Versions of conda need not be
//! versions of PEP 440 (`openssl 1.1.1w`): such an entry keeps what was written, and admits any version.

use super::reading::{Reading, masked, shown};
use super::requirement::{Specified, specified};
use super::{Dependency, Evidence, Scope, Source, conda_names};
use pep440_rs::Version;
use std::str::FromStr as _;

/// More alternatives than this are not told apart.
const MAX_ALTERNATIVES: usize = 16;

/// The parts of a match spec, as written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct MatchSpec<'a> {
    pub name: &'a str,
    /// With its operators; empty where any version matches.
    pub version: String,
    pub build: Option<String>,
    /// Where the spec is the address of one package.
    pub url: Option<&'a str>,
}

/// A version that is written, and what it admits.
struct Admitted {
    alternatives: Vec<Specified>,
    /// Whether a part is no version of conda either.
    is_odd: bool,
}

impl<'a> MatchSpec<'a> {
    /// Splits `text`; the error says what was expected.
    pub(super) fn split(text: &'a str) -> Result<Self, &'static str> {
        let text = text.split_once(" #").map_or(text, |(spec, _)| spec).trim();
        if let Some(archive) = Archive::named(text).filter(|_| text.contains("://")) {
            let (version, build) = (format!("=={}", archive.version), Some(archive.build.to_owned()));
            return Ok(Self { name: archive.name, version, build, url: Some(text) });
        }
        let (head, inside) = match text.split_once('[') {
            Some((head, inside)) => (head, inside.rsplit_once(']').ok_or("expected `]` at the end")?.0),
            None => (text, ""),
        };
        let head = head.rsplit_once("::").map_or(head, |(_channel, spec)| spec).trim();
        let end = head.find(|c: char| c.is_whitespace() || "=<>!~(,|;".contains(c)).unwrap_or(head.len());
        let (name, rest) = head.split_at(end);
        if !is_name(name) {
            return Err("expected the name of a conda package");
        }
        let (version, build) = version_and_build(rest);
        let mut spec = Self { name, version, build, url: None };
        for (key, value) in bracketed(inside) {
            match key {
                "version" => spec.version = value.to_owned(),
                "build" => spec.build = Some(value.to_owned()),
                _ => {}
            }
        }
        Ok(spec)
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

/// The keys and values between the brackets of a spec.
fn bracketed(inside: &str) -> Vec<(&str, &str)> {
    let mut pairs = Vec::new();
    let mut rest = inside;
    while let Some((key, after)) = rest.split_once('=') {
        let after = after.trim_start();
        let quoted = ['"', '\''].into_iter().find_map(|quote| after.strip_prefix(quote)?.split_once(quote));
        let (value, after) = quoted.unwrap_or_else(|| after.split_once(',').unwrap_or((after, "")));
        pairs.push((key.trim_matches([',', ' ']), value.trim()));
        rest = after;
    }
    pairs
}

/// Splits what stands behind the name: a version, and the build behind white space or a second `=`.
fn version_and_build(text: &str) -> (String, Option<String>) {
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let goes_on = |open: &&mut String| open.ends_with(['=', '<', '>', '!', '~', ',', '|']);
        match words.last_mut().filter(|open| goes_on(open) || word.starts_with([',', '|'])) {
            Some(open) => open.push_str(word),
            None => words.push(word.to_owned()),
        }
    }
    let mut words = words.into_iter();
    let (version, build) = (words.next().unwrap_or_default(), words.next());
    let (version, build) = match version.rsplit_once('=') {
        _ if build.is_some() => (version, build),
        Some((before, build)) if !before.is_empty() && !before.ends_with(OPERATORS) && !build.contains(OPERATORS) => {
            (before.to_owned(), Some(build.to_owned()).filter(|build| !build.is_empty()))
        }
        _ => (version, None),
    };
    // Before a build the version is exact.
    match version.strip_prefix('=') {
        Some(exact) if build.is_some() && !exact.contains(OPERATORS) => (exact.to_owned(), build),
        _ => (version, build),
    }
}

/// The characters of which operators are made.
const OPERATORS: [char; 8] = ['=', '!', '~', '<', '>', ',', '|', '^'];

/// What `version` admits, one for each side of `|`.
fn admitted(version: &str) -> Admitted {
    let version = without_parentheses(version);
    let sides: Vec<&str> = version.split('|').filter(|side| !side.trim().is_empty()).collect();
    if sides.is_empty() || sides.len() > MAX_ALTERNATIVES {
        return Admitted { alternatives: vec![Specified::default()], is_odd: sides.len() > MAX_ALTERNATIVES };
    }
    let mut is_odd = false;
    let mut alternatives = Vec::new();
    for side in sides {
        let mut clauses = Vec::new();
        for clause in side.split(',').map(|clause| without_parentheses(clause.trim())) {
            is_odd |= !is_clause(clause);
            clauses.extend(translated(clause));
        }
        alternatives.push(specified(&clauses.join(",")));
    }
    Admitted { alternatives, is_odd }
}

fn without_parentheses(text: &str) -> &str {
    text.trim().trim_start_matches('(').trim_end_matches(')').trim()
}

/// Whether conda can read `clause`; PEP 440 may not.
fn is_clause(clause: &str) -> bool {
    let version = clause.trim_start_matches(['=', '!', '~', '<', '>']).trim();
    !version.is_empty() && version.bytes().all(|b| b.is_ascii_alphanumeric() || b"._+!*-".contains(&b))
}

/// One clause in the terms of PEP 440; `None` where any version matches.
fn translated(clause: &str) -> Option<String> {
    let end = clause.find(|c: char| !"=!~<>".contains(c)).unwrap_or(clause.len());
    let (operator, version) = (&clause[..end], clause[end..].trim());
    if version.is_empty() || version == "*" {
        return None;
    }
    let bare = version.trim_end_matches('*').trim_end_matches('.');
    let is_prefix = operator == "=" || bare.len() < version.len();
    let operator = match operator {
        "" | "=" => "==",
        other => other,
    };
    // PEP 440 knows prefixes of releases only, and only of what is equal or not.
    let is_release = Version::from_str(bare).is_ok_and(|v| !v.any_prerelease() && !v.is_post() && !v.is_local());
    let star = if is_prefix && is_release && ["==", "!="].contains(&operator) { ".*" } else { "" };
    Some(format!("{operator}{bare}{star}"))
}

/// Adds the entries that `text` writes to `reading`, one for each alternative.
///
/// Of a text that is no match spec, the name it starts with is added in any version.
pub(super) fn read(reading: &mut Reading, text: &str, line: u32, scopes: &[Scope], marker: Option<&str>) {
    match MatchSpec::split(text) {
        Ok(spec) => add(reading, &spec, line, scopes, marker),
        Err(expected) => super::requirement::read_name(reading, text, expected, line, scopes),
    }
}

/// Adds the entries of `spec` to `reading`.
pub(super) fn add(reading: &mut Reading, spec: &MatchSpec<'_>, line: u32, scopes: &[Scope], marker: Option<&str>) {
    let Some(name) = conda_names::distribution(spec.name) else { return };
    let Admitted { alternatives, is_odd } = admitted(&spec.version);
    if is_odd {
        let problem = format!("expected a version of conda for {}, found `{}`", shown(spec.name), shown(&spec.version));
        reading.odd(line, format!("{problem}; taken as wider than it is"));
    }
    // One exact version beside a range pins nothing.
    let is_pinned = alternatives.iter().all(|specified| specified.version.is_some());
    for specified in alternatives {
        let entry = Dependency {
            name: name.clone(),
            evidence: if is_pinned { Evidence::Pinned } else { Evidence::Declared },
            version: specified.version.filter(|_| is_pinned),
            specifier: specified.specifier,
            raw_version: if spec.url.is_some() {
                spec.version.trim_start_matches('=').into()
            } else {
                spec.version.clone()
            },
            marker: marker.map(str::to_owned),
            source: spec.url.map_or(Source::Registry, |url| Source::Url(masked(url))),
            scopes: scopes.to_vec(),
            ..reading.entry(spec.name, line)
        };
        reading.dependencies.push(entry);
    }
}

/// What the file name of a conda package says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Archive<'a> {
    pub name: &'a str,
    pub version: &'a str,
    pub build: &'a str,
}

impl<'a> Archive<'a> {
    /// Reads the end of a path or URL: `.../numpy-1.26.4-py310hb13e2d6_0.conda`.
    pub(super) fn named(reference: &'a str) -> Option<Self> {
        let path = reference.split(['#', '?']).next()?;
        let file = path.rsplit(['/', '\\']).next()?;
        let stem = file.strip_suffix(".conda").or_else(|| file.strip_suffix(".tar.bz2"))?;
        let mut parts = stem.rsplitn(3, '-');
        let (build, version, name) = (parts.next()?, parts.next()?, parts.next()?);
        is_name(name).then_some(Self { name, version, build })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Gravity;
    use super::*;
    use crate::snapshot::RepoPath;

    fn reading(text: &str) -> Reading {
        let mut reading = Reading::new(&RepoPath::from("environment.yml"), "conda");
        read(&mut reading, text, 1, &[Scope::Runtime], None);
        reading.finish()
    }

    /// `name specifiers` of each alternative.
    fn admits(text: &str) -> Vec<String> {
        let reading = reading(text);
        assert_eq!(reading.diagnostics, [], "{text}");
        let shown =
            |d: &Dependency| format!("{} {}", d.name, d.specifier.as_ref().map_or("any".into(), |s| s.to_string()));
        reading.dependencies.iter().map(shown).collect()
    }

    #[test]
    fn prefixes_and_exact_versions() {
        for (text, expected) in [
            ("numpy", "numpy any"),
            ("numpy=1.26", "numpy ==1.26.*"),
            ("numpy =1.26", "numpy ==1.26.*"),
            ("numpy = 1.26", "numpy ==1.26.*"),
            ("numpy 1.26", "numpy ==1.26"),
            ("numpy==1.26", "numpy ==1.26"),
            ("numpy 1.8*", "numpy ==1.8.*"),
            ("numpy=1.8.*", "numpy ==1.8.*"),
            ("numpy=1.26=py310_0", "numpy ==1.26"),
            ("numpy 1.26 py310_0", "numpy ==1.26"),
            ("numpy=1.26=", "numpy ==1.26.*"),
            ("numpy * *_mkl", "numpy any"),
            ("numpy=*=*_mkl", "numpy any"),
            ("numpy >= 1.26, <2", "numpy >=1.26, <2"),
            ("numpy>=1.26.*", "numpy >=1.26"),
            ("numpy!=1.26.*", "numpy !=1.26.*"),
            ("numpy ~=1.26", "numpy ~=1.26"),
            ("numpy (>=1,<2)", "numpy >=1, <2"),
            ("conda-forge/linux-64::PyTorch=2.5 # why", "torch ==2.5.*"),
            ("pytorch[version='>=2,<3', build=*cuda*]", "torch >=2, <3"),
            ("pytorch=2.1[build=*cuda*]", "torch ==2.1.*"),
            ("numpy=1.0rc1", "numpy ==1.0rc1"),
            ("numpy=1!2", "numpy ==1!2.*"),
            ("openssl=1.1.1w", "openssl any"),
            ("_openmp_mutex 4.5 2_gnu", "-openmp-mutex ==4.5"),
        ] {
            assert_eq!(admits(text), [expected], "{text}");
        }
        assert_eq!(admits("numpy 1.8.*|>=1.10,<2"), ["numpy ==1.8.*", "numpy >=1.10, <2"]);
        assert_eq!(admits("numpy=1.2|1.3=0"), ["numpy ==1.2.*", "numpy ==1.3"]);
        assert_eq!(admits("python >=3.10"), [""; 0]);
    }

    #[test]
    fn exact_versions_pin_where_nothing_else_is_admitted() {
        let evidence = |text: &str| reading(text).dependencies.iter().map(|d| d.evidence).collect::<Vec<_>>();
        assert_eq!(evidence("numpy 1.2|1.3"), [Evidence::Pinned; 2]);
        assert_eq!(evidence("numpy 1.2|>=1.4"), [Evidence::Declared; 2]);
        assert_eq!(evidence("openssl 1.1.1w"), [Evidence::Declared]);
    }

    #[test]
    fn addresses_of_packages() {
        let text = "https://u:p@conda.example.org/conda-forge/linux-64/scikit-learn-1.2.2-py310h_0.conda#md5";
        let [entry] = &reading(text).dependencies[..] else { panic!("one entry") };
        assert_eq!((entry.raw_name.as_str(), entry.raw_version.as_str()), ("scikit-learn", "1.2.2"));
        assert_eq!((entry.evidence, &entry.source), (Evidence::Pinned, &Source::Url(masked(text))));
        assert_eq!(Archive::named("x/python-3.12.conda"), None);
    }

    #[test]
    fn what_is_no_match_spec_is_taken_as_wider() {
        let odd = |text: &str| {
            let reading = reading(text);
            let found: Vec<&str> = reading.dependencies.iter().map(|d| d.raw_name.as_str()).collect();
            (found.join(","), reading.diagnostics.first().map(|d| d.gravity))
        };
        assert_eq!(odd("numpy ^1.2"), ("numpy".into(), Some(Gravity::Odd)));
        assert_eq!(odd("numpy; os_name == 'nt'"), ("numpy".into(), Some(Gravity::Odd)));
        assert_eq!(odd(&format!("numpy {}", "1|".repeat(99))), ("numpy".into(), Some(Gravity::Odd)));
        assert_eq!(odd("numpy[version"), ("numpy".into(), Some(Gravity::Odd)));
        assert_eq!(odd("=1.2"), (String::new(), Some(Gravity::Unread)));
        assert_eq!(odd("{{ compiler('c') }}"), (String::new(), Some(Gravity::Computed)));
    }
}
