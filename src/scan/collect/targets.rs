//! Assignments: what is bound to which name.

use super::{Collector, Of, Stored, Use};
use crate::scan::changes::{Change, ChangeKind};
use crate::scan::scopes::{Binding, Bound, ClassId, Place, ScopeKind, Store};
use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::{Ranged, TextSize};

impl<'a> Collector<'a, '_> {
    pub(super) fn assign(&mut self, targets: &'a [Expr], value: &'a Expr, place: Place, at: TextSize) {
        for target in targets {
            let mut pairs = vec![(target, value)];
            while let Some((target, value)) = pairs.pop() {
                match (elements(target), elements(value)) {
                    (Some(targets), Some(values)) if targets.len() == values.len() && !any_starred(targets, values) => {
                        pairs.extend(targets.iter().zip(values));
                    }
                    _ => {
                        self.set(target, value, place);
                        self.target(target, Bound::Value(value), place, at);
                    }
                }
            }
        }
        let mut pairs = vec![(targets.first(), value)];
        while let Some((target, value)) = pairs.pop() {
            match (target.and_then(elements), elements(value)) {
                (Some(targets), Some(values)) if targets.len() == values.len() => {
                    pairs.extend(targets.iter().map(Some).zip(values));
                }
                _ => {
                    let plain = target.is_some_and(Expr::is_name_expr)
                        && (targets.len() == 1 || targets.iter().all(Expr::is_name_expr));
                    let public = target.filter(|_| plain).and_then(|target| self.public_name(target, value, place));
                    self.stored.extend(public.map(|stored| (value.range(), stored)));
                    let used = if plain && public.is_none() { Use::Alias } else { Use::Value };
                    match target {
                        Some(target) => {
                            self.inside(Of::Object(target), |collector| collector.visit(value, used, place))
                        }
                        None => self.visit(value, used, place),
                    }
                }
            }
        }
    }

    /// Binds the names in `target`; what is looked into on the way is visited.
    pub(super) fn target(&mut self, target: &'a Expr, bound: Bound<'a>, place: Place, at: TextSize) {
        let mut pending = vec![(target, bound)];
        while let Some((target, bound)) = pending.pop() {
            match target {
                Expr::Name(name) => self.bind(name.id.as_str(), bound, place, at),
                Expr::Tuple(_) | Expr::List(_) => {
                    let elements = elements(target).unwrap_or_default();
                    let starred = elements.iter().position(Expr::is_starred_expr).unwrap_or(elements.len());
                    let inner = |index| match bound {
                        Bound::Deleted => bound,
                        Bound::Value(value) if index < starred => Bound::Part { value, index, each: false },
                        Bound::Element(value) if index < starred => Bound::Part { value, index, each: true },
                        _ => part_of(bound),
                    };
                    pending.extend(elements.iter().enumerate().map(|(index, element)| (element, inner(index))));
                }
                Expr::Starred(starred) => pending.push((&starred.value, part_of(bound))),
                Expr::Attribute(attribute) => {
                    self.attribute(&attribute.value, attribute.attr.as_str(), bound, place, at);
                    self.scopes.stores.push(Store { target, bound, place, at });
                    self.visit(&attribute.value, Use::Object, place);
                }
                other => {
                    if let Expr::Subscript(subscript) = other {
                        let key = &*subscript.slice;
                        let kind = match bound {
                            Bound::Deleted => ChangeKind::Removed { key },
                            Bound::Value(value) => ChangeKind::Set { key, value: Some(value) },
                            _ => ChangeKind::Set { key, value: None },
                        };
                        self.change(&subscript.value, kind, place, at);
                    }
                    self.visit(other, Use::Ignored, place);
                }
            }
        }
    }

    /// Binds the attribute `name` of `object`, if that is the instance or class that a method around is called on.
    fn attribute(&mut self, object: &'a Expr, name: &'a str, bound: Bound<'a>, place: Place, at: TextSize) {
        let object = object.as_name_expr().filter(|_| bound.value().is_some());
        let Some(class) = object.and_then(|object| self.receiver_named(object.id.as_str(), place)) else {
            self.scopes.set_elsewhere.insert(name);
            return;
        };
        let id = self.scopes.bindings.len();
        self.scopes.bindings.push(Binding { bound, place, block: place.block, at });
        self.scopes.classes[class].attributes.entry(name).or_default().push(id);
        if let Bound::Value(value) = bound {
            self.stored.insert(value.range(), Stored { id, name: None });
        }
    }

    /// `setattr(self, "name", value)`
    pub(super) fn set_attribute(&mut self, call: &'a ExprCall, place: Place) {
        if let Expr::Name(function) = &*call.func
            && function.id == "setattr"
            && let [object, Expr::StringLiteral(name), value] = &*call.arguments.args
        {
            self.attribute(object, name.value.to_str(), Bound::Value(value), place, call.end());
        }
    }

    /// Notes what a method does to the dictionary it is called on.
    pub(super) fn change_by_call(&mut self, call: &'a ExprCall, place: Place) {
        let Expr::Attribute(method) = &*call.func else { return };
        let arguments = &call.arguments;
        let kind = match (method.attr.as_str(), &*arguments.args) {
            ("update", _) => ChangeKind::Merged(arguments),
            ("pop", [key, ..]) => ChangeKind::Removed { key },
            ("setdefault", [key, rest @ ..]) => ChangeKind::Default { key, value: rest.first() },
            _ => return,
        };
        self.change(&method.value, kind, place, call.end());
    }

    fn change(&mut self, holder: &'a Expr, kind: ChangeKind<'a>, place: Place, at: TextSize) {
        match holder {
            Expr::Name(name) => {
                self.scopes.changes.entry(name.id.as_str()).or_default().push(Change { kind, place, at });
            }
            // Which object it belongs to is not followed.
            Expr::Attribute(attribute) => {
                self.scopes.set_elsewhere.insert(attribute.attr.as_str());
            }
            _ => {}
        }
    }

    /// The name by which other files may call `value`: one of the module or of a class that only renames it.
    fn public_name(&self, target: &'a Expr, value: &Expr, place: Place) -> Option<Stored<'a>> {
        let Expr::Name(name) = target else { return None };
        let scope = &self.scopes.scopes[place.scope];
        let is_public = matches!(scope.kind, ScopeKind::Module | ScopeKind::Class);
        let is_alias = is_public && matches!(value, Expr::Name(_) | Expr::Attribute(_));
        let name = name.id.as_str();
        let id = *scope.bindings.get(name).filter(|_| is_alias)?.last()?;
        Some(Stored { id, name: Some(name) })
    }

    /// The class whose instance `name` is, if it is the first parameter of a method around `place`.
    fn receiver_named(&self, name: &str, place: Place) -> Option<ClassId> {
        let mut next = Some(place.scope);
        while let Some(scope) = next.map(|id| &self.scopes.scopes[id]) {
            match scope.receiver {
                Some((class, receiver)) if receiver == name => return Some(class),
                _ => next = scope.defined.map(|(place, _)| place.scope),
            }
        }
        None
    }
}

/// What is bound to a name in a tuple that is bound as a whole.
fn part_of(bound: Bound<'_>) -> Bound<'_> {
    match bound {
        Bound::Deleted => bound,
        _ => bound.value().map_or(Bound::Opaque, Bound::Unpacked),
    }
}

fn elements(expression: &Expr) -> Option<&[Expr]> {
    match expression {
        Expr::Tuple(tuple) => Some(&tuple.elts),
        Expr::List(list) => Some(&list.elts),
        _ => None,
    }
}

fn any_starred(targets: &[Expr], values: &[Expr]) -> bool {
    targets.iter().chain(values).any(Expr::is_starred_expr)
}
