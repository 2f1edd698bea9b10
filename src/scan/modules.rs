//! What one file learns of the modules of its own repository: the questions, and what other files export.
//!
//! Knows no paths: who links files gives modules their numbers.

use super::wrapper::PassedOn;
use crate::finding::Reason;
use crate::rules::Value;
use std::collections::BTreeMap;

/// A module of the repository.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ModuleId(pub u32);

/// The modules of the repository, as one of its files sees them.
pub trait Modules {
    /// The module that `path`, after `level` dots, is; `None` where it is none of the repository. Where it goes by the name
    /// of a library that rules speak of, it counts only where Python finds it before the library.
    fn locate(&self, level: u32, path: &str, is_library: bool) -> Option<ModuleId>;

    /// What `name` of a module means.
    fn member(&self, module: ModuleId, name: &str) -> Member<'_>;
}

/// What a name of a module means.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Member<'l> {
    /// The file has not been looked into.
    Unread,
    /// There is no such name, as far as can be seen.
    Absent,
    /// A module itself.
    Module(ModuleId),
    /// Any of these.
    Any(Vec<&'l Exported>),
}

/// No repository: every import is of a library.
pub(super) struct NoModules;

impl Modules for NoModules {
    fn locate(&self, _level: u32, _path: &str, _is_library: bool) -> Option<ModuleId> {
        None
    }

    fn member(&self, _module: ModuleId, _name: &str) -> Member<'_> {
        Member::Absent
    }
}

/// What other files get at in a module.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Summary {
    /// The names it binds, but for those it has from other modules of the repository.
    pub names: BTreeMap<String, Vec<Exported>>,
    /// Those of the names by which files that import them may have findings that their own text does not show, sorted.
    pub mattering: Vec<String>,
}

/// What a name of a module means to the files that import it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Exported {
    /// What rules name, by its qualified name.
    Name(String),
    /// An instance of a class that rules name.
    Instance {
        /// The qualified name of the class.
        class: String,
        /// The rules that report its making, by index, sorted.
        reported: Vec<usize>,
    },
    /// A value written there.
    Constant(Value),
    /// A class defined there.
    Class(ExportedClass),
    /// An instance of one.
    Object(ExportedClass),
    /// A function defined there.
    Function(ExportedFunction),
    /// Something of the module that is none of these.
    Other,
}

/// A function that passes parameters on to unsafe loads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExportedFunction {
    /// The name it is defined under.
    pub name: String,
    /// What it passes on.
    pub loads: Vec<PassedOn>,
}

/// A class, with all that it inherits in sight.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ExportedClass {
    /// The name it is defined under.
    pub name: String,
    /// The classes that rules name among those it derives from.
    pub ancestors: Vec<String>,
    /// It may derive from others as well.
    pub is_open: bool,
    /// The names that its body and those of its ancestors in the repository bind, sorted.
    pub defines: Vec<String>,
    /// What its `find_class` lets through, if it has one.
    pub find_class: Option<Reason>,
    /// Its methods that pass parameters on.
    pub methods: BTreeMap<String, ExportedFunction>,
}
