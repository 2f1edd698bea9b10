//! Which checks a fact stands for, and what they are worth for one value.

use super::digest::{Computed, Form};
use super::flow::{Fact, last_name, parts_of};
use super::value::{At, Seen};
use super::{Judge, Known, Verdict};
use crate::finding::Judgement;
use crate::rules::Does;
use crate::scan::scopes::Bound;
use ruff_python_ast::{BoolOp, CmpOp, Expr, ExprCall, UnaryOp};
use ruff_text_size::Ranged;
use std::rc::Rc;

/// How many tests in one another are looked at.
const MAX_TESTS: u32 = 24;

/// The data that is loaded, in all forms that a check may cover it in.
pub(super) struct Subject<'a> {
    pub at: At<'a>,
    pub forms: Vec<(Seen<'a>, Form)>,
}

impl<'a> Judge<'_, 'a, '_> {
    /// The best that `known` says of `subject`.
    pub fn verdict(&mut self, known: &[Known<'a>], subject: &Subject<'a>) -> Option<Verdict> {
        let mut best = None;
        for Known { facts, frame } in known {
            for fact in facts.iter().rev() {
                let found = self.of_fact(fact, *frame, subject, MAX_TESTS);
                best = Verdict::better(best, found);
                if best.as_ref().is_some_and(|best: &Verdict| best.judgement == Judgement::Genuine) {
                    return best;
                }
            }
        }
        best
    }

    fn of_fact(&mut self, fact: &Fact<'a>, frame: Frame<'a>, subject: &Subject<'a>, steps: u32) -> Option<Verdict> {
        match fact {
            Fact::Done(expr) => {
                let at = self.in_frame(expr, frame);
                self.done(at, subject)
            }
            Fact::Test(expr, outcome) => {
                let at = self.in_frame(expr, frame);
                let tested = self.tested(at, *outcome, subject, steps);
                let done = self.done(at, subject);
                Verdict::better(tested, done)
            }
            Fact::Asserted(expr) => {
                let at = self.in_frame(expr, frame);
                let found = self.tested(at, true, subject, steps)?;
                let text = "`assert` does not run under `python -O`: the check goes away with it".to_owned();
                Some(match found.judgement {
                    Judgement::Genuine => Verdict::new(Judgement::Weak, expr.start(), text),
                    _ => found,
                })
            }
            Fact::Caught => None,
            Fact::Either(ways) => {
                let mut worst: Option<Verdict> = None;
                let mut skipped = None;
                for way in ways {
                    let mut best = None;
                    for fact in way.iter().rev() {
                        let found = self.of_fact(fact, frame, subject, steps.saturating_sub(1));
                        best = Verdict::better(best, found);
                    }
                    match best {
                        Some(best) => {
                            worst = Some(worst.map_or(best.clone(), |worst| {
                                if best.judgement > worst.judgement { best } else { worst }
                            }))
                        }
                        None => skipped = Some(way),
                    }
                }
                let worst = worst?;
                let Some(way) = skipped else { return Some(worst) };
                let text = match way.iter().rev().find_map(|fact| match fact {
                    Fact::Test(test, outcome) => Some((*test, *outcome)),
                    _ => None,
                }) {
                    Some((test, outcome)) => self.skipped(test, outcome),
                    None if matches!(way.first(), Some(Fact::Caught)) => {
                        "the exception of a failed check is swallowed".to_owned()
                    }
                    None => "there is a way past the check".to_owned(),
                };
                Some(if worst.holds() { Verdict::new(Judgement::Flawed, worst.at, text) } else { worst })
            }
        }
    }

    /// "the check is skipped when ..."
    pub fn skipped(&self, test: &Expr, outcome: bool) -> String {
        let (mut test, mut outcome) = (test, outcome);
        while let Expr::UnaryOp(operation) = test
            && operation.op == UnaryOp::Not
        {
            (test, outcome) = (&*operation.operand, !outcome);
        }
        let said = match (test, outcome) {
            (Expr::Name(_) | Expr::Attribute(_) | Expr::Subscript(_), false) => "empty or false",
            (_, true) => "true",
            (_, false) => "false",
        };
        format!("the check is skipped when `{}` is {said}", self.written(test))
    }

    /// What it means for `subject` that `at` was evaluated and raised nothing.
    pub fn done(&mut self, at: At<'a>, subject: &Subject<'a>) -> Option<Verdict> {
        let mut best = None;
        let mut pending = vec![(at.expr, false)];
        while let Some((expr, awaited)) = pending.pop() {
            if !self.spend() {
                break;
            }
            match expr {
                Expr::Lambda(_) | Expr::Generator(_) => {}
                Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) => {}
                // Of these only the first part is always evaluated.
                Expr::BoolOp(operation) => pending.extend(operation.values.first().map(|first| (first, false))),
                Expr::If(either) => pending.push((&either.test, false)),
                Expr::Await(inner) => pending.push((&inner.value, true)),
                Expr::Call(call) => {
                    let here = At { expr, place: self.place(expr.range()), frame: at.frame };
                    best = Verdict::better(best, self.done_call(call, here, awaited, subject));
                    pending.extend(parts_of(expr).into_iter().map(|part| (part, false)));
                }
                other => pending.extend(parts_of(other).into_iter().map(|part| (part, false))),
            }
        }
        best
    }

    fn done_call(&mut self, call: &'a ExprCall, at: At<'a>, awaited: bool, subject: &Subject<'a>) -> Option<Verdict> {
        if let Some(function) = self.function(&call.func, at.place) {
            return match function.does {
                Does::Verify | Does::Open => self.verified(call, function, at, subject),
                _ => None,
            };
        }
        if self.is_trusted(&call.func, at.place) {
            return self.trusted(call, at, subject);
        }
        let frame = self.local(call, at.place).filter(|_| at.frame.is_none())?;
        if frame.def.is_async && !awaited {
            return None;
        }
        self.raises(frame, subject)
    }

    /// What it means for `subject` that `at` was true, or false.
    pub fn tested(&mut self, at: At<'a>, outcome: bool, subject: &Subject<'a>, steps: u32) -> Option<Verdict> {
        let steps = steps.checked_sub(1).filter(|_| self.spend())?;
        let part = |expr: &'a Expr| At { expr, ..at };
        match at.expr {
            Expr::UnaryOp(operation) if operation.op == UnaryOp::Not => {
                self.tested(part(&operation.operand), !outcome, subject, steps)
            }
            Expr::BoolOp(operation) => {
                let all = (operation.op == BoolOp::And) == outcome;
                let mut best = None;
                let mut missing = None;
                let mut worst: Option<Verdict> = None;
                for value in &operation.values {
                    match self.tested(part(value), outcome, subject, steps) {
                        Some(found) => {
                            best = Verdict::better(best, Some(found.clone()));
                            worst = Some(match worst {
                                Some(worst) if worst.judgement >= found.judgement => worst,
                                _ => found,
                            });
                        }
                        None => missing = Some(value),
                    }
                }
                match missing {
                    Some(value) if !all => {
                        let best = best.filter(Verdict::holds)?;
                        Some(Verdict::new(Judgement::Flawed, best.at, self.skipped(value, outcome)))
                    }
                    _ if all => best,
                    _ => worst,
                }
            }
            Expr::Name(_) => self.flag(at, outcome, subject, steps),
            Expr::Named(named) => self.tested(part(&named.value), outcome, subject, steps),
            Expr::Await(awaited) => self.tested(part(&awaited.value), outcome, subject, steps),
            Expr::Compare(compare) => {
                let mut best = None;
                let mut left = &*compare.left;
                for (op, right) in compare.ops.iter().zip(&compare.comparators) {
                    if compare.ops.len() == 1 || outcome {
                        let found = self.compared(part(left), *op, part(right), outcome, at, subject, steps);
                        best = Verdict::better(best, found);
                    }
                    left = right;
                }
                best
            }
            Expr::Call(call) => self.tested_call(call, at, outcome, subject, steps),
            Expr::If(_) => None,
            _ => None,
        }
    }

    fn tested_call(
        &mut self,
        call: &'a ExprCall,
        at: At<'a>,
        outcome: bool,
        subject: &Subject<'a>,
        steps: u32,
    ) -> Option<Verdict> {
        if last_name(&call.func) == Some("bool")
            && let Some(expr) = call.arguments.args.first()
        {
            return self.tested(At { expr, ..at }, outcome, subject, steps);
        }
        if let (Expr::Attribute(attribute), [part]) = (&*call.func, &call.arguments.args[..])
            && matches!(attribute.attr.as_str(), "startswith" | "endswith")
        {
            let digest = self.computed(At { expr: &attribute.value, ..at });
            let digest = digest.or_else(|| self.computed(At { expr: part, ..at }))?;
            self.covers(&digest.data, subject, at)?;
            let text = "only a part of the digest is compared, and an empty part is in every one".to_owned();
            return Some(Verdict::new(Judgement::Flawed, call.start(), text));
        }
        let found = if let Some(function) = self.function(&call.func, at.place) {
            match function.does {
                Does::Compare => {
                    let a = self.passed(call, function.data.as_ref(), at)?;
                    let b = self.passed(call, function.other.as_ref(), at)?;
                    self.equal(a, b, at, true, subject)
                }
                Does::Test => self.verified(call, function, at, subject),
                _ => None,
            }
        } else if self.is_trusted(&call.func, at.place) {
            self.trusted(call, at, subject)
        } else {
            let frame = self.local(call, at.place).filter(|_| at.frame.is_none())?;
            self.says_true(frame, subject)
        }?;
        Some(if outcome || !found.holds() { found } else { inverted(&found) })
    }

    #[allow(clippy::too_many_arguments)]
    fn compared(
        &mut self,
        left: At<'a>,
        op: CmpOp,
        right: At<'a>,
        outcome: bool,
        at: At<'a>,
        subject: &Subject<'a>,
        steps: u32,
    ) -> Option<Verdict> {
        let positive = matches!(op, CmpOp::Eq | CmpOp::Is | CmpOp::In);
        if !positive && !matches!(op, CmpOp::NotEq | CmpOp::IsNot | CmpOp::NotIn) {
            return None;
        }
        for (side, other) in [(left, right), (right, left)] {
            if let Expr::BooleanLiteral(literal) = side.expr {
                return self.tested(other, (literal.value == positive) == outcome, subject, steps);
            }
        }
        // One of a table of digests: that a MAC is a part of something says nothing.
        if matches!(op, CmpOp::In | CmpOp::NotIn) && self.computed(left).is_none_or(|computed| computed.keyed) {
            return None;
        }
        let found = self.equal(left, right, at, false, subject)?;
        Some(if positive == outcome || !found.holds() { found } else { inverted(&found) })
    }

    /// A name that holds the outcome of a test.
    fn flag(&mut self, at: At<'a>, outcome: bool, subject: &Subject<'a>, steps: u32) -> Option<Verdict> {
        let ids = self.bindings(at)?;
        let mut worst: Option<Verdict> = None;
        let mut any = false;
        for id in ids {
            let binding = self.weighing.resolver.scopes().bindings[id];
            let Bound::Value(expr) = binding.bound else { return None };
            let value = At { expr, place: binding.place, frame: at.frame };
            let found = match expr {
                Expr::NoneLiteral(_) if outcome => continue,
                Expr::BooleanLiteral(literal) if literal.value != outcome => continue,
                // It was set where the check had been made.
                Expr::BooleanLiteral(_) => {
                    let facts = self.before_in(binding.place.scope, expr.range());
                    let known = [Known { facts: Rc::new(facts), frame: at.frame }];
                    let steps = steps.checked_sub(1)?;
                    let mut best = None;
                    for fact in known[0].facts.iter() {
                        best = Verdict::better(best, self.of_fact(fact, at.frame, subject, steps.min(8)));
                    }
                    best
                }
                _ => self.tested(value, outcome, subject, steps),
            };
            any = true;
            worst = match (worst, found) {
                (None, found) => Some(found?),
                (Some(worst), found) => Some(Verdict::worse(Some(worst), found)?),
            };
        }
        worst.filter(|_| any)
    }

    /// What it means for `subject` that `a` and `b` are equal.
    fn equal(
        &mut self,
        a: At<'a>,
        b: At<'a>,
        at: At<'a>,
        constant_time: bool,
        subject: &Subject<'a>,
    ) -> Option<Verdict> {
        let (ours, theirs) = (self.computed(a), self.computed(b));
        let (computed, expected) = match (ours, theirs) {
            (None, None) => return None,
            (Some(ours), Some(theirs)) => {
                let of_it =
                    |judge: &mut Self, c: &Computed<'a>| judge.covers(&c.data, subject, at).is_some_and(|v| v.holds());
                if of_it(self, &ours) && of_it(self, &theirs) {
                    let text = "both sides of the comparison are computed here from what is loaded".to_owned();
                    return Some(Verdict::new(Judgement::Flawed, at.expr.start(), text));
                }
                if of_it(self, &ours) { (ours, b) } else { (theirs, a) }
            }
            (Some(ours), None) => (ours, b),
            (None, Some(theirs)) => (theirs, a),
        };
        if self.may_be_computed(expected) {
            let text = format!("`{}` may be computed here from what is loaded", self.written(expected.expr));
            return Some(Verdict::new(Judgement::Flawed, at.expr.start(), text));
        }
        let covered = self.covers(&computed.data, subject, at)?;
        if !covered.holds() {
            return Some(covered);
        }
        let start = at.expr.start();
        let name = self.written(subject.at.expr);
        if computed.is_checksum {
            let text = "a checksum is no guard: other data with the same one is easily made".to_owned();
            return Some(Verdict::new(Judgement::Flawed, start, text));
        }
        let weak = |text: String| Some(Verdict::new(Judgement::Weak, start, text));
        if !computed.keyed {
            if let Some(verdict) = self.pin(expected, subject.at) {
                return Some(verdict);
            }
            if let Some(broken) = computed.broken {
                return weak(format!("{broken} can be collided: pin a sha256"));
            }
        } else if let Some(key) = computed.key
            && let Some(verdict) = self.key(key, subject.at, false)
        {
            return Some(verdict);
        } else if !constant_time {
            return weak("`==` on a MAC tells by its time how much of it is right: use `hmac.compare_digest`".into());
        }
        if computed.cut {
            return weak("only a part of the digest is compared".into());
        }
        if let Some(verdict) = self.reopened(&computed.data, subject) {
            return Some(verdict);
        }
        let text = match computed.keyed {
            true => format!("the MAC of `{name}` is compared before it is loaded"),
            false => format!("the digest of `{name}` is pinned, and compared before it is loaded"),
        };
        Some(Verdict::new(Judgement::Genuine, start, text))
    }

    pub fn in_frame(&mut self, expr: &'a Expr, frame: Frame<'a>) -> At<'a> {
        At { expr, place: self.place(expr.range()), frame }
    }
}

type Frame<'a> = Option<super::Frame<'a>>;

fn inverted(found: &Verdict) -> Verdict {
    let text = "the branch of a failed check goes on to the load".to_owned();
    Verdict::new(Judgement::Flawed, found.at, text)
}
