//! Places of one file against the rules: which match of each rule holds there, and how surely.

mod offers;
mod settings;

use offers::Offer;
pub(super) use settings::names_library;

use super::arguments::Passed;
use super::collect::{Collected, Site, SiteKind};
use super::meaning::Meaning;
use super::modules::ExportedClass;
use super::names::{Interest, NameId, Role, Special};
use super::resolve::Resolver;
use super::scopes::{ClassId, Place};
use crate::finding::{Confidence, Reason, Severity};
use crate::rules::{Argument, RuleSet, Selection};
use ruff_python_ast::{Arguments, Expr, ExprCall};
use ruff_text_size::{Ranged, TextRange, TextSize};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Settings by name: the rules and matches that look for them.
pub(super) type Settings<'r> = BTreeMap<&'r str, Vec<(usize, usize)>>;

/// A rule that holds at a place.
#[derive(Debug)]
pub(super) struct Hit<'a> {
    pub rule: usize,
    pub index: usize,
    pub severity: Severity,
    pub confidence: Confidence,
    /// Instead of that of the match.
    pub message: Option<String>,
    pub label: String,
    pub because: Vec<Reason>,
    /// What is reported.
    pub range: TextRange,
    pub place: Place,
    /// The start of the fingerprint, after the rule: the qualified name.
    pub name: String,
    /// The tokens that belong to the fingerprint.
    pub tokens: Option<TextRange>,
    /// What is loaded, where it is written: the argument that the rule calls its data.
    pub data: Option<(&'a Expr, Place)>,
    /// The class that is defined here, or of which an instance is made.
    pub class: Option<Subclass<'a>>,
    /// What is called or passed on, as it is written.
    pub used: Option<&'a Expr>,
    /// The call, where an edit could change it.
    pub written: Option<Written<'a>>,
    /// The severity where the data is brought by others from outside, of a call that only passes it on.
    pub from_afar: Option<Severity>,
}

/// A call as it is written: what an edit changes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written<'a> {
    pub arguments: &'a Arguments,
    /// How many leading arguments are none of what is called: the function of a `partial`, or the object of a method.
    pub skipped: usize,
}

/// A class that derives from one that rules name.
#[derive(Clone, Copy, Debug)]
pub(super) enum Subclass<'a> {
    Local(ClassId),
    /// One of another file.
    Foreign(&'a ExportedClass),
}

/// How a name is used at a place: what is said under it, and what identifies it.
struct Use<'a> {
    /// What is called or passed on, as it is written.
    expression: Option<&'a Expr>,
    label: &'static str,
    confidence: Confidence,
    range: TextRange,
    tokens: Option<TextRange>,
}

/// Judges the places of one file.
pub(super) struct Matcher<'a, 'c, 's> {
    resolver: Resolver<'a, 'c>,
    selection: &'c Selection<'s>,
    rules: &'c RuleSet,
    settings: &'c Settings<'c>,
    collected: &'c Collected<'a>,
    /// Arguments that are called by what they are passed to, or only looked at.
    consumed: HashSet<TextRange>,
    /// Argument lists of calls that rules are interested in.
    lists: HashMap<TextSize, TextSize>,
    /// The rules that report the making of instances, by the call.
    makings: HashMap<TextRange, Vec<usize>>,
    /// How many of those are being worked out.
    makings_asked: usize,
    hits: Vec<Hit<'a>>,
}

impl<'a, 'c, 's> Matcher<'a, 'c, 's> {
    pub fn new(
        resolver: Resolver<'a, 'c>,
        selection: &'c Selection<'s>,
        rules: &'c RuleSet,
        settings: &'c Settings<'c>,
        collected: &'c Collected<'a>,
    ) -> Self {
        Self {
            resolver,
            selection,
            rules,
            settings,
            collected,
            consumed: HashSet::new(),
            lists: HashMap::new(),
            makings: HashMap::new(),
            makings_asked: 0,
            hits: Vec::new(),
        }
    }

    /// How many findings there are so far.
    pub fn count(&self) -> usize {
        self.hits.len()
    }

    /// Judges one place. Calls come before their arguments.
    pub fn judge(&mut self, site: &Site<'a>) {
        if self.resolver.is_dead(site.place) {
            return;
        }
        match site.kind {
            SiteKind::Call(call) => self.call(call, site.place),
            SiteKind::Value(expression) if self.consumed.contains(&expression.range()) => {}
            SiteKind::Value(expression) => {
                let meanings = self.resolver.meaning(expression, site.place);
                let offers = self.named(&meanings, &Passed::default());
                let used = Use {
                    expression: Some(expression),
                    label: "passed on as a value here",
                    confidence: Confidence::Medium,
                    range: expression.range(),
                    tokens: None,
                };
                self.report(offers, site.place, &used);
            }
            SiteKind::Subscript(subscript) => {
                let meanings = self.resolver.meaning(&subscript.value, site.place);
                let items = self.resolver.attribute(&meanings, "[]");
                let offers = self.named(&items, &Passed::default());
                let used = Use {
                    expression: Some(&subscript.value),
                    label: "read here",
                    confidence: Confidence::High,
                    range: subscript.range(),
                    tokens: Some(subscript.slice.range()),
                };
                self.report(offers, site.place, &used);
            }
            SiteKind::Class(class) => self.class(class, site.place),
            SiteKind::Setting(setting) => self.setting(&self.collected.settings[setting], site.place),
        }
    }

    /// What was found. A value that is only given a name, or stored in an attribute of the class, counts where it is read,
    /// if it is: otherwise other files do.
    pub fn finish(self) -> (Vec<Hit<'a>>, Resolver<'a, 'c>, HashMap<TextSize, TextSize>) {
        let mut hits = self.hits;
        let stored = &self.collected.stored;
        hits.retain(|hit| !stored.get(&hit.range).is_some_and(|it| hit.tokens.is_none() && self.resolver.is_inner(it)));
        (hits, self.resolver, self.lists)
    }

    fn call(&mut self, call: &'a ExprCall, place: Place) {
        let callee = self.resolver.meaning(&call.func, place);
        let here = (&call.arguments, place, 0);
        let mut offers = self.named(&callee, &Passed { lists: vec![here], unknown: false });
        for meaning in &callee.known {
            match *meaning {
                Meaning::Name(id) => match self.resolver.names().special(id) {
                    Some(Special::Partial) => offers.extend(self.partial(call, place)),
                    Some(Special::Look) => {
                        self.consumed.extend(call.arguments.args.iter().map(Ranged::range));
                        if let Some(Expr::Tuple(classes)) = call.arguments.args.get(1) {
                            self.consumed.extend(classes.iter().map(Ranged::range));
                        }
                    }
                    Some(Special::Getattr) => {
                        self.consumed.extend(call.arguments.args.iter().map(Ranged::range));
                    }
                    _ => {}
                },
                Meaning::Partial(inner, inner_place) => {
                    // What it says without these arguments counts where it was made.
                    let mut combined = self.partial(inner, inner_place);
                    let alone = self.best(combined.clone());
                    combined.iter_mut().for_each(|offer| offer.passed.lists.push(here));
                    for (offer, ..) in self.best(combined) {
                        let is_known = |known: &Offer<'_>| {
                            known.role.rule == offer.role.rule && self.severity(known.role) >= self.severity(offer.role)
                        };
                        if !alone.iter().any(|(known, ..)| is_known(known)) {
                            offers.push(offer);
                        }
                    }
                }
                Meaning::Methodcaller(name, inner, inner_place) => {
                    if let Some(object) = call.arguments.find_positional(0) {
                        let object = self.resolver.meaning(object, place);
                        let method = self.resolver.attribute(&object, name);
                        let passed = Passed { lists: vec![(&inner.arguments, inner_place, 1)], unknown: false };
                        offers.extend(self.named(&method, &passed));
                    }
                }
                _ => {}
            }
        }
        if !offers.is_empty() {
            self.lists.insert(call.arguments.start(), call.arguments.end());
        }
        let used = Use {
            expression: Some(&call.func),
            label: "called here",
            confidence: Confidence::High,
            range: call.range(),
            tokens: Some(inside(call.arguments.range())),
        };
        self.report(offers, place, &used);
    }

    /// What `functools.partial(function, ...)` will call.
    fn partial(&mut self, call: &'a ExprCall, place: Place) -> Vec<Offer<'a>> {
        let Some(function) = call.arguments.find_positional(0) else { return Vec::new() };
        self.consumed.insert(function.range());
        let meanings = self.resolver.meaning(function, place);
        self.named(&meanings, &Passed { lists: vec![(&call.arguments, place, 1)], unknown: false })
    }

    fn class(&mut self, class: ClassId, place: Place) {
        let scopes = self.resolver.scopes();
        let statement = scopes.classes[class].statement;
        let Some(arguments) = &statement.arguments else { return };
        let bases = self.resolver.bases(class);
        let mut offers = Vec::new();
        for meaning in &bases.known {
            if let Meaning::Name(id) = *meaning {
                let defined = self.defined(class);
                let has = |name: &String| defined.contains(name.as_str());
                let roles = self.resolver.names().roles(id).iter().filter(|role| role.interest == Interest::Base);
                let fitting = roles.filter(|role| self.fits(**role, &has));
                offers.extend(fitting.map(|&role| Offer {
                    role,
                    id,
                    class: Some(Subclass::Local(class)),
                    passed: Passed::default(),
                }));
            }
        }
        let range = TextRange::new(statement.name.start(), arguments.end());
        let used = Use { expression: None, label: "derived here", confidence: Confidence::High, range, tokens: None };
        self.report(offers, place, &used);
    }

    fn report(&mut self, offers: Vec<Offer<'a>>, place: Place, used: &Use<'a>) {
        for (Offer { role, id, class, passed }, confidence, unknown, because) in self.best(offers) {
            let rule = &self.rules.rules[role.rule];
            let candidate = &rule.matches[role.index];
            let label = match unknown {
                Some(argument) => format!("{argument} cannot be known here"),
                None => used.label.to_owned(),
            };
            let written = match passed.lists[..] {
                [(arguments, _, skipped)] if class.is_none() && !passed.unknown && used.tokens.is_some() => {
                    Some(Written { arguments, skipped })
                }
                _ => None,
            };
            self.hits.push(Hit {
                rule: role.rule,
                index: role.index,
                severity: candidate.severity.unwrap_or(rule.severity),
                confidence: confidence.min(used.confidence).min(rule.confidence),
                message: None,
                label,
                because,
                range: used.range,
                place,
                name: self.resolver.names().path(id),
                tokens: used.tokens,
                data: self.data_of(role, id).and_then(|data| passed.written(data)),
                class,
                used: used.expression,
                written,
                from_afar: None,
            });
        }
    }

    fn severity(&self, role: Role) -> Severity {
        let rule = &self.rules.rules[role.rule];
        rule.matches[role.index].severity.unwrap_or(rule.severity)
    }

    /// Where the data comes in. What is said of classes that derive from one is said of calls that make instances, too.
    fn data_of(&self, role: Role, id: NameId) -> Option<&'c Argument> {
        let matches = &self.rules.rules[role.rule].matches;
        let roles = self.resolver.names().roles(id).iter();
        let calls = roles.filter(|other| other.rule == role.rule && other.interest == Interest::Call);
        let own = matches[role.index].data.as_ref();
        own.or_else(|| {
            calls.filter(|_| role.interest == Interest::Base).find_map(|call| matches[call.index].data.as_ref())
        })
    }
}

/// What is between the parentheses. In broken source they may be missing.
pub(super) fn inside(arguments: TextRange) -> TextRange {
    let one = TextSize::new(1);
    match arguments.len() >= one + one {
        true => TextRange::new(arguments.start() + one, arguments.end() - one),
        false => TextRange::empty(arguments.start()),
    }
}
