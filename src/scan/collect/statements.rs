//! The walk over statements.

use super::{Collector, Node, Of, Site, SiteKind, Stored, Use};
use crate::scan::scopes::{Binding, Bound, Class, ClassId, Place, ScopeKind};
use ruff_python_ast::{
    AnyParameterRef, ExceptHandler, Expr, Parameters, Pattern, PatternMatchAs, Stmt, StmtClassDef, StmtFunctionDef,
    StmtIf, StmtTry, UnaryOp,
};
use ruff_text_size::{Ranged, TextRange, TextSize};
use std::collections::HashMap;

impl<'a> Collector<'a, '_> {
    pub(super) fn statement(&mut self, statement: &'a Stmt, place: Place) {
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
                let of = Of::Object(&assign.target);
                self.inside(of, |collector| collector.visit(&assign.value, Use::Value, place));
                self.set(&assign.target, &assign.value, place);
                self.target(&assign.target, Bound::Augmented(&assign.value), place, end);
            }
            Stmt::Import(import) => {
                for alias in &import.names {
                    let path = alias.name.as_str();
                    self.imports.push((path, None));
                    let (name, module) = match &alias.asname {
                        Some(name) => (name.as_str(), path),
                        None => path.split_once('.').map_or((path, path), |(root, _)| (root, root)),
                    };
                    self.bind(name, Bound::Import { level: 0, module, member: None }, place, end);
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
                    let bound = Bound::Import { level: import.level, module, member: Some(member) };
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
                let range = each.body.last().map_or(each.range(), |last| each.target.range().cover(last.range()));
                let inside = self.block(place, Some(range), None, true);
                self.body(&each.body, inside);
                self.target(&each.target, Bound::Element(&each.iter), inside, each.iter.end());
                self.visit(&each.iter, Use::Value, place);
            }
            Stmt::While(each) => {
                let after = self.block(place, range_of(&each.orelse), None, false);
                self.body(&each.orelse, after);
                let range = each.body.last().map_or(each.range(), |last| each.test.range().cover(last.range()));
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
                let always = cases.cases.iter().any(|case| case.guard.is_none() && case.pattern.is_irrefutable());
                let group = self.group(always.then_some(cases.cases.len()));
                for case in cases.cases.iter().rev() {
                    let inside = self.block(place, Some(case.range()), group, false);
                    self.body(&case.body, inside);
                    if let Some(guard) = &case.guard {
                        self.visit(guard, Use::Ignored, inside);
                    }
                    match &case.pattern {
                        // `case name` and `case ... as name` capture all of the subject.
                        Pattern::MatchAs(PatternMatchAs { name: Some(name), pattern, .. }) => {
                            let at = case.pattern.end();
                            self.bind(name.as_str(), Bound::Value(&cases.subject), inside, at);
                            pattern.iter().for_each(|pattern| self.push(Node::Pattern(pattern), inside));
                        }
                        pattern => self.push(Node::Pattern(pattern), inside),
                    }
                }
                self.visit(&cases.subject, Use::Ignored, place);
            }
            Stmt::Try(attempt) => self.attempt(attempt, place),
            Stmt::Return(with) => {
                if let Some(value) = &with.value {
                    self.scopes.scopes[place.scope].returned.push((value, place));
                    self.visit(value, Use::Value, place);
                }
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
        if stars.len() < MAX_STARS {
            stars.push(id);
            self.scopes.bindings.push(Binding { bound: Bound::Star { level, module }, place, block: place.block, at });
        }
    }

    fn branches(&mut self, branch: &'a StmtIf, place: Place) {
        let clauses = &branch.elif_else_clauses;
        let always = clauses.last().is_some_and(|clause| clause.test.is_none());
        let group = self.group(always.then_some(clauses.len() + 1));
        let checking = type_checking(&branch.test);
        for (i, clause) in clauses.iter().enumerate().rev() {
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
        let group = self.group(None);
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
        self.inside(Of::Key(def.name.as_str()), |collector| collector.body(&def.body, inside));
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
        let inside = self.scope(ScopeKind::Function, Some(def.name.as_str()), Some((place, def.start())), def.range());
        self.scopes.scopes[inside.scope].def = Some(def);
        self.bind(def.name.as_str(), Bound::Function(inside.scope), place, def.end());
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
    pub(super) fn parameters(
        &mut self,
        parameters: &'a Parameters,
        place: Place,
        inside: Place,
        receiver: Option<Bound<'a>>,
    ) {
        let at = self.scopes.blocks[inside.block].range.start();
        let mut receiver = receiver;
        for parameter in parameters.iter() {
            let name = parameter.name().as_str();
            let annotation = parameter.annotation();
            let default = parameter.default();
            let takes_receiver = matches!(parameter, AnyParameterRef::NonVariadic(_));
            let bound = match (receiver.take().filter(|_| takes_receiver), annotation) {
                (Some(receiver), _) => {
                    if let Bound::Receiver { class, .. } = receiver {
                        self.scopes.scopes[inside.scope].receiver = Some((class, name));
                    }
                    receiver
                }
                // The annotation of `*args` and `**kwargs` is that of what they hold.
                (None, annotation) => Bound::Parameter {
                    function: inside.scope,
                    annotation: annotation.filter(|_| takes_receiver),
                    default,
                },
            };
            let id = self.scopes.bindings.len();
            self.scopes.bindings.push(Binding { bound, place, block: inside.block, at });
            self.scopes.scopes[inside.scope].bindings.entry(name).or_default().push(id);
            annotation.into_iter().for_each(|annotation| self.visit(annotation, Use::Ignored, place));
            if let Some(default) = default {
                self.stored.insert(default.range(), Stored { id, name: None });
                self.visit(default, Use::Value, place);
            }
        }
    }
}

fn range_of(body: &[Stmt]) -> Option<TextRange> {
    Some(body.first()?.range().cover(body.last()?.range()))
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
