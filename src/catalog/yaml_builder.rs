//! Events of a YAML parser to a tree, up to the first error or limit. Knows nothing of what the tree is for.
//!
//! All nodes stand in one list and name each other by position. Nothing recurses, so neither building nor dropping the
//! tree can overflow the stack, and an alias is the node it stands for, not a copy.

use super::reading::{Reading, shown};
use super::yaml::Yaml;
use saphyr_parser::{Event, Parser, ScalarStyle};
use std::collections::{BTreeMap, BTreeSet};

/// Nodes that lie in each other; deeper texts are read up to the place where they become so.
pub(super) const MAX_DEPTH: usize = 100;

/// Nodes of one text.
const MAX_NODES: usize = 2_000_000;

/// Nodes that aliases and merged mappings may add, counting each time that one is reached.
const MAX_ALIASED: usize = 200_000;

/// A node of the tree; its children are positions in the list of all.
#[derive(Debug)]
pub(super) struct Stored {
    pub line: u32,
    pub value: Value,
    /// Nodes in it, itself included, each counted as often as it is reached.
    weight: usize,
    /// Levels of nodes in it, itself included.
    height: usize,
}

/// What a node is.
#[derive(Debug)]
pub(super) enum Value {
    Scalar { text: String, style: ScalarStyle },
    Sequence(Vec<usize>),
    Mapping(Vec<(usize, usize)>),
}

/// Why building ended before the end of the text.
pub(super) struct Stop {
    pub line: u32,
    pub problem: String,
    /// Whether leaving the line out cannot help.
    pub is_final: bool,
}

/// A sequence or mapping that is not complete yet.
struct Open {
    line: u32,
    anchor: usize,
    is_mapping: bool,
    /// Of a mapping, keys and values in turn.
    children: Vec<usize>,
}

/// A tree in the making.
#[derive(Default)]
pub(super) struct Builder {
    nodes: Vec<Stored>,
    documents: Vec<usize>,
    open: Vec<Open>,
    anchors: BTreeMap<usize, usize>,
    aliased: usize,
}

impl Builder {
    /// Builds what stands before the first error.
    pub(super) fn build(text: &str, reading: &mut Reading) -> (Yaml, Option<Stop>) {
        let mut builder = Self::default();
        let mut stop = None;
        // Parser::load recurses for each level of nesting; taking the events one by one does not.
        for event in Parser::new_from_str(text) {
            match event {
                Ok((event, span)) => {
                    let line = u32::try_from(span.start.line()).unwrap_or(u32::MAX);
                    stop = builder.take(reading, event, line);
                }
                Err(error) => {
                    let line = u32::try_from(error.marker().line()).unwrap_or(u32::MAX);
                    let line = culprit(text, line, error.info());
                    stop = Some(Stop { line, problem: error.info().to_owned(), is_final: false });
                }
            }
            if stop.is_some() {
                break;
            }
        }
        while builder.close(reading) {}
        (Yaml { nodes: builder.nodes, documents: builder.documents }, stop)
    }

    fn take(&mut self, reading: &mut Reading, event: Event<'_>, line: u32) -> Option<Stop> {
        let limit = |problem: String| Some(Stop { line, problem, is_final: true });
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let value = Value::Scalar { text: text.into_owned(), style };
                self.add(Stored { line, value, weight: 1, height: 1 }, anchor);
            }
            Event::SequenceStart(anchor, _) => {
                self.open.push(Open { line, anchor, is_mapping: false, children: Vec::new() });
            }
            Event::MappingStart(anchor, _) => {
                self.open.push(Open { line, anchor, is_mapping: true, children: Vec::new() });
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.close(reading);
            }
            Event::Alias(anchor) => match self.anchors.get(&anchor) {
                Some(&index) => {
                    self.aliased += self.nodes[index].weight;
                    if self.open.len() + self.nodes[index].height > MAX_DEPTH {
                        return limit(format!("nested more than {MAX_DEPTH} levels deep"));
                    }
                    self.place(index);
                }
                // It stands inside the very value that it means.
                None => self.add(Stored { line, value: Value::Sequence(Vec::new()), weight: 1, height: 1 }, 0),
            },
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {}
        }
        if self.open.len() > MAX_DEPTH {
            return limit(format!("nested more than {MAX_DEPTH} levels deep"));
        }
        if self.aliased > MAX_ALIASED {
            return limit(format!("its aliases come to more than {MAX_ALIASED} values"));
        }
        if self.nodes.len() > MAX_NODES {
            return limit(format!("more than {MAX_NODES} values"));
        }
        None
    }

    /// Adds a complete node to what is open.
    fn add(&mut self, node: Stored, anchor: usize) {
        let index = self.nodes.len();
        self.nodes.push(node);
        if anchor > 0 {
            self.anchors.insert(anchor, index);
        }
        self.place(index);
    }

    fn place(&mut self, index: usize) {
        match self.open.last_mut() {
            Some(open) => open.children.push(index),
            None => self.documents.push(index),
        }
    }

    /// Completes the innermost sequence or mapping that is open, if one is.
    fn close(&mut self, reading: &mut Reading) -> bool {
        let Some(Open { line, anchor, is_mapping, children }) = self.open.pop() else { return false };
        let value = if is_mapping { Value::Mapping(self.pairs(reading, &children)) } else { Value::Sequence(children) };
        let inside = |index: &usize| (self.nodes[*index].weight, self.nodes[*index].height);
        let children: Vec<(usize, usize)> = match &value {
            Value::Scalar { .. } => Vec::new(),
            Value::Sequence(items) => items.iter().map(inside).collect(),
            Value::Mapping(pairs) => pairs.iter().flat_map(|(key, value)| [inside(key), inside(value)]).collect(),
        };
        let weight = children.iter().fold(1, |sum: usize, (weight, _)| sum.saturating_add(*weight));
        let height = 1 + children.iter().map(|(_, height)| *height).max().unwrap_or(0);
        self.add(Stored { line, value, weight, height }, anchor);
        true
    }

    /// Keys with their values. What `<<` merges stands before what the mapping says itself, so that it yields to it.
    fn pairs(&mut self, reading: &mut Reading, children: &[usize]) -> Vec<(usize, usize)> {
        let mut merged = Vec::new();
        let mut own = Vec::new();
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        for pair in children.chunks_exact(2) {
            let (key, value) = (pair[0], pair[1]);
            let Value::Scalar { text, style } = &self.nodes[key].value else {
                own.push((key, value));
                continue;
            };
            if text == "<<" && *style == ScalarStyle::Plain {
                let one = [value];
                let sources = match &self.nodes[value].value {
                    Value::Sequence(several) => &several[..],
                    _ => &one,
                };
                // Of several, the first counts most.
                for &source in sources.iter().rev() {
                    if let Value::Mapping(pairs) = &self.nodes[source].value
                        && self.aliased <= MAX_ALIASED
                    {
                        self.aliased += self.nodes[source].weight;
                        merged.extend(pairs);
                    }
                }
            } else {
                if !seen.insert(text) {
                    let line = self.nodes[key].line;
                    reading.odd(line, format!("`{}` stands twice in one mapping; the last counts", shown(text)));
                }
                own.push((key, value));
            }
        }
        merged.extend(own);
        merged
    }
}

/// The line that an error is about, which the parser notices elsewhere: in `text`, at or around `line`.
fn culprit(text: &str, line: u32, problem: &str) -> u32 {
    let at = |number: usize| u32::try_from(number + 1).unwrap_or(u32::MAX);
    let noticed = usize::try_from(line).unwrap_or(usize::MAX).saturating_sub(1);
    let lines = || text.lines().enumerate();
    let found = if problem.contains("found a tab") {
        // It names the start of the scalar that would go on behind the tab.
        lines().skip(noticed).find(|(_, l)| l.trim_start_matches(' ').starts_with('\t')).map(|(number, _)| at(number))
    } else if problem.contains("simple key expect") {
        // It names what comes after a line that should have had a colon.
        lines().take(noticed).filter(|(_, l)| !l.trim().is_empty()).last().map(|(number, _)| at(number))
    } else {
        None
    };
    found.unwrap_or(line)
}
