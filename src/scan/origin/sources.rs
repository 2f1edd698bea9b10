//! The names that say where data comes from, to be looked up: made from the rules, once.

use crate::finding::Source;
use crate::rules::RuleSet;
use std::collections::BTreeMap;

/// What a name says of the data that comes with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::scan) enum Known {
    /// It brings data in.
    Source(Source),
    /// It gives what its argument is or holds.
    Passage(Passage),
    /// It writes what a rule loads: one of the dumps of the rules.
    Dump(usize),
}

/// What a function does to the data it is passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::scan) enum Passage {
    /// Gives the content of the file at a path.
    Opens,
    /// Gives the same bytes.
    Keeps,
    /// Gives what is left in a stream.
    Reads,
    /// Gives something else.
    Changes,
    /// Gives an empty file or container, whatever it is passed.
    Makes,
}

/// Names by what is looked up in them.
pub(in crate::scan) struct Sources<'r> {
    names: BTreeMap<&'r str, Vec<Known>>,
    methods: BTreeMap<&'r str, Passage>,
    decorators: BTreeMap<&'r str, Source>,
    parameters: BTreeMap<&'r str, Source>,
}

impl<'r> Sources<'r> {
    /// What `rules` say.
    pub fn new(rules: &'r RuleSet) -> Self {
        let mut sources = Self {
            names: BTreeMap::new(),
            methods: BTreeMap::new(),
            decorators: BTreeMap::new(),
            parameters: BTreeMap::new(),
        };
        for origin in &rules.origins {
            for name in &origin.names {
                sources.names.entry(name).or_default().push(Known::Source(origin.kind));
            }
            sources.decorators.extend(origin.decorators.iter().map(|name| (name.as_str(), origin.kind)));
            sources.parameters.extend(origin.parameters.iter().map(|name| (name.as_str(), origin.kind)));
        }
        let passages = &rules.passages;
        for (names, passage) in [
            (&passages.changes, Passage::Changes),
            (&passages.opens, Passage::Opens),
            (&passages.keeps, Passage::Keeps),
            (&passages.reads, Passage::Reads),
            (&passages.makes, Passage::Makes),
        ] {
            for name in names {
                match name.strip_prefix('.') {
                    Some(method) => drop(sources.methods.insert(method, passage)),
                    None => sources.names.entry(name).or_default().push(Known::Passage(passage)),
                }
            }
        }
        for (index, dump) in rules.dumps.iter().enumerate() {
            for name in &dump.names {
                sources.names.entry(name).or_default().push(Known::Dump(index));
            }
        }
        sources
    }

    /// What is known of exactly the name `path`.
    pub fn exactly(&self, path: &str) -> &[Known] {
        self.names.get(path).map_or(&[], Vec::as_slice)
    }

    /// What is known of `path`, or of the nearest name above it that stands for what is below it.
    pub fn known(&self, path: &str) -> &[Known] {
        let exact = self.exactly(path);
        if !exact.is_empty() {
            return exact;
        }
        let stands = |known: &&[Known]| matches!(known, [Known::Source(_), ..]);
        above(path).map(|name| self.exactly(name)).find(stands).unwrap_or_default()
    }

    /// What a method called `name` does, of whatever object.
    pub fn method(&self, name: &str) -> Option<Passage> {
        self.methods.get(name).copied()
    }

    /// Where the parameters of a function come from that is decorated with `path`.
    pub fn decorator(&self, path: &str) -> Option<Source> {
        std::iter::once(path).chain(above(path)).find_map(|name| self.decorators.get(name).copied())
    }

    /// Where an attribute of a parameter comes from: `request.body`.
    pub fn parameter(&self, path: &str) -> Option<Source> {
        self.parameters.get(path).copied()
    }
}

/// The dotted names above `path`, the nearest first.
fn above(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(path.rsplit_once('.'), |(above, _)| above.rsplit_once('.')).map(|(above, _)| above)
}
