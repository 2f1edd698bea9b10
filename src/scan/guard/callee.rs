//! What a call calls, where that is certain: for a guard, "perhaps" is no.

use super::Judge;
use super::flow::last_name;
use super::value::{At, Frame};
use crate::rules::{Argument, Does, Function};
use crate::scan::collect::SiteKind;
use crate::scan::meaning::{Meaning, Meanings};
use crate::scan::scopes::{Bound, Place, ScopeId, ScopeKind};
use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::{Ranged, TextRange, TextSize};

/// What a call calls.
#[derive(Clone, Copy)]
pub(super) enum Callee<'c> {
    Library(&'c Function),
    /// Configuration trusts it to verify what it is passed.
    Trusted,
    /// A function of the file.
    Local(ScopeId),
    /// Something else, or not known.
    Other,
}

/// Whether the name of what is called promises a check.
pub(super) fn promises(func: &Expr) -> bool {
    const WORDS: &[&str] = &["authentic", "hmac", "signature", "trusted", "unsign", "valid", "verif"];
    last_name(func).is_some_and(|name| {
        let name = name.to_ascii_lowercase();
        // `load_checkpoint` checks nothing.
        name.split('_').any(|word| word == "check" || WORDS.iter().any(|start| word.starts_with(start)))
    })
}

impl<'a, 'c> Judge<'_, 'a, 'c> {
    /// The library function that calling `func` calls for certain.
    pub fn function(&mut self, func: &'a Expr, place: Place) -> Option<&'c Function> {
        match self.callee(func, place) {
            Callee::Library(function) => Some(function),
            _ => None,
        }
    }

    /// Whether calling `func` calls what configuration trusts.
    pub fn is_trusted(&mut self, func: &'a Expr, place: Place) -> bool {
        matches!(self.callee(func, place), Callee::Trusted)
    }

    /// What calling `func` calls, if it is one thing and matters here.
    pub fn callee(&mut self, func: &'a Expr, place: Place) -> Callee<'c> {
        if let Some(known) = self.weighing.guards.callees.get(&func.range()) {
            return *known;
        }
        let found = self.certain(func, place).map_or(Callee::Other, |meanings| {
            let names = self.weighing.resolver.names();
            let mut kinds = meanings.known.iter().map(|meaning| match *meaning {
                Meaning::Name(id) | Meaning::Method(id, _) if names.is_trusted(id) => Callee::Trusted,
                Meaning::Name(id) | Meaning::Method(id, _) => names.function(id).map_or(Callee::Other, Callee::Library),
                Meaning::Function(scope) if !meanings.open => Callee::Local(scope),
                _ => Callee::Other,
            });
            let first = kinds.next().unwrap_or(Callee::Other);
            let agrees = |other: Callee<'c>| match (first, other) {
                (Callee::Library(a), Callee::Library(b)) => a.does == b.does,
                (Callee::Trusted, Callee::Trusted) => true,
                _ => false,
            };
            if kinds.all(agrees) { first } else { Callee::Other }
        });
        self.weighing.guards.callees.insert(func.range(), found);
        found
    }

    /// Whether anything that may be a check is called inside `range`, directly or in a function that is called there.
    pub fn may_check(&mut self, range: TextRange) -> bool {
        if self.weighing.guards.checks.is_none() {
            let checks = self.checks();
            self.weighing.guards.checks = Some(checks);
        }
        let checks = self.weighing.guards.checks.as_deref().unwrap_or_default();
        let first = checks.partition_point(|at| *at < range.start());
        checks.get(first).is_some_and(|at| *at < range.end())
    }

    /// Where calls are that may be checks, sorted.
    fn checks(&mut self) -> Vec<TextSize> {
        let mut found = Vec::new();
        let mut calls = Vec::new();
        for site in self.weighing.sites {
            let SiteKind::Call(call) = site.kind else { continue };
            match self.callee(&call.func, site.place) {
                Callee::Library(function) if matches!(function.does, Does::Leave | Does::Decode) => {}
                Callee::Library(_) | Callee::Trusted => found.push(call.start()),
                Callee::Local(scope) => calls.push((scope, call.start())),
                Callee::Other => found.extend(promises(&call.func).then(|| call.start())),
            }
        }
        found.sort_unstable();
        let scopes = &self.weighing.resolver.scopes().scopes;
        let inside = calls.into_iter().filter(|(scope, _)| {
            scopes[*scope].def.is_some_and(|def| {
                let first = found.partition_point(|at| *at < def.start());
                found.get(first).is_some_and(|at| *at < def.end())
            })
        });
        let inside: Vec<TextSize> = inside.map(|(_, at)| at).collect();
        found.extend(inside);
        found.sort_unstable();
        found
    }

    /// The function of this file that `call` calls for certain.
    pub fn local(&mut self, call: &'a ExprCall, place: Place) -> Option<Frame<'a>> {
        let Callee::Local(scope) = self.callee(&call.func, place) else { return None };
        let scopes = &self.weighing.resolver.scopes().scopes;
        let def = scopes[scope].def?;
        let plain = |name: &str| matches!(name, "staticmethod" | "classmethod");
        let decorated = |name: &str| {
            def.decorator_list.iter().any(|d| d.expression.as_name_expr().is_some_and(|found| found.id == name))
        };
        let known = |d: &ruff_python_ast::Decorator| d.expression.as_name_expr().is_some_and(|name| plain(&name.id));
        if !def.decorator_list.iter().all(known) {
            return None;
        }
        let in_class = scopes[scope].defined.is_some_and(|(place, _)| scopes[place.scope].kind == ScopeKind::Class);
        // `Class.method(instance, data)` passes the instance itself.
        let on_class = match &*call.func {
            Expr::Attribute(attribute) => {
                let object = self.weighing.resolver.meaning(&attribute.value, place);
                object.known.iter().all(|meaning| matches!(meaning, Meaning::Class(_)))
            }
            _ => true,
        };
        let bound = in_class && !decorated("staticmethod") && (decorated("classmethod") || !on_class);
        Some(Frame { scope, def, call, place, bound, outer: None })
    }

    /// What `func` means, if nothing else can be meant.
    fn certain(&mut self, func: &'a Expr, place: Place) -> Option<Meanings<'a>> {
        let meanings = self.weighing.resolver.meaning(func, place);
        if meanings.known.is_empty() {
            return None;
        }
        let settled =
            !meanings.open || matches!(func, Expr::Attribute(attribute) if self.is_settled(&attribute.value, place, 8));
        settled.then_some(meanings)
    }

    /// Whether all that gives the object its value is known, or said by an annotation.
    fn is_settled(&mut self, object: &'a Expr, place: Place, steps: u32) -> bool {
        let Some(steps) = steps.checked_sub(1) else { return false };
        let scopes = self.weighing.resolver.scopes();
        let ids = match object {
            Expr::Name(_) => self.bindings(At { expr: object, place, frame: None }).unwrap_or_default(),
            Expr::Attribute(attribute) => {
                let receivers = self.weighing.resolver.meaning(&attribute.value, place);
                let [Meaning::Object(class) | Meaning::Class(class)] = receivers.known[..] else { return false };
                let mut ids = Vec::new();
                for (ancestor, _) in self.weighing.resolver.local_ancestors(class) {
                    let class = &scopes.classes[ancestor];
                    ids.extend(class.attributes.get(attribute.attr.as_str()).into_iter().flatten());
                    ids.extend(scopes.scopes[class.scope].bindings.get(attribute.attr.as_str()).into_iter().flatten());
                }
                ids
            }
            _ => return false,
        };
        let mut any = false;
        for id in ids {
            let binding = scopes.bindings[id];
            let settled = match binding.bound {
                // `box or Box(key)`
                Bound::Value(Expr::BoolOp(operation)) => {
                    operation.values.iter().all(|value| self.is_settled_value(value, binding.place, steps))
                }
                Bound::Value(value) => self.is_settled_value(value, binding.place, steps),
                Bound::Parameter { annotation: Some(_), .. } | Bound::Annotated(_) => true,
                _ => false,
            };
            if !settled {
                return false;
            }
            any = true;
        }
        any
    }

    fn is_settled_value(&mut self, value: &'a Expr, place: Place, steps: u32) -> bool {
        let meanings = self.weighing.resolver.meaning(value, place);
        let known = !meanings.known.is_empty();
        known && (!meanings.open || self.is_settled(value, place, steps)) || value.is_none_literal_expr()
    }

    /// What is written for `argument` of a call.
    pub fn passed(&self, call: &'a ExprCall, argument: Option<&Argument>, at: At<'a>) -> Option<At<'a>> {
        let argument = argument?;
        let list = &call.arguments;
        let by_keyword = argument.keyword.as_ref().and_then(|keyword| Some(&list.find_keyword(keyword)?.value));
        let by_position = || {
            let position = argument.position? as usize;
            let plain = !list.args.iter().take(position + 1).any(Expr::is_starred_expr);
            list.args.get(position).filter(|_| plain)
        };
        by_keyword.or_else(by_position).map(|expr| At { expr, ..at })
    }

    /// The call that made the object, if there is exactly one.
    pub fn constructed(&mut self, object: At<'a>) -> Option<(&'a ExprCall, At<'a>)> {
        let mut next = object;
        for _ in 0..8 {
            match next.expr {
                Expr::Call(call) => return Some((call, next)),
                Expr::Name(_) => match self.source(next) {
                    Some(source) => next = source,
                    None => return self.entered(next),
                },
                Expr::Named(named) => next.expr = &named.value,
                Expr::Attribute(attribute) => {
                    let receivers = self.weighing.resolver.meaning(&attribute.value, next.place);
                    let [Meaning::Object(class) | Meaning::Class(class)] = receivers.known[..] else { return None };
                    let scopes = self.weighing.resolver.scopes();
                    let name = attribute.attr.as_str();
                    let mut ids = Vec::new();
                    for (ancestor, _) in self.weighing.resolver.local_ancestors(class) {
                        let class = &scopes.classes[ancestor];
                        ids.extend(class.attributes.get(name).into_iter().flatten());
                        ids.extend(scopes.scopes[class.scope].bindings.get(name).into_iter().flatten());
                    }
                    let [id] = ids[..] else { return None };
                    next = self.bound_to(id, None)?;
                }
                _ => return None,
            }
        }
        None
    }

    fn entered(&mut self, name: At<'a>) -> Option<(&'a ExprCall, At<'a>)> {
        let [id] = self.bindings(name)?[..] else { return None };
        let binding = self.weighing.resolver.scopes().bindings[id];
        match binding.bound {
            Bound::Entered(expr @ Expr::Call(call)) => {
                Some((call, At { expr, place: binding.place, frame: name.frame }))
            }
            _ => None,
        }
    }
}
