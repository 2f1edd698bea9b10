//! What may be a setting: what is given a value by a name that rules know, and what that is written in.

use super::{Collector, Place, Site, SiteKind};
use ruff_python_ast::{Arguments, Expr, ExprCall, ExprDict};
use ruff_text_size::{Ranged, TextRange};
use std::collections::BTreeSet;

/// Index of an [`Around`]; `None` is the top level.
pub(in crate::scan) type AroundId = Option<u32>;

/// Something that expressions are written in.
#[derive(Clone, Copy, Debug)]
pub(in crate::scan) struct Around<'a> {
    pub of: Of<'a>,
    pub outer: AroundId,
}

/// What that is.
#[derive(Clone, Copy, Debug)]
pub(in crate::scan) enum Of<'a> {
    /// What is assigned to, called, or has an item or attribute set.
    Object(&'a Expr),
    /// A key of a dictionary, a keyword, or a class.
    Key(&'a str),
}

/// `name = value`, `{"name": value}`, `f(name=value)`, `object.setdefault("name", value)`, `name.append(value)`
#[derive(Clone, Copy, Debug)]
pub(in crate::scan) struct Setting<'a> {
    pub key: Key<'a>,
    pub value: &'a Expr,
    pub range: TextRange,
    pub around: AroundId,
    pub beside: Beside<'a>,
}

/// The name of a setting.
#[derive(Clone, Copy, Debug)]
pub(in crate::scan) enum Key<'a> {
    Name(&'a str),
    /// A constant that holds it, perhaps, or is put together to it.
    Constant(&'a Expr),
}

/// Where other settings of the same thing are.
#[derive(Clone, Copy, Debug)]
pub(in crate::scan) enum Beside<'a> {
    /// Anywhere in the file.
    Statements,
    Entries(&'a ExprDict),
    Arguments(&'a Arguments),
}

/// Methods and functions that are passed a name and its value.
const SETTERS: &[&str] = &["__setattr__", "__setitem__", "putenv", "set", "setattr", "setdefault", "setenv", "setitem"];
/// Methods that add to a setting that holds several values.
const ADDERS: &[&str] = &["add", "append", "extend", "insert", "update"];

impl<'a> Collector<'a, '_> {
    /// Notes an assignment to something that may be a setting.
    pub(super) fn set(&mut self, target: &'a Expr, value: &'a Expr, place: Place) {
        let range = target.range().cover(value.range());
        let beside = Beside::Statements;
        match target {
            Expr::Name(name) => self.known_setting(name.id.as_str(), value, range, beside, place),
            Expr::Attribute(attribute) => self.inside(Of::Object(&attribute.value), |collector| {
                collector.known_setting(attribute.attr.as_str(), value, range, beside, place);
            }),
            // `name[:] = value`
            Expr::Subscript(part)
                if matches!(&*part.slice, Expr::Slice(_) | Expr::NumberLiteral(_))
                    && !part.value.is_subscript_expr() =>
            {
                self.set(&part.value, value, place);
            }
            Expr::Subscript(subscript) => self.inside(Of::Object(&subscript.value), |collector| {
                collector.setting(&subscript.slice, value, range, beside, place);
            }),
            _ => {}
        }
    }

    /// Notes a call that may set or extend a setting.
    pub(super) fn setting_call(&mut self, call: &'a ExprCall, place: Place) {
        let function = match &*call.func {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => return,
        };
        let arguments = &call.arguments.args;
        if SETTERS.contains(&function) {
            // `setattr` and its like are passed an object before, and `ConfigParser.set` a section.
            for pair in arguments.windows(2).take(2) {
                let range = pair[0].range().cover(pair[1].range());
                self.inside(Of::Object(&call.func), |collector| {
                    collector.setting(&pair[0], &pair[1], range, Beside::Statements, place);
                });
            }
        } else if ADDERS.contains(&function)
            && let (Expr::Attribute(method), Some(value)) = (&*call.func, arguments.last())
        {
            self.set(&method.value, value, place);
        }
    }

    pub(super) fn setting(
        &mut self,
        key: &'a Expr,
        value: &'a Expr,
        range: TextRange,
        beside: Beside<'a>,
        place: Place,
    ) {
        match key {
            Expr::StringLiteral(name) => self.known_setting(name.value.to_str(), value, range, beside, place),
            Expr::Name(_) | Expr::Attribute(_) | Expr::BinOp(_) | Expr::FString(_) => {
                self.note(Key::Constant(key), value, range, beside, place)
            }
            _ => {}
        }
    }

    pub(super) fn known_setting(
        &mut self,
        name: &'a str,
        value: &'a Expr,
        range: TextRange,
        beside: Beside<'a>,
        place: Place,
    ) {
        if (self.is_setting)(name) {
            self.note(Key::Name(name), value, range, beside, place);
        }
    }

    fn note(&mut self, key: Key<'a>, value: &'a Expr, range: TextRange, beside: Beside<'a>, place: Place) {
        self.sites.push(Site { kind: SiteKind::Setting(self.settings.len()), place });
        self.settings.push(Setting { key, value, range, around: self.around, beside });
    }

    /// Does `visit` for what is written in `of`.
    pub(super) fn inside(&mut self, of: Of<'a>, visit: impl FnOnce(&mut Self)) {
        let outer = self.around;
        self.around = Some(self.arounds.len() as u32);
        self.arounds.push(Around { of, outer });
        visit(self);
        self.around = outer;
    }
}

/// The names of settings that are set by statements.
pub(super) fn stated<'a>(settings: &[Setting<'a>]) -> BTreeSet<&'a str> {
    let stated = settings.iter().filter(|setting| matches!(setting.beside, Beside::Statements));
    let names = stated.filter_map(|setting| match setting.key {
        Key::Name(name) => Some(name),
        Key::Constant(_) => None,
    });
    names.collect()
}
