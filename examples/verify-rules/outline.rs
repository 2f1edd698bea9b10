//! What one module binds, and what a lazy one may bind: of its source only what names are looked up in.

use picklegate::syntax::{decode, parse};
use ruff_python_ast::statement_visitor::{StatementVisitor, walk_stmt};
use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{Decorator, Expr, Parameters, Stmt, StmtClassDef, StmtFunctionDef, StmtImportFrom};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// A module.
#[derive(Debug, Default)]
pub struct Outline {
    pub bindings: BTreeMap<String, Vec<Binding>>,
    /// `from ... import *`
    pub stars: Vec<Origin>,
    /// Strings that stand together in a table: what a name may be imported from when it is asked for.
    pub related: Vec<(String, String)>,
    /// Its attributes are made when they are asked for.
    pub is_lazy: bool,
    /// It binds names that are computed.
    pub is_open: bool,
    /// Its strings.
    pub strings: BTreeSet<String>,
}

/// `from {dots}{module} import`
#[derive(Clone, Debug)]
pub struct Origin {
    pub level: u32,
    pub module: String,
}

/// What a name stands for.
#[derive(Clone, Debug)]
pub enum Binding {
    Function(Rc<Signature>),
    Class(Rc<Class>),
    /// `import a.b as name`
    Module(String),
    From(Origin, String),
    /// Anything else; where it is another name, that one.
    Value(Option<String>),
}

#[derive(Debug, Default)]
pub struct Signature {
    /// Names of the positional parameters, `self` and `cls` included.
    pub positional: Vec<String>,
    pub keyword_only: Vec<String>,
    pub has_args: bool,
    pub has_kwargs: bool,
    pub is_static: bool,
    pub is_decorated: bool,
}

#[derive(Debug, Default)]
pub struct Class {
    /// The names of its bases; `None` is one that is computed.
    pub bases: Vec<Option<String>>,
    pub members: BTreeMap<String, Vec<Binding>>,
    /// Annotated attributes, in order: the parameters of a dataclass or model.
    pub fields: Vec<String>,
}

/// Reads a source file.
pub fn outline(source: &[u8]) -> Option<Outline> {
    let text = decode(source).ok()?;
    let tree = parse(&text).ok()?;
    let mut reader = Reader::default();
    reader.visit_body(&tree.syntax().body);
    let mut tables = Tables::default();
    tree.syntax().body.iter().for_each(|statement| tables.visit_stmt(statement));
    let is_lazy = reader.bindings.contains_key("__getattr__")
        || text.contains("sys.modules[__name__]")
        || text.contains("attach_stub");
    let is_open = ["globals()[", "globals().update", "locals()[", "vars()[", "setattr("];
    Some(Outline {
        is_open: is_open.iter().any(|way| text.contains(way)),
        is_lazy,
        bindings: reader.bindings,
        stars: reader.stars,
        related: tables.related,
        strings: tables.strings,
    })
}

/// The words of a source file.
pub fn words(source: &[u8]) -> BTreeSet<String> {
    let words = source.split(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_')).filter(|word| word.len() > 1);
    words.map(|word| String::from_utf8_lossy(word).into_owned()).collect()
}

/// Reads the body of a module or class, with what stands in its branches.
#[derive(Default)]
struct Reader {
    bindings: BTreeMap<String, Vec<Binding>>,
    stars: Vec<Origin>,
    fields: Vec<String>,
}

impl Reader {
    fn bind(&mut self, name: &str, binding: Binding) {
        self.bindings.entry(name.to_owned()).or_default().push(binding);
    }

    fn target(&mut self, target: &Expr, value: Option<&Expr>) {
        match target {
            Expr::Name(name) => self.bind(&name.id, Binding::Value(value.and_then(dotted))),
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|target| self.target(target, None)),
            Expr::List(list) => list.elts.iter().for_each(|target| self.target(target, None)),
            _ => {}
        }
    }

    fn import_from(&mut self, import: &StmtImportFrom) {
        let module = import.module.as_ref().map(|module| module.to_string()).unwrap_or_default();
        let origin = Origin { level: import.level, module };
        for alias in &import.names {
            match alias.name.as_str() {
                "*" => self.stars.push(origin.clone()),
                name => {
                    let bound = alias.asname.as_ref().map_or(name, |name| name.as_str()).to_owned();
                    self.bind(&bound, Binding::From(origin.clone(), name.to_owned()));
                }
            }
        }
    }
}

impl<'a> StatementVisitor<'a> for Reader {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(function) => self.bind(&function.name, Binding::Function(Rc::new(signature(function)))),
            Stmt::ClassDef(class) => self.bind(&class.name, Binding::Class(Rc::new(self::class(class)))),
            Stmt::Import(import) => {
                for alias in &import.names {
                    let module = alias.name.to_string();
                    match &alias.asname {
                        Some(name) => self.bind(name, Binding::Module(module)),
                        None => {
                            let root = module.split('.').next().unwrap_or_default().to_owned();
                            self.bind(&root.clone(), Binding::Module(root));
                        }
                    }
                }
            }
            Stmt::ImportFrom(import) => self.import_from(import),
            Stmt::Assign(assign) => assign.targets.iter().for_each(|target| self.target(target, Some(&assign.value))),
            Stmt::AnnAssign(assign) => {
                if let Expr::Name(name) = &*assign.target {
                    self.fields.push(name.id.to_string());
                }
                self.target(&assign.target, assign.value.as_deref());
            }
            Stmt::TypeAlias(alias) => self.target(&alias.name, Some(&alias.value)),
            Stmt::For(each) => {
                self.target(&each.target, None);
                walk_stmt(self, statement);
            }
            _ => walk_stmt(self, statement),
        }
    }
}

fn signature(function: &StmtFunctionDef) -> Signature {
    let Parameters { posonlyargs, args, vararg, kwonlyargs, kwarg, .. } = &*function.parameters;
    let name = |parameter: &ruff_python_ast::ParameterWithDefault| parameter.parameter.name.to_string();
    let is = |decorator: &Decorator, word: &str| dotted(&decorator.expression).is_some_and(|name| name == word);
    Signature {
        positional: posonlyargs.iter().chain(args).map(name).collect(),
        keyword_only: kwonlyargs.iter().map(name).collect(),
        has_args: vararg.is_some(),
        has_kwargs: kwarg.is_some(),
        is_static: function.decorator_list.iter().any(|decorator| is(decorator, "staticmethod")),
        is_decorated: function.decorator_list.iter().any(|it| !is(it, "staticmethod") && !is(it, "classmethod")),
    }
}

fn class(class: &StmtClassDef) -> Class {
    let mut reader = Reader::default();
    reader.visit_body(&class.body);
    let arguments = class.arguments.iter().flat_map(|arguments| &arguments.args);
    let mut bases = Vec::new();
    for base in arguments {
        match base {
            Expr::Subscript(generic) => bases.push(dotted(&generic.value)),
            // `with_metaclass(Meta, Base)`
            Expr::Call(call) => bases.extend(call.arguments.args.iter().map(dotted).chain([None])),
            base => bases.push(dotted(base)),
        }
    }
    Class { bases, members: reader.bindings, fields: reader.fields }
}

/// `a.b.c`
fn dotted(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Name(name) => Some(name.id.to_string()),
        Expr::Attribute(attribute) => Some(format!("{}.{}", dotted(&attribute.value)?, attribute.attr)),
        _ => None,
    }
}

/// Finds the tables by which lazy modules import.
#[derive(Default)]
struct Tables {
    related: Vec<(String, String)>,
    strings: BTreeSet<String>,
}

impl Tables {
    fn relate(&mut self, key: &Expr, value: &Expr) {
        let Expr::StringLiteral(key) = key else { return };
        let mut strings = Strings::default();
        strings.visit_expr(value);
        self.related.extend(strings.found.into_iter().map(|value| (key.value.to_string(), value)));
    }
}

impl<'a> Visitor<'a> for Tables {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        if let Stmt::Assign(assign) = statement {
            for target in &assign.targets {
                if let Expr::Subscript(subscript) = target {
                    self.relate(&subscript.slice, &assign.value);
                }
            }
        }
        ruff_python_ast::visitor::walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Dict(dict) => {
                for item in &dict.items {
                    item.key.iter().for_each(|key| self.relate(key, &item.value));
                }
            }
            Expr::Tuple(tuple) if tuple.elts.len() <= 3 => {
                for other in tuple.elts.iter().skip(1) {
                    self.relate(&tuple.elts[0], other);
                }
            }
            Expr::StringLiteral(text) => {
                self.strings.insert(text.value.to_string());
            }
            // `structure["module"].extend(["Name"])`, `lazy("Name", "module")`
            Expr::Call(call) => {
                if let Expr::Attribute(method) = &*call.func
                    && let Expr::Subscript(subscript) = &*method.value
                {
                    call.arguments.args.iter().for_each(|argument| self.relate(&subscript.slice, argument));
                }
                if let [first, rest @ ..] = &*call.arguments.args {
                    rest.iter().take(3).for_each(|other| self.relate(first, other));
                }
            }
            _ => {}
        }
        walk_expr(self, expression);
    }
}

#[derive(Default)]
struct Strings {
    found: Vec<String>,
}

impl<'a> Visitor<'a> for Strings {
    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Expr::StringLiteral(text) = expression {
            self.found.push(text.value.to_string());
        }
        walk_expr(self, expression);
    }
}
