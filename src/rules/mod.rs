//! The knowledge: `rules.toml` and users' rule files, checked; and which rules a file is judged by.
//!
//! Reads no files: text comes in, a [`RuleSet`] or an error with its line comes out.

mod boundary;
mod builtin;
mod example;
mod installed;
mod model;
mod needles;
mod origins;
mod parse;
mod selection;
mod text;

pub use boundary::{Boundary, boundaries, versions_outside};
pub use installed::{Installed, may_be_manifest};
pub use model::{
    Argument, Condition, Does, Edit, EditChange, Example, Function, Library, Match, Proof, Requirement, Rule, RuleSet,
    Setting, Target, Value,
};
pub use needles::{longest_word, telling_words, value_word};
pub use origins::{Dump, Origin, Passages};
pub use parse::{RESERVED_IDS, RulesError, RulesProblem, SCHEMA, compile_pattern, parse};
pub use selection::Selection;
pub use text::any_glob_matches;
