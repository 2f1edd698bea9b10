//! One source file and the rules as they apply to it, to findings.
//!
//! Never fails: what cannot be judged is said in the result. Must not see git or another file.
//!
//! A Python source goes through `prefilter` (bytes that no rule can match go no further), the decoder and parser of
//! [`crate::syntax`], `collect` (scopes, bindings and the places to look at), `resolve` (what
//! the names there mean), `matching` with `arguments` (which rules hold, how surely), `fingerprint` and `suppression`.
//!
//! Names are followed through imports, aliases, scopes, branches and loops, attributes that methods set on `self`, tables
//! and what is put into them, what functions return, `getattr`, `importlib` and `functools.partial`. Where any of several
//! bindings may be in effect, each counts. `docs/limits.md` says what cannot be followed.

mod arguments;
mod binding;
mod changes;
mod collect;
mod edit;
mod fingerprint;
mod guard;
mod imports;
mod lines;
mod matching;
mod meaning;
mod modules;
mod names;
mod notebook;
mod origin;
mod prefilter;
mod python;
mod resolve;
mod scopes;
mod sketch;
mod summary;
mod suppression;
mod text;
mod tokens;
mod weigh;
mod wrapper;

pub use imports::{Import, Members, imports};
pub use modules::{Exported, ExportedClass, ExportedFunction, Member, ModuleId, Modules, Summary};
pub use sketch::{Role, Sketch};
pub use wrapper::{Parameter, PassedOn};

use crate::finding::Finding;
use crate::rules::{RuleSet, Selection, Target, may_be_manifest};
use crate::snapshot::RepoPath;
use crate::syntax::{is_notebook, is_python, is_python_name, may_be_script};
use std::sync::OnceLock;

/// The outcome of one file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Scan {
    /// What was found and not allowed in the line, sorted; includes `unused-allow` and `malformed-allow` findings.
    pub findings: Vec<Finding>,
    /// What was found and is allowed in its line.
    pub allowed: Vec<Allowed>,
    /// Why the file, or a part of it, could not be judged.
    pub unscanned: Option<String>,
    /// What the file means to those that import it, if it is Python.
    pub summary: Option<Summary>,
    /// Names of modules of the repository that have not been looked into, and decide something in this file.
    pub wanted: Vec<(ModuleId, String)>,
}

/// A finding that a comment allows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Allowed {
    /// What would have been reported.
    pub finding: Finding,
    /// The reason the comment gives.
    pub reason: String,
}

/// Suppression comments of other tools that count as ours, where configuration says so.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Honoured {
    /// `# nosec`, bandit's.
    pub nosec: bool,
    /// `# noqa`, flake8's and ruff's, bare or with a code that starts with `S3`, `S5` or `S6`.
    pub noqa: bool,
}

/// What a file is judged with besides the rules that apply to it.
#[derive(Clone, Copy)]
pub struct Surroundings<'s> {
    /// Other tools' comments that count.
    pub honoured: Honoured,
    /// The modules of its repository.
    pub modules: &'s dyn Modules,
}

impl Surroundings<'static> {
    /// A file alone.
    pub fn none(honoured: Honoured) -> Self {
        Self { honoured, modules: &modules::NoModules }
    }
}

/// Everything that is worked out from the rules once, to judge many files; cheap to make, and shared between threads.
pub struct Scanner<'r> {
    rules: &'r RuleSet,
    /// Functions elsewhere that configuration trusts to verify data, by their qualified names.
    trusted: &'r [String],
    /// Made when the first file gets past the prefilter.
    names: OnceLock<names::Names<'r>>,
    /// Made for the first file with findings.
    sources: OnceLock<origin::Sources<'r>>,
    settings: matching::Settings<'r>,
    prefilter: prefilter::Prefilter<'r>,
    texts: Vec<text::TextMatch<'r>>,
    text_settings: text::TextSettings<'r>,
    /// Whether rules warn of versions.
    installed: bool,
}

impl<'r> Scanner<'r> {
    /// A scanner for `rules`, where configuration trusts the functions in `trusted` to verify data.
    pub fn new(rules: &'r RuleSet, trusted: &'r [String]) -> Self {
        let mut settings = matching::Settings::new();
        let mut texts = Vec::new();
        let mut installed = false;
        for (rule, r) in rules.rules.iter().enumerate() {
            for (index, candidate) in r.matches.iter().enumerate() {
                match &candidate.target {
                    Target::Setting(setting) => {
                        // What is beside a setting must be noted, too.
                        for name in &setting.unless {
                            settings.entry(name.as_str()).or_default();
                        }
                        for name in &setting.names {
                            settings.entry(name.as_str()).or_default().push((rule, index));
                        }
                    }
                    Target::Text { files, pattern } => texts.push(text::TextMatch::new(rule, index, files, pattern)),
                    Target::Installed => installed = true,
                    _ => {}
                }
            }
        }
        Self {
            rules,
            trusted,
            names: OnceLock::new(),
            sources: OnceLock::new(),
            settings,
            prefilter: prefilter::Prefilter::new(rules),
            texts,
            text_settings: text::TextSettings::new(rules),
            installed,
        }
    }

    /// Whether a file of this name may have to be judged; if not, its content need not be read.
    pub fn concerns(&self, path: &RepoPath) -> bool {
        let may_be_judged = is_python_name(path)
            || is_notebook(path)
            || may_be_script(path)
            || text::is_configuration(path)
            || self.texts.iter().any(|text| text.concerns(path));
        // The examples in rules set what must not be set.
        may_be_judged && !self.rules.files.iter().any(|file| file.as_bytes() == path.as_bytes())
    }

    /// Whether a file of this name may be a manifest with a version that rules warn of: [`Selection::installed`] knows.
    pub fn may_warn_of_versions(&self, path: &RepoPath) -> bool {
        self.installed && may_be_manifest(path)
    }

    /// Whether a script or notebook says itself that it runs with a version that rules warn of.
    fn warns_of_own_versions(&self, selection: &Selection<'_>) -> bool {
        self.installed && selection.has_own() && !selection.installed().is_empty()
    }

    /// Whether Python source may hold what rules speak of, going by its words alone.
    pub fn admits(&self, source: &[u8]) -> bool {
        self.prefilter.admits(source)
    }

    /// Whether code may hold what rules speak of, going by its words, and what it may take from other files; `None` where
    /// it is no code.
    pub fn look_at(&self, path: &RepoPath, source: &[u8]) -> Option<(bool, Sketch)> {
        if is_python(path, source) {
            Some(python::look_at(self, source))
        } else if is_notebook(path) {
            Some(notebook::look_at(self, source))
        } else {
            None
        }
    }

    /// What rules have against versions that the file at `path` says, of which only one line is at hand.
    pub fn versions(&self, path: &RepoPath, line: u32, written: &str, selection: &Selection<'_>) -> Vec<Finding> {
        let text = "\n".repeat((line as usize).saturating_sub(1)) + written;
        text::versions(self, path, &text, &lines::Lines::new(&text), selection)
    }

    /// Judges the bytes of one file. `selection` was made for `path`, from the same rules.
    pub fn scan(
        &self,
        path: &RepoPath,
        source: &[u8],
        selection: &Selection<'_>,
        surroundings: Surroundings<'_>,
    ) -> Scan {
        let mut scan = if is_python(path, source) {
            python::scan(self, path, source, selection, surroundings)
        } else if is_notebook(path) {
            notebook::scan(self, path, source, selection, surroundings)
        } else {
            text::scan(self, path, source, selection, surroundings)
        };
        scan.findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        scan.allowed.sort_by(|a, b| a.finding.sort_key().cmp(&b.finding.sort_key()));
        scan
    }
}

/// Judges the bytes of one file. To judge several, make one [`Scanner`].
pub fn scan(path: &RepoPath, source: &[u8], selection: &Selection<'_>, honoured: Honoured) -> Scan {
    let scanner = Scanner::new(selection.rules(), &[]);
    match scanner.look_at(path, source) {
        Some((false, _)) => Scan::default(),
        _ => scanner.scan(path, source, selection, Surroundings::none(honoured)),
    }
}
