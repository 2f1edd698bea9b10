//! Strings that are put together from literals.

use super::Resolver;
use crate::scan::meaning::{Constant, Meaning, Meanings};
use crate::scan::scopes::Place;
use ruff_python_ast::{Expr, ExprBinOp, ExprFString, FStringPart, InterpolatedStringElement, Operator};
use std::cell::{Cell, OnceCell};

/// Longer strings are not put together.
const MAX_LENGTH: usize = 200;
/// In one file, no more strings than this are.
const MAX_TEXTS: usize = 1000;

/// Strings that live as long as the tree they were made from.
#[derive(Default)]
pub(in crate::scan) struct Texts {
    slots: OnceCell<Box<[OnceCell<String>]>>,
    used: Cell<usize>,
}

impl Texts {
    fn keep(&self, text: String) -> Option<&str> {
        let slots = self.slots.get_or_init(|| std::iter::repeat_with(OnceCell::new).take(MAX_TEXTS).collect());
        let slot = slots.get(self.used.get())?;
        self.used.set(self.used.get() + 1);
        Some(slot.get_or_init(|| text))
    }
}

impl<'a> Resolver<'a, '_> {
    fn text(&self, parts: &[&str]) -> Meanings<'a> {
        if parts.iter().map(|part| part.len()).sum::<usize>() > MAX_LENGTH {
            return Meanings::unknown();
        }
        match self.texts.keep(parts.concat()) {
            Some(text) => Meanings::one(Meaning::Constant(Constant::Str(text))),
            None => Meanings::unknown(),
        }
    }

    /// `a + b` and `a | b`: of strings a string, of displays a display.
    pub(super) fn operation(
        &mut self,
        expression: &'a Expr,
        operation: &'a ExprBinOp,
        place: Place,
        depth: u32,
    ) -> Meanings<'a> {
        if !matches!(operation.op, Operator::Add | Operator::BitOr) {
            return Meanings::unknown();
        }
        let left = self.at_depth(&operation.left, place, depth);
        let right = self.at_depth(&operation.right, place, depth);
        let is_display = |meaning: &Meaning<'_>| matches!(meaning, Meaning::Display(..));
        match (left.string(), right.string()) {
            (Some(left), Some(right)) if operation.op == Operator::Add => self.text(&[left, right]),
            _ if left.known.iter().chain(&right.known).any(is_display) => {
                Meanings::one(Meaning::Display(expression, place))
            }
            _ => Meanings::unknown(),
        }
    }

    /// An f-string whose parts are all known.
    pub(super) fn interpolated(&mut self, string: &'a ExprFString, place: Place, depth: u32) -> Meanings<'a> {
        let mut parts = Vec::new();
        for part in &string.value {
            let elements = match part {
                FStringPart::Literal(literal) => {
                    parts.push(literal.as_str());
                    continue;
                }
                FStringPart::FString(string) => &string.elements,
            };
            for element in elements {
                match element {
                    InterpolatedStringElement::Literal(literal) => parts.push(&literal.value),
                    InterpolatedStringElement::Interpolation(inner) => {
                        if parts.len() > MAX_LENGTH || inner.format_spec.is_some() {
                            return Meanings::unknown();
                        }
                        match self.at_depth(&inner.expression, place, depth).string() {
                            Some(text) => parts.push(text),
                            None => return Meanings::unknown(),
                        }
                    }
                }
            }
        }
        self.text(&parts)
    }

    /// `separator.join(parts)`, where all parts are known.
    pub(super) fn joined(&mut self, separator: &'a str, parts: &Meanings<'a>, depth: u32) -> Meanings<'a> {
        let [Meaning::Display(display @ (Expr::List(_) | Expr::Tuple(_)), place)] = *parts.known else {
            return Meanings::unknown();
        };
        let elements = match display {
            Expr::List(list) => &list.elts,
            Expr::Tuple(tuple) => &tuple.elts,
            _ => return Meanings::unknown(),
        };
        if elements.len() > MAX_LENGTH {
            return Meanings::unknown();
        }
        let mut all = Vec::new();
        for (i, element) in elements.iter().enumerate() {
            if i > 0 {
                all.push(separator);
            }
            match self.at_depth(element, place, depth).string() {
                Some(text) => all.push(text),
                None => return Meanings::unknown(),
            }
        }
        self.text(&all)
    }
}
