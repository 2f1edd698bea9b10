//! What a setting is given: one value, or the elements of a list, through names, operators and defaults.

use super::Matcher;
use crate::rules::Value;
use crate::scan::arguments::equal;
use crate::scan::meaning::{Constant, Meaning};
use crate::scan::scopes::{Bound, Place};
use ruff_python_ast::{Expr, ExprCall, Operator};
use ruff_text_size::Ranged as _;
use std::collections::HashSet;

/// How many parts of a value are looked at.
const MAX_PARTS: usize = 1000;

/// All that a setting may be, or hold.
#[derive(Default)]
pub(super) struct Given<'a> {
    pub known: Vec<Meaning<'a>>,
    /// It may also be something that cannot be known.
    pub open: bool,
}

impl<'a> Matcher<'a, '_, '_> {
    /// What `value` may be or hold.
    pub(super) fn given(&mut self, value: &'a Expr, place: Place) -> Given<'a> {
        let mut given = Given::default();
        let mut seen = HashSet::new();
        let mut pending = vec![(value, place)];
        while let Some((value, place)) = pending.pop() {
            // Each part once: names may be bound to one another.
            if seen.len() >= MAX_PARTS || !seen.insert(value.range()) {
                given.open |= seen.len() >= MAX_PARTS;
                continue;
            }
            let mut add = |parts: &mut dyn Iterator<Item = &'a Expr>| {
                pending.extend(parts.take(MAX_PARTS).map(|part| (part, place)));
            };
            match value {
                Expr::List(list) => add(&mut list.elts.iter()),
                Expr::Tuple(tuple) => add(&mut tuple.elts.iter()),
                Expr::Set(set) => add(&mut set.elts.iter()),
                Expr::BoolOp(operation) => add(&mut operation.values.iter()),
                Expr::If(either) => add(&mut [&*either.body, &*either.orelse].into_iter()),
                Expr::BinOp(sum) if matches!(sum.op, Operator::Add | Operator::BitOr) => {
                    let whole = self.resolver.meaning(value, place);
                    given.known.extend(whole.strings().map(|text| Meaning::Constant(Constant::Str(text))));
                    add(&mut [&*sum.left, &*sum.right].into_iter());
                }
                Expr::Starred(starred) => add(&mut std::iter::once(&*starred.value)),
                Expr::Named(named) => add(&mut std::iter::once(&*named.value)),
                Expr::Call(call) => match inner(call) {
                    Some(part) => {
                        given.open = true;
                        add(&mut std::iter::once(part));
                    }
                    None => self.called(call, place, &mut given),
                },
                _ => {
                    let meanings = self.resolver.meaning(value, place);
                    given.open |= meanings.open;
                    for meaning in meanings.known {
                        match meaning {
                            Meaning::Display(Expr::Dict(_) | Expr::Call(_), _) => given.open = true,
                            Meaning::Display(display, place) => pending.push((display, place)),
                            meaning => given.known.push(meaning),
                        }
                    }
                    if let (true, Expr::Name(name)) = (meanings.open, value) {
                        // Operators and calls mean nothing to the resolver, but something here.
                        let scopes = self.resolver.scopes();
                        for id in scopes.reaching(&name.id, place, name.start(), &|_| false).bindings {
                            let binding = &scopes.bindings[id];
                            if let Bound::Value(value @ (Expr::BinOp(_) | Expr::Call(_))) = binding.bound {
                                pending.push((value, binding.place));
                            }
                        }
                    }
                }
            }
        }
        given
    }

    /// `PickleSerializer()` is what it is an instance of; `"json,pickle".split(",")` is its parts.
    fn called(&mut self, call: &'a ExprCall, place: Place, given: &mut Given<'a>) {
        if let Expr::Attribute(method) = &*call.func
            && let (Expr::StringLiteral(text), "split") = (&*method.value, method.attr.as_str())
        {
            let words = text.value.to_str().split([',', ';', ' ']).map(str::trim).take(MAX_PARTS);
            given.known.extend(words.map(|word| Meaning::Constant(Constant::Str(word))));
            return;
        }
        let class = self.resolver.meaning(&call.func, place);
        given.open |= class.open || class.known.is_empty();
        given.known.extend(class.known.into_iter().filter(|meaning| matches!(meaning, Meaning::Name(_))));
    }

    /// Whether `meaning` is `value`; a string may also be the path of a class.
    pub(super) fn is_value(&mut self, meaning: &Meaning<'a>, value: &Value) -> bool {
        match (meaning, value) {
            (Meaning::Constant(Constant::Str(text)), Value::Name(path)) => text == path,
            _ => equal(meaning, value, &mut self.resolver),
        }
    }
}

/// The argument that a call gives back, always or by default: `list(x)`, `os.getenv("NAME", x)`, `Field(default=x)`.
fn inner(call: &ExprCall) -> Option<&Expr> {
    if let Some(default) = call.arguments.find_keyword("default") {
        return Some(&default.value);
    }
    let function = match &*call.func {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => return None,
    };
    let position = match function {
        "Field" | "field" | "frozenset" | "list" | "set" | "sorted" | "str" | "tuple" => 0,
        "config" | "env" | "get" | "getenv" | "pop" => 1,
        "getattr" => 2,
        _ => return None,
    };
    call.arguments.find_positional(position)
}
