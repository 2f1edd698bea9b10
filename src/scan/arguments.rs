//! Conditions on the arguments of a call: what an argument may be, and whether a rule's condition may hold.

use super::meaning::{Constant, Meaning, Meanings};
use super::resolve::{MAX_DEPTH, Resolver};
use super::scopes::Place;
use crate::rules::{Argument, Condition, Value};
use ruff_python_ast::{Arguments, Expr};

/// The arguments a call passes, as far as they are written.
#[derive(Clone, Default)]
pub(super) struct Passed<'a> {
    /// Argument lists, first to last (a `partial` adds one in front), each with how many leading ones do not count.
    pub lists: Vec<(&'a Arguments, Place, usize)>,
    /// Any argument may be passed besides.
    pub unknown: bool,
}

/// Longer lists of keywords and dictionaries, which many calls may share, are not looked through.
const MAX_ENTRIES: usize = 1000;

/// What one argument may be.
struct Possible<'a> {
    values: Meanings<'a>,
    absent: bool,
}

/// Whether conditions hold: certainly as far as values decide, or only if an argument that cannot be known says so.
pub(super) enum Holds {
    No,
    Yes,
    /// The argument that cannot be known.
    Perhaps(String),
}

/// Whether all `conditions` may hold for what is passed.
pub(super) fn hold<'a>(conditions: &[Condition], passed: &Passed<'a>, resolver: &mut Resolver<'a, '_>) -> Holds {
    let mut verdict = Holds::Yes;
    for condition in conditions {
        let mut possible = passed.argument(&condition.argument, resolver);
        resolver.want(&possible.values);
        possible.values.open |= possible.values.known.iter().any(|meaning| is_undecided(meaning, resolver));
        possible.values.known.retain(|meaning| !is_undecided(meaning, resolver));
        let only_presence = condition.is.is_empty() && condition.is_not.is_empty();
        let known = if only_presence {
            !condition.absent && !possible.absent
        } else {
            possible.values.known.iter().any(|meaning| {
                condition.is.iter().any(|value| equal(meaning, value, resolver) || holds(meaning, value, resolver))
                    || !condition.is_not.is_empty()
                        && !condition.is_not.iter().any(|value| equal(meaning, value, resolver))
            })
        };
        if known || possible.absent && condition.absent {
            continue;
        }
        let perhaps = possible.values.open && condition.unknown && !(only_presence && condition.absent);
        if !perhaps {
            return Holds::No;
        }
        if matches!(verdict, Holds::Yes) {
            verdict = Holds::Perhaps(name_of(&condition.argument));
        }
    }
    verdict
}

impl<'a> Passed<'a> {
    /// What is written for `argument`, by keyword or by position, and where.
    pub fn written(&self, argument: &Argument) -> Option<(&'a Expr, Place)> {
        let by_keyword = argument.keyword.as_ref().and_then(|keyword| {
            let mut lists = self.lists.iter().rev();
            lists.find_map(|(list, place, _)| Some((&list.find_keyword(keyword)?.value, *place)))
        });
        by_keyword.or_else(|| {
            let mut position = argument.position? as usize;
            for (list, place, skipped) in &self.lists {
                let counted = list.args.get(*skipped..).unwrap_or_default();
                let plain = counted.iter().take(position + 1).take_while(|value| !value.is_starred_expr()).count();
                match counted.get(position) {
                    Some(value) if plain > position => return Some((value, *place)),
                    // What a starred argument passes is not written here.
                    _ if plain < counted.len().min(position + 1) => return None,
                    _ => position -= plain,
                }
            }
            None
        })
    }

    /// What the constructor of the library is passed by one of a class that defines what it `has`: that passes on what it
    /// likes.
    pub fn unless_own(&self, has: &dyn Fn(&str) -> bool) -> Self {
        match has("__init__") || has("__new__") {
            true => Self { lists: Vec::new(), unknown: true },
            false => self.clone(),
        }
    }

    /// What is passed for `argument`, by keyword or by position.
    fn argument(&self, argument: &Argument, resolver: &mut Resolver<'a, '_>) -> Possible<'a> {
        let mut open = self.unknown;
        if self.lists.iter().any(|(list, ..)| list.keywords.len() > MAX_ENTRIES) {
            return Possible { values: Meanings::unknown(), absent: true };
        }
        if let Some(keyword) = &argument.keyword {
            for (list, place, _) in self.lists.iter().rev() {
                if let Some(found) = list.find_keyword(keyword) {
                    return Possible { values: resolver.meaning(&found.value, *place), absent: false };
                }
            }
        }
        if let Some(position) = argument.position {
            let mut position = position as usize;
            for (list, place, skipped) in &self.lists {
                let counted = list.args.get(*skipped..).unwrap_or_default();
                let looked_at = &counted[..counted.len().min(position + 1)];
                let plain = looked_at.iter().position(Expr::is_starred_expr).unwrap_or(looked_at.len());
                if let Some(value) = looked_at[..plain].get(position) {
                    return Possible { values: resolver.meaning(value, *place), absent: false };
                }
                if plain < looked_at.len() {
                    open = true;
                    break;
                }
                position -= plain;
            }
        }
        let mut possible = Possible { values: Meanings { known: Vec::new(), open }, absent: true };
        if let Some(keyword) = &argument.keyword {
            for (list, place, _) in self.lists.iter().rev() {
                for unpacked in list.keywords.iter().filter(|keyword| keyword.arg.is_none()) {
                    let entry = resolver.entry(&unpacked.value, *place, keyword);
                    possible.values.add(&entry.values);
                    if !entry.absent {
                        possible.absent = false;
                        return possible;
                    }
                }
            }
        }
        possible
    }
}

/// How to call `argument` in a message.
fn name_of(argument: &Argument) -> String {
    match (&argument.keyword, argument.position) {
        (Some(keyword), _) => format!("`{keyword}`"),
        (None, Some(position)) => format!("argument {}", position + 1),
        (None, None) => "an argument".to_owned(),
    }
}

/// Whether `meaning` is a class of this file that may derive from anything.
fn is_undecided<'a>(meaning: &Meaning<'a>, resolver: &mut Resolver<'a, '_>) -> bool {
    match meaning {
        Meaning::Unread(..) => true,
        Meaning::ForeignClass(class) => class.is_open && class.ancestors.is_empty(),
        Meaning::Class(class) => resolver.bases(*class).open && resolver.ruled_ancestors(*class).is_empty(),
        _ => false,
    }
}

/// Whether `meaning` is a literal list, tuple or set with `value` in it.
fn holds<'a>(meaning: &Meaning<'a>, value: &Value, resolver: &mut Resolver<'a, '_>) -> bool {
    match meaning {
        Meaning::Display(Expr::List(_) | Expr::Tuple(_) | Expr::Set(_) | Expr::BinOp(_), _) => {
            resolver.items(meaning, None, MAX_DEPTH).iter().any(|element| equal(element, value, resolver))
        }
        _ => false,
    }
}

/// Whether `text` is `wanted`; a `*` at either end of that stands for anything.
pub(super) fn is_text(text: &str, wanted: &str) -> bool {
    let part = wanted.trim_matches('*');
    match (wanted.starts_with('*'), wanted.ends_with('*')) {
        (true, true) => text.contains(part),
        (true, false) => text.ends_with(part),
        (false, true) => text.starts_with(part),
        (false, false) => text == wanted,
    }
}

/// Whether `meaning` is `value`, as Python's `==` and `is` would say.
pub(super) fn equal<'a>(meaning: &Meaning<'a>, value: &Value, resolver: &mut Resolver<'a, '_>) -> bool {
    match (meaning, value) {
        (Meaning::Constant(constant), value) => match (constant, value) {
            (Constant::None, Value::None) => true,
            (Constant::Bool(a), Value::Bool(b)) => a == b,
            (Constant::Bool(a), Value::Int(b)) => i64::from(*a) == *b,
            (Constant::Int(a), Value::Bool(b)) => *a == i64::from(*b),
            (Constant::Int(a), Value::Int(b)) => a == b,
            (Constant::Str(text), Value::Str(wanted)) => is_text(text, wanted),
            _ => false,
        },
        (Meaning::Name(id), Value::Name(path)) => resolver.names().find(path) == Some(*id),
        (Meaning::Instance(id, _), Value::Returned(path)) => resolver.names().find(path) == Some(*id),
        (Meaning::ForeignClass(class), Value::Name(path)) => class.ancestors.contains(path),
        // A local subclass stands for the class it derives from.
        (Meaning::Class(class), Value::Name(path)) => {
            resolver.names().find(path).is_some_and(|id| resolver.ruled_ancestors(*class).contains(&id))
        }
        _ => false,
    }
}
