//! Where the data that is loaded comes from.
//!
//! A value is followed back through the names, attributes and calls it was made with, inside its function and to what the
//! module and its classes hold. Which names bring data in, and which functions it passes through, is said by the rules.

mod buffers;
mod calls;
mod explain;
mod names;
mod paths;
mod sources;
mod trace;

use super::matching::Hit;
use super::scopes::{BindingId, Bound, Place, ScopeId};
use super::weigh::Weighing;
use crate::finding::Source;
use ruff_python_ast::Expr;
use ruff_text_size::TextRange;
use std::collections::HashMap;

pub(super) use explain::explain;
pub(super) use sources::Sources;

/// One place that data comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Origin<'a> {
    pub kind: OriginKind<'a>,
    /// The expression that brings it in; of a parameter, where it is declared.
    pub range: TextRange,
    /// The data is the content of a file, whose path comes from here.
    pub file: bool,
    /// Nothing was added, cut off or changed on the way.
    pub exact: bool,
    /// A function on the way of which it is not known what it does.
    pub through: Option<TextRange>,
    /// It may only say which data is taken from something else, as the key of `cache.get(key)`.
    pub beside: bool,
}

/// What brings data in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum OriginKind<'a> {
    /// Something that the rules name.
    Named(Source),
    /// A parameter of the function whose scope is given.
    Parameter(ScopeId, &'a str),
    /// Something that is written in the source: text or bytes.
    Literal,
    /// What was dumped in this scope, by one of the dumps of the rules.
    Dump(usize, ScopeId),
}

/// Everything that data may come from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Origins<'a> {
    pub found: Vec<Origin<'a>>,
    /// It may also come from somewhere that cannot be known.
    pub open: bool,
}

/// More origins of one value than this are not kept apart.
const MAX_ORIGINS: usize = 24;
/// How many expressions are looked at in one file.
const MAX_STEPS: u32 = 500_000;

impl OriginKind<'_> {
    /// What it is in a report.
    pub fn source(self) -> Source {
        match self {
            Self::Named(source) => source,
            Self::Parameter(..) => Source::Parameter,
            Self::Literal => Source::Literal,
            Self::Dump(..) => Source::Dump,
        }
    }
}

impl<'a> Origins<'a> {
    /// Nothing is known.
    fn unknown() -> Self {
        Self { found: Vec::new(), open: true }
    }

    fn one(kind: OriginKind<'a>, range: TextRange) -> Self {
        Self {
            found: vec![Origin { kind, range, file: false, exact: true, through: None, beside: false }],
            open: false,
        }
    }

    fn add(&mut self, other: Self) {
        self.open |= other.open;
        for origin in other.found {
            let is_it = |known: &Origin<'_>| known.kind == origin.kind && known.range == origin.range;
            match self.found.iter().position(is_it) {
                Some(known) => {
                    let known = &mut self.found[known];
                    known.file |= origin.file;
                    known.exact &= origin.exact;
                    known.through = known.through.and(origin.through);
                    known.beside &= origin.beside;
                }
                None if self.found.len() < MAX_ORIGINS => self.found.push(origin),
                None => self.open = true,
            }
        }
    }

    /// The same, as the content of files.
    fn opened(mut self) -> Self {
        self.found.iter_mut().for_each(|origin| origin.file = true);
        self
    }

    /// The same, after something was done to it.
    fn changed(mut self) -> Self {
        self.found.iter_mut().for_each(|origin| origin.exact = false);
        self
    }

    /// The same, after an unknown function.
    fn through(mut self, function: TextRange) -> Self {
        self.found.iter_mut().for_each(|origin| origin.through = origin.through.or(Some(function)));
        self.changed()
    }

    /// The same, if it perhaps only says which data is taken from something else.
    fn beside(mut self) -> Self {
        self.found.iter_mut().for_each(|origin| origin.beside = true);
        self
    }

    /// The same, after what happened to `origin` on its way.
    fn also(mut self, origin: &Origin<'_>) -> Self {
        for known in &mut self.found {
            known.file |= origin.file;
            known.exact &= origin.exact;
            known.through = known.through.or(origin.through);
            known.beside |= origin.beside;
        }
        self
    }

    /// Without what is written in the source, if there is anything else: the `.pkl` of `name + ".pkl"` is no origin.
    fn without_literals(mut self) -> Self {
        if self.open || self.found.iter().any(|origin| origin.kind != OriginKind::Literal) {
            self.found.retain(|origin| origin.kind != OriginKind::Literal);
        }
        self
    }

    /// Whether somebody on another machine may choose the data, or which file it is read from.
    pub fn is_remote(&self) -> bool {
        self.found.iter().any(|origin| origin.kind.source().is_remote() && !origin.beside)
    }

    /// The parameters that it is or is read from.
    pub fn parameters(&self) -> impl Iterator<Item = (ScopeId, &'a str)> {
        self.found.iter().filter_map(|origin| match origin.kind {
            OriginKind::Parameter(function, name) if !origin.beside => Some((function, name)),
            _ => None,
        })
    }

    /// Whether the rules name any of them.
    fn is_named(&self) -> bool {
        self.found.iter().any(|origin| matches!(origin.kind, OriginKind::Named(_)) && origin.through.is_none())
    }
}

/// What was found out about origins in one file.
pub(super) struct Trail<'a> {
    bindings: HashMap<BindingId, Origins<'a>>,
    /// Bindings that are being followed, which may lead back to themselves.
    active: Vec<BindingId>,
    /// How often they did.
    circles: usize,
    /// Bindings of buffers and containers whose content is being followed.
    filling: Vec<BindingId>,
    /// Functions whose results are being followed.
    functions: Vec<ScopeId>,
    /// The function whose parameters are taken for their defaults.
    by_default: Option<ScopeId>,
    /// How many steps may still be taken in this file.
    steps_left: u32,
    /// For each name: what is done with it, made when it is asked for first.
    uses: Option<buffers::Uses<'a>>,
    /// The inside of each comprehension.
    comprehensions: Option<HashMap<TextRange, Place>>,
}

impl Default for Trail<'_> {
    fn default() -> Self {
        Self {
            bindings: HashMap::new(),
            active: Vec::new(),
            circles: 0,
            filling: Vec::new(),
            functions: Vec::new(),
            by_default: None,
            steps_left: MAX_STEPS,
            uses: None,
            comprehensions: None,
        }
    }
}

impl<'a, 'c> Weighing<'a, 'c> {
    /// The names that say where data comes from.
    fn sources(&self) -> &'c Sources<'c> {
        (self.sources)()
    }

    /// Where the data of `hit` comes from.
    pub fn origins_of(&mut self, hit: &Hit<'a>) -> Option<Origins<'a>> {
        let (data, place) = hit.data?;
        let by_default = self.called_by_default(hit);
        if self.trail.by_default != by_default {
            self.trail.by_default = by_default;
            self.trail.bindings.clear();
        }
        Some(self.origins(data, place))
    }

    /// The function of whose parameters `hit` calls one: if that loads by default, another dumps by default.
    fn called_by_default(&self, hit: &Hit<'a>) -> Option<ScopeId> {
        let name = self.lines.text_in(hit.range).split('(').next()?.trim_end();
        let scopes = self.resolver.scopes();
        match scopes.reaching(name, hit.place, hit.range.start(), &|_| false).bindings[..] {
            [only] => match scopes.bindings[only].bound {
                Bound::Parameter { function, .. } => Some(function),
                _ => None,
            },
            _ => None,
        }
    }

    /// Where the value of `expression` comes from.
    fn origins(&mut self, expression: &'a Expr, place: Place) -> Origins<'a> {
        self.trace(expression, place, trace::MAX_DEPTH)
    }

    /// Takes one step; false when too many were taken.
    fn spend(&mut self) -> bool {
        self.trail.steps_left = self.trail.steps_left.saturating_sub(1);
        self.trail.steps_left > 0
    }
}
