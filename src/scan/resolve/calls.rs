//! What calls return: instances, and what Python's own functions do with names.

use super::Resolver;
use crate::scan::meaning::{Meaning, Meanings};
use crate::scan::names::Special;
use crate::scan::scopes::Place;
use ruff_python_ast::{Expr, ExprCall};

impl<'a> Resolver<'a, '_> {
    pub(super) fn call(&mut self, expression: &'a Expr, call: &'a ExprCall, place: Place, depth: u32) -> Meanings<'a> {
        let callee = self.at_depth(&call.func, place, depth);
        let mut found = Meanings { known: Vec::new(), open: callee.open };
        let mut first = None;
        for meaning in callee.known {
            match meaning {
                Meaning::Name(id) if self.names.is_class(id) => found.insert(Meaning::Instance(id)),
                Meaning::Class(class) => found.insert(Meaning::Object(class)),
                Meaning::ForeignClass(class) => found.insert(Meaning::ForeignObject(class)),
                Meaning::Attrgetter(name) => {
                    let object = self.argument(call, 0, place, depth, &mut first);
                    found.add(&self.attribute(&object, name));
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
            Special::Vars => first.known.iter().for_each(|meaning| match meaning {
                Meaning::Name(id) => found.insert(Meaning::Namespace(*id)),
                _ => found.open = true,
            }),
            Special::DunderImport => first.strings().for_each(|path| {
                if call.arguments.len() > 1 {
                    found.add(&self.module(path));
                }
                found.add(&self.module(path.split('.').next().unwrap_or(path)));
            }),
            Special::ImportModule => first.strings().for_each(|path| found.add(&self.module(path))),
            Special::Partial => found.insert(Meaning::Partial(call, place)),
            Special::Attrgetter => first.strings().for_each(|name| found.insert(Meaning::Attrgetter(name))),
            Special::Methodcaller => {
                first.strings().for_each(|name| found.insert(Meaning::Methodcaller(name, call, place)));
            }
            Special::Cast => found = self.argument(call, 1, place, depth, &mut None),
            Special::Closing | Special::Staticmethod => found = first.clone(),
            Special::Dict if call.arguments.args.is_empty() => found.insert(Meaning::Display(expression, place)),
            Special::Super => found.known.extend(self.class_around(place).map(Meaning::Super)),
            Special::Dict | Special::Isinstance | Special::SysModules | Special::TypeChecking => {}
        }
        found.open |= found.known.is_empty();
        found
    }
}
