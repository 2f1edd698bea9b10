//! Whether two expressions have the same value: names by what may have bound them, parts of them by what they are called.

use super::Judge;
use super::flow::{children_of, last_name, statements_of};
use crate::rules::Does;
use crate::scan::scopes::{ANY_TIME, BindingId, Bound, ClassId, Place, ScopeId};
use ruff_python_ast::{Expr, ExprCall, Stmt, StmtFunctionDef};
use ruff_text_size::{Ranged, TextRange, TextSize};

/// How far names are followed.
const MAX_STEPS: u32 = 16;

/// An expression, where it is evaluated.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<'a> {
    pub expr: &'a Expr,
    pub place: Place,
    /// The call that runs the function it is in, where that is looked into.
    pub frame: Option<Frame<'a>>,
}

/// A call of a function of the file: its parameters stand for the arguments.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    pub scope: ScopeId,
    pub def: &'a StmtFunctionDef,
    pub call: &'a ExprCall,
    /// Where it is called.
    pub place: Place,
    /// It is called on an instance or a class.
    pub bound: bool,
    /// The call that runs the function that the call is in.
    pub outer: Option<Outer<'a>>,
}

/// The call that runs the function that a call is in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outer<'a> {
    scope: ScopeId,
    def: &'a StmtFunctionDef,
    call: &'a ExprCall,
    place: Place,
    bound: bool,
}

impl<'a> Frame<'a> {
    pub fn as_outer(self) -> Outer<'a> {
        let Self { scope, def, call, place, bound, outer: _ } = self;
        Outer { scope, def, call, place, bound }
    }

    /// The frame that the arguments are evaluated in.
    fn caller(self) -> Option<Self> {
        self.outer.map(|Outer { scope, def, call, place, bound }| Self { scope, def, call, place, bound, outer: None })
    }
}

/// What an expression is, as far as others can be it too.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Value<'a> {
    /// What a name is bound to by one of these.
    Name(Vec<BindingId>),
    Receiver(ClassId),
    /// An attribute or an item.
    Part(Box<Value<'a>>, &'a str),
    /// What the expression in this range was evaluated to.
    Expression(TextRange),
}

/// A value, when it was looked at.
#[derive(Clone, Debug)]
pub(super) struct Seen<'a> {
    pub value: Value<'a>,
    pub at: TextSize,
}

impl<'a> Judge<'_, 'a, '_> {
    /// What may have given a name its value.
    pub fn bindings(&mut self, at: At<'a>) -> Option<Vec<BindingId>> {
        let Expr::Name(name) = at.expr else { return None };
        let reaching = self.weighing.resolver.scopes().reaching(&name.id, at.place, name.start(), &|_| false);
        let mut found = reaching.bindings;
        found.sort_unstable();
        found.dedup();
        (reaching.crowded.is_empty() && !found.is_empty()).then_some(found)
    }

    /// The expression that alone gave a name its value: one that was assigned or, in a function that is looked into, the
    /// argument.
    pub fn source(&mut self, at: At<'a>) -> Option<At<'a>> {
        let [id] = self.bindings(at)?[..] else { return None };
        self.bound_to(id, at.frame)
    }

    /// The expression that a binding gives a name, if it is one.
    pub fn bound_to(&mut self, id: BindingId, frame: Option<Frame<'a>>) -> Option<At<'a>> {
        let binding = self.weighing.resolver.scopes().bindings[id];
        match binding.bound {
            Bound::Value(expr) => Some(At { expr, place: binding.place, frame }),
            Bound::Parameter { function, .. } => {
                let frame = frame.filter(|frame| frame.scope == function)?;
                self.argument_of(frame, id)
            }
            _ => None,
        }
    }

    /// What is passed for the parameter bound by `id`.
    fn argument_of(&mut self, frame: Frame<'a>, id: BindingId) -> Option<At<'a>> {
        let scopes = self.weighing.resolver.scopes();
        let own = &scopes.scopes[frame.scope].bindings;
        let parameters = &frame.def.parameters;
        let mut positional = parameters.posonlyargs.iter().chain(&parameters.args);
        let is_it = |name: &str| own.get(name).is_some_and(|ids| ids.contains(&id));
        let skipped = usize::from(frame.bound);
        let position = positional.position(|parameter| is_it(parameter.parameter.name.as_str()));
        let all = parameters.posonlyargs.iter().chain(&parameters.args).chain(&parameters.kwonlyargs);
        let parameter = all.into_iter().find(|parameter| is_it(parameter.parameter.name.as_str()))?;
        let arguments = &frame.call.arguments;
        let place = frame.place;
        if let Some(keyword) = arguments.find_keyword(parameter.parameter.name.as_str()) {
            return Some(At { expr: &keyword.value, place, frame: frame.caller() });
        }
        let passed = position.and_then(|position| position.checked_sub(skipped));
        if let Some(passed) = passed.filter(|&n| !arguments.args.iter().take(n + 1).any(Expr::is_starred_expr))
            && let Some(expr) = arguments.args.get(passed)
        {
            return Some(At { expr, place, frame: frame.caller() });
        }
        let defined = scopes.scopes[frame.scope].defined.map(|(place, _)| place)?;
        parameter.default.as_deref().map(|expr| At { expr, place: defined, frame: None })
    }

    /// What `at` is.
    pub fn value(&mut self, at: At<'a>) -> Seen<'a> {
        self.value_within(at, MAX_STEPS)
    }

    fn value_within(&mut self, at: At<'a>, steps: u32) -> Seen<'a> {
        let start = at.expr.start();
        let itself = Seen { value: Value::Expression(at.expr.range()), at: start };
        let Some(steps) = steps.checked_sub(1) else { return itself };
        match at.expr {
            Expr::Name(_) => {
                let Some(ids) = self.bindings(at) else { return itself };
                if let [id] = ids[..] {
                    if let Bound::Receiver { class, .. } = self.weighing.resolver.scopes().bindings[id].bound {
                        return Seen { value: Value::Receiver(class), at: start };
                    }
                    let followed = self.bound_to(id, at.frame);
                    let is_alias = followed.is_some_and(|to| {
                        at.frame.is_some_and(|frame| self.is_parameter_of(id, frame))
                            || matches!(
                                to.expr,
                                Expr::Name(_) | Expr::Attribute(_) | Expr::Subscript(_) | Expr::Named(_)
                            )
                            || self.same_bytes(to).is_some()
                    });
                    if let Some(to) = followed.filter(|_| is_alias) {
                        return self.value_within(to, steps);
                    }
                }
                Seen { value: Value::Name(ids), at: start }
            }
            Expr::Attribute(attribute) => self.part(At { expr: &attribute.value, ..at }, &attribute.attr, steps),
            Expr::Subscript(subscript) => {
                let object = At { expr: &subscript.value, ..at };
                match key(&subscript.slice) {
                    Some(Key::Everything) => self.value_within(object, steps),
                    Some(Key::Fixed) => {
                        let text = self.weighing.lines.text_in(subscript.slice.range());
                        self.part(object, text, steps)
                    }
                    None => itself,
                }
            }
            Expr::Named(named) => self.value_within(At { expr: &named.value, ..at }, steps),
            Expr::Call(_) => match self.same_bytes(at) {
                Some(inner) => self.value_within(inner, steps),
                None => itself,
            },
            _ => itself,
        }
    }

    fn is_parameter_of(&self, id: BindingId, frame: Frame<'a>) -> bool {
        let bound = self.weighing.resolver.scopes().bindings[id].bound;
        matches!(bound, Bound::Parameter { function, .. } if function == frame.scope)
    }

    fn part(&mut self, object: At<'a>, name: &'a str, steps: u32) -> Seen<'a> {
        let of = self.value_within(object, steps);
        Seen { value: Value::Part(Box::new(of.value), name), at: of.at }
    }

    /// The argument of `bytes`, `bytearray`, `memoryview` and `io.BytesIO`, which hold the same bytes.
    pub fn same_bytes(&mut self, at: At<'a>) -> Option<At<'a>> {
        let Expr::Call(call) = at.expr else { return None };
        let same = matches!(last_name(&call.func), Some("bytes" | "bytearray" | "memoryview" | "BytesIO" | "Path"));
        let [expr] = &call.arguments.args[..] else { return None };
        let known = same
            && call.arguments.keywords.is_empty()
            && (last_name(&call.func) == Some("Path")
                || self.function(&call.func, at.place).is_some_and(|f| f.does == Does::Decode));
        known.then_some(At { expr, ..at })
    }

    /// Whether the two are the same, and nothing that either is made of was bound again between.
    pub fn same(&mut self, a: &Seen<'a>, b: &Seen<'a>) -> bool {
        if a.value != b.value {
            return false;
        }
        let (from, to) = if a.at <= b.at { (a.at, b.at) } else { (b.at, a.at) };
        let mut value = &a.value;
        let mut parts = Vec::new();
        while let Value::Part(object, name) = value {
            parts.push(*name);
            value = object;
        }
        if let Value::Name(ids) = value {
            let bindings = &self.weighing.resolver.scopes().bindings;
            if ids.iter().any(|&id| bindings[id].at == ANY_TIME || bindings[id].at > from && bindings[id].at <= to) {
                return false;
            }
        }
        parts.is_empty() || !self.stored_between(&parts, from, to)
    }

    /// Whether an attribute or item of one of these names is assigned to between.
    fn stored_between(&mut self, names: &[&str], from: TextSize, to: TextSize) -> bool {
        if self.weighing.guards.stores.is_none() {
            let mut stores = stores(self.weighing.body);
            stores.sort_unstable_by_key(|store| store.start());
            self.weighing.guards.stores = Some(stores);
        }
        let lines = self.weighing.lines;
        let stores = self.weighing.guards.stores.as_deref().unwrap_or_default();
        let first = stores.partition_point(|store| store.start() <= from);
        stores[first..]
            .iter()
            .take_while(|store| store.start() < to)
            .any(|store| names.contains(&lines.text_in(*store)))
    }
}

enum Key {
    /// `[:]`
    Everything,
    /// It reads no variables.
    Fixed,
}

fn key(index: &Expr) -> Option<Key> {
    let fixed = |part: &Expr| match part {
        Expr::UnaryOp(operation) => operation.operand.is_number_literal_expr(),
        other => other.is_number_literal_expr() || other.is_string_literal_expr() || other.is_bytes_literal_expr(),
    };
    match index {
        Expr::Slice(slice) if slice.lower.is_none() && slice.upper.is_none() && slice.step.is_none() => {
            Some(Key::Everything)
        }
        Expr::Slice(slice) => [&slice.lower, &slice.upper, &slice.step]
            .into_iter()
            .flatten()
            .all(|part| fixed(part))
            .then_some(Key::Fixed),
        other => fixed(other).then_some(Key::Fixed),
    }
}

/// The names of all attributes, and the keys of all items, that are assigned to.
fn stores(body: &[Stmt]) -> Vec<TextRange> {
    let mut found = Vec::new();
    let mut pending: Vec<&Stmt> = body.iter().collect();
    while let Some(statement) = pending.pop() {
        pending.extend(statements_of(statement));
        let mut targets: Vec<&Expr> = match statement {
            Stmt::Assign(assign) => assign.targets.iter().collect(),
            Stmt::AugAssign(assign) => vec![&assign.target],
            Stmt::AnnAssign(assign) => vec![&assign.target],
            Stmt::For(each) => vec![&each.target],
            Stmt::With(with) => with.items.iter().filter_map(|item| item.optional_vars.as_deref()).collect(),
            Stmt::Expr(_) | Stmt::Return(_) | Stmt::Raise(_) => continue,
            other => children_of(other).into_iter().filter(|child| matches!(child, Expr::Tuple(_))).collect(),
        };
        while let Some(target) = targets.pop() {
            match target {
                Expr::Attribute(attribute) => found.push(attribute.attr.range()),
                Expr::Subscript(subscript) => found.push(subscript.slice.range()),
                Expr::Tuple(tuple) => targets.extend(&tuple.elts),
                Expr::List(list) => targets.extend(&list.elts),
                Expr::Starred(starred) => targets.push(&starred.value),
                _ => {}
            }
        }
    }
    found
}
