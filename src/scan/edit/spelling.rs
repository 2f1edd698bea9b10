//! How a file can name something of a library, by what it imports or by one more import.

use super::{Change, Editor};
use crate::scan::meaning::Meaning;
use crate::scan::scopes::{Bound, Place};
use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::{Ranged as _, TextSize};
use std::collections::BTreeMap;

/// More names than this that a file imports a thing by are not tried.
const MAX_NAMES: usize = 8;

/// What was found out for each qualified name, once for all calls of the file.
#[derive(Default)]
pub(super) struct Imports<'a> {
    known: BTreeMap<String, Found<'a>>,
}

#[derive(Clone, Default)]
struct Found<'a> {
    /// Names of the module that are imported, and what to write after them; the most of the name first.
    bound: Vec<(&'a str, String)>,
    /// Where to import it.
    place: Option<TextSize>,
}

/// Whether a value is the qualified name of something.
pub(super) fn is_qualified(value: &str) -> bool {
    value.contains('.') && value.starts_with(|c: char| c == '_' || c.is_alphabetic())
}

impl<'a> Editor<'a, '_, '_> {
    /// How to write the name `path` beside `callee`, and the import it takes.
    pub(super) fn spell(
        &mut self,
        path: &str,
        callee: &'a Expr,
        place: Place,
        imports: &mut Imports<'a>,
    ) -> Option<(String, Option<Change>)> {
        let mut next = callee;
        while let Expr::Attribute(attribute) = next {
            next = &attribute.value;
            if let Some(rest) = self.rest_after(next, path, place) {
                let object = &self.text[next.range()];
                return is_dotted(next).then(|| (format!("{object}.{rest}"), None));
            }
        }
        if !imports.known.contains_key(path) {
            let found = self.find(path);
            imports.known.insert(path.to_owned(), found);
        }
        let found = imports.known.get(path)?;
        let bound = found.bound.iter().find(|(name, _)| self.is_import_only(name, place, callee.start()));
        if let Some((name, rest)) = bound {
            return Some((format!("{name}{rest}"), None));
        }
        let at = found.place?;
        let (module, member) = path.rsplit_once('.')?;
        let newline = self.newline_before(at);
        Some((member.to_owned(), Some(Change::insertion(at, format!("from {module} import {member}{newline}")))))
    }

    /// What is left of `path` where `object` is the module or class it is in.
    fn rest_after<'p>(&mut self, object: &'a Expr, path: &'p str, place: Place) -> Option<&'p str> {
        let meaning = self.resolver.meaning(object, place);
        let mut names = meaning.known.iter().filter_map(|meaning| match meaning {
            Meaning::Name(id) => Some(self.resolver.names().path(*id)),
            _ => None,
        });
        let name = names.next().filter(|_| names.next().is_none())?;
        path.strip_prefix(name.as_str())?.strip_prefix('.')
    }

    /// By what names the module already knows `path`, and where it could import it.
    fn find(&self, path: &str) -> Found<'a> {
        let mut bound: Vec<(&'a str, String)> = Vec::new();
        let mut add = |name: &'a str, module: &str, member: Option<&str>| {
            let rest = path.strip_prefix(module).and_then(|rest| match member {
                None => Some(rest),
                Some(member) => rest.strip_prefix('.')?.strip_prefix(member),
            });
            if let Some(rest) = rest.filter(|rest| rest.is_empty() || rest.starts_with('.')) {
                bound.push((name, rest.to_owned()));
            }
        };
        for statement in self.body {
            match statement {
                Stmt::Import(import) => import.names.iter().for_each(|alias| match &alias.asname {
                    Some(name) => add(name.as_str(), alias.name.as_str(), None),
                    None => {
                        let root = alias.name.split('.').next().unwrap_or_default();
                        add(root, root, None);
                    }
                }),
                Stmt::ImportFrom(import) if import.level == 0 => {
                    let module = import.module.as_ref().map_or("", |module| module.as_str());
                    for alias in &import.names {
                        add(alias.asname.as_ref().unwrap_or(&alias.name).as_str(), module, Some(alias.name.as_str()));
                    }
                }
                _ => {}
            }
        }
        bound.sort_by(|a, b| (a.1.len(), a.0).cmp(&(b.1.len(), b.0)));
        bound.dedup();
        bound.truncate(MAX_NAMES);
        let member = path.rsplit('.').next().unwrap_or(path);
        let is_taken =
            self.tokens.iter().any(|token| token.kind() == TokenKind::Name && &self.text[token.range()] == member);
        Found { bound, place: if is_taken { None } else { self.place_after_import(path) } }
    }

    /// Whether `name` is, at `offset`, what one import of the module binds it to, and nothing else.
    fn is_import_only(&self, name: &str, place: Place, offset: TextSize) -> bool {
        let scopes = self.resolver.scopes();
        let reaching = scopes.reaching(name, place, offset, &|_| true);
        let is_import = |&id: &usize| {
            matches!(scopes.bindings[id].bound, Bound::Import { .. }) && scopes.bindings[id].place.scope == 0
        };
        reaching.crowded.is_empty() && reaching.bindings.len() == 1 && reaching.bindings.iter().all(is_import)
    }

    /// The start of the line after the first import of the same library, if that has its line for itself.
    fn place_after_import(&self, path: &str) -> Option<TextSize> {
        let root = path.split('.').next();
        let is_of_it = |module: &str| module.split('.').next() == root;
        let statement = self.body.iter().find(|statement| match statement {
            Stmt::Import(import) => import.names.iter().any(|alias| is_of_it(alias.name.as_str())),
            Stmt::ImportFrom(import) => {
                import.level == 0 && import.module.as_ref().is_some_and(|module| is_of_it(module.as_str()))
            }
            _ => false,
        })?;
        let from = self.tokens.partition_point(|token| token.start() < statement.end());
        let before = self.tokens.partition_point(|token| token.start() < statement.start());
        let is_first = self.tokens[..before].last().is_none_or(|token| {
            matches!(token.kind(), TokenKind::Newline | TokenKind::NonLogicalNewline | TokenKind::Dedent)
        });
        let mut after = self.tokens[from..].iter().filter(|token| token.kind() != TokenKind::Comment);
        after
            .next()
            .filter(|token| is_first && token.kind() == TokenKind::Newline && !token.range().is_empty())
            .map(|t| t.end())
    }

    /// The line end before `at`.
    fn newline_before(&self, at: TextSize) -> &'a str {
        let before = &self.text[..at.to_usize()];
        let start = before.trim_end_matches(['\r', '\n']).len();
        match before[start..].strip_prefix("\r\n") {
            Some(_) => &before[start..start + 2],
            None => &before[start..(start + 1).min(before.len())],
        }
    }
}

/// Whether `expression` is names joined by dots.
fn is_dotted(expression: &Expr) -> bool {
    let mut next = expression;
    while let Expr::Attribute(attribute) = next {
        next = &attribute.value;
    }
    next.is_name_expr()
}
