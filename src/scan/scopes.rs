//! Which bindings of a name may be in effect at a place: scopes, blocks and bindings, as Python defines them.
//!
//! Filled by [`super::collect`]; decides by position and block only, and does not know what a binding means.

use super::changes::Change;
use ruff_python_ast::{Expr, StmtClassDef, StmtFunctionDef};
use ruff_text_size::{TextRange, TextSize};
use std::collections::{BTreeMap, HashMap, HashSet};

pub(super) type ScopeId = usize;
pub(super) type BlockId = usize;
pub(super) type BindingId = usize;
pub(super) type ClassId = usize;
pub(super) type GroupId = usize;

/// Where an expression is evaluated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Place {
    pub scope: ScopeId,
    pub block: BlockId,
}

/// What makes a scope.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ScopeKind {
    Module,
    /// A function or lambda: its body runs later.
    Function,
    Class,
    Comprehension,
}

/// A namespace.
#[derive(Debug)]
pub(super) struct Scope<'a> {
    pub kind: ScopeKind,
    /// The name of the function or class.
    pub name: Option<&'a str>,
    /// Where it is defined, and at which offset; `None` for the module.
    pub defined: Option<(Place, TextSize)>,
    /// Bindings by name, in the order of their offsets once collected.
    pub bindings: HashMap<&'a str, Vec<BindingId>>,
    /// `from module import *`, in order.
    pub stars: Vec<BindingId>,
    /// Names declared `global`.
    pub globals: Vec<&'a str>,
    /// Names declared `nonlocal`.
    pub nonlocals: Vec<&'a str>,
    /// Of a method: the class, and the name of its first parameter.
    pub receiver: Option<(ClassId, &'a str)>,
    /// The statement that defines a function.
    pub def: Option<&'a StmtFunctionDef>,
    /// What a function returns, or a lambda.
    pub returned: Vec<(&'a Expr, Place)>,
    /// What a generator yields.
    pub yielded: Vec<(&'a Expr, Place)>,
}

/// Statements that run together or not at all: a branch, a loop body, a handler, or all of a scope.
#[derive(Debug)]
pub(super) struct Block<'a> {
    pub parent: Option<BlockId>,
    /// How many blocks are around it, those of outer scopes included.
    pub depth: u32,
    pub range: TextRange,
    /// Blocks of the same group exclude each other.
    pub group: Option<GroupId>,
    /// Inside a loop of the same scope.
    pub in_loop: bool,
    /// Runs only if this is (true: or is not) true.
    pub type_checking: Option<(&'a Expr, bool)>,
}

/// What a name is bound to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Bound<'a> {
    /// `import a.b as name`: the module `a.b`; `from ..a.b import c`: its member, after `level` dots.
    Import {
        level: u32,
        module: &'a str,
        member: Option<&'a str>,
    },
    /// `from a.b import *`
    Star {
        level: u32,
        module: &'a str,
    },
    /// `name = value`
    Value(&'a Expr),
    /// `with value as name`
    Entered(&'a Expr),
    /// `for name in value`
    Element(&'a Expr),
    /// `name, other = value`, also of a `with` or `for`
    Unpacked(&'a Expr),
    /// `name += value`
    Augmented(&'a Expr),
    /// A variable with this annotation.
    Annotated(&'a Expr),
    /// Element `index` of `value`; `each`: of each element of `value`.
    Part {
        value: &'a Expr,
        index: usize,
        each: bool,
    },
    /// A parameter of the function or lambda whose scope is given.
    Parameter {
        function: ScopeId,
        annotation: Option<&'a Expr>,
        default: Option<&'a Expr>,
    },
    /// The first parameter of a method.
    Receiver {
        class: ClassId,
        is_class: bool,
    },
    Class(ClassId),
    /// A function, by the scope of its body.
    Function(ScopeId),
    /// Something that cannot be known.
    Opaque,
    /// `del name`
    Deleted,
}

impl<'a> Bound<'a> {
    /// The expression that the value is, or is taken from.
    pub fn value(self) -> Option<&'a Expr> {
        match self {
            Self::Value(value) | Self::Entered(value) | Self::Element(value) => Some(value),
            Self::Unpacked(value) | Self::Augmented(value) | Self::Part { value, .. } => Some(value),
            _ => None,
        }
    }
}

/// One binding of one name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Binding<'a> {
    pub bound: Bound<'a>,
    /// Where its value is evaluated.
    pub place: Place,
    /// The block of the name's own scope that it depends on.
    pub block: BlockId,
    /// From where it is in effect; the end of all text if it may happen at any time.
    pub at: TextSize,
}

/// A class statement.
#[derive(Debug)]
pub(super) struct Class<'a> {
    pub statement: &'a StmtClassDef,
    /// Where it is defined.
    pub place: Place,
    /// The scope of its body.
    pub scope: ScopeId,
    /// Values given to `self.name` in its methods.
    pub attributes: HashMap<&'a str, Vec<BindingId>>,
}

/// An assignment to an attribute or element of something.
#[derive(Clone, Copy, Debug)]
pub(super) struct Store<'a> {
    pub target: &'a Expr,
    pub bound: Bound<'a>,
    pub place: Place,
    /// From where it is in effect.
    pub at: TextSize,
}

/// All namespaces of a file.
#[derive(Debug, Default)]
pub(super) struct Scopes<'a> {
    pub scopes: Vec<Scope<'a>>,
    pub blocks: Vec<Block<'a>>,
    /// For each group of blocks: how many there are, if one of them always runs.
    pub groups: Vec<Option<usize>>,
    pub bindings: Vec<Binding<'a>>,
    pub classes: Vec<Class<'a>>,
    /// The scopes of lambdas, by where they start.
    pub lambdas: HashMap<TextSize, ScopeId>,
    /// Attributes that something else than a method of their class gives a value, or one that cannot be known.
    pub set_elsewhere: HashSet<&'a str>,
    /// What is done to dictionaries after they were made, by the name they have there, in the order of the text.
    pub changes: HashMap<&'a str, Vec<Change<'a>>>,
    /// Assignments to attributes and elements.
    pub stores: Vec<Store<'a>>,
}

/// Bindings that happen at an unknown time: made through `global` or `nonlocal`.
pub(super) const ANY_TIME: TextSize = TextSize::new(u32::MAX);

/// Where more bindings than this must be weighed for one use, all bindings of the name count.
const MAX_WEIGHED: usize = 64;

/// The bindings that may be in effect.
#[derive(Debug, PartialEq, Eq, Default)]
pub(super) struct Reaching {
    pub bindings: Vec<BindingId>,
    /// Scopes in which all bindings of the name count.
    pub crowded: Vec<ScopeId>,
    /// Whether one of them is in effect for certain, so that outer scopes are out of sight.
    pub certain: bool,
}

impl<'a> Scopes<'a> {
    /// Puts the bindings of each name in order. To be called once, after collecting.
    pub fn finish(&mut self) {
        let bindings = &self.bindings;
        for scope in &mut self.scopes {
            scope.bindings.values_mut().for_each(|ids| ids.sort_by_key(|&id| bindings[id].at));
        }
    }

    /// The bindings of `name` that may be in effect at `offset` in `place`, innermost scope first. `star_binds` says
    /// whether a star import binds the name.
    pub fn reaching(
        &self,
        name: &str,
        place: Place,
        offset: TextSize,
        star_binds: &dyn Fn(BindingId) -> bool,
    ) -> Reaching {
        let mut found = Reaching::default();
        let mut here = Some((place, offset));
        // Whether the code may run at any time after the place in the scope that is looked at.
        let mut later = false;
        let mut innermost = true;
        while let Some((place, offset)) = here {
            let scope = &self.scopes[place.scope];
            let is_global = scope.globals.contains(&name);
            if (innermost || scope.kind != ScopeKind::Class) && !is_global && !scope.nonlocals.contains(&name) {
                let own = scope.bindings.get(name).map(Vec::as_slice);
                let stars: Vec<BindingId> = scope.stars.iter().copied().filter(|&id| star_binds(id)).collect();
                if stars.is_empty() {
                    self.weigh(own.unwrap_or_default(), place, offset, later, &mut found);
                } else {
                    let mut all = [own.unwrap_or_default(), &stars].concat();
                    all.sort_by_key(|&id| self.bindings[id].at);
                    self.weigh(&all, place, offset, later, &mut found);
                }
                // A name bound anywhere in a function is local to it.
                found.certain |= own.is_some() && matches!(scope.kind, ScopeKind::Function | ScopeKind::Comprehension);
            }
            if found.certain {
                break;
            }
            later |= scope.kind == ScopeKind::Function;
            innermost = false;
            here = scope.defined;
            while let Some((place, _)) = here.filter(|(place, _)| is_global && place.scope != 0) {
                here = self.scopes[place.scope].defined;
            }
        }
        found
    }

    /// Adds those of `ids`, sorted by offset, that may be in effect.
    fn weigh(&self, ids: &[BindingId], place: Place, offset: TextSize, later: bool, found: &mut Reaching) {
        let split = ids.partition_point(|&id| self.bindings[id].at <= offset);
        let known = found.bindings.len();
        let mut arms = BTreeMap::new();
        for (steps, &id) in ids[..split].iter().rev().enumerate() {
            if steps == MAX_WEIGHED {
                return self.give_up(place, known, found);
            }
            let block = self.bindings[id].block;
            if !self.excludes(block, place.block) {
                found.bindings.push(id);
                if self.encloses(block, place.block) || self.completes(block, place.block, &mut arms) {
                    found.certain = true;
                    break;
                }
            }
        }
        // What comes later in the text matters if the code runs later, or again.
        let end = if later { ANY_TIME } else { self.end_of_loops(place.block) };
        let again = split + ids[split..].partition_point(|&id| self.bindings[id].at <= end);
        let any_time = ids.partition_point(|&id| self.bindings[id].at < ANY_TIME).max(again);
        for (steps, &id) in ids[split..again].iter().chain(&ids[any_time..]).enumerate() {
            if steps == MAX_WEIGHED {
                return self.give_up(place, known, found);
            }
            let binding = &self.bindings[id];
            if later || binding.at == ANY_TIME || self.in_common_loop(binding.block, place.block) {
                found.bindings.push(id);
            }
        }
    }

    fn give_up(&self, place: Place, known: usize, found: &mut Reaching) {
        found.bindings.truncate(known);
        found.crowded.push(place.scope);
    }

    /// Whether everything in block `inner` runs inside block `outer`.
    pub(super) fn encloses(&self, outer: BlockId, inner: BlockId) -> bool {
        outer == inner || self.blocks[outer].range.contains_range(self.blocks[inner].range)
    }

    /// Whether all branches of one statement bind the name, now that `block` does too, and one of them has run.
    fn completes(&self, block: BlockId, place: BlockId, arms: &mut BTreeMap<GroupId, (usize, BlockId)>) -> bool {
        let Block { group: Some(group), parent: Some(parent), .. } = self.blocks[block] else { return false };
        let (seen, last) = arms.entry(group).or_insert((0, BlockId::MAX));
        *seen += usize::from(*last != block);
        *last = block;
        self.groups[group] == Some(*seen) && self.encloses(parent, place)
    }

    /// Where the outermost loop around `block` ends; 0 if there is none.
    fn end_of_loops(&self, block: BlockId) -> TextSize {
        let mut end = TextSize::new(0);
        let mut next = Some(block).filter(|&id| self.blocks[id].in_loop);
        while let Some(id) = next {
            end = self.blocks[id].range.end();
            next = self.blocks[id].parent.filter(|&id| self.blocks[id].in_loop);
        }
        end
    }

    /// The innermost block around `a` that also encloses `b`, and the block just inside it on the way to `a`.
    fn meeting(&self, a: BlockId, b: BlockId) -> (Option<BlockId>, Option<BlockId>) {
        let (mut last, mut next) = (None, Some(a));
        while let Some(id) = next.filter(|&id| !self.encloses(id, b)) {
            last = Some(id);
            next = self.blocks[id].parent;
        }
        (next, last)
    }

    /// Whether at most one of the two blocks runs.
    pub(super) fn excludes(&self, a: BlockId, b: BlockId) -> bool {
        let (common, below_a) = self.meeting(a, b);
        let Some(group) = below_a.and_then(|id| self.blocks[id].group) else { return false };
        let below_b = self.meeting(b, a).1;
        below_b.and_then(|id| self.blocks[id].group) == Some(group) && !common.is_some_and(|id| self.blocks[id].in_loop)
    }

    pub(super) fn in_common_loop(&self, a: BlockId, b: BlockId) -> bool {
        self.meeting(a, b).0.is_some_and(|common| self.blocks[common].in_loop)
    }

    /// Dotted names of the classes and functions around `scope`.
    pub fn path(&self, scope: ScopeId) -> String {
        let mut names = Vec::new();
        let mut next = Some(scope);
        while let Some(id) = next {
            names.extend(self.scopes[id].name);
            next = self.scopes[id].defined.map(|(place, _)| place.scope);
        }
        names.reverse();
        names.join(".")
    }
}
