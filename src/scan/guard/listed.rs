//! Whether tests make sure that what a pickle names is on a closed list: both its module and its name.

use super::allowed::{Allowed, Entry};
use super::digest::interpolations;
use super::find_class::Named;
use super::flow::{Fact, last_name, parts_of};
use super::value::{At, Frame};
use super::{Judge, Known, Verdict};
use crate::finding::Judgement;
use ruff_python_ast::{BoolOp, CmpOp, Expr, UnaryOp};
use ruff_text_size::{Ranged, TextSize};

/// How many tests and names in one another are looked at.
const MAX_STEPS: u32 = 16;

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
    /// Whether `known` makes sure that what is `named`, of the module `fixed` if there is one, is on a closed list.
    pub fn closed(&mut self, named: &Named<'a>, known: &[Known<'a>], at: &'a Expr, fixed: Option<String>) -> Verdict {
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
                    CmpOp::In | CmpOp::NotIn => match self.allowed_for(right) {
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
            Expr::FString(_) => interpolations(at.expr),
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

fn fact_start(fact: &Fact<'_>) -> TextSize {
    match fact {
        Fact::Done(expr) | Fact::Asserted(expr) | Fact::Test(expr, _) => expr.start(),
        Fact::Either(_) | Fact::Caught => TextSize::new(0),
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
