//! The knowledge: `rules.toml` and users' rule files, checked; and which rules a file is judged by.
//!
//! Reads no files: text comes in, a [`RuleSet`] or an error with its line comes out.

mod model;
mod selection;

pub use model::{
    Argument, Condition, Edit, EditChange, Example, Library, Match, Requirement, Rule, RuleSet, Target, Value,
};
pub use selection::Selection;
