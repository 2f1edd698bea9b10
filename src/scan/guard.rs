//! What stands between data and its loading: genuine checks, weak ones, and what only looks like one.
//!
//! A check counts where it cannot be got round: it dominates the load (`flow`), it covers the very value that is loaded
//! (`value`), its failure leaves, and what it compares with cannot be made by whoever made the data (`expected`).

mod allowed;
mod callee;
mod check;
mod cover;
mod data;
mod digest;
mod expected;
mod find_class;
mod flaw;
mod flow;
mod helper;
mod listed;
mod place;
mod value;
mod verify;

use super::matching::{Hit, Subclass};
use super::scopes::{ClassId, Place, ScopeId};
use super::weigh::Weighing;
use crate::finding::{Ground, Judgement, Place as FilePlace, Reason, Severity};
use callee::Callee;
use flow::Fact;
use helper::Exit;
use ruff_python_ast::Stmt;
use ruff_text_size::{Ranged, TextRange, TextSize};
use std::collections::HashMap;
use std::rc::Rc;
use value::{At, Frame};

/// How many statements and expressions are looked at for one file; beyond it, findings stay as they are.
const BUDGET: u32 = 200_000;

const GENUINE: Ground = Ground::Guard(Judgement::Genuine);

/// What is worked out once for a file with findings.
#[derive(Default)]
pub(super) struct Memory<'a, 'c> {
    /// By the range of what is called.
    callees: HashMap<TextRange, Callee<'c>>,
    /// Where calls are that may be checks.
    checks: Option<Vec<TextSize>>,
    /// Ways out of functions.
    exits: HashMap<ScopeId, Rc<Vec<Exit<'a>>>>,
    places: Option<Rc<place::Places>>,
    /// Names of attributes and keys of items that are assigned to.
    stores: Option<Vec<TextRange>>,
    /// What the `find_class` of each class lets through.
    find_classes: HashMap<ClassId, Option<Reason>>,
    /// Calls that change what they are called on, and its name.
    changing: Option<Rc<Vec<(TextSize, &'a str)>>>,
    spent: u32,
}

/// What one check says of the data.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Verdict {
    judgement: Judgement,
    text: String,
    /// Where the check is.
    at: TextSize,
}

/// Facts, and the call whose function they are in.
#[derive(Clone)]
struct Known<'a> {
    facts: Rc<Vec<Fact<'a>>>,
    frame: Option<Frame<'a>>,
}

/// Judges what stands before one load.
struct Judge<'w, 'a, 'c> {
    weighing: &'w mut Weighing<'a, 'c>,
}

/// Judges what is done to the data of `hit` before it is loaded; gives the reasons, and the severity they call for.
pub(super) fn judge<'a>(weighing: &mut Weighing<'a, '_>, hit: &mut Hit<'a>) {
    let mut judge = Judge { weighing };
    let candidate = &judge.weighing.rules.rules[hit.rule].matches[hit.index];
    let restricted = match hit.class {
        Some(Subclass::Local(class)) => judge.unpickler(class, candidate),
        Some(Subclass::Foreign(class)) => class.find_class.clone(),
        None => None,
    };
    let checked = match &restricted {
        Some(restricted) if restricted.ground == GENUINE => None,
        _ => judge.checked(hit).map(|verdict| judge.reason(verdict)),
    };
    let best = match (restricted, checked) {
        // A flaw of the class says more than one of a check that may be about something else.
        (Some(restricted), Some(checked)) if restricted.ground <= checked.ground => Some(restricted),
        (restricted, checked) => checked.or(restricted),
    };
    if let Some(reason) = best {
        let limit = match reason.ground {
            GENUINE => Severity::Note,
            Ground::Guard(Judgement::Weak) => Severity::Warning,
            _ => hit.severity,
        };
        hit.severity = hit.severity.min(limit);
        hit.because.push(reason);
    }
}

/// What the `find_class` of `class` lets through, if it has one.
pub(super) fn find_class<'a>(weighing: &mut Weighing<'a, '_>, class: ClassId) -> Option<Reason> {
    Judge { weighing }.own_find_class(class)
}

impl<'a> Judge<'_, 'a, '_> {
    /// What the checks before the load say of its data, or what is wrong with the one that comes nearest.
    fn checked(&mut self, hit: &Hit<'a>) -> Option<Verdict> {
        let (expr, place) = hit.data?;
        let (body, around) = self.outermost(place.scope);
        if self.weighing.guards.spent > BUDGET || !self.may_check(around) {
            return None;
        }
        let facts = self.before(body, hit.range);
        let known = [Known { facts: Rc::new(facts), frame: None }];
        let data = At { expr, place, frame: None };
        let is_file = self.is_file(hit);
        match self.data(data, is_file, &known) {
            Some(verdict) => Some(verdict),
            None => self.flaw(data, is_file, hit.range),
        }
    }

    fn reason(&self, verdict: Verdict) -> Reason {
        let place = FilePlace { path: self.weighing.path.clone(), line: self.weighing.lines.line(verdict.at) };
        Reason { ground: Ground::Guard(verdict.judgement), text: verdict.text, place: Some(place) }
    }

    /// The body of the function around `scope`, or of the module.
    fn body_around(&self, scope: ScopeId) -> &'a [Stmt] {
        let scopes = &self.weighing.resolver.scopes().scopes;
        let mut next = Some(scope);
        while let Some(scope) = next.map(|id| &scopes[id]) {
            if let Some(def) = scope.def {
                return &def.body;
            }
            next = scope.defined.map(|(place, _)| place.scope);
        }
        self.weighing.body
    }

    /// What is so when `target` in `scope` is evaluated: in its function, and where that was defined.
    fn before_in(&mut self, scope: ScopeId, target: TextRange) -> Vec<Fact<'a>> {
        let (body, _) = self.outermost(scope);
        self.before(body, target)
    }

    /// The body of the outermost function around `scope`, or of the module, and its range. What a module does before it
    /// defines a function says nothing of what the function is passed.
    fn outermost(&self, scope: ScopeId) -> (&'a [Stmt], TextRange) {
        let scopes = &self.weighing.resolver.scopes().scopes;
        let mut found = None;
        let mut next = Some(scope);
        while let Some(id) = next {
            found = scopes[id].def.or(found);
            next = scopes[id].defined.map(|(place, _)| place.scope);
        }
        match found {
            Some(def) => (&def.body, def.range()),
            None => (self.weighing.body, TextRange::up_to(TextSize::new(u32::MAX))),
        }
    }

    fn place(&mut self, range: TextRange) -> Place {
        if self.weighing.guards.places.is_none() {
            let places = place::Places::new(self.weighing.resolver.scopes());
            self.weighing.guards.places = Some(Rc::new(places));
        }
        self.weighing.guards.places.as_ref().map_or(Place { scope: 0, block: 0 }, |places| places.at(range.start()))
    }

    /// Takes one step; `false` where too many were taken.
    fn spend(&mut self) -> bool {
        self.weighing.guards.spent += 1;
        self.weighing.guards.spent <= BUDGET
    }

    /// How `expr` is written, if that is short.
    fn written(&self, expr: &(impl Ranged + ?Sized)) -> String {
        let text = self.weighing.lines.text_in(expr.range());
        let start = &text[..text.floor_char_boundary(400)];
        let line: Vec<&str> = start.split_whitespace().collect();
        let line = line.join(" ");
        if line.chars().count() <= 40 {
            return line;
        }
        line.chars().take(37).chain("...".chars()).collect()
    }
}

impl Verdict {
    fn new(judgement: Judgement, at: TextSize, text: String) -> Self {
        Self { judgement, text, at }
    }

    /// The better of two verdicts on one value: the first of equals.
    fn better(a: Option<Self>, b: Option<Self>) -> Option<Self> {
        match (a, b) {
            (Some(a), Some(b)) => Some(if b.judgement < a.judgement { b } else { a }),
            (a, b) => a.or(b),
        }
    }

    /// The worse of two verdicts, where both must hold; what is not checked is worst.
    fn worse(a: Option<Self>, b: Option<Self>) -> Option<Self> {
        match (a, b) {
            (Some(a), Some(b)) => Some(if b.judgement > a.judgement { b } else { a }),
            _ => None,
        }
    }

    fn holds(&self) -> bool {
        self.judgement != Judgement::Flawed
    }
}
