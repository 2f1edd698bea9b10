//! The matches that name what is at a place, and those of them that hold.

use super::{Matcher, Subclass};
use crate::finding::{Confidence, Reason};
use crate::rules::{Match, Rule, Target};
use crate::scan::arguments::{Holds, Passed, hold};
use crate::scan::meaning::{Made, Meaning, Meanings};
use crate::scan::names::{Interest, NameId, Role};
use crate::scan::scopes::ClassId;
use ruff_text_size::Ranged as _;
use std::collections::HashSet;

/// So many instances are followed that are made by methods of one another.
const MAX_MAKINGS: usize = 16;

/// A match that names what is at a place, its conditions not looked at yet.
#[derive(Clone)]
pub(super) struct Offer<'a> {
    pub role: Role,
    pub id: NameId,
    /// The class by which it is named.
    pub class: Option<Subclass<'a>>,
    pub passed: Passed<'a>,
}

impl<'a> Matcher<'a, '_, '_> {
    /// The matches interested in calling what `meanings` names with what is `passed`.
    pub(super) fn named(&mut self, meanings: &Meanings<'a>, passed: &Passed<'a>) -> Vec<Offer<'a>> {
        let mut offers = Vec::new();
        for meaning in &meanings.known {
            match *meaning {
                Meaning::Name(id) => {
                    for &role in self.resolver.names().roles(id) {
                        match role.interest {
                            Interest::Call => offers.push(Offer { role, id, class: None, passed: passed.clone() }),
                            Interest::Method => {
                                let passed = self.without_receiver(role, passed);
                                offers.push(Offer { role, id, class: None, passed });
                            }
                            Interest::Base => {}
                        }
                    }
                }
                Meaning::Method(id, made) => {
                    for &role in self.resolver.names().roles(id) {
                        let counts = match role.interest {
                            Interest::Call => true,
                            Interest::Method => !self.makings(made).contains(&role.rule),
                            Interest::Base => false,
                        };
                        if counts {
                            offers.push(Offer { role, id, class: None, passed: passed.clone() });
                        }
                    }
                }
                Meaning::Class(class) => {
                    let defined = self.defined(class);
                    let has = |name: &String| defined.contains(name.as_str());
                    let passed = passed.unless_own(&|name| defined.contains(name));
                    for id in self.resolver.ruled_ancestors(class) {
                        let said = self.said_of_subclasses(self.resolver.names().roles(id), &has);
                        let offer =
                            |role| Offer { role, id, class: Some(Subclass::Local(class)), passed: passed.clone() };
                        offers.extend(said.into_iter().map(offer));
                    }
                }
                Meaning::ForeignClass(class) => {
                    let passed = passed.unless_own(&|name| class.defines.iter().any(|defined| defined == name));
                    let names = self.resolver.names();
                    for id in class.ancestors.iter().filter_map(|path| names.find(path)) {
                        let has = |name: &String| class.defines.contains(name);
                        let said = self.said_of_subclasses(names.roles(id), &has);
                        offers.extend(said.into_iter().map(|role| Offer {
                            role,
                            id,
                            class: Some(Subclass::Foreign(class)),
                            passed: passed.clone(),
                        }));
                    }
                }
                _ => {}
            }
        }
        offers
    }

    /// The rules that report the making of an instance, or of the one whose method makes it: for them it does not count
    /// again where it is used.
    fn makings(&mut self, made: Made<'a>) -> Vec<usize> {
        let (call, place) = match made {
            Made::Here(call, place) => (call, place),
            Made::Elsewhere(rules) => return rules.to_owned(),
            Made::Unseen => return Vec::new(),
        };
        if let Some(rules) = self.makings.get(&call.range()) {
            return rules.clone();
        }
        if self.makings_asked == MAX_MAKINGS {
            return Vec::new();
        }
        // Until it is known: an instance may be made by a method of itself.
        self.makings.insert(call.range(), Vec::new());
        self.makings_asked += 1;
        let callee = self.resolver.meaning(&call.func, place);
        let offers = self.named(&callee, &Passed { lists: vec![(&call.arguments, place, 0)], unknown: false });
        let mut rules: Vec<usize> = self.best(offers).iter().map(|(offer, ..)| offer.role.rule).collect();
        for meaning in callee.known {
            if let Meaning::Method(_, maker) = meaning {
                rules.extend(self.makings(maker));
            }
        }
        rules.sort_unstable();
        rules.dedup();
        self.makings_asked -= 1;
        self.makings.insert(call.range(), rules.clone());
        rules
    }

    /// What a method that is called on its class is passed besides the instance: `Unpickler.load(unpickler)`. A method of the
    /// class itself, as in `Coder.decode(data)`, is not passed one.
    fn without_receiver(&self, role: Role, passed: &Passed<'a>) -> Passed<'a> {
        let mut rest = passed.clone();
        rest.lists.iter_mut().take(1).for_each(|(_, _, skipped)| *skipped += 1);
        let data = self.rules.rules[role.rule].matches[role.index].data.as_ref();
        if data.is_some_and(|data| rest.written(data).is_none()) { passed.clone() } else { rest }
    }

    /// What rules say of calling a class that derives from the one with `roles` and defines what it `has`: what they say of
    /// such classes, or else of the class itself.
    fn said_of_subclasses(&self, roles: &[Role], has: &dyn Fn(&String) -> bool) -> Vec<Role> {
        let mut said = Vec::new();
        for &call in roles.iter().filter(|role| role.interest == Interest::Call) {
            let bases = || roles.iter().filter(|role| role.interest == Interest::Base && role.rule == call.rule);
            if bases().next().is_none() {
                said.push(call);
            }
            said.extend(bases().filter(|role| self.fits(**role, has)));
        }
        said
    }

    /// Whether a match for base classes fits a class that defines what it `has`.
    pub(super) fn fits(&self, role: Role, has: &dyn Fn(&String) -> bool) -> bool {
        match &self.rules.rules[role.rule].matches[role.index].target {
            Target::Base { defines, lacks, .. } => defines.iter().all(has) && !lacks.iter().any(has),
            _ => false,
        }
    }

    /// The names that the body of `class` and those of its base classes in the repository bind.
    pub(super) fn defined(&mut self, class: ClassId) -> HashSet<&'a str> {
        let scopes = self.resolver.scopes();
        let mut defined: HashSet<&'a str> = HashSet::new();
        for (body, _) in self.resolver.local_ancestors(class) {
            defined.extend(scopes.scopes[scopes.classes[body].scope].bindings.keys());
        }
        defined
            .extend(self.resolver.foreign_bases(class).into_iter().flat_map(|base| &base.defines).map(String::as_str));
        defined
    }

    /// Of the offers of each rule that hold, the most severe; of equals the surest, then the first in the rule.
    #[allow(clippy::type_complexity)]
    pub(super) fn best(&mut self, offers: Vec<Offer<'a>>) -> Vec<(Offer<'a>, Confidence, Option<String>, Vec<Reason>)> {
        let rules = &self.rules.rules;
        let mut holding = Vec::new();
        for offer in offers {
            let rule = &rules[offer.role.rule];
            let candidate = &rule.matches[offer.role.index];
            let (confidence, unknown) = match hold(&candidate.when, &offer.passed, &mut self.resolver) {
                Holds::No => continue,
                Holds::Yes => (Confidence::High, None),
                Holds::Perhaps(argument) => (Confidence::Low, Some(argument)),
            };
            let severity = candidate.severity.unwrap_or(rule.severity);
            let order = (
                offer.role.rule,
                std::cmp::Reverse((severity, confidence)),
                offer.role.index,
                self.listed(offer.id, candidate),
            );
            holding.push((order, offer, confidence, unknown));
        }
        holding.sort_by_key(|(order, ..)| *order);
        let mut found: Vec<(Offer<'a>, Confidence, Option<String>, Vec<Reason>)> = Vec::new();
        for (_, offer, confidence, unknown) in holding {
            if found.last().is_some_and(|(last, ..)| last.role.rule == offer.role.rule) {
                continue;
            }
            let rule: &Rule = &rules[offer.role.rule];
            if let Some(because) = self.selection.applies(&rule.matches[offer.role.index]) {
                found.push((offer, confidence, unknown, because));
            }
        }
        found
    }

    /// Where `candidate` lists the name.
    fn listed(&self, id: NameId, candidate: &Match) -> usize {
        let path = self.resolver.names().path(id);
        match &candidate.target {
            Target::Call(paths) => paths.iter().position(|listed| *listed == path).unwrap_or(usize::MAX),
            Target::Method { classes, .. } | Target::Base { classes, .. } => {
                let is_it = |class: &String| path.starts_with(class.as_str());
                classes.iter().position(is_it).unwrap_or(usize::MAX)
            }
            _ => 0,
        }
    }
}
