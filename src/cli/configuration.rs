//! What a repository says about how it is judged: `picklegate.toml` in its root, or else `[tool.picklegate]` in its root
//! `pyproject.toml`.
//!
//! Each side of a change is read from its own snapshot, rules files included.

use super::{Failure, output, own_library};
use crate::finding::Severity;
use crate::gate::{AllowedRule, Honoured, Policy};
use crate::rules::{Match, RuleSet, Target};
use crate::snapshot::{RepoPath, Snapshot};
use serde::Deserialize;
use std::ops::Range;
use std::sync::Arc;
use toml::Spanned;

/// By what one side is judged.
#[derive(Clone, PartialEq, Debug)]
pub struct Configured {
    /// Its rules, and the comments that count.
    pub policy: Policy,
    /// The line, where the configuration moves it.
    pub fail_on: Option<Severity>,
    /// The severity of rules about writing pickles, where the configuration puts them in force. The policy has them off.
    pub producers: Option<Severity>,
    /// The library that this is the repository of: the policy has no rules about it.
    pub own_library: Option<String>,
}

impl Configured {
    /// Says which rules are not in force: nothing is left out in silence.
    pub fn explain(&self) {
        if let Some(name) = &self.own_library {
            output::say(&format!("note: this is the repository of {name}: the rules about it are not in force\n"));
        }
    }

    /// The severity of rules about writing pickles, if the configuration or `--show-notes` asks for them.
    pub fn producers(&self, show_notes: bool) -> Option<Severity> {
        self.producers.or(show_notes.then_some(Severity::Note))
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Table {
    rules: Vec<Spanned<String>>,
    fail_on: Option<Severity>,
    producers: Option<Severity>,
    honor: Vec<Honor>,
    trusted_verifiers: Vec<Spanned<String>>,
    allow_installed: Vec<AllowForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AllowForm {
    rule: Spanned<String>,
    reason: Spanned<String>,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Honor {
    Nosec,
    Noqa,
}

#[derive(Deserialize)]
struct Pyproject {
    tool: Option<Tool>,
}

#[derive(Deserialize)]
struct Tool {
    picklegate: Option<Table>,
}

/// Reads the configuration of `snapshot`, on top of the rules in `base`.
///
/// # Errors
/// A configuration or rules file that cannot be read or understood, with its line.
pub fn read(snapshot: &dyn Snapshot, base: &Arc<RuleSet>) -> Result<Configured, Failure> {
    let own = RepoPath::from("picklegate.toml");
    let shared = RepoPath::from("pyproject.toml");
    let (place, text, table) = if let Some(text) = read_text(snapshot, &own)? {
        let table = toml::from_str(&text).map_err(|error| misread(&own, &text, &error))?;
        (own, text, table)
    } else if let Some(text) = read_text(snapshot, &shared)?.filter(|text| text.contains("picklegate")) {
        let pyproject: Pyproject = toml::from_str(&text).map_err(|error| misread(&shared, &text, &error))?;
        (shared, text, pyproject.tool.and_then(|tool| tool.picklegate).unwrap_or_default())
    } else {
        (own, String::new(), Table::default())
    };
    let mut rules = Arc::clone(base);
    for named in &table.rules {
        let at = |problem: String| Failure::new(format!("{}: {problem}", position(&place, &text, named.span())));
        let path = RepoPath::root()
            .resolve(named.get_ref().as_bytes())
            .ok_or_else(|| at(format!("rules: expected a path in this repository, found {:?}", named.get_ref())))?;
        let text = read_text(snapshot, &path)?.ok_or_else(|| {
            at(format!("rules: there is no file {path} in what is judged"))
                .hint("add the file to git, or correct the path")
        })?;
        let all = Arc::make_mut(&mut rules);
        all.extend_from(&text, &path.to_string())?;
        all.files.push(path.to_string());
    }
    let own_library = own_library::leave_out(&mut rules, snapshot)?;
    let mut trusted_verifiers = Vec::new();
    for named in &table.trusted_verifiers {
        if !is_qualified(named.get_ref()) {
            let place = position(&place, &text, named.span());
            let expected = "expected a qualified name such as \"app.crypto.verify\"";
            return Err(Failure::new(format!("{place}: trusted-verifiers: {expected}, found {:?}", named.get_ref())));
        }
        trusted_verifiers.push(named.get_ref().clone());
    }
    let mut allowed_versions = Vec::new();
    for AllowForm { rule, reason } in table.allow_installed {
        let wrong = |at: Range<usize>, problem: &str| {
            Err(Failure::new(format!("{}: allow-installed: {problem}", position(&place, &text, at))))
        };
        let is_known = rules.rule(rule.get_ref()).is_some_and(|rule| rule.matches.iter().any(warns_of_version));
        if !is_known {
            return wrong(
                rule.span(),
                &format!("expected the id of a rule about versions, found {:?}", rule.get_ref()),
            );
        }
        if !reason.get_ref().contains(char::is_alphanumeric) {
            return wrong(reason.span(), "expected a reason, found none");
        }
        allowed_versions.push(AllowedRule { rule: rule.into_inner(), reason: reason.into_inner() });
    }
    let honoured = Honoured { nosec: table.honor.contains(&Honor::Nosec), noqa: table.honor.contains(&Honor::Noqa) };
    let policy = Policy { rules, honoured, trusted_verifiers, allowed_versions };
    Ok(Configured { policy, fail_on: table.fail_on, producers: table.producers, own_library })
}

/// Whether the match is about having a version at all.
fn warns_of_version(candidate: &Match) -> bool {
    candidate.target == Target::Installed
}

/// The text of a file; `None` where there is none.
fn read_text(snapshot: &dyn Snapshot, path: &RepoPath) -> Result<Option<String>, Failure> {
    let Some(file) = snapshot.find(path)? else { return Ok(None) };
    let bytes = snapshot.read(&file)?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
        Failure::new(format!("{path}:{line}: expected UTF-8, found the byte 0x{:02x}", error.as_bytes()[before.len()]))
    })?;
    Ok(Some(text))
}

fn misread(path: &RepoPath, text: &str, error: &toml::de::Error) -> Failure {
    let place = position(path, text, error.span().unwrap_or_default());
    Failure::new(format!("{place}: {}", error.message().replace('\n', ", ")))
}

/// Whether `name` is identifiers joined by dots, a module in front.
fn is_qualified(name: &str) -> bool {
    let is_identifier = |part: &str| {
        part.chars().all(|c| c == '_' || c.is_alphanumeric()) && part.chars().next().is_some_and(|c| !c.is_numeric())
    };
    name.contains('.') && name.split('.').all(is_identifier)
}

/// `pyproject.toml:12`
fn position(path: &RepoPath, text: &str, span: Range<usize>) -> String {
    let before = text.as_bytes().get(..span.start).unwrap_or(text.as_bytes());
    format!("{path}:{}", 1 + before.iter().filter(|&&byte| byte == b'\n').count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::MemorySnapshot;

    fn configured<const N: usize>(files: [(&str, &str); N]) -> Result<Configured, String> {
        read(&MemorySnapshot::from(files), &Arc::default()).map_err(|failure| failure.to_string())
    }

    #[test]
    fn no_configuration_is_the_default() {
        let default = Configured { policy: Policy::default(), fail_on: None, producers: None, own_library: None };
        assert_eq!(configured([]), Ok(default.clone()));
        assert_eq!(configured([("pyproject.toml", "[tool.ruff]\nline-length = 120\n")]), Ok(default.clone()));
        // Not ours to judge: the catalog says what is wrong with it.
        assert_eq!(configured([("pyproject.toml", "[broken")]), Ok(default.clone()));
        assert_eq!(configured([("sub/picklegate.toml", "[broken")]), Ok(default));
    }

    #[test]
    fn both_places_are_read_and_the_own_file_wins() {
        let pyproject = ("pyproject.toml", "[tool.picklegate]\nfail-on = \"warning\"\nhonor = [\"nosec\"]\n");
        let found = configured([pyproject]).expect("it is correct");
        assert_eq!(found.fail_on, Some(Severity::Warning));
        assert_eq!(found.policy.honoured, Honoured { nosec: true, noqa: false });
        let found = configured([pyproject, ("picklegate.toml", "honor = [\"noqa\"]\n")]).expect("it is correct");
        assert_eq!((found.fail_on, found.policy.honoured), (None, Honoured { nosec: false, noqa: true }));
    }

    #[test]
    fn the_files_with_rules_are_known() {
        let named = ("picklegate.toml", "rules = [\"ci/../own.toml\", \"more.toml\"]\n");
        let found = configured([named, ("own.toml", "schema = 1\n"), ("more.toml", "schema = 1\n")]);
        assert_eq!(found.expect("it is correct").policy.rules.files, ["own.toml", "more.toml"]);
    }

    #[test]
    fn what_is_wrong_has_its_line() {
        let wrong = |text: &str| configured([("picklegate.toml", text)]).expect_err("it is wrong");
        assert_eq!(
            wrong("\nfail_on = \"error\"\n"),
            "picklegate.toml:2: unknown field `fail_on`, expected one of `rules`, `fail-on`, `producers`, `honor`, `trusted-verifiers`, `allow-installed`"
        );
        assert_eq!(
            wrong("fail-on = \"fatal\"\n"),
            "picklegate.toml:1: unknown variant `fatal`, expected one of `note`, `warning`, `error`"
        );
        assert_eq!(wrong("honor = 1\n"), "picklegate.toml:1: invalid type: integer `1`, expected a sequence");
        assert_eq!(
            wrong("rules = [\n\"../x.toml\"]"),
            "picklegate.toml:2: rules: expected a path in this repository, found \"../x.toml\""
        );
        assert_eq!(
            wrong("rules = [\"x.toml\"]"),
            "picklegate.toml:1: rules: there is no file x.toml in what is judged"
        );
        assert_eq!(
            wrong("trusted-verifiers = [\n\"app.crypto.verify\",\n\"verify()\"]"),
            "picklegate.toml:3: trusted-verifiers: expected a qualified name such as \"app.crypto.verify\", \
             found \"verify()\""
        );
        let broken = configured([("pyproject.toml", "[tool.picklegate]\nfail-on = \n")]).expect_err("it is wrong");
        assert!(broken.starts_with("pyproject.toml:2: "), "{broken}");
    }

    #[test]
    fn bytes_that_are_no_text_are_named() {
        let mut snapshot = MemorySnapshot::default();
        snapshot.insert("picklegate.toml".into(), &b"# ok\n\xff"[..]);
        let failure = read(&snapshot, &Arc::default()).expect_err("it is not UTF-8");
        assert_eq!(failure.message, "picklegate.toml:2: expected UTF-8, found the byte 0xff");
    }
}
