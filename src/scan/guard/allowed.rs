//! What a list of allowed names holds, if it is written in the file and nothing changes it.

use super::Judge;
use super::flow::last_name;
use super::value::At;
use crate::scan::meaning::{Constant, Meaning};
use crate::scan::scopes::Bound;
use ruff_python_ast::{Expr, Operator};

const MAX_STEPS: u32 = 12;
/// Longer lists are not looked through.
const MAX_ENTRIES: usize = 10_000;

/// One entry of a list.
#[derive(Clone, Debug)]
pub(super) enum Entry<'a> {
    Pair(&'a str, &'a str),
    /// `module.name`, or one of the two.
    Text(&'a str),
    /// What a table holds, as it is written.
    Value(String),
}

/// What a list holds.
pub(super) enum Allowed<'a> {
    Entries(Vec<Entry<'a>>),
    /// It is a constant of another module.
    Elsewhere,
    /// It may hold anything, and why.
    Open(String),
}

impl<'a> Judge<'_, 'a, '_> {
    /// The text that `at` always is.
    pub fn constant(&mut self, at: At<'a>) -> Option<&'a str> {
        if let Expr::StringLiteral(text) = at.expr {
            return Some(text.value.to_str());
        }
        let meanings = self.weighing.resolver.meaning(at.expr, at.place);
        match meanings.known[..] {
            [Meaning::Constant(Constant::Str(text))] if !meanings.open => Some(text),
            _ => None,
        }
    }

    /// One element of a list: a pair of texts, or a text.
    pub fn entry(&mut self, at: At<'a>) -> Option<Entry<'a>> {
        if let Expr::Tuple(tuple) = at.expr {
            let [module, name] = &tuple.elts[..] else { return None };
            let module = self.constant(At { expr: module, ..at })?;
            return Some(Entry::Pair(module, self.constant(At { expr: name, ..at })?));
        }
        self.constant(at).map(Entry::Text)
    }

    /// The list that something is looked for in: of `name in TABLE[module]`, what the table holds for each module.
    pub fn allowed_for(&mut self, list: At<'a>) -> Allowed<'a> {
        let table = match list.expr {
            Expr::Subscript(subscript) => &*subscript.value,
            Expr::Call(call) if last_name(&call.func) == Some("get") => match &*call.func {
                Expr::Attribute(attribute) => &*attribute.value,
                _ => return self.allowed(list),
            },
            _ => return self.allowed(list),
        };
        self.allowed(At { expr: table, ..list })
    }

    /// What the list or table `at` holds.
    pub fn allowed(&mut self, at: At<'a>) -> Allowed<'a> {
        let mut entries = Vec::new();
        match self.collect(at, MAX_STEPS, &mut entries) {
            None => Allowed::Entries(entries),
            Some(Some(why)) => Allowed::Open(why),
            Some(None) => Allowed::Elsewhere,
        }
    }

    /// Adds what `at` holds; if that cannot be said, why, or nothing where it is in another module.
    fn collect(&mut self, at: At<'a>, steps: u32, entries: &mut Vec<Entry<'a>>) -> Option<Option<String>> {
        let unseen =
            |judge: &Self| Some(Some(format!("what `{}` holds is not written in the code", judge.written(at.expr))));
        let Some(steps) = steps.checked_sub(1).filter(|_| entries.len() < MAX_ENTRIES) else { return unseen(self) };
        match at.expr {
            Expr::Set(set) => self.collect_all(&set.elts, at, steps, entries),
            Expr::List(list) => self.collect_all(&list.elts, at, steps, entries),
            Expr::Tuple(tuple) => self.collect_all(&tuple.elts, at, steps, entries),
            Expr::Dict(dict) => {
                for item in &dict.items {
                    let value = At { expr: &item.value, ..at };
                    let Some(key) = &item.key else {
                        if let Some(why) = self.collect(value, steps, entries) {
                            return Some(why);
                        }
                        continue;
                    };
                    let Some(key) = self.entry(At { expr: key, ..at }) else { return unseen(self) };
                    match item.value {
                        // `{"collections": {"OrderedDict"}}`
                        Expr::Set(_) | Expr::List(_) | Expr::Tuple(_) | Expr::Dict(_) => {
                            let mut inner = Vec::new();
                            if let Some(why) = self.collect(value, steps, &mut inner) {
                                return Some(why);
                            }
                            let Entry::Text(module) = key else { return unseen(self) };
                            entries.extend(inner.into_iter().map(|entry| match entry {
                                Entry::Text(name) => Entry::Pair(module, name),
                                other => other,
                            }));
                        }
                        _ => {
                            entries.push(key);
                            if let Expr::Name(_) | Expr::Attribute(_) = &item.value {
                                let text = self.written(&item.value);
                                entries.push(Entry::Value(match text.contains('.') {
                                    true => text,
                                    false => format!("builtins.{text}"),
                                }));
                            }
                        }
                    }
                }
                None
            }
            Expr::Call(call) => match (last_name(&call.func), &call.arguments.args[..]) {
                (Some("set" | "frozenset" | "list" | "tuple" | "dict" | "MappingProxyType"), [inner]) => {
                    self.collect(At { expr: inner, ..at }, steps, entries)
                }
                (Some("set" | "frozenset" | "dict"), []) if call.arguments.keywords.is_empty() => None,
                (Some("keys" | "copy" | "items"), []) => match &*call.func {
                    Expr::Attribute(attribute) => self.collect(At { expr: &attribute.value, ..at }, steps, entries),
                    _ => unseen(self),
                },
                (Some("union"), more) => {
                    let Expr::Attribute(attribute) = &*call.func else { return unseen(self) };
                    let first = self.collect(At { expr: &attribute.value, ..at }, steps, entries);
                    first.or_else(|| more.iter().find_map(|expr| self.collect(At { expr, ..at }, steps, entries)))
                }
                _ => unseen(self),
            },
            Expr::BinOp(operation) if matches!(operation.op, Operator::BitOr | Operator::Add) => {
                let left = self.collect(At { expr: &operation.left, ..at }, steps, entries);
                left.or_else(|| self.collect(At { expr: &operation.right, ..at }, steps, entries))
            }
            Expr::Starred(starred) => self.collect(At { expr: &starred.value, ..at }, steps, entries),
            Expr::Name(name) => {
                if self.is_changed(&name.id) {
                    return Some(Some(format!("`{}` is added to elsewhere", name.id)));
                }
                let ids = self.bindings(at).unwrap_or_default();
                let [id] = ids[..] else { return unseen(self) };
                match self.weighing.resolver.scopes().bindings[id].bound {
                    Bound::Import { .. } => Some(None),
                    Bound::Parameter { .. } if self.bound_to(id, at.frame).is_none() => {
                        Some(Some(format!("the list `{}` is passed in, and may hold anything", name.id)))
                    }
                    _ => match self.bound_to(id, at.frame) {
                        Some(source) => self.collect(source, steps, entries),
                        None => unseen(self),
                    },
                }
            }
            Expr::Attribute(attribute) => {
                let name = attribute.attr.as_str();
                if self.is_changed(name) {
                    return Some(Some(format!("`{}` is added to elsewhere", self.written(attribute))));
                }
                let receivers = self.weighing.resolver.meaning(&attribute.value, at.place);
                let [Meaning::Object(class) | Meaning::Class(class)] = receivers.known[..] else {
                    // `allow.NAMES` of an imported module.
                    let ids = self.bindings(At { expr: &attribute.value, ..at }).unwrap_or_default();
                    let bindings = &self.weighing.resolver.scopes().bindings;
                    let imported =
                        !ids.is_empty() && ids.iter().all(|&id| matches!(bindings[id].bound, Bound::Import { .. }));
                    return if imported { Some(None) } else { unseen(self) };
                };
                let scopes = self.weighing.resolver.scopes();
                for (ancestor, _) in self.weighing.resolver.local_ancestors(class) {
                    let class = &scopes.classes[ancestor];
                    if class.attributes.contains_key(name) {
                        return Some(Some(format!(
                            "`{}` is set on the instance, and may hold anything",
                            self.written(attribute)
                        )));
                    }
                    let Some(ids) = scopes.scopes[class.scope].bindings.get(name) else { continue };
                    let [id] = ids[..] else { return unseen(self) };
                    return match self.bound_to(id, None) {
                        Some(source) => self.collect(source, steps, entries),
                        None => unseen(self),
                    };
                }
                unseen(self)
            }
            _ => match self.entry(at) {
                Some(entry) => {
                    entries.push(entry);
                    None
                }
                None => unseen(self),
            },
        }
    }

    fn collect_all(
        &mut self,
        all: &'a [Expr],
        at: At<'a>,
        steps: u32,
        entries: &mut Vec<Entry<'a>>,
    ) -> Option<Option<String>> {
        for expr in all {
            let at = At { expr, ..at };
            let entry = if expr.is_starred_expr() { None } else { self.entry(at) };
            match entry {
                Some(entry) if entries.len() < MAX_ENTRIES => entries.push(entry),
                _ => {
                    if let Some(why) = self.collect(at, steps, entries) {
                        return Some(why);
                    }
                }
            }
        }
        None
    }
}
