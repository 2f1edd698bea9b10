//! What calls give: what known functions do with data, what functions of the file return, and what is passed to others.

use super::paths::Follow;
use super::sources::{Known, Passage};
use super::trace::MAX_PARTS;
use super::{OriginKind, Origins};
use crate::scan::meaning::Meaning;
use crate::scan::scopes::{Place, ScopeId};
use crate::scan::weigh::Weighing;
use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::Ranged;

impl<'a> Weighing<'a, '_> {
    pub(super) fn trace_call(&mut self, call: &'a ExprCall, place: Place, depth: u32) -> Origins<'a> {
        let paths = self.paths(&call.func, place, Follow::Values);
        let known: Vec<Known> = paths.names.iter().flat_map(|path| self.sources().known(path)).copied().collect();
        let is_other = |path: &String| self.sources().known(path).is_empty();
        let mut found = Origins { found: Vec::new(), open: paths.open || paths.names.iter().any(is_other) };
        let mut is_known = false;
        for known in known {
            match known {
                // Further up, and not by an import: the object is asked.
                Known::Source(_) => {}
                Known::Passage(passage) => {
                    found.add(self.trace_passage(passage, call, place, depth));
                    is_known = true;
                }
                Known::Dump(index) => {
                    if self.file_of_dump(index, &call.arguments).is_none() {
                        let kind = OriginKind::Dump(index, self.function_around(place));
                        found.add(Origins::one(kind, call.range()));
                        is_known = true;
                    }
                }
            }
        }
        if is_known {
            return found;
        }
        match self.trace_own_function(call, place, depth) {
            Some(found) => found,
            None => self.trace_unknown_call(call, place, depth),
        }
    }

    /// What a function of this file returns, its parameters being what it is passed.
    fn trace_own_function(&mut self, call: &'a ExprCall, place: Place, depth: u32) -> Option<Origins<'a>> {
        let scopes = self.resolver.scopes();
        let meanings = self.resolver.meaning(&call.func, place);
        let mut all = Origins { found: Vec::new(), open: meanings.open };
        for meaning in meanings.known {
            let Meaning::Function(function) = meaning else { return None };
            let scope = &scopes.scopes[function];
            let values = if scope.yielded.is_empty() { &scope.returned } else { &scope.yielded };
            if values.is_empty() || values.len() > MAX_PARTS || self.trail.functions.contains(&function) {
                return None;
            }
            self.trail.functions.push(function);
            for &(value, inside) in values {
                let found = self.trace(value, inside, depth);
                all.open |= found.open;
                for origin in found.found {
                    let one = Origins { found: vec![origin.clone()], open: false };
                    let passed = match origin.kind {
                        OriginKind::Parameter(of, name) if of == function => self.argument(call, function, name, place),
                        _ => None,
                    };
                    all.add(match passed {
                        Some(passed) => self.trace(passed, place, depth).also(&origin),
                        None => one,
                    });
                }
            }
            self.trail.functions.pop();
        }
        (!all.found.is_empty()).then(|| all.without_literals().through(call.func.range()))
    }

    /// What a call passes to a function of this file as `name`.
    fn argument(&mut self, call: &'a ExprCall, function: ScopeId, name: &str, place: Place) -> Option<&'a Expr> {
        let scopes = self.resolver.scopes();
        let def = scopes.scopes[function].def?;
        if let Some(keyword) = call.arguments.find_keyword(name) {
            return Some(&keyword.value);
        }
        let index = def.parameters.posonlyargs.iter().chain(&def.parameters.args).position(|it| *it.name() == *name)?;
        let is_method = matches!(&*call.func, Expr::Attribute(attribute)
            if self.resolver.meaning(&attribute.value, place).known.iter().any(|it| matches!(it, Meaning::Object(_))));
        call.arguments.find_positional(index.checked_sub(usize::from(is_method))?)
    }

    /// What a known function makes of its arguments.
    fn trace_passage(&mut self, passage: Passage, call: &'a ExprCall, place: Place, depth: u32) -> Origins<'a> {
        let arguments = &call.arguments;
        match passage {
            Passage::Changes => self.trace_arguments(call, place, depth).without_literals().changed(),
            Passage::Opens => {
                let first = arguments.args.first();
                let written = first.or_else(|| arguments.keywords.first().map(|keyword| &keyword.value));
                // `gzip.GzipFile(fileobj=f)`
                let file = arguments.find_keyword("fileobj").map(|keyword| &keyword.value);
                match file.or(written) {
                    Some(file) => self.trace(file, place, depth).opened(),
                    None => Origins::unknown(),
                }
            }
            Passage::Makes => Origins::default(),
            Passage::Keeps | Passage::Reads => match arguments.args.first() {
                Some(kept) if arguments.len() == 1 => self.trace(kept, place, depth),
                Some(kept) => self.trace(kept, place, depth).changed(),
                // Empty: what is written into it is looked for where its name is.
                None => Origins::default(),
            },
        }
    }

    /// A function of which nothing is known: what it gives is made of what it is passed, at least.
    fn trace_unknown_call(&mut self, call: &'a ExprCall, place: Place, depth: u32) -> Origins<'a> {
        let Expr::Attribute(method) = &*call.func else {
            let mut found = self.trace_arguments(call, place, depth);
            found.open = true;
            return found.without_literals().through(call.func.range());
        };
        let object = self.trace(&method.value, place, depth);
        let passage = self.sources().method(method.attr.as_str());
        let open = object.open;
        let only_literals = object.found.iter().all(|origin| origin.kind == OriginKind::Literal);
        match passage {
            Some(Passage::Opens) if !object.found.is_empty() => return object.opened(),
            Some(Passage::Keeps | Passage::Reads) if call.arguments.is_empty() && !only_literals => return object,
            Some(Passage::Keeps | Passage::Reads | Passage::Changes) if !only_literals => return object.changed(),
            _ if object.is_named() => return object.changed(),
            _ => {}
        }
        let mut found = self.trace_arguments(call, place, depth);
        // Of a function in a module nothing is known, of a method neither, and that may only be passed a key.
        let is_method = self.paths(&method.value, place, Follow::Imports).names.is_empty();
        if is_method && passage != Some(Passage::Changes) {
            found = found.beside();
        }
        found.open |= open || !matches!(passage, Some(Passage::Opens | Passage::Changes));
        let is_direct = |origins: &Origins<'_>| origins.found.iter().any(|origin| origin.through.is_none());
        if found.found.is_empty() || is_direct(&object) {
            found.add(object);
        }
        found = found.without_literals();
        match passage {
            Some(Passage::Opens) => found.opened(),
            Some(Passage::Changes) => found.changed(),
            _ => found.through(call.func.range()),
        }
    }

    pub(super) fn trace_arguments(&mut self, call: &'a ExprCall, place: Place, depth: u32) -> Origins<'a> {
        let arguments = &call.arguments;
        let all = arguments.args.iter().chain(arguments.keywords.iter().map(|keyword| &keyword.value));
        self.trace_all(all, place, depth)
    }
}
