//! What the functions of the file return.

use super::{Known, MAX_CHAIN, Resolver};
use crate::scan::meaning::{MAX_MEANINGS, Meaning, Meanings};
use crate::scan::scopes::ScopeId;
use ruff_python_ast::{Expr, StmtFunctionDef};
use std::rc::Rc;

/// Decorators after which a call still returns what the body returns.
const TRANSPARENT: &[&str] = &[
    "abstractmethod",
    "cache",
    "cached_property",
    "classmethod",
    "final",
    "lru_cache",
    "override",
    "property",
    "staticmethod",
    "wraps",
];

/// Decorators that turn a method into an attribute.
const PROPERTIES: &[&str] = &["property", "cached_property"];

/// Decorators that turn a generator into a context manager, which is entered as what the generator yields.
const MANAGERS: &[&str] = &["contextmanager", "asynccontextmanager"];

impl<'a> Resolver<'a, '_> {
    /// What a call of the function may return.
    pub(super) fn returned(&mut self, function: ScopeId) -> Rc<Meanings<'a>> {
        match &self.functions[function] {
            Known::Yes(meanings) => return meanings.clone(),
            Known::Asked => return Rc::default(),
            Known::Not if self.chain > MAX_CHAIN => return Rc::new(Meanings::unknown()),
            Known::Not => {}
        }
        self.functions[function] = Known::Asked;
        let scope = &self.scopes.scopes[function];
        let mut decorators = scope.def.into_iter().flat_map(decorators);
        let is_manager = scope.def.is_some_and(|def| self::decorators(def).any(|name| MANAGERS.contains(&name)));
        let values = match (is_manager, scope.yielded.is_empty()) {
            (true, _) => &*scope.yielded,
            (false, true) => &*scope.returned,
            (false, false) => &[],
        };
        let mut found = Meanings {
            known: Vec::new(),
            open: values.is_empty()
                || values.len() > MAX_MEANINGS
                || decorators.any(|name| !TRANSPARENT.contains(&name) && !MANAGERS.contains(&name)),
        };
        for &(value, place) in values.iter().take(MAX_MEANINGS) {
            found.add(&self.deeper(|resolver| resolver.meaning(value, place)));
        }
        let found = Rc::new(found);
        self.functions[function] = Known::Yes(found.clone());
        found
    }

    /// Puts what properties return in the place of their functions.
    pub(super) fn read_properties(&mut self, found: &mut Meanings<'a>) {
        for meaning in std::mem::take(&mut found.known) {
            match meaning {
                Meaning::Function(function) if self.is_property(function) => found.add(&self.returned(function)),
                _ => found.insert(meaning),
            }
        }
    }

    fn is_property(&self, function: ScopeId) -> bool {
        let def = self.scopes.scopes[function].def;
        def.is_some_and(|def| decorators(def).any(|name| PROPERTIES.contains(&name)))
    }
}

/// The last names of the decorators of `def`; of what is no name, the empty one.
fn decorators(def: &StmtFunctionDef) -> impl Iterator<Item = &str> {
    def.decorator_list.iter().map(|decorator| {
        let decorator = match &decorator.expression {
            Expr::Call(call) => &call.func,
            expression => expression,
        };
        match decorator {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => "",
        }
    })
}
