//! Keeps unsafe unpickling out of Python repositories.
//!
//! Data flows one way: [`snapshot`] → [`catalog`] → [`rules`] → [`scan`] → [`linking`] → [`introduced`] → [`gate`] → [`audit`] → [`report`] → [`cli`].

pub mod audit;
pub mod catalog;
pub mod cli;
pub mod finding;
pub mod gate;
pub mod git;
pub mod introduced;
pub mod linking;
mod parallel;
pub mod report;
pub mod rules;
pub mod scan;
pub mod snapshot;
pub mod syntax;
