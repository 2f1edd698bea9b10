//! The rules that come with the program: `rules.toml`, checked and encoded by the build script.

use super::RuleSet;
use std::sync::{Arc, LazyLock};

const ENCODED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rules.postcard"));

impl RuleSet {
    /// The rules of `rules.toml`. Decoding, once, takes no TOML and checks nothing again.
    pub fn builtin() -> Arc<Self> {
        static DECODED: LazyLock<Arc<RuleSet>> =
            LazyLock::new(|| Arc::new(postcard::from_bytes(ENCODED).expect("the build script encoded this very type")));
        Arc::clone(&DECODED)
    }
}
