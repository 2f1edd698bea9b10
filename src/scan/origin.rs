//! Where the data that is loaded comes from.

use super::matching::Hit;
use super::scopes::{Bound, Place, ScopeId};
use super::weigh::Weighing;
use crate::finding::{Ground, Place as FilePlace, Reason};
use ruff_python_ast::Expr;
use ruff_text_size::{Ranged, TextRange};

/// How far a value is followed.
const MAX_STEPS: u32 = 32;

/// One place that data comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Origin<'a> {
    pub kind: OriginKind<'a>,
    /// The expression that brings it in.
    pub range: TextRange,
}

/// What brings data in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum OriginKind<'a> {
    /// A parameter of the function whose scope is given.
    Parameter(ScopeId, &'a str),
}

/// Everything that data may come from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Origins<'a> {
    pub found: Vec<Origin<'a>>,
    /// It may also come from somewhere that cannot be known.
    pub open: bool,
}

impl<'a> Origins<'a> {
    /// Whether others bring it from outside; no kind of origin that is known so far does.
    pub fn is_remote(&self) -> bool {
        self.found.iter().any(|origin| !matches!(origin.kind, OriginKind::Parameter(..)))
    }

    /// The parameters it comes from.
    pub fn parameters(&self) -> impl Iterator<Item = (ScopeId, &'a str)> {
        self.found.iter().map(|origin| match origin.kind {
            OriginKind::Parameter(function, name) => (function, name),
        })
    }
}

impl<'a> Weighing<'a, '_> {
    /// Where the value of `expression` comes from.
    pub fn origins(&mut self, expression: &'a Expr, place: Place) -> Origins<'a> {
        let mut origins = Origins::default();
        let mut pending = vec![(expression, place)];
        for _ in 0..MAX_STEPS {
            let Some((expression, place)) = pending.pop() else { return origins };
            let Expr::Name(name) = expression else {
                origins.open = true;
                continue;
            };
            let scopes = self.resolver.scopes();
            for id in scopes.reaching(&name.id, place, name.start(), &|_| false).bindings {
                let binding = &scopes.bindings[id];
                match binding.bound {
                    Bound::Parameter { function, .. } => {
                        let kind = OriginKind::Parameter(function, name.id.as_str());
                        origins.found.push(Origin { kind, range: name.range() });
                    }
                    Bound::Value(value) => pending.push((value, binding.place)),
                    _ => origins.open = true,
                }
            }
        }
        origins.open = true;
        origins
    }
}

/// Says in the reasons of `hit` where its data comes from.
pub(super) fn explain<'a>(weighing: &mut Weighing<'a, '_>, hit: &mut Hit<'a>, origins: &Origins<'a>) {
    for origin in &origins.found {
        let OriginKind::Parameter(_, name) = origin.kind;
        let place = FilePlace { path: weighing.path.clone(), line: weighing.lines.line(origin.range.start()) };
        let text = format!("the data is what the function is passed as `{name}`");
        hit.because.push(Reason { ground: Ground::Origin, text, place: Some(place) });
    }
}
