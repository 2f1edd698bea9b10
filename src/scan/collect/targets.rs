//! Assignments: what is bound to which name.

use super::{Collector, Of, Stored, Use};
use crate::scan::scopes::{Binding, Bound, ClassId, Place, ScopeKind};
use ruff_python_ast::Expr;
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
                    let inner = if matches!(bound, Bound::Deleted) { bound } else { Bound::Opaque };
                    pending.extend(elements(target).into_iter().flatten().map(|element| (element, inner)));
                }
                Expr::Starred(starred) => pending.push((&starred.value, Bound::Opaque)),
                Expr::Attribute(attribute) => {
                    if let (Bound::Value(value), Expr::Name(object)) = (bound, &*attribute.value)
                        && let Some(class) = self.receiver_named(object.id.as_str(), place)
                    {
                        let id = self.scopes.bindings.len();
                        self.scopes.bindings.push(Binding {
                            bound: Bound::Value(value),
                            place,
                            block: place.block,
                            at,
                        });
                        let attributes = &mut self.scopes.classes[class].attributes;
                        attributes.entry(attribute.attr.as_str()).or_default().push(id);
                        self.stored.insert(value.range(), Stored { id, name: None });
                    }
                    self.visit(&attribute.value, Use::Object, place);
                }
                other => self.visit(other, Use::Ignored, place),
            }
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
