//! What an expression may mean: ruled names, instances, local classes, constants; or that it cannot be known.

use super::modules::{ExportedClass, ExportedFunction, ModuleId};
use super::names::NameId;
use super::scopes::{ClassId, Place, ScopeId};
use ruff_python_ast::{Expr, ExprCall};

/// One thing an expression may mean.
#[derive(Clone, Copy, Debug)]
pub(super) enum Meaning<'a> {
    /// A module, class or function that rules name, or a prefix of one.
    Name(NameId),
    /// An instance of a class that rules name, and where it is made.
    Instance(NameId, Made<'a>),
    /// An instance of one as an annotation has it: made somewhere else.
    Handed(NameId),
    /// Something that holds such instances: `list[pickle.Unpickler]`.
    Holder(NameId),
    /// A method of such an instance.
    Method(NameId, Made<'a>),
    /// A class of this file.
    Class(ClassId),
    /// An instance of one.
    Object(ClassId),
    /// A function of this file, by the scope of its body.
    Function(ScopeId),
    /// `super()` in one.
    Super(ClassId),
    /// The namespace of a module: `vars(pickle)`.
    Namespace(NameId),
    /// The names of this module: `globals()`.
    Globals,
    Constant(Constant<'a>),
    /// A literal list, tuple, set or dictionary, or `dict(a=1)`.
    Display(&'a Expr, Place),
    /// `functools.partial(...)`
    Partial(&'a ExprCall, Place),
    /// `operator.attrgetter("name")`
    Attrgetter(&'a str),
    /// `operator.methodcaller("name", ...)`
    Methodcaller(&'a str, &'a ExprCall, Place),
    /// A module of the repository.
    Module(ModuleId),
    /// A name of such a module that has not been looked into.
    Unread(ModuleId, &'a str),
    /// A class of such a module.
    ForeignClass(&'a ExportedClass),
    /// An instance of one.
    ForeignObject(&'a ExportedClass),
    /// A function of such a module.
    ForeignFunction(&'a ExportedFunction),
    /// Something known to be none of the above.
    Other,
}

/// Where an instance is made.
#[derive(Clone, Copy, Debug)]
pub(super) enum Made<'a> {
    /// By this call.
    Here(&'a ExprCall, Place),
    /// In another file, where these rules report it.
    Elsewhere(&'a [usize]),
    /// Out of sight.
    Unseen,
}

/// A value that is written in the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Constant<'a> {
    None,
    Bool(bool),
    Int(i64),
    Str(&'a str),
}

impl Constant<'_> {
    /// What `bool` says of it.
    pub fn is_true(self) -> bool {
        match self {
            Constant::None => false,
            Constant::Bool(value) => value,
            Constant::Int(value) => value != 0,
            Constant::Str(text) => !text.is_empty(),
        }
    }
}

/// All an expression may mean.
#[derive(Clone, Debug, Default)]
pub(super) struct Meanings<'a> {
    pub known: Vec<Meaning<'a>>,
    /// It may also be something that cannot be known.
    pub open: bool,
}

/// More alternatives than this are not kept apart.
pub(super) const MAX_MEANINGS: usize = 32;
/// Nor more instances of one class.
const MAX_INSTANCES: usize = 8;

impl<'a> Meanings<'a> {
    /// Nothing is known.
    pub fn unknown() -> Self {
        Self { known: Vec::new(), open: true }
    }

    /// Exactly one.
    pub fn one(meaning: Meaning<'a>) -> Self {
        Self { known: vec![meaning], open: false }
    }

    /// Adds all that `other` may be.
    pub fn add(&mut self, other: &Self) {
        self.open |= other.open;
        other.known.iter().for_each(|&meaning| self.insert(meaning));
    }

    /// Adds one meaning.
    pub fn insert(&mut self, meaning: Meaning<'a>) {
        let is_crowd = match meaning {
            Meaning::Instance(id, _) | Meaning::Method(id, _) => {
                let is_another = |known: &&Meaning<'_>| matches!(known, Meaning::Instance(other, _) | Meaning::Method(other, _) if *other == id);
                self.known.iter().filter(is_another).count() >= MAX_INSTANCES
            }
            _ => false,
        };
        if self.known.len() < MAX_MEANINGS && !is_crowd && !self.known.iter().any(|known| same(known, &meaning)) {
            self.known.push(meaning);
        }
    }

    /// The string it is, if it can be nothing else.
    pub fn string(&self) -> Option<&'a str> {
        match *self.known {
            [Meaning::Constant(Constant::Str(text))] if !self.open => Some(text),
            _ => None,
        }
    }

    /// The strings it may be.
    pub fn strings(&self) -> impl Iterator<Item = &'a str> {
        self.known.iter().filter_map(|meaning| match meaning {
            Meaning::Constant(Constant::Str(text)) => Some(*text),
            _ => None,
        })
    }
}

/// Whether two meanings are the same.
pub(super) fn same(a: &Meaning<'_>, b: &Meaning<'_>) -> bool {
    match (a, b) {
        (Meaning::Name(a), Meaning::Name(b))
        | (Meaning::Handed(a), Meaning::Handed(b))
        | (Meaning::Holder(a), Meaning::Holder(b))
        | (Meaning::Namespace(a), Meaning::Namespace(b)) => a == b,
        (Meaning::Instance(a, made), Meaning::Instance(b, other))
        | (Meaning::Method(a, made), Meaning::Method(b, other)) => {
            a == b
                && match (made, other) {
                    (Made::Here(a, _), Made::Here(b, _)) => std::ptr::eq(*a, *b),
                    (Made::Elsewhere(a), Made::Elsewhere(b)) => a == b,
                    (Made::Unseen, Made::Unseen) => true,
                    _ => false,
                }
        }
        (Meaning::Class(a), Meaning::Class(b))
        | (Meaning::Object(a), Meaning::Object(b))
        | (Meaning::Super(a), Meaning::Super(b)) => a == b,
        (Meaning::Function(a), Meaning::Function(b)) => a == b,
        (Meaning::Constant(a), Meaning::Constant(b)) => a == b,
        (Meaning::Display(a, _), Meaning::Display(b, _)) => std::ptr::eq(*a, *b),
        (Meaning::Partial(a, _), Meaning::Partial(b, _)) => std::ptr::eq(*a, *b),
        (Meaning::Methodcaller(_, a, _), Meaning::Methodcaller(_, b, _)) => std::ptr::eq(*a, *b),
        (Meaning::Attrgetter(a), Meaning::Attrgetter(b)) => a == b,
        (Meaning::Module(a), Meaning::Module(b)) => a == b,
        (Meaning::Unread(a, x), Meaning::Unread(b, y)) => a == b && x == y,
        (Meaning::ForeignClass(a), Meaning::ForeignClass(b))
        | (Meaning::ForeignObject(a), Meaning::ForeignObject(b)) => std::ptr::eq(*a, *b),
        (Meaning::ForeignFunction(a), Meaning::ForeignFunction(b)) => std::ptr::eq(*a, *b),
        (Meaning::Globals, Meaning::Globals) | (Meaning::Other, Meaning::Other) => true,
        _ => false,
    }
}
