//! Methods of lists, dictionaries and files.

use super::Evaluation;
use super::calls::Keywords;
use super::value::{List, Value};
use ruff_python_ast::ExprCall;
use ruff_text_size::Ranged;

impl<'t> Evaluation<'t> {
    pub(super) fn call_method(
        &mut self,
        of: Value<'t>,
        name: &str,
        mut arguments: Vec<Value<'t>>,
        keywords: Keywords<'t>,
        call: &'t ExprCall,
    ) -> Value<'t> {
        let first = arguments.first().cloned().unwrap_or(Value::Nothing);
        match (of, name) {
            (content @ Value::Content(_), _) => content,
            (Value::Text(alternatives), _) => self.call_text_method(alternatives, name, &arguments, call),
            (Value::List(list), "append" | "add") => {
                self.append(list, first);
                Value::Nothing
            }
            (Value::List(list), "insert") => {
                self.append(list, arguments.pop().unwrap_or(Value::Nothing));
                self.heap.lists[list].is_exact = false;
                Value::Nothing
            }
            (Value::List(list), "extend" | "update") => {
                arguments.iter().for_each(|more| self.extend(list, more));
                Value::Nothing
            }
            (Value::List(list), "union" | "copy" | "difference" | "intersection") => {
                let own = self.heap.lists[list].items.clone();
                let more: Vec<Value<'t>> = arguments.iter().flat_map(|list| self.elements(list)).collect();
                self.heap.push(List { items: own.into_iter().chain(more).collect(), is_exact: false })
            }
            (Value::List(list), "pop") => {
                self.heap.lists[list].is_exact = false;
                let items = self.heap.lists[list].items.clone();
                items.into_iter().reduce(|a, b| self.heap.join(a, b)).unwrap_or(Value::Nothing)
            }
            (Value::List(list), "remove" | "sort" | "reverse" | "clear") => {
                self.heap.lists[list].is_exact = false;
                Value::Nothing
            }
            (Value::Table(table), "update") => {
                self.fill(table, &first, keywords);
                Value::Nothing
            }
            (Value::Table(table), "get" | "pop" | "setdefault") => {
                let line = self.line(call.range());
                let found = self.get(table, &first, line);
                let default = arguments.get(1).cloned();
                match (found, default) {
                    (Value::Unknown(_), Some(default)) => {
                        if name == "setdefault" {
                            self.set(table, &first, default.clone());
                        }
                        default
                    }
                    (Value::Unknown(_), None) if name != "pop" => Value::Nothing,
                    (found, _) => found,
                }
            }
            (table @ Value::Table(_), "keys") => {
                let keys = self.elements(&table);
                self.heap.list(keys)
            }
            (table @ Value::Table(_), "values") => {
                let values = self.entries(&table).unwrap_or_default().into_iter().map(|(_, value)| value).collect();
                self.heap.list(values)
            }
            (table @ Value::Table(_), "items") => {
                let mut rows = Vec::new();
                let line = self.line(call.range());
                for (key, value) in self.entries(&table).unwrap_or_default() {
                    let key = key.map_or(Value::Unknown(line), |key| Value::Text(vec![key]));
                    rows.push(self.heap.list(vec![key, value]));
                }
                self.heap.list(rows)
            }
            (Value::Table(table), "copy") => {
                let copy = self.heap.tables[table].clone();
                self.heap.table(copy)
            }
            _ => self.call_unknown(&arguments, &keywords, call),
        }
    }
}
