//! Calls: of functions of the script, and of what Python brings along.

use super::value::{List, Table, Text, Value};
use super::{Call, Evaluation, Frame, MAX_CALLS, texts};
use ruff_python_ast::{Expr, ExprCall, ExprLambda, StmtFunctionDef};
use ruff_text_size::Ranged;
use std::rc::Rc;

/// How often a function may call itself.
const MAX_RECURSION: usize = 8;

/// The keywords of a call.
pub(super) type Keywords<'t> = Vec<(Rc<str>, Value<'t>)>;

impl<'t> Evaluation<'t> {
    pub(super) fn call_expression(&mut self, call: &'t ExprCall) -> Value<'t> {
        let method = match &*call.func {
            Expr::Attribute(attribute) => {
                let of = self.eval(&attribute.value);
                Some((of, attribute.attr.as_str()))
            }
            _ => None,
        };
        let callee = match &method {
            Some((named @ Value::Named(_), name)) => self.attribute(named.clone(), name, &call.func),
            Some(_) => Value::Nothing,
            None => self.eval(&call.func),
        };
        let mut arguments = Vec::new();
        for argument in &call.arguments.args {
            let value = self.eval(argument);
            match argument {
                Expr::Starred(_) => arguments.extend(self.elements(&value)),
                _ => arguments.push(value),
            }
        }
        let mut keywords: Keywords<'t> = Vec::new();
        for keyword in &call.arguments.keywords {
            let value = self.eval(&keyword.value);
            match (&keyword.arg, self.entries(&value)) {
                (Some(name), _) => keywords.push((name.as_str().into(), value)),
                (None, Some(entries)) => keywords.extend(
                    entries.into_iter().map(|(key, value)| (key.map_or_else(|| "**".into(), |key| key.text), value)),
                ),
                (None, None) => keywords.push(("**".into(), self.unknown(&keyword.value))),
            }
        }
        self.heap.made += arguments.len() + keywords.len();
        match (method, callee) {
            (_, Value::Named(name)) => self.call_named(&name, arguments, keywords, call),
            (Some((of, name)), _) => self.call_method(of, name, arguments, keywords, call),
            (None, Value::Function(function)) => {
                let line = self.line(call.range());
                self.call_function(function, arguments, keywords, line)
            }
            (None, Value::Lambda(lambda)) => self.call_lambda(lambda, arguments),
            (None, _) => self.call_unknown(&arguments, &keywords, call),
        }
    }

    /// What a call of a function that is not known may give: what stands in the file that it is given.
    pub(super) fn call_unknown(
        &mut self,
        arguments: &[Value<'t>],
        keywords: &Keywords<'t>,
        call: &ExprCall,
    ) -> Value<'t> {
        for value in arguments.iter().chain(keywords.iter().map(|(_, value)| value)) {
            match value {
                Value::Content(_) => return value.clone(),
                Value::Text(alternatives) if alternatives.iter().any(|text| texts::names_requirements(&text.text)) => {
                    return self.content(value, call);
                }
                _ => {}
            }
        }
        self.unknown(call)
    }

    pub(super) fn call_function(
        &mut self,
        function: &'t StmtFunctionDef,
        arguments: Vec<Value<'t>>,
        keywords: Keywords<'t>,
        line: u32,
    ) -> Value<'t> {
        let is_of_file = |value: &&Value<'t>| matches!(value, Value::Content(_));
        let calls =
            self.frames.iter().filter(|frame| frame.function.is_some_and(|f| std::ptr::eq(f, function))).count();
        if calls > 0
            && let Some(content) = arguments.iter().find(is_of_file)
        {
            return content.clone();
        }
        if calls > MAX_RECURSION || self.frames.len() > MAX_CALLS {
            return Value::Unknown(line);
        }
        let mut frame = Frame { function: Some(function), ..Frame::default() };
        let parameters = &function.parameters;
        let mut arguments = arguments.into_iter();
        let mut given = keywords;
        for parameter in parameters.posonlyargs.iter().chain(&parameters.args).chain(&parameters.kwonlyargs) {
            let name = parameter.parameter.name.as_str();
            let is_by_name = parameters.kwonlyargs.iter().any(|other| std::ptr::eq(other, parameter));
            let by_name = given.iter().position(|(keyword, _)| &**keyword == name);
            let by_position = if is_by_name { None } else { arguments.next() };
            let value = match (by_position, by_name, &parameter.default) {
                (Some(value), ..) => value,
                (None, Some(at), _) => given.remove(at).1,
                (None, None, Some(default)) => self.eval(default),
                (None, None, None) => Value::Unknown(line),
            };
            frame.names.insert(name, value);
        }
        if let Some(parameter) = &parameters.vararg {
            let rest = arguments.collect();
            frame.names.insert(parameter.name.as_str(), self.heap.list(rest));
        }
        if let Some(parameter) = &parameters.kwarg {
            let Value::Table(table) = self.heap.table(Table::default()) else { return Value::Nothing };
            for (name, value) in given {
                let key = Text { text: name, line, last_line: line };
                self.heap.tables[table].entries.insert(Rc::clone(&key.text), (key, value));
            }
            frame.names.insert(parameter.name.as_str(), Value::Table(table));
        }
        self.frames.push(frame);
        self.block(&function.body);
        let frame = self.frames.pop().unwrap_or_default();
        if frame.yielded.is_empty() {
            frame.returned.unwrap_or(Value::Nothing)
        } else {
            self.heap.push(List { items: frame.yielded, is_exact: false })
        }
    }

    fn call_lambda(&mut self, lambda: &'t ExprLambda, arguments: Vec<Value<'t>>) -> Value<'t> {
        if self.frames.len() > MAX_CALLS {
            return self.unknown(lambda);
        }
        let mut frame = Frame::default();
        let parameters = lambda.parameters.iter().flat_map(|parameters| &parameters.args);
        frame.names.extend(parameters.map(|parameter| parameter.parameter.name.as_str()).zip(arguments));
        self.frames.push(frame);
        let value = self.eval(&lambda.body);
        self.frames.pop();
        value
    }

    fn call_named(
        &mut self,
        name: &str,
        mut arguments: Vec<Value<'t>>,
        keywords: Keywords<'t>,
        call: &'t ExprCall,
    ) -> Value<'t> {
        if (self.is_wanted)(name) {
            let line = self.line(call.range());
            self.calls.push(Call { name: name.into(), arguments, keywords, line });
            return Value::Nothing;
        }
        let first = arguments.first().cloned().unwrap_or(Value::Nothing);
        match name {
            "open" | "io.open" | "codecs.open" => {
                let path = keywords.iter().find(|(name, _)| &**name == "file").map_or(first, |(_, path)| path.clone());
                self.content(&path, call)
            }
            "str" | "iter" | "os.fspath" | "os.path.abspath" | "os.path.realpath" | "os.path.normpath"
            | "os.path.expanduser" | "textwrap.dedent" => first,
            "pathlib.Path" | "pathlib.PurePath" | "pathlib.PosixPath" | "os.path.join" | "path.join" => {
                self.path(&arguments, &call.func)
            }
            "os.path.dirname" => self.attribute(first, "parent", &call.func),
            "os.getcwd" | "os.getcwdb" | "pathlib.Path.cwd" => self.text("", call.range()),
            "list"
            | "tuple"
            | "set"
            | "frozenset"
            | "sorted"
            | "reversed"
            | "copy.copy"
            | "copy.deepcopy"
            | "dict.fromkeys"
            | "collections.OrderedDict.fromkeys" => match first {
                Value::List(list) => {
                    let copy = self.heap.lists[list].clone();
                    let is_ordered = matches!(name, "list" | "tuple" | "copy.copy" | "copy.deepcopy");
                    self.heap.push(List { is_exact: copy.is_exact && is_ordered, ..copy })
                }
                Value::Table(table) if name.starts_with("copy.") => {
                    let copy = self.heap.tables[table].clone();
                    self.heap.table(copy)
                }
                Value::Table(_) => {
                    let keys = self.elements(&first);
                    self.heap.list(keys)
                }
                Value::Nothing => self.heap.list(Vec::new()),
                other => self.heap.push(List { items: vec![other], is_exact: false }),
            },
            "sum" | "itertools.chain.from_iterable" => {
                let lists = self.elements(&first);
                self.flatten(&lists)
            }
            "itertools.chain" => self.flatten(&arguments),
            "map" if arguments.len() == 2 => {
                let over = arguments.pop().unwrap_or(Value::Nothing);
                let mut items = Vec::new();
                for item in self.elements(&over) {
                    items.push(self.apply(&first, item, call));
                }
                self.heap.push(List { items, is_exact: false })
            }
            "filter" if arguments.len() == 2 => arguments.pop().unwrap_or(Value::Nothing),
            "dict" | "collections.OrderedDict" | "collections.defaultdict" => {
                let has_default = name.ends_with("defaultdict");
                let Value::Table(table) = self.heap.table(Table { has_default, ..Table::default() }) else {
                    return Value::Nothing;
                };
                let from = if has_default { arguments.get(1).cloned().unwrap_or(Value::Nothing) } else { first };
                self.fill(table, &from, keywords);
                Value::Table(table)
            }
            "zip" => {
                let lists: Vec<Vec<Value<'t>>> = arguments.iter().map(|list| self.elements(list)).collect();
                let shortest = lists.iter().map(Vec::len).min().unwrap_or(0);
                let rows =
                    (0..shortest).map(|at| lists.iter().map(|list| list[at].clone()).collect()).collect::<Vec<_>>();
                let rows = rows.into_iter().map(|row| self.heap.list(row)).collect();
                self.heap.list(rows)
            }
            "enumerate" => {
                let mut rows = Vec::new();
                for (at, item) in (0..).zip(self.elements(&first)) {
                    rows.push(self.heap.list(vec![Value::Number(at), item]));
                }
                self.heap.list(rows)
            }
            "re.findall" if arguments.len() == 2 => self.find_all(&first, &arguments[1], call),
            "os.environ.get" | "os.getenv" | "getattr" => {
                let default = arguments.pop().filter(|_| !arguments.is_empty()).unwrap_or(Value::Nothing);
                let unknown = self.unknown(call);
                self.heap.join(default, unknown)
            }
            "print" | "sys.exit" | "exit" | "len" | "isinstance" | "bool" | "any" | "all" | "os.path.exists"
            | "os.path.isfile" | "os.path.isdir" | "warnings.warn" => Value::Nothing,
            _ => self.call_unknown(&arguments, &keywords, call),
        }
    }

    fn apply(&mut self, function: &Value<'t>, argument: Value<'t>, call: &'t ExprCall) -> Value<'t> {
        match function {
            Value::Function(function) => {
                let line = self.line(call.range());
                self.call_function(function, vec![argument], Vec::new(), line)
            }
            Value::Lambda(lambda) => self.call_lambda(lambda, vec![argument]),
            Value::Named(name) if matches!(&**name, "str" | "str.strip" | "list" | "tuple") => argument,
            _ => self.call_unknown(&[argument], &Vec::new(), call),
        }
    }

    /// The elements of all `lists`.
    fn flatten(&mut self, lists: &[Value<'t>]) -> Value<'t> {
        let items: Vec<Value<'t>> = lists.iter().flat_map(|list| self.elements(list)).collect();
        self.heap.push(List { items, is_exact: false })
    }

    /// Puts the entries of a dictionary, or pairs, and keywords into a dictionary.
    pub(super) fn fill(&mut self, table: usize, from: &Value<'t>, keywords: Keywords<'t>) {
        if let Value::List(list) = from {
            for pair in self.heap.lists[*list].items.clone() {
                match &pair {
                    Value::List(pair) if self.heap.lists[*pair].items.len() == 2 => {
                        let pair = self.heap.lists[*pair].items.clone();
                        self.set(table, &pair[0], pair[1].clone());
                    }
                    _ => self.set(table, &Value::Nothing, pair),
                }
            }
        } else {
            self.update(table, from);
        }
        for (name, value) in keywords {
            let key = Text { text: name, line: 0, last_line: 0 };
            self.set(table, &Value::Text(vec![key]), value);
        }
    }
}
