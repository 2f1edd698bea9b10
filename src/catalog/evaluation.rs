//! Runs Python on paper: what names, arguments and keywords may be worth in a short build script, without running it.
//!
//! Total and bounded. Where a condition is not decided by literals, what any branch may give counts, and what only running
//! the code would tell is said to be unknown, with its line. Files are not read; a value may be what stands in one. Knows nothing of
//! distributions.

mod calls;
mod conditions;
mod expressions;
mod methods;
mod text_methods;
mod texts;
mod value;

pub(super) use value::{HOLE, Text, Value};

use super::text::Lines;
use ruff_python_ast::{Expr, ModModule, Operator, Stmt, StmtFunctionDef};
use ruff_text_size::{Ranged, TextRange};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use value::{Heap, List, Table};

/// More values and statements than this are not looked at.
const MAX_STEPS: usize = 300_000;

/// Expressions and statements within one another.
const MAX_DEPTH: usize = 150;

/// Calls within one another.
const MAX_CALLS: usize = 24;

/// A call that was asked for, as it may be made.
pub(super) struct Call<'t> {
    /// The full name of what is called.
    pub name: Rc<str>,
    pub arguments: Vec<Value<'t>>,
    /// By name; `**` for some that are not known.
    pub keywords: Vec<(Rc<str>, Value<'t>)>,
    pub line: u32,
}

/// The state of a script that is run on paper.
pub(super) struct Evaluation<'t> {
    lines: &'t Lines,
    heap: Heap<'t>,
    globals: BTreeMap<&'t str, Value<'t>>,
    frames: Vec<Frame<'t>>,
    /// Which calls of imported functions to keep.
    is_wanted: fn(&str) -> bool,
    pub calls: Vec<Call<'t>>,
    steps: usize,
    depth: usize,
    patterns: BTreeMap<String, Option<regex::Regex>>,
}

/// Where a statement leads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Next,
    /// Out of the loop, to its next round or out of the function.
    Away,
}

/// A function that is being called.
#[derive(Default)]
struct Frame<'t> {
    function: Option<&'t StmtFunctionDef>,
    names: BTreeMap<&'t str, Value<'t>>,
    of_module: BTreeSet<&'t str>,
    returned: Option<Value<'t>>,
    yielded: Vec<Value<'t>>,
    /// How many statements around the current one may not run.
    branches: usize,
}

impl<'t> Evaluation<'t> {
    /// Runs `module`, the file `name`, and keeps the calls of what is imported and `is_wanted`.
    pub(super) fn run(module: &'t ModModule, name: &str, lines: &'t Lines, is_wanted: fn(&str) -> bool) -> Self {
        let mut evaluation = Self {
            lines,
            heap: Heap::default(),
            globals: BTreeMap::new(),
            frames: vec![Frame::default()],
            is_wanted,
            calls: Vec::new(),
            steps: 0,
            depth: 0,
            patterns: BTreeMap::new(),
        };
        let file = Text { text: name.into(), line: 1, last_line: 1 };
        evaluation.globals.insert("__file__", Value::Text(vec![file]));
        evaluation.block(&module.body);
        evaluation
    }

    /// Whether there was more to do than is done.
    pub(super) fn is_exhausted(&self) -> bool {
        self.steps + self.heap.made > MAX_STEPS
    }

    /// Calls `function` with what its first parameter is, and others by name; the rest is not known.
    pub(super) fn call(&mut self, function: &'t StmtFunctionDef, first: Value<'t>, others: Vec<(&str, Value<'t>)>) {
        let others = others.into_iter().map(|(name, value)| (name.into(), value)).collect();
        self.call_function(function, vec![first], others, 0);
    }

    /// What any element of `expression` may be.
    pub(super) fn any_of(&mut self, expression: &'t Expr) -> Value<'t> {
        let value = self.eval(expression);
        let elements = self.elements(&value);
        elements.into_iter().reduce(|a, b| self.heap.join(a, b)).unwrap_or(Value::Nothing)
    }

    /// What `value` holds that is no list: texts, files, and what is not known. Lists may hold themselves; at most `left`
    /// values are looked at, and taken off it.
    pub(super) fn leaves(&self, value: &Value<'t>, left: &mut usize) -> Vec<Value<'t>> {
        let mut leaves = Vec::new();
        let mut seen = BTreeSet::new();
        let mut pending = vec![value.clone()];
        while let Some(value) = pending.pop()
            && *left > 0
        {
            *left -= 1;
            match value {
                Value::List(list) if seen.insert(list) => pending.extend(self.heap.lists[list].items.iter().cloned()),
                Value::List(_) | Value::Nothing => {}
                other => leaves.push(other),
            }
        }
        leaves
    }

    /// What may be in the list, tuple, set or dictionary `value`, or may be it.
    pub(super) fn elements(&self, value: &Value<'t>) -> Vec<Value<'t>> {
        match value {
            Value::List(list) => self.heap.lists[*list].items.clone(),
            Value::Table(table) => {
                let table = &self.heap.tables[*table];
                let mut keys: Vec<Value<'t>> =
                    table.entries.values().map(|(key, _)| Value::Text(vec![key.clone()])).collect();
                keys.extend((!table.others.is_empty()).then_some(Value::Unknown(0)));
                keys
            }
            other => vec![other.clone()],
        }
    }

    /// Keys and values of a dictionary; values of keys that are not known have none.
    pub(super) fn entries(&self, value: &Value<'t>) -> Option<Vec<(Option<Text>, Value<'t>)>> {
        let Value::Table(table) = value else { return None };
        let table = &self.heap.tables[*table];
        let known = table.entries.values().map(|(key, value)| (Some(key.clone()), value.clone()));
        Some(known.chain(table.others.iter().map(|value| (None, value.clone()))).collect())
    }

    fn line(&self, range: TextRange) -> u32 {
        self.lines.line(range.start().to_usize())
    }

    fn unknown(&self, node: &impl Ranged) -> Value<'t> {
        Value::Unknown(self.line(node.range()))
    }

    fn frame(&mut self) -> &mut Frame<'t> {
        self.frames.last_mut().expect("that of the module is never popped")
    }

    /// Counts a step, and says whether there may be more.
    fn step(&mut self) -> bool {
        self.steps += 1;
        !self.is_exhausted()
    }

    fn block(&mut self, statements: &'t [Stmt]) -> Flow {
        if self.depth >= MAX_DEPTH {
            return Flow::Next;
        }
        self.depth += 1;
        let mut flow = Flow::Next;
        for statement in statements {
            if !self.step() {
                break;
            }
            flow = stacker::maybe_grow(128 * 1024, 1024 * 1024, || self.statement(statement));
            if flow == Flow::Away {
                break;
            }
        }
        self.depth -= 1;
        flow
    }

    /// Runs what may not run. Where that leads away, what follows may not run either.
    fn branch(&mut self, statements: &'t [Stmt]) {
        self.frame().branches += 1;
        let flow = self.block(statements);
        if flow == Flow::Next {
            self.frame().branches -= 1;
        }
    }

    /// Runs the body of a loop once; what leads away there leads no further.
    fn round(&mut self, body: &'t [Stmt], is_certain: bool) {
        let branches = self.frame().branches;
        self.frame().branches += usize::from(!is_certain);
        self.block(body);
        self.frame().branches = branches;
    }

    fn statement(&mut self, statement: &'t Stmt) -> Flow {
        match statement {
            Stmt::FunctionDef(function) => self.bind(function.name.as_str(), Value::Function(function)),
            Stmt::ClassDef(class) => self.bind(class.name.as_str(), Value::Unknown(self.line(class.range()))),
            Stmt::Return(returned) => {
                let value = returned.value.as_deref().map_or(Value::Nothing, |value| self.eval(value));
                let before = self.frame().returned.take();
                let value = match before {
                    Some(before) => self.heap.join(before, value),
                    None => value,
                };
                self.frame().returned = Some(value);
                return Flow::Away;
            }
            Stmt::Break(_) | Stmt::Continue(_) => return Flow::Away,
            Stmt::Assign(assign) => {
                let value = self.eval(&assign.value);
                assign.targets.iter().for_each(|target| self.assign(target, value.clone()));
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    let value = self.eval(value);
                    self.assign(&assign.target, value);
                }
            }
            Stmt::AugAssign(assign) => {
                let before = self.eval(&assign.target);
                let value = self.eval(&assign.value);
                if let (Value::List(list), Operator::Add | Operator::BitOr) = (&before, assign.op) {
                    self.extend(*list, &value);
                } else if let (Value::Table(table), Operator::BitOr) = (&before, assign.op) {
                    self.update(*table, &value);
                } else {
                    let value = self.operate(before, assign.op, value, &assign.value);
                    self.assign(&assign.target, value);
                }
            }
            Stmt::Expr(expression) => {
                self.eval(&expression.value);
            }
            Stmt::If(condition) => {
                let first = (Some(&*condition.test), &*condition.body);
                let others = condition.elif_else_clauses.iter().map(|clause| (clause.test.as_ref(), &*clause.body));
                let mut may_be_earlier = false;
                for (test, body) in std::iter::once(first).chain(others) {
                    match test.map_or(Some(true), |test| self.decide(test)) {
                        Some(true) if !may_be_earlier => return self.block(body),
                        Some(true) => {
                            self.branch(body);
                            break;
                        }
                        Some(false) => {}
                        None => {
                            may_be_earlier = true;
                            self.branch(body);
                        }
                    }
                }
            }
            Stmt::For(repeated) => {
                let over = self.eval(&repeated.iter);
                let is_exact = matches!(over, Value::List(list) if self.heap.lists[list].is_exact);
                for element in self.iterate(&over, &repeated.iter) {
                    self.assign_surely(&repeated.target, element);
                    self.round(&repeated.body, is_exact);
                }
                self.branch(&repeated.orelse);
            }
            Stmt::While(repeated) => {
                self.round(&repeated.body, false);
                self.branch(&repeated.orelse);
            }
            Stmt::With(with) => {
                for item in &with.items {
                    let value = self.eval(&item.context_expr);
                    if let Some(target) = &item.optional_vars {
                        self.assign_surely(target, value);
                    }
                }
                return self.block(&with.body);
            }
            Stmt::Try(tried) => {
                // Where that is left early, it may be left by an exception as well.
                if self.block(&tried.body) == Flow::Away {
                    self.frame().branches += 1;
                }
                for handler in &tried.handlers {
                    let ruff_python_ast::ExceptHandler::ExceptHandler(handler) = handler;
                    self.branch(&handler.body);
                }
                self.block(&tried.orelse);
                self.block(&tried.finalbody);
            }
            Stmt::Match(matched) => matched.cases.iter().for_each(|case| self.branch(&case.body)),
            Stmt::Import(import) => {
                for alias in &import.names {
                    let name = alias.name.as_str();
                    let first = name.split('.').next().unwrap_or(name);
                    let (bound, full) = alias.asname.as_ref().map_or((first, first), |bound| (bound.as_str(), name));
                    self.bind(bound, Value::Named(full.into()));
                }
            }
            Stmt::ImportFrom(import) => {
                let module = import.module.as_ref().map_or("", |module| module.as_str());
                for alias in &import.names {
                    let bound = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
                    self.bind(bound, Value::Named(format!("{module}.{}", alias.name.as_str()).into()));
                }
            }
            Stmt::Global(global) => {
                let names: Vec<&'t str> = global.names.iter().map(|name| name.as_str()).collect();
                self.frame().of_module.extend(names);
            }
            _ => {}
        }
        Flow::Next
    }

    /// Binds `name`; where that may not run, to what it was as well.
    fn bind(&mut self, name: &'t str, value: Value<'t>) {
        let before = if self.frame().branches > 0 { self.names_of(name).get(name).cloned() } else { None };
        let value = match before {
            Some(before) => self.heap.join(before, value),
            None => value,
        };
        self.names_of(name).insert(name, value);
    }

    /// Where assignments to `name` go.
    fn names_of(&mut self, name: &str) -> &mut BTreeMap<&'t str, Value<'t>> {
        let is_local = self.frames.len() > 1 && !self.frame().of_module.contains(name);
        if is_local { &mut self.frame().names } else { &mut self.globals }
    }

    fn look_up(&self, name: &str) -> Value<'t> {
        let (current, outer) = self.frames.split_last().expect("that of the module is never popped");
        let known = current.names.get(name).or_else(|| self.globals.get(name));
        // A function in a function sees the names of that one, which calls it.
        let known = known.or_else(|| outer.iter().rev().find_map(|frame| frame.names.get(name)));
        known.cloned().unwrap_or_else(|| Value::Named(name.into()))
    }

    /// Assigns what certainly is assigned: the elements of a loop.
    fn assign_surely(&mut self, target: &'t Expr, value: Value<'t>) {
        let branches = std::mem::take(&mut self.frame().branches);
        self.assign(target, value);
        self.frame().branches = branches;
    }

    fn assign(&mut self, target: &'t Expr, value: Value<'t>) {
        match target {
            Expr::Name(name) => self.bind(name.id.as_str(), value),
            Expr::Tuple(tuple) => self.unpack(&tuple.elts, value),
            Expr::List(list) => self.unpack(&list.elts, value),
            Expr::Starred(starred) => self.assign(&starred.value, value),
            Expr::Subscript(subscript) => match self.eval(&subscript.value) {
                Value::Table(table) => {
                    let key = self.eval(&subscript.slice);
                    self.set(table, &key, value);
                }
                Value::List(list) => self.extend(list, &value),
                _ => {}
            },
            _ => {}
        }
    }

    fn unpack(&mut self, targets: &'t [Expr], value: Value<'t>) {
        let exact = match &value {
            Value::List(list) if self.heap.lists[*list].is_exact => Some(self.heap.lists[*list].items.clone()),
            _ => None,
        };
        match exact {
            Some(items) if items.len() == targets.len() => {
                targets.iter().zip(items).for_each(|(target, item)| self.assign(target, item));
            }
            _ => {
                let of_each = match value {
                    content @ Value::Content(_) => content,
                    _ => targets.first().map_or(Value::Nothing, |first| self.unknown(first)),
                };
                targets.iter().for_each(|target| self.assign(target, of_each.clone()));
            }
        }
    }

    /// The elements of `value`, one after the other.
    fn iterate(&mut self, value: &Value<'t>, node: &'t Expr) -> Vec<Value<'t>> {
        match value {
            Value::List(_) | Value::Table(_) | Value::Content(_) => self.elements(value),
            _ => vec![self.unknown(node)],
        }
    }

    /// Adds all elements of `value` to a list.
    fn extend(&mut self, list: usize, value: &Value<'t>) {
        let more = self.elements(value);
        self.heap.made += more.len();
        let may_not_run = self.frame().branches > 0;
        let is_known = matches!(value, Value::List(from) if self.heap.lists[*from].is_exact);
        let List { items, is_exact } = &mut self.heap.lists[list];
        items.extend(more);
        *is_exact &= is_known && !may_not_run;
    }

    fn append(&mut self, list: usize, value: Value<'t>) {
        let may_not_run = self.frame().branches > 0;
        self.heap.made += 1;
        let List { items, is_exact } = &mut self.heap.lists[list];
        items.push(value);
        *is_exact &= !may_not_run;
    }

    /// Puts the entries of the dictionary `value` into another.
    fn update(&mut self, table: usize, value: &Value<'t>) {
        match self.entries(value) {
            Some(entries) => {
                for (key, value) in entries {
                    let key = key.map_or(Value::Nothing, |key| Value::Text(vec![key]));
                    self.set(table, &key, value);
                }
            }
            None if matches!(value, Value::Nothing) => {}
            None => self.heap.tables[table].others.push(value.clone()),
        }
    }

    fn set(&mut self, table: usize, key: &Value<'t>, value: Value<'t>) {
        self.heap.made += 1;
        let may_not_run = self.frame().branches > 0;
        let key = match key {
            Value::Text(alternatives) if alternatives.len() == 1 && !alternatives[0].text.contains(HOLE) => {
                alternatives[0].clone()
            }
            _ => return self.heap.tables[table].others.push(value),
        };
        let value = match self.heap.tables[table].entries.remove(&key.text) {
            Some((_, before)) if may_not_run => self.heap.join(before, value),
            _ => value,
        };
        self.heap.tables[table].entries.insert(Rc::clone(&key.text), (key, value));
    }

    /// The value of a key.
    fn get(&mut self, table: usize, key: &Value<'t>, line: u32) -> Value<'t> {
        let Value::Text(alternatives) = key else { return Value::Unknown(line) };
        let mut found: Option<Value<'t>> = None;
        for key in alternatives {
            let Table { entries, has_default, .. } = &self.heap.tables[table];
            let value = match entries.get(&key.text) {
                Some((_, value)) => value.clone(),
                None if *has_default => {
                    let value = self.heap.list(Vec::new());
                    self.heap.tables[table].entries.insert(Rc::clone(&key.text), (key.clone(), value.clone()));
                    value
                }
                None => Value::Unknown(line),
            };
            found = Some(match found {
                Some(before) => self.heap.join(before, value),
                None => value,
            });
        }
        found.unwrap_or(Value::Unknown(line))
    }
}
