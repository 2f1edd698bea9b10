//! Whether the `find_class` of an Unpickler lets through only what a closed list names.
//!
//! Every way out that returns something must have passed an exact test of both module and name, or look both up.

use super::allowed::{Allowed, Entry};
use super::flow::{Fact, last_name, parts_of};
use super::value::{At, Frame, Seen};
use super::{Judge, Known, Verdict};
use crate::finding::{Judgement, Reason};
use crate::rules::{Match, Target};
use crate::scan::scopes::{Bound, ClassId, ScopeKind};
use ruff_python_ast::{BoolOp, CmpOp, Expr, ExprCall, StmtFunctionDef, UnaryOp};
use ruff_text_size::Ranged;
use std::rc::Rc;

/// How many tests and names in one another are looked at.
const MAX_STEPS: u32 = 16;

/// What the pickle names, as it is looked up.
pub(super) struct Named<'a> {
    pub module: Seen<'a>,
    pub name: Seen<'a>,
}

/// What tests say of what a pickle names.
enum Tested<'a> {
    /// It is one of these.
    Closed(Vec<Entry<'a>>, Option<Verdict>),
    /// Only the module is one of these, or only the name.
    Module(Vec<Entry<'a>>),
    Name(Vec<Entry<'a>>),
    /// Something else is tested, which is not enough.
    Fake(Verdict),
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
            Expr::Subscript(subscript) => self.looked_up(&subscript.value, at, known),
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
            let mut verdict = self.looked_up(&attribute.value, at, known);
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
    fn looked_up(&mut self, table: &'a Expr, at: At<'a>, _known: &[Known<'a>]) -> Verdict {
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

    fn elsewhere(&self, list: &Expr) -> Verdict {
        let text = format!("`{}` is in another module, where its entries are not looked at", self.written(list));
        Verdict::new(Judgement::Weak, list.start(), text)
    }

    /// Genuine, unless one of `entries` is a gadget.
    fn among(&mut self, entries: &[Entry<'a>], at: &'a Expr) -> Verdict {
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

    /// Whether `known` makes sure that what is `named`, of the module `fixed` if there is one, is on a closed list.
    fn closed(&mut self, named: &Named<'a>, known: &[Known<'a>], at: &'a Expr, fixed: Option<String>) -> Verdict {
        let (mut module, mut name, mut fake) = (None, None, None);
        for Known { facts, frame } in known {
            for fact in facts.iter().rev() {
                match self.tests_of(fact, *frame, named, MAX_STEPS) {
                    Some(Tested::Closed(entries, verdict)) => {
                        return verdict.unwrap_or_else(|| self.among(&entries, at));
                    }
                    Some(Tested::Module(entries)) => module = Some((entries, fact_start(fact))),
                    Some(Tested::Name(entries)) => name = Some((entries, fact_start(fact))),
                    Some(Tested::Fake(verdict)) => fake = fake.or(Some(verdict)),
                    None => {}
                }
            }
        }
        let flawed = |text: &str, at| Verdict::new(Judgement::Flawed, at, text.to_owned());
        match (module, name, fake) {
            (_, Some((names, _)), _) if fixed.is_some() => {
                let module = fixed.unwrap_or_default();
                let texts = names.into_iter().map(|entry| match entry {
                    Entry::Text(name) => Entry::Value(format!("{module}.{name}")),
                    other => other,
                });
                self.among(&texts.collect::<Vec<_>>(), at)
            }
            (Some((modules, _)), Some((names, _)), _) => self.among(&pairs(&modules, &names), at),
            (_, _, Some(verdict)) => verdict,
            (Some((_, at)), None, _) => flawed("only the module is tested: everything in it can be called", at),
            (None, Some((_, at)), _) => flawed("only the name is tested: it may be that of any module", at),
            (None, None, None) => flawed("`find_class` returns whatever the data names", at.start()),
        }
    }

    fn tests_of(
        &mut self,
        fact: &Fact<'a>,
        frame: Option<Frame<'a>>,
        named: &Named<'a>,
        steps: u32,
    ) -> Option<Tested<'a>> {
        match fact {
            Fact::Test(test, outcome) => {
                let at = self.in_frame(test, frame);
                self.test(at, *outcome, named, steps)
            }
            Fact::Asserted(test) => {
                let at = self.in_frame(test, frame);
                match self.test(at, true, named, steps)? {
                    Tested::Closed(..) => {
                        let text = "`assert` does not run under `python -O`: the check goes away with it".to_owned();
                        Some(Tested::Closed(Vec::new(), Some(Verdict::new(Judgement::Weak, test.start(), text))))
                    }
                    other => Some(other),
                }
            }
            Fact::Either(ways) => {
                let mut all: Vec<Entry<'a>> = Vec::new();
                for way in ways {
                    let mut found = None;
                    let (mut module, mut name) = (None, None);
                    for fact in way.iter().rev() {
                        match self.tests_of(fact, frame, named, steps.checked_sub(1)?) {
                            Some(Tested::Closed(entries, None)) => found = Some(entries),
                            Some(Tested::Closed(_, verdict)) => return Some(Tested::Closed(Vec::new(), verdict)),
                            Some(Tested::Module(entries)) => module = Some(entries),
                            Some(Tested::Name(entries)) => name = Some(entries),
                            _ => {}
                        }
                    }
                    let both = module.zip(name).map(|(modules, names)| pairs(&modules, &names));
                    all.extend(found.or(both)?);
                }
                Some(Tested::Closed(all, None))
            }
            Fact::Done(_) | Fact::Caught => None,
        }
    }

    fn test(&mut self, at: At<'a>, outcome: bool, named: &Named<'a>, steps: u32) -> Option<Tested<'a>> {
        let steps = steps.checked_sub(1).filter(|_| self.spend())?;
        let start = at.expr.start();
        let fake = |text: &str| Some(Tested::Fake(Verdict::new(Judgement::Flawed, start, text.to_owned())));
        match at.expr {
            Expr::UnaryOp(operation) if operation.op == UnaryOp::Not => {
                self.test(At { expr: &operation.operand, ..at }, !outcome, named, steps)
            }
            Expr::BoolOp(operation) => {
                let all = (operation.op == BoolOp::And) == outcome;
                let (mut module, mut name, mut faked) = (None, None, None);
                let mut either: Vec<Entry<'a>> = Vec::new();
                for expr in &operation.values {
                    match self.test(At { expr, ..at }, outcome, named, steps) {
                        Some(Tested::Closed(entries, verdict)) if all => return Some(Tested::Closed(entries, verdict)),
                        Some(Tested::Closed(entries, None)) => either.extend(entries),
                        Some(Tested::Module(entries)) if all => module = Some(entries),
                        Some(Tested::Name(entries)) if all => name = Some(entries),
                        Some(Tested::Fake(verdict)) => faked = Some(Tested::Fake(verdict)),
                        _ if all => {}
                        Some(Tested::Module(_)) => {
                            return fake("one of several tests is enough, and one looks at the module only");
                        }
                        Some(Tested::Name(_)) => {
                            return fake("one of several tests is enough, and one looks at the name only");
                        }
                        _ => {
                            let text = self.skipped(expr, outcome);
                            return fake(&text);
                        }
                    }
                }
                match (module, name) {
                    _ if !all => faked.or(Some(Tested::Closed(either, None))),
                    (Some(modules), Some(names)) => Some(Tested::Closed(pairs(&modules, &names), None)),
                    (Some(modules), None) => Some(Tested::Module(modules)),
                    (None, Some(names)) => Some(Tested::Name(names)),
                    (None, None) => faked,
                }
            }
            Expr::Name(_) => {
                let source = self.source(at)?;
                self.test(source, outcome, named, steps)
            }
            Expr::Named(inner) => self.test(At { expr: &inner.value, ..at }, outcome, named, steps),
            Expr::Compare(compare) => {
                let ([op], [right]) = (&*compare.ops, &*compare.comparators) else { return None };
                let (left, right) = (At { expr: &compare.left, ..at }, At { expr: right, ..at });
                let about = self.about(left, named);
                let positive = matches!(op, CmpOp::In | CmpOp::Eq | CmpOp::Is);
                let Some(about) = about else {
                    // `"os" in module`, `module.split(".")[0] == "numpy"`
                    let touches = self.touches(left.expr, at, named) || self.touches(right.expr, at, named);
                    return if touches {
                        fake("only a part of the name is tested: other names have it, too")
                    } else {
                        None
                    };
                };
                if positive != outcome {
                    return fake("what is not on a list of forbidden names is let through");
                }
                let entries = match op {
                    CmpOp::In | CmpOp::NotIn => match self.allowed_for(right, left, named) {
                        Allowed::Entries(entries) => entries,
                        Allowed::Elsewhere => {
                            let verdict = self.elsewhere(right.expr);
                            return Some(match about {
                                About::Both => Tested::Closed(Vec::new(), Some(verdict)),
                                About::Module => Tested::Module(Vec::new()),
                                About::Name => Tested::Closed(Vec::new(), Some(verdict)),
                            });
                        }
                        Allowed::Open(why) => return fake(&why),
                    },
                    CmpOp::Eq | CmpOp::NotEq => match (self.constant(right), right.expr) {
                        (Some(text), _) => vec![Entry::Text(text)],
                        (None, Expr::Tuple(_)) => match self.entry(right) {
                            Some(entry) => vec![entry],
                            None => return None,
                        },
                        _ => return fake("what the name is compared with is not written in the code"),
                    },
                    _ => return None,
                };
                Some(match about {
                    About::Both => Tested::Closed(entries, None),
                    About::Module => Tested::Module(entries),
                    // `name in ALLOWED[module]`
                    About::Name if self.touches_module(right, named) => Tested::Closed(entries, None),
                    About::Name => Tested::Name(entries),
                })
            }
            Expr::Call(call) => {
                if let Some(frame) = self.local(call, at.place).filter(|_| at.frame.is_none() && outcome) {
                    let mut all = Vec::new();
                    let exits = self.exits(frame);
                    for exit in exits.iter() {
                        let value = exit.value?;
                        if matches!(value, Expr::BooleanLiteral(literal) if !literal.value)
                            || value.is_none_literal_expr()
                        {
                            continue;
                        }
                        let inside = self.in_frame(value, Some(frame));
                        match self.test(inside, true, named, steps) {
                            Some(Tested::Closed(entries, None)) => all.extend(entries),
                            other => {
                                let mut found = other;
                                for fact in exit.facts.iter() {
                                    if let Some(tested) = self.tests_of(fact, Some(frame), named, steps) {
                                        found = Some(tested);
                                    }
                                }
                                match found? {
                                    Tested::Closed(entries, None) => all.extend(entries),
                                    other => return Some(other),
                                }
                            }
                        }
                    }
                    return Some(Tested::Closed(all, None));
                }
                let object = match &*call.func {
                    Expr::Attribute(attribute) => Some(&*attribute.value),
                    _ => None,
                };
                let name = last_name(&call.func).unwrap_or_default();
                let touches = call.arguments.args.iter().chain(object).any(|expr| self.touches(expr, at, named));
                match name {
                    _ if !touches => None,
                    "startswith" => fake("only a prefix of the name is tested: other names begin like that, too"),
                    "endswith" => fake("only the end of the name is tested: other names end like that, too"),
                    "match" | "search" | "fullmatch" | "fnmatch" => fake("a pattern is no closed list of names"),
                    _ => {
                        let text = format!("what `{}` tests cannot be seen here", self.written(&*call.func));
                        fake(&text)
                    }
                }
            }
            _ => None,
        }
    }

    /// What `at` is of what is named: module, name, or both in one.
    fn about(&mut self, at: At<'a>, named: &Named<'a>) -> Option<About> {
        let seen = self.value(at);
        if self.same(&seen, &named.module) {
            return Some(About::Module);
        }
        if self.same(&seen, &named.name) {
            return Some(About::Name);
        }
        let at = self.source(at).unwrap_or(at);
        let parts: Vec<&'a Expr> = match at.expr {
            Expr::Tuple(tuple) => tuple.elts.iter().collect(),
            Expr::FString(_) => super::digest::interpolations(at.expr),
            Expr::Call(call) if last_name(&call.func) == Some("format") => call.arguments.args.iter().collect(),
            Expr::Call(call) if last_name(&call.func) == Some("join") => match call.arguments.args.first() {
                Some(Expr::Tuple(tuple)) => tuple.elts.iter().collect(),
                Some(Expr::List(list)) => list.elts.iter().collect(),
                _ => return None,
            },
            Expr::BinOp(operation) => match (&*operation.left, &*operation.right) {
                (Expr::StringLiteral(_), Expr::Tuple(tuple)) => tuple.elts.iter().collect(),
                (Expr::BinOp(inner), right) => vec![&*inner.left, right],
                _ => return None,
            },
            _ => return None,
        };
        let mut wanted = [&named.module, &named.name].into_iter();
        for expr in parts {
            let seen = self.value(At { expr, ..at });
            if !self.same(&seen, wanted.next()?) {
                return None;
            }
        }
        wanted.next().is_none().then_some(About::Both)
    }

    /// Whether `expr` reads the module or the name.
    fn touches(&mut self, expr: &'a Expr, at: At<'a>, named: &Named<'a>) -> bool {
        let mut pending = vec![expr];
        while let Some(expr) = pending.pop() {
            if !self.spend() {
                return false;
            }
            if expr.is_name_expr() {
                let seen = self.value(At { expr, ..at });
                if self.same(&seen, &named.module) || self.same(&seen, &named.name) {
                    return true;
                }
                if let Some(source) = self.source(At { expr, ..at }) {
                    pending.push(source.expr);
                }
            }
            pending.extend(parts_of(expr));
        }
        false
    }

    fn touches_module(&mut self, at: At<'a>, named: &Named<'a>) -> bool {
        parts_of(at.expr).into_iter().any(|expr| {
            let seen = self.value(At { expr, ..at });
            self.same(&seen, &named.module)
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    Module,
    Name,
    Both,
}

fn fact_start(fact: &Fact<'_>) -> ruff_text_size::TextSize {
    match fact {
        Fact::Done(expr) | Fact::Asserted(expr) | Fact::Test(expr, _) => expr.start(),
        Fact::Either(_) | Fact::Caught => ruff_text_size::TextSize::new(0),
    }
}

/// All pairs of a module and a name.
fn pairs<'a>(modules: &[Entry<'a>], names: &[Entry<'a>]) -> Vec<Entry<'a>> {
    /// Longer lists of modules and names are not multiplied.
    const MAX_PAIRS: usize = 10_000;
    let texts = |entries: &[Entry<'a>]| -> Vec<&'a str> {
        entries.iter().filter_map(|entry| if let Entry::Text(text) = entry { Some(*text) } else { None }).collect()
    };
    let (modules, names) = (texts(modules), texts(names));
    let all = modules.iter().flat_map(|module| names.iter().map(move |name| Entry::Pair(module, name)));
    all.take(MAX_PAIRS).collect()
}
