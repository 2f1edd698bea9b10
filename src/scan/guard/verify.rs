//! Calls that verify: of libraries, and of functions that configuration trusts.

use super::check::Subject;
use super::digest::{Form, Piece};
use super::value::At;
use super::{Judge, Verdict};
use crate::finding::Judgement;
use crate::rules::Function;
use ruff_python_ast::{DictItem, Expr, ExprCall};
use ruff_text_size::Ranged;

impl<'a> Judge<'_, 'a, '_> {
    /// A verifying call of a library.
    pub fn verified(
        &mut self,
        call: &'a ExprCall,
        function: &Function,
        at: At<'a>,
        subject: &Subject<'a>,
    ) -> Option<Verdict> {
        let mut pieces = Vec::new();
        if let Some(data) = self.passed(call, function.data.as_ref(), at) {
            pieces.push(Piece { at: data, form: Form::Itself });
        }
        let object = match &*call.func {
            Expr::Attribute(attribute) => Some(At { expr: &attribute.value, ..at }),
            _ => None,
        };
        // The data of a MAC object is what it was updated with.
        if pieces.is_empty()
            && let Some(made) = object.and_then(|object| self.computed(object))
        {
            pieces = made.data;
        }
        self.covers(&pieces, subject, at)?;
        let flaw = self.without_verification(call, function, at);
        if flaw.is_some() {
            return flaw;
        }
        let key = self.key_of(call, function, at);
        if let Some(key) = key
            && let Some(verdict) = self.key(key, subject.at, function.public_key)
        {
            return Some(verdict);
        }
        let name = self.written(&*call.func);
        let text = format!("`{name}` raises unless `{}` is what was signed", self.written(subject.at.expr));
        let exact = self.reopened(&pieces, subject);
        Some(exact.unwrap_or_else(|| Verdict::new(Judgement::Genuine, call.start(), text)))
    }

    /// The key of a verifying call: its own argument, or one of the constructor.
    pub fn key_of(&mut self, call: &'a ExprCall, function: &Function, at: At<'a>) -> Option<At<'a>> {
        if function.methods.is_empty() {
            return self.passed(call, function.key.as_ref(), at);
        }
        let Expr::Attribute(attribute) = &*call.func else { return None };
        let (made, made_at) = self.constructed(At { expr: &attribute.value, ..at })?;
        self.passed(made, function.key.as_ref(), made_at)
    }

    /// That a verifying call is told not to.
    pub fn without_verification(&mut self, call: &'a ExprCall, function: &Function, at: At<'a>) -> Option<Verdict> {
        let flawed = |text| Some(Verdict::new(Judgement::Flawed, call.start(), text));
        let name = self.written(&*call.func);
        if function.needs.is_some() && self.passed(call, function.needs.as_ref(), at).is_none() {
            return flawed(format!("`{name}` is called without what it verifies by"));
        }
        let is_off = |expr: &Expr| matches!(expr, Expr::BooleanLiteral(literal) if !literal.value);
        let keywords = &call.arguments.keywords;
        if keywords.iter().any(|k| k.arg.as_ref().is_some_and(|arg| arg.contains("verify")) && is_off(&k.value)) {
            return flawed(format!("`{name}` is told not to verify"));
        }
        for expr in call.arguments.args.iter().chain(keywords.iter().map(|keyword| &keyword.value)) {
            let value = self.source(At { expr, ..at }).map_or(expr, |source| source.expr);
            let Expr::Dict(dict) = value else { continue };
            let turns_off = |item: &DictItem| {
                let key = item.key.as_ref().and_then(Expr::as_string_literal_expr);
                key.is_some_and(|key| key.value.to_str() == "verify_signature") && is_off(&item.value)
            };
            if dict.items.iter().any(turns_off) {
                return flawed(format!("`{name}` is told not to verify the signature"));
            }
        }
        None
    }

    /// A call of a function that configuration trusts, with the data among its arguments.
    pub fn trusted(&mut self, call: &'a ExprCall, at: At<'a>, subject: &Subject<'a>) -> Option<Verdict> {
        let arguments = call.arguments.args.iter().chain(call.arguments.keywords.iter().map(|keyword| &keyword.value));
        let mut pieces = Vec::new();
        for expr in arguments {
            pieces.push(Piece { at: At { expr, ..at }, form: Form::Itself });
            pieces.push(Piece { at: At { expr, ..at }, form: Form::Path });
        }
        let covered = self.covers(&pieces, subject, at)?;
        covered.holds().then(|| self.trusts(call))
    }

    pub fn trusts(&self, call: &ExprCall) -> Verdict {
        let text = format!("`{}` has verified it, which configuration trusts", self.written(&*call.func));
        Verdict::new(Judgement::Genuine, call.start(), text)
    }
}
