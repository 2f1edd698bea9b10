//! The walk over expressions and patterns.

use super::{Beside, Collector, Node, Of, Place, Site, SiteKind, Use};
use crate::scan::scopes::{Bound, ScopeKind};
use ruff_python_ast::{
    Arguments, Comprehension, Expr, FStringPart, InterpolatedStringElement, InterpolatedStringElements, Pattern,
    UnaryOp,
};
use ruff_text_size::Ranged;

impl<'a> Collector<'a, '_> {
    pub(super) fn expression(&mut self, expression: &'a Expr, used: Use, place: Place) {
        // What a bare display or operator of `used` does with its parts.
        let inner = if used == Use::Ignored { Use::Ignored } else { Use::Value };
        match expression {
            Expr::Name(_) => self.value(expression, used, place),
            Expr::Attribute(attribute) => {
                self.value(expression, used, place);
                self.visit(&attribute.value, Use::Object, place);
            }
            Expr::Call(call) => {
                self.sites.push(Site { kind: SiteKind::Call(call), place });
                if may_be_passed_on(&call.func) {
                    self.value(expression, used, place);
                }
                self.change_by_call(call, place);
                self.set_attribute(call, place);
                self.setting_call(call, place);
                self.inside(Of::Object(&call.func), |collector| collector.arguments(&call.arguments, place));
                self.visit(&call.func, Use::Callee, place);
            }
            Expr::Subscript(subscript) => {
                if subscript.ctx.is_load() {
                    self.sites.push(Site { kind: SiteKind::Subscript(subscript), place });
                }
                self.value(expression, used, place);
                // A key is compared; between brackets is also where annotations name classes.
                self.visit(&subscript.slice, Use::Ignored, place);
                self.visit(&subscript.value, Use::Object, place);
            }
            Expr::If(either) => {
                self.visit(&either.orelse, used, place);
                self.visit(&either.body, used, place);
                self.visit(&either.test, Use::Ignored, place);
            }
            Expr::BoolOp(operation) => operation.values.iter().rev().for_each(|value| self.visit(value, used, place)),
            Expr::Named(named) => {
                let outer = self.outside_comprehensions(place);
                self.target(&named.target, Bound::Value(&named.value), outer, named.end());
                self.visit(&named.value, if used == Use::Value { Use::Value } else { Use::Alias }, place);
            }
            Expr::BinOp(operation) => {
                self.visit(&operation.right, inner, place);
                self.visit(&operation.left, inner, place);
            }
            Expr::UnaryOp(operation) => {
                let used = if operation.op == UnaryOp::Not { Use::Ignored } else { inner };
                self.visit(&operation.operand, used, place);
            }
            Expr::Compare(compare) => {
                for value in compare.comparators.iter().rev() {
                    self.visit(value, Use::Ignored, place);
                }
                self.visit(&compare.left, Use::Ignored, place);
            }
            Expr::Lambda(lambda) => {
                let defined = Some((place, lambda.start()));
                let inside = self.scope(ScopeKind::Function, None, defined, lambda.range());
                if let Some(parameters) = &lambda.parameters {
                    self.parameters(parameters, place, inside, None);
                }
                self.scopes.lambdas.insert(lambda.start(), inside.scope);
                self.scopes.scopes[inside.scope].returned.push((&lambda.body, inside));
                self.visit(&lambda.body, Use::Value, inside);
            }
            Expr::ListComp(list) => self.comprehension(expression, &list.generators, &[&list.elt], place),
            Expr::SetComp(set) => self.comprehension(expression, &set.generators, &[&set.elt], place),
            Expr::Generator(generator) => {
                self.comprehension(expression, &generator.generators, &[&generator.elt], place);
            }
            Expr::DictComp(dict) => match &dict.key {
                Some(key) => self.comprehension(expression, &dict.generators, &[key, &dict.value], place),
                None => self.comprehension(expression, &dict.generators, &[&dict.value], place),
            },
            Expr::Dict(dict) => {
                for item in dict.items.iter().rev() {
                    if let Some(key) = &item.key {
                        self.setting(key, &item.value, item.range(), Beside::Entries(dict), place);
                    }
                    match &item.key {
                        Some(Expr::StringLiteral(text)) => {
                            let of = Of::Key(text.value.to_str());
                            self.inside(of, |collector| collector.visit(&item.value, inner, place));
                        }
                        _ => self.visit(&item.value, inner, place),
                    }
                    item.key.iter().for_each(|key| self.visit(key, inner, place));
                }
            }
            Expr::Tuple(tuple) => tuple.elts.iter().rev().for_each(|element| self.visit(element, inner, place)),
            Expr::List(list) => list.elts.iter().rev().for_each(|element| self.visit(element, inner, place)),
            Expr::Set(set) => set.elts.iter().rev().for_each(|element| self.visit(element, inner, place)),
            Expr::Starred(starred) => self.visit(&starred.value, inner, place),
            Expr::Await(awaited) => self.visit(&awaited.value, inner, place),
            Expr::Yield(with) => {
                if let Some(value) = &with.value {
                    self.scopes.scopes[place.scope].yielded.push((value, place));
                    self.visit(value, Use::Value, place);
                }
            }
            Expr::YieldFrom(from) => self.visit(&from.value, Use::Value, place),
            Expr::Slice(slice) => {
                for bound in slice.step.iter().chain(&slice.upper).chain(&slice.lower) {
                    self.visit(bound, Use::Value, place);
                }
            }
            Expr::FString(string) => {
                for part in &string.value {
                    if let FStringPart::FString(string) = part {
                        self.interpolations(&string.elements, place);
                    }
                }
            }
            Expr::TString(string) => {
                for part in &string.value {
                    self.interpolations(&part.elements, place);
                }
            }
            Expr::StringLiteral(_)
            | Expr::BytesLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::EllipsisLiteral(_)
            | Expr::IpyEscapeCommand(_) => {}
        }
    }

    fn value(&mut self, expression: &'a Expr, used: Use, place: Place) {
        if used == Use::Value {
            self.sites.push(Site { kind: SiteKind::Value(expression), place });
        }
    }

    fn arguments(&mut self, arguments: &'a Arguments, place: Place) {
        for keyword in arguments.keywords.iter().rev() {
            match &keyword.arg {
                Some(name) => {
                    let beside = Beside::Arguments(arguments);
                    self.known_setting(name.as_str(), &keyword.value, keyword.range(), beside, place);
                    let of = Of::Key(name.as_str());
                    self.inside(of, |collector| collector.visit(&keyword.value, Use::Value, place));
                }
                None => self.visit(&keyword.value, Use::Value, place),
            }
        }
        for argument in arguments.args.iter().rev() {
            self.visit(argument, Use::Value, place);
        }
    }

    fn comprehension(&mut self, whole: &'a Expr, generators: &'a [Comprehension], results: &[&'a Expr], place: Place) {
        // The end, so that names bound by `:=` inside, which belong to the scope around, are in effect.
        let inside = self.scope(ScopeKind::Comprehension, None, Some((place, whole.end())), whole.range());
        for result in results.iter().rev() {
            self.visit(result, Use::Value, inside);
        }
        for (i, generator) in generators.iter().enumerate().rev() {
            generator.ifs.iter().rev().for_each(|test| self.visit(test, Use::Ignored, inside));
            self.target(&generator.target, Bound::Element(&generator.iter), inside, whole.start());
            self.visit(&generator.iter, Use::Value, if i == 0 { place } else { inside });
        }
    }

    fn outside_comprehensions(&self, place: Place) -> Place {
        let mut place = place;
        while self.scopes.scopes[place.scope].kind == ScopeKind::Comprehension {
            let Some((outer, _)) = self.scopes.scopes[place.scope].defined else { break };
            place = outer;
        }
        place
    }

    fn interpolations(&mut self, elements: &'a InterpolatedStringElements, place: Place) {
        let mut pending: Vec<&'a InterpolatedStringElement> = elements.iter().rev().collect();
        while let Some(element) = pending.pop() {
            if let InterpolatedStringElement::Interpolation(interpolation) = element {
                self.visit(&interpolation.expression, Use::Value, place);
                if let Some(spec) = &interpolation.format_spec {
                    pending.extend(spec.elements.iter().rev());
                }
            }
        }
    }

    pub(super) fn pattern(&mut self, pattern: &'a Pattern, place: Place) {
        let at = pattern.end();
        match pattern {
            Pattern::MatchValue(value) => self.visit(&value.value, Use::Ignored, place),
            Pattern::MatchSingleton(_) => {}
            Pattern::MatchSequence(sequence) => self.patterns(&sequence.patterns, place),
            Pattern::MatchMapping(mapping) => {
                if let Some(rest) = &mapping.rest {
                    self.bind(rest.as_str(), Bound::Opaque, place, at);
                }
                self.patterns(&mapping.patterns, place);
            }
            Pattern::MatchClass(class) => {
                for keyword in class.arguments.keywords.iter().rev() {
                    self.push(Node::Pattern(&keyword.pattern), place);
                }
                self.patterns(&class.arguments.patterns, place);
            }
            Pattern::MatchStar(star) => {
                star.name.iter().for_each(|name| self.bind(name.as_str(), Bound::Opaque, place, at));
            }
            Pattern::MatchAs(alias) => {
                alias.name.iter().for_each(|name| self.bind(name.as_str(), Bound::Opaque, place, at));
                alias.pattern.iter().for_each(|pattern| self.push(Node::Pattern(pattern), place));
            }
            Pattern::MatchOr(either) => self.patterns(&either.patterns, place),
        }
    }

    fn patterns(&mut self, patterns: &'a [Pattern], place: Place) {
        patterns.iter().rev().for_each(|pattern| self.push(Node::Pattern(pattern), place));
    }
}

/// Whether a call of `function` may give a name that rules are interested in: `getattr(pickle, "loads")`.
fn may_be_passed_on(function: &Expr) -> bool {
    let name = match function {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        // `attrgetter("loads")(pickle)`
        other => return other.is_call_expr(),
    };
    matches!(name, "getattr" | "getattr_static" | "get" | "resolve_name" | "locate" | "eval")
}
