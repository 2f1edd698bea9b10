//! What is put into a buffer, a list or the like after it was made.

use super::paths::Follow;
use super::sources::{Known, Passage};
use super::{OriginKind, Origins};
use crate::scan::collect::SiteKind;
use crate::scan::meaning::Meaning;
use crate::scan::scopes::{BindingId, Place};
use crate::scan::weigh::Weighing;
use ruff_python_ast::{Arguments, Expr, ExprCall, ExprName, Number};
use ruff_text_size::{Ranged, TextRange, TextSize};
use std::collections::{HashMap, HashSet};

/// For each name: what is done with what it holds, in the order of the walk.
pub(super) type Uses<'a> = HashMap<&'a str, Vec<Use<'a>>>;

/// Something that is done with what a name holds.
#[derive(Clone, Copy)]
pub(super) struct Use<'a> {
    kind: UseKind<'a>,
    place: Place,
    at: TextSize,
}

#[derive(Clone, Copy)]
enum UseKind<'a> {
    /// `name.method(...)`
    Method(&'a ExprCall, &'a str),
    /// `function(name)`; the argument.
    Passed(&'a ExprCall, TextRange),
    /// `name[0] = value`
    Stored(&'a Expr),
    /// Given another name, returned or stored: others may change it.
    Escapes,
}

/// More uses of one name than this are not looked at.
const MAX_USES: usize = 64;
/// Methods of files that put nothing into them.
const IDLE_METHODS: &[&str] = &["close", "fileno", "flush", "readable", "seekable", "tell", "truncate", "writable"];
/// Functions that do nothing to what they are passed.
const IDLE_FUNCTIONS: &[&str] = &["id", "isinstance", "len", "print", "repr", "type"];

impl<'a> Weighing<'a, '_> {
    /// Whether `value` is a buffer or container that gets its content later.
    pub(super) fn is_filled_later(&mut self, value: &'a Expr, place: Place) -> bool {
        match value {
            Expr::List(_) | Expr::Dict(_) | Expr::Set(_) => true,
            Expr::Call(call) => {
                let paths = self.paths(&call.func, place, Follow::Values).names;
                let filled = |known: &Known| match known {
                    Known::Passage(Passage::Makes | Passage::Keeps) => true,
                    Known::Passage(Passage::Changes) => call.arguments.is_empty(),
                    _ => false,
                };
                paths.iter().flat_map(|path| self.sources().exactly(path)).any(filled)
            }
            _ => false,
        }
    }

    /// What is put into the value of binding `id` before `name` is used.
    pub(super) fn trace_contents(
        &mut self,
        id: BindingId,
        name: &'a ExprName,
        place: Place,
        depth: u32,
    ) -> Origins<'a> {
        if self.trail.filling.contains(&id) {
            self.trail.circles += 1;
            return Origins::default();
        }
        if self.trail.uses.is_none() {
            self.trail.uses = Some(self.all_uses());
        }
        let scopes = self.resolver.scopes();
        let uses = self.trail.uses.as_ref().and_then(|uses| uses.get(name.id.as_str())).cloned().unwrap_or_default();
        let mut found = Origins { found: Vec::new(), open: uses.len() > MAX_USES };
        let made = scopes.bindings[id].block;
        self.trail.filling.push(id);
        for used in uses.into_iter().take(MAX_USES) {
            let comes_round =
                scopes.in_common_loop(used.place.block, place.block) && !scopes.in_common_loop(made, place.block);
            let is_later = used.place.scope == place.scope && used.at >= name.start() && !comes_round;
            let is_other = || !scopes.reaching(&name.id, used.place, used.at, &|_| false).bindings.contains(&id);
            if is_later || is_other() {
                continue;
            }
            match used.kind {
                UseKind::Method(call, method) => found.add(self.trace_method(call, method, used.place, depth)),
                UseKind::Passed(call, argument) => found.add(self.trace_passed(call, argument, used.place, depth)),
                UseKind::Stored(value) => found.add(self.trace(value, used.place, depth).changed()),
                UseKind::Escapes => found.open = true,
            }
        }
        self.trail.filling.pop();
        found
    }

    /// What `buffer.method(...)` puts into the buffer.
    fn trace_method(&mut self, call: &'a ExprCall, method: &str, place: Place, depth: u32) -> Origins<'a> {
        let arguments = &call.arguments;
        let nothing = match method {
            "seek" => goes_to_start(arguments),
            // A view can be written to.
            "getbuffer" => false,
            _ if arguments.is_empty() => IDLE_METHODS.contains(&method) || self.sources().method(method).is_some(),
            _ => method == "truncate",
        };
        match nothing {
            true => Origins::default(),
            false if arguments.is_empty() || method == "seek" => Origins::unknown(),
            false => self.trace_arguments(call, place, depth).changed(),
        }
    }

    /// What a function that is passed a buffer puts into it.
    fn trace_passed(&mut self, call: &'a ExprCall, argument: TextRange, place: Place, depth: u32) -> Origins<'a> {
        let paths = self.paths(&call.func, place, Follow::Values);
        let known: Vec<Known> = paths.names.iter().flat_map(|path| self.sources().exactly(path)).copied().collect();
        for known in known {
            if let Known::Dump(index) = known
                && self.file_of_dump(index, &call.arguments).is_some_and(|file| file.range() == argument)
            {
                let kind = OriginKind::Dump(index, self.function_around(place));
                let mut found = Origins::one(kind, call.range());
                found.open = paths.open || paths.names.len() > 1 && !self.are_dumps(&paths.names);
                return found;
            }
        }
        let paths = paths.names;
        let is_idle = |path: &String| path.strip_prefix("builtins.").is_some_and(|name| IDLE_FUNCTIONS.contains(&name));
        let names = self.resolver.names();
        let loads = |meaning: &Meaning<'_>| match meaning {
            Meaning::Name(id) | Meaning::Method(id, _) => !names.roles(*id).is_empty(),
            _ => false,
        };
        let is_first = call.arguments.args.iter().any(|first| first.range() == argument);
        if is_first && paths.iter().any(is_idle) || self.resolver.meaning(&call.func, place).known.iter().any(loads) {
            return Origins::default();
        }
        let others = call.arguments.args.iter().chain(call.arguments.keywords.iter().map(|keyword| &keyword.value));
        let mut found = self.trace_all(others.filter(|other| other.range() != argument), place, depth);
        if let Expr::Attribute(method) = &*call.func {
            found.add(self.trace(&method.value, place, depth));
        }
        found.open = true;
        found.without_literals().through(call.func.range()).beside()
    }

    fn are_dumps(&self, paths: &[String]) -> bool {
        paths.iter().all(|path| matches!(self.sources().exactly(path), [.., Known::Dump(_)]))
    }

    /// The argument that dump `index` writes to.
    pub(super) fn file_of_dump(&self, index: usize, arguments: &'a Arguments) -> Option<&'a Expr> {
        let file = self.rules.dumps[index].file.as_ref()?;
        let by_name = file.keyword.as_ref().and_then(|keyword| arguments.find_keyword(keyword));
        match by_name {
            Some(keyword) => Some(&keyword.value),
            None => arguments.find_positional(file.position? as usize),
        }
    }

    fn all_uses(&self) -> Uses<'a> {
        let mut uses: Uses<'a> = HashMap::new();
        let mut add = |name: &'a ExprName, kind, place, at| {
            let uses = uses.entry(name.id.as_str()).or_default();
            if uses.len() <= MAX_USES {
                uses.push(Use { kind, place, at });
            }
        };
        let mut passed = HashSet::new();
        for site in self.sites {
            let SiteKind::Call(call) = site.kind else { continue };
            if let Expr::Attribute(method) = &*call.func
                && let Expr::Name(name) = &*method.value
            {
                add(name, UseKind::Method(call, method.attr.as_str()), site.place, call.start());
            }
            let keywords = call.arguments.keywords.iter().map(|keyword| &keyword.value);
            for argument in call.arguments.args.iter().chain(keywords) {
                if let Expr::Name(name) = argument {
                    add(name, UseKind::Passed(call, name.range()), site.place, name.start());
                    passed.insert(name.start());
                }
            }
        }
        for site in self.sites {
            let SiteKind::Value(value) = site.kind else { continue };
            if let Some(name) = handed_on(value).filter(|name| !passed.contains(&name.start())) {
                add(name, UseKind::Escapes, site.place, name.start());
            }
        }
        for binding in &self.resolver.scopes().bindings {
            if let Some(name) = binding.bound.value().and_then(handed_on) {
                add(name, UseKind::Escapes, binding.place, name.start());
            }
        }
        for store in &self.resolver.scopes().stores {
            let (Expr::Subscript(_) | Expr::Attribute(_), Some(value)) = (store.target, store.bound.value()) else {
                continue;
            };
            let owner = match store.target {
                Expr::Subscript(subscript) => &subscript.value,
                Expr::Attribute(attribute) => &attribute.value,
                _ => continue,
            };
            if let Expr::Name(name) = &**owner {
                add(name, UseKind::Stored(value), store.place, store.at);
            }
        }
        uses
    }
}

/// The name of an object that `value` gives others a hold on: `buffer`, `buffer.write`.
fn handed_on(value: &Expr) -> Option<&ExprName> {
    match value {
        Expr::Name(name) => Some(name),
        Expr::Attribute(attribute) => attribute.value.as_name_expr(),
        _ => None,
    }
}

/// Whether `seek` goes to the start: `seek(0)`, `seek(0, 0)`.
fn goes_to_start(arguments: &Arguments) -> bool {
    let mut numbers = arguments.args.iter().map(|argument| match argument {
        Expr::NumberLiteral(number) => matches!(&number.value, Number::Int(int) if int.as_u8() == Some(0)),
        Expr::Attribute(attribute) => attribute.attr.as_str() == "SEEK_SET",
        _ => false,
    });
    arguments.keywords.is_empty() && numbers.len() > 0 && numbers.all(|zero| zero)
}
