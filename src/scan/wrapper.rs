//! Functions that pass a parameter on to an unsafe load, and the calls of them.
//!
//! A function is known to do so from a hit whose data comes from its parameter. Calls of it are hits of the same rule, and
//! may make another function one that passes a parameter on.

use super::arguments::Passed;
use super::collect::{Site, SiteKind};
use super::matching::{Hit, inside};
use super::meaning::Meaning;
use super::modules::ExportedFunction;
use super::scopes::{Place, ScopeId, ScopeKind, Scopes};
use super::weigh::Weighing;
use crate::finding::{self, Confidence, Ground, Reason, Severity};
use crate::rules::{Argument, RuleSet};
use ruff_python_ast::{Expr, ExprCall, StmtFunctionDef};
use ruff_text_size::Ranged;
use std::collections::BTreeMap;

/// Functions that call functions that pass a parameter on are followed this many levels up.
const MAX_LEVELS: usize = 8;
/// A function is known by no more than this many of its loads.
const MAX_LOADS: usize = 8;

/// A load that a function passes one of its parameters to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PassedOn {
    /// Index into the rules.
    pub rule: usize,
    /// Index into the matches of the rule.
    pub index: usize,
    /// Of the load.
    pub severity: Severity,
    /// The parameter.
    pub parameter: Parameter,
    /// From the function to the load, the outermost first.
    pub chain: Vec<Reason>,
}

/// A parameter of a function, as a call passes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parameter {
    /// Its name, if it may be passed by keyword.
    pub keyword: Option<String>,
    /// 0-based position, the receiver of a method not counted.
    pub position: Option<u32>,
    /// Whether a call through the class itself passes the receiver first.
    pub after_receiver: bool,
}

/// Functions of a file that pass a parameter on, by the scope of their body.
pub(super) type Wrappers = BTreeMap<ScopeId, Vec<PassedOn>>;

/// A call of a function that may pass a parameter on.
struct Call<'a> {
    call: &'a ExprCall,
    place: Place,
    function: Function<'a>,
    /// The receiver is not among the arguments.
    is_bound: bool,
}

/// The function that is called.
#[derive(Clone, Copy)]
enum Function<'a> {
    OfThisFile(ScopeId),
    OfAnother(&'a ExportedFunction),
}

impl<'a> Weighing<'a, '_> {
    /// Calls in this file of functions that pass a parameter on to one of `hits`, weighed, and calls of functions that pass
    /// a parameter on to those.
    pub fn calls_of_wrappers(&mut self, sites: &[Site<'a>], rules: &RuleSet, hits: &mut Vec<Hit<'a>>) {
        if self.wrappers.is_empty() && !self.resolver.meets_foreign() {
            return;
        }
        let calls = self.calls(sites);
        let mut known: BTreeMap<ScopeId, usize> = BTreeMap::new();
        for level in 0..MAX_LEVELS {
            let mut found = Vec::new();
            for call in &calls {
                let (name, loads) = match call.function {
                    Function::OfThisFile(function) => {
                        let seen = known.get(&function).copied().unwrap_or(0);
                        let loads = self.wrappers.get(&function).map_or(&[][..], |loads| &loads[seen..]);
                        (self.resolver.scopes().scopes[function].name.unwrap_or_default(), loads)
                    }
                    Function::OfAnother(function) if level == 0 => (function.name.as_str(), &function.loads[..]),
                    Function::OfAnother(_) => continue,
                };
                let hit = |load| Hit::of_wrapper(call.call, call.place, name, load, call.is_bound, rules);
                found.extend(loads.iter().filter_map(hit));
            }
            known = self.wrappers.iter().map(|(&function, loads)| (function, loads.len())).collect();
            if found.is_empty() {
                return;
            }
            self.weigh(&mut found);
            hits.append(&mut found);
        }
    }

    /// The calls of functions of this file.
    fn calls(&mut self, sites: &[Site<'a>]) -> Vec<Call<'a>> {
        let mut calls = Vec::new();
        for site in sites {
            let SiteKind::Call(call) = site.kind else { continue };
            if self.resolver.is_dead(site.place) {
                continue;
            }
            for meaning in self.resolver.meaning(&call.func, site.place).known {
                let function = match meaning {
                    Meaning::Function(function) => Function::OfThisFile(function),
                    Meaning::ForeignFunction(function) => Function::OfAnother(function),
                    _ => continue,
                };
                let is_bound = self.is_bound(&call.func, site.place);
                calls.push(Call { call, place: site.place, function, is_bound });
            }
        }
        calls
    }

    /// Whether `callee` is looked up in an instance.
    fn is_bound(&mut self, callee: &'a Expr, place: Place) -> bool {
        let Expr::Attribute(attribute) = callee else { return false };
        let object = self.resolver.meaning(&attribute.value, place);
        let is_instance = |meaning: &Meaning<'_>| {
            matches!(meaning, Meaning::Object(_) | Meaning::Super(_) | Meaning::ForeignObject(_))
        };
        object.known.iter().any(is_instance)
    }

    /// Notes that the functions whose parameters reach `hit` pass them on.
    pub fn note_wrappers(&mut self, hit: &Hit<'a>, parameters: &[(ScopeId, &'a str)]) {
        // Where an argument cannot be known, the caller may have made it safe.
        if hit.severity == Severity::Note || hit.confidence == Confidence::Low {
            return;
        }
        for &(function, name) in parameters {
            let scopes = self.resolver.scopes();
            let Some(def) = scopes.scopes[function].def else { continue };
            let Some(parameter) = Parameter::of(scopes, function, def, name) else { continue };
            let line = self.lines.line(hit.range.start());
            let step = Reason {
                ground: Ground::Chain,
                text: format!("`{}` passes `{name}` to `{}`", def.name, hit.name),
                place: Some(finding::Place { path: self.path.clone(), line }),
            };
            let chain = std::iter::once(step).chain(hit.chain().cloned()).take(MAX_LEVELS).collect();
            let loads = self.wrappers.entry(function).or_default();
            let is_known = loads.iter().any(|load| (load.rule, &load.parameter) == (hit.rule, &parameter));
            if !is_known && loads.len() < MAX_LOADS {
                loads.push(PassedOn { rule: hit.rule, index: hit.index, severity: hit.severity, parameter, chain });
            }
        }
    }
}

impl Parameter {
    /// The parameter `name` of `def`, unless a call cannot be seen to pass it.
    fn of(scopes: &Scopes<'_>, function: ScopeId, def: &StmtFunctionDef, name: &str) -> Option<Self> {
        let outer = scopes.scopes[function].defined.map(|(place, _)| scopes.scopes[place.scope].kind);
        let decorated = |by: &str| {
            let mut names = def.decorator_list.iter().filter_map(|decorator| decorator.expression.as_name_expr());
            names.any(|decorator| decorator.id == by)
        };
        let is_method = outer == Some(ScopeKind::Class) && !decorated("staticmethod");
        let parameters = &def.parameters;
        if parameters.kwonlyargs.iter().any(|parameter| parameter.name() == name) {
            return Some(Self { keyword: Some(name.to_owned()), position: None, after_receiver: false });
        }
        let only_positional = parameters.posonlyargs.len();
        let mut positional = parameters.posonlyargs.iter().chain(&parameters.args);
        let index = positional.position(|parameter| parameter.name() == name)?;
        let position = index.checked_sub(usize::from(is_method))?;
        Some(Self {
            keyword: (index >= only_positional).then(|| name.to_owned()),
            position: Some(u32::try_from(position).ok()?),
            after_receiver: is_method && !decorated("classmethod") && def.name.as_str() != "__new__",
        })
    }

    /// As the argument of a call; `is_bound`: the receiver is not among the arguments.
    fn argument(&self, is_bound: bool) -> Argument {
        let shift = u32::from(self.after_receiver && !is_bound);
        Argument { keyword: self.keyword.clone(), position: self.position.map(|position| position + shift) }
    }
}

impl<'a> Hit<'a> {
    /// The call of a function called `name` that passes an argument on to `load`; `None` where it does not pass it.
    pub fn of_wrapper(
        call: &'a ExprCall,
        place: Place,
        name: &str,
        load: &PassedOn,
        is_bound: bool,
        rules: &RuleSet,
    ) -> Option<Self> {
        let passed = Passed { lists: vec![(&call.arguments, place, 0)], unknown: false };
        let data = passed.written(&load.parameter.argument(is_bound));
        let unpacks = call.arguments.args.iter().any(Expr::is_starred_expr)
            || call.arguments.keywords.iter().any(|keyword| keyword.arg.is_none());
        if data.is_none() && !unpacks {
            return None;
        }
        let rule = &rules.rules[load.rule];
        let message = rule.matches[load.index].message.as_ref().unwrap_or(&rule.message);
        Some(Self {
            rule: load.rule,
            index: load.index,
            severity: load.severity.min(Severity::Warning),
            confidence: if data.is_some() { rule.confidence } else { Confidence::Low },
            message: Some(format!("`{name}` loads what it is passed: {message}")),
            label: "passed on from here".to_owned(),
            because: load.chain.clone(),
            range: call.range(),
            place,
            name: name.to_owned(),
            tokens: Some(inside(call.arguments.range())),
            data,
            class: None,
            used: None,
            written: None,
            from_afar: Some(load.severity),
        })
    }

    /// How what it is given gets to the load.
    fn chain(&self) -> impl Iterator<Item = &Reason> {
        self.because.iter().filter(|reason| reason.ground == Ground::Chain)
    }
}
