//! What goes into a digest or a MAC, and what of the data that covers.

use super::Judge;
use super::flow::{arms, holds, last_name, statements_of};
use super::value::{At, Seen};
use crate::rules::Does;
use crate::scan::scopes::Bound;
use ruff_python_ast::{Expr, ExprCall, FStringPart, InterpolatedStringElement, Operator, Stmt};
use ruff_text_size::{Ranged, TextSize};

/// How many calls and names in one another are followed.
const MAX_STEPS: u32 = 12;
/// More pieces of data than this go into no digest.
const MAX_PIECES: usize = 64;

/// A digest or a MAC that is computed here.
#[derive(Clone, Debug)]
pub(super) struct Computed<'a> {
    pub data: Vec<Piece<'a>>,
    pub keyed: bool,
    pub key: Option<At<'a>>,
    pub is_checksum: bool,
    /// The hash function, where collisions of it are known.
    pub broken: Option<&'static str>,
    /// Only a part of it is used.
    pub cut: bool,
}

/// Something that goes into a digest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<'a> {
    pub at: At<'a>,
    pub form: Form,
}

/// How bytes are meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    /// The bytes themselves.
    Itself,
    /// What an open file holds.
    Held,
    /// What a file at that path holds whenever it is opened.
    Path,
}

impl<'a> Judge<'_, 'a, '_> {
    /// What digest `at` is, if it is one that is computed here.
    pub fn computed(&mut self, at: At<'a>) -> Option<Computed<'a>> {
        self.computed_within(at, MAX_STEPS, at.expr.start())
    }

    fn computed_within(&mut self, at: At<'a>, steps: u32, read: TextSize) -> Option<Computed<'a>> {
        let steps = steps.checked_sub(1).filter(|_| self.spend())?;
        match at.expr {
            Expr::Name(name) => {
                let source = self.source(at)?;
                let mut found = self.computed_within(source, steps, source.expr.start())?;
                let is_here = source.frame.is_some() == at.frame.is_some();
                if is_here {
                    self.add_updates(&name.id, at, read, &mut found);
                }
                Some(found)
            }
            Expr::Named(named) => self.computed_within(At { expr: &named.value, ..at }, steps, read),
            Expr::Await(awaited) => self.computed_within(At { expr: &awaited.value, ..at }, steps, read),
            Expr::BinOp(operation) if matches!(operation.op, Operator::Add | Operator::Mod) => {
                [&operation.left, &operation.right]
                    .into_iter()
                    .find_map(|side| self.computed_within(At { expr: side, ..at }, steps, read))
            }
            Expr::FString(_) => interpolations(at.expr)
                .into_iter()
                .find_map(|expr| self.computed_within(At { expr, ..at }, steps, read)),
            Expr::Subscript(subscript) if subscript.slice.is_slice_expr() => {
                let mut found = self.computed_within(At { expr: &subscript.value, ..at }, steps, read)?;
                found.cut = true;
                Some(found)
            }
            Expr::Call(call) => self.computed_call(at, call, steps, read),
            _ => None,
        }
    }

    fn computed_call(&mut self, at: At<'a>, call: &'a ExprCall, steps: u32, read: TextSize) -> Option<Computed<'a>> {
        /// Methods of digests and of how they are written.
        const FORMS: &[&str] = &[
            "digest",
            "hexdigest",
            "finalize",
            "copy",
            "encode",
            "decode",
            "hex",
            "lower",
            "upper",
            "strip",
            "rstrip",
            "casefold",
            "intdigest",
            "format",
        ];
        /// Functions that write bytes as text, or text as bytes.
        const WRITERS: &[&str] = &[
            "b64encode",
            "urlsafe_b64encode",
            "standard_b64encode",
            "b32encode",
            "b16encode",
            "hexlify",
            "str",
            "bytes",
            "force_bytes",
            "force_str",
            "to_bytes",
            "want_bytes",
            "encodebytes",
            "b2a_base64",
        ];
        if let Some(function) = self.function(&call.func, at.place) {
            match function.does {
                Does::Digest | Does::Checksum => {
                    let key = self.passed(call, function.key.as_ref(), at);
                    let data = self.passed(call, function.data.as_ref(), at);
                    // `hashlib.file_digest` takes an open file.
                    let is_file = last_name(&call.func) == Some("file_digest");
                    let form = if is_file { Form::Held } else { Form::Itself };
                    let keyed = key.is_some() || function.key.as_ref().is_some_and(|key| key.position.is_some());
                    let named = self.passed(call, function.algorithm.as_ref(), at);
                    let name = match named.map(|named| named.expr) {
                        Some(Expr::StringLiteral(name)) => Some(name.value.to_str()),
                        Some(other) => last_name(other),
                        None => last_name(&call.func).filter(|name| *name != "new").or_else(|| match &*call.func {
                            Expr::Attribute(attribute) => last_name(&attribute.value),
                            _ => None,
                        }),
                    };
                    return Some(Computed {
                        data: data
                            .filter(|data| !data.expr.is_none_literal_expr())
                            .map(|at| Piece { at, form })
                            .into_iter()
                            .collect(),
                        keyed,
                        key: key.filter(|_| keyed),
                        is_checksum: function.does == Does::Checksum,
                        // Collisions of the hash function are none of the MAC.
                        broken: name.filter(|_| !keyed).and_then(broken),
                        cut: false,
                    });
                }
                Does::Decode => {
                    let inner = self.passed(call, function.data.as_ref(), at)?;
                    return self.computed_within(inner, steps, read);
                }
                _ => return None,
            }
        }
        if let Expr::Attribute(attribute) = &*call.func
            && FORMS.contains(&attribute.attr.as_str())
        {
            if let Some(found) = self.computed_within(At { expr: &attribute.value, ..at }, steps, read) {
                return Some(found);
            }
            let first = call.arguments.args.first()?;
            return self.computed_within(At { expr: first, ..at }, steps, read);
        }
        if last_name(&call.func).is_some_and(|name| WRITERS.contains(&name)) {
            let expr = call.arguments.args.first()?;
            return self.computed_within(At { expr, ..at }, steps, read);
        }
        // A function of the file that returns a digest, one level deep.
        let frame = self.local(call, at.place).filter(|_| at.frame.is_none())?;
        let mut found = None;
        for exit in self.exits(frame).iter() {
            let expr = exit.value?;
            let place = self.place(expr.range());
            found = Some(self.computed_within(At { expr, place, frame: Some(frame) }, steps, expr.start())?);
        }
        found
    }

    /// Adds what `name.update(...)` puts into a digest before it is read.
    fn add_updates(&mut self, name: &str, at: At<'a>, read: TextSize, found: &mut Computed<'a>) {
        let mut pending: Vec<&'a Stmt> = self.body_around(at.place.scope).iter().collect();
        while let Some(statement) = pending.pop() {
            if statement.start() > read || found.data.len() >= MAX_PIECES || !self.spend() {
                continue;
            }
            match statement {
                Stmt::Expr(expression) => {
                    let Expr::Call(call) = &*expression.value else { continue };
                    let Expr::Attribute(attribute) = &*call.func else { continue };
                    let of_it = attribute.value.as_name_expr().is_some_and(|object| object.id == name);
                    if let ("update", true, Some(expr)) = (attribute.attr.as_str(), of_it, call.arguments.args.first())
                    {
                        let place = self.place(expr.range());
                        found.data.push(Piece { at: At { expr, place, frame: at.frame }, form: Form::Itself });
                    }
                }
                // What may be left out covers nothing.
                Stmt::If(branch) => {
                    let here = ruff_text_size::TextRange::empty(read);
                    pending.extend(arms(branch).filter(|(_, body)| holds(body, here)).flat_map(|(_, body)| body));
                }
                Stmt::Try(attempt) => pending.extend(&attempt.body),
                Stmt::For(each) => pending.extend(&each.body),
                Stmt::While(each) => pending.extend(&each.body),
                Stmt::With(with) => pending.extend(&with.body),
                Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
                other => pending.extend(statements_of(other)),
            }
        }
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

/// The expressions in an f-string.
pub(super) fn interpolations(expr: &Expr) -> Vec<&Expr> {
    let Expr::FString(string) = expr else { return Vec::new() };
    let parts = string.value.iter().filter_map(|part| match part {
        FStringPart::FString(part) => Some(&part.elements),
        FStringPart::Literal(_) => None,
    });
    let elements = parts.flat_map(|elements| elements.iter());
    let found = elements.filter_map(|element| match element {
        InterpolatedStringElement::Interpolation(interpolation) => Some(&*interpolation.expression),
        InterpolatedStringElement::Literal(_) => None,
    });
    found.collect()
}

/// The hash functions that anybody can find collisions of.
fn broken(name: &str) -> Option<&'static str> {
    match name.to_ascii_lowercase().replace(['-', '_'], "").as_str() {
        "md5" => Some("md5"),
        "sha1" => Some("sha1"),
        "md4" => Some("md4"),
        _ => None,
    }
}
