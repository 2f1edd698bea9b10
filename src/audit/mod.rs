//! What a security engineer asks of a repository: which evidence decides.
//!
//! Must not print, open a repository or judge code by itself.

mod why;

pub use why::{Answer, RuleStanding, Why, why};
