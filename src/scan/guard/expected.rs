//! What data is compared with, and the key: whether whoever makes the data can make these too.

use super::flow::{last_name, parts_of};
use super::value::{At, Value};
use super::{Judge, Verdict};
use crate::finding::Judgement;
use crate::scan::meaning::{Constant, Meaning};
use crate::scan::scopes::{Bound, ScopeKind};
use ruff_python_ast::Expr;
use ruff_text_size::{Ranged, TextRange};

const MAX_STEPS: u32 = 12;
/// More variables than this are not kept apart.
const MAX_ROOTS: usize = 32;

/// Variables that hold what the program is set up with, not what it is sent.
const CONFIGURATION: &[&str] = &[
    "app",
    "args",
    "cfg",
    "conf",
    "config",
    "current_app",
    "env",
    "environ",
    "ns",
    "options",
    "opts",
    "os",
    "parsed",
    "self",
    "cls",
    "settings",
    "vault",
    "secrets",
    "keyring",
];

/// Where a value that was compared comes from.
enum Source {
    /// It is written in the code, or in the code of another module, or set by configuration.
    Pinned,
    Passed,
    Unknown,
}

impl<'a> Judge<'_, 'a, '_> {
    /// What a MAC or cipher with `key` is worth, for `data`; `None`: nothing is wrong with the key.
    pub fn key(&mut self, key: At<'a>, data: At<'a>, is_public: bool) -> Option<Verdict> {
        if !is_public && let Some(literal) = self.literal(key, MAX_STEPS) {
            let (judgement, text) = match is_empty(literal) {
                true => (Judgement::Weak, "the key is empty: everybody can compute the same".to_owned()),
                false => (Judgement::Weak, "the key is written in the code: whoever reads that can sign".to_owned()),
            };
            return Some(Verdict::new(judgement, literal.start(), text));
        }
        let (ours, theirs) = (self.followed(key), self.followed(data));
        // `client.secret` is no part of what `client.recv()` returns.
        let is_part = |expr: &Expr| expr.is_attribute_expr() || expr.is_subscript_expr();
        if ours.expr.is_attribute_expr() && !is_part(theirs.expr) {
            return None;
        }
        let shared = self.shared(key, data, true)?;
        let text = format!("the key comes from the message: `{shared}` is where the data comes from, too");
        Some(Verdict::new(Judgement::Flawed, key.expr.start(), text))
    }

    /// What an unkeyed digest compared with `expected` is worth, for `data`; `None`: it is pinned.
    pub fn pin(&mut self, expected: At<'a>, data: At<'a>) -> Option<Verdict> {
        let at = expected.expr.start();
        let flawed = |text: String| Some(Verdict::new(Judgement::Flawed, at, text));
        match self.source_of(expected, MAX_STEPS) {
            Source::Pinned => None,
            _ if self.shared(expected, data, false).is_some() => {
                flawed("the digest has no key and comes from beside the data: who changes one changes the other".into())
            }
            Source::Passed => flawed(format!(
                "the digest has no key, and `{}` is passed beside the data: nothing pins it",
                self.written(expected.expr)
            )),
            Source::Unknown => flawed(format!(
                "the digest has no key, and `{}` is not written in the code: nothing pins it",
                self.written(expected.expr)
            )),
        }
    }

    /// The literal that `at` is, or may be.
    fn literal(&mut self, at: At<'a>, steps: u32) -> Option<&'a Expr> {
        let steps = steps.checked_sub(1).filter(|_| self.spend())?;
        match at.expr {
            Expr::BytesLiteral(_) | Expr::StringLiteral(_) => Some(at.expr),
            Expr::Name(_) => {
                let ids = self.bindings(at)?;
                ids.into_iter().find_map(|id| {
                    let binding = self.weighing.resolver.scopes().bindings[id];
                    let bound = match (self.bound_to(id, at.frame), binding.bound) {
                        (Some(bound), _) => bound,
                        (None, Bound::Parameter { default: Some(expr), .. }) => {
                            At { expr, place: binding.place, frame: None }
                        }
                        _ => return None,
                    };
                    self.literal(bound, steps)
                })
            }
            Expr::Attribute(_) => {
                let meanings = self.weighing.resolver.meaning(at.expr, at.place);
                let text = |m: &Meaning<'_>| matches!(m, Meaning::Constant(Constant::Str(_)));
                (!meanings.known.is_empty() && meanings.known.iter().all(text)).then_some(at.expr)
            }
            Expr::Call(call) => match &*call.func {
                Expr::Attribute(attribute)
                    if matches!(attribute.attr.as_str(), "encode" | "ljust" | "rjust" | "strip") =>
                {
                    self.literal(At { expr: &attribute.value, ..at }, steps)
                }
                func if matches!(last_name(func), Some("getenv" | "get")) => {
                    let fallback = call.arguments.find_argument_value("default", 1)?;
                    self.literal(At { expr: fallback, ..at }, steps)
                }
                func if matches!(
                    last_name(func),
                    Some(
                        "bytes"
                            | "fromhex"
                            | "unhexlify"
                            | "b64decode"
                            | "urlsafe_b64decode"
                            | "bytearray"
                            | "Fernet"
                            | "force_bytes"
                    )
                ) =>
                {
                    let first = call.arguments.args.first()?;
                    self.literal(At { expr: first, ..at }, steps)
                }
                _ => None,
            },
            Expr::BoolOp(operation) => {
                operation.values.iter().find_map(|value| self.literal(At { expr: value, ..at }, steps))
            }
            Expr::If(either) => [&either.body, &either.orelse]
                .into_iter()
                .find_map(|value| self.literal(At { expr: value, ..at }, steps)),
            Expr::List(list) => list.elts.iter().find_map(|key| self.literal(At { expr: key, ..at }, steps)),
            Expr::BinOp(operation) => {
                let left = self.literal(At { expr: &operation.left, ..at }, steps)?;
                match &*operation.right {
                    right if right.is_number_literal_expr() => Some(left),
                    right => self.literal(At { expr: right, ..at }, steps),
                }
            }
            _ => None,
        }
    }

    fn source_of(&mut self, at: At<'a>, steps: u32) -> Source {
        let Some(steps) = steps.checked_sub(1).filter(|_| self.spend()) else { return Source::Unknown };
        let pinned = |yes: bool| if yes { Source::Pinned } else { Source::Unknown };
        match at.expr {
            Expr::BytesLiteral(_) | Expr::StringLiteral(_) | Expr::NumberLiteral(_) | Expr::NoneLiteral(_) => {
                Source::Pinned
            }
            Expr::Tuple(tuple) => self.all_pinned(&tuple.elts, at, steps),
            Expr::List(list) => self.all_pinned(&list.elts, at, steps),
            Expr::Set(set) => self.all_pinned(&set.elts, at, steps),
            Expr::Dict(dict) => {
                for item in &dict.items {
                    match self.source_of(At { expr: &item.value, ..at }, steps) {
                        Source::Pinned => {}
                        other => return other,
                    }
                }
                Source::Pinned
            }
            Expr::Name(name) => {
                if CONFIGURATION.contains(&name.id.as_str()) {
                    return Source::Pinned;
                }
                if self.is_changed(&name.id) {
                    return Source::Unknown;
                }
                let Some(ids) = self.bindings(at) else { return Source::Unknown };
                for id in ids {
                    let binding = self.weighing.resolver.scopes().bindings[id];
                    let source = match binding.bound {
                        Bound::Import { .. } if name.id.contains("request") => Source::Unknown,
                        // The code of another module.
                        Bound::Import { .. } | Bound::Class(_) => Source::Pinned,
                        Bound::Parameter { .. } => match self.bound_to(id, at.frame) {
                            Some(argument) => self.source_of(argument, steps),
                            None => Source::Passed,
                        },
                        Bound::Value(expr) => self.source_of(At { expr, place: binding.place, frame: at.frame }, steps),
                        // The keys and values of a table.
                        Bound::Element(expr) => {
                            self.source_of(At { expr, place: binding.place, frame: at.frame }, steps)
                        }
                        _ => Source::Unknown,
                    };
                    if !matches!(source, Source::Pinned) {
                        return source;
                    }
                }
                Source::Pinned
            }
            Expr::Attribute(attribute) => {
                if matches!(attribute.attr.as_str(), "environ") {
                    return Source::Pinned;
                }
                let receivers = self.weighing.resolver.meaning(&attribute.value, at.place);
                match receivers.known[..] {
                    [Meaning::Object(class) | Meaning::Class(class)] => {
                        let class = &self.weighing.resolver.scopes().classes[class];
                        let body =
                            self.weighing.resolver.scopes().scopes[class.scope].bindings.get(attribute.attr.as_str());
                        let ids: Vec<_> = body.into_iter().flatten().copied().collect();
                        let assigned = class.attributes.contains_key(attribute.attr.as_str());
                        for &id in &ids {
                            match self.bound_to(id, None) {
                                Some(bound) if matches!(self.source_of(bound, steps), Source::Pinned) => {}
                                _ => return Source::Unknown,
                            }
                        }
                        pinned(!ids.is_empty() && !assigned)
                    }
                    _ => self.source_of(At { expr: &attribute.value, ..at }, steps),
                }
            }
            Expr::Subscript(subscript) => self.source_of(At { expr: &subscript.value, ..at }, steps),
            Expr::Call(call) => match &*call.func {
                Expr::Attribute(attribute)
                    if matches!(
                        attribute.attr.as_str(),
                        "get"
                            | "encode"
                            | "decode"
                            | "lower"
                            | "upper"
                            | "strip"
                            | "fromhex"
                            | "values"
                            | "items"
                            | "hex"
                            | "getenv"
                            | "keys"
                            | "format"
                    ) =>
                {
                    self.source_of(At { expr: &attribute.value, ..at }, steps)
                }
                func => match (last_name(func), call.arguments.args.first()) {
                    (Some("getenv"), _) => Source::Pinned,
                    (
                        Some(
                            "bytes" | "str" | "frozenset" | "set" | "unhexlify" | "fromhex" | "b64decode" | "tuple"
                            | "list" | "MappingProxyType",
                        ),
                        Some(first),
                    ) => self.source_of(At { expr: first, ..at }, steps),
                    _ => Source::Unknown,
                },
            },
            Expr::BinOp(operation) => match self.source_of(At { expr: &operation.left, ..at }, steps) {
                Source::Pinned => self.source_of(At { expr: &operation.right, ..at }, steps),
                other => other,
            },
            _ => Source::Unknown,
        }
    }

    fn all_pinned(&mut self, all: &'a [Expr], at: At<'a>, steps: u32) -> Source {
        for expr in all {
            match self.source_of(At { expr, ..at }, steps) {
                Source::Pinned => {}
                other => return other,
            }
        }
        Source::Pinned
    }

    /// The expression that a chain of names ends at.
    fn followed(&mut self, at: At<'a>) -> At<'a> {
        let mut at = at;
        for _ in 0..MAX_STEPS {
            let Some(source) = self.source(at) else { break };
            at = source;
        }
        at
    }

    /// A variable that both are made of, as it is written in `a`. What a key is looked up by is no part of it.
    fn shared(&mut self, a: At<'a>, b: At<'a>, is_key: bool) -> Option<String> {
        let theirs = self.roots(b, is_key);
        let ours = self.roots(a, is_key);
        ours.into_iter().find(|(root, _)| theirs.iter().any(|(other, _)| other == root)).map(|(_, written)| written)
    }

    /// The variables that `at` is made of.
    fn roots(&mut self, at: At<'a>, is_key: bool) -> Vec<(Value<'a>, String)> {
        /// Functions that return what they are passed, in another form, or what a file of that name holds.
        const READERS: &[&str] = &[
            "open",
            "Path",
            "bytes",
            "str",
            "join",
            "b64decode",
            "urlsafe_b64decode",
            "unhexlify",
            "fromhex",
            "loads",
            "unpackb",
            "unpack",
            "load",
            "with_suffix",
            "joinpath",
        ];
        let mut found: Vec<(Value<'a>, String)> = Vec::new();
        let mut pending = vec![at];
        let mut seen = Vec::new();
        while let Some(at) = pending.pop() {
            if found.len() >= MAX_ROOTS || !self.spend() {
                break;
            }
            match at.expr {
                Expr::Name(name) if CONFIGURATION.contains(&name.id.as_str()) => {}
                Expr::Name(name) => {
                    let Some(ids) = self.bindings(at) else { continue };
                    for id in ids {
                        if seen.contains(&id) {
                            continue;
                        }
                        seen.push(id);
                        let binding = self.weighing.resolver.scopes().bindings[id];
                        let scope = &self.weighing.resolver.scopes().scopes[binding.place.scope];
                        match binding.bound {
                            Bound::Value(expr) | Bound::Entered(expr) | Bound::Element(expr) => {
                                // What a module holds for all to use is nobody's message.
                                if scope.kind == ScopeKind::Module && at.place.scope != binding.place.scope {
                                    continue;
                                }
                                pending.push(At { expr, place: binding.place, frame: at.frame });
                                found.push((Value::Name(vec![id]), name.id.to_string()));
                            }
                            Bound::Parameter { .. } => match self.bound_to(id, at.frame) {
                                Some(argument) => pending.push(argument),
                                None => found.push((Value::Name(vec![id]), name.id.to_string())),
                            },
                            // What is unpacked together comes from one place.
                            Bound::Part { value, .. } => {
                                found.push((Value::Expression(value.range()), name.id.to_string()));
                                pending.push(At { expr: value, place: binding.place, frame: at.frame });
                            }
                            Bound::Opaque => {
                                let together = Value::Expression(TextRange::empty(binding.at));
                                found.push((together, name.id.to_string()));
                            }
                            Bound::Import { .. } if name.id.contains("request") => {
                                found.push((Value::Name(vec![id]), name.id.to_string()));
                            }
                            _ => {}
                        }
                    }
                }
                Expr::Attribute(attribute) => {
                    let seen = self.value(at).value;
                    let mut root = &seen;
                    while let Value::Part(object, _) = root {
                        root = object;
                    }
                    match root {
                        Value::Receiver(_) => found.push((seen, self.written(attribute))),
                        _ => pending.push(At { expr: &attribute.value, ..at }),
                    }
                }
                // What a key is looked up by is no part of it.
                Expr::Subscript(subscript) if is_key => pending.push(At { expr: &subscript.value, ..at }),
                // What is called is no data, but what it is called on is.
                Expr::Call(call) => {
                    if let Expr::Attribute(attribute) = &*call.func {
                        pending.push(At { expr: &attribute.value, ..at });
                    }
                    if is_key && !last_name(&call.func).is_some_and(|name| READERS.contains(&name)) {
                        continue;
                    }
                    pending.extend(call.arguments.args.iter().map(|expr| At { expr, ..at }));
                    pending.extend(call.arguments.keywords.iter().map(|keyword| At { expr: &keyword.value, ..at }));
                }
                Expr::Lambda(_) | Expr::Generator(_) | Expr::ListComp(_) => {}
                other => pending.extend(parts_of(other).into_iter().map(|expr| At { expr, ..at })),
            }
        }
        found
    }
}

fn is_empty(literal: &Expr) -> bool {
    match literal {
        Expr::BytesLiteral(bytes) => bytes.value.is_empty(),
        Expr::StringLiteral(text) => text.value.is_empty(),
        _ => false,
    }
}
