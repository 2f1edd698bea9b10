//! Why something that looks like a check is none: what to say where nothing holds.

use super::callee::promises;
use super::check::Subject;
use super::digest::{Form, Piece};
use super::flow::{arms, children_of, holds, parts_of, statements_of, suppresses};
use super::value::At;
use super::{Judge, Verdict};
use crate::finding::Judgement;
use crate::rules::Does;
use ruff_python_ast::{ExceptHandler, Expr, Stmt};
use ruff_text_size::{Ranged, TextRange};

/// How many tests in one another are looked at.
const MAX_TESTS: u32 = 16;
/// More statements than this are not looked through for one load.
const MAX_STATEMENTS: usize = 2_000;

impl<'a> Judge<'_, 'a, '_> {
    /// The flaw of the check that looks most like one of `data`.
    pub fn flaw(&mut self, data: At<'a>, is_file: bool, load: TextRange) -> Option<Verdict> {
        let body = self.body_around(data.place.scope);
        let subject = self.subject(data, is_file);
        let mut fallback = None;
        let mut path: Vec<(&'a Stmt, usize)> = Vec::new();
        let mut pending: Vec<(&'a Stmt, usize)> = body.iter().rev().map(|statement| (statement, 0)).collect();
        for _ in 0..MAX_STATEMENTS {
            let Some((statement, depth)) = pending.pop().filter(|_| self.spend()) else { break };
            path.truncate(depth);
            path.push((statement, depth));
            for expr in children_of(statement) {
                if let Some(found) = self.flaw_in(expr, &path, data, &subject, load, &mut fallback) {
                    return Some(found);
                }
            }
            pending.extend(statements_of(statement).into_iter().rev().map(|inner| (inner, depth + 1)));
        }
        fallback
    }

    /// Looks for checks in one expression of the last statement of `path`.
    fn flaw_in(
        &mut self,
        expr: &'a Expr,
        path: &[(&'a Stmt, usize)],
        data: At<'a>,
        subject: &Subject<'a>,
        load: TextRange,
        fallback: &mut Option<Verdict>,
    ) -> Option<Verdict> {
        let mut pending = vec![expr];
        while let Some(expr) = pending.pop() {
            if !self.spend() {
                return None;
            }
            // A lambda that is called is not looked into.
            if expr.is_lambda_expr() {
                continue;
            }
            pending.extend(parts_of(expr));
            if !matches!(expr, Expr::Call(_) | Expr::Compare(_)) || expr.range().contains_range(load) {
                continue;
            }
            let at = self.in_frame(expr, None);
            let tested = self.tested(at, true, subject, MAX_TESTS);
            let is_test = tested.as_ref().is_some_and(Verdict::holds);
            let done = self.done_here(expr, at, subject);
            if is_test || done.as_ref().is_some_and(Verdict::holds) {
                return Some(self.why(expr, is_test, path, load));
            }
            let inverse = self.tested(at, false, subject, MAX_TESTS).filter(Verdict::holds);
            if inverse.is_some() {
                return Some(self.why(expr, true, path, load));
            }
            if let Some(found) = tested.or(done) {
                *fallback = Verdict::better(fallback.take(), Some(found));
            } else if fallback.is_none() {
                *fallback = self.of_something_else(expr, at, data, load);
            }
        }
        None
    }

    fn done_here(&mut self, expr: &'a Expr, at: At<'a>, subject: &Subject<'a>) -> Option<Verdict> {
        match expr {
            Expr::Call(call) => {
                let function = self.function(&call.func, at.place);
                let verifies = function.is_some_and(|f| matches!(f.does, Does::Verify | Does::Open));
                let local = function.is_none() && self.local(call, at.place).is_some();
                if verifies || local { self.done(at, subject) } else { None }
            }
            _ => None,
        }
    }

    /// Why a check that would hold does not.
    fn why(&mut self, check: &'a Expr, is_test: bool, path: &[(&'a Stmt, usize)], load: TextRange) -> Verdict {
        let text = if check.start() > load.end() {
            "the check comes after the load".to_owned()
        } else if path.iter().any(|(outer, _)| self.swallows(outer, check.range(), load)) {
            "the exception of a failed check is swallowed".to_owned()
        } else {
            let last = path.last().map(|(statement, _)| *statement).filter(|_| is_test);
            let without_effect = last.and_then(|statement| self.without_effect(statement, check, load));
            let ways = || path.iter().rev().find_map(|(outer, _)| self.way_round(outer, check.range(), load));
            let text = without_effect.or_else(ways);
            text.unwrap_or_else(|| "there is a way to the load that does not pass the check".to_owned())
        };
        Verdict::new(Judgement::Flawed, check.start(), text)
    }

    /// Whether the exception of a check inside `statement` ends there, and the load comes nevertheless.
    fn swallows(&mut self, statement: &'a Stmt, check: TextRange, load: TextRange) -> bool {
        match statement {
            Stmt::Try(attempt) if holds(&attempt.body, check) && !holds(&attempt.body, load) => {
                let handlers = attempt.handlers.iter().map(|ExceptHandler::ExceptHandler(handler)| &handler.body);
                let mut handlers = handlers.peekable();
                handlers.peek().is_none() || handlers.any(|body| holds(body, load) || self.at_end(body).is_some())
            }
            Stmt::With(with) => holds(&with.body, check) && !holds(&with.body, load) && suppresses(with),
            _ => false,
        }
    }

    /// That the statement a test is in does nothing about its outcome.
    fn without_effect(&mut self, statement: &'a Stmt, check: &'a Expr, load: TextRange) -> Option<String> {
        let name = match check {
            Expr::Call(call) => self.written(&*call.func),
            _ => "==".to_owned(),
        };
        match statement {
            Stmt::Expr(_) => Some(format!("the result of `{name}` is ignored")),
            Stmt::Assign(assign) => {
                let to = assign.targets.first().map(|target| self.written(target)).unwrap_or_default();
                Some(format!("the result of `{name}` is ignored: `{to}` decides nothing before the load"))
            }
            Stmt::If(branch) if !branch.range().contains_range(load) => {
                let leaves = arms(branch).any(|(_, body)| self.at_end(body).is_none());
                (!leaves).then(|| "the branch of a failed check goes on to the load".to_owned())
            }
            _ => None,
        }
    }

    /// How the load is reached round a check inside `statement`.
    fn way_round(&self, statement: &'a Stmt, check: TextRange, load: TextRange) -> Option<String> {
        match statement {
            Stmt::If(branch) => {
                let (test, body) = arms(branch).find(|(_, body)| holds(body, check))?;
                (!holds(body, load)).then(|| match test {
                    Some(test) => self.skipped(test, false),
                    None => self.skipped(&branch.test, true),
                })
            }
            Stmt::For(each) if holds(&each.body, check) && !holds(&each.body, load) => {
                Some("the check is in a loop that may not run, or ends before it".to_owned())
            }
            Stmt::While(each) if holds(&each.body, check) && !holds(&each.body, load) => {
                Some("the check is in a loop that may end without it".to_owned())
            }
            Stmt::FunctionDef(def) if !def.range().contains_range(load) => {
                Some(format!("the check is in `{}`, which is not known to be called before the load", def.name))
            }
            _ => None,
        }
    }

    /// That a check covers something else than what is loaded, or that an unknown function may be one.
    fn of_something_else(&mut self, expr: &'a Expr, at: At<'a>, data: At<'a>, load: TextRange) -> Option<Verdict> {
        if expr.start() > load.end() {
            return None;
        }
        let flawed = |text: String| Some(Verdict::new(Judgement::Flawed, expr.start(), text));
        let of = |judge: &mut Self, side: &'a Expr| {
            let computed = judge.computed(At { expr: side, ..at })?;
            let piece = computed.data.first()?.at;
            // A parameter of a function that was looked into says nothing to the reader.
            let piece = if piece.frame.is_some() { judge.source(piece).unwrap_or(piece) } else { piece };
            Some(judge.written(piece.expr))
        };
        let loaded = self.written(data.expr);
        let checked = match expr {
            Expr::Compare(compare) => of(self, &compare.left).or_else(|| of(self, compare.comparators.first()?)),
            Expr::Call(call) => match self.function(&call.func, at.place) {
                Some(function) if function.does == Does::Compare => {
                    let (a, b) = (call.arguments.args.first()?, call.arguments.args.get(1)?);
                    of(self, a).or_else(|| of(self, b)).or_else(|| Some(self.written(a)))
                }
                Some(function) if matches!(function.does, Does::Verify | Does::Open) => {
                    let data = self.passed(call, function.data.as_ref(), at)?;
                    Some(self.written(data.expr))
                }
                Some(_) => None,
                None => return self.hint(call, at, data),
            },
            _ => None,
        }?;
        if checked == loaded {
            return flawed(format!("`{checked}` is checked, and is something else by the time it is loaded"));
        }
        flawed(format!("`{checked}` is checked, `{loaded}` is loaded"))
    }

    /// That a function from elsewhere with a name that promises a check is passed the data.
    fn hint(&mut self, call: &'a ruff_python_ast::ExprCall, at: At<'a>, data: At<'a>) -> Option<Verdict> {
        if !promises(&call.func) || self.local(call, at.place).is_some() {
            return None;
        }
        let subject = self.subject(data, false);
        let pieces: Vec<Piece<'a>> =
            call.arguments.args.iter().map(|expr| Piece { at: At { expr, ..at }, form: Form::Itself }).collect();
        self.covers(&pieces, &subject, at)?;
        let text = format!(
            "what `{}` does is not known here: if it verifies the data, name it under `trusted-verifiers` in the configuration",
            self.written(&*call.func)
        );
        Some(Verdict::new(Judgement::Flawed, call.start(), text))
    }
}
