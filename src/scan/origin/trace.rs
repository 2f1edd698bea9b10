//! Follows a value back to what brings it in.

use super::paths::Follow;
use super::sources::{Known, Passage};
use super::{OriginKind, Origins};
use crate::scan::scopes::{Binding, BindingId, Bound, Place, ScopeId, ScopeKind};
use crate::scan::weigh::Weighing;
use ruff_python_ast::{
    Comprehension, Expr, ExprCall, ExprName, FStringPart, InterpolatedStringElement, ParameterWithDefault,
};
use ruff_text_size::{Ranged, TextRange};

/// How deep a value is followed.
pub(super) const MAX_DEPTH: u32 = 40;
/// Elements of literals and arguments of calls that are looked at.
const MAX_PARTS: usize = 32;

impl<'a> Weighing<'a, '_> {
    pub(super) fn trace(&mut self, expression: &'a Expr, place: Place, depth: u32) -> Origins<'a> {
        let Some(depth) = depth.checked_sub(1).filter(|_| self.spend()) else { return Origins::unknown() };
        stacker::maybe_grow(128 * 1024, 1024 * 1024, || self.step(expression, place, depth))
    }

    fn step(&mut self, expression: &'a Expr, place: Place, depth: u32) -> Origins<'a> {
        if matches!(expression, Expr::Name(_) | Expr::Attribute(_) | Expr::Subscript(_) | Expr::Call(_))
            && let Some(found) = self.named(expression, place)
        {
            return found;
        }
        match expression {
            Expr::Name(name) => self.trace_name(name, place, depth),
            Expr::Attribute(attribute) => {
                let bindings = self.attribute_bindings(attribute, place);
                if bindings.is_empty() {
                    return self.trace(&attribute.value, place, depth).changed();
                }
                // Anyone may assign to an attribute.
                let mut found = Origins::unknown();
                bindings.into_iter().for_each(|binding| found.add(self.trace_binding(binding, depth)));
                found
            }
            Expr::Call(call) => self.trace_call(call, place, depth),
            Expr::Subscript(subscript) => {
                let found = self.trace(&subscript.value, place, depth);
                if super::same::is_whole(&subscript.slice) { found } else { found.changed() }
            }
            Expr::BinOp(operation) => {
                let mut found = self.trace(&operation.left, place, depth);
                found.add(self.trace(&operation.right, place, depth));
                found.without_literals().changed()
            }
            Expr::FString(string) => {
                let mut found = Origins::default();
                let strings = string.value.iter().filter_map(|part| match part {
                    FStringPart::FString(string) => Some(&string.elements),
                    FStringPart::Literal(_) => None,
                });
                for element in strings.flatten().take(MAX_PARTS) {
                    if let InterpolatedStringElement::Interpolation(part) = element {
                        found.add(self.trace(&part.expression, place, depth));
                    }
                }
                match found == Origins::default() {
                    true => Origins::one(OriginKind::Literal, string.range()),
                    false => found.without_literals().changed(),
                }
            }
            Expr::If(either) => {
                let mut found = self.trace(&either.body, place, depth);
                found.add(self.trace(&either.orelse, place, depth));
                found
            }
            Expr::BoolOp(operation) => self.trace_all(operation.values.iter(), place, depth),
            Expr::Named(named) => self.trace(&named.value, place, depth),
            Expr::Await(awaited) => self.trace(&awaited.value, place, depth),
            Expr::Starred(starred) => self.trace(&starred.value, place, depth).changed(),
            Expr::Tuple(tuple) => self.trace_all(tuple.elts.iter(), place, depth).changed(),
            Expr::List(list) => self.trace_all(list.elts.iter(), place, depth).changed(),
            Expr::Set(set) => self.trace_all(set.elts.iter(), place, depth).changed(),
            Expr::Dict(dict) => self.trace_all(dict.items.iter().map(|item| &item.value), place, depth).changed(),
            Expr::ListComp(list) => self.trace_comprehension(expression, &list.elt, &list.generators, place, depth),
            Expr::SetComp(set) => self.trace_comprehension(expression, &set.elt, &set.generators, place, depth),
            Expr::Generator(each) => self.trace_comprehension(expression, &each.elt, &each.generators, place, depth),
            Expr::DictComp(dict) => self.trace_comprehension(expression, &dict.value, &dict.generators, place, depth),
            Expr::StringLiteral(text) if !text.value.is_empty() => Origins::one(OriginKind::Literal, text.range()),
            Expr::BytesLiteral(bytes) if !bytes.value.is_empty() => Origins::one(OriginKind::Literal, bytes.range()),
            Expr::StringLiteral(_)
            | Expr::BytesLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::EllipsisLiteral(_) => Origins::default(),
            _ => Origins::unknown(),
        }
    }

    /// What the rules say of the name that `expression` is: the whole of `flask.request.files["f"].read()` is one.
    fn named(&mut self, expression: &'a Expr, place: Place) -> Option<Origins<'a>> {
        let direct = self.paths(expression, place, Follow::Imports);
        for path in &direct {
            if let [Known::Source(source), ..] = *self.sources.known(path) {
                return Some(Origins::one(OriginKind::Named(source), expression.range()));
            }
        }
        let named = match expression {
            Expr::Call(call) => self.paths(&call.func, place, Follow::Values),
            Expr::Attribute(_) => self.paths(expression, place, Follow::Values),
            _ => Vec::new(),
        };
        for path in &named {
            if let [Known::Source(source), ..] = *self.sources.exactly(path) {
                return Some(Origins::one(OriginKind::Named(source), expression.range()));
            }
        }
        let source = self.attribute_of_parameter(expression, place)?;
        Some(Origins::one(OriginKind::Named(source), expression.range()))
    }

    /// `request.body`, where `request` is a parameter, or `self.request`.
    fn attribute_of_parameter(&mut self, expression: &'a Expr, place: Place) -> Option<crate::finding::Source> {
        let mut inner = expression;
        loop {
            inner = match inner {
                Expr::Call(call) => &call.func,
                Expr::Subscript(subscript) => &subscript.value,
                Expr::Attribute(attribute) => {
                    let owner = match &*attribute.value {
                        Expr::Name(name) if self.is_plain_parameter(name, place) => Some(name.id.as_str()),
                        Expr::Attribute(owner) if owner.value.is_name_expr() => {
                            self.attribute_bindings(owner, place).is_empty().then_some(owner.attr.as_str())
                        }
                        _ => None,
                    };
                    let known = owner.and_then(|owner| self.sources.parameter(&format!("{owner}.{}", attribute.attr)));
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

    fn trace_name(&mut self, name: &'a ExprName, place: Place, depth: u32) -> Origins<'a> {
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
    fn trace_known_binding(&mut self, id: BindingId, depth: u32) -> Origins<'a> {
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

    fn trace_binding(&mut self, binding: Binding<'a>, depth: u32) -> Origins<'a> {
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
    ) -> Option<Result<crate::finding::Source, &'a Expr>> {
        let scopes = self.resolver.scopes();
        let source = |known: &[Known]| match known {
            [Known::Source(source), ..] => Some(*source),
            _ => None,
        };
        if let Some(default @ Expr::Call(call)) = written.and_then(|written| written.default.as_deref()) {
            let paths = self.paths(&call.func, outer, Follow::Imports);
            if let Some(source) = paths.iter().find_map(|path| source(self.sources.known(path))) {
                return Some(Ok(source));
            }
            if scopes.scopes[function].def.is_some_and(|def| !def.decorator_list.is_empty()) {
                return Some(Err(default));
            }
        }
        let def = scopes.scopes[function].def?;
        for decorator in &def.decorator_list {
            for path in self.paths(&decorator.expression, outer, Follow::Values) {
                if let Some(source) = self.sources.decorator(&path) {
                    return Some(Ok(source));
                }
            }
        }
        None
    }

    pub(super) fn trace_all(&mut self, parts: impl Iterator<Item = &'a Expr>, place: Place, depth: u32) -> Origins<'a> {
        let mut found = Origins::default();
        for (i, part) in parts.enumerate() {
            if i == MAX_PARTS {
                found.open = true;
                break;
            }
            found.add(self.trace(part, place, depth));
        }
        found
    }

    fn trace_comprehension(
        &mut self,
        whole: &'a Expr,
        element: &'a Expr,
        generators: &'a [Comprehension],
        place: Place,
        depth: u32,
    ) -> Origins<'a> {
        let scopes = self.resolver.scopes();
        let inside = scopes.scopes.iter().position(|scope| {
            scope.kind == ScopeKind::Comprehension
                && scope.defined.is_some_and(|(outer, at)| outer == place && at == whole.end())
        });
        let block = scopes.blocks.iter().position(|block| block.parent.is_none() && block.range == whole.range());
        match (inside, block) {
            (Some(scope), Some(block)) => self.trace(element, Place { scope, block }, depth).changed(),
            _ => match generators.first() {
                Some(first) => self.trace(&first.iter, place, depth).changed(),
                None => Origins::unknown(),
            },
        }
    }

    fn trace_call(&mut self, call: &'a ExprCall, place: Place, depth: u32) -> Origins<'a> {
        let paths = self.paths(&call.func, place, Follow::Values);
        let known: Vec<Known> = paths.iter().flat_map(|path| self.sources.known(path)).copied().collect();
        let mut found = Origins::default();
        let mut is_known = false;
        for known in known {
            match known {
                // Further up, and not by an import: the object is asked.
                Known::Source(_) => {}
                Known::Passage(passage) => {
                    found.add(self.trace_passage(passage, call, place, depth));
                    is_known = true;
                }
                Known::Dump(index) => {
                    if self.file_of_dump(index, &call.arguments).is_none() {
                        let kind = OriginKind::Dump(index, self.function_around(place));
                        found.add(Origins::one(kind, call.range()));
                        is_known = true;
                    }
                }
            }
        }
        if is_known { found } else { self.trace_unknown_call(call, place, depth) }
    }

    /// What a known function makes of its arguments.
    fn trace_passage(&mut self, passage: Passage, call: &'a ExprCall, place: Place, depth: u32) -> Origins<'a> {
        let arguments = &call.arguments;
        match passage {
            Passage::Changes => self.trace_arguments(call, place, depth).without_literals().changed(),
            Passage::Opens => {
                let first = arguments.args.first();
                let written = first.or_else(|| arguments.keywords.first().map(|keyword| &keyword.value));
                // `gzip.GzipFile(fileobj=f)`
                let file = arguments.find_keyword("fileobj").map(|keyword| &keyword.value);
                match file.or(written) {
                    Some(file) => self.trace(file, place, depth).opened(),
                    None => Origins::unknown(),
                }
            }
            Passage::Makes => Origins::default(),
            Passage::Keeps | Passage::Reads => match arguments.args.first() {
                Some(kept) if arguments.len() == 1 => self.trace(kept, place, depth),
                Some(kept) => self.trace(kept, place, depth).changed(),
                // Empty: what is written into it is looked for where its name is.
                None => Origins::default(),
            },
        }
    }

    /// A function of which nothing is known: what it gives is made of what it is passed, at least.
    fn trace_unknown_call(&mut self, call: &'a ExprCall, place: Place, depth: u32) -> Origins<'a> {
        let Expr::Attribute(method) = &*call.func else {
            let mut found = self.trace_arguments(call, place, depth).without_literals().through(call.func.range());
            found.open = true;
            return found;
        };
        let object = self.trace(&method.value, place, depth);
        let passage = self.sources.method(method.attr.as_str());
        let open = object.open;
        let only_literals = object.found.iter().all(|origin| origin.kind == OriginKind::Literal);
        match passage {
            Some(Passage::Opens) if !object.found.is_empty() => return object.opened(),
            Some(Passage::Keeps | Passage::Reads) if call.arguments.is_empty() && !only_literals => return object,
            Some(Passage::Keeps | Passage::Reads | Passage::Changes) if !only_literals => return object.changed(),
            _ if object.is_named() => return object.changed(),
            _ => {}
        }
        let mut found = self.trace_arguments(call, place, depth);
        found.open |= open;
        let is_direct = |origins: &Origins<'_>| origins.found.iter().any(|origin| origin.through.is_none());
        if found.found.is_empty() || is_direct(&object) {
            found.add(object);
        }
        found = found.without_literals();
        match passage {
            Some(Passage::Opens) => found.opened(),
            Some(Passage::Changes) => found.changed(),
            _ => {
                found.open = true;
                found.through(call.func.range())
            }
        }
    }

    pub(super) fn trace_arguments(&mut self, call: &'a ExprCall, place: Place, depth: u32) -> Origins<'a> {
        let arguments = &call.arguments;
        let all = arguments.args.iter().chain(arguments.keywords.iter().map(|keyword| &keyword.value));
        self.trace_all(all, place, depth)
    }

    /// The function, class or module around `place`: a comprehension belongs to what it is in.
    pub(super) fn function_around(&self, place: Place) -> ScopeId {
        let scopes = &self.resolver.scopes().scopes;
        let mut scope = place.scope;
        while scopes[scope].kind == ScopeKind::Comprehension {
            let Some((outer, _)) = scopes[scope].defined else { break };
            scope = outer.scope;
        }
        scope
    }

    /// The text of a range, if it is short enough to be quoted.
    pub(super) fn quoted(&self, range: TextRange) -> Option<String> {
        const LONGEST: usize = 48;
        let text = self.lines.text_in(range);
        (text.len() <= LONGEST && !text.contains(['\n', '\r', '`'])).then(|| format!("`{text}`"))
    }
}
