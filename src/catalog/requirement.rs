//! One dependency specifier (PEP 508) as text, to the parts picklegate needs.
//!
//! Splits instead of parsing strictly: what is kept is what was written, and everything pip takes is taken. The marker
//! stays text. A version that PEP 440 cannot express leaves the entry without that part, which widens what it admits.

use super::reading::{Reading, masked, shown};
use super::{Dependency, DistributionName, Evidence, Scope, Source};
use pep440_rs::{Operator, Version, VersionSpecifier, VersionSpecifiers};
use std::str::FromStr as _;

/// More clauses than this in one specifier are not understood: comparing them is quadratic.
const MAX_CLAUSES: usize = 64;

/// The parts of `name[extras] specifier; marker` or `name[extras] @ url; marker`, as written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Requirement<'a> {
    pub name: &'a str,
    /// Between the brackets.
    pub extras: &'a str,
    /// Without parentheses; empty where there is none.
    pub specifier: &'a str,
    pub url: Option<&'a str>,
    pub marker: Option<&'a str>,
}

impl<'a> Requirement<'a> {
    /// Splits `text`; the error says what was expected.
    pub(super) fn split(text: &'a str) -> Result<Self, &'static str> {
        let text = text.trim();
        let (head, marker) = match text.split_once(';') {
            Some((head, marker)) => (head.trim_end(), Some(marker.trim()).filter(|marker| !marker.is_empty())),
            None => (text, None),
        };
        let end = head.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(head.len());
        let (name, rest) = head.split_at(end);
        if !is_name(name) {
            return Err("expected a distribution name");
        }
        let mut rest = rest.trim_start();
        let mut extras = "";
        if let Some(inside) = rest.strip_prefix('[') {
            let (inside, after) = inside.split_once(']').ok_or("expected `]` after the extras")?;
            (extras, rest) = (inside.trim(), after.trim_start());
        }
        if let Some(url) = rest.strip_prefix('@') {
            let url = url.trim();
            if url.is_empty() || url.contains(char::is_whitespace) {
                return Err("expected one URL after `@`");
            }
            return Ok(Self { name, extras, specifier: "", url: Some(url), marker });
        }
        let specifier = match rest.strip_prefix('(') {
            Some(inside) => inside.strip_suffix(')').ok_or("expected `)` after the version specifier")?.trim(),
            None => rest,
        };
        if !specifier.is_empty() && !specifier.starts_with(['=', '!', '~', '<', '>']) {
            return Err("expected a version specifier after the name");
        }
        Ok(Self { name, extras, specifier, url: None, marker })
    }
}

/// Whether `name` may name a distribution.
pub(super) fn is_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    let is_edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    is_edge(bytes.first())
        && is_edge(bytes.last())
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
}

/// What a version specifier says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Specified {
    /// The version of an `==` or `===` clause.
    pub version: Option<Version>,
    /// All clauses that PEP 440 can express; `None` where there is none.
    pub specifier: Option<VersionSpecifiers>,
    /// Whether a clause was left out.
    pub is_partial: bool,
}

/// Reads comma-separated clauses.
pub(super) fn specified(text: &str) -> Specified {
    let mut clauses = Vec::new();
    let mut is_partial = false;
    for clause in text.split(',').map(str::trim).filter(|clause| !clause.is_empty()) {
        if clauses.len() == MAX_CLAUSES {
            return Specified { is_partial: true, ..Specified::default() };
        }
        // `>=2.*` was taken for long, and meant `>=2`.
        let without_star = || clause.strip_suffix(".*").filter(|_| clause.starts_with(['<', '>']));
        match VersionSpecifier::from_str(clause).ok().or_else(|| VersionSpecifier::from_str(without_star()?).ok()) {
            Some(parsed) => clauses.push(parsed),
            None => is_partial = true,
        }
    }
    let is_exact = |clause: &&VersionSpecifier| matches!(clause.operator(), Operator::Equal | Operator::ExactEqual);
    let version = clauses.iter().find(is_exact).map(|clause| clause.version().clone());
    let specifier = (!clauses.is_empty()).then(|| clauses.into_iter().collect());
    Specified { version, specifier, is_partial }
}

/// Adds the entry that `text` writes to `reading`, or says why it is none.
pub(super) fn read(reading: &mut Reading, text: &str, line: u32, scopes: &[Scope]) {
    match Requirement::split(text) {
        Ok(requirement) => add(reading, requirement, line, scopes),
        Err(expected) => read_name(reading, text, expected, line, scopes),
    }
}

/// Of a text that is no requirement, adds the name it starts with, in any version; without one, or with a template's
/// braces in its place, says what was expected.
pub(super) fn read_name(reading: &mut Reading, text: &str, expected: &str, line: u32, scopes: &[Scope]) {
    let text = text.trim();
    let name =
        text.split(|c: char| c.is_whitespace() || "[](){}<>=!~;,@\\/:'\"`$%&*+?^|#".contains(c)).next().unwrap_or("");
    let problem = format!("{expected}, found `{}`", shown(text));
    if is_name(name) {
        let requirement = Requirement { name, extras: "", specifier: "", url: None, marker: None };
        add(reading, requirement, line, scopes);
        reading.odd(line, format!("{problem}; taken as any version of {name}"));
    } else if text.starts_with(['{', '%']) || text.starts_with("<%") {
        reading.computed(line, problem);
    } else {
        reading.unread(line, problem);
    }
}

/// Adds the entry of `requirement` to `reading`.
pub(super) fn add(reading: &mut Reading, requirement: Requirement<'_>, line: u32, scopes: &[Scope]) {
    let mut specified = specified(requirement.specifier);
    if specified.is_partial {
        let written = shown(requirement.specifier);
        reading
            .odd(line, format!("expected a PEP 440 version specifier, found `{written}`; taken as wider than it is"));
    }
    let mut raw_version = requirement.specifier.to_owned();
    let mut source = Source::Registry;
    if let Some(url) = requirement.url {
        source = source_of(url, false);
        if let Some((_, version)) = archive(url).filter(|(name, _)| same_name(name, requirement.name)) {
            raw_version = version.to_string();
            specified.version = Some(version);
        }
    }
    let entry = Dependency {
        evidence: if specified.version.is_some() { Evidence::Pinned } else { Evidence::Declared },
        version: specified.version,
        specifier: specified.specifier,
        raw_version,
        extras: split_extras(requirement.extras),
        marker: requirement.marker.map(str::to_owned),
        source,
        scopes: scopes.to_vec(),
        ..reading.entry(requirement.name, line)
    };
    reading.dependencies.push(entry);
}

fn split_extras(inside: &str) -> Vec<String> {
    inside.split(',').map(str::trim).filter(|extra| !extra.is_empty()).map(str::to_owned).collect()
}

fn same_name(a: &str, b: &str) -> bool {
    DistributionName::new(a) == DistributionName::new(b)
}

/// Where a URL, a VCS reference or a path leads; credentials masked.
pub(super) fn source_of(reference: &str, editable: bool) -> Source {
    let scheme = reference.split_once(':').map_or("", |(scheme, _)| scheme);
    // One letter is a Windows drive.
    let is_scheme = scheme.len() > 1 && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    if !is_scheme || scheme.eq_ignore_ascii_case("file") {
        Source::Path { path: masked(reference), editable }
    } else if scheme.contains('+') || scheme.eq_ignore_ascii_case("git") {
        Source::Vcs(masked(reference))
    } else {
        Source::Url(masked(reference))
    }
}

/// The distribution and version that the file name of a wheel or source archive says.
pub(super) fn archive(reference: &str) -> Option<(String, Version)> {
    let path = reference.split(['#', '?']).next()?;
    let file = path.rsplit(['/', '\\']).next()?.replace("%2B", "+").replace("%2b", "+");
    let (name, version) = if let Some(stem) = file.strip_suffix(".whl") {
        let mut parts = stem.split('-');
        (parts.next()?, parts.next()?)
    } else {
        let stem = [".tar.gz", ".zip", ".tar.bz2", ".tgz"].iter().find_map(|end| file.strip_suffix(end))?;
        stem.rsplit_once('-')?
    };
    (is_name(name)).then_some(())?;
    Some((name.to_owned(), Version::from_str(version).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn parts(text: &str) -> (&str, &str, &str, Option<&str>, Option<&str>) {
        let r = Requirement::split(text).expect("pip takes it");
        (r.name, r.extras, r.specifier, r.url, r.marker)
    }

    #[test]
    fn parts_are_kept_as_written() {
        assert_eq!(parts("Torch"), ("Torch", "", "", None, None));
        assert_eq!(parts(" torch [cuda, cpu] >= 2 , < 3 "), ("torch", "cuda, cpu", ">= 2 , < 3", None, None));
        assert_eq!(parts("torch(>=2)"), ("torch", "", ">=2", None, None));
        assert_eq!(
            parts("a==1;python_version not in '3.13, 3.14'"),
            ("a", "", "==1", None, Some("python_version not in '3.13, 3.14'"))
        );
        assert_eq!(
            parts("a @ https://${TOKEN}@example.org/a.whl ; os_name=='nt'"),
            ("a", "", "", Some("https://${TOKEN}@example.org/a.whl"), Some("os_name=='nt'"))
        );
        assert_eq!(
            parts("a @ git+https://example.org/a.git@v1#egg=a").3,
            Some("git+https://example.org/a.git@v1#egg=a")
        );
    }

    /// Name, extras and clauses as `pep508_rs` reads them; `None` where it refuses.
    fn strictly(text: &str) -> Option<(String, BTreeSet<String>, BTreeSet<String>)> {
        let parsed = pep508_rs::Requirement::<pep508_rs::VerbatimUrl>::from_str(text).ok()?;
        let clauses = match parsed.version_or_url {
            Some(pep508_rs::VersionOrUrl::VersionSpecifier(specifiers)) => clauses_of(&specifiers),
            _ => BTreeSet::new(),
        };
        Some((parsed.name.to_string(), parsed.extras.iter().map(ToString::to_string).collect(), clauses))
    }

    fn tolerantly(text: &str) -> Option<(String, BTreeSet<String>, BTreeSet<String>)> {
        let split = Requirement::split(text).ok()?;
        let normal = |name: &str| DistributionName::new(name).to_string();
        let clauses =
            specified(split.specifier).specifier.map(|specifiers| clauses_of(&specifiers)).unwrap_or_default();
        Some((normal(split.name), split_extras(split.extras).iter().map(|extra| normal(extra)).collect(), clauses))
    }

    fn clauses_of(specifiers: &VersionSpecifiers) -> BTreeSet<String> {
        specifiers.iter().map(ToString::to_string).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

        /// What the strict reader takes, the tolerant one reads alike. Names end as they must: the strict one panics
        /// otherwise, and also on what is nested deeply, which is why it judges here alone.
        #[test]
        fn well_formed_requirements_are_read_as_pep_508_says(
            name in "[ ]?[A-Za-z0-9]([-A-Za-z0-9._]{0,3}[A-Za-z0-9])?[ ]?",
            extras in "(\\[[ ]?[a-z][a-z0-9]?([ ]?,[ ]?[a-z][-._][a-z0-9])?[ ]?\\])?[ ]?",
            clauses in proptest::collection::vec("(==|>=|<=|!=|~=|<|>|===)[ ]?[0-9]{1,2}[.][0-9](rc1|[.][*]|[+]cu121)?[ ]?", 0..3),
            marker in "([ ]?;[ ]?os_name == 'nt')?",
        ) {
            let text = format!("{name}{extras}{}{marker}", clauses.join(","));
            if let Some(strict) = strictly(&text) {
                prop_assert_eq!(tolerantly(&text), Some(strict), "{}", text);
            }
        }
    }

    #[test]
    fn what_pip_refuses_is_refused() {
        for text in ["", "==2", "torch 2.5", "-torch", "torch-", "torch[cuda", "torch (>=2", "a @", "a @ b c", "näme"]
        {
            assert!(Requirement::split(text).is_err(), "{text}");
        }
    }

    #[test]
    fn clauses_that_are_no_pep_440_widen() {
        let all = |text| {
            let s = specified(text);
            (s.version.map(|v| v.to_string()), s.specifier.map(|s| s.to_string()), s.is_partial)
        };
        assert_eq!(all("==2.3.1+cu121"), (Some("2.3.1+cu121".into()), Some("==2.3.1+cu121".into()), false));
        assert_eq!(all("==1!2.0"), (Some("1!2.0".into()), Some("==1!2.0".into()), false));
        assert_eq!(all("==v1.0"), (Some("1.0".into()), Some("==1.0".into()), false));
        assert_eq!(all("==2.*,"), (None, Some("==2.*".into()), false));
        assert_eq!(all(">=2.*, !=2.4"), (None, Some(">=2, !=2.4".into()), false));
        assert_eq!(all(">=2,<nightly"), (None, Some(">=2".into()), true));
        assert_eq!(all("===nightly"), (None, None, true));
        assert_eq!(all(&"!=1,".repeat(MAX_CLAUSES + 1)), (None, None, true));
    }

    #[test]
    fn archives_say_their_version() {
        let of = |url| archive(url).map(|(name, version)| format!("{name} {version}"));
        assert_eq!(
            of("https://example.org/torch-2.3.1%2Bcu121-cp310-cp310-linux_x86_64.whl#sha256=0"),
            Some("torch 2.3.1+cu121".into())
        );
        assert_eq!(of("./dist/scikit-learn-1.2.tar.gz"), Some("scikit-learn 1.2".into()));
        assert_eq!(of("https://example.org/x/archive/main.zip"), None);
        assert_eq!(of("-.whl"), None);
    }
}
