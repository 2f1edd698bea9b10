//! What a scan reports: a rule at a place, with the reasons and the way out.
//!
//! Knows nothing of rules' conditions, of Python or of git; it is what passes between stages and what reports print.

mod edit;
mod severity;
mod source;

pub use edit::{Edits, Replacement, TextEdit};
pub use severity::{Confidence, Severity};
pub use source::Source;

use crate::snapshot::RepoPath;

/// A line of a file: where evidence is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Place {
    /// The file.
    pub path: RepoPath,
    /// 1-based line.
    pub line: u32,
}

/// A position in a text file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Position {
    /// 1-based line.
    pub line: u32,
    /// 1-based column, in characters.
    pub column: u32,
}

/// A place in a notebook, as its users see it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Cell {
    /// 1-based number of the cell, among all cells.
    pub number: u32,
    /// 1-based line of the cell.
    pub line: u32,
}

/// The source lines a finding covers, so that reports need no file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Excerpt {
    /// Whole lines, without the last line end; decoded, at most [`Excerpt::MAX_BYTES`] long.
    pub text: String,
    /// 1-based line number of the first line of `text`.
    pub first_line: u32,
    /// The byte range of `text` to point at; on character boundaries.
    pub highlight: std::ops::Range<usize>,
}

impl Excerpt {
    /// Longer lines are cut to a window of this many bytes around the highlight.
    pub const MAX_BYTES: usize = 400;
}

/// What a reason speaks of, in the order in which reasons are shown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Ground {
    /// What stands between the data and its loading.
    Guard(Judgement),
    /// Where the data comes from.
    Origin(Source),
    /// The functions that pass the data on to what loads it, the outermost first.
    Chain,
    /// Which versions are in force.
    Version,
    /// How the name came to mean what it means.
    Binding,
}

/// What a check before a load is worth.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Judgement {
    /// Data that somebody else made does not get past it.
    Genuine,
    /// It stops some of them, or only as long as nobody tries.
    Weak,
    /// It looks like a check and stops nobody.
    Flawed,
}

/// One reason for a verdict, with the line that says so where there is one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Reason {
    /// What it speaks of.
    pub ground: Ground,
    /// `locks torch 2.3.1`: reads on after the place, or stands alone.
    pub text: String,
    /// Where that is written.
    pub place: Option<Place>,
}

/// What a finding is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum About {
    /// Data that is loaded, or a setting that lets it be.
    Load,
    /// Pickles that are written.
    Write,
    /// A version that a manifest brings into force.
    Version,
    /// A comment of ours.
    Comment,
}

/// Identity of a finding that survives moving, re-indenting, renaming the file and renaming import aliases.
///
/// The rule, the qualified name of what is called and its arguments' tokens without white space and comments. Kept as
/// text, not as a hash: nobody can craft a collision with an accepted finding.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Fingerprint(pub String);

/// A rule at a place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The file.
    pub path: RepoPath,
    /// Start of the reported expression.
    pub start: Position,
    /// End of the reported expression, exclusive.
    pub end: Position,
    /// Where it starts in a notebook.
    pub cell: Option<Cell>,
    /// Dotted names of the enclosing classes and functions (`Trainer.resume`); empty at module level.
    pub scope: String,
    /// The stable id of the rule (`torch-load`).
    pub rule: String,
    /// What it is about.
    pub about: About,
    /// The library it is about, by the name rules use; empty where it is about none.
    pub library: String,
    /// What the gate does with it.
    pub severity: Severity,
    /// How sure the analysis is that the rule's condition holds here.
    pub confidence: Confidence,
    /// One sentence: what is wrong. Markdown code spans allowed.
    pub message: String,
    /// What to say under the reported expression.
    pub label: String,
    /// Why we believe it, strongest first.
    pub because: Vec<Reason>,
    /// What to write instead.
    pub fix: String,
    /// The same as an edit of the file, where it is mechanical.
    pub edit: Option<TextEdit>,
    /// The source lines.
    pub excerpt: Excerpt,
    /// Identity across versions of the file.
    pub fingerprint: Fingerprint,
}

impl Fingerprint {
    /// Of a rule that warns of versions of `distribution`: whichever version it is, a change within the dangerous ones
    /// introduces nothing.
    pub fn of_version(rule: &str, distribution: &str) -> Self {
        Self(format!("{rule} installed {distribution}"))
    }
}

impl Finding {
    /// The order of all reports: file, position, rule.
    pub fn sort_key(&self) -> (&RepoPath, Position, Position, &str) {
        (&self.path, self.start, self.end, &self.rule)
    }
}
