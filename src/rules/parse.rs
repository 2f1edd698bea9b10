//! The TOML form of rules, checked: text in, rules or errors with their lines out.
//!
//! The build script compiles `rules.toml` with these same files, so they stand alone: the model, severity and outside
//! crates only.

mod check;
mod entries;
mod examples;
mod form;
mod functions;
mod matches;
mod origins;
mod words;

use super::model::RuleSet;
use std::fmt;
use std::ops::Range;

pub use words::compile_pattern;

/// The version of the rules file schema this program reads.
pub const SCHEMA: i64 = 1;

/// Ids of findings that are about suppression comments and belong to no rule.
pub const RESERVED_IDS: [&str; 2] = ["malformed-allow", "unused-allow"];

/// Everything that is wrong with a rules file, at most [`RulesError::MAX_PROBLEMS`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RulesError {
    /// At least one.
    pub problems: Vec<RulesProblem>,
}

/// One thing that is wrong with a rules file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RulesProblem {
    /// The name the file was given under.
    pub file: String,
    /// 1-based line.
    pub line: usize,
    /// `expected a PEP 440 specifier such as "<2.6", found "<<2"`.
    pub problem: String,
}

impl RulesError {
    /// Checking stops after this many.
    pub const MAX_PROBLEMS: usize = 20;
}

impl std::error::Error for RulesError {}

impl fmt::Display for RulesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            write!(f, "{}{problem}", if i > 0 { "\n" } else { "" })?;
        }
        Ok(())
    }
}

impl fmt::Display for RulesProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.problem)
    }
}

/// The rules that `text` holds, which may speak of the libraries it declares.
///
/// # Errors
/// What is wrong, each with its line; `file_name` is only quoted.
pub fn parse(text: &str, file_name: &str) -> Result<RuleSet, RulesError> {
    let mut rules = RuleSet::default();
    rules.extend_from(text, file_name)?;
    Ok(rules)
}

impl RuleSet {
    /// Adds the rules of another file, which may also speak of the libraries that are known already.
    ///
    /// A rule with an id that is taken must say `replace = true`; a library that is known gets the added names.
    ///
    /// # Errors
    /// What is wrong, each with its line. Then nothing was added.
    pub fn extend_from(&mut self, text: &str, file_name: &str) -> Result<(), RulesError> {
        let mut problems = Problems::new(file_name, text);
        let extended = check::read(text, self, &mut problems);
        match extended {
            Some(extended) if problems.found.is_empty() => {
                *self = extended;
                Ok(())
            }
            _ => {
                problems.found.sort_by_key(|problem| problem.line);
                Err(RulesError { problems: problems.found })
            }
        }
    }
}

/// Collects what is wrong with one file.
struct Problems<'t> {
    file: &'t str,
    /// Where the lines end.
    ends: Vec<usize>,
    found: Vec<RulesProblem>,
}

impl<'t> Problems<'t> {
    fn new(file: &'t str, text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect();
        Self { file, ends, found: Vec::new() }
    }

    /// The 1-based line of the byte `at`.
    fn line(&self, at: usize) -> usize {
        1 + self.ends.partition_point(|&end| end < at)
    }

    /// Records what is wrong at `at`; what a terminal could act on is escaped.
    fn add(&mut self, at: Range<usize>, problem: String) {
        let shown =
            |c: char| if c.is_ascii_graphic() || c == ' ' { c.to_string() } else { c.escape_debug().to_string() };
        let problem = problem.chars().map(shown).collect();
        if self.found.len() < RulesError::MAX_PROBLEMS {
            let line = self.line(at.start);
            self.found.push(RulesProblem { file: self.file.to_owned(), line, problem });
        }
    }

    /// The usual form; `found` is quoted and cut.
    fn expected(&mut self, at: Range<usize>, expected: &str, found: &str) {
        let cut: String = found.chars().take(60).collect();
        let dots = if cut.len() < found.len() { "..." } else { "" };
        self.add(at, format!("expected {expected}, found {cut:?}{dots}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"schema = 1

[[library]]
name = "torch"
imports = ["torch"]

[[library]]
name = "lightning"
imports = ["lightning", "lightning.pytorch"]

[[rule]]
id = "torch-load"
library = "torch"
severity = "error"
message = "`torch.load` runs code"
runs = """a pickle,
          when the file is opened"""
fix = "weights_only=True"
alternative = "safetensors"

[[rule.match]]
calls = ["torch.load"]
versions = "<2.6"
requires = [{ library = "lightning", versions = ["<2", ">=3"] }]
when = [{ argument = "weights_only", position = 3, is-not = ["True"], absent = true }]
data = { keyword = "f", position = 0 }
because = "weights_only defaults to False"
edit = { set-argument = "weights_only", value = "True" }

[[rule.hit]]
versions = { torch = "2.5.1" }
code = "torch.load(f)"

[[rule.miss]]
code = "torch.save(f)"
"#;

    #[test]
    fn a_whole_file_is_read() {
        let rules = parse(GOOD, "rules.toml").expect("it is good");
        let rule = rules.rule("torch-load").expect("it is there");
        assert_eq!(rule.runs, "a pickle, when the file is opened");
        assert_eq!(rule.matches[0].requires[0].versions, ["<2", ">=3"]);
        assert!(rule.matches[0].when[0].absent && rule.matches[0].when[0].unknown);
        assert_eq!(rule.examples[0].expect, Some(rule.severity));
        assert_eq!(rules.library("lightning").expect("it is there").imports.len(), 2);
    }

    /// Each line: what to replace in the good file, by what, and the line and words of the error.
    const BAD: &[(&str, &str, &str)] = &[
        ("schema = 1", "schema = 2", "r.toml:1: expected `schema = 1`, found 2"),
        ("schema = 1", "", "r.toml:1: expected `schema = 1`, found nothing"),
        ("\"<2.6\"", "\"<<2\"", "r.toml:23: expected a PEP 440 specifier such as \"<2.6\", found \"<<2\""),
        ("[\"<2\", \">=3\"]", "[]", "r.toml:24: expected a PEP 440 specifier such as \"<2.6\", found none"),
        (
            "library = \"torch\"",
            "library = \"tensor\"",
            "r.toml:13: expected the name of a [[library]], found \"tensor\"",
        ),
        ("library = \"lightning\"", "library = \"torch\"", "r.toml:24: expected another library than the match's own"),
        ("id = \"torch-load\"", "id = \"Torch\"", "r.toml:12: expected a rule id in kebab case"),
        ("id = \"torch-load\"", "id = \"unused-allow\"", "r.toml:12: expected a rule id that is not reserved"),
        ("[\"torch.load\"]", "[]", "r.toml:21: expected a qualified name, found an empty list"),
        ("[\"torch.load\"]", "[\"pickle.load\"]", "r.toml:22: expected a dotted name below an import name"),
        ("calls = [\"torch.load\"]", "", "r.toml:21: expected one of `calls`"),
        ("versions = \"<2.6\"", "bases = [\"torch.U\"]", "r.toml:21: expected one of `calls`"),
        ("[\"True\"]", "[\"true\"]", "r.toml:25: expected `None`, `True`, `False`, an integer"),
        ("[\"True\"]", "[\"pickle\"]", "r.toml:25: expected `None`, `True`, `False`, an integer"),
        ("is-not =", "is = [\"None\"], is-not =", "r.toml:25: expected `is` or `is-not`, found both"),
        ("argument = \"weights_only\", position = 3, ", "", "r.toml:25: expected the argument's name"),
        ("value = \"True\"", "safe = true", "r.toml:28: expected one of `set-argument` with `value`"),
        ("torch = \"2.5.1\"", "torch = \"new\"", "r.toml:31: expected an exact version"),
        ("[[rule.miss]]", "[[rule.hit]]", "r.toml:12: expected at least one [[rule.miss]]"),
        ("severity = \"error\"", "severity = \"fatal\"", "r.toml:14: unknown variant `fatal`"),
        ("severity = \"error\"", "sev = 1", "r.toml:14: unknown field `sev`"),
        ("name = \"torch\"", "name = \"Torch\"", "r.toml:4: expected a distribution name as PEP 503"),
        ("message = \"`", "message = \"\\u001b", "r.toml:15: expected text without control characters"),
        ("schema = 1", "schema = 1\n[[function]]\ndoes = \"open\"", "r.toml:2: expected one of `calls` and `methods`"),
        (
            "schema = 1",
            "schema = 1\n[[function]]\ncalls = [\"a.b\"]\ndoes = \"compare\"\ndata = { position = 0 }",
            "r.toml:2: expected `other` where `does` is \"compare\"",
        ),
        ("schema = 1", "schema = 1\n[[gadget]]\nnames = [\"os\"]", "r.toml:3: expected a qualified name, or a module"),
        ("schema = 1", "schema = 1\n[[", "r.toml:2: "),
    ];

    #[test]
    fn each_fault_is_reported_at_its_line() {
        for (good, bad, expected) in BAD {
            assert!(GOOD.contains(good), "{good}");
            let error = parse(&GOOD.replacen(good, bad, 1), "r.toml").expect_err(expected).to_string();
            assert!(error.lines().any(|line| line.starts_with(expected)), "{bad}\n{error}\nexpected {expected}");
        }
    }

    #[test]
    fn a_match_may_be_about_another_library() {
        let other = GOOD.replacen("[[rule.match]]", "[[rule.match]]\nlibrary = \"lightning\"", 1);
        let error = parse(&other, "r.toml").expect_err("its names are torch's").to_string();
        assert!(error.contains("r.toml:23: expected a dotted name below an import name of the library"), "{error}");
        assert!(error.contains("r.toml:25: expected another library than the match's own"), "{error}");
        let more =
            "[[rule.match]]\nlibrary = \"lightning\"\ncalls = [\"lightning.load\"]\nversions = \"<2\"\n[[rule.hit]]";
        let rules = parse(&GOOD.replacen("[[rule.hit]]", more, 1), "r.toml").expect("it is good");
        let rule = rules.rule("torch-load").expect("it is there");
        assert_eq!((rule.libraries(), rule.library.as_str()), (vec!["lightning", "torch"], "torch"));
        assert_eq!(rules.rules_of("lightning").count(), 1);
    }

    #[test]
    fn each_string_of_code_is_an_example_with_its_line() {
        let array = "code = [\n  \"a()\",\n  \"b()\",\n]\nseverity = \"note\"\n[[rule.instead]]\ncode = \"c()\"";
        let rules = parse(&GOOD.replacen("code = \"torch.load(f)\"", array, 1), "r.toml").expect("it is good");
        let rule = rules.rule("torch-load").expect("it is there");
        let lines = |examples: &[super::super::model::Example]| -> Vec<(String, u32)> {
            examples.iter().map(|example| (example.code.clone(), example.written.1)).collect()
        };
        assert_eq!(lines(&rule.examples[..2]), [("a()".into(), 33), ("b()".into(), 34)]);
        assert!(rule.examples[..2].iter().all(|example| example.versions.len() == 1 && example.expect.is_some()));
        assert_eq!(lines(&rule.instead), [("c()".into(), 38)]);
        let error = parse(&GOOD.replacen("\"torch.load(f)\"", "[\"a\", \" \"]", 1), "r.toml").expect_err("it is empty");
        assert_eq!(error.to_string(), "r.toml:32: expected code, found \" \"");
    }

    #[test]
    fn rules_about_writing_are_off_until_they_are_asked_for() {
        let note = GOOD.replacen("severity = \"error\"", "severity = \"note\"\nproducer = true", 1);
        let mut rules = parse(&note, "r.toml").expect("it is good");
        assert!(rules.rules.is_empty() && rules.rule("torch-load").is_some());
        let error = rules.extend_from(&note, "mine.toml").expect_err("the id is taken").to_string();
        assert!(error.starts_with("mine.toml:12: expected an id that no other rule has"), "{error}");
        rules.enable_producers(crate::finding::Severity::Warning);
        assert_eq!(rules.rule("torch-load"), rules.rules.first());
        assert_eq!(rules.rules[0].severity, crate::finding::Severity::Warning);
        let error = parse(&GOOD.replacen("[[rule]]", "[[rule]]\nproducer = true", 1), "r.toml").expect_err("an error");
        assert_eq!(error.to_string(), "r.toml:13: expected the severity `note` beside `producer`, found `error`");
    }

    #[test]
    fn what_is_installed_is_named_by_versions_alone() {
        let only = "installed = true\nversions = \"<2.6\"\nbecause = \"it runs code\"\n[[rule.hit]]";
        let (start, end) =
            (GOOD.find("calls =").expect("it is there"), GOOD.find("[[rule.hit]]").expect("it is there"));
        let text = GOOD.replacen(&GOOD[start..end + 12], only, 1);
        let rules = parse(&text, "r.toml").expect("it is good");
        let candidate = &rules.rules[0].matches[0];
        assert_eq!(candidate.proof, crate::rules::model::Proof::Declared);
        let error = parse(&text.replace("versions = \"<2.6\"\n", ""), "r.toml").expect_err("no versions").to_string();
        assert!(error.contains("r.toml:21: expected `versions` beside `installed`, found none"), "{error}");
        let both = text.replace("installed = true", "installed = true\ncalls = [\"torch.load\"]");
        assert!(parse(&both, "r.toml").is_err());
    }

    #[test]
    fn an_entry_that_is_wrong_hides_no_other() {
        let wrong = GOOD.replacen("severity = \"error\"", "severity = \"fatal\"", 1);
        let second = GOOD[GOOD.find("[[rule]]").expect("it is there")..].replacen("\"torch-load\"", "\"Torch\"", 1);
        let error = |text: &str| parse(text, "r.toml").expect_err("it is wrong").to_string();
        let both = error(&format!("{wrong}{second}"));
        let lines: Vec<&str> = both.lines().collect();
        assert!(lines.len() == 2 && lines[0].starts_with("r.toml:14: unknown variant `fatal`"), "{both}");
        assert!(lines[1].starts_with("r.toml:37: expected a rule id in kebab case"), "{both}");
        // Nothing is said of what speaks of a library that is wrong.
        let library = wrong.replacen("imports = [\"torch\"]", "import = [\"torch\"]", 1);
        let forms = error(&format!("{library}{second}"));
        let lines: Vec<&str> = forms.lines().collect();
        assert!(lines.len() == 2 && lines[0].starts_with("r.toml:5: unknown field `import`"), "{forms}");
    }

    #[test]
    fn a_bad_pattern_is_reported_with_its_reason() {
        let text = GOOD.replace("calls = [\"torch.load\"]", "text = { files = [\"*.cfg\"], pattern = \"(\" }");
        let error = parse(&text, "r.toml").expect_err("the pattern is bad").to_string();
        assert!(error.contains("r.toml:22: expected a regular expression (unclosed group), found \"(\""), "{error}");
        assert!(error.contains("expected `when`, `data` and `edit` only beside `calls` or `methods`"), "{error}");
    }

    #[test]
    fn versions_of_the_standard_library_are_refused() {
        let text = GOOD.replacen("imports = [\"torch\"]", "imports = [\"torch\"]\nstandard = true", 1);
        let error = parse(&text, "r.toml").expect_err("no manifest names them").to_string();
        assert!(error.contains("expected no versions of the standard library"), "{error}");
    }

    #[test]
    fn a_second_file_adds_and_replaces_only_what_it_says() {
        let mut rules = parse(GOOD, "rules.toml").expect("it is good");
        let before = rules.clone();
        let error = rules.extend_from(GOOD, "mine.toml").expect_err("the id is taken").to_string();
        assert!(
            error.starts_with("mine.toml:12: expected an id that no other rule has, or `replace = true`"),
            "{error}"
        );
        assert_eq!(rules, before, "an error adds nothing");

        let start = GOOD.find("[[rule]]").expect("it is there");
        let mine = format!("schema = 1\n{}", &GOOD[start..]).replace("runs code", "is ours");
        let replacing = mine.replacen("[[rule]]", "[[rule]]\nreplace = true", 1);
        rules.extend_from(&replacing, "mine.toml").expect("it replaces");
        assert_eq!(rules.rule("torch-load").expect("it is there").message, "`torch.load` is ours");

        let stale = replacing.replace("id = \"torch-load\"", "id = \"gone\"");
        let error = rules.extend_from(&stale, "mine.toml").expect_err("there is none").to_string();
        assert!(error.contains("expected the id of a rule to replace, found \"gone\""), "{error}");
        let twice = format!("{replacing}{}", replacing.replacen("schema = 1", "", 1));
        assert!(rules.extend_from(&twice, "mine.toml").is_err());
    }

    #[test]
    fn a_known_library_gets_the_added_names() {
        let mut rules = parse(GOOD, "rules.toml").expect("it is good");
        let more = "schema = 1\n[[library]]\nname = \"torch\"\nalso-installed-as = [\"torch-nightly\"]\n";
        rules.extend_from(more, "mine.toml").expect("it is good");
        let torch = rules.library("torch").expect("it is there");
        assert_eq!(
            (&torch.imports[..], &torch.also_installed_as[..]),
            (&["torch".into()][..], &["torch-nightly".into()][..])
        );
    }

    const ORIGINS: &str = r#"
[[origin]]
kind = "network"
names = ["acme.queue"]
decorators = ["acme.on"]
parameters = ["request.body"]

[passages]
opens = [".open", "acme.open"]
reads = [".read"]

[[dump]]
names = ["acme.dump"]
file = { position = 1 }
rules = ["torch-load"]
"#;

    #[test]
    fn a_second_file_adds_where_data_comes_from() {
        let mut rules = parse(&format!("{GOOD}{ORIGINS}"), "rules.toml").expect("it is good");
        let more = "schema = 1\n[[origin]]\nkind = \"network\"\nnames = [\"a.b\"]\n[passages]\nopens = [\"b.open\"]\n";
        rules.extend_from(more, "mine.toml").expect("it is good");
        assert_eq!(rules.origins.len(), 1);
        assert_eq!(rules.origins[0].names, ["a.b", "acme.queue"]);
        assert_eq!(rules.passages.opens, [".open", "acme.open", "b.open"]);
        assert_eq!(rules.dumps.len(), 1);
    }

    #[test]
    fn faults_in_where_data_comes_from_are_reported_at_their_lines() {
        for (good, bad, expected) in [
            ("\"network\"", "\"cloud\"", "r.toml:3: unknown variant `cloud`"),
            ("\"network\"", "\"dump\"", "r.toml:3: expected a kind that names bring in, such as `network`"),
            ("\"acme.queue\"", "\"acme.*\"", "r.toml:4: expected a qualified name, found \"acme.*\""),
            ("\"request.body\"", "\"request\"", "r.toml:6: expected a parameter and an attribute"),
            ("\".open\"", "\".a.open\"", "r.toml:9: expected a qualified name, or a method such as `.read`"),
            ("\".read\"", "\"read\"", "r.toml:10: expected a method such as `.read`"),
            ("{ position = 1 }", "{}", "r.toml:14: expected the argument's name, its `position` or both"),
            ("[\"torch-load\"]", "[\"other\"]", "r.toml:15: expected the id of a rule, found \"other\""),
            ("names = [\"acme.dump\"]", "names = []", "r.toml:12: expected `names` and `rules`, found an empty list"),
            ("names = [\"acme.dump\"]", "name = []", "r.toml:13: unknown field `name`"),
        ] {
            let text = format!("schema = 1{}", ORIGINS.replacen(good, bad, 1));
            assert!(text.contains(bad), "{bad}");
            let rules = &mut parse(GOOD, "rules.toml").expect("it is good");
            let error = rules.extend_from(&text, "r.toml").expect_err(expected).to_string();
            assert!(error.lines().any(|line| line.starts_with(expected)), "{bad}\n{error}\nexpected {expected}");
        }
        let nothing = "schema = 1\n[[origin]]\nkind = \"hub\"\n";
        let error = parse(nothing, "r.toml").expect_err("it says nothing").to_string();
        assert_eq!(error, "r.toml:2: expected one of `names`, `decorators` and `parameters`, found none");
    }

    #[test]
    fn hostile_files_are_errors() {
        let escapes =
            parse("schema = 1\n\"\\u001b[2J\\u202e\" = 1\n", "r.toml").expect_err("unknown field").to_string();
        assert!(escapes.starts_with("r.toml:2: unknown field `\\u{1b}[2J\\u{202e}`"), "{escapes}");
        let deep = format!("schema = 1\nx = {}", "[".repeat(100_000));
        assert!(parse(&deep, "r.toml").is_err());
        let tables = format!("schema = 1\n[{}a]", "a.".repeat(100_000));
        assert!(parse(&tables, "r.toml").is_err());
        let many = format!("schema = 1\n{}", "[[library]]\nname = \"A\"\n".repeat(1000));
        assert_eq!(parse(&many, "r.toml").expect_err("all are bad").problems.len(), RulesError::MAX_PROBLEMS);
    }

    #[test]
    fn what_runs_is_what_rules_toml_says() {
        let written = parse(include_str!("../../rules.toml"), "rules.toml").expect("the build checked it");
        assert_eq!(*RuleSet::builtin_with_examples(), written);
    }
}
