//! How an expression came to mean what it means: from name to name, back to an import.

use super::Resolver;
use crate::scan::meaning::{MAX_MEANINGS, Meaning, Meanings};
use crate::scan::names::{NameId, Special};
use crate::scan::scopes::{BindingId, Bound, ClassId, Place};
use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::{Ranged, TextRange, TextSize};

/// More expressions than this are not looked at for one chain.
const MAX_NODES: usize = 64;

/// One link of a chain.
#[derive(Clone, Copy, Debug)]
pub(in crate::scan) struct Link {
    /// What is written where the name is used.
    pub used: TextRange,
    pub is: Is,
    /// Where that is said.
    pub at: TextSize,
}

/// What something is.
#[derive(Clone, Copy, Debug)]
pub(in crate::scan) enum Is {
    /// What is written there.
    Written(TextRange),
    Named(NameId),
    InstanceOf(NameId),
    DerivedFrom(NameId),
}

/// How a name came to a place.
#[derive(Clone, Debug, Default)]
pub(in crate::scan) struct Chain {
    /// From the place back to the import; empty if the import is all there is.
    pub links: Vec<Link>,
    /// Where the name, and others that the same rule names, are written down to be used at the place.
    pub sources: Vec<TextRange>,
}

/// What is looked for.
#[derive(Clone, Copy)]
struct Goal {
    name: NameId,
    rule: usize,
}

struct Node<'a> {
    expression: &'a Expr,
    place: Place,
    from: Option<usize>,
    link: Option<Link>,
}

/// The expressions on the way back.
struct Walk<'a> {
    nodes: Vec<Node<'a>>,
    /// Nodes at which a way ends, with the last link.
    ends: Vec<(usize, Option<Link>)>,
}

impl<'a> Walk<'a> {
    fn go(&mut self, from: usize, expression: &'a Expr, place: Place, link: Option<Link>) {
        if self.nodes.len() < MAX_NODES {
            self.nodes.push(Node { expression, place, from: Some(from), link });
        }
    }

    /// Goes on at `value`, which is what is written at `used`.
    fn follow(&mut self, from: usize, used: &Expr, value: &'a Expr, place: Place) {
        let link = Link { used: used.range(), is: Is::Written(value.range()), at: value.start() };
        self.go(from, value, place, Some(link));
    }

    fn end(&mut self, node: usize, used: &Expr, is: Is, at: TextSize) {
        self.ends.push((node, Some(Link { used: used.range(), is, at })));
    }
}

impl<'a> Resolver<'a, '_> {
    /// How `used` came to mean `name`, which `rule` names.
    pub fn chain(&mut self, used: &'a Expr, place: Place, name: NameId, rule: usize) -> Chain {
        let goal = Goal { name, rule };
        let mut walk = Walk { nodes: vec![Node { expression: used, place, from: None, link: None }], ends: Vec::new() };
        let mut next = 0;
        while next < walk.nodes.len() {
            self.step(&mut walk, next, goal);
            next += 1;
        }
        let mut chain = Chain::default();
        for (node, last) in walk.ends {
            let mut links: Vec<Link> = last.into_iter().collect();
            let mut next = Some(node);
            let mut linked = node;
            while let Some(node) = next {
                if node > 0 {
                    chain.sources.push(walk.nodes[node].expression.range());
                }
                if let Some(link) = walk.nodes[node].link {
                    linked = if links.is_empty() { node } else { linked };
                    links.push(link);
                }
                next = walk.nodes[node].from;
            }
            let named = self.named_by(&walk.nodes[linked], goal);
            if let (Some(id), None, Some(last)) = (named, last, links.first_mut()) {
                last.is = Is::Named(id);
            }
            if chain.links.is_empty() && named.is_none_or(|id| self.names.is_within(goal.name, id)) {
                links.reverse();
                chain.links = links;
            }
        }
        chain
    }

    /// The name that an expression stands for.
    fn named_by(&mut self, node: &Node<'a>, goal: Goal) -> Option<NameId> {
        let known = self.meaning(node.expression, node.place).known;
        let names =
            || known.iter().filter_map(|meaning| if let Meaning::Name(id) = *meaning { Some(id) } else { None });
        let exact = names().find(|&id| self.names.is_within(goal.name, id));
        exact.or_else(|| names().find(|&id| self.is_goal(id, goal)))
    }

    fn step(&mut self, walk: &mut Walk<'a>, node: usize, goal: Goal) {
        let Node { expression, place, .. } = walk.nodes[node];
        match expression {
            Expr::Name(name) => {
                let reaching = self.scopes.reaching(&name.id, place, name.start(), &|_| false);
                let crowds = reaching.crowded.iter().flat_map(|&scope| {
                    self.scopes.scopes[scope].bindings.get(name.id.as_str()).into_iter().flatten().copied()
                });
                let ids: Vec<BindingId> = reaching.bindings.iter().copied().chain(crowds).take(MAX_NODES).collect();
                if ids.is_empty() {
                    walk.ends.push((node, None));
                }
                for id in ids {
                    self.follow_binding(walk, node, id, Some(&name.id), goal);
                }
            }
            Expr::Attribute(attribute) => {
                let object = self.meaning(&attribute.value, place);
                if self.leads(&object, goal) {
                    walk.go(node, &attribute.value, place, None);
                }
                for meaning in object.known {
                    if let Meaning::Class(class) | Meaning::Object(class) | Meaning::Super(class) = meaning {
                        self.follow_attribute(walk, node, class, &attribute.attr, goal);
                    }
                }
            }
            Expr::Subscript(subscript) => self.follow_held(walk, node, &subscript.value, goal),
            Expr::Call(call) => self.follow_call(walk, node, call, goal),
            Expr::If(either) => [&either.body, &either.orelse].into_iter().for_each(|value| {
                self.go_if(walk, node, value, place, goal);
            }),
            Expr::BoolOp(operation) => {
                operation.values.iter().take(MAX_MEANINGS).for_each(|value| {
                    self.go_if(walk, node, value, place, goal);
                });
            }
            Expr::Named(named) => walk.go(node, &named.value, place, None),
            Expr::Await(awaited) => walk.go(node, &awaited.value, place, None),
            _ => {}
        }
    }

    fn go_if(&mut self, walk: &mut Walk<'a>, node: usize, value: &'a Expr, place: Place, goal: Goal) {
        if self.leads_there(value, place, goal) {
            walk.go(node, value, place, None);
        }
    }

    fn leads_there(&mut self, value: &'a Expr, place: Place, goal: Goal) -> bool {
        let meanings = self.meaning(value, place);
        self.leads(&meanings, goal)
    }

    /// Whether something that `meanings` names is what is looked for, or holds it.
    fn leads(&mut self, meanings: &Meanings<'a>, goal: Goal) -> bool {
        meanings.known.iter().any(|meaning| match *meaning {
            Meaning::Name(id)
            | Meaning::Instance(id, _)
            | Meaning::Handed(id)
            | Meaning::Holder(id)
            | Meaning::Method(id, _)
            | Meaning::Namespace(id) => self.is_goal(id, goal),
            Meaning::Class(class) | Meaning::Object(class) => {
                self.ruled_ancestors(class).into_iter().any(|id| self.is_goal(id, goal))
            }
            Meaning::Partial(call, place) => {
                call.arguments.args.first().is_some_and(|function| self.leads_there(function, place, goal))
            }
            _ => false,
        })
    }

    fn is_goal(&self, id: NameId, goal: Goal) -> bool {
        self.names.roles(id).iter().any(|role| role.rule == goal.rule) || self.names.is_within(goal.name, id)
    }

    fn follow_binding(&mut self, walk: &mut Walk<'a>, node: usize, id: BindingId, name: Option<&str>, goal: Goal) {
        let used = walk.nodes[node].expression;
        let binding = self.scopes.bindings[id];
        let meanings = self.binding(id);
        let is_held = matches!(binding.bound, Bound::Element(_) | Bound::Part { .. });
        if !is_held && !self.leads(&meanings, goal) {
            return;
        }
        let named = meanings.known.iter().find_map(|meaning| match *meaning {
            Meaning::Name(id) if self.is_goal(id, goal) => Some(Is::Named(id)),
            Meaning::Handed(id) | Meaning::Holder(id) if self.is_goal(id, goal) => Some(Is::InstanceOf(id)),
            _ => None,
        });
        match binding.bound {
            Bound::Value(value) | Bound::Entered(value) => walk.follow(node, used, value, binding.place),
            Bound::Element(value) | Bound::Part { value, .. } => {
                self.follow_elements(walk, node, value, binding.place, goal)
            }
            Bound::Parameter { default: Some(default), .. } if self.leads_there(default, binding.place, goal) => {
                walk.follow(node, used, default, binding.place);
            }
            Bound::Parameter { .. } | Bound::Annotated(_) => {
                named.into_iter().for_each(|is| walk.end(node, used, is, binding.at));
            }
            Bound::Class(class) => {
                let base = self.ruled_ancestors(class).into_iter().find(|&base| self.is_goal(base, goal));
                let at = self.scopes.classes[class].statement.name.start();
                base.into_iter().for_each(|base| walk.end(node, used, Is::DerivedFrom(base), at));
            }
            Bound::Import { member: Some(member), .. } if name.is_some_and(|name| name != member) => {
                // What goes by another name than in its library.
                match named {
                    Some(is @ Is::Named(id)) if id == goal.name => walk.end(node, used, is, binding.at),
                    _ => walk.ends.push((node, None)),
                }
            }
            _ => walk.ends.push((node, None)),
        }
    }

    fn follow_attribute(&mut self, walk: &mut Walk<'a>, node: usize, class: ClassId, name: &str, goal: Goal) {
        let scopes = self.scopes;
        for (ancestor, _) in self.local_ancestors(class) {
            let class = &scopes.classes[ancestor];
            let in_body = scopes.scopes[class.scope].bindings.get(name);
            let on_instance = class.attributes.get(name);
            let ids = in_body.into_iter().chain(on_instance).flatten();
            for &id in ids.take(MAX_MEANINGS) {
                match scopes.bindings[id].bound {
                    Bound::Function(function) => self.follow_returned(walk, node, function, goal),
                    _ => self.follow_binding(walk, node, id, None, goal),
                }
            }
        }
        if let Some(&base) = self.ruled_ancestors(class).iter().find(|&&base| self.is_goal(base, goal)) {
            let at = scopes.classes[class].statement.name.start();
            let object = match walk.nodes[node].expression {
                Expr::Attribute(attribute) => &attribute.value,
                expression => expression,
            };
            walk.end(node, object, Is::DerivedFrom(base), at);
        }
    }

    fn follow_call(&mut self, walk: &mut Walk<'a>, node: usize, call: &'a ExprCall, goal: Goal) {
        let Node { expression, place, .. } = walk.nodes[node];
        if let Expr::Attribute(method) = &*call.func
            && matches!(method.attr.as_str(), "get" | "pop" | "setdefault" | "__getitem__")
        {
            self.follow_held(walk, node, &method.value, goal);
        }
        for meaning in self.meaning(&call.func, place).known {
            match meaning {
                Meaning::Function(function) => self.follow_returned(walk, node, function, goal),
                Meaning::Name(id) if self.names.is_class(id) => walk.ends.push((node, None)),
                Meaning::Class(_) | Meaning::Method(..) => walk.go(node, &call.func, place, None),
                Meaning::Name(id) => match self.names.special(id) {
                    Some(Special::Partial | Special::Same) => {
                        call.arguments.args.iter().take(1).for_each(|value| walk.go(node, value, place, None));
                    }
                    Some(Special::Type) if call.arguments.len() > 1 => {
                        call.arguments.args.iter().skip(1).take(1).for_each(|bases| {
                            self.follow_elements(walk, node, bases, place, goal);
                        });
                    }
                    Some(Special::Cast) => {
                        call.arguments.args.iter().skip(1).for_each(|value| walk.go(node, value, place, None));
                    }
                    Some(Special::Field) => {
                        let default = call.arguments.find_keyword("default");
                        default.into_iter().for_each(|default| walk.go(node, &default.value, place, None));
                    }
                    Some(_) => {
                        if let Some(id) = self.named_by(&walk.nodes[node], goal) {
                            walk.end(node, expression, Is::Named(id), expression.start());
                        }
                    }
                    None => {}
                },
                Meaning::Attrgetter(_) => walk.end(node, expression, Is::Named(goal.name), expression.start()),
                _ => {}
            }
        }
    }

    fn follow_returned(&mut self, walk: &mut Walk<'a>, node: usize, function: usize, goal: Goal) {
        let used = walk.nodes[node].expression;
        let scope = &self.scopes.scopes[function];
        for &(value, place) in scope.returned.iter().chain(&scope.yielded).take(MAX_MEANINGS) {
            if self.leads_there(value, place, goal) {
                walk.follow(node, used, value, place);
            }
        }
    }

    /// Goes on at what `holder` holds.
    fn follow_held(&mut self, walk: &mut Walk<'a>, node: usize, holder: &'a Expr, goal: Goal) {
        let Node { expression, place, .. } = walk.nodes[node];
        for meaning in self.meaning(holder, place).known {
            match meaning {
                Meaning::Display(..) => self.follow_display(walk, node, &meaning, goal),
                Meaning::Namespace(_) | Meaning::Globals => {
                    walk.end(node, expression, Is::Named(goal.name), expression.start());
                }
                _ => {}
            }
        }
        if let Expr::Name(name) = holder {
            for (value, place) in self.values_put_in(name, place) {
                if self.leads_there(value, place, goal) {
                    walk.follow(node, expression, value, place);
                }
            }
        }
    }

    fn follow_elements(&mut self, walk: &mut Walk<'a>, node: usize, value: &'a Expr, place: Place, goal: Goal) {
        for meaning in self.meaning(value, place).known {
            match meaning {
                Meaning::Holder(id) => walk.end(node, walk.nodes[node].expression, Is::InstanceOf(id), value.start()),
                _ => self.follow_display(walk, node, &meaning, goal),
            }
        }
    }

    fn follow_display(&mut self, walk: &mut Walk<'a>, node: usize, display: &Meaning<'a>, goal: Goal) {
        let Meaning::Display(display, place) = *display else { return };
        let used = walk.nodes[node].expression;
        let mut pending = vec![display];
        for _ in 0..MAX_NODES {
            match pending.pop() {
                Some(Expr::List(list)) => pending.extend(list.elts.iter().take(MAX_NODES)),
                Some(Expr::Tuple(tuple)) => pending.extend(tuple.elts.iter().take(MAX_NODES)),
                Some(Expr::Set(set)) => pending.extend(set.elts.iter().take(MAX_NODES)),
                Some(Expr::Dict(dict)) => pending.extend(dict.items.iter().take(MAX_NODES).map(|item| &item.value)),
                Some(Expr::Call(call)) if call.range() == display.range() => {
                    pending.extend(call.arguments.keywords.iter().take(MAX_NODES).map(|keyword| &keyword.value));
                }
                Some(value) if self.leads_there(value, place, goal) => walk.follow(node, used, value, place),
                Some(_) => {}
                None => break,
            }
        }
    }
}
