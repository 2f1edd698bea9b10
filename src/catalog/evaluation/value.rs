//! What an expression may be worth, as far as its source tells.

use ruff_python_ast::{ExprLambda, StmtFunctionDef};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Stands in a text for a part that is not known.
pub(in crate::catalog) const HOLE: char = '\u{fffc}';

/// Of more texts than this, none is known.
const MAX_ALTERNATIVES: usize = 16;

/// Values in values in values, beyond which two are not joined.
const MAX_JOINED: usize = 8;

/// A text and where it is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::catalog) struct Text {
    pub text: Rc<str>,
    /// 1-based line that its literal begins in, and the one it ends in.
    pub line: u32,
    pub last_line: u32,
}

impl Text {
    /// The same place, another text.
    pub(in crate::catalog) fn with(&self, text: &str) -> Self {
        Self { text: text.into(), ..*self }
    }
}

/// A value. What may be one thing or another is both.
#[derive(Clone, Debug)]
pub(in crate::catalog) enum Value<'t> {
    /// One of these texts; never none.
    Text(Vec<Text>),
    /// A whole number.
    Number(i64),
    /// A list, tuple or set, by its place on the heap.
    List(usize),
    /// A dictionary, by its place on the heap.
    Table(usize),
    /// What stands in the file of this name, or a part of that.
    Content(Rc<str>),
    /// Something imported, or built in, by its full name.
    Named(Rc<str>),
    Function(&'t StmtFunctionDef),
    Lambda(&'t ExprLambda),
    /// `None`, a condition, a number with a fraction: never a requirement.
    Nothing,
    /// Only running the code would tell; the line that would.
    Unknown(u32),
}

/// The elements of a list, tuple or set; those that it may have, where it is not exact.
#[derive(Clone, Debug, Default)]
pub(in crate::catalog) struct List<'t> {
    pub items: Vec<Value<'t>>,
    /// Whether the positions are known.
    pub is_exact: bool,
}

/// The values of a dictionary.
#[derive(Clone, Debug, Default)]
pub(in crate::catalog) struct Table<'t> {
    pub entries: BTreeMap<Rc<str>, (Text, Value<'t>)>,
    /// Those of keys that are not known.
    pub others: Vec<Value<'t>>,
    /// Whether a key that is not there has an empty list (`defaultdict(list)`).
    pub has_default: bool,
}

/// All lists and dictionaries, so that they can be shared and changed as in Python.
#[derive(Default)]
pub(in crate::catalog) struct Heap<'t> {
    pub lists: Vec<List<'t>>,
    pub tables: Vec<Table<'t>>,
    /// How many values were made so far.
    pub made: usize,
}

impl<'t> Heap<'t> {
    pub(in crate::catalog) fn list(&mut self, items: Vec<Value<'t>>) -> Value<'t> {
        self.push(List { items, is_exact: true })
    }

    pub(in crate::catalog) fn push(&mut self, list: List<'t>) -> Value<'t> {
        self.made += 1 + list.items.len();
        self.lists.push(list);
        Value::List(self.lists.len() - 1)
    }

    pub(in crate::catalog) fn table(&mut self, table: Table<'t>) -> Value<'t> {
        self.made += 1 + table.entries.len() + table.others.len();
        self.tables.push(table);
        Value::Table(self.tables.len() - 1)
    }

    /// What may be either of two values.
    pub(in crate::catalog) fn join(&mut self, a: Value<'t>, b: Value<'t>) -> Value<'t> {
        self.join_to(a, b, 0)
    }

    fn join_to(&mut self, a: Value<'t>, b: Value<'t>, depth: usize) -> Value<'t> {
        match (a, b) {
            (a, b) if is_same(&a, &b) => a,
            (Value::Nothing, other) | (other, Value::Nothing) => other,
            (Value::Text(a), Value::Text(b)) if a.len() + b.len() <= MAX_ALTERNATIVES => {
                self.made += 1;
                Value::Text(merge(a, b, is_same_text))
            }
            (Value::Table(a), Value::Table(b)) if depth < MAX_JOINED => {
                let mut joined = self.tables[a].clone();
                let other = self.tables[b].clone();
                joined.others = merge(joined.others, other.others, is_same);
                joined.has_default |= other.has_default;
                for (key, (text, value)) in other.entries {
                    let value = match joined.entries.remove(&key) {
                        Some((_, known)) => self.join_to(known, value, depth + 1),
                        None => value,
                    };
                    joined.entries.insert(key, (text, value));
                }
                self.table(joined)
            }
            // What is imported in one of two ways is the same thing.
            (a @ (Value::Named(_) | Value::Function(_) | Value::Lambda(_)), Value::Named(_) | Value::Function(_)) => a,
            (a, b) => {
                let (a, b) = (self.alternatives(a), self.alternatives(b));
                let items = merge(a, b, is_same);
                self.push(List { items, is_exact: false })
            }
        }
    }

    fn alternatives(&self, value: Value<'t>) -> Vec<Value<'t>> {
        match value {
            Value::List(list) => self.lists[list].items.clone(),
            other => vec![other],
        }
    }
}

/// Whether two values are surely the same.
fn is_same(a: &Value<'_>, b: &Value<'_>) -> bool {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same_text(a, b)),
        (Value::Number(a), Value::Number(b)) => a == b,
        (Value::List(a), Value::List(b)) | (Value::Table(a), Value::Table(b)) => a == b,
        (Value::Content(a), Value::Content(b)) | (Value::Named(a), Value::Named(b)) => a == b,
        (Value::Nothing, Value::Nothing) => true,
        (Value::Unknown(a), Value::Unknown(b)) => a == b,
        _ => false,
    }
}

/// Whether two texts are the same and stand in the same place. Long ones are not compared.
fn is_same_text(a: &Text, b: &Text) -> bool {
    const LONG: usize = 200;
    (a.line, a.last_line) == (b.line, b.last_line)
        && (Rc::ptr_eq(&a.text, &b.text) || (a.text.len() <= LONG && a.text == b.text))
}

/// Both, without what is there already; of many, all.
fn merge<T>(mut all: Vec<T>, more: Vec<T>, is_same: impl Fn(&T, &T) -> bool) -> Vec<T> {
    const MANY: usize = 256;
    for item in more {
        if all.len() > MANY || !all.iter().any(|known| is_same(known, &item)) {
            all.push(item);
        }
    }
    all
}
