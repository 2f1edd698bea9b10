//! How the names of hits came to mean what they mean, as a reason; and which hits say the same thing twice.
//!
//! Only hits are looked at.

use super::lines::Lines;
use super::matching::Hit;
use super::resolve::{Is, Link, Resolver};
use crate::finding::{Ground, Place, Reason};
use crate::snapshot::RepoPath;
use ruff_text_size::TextRange;
use std::collections::HashSet;

/// Longer expressions are cut.
const MAX_WRITTEN: usize = 40;
/// Of a longer chain, the first links and the last are named.
const MAX_LINKS: usize = 3;

/// Says in the reasons of `hits` how their names came to where they are used. What is only written down to be used at
/// another hit counts there.
pub(super) fn explain<'a>(
    path: &RepoPath,
    text: &'a str,
    lines: &Lines<'a>,
    resolver: &mut Resolver<'a, '_>,
    hits: &mut Vec<Hit<'a>>,
) {
    let mut sources: HashSet<(usize, TextRange)> = HashSet::new();
    for hit in &mut *hits {
        let Some(used) = hit.used else { continue };
        let Some(name) = resolver.names().find(&hit.name) else { continue };
        let chain = resolver.chain(used, hit.place, name, hit.rule);
        sources.extend(chain.sources.iter().map(|&range| (hit.rule, range)));
        if let Some(first) = chain.links.first() {
            let place = Some(Place { path: path.clone(), line: lines.line(first.at) });
            let text = said(&chain.links, text, lines, resolver);
            hit.because.push(Reason { ground: Ground::Binding, text, place });
        }
    }
    hits.retain(|hit| hit.tokens.is_some() || !sources.contains(&(hit.rule, hit.range)));
}

/// "`f` is `load`, and `load` (line 3) is `pickle.load`"
fn said(links: &[Link], text: &str, lines: &Lines<'_>, resolver: &Resolver<'_, '_>) -> String {
    let names = resolver.names();
    let mut said = Vec::new();
    for (i, link) in links.iter().enumerate() {
        let is_last = i + 1 == links.len();
        if i + 1 >= MAX_LINKS && !is_last {
            continue;
        }
        let used = written(text, link.used);
        let line = match i {
            0 => String::new(),
            _ => format!(" (line {})", lines.line(link.at)),
        };
        let is = match link.is {
            Is::Written(range) => format!("is `{}`", written(text, range)),
            Is::Named(id) => format!("is `{}`", names.path(id)),
            Is::InstanceOf(id) => format!("is a `{}`", names.path(id)),
            Is::DerivedFrom(id) => format!("derives from `{}`", names.path(id)),
        };
        said.push(format!("`{used}`{line} {is}"));
    }
    said.join(", and ")
}

/// What is written at `range`, on one line.
fn written(text: &str, range: TextRange) -> String {
    let text = &text[range];
    let text = &text[..text.floor_char_boundary(MAX_WRITTEN * 8)];
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(MAX_WRITTEN) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}
