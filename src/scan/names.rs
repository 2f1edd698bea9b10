//! The qualified names that rules speak of, as a tree, with what each of them means to which match.
//!
//! Built once from the rules; knows nothing of a source file.

use crate::rules::{Function, RuleSet, Target, Value};
use std::collections::BTreeMap;

/// A node of [`Names`]: one qualified name or a prefix of one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct NameId(u32);

/// Why a rule is interested in a name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Interest {
    /// Calling it, or passing it on.
    Call,
    /// Calling it on an instance of the class it is a method of.
    Method,
    /// Deriving from it.
    Base,
}

/// One match of one rule that names a name. Sorted by rule and match.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Role {
    /// Index into the rules.
    pub rule: usize,
    /// Index into the matches of that rule.
    pub index: usize,
    /// What the match looks for.
    pub interest: Interest,
    /// It holds whatever is passed.
    pub always: bool,
}

/// Functions and values of Python itself through which names travel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Special {
    /// `getattr(object, "name"[, default])`
    Getattr,
    /// `vars(object)`
    Vars,
    /// `isinstance` and others that look at what they are passed, and neither call it nor keep it.
    Look,
    /// `super()`
    Super,
    /// `__import__("a.b")`
    DunderImport,
    /// `importlib.import_module("a.b")`
    ImportModule,
    /// `sys.modules`
    SysModules,
    /// `functools.partial`
    Partial,
    /// `operator.attrgetter("name")`
    Attrgetter,
    /// `operator.methodcaller("name", ...)`
    Methodcaller,
    /// `typing.cast(type, value)`
    Cast,
    /// `typing.TYPE_CHECKING`, false at run time.
    TypeChecking,
    /// What returns what it is passed, or a copy: `contextlib.closing(value)`
    Same,
    /// `dict(a=1)`
    Dict,
    /// `dataclasses.field(default=value)`
    Field,
    /// `globals()`
    Globals,
    /// `type(object)`, `type(name, bases, namespace)`
    Type,
    /// `eval("pickle.loads")`, `pkgutil.resolve_name("pickle:loads")`
    Locate,
}

const SPECIAL: &[(&str, Special)] = &[
    ("builtins.getattr", Special::Getattr),
    ("builtins.vars", Special::Vars),
    ("inspect.getattr_static", Special::Getattr),
    ("builtins.isinstance", Special::Look),
    ("builtins.issubclass", Special::Look),
    ("builtins.callable", Special::Look),
    ("builtins.hasattr", Special::Look),
    ("builtins.help", Special::Look),
    ("builtins.id", Special::Look),
    ("builtins.repr", Special::Look),
    ("functools.wraps", Special::Look),
    ("inspect.getdoc", Special::Look),
    ("inspect.getsource", Special::Look),
    ("inspect.signature", Special::Look),
    ("builtins.globals", Special::Globals),
    ("builtins.locals", Special::Globals),
    ("builtins.type", Special::Type),
    ("builtins.eval", Special::Locate),
    ("pkgutil.resolve_name", Special::Locate),
    ("pydoc.locate", Special::Locate),
    ("builtins.super", Special::Super),
    ("builtins.dict", Special::Dict),
    ("builtins.staticmethod", Special::Same),
    ("builtins.classmethod", Special::Same),
    ("builtins.frozenset", Special::Same),
    ("builtins.iter", Special::Same),
    ("builtins.list", Special::Same),
    ("builtins.reversed", Special::Same),
    ("builtins.set", Special::Same),
    ("builtins.sorted", Special::Same),
    ("builtins.tuple", Special::Same),
    ("copy.copy", Special::Same),
    ("copy.deepcopy", Special::Same),
    ("importlib.reload", Special::Same),
    ("contextlib.closing", Special::Same),
    ("contextlib.nullcontext", Special::Same),
    ("dataclasses.field", Special::Field),
    ("attr.ib", Special::Field),
    ("attr.field", Special::Field),
    ("attrs.field", Special::Field),
    ("builtins.__import__", Special::DunderImport),
    ("importlib.__import__", Special::DunderImport),
    ("importlib.import_module", Special::ImportModule),
    ("sys.modules", Special::SysModules),
    ("functools.partial", Special::Partial),
    ("functools.partialmethod", Special::Partial),
    ("operator.attrgetter", Special::Attrgetter),
    ("operator.methodcaller", Special::Methodcaller),
    ("typing.cast", Special::Cast),
    ("typing.TYPE_CHECKING", Special::TypeChecking),
    ("typing_extensions.TYPE_CHECKING", Special::TypeChecking),
];

#[derive(Debug, Default)]
struct Node<'r> {
    name: &'r str,
    parent: Option<NameId>,
    children: BTreeMap<&'r str, NameId>,
    roles: Vec<Role>,
    special: Option<Special>,
    class: bool,
    /// Something below it is a class: it is a module, or makes or holds instances itself.
    leads_to_class: bool,
    /// Below a module that rules speak of: what has no node here is no rule's business.
    ruled: bool,
    function: Option<&'r Function>,
    /// A verifier that configuration trusts.
    trusted: bool,
}

/// The tree of names. The root has the top-level modules as children.
#[derive(Debug)]
pub(super) struct Names<'r> {
    nodes: Vec<Node<'r>>,
}

impl<'r> Names<'r> {
    /// All names in `rules`, those of [`Special`], and the verifiers that configuration trusts.
    pub fn new(rules: &'r RuleSet, trusted: &'r [String]) -> Self {
        let mut names = Self { nodes: vec![Node::default()] };
        for &(path, special) in SPECIAL {
            let id = names.insert(path);
            names.nodes[id.0 as usize].special = Some(special);
        }
        for library in &rules.libraries {
            for import in &library.imports {
                names.insert(import);
            }
        }
        for (rule, r) in rules.rules.iter().enumerate() {
            for (index, candidate) in r.matches.iter().enumerate() {
                names.insert_target(&candidate.target, (rule, index, candidate.when.is_empty()));
                for value in candidate.when.iter().flat_map(|condition| condition.is.iter().chain(&condition.is_not)) {
                    if let Value::Returned(path) = value {
                        let id = names.insert(path);
                        names.nodes[id.0 as usize].class = true;
                    }
                    if let Value::Name(path) = value {
                        names.insert(path);
                    }
                }
            }
        }
        names.nodes.iter_mut().for_each(|node| node.ruled = true);
        // Every class has these below it; a rule that names a function of Python does not speak of the rest.
        if let Some(builtins) = names.find("builtins") {
            let children: Vec<NameId> = names.node(builtins).children.values().copied().collect();
            children.into_iter().chain([builtins]).for_each(|id| names.nodes[id.0 as usize].ruled = false);
        }
        rules.functions.iter().for_each(|function| names.insert_function(function));
        for path in trusted {
            let id = names.insert(path);
            names.nodes[id.0 as usize].trusted = true;
        }
        // The names of six for Python 2 and 3.
        if let Some(pickle) = names.find("cPickle").or_else(|| names.find("pickle")) {
            let moves = names.insert("six.moves");
            names.nodes[moves.0 as usize].children.insert("cPickle", pickle);
        }
        names
    }

    fn insert_target(&mut self, target: &'r Target, (rule, index, always): (usize, usize, bool)) {
        let role = |interest| Role { rule, index, interest, always };
        match target {
            Target::Call(paths) => {
                for path in paths {
                    let id = self.insert(path);
                    self.add_role(id, role(Interest::Call));
                }
            }
            Target::Method { classes, methods } => {
                for path in classes {
                    let class = self.insert_class(path);
                    for method in methods {
                        let id = self.insert_below(class, method);
                        self.add_role(id, role(Interest::Method));
                    }
                }
            }
            Target::Base { classes, .. } => {
                for path in classes {
                    let class = self.insert_class(path);
                    self.add_role(class, role(Interest::Base));
                }
            }
            Target::Setting(setting) => {
                for value in setting.values.iter().chain(&setting.other_than) {
                    if let Value::Name(path) = value {
                        self.insert(path);
                    }
                }
            }
            Target::Text { .. } | Target::Installed => {}
        }
    }

    fn insert_function(&mut self, function: &'r Function) {
        for path in &function.names {
            if function.methods.is_empty() {
                let id = self.insert(path);
                self.nodes[id.0 as usize].function = Some(function);
                continue;
            }
            let id = self.insert_class(path);
            for method in &function.methods {
                let method = self.insert_below(id, method);
                self.nodes[method.0 as usize].function = Some(function);
            }
        }
    }

    fn insert(&mut self, path: &'r str) -> NameId {
        path.split('.').fold(NameId(0), |id, part| self.insert_below(id, part))
    }

    /// Inserts a class, or what returns or is an instance: then what it is a method or attribute of has instances, too.
    fn insert_class(&mut self, path: &'r str) -> NameId {
        let id = self.insert(path);
        self.nodes[id.0 as usize].class = true;
        let mut next = self.node(id).parent;
        while let Some(outer) = next {
            self.nodes[outer.0 as usize].leads_to_class = true;
            next = self.node(outer).parent;
        }
        id
    }

    fn insert_below(&mut self, id: NameId, name: &'r str) -> NameId {
        let next = NameId(self.nodes.len() as u32);
        let child = *self.nodes[id.0 as usize].children.entry(name).or_insert(next);
        if child == next {
            // Modules are ruled or not by themselves.
            let ruled = id.0 != 0 && self.node(id).ruled;
            self.nodes.push(Node { name, parent: Some(id), ruled, ..Node::default() });
        }
        child
    }

    fn add_role(&mut self, id: NameId, role: Role) {
        let roles = &mut self.nodes[id.0 as usize].roles;
        if !roles.contains(&role) {
            roles.push(role);
        }
    }

    /// The name `attribute` of `id`.
    pub fn child(&self, id: NameId, attribute: &str) -> Option<NameId> {
        self.node(id).children.get(attribute).copied()
    }

    /// The builtin called `name`, if it is special or a rule names it.
    pub fn builtin(&self, name: &str) -> Option<NameId> {
        self.find("builtins").and_then(|builtins| self.child(builtins, name))
    }

    /// The node of a dotted path.
    pub fn find(&self, path: &str) -> Option<NameId> {
        path.split('.').try_fold(NameId(0), |id, part| self.child(id, part))
    }

    /// Whether the top-level module of `path` is known, so that every name below it is known to be ruled or not.
    pub fn knows_module_of(&self, path: &str) -> bool {
        let root = path.split('.').next().and_then(|root| self.child(NameId(0), root));
        root.is_some_and(|root| self.is_ruled(root))
    }

    /// Whether `id` is below a module that rules speak of.
    pub fn is_ruled(&self, id: NameId) -> bool {
        self.node(id).ruled
    }

    /// What is known of what `id` does.
    pub fn function(&self, id: NameId) -> Option<&'r Function> {
        self.node(id).function
    }

    /// Whether configuration trusts `id` to verify data.
    pub fn is_trusted(&self, id: NameId) -> bool {
        self.node(id).trusted
    }

    /// The matches that name `id`.
    pub fn roles(&self, id: NameId) -> &[Role] {
        &self.node(id).roles
    }

    /// Whether whoever gets at `id` under the alias `name` may do what rules speak of, without naming all of it.
    pub fn matters_as(&self, id: NameId, name: &str) -> bool {
        let node = self.node(id);
        let is_outer_class = node.leads_to_class && node.name.starts_with(|c: char| c.is_uppercase());
        if node.class || is_outer_class || !node.roles.is_empty() {
            return true;
        }
        node.ruled && node.name != name && self.leads_to_rules(id)
    }

    /// Whether rules speak of something below `id`.
    fn leads_to_rules(&self, id: NameId) -> bool {
        let mut pending = vec![id];
        while let Some(id) = pending.pop() {
            let node = self.node(id);
            if !node.roles.is_empty() {
                return true;
            }
            pending.extend(node.children.values());
        }
        false
    }

    /// What Python itself does with `id`.
    pub fn special(&self, id: NameId) -> Option<Special> {
        self.node(id).special
    }

    /// Whether calling `id` makes an instance that rules are interested in, or in what its methods return. Modules count as
    /// well: nobody calls them.
    pub fn is_class(&self, id: NameId) -> bool {
        self.node(id).class || self.node(id).leads_to_class
    }

    /// Whether the rules that name the method `method` of `class` also name the making of any instance: then an instance of
    /// a class that derives from it counts where it is made.
    pub fn counts_where_made(&self, class: NameId, method: NameId) -> bool {
        let makes = |made: &Role, rule| made.interest == Interest::Call && made.always && made.rule == rule;
        let is_made = |rule| self.roles(class).iter().any(|made| makes(made, rule));
        let mut roles = self.roles(method).iter().filter(|role| role.interest == Interest::Method).peekable();
        roles.peek().is_some() && roles.all(|role| is_made(role.rule))
    }

    /// Whether `id` is `outer` or something in it.
    pub fn is_within(&self, id: NameId, outer: NameId) -> bool {
        let mut next = Some(id);
        while let Some(id) = next.filter(|&id| id != outer) {
            next = self.node(id).parent;
        }
        next.is_some()
    }

    /// The dotted path of `id`.
    pub fn path(&self, id: NameId) -> String {
        let mut parts = Vec::new();
        let mut next = Some(id);
        while let Some(id) = next.filter(|id| id.0 != 0) {
            parts.push(self.node(id).name);
            next = self.node(id).parent;
        }
        parts.reverse();
        parts.join(".")
    }

    fn node(&self, id: NameId) -> &Node<'r> {
        &self.nodes[id.0 as usize]
    }
}
