//! One walk over a syntax tree: fills the [`Scopes`] and lists the places that rules may be interested in.
//!
//! The tree of a hostile file can be deeper than any stack, so the walk keeps its own. Decides nothing about names.

mod expressions;
mod settings;
mod statements;
mod targets;

use super::scopes::{
    ANY_TIME, Binding, BindingId, Block, BlockId, Bound, ClassId, GroupId, Place, Scope, ScopeKind, Scopes,
};
use ruff_python_ast::{Expr, ExprCall, ExprSubscript, Pattern, Stmt};
use ruff_text_size::{TextRange, TextSize};
pub(super) use settings::{Around, AroundId, Beside, Key, Of, Setting};
use std::collections::{BTreeSet, HashMap};

/// What the file was collected into.
#[derive(Debug)]
pub(super) struct Collected<'a> {
    pub scopes: Scopes<'a>,
    pub sites: Vec<Site<'a>>,
    /// What may be settings.
    pub settings: Vec<Setting<'a>>,
    /// The names of those that are assigned to.
    pub stated: BTreeSet<&'a str>,
    /// What expressions are written in.
    pub arounds: Vec<Around<'a>>,
    /// Modules imported anywhere in the file, with the member imported.
    pub imports: Vec<(&'a str, Option<&'a str>)>,
    /// Values that are only given a name, by which other files may get at them.
    pub stored: HashMap<TextRange, Stored<'a>>,
    /// How deep the tree is.
    pub depth: u32,
}

/// The name or attribute that a value is given.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stored<'a> {
    pub id: BindingId,
    /// The name; `None` for an attribute of an instance.
    pub name: Option<&'a str>,
}

/// A place that rules may be interested in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site<'a> {
    pub kind: SiteKind<'a>,
    pub place: Place,
}

/// What is there.
#[derive(Clone, Copy, Debug)]
pub(super) enum SiteKind<'a> {
    Call(&'a ExprCall),
    /// A name that is passed on, stored or returned.
    Value(&'a Expr),
    /// `value[index]`, read.
    Subscript(&'a ExprSubscript),
    Class(ClassId),
    /// What may be a setting, by its index.
    Setting(usize),
}

/// What happens to the value of an expression.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Use {
    /// Passed on, stored in something that is no plain name, or returned.
    Value,
    /// Called.
    Callee,
    /// Looked into: the `x` of `x.y` and `x[y]`.
    Object,
    /// Bound to a plain name.
    Alias,
    /// Compared, tested, or only there for type checkers.
    Ignored,
}

#[derive(Clone, Copy)]
enum Node<'a> {
    Statement(&'a Stmt),
    Expression(&'a Expr, Use),
    Pattern(&'a Pattern),
}

#[derive(Clone, Copy)]
struct Task<'a> {
    node: Node<'a>,
    place: Place,
    depth: u32,
    around: AroundId,
}

struct Collector<'a, 'c> {
    scopes: Scopes<'a>,
    sites: Vec<Site<'a>>,
    settings: Vec<Setting<'a>>,
    arounds: Vec<Around<'a>>,
    /// What the task at hand is written in.
    around: AroundId,
    tasks: Vec<Task<'a>>,
    /// Bindings made through `nonlocal`, with the scope that says so.
    nonlocals: Vec<(&'a str, BindingId, usize)>,
    imports: Vec<(&'a str, Option<&'a str>)>,
    stored: HashMap<TextRange, Stored<'a>>,
    depth: u32,
    deepest: u32,
    is_setting: &'c dyn Fn(&str) -> bool,
}

/// Collects the module `body`. `is_setting` says which names may be settings.
pub(super) fn collect<'a>(body: &'a [Stmt], range: TextRange, is_setting: &dyn Fn(&str) -> bool) -> Collected<'a> {
    let mut collector = Collector {
        scopes: Scopes::default(),
        sites: Vec::new(),
        settings: Vec::new(),
        arounds: Vec::new(),
        around: None,
        tasks: Vec::new(),
        nonlocals: Vec::new(),
        imports: Vec::new(),
        stored: HashMap::new(),
        depth: 0,
        deepest: 0,
        is_setting,
    };
    let module = collector.scope(ScopeKind::Module, None, None, range);
    collector.body(body, module);
    while let Some(task) = collector.tasks.pop() {
        collector.depth = task.depth + 1;
        collector.around = task.around;
        collector.deepest = collector.deepest.max(task.depth);
        match task.node {
            Node::Statement(statement) => collector.statement(statement, task.place),
            Node::Expression(expression, used) => collector.expression(expression, used, task.place),
            Node::Pattern(pattern) => collector.pattern(pattern, task.place),
        }
    }
    collector.bind_nonlocals();
    collector.scopes.finish();
    Collected {
        scopes: collector.scopes,
        sites: collector.sites,
        stated: settings::stated(&collector.settings),
        settings: collector.settings,
        arounds: collector.arounds,
        imports: collector.imports,
        stored: collector.stored,
        depth: collector.deepest,
    }
}

impl<'a> Collector<'a, '_> {
    fn scope(
        &mut self,
        kind: ScopeKind,
        name: Option<&'a str>,
        defined: Option<(Place, TextSize)>,
        range: TextRange,
    ) -> Place {
        let scope = self.scopes.scopes.len();
        self.scopes.scopes.push(Scope {
            kind,
            name,
            defined,
            bindings: HashMap::new(),
            stars: Vec::new(),
            globals: Vec::new(),
            nonlocals: Vec::new(),
            receiver: None,
            def: None,
            returned: Vec::new(),
            yielded: Vec::new(),
        });
        let block = self.scopes.blocks.len();
        let depth = defined.map_or(0, |(place, _)| self.scopes.blocks[place.block].depth + 1);
        self.scopes.blocks.push(Block { parent: None, depth, range, group: None, in_loop: false, type_checking: None });
        Place { scope, block }
    }

    /// A block of `place` that may run or not.
    fn block(&mut self, place: Place, range: Option<TextRange>, group: Option<GroupId>, is_loop: bool) -> Place {
        let Some(range) = range else { return place };
        let outer = &self.scopes.blocks[place.block];
        let (in_loop, depth) = (is_loop || outer.in_loop, outer.depth + 1);
        let block: BlockId = self.scopes.blocks.len();
        self.scopes.blocks.push(Block { parent: Some(place.block), depth, range, group, in_loop, type_checking: None });
        Place { block, ..place }
    }

    /// A new group of blocks that exclude each other; `arms`: how many, if one of them always runs.
    fn group(&mut self, arms: Option<usize>) -> Option<GroupId> {
        self.scopes.groups.push(arms);
        Some(self.scopes.groups.len() - 1)
    }

    fn push(&mut self, node: Node<'a>, place: Place) {
        self.tasks.push(Task { node, place, depth: self.depth, around: self.around });
    }

    fn visit(&mut self, expression: &'a Expr, used: Use, place: Place) {
        self.push(Node::Expression(expression, used), place);
    }

    /// The last task pushed is the first done, so that names are declared before they are bound.
    fn body(&mut self, body: &'a [Stmt], place: Place) {
        body.iter().rev().for_each(|statement| self.push(Node::Statement(statement), place));
    }

    fn bind(&mut self, name: &'a str, bound: Bound<'a>, place: Place, at: TextSize) {
        let id = self.scopes.bindings.len();
        let scope = &self.scopes.scopes[place.scope];
        let (target, block, at) = if place.scope != 0 && scope.globals.contains(&name) {
            (Some(0), 0, ANY_TIME)
        } else if scope.nonlocals.contains(&name) {
            self.nonlocals.push((name, id, place.scope));
            (None, place.block, ANY_TIME)
        } else {
            (Some(place.scope), place.block, at)
        };
        self.scopes.bindings.push(Binding { bound, place, block, at });
        if let Some(target) = target {
            self.scopes.scopes[target].bindings.entry(name).or_default().push(id);
        }
    }

    /// Gives each binding of a `nonlocal` name to the nearest function around that binds it.
    fn bind_nonlocals(&mut self) {
        for (name, id, from) in std::mem::take(&mut self.nonlocals) {
            let mut next = self.scopes.scopes[from].defined;
            while let Some((place, _)) = next {
                let scope = &mut self.scopes.scopes[place.scope];
                next = scope.defined;
                if scope.kind != ScopeKind::Function {
                    continue;
                }
                if let Some(ids) = scope.bindings.get_mut(name) {
                    ids.push(id);
                    // The block of a function is made right after its scope, and the first of it.
                    self.scopes.bindings[id].block = place.block;
                    break;
                }
            }
        }
    }
}
