//! What has happened for certain when a place in a function is reached: dominance, read off the statements.
//!
//! Knows nothing of checks. Where it gives up, it says less than is true: that leaves findings as they are.

use super::Judge;
use super::callee::Callee;
use crate::rules::Does;
use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{
    BoolOp, ElifElseClause, ExceptHandler, Expr, MatchCase, Pattern, Singleton, Stmt, StmtIf, StmtTry, StmtWhile,
    StmtWith,
};
use ruff_text_size::{Ranged, TextRange};

/// Statements in one another beyond this are not looked into.
const MAX_NESTING: u32 = 250;

/// Of the arms of an `if` this many tests that were false are kept in mind.
const MAX_FAILED: usize = 16;

/// Something that is so when a place is reached.
#[derive(Clone, Debug)]
pub(super) enum Fact<'a> {
    /// It was evaluated, and raised nothing.
    Done(&'a Expr),
    /// It was asserted.
    Asserted(&'a Expr),
    /// It was true, or false.
    Test(&'a Expr, bool),
    /// An exception was caught.
    Caught,
    /// All of one of these.
    Either(Vec<Vec<Fact<'a>>>),
}

/// The facts after a statement; `None` where what follows is never reached.
type After<'a> = Option<Vec<Fact<'a>>>;

impl<'a> Judge<'_, 'a, '_> {
    /// What is so in `body` when `target`, which is inside, is evaluated.
    pub fn before(&mut self, body: &'a [Stmt], target: TextRange) -> Vec<Fact<'a>> {
        let mut facts = Vec::new();
        self.until(body, target, MAX_NESTING, &mut facts);
        facts
    }

    /// What is so when `body` has run to its end.
    pub fn at_end(&mut self, body: &'a [Stmt]) -> After<'a> {
        self.after_all(body, MAX_NESTING)
    }

    fn until(&mut self, body: &'a [Stmt], target: TextRange, depth: u32, facts: &mut Vec<Fact<'a>>) {
        let Some(depth) = depth.checked_sub(1) else { return };
        for statement in body {
            if statement.range().contains_range(target) {
                return self.enter(statement, target, depth, facts);
            }
            if statement.start() >= target.end() {
                return;
            }
            facts.extend(self.after(statement, depth).unwrap_or_default());
        }
    }

    fn after_all(&mut self, body: &'a [Stmt], depth: u32) -> After<'a> {
        let mut facts = Vec::new();
        let Some(depth) = depth.checked_sub(1) else { return Some(facts) };
        for statement in body {
            facts.extend(self.after(statement, depth)?);
        }
        Some(facts)
    }

    fn after(&mut self, statement: &'a Stmt, depth: u32) -> After<'a> {
        if !self.spend() {
            return Some(Vec::new());
        }
        Some(match statement {
            Stmt::Return(_) | Stmt::Raise(_) | Stmt::Break(_) | Stmt::Continue(_) => return None,
            Stmt::Expr(expression) if self.leaves(&expression.value) => return None,
            Stmt::Expr(expression) => vec![Fact::Done(&expression.value)],
            Stmt::Assign(assign) => vec![Fact::Done(&assign.value)],
            Stmt::AnnAssign(assign) => assign.value.iter().map(|value| Fact::Done(value)).collect(),
            Stmt::AugAssign(assign) => vec![Fact::Done(&assign.value)],
            Stmt::Assert(assert) => vec![Fact::Asserted(&assert.test)],
            Stmt::If(branch) => return self.after_if(branch, depth),
            Stmt::While(each) => return self.after_while(each, depth),
            Stmt::For(each) => {
                let mut facts = vec![Fact::Done(&each.iter)];
                if breaks(&each.body).is_empty() {
                    facts.extend(self.after_all(&each.orelse, depth)?);
                }
                facts
            }
            Stmt::With(with) => {
                let mut facts = entered(with);
                if !suppresses(with) {
                    facts.extend(self.after_all(&with.body, depth)?);
                }
                facts
            }
            Stmt::Try(attempt) => return self.after_try(attempt, depth),
            Stmt::Match(cases) => {
                let mut ways = Vec::new();
                for case in &cases.cases {
                    let mut facts = guard_of(case);
                    if let Some(more) = self.after_all(&case.body, depth) {
                        facts.extend(more);
                        ways.push(facts);
                    }
                }
                if !cases.cases.iter().any(|case| case.guard.is_none() && case.pattern.is_irrefutable()) {
                    ways.push(Vec::new());
                }
                let mut facts = vec![Fact::Done(&cases.subject)];
                facts.extend(either(ways)?);
                facts
            }
            _ => Vec::new(),
        })
    }

    fn after_if(&mut self, branch: &'a StmtIf, depth: u32) -> After<'a> {
        let mut ways = Vec::new();
        let mut failed = Vec::new();
        for (test, body) in arms(branch) {
            let mut facts = failed.clone();
            if let Some(test) = test {
                facts.push(Fact::Test(test, true));
                if failed.len() < MAX_FAILED {
                    failed.push(Fact::Test(test, false));
                }
            }
            if let Some(more) = self.after_all(body, depth) {
                facts.extend(more);
                ways.push(facts);
            }
        }
        if branch.elif_else_clauses.last().is_none_or(|clause| clause.test.is_some()) {
            ways.push(failed);
        }
        let mut facts = vec![Fact::Done(&branch.test)];
        facts.extend(either(ways)?);
        Some(facts)
    }

    fn after_while(&mut self, each: &'a StmtWhile, depth: u32) -> After<'a> {
        let mut ways = Vec::new();
        if !is_true(&each.test)
            && let Some(more) = self.after_all(&each.orelse, depth)
        {
            let mut facts = vec![Fact::Test(&each.test, false)];
            facts.extend(more);
            ways.push(facts);
        }
        for left in breaks(&each.body) {
            let mut facts = vec![Fact::Test(&each.test, true)];
            self.until(&each.body, left, depth, &mut facts);
            ways.push(facts);
        }
        either(ways)
    }

    fn after_try(&mut self, attempt: &'a StmtTry, depth: u32) -> After<'a> {
        let mut ways = Vec::new();
        if let Some(mut facts) = self.after_all(&attempt.body, depth)
            && let Some(more) = self.after_all(&attempt.orelse, depth)
        {
            facts.extend(more);
            ways.push(facts);
        }
        for ExceptHandler::ExceptHandler(handler) in &attempt.handlers {
            if let Some(more) = self.after_all(&handler.body, depth) {
                ways.push(std::iter::once(Fact::Caught).chain(more).collect());
            }
        }
        let mut facts = either(ways)?;
        facts.extend(self.after_all(&attempt.finalbody, depth)?);
        Some(facts)
    }

    fn enter(&mut self, statement: &'a Stmt, target: TextRange, depth: u32, facts: &mut Vec<Fact<'a>>) {
        match statement {
            Stmt::FunctionDef(def) if holds(&def.body, target) => self.until(&def.body, target, depth, facts),
            Stmt::ClassDef(def) if holds(&def.body, target) => self.until(&def.body, target, depth, facts),
            Stmt::If(branch) => {
                for (test, body) in arms(branch) {
                    if holds(body, target) {
                        facts.extend(test.map(|test| Fact::Test(test, true)));
                        return self.until(body, target, depth, facts);
                    }
                    let Some(test) = test else { return };
                    if test.range().contains_range(target) {
                        return inside(test, target, facts);
                    }
                    facts.push(Fact::Test(test, false));
                }
            }
            Stmt::For(each) if holds(&each.body, target) || holds(&each.orelse, target) => {
                facts.push(Fact::Done(&each.iter));
                let body = if holds(&each.body, target) { &each.body } else { &each.orelse };
                self.until(body, target, depth, facts);
            }
            Stmt::While(each) if holds(&each.body, target) => {
                facts.push(Fact::Test(&each.test, true));
                self.until(&each.body, target, depth, facts);
            }
            Stmt::While(each) if holds(&each.orelse, target) => {
                facts.push(Fact::Test(&each.test, false));
                self.until(&each.orelse, target, depth, facts);
            }
            Stmt::With(with) if holds(&with.body, target) => {
                facts.extend(entered(with));
                self.until(&with.body, target, depth, facts);
            }
            Stmt::Try(attempt) => {
                if holds(&attempt.body, target) {
                    self.until(&attempt.body, target, depth, facts);
                } else if holds(&attempt.orelse, target) {
                    facts.extend(self.after_all(&attempt.body, depth).unwrap_or_default());
                    self.until(&attempt.orelse, target, depth, facts);
                } else if holds(&attempt.finalbody, target) {
                    self.until(&attempt.finalbody, target, depth, facts);
                } else {
                    let handlers = attempt.handlers.iter().map(|ExceptHandler::ExceptHandler(handler)| handler);
                    for handler in handlers.filter(|handler| holds(&handler.body, target)) {
                        self.until(&handler.body, target, depth, facts);
                    }
                }
            }
            Stmt::Match(cases) => {
                facts.push(Fact::Done(&cases.subject));
                for case in cases.cases.iter().filter(|case| holds(&case.body, target)) {
                    if let Pattern::MatchSingleton(single) = &case.pattern
                        && single.value != Singleton::None
                    {
                        facts.push(Fact::Test(&cases.subject, single.value == Singleton::True));
                    }
                    facts.extend(guard_of(case));
                    self.until(&case.body, target, depth, facts);
                }
            }
            _ => {
                if let Some(expression) = children_of(statement).into_iter().find(|e| e.range().contains_range(target))
                {
                    inside(expression, target, facts);
                }
            }
        }
    }

    /// Whether evaluating `expression` never comes back.
    fn leaves(&mut self, expression: &'a Expr) -> bool {
        let Expr::Call(call) = expression else { return false };
        let place = self.place(call.range());
        match self.callee(&call.func, place) {
            Callee::Library(function) => function.does == Does::Leave,
            Callee::Local(scope) => {
                let def = self.weighing.resolver.scopes().scopes[scope].def;
                let returns = def.and_then(|def| def.returns.as_deref());
                returns.is_some_and(|returns| matches!(last_name(returns), Some("NoReturn" | "Never")))
            }
            _ => false,
        }
    }
}

/// Whether exceptions inside `with` may end there.
pub(super) fn suppresses(with: &StmtWith) -> bool {
    with.items.iter().any(|item| match &item.context_expr {
        Expr::Call(call) => {
            matches!(last_name(&call.func), Some("suppress" | "raises" | "assertRaises" | "ignored"))
        }
        _ => false,
    })
}

/// The arms of an `if`, with their tests; the last may have none.
pub(super) fn arms<'a>(branch: &'a StmtIf) -> impl Iterator<Item = (Option<&'a Expr>, &'a [Stmt])> {
    let clause = |clause: &'a ElifElseClause| (clause.test.as_ref(), clause.body.as_slice());
    std::iter::once((Some(&*branch.test), branch.body.as_slice())).chain(branch.elif_else_clauses.iter().map(clause))
}

fn entered(with: &StmtWith) -> Vec<Fact<'_>> {
    with.items.iter().map(|item| Fact::Done(&item.context_expr)).collect()
}

fn guard_of(case: &MatchCase) -> Vec<Fact<'_>> {
    case.guard.iter().map(|guard| Fact::Test(guard, true)).collect()
}

fn either(mut ways: Vec<Vec<Fact<'_>>>) -> After<'_> {
    match ways.len() {
        0 => None,
        1 => ways.pop(),
        _ => Some(vec![Fact::Either(ways)]),
    }
}

/// Whether `target` is in `body`.
pub(super) fn holds(body: &[Stmt], target: TextRange) -> bool {
    let range = body.first().zip(body.last()).map(|(first, last)| first.range().cover(last.range()));
    range.is_some_and(|range| range.contains_range(target))
}

fn is_true(test: &Expr) -> bool {
    match test {
        Expr::BooleanLiteral(literal) => literal.value,
        Expr::NumberLiteral(number) => number.value.as_int().and_then(|int| int.as_i64()).is_some_and(|int| int != 0),
        _ => false,
    }
}

/// The `break`s that end a loop with this body.
fn breaks(body: &[Stmt]) -> Vec<TextRange> {
    let mut found = Vec::new();
    let mut pending: Vec<&Stmt> = body.iter().collect();
    while let Some(statement) = pending.pop() {
        match statement {
            Stmt::Break(_) => found.push(statement.range()),
            Stmt::For(each) => pending.extend(&each.orelse),
            Stmt::While(each) => pending.extend(&each.orelse),
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            other => pending.extend(statements_of(other)),
        }
    }
    found.sort_by_key(|range| range.start());
    found
}

/// What decides inside `expression` whether `target` is evaluated.
fn inside<'a>(expression: &'a Expr, target: TextRange, facts: &mut Vec<Fact<'a>>) {
    let mut next = Some(expression);
    while let Some(expression) = next.filter(|expression| expression.range() != target) {
        let has = |part: &Expr| part.range().contains_range(target);
        match expression {
            Expr::If(either) if has(&either.body) => facts.push(Fact::Test(&either.test, true)),
            Expr::If(either) if has(&either.orelse) => facts.push(Fact::Test(&either.test, false)),
            Expr::BoolOp(operation) => {
                let before = operation.values.iter().take_while(|value| !has(value));
                facts.extend(before.map(|value| Fact::Test(value, operation.op == BoolOp::And)));
            }
            Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) | Expr::Generator(_) => {
                let generators = match expression {
                    Expr::ListComp(list) => &list.generators,
                    Expr::SetComp(set) => &set.generators,
                    Expr::DictComp(dict) => &dict.generators,
                    Expr::Generator(generator) => &generator.generators,
                    _ => return,
                };
                let tests = generators.iter().flat_map(|generator| &generator.ifs).take_while(|test| !has(test));
                let before = tests.filter(|test| test.start() < target.start() || !in_generators(generators, target));
                facts.extend(before.map(|test| Fact::Test(test, true)));
            }
            _ => {}
        }
        next = parts_of(expression).into_iter().find(|part| part.range().contains_range(target));
    }
}

fn in_generators(generators: &[ruff_python_ast::Comprehension], target: TextRange) -> bool {
    generators.iter().any(|generator| generator.range().contains_range(target))
}

/// The last identifier of a dotted name.
pub(super) fn last_name(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
        Expr::StringLiteral(text) => Some(text.value.to_str()),
        _ => None,
    }
}

#[derive(Default)]
struct Parts<'a> {
    expressions: Vec<&'a Expr>,
    statements: Vec<&'a Stmt>,
}

impl<'a> Visitor<'a> for Parts<'a> {
    fn visit_expr(&mut self, expression: &'a Expr) {
        self.expressions.push(expression);
    }
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        self.statements.push(statement);
    }
}

/// The expressions directly in `expression`.
pub(super) fn parts_of(expression: &Expr) -> Vec<&Expr> {
    let mut parts = Parts::default();
    walk_expr(&mut parts, expression);
    parts.expressions
}

/// The expressions directly in `statement`.
pub(super) fn children_of(statement: &Stmt) -> Vec<&Expr> {
    let mut parts = Parts::default();
    walk_stmt(&mut parts, statement);
    parts.expressions
}

/// The statements directly in `statement`.
pub(super) fn statements_of(statement: &Stmt) -> Vec<&Stmt> {
    let mut parts = Parts::default();
    walk_stmt(&mut parts, statement);
    parts.statements
}
