//! The qualified names that an expression may be, whether rules know them or not.
//!
//! An instance goes by the name of its class, what a function returns by the name of the function: `s.recv` is
//! `socket.socket.recv` after `s = socket.socket()`.

use crate::scan::meaning::Meaning;
use crate::scan::scopes::{BindingId, Bound, Place, Scopes};
use crate::scan::weigh::Weighing;
use ruff_python_ast::Expr;
use ruff_text_size::{Ranged, TextSize};

/// How deep names are followed.
pub(super) const MAX_DEPTH: u32 = 24;
/// More names than this are not kept apart.
const MAX_PATHS: usize = 8;

/// The names that an expression may be.
#[derive(Default)]
pub(super) struct Paths {
    pub names: Vec<String>,
    /// It may also be something without a qualified name.
    pub open: bool,
}

/// How far names are followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Follow {
    /// Imports, base classes and annotations only.
    Imports,
    /// Also what variables are given.
    Values,
}

impl<'a> Weighing<'a, '_> {
    /// The qualified names of `expression`.
    pub(super) fn paths(&mut self, expression: &'a Expr, place: Place, follow: Follow) -> Paths {
        let mut found = Paths::default();
        self.add_paths(expression, place, follow, MAX_DEPTH, &mut found);
        found
    }

    fn add_paths(&mut self, expression: &'a Expr, place: Place, follow: Follow, depth: u32, found: &mut Paths) {
        let Some(depth) = depth.checked_sub(1).filter(|_| self.spend()) else {
            found.open = true;
            return;
        };
        match expression {
            Expr::Name(name) => self.paths_of_name(name.id.as_str(), place, name.start(), follow, depth, found),
            Expr::Attribute(attribute) => {
                // What a class sets itself is not what its base classes have by that name.
                let own = match attribute.value.is_name_expr() {
                    true => self.attribute_bindings(attribute, place),
                    false => Vec::new(),
                };
                if own.is_empty() {
                    let mut objects = Paths::default();
                    self.add_paths(&attribute.value, place, follow, depth, &mut objects);
                    objects.names.into_iter().for_each(|path| found.add(format!("{path}.{}", attribute.attr)));
                    found.open |= objects.open;
                }
                // Anyone may assign to an attribute.
                found.open |= !own.is_empty();
                for id in own {
                    let binding = self.resolver.scopes().bindings[id];
                    if let (Bound::Value(value), Follow::Values) = (binding.bound, follow) {
                        self.add_paths(value, binding.place, follow, depth, found);
                    }
                }
            }
            Expr::Call(call) => self.add_paths(&call.func, place, follow, depth, found),
            Expr::Subscript(subscript) => self.add_paths(&subscript.value, place, follow, depth, found),
            Expr::Await(awaited) => self.add_paths(&awaited.value, place, follow, depth, found),
            Expr::Named(named) => self.add_paths(&named.value, place, follow, depth, found),
            Expr::If(either) if follow == Follow::Values => {
                self.add_paths(&either.body, place, follow, depth, found);
                self.add_paths(&either.orelse, place, follow, depth, found);
            }
            _ => found.open = true,
        }
    }

    fn paths_of_name(
        &mut self,
        name: &'a str,
        place: Place,
        offset: TextSize,
        follow: Follow,
        depth: u32,
        found: &mut Paths,
    ) {
        let scopes = self.resolver.scopes();
        let sources = self.sources();
        let reaching = scopes.reaching(name, place, offset, &|star| {
            matches!(scopes.bindings[star].bound, Bound::Star { module, level: 0 } if !sources.known(&format!("{module}.{name}")).is_empty())
        });
        if reaching.bindings.is_empty() && reaching.crowded.is_empty() && !reaching.certain {
            found.add(format!("builtins.{name}"));
        }
        found.open |= !reaching.crowded.is_empty();
        for id in reaching.bindings {
            let binding = &scopes.bindings[id];
            match binding.bound {
                Bound::Import { module, member, level } => {
                    if self.add_import(name, place, offset, found) {
                        continue;
                    }
                    match member {
                        _ if level > 0 => found.open = true,
                        Some(member) => found.add(format!("{module}.{member}")),
                        None => found.add(module.to_owned()),
                    }
                }
                Bound::Star { module, level: 0 } => found.add(format!("{module}.{name}")),
                Bound::Receiver { class, .. } | Bound::Class(class) => {
                    for (ancestor, _) in self.resolver.local_ancestors(class) {
                        let class = &scopes.classes[ancestor];
                        for base in class.statement.bases().iter().take(MAX_PATHS) {
                            self.add_paths(base, class.place, Follow::Imports, depth, found);
                        }
                    }
                }
                Bound::Annotated(annotation) => {
                    self.paths_of_annotation(annotation, binding.place, depth, found);
                    found.open = true;
                }
                Bound::Parameter { function, annotation, default } => {
                    found.open |= self.trail.by_default != Some(function);
                    if let Some(annotation) = annotation {
                        self.paths_of_annotation(annotation, binding.place, depth, found);
                    }
                    if let Some(default @ (Expr::Name(_) | Expr::Attribute(_))) = default {
                        self.add_paths(default, binding.place, follow, depth, found);
                    }
                }
                Bound::Function(function) if follow == Follow::Values => {
                    for decorator in scopes.scopes[function].def.iter().flat_map(|def| &def.decorator_list) {
                        self.add_paths(&decorator.expression, binding.place, follow, depth, found);
                    }
                }
                Bound::Value(value) | Bound::Entered(value) if follow == Follow::Values => {
                    self.add_paths(value, binding.place, follow, depth, found);
                }
                Bound::Deleted => {}
                _ => found.open = true,
            }
        }
    }

    /// Adds what rules know an imported name as; false if they do not.
    fn add_import(&mut self, name: &'a str, place: Place, offset: TextSize, found: &mut Paths) -> bool {
        let mut is_known = false;
        for meaning in self.resolver.name(name, place, offset).known {
            match meaning {
                Meaning::Name(id) => found.add(self.resolver.names().path(id)),
                // Of the repository itself.
                Meaning::Module(_) | Meaning::ForeignClass(_) | Meaning::ForeignObject(_) => found.open = true,
                Meaning::ForeignFunction(_) => found.open = true,
                _ => continue,
            }
            is_known = true;
        }
        is_known
    }

    /// `X`, `"X"`, `Optional[X]`, `X | None`, `Annotated[X, ...]`
    fn paths_of_annotation(&mut self, annotation: &'a Expr, place: Place, depth: u32, found: &mut Paths) {
        let mut pending = vec![annotation];
        for _ in 0..MAX_PATHS {
            match pending.pop() {
                Some(Expr::BinOp(either)) => pending.extend([&*either.left, &*either.right]),
                Some(Expr::Subscript(subscript)) => pending.push(&subscript.slice),
                Some(Expr::Tuple(tuple)) => pending.extend(&tuple.elts),
                Some(Expr::StringLiteral(text)) => {
                    let (first, rest) = match text.value.to_str().split_once('.') {
                        Some((first, rest)) => (first, Some(rest)),
                        None => (text.value.to_str(), None),
                    };
                    let mut names = Paths::default();
                    self.paths_of_name(first, place, text.start(), Follow::Imports, depth, &mut names);
                    names.names.into_iter().for_each(|name| {
                        found.add(rest.map_or_else(|| name.clone(), |rest| format!("{name}.{rest}")));
                    });
                }
                Some(name @ (Expr::Name(_) | Expr::Attribute(_) | Expr::Call(_))) => {
                    self.add_paths(name, place, Follow::Imports, depth, found);
                }
                Some(_) => {}
                None => break,
            }
        }
    }

    /// What gives a value to an attribute of a class of this file, or of an instance of one.
    pub(super) fn attribute_bindings(
        &mut self,
        attribute: &'a ruff_python_ast::ExprAttribute,
        place: Place,
    ) -> Vec<BindingId> {
        let scopes: &Scopes<'a> = self.resolver.scopes();
        let mut found = Vec::new();
        for meaning in self.resolver.meaning(&attribute.value, place).known {
            let (Meaning::Class(class) | Meaning::Object(class)) = meaning else { continue };
            for (ancestor, _) in self.resolver.local_ancestors(class) {
                let class = &scopes.classes[ancestor];
                let body = scopes.scopes[class.scope].bindings.get(attribute.attr.as_str());
                let set = class.attributes.get(attribute.attr.as_str());
                let all = body.into_iter().chain(set).flatten().take(MAX_PATHS * 2);
                found.extend(all);
                if !found.is_empty() {
                    break;
                }
            }
        }
        found
    }
}

impl Paths {
    fn add(&mut self, path: String) {
        if self.names.len() == MAX_PATHS {
            self.open = true;
        } else if !self.names.contains(&path) {
            self.names.push(path);
        }
    }
}
