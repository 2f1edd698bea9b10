//! What of the data a check covers: the bytes themselves, what an open file holds, or what a path leads to.

use super::check::Subject;
use super::digest::{Form, Piece, interpolations};
use super::flow::{last_name, parts_of};
use super::value::{At, Seen};
use super::{Judge, Verdict};
use crate::finding::Judgement;
use crate::scan::collect::SiteKind;
use crate::scan::scopes::Bound;
use ruff_python_ast::{Expr, ExprCall, Operator};
use ruff_text_size::{Ranged, TextRange, TextSize};
use std::rc::Rc;

/// How many calls and names in one another are followed.
const MAX_STEPS: u32 = 12;
/// More pieces than this are not kept apart.
const MAX_PIECES: usize = 64;

impl<'a> Judge<'_, 'a, '_> {
    /// Whether what is covered by `pieces` is `subject`: genuine, or flawed where only the path was looked at; `None` where
    /// it is something else.
    pub fn covers(&mut self, pieces: &[Piece<'a>], subject: &Subject<'a>, at: At<'a>) -> Option<Verdict> {
        let start = at.expr.start();
        let mut path_only = None;
        for piece in pieces {
            for (seen, form) in self.covered(*piece) {
                for (wanted, wanted_form) in &subject.forms {
                    if !self.same(&seen, wanted) || self.changed_between(piece.at, subject.at) {
                        continue;
                    }
                    if form == *wanted_form {
                        return Some(Verdict::new(Judgement::Genuine, start, String::new()));
                    }
                    if form == Form::Itself && *wanted_form == Form::Path {
                        let name = self.written(piece.at.expr);
                        let text = format!("`{name}` is checked, not what the file holds");
                        path_only = Some(Verdict::new(Judgement::Flawed, start, text));
                    }
                }
            }
        }
        path_only
    }

    /// That what was checked is read again from its path when it is loaded.
    pub fn reopened(&mut self, pieces: &[Piece<'a>], subject: &Subject<'a>) -> Option<Verdict> {
        let mut path = None;
        for piece in pieces {
            for (seen, form) in self.covered(*piece) {
                for (wanted, wanted_form) in &subject.forms {
                    if form != *wanted_form || !self.same(&seen, wanted) {
                        continue;
                    }
                    if form != Form::Path {
                        return None;
                    }
                    path = Some(piece.at.expr.start());
                }
            }
        }
        let text = "the file is opened again after the check, when it may be another: load the bytes that were checked";
        path.map(|at| Verdict::new(Judgement::Weak, at, text.to_owned()))
    }

    /// Whether one of the two is changed in place between them.
    fn changed_between(&mut self, a: At<'a>, b: At<'a>) -> bool {
        let (a, b) = (a.expr, b.expr);
        let between = TextRange::new(a.start().min(b.start()), a.start().max(b.start()));
        let root = |expr: &'a Expr| parts_of(expr).into_iter().chain([expr]).find_map(Expr::as_name_expr);
        [root(a), root(b)].into_iter().flatten().any(|name| self.is_changed_in(between, name.id.as_str()))
    }

    /// Whether something in `range` changes what `name` holds in place.
    pub fn is_changed_in(&mut self, range: TextRange, name: &str) -> bool {
        let assigned = self.weighing.resolver.scopes().changes.get(name).into_iter().flatten();
        if assigned.into_iter().any(|change| range.contains(change.at)) {
            return true;
        }
        let changing = self.changing();
        let first = changing.partition_point(|(at, _)| *at < range.start());
        let mut inside = changing[first..].iter().take_while(|(at, _)| *at < range.end());
        inside.any(|(_, changed)| self.spend() && *changed == name)
    }

    /// Whether something in the file adds to what `name` holds.
    pub fn is_changed(&mut self, name: &str) -> bool {
        self.is_changed_in(TextRange::up_to(TextSize::new(u32::MAX)), name)
    }

    /// Calls of methods that change what they are called on, and its name, sorted.
    fn changing(&mut self) -> Rc<Vec<(TextSize, &'a str)>> {
        const CHANGING: &[&str] = &[
            "__ior__",
            "__setitem__",
            "add",
            "append",
            "clear",
            "extend",
            "insert",
            "pop",
            "readinto",
            "remove",
            "reverse",
            "setdefault",
            "truncate",
            "update",
            "write",
            "writelines",
        ];
        if let Some(known) = &self.weighing.guards.changing {
            return known.clone();
        }
        let calls = self.weighing.sites.iter().filter_map(|site| match site.kind {
            SiteKind::Call(call) => match &*call.func {
                Expr::Attribute(attribute) if CHANGING.contains(&attribute.attr.as_str()) => {
                    Some((call.start(), last_name(&attribute.value)?))
                }
                _ => None,
            },
            _ => None,
        });
        let mut found: Vec<(TextSize, &'a str)> = calls.collect();
        found.sort_unstable();
        let found = Rc::new(found);
        self.weighing.guards.changing = Some(found.clone());
        found
    }

    /// All that is covered where `piece` is: what it is made of without anything getting lost.
    pub fn covered(&mut self, piece: Piece<'a>) -> Vec<(Seen<'a>, Form)> {
        let mut found = Vec::new();
        let mut pending = vec![(piece, MAX_STEPS)];
        while let Some((piece, steps)) = pending.pop() {
            let Some(steps) = steps.checked_sub(1).filter(|_| found.len() < MAX_PIECES && self.spend()) else {
                continue;
            };
            let at = piece.at;
            found.push((self.value(at), piece.form));
            if piece.form == Form::Held {
                pending.extend(self.opened(at).map(|at| (Piece { at, form: Form::Path }, steps)));
                continue;
            }
            if piece.form == Form::Path {
                continue;
            }
            let mut also = |expr: &'a Expr| pending.push((Piece { at: At { expr, ..at }, form: Form::Itself }, steps));
            match at.expr {
                Expr::Name(_) => {
                    if let Some(source) = self.source(at) {
                        pending.push((Piece { at: source, form: Form::Itself }, steps));
                    }
                    pending.extend(self.read_in_chunks(at).map(|at| (Piece { at, form: Form::Held }, steps)));
                }
                Expr::Named(named) => also(&named.value),
                Expr::Await(awaited) => also(&awaited.value),
                Expr::BinOp(operation) if operation.op == Operator::Add => {
                    also(&operation.left);
                    also(&operation.right);
                }
                Expr::BinOp(operation) if operation.op == Operator::Mod => also(&operation.right),
                Expr::Tuple(tuple) => tuple.elts.iter().for_each(also),
                Expr::List(list) => list.elts.iter().for_each(also),
                Expr::FString(_) => interpolations(at.expr).into_iter().for_each(also),
                Expr::Subscript(subscript)
                    if subscript.slice.as_slice_expr().is_some_and(|s| s.lower.is_none() && s.upper.is_none()) =>
                {
                    also(&subscript.value);
                }
                Expr::Call(call) => self.covered_by_call(call, at, steps, &mut pending),
                _ => {}
            }
        }
        found
    }

    fn covered_by_call(&mut self, call: &'a ExprCall, at: At<'a>, steps: u32, pending: &mut Vec<(Piece<'a>, u32)>) {
        /// What these make of bytes tells all of them.
        const WRITERS: &[&str] = &[
            "b64encode",
            "urlsafe_b64encode",
            "standard_b64encode",
            "hexlify",
            "str",
            "bytes",
            "force_bytes",
            "force_str",
            "to_bytes",
            "want_bytes",
            "bytearray",
            "memoryview",
            "dumps",
            "join",
            "repr",
        ];
        let mut push = |expr: &'a Expr, form| pending.push((Piece { at: At { expr, ..at }, form }, steps));
        let first = call.arguments.args.first();
        match (&*call.func, first) {
            (Expr::Attribute(attribute), first) => match (attribute.attr.as_str(), first) {
                ("read", None) | ("getvalue" | "getbuffer", _) => push(&attribute.value, Form::Held),
                ("read_bytes" | "read_text", _) => push(&attribute.value, Form::Path),
                ("encode" | "decode" | "hex" | "tobytes", _) => push(&attribute.value, Form::Itself),
                (name, Some(first)) if WRITERS.contains(&name) => push(first, Form::Itself),
                _ => {}
            },
            (func, Some(first)) if last_name(func).is_some_and(|name| WRITERS.contains(&name)) => {
                push(first, Form::Itself);
            }
            _ => {}
        }
        // The signature of a digest is one of the data.
        if let Some(inner) = self.computed(at)
            && !inner.is_checksum
            && inner.broken.is_none()
            && !inner.cut
        {
            pending.extend(inner.data.into_iter().map(|piece| (piece, steps)));
        }
    }

    /// The path of a file that was opened here.
    pub fn opened(&mut self, handle: At<'a>) -> Option<At<'a>> {
        let (call, at) = self.constructed(handle)?;
        if last_name(&call.func) != Some("open") {
            return None;
        }
        if let Expr::Attribute(attribute) = &*call.func {
            let object = At { expr: &attribute.value, ..at };
            let ids = self.bindings(object).unwrap_or_default();
            let bindings = &self.weighing.resolver.scopes().bindings;
            let is_module = ids.iter().any(|&id| matches!(bindings[id].bound, Bound::Import { .. }));
            if !is_module {
                return Some(object);
            }
        }
        let by_keyword = call.arguments.find_keyword("file").map(|keyword| &keyword.value);
        call.arguments.args.first().or(by_keyword).map(|expr| At { expr, ..at })
    }

    /// The file of which `name` is one piece after the other: `while chunk := f.read(n)`, `for chunk in iter(...)`.
    fn read_in_chunks(&mut self, name: At<'a>) -> Option<At<'a>> {
        let ids = self.bindings(name)?;
        let scopes = self.weighing.resolver.scopes();
        let in_loop = scopes.blocks[name.place.block].in_loop;
        let binding = ids
            .iter()
            .map(|&id| scopes.bindings[id])
            .find(|binding| in_loop && matches!(binding.bound, Bound::Value(_) | Bound::Element(_)))?;
        let (Bound::Value(mut read) | Bound::Element(mut read)) = binding.bound else { return None };
        if let Expr::Call(call) = read
            && last_name(&call.func) == Some("iter")
            && let Some(Expr::Lambda(lambda)) = call.arguments.args.first()
        {
            read = &lambda.body;
        }
        let place = self.place(read.range());
        match read {
            Expr::Call(call) if last_name(&call.func) == Some("read") => match &*call.func {
                Expr::Attribute(attribute) => Some(At { expr: &attribute.value, place, frame: name.frame }),
                _ => None,
            },
            _ => None,
        }
    }
}
