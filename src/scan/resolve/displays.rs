//! What is held in literal lists, tuples and dictionaries, and in what is made from them.

use super::{MAX_DEPTH, Resolver};
use crate::scan::changes::{Change, ChangeKind};
use crate::scan::meaning::{Constant, Meaning, Meanings, same};
use crate::scan::names::Special;
use crate::scan::scopes::Place;
use ruff_python_ast::{Arguments, Expr, ExprName};
use ruff_text_size::Ranged;

/// Longer lists of keywords and dictionaries, which many calls may share, are not looked through.
pub(super) const MAX_ENTRIES: usize = 1000;

/// A change counts as much as this many elements.
const COST_OF_CHANGE: usize = 16;

impl<'a> Resolver<'a, '_> {
    /// `holder[key]`, where the holder may be `holders`.
    pub(super) fn taken(
        &mut self,
        holders: &Meanings<'a>,
        holder: &'a Expr,
        key: &'a Expr,
        place: Place,
        depth: u32,
    ) -> Meanings<'a> {
        let is_holder = |meaning: &Meaning<'a>| !matches!(meaning, Meaning::Constant(_) | Meaning::Other);
        let mut found = Meanings { known: Vec::new(), open: holders.open };
        if !holders.known.iter().any(is_holder) {
            return Meanings::unknown();
        }
        let keys = self.at_depth(key, place, depth);
        let is_display = |meaning: &Meaning<'a>| matches!(meaning, Meaning::Display(..));
        if let Some(key) = keys.string().filter(|_| holders.known.iter().all(is_display)) {
            let mut values = self.entry_in(holders, holder, place, key, depth).values;
            values.open |= values.known.is_empty();
            return values;
        }
        for meaning in &holders.known {
            match *meaning {
                Meaning::Name(id) if self.names.special(id) == Some(Special::SysModules) => {
                    keys.strings().for_each(|path| found.add(&self.module(path)));
                }
                Meaning::Namespace(id) => keys.strings().for_each(|key| found.add(&self.attribute_of_name(id, key))),
                Meaning::Globals => {
                    for key in keys.strings() {
                        found.add(&self.crowd(0, key));
                    }
                }
                Meaning::Holder(class) => found.insert(Meaning::Handed(class)),
                Meaning::Display(display, held_in) => {
                    let held = match keys.known[..] {
                        [Meaning::Constant(Constant::Int(index))] if !keys.open && !display.is_dict_expr() => {
                            self.element(display, index, held_in, depth)
                        }
                        _ => self.items(meaning, keys.string(), depth),
                    };
                    held.into_iter().for_each(|meaning| found.insert(meaning));
                    // It may have been changed since.
                    found.open = true;
                }
                _ => found.open = true,
            }
        }
        if let Expr::Name(name) = holder
            && holders.known.iter().any(is_display)
        {
            self.put_in_since(name, keys.string(), place, depth, &mut found);
        }
        found.open |= found.known.is_empty();
        found
    }

    /// Adds what was put into `name` after it was made, under `key` if that is known.
    fn put_in_since(
        &mut self,
        name: &'a ExprName,
        key: Option<&'a str>,
        place: Place,
        depth: u32,
        found: &mut Meanings<'a>,
    ) {
        for (Change { kind, place, .. }, _) in self.changes_to(name, place).unwrap_or_default() {
            let (own, value) = match kind {
                ChangeKind::Set { key, value } | ChangeKind::Default { key, value } => (key, value),
                ChangeKind::Merged(arguments) => {
                    if arguments.len() <= MAX_ENTRIES {
                        let held = self.held_by_arguments(arguments, key, place, depth);
                        held.into_iter().for_each(|meaning| found.insert(meaning));
                    }
                    continue;
                }
                ChangeKind::Removed { .. } => continue,
            };
            if let Some(value) = value.filter(|_| !is_other(own, key)) {
                found.add(&self.at_depth(value, place, depth));
            }
        }
    }

    /// The values that were put into `name` after it was made, one by one.
    pub(super) fn values_put_in(&mut self, name: &'a ExprName, place: Place) -> Vec<(&'a Expr, Place)> {
        let changes = self.changes_to(name, place).unwrap_or_default().into_iter();
        let values = changes.filter_map(|(change, _)| match change.kind {
            ChangeKind::Set { value, .. } | ChangeKind::Default { value, .. } => Some((value?, change.place)),
            _ => None,
        });
        values.collect()
    }

    pub(super) fn changes_to(&mut self, name: &'a ExprName, place: Place) -> Option<Vec<(Change<'a>, bool)>> {
        let scopes = self.scopes;
        let text = name.id.as_str();
        if !scopes.changes.contains_key(text) {
            return Some(Vec::new());
        }
        let reaching = scopes.reaching(text, place, name.start(), &|_| false);
        let bindings: Vec<_> = reaching.bindings.iter().map(|&id| scopes.bindings[id]).collect();
        let changes = scopes.changes_to(text, place, name.start(), &bindings)?;
        // Changes can be made of changes.
        self.elements_left = self.elements_left.checked_sub(changes.len() * COST_OF_CHANGE)?;
        Some(changes)
    }

    /// What a display holds, under `key` if it is a dictionary with that key.
    pub fn items(&mut self, display: &Meaning<'a>, key: Option<&'a str>, depth: u32) -> Vec<Meaning<'a>> {
        let Meaning::Display(display, place) = *display else { return Vec::new() };
        let known = (std::ptr::from_ref(display), key);
        if let Some(items) = self.items.get(&known) {
            return items.clone();
        }
        // What is made from itself holds nothing more.
        self.items.insert(known, Vec::new());
        let mut items = self.items_of(display, place, key, depth);
        // Each use looks at all of them.
        items.dedup_by(|a, b| same(a, b));
        items.truncate(MAX_ENTRIES);
        self.items.insert(known, items.clone());
        items
    }

    fn items_of(&mut self, display: &'a Expr, place: Place, key: Option<&'a str>, depth: u32) -> Vec<Meaning<'a>> {
        let Some(depth) = depth.checked_sub(1).filter(|_| self.elements_left > 0) else { return Vec::new() };
        let left = self.elements_left;
        // Elements, and whether they are unpacked.
        let elements: Vec<(&Expr, bool)> = match display {
            Expr::List(list) => list.elts.iter().take(left).map(unstarred).collect(),
            Expr::Tuple(tuple) => tuple.elts.iter().take(left).map(unstarred).collect(),
            Expr::Set(set) => set.elts.iter().take(left).map(unstarred).collect(),
            Expr::Dict(dict) => {
                let items = dict.items.iter().take(left);
                let fitting = items.filter(|item| item.key.as_ref().is_none_or(|own| !is_other(own, key)));
                fitting.map(|item| (&item.value, item.key.is_none())).collect()
            }
            Expr::BinOp(operation) => vec![(&*operation.left, true), (&*operation.right, true)],
            Expr::Call(call) => return self.held_by_arguments(&call.arguments, key, place, depth),
            _ => Vec::new(),
        };
        let mut held = Vec::new();
        for (element, unpacked) in elements {
            self.elements_left = self.elements_left.saturating_sub(1);
            let meanings = self.at_depth(element, place, depth);
            if unpacked {
                meanings.known.iter().for_each(|meaning| held.extend(self.items(meaning, key, depth)));
            } else {
                held.extend(meanings.known);
            }
            if self.elements_left == 0 {
                break;
            }
        }
        held
    }

    /// What the arguments of `dict(...)` and `update(...)` put into a dictionary.
    fn held_by_arguments(
        &mut self,
        arguments: &'a Arguments,
        key: Option<&'a str>,
        place: Place,
        depth: u32,
    ) -> Vec<Meaning<'a>> {
        let mut held = Vec::new();
        let positional = arguments.args.iter().map(|argument| (None, argument));
        let named = arguments.keywords.iter().map(|keyword| (keyword.arg.as_ref(), &keyword.value));
        for (name, value) in positional.chain(named).take(self.elements_left) {
            self.elements_left = self.elements_left.saturating_sub(1);
            match name {
                Some(name) if key.is_some_and(|key| name.as_str() != key) => {}
                Some(_) => held.extend(self.at_depth(value, place, depth).known),
                None => {
                    for meaning in self.at_depth(value, place, depth).known {
                        held.extend(self.items(&meaning, key, depth));
                    }
                    if let (Expr::Name(name), Some(depth)) = (value, depth.checked_sub(1)) {
                        let mut since = Meanings::default();
                        self.put_in_since(name, key, place, depth, &mut since);
                        held.extend(since.known);
                    }
                }
            }
        }
        held
    }

    /// Element `index` of a list or tuple; all it holds, if that cannot be told.
    fn element(&mut self, display: &'a Expr, index: i64, place: Place, depth: u32) -> Vec<Meaning<'a>> {
        let elements = match display {
            Expr::List(list) => &list.elts,
            Expr::Tuple(tuple) => &tuple.elts,
            _ => return self.items(&Meaning::Display(display, place), None, depth),
        };
        let index = if index < 0 { elements.len() as i64 + index } else { index };
        if elements.iter().take(MAX_ENTRIES).any(Expr::is_starred_expr) || elements.len() > MAX_ENTRIES {
            return self.items(&Meaning::Display(display, place), None, depth);
        }
        let element = usize::try_from(index).ok().and_then(|index| elements.get(index));
        element.map_or_else(Vec::new, |element| self.at_depth(element, place, depth).known)
    }

    /// What unpacking gives the name at `index`.
    pub(super) fn part(&mut self, value: &'a Expr, index: usize, each: bool, place: Place) -> Meanings<'a> {
        let mut found = Meanings::unknown();
        let values = self.meaning(value, place);
        for meaning in values.known {
            let mut whole = vec![meaning];
            if each {
                // `for key, value in table.items()`
                whole = self.items(&meaning, None, MAX_DEPTH);
                if is_items_call(value) {
                    if index == 1 {
                        whole.into_iter().for_each(|meaning| found.insert(meaning));
                    }
                    continue;
                }
            }
            for one in whole {
                if let Meaning::Display(display @ (Expr::Tuple(_) | Expr::List(_)), place) = one {
                    self.elements_left = self.elements_left.saturating_sub(1);
                    let held = self.element(display, index as i64, place, MAX_DEPTH);
                    held.into_iter().for_each(|meaning| found.insert(meaning));
                }
            }
        }
        found
    }
}

/// Whether a key is written that is not `key`.
fn is_other(own: &Expr, key: Option<&str>) -> bool {
    matches!((own, key), (Expr::StringLiteral(own), Some(key)) if own.value != *key)
}

fn unstarred(element: &Expr) -> (&Expr, bool) {
    match element {
        Expr::Starred(starred) => (&starred.value, true),
        element => (element, false),
    }
}

fn is_items_call(value: &Expr) -> bool {
    value.as_call_expr().and_then(|call| call.func.as_attribute_expr()).is_some_and(|method| &*method.attr == "items")
}
