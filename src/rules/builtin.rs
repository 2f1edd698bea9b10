//! The rules that come with the program: `rules.toml`, checked and encoded by the build script.

use super::{Example, RuleSet};
use std::sync::{Arc, LazyLock};

const ENCODED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rules.postcard"));
/// For each rule, those about writing pickles last: its examples, and what to write instead.
const EXAMPLES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/examples.postcard"));

impl RuleSet {
    /// The rules of `rules.toml`. Decoding, once, takes no TOML and checks nothing again.
    pub fn builtin() -> Arc<Self> {
        static DECODED: LazyLock<Arc<RuleSet>> =
            LazyLock::new(|| Arc::new(postcard::from_bytes(ENCODED).expect("the build script encoded this very type")));
        Arc::clone(&DECODED)
    }

    /// The same with their examples, which only documentation and tests of the rules ask for.
    pub fn builtin_with_examples() -> Arc<Self> {
        let mut rules = Self::builtin();
        let all = Arc::make_mut(&mut rules);
        let examples: Vec<(Vec<Example>, Vec<Example>)> =
            postcard::from_bytes(EXAMPLES).expect("the build script encoded this very type");
        for (rule, shown) in all.rules.iter_mut().chain(&mut all.producers).zip(examples) {
            (rule.examples, rule.instead) = shown;
        }
        rules
    }
}
