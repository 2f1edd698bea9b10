//! What calls return: instances, and what Python's own functions do with names.

use super::Resolver;
use crate::scan::meaning::{Made, Meaning, Meanings};
use crate::scan::names::Special;
use crate::scan::scopes::Place;
use ruff_python_ast::{Expr, ExprCall};

impl<'a> Resolver<'a, '_> {
    pub(super) fn call(&mut self, expression: &'a Expr, call: &'a ExprCall, place: Place, depth: u32) -> Meanings<'a> {
        let callee = match &*call.func {
            Expr::Attribute(method) => {
                let object = self.at_depth(&method.value, place, depth.saturating_sub(1));
                let name = method.attr.as_str();
                if let Some(found) = self.held_method(&object, &method.value, name, call, place, depth) {
                    return found;
                }
                self.attribute(&object, name)
            }
            function => self.at_depth(function, place, depth),
        };
        let mut found = Meanings { known: Vec::new(), open: callee.open };
        let mut first = None;
        for meaning in callee.known {
            match meaning {
                Meaning::Name(id) | Meaning::Method(id, _) if self.names.is_class(id) => {
                    found.insert(Meaning::Instance(id, Made::Here(call, place)));
                }
                Meaning::Class(class) => found.insert(Meaning::Object(class)),
                Meaning::ForeignClass(class) => found.insert(Meaning::ForeignObject(class)),
                Meaning::Function(function) => found.add(&self.returned(function)),
                Meaning::Attrgetter(name) => {
                    let object = self.argument(call, 0, place, depth, &mut first);
                    let held = name.split('.').fold(object, |object, name| self.attribute(&object, name));
                    found.add(&held);
                }
                Meaning::Name(id) => match self.names.special(id) {
                    Some(special) => {
                        let first = self.argument(call, 0, place, depth, &mut first);
                        found.add(&self.special_call(special, expression, call, &first, place, depth));
                    }
                    None => found.open = true,
                },
                _ => found.open = true,
            }
        }
        found
    }

    /// What a method of what holds names returns: `table.get(key)`, `"".join(parts)`; `None`: it is none of those.
    fn held_method(
        &mut self,
        objects: &Meanings<'a>,
        object: &'a Expr,
        name: &str,
        call: &'a ExprCall,
        place: Place,
        depth: u32,
    ) -> Option<Meanings<'a>> {
        let first = call.arguments.args.first();
        let holds = |meaning: &Meaning<'a>| match meaning {
            Meaning::Display(..) | Meaning::Namespace(_) | Meaning::Globals => true,
            Meaning::Name(id) => self.names.special(*id) == Some(Special::SysModules),
            _ => false,
        };
        let is_holder = objects.known.iter().any(holds);
        match (name, first) {
            ("get" | "pop" | "setdefault" | "__getitem__", Some(key)) if is_holder => {
                let mut found = self.taken(objects, object, key, place, depth);
                if let Some(default) = call.arguments.args.get(1) {
                    found.add(&self.at_depth(default, place, depth));
                }
                Some(found)
            }
            ("values" | "items" | "copy", None) if is_holder => Some(objects.clone()),
            ("join", Some(parts)) => {
                let separator = objects.string()?;
                let parts = self.at_depth(parts, place, depth);
                Some(self.joined(separator, &parts, depth))
            }
            ("enter_context" | "enter_async_context", Some(manager)) if objects.known.is_empty() => {
                let mut found = self.at_depth(manager, place, depth);
                found.open = true;
                Some(found)
            }
            _ => None,
        }
    }

    /// The meaning of a positional argument, worked out once for all meanings of the callee.
    fn argument(
        &mut self,
        call: &'a ExprCall,
        position: usize,
        place: Place,
        depth: u32,
        known: &mut Option<Meanings<'a>>,
    ) -> Meanings<'a> {
        known
            .get_or_insert_with(|| match call.arguments.find_positional(position) {
                Some(argument) => self.at_depth(argument, place, depth),
                None => Meanings::unknown(),
            })
            .clone()
    }

    /// The path of the module to import.
    fn named_module(&mut self, call: &'a ExprCall, first: &Meanings<'a>, place: Place, depth: u32) -> Meanings<'a> {
        match call.arguments.find_keyword("name") {
            Some(name) => self.at_depth(&name.value, place, depth),
            None => first.clone(),
        }
    }

    fn special_call(
        &mut self,
        special: Special,
        expression: &'a Expr,
        call: &'a ExprCall,
        first: &Meanings<'a>,
        place: Place,
        depth: u32,
    ) -> Meanings<'a> {
        let mut found = Meanings::default();
        match special {
            Special::Getattr => {
                let names = self.argument(call, 1, place, depth, &mut None);
                names.strings().for_each(|name| found.add(&self.attribute(first, name)));
                found.open |= names.open;
                if let Some(default) = call.arguments.find_positional(2) {
                    found.add(&self.at_depth(default, place, depth));
                }
            }
            Special::Vars if call.arguments.is_empty() => found.insert(Meaning::Globals),
            Special::Vars => first.known.iter().for_each(|meaning| match meaning {
                Meaning::Name(id) => found.insert(Meaning::Namespace(*id)),
                _ => found.open = true,
            }),
            Special::Globals => found.insert(Meaning::Globals),
            Special::DunderImport => self.named_module(call, first, place, depth).strings().for_each(|path| {
                if call.arguments.len() > 1 {
                    found.add(&self.module(path));
                }
                found.add(&self.module(path.split('.').next().unwrap_or(path)));
            }),
            Special::ImportModule => {
                let paths = self.named_module(call, first, place, depth);
                paths.strings().for_each(|path| found.add(&self.module(path)));
            }
            Special::Locate => first.strings().for_each(|path| {
                if let Some(id) = self.names.find(&path.trim().replace(':', ".")) {
                    found.insert(Meaning::Name(id));
                }
            }),
            Special::Type => match call.arguments.args.get(1) {
                None => first.known.iter().for_each(|meaning| match *meaning {
                    Meaning::Instance(id, _) | Meaning::Handed(id) => found.insert(Meaning::Name(id)),
                    Meaning::Object(class) => found.insert(Meaning::Class(class)),
                    _ => found.open = true,
                }),
                // A class without a name stands for what it derives from.
                Some(bases) => {
                    let bases = self.at_depth(bases, place, depth);
                    found.open |= bases.open;
                    for meaning in &bases.known {
                        self.items(meaning, None, depth).into_iter().for_each(|base| found.insert(base));
                    }
                }
            },
            Special::Field => match call.arguments.find_keyword("default") {
                Some(default) => found = self.at_depth(&default.value, place, depth),
                None => found.open = true,
            },
            Special::Partial => found.insert(Meaning::Partial(call, place)),
            Special::Attrgetter => first.strings().for_each(|name| found.insert(Meaning::Attrgetter(name))),
            Special::Methodcaller => {
                first.strings().for_each(|name| found.insert(Meaning::Methodcaller(name, call, place)));
            }
            Special::Cast => found = self.argument(call, 1, place, depth, &mut None),
            Special::Same => found = first.clone(),
            Special::Dict => found.insert(Meaning::Display(expression, place)),
            Special::Super => found.known.extend(self.class_around(place).map(Meaning::Super)),
            Special::Look | Special::SysModules | Special::TypeChecking => {}
        }
        found.open |= found.known.is_empty();
        found
    }
}
