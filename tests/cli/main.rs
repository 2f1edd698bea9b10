//! The real binary and the real git, in a scrubbed environment. What can be tested below the binary is tested there.

mod commits;
mod demo;
mod fix;
mod hooks;
mod interface;
mod inventory;
mod judging;
mod materials;
mod own_rules;
mod page;
mod readme;
mod rule_files;
mod rules;
mod semgrep;
mod support;
mod tools;
mod why;
