//! Whether what is loaded was verified: itself, or all that it is made of.

use super::check::Subject;
use super::digest::Form;
use super::flow::{Fact, last_name};
use super::value::At;
use super::{Judge, Known, Verdict};
use crate::finding::Judgement;
use crate::rules::Does;
use crate::scan::matching::Hit;
use crate::scan::scopes::Bound;
use ruff_python_ast::{Expr, ExprCall, Operator};
use ruff_text_size::{Ranged, TextRange};
use std::rc::Rc;

/// How far data is followed back.
const MAX_STEPS: u32 = 12;

impl<'a> Judge<'_, 'a, '_> {
    /// Whether the data of `hit` is a file or a path, not bytes.
    pub fn is_file(&self, hit: &Hit<'a>) -> bool {
        /// What libraries call arguments that hold the data itself.
        const BYTES: &[&str] = &[
            "data",
            "string",
            "str",
            "s",
            "bytes",
            "bytes_object",
            "stream",
            "obj",
            "blob",
            "buf",
            "buffer",
            "text",
            "body",
        ];
        let candidate = &self.weighing.rules.rules[hit.rule].matches[hit.index];
        let keyword = candidate.data.as_ref().and_then(|data| data.keyword.as_deref());
        let is_bytes = match keyword {
            Some(keyword) => BYTES.contains(&keyword),
            None => hit.name.ends_with("loads") || hit.name.ends_with("decode"),
        };
        !is_bytes && !hit.name.ends_with("loads")
    }

    /// The forms in which a check may cover `at`.
    pub fn subject(&mut self, at: At<'a>, is_file: bool) -> Subject<'a> {
        let itself = self.value(at);
        let mut forms = Vec::new();
        let mut is_file = is_file;
        let made = match self.constructed(at) {
            Some((call, made)) if last_name(&call.func) == Some("BytesIO") => {
                is_file = false;
                forms.push((itself.clone(), Form::Held));
                self.same_bytes(made)
            }
            _ => None,
        };
        if let Some(inner) = made {
            forms.push((self.value(inner), Form::Itself));
        }
        if is_file {
            forms.push((itself.clone(), Form::Held));
            forms.push((itself, Form::Path));
            forms.extend(self.opened(at).map(|path| (self.value(path), Form::Path)));
        } else {
            forms.push((itself, Form::Itself));
            self.read_forms(at, &mut forms);
        }
        Subject { at, forms }
    }

    /// The file that bytes were read from.
    fn read_forms(&mut self, at: At<'a>, forms: &mut Vec<(super::value::Seen<'a>, Form)>) {
        let Some((call, made)) = self.constructed(at) else { return };
        let Expr::Attribute(attribute) = &*call.func else { return };
        let object = At { expr: &attribute.value, ..made };
        match (attribute.attr.as_str(), call.arguments.is_empty()) {
            ("read", true) => {
                forms.push((self.value(object), Form::Held));
                forms.extend(self.opened(object).map(|path| (self.value(path), Form::Path)));
            }
            ("read_bytes", _) => forms.push((self.value(object), Form::Path)),
            _ => {}
        }
    }

    /// What `known` says of `at`, or of all that it is made of.
    pub fn data(&mut self, at: At<'a>, is_file: bool, known: &[Known<'a>]) -> Option<Verdict> {
        self.data_within(at, is_file, known, MAX_STEPS)
    }

    fn data_within(&mut self, at: At<'a>, is_file: bool, known: &[Known<'a>], steps: u32) -> Option<Verdict> {
        let steps = steps.checked_sub(1).filter(|_| self.spend())?;
        let subject = self.subject(at, is_file);
        let direct = self.verdict(known, &subject);
        if direct.as_ref().is_some_and(|direct| direct.judgement == Judgement::Genuine) {
            return direct;
        }
        let through = self.made_of(at, is_file, known, steps);
        Verdict::better(direct, through)
    }

    fn made_of(&mut self, at: At<'a>, is_file: bool, known: &[Known<'a>], steps: u32) -> Option<Verdict> {
        let part = |judge: &mut Self, expr: &'a Expr| judge.data_within(At { expr, ..at }, is_file, known, steps);
        match at.expr {
            Expr::Name(name) => {
                let mut worst: Option<Verdict> = None;
                for id in self.bindings(at)? {
                    let binding = self.weighing.resolver.scopes().bindings[id];
                    let since = TextRange::new(binding.at.min(name.start()), name.start());
                    if self.is_changed_in(since, &name.id) {
                        return None;
                    }
                    let source = match binding.bound {
                        Bound::Entered(expr) => Some(At { expr, place: binding.place, frame: at.frame }),
                        Bound::Part { value: expr, each: false, .. } if !is_file => {
                            Some(At { expr, place: binding.place, frame: at.frame })
                        }
                        _ => self.bound_to(id, at.frame),
                    }?;
                    if source.expr.is_none_literal_expr() {
                        continue;
                    }
                    let found = self.data_within(source, is_file, known, steps)?;
                    worst = match worst {
                        None => Some(found),
                        worst => Verdict::worse(worst, Some(found)),
                    };
                }
                worst
            }
            Expr::Named(named) => part(self, &named.value),
            Expr::Await(awaited) => part(self, &awaited.value),
            // A part of a verified value is verified; a part of a file is none.
            Expr::Attribute(attribute) if !is_file => part(self, &attribute.value),
            Expr::Subscript(subscript) if !is_file => part(self, &subscript.value),
            Expr::BinOp(operation) if operation.op == Operator::Add => {
                let is_constant = |expr: &Expr| expr.is_bytes_literal_expr() || expr.is_string_literal_expr();
                match (&*operation.left, &*operation.right) {
                    (left, right) if is_constant(left) => part(self, right),
                    (left, right) if is_constant(right) => part(self, left),
                    (left, right) => {
                        let (left, right) = (part(self, left), part(self, right));
                        Verdict::worse(left, right)
                    }
                }
            }
            Expr::If(either) => {
                let mut worst = None;
                for (expr, outcome) in [(&*either.body, true), (&*either.orelse, false)] {
                    if expr.is_none_literal_expr() {
                        continue;
                    }
                    let facts = Rc::new(vec![Fact::Test(&either.test, outcome)]);
                    let more: Vec<Known<'a>> =
                        known.iter().cloned().chain([Known { facts, frame: at.frame }]).collect();
                    let found = self.data_within(At { expr, ..at }, is_file, &more, steps)?;
                    worst = match worst {
                        None => Some(found),
                        worst => Verdict::worse(worst, Some(found)),
                    };
                }
                worst
            }
            Expr::Call(call) => self.returned(call, at, is_file, known, steps),
            _ => None,
        }
    }

    /// What a call returns.
    fn returned(
        &mut self,
        call: &'a ExprCall,
        at: At<'a>,
        is_file: bool,
        known: &[Known<'a>],
        steps: u32,
    ) -> Option<Verdict> {
        /// Methods that return what the object says in another form, or a part of it.
        const PARTS: &[&str] = &[
            "encode",
            "decode",
            "strip",
            "lstrip",
            "rstrip",
            "split",
            "rsplit",
            "partition",
            "rpartition",
            "get",
            "pop",
            "tobytes",
            "getvalue",
            "getbuffer",
            "read",
            "replace",
            "removeprefix",
            "removesuffix",
            "copy",
            "hex",
            "splitlines",
        ];
        if let Some(function) = self.function(&call.func, at.place) {
            return match function.does {
                // The path may be genuine, and what the file there holds is not.
                Does::Open if !is_file => {
                    if let Some(flaw) = self.without_verification(call, function, at) {
                        return Some(flaw);
                    }
                    let data = self.passed(call, function.data.as_ref(), at)?;
                    if let Some(key) = self.key_of(call, function, at)
                        && let Some(verdict) = self.key(key, data, function.public_key)
                    {
                        return Some(verdict);
                    }
                    let text =
                        format!("`{}` returns only what was signed, and raises otherwise", self.written(&*call.func));
                    Some(Verdict::new(Judgement::Genuine, call.start(), text))
                }
                Does::Decode => {
                    let data = self.passed(call, function.data.as_ref(), at)?;
                    let holds_bytes = matches!(last_name(&call.func), Some("BytesIO"));
                    self.data_within(data, is_file && !holds_bytes, known, steps)
                }
                _ => None,
            };
        }
        if self.is_trusted(&call.func, at.place) {
            return (!is_file).then(|| self.trusts(call));
        }
        if let Some(frame) = self.local(call, at.place).filter(|_| at.frame.is_none()) {
            if frame.def.is_async && is_file {
                return None;
            }
            let mut worst = None;
            for exit in self.exits(frame).iter() {
                let Some(expr) = exit.value.filter(|value| !value.is_none_literal_expr()) else { continue };
                let place = self.place(expr.range());
                let facts = Known { facts: exit.facts.clone(), frame: Some(frame) };
                let more: Vec<Known<'a>> = known.iter().cloned().chain([facts]).collect();
                let found = self.data_within(At { expr, place, frame: Some(frame) }, is_file, &more, steps)?;
                worst = match worst {
                    None => Some(found),
                    worst => Verdict::worse(worst, Some(found)),
                };
            }
            return worst;
        }
        match &*call.func {
            Expr::Attribute(attribute) if !is_file && PARTS.contains(&attribute.attr.as_str()) => {
                let object = At { expr: &attribute.value, ..at };
                // Bytes that are read from a file are covered where the file is.
                let object_is_file = attribute.attr.as_str() == "read";
                self.data_within(object, object_is_file, known, steps)
            }
            _ => None,
        }
    }
}
