//! Follows a value back to what brings it in.

use super::{OriginKind, Origins};
use crate::scan::scopes::{Place, ScopeId, ScopeKind};
use crate::scan::weigh::Weighing;
use ruff_python_ast::{Expr, FStringPart, InterpolatedStringElement};
use ruff_text_size::{Ranged, TextRange};

/// How deep a value is followed.
pub(super) const MAX_DEPTH: u32 = 40;
/// Elements of literals and arguments of calls that are looked at.
pub(super) const MAX_PARTS: usize = 32;

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
                bindings.into_iter().for_each(|id| found.add(self.trace_known_binding(id, depth)));
                if found.found.is_empty() {
                    found.add(self.trace(&attribute.value, place, depth).changed());
                }
                found
            }
            Expr::Call(call) => self.trace_call(call, place, depth),
            Expr::Subscript(subscript) => {
                let found = self.trace(&subscript.value, place, depth);
                if is_whole(&subscript.slice) { found } else { found.changed() }
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
            Expr::ListComp(list) => self.trace_comprehension(expression, &list.elt, depth),
            Expr::SetComp(set) => self.trace_comprehension(expression, &set.elt, depth),
            Expr::Generator(each) => self.trace_comprehension(expression, &each.elt, depth),
            Expr::DictComp(dict) => self.trace_comprehension(expression, &dict.value, depth),
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

    fn trace_comprehension(&mut self, whole: &'a Expr, element: &'a Expr, depth: u32) -> Origins<'a> {
        let scopes = self.resolver.scopes();
        let inside = self.trail.comprehensions.get_or_insert_with(|| {
            // Scopes and their first blocks are made together.
            let firsts = scopes.blocks.iter().enumerate().filter(|(_, block)| block.parent.is_none());
            let of_scopes = scopes.scopes.iter().enumerate().zip(firsts);
            of_scopes
                .filter(|((_, scope), _)| scope.kind == ScopeKind::Comprehension)
                .map(|((scope, _), (block, first))| (first.range, Place { scope, block }))
                .collect()
        });
        match inside.get(&whole.range()) {
            Some(&inside) => self.trace(element, inside, depth).changed(),
            None => Origins::unknown(),
        }
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
        const LONGEST: usize = 60;
        let text = self.lines.text_in(range);
        (text.len() <= LONGEST && !text.contains(['\n', '\r', '`'])).then(|| format!("`{text}`"))
    }
}

/// Whether `slice` is `[:]`.
fn is_whole(slice: &Expr) -> bool {
    matches!(slice, Expr::Slice(slice) if slice.lower.is_none() && slice.upper.is_none() && slice.step.is_none())
}
