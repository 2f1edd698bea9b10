//! Conditions that the source alone decides.

use super::value::{HOLE, Text, Value};
use super::{Evaluation, MAX_DEPTH};
use ruff_python_ast::{BoolOp, CmpOp, Expr, UnaryOp};

impl<'t> Evaluation<'t> {
    /// Whether `condition` holds; `None` where only running the code would tell.
    pub(super) fn decide(&mut self, condition: &'t Expr) -> Option<bool> {
        if self.depth >= MAX_DEPTH || !self.step() {
            return None;
        }
        self.depth += 1;
        let decided = match condition {
            Expr::UnaryOp(operation) if operation.op == UnaryOp::Not => {
                self.decide(&operation.operand).map(|held| !held)
            }
            Expr::BoolOp(operation) => {
                let decided: Vec<_> = operation.values.iter().map(|value| self.decide(value)).collect();
                let (one_is_enough, all) = match operation.op {
                    BoolOp::And => (Some(false), Some(true)),
                    BoolOp::Or => (Some(true), Some(false)),
                };
                if decided.contains(&one_is_enough) {
                    one_is_enough
                } else if decided.iter().all(|held| *held == all) {
                    all
                } else {
                    None
                }
            }
            Expr::Compare(compare) if compare.ops.len() == 1 => {
                let (a, b) = (self.eval(&compare.left), self.eval(&compare.comparators[0]));
                self.steps += exact(&a).map_or(0, |text| text.text.len() / 64);
                self.steps += exact(&b).map_or(0, |text| text.text.len() / 64);
                match compare.ops[0] {
                    CmpOp::Eq => equal(&a, &b),
                    CmpOp::NotEq => equal(&a, &b).map(|held| !held),
                    CmpOp::In => self.contains(&b, &a),
                    CmpOp::NotIn => self.contains(&b, &a).map(|held| !held),
                    _ => None,
                }
            }
            Expr::Call(call) => match (&*call.func, &*call.arguments.args) {
                (Expr::Attribute(attribute), [part]) => {
                    let (of, part) = (self.eval(&attribute.value), self.eval(part));
                    match (attribute.attr.as_str(), exact(&of), exact(&part)) {
                        ("startswith", Some(of), Some(part)) => Some(of.text.starts_with(&*part.text)),
                        ("endswith", Some(of), Some(part)) => Some(of.text.ends_with(&*part.text)),
                        _ => None,
                    }
                }
                _ => None,
            },
            _ => exact(&self.eval(condition)).map(|text| !text.text.is_empty()),
        };
        self.depth -= 1;
        decided
    }

    /// Whether `part` is in the list, dictionary or text `of`.
    fn contains(&mut self, of: &Value<'t>, part: &Value<'t>) -> Option<bool> {
        match of {
            Value::Text(_) => Some(exact(of)?.text.contains(&*exact(part)?.text)),
            Value::Table(table) => {
                let table = &self.heap.tables[*table];
                let is_there = table.entries.contains_key(&exact(part)?.text);
                (is_there || table.others.is_empty()).then_some(is_there)
            }
            Value::List(list) if self.heap.lists[*list].is_exact => {
                let items = self.heap.lists[*list].items.clone();
                self.heap.made += items.len();
                let equal: Vec<_> = items.iter().map(|item| equal(item, part)).collect();
                if equal.contains(&Some(true)) {
                    return Some(true);
                }
                equal.iter().all(|equal| *equal == Some(false)).then_some(false)
            }
            _ => None,
        }
    }
}

/// The one text that `value` is.
fn exact<'v>(value: &'v Value<'_>) -> Option<&'v Text> {
    match value {
        Value::Text(alternatives) => {
            alternatives.first().filter(|one| alternatives.len() == 1 && !one.text.contains(HOLE))
        }
        _ => None,
    }
}

fn equal(a: &Value<'_>, b: &Value<'_>) -> Option<bool> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => Some(a == b),
        _ => Some(exact(a)?.text == exact(b)?.text),
    }
}
