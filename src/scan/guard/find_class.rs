//! Whether the `find_class` of an Unpickler lets through only what a closed list names.
//!
//! Every way out that returns something must have passed an exact test of both module and name, or look both up.

use super::allowed::{Allowed, Entry};
use super::flow::{Fact, last_name};
use super::value::{At, Seen};
use super::{Judge, Known, Verdict};
use crate::finding::{Judgement, Reason};
use crate::rules::{Match, Target};
use crate::scan::scopes::{Bound, ClassId, ScopeKind};
use ruff_python_ast::{Expr, ExprCall, StmtFunctionDef};
use ruff_text_size::Ranged;
use std::rc::Rc;

/// How many tests and names in one another are looked at.
const MAX_STEPS: u32 = 16;

/// What the pickle names, as it is looked up.
pub(super) struct Named<'a> {
    pub module: Seen<'a>,
    pub name: Seen<'a>,
}

impl<'a> Judge<'_, 'a, '_> {
    /// What `class` does to the names that a pickle holds, if `candidate` speaks of that.
    pub fn unpickler(&mut self, class: ClassId, candidate: &Match) -> Option<Reason> {
        let Target::Base { defines, lacks, .. } = &candidate.target else { return None };
        let speaks_of_it = |names: &[String]| names.iter().any(|name| name == "find_class");
        if speaks_of_it(lacks) {
            return self.misspelt(class).map(|verdict| self.reason(verdict));
        }
        if speaks_of_it(defines) { self.own_find_class(class) } else { None }
    }

    /// What the `find_class` of `class` lets through, its own or that of a class it derives from.
    pub fn own_find_class(&mut self, class: ClassId) -> Option<Reason> {
        if let Some(known) = self.weighing.guards.find_classes.get(&class) {
            return known.clone();
        }
        let found = self.judge_find_class(class);
        self.weighing.guards.find_classes.insert(class, found.clone());
        found
    }

    fn judge_find_class(&mut self, class: ClassId) -> Option<Reason> {
        let scopes = self.weighing.resolver.scopes();
        for (ancestor, _) in self.weighing.resolver.local_ancestors(class) {
            let body = scopes.classes[ancestor].scope;
            let Some(ids) = scopes.scopes[body].bindings.get("find_class") else { continue };
            let statement = scopes.classes[ancestor].statement;
            let [id] = ids[..] else {
                let text = "`find_class` is defined more than once".to_owned();
                return Some(self.reason(Verdict::new(Judgement::Flawed, statement.start(), text)));
            };
            let verdict = match scopes.bindings[id].bound {
                Bound::Function(scope) => {
                    let def = scopes.scopes[scope].def?;
                    self.find_class(def)
                }
                _ => {
                    let text = "what `find_class` is cannot be seen here".to_owned();
                    Verdict::new(Judgement::Flawed, statement.start(), text)
                }
            };
            return Some(self.reason(verdict));
        }
        let bases = self.weighing.resolver.foreign_bases(class);
        bases.into_iter().find_map(|base| base.find_class.clone())
    }

    /// That a method has nearly the name of the one that is called.
    fn misspelt(&mut self, class: ClassId) -> Option<Verdict> {
        const NEARLY: &[&str] = &[
            "find_classes",
            "findclass",
            "findClass",
            "find_klass",
            "find_global",
            "load_class",
            "find_cls",
            "_find_class",
            "get_class",
            "load_global",
            "find_clas",
            "find_type",
        ];
        let scopes = self.weighing.resolver.scopes();
        let body = &scopes.scopes[scopes.classes[class].scope];
        let name = NEARLY.iter().find(|name| body.bindings.contains_key(**name))?;
        let id = *body.bindings.get(name)?.first()?;
        let text = format!("`{name}` is never called: what pickle calls is `find_class`");
        let at = match scopes.bindings[id].bound {
            Bound::Function(scope) => scopes.scopes[scope].def?.name.start(),
            _ => scopes.classes[class].statement.start(),
        };
        Some(Verdict::new(Judgement::Flawed, at, text))
    }

    fn find_class(&mut self, def: &'a StmtFunctionDef) -> Verdict {
        let at = def.name.start();
        let flawed = |text: &str| Verdict::new(Judgement::Flawed, at, text.to_owned());
        let is_static = def.decorator_list.iter().any(|d| last_name(&d.expression) == Some("staticmethod"));
        let parameters = &def.parameters;
        let positional = parameters.posonlyargs.len() + parameters.args.len() + usize::from(is_static);
        let required = parameters.posonlyargs.iter().chain(&parameters.args).filter(|p| p.default.is_none()).count()
            + usize::from(is_static);
        if positional != 3 && !(positional > 3 && required <= 3) {
            return flawed("`find_class` does not take a module and a name");
        }
        if def.is_async {
            return flawed("`find_class` is a coroutine, and pickle does not wait for it");
        }
        let exits = self.find_exits(def);
        if exits.is_empty() && self.at_end(&def.body).is_some() {
            return flawed("what `find_class` returns cannot be seen here");
        }
        let mut worst =
            Verdict::new(Judgement::Genuine, at, "`find_class` lets through only what a closed list names".into());
        for exit in exits {
            let Some(value) = exit.value else { continue };
            let known = [Known { facts: exit.facts.clone(), frame: None }];
            let at = self.in_frame(value, None);
            let found = self.found(at, &known, MAX_STEPS);
            if found.judgement > worst.judgement {
                worst = found;
            }
        }
        worst
    }

    /// What returning `at` lets through.
    fn found(&mut self, at: At<'a>, known: &[Known<'a>], steps: u32) -> Verdict {
        let start = at.expr.start();
        let genuine = || Verdict::new(Judgement::Genuine, start, String::new());
        let flawed = |text: String| Verdict::new(Judgement::Flawed, start, text);
        let Some(steps) = steps.checked_sub(1).filter(|_| self.spend()) else {
            return flawed("what `find_class` returns cannot be seen here".into());
        };
        match at.expr {
            Expr::NoneLiteral(_) => genuine(),
            Expr::If(either) => {
                let mut worst = genuine();
                for (expr, outcome) in [(&*either.body, true), (&*either.orelse, false)] {
                    let facts = Rc::new(vec![Fact::Test(&either.test, outcome)]);
                    let more: Vec<Known<'a>> =
                        known.iter().cloned().chain([Known { facts, frame: at.frame }]).collect();
                    let found = self.found(At { expr, ..at }, &more, steps);
                    if found.judgement > worst.judgement {
                        worst = found;
                    }
                }
                worst
            }
            Expr::BoolOp(operation) => {
                let found = operation.values.iter().map(|expr| self.found(At { expr, ..at }, known, steps));
                let found: Vec<Verdict> = found.collect();
                found.into_iter().max_by_key(|verdict| verdict.judgement).unwrap_or_else(genuine)
            }
            Expr::Named(named) => self.found(At { expr: &named.value, ..at }, known, steps),
            Expr::Subscript(subscript) => self.looked_up(&subscript.value, at),
            Expr::Name(_) => {
                let Some(source) = self.source(at) else {
                    return match self.is_fixed(at) {
                        true => self.fixed(at.expr),
                        false => flawed(format!("what `{}` is cannot be seen here", self.written(at.expr))),
                    };
                };
                self.found(source, known, steps)
            }
            Expr::Attribute(_) if self.is_fixed(at) => self.fixed(at.expr),
            Expr::Lambda(_) => genuine(),
            Expr::Call(call) => self.found_by_call(call, at, known, steps),
            other => flawed(format!("what `{}` is cannot be seen here", self.written(other))),
        }
    }

    fn found_by_call(&mut self, call: &'a ExprCall, at: At<'a>, known: &[Known<'a>], steps: u32) -> Verdict {
        let name = last_name(&call.func).unwrap_or_default();
        let arguments = &call.arguments.args;
        if let Expr::Attribute(attribute) = &*call.func
            && name == "get"
        {
            let mut verdict = self.looked_up(&attribute.value, at);
            if let Some(fallback) = arguments.get(1) {
                let other = self.found(At { expr: fallback, ..at }, known, steps);
                if other.judgement > verdict.judgement {
                    verdict = other;
                }
            }
            return verdict;
        }
        let named = match name {
            // `super().find_class(module, name)`, `pickle.Unpickler.find_class(self, module, name)`
            "find_class" => arguments.len().checked_sub(2).map(|n| (&arguments[n], &arguments[n + 1])),
            // `getattr(importlib.import_module(module), name)`, `getattr(sys.modules[module], name)`
            "getattr" => match (arguments.first(), arguments.get(1)) {
                (Some(object), Some(name)) => {
                    self.module_of(At { expr: object, ..at }).map(|module| (module.expr, name))
                }
                _ => None,
            },
            _ => None,
        };
        // `getattr(builtins, name)`: only the name is the pickle's.
        if let ("getattr", None, [object, name, ..]) = (name, named, &arguments[..])
            && self.is_fixed(At { expr: object, ..at })
        {
            let fixed = self.value(At { expr: object, ..at });
            let module = self.written(object);
            let named = Named { module: fixed, name: self.value(At { expr: name, ..at }) };
            return self.closed(&named, known, at.expr, Some(module));
        }
        if let Some((module, name)) = named {
            if let (Some(module), Some(name)) =
                (self.constant(At { expr: module, ..at }), self.constant(At { expr: name, ..at }))
            {
                return self.among(&[Entry::Pair(module, name)], at.expr);
            }
            let named =
                Named { module: self.value(At { expr: module, ..at }), name: self.value(At { expr: name, ..at }) };
            return self.closed(&named, known, at.expr, None);
        }
        if let Some(frame) = self.local(call, at.place).filter(|_| at.frame.is_none()) {
            let mut worst = Verdict::new(Judgement::Genuine, at.expr.start(), String::new());
            let exits = self.exits(frame);
            for exit in exits.iter() {
                let Some(value) = exit.value else { continue };
                let facts = Known { facts: exit.facts.clone(), frame: Some(frame) };
                let more: Vec<Known<'a>> = known.iter().cloned().chain([facts]).collect();
                let inside = self.in_frame(value, Some(frame));
                let found = self.found(inside, &more, steps);
                if found.judgement > worst.judgement {
                    worst = found;
                }
            }
            return worst;
        }
        let text = format!("what `{}` returns cannot be seen here", self.written(&*call.func));
        Verdict::new(Judgement::Flawed, call.start(), text)
    }

    /// The expression of the module in `import_module(module)`, `sys.modules[module]` and `__import__(module)`.
    fn module_of(&mut self, at: At<'a>) -> Option<At<'a>> {
        let at = self.source(at).unwrap_or(at);
        match at.expr {
            Expr::Call(call) if matches!(last_name(&call.func), Some("import_module" | "__import__")) => {
                call.arguments.args.first().map(|expr| At { expr, ..at })
            }
            Expr::Subscript(subscript) if last_name(&subscript.value) == Some("modules") => {
                Some(At { expr: &subscript.slice, ..at })
            }
            _ => None,
        }
    }

    /// Whether `at` is the same whatever the pickle names.
    fn is_fixed(&mut self, at: At<'a>) -> bool {
        let mut root = at.expr;
        while let Expr::Attribute(attribute) = root {
            root = &attribute.value;
        }
        let Expr::Name(_) = root else { return false };
        let ids = self.bindings(At { expr: root, ..at }).unwrap_or_default();
        let scopes = self.weighing.resolver.scopes();
        // A builtin has no binding.
        ids.iter().all(|&id| match scopes.bindings[id].bound {
            Bound::Import { .. } | Bound::Class(_) | Bound::Function(_) => true,
            _ => scopes.scopes[scopes.bindings[id].place.scope].kind == ScopeKind::Module,
        })
    }

    fn fixed(&mut self, expr: &'a Expr) -> Verdict {
        let text = self.weighing.lines.text_in(expr.range());
        let path = if text.contains('.') { text.to_owned() } else { format!("builtins.{text}") };
        if self.is_gadget(&path) {
            return self.gadget(&path, expr);
        }
        Verdict::new(Judgement::Genuine, expr.start(), String::new())
    }

    fn gadget(&self, path: &str, expr: &Expr) -> Verdict {
        let text = format!("`{path}` is on the list, and lets a pickle run code");
        Verdict::new(Judgement::Flawed, expr.start(), text)
    }

    pub fn is_gadget(&self, path: &str) -> bool {
        let path = path.replacen("__builtin__.", "builtins.", 1);
        let gadgets = &self.weighing.rules.gadgets;
        let listed = |name: &str| gadgets.binary_search_by(|gadget| gadget.as_str().cmp(name)).is_ok();
        listed(&path)
            || path.match_indices('.').any(|(at, _)| listed(&format!("{}.*", &path[..at])) || listed(&path[..at]))
    }

    /// `TABLE[module, name]`, `TABLE[module][name]`, `TABLE.get(...)`: what the table holds.
    fn looked_up(&mut self, table: &'a Expr, at: At<'a>) -> Verdict {
        let mut root = table;
        while let Expr::Subscript(subscript) = root {
            root = &subscript.value;
        }
        if let Expr::Call(call) = root
            && let Expr::Attribute(attribute) = &*call.func
            && attribute.attr.as_str() == "get"
        {
            root = &attribute.value;
        }
        match self.allowed(At { expr: root, ..at }) {
            Allowed::Entries(entries) => self.among(&entries, at.expr),
            Allowed::Elsewhere => self.elsewhere(root),
            Allowed::Open(why) => Verdict::new(Judgement::Flawed, root.start(), why),
        }
    }

    pub fn elsewhere(&self, list: &Expr) -> Verdict {
        let text = format!("`{}` is in another module, where its entries are not looked at", self.written(list));
        Verdict::new(Judgement::Weak, list.start(), text)
    }

    /// Genuine, unless one of `entries` is a gadget.
    pub fn among(&mut self, entries: &[Entry<'a>], at: &'a Expr) -> Verdict {
        for entry in entries {
            let path = match entry {
                Entry::Pair(module, name) => format!("{module}.{name}"),
                Entry::Text(text) => text.to_string(),
                Entry::Value(path) => path.clone(),
            };
            if self.is_gadget(&path) {
                return self.gadget(&path, at);
            }
        }
        Verdict::new(Judgement::Genuine, at.start(), String::new())
    }
}
