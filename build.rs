//! Checks `rules.toml` with the program's own loader and encodes it, so that no start of the program reads TOML.

#[allow(dead_code, unused_imports, reason = "the loader is shared with the library, which uses all of it")]
#[path = "src/finding"]
mod finding {
    mod severity;
    mod source;
    pub use severity::{Confidence, Severity};
    pub use source::Source;
}
#[allow(dead_code, unused_imports, reason = "the loader is shared with the library, which uses all of it")]
#[path = "src/rules"]
mod rules {
    pub mod model;
    pub mod needles;
    pub mod origins;
    pub mod parse;
}

use std::error::Error;
use std::path::Path;

const RULES: &str = "rules.toml";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={RULES}");
    match rules::parse::parse(&std::fs::read_to_string(RULES)?, RULES) {
        Ok(rules) => {
            let directory = std::env::var("OUT_DIR")?;
            let target = |name| Path::new(&directory).join(name);
            std::fs::write(target("rules.postcard"), postcard::to_stdvec(&rules)?)?;
            let all = rules.rules.iter().chain(&rules.producers);
            let examples: Vec<_> = all.map(|rule| (&rule.examples, &rule.instead)).collect();
            std::fs::write(target("examples.postcard"), postcard::to_stdvec(&examples)?)?;
        }
        Err(error) => error.problems.iter().for_each(|problem| println!("cargo::error={problem}")),
    }
    Ok(())
}
