//! The rules that come with the program: `rules.toml`, checked and encoded by the build script.

use super::RuleSet;

const ENCODED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rules.postcard"));

impl RuleSet {
    /// The rules of `rules.toml`. Decoding takes no TOML and checks nothing again.
    pub fn builtin() -> Self {
        postcard::from_bytes(ENCODED).expect("the build script encoded this very type")
    }
}
