//! Says in a finding where its data comes from, and lets a round trip be a note.

use super::{Origin, OriginKind, Origins};
use crate::finding::{Ground, Place as FilePlace, Reason, Severity, Source};
use crate::scan::matching::Hit;
use crate::scan::weigh::Weighing;
use ruff_python_ast::Expr;
use ruff_text_size::Ranged;

/// More sources of one load are not named.
const MAX_REASONS: usize = 3;

/// Says in the label and the reasons of `hit` where its data comes from. What the same function dumped is a note.
pub(in crate::scan) fn explain<'a>(weighing: &mut Weighing<'a, '_>, hit: &mut Hit<'a>, origins: &Origins<'a>) {
    let Some((data, _)) = hit.data else { return };
    let trip = weighing.round_trip(hit, origins);
    let mut origins: Vec<&Origin<'a>> = origins.found.iter().collect();
    origins.sort_by_key(|origin| (origin.kind.source(), origin.range.start()));
    if let Some(severity) = trip {
        hit.severity = hit.severity.min(severity);
    }
    let written = weighing.written(data);
    let mut said = Vec::new();
    for origin in origins {
        let text = weighing.reason(origin, &written);
        // What dumps, perhaps, and is loaded at once: there is nothing to say.
        let is_perhaps_dumped = trip.is_none() && weighing.quoted(origin.range).is_some_and(|quoted| quoted == written);
        if matches!(origin.kind, OriginKind::Dump(..)) && is_perhaps_dumped {
            continue;
        }
        if said.len() == MAX_REASONS || said.contains(&text) {
            continue;
        }
        let is_named = matches!(origin.kind, OriginKind::Named(_));
        if said.is_empty()
            && !origin.beside
            && (hit.label == "called here" || is_named && hit.label == "passed on from here")
        {
            hit.label = match trip {
                Some(Severity::Note) => format!("{written} was dumped by this function"),
                Some(_) => format!("{written} is a temporary file that others can find"),
                None => weighing.label(origin, &written),
            };
        }
        let place = FilePlace { path: weighing.path.clone(), line: weighing.lines.line(origin.range.start()) };
        let ground = Ground::Origin(origin.kind.source());
        hit.because.push(Reason { ground, text: text.clone(), place: Some(place) });
        said.push(text);
    }
}

impl<'a> Weighing<'a, '_> {
    /// What a load is worth that only reads back what its own function dumped: nobody else can write to a buffer in
    /// memory; to a temporary file with a name they can.
    fn round_trip(&mut self, hit: &Hit<'a>, origins: &Origins<'a>) -> Option<Severity> {
        let rules = self.rules;
        let here = self.function_around(hit.place);
        let (mut is_dumped, mut is_found_by_others) = (false, false);
        for origin in &origins.found {
            let is_own = match origin.kind {
                OriginKind::Dump(index, scope) => {
                    is_dumped = true;
                    scope == here && rules.dumps[index].rules.contains(&rules.rules[hit.rule].id)
                }
                OriginKind::Named(Source::TemporaryFile) => {
                    is_found_by_others = true;
                    true
                }
                _ => false,
            };
            if !is_own || !origin.exact || origin.file || origin.through.is_some() {
                return None;
            }
        }
        let severity = if is_found_by_others { Severity::Warning } else { Severity::Note };
        (is_dumped && !origins.open).then_some(severity)
    }

    /// How the data is called in messages.
    fn written(&self, data: &Expr) -> String {
        self.quoted(data.range()).unwrap_or_else(|| "the data".to_owned())
    }

    /// What is said under the load.
    fn label(&self, origin: &Origin<'a>, written: &str) -> String {
        match origin.kind {
            OriginKind::Literal | OriginKind::Dump(..) => self.reason(origin, written),
            OriginKind::Parameter(_, name) if written == format!("`{name}`") => format!("{written} is a parameter"),
            OriginKind::Parameter(_, name) if origin.file => format!("{written} is the file at the parameter `{name}`"),
            OriginKind::Parameter(_, name) => format!("{written} comes from the parameter `{name}`"),
            OriginKind::Named(source) => format!("{written} {}", phrase(source, origin.file)),
        }
    }

    /// What is said of one origin, after the line that it is in.
    fn reason(&self, origin: &Origin<'a>, written: &str) -> String {
        let through = origin.through.map(|function| match self.quoted(function) {
            Some(function) => format!(" through `{}()`", function.trim_matches('`')),
            None => " through a function".to_owned(),
        });
        let quoted = self.quoted(origin.range);
        let text = match (origin.kind, quoted) {
            (OriginKind::Parameter(function, name), _) => {
                let scope = &self.resolver.scopes().scopes[function];
                let of = scope.name.map(|function| format!(" of `{function}`")).unwrap_or_default();
                match written == format!("`{name}`") {
                    true => format!("{written} is a parameter{of}"),
                    false if origin.file => format!("{written} is the file at `{name}`, a parameter{of}"),
                    false => format!("{written} comes from `{name}`, a parameter{of}"),
                }
            }
            (OriginKind::Literal, Some(literal)) if origin.file => format!("{written} is the file {literal}"),
            (OriginKind::Literal, Some(literal)) if literal == written => format!("{literal} is written here"),
            (OriginKind::Literal, Some(literal)) => format!("{written} is {literal}"),
            (OriginKind::Literal, None) => format!("{written} is written here"),
            (OriginKind::Named(source), Some(quoted)) if quoted == written => {
                format!("{written} {}", phrase(source, origin.file))
            }
            (OriginKind::Dump(..), Some(quoted)) if quoted == written => {
                format!("{written} was dumped by this function")
            }
            (OriginKind::Dump(..), Some(quoted)) => format!("{written} is what {quoted} wrote"),
            (_, Some(quoted)) if origin.file => format!("{written} is a file whose path comes from {quoted}"),
            (_, Some(quoted)) => format!("{written} comes from {quoted}"),
            (_, None) => format!("{written} {}", phrase(origin.kind.source(), origin.file)),
        };
        text + &through.unwrap_or_default()
    }
}

/// What is true of data of one kind, after the name of the data; `file`: of a file whose path it is.
fn phrase(source: Source, file: bool) -> &'static str {
    match (source, file) {
        (Source::Request, false) => "comes from a request",
        (Source::Request, true) => "is a file that a request names",
        (Source::Network, false) => "comes from the network",
        (Source::Network, true) => "is a file whose path comes from the network",
        (Source::Hub, _) => "is downloaded from a hub",
        (Source::Database, false) => "comes from a database",
        (Source::Database, true) => "is a file whose path comes from a database",
        (Source::Subprocess, false) => "comes from another process",
        (Source::Subprocess, true) => "is a file that another process names",
        (Source::StandardInput, false) => "comes from standard input",
        (Source::StandardInput, true) => "is a file that standard input names",
        (Source::CommandLine, false) => "comes from the command line",
        (Source::CommandLine, true) => "is a file that the command line names",
        (Source::Environment, false) => "comes from the environment",
        (Source::Environment, true) => "is a file that the environment names",
        (Source::TemporaryFile, _) => "is a temporary file",
        (Source::Parameter, _) => "is a parameter",
        (Source::Literal, _) => "is written here",
        (Source::Dump, _) => "was dumped before",
    }
}
