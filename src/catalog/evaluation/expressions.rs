//! Expressions to values.

use super::value::{HOLE, List, Table, Text, Value};
use super::{Evaluation, MAX_DEPTH, texts};
use ruff_python_ast::{
    Comprehension, Expr, ExprFString, ExprSubscript, FStringPart, InterpolatedStringElement, Number, Operator,
};
use ruff_text_size::{Ranged, TextRange};

impl<'t> Evaluation<'t> {
    /// What `expression` may be worth.
    pub(super) fn eval(&mut self, expression: &'t Expr) -> Value<'t> {
        if self.depth >= MAX_DEPTH || !self.step() {
            return self.unknown(expression);
        }
        self.depth += 1;
        let value = stacker::maybe_grow(128 * 1024, 1024 * 1024, || self.value_of(expression));
        self.depth -= 1;
        value
    }

    fn value_of(&mut self, expression: &'t Expr) -> Value<'t> {
        match expression {
            Expr::StringLiteral(literal) => self.text(literal.value.to_str(), literal.range()),
            Expr::FString(literal) => self.f_string(literal),
            Expr::NumberLiteral(literal) => match &literal.value {
                Number::Int(number) => number.as_i64().map_or(Value::Nothing, Value::Number),
                _ => Value::Nothing,
            },
            Expr::NoneLiteral(_) | Expr::BooleanLiteral(_) | Expr::EllipsisLiteral(_) | Expr::BytesLiteral(_) => {
                Value::Nothing
            }
            Expr::List(list) => self.display(&list.elts),
            Expr::Tuple(tuple) => self.display(&tuple.elts),
            Expr::Set(set) => self.display(&set.elts),
            Expr::Dict(dict) => {
                let Value::Table(table) = self.heap.table(Table::default()) else { return Value::Nothing };
                for item in &dict.items {
                    let value = self.eval(&item.value);
                    match &item.key {
                        Some(key) => {
                            let key = self.eval(key);
                            self.set(table, &key, value);
                        }
                        None => self.update(table, &value),
                    }
                }
                Value::Table(table)
            }
            Expr::Name(name) => self.look_up(name.id.as_str()),
            Expr::Named(named) => {
                let value = self.eval(&named.value);
                self.assign(&named.target, value.clone());
                value
            }
            Expr::BinOp(_) => self.operation(expression),
            Expr::BoolOp(operation) => self.either(&operation.values),
            Expr::If(condition) => match self.decide(&condition.test) {
                Some(true) => self.eval(&condition.body),
                Some(false) => self.eval(&condition.orelse),
                None => {
                    let (body, otherwise) = (self.eval(&condition.body), self.eval(&condition.orelse));
                    self.heap.join(body, otherwise)
                }
            },
            Expr::UnaryOp(operation) => match (operation.op, self.eval(&operation.operand)) {
                (ruff_python_ast::UnaryOp::USub, Value::Number(number)) => Value::Number(number.saturating_neg()),
                _ => Value::Nothing,
            },
            Expr::Compare(_) => Value::Nothing,
            Expr::Call(call) => self.call_expression(call),
            Expr::Attribute(attribute) => {
                let of = self.eval(&attribute.value);
                self.attribute(of, attribute.attr.as_str(), expression)
            }
            Expr::Subscript(subscript) => self.subscript(subscript),
            Expr::ListComp(made) => self.comprehension(&made.elt, &made.generators),
            Expr::SetComp(made) => self.comprehension(&made.elt, &made.generators),
            Expr::Generator(made) => self.comprehension(&made.elt, &made.generators),
            Expr::DictComp(made) => {
                let Value::Table(table) = self.heap.table(Table::default()) else { return Value::Nothing };
                self.for_each(&made.generators, &mut |evaluation| {
                    let key = made.key.as_deref().map_or(Value::Nothing, |key| evaluation.eval(key));
                    let value = evaluation.eval(&made.value);
                    evaluation.set(table, &key, value);
                });
                Value::Table(table)
            }
            Expr::Lambda(lambda) => Value::Lambda(lambda),
            Expr::Await(awaited) => self.eval(&awaited.value),
            Expr::Starred(starred) => self.eval(&starred.value),
            Expr::Yield(yielded) => {
                let value = yielded.value.as_deref().map_or(Value::Nothing, |value| self.eval(value));
                self.frame().yielded.push(value);
                Value::Nothing
            }
            Expr::YieldFrom(yielded) => {
                let value = self.eval(&yielded.value);
                let more = self.elements(&value);
                self.heap.made += more.len();
                self.frame().yielded.extend(more);
                Value::Nothing
            }
            Expr::TString(_) | Expr::Slice(_) | Expr::IpyEscapeCommand(_) => self.unknown(expression),
        }
    }

    pub(super) fn text(&self, text: &str, range: TextRange) -> Value<'t> {
        let line = self.line(range);
        let last_line = self.lines.line(range.end().to_usize());
        Value::Text(vec![Text { text: text.into(), line, last_line }])
    }

    fn display(&mut self, elements: &'t [Expr]) -> Value<'t> {
        let Value::List(list) = self.heap.list(Vec::new()) else { return Value::Nothing };
        for element in elements {
            let value = self.eval(element);
            if matches!(element, Expr::Starred(_)) {
                self.extend(list, &value)
            } else {
                self.append_surely(list, value)
            }
        }
        Value::List(list)
    }

    pub(super) fn append_surely(&mut self, list: usize, value: Value<'t>) {
        self.heap.made += 1;
        self.heap.lists[list].items.push(value);
    }

    fn either(&mut self, values: &'t [Expr]) -> Value<'t> {
        let mut joined = Value::Nothing;
        for value in values {
            let value = self.eval(value);
            joined = self.heap.join(joined, value);
        }
        joined
    }

    /// `a + b + c` is as deep as it is long: its operands from left to right.
    fn operation(&mut self, expression: &'t Expr) -> Value<'t> {
        let mut pending = Vec::new();
        let mut first = expression;
        while let Expr::BinOp(operation) = first {
            pending.push((operation.op, &*operation.right));
            first = &operation.left;
        }
        let mut value = self.eval(first);
        for (operator, right) in pending.into_iter().rev() {
            let other = self.eval(right);
            value = self.operate(value, operator, other, right);
        }
        value
    }

    pub(super) fn operate(&mut self, a: Value<'t>, operator: Operator, b: Value<'t>, node: &'t Expr) -> Value<'t> {
        match operator {
            Operator::Mod if matches!(a, Value::Text(_)) => {
                let values = match &b {
                    Value::List(list) if self.heap.lists[*list].is_exact => self.heap.lists[*list].items.clone(),
                    _ => vec![b],
                };
                self.format(&a, &values, texts::percent)
            }
            // A path.
            Operator::Div => self.path(&[a, b], node),
            Operator::BitOr if matches!((&a, &b), (Value::Table(_), _) | (_, Value::Table(_))) => {
                let Value::Table(table) = self.heap.table(Table::default()) else { return Value::Nothing };
                self.update(table, &a);
                self.update(table, &b);
                Value::Table(table)
            }
            // Without what is taken away there are no more.
            Operator::Sub | Operator::BitAnd | Operator::Mult => a,
            Operator::Add | Operator::BitOr | Operator::BitXor => self.add(a, b),
            _ => self.unknown(node),
        }
    }

    fn add(&mut self, a: Value<'t>, b: Value<'t>) -> Value<'t> {
        match (a, b) {
            (Value::List(a), Value::List(b)) => {
                let (a, b) = (&self.heap.lists[a], &self.heap.lists[b]);
                let items = a.items.iter().chain(&b.items).cloned().collect();
                let is_exact = a.is_exact && b.is_exact;
                self.heap.push(List { items, is_exact })
            }
            (Value::List(list), other) | (other, Value::List(list)) => {
                let mut items = self.heap.lists[list].items.clone();
                items.push(other);
                self.heap.push(List { items, is_exact: false })
            }
            (Value::Number(a), Value::Number(b)) => Value::Number(a.saturating_add(b)),
            (a @ (Value::Content(_) | Value::Unknown(_)), b @ (Value::Content(_) | Value::Unknown(_))) => {
                self.heap.join(a, b)
            }
            (Value::Table(_), other) | (other, Value::Table(_)) => other,
            (a, b) => self.concatenate(&[a, b]),
        }
    }

    /// The texts of all parts, one behind the other; the content of a file with nothing that names something around it
    /// stays that.
    pub(super) fn concatenate(&mut self, parts: &[Value<'t>]) -> Value<'t> {
        let is_naming = |value: &Value<'_>| match value {
            Value::Text(alternatives) => alternatives.iter().any(|text| text.text.contains(char::is_alphanumeric)),
            _ => false,
        };
        if let Some(content) = parts.iter().find(|part| matches!(part, Value::Content(_)))
            && !parts.iter().any(is_naming)
        {
            return content.clone();
        }
        // What is unknown for itself is so with its own line.
        if let Some(unknown) = parts.iter().find(|part| matches!(part, Value::Unknown(_)))
            && !parts.iter().any(is_naming)
        {
            return unknown.clone();
        }
        let mut whole: Option<Vec<Text>> = None;
        for part in parts {
            let part = self.texts_of(part);
            whole = Some(match whole {
                None => part,
                Some(before) => texts::product(&before, &part, |a, b| format!("{a}{b}")),
            });
            let length: usize = whole.iter().flatten().map(|text| text.text.len()).sum();
            self.steps += length / 64;
        }
        Value::Text(whole.unwrap_or_else(|| vec![texts::hole()]))
    }

    /// The texts that `value` may be; one that is not known where it is no text.
    pub(super) fn texts_of(&self, value: &Value<'t>) -> Vec<Text> {
        match value {
            Value::Text(alternatives) => alternatives.clone(),
            Value::Number(number) => vec![Text { text: number.to_string().into(), ..texts::hole() }],
            _ => vec![texts::hole()],
        }
    }

    fn f_string(&mut self, literal: &'t ExprFString) -> Value<'t> {
        let mut parts = Vec::new();
        for part in &literal.value {
            match part {
                FStringPart::Literal(text) => parts.push(self.text(text.as_str(), literal.range())),
                FStringPart::FString(formatted) => {
                    for element in &formatted.elements {
                        parts.push(match element {
                            InterpolatedStringElement::Literal(text) => self.text(&text.value, literal.range()),
                            InterpolatedStringElement::Interpolation(inner) if inner.format_spec.is_some() => {
                                Value::Text(vec![texts::hole()])
                            }
                            InterpolatedStringElement::Interpolation(inner) => self.eval(&inner.expression),
                        });
                    }
                }
            }
        }
        if parts.is_empty() {
            return self.text("", literal.range());
        }
        match self.concatenate(&parts) {
            Value::Text(alternatives) => {
                let (line, last_line) = (self.line(literal.range()), self.lines.line(literal.range().end().to_usize()));
                // Of the parts that are one value, the place of that.
                let is_own = parts.len() > 1;
                let place = |text: Text| if is_own { Text { line, last_line, ..text } } else { text };
                Value::Text(alternatives.into_iter().map(place).collect())
            }
            other => other,
        }
    }

    pub(super) fn attribute(&mut self, of: Value<'t>, name: &str, node: &'t Expr) -> Value<'t> {
        if let Value::Text(alternatives) = &of {
            self.steps += alternatives.iter().map(|text| text.text.len() / 8).sum::<usize>();
        }
        match of {
            Value::Named(module) => Value::Named(format!("{module}.{name}").into()),
            Value::Text(alternatives) if name == "parent" => {
                Value::Text(alternatives.iter().map(|text| text.with(&texts::parent(&text.text))).collect())
            }
            Value::Text(alternatives) if name == "parents" => {
                let mut parents = Vec::new();
                let mut current = alternatives;
                for _ in 0..6 {
                    current = current.iter().map(|text| text.with(&texts::parent(&text.text))).collect();
                    parents.push(Value::Text(current.clone()));
                }
                self.heap.list(parents)
            }
            content @ Value::Content(_) => content,
            _ => self.unknown(node),
        }
    }

    fn subscript(&mut self, subscript: &'t ExprSubscript) -> Value<'t> {
        let of = self.eval(&subscript.value);
        if matches!(*subscript.slice, Expr::Slice(_)) {
            return match of {
                Value::Text(_) => self.unknown(subscript),
                other => other,
            };
        }
        let key = self.eval(&subscript.slice);
        match (of, key) {
            (Value::List(list), Value::Number(at)) if self.heap.lists[list].is_exact => {
                let items = &self.heap.lists[list].items;
                let at = if at < 0 { at.saturating_add(items.len() as i64) } else { at };
                let item = usize::try_from(at).ok().and_then(|at| items.get(at)).cloned();
                item.unwrap_or_else(|| self.unknown(subscript))
            }
            (Value::List(list), _) => {
                let items = self.heap.lists[list].items.clone();
                let joined = items.into_iter().reduce(|a, b| self.heap.join(a, b));
                joined.unwrap_or_else(|| self.unknown(subscript))
            }
            (Value::Table(table), key) => {
                let line = self.line(subscript.range());
                self.get(table, &key, line)
            }
            (content @ Value::Content(_), _) => content,
            _ => self.unknown(subscript),
        }
    }

    fn comprehension(&mut self, element: &'t Expr, generators: &'t [Comprehension]) -> Value<'t> {
        let Value::List(list) = self.heap.list(Vec::new()) else { return Value::Nothing };
        let is_filtered = generators.iter().any(|generator| !generator.ifs.is_empty());
        self.for_each(generators, &mut |evaluation| {
            let value = evaluation.eval(element);
            evaluation.append_surely(list, value);
        });
        self.heap.lists[list].is_exact = !is_filtered;
        Value::List(list)
    }

    /// Does `act` for all elements that `generators` give.
    fn for_each(&mut self, generators: &'t [Comprehension], act: &mut dyn FnMut(&mut Self)) {
        let Some((generator, inner)) = generators.split_first() else { return act(self) };
        if self.depth >= MAX_DEPTH {
            return;
        }
        self.depth += 1;
        let over = self.eval(&generator.iter);
        let mut bound = Vec::new();
        names(&generator.target, &mut bound);
        // Its names are its own.
        let before: Vec<_> = bound.iter().map(|name| (*name, self.names_of(name).get(name).cloned())).collect();
        for element in self.iterate(&over, &generator.iter) {
            if !self.step() {
                break;
            }
            self.assign_surely(&generator.target, element);
            let is_left_out = generator.ifs.iter().any(|condition| self.decide(condition) == Some(false));
            if !is_left_out {
                self.for_each(inner, act);
            }
        }
        for (name, value) in before {
            match value {
                Some(value) => self.names_of(name).insert(name, value),
                None => self.names_of(name).remove(name),
            };
        }
        self.depth -= 1;
    }

    /// `template` with `values` put in.
    pub(super) fn format(
        &mut self,
        template: &Value<'t>,
        values: &[Value<'t>],
        put_in: fn(&str, &[Vec<Text>]) -> Vec<String>,
    ) -> Value<'t> {
        let values: Vec<Vec<Text>> = values.iter().map(|value| self.texts_of(value)).collect();
        let mut found = Vec::new();
        for template in self.texts_of(template) {
            let made = put_in(&template.text, &values);
            self.steps += made.iter().map(|text| text.len() / 64 + 1).sum::<usize>();
            found.extend(made.iter().map(|text| template.with(text)));
        }
        Value::Text(found)
    }

    /// The components of a path; where the first ones are not known, those that are.
    pub(super) fn path(&mut self, parts: &[Value<'t>], node: &'t Expr) -> Value<'t> {
        if let Some(content) = parts.iter().find(|part| matches!(part, Value::Content(_))) {
            return content.clone();
        }
        let mut whole = vec![Text { text: "".into(), line: self.line(node.range()), last_line: 0 }];
        for part in parts {
            let part = match part {
                Value::List(list) => {
                    let items = self.heap.lists[*list].items.clone();
                    let of_file = items.iter().find(|item| matches!(item, Value::Content(_)));
                    match of_file {
                        Some(content) => return content.clone(),
                        None => vec![texts::hole()],
                    }
                }
                other => self.texts_of(other),
            };
            whole = texts::product(&whole, &part, texts::join_path);
            self.steps += whole.iter().map(|text| text.text.len() / 64).sum::<usize>();
        }
        Value::Text(whole)
    }

    /// What stands in the file `path`.
    pub(super) fn content(&mut self, path: &Value<'t>, node: &impl Ranged) -> Value<'t> {
        let alternatives = match path {
            content @ Value::Content(_) => return content.clone(),
            Value::Text(alternatives) => alternatives,
            _ => return self.unknown(node),
        };
        let mut found = Value::Nothing;
        for path in alternatives {
            let known = path.text.rsplit(HOLE).next().unwrap_or("").trim_start_matches('/');
            let is_pattern = known.contains(['*', '?', '[']);
            let is_known = !is_pattern && (!path.text.contains(HOLE) || texts::names_requirements(known));
            let content = if is_known && !known.is_empty() { Value::Content(known.into()) } else { self.unknown(node) };
            found = self.heap.join(found, content);
        }
        found
    }
}

/// The names that `target` binds.
fn names<'t>(target: &'t Expr, found: &mut Vec<&'t str>) {
    let mut pending = vec![target];
    while let Some(target) = pending.pop() {
        match target {
            Expr::Name(name) => found.push(name.id.as_str()),
            Expr::Tuple(tuple) => pending.extend(&tuple.elts),
            Expr::List(list) => pending.extend(&list.elts),
            Expr::Starred(starred) => pending.push(&starred.value),
            _ => {}
        }
    }
}
