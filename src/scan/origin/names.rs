//! What brings data in by its name: sources that rules name, variables, and parameters.

use super::paths::Follow;
use super::sources::Known;
use super::{OriginKind, Origins};
use crate::finding::Source;
use crate::scan::scopes::{ANY_TIME, Binding, BindingId, Bound, Place, ScopeId};
use crate::scan::weigh::Weighing;
use ruff_python_ast::{Expr, ExprName, ParameterWithDefault};
use ruff_text_size::Ranged;

impl<'a> Weighing<'a, '_> {
    /// What the rules say of the name that `expression` is: the whole of `flask.request.files["f"].read()` is one.
    pub(super) fn named(&mut self, expression: &'a Expr, place: Place) -> Option<Origins<'a>> {
        let direct = self.paths(expression, place, Follow::Imports).names;
        for path in &direct {
            if let [Known::Source(source), ..] = *self.sources().known(path) {
                return Some(Origins::one(OriginKind::Named(source), expression.range()));
            }
        }
        let named = match expression {
            Expr::Call(call) => self.paths(&call.func, place, Follow::Values).names,
            Expr::Attribute(_) => self.paths(expression, place, Follow::Values).names,
            _ => Vec::new(),
        };
        for path in &named {
            if let [Known::Source(source), ..] = *self.sources().exactly(path) {
                return Some(Origins::one(OriginKind::Named(source), expression.range()));
            }
        }
        let source = self.attribute_of_parameter(expression, place)?;
        Some(Origins::one(OriginKind::Named(source), expression.range()))
    }

    /// `request.body`, where `request` is a parameter, or `self.request`.
    fn attribute_of_parameter(&mut self, expression: &'a Expr, place: Place) -> Option<Source> {
        let mut inner = expression;
        loop {
            inner = match inner {
                Expr::Call(call) => &call.func,
                Expr::Subscript(subscript) => {
                    if let (Expr::Name(name), Expr::StringLiteral(key)) = (&*subscript.value, &*subscript.slice)
                        && self.is_plain_parameter(name, place)
                        && let Some(known) = self.sources().parameter(&format!("{}.{}", name.id, key.value.to_str()))
                    {
                        return Some(known);
                    }
                    &subscript.value
                }
                Expr::Attribute(attribute) => {
                    let owner = match &*attribute.value {
                        Expr::Name(name) if self.is_plain_parameter(name, place) => Some(name.id.as_str()),
                        Expr::Attribute(owner) if owner.value.is_name_expr() => {
                            self.attribute_bindings(owner, place).is_empty().then_some(owner.attr.as_str())
                        }
                        _ => None,
                    };
                    let known =
                        owner.and_then(|owner| self.sources().parameter(&format!("{owner}.{}", attribute.attr)));
                    if known.is_some() {
                        return known;
                    }
                    &attribute.value
                }
                _ => return None,
            };
        }
    }

    /// Whether `name` is a parameter that no annotation says to be something else than a request.
    fn is_plain_parameter(&self, name: &'a ExprName, place: Place) -> bool {
        let scopes = self.resolver.scopes();
        let reaching = scopes.reaching(&name.id, place, name.start(), &|_| false);
        let plain = |id: &BindingId| match scopes.bindings[*id].bound {
            Bound::Parameter { annotation, .. } => {
                annotation.is_none_or(|annotation| self.lines.text_in(annotation.range()).contains("Request"))
            }
            _ => false,
        };
        !reaching.bindings.is_empty() && reaching.bindings.iter().all(plain)
    }

    pub(super) fn trace_name(&mut self, name: &'a ExprName, place: Place, depth: u32) -> Origins<'a> {
        let scopes = self.resolver.scopes();
        let reaching = scopes.reaching(&name.id, place, name.start(), &|_| false);
        let open = !reaching.crowded.is_empty() || reaching.bindings.is_empty();
        let mut found = Origins { found: Vec::new(), open };
        for id in reaching.bindings {
            let binding = scopes.bindings[id];
            if let Bound::Parameter { function, .. } = binding.bound {
                found.add(self.trace_parameter(function, name, depth));
                continue;
            }
            found.add(self.trace_known_binding(id, depth));
            // Who else may give a global name a value is not known.
            found.open |= binding.at == ANY_TIME;
            if let Bound::Augmented(_) = binding.bound {
                found.add(self.trace_previous(id, name, depth));
            }
            if let Bound::Value(value) | Bound::Entered(value) = binding.bound
                && self.is_filled_later(value, binding.place)
            {
                found.add(self.trace_contents(id, name, place, depth));
            }
        }
        found
    }

    /// What a name held before `name += ...`.
    fn trace_previous(&mut self, id: BindingId, name: &'a ExprName, depth: u32) -> Origins<'a> {
        let scopes = self.resolver.scopes();
        let Binding { place, at, bound, .. } = scopes.bindings[id];
        let offset = bound.value().map_or(at, |value| value.start());
        let mut found = Origins::default();
        for previous in scopes.reaching(&name.id, place, offset, &|_| false).bindings {
            match scopes.bindings[previous].bound {
                Bound::Parameter { function, .. } => found.add(self.trace_parameter(function, name, depth)),
                _ if previous != id => found.add(self.trace_known_binding(previous, depth)),
                _ => {}
            }
        }
        found.changed()
    }

    /// What a binding is given, worked out once.
    pub(super) fn trace_known_binding(&mut self, id: BindingId, depth: u32) -> Origins<'a> {
        if let Some(known) = self.trail.bindings.get(&id) {
            return known.clone();
        }
        if self.trail.active.contains(&id) {
            self.trail.circles += 1;
            return Origins::default();
        }
        let circles = self.trail.circles;
        self.trail.active.push(id);
        let found = self.trace_binding(self.resolver.scopes().bindings[id], depth);
        self.trail.active.pop();
        // What was cut short is no answer to another question.
        if self.trail.circles == circles || self.trail.active.is_empty() {
            self.trail.bindings.insert(id, found.clone());
        }
        found
    }

    pub(super) fn trace_binding(&mut self, binding: Binding<'a>, depth: u32) -> Origins<'a> {
        match binding.bound {
            Bound::Value(value) | Bound::Entered(value) => self.trace(value, binding.place, depth),
            Bound::Element(value) | Bound::Unpacked(value) | Bound::Augmented(value) | Bound::Part { value, .. } => {
                self.trace(value, binding.place, depth).changed()
            }
            Bound::Deleted => Origins::default(),
            _ => Origins::unknown(),
        }
    }

    /// A parameter: what decorators, its annotation or its default say it is, or else only that.
    fn trace_parameter(&mut self, function: ScopeId, name: &'a ExprName, depth: u32) -> Origins<'a> {
        let scopes = self.resolver.scopes();
        let scope = &scopes.scopes[function];
        let (Some(def), Some((outer, _))) = (scope.def, scope.defined) else {
            return Origins::one(OriginKind::Parameter(function, name.id.as_str()), name.range());
        };
        let written = def.parameters.iter_non_variadic_params().find(|parameter| *parameter.name() == *name.id);
        let range = written.map_or(name.range(), |parameter| parameter.parameter.name.range());
        match self.source_of_parameter(written, function, outer) {
            Some(Ok(source)) => Origins::one(OriginKind::Named(source), range),
            Some(Err(default)) => self.trace(default, outer, depth),
            None => Origins::one(OriginKind::Parameter(function, name.id.as_str()), range),
        }
    }

    /// The named source of a parameter, or the call that makes its default.
    fn source_of_parameter(
        &mut self,
        written: Option<&'a ParameterWithDefault>,
        function: ScopeId,
        outer: Place,
    ) -> Option<Result<Source, &'a Expr>> {
        let scopes = self.resolver.scopes();
        let source = |known: &[Known]| match known {
            [Known::Source(source), ..] => Some(*source),
            _ => None,
        };
        if let Some(default @ Expr::Call(call)) = written.and_then(|written| written.default.as_deref()) {
            let paths = self.paths(&call.func, outer, Follow::Imports).names;
            if let Some(source) = paths.iter().find_map(|path| source(self.sources().known(path))) {
                return Some(Ok(source));
            }
            if scopes.scopes[function].def.is_some_and(|def| !def.decorator_list.is_empty()) {
                return Some(Err(default));
            }
        }
        let def = scopes.scopes[function].def?;
        for decorator in &def.decorator_list {
            for path in self.paths(&decorator.expression, outer, Follow::Values).names {
                if let Some(source) = self.sources().decorator(&path) {
                    return Some(Ok(source));
                }
            }
        }
        None
    }
}
