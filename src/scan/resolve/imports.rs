//! What imports bind: libraries that rules name, and modules of the repository.

use super::Resolver;
use crate::rules::Value;
use crate::scan::meaning::{Constant, Made, Meaning, Meanings};
use crate::scan::modules::{Exported, Member, ModuleId};
use crate::scan::scopes::{Binding, BindingId, Bound};

/// Copies of six are imported relatively or from a package, and are six all the same.
fn is_six(module: &str) -> bool {
    module == "six.moves" || module.ends_with(".six.moves")
}

impl<'a> Resolver<'a, '_> {
    /// `import module`
    pub(super) fn imported(&mut self, level: u32, module: &'a str) -> Meanings<'a> {
        match self.locate(level, module) {
            Some(id) => Meanings::one(Meaning::Module(id)),
            None if level > 0 => Meanings::unknown(),
            None => match self.module(module) {
                // Whatever is in it, it is no module that rules speak of.
                found if found.known.is_empty() => Meanings::one(Meaning::Other),
                found => found,
            },
        }
    }

    /// `from module import member`
    pub(super) fn imported_member(&mut self, level: u32, module: &'a str, member: &'a str) -> Meanings<'a> {
        if is_six(module) {
            return self.member("six.moves", member);
        }
        match self.locate(level, module) {
            Some(id) => self.member_of(id, member),
            None if level > 0 => Meanings::unknown(),
            None => self.member(module, member),
        }
    }

    /// What the star import `id` binds to `name`, if it does.
    pub(super) fn star_member(&mut self, id: BindingId, name: &'a str) -> Option<Meanings<'a>> {
        let Binding { bound: Bound::Star { level, module }, .. } = self.scopes.bindings[id] else { return None };
        if name.starts_with('_') {
            return None;
        }
        if let Some(id) = self.locate(level, module) {
            return match self.modules.member(id, name) {
                Member::Any(_) => Some(self.member_of(id, name)),
                Member::Unread if self.names.knows_module_of(name) => {
                    self.wanted.insert((id, name));
                    None
                }
                _ => None,
            };
        }
        let id = self.names.find(module).filter(|_| level == 0)?;
        self.names.child(id, name).map(|child| Meanings::one(Meaning::Name(child)))
    }

    /// The module of the repository that an import speaks of.
    fn locate(&mut self, level: u32, module: &'a str) -> Option<ModuleId> {
        if let Some(known) = self.located.get(&(level, module)) {
            return *known;
        }
        let is_library = level == 0 && self.names.knows_module_of(module);
        let id = self.modules.locate(level, module, is_library);
        if let (Some(id), true) = (id, is_library) {
            self.libraries.extend(self.names.find(module).map(|library| (id, library)));
        }
        self.located.insert((level, module), id);
        id
    }

    /// What `name` of a module of the repository means. Where the module does not say, and goes by the name of a library,
    /// it is taken for the library's own: then the repository is that of the library.
    pub(super) fn member_of(&mut self, module: ModuleId, name: &'a str) -> Meanings<'a> {
        let library = self.libraries.get(&module).and_then(|&library| self.names.child(library, name));
        match self.modules.member(module, name) {
            Member::Any(exported) => {
                let mut found = Meanings::default();
                exported.into_iter().for_each(|one| found.insert(self.translate(one)));
                found
            }
            Member::Module(id) => {
                self.libraries.extend(library.map(|library| (id, library)));
                Meanings::one(Meaning::Module(id))
            }
            Member::Unread => {
                // `from .compat import pickle`
                if library.is_some() || self.names.knows_module_of(name) {
                    self.wanted.insert((module, name));
                }
                let meaning = library.map_or(Meaning::Unread(module, name), Meaning::Name);
                Meanings { known: vec![meaning], open: library.is_none() }
            }
            Member::Absent => library.map_or_else(Meanings::unknown, |library| Meanings::one(Meaning::Name(library))),
        }
    }

    fn translate(&mut self, exported: &'a Exported) -> Meaning<'a> {
        let names = self.names;
        let find = |path: &String| names.find(path);
        self.meets_foreign |= matches!(exported, Exported::Class(_) | Exported::Object(_) | Exported::Function(_));
        match exported {
            Exported::Name(path) => find(path).map_or(Meaning::Other, Meaning::Name),
            Exported::Instance { class, reported } => {
                find(class).map_or(Meaning::Other, |id| Meaning::Instance(id, Made::Elsewhere(reported)))
            }
            Exported::Constant(value) => match value {
                Value::None => Meaning::Constant(Constant::None),
                Value::Bool(value) => Meaning::Constant(Constant::Bool(*value)),
                Value::Int(value) => Meaning::Constant(Constant::Int(*value)),
                Value::Str(value) => Meaning::Constant(Constant::Str(value)),
                Value::Name(path) => find(path).map_or(Meaning::Other, Meaning::Name),
                Value::Returned(_) => Meaning::Other,
            },
            Exported::Class(class) => Meaning::ForeignClass(class),
            Exported::Object(class) => Meaning::ForeignObject(class),
            Exported::Function(function) => Meaning::ForeignFunction(function),
            Exported::Other => Meaning::Other,
        }
    }

    /// Notes that what `meanings` leaves open because a file has not been looked into decides something.
    pub fn want(&mut self, meanings: &Meanings<'a>) {
        for meaning in &meanings.known {
            match *meaning {
                Meaning::Unread(module, name) => drop(self.wanted.insert((module, name))),
                Meaning::Class(class) => {
                    let bases = self.bases(class);
                    let unread = bases.known.iter().filter_map(|base| match *base {
                        Meaning::Unread(module, name) => Some((module, name)),
                        _ => None,
                    });
                    self.wanted.extend(unread);
                }
                _ => {}
            }
        }
    }
}
