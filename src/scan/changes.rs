//! What is done to a dictionary after it was made: `options["key"] = value`, `options.update(key=value)`.
//!
//! Decides by position and block which of it may have happened before a place; does not know what a key or value means.

use super::scopes::{Binding, Place, Scope, ScopeId, ScopeKind, Scopes};
use ruff_python_ast::{Arguments, Expr};
use ruff_text_size::TextSize;

/// One change to what a name holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change<'a> {
    pub kind: ChangeKind<'a>,
    pub place: Place,
    /// From where it is in effect.
    pub at: TextSize,
}

/// What is done.
#[derive(Clone, Copy, Debug)]
pub(super) enum ChangeKind<'a> {
    /// `name[key] = value`; `None`: a value that cannot be known.
    Set { key: &'a Expr, value: Option<&'a Expr> },
    /// `name.setdefault(key, value)`
    Default { key: &'a Expr, value: Option<&'a Expr> },
    /// `del name[key]`, `name.pop(key)`
    Removed { key: &'a Expr },
    /// `name.update(other, key=value)`
    Merged(&'a Arguments),
}

/// Of more changes than this to one name none are told apart.
const MAX_CHANGES: usize = 64;

impl<'a> Scopes<'a> {
    /// What may have been done to what `name` holds in `place` at `offset`, and whether it has been done for certain; `None`
    /// if that cannot be told. `reaching` are the bindings that may be in effect there.
    pub fn changes_to(
        &self,
        name: &str,
        place: Place,
        offset: TextSize,
        reaching: &[Binding<'a>],
    ) -> Option<Vec<(Change<'a>, bool)>> {
        let Some(changes) = self.changes.get(name) else { return Some(Vec::new()) };
        if changes.len() > MAX_CHANGES {
            return None;
        }
        let home = self.home(name, place);
        let mut found = Vec::new();
        for change in changes.iter().filter(|change| self.home(name, change.place) == home) {
            let same_scope = change.place.scope == place.scope;
            let block = change.place.block;
            let before = change.at <= offset;
            let happens = !same_scope
                || (before || self.in_common_loop(block, place.block)) && !self.excludes(block, place.block);
            // A name that was given another value since holds something else.
            let replaced = |binding: &Binding<'_>| {
                before && same_scope && binding.place.scope == place.scope && binding.at > change.at
            };
            if happens && (reaching.is_empty() || !reaching.iter().all(replaced)) {
                found.push((*change, same_scope && before && self.encloses(block, place.block)));
            }
        }
        Some(found)
    }

    /// The scope that binds `name` as it is seen in `place`.
    fn home(&self, name: &str, place: Place) -> Option<ScopeId> {
        let mut next = Some(place.scope);
        let mut innermost = true;
        while let Some(id) = next {
            let scope: &Scope<'_> = &self.scopes[id];
            if scope.globals.contains(&name) {
                return Some(0);
            }
            if (innermost || scope.kind != ScopeKind::Class) && scope.bindings.contains_key(name) {
                return Some(id);
            }
            innermost = false;
            next = scope.defined.map(|(outer, _)| outer.scope);
        }
        None
    }
}
