//! Verdicts and inventories to text, one format per file.
//!
//! Pure: the same data gives the same bytes. Decides nothing, and lets no control character of a path, a source line or a
//! manifest reach the output.

mod concise;
mod diff;
mod inventory;
mod json;
mod printable;
mod rule_list;
mod rule_page;
mod rule_text;
mod rule_words;
mod semgrep;
mod summary;
mod text;
mod why_json;
mod why_text;

pub use diff::diff;
pub use inventory::{INVENTORY_FORMATS, InventoryFormat, InventoryView};
pub use printable::printable;
pub use rule_list::{ListedRule, rule_list, rule_list_json};
pub use rule_page::rule_page;
pub use rule_text::rule_explanation;
pub use semgrep::{LeftOut, semgrep};
pub use why_json::why_json;
pub use why_text::why_text;

use crate::catalog::{Diagnostic, Gravity};
use crate::finding::{Finding, Severity};
use crate::gate::{Outcome, Verdict};

/// What a verdict is about: decides the words of the summary.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    /// What is staged.
    Staged,
    /// What a range of commits changes.
    Range,
    /// A whole tree.
    Tree,
}

/// How a verdict is shown. Nothing here changes the outcome.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct View {
    /// What was judged.
    pub subject: Subject,
    /// Findings of this severity and above block.
    pub fail_on: Severity,
    /// Whether findings of severity `note` are shown.
    pub show_notes: bool,
    /// Whether findings that a comment allows are listed, not only counted.
    pub show_allowed: bool,
    /// Whether a clean verdict without findings to show gives no output at all, except as JSON.
    pub quiet: bool,
    /// Whether to colour.
    pub color: bool,
}

impl View {
    /// The findings to show, in report order. What blocks is always shown.
    pub fn shown(self, verdict: &Verdict) -> impl Iterator<Item = &Finding> {
        verdict.findings.iter().filter(move |finding| {
            self.show_notes || finding.severity > Severity::Note || finding.severity >= self.fail_on
        })
    }

    /// What to show of what was not understood: where an entry was lost, and with notes also what is merely odd.
    fn diagnostics(self, verdict: &Verdict) -> impl Iterator<Item = &Diagnostic> {
        verdict.diagnostics.iter().filter(move |odd| self.show_notes || odd.gravity == Gravity::Unread)
    }

    /// Whether there is nothing to show, because nothing was found and the view is quiet.
    fn is_silent(self, verdict: &Verdict) -> bool {
        self.quiet && verdict.outcome(self.fail_on) == Outcome::Clean && self.shown(verdict).next().is_none()
    }
}

/// A format of verdicts.
pub struct Format {
    /// What `--format` calls it.
    pub name: &'static str,
    /// Gives the whole report.
    pub render: fn(&Verdict, View) -> String,
}

/// Every format of verdicts, the default first.
pub const FORMATS: &[Format] = &[
    Format { name: "text", render: text::text },
    Format { name: "concise", render: concise::concise },
    Format { name: "json", render: json::json },
];

/// `1 file`, `2 files`.
fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod samples;
