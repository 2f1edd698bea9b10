//! What goes into a digest or a MAC, and what of the data that covers.

use super::Judge;
use super::flow::{arms, holds, last_name, statements_of};
use super::value::{At, Frame};
use crate::rules::Does;
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

    /// Whether one of several values that `at` may have is a digest that is computed here.
    pub fn may_be_computed(&mut self, at: At<'a>) -> bool {
        let at = self.source(at).unwrap_or(at);
        let ways: Vec<&'a Expr> = match at.expr {
            Expr::BoolOp(operation) => operation.values.iter().collect(),
            Expr::If(either) => vec![&either.body, &either.orelse],
            _ => return false,
        };
        ways.into_iter().any(|expr| self.computed(At { expr, ..at }).is_some())
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
        // A function of the file that returns a digest; functions that check may have one.
        let outer = at.frame.filter(|frame| frame.outer.is_none()).map(Frame::as_outer);
        let frame = self.local(call, at.place).filter(|_| at.frame.is_none() || outer.is_some())?;
        let frame = Frame { outer, ..frame };
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
