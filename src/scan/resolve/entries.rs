//! What a mapping holds under one key, with all that is put on top of it.

use super::displays::MAX_ENTRIES;
use super::{MAX_DEPTH, Resolver};
use crate::scan::changes::{Change, ChangeKind};
use crate::scan::meaning::{Meaning, Meanings};
use crate::scan::scopes::Place;
use ruff_python_ast::{Arguments, DictItem, Expr};

/// What a mapping may hold under one key.
#[derive(Clone, Debug)]
pub(in crate::scan) struct Entry<'a> {
    pub values: Meanings<'a>,
    /// It may hold nothing there.
    pub absent: bool,
}

impl<'a> Entry<'a> {
    fn none() -> Self {
        Self { values: Meanings::default(), absent: true }
    }

    /// Nothing is known.
    fn unknown() -> Self {
        Self { values: Meanings::unknown(), absent: true }
    }

    fn of(values: Meanings<'a>) -> Self {
        Self { values, absent: false }
    }

    /// What is there once `later` was put on top.
    fn overlay(&mut self, later: Entry<'a>) {
        if later.absent {
            self.values.add(&later.values);
        } else {
            *self = later;
        }
    }

    /// Either this or `other`.
    fn or(&mut self, other: &Entry<'a>) {
        self.values.add(&other.values);
        self.absent |= other.absent;
    }
}

impl<'a> Resolver<'a, '_> {
    /// What the mapping `mapping` may hold under `key`.
    pub fn entry(&mut self, mapping: &'a Expr, place: Place, key: &str) -> Entry<'a> {
        self.entry_at_depth(mapping, place, key, MAX_DEPTH)
    }

    fn entry_at_depth(&mut self, mapping: &'a Expr, place: Place, key: &str, depth: u32) -> Entry<'a> {
        let (Some(depth), Some(left)) = (depth.checked_sub(1), self.elements_left.checked_sub(1)) else {
            return Entry::unknown();
        };
        self.elements_left = left;
        match mapping {
            Expr::Dict(dict) if dict.items.len() <= MAX_ENTRIES => {
                let mut entry = Entry::none();
                for item in &dict.items {
                    self.lay_item(&mut entry, item, place, key, depth);
                }
                entry
            }
            Expr::BinOp(operation) => {
                let mut entry = self.entry_at_depth(&operation.left, place, key, depth);
                let later = self.entry_at_depth(&operation.right, place, key, depth);
                entry.overlay(later);
                entry
            }
            _ => {
                let mappings = self.at_depth(mapping, place, depth);
                self.entry_in(&mappings, mapping, place, key, depth)
            }
        }
    }

    /// What is under `key` of `mapping`, which may be `mappings`.
    pub(super) fn entry_in(
        &mut self,
        mappings: &Meanings<'a>,
        mapping: &'a Expr,
        place: Place,
        key: &str,
        depth: u32,
    ) -> Entry<'a> {
        let mut entry: Option<Entry<'a>> = mappings.open.then(Entry::unknown);
        for &meaning in &mappings.known {
            let one = match meaning {
                Meaning::Display(Expr::Call(call), place) => {
                    let mut entry = Entry::none();
                    self.lay_arguments(&mut entry, &call.arguments, place, key, depth);
                    entry
                }
                Meaning::Display(display @ (Expr::Dict(_) | Expr::BinOp(_)), place) => {
                    self.entry_at_depth(display, place, key, depth)
                }
                _ => Entry::unknown(),
            };
            match &mut entry {
                Some(entry) => entry.or(&one),
                None => entry = Some(one),
            }
        }
        let mut entry = entry.unwrap_or_else(Entry::unknown);
        let Expr::Name(name) = mapping else { return entry };
        match self.changes_to(name, place) {
            None => entry.values.open = true,
            Some(changes) => {
                for (change, certain) in changes {
                    self.lay_change(&mut entry, &change, certain, key, depth);
                }
            }
        }
        entry
    }

    fn lay_item(&mut self, entry: &mut Entry<'a>, item: &'a DictItem, place: Place, key: &str, depth: u32) {
        match &item.key {
            None => entry.overlay(self.entry_at_depth(&item.value, place, key, depth)),
            Some(own) => self.lay(entry, own, place, Some(&item.value), true, key, depth),
        }
    }

    /// Puts `value` on top, if `own` may be `key`.
    #[allow(clippy::too_many_arguments)]
    fn lay(
        &mut self,
        entry: &mut Entry<'a>,
        own: &'a Expr,
        place: Place,
        value: Option<&'a Expr>,
        certain: bool,
        key: &str,
        depth: u32,
    ) {
        let keys = self.at_depth(own, place, depth);
        if !keys.open && keys.strings().all(|own| own != key) {
            return;
        }
        let values = value.map_or_else(Meanings::unknown, |value| self.at_depth(value, place, depth));
        match keys.string() {
            Some(_) if certain => *entry = Entry::of(values),
            _ => entry.values.add(&values),
        }
    }

    /// The arguments of `dict(...)` and `update(...)`, put on top.
    fn lay_arguments(&mut self, entry: &mut Entry<'a>, arguments: &'a Arguments, place: Place, key: &str, depth: u32) {
        if arguments.len() > MAX_ENTRIES {
            return entry.overlay(Entry::unknown());
        }
        for argument in &arguments.args {
            entry.overlay(self.entry_at_depth(argument, place, key, depth));
        }
        for keyword in &arguments.keywords {
            match &keyword.arg {
                Some(name) if name.as_str() == key => {
                    *entry = Entry::of(self.at_depth(&keyword.value, place, depth));
                }
                Some(_) => {}
                None => entry.overlay(self.entry_at_depth(&keyword.value, place, key, depth)),
            }
        }
    }

    fn lay_change(&mut self, entry: &mut Entry<'a>, change: &Change<'a>, certain: bool, key: &str, depth: u32) {
        let place = change.place;
        match change.kind {
            ChangeKind::Set { key: own, value } => self.lay(entry, own, place, value, certain, key, depth),
            ChangeKind::Default { key: own, value } => {
                if entry.absent {
                    let mut later = entry.clone();
                    self.lay(&mut later, own, place, value, certain, key, depth);
                    entry.or(&later);
                    entry.absent = later.absent;
                }
            }
            ChangeKind::Removed { key: own } => {
                if self.at_depth(own, place, depth).string() == Some(key) {
                    if certain {
                        *entry = Entry::none();
                    }
                    entry.absent = true;
                }
            }
            ChangeKind::Merged(arguments) => {
                let mut later = entry.clone();
                self.lay_arguments(&mut later, arguments, place, key, depth);
                if certain {
                    *entry = later;
                } else {
                    entry.or(&later);
                }
            }
        }
    }
}
