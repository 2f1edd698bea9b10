//! Functions of the file that check what they are passed: the same judgement inside, one call deep.

use super::check::Subject;
use super::flow::{Fact, parts_of, statements_of};
use super::value::Frame;
use super::{Judge, Known, Verdict};
use ruff_python_ast::{Expr, Stmt, StmtFunctionDef};
use ruff_text_size::Ranged;
use std::rc::Rc;

/// Functions with more ways out are not looked into.
const MAX_EXITS: usize = 64;
/// How many tests of a returned expression are looked at.
const MAX_TESTS: u32 = 16;

/// A way out of a function that raises nothing.
pub(super) struct Exit<'a> {
    pub value: Option<&'a Expr>,
    pub facts: Rc<Vec<Fact<'a>>>,
}

impl<'a> Judge<'_, 'a, '_> {
    /// All ways in which the function that `frame` calls returns; none where that cannot be said.
    pub fn exits(&mut self, frame: Frame<'a>) -> Rc<Vec<Exit<'a>>> {
        if let Some(known) = self.weighing.guards.exits.get(&frame.scope) {
            return known.clone();
        }
        let found = Rc::new(self.find_exits(frame.def));
        self.weighing.guards.exits.insert(frame.scope, found.clone());
        found
    }

    /// All ways in which `def` returns.
    pub fn find_exits(&mut self, def: &'a StmtFunctionDef) -> Vec<Exit<'a>> {
        let body = &def.body;
        let mut returns = Vec::new();
        let mut pending: Vec<&'a Stmt> = body.iter().collect();
        while let Some(statement) = pending.pop() {
            if !self.spend() || returns.len() > MAX_EXITS {
                return Vec::new();
            }
            match statement {
                Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
                Stmt::Return(with) => returns.push(with),
                Stmt::Expr(expression) if yields(&expression.value) => return Vec::new(),
                Stmt::Assign(assign) if yields(&assign.value) => return Vec::new(),
                other => pending.extend(statements_of(other)),
            }
        }
        returns.sort_by_key(|with| with.start());
        let mut exits = Vec::new();
        for with in returns {
            let facts = Rc::new(self.before(body, with.range()));
            exits.push(Exit { value: with.value.as_deref(), facts });
        }
        if let Some(facts) = self.at_end(body) {
            exits.push(Exit { value: None, facts: Rc::new(facts) });
        }
        exits
    }

    /// What it means for `subject` that the function that `frame` calls returned: it would have raised.
    pub fn raises(&mut self, frame: Frame<'a>, subject: &Subject<'a>) -> Option<Verdict> {
        let mut worst: Option<Verdict> = None;
        for exit in self.exits(frame).iter() {
            let found = self.exit(exit, frame, subject, false)?;
            worst = Some(match worst {
                Some(worst) if worst.judgement >= found.judgement => worst,
                _ => found,
            });
        }
        worst
    }

    /// What it means for `subject` that the function that `frame` calls returned something true.
    pub fn says_true(&mut self, frame: Frame<'a>, subject: &Subject<'a>) -> Option<Verdict> {
        if frame.def.is_async {
            return None;
        }
        let mut worst: Option<Verdict> = None;
        for exit in self.exits(frame).iter() {
            let is_false = match exit.value {
                None | Some(Expr::NoneLiteral(_)) => true,
                Some(Expr::BooleanLiteral(literal)) => !literal.value,
                Some(_) => false,
            };
            if is_false {
                continue;
            }
            let found = self.exit(exit, frame, subject, true)?;
            worst = Some(match worst {
                Some(worst) if worst.judgement >= found.judgement => worst,
                _ => found,
            });
        }
        worst
    }

    fn exit(&mut self, exit: &Exit<'a>, frame: Frame<'a>, subject: &Subject<'a>, is_true: bool) -> Option<Verdict> {
        let known = [Known { facts: exit.facts.clone(), frame: Some(frame) }];
        let before = self.verdict(&known, subject);
        let Some(value) = exit.value else { return before };
        let at = self.in_frame(value, Some(frame));
        let done = self.done(at, subject);
        let tested = if is_true { self.tested(at, true, subject, MAX_TESTS) } else { None };
        Verdict::better(before, Verdict::better(done, tested))
    }
}

/// Whether the function that `expression` is in is a generator.
fn yields(expression: &Expr) -> bool {
    let mut pending = vec![expression];
    while let Some(expression) = pending.pop() {
        match expression {
            Expr::Yield(_) | Expr::YieldFrom(_) => return true,
            Expr::Lambda(_) => {}
            other => pending.extend(parts_of(other)),
        }
    }
    false
}
