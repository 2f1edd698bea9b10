//! Rules as the program holds them: checked, and small enough to be decoded at each start.
//!
//! The build script compiles `rules.toml` to these types with this same file, so it stands alone: serde and severity only.

use super::origins::{Dump, Origin, Passages};
use crate::finding::{Confidence, Severity};
use serde::{Deserialize, Serialize};

/// All rules, sorted by id, the libraries they speak of, sorted by name, and where data comes from.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct RuleSet {
    /// The libraries.
    pub libraries: Vec<Library>,
    /// The rules in force.
    pub rules: Vec<Rule>,
    /// Rules about writing pickles, sorted by id, as long as nobody asks for them.
    pub producers: Vec<Rule>,
    /// What functions do that may stand between data and its loading, in the order of the files.
    pub functions: Vec<Function>,
    /// Callables that no allow-list may hold, sorted: `os.system`; `os.*` is everything below `os`.
    pub gadgets: Vec<String>,
    /// What brings data in, one entry for each kind, sorted by it.
    pub origins: Vec<Origin>,
    /// What data passes through.
    pub passages: Passages,
    /// What writes the data that rules load.
    pub dumps: Vec<Dump>,
    /// Strings of which one is in every file that a setting of the rules is found in, sorted.
    pub needles: Vec<String>,
    /// Files of the repository that some of the rules were read from.
    pub files: Vec<String>,
}

/// What functions do that may stand between data and its loading.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Function {
    /// Qualified names of functions; or, if there are `methods`, of classes and of functions that return instances.
    pub names: Vec<String>,
    /// Methods of these classes.
    pub methods: Vec<String>,
    /// What it does.
    pub does: Does,
    /// What it works on; of what compares, the first of two.
    pub data: Option<Argument>,
    /// Of what compares, the second of two.
    pub other: Option<Argument>,
    /// The key; of a method, as its constructor takes it.
    pub key: Option<Argument>,
    /// The key is a public one: who knows it cannot sign.
    pub public_key: bool,
    /// The name of the hash function.
    pub algorithm: Option<Argument>,
    /// What must be passed, or nothing is verified.
    pub needs: Option<Argument>,
}

/// What a [`Function`] does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Does {
    /// Says whether two values are equal, in the same time whatever they are.
    Compare,
    /// Makes a digest; with a key, a MAC.
    Digest,
    /// Makes a digest that anybody can make other data for.
    Checksum,
    /// Raises unless the data is signed, or the MAC is right.
    Verify,
    /// The same, and returns the data.
    Open,
    /// Says whether the data is signed.
    Test,
    /// Never returns.
    Leave,
    /// Returns what the data says in another form.
    Decode,
}

/// A library that rules speak of: the link between what is installed and what is imported.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Library {
    /// The normalised distribution name; also the name rules use.
    pub name: String,
    /// Other distributions that install the same import names, normalised.
    pub also_installed_as: Vec<String>,
    /// Dotted import names it provides (`sklearn`; `ruamel.yaml`).
    pub imports: Vec<String>,
    /// Part of Python itself: always there, and no manifest names its version.
    pub standard: bool,
}

/// One thing a person would allow or forbid.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Rule {
    /// Stable kebab-case id that reads after "allow".
    pub id: String,
    /// Name of the library that does the unpickling; its matches may speak of others.
    pub library: String,
    /// Whether it is about writing pickles.
    pub producer: bool,
    /// Of a finding, where a match does not say otherwise.
    pub severity: Severity,
    /// Upper bound of the confidence of its findings.
    pub confidence: Confidence,
    /// One sentence: what is wrong.
    pub message: String,
    /// What runs and when.
    pub runs: String,
    /// What to write instead, in one line.
    pub fix: String,
    /// The safe way, at more length.
    pub alternative: String,
    /// CWE numbers.
    pub cwe: Vec<u32>,
    /// Advisories (`CVE-2025-32434`) and documentation addresses.
    pub references: Vec<String>,
    /// Any of these makes a finding; of several at one place the most severe is reported.
    pub matches: Vec<Match>,
    /// Code that must be reported, and code that must not. Like `instead` it is left out where rules only judge.
    #[serde(skip)]
    pub examples: Vec<Example>,
    /// What to write instead, as code in which no rule finds more than notes.
    #[serde(skip)]
    pub instead: Vec<Example>,
}

/// One shape of code, in some versions, under some conditions.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Match {
    /// What it matches.
    pub target: Target,
    /// Name of the library it is about.
    pub library: String,
    /// PEP 440 specifiers of its library, any of which may hold; empty: every version.
    pub versions: Vec<String>,
    /// Conditions on other libraries; all must be possible.
    pub requires: Vec<Requirement>,
    /// What must be known of the versions for this match to count.
    pub proof: Proof,
    /// Conditions on arguments; all must hold.
    pub when: Vec<Condition>,
    /// Where the data that is loaded comes in.
    pub data: Option<Argument>,
    /// Instead of the rule's.
    pub severity: Option<Severity>,
    /// Instead of the rule's.
    pub message: Option<String>,
    /// Instead of the rule's.
    pub fix: Option<String>,
    /// What is true in these versions, read after "locks torch 2.3.1, where".
    pub because: Option<String>,
    /// The fix as a mechanical edit.
    pub edit: Option<Edit>,
}

/// What must be known of the versions for a match with version conditions to count, weakest first.
///
/// By default a match counts until evidence rules it out. A default that was mended years ago deserves an error where the
/// old version is known to be in force, and less where no manifest says anything.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Proof {
    /// Nothing: no evidence rules it out.
    #[default]
    None,
    /// A manifest writes a version or a range, and one of its versions is concerned.
    Declared,
    /// All versions of one piece of evidence are concerned.
    Certain,
}

/// What a [`Match`] looks for. All names are fully qualified: `torch.serialization.load`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Target {
    /// A call of one of these functions or constructors, or a reference that passes one on as a value.
    Call(Vec<String>),
    /// A call of one of `methods` on an instance of one of `classes`.
    Method {
        /// Qualified class names.
        classes: Vec<String>,
        /// Method names; `[]` is subscription.
        methods: Vec<String>,
    },
    /// A class that derives from one of `classes`.
    Base {
        /// Qualified class names.
        classes: Vec<String>,
        /// The class body must define all of these.
        defines: Vec<String>,
        /// The class body must define none of these.
        lacks: Vec<String>,
    },
    /// A setting that is given a value: an assignment, keyword argument, dictionary entry or environment variable.
    Setting(Setting),
    /// A regular expression over files that are not Python.
    Text {
        /// Glob patterns over the path; without `/` they match the file name.
        files: Vec<String>,
        /// The expression; group `at`, if there is one, is what is reported.
        pattern: String,
    },
    /// That the library is there at all, in these versions.
    Installed,
}

/// A setting, and the values that matter. Exactly one of `values` and `other_than` is filled.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Setting {
    /// Its names.
    pub names: Vec<String>,
    /// Values that match, also as elements of a list.
    pub values: Vec<Value>,
    /// Values that do not match, while all others do.
    pub other_than: Vec<Value>,
    /// Names of which one must be around it: of the variable or key it is an entry of, of the object it is set on, of the
    /// callable it is passed to, or of the class it is in. Empty: it may be anywhere.
    pub within: Vec<String>,
    /// Settings beside it that make it harmless.
    pub unless: Vec<String>,
    /// Whether configuration files that are not Python are looked at too.
    pub text: bool,
}

/// A range of versions of another library.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Requirement {
    /// Name of the library.
    pub library: String,
    /// PEP 440 specifiers, any of which may hold.
    pub versions: Vec<String>,
}

/// An argument, by name, by position, or both.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Argument {
    /// Keyword it may be passed by.
    pub keyword: Option<String>,
    /// 0-based position it may be passed at, `self` and `cls` not counted.
    pub position: Option<u32>,
}

/// A condition on one argument. Exactly one of `is` and `is_not` is filled, or neither: then only presence counts, and it
/// holds when the argument is not passed if `absent`, when it is passed if not.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Condition {
    /// The argument.
    pub argument: Argument,
    /// Holds if the argument may be one of these.
    pub is: Vec<Value>,
    /// Holds if the argument may be something else than these.
    pub is_not: Vec<Value>,
    /// Whether it holds when the argument is not passed.
    pub absent: bool,
    /// Whether it holds, with low confidence, when the value cannot be known.
    pub unknown: bool,
}

/// A value as Python writes it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Value {
    /// `None`
    None,
    /// `True`, `False`; equal to 1 and 0 as in Python.
    Bool(bool),
    /// `-1`
    Int(i64),
    /// `'pickle'`; a `*` at either end stands for anything.
    Str(String),
    /// `yaml.SafeLoader`, fully qualified.
    Name(String),
    /// `skops.io.get_untrusted_types()`, fully qualified: what a call returns, whatever it is passed.
    Returned(String),
}

/// A mechanical change that removes the finding.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Edit {
    /// What to change.
    pub change: EditChange,
    /// Whether it keeps the behaviour for all data that was harmless.
    pub safe: bool,
}

/// What an [`Edit`] changes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum EditChange {
    /// Passes `keyword=value`, replacing the argument if it is there.
    SetArgument {
        /// The keyword.
        keyword: String,
        /// Python source of the value.
        value: String,
    },
    /// Calls another function of the same library instead (`yaml.safe_load`).
    ReplaceCallee(String),
    /// Removes an argument.
    RemoveArgument(String),
}

/// Code that shows what a rule does, or what to write instead; `picklegate rules test` runs it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Example {
    /// Python source, or the text of `file`.
    pub code: String,
    /// File name the code is judged under.
    pub file: String,
    /// Exact versions assumed, by library; a library that is not named has no known version.
    pub versions: Vec<(String, String)>,
    /// The severity the rule must report at; `None`: the rule must not fire.
    pub expect: Option<Severity>,
    /// Where it is written: the name of the rules file, and the 1-based line.
    pub written: (String, u32),
}

impl RuleSet {
    /// The library called `name`.
    pub fn library(&self, name: &str) -> Option<&Library> {
        self.libraries.binary_search_by(|library| library.name.as_str().cmp(name)).ok().map(|i| &self.libraries[i])
    }

    /// The rule with this id, in force or not.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        let find = |rules| -> Option<&Rule> {
            let rules: &Vec<Rule> = rules;
            rules.binary_search_by(|rule| rule.id.as_str().cmp(id)).ok().map(|i| &rules[i])
        };
        find(&self.rules).or_else(|| find(&self.producers))
    }

    /// All rules, in force or not, sorted by id.
    pub fn all(&self) -> Vec<&Rule> {
        let mut all: Vec<&Rule> = self.rules.iter().chain(&self.producers).collect();
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all
    }

    /// Puts the rules about writing pickles in force, at `severity`.
    pub fn enable_producers(&mut self, severity: Severity) {
        let producers = std::mem::take(&mut self.producers);
        self.rules.extend(producers.into_iter().map(|rule| Rule { severity, ..rule }));
        self.rules.sort_by(|a, b| a.id.cmp(&b.id));
    }
}

impl Rule {
    /// The libraries its matches are about, sorted by name, each once.
    pub fn libraries(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.matches.iter().map(|candidate| candidate.library.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

impl Library {
    /// All distributions that install it, normalised.
    pub fn distributions(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str()).chain(self.also_installed_as.iter().map(String::as_str))
    }
}
