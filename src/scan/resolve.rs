//! Finds out what expressions mean.
//!
//! Each binding is evaluated once. Expressions are followed to a fixed depth, so the work is linear in the file.

mod annotations;
mod attributes;
mod calls;
mod chain;
mod displays;
mod entries;
mod functions;
mod imports;
mod strings;

pub(super) use chain::{Is, Link};
pub(super) use strings::Texts;

use super::collect::Stored;
use super::meaning::{Constant, MAX_MEANINGS, Meaning, Meanings};
use super::modules::{ModuleId, Modules};
use super::names::{NameId, Names, Special};
use super::scopes::{Binding, BindingId, BlockId, Bound, Place, ScopeId, Scopes};
use ruff_python_ast::{BoolOp, Expr, ExprBoolOp, Number, UnaryOp};
use ruff_text_size::{Ranged, TextSize};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

/// How deep an expression is followed: calls, attributes and alternatives inside one another.
pub(super) const MAX_DEPTH: u32 = 64;
/// How long a chain of names is followed that are bound to one another, counted from one that is not known yet.
const MAX_CHAIN: u32 = 1000;
/// How many elements of literals are looked at in one file.
const MAX_ELEMENTS: usize = 100_000;
/// How many expressions are looked at in one file, and how many more for each of its bytes; real files take one or two.
const MAX_STEPS: usize = 1_000_000;
const STEPS_PER_BYTE: usize = 16;

/// Finds out what expressions of one file mean.
pub(super) struct Resolver<'a, 'c> {
    names: &'c Names<'c>,
    scopes: &'c Scopes<'a>,
    modules: &'a dyn Modules,
    /// What imports speak of in the repository.
    located: HashMap<(u32, &'a str), Option<ModuleId>>,
    /// Modules of the repository that go by the name of a library.
    libraries: HashMap<ModuleId, NameId>,
    /// Names of modules that have not been looked into, and decide something here.
    wanted: BTreeSet<(ModuleId, &'a str)>,
    meets_foreign: bool,
    bindings: Vec<Known<'a>>,
    bases: Vec<Known<'a>>,
    crowds: HashMap<(ScopeId, &'a str), Rc<Meanings<'a>>>,
    /// What functions return, by their scope.
    functions: Vec<Known<'a>>,
    /// Strings that the file puts together.
    texts: &'a Texts,
    dead: HashMap<BlockId, bool>,
    /// Names and attributes that something in the file reads, by what gives them a value.
    read: HashSet<BindingId>,
    chain: u32,
    /// How many elements of literals may still be looked at: literals in literals could multiply.
    elements_left: usize,
    /// What displays hold, under a key if one was asked for.
    items: HashMap<(*const Expr, Option<&'a str>), Vec<Meaning<'a>>>,
    /// How many more expressions are looked at: values can be made of each other in more ways than can be followed.
    steps_left: usize,
}

#[derive(Clone, Default)]
enum Known<'a> {
    #[default]
    Not,
    Asked,
    Yes(Rc<Meanings<'a>>),
}

impl<'a, 'c> Resolver<'a, 'c> {
    pub fn new(names: &'c Names<'c>, scopes: &'c Scopes<'a>, texts: &'a Texts, modules: &'a dyn Modules) -> Self {
        let mut resolver = Self {
            names,
            scopes,
            modules,
            located: HashMap::new(),
            libraries: HashMap::new(),
            wanted: BTreeSet::new(),
            meets_foreign: false,
            bindings: vec![Known::default(); scopes.bindings.len()],
            bases: vec![Known::default(); scopes.classes.len()],
            crowds: HashMap::new(),
            functions: vec![Known::default(); scopes.scopes.len()],
            texts,
            dead: HashMap::new(),
            read: HashSet::new(),
            chain: 0,
            elements_left: MAX_ELEMENTS,
            items: HashMap::new(),
            steps_left: MAX_STEPS
                + STEPS_PER_BYTE * scopes.blocks.first().map_or(0, |module| module.range.len().to_usize()),
        };
        // In the order of the text a chain of aliases is short at each step. All else waits until somebody asks.
        for (id, binding) in scopes.bindings.iter().enumerate() {
            if let Bound::Value(Expr::Name(_) | Expr::Attribute(_)) = binding.bound {
                resolver.binding(id);
            }
        }
        resolver
    }

    /// Whether values are made of each other in more ways than were followed.
    pub fn is_exhausted(&self) -> bool {
        self.steps_left == 0
    }

    /// Names of modules of the repository that have not been looked into, and decide something in the file.
    pub fn wanted(&self) -> Vec<(ModuleId, String)> {
        self.wanted.iter().map(|(module, name)| (*module, (*name).to_owned())).collect()
    }

    /// Whether something of another module may pass parameters on.
    pub fn meets_foreign(&self) -> bool {
        self.meets_foreign
    }

    pub fn names(&self) -> &'c Names<'c> {
        self.names
    }

    pub fn scopes(&self) -> &'c Scopes<'a> {
        self.scopes
    }

    /// Whether what is stored is read in this file, or replaced: then other files do not get at it.
    pub fn is_inner(&self, stored: &Stored<'a>) -> bool {
        let scope = &self.scopes.scopes[self.scopes.bindings[stored.id].place.scope];
        let rebound = |name| scope.bindings.get(name).is_some_and(|all| all.last() != Some(&stored.id));
        self.read.contains(&stored.id) || stored.name.is_some_and(rebound)
    }

    /// What `expression` may mean where it is evaluated in `place`.
    pub fn meaning(&mut self, expression: &'a Expr, place: Place) -> Meanings<'a> {
        self.at_depth(expression, place, MAX_DEPTH)
    }

    fn at_depth(&mut self, expression: &'a Expr, place: Place, depth: u32) -> Meanings<'a> {
        let Some(depth) = depth.checked_sub(1).filter(|_| self.steps_left > 0) else { return Meanings::unknown() };
        self.steps_left -= 1;
        let constant = |constant| Meanings::one(Meaning::Constant(constant));
        match expression {
            Expr::Name(name) => self.name(name.id.as_str(), place, name.start()),
            Expr::Attribute(attribute) => {
                let object = self.at_depth(&attribute.value, place, depth);
                self.attribute(&object, attribute.attr.as_str())
            }
            Expr::Call(call) => self.call(expression, call, place, depth),
            Expr::Subscript(subscript) => {
                let holder = self.at_depth(&subscript.value, place, depth);
                self.taken(&holder, &subscript.value, &subscript.slice, place, depth)
            }
            Expr::If(either) => {
                let mut found = self.at_depth(&either.body, place, depth);
                found.add(&self.at_depth(&either.orelse, place, depth));
                found
            }
            Expr::BoolOp(operation) => self.either(operation, place, depth),
            Expr::BinOp(operation) => self.operation(expression, operation, place, depth),
            Expr::Await(awaited) => self.at_depth(&awaited.value, place, depth),
            Expr::Named(named) => self.at_depth(&named.value, place, depth),
            Expr::NoneLiteral(_) => constant(Constant::None),
            Expr::BooleanLiteral(literal) => constant(Constant::Bool(literal.value)),
            Expr::NumberLiteral(literal) => match &literal.value {
                Number::Int(int) => {
                    int.as_i64().map_or(Meanings::one(Meaning::Other), |int| constant(Constant::Int(int)))
                }
                _ => Meanings::one(Meaning::Other),
            },
            Expr::StringLiteral(literal) => constant(Constant::Str(literal.value.to_str())),
            Expr::UnaryOp(operation) => self.unary(operation.op, &operation.operand, place, depth),
            Expr::Tuple(_) | Expr::List(_) | Expr::Set(_) | Expr::Dict(_) => {
                Meanings::one(Meaning::Display(expression, place))
            }
            Expr::Lambda(lambda) => match self.scopes.lambdas.get(&lambda.start()) {
                Some(&function) => Meanings::one(Meaning::Function(function)),
                None => Meanings::unknown(),
            },
            Expr::FString(string) => self.interpolated(string, place, depth),
            Expr::BytesLiteral(_) | Expr::EllipsisLiteral(_) => Meanings::one(Meaning::Other),
            _ => Meanings::unknown(),
        }
    }

    /// What `a or b` may be: whatever one of its values may be, but for what makes it look at the next.
    fn either(&mut self, operation: &'a ExprBoolOp, place: Place, depth: u32) -> Meanings<'a> {
        let mut found = Meanings::default();
        let last = operation.values.len().saturating_sub(1);
        for (i, value) in operation.values.iter().enumerate().take(MAX_MEANINGS) {
            let mut value = self.at_depth(value, place, depth);
            if i < last {
                let goes_on = |constant: &Constant<'_>| constant.is_true() == (operation.op == BoolOp::And);
                value.known.retain(|meaning| !matches!(meaning, Meaning::Constant(constant) if goes_on(constant)));
                let stops = !value.open && value.known.iter().all(|meaning| matches!(meaning, Meaning::Constant(_)));
                if stops && !value.known.is_empty() {
                    found.add(&value);
                    return found;
                }
            }
            found.add(&value);
        }
        found.open |= operation.values.len() > MAX_MEANINGS;
        found
    }

    fn unary(&mut self, op: UnaryOp, operand: &'a Expr, place: Place, depth: u32) -> Meanings<'a> {
        let operand = self.at_depth(operand, place, depth);
        let mut found = Meanings { known: Vec::new(), open: operand.open };
        for meaning in &operand.known {
            let value = match meaning {
                Meaning::Constant(Constant::Bool(value)) => i64::from(*value),
                Meaning::Constant(Constant::Int(value)) => *value,
                _ => {
                    found.open = true;
                    continue;
                }
            };
            match op {
                UnaryOp::Not => found.insert(Meaning::Constant(Constant::Bool(value == 0))),
                UnaryOp::USub => found.insert(Meaning::Constant(Constant::Int(value.wrapping_neg()))),
                UnaryOp::UAdd => found.insert(Meaning::Constant(Constant::Int(value))),
                UnaryOp::Invert => found.insert(Meaning::Constant(Constant::Int(!value))),
            }
        }
        found
    }

    /// What the name `name` may mean at `offset`.
    pub fn name(&mut self, name: &'a str, place: Place, offset: TextSize) -> Meanings<'a> {
        let scopes = self.scopes;
        let stars = self.star_members(name, place);
        let reaching = scopes.reaching(name, place, offset, &|star| stars.iter().any(|(id, _)| *id == star));
        let mut found = Meanings::default();
        for &id in &reaching.bindings {
            if self.is_dead(scopes.bindings[id].place) {
                continue;
            }
            match stars.iter().find(|(star, _)| *star == id) {
                Some((_, member)) => found.add(member),
                None => found.add(&self.binding(id)),
            }
            self.read.insert(id);
        }
        for &scope in &reaching.crowded {
            found.add(&self.crowd(scope, name));
        }
        if found.known.is_empty() && !found.open && !reaching.certain {
            return match self.names.builtin(name) {
                Some(id) => Meanings::one(Meaning::Name(id)),
                None => Meanings::unknown(),
            };
        }
        found
    }

    /// The star imports in sight of `place` that bind `name`, and what to.
    fn star_members(&mut self, name: &'a str, place: Place) -> Vec<(BindingId, Meanings<'a>)> {
        let mut found = Vec::new();
        let mut next = Some(place.scope);
        while let Some(id) = next {
            let scope = &self.scopes.scopes[id];
            found.extend(scope.stars.iter().filter_map(|&star| Some((star, self.star_member(star, name)?))));
            next = scope.defined.map(|(outer, _)| outer.scope);
        }
        found
    }

    /// All that `name` of a scope may mean, whenever it is bound.
    pub fn all_meanings(&mut self, scope: ScopeId, name: &'a str) -> Rc<Meanings<'a>> {
        self.crowd(scope, name)
    }

    fn crowd(&mut self, scope: ScopeId, name: &'a str) -> Rc<Meanings<'a>> {
        if let Some(found) = self.crowds.get(&(scope, name)) {
            return found.clone();
        }
        // Asked again while it is worked out: nothing new.
        self.crowds.insert((scope, name), Rc::default());
        let mut found = Meanings::default();
        let scopes = self.scopes;
        for &id in scopes.scopes[scope].bindings.get(name).into_iter().flatten() {
            found.add(&self.binding(id));
            self.read.insert(id);
        }
        let found = Rc::new(found);
        self.crowds.insert((scope, name), found.clone());
        found
    }

    /// Whether code in `place` runs for type checkers only.
    pub fn is_dead(&mut self, place: Place) -> bool {
        let mut path = Vec::new();
        let mut next = Some(place);
        let mut dead = false;
        while let Some(place) = next {
            if let Some(&known) = self.dead.get(&place.block) {
                dead = known;
                break;
            }
            path.push(place.block);
            let block = &self.scopes.blocks[place.block];
            if let Some((test, true)) = block.type_checking {
                // Until it is known: so that the question does not ask itself.
                self.dead.insert(place.block, false);
                let outer = Place { block: block.parent.unwrap_or(place.block), ..place };
                let meanings = self.meaning(test, outer);
                dead = !meanings.open
                    && !meanings.known.is_empty()
                    && meanings.known.iter().all(|meaning| match meaning {
                        Meaning::Name(id) => self.names.special(*id) == Some(Special::TypeChecking),
                        Meaning::Constant(constant) => *constant == Constant::Bool(false),
                        _ => false,
                    });
                if dead {
                    break;
                }
            }
            next = match block.parent {
                Some(parent) => Some(Place { block: parent, ..place }),
                None => self.scopes.scopes[place.scope].defined.map(|(outer, _)| outer),
            };
        }
        self.dead.extend(path.into_iter().map(|block| (block, dead)));
        dead
    }

    fn binding(&mut self, id: BindingId) -> Rc<Meanings<'a>> {
        match &self.bindings[id] {
            Known::Yes(meanings) => return meanings.clone(),
            // Bound to itself: adds nothing.
            Known::Asked => return Rc::default(),
            Known::Not if self.chain > MAX_CHAIN => return Rc::new(Meanings::unknown()),
            Known::Not => {}
        }
        self.bindings[id] = Known::Asked;
        let found = Rc::new(self.deeper(|resolver| resolver.evaluate(id)));
        self.bindings[id] = Known::Yes(found.clone());
        found
    }

    fn evaluate(&mut self, id: BindingId) -> Meanings<'a> {
        let Binding { bound, place, .. } = self.scopes.bindings[id];
        match bound {
            Bound::Import { level, module, member: None } => self.imported(level, module),
            Bound::Import { level, module, member: Some(member) } => self.imported_member(level, module, member),
            Bound::Value(value) => self.meaning(value, place),
            Bound::Entered(value) => {
                let mut entered = self.meaning(value, place);
                entered.known.retain(|meaning| {
                    matches!(meaning, Meaning::Instance(..) | Meaning::Handed(_) | Meaning::Object(_))
                });
                entered.open |= entered.known.is_empty();
                entered
            }
            Bound::Element(value) => {
                let values = self.meaning(value, place);
                let mut found = Meanings::unknown();
                for meaning in &values.known {
                    match *meaning {
                        Meaning::Holder(class) => found.insert(Meaning::Handed(class)),
                        _ => self.items(meaning, None, MAX_DEPTH).into_iter().for_each(|held| found.insert(held)),
                    }
                }
                found
            }
            Bound::Part { value, index, each } => self.part(value, index, each, place),
            Bound::Annotated(annotation) => self.annotated(annotation, place),
            Bound::Parameter { annotation, default, .. } => {
                let mut found =
                    annotation.map_or_else(Meanings::unknown, |annotation| self.annotated(annotation, place));
                // `None` says that nothing was passed, not what is used then.
                if let Some(default) = default.filter(|default| !default.is_none_literal_expr()) {
                    found.add(&self.meaning(default, place));
                }
                found.open = true;
                found
            }
            Bound::Receiver { class, is_class: true } => Meanings::one(Meaning::Class(class)),
            Bound::Receiver { class, is_class: false } => Meanings::one(Meaning::Object(class)),
            Bound::Class(class) => Meanings::one(Meaning::Class(class)),
            Bound::Function(scope) => Meanings::one(Meaning::Function(scope)),
            Bound::Unpacked(_) | Bound::Augmented(_) | Bound::Opaque => Meanings::unknown(),
            Bound::Star { .. } | Bound::Deleted => Meanings::default(),
        }
    }

    /// Follows one more name; the chain of names may be longer than the stack is deep.
    fn deeper<T>(&mut self, follow: impl FnOnce(&mut Self) -> T) -> T {
        self.chain += 1;
        let found = stacker::maybe_grow(128 * 1024, 1024 * 1024, || follow(self));
        self.chain -= 1;
        found
    }
}
