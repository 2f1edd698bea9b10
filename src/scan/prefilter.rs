//! Says of most files, by their bytes alone, that no rule can find anything in them.
//!
//! What a rule speaks of is reached by a name, and a name that a file uses stands in an import, after a dot or after a quote
//! (`getattr(pickle, "loads")`, `"pickle.Unpickler"` as an annotation). A file is admitted if all words of one of a rule's
//! names stand so, or if a setting of a rule may be in it.

mod folding;
mod words;

use super::imports::{Import, Members, imports};
use super::sketch::{Sketch, is_word, next_word};
use super::suppression::MARKER;
use crate::rules::RuleSet;
use aho_corasick::{AhoCorasick, packed};
use folding::folds_to_ascii;
use std::sync::OnceLock;
use words::{Seen, Words};

/// What files must hold for a rule to find anything in them.
pub(super) struct Prefilter<'r> {
    rules: &'r RuleSet,
    /// Made for the first file.
    made: OnceLock<(Needles, Words<'r>)>,
}

/// Looks for strings of which one is in a file with settings, or with a comment of ours.
enum Needles {
    Packed(packed::Searcher),
    Automaton(AhoCorasick),
    /// Too much to search for: every file is looked at.
    Everything,
}

impl<'r> Prefilter<'r> {
    /// The prefilter of `rules`.
    pub fn new(rules: &'r RuleSet) -> Self {
        Self { rules, made: OnceLock::new() }
    }

    fn made(&self) -> &(Needles, Words<'r>) {
        self.made.get_or_init(|| (Needles::new(&self.rules.needles), Words::new(self.rules)))
    }

    /// Whether a rule or a comment of ours may be found in `text`.
    pub fn admits(&self, text: &[u8]) -> bool {
        self.look_at(text).0
    }

    /// The same, and what `text` may take from other files.
    pub fn look_at(&self, text: &[u8]) -> (bool, Sketch) {
        let (needles, words) = self.made();
        let mut seen = Seen::new(words);
        let has_comment = needles.find_all(text, &mut seen);
        seen.after_marks(text);
        let imports = imports(text);
        if imported(&imports, &mut seen) {
            seen.everywhere(text);
        }
        // Python folds other forms of letters to ASCII ones; who writes them gets a closer look.
        let admits = has_comment || seen.suffices(text) || folds_to_ascii(text);
        (admits, Sketch::new(&imports, seen.attributes))
    }

    /// Whether all words of a rule's name stand anywhere in what could not be read as code.
    pub fn mentions(&self, text: &[u8]) -> bool {
        let (needles, words) = self.made();
        let mut seen = Seen::new(words);
        seen.everywhere(text);
        needles.find_all(text, &mut seen) || seen.suffices(text)
    }
}

/// Notes the words of the imports; says whether one of them brings in names that are not written.
fn imported(imports: &[Import<'_>], seen: &mut Seen<'_, '_>) -> bool {
    let mut brings_all = false;
    for import in imports {
        import.module.split('.').for_each(|word| seen.see(word.as_bytes()));
        match &import.members {
            Members::Named(names) => names.iter().for_each(|(name, _)| seen.see(name.as_bytes())),
            Members::All => brings_all = true,
            Members::Module => {}
        }
    }
    brings_all
}

impl Needles {
    fn new(needles: &[String]) -> Self {
        let patterns = || needles.iter().map(String::as_str).chain([MARKER]);
        match packed::Config::new().builder().extend(patterns()).build() {
            Some(searcher) => Self::Packed(searcher),
            None => AhoCorasick::new(patterns()).map_or(Self::Everything, Self::Automaton),
        }
    }

    /// Where the first needle that ends after `start` is.
    fn find(&self, text: &[u8], start: usize) -> Option<usize> {
        let input = aho_corasick::Input::new(text).range(start..);
        match self {
            Self::Packed(searcher) => searcher.find_in(text, input.get_span()).map(|found| found.start()),
            Self::Automaton(automaton) => automaton.find(input).map(|found| found.start()),
            Self::Everything => Some(start).filter(|&start| start < text.len()),
        }
    }

    /// Notes the words that hold a needle; says whether there is a comment of ours.
    fn find_all(&self, text: &[u8], seen: &mut Seen<'_, '_>) -> bool {
        let mut start = 0;
        while let Some(found) = self.find(text, start) {
            if text[found..].starts_with(MARKER.as_bytes()) {
                return true;
            }
            let before =
                text[start..found].iter().rposition(|&byte| !is_word(byte)).map_or(start, |last| start + last + 1);
            let word = next_word(&text[before..]);
            seen.see(word);
            start = (before + word.len()).max(found + 1);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::parse;

    /// One rule with one `[[rule.match]]`, of a library that is imported as `library`.
    fn rules(library: &str, matches: &str) -> RuleSet {
        let text = format!(
            "schema = 1\n[[library]]\nname = \"x\"\nimports = [\"{library}\"]\n[[rule]]\nid = \"x\"\nlibrary = \"x\"\n\
            severity = \"error\"\nmessage = \"m\"\nruns = \"r\"\nfix = \"f\"\nalternative = \"a\"\n\
            [[rule.match]]\n{matches}\n[[rule.hit]]\ncode = \"x\"\n[[rule.miss]]\ncode = \"y\"\n"
        );
        parse(&text, "rules.toml").expect("the rules are sound")
    }

    /// Judges which of `texts` the rules admit.
    fn assert_admits(rules: &RuleSet, yes: &[&str], no: &[&str]) {
        let filter = Prefilter::new(rules);
        yes.iter().for_each(|text| assert!(filter.admits(text.as_bytes()), "{text}"));
        no.iter().for_each(|text| assert!(!filter.admits(text.as_bytes()), "{text}"));
    }

    #[test]
    fn all_words_of_a_name_stand_where_names_do() {
        assert_admits(
            &rules("pickle", "calls = [\"pickle.load\", \"pickle.sub.read\"]"),
            &[
                "import pickle\npickle.load(x)",
                "import os, pickle as p\np.load(x)",
                "from pickle import load",
                "from pickle import (  # why\n    dump,\n    load as l,\n)",
                "from pickle import*;load",
                "import pickle\nx = (pickle\\\n  . # why\n  load)",
                "from . import compat\ncompat.pickle.load(x)",
                "import pickle\ngetattr(pickle, 'load')",
                "__import__('pickle').load(x)",
                "from pickle import sub\nsub.read()",
                "from pickle.sub import read",
                "from x import *\npickle.load(x)",
                "import pickle\ndef f(x: \"pickle.load\"): ...",
                "\x0cimport pickle\npickle.load",
            ],
            &[
                "",
                "import pickle\npickle.loads(x)",
                "import pickle\n# load it",
                "load(x)",
                "import jsonpickle\njsonpickle.load(x)",
                "import pickle\npickle.read",
                "import pickle_load",
                "# a pickle\nx.load()",
                "from x import pickle as p\nload(p)",
            ],
        );
    }

    #[test]
    fn a_method_needs_its_class() {
        assert_admits(
            &rules("lib", "methods = { classes = [\"lib.C\"], methods = [\"load\", \"[]\"] }"),
            &["from lib import C\nC()[0]"],
            &["from lib import D\nD().load()"],
        );
        assert_admits(
            &rules("lib", "methods = { classes = [\"lib.C\"], methods = [\"load\"] }"),
            &["from lib import C\nC().load()"],
            &["from lib import C\nC().dump()"],
        );
    }

    #[test]
    fn words_may_be_put_together() {
        assert_admits(
            &rules("pickle", "calls = [\"pickle.load\"]"),
            &[
                r#"import pickle; "lo" + "ad""#,
                "import pickle; ''.join(['l', 'o', 'ad'])",
                "import pickle; f\"lo{'ad'}\"",
                "import pickle; f\"{'lo'}ad\"",
                "import pickle; 'lo' 'ad'",
                "import pickle; 'lo' \\\n 'ad'",
            ],
            &[
                "import pickle; lo + ad",
                "import pickle; 'lo': 'ad'",
                "import pickle; 'lo', x, 'ad'",
                "import pickle; 'xlo' 'ad'",
            ],
        );
    }

    #[test]
    fn a_setting_needs_its_name_value_and_place() {
        assert_admits(
            &rules("lib", "settings = { names = [\"kind\"], values = [\"'db'\"], in = [\"Store\"] }"),
            &["Store(kind='db')", "Store = {'kind': \"db\"}"],
            &["Stored(kind='db')", "Store(kinds='db')", "Store(kind='dbs')", "shop(kind='db')"],
        );
        assert_admits(
            &rules("lib", "settings = { names = [\"CODEC_NAME\", \"CODEC\"], values = [\"True\"] }"),
            &["CODEC_NAME = 1", "x = 'CODEC'", "XCODEC; CODEC"],
            &["CODECS = True", "X_CODEC = True", "codec = True"],
        );
        assert_admits(
            &rules("lib", "settings = { names = [\"codec\"], values = [\"lib.PickleCodec\", \"'a/x-pickled'\"] }"),
            &["codec=PickleCodec()", "codec = 'a/x-pickled'"],
            &["codec=Codec()", "x = PickleCodec", "codec = 'a/x-pickle'"],
        );
    }

    #[test]
    fn comments_of_ours_and_folded_letters_are_admitted() {
        assert_admits(
            &rules("pickle", "calls = [\"pickle.load\"]"),
            &["x = 1  # picklegate: allow[x] y", "import ｐickle"],
            &["# pickle（load）™：ü"],
        );
    }

    #[test]
    fn many_rules_need_no_special_care() {
        let calls: Vec<String> = (0..300).map(|i| format!("\"lib.m{i}.load\"")).collect();
        assert_admits(
            &rules("lib", &format!("calls = [{}]", calls.join(", "))),
            &["from lib.m299 import load"],
            &["from lib.m300 import load"],
        );
        let names: Vec<String> = (1..=300).map(|i| format!("\"S{:x}_{:x}\"", i * 7919, i * 104_729)).collect();
        let rules = rules("lib", &format!("settings = {{ names = [{}], values = [\"True\"] }}", names.join(", ")));
        assert!(rules.needles.len() > 100);
        assert_admits(&rules, &["Sd889_b2faf = 1", "x.S244014_1df694c"], &["Sd889_b2fa = 1", "Sd889_b2faff = 1"]);
    }

    #[test]
    fn hostile_text_takes_linear_time() {
        let rules = rules("pickle", "calls = [\"pickle.load\"]");
        let filter = Prefilter::new(&rules);
        for text in [". ", ".# ", "\"", "'a", ".\\\n", "\"a\" ", "import ", "picklegate", "é"] {
            filter.admits(text.repeat(500_000).as_bytes());
        }
    }
}
