//! One walk over a syntax tree: fills the [`Scopes`] and lists the places that rules may be interested in.
//!
//! The tree of a hostile file can be deeper than any stack, so the walk keeps its own. Decides nothing about names.

mod expressions;

use super::scopes::{
    ANY_TIME, Binding, BindingId, Block, BlockId, Bound, Class, ClassId, Place, Scope, ScopeKind, Scopes,
};
use ruff_python_ast::{
    AnyParameterRef, ExceptHandler, Expr, ExprCall, ExprSubscript, Parameters, Pattern, Stmt, StmtClassDef,
    StmtFunctionDef, StmtIf, StmtTry, UnaryOp,
};
use ruff_text_size::{Ranged, TextRange, TextSize};
use std::collections::HashMap;

/// What the file was collected into.
#[derive(Debug)]
pub(super) struct Collected<'a> {
    pub scopes: Scopes<'a>,
    pub sites: Vec<Site<'a>>,
    /// Modules imported anywhere in the file, with the member imported.
    pub imports: Vec<(&'a str, Option<&'a str>)>,
    /// Values given to `self.name`, and the bindings made so.
    pub stored: HashMap<TextRange, BindingId>,
    /// How deep the tree is.
    pub depth: u32,
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
    /// `name = value`, `name: value`, `f(name=value)`
    Setting {
        name: &'a str,
        value: &'a Expr,
        range: TextRange,
    },
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
}

struct Collector<'a, 'c> {
    scopes: Scopes<'a>,
    sites: Vec<Site<'a>>,
    tasks: Vec<Task<'a>>,
    /// Bindings made through `nonlocal`, with the scope that says so.
    nonlocals: Vec<(&'a str, BindingId, usize)>,
    imports: Vec<(&'a str, Option<&'a str>)>,
    stored: HashMap<TextRange, BindingId>,
    groups: usize,
    depth: u32,
    deepest: u32,
    is_setting: &'c dyn Fn(&str) -> bool,
}

/// Collects the module `body`. `is_setting` says which names may be settings.
pub(super) fn collect<'a>(body: &'a [Stmt], range: TextRange, is_setting: &dyn Fn(&str) -> bool) -> Collected<'a> {
    let mut collector = Collector {
        scopes: Scopes::default(),
        sites: Vec::new(),
        tasks: Vec::new(),
        nonlocals: Vec::new(),
        imports: Vec::new(),
        stored: HashMap::new(),
        groups: 0,
        depth: 0,
        deepest: 0,
        is_setting,
    };
    let module = collector.scope(ScopeKind::Module, None, None, range);
    collector.body(body, module);
    while let Some(task) = collector.tasks.pop() {
        collector.depth = task.depth + 1;
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
        });
        let block = self.scopes.blocks.len();
        self.scopes.blocks.push(Block { parent: None, range, group: None, in_loop: false, type_checking: None });
        Place { scope, block }
    }

    /// A block of `place` that may run or not.
    fn block(&mut self, place: Place, range: Option<TextRange>, group: Option<usize>, is_loop: bool) -> Place {
        let Some(range) = range else { return place };
        let in_loop = is_loop || self.scopes.blocks[place.block].in_loop;
        let block: BlockId = self.scopes.blocks.len();
        self.scopes.blocks.push(Block { parent: Some(place.block), range, group, in_loop, type_checking: None });
        Place { block, ..place }
    }

    fn group(&mut self) -> Option<usize> {
        self.groups += 1;
        Some(self.groups)
    }

    fn push(&mut self, node: Node<'a>, place: Place) {
        self.tasks.push(Task { node, place, depth: self.depth });
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

    fn statement(&mut self, statement: &'a Stmt, place: Place) {
        let end = statement.end();
        match statement {
            Stmt::FunctionDef(def) => self.function_def(def, place),
            Stmt::ClassDef(def) => self.class_def(def, place),
            Stmt::Assign(assign) => self.assign(&assign.targets, &assign.value, place, end),
            Stmt::AnnAssign(assign) => {
                self.visit(&assign.annotation, Use::Ignored, place);
                match &assign.value {
                    Some(value) => self.assign(std::slice::from_ref(&assign.target), value, place, end),
                    None => self.target(&assign.target, Bound::Annotated(&assign.annotation), place, end),
                }
            }
            Stmt::AugAssign(assign) => {
                self.visit(&assign.value, Use::Value, place);
                self.set(&assign.target, &assign.value, place);
                self.target(&assign.target, Bound::Opaque, place, end);
            }
            Stmt::Import(import) => {
                for alias in &import.names {
                    let path = alias.name.as_str();
                    self.imports.push((path, None));
                    let (name, module) = match &alias.asname {
                        Some(name) => (name.as_str(), path),
                        None => path.split_once('.').map_or((path, path), |(root, _)| (root, root)),
                    };
                    self.bind(name, Bound::Import { module, member: None }, place, end);
                }
            }
            Stmt::ImportFrom(import) => {
                let module = import.module.as_ref().map_or("", |module| module.as_str());
                for alias in &import.names {
                    let member = alias.name.as_str();
                    if import.level == 0 {
                        self.imports.push((module, Some(member)));
                    }
                    if member == "*" {
                        self.star(module, import.level, place, end);
                        continue;
                    }
                    let name = alias.asname.as_ref().map_or(member, |name| name.as_str());
                    let is_local = import.level > 0;
                    let bound = if is_local { Bound::Opaque } else { Bound::Import { module, member: Some(member) } };
                    self.bind(name, bound, place, end);
                }
            }
            Stmt::Global(global) => {
                let names = global.names.iter().map(|name| name.as_str());
                self.scopes.scopes[place.scope].globals.extend(names);
            }
            Stmt::Nonlocal(nonlocal) => {
                let names = nonlocal.names.iter().map(|name| name.as_str());
                self.scopes.scopes[place.scope].nonlocals.extend(names);
            }
            Stmt::Delete(delete) => {
                delete.targets.iter().for_each(|target| self.target(target, Bound::Deleted, place, end));
            }
            Stmt::For(each) => {
                let after = self.block(place, range_of(&each.orelse), None, false);
                self.body(&each.orelse, after);
                let range = TextRange::new(each.target.start(), each.body.last().map_or(end, Ranged::end));
                let inside = self.block(place, Some(range), None, true);
                self.body(&each.body, inside);
                self.target(&each.target, Bound::Opaque, inside, each.iter.end());
                self.visit(&each.iter, Use::Value, place);
            }
            Stmt::While(each) => {
                let after = self.block(place, range_of(&each.orelse), None, false);
                self.body(&each.orelse, after);
                let range = TextRange::new(each.test.start(), each.body.last().map_or(end, Ranged::end));
                let inside = self.block(place, Some(range), None, true);
                self.body(&each.body, inside);
                self.visit(&each.test, Use::Ignored, inside);
            }
            Stmt::If(branch) => self.branches(branch, place),
            Stmt::With(with) => {
                self.body(&with.body, place);
                for item in with.items.iter().rev() {
                    if let Some(target) = &item.optional_vars {
                        self.target(target, Bound::Entered(&item.context_expr), place, item.end());
                    }
                    self.visit(&item.context_expr, Use::Value, place);
                }
            }
            Stmt::Match(cases) => {
                let group = self.group();
                for case in cases.cases.iter().rev() {
                    let inside = self.block(place, Some(case.range()), group, false);
                    self.body(&case.body, inside);
                    if let Some(guard) = &case.guard {
                        self.visit(guard, Use::Ignored, inside);
                    }
                    self.push(Node::Pattern(&case.pattern), inside);
                }
                self.visit(&cases.subject, Use::Ignored, place);
            }
            Stmt::Try(attempt) => self.attempt(attempt, place),
            Stmt::Return(with) => {
                with.value.iter().for_each(|value| self.visit(value, Use::Value, place));
            }
            Stmt::Raise(raise) => {
                for value in raise.cause.iter().chain(&raise.exc) {
                    self.visit(value, Use::Value, place);
                }
            }
            Stmt::Assert(assert) => {
                assert.msg.iter().for_each(|message| self.visit(message, Use::Value, place));
                self.visit(&assert.test, Use::Ignored, place);
            }
            Stmt::Expr(expression) => self.visit(&expression.value, Use::Ignored, place),
            Stmt::TypeAlias(alias) => {
                self.target(&alias.name, Bound::Opaque, place, end);
                self.visit(&alias.value, Use::Ignored, place);
            }
            Stmt::Pass(_) | Stmt::Break(_) | Stmt::Continue(_) | Stmt::IpyEscapeCommand(_) => {}
        }
    }

    fn star(&mut self, module: &'a str, level: u32, place: Place, at: TextSize) {
        /// A file with more star imports than this is not written by a person.
        const MAX_STARS: usize = 200;
        let id = self.scopes.bindings.len();
        let stars = &mut self.scopes.scopes[place.scope].stars;
        if level == 0 && stars.len() < MAX_STARS {
            stars.push(id);
            self.scopes.bindings.push(Binding { bound: Bound::Star { module }, place, block: place.block, at });
        }
    }

    fn branches(&mut self, branch: &'a StmtIf, place: Place) {
        let group = self.group();
        let checking = type_checking(&branch.test);
        for (i, clause) in branch.elif_else_clauses.iter().enumerate().rev() {
            let inside = self.block(place, range_of(&clause.body), group, false);
            if i == 0 && inside != place {
                self.scopes.blocks[inside.block].type_checking = checking.map(|(test, when)| (test, !when));
            }
            self.body(&clause.body, inside);
            clause.test.iter().for_each(|test| self.visit(test, Use::Ignored, place));
        }
        let inside = self.block(place, range_of(&branch.body), group, false);
        if inside != place {
            self.scopes.blocks[inside.block].type_checking = checking;
        }
        self.body(&branch.body, inside);
        self.visit(&branch.test, Use::Ignored, place);
    }

    fn attempt(&mut self, attempt: &'a StmtTry, place: Place) {
        self.body(&attempt.finalbody, place);
        let after = self.block(place, range_of(&attempt.orelse), None, false);
        self.body(&attempt.orelse, after);
        let group = self.group();
        for ExceptHandler::ExceptHandler(handler) in attempt.handlers.iter().rev() {
            let inside = self.block(place, Some(handler.range()), group, false);
            self.body(&handler.body, inside);
            if let Some(name) = &handler.name {
                self.bind(name.as_str(), Bound::Opaque, inside, name.end());
            }
            handler.type_.iter().for_each(|kind| self.visit(kind, Use::Ignored, place));
        }
        let inside = self.block(place, range_of(&attempt.body), None, false);
        self.body(&attempt.body, inside);
    }

    fn class_def(&mut self, def: &'a StmtClassDef, place: Place) {
        let class: ClassId = self.scopes.classes.len();
        let inside = self.scope(ScopeKind::Class, Some(def.name.as_str()), Some((place, def.start())), def.range());
        self.scopes.classes.push(Class { statement: def, place, scope: inside.scope, attributes: HashMap::new() });
        self.sites.push(Site { kind: SiteKind::Class(class), place });
        self.scopes.scopes[inside.scope].receiver = Some((class, ""));
        self.bind(def.name.as_str(), Bound::Class(class), place, def.end());
        self.body(&def.body, inside);
        if let Some(arguments) = &def.arguments {
            for keyword in arguments.keywords.iter().rev() {
                self.visit(&keyword.value, Use::Value, place);
            }
            for base in arguments.args.iter().rev() {
                self.visit(base, Use::Ignored, place);
            }
        }
        for decorator in def.decorator_list.iter().rev() {
            self.visit(&decorator.expression, Use::Value, place);
        }
    }

    fn function_def(&mut self, def: &'a StmtFunctionDef, place: Place) {
        self.bind(def.name.as_str(), Bound::Function, place, def.end());
        let inside = self.scope(ScopeKind::Function, Some(def.name.as_str()), Some((place, def.start())), def.range());
        let decorated = |name: &str| {
            let mut names = def.decorator_list.iter().filter_map(|decorator| decorator.expression.as_name_expr());
            names.any(|expression| expression.id == name)
        };
        let outer = &self.scopes.scopes[place.scope];
        let class = match (outer.kind, outer.receiver) {
            (ScopeKind::Class, Some((class, _))) if !decorated("staticmethod") => Some(class),
            _ => None,
        };
        let is_class = decorated("classmethod")
            || matches!(def.name.as_str(), "__new__" | "__init_subclass__" | "__class_getitem__");
        self.parameters(&def.parameters, place, inside, class.map(|class| Bound::Receiver { class, is_class }));
        self.body(&def.body, inside);
        def.returns.iter().for_each(|returns| self.visit(returns, Use::Ignored, place));
        for decorator in def.decorator_list.iter().rev() {
            self.visit(&decorator.expression, Use::Value, place);
        }
    }

    /// Binds parameters `inside` the function; their defaults and annotations are evaluated in `place`.
    fn parameters(&mut self, parameters: &'a Parameters, place: Place, inside: Place, receiver: Option<Bound<'a>>) {
        let at = self.scopes.blocks[inside.block].range.start();
        let mut receiver = receiver;
        for parameter in parameters.iter() {
            let name = parameter.name().as_str();
            let annotation = parameter.annotation();
            let takes_receiver = matches!(parameter, AnyParameterRef::NonVariadic(_));
            let bound = match (receiver.take().filter(|_| takes_receiver), annotation) {
                (Some(receiver), _) => {
                    if let Bound::Receiver { class, is_class: false } = receiver {
                        self.scopes.scopes[inside.scope].receiver = Some((class, name));
                    }
                    receiver
                }
                (None, Some(annotation)) if takes_receiver => Bound::Annotated(annotation),
                _ => Bound::Opaque,
            };
            let id = self.scopes.bindings.len();
            self.scopes.bindings.push(Binding { bound, place, block: inside.block, at });
            self.scopes.scopes[inside.scope].bindings.entry(name).or_default().push(id);
            annotation.into_iter().for_each(|annotation| self.visit(annotation, Use::Ignored, place));
            parameter.default().into_iter().for_each(|default| self.visit(default, Use::Value, place));
        }
    }

    fn assign(&mut self, targets: &'a [Expr], value: &'a Expr, place: Place, at: TextSize) {
        for target in targets {
            self.set(target, value, place);
            let mut pairs = vec![(target, value)];
            while let Some((target, value)) = pairs.pop() {
                match (elements(target), elements(value)) {
                    (Some(targets), Some(values)) if targets.len() == values.len() && !any_starred(targets, values) => {
                        pairs.extend(targets.iter().zip(values));
                    }
                    _ => self.target(target, Bound::Value(value), place, at),
                }
            }
        }
        let mut pairs = vec![(targets.first(), value)];
        while let Some((target, value)) = pairs.pop() {
            match (target.and_then(elements), elements(value)) {
                (Some(targets), Some(values)) if targets.len() == values.len() => {
                    pairs.extend(targets.iter().map(Some).zip(values));
                }
                _ => {
                    let plain = target.is_some_and(Expr::is_name_expr)
                        && (targets.len() == 1 || targets.iter().all(Expr::is_name_expr));
                    self.visit(value, if plain { Use::Alias } else { Use::Value }, place);
                }
            }
        }
    }

    /// Binds the names in `target`; what is looked into on the way is visited.
    fn target(&mut self, target: &'a Expr, bound: Bound<'a>, place: Place, at: TextSize) {
        let mut pending = vec![(target, bound)];
        while let Some((target, bound)) = pending.pop() {
            match target {
                Expr::Name(name) => self.bind(name.id.as_str(), bound, place, at),
                Expr::Tuple(_) | Expr::List(_) => {
                    let inner = if matches!(bound, Bound::Deleted) { bound } else { Bound::Opaque };
                    pending.extend(elements(target).into_iter().flatten().map(|element| (element, inner)));
                }
                Expr::Starred(starred) => pending.push((&starred.value, Bound::Opaque)),
                Expr::Attribute(attribute) => {
                    if let (Bound::Value(value), Expr::Name(object)) = (bound, &*attribute.value)
                        && let Some(class) = self.receiver_named(object.id.as_str(), place)
                    {
                        let id = self.scopes.bindings.len();
                        self.scopes.bindings.push(Binding {
                            bound: Bound::Value(value),
                            place,
                            block: place.block,
                            at,
                        });
                        let attributes = &mut self.scopes.classes[class].attributes;
                        attributes.entry(attribute.attr.as_str()).or_default().push(id);
                        self.stored.insert(value.range(), id);
                    }
                    self.visit(&attribute.value, Use::Object, place);
                }
                other => self.visit(other, Use::Ignored, place),
            }
        }
    }

    /// The class whose instance `name` is, if it is the first parameter of a method around `place`.
    fn receiver_named(&self, name: &str, place: Place) -> Option<ClassId> {
        let mut next = Some(place.scope);
        while let Some(scope) = next.map(|id| &self.scopes.scopes[id]) {
            match scope.receiver {
                Some((class, receiver)) if receiver == name => return Some(class),
                _ => next = scope.defined.map(|(place, _)| place.scope),
            }
        }
        None
    }

    /// Notes an assignment to something that may be a setting.
    fn set(&mut self, target: &'a Expr, value: &'a Expr, place: Place) {
        let name = match target {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            Expr::Subscript(subscript) => match &*subscript.slice {
                Expr::StringLiteral(key) => key.value.to_str(),
                _ => return,
            },
            _ => return,
        };
        let range = TextRange::new(target.start(), value.end());
        self.setting(name, value, range, place);
    }

    fn setting(&mut self, name: &'a str, value: &'a Expr, range: TextRange, place: Place) {
        if (self.is_setting)(name) {
            self.sites.push(Site { kind: SiteKind::Setting { name, value, range }, place });
        }
    }
}

fn range_of(body: &[Stmt]) -> Option<TextRange> {
    Some(TextRange::new(body.first()?.start(), body.last()?.end()))
}

fn elements(expression: &Expr) -> Option<&[Expr]> {
    match expression {
        Expr::Tuple(tuple) => Some(&tuple.elts),
        Expr::List(list) => Some(&list.elts),
        _ => None,
    }
}

fn any_starred(targets: &[Expr], values: &[Expr]) -> bool {
    targets.iter().chain(values).any(Expr::is_starred_expr)
}

/// The expression that is `TYPE_CHECKING` in a test, and whether the branch runs when it is true.
fn type_checking(test: &Expr) -> Option<(&Expr, bool)> {
    let (expression, when) = match test {
        Expr::UnaryOp(not) if not.op == UnaryOp::Not => (&*not.operand, false),
        _ => (test, true),
    };
    let is_it = match expression {
        Expr::Name(name) => name.id == "TYPE_CHECKING",
        Expr::Attribute(attribute) => attribute.attr.as_str() == "TYPE_CHECKING",
        _ => false,
    };
    is_it.then_some((expression, when))
}
