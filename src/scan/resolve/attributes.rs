//! Attributes of modules, local classes and their instances.

use super::{Known, MAX_CHAIN, Resolver};
use crate::scan::meaning::{MAX_MEANINGS, Made, Meaning, Meanings};
use crate::scan::modules::ExportedClass;
use crate::scan::names::NameId;
use crate::scan::scopes::{Class, ClassId, Place, ScopeKind};
use std::rc::Rc;

impl<'a> Resolver<'a, '_> {
    /// The module `path`, as `import path as name` binds it.
    pub fn module(&self, path: &str) -> Meanings<'a> {
        match self.names.find(path) {
            Some(id) => Meanings::one(Meaning::Name(id)),
            None if self.names.knows_module_of(path) => Meanings::one(Meaning::Other),
            None => Meanings::unknown(),
        }
    }

    pub(super) fn member(&self, module: &str, member: &str) -> Meanings<'a> {
        match self.names.find(module) {
            Some(id) => self.attribute_of_name(id, member),
            None => self.module(module),
        }
    }

    /// What `name` of each of `objects` may mean.
    pub fn attribute(&mut self, objects: &Meanings<'a>, name: &'a str) -> Meanings<'a> {
        let mut found = Meanings { known: Vec::new(), open: objects.open };
        for object in &objects.known {
            match *object {
                Meaning::Name(id) => found.add(&self.attribute_of_name(id, name)),
                Meaning::Instance(id, _) | Meaning::Handed(id) if name == "__class__" => {
                    found.insert(Meaning::Name(id))
                }
                Meaning::Instance(id, made) => found.add(&self.method(id, name, made)),
                Meaning::Handed(id) => found.add(&self.method(id, name, Made::Unseen)),
                // `spark.sparkContext`
                Meaning::Method(id, _) if self.names.is_class(id) => found.add(&self.method(id, name, Made::Unseen)),
                Meaning::Object(class) if name == "__class__" => found.insert(Meaning::Class(class)),
                Meaning::Class(class) => found.add(&self.class_attribute(class, name, false, true)),
                Meaning::Object(class) => found.add(&self.class_attribute(class, name, true, true)),
                Meaning::Super(class) => found.add(&self.class_attribute(class, name, true, false)),
                Meaning::Module(module) => found.add(&self.member_of(module, name)),
                Meaning::ForeignClass(class) => found.add(&self.foreign_attribute(class, name, false)),
                Meaning::ForeignObject(class) => found.add(&self.foreign_attribute(class, name, true)),
                _ => found.open = true,
            }
        }
        found
    }

    /// `name` of an instance of `class`.
    fn method(&self, class: NameId, name: &str, made: Made<'a>) -> Meanings<'a> {
        self.names.child(class, name).map_or_else(Meanings::unknown, |it| Meanings::one(Meaning::Method(it, made)))
    }

    pub(super) fn attribute_of_name(&self, id: NameId, name: &str) -> Meanings<'a> {
        match self.names.child(id, name) {
            Some(child) => Meanings::one(Meaning::Name(child)),
            None if name == "__dict__" => Meanings::one(Meaning::Namespace(id)),
            None if name == "__call__" => Meanings::one(Meaning::Name(id)),
            None if self.names.is_ruled(id) => Meanings::one(Meaning::Other),
            None => Meanings::unknown(),
        }
    }

    /// `name` of the local class or its instance; `own`: looked up in the class itself first.
    fn class_attribute(&mut self, class: ClassId, name: &'a str, on_instance: bool, own: bool) -> Meanings<'a> {
        let scopes = self.scopes;
        let mut found = Meanings::default();
        for (ancestor, is_self) in self.local_ancestors(class) {
            if is_self && !own {
                continue;
            }
            let class = &scopes.classes[ancestor];
            found.add(&self.crowd(class.scope, name));
            let assigned = class.attributes.get(name).map_or(&[][..], Vec::as_slice);
            for &id in assigned.iter().take(MAX_MEANINGS) {
                found.add(&self.binding(id));
                self.read.insert(id);
            }
            found.open |= assigned.len() > MAX_MEANINGS || scopes.set_elsewhere.contains(name);
            if !found.known.is_empty() || found.open {
                if on_instance {
                    self.read_properties(&mut found);
                }
                return found;
            }
        }
        for base in self.ruled_ancestors(class) {
            if let Some(child) = self.names.child(base, name) {
                match on_instance {
                    false => found.insert(Meaning::Name(child)),
                    true if self.names.counts_where_made(base, child) => {}
                    true => found.insert(Meaning::Method(child, Made::Unseen)),
                }
            }
        }
        for base in self.foreign_bases(class) {
            found.add(&self.foreign_attribute(base, name, on_instance));
        }
        found.open |= found.known.is_empty();
        found
    }

    /// `name` of a class of another module or its instance.
    fn foreign_attribute(&mut self, class: &'a ExportedClass, name: &str, on_instance: bool) -> Meanings<'a> {
        let mut found = Meanings::default();
        if let Some(method) = class.methods.get(name) {
            return Meanings::one(Meaning::ForeignFunction(method));
        }
        if !class.defines.iter().any(|defined| defined == name) {
            for base in class.ancestors.iter().filter_map(|path| self.names.find(path)) {
                match self.names.child(base, name) {
                    Some(child) if !on_instance => found.insert(Meaning::Name(child)),
                    Some(child) if !self.names.counts_where_made(base, child) => {
                        found.insert(Meaning::Method(child, Made::Unseen))
                    }
                    _ => {}
                }
            }
        }
        found.open = found.known.is_empty();
        found
    }

    /// The classes of other modules that the local class derives from.
    pub fn foreign_bases(&mut self, class: ClassId) -> Vec<&'a ExportedClass> {
        let mut found = Vec::new();
        for (ancestor, _) in self.local_ancestors(class) {
            found.extend(self.bases(ancestor).known.iter().filter_map(|meaning| match *meaning {
                Meaning::ForeignClass(base) => Some(base),
                _ => None,
            }));
        }
        found
    }

    /// The class and the local classes it derives from, nearest first.
    pub fn local_ancestors(&mut self, class: ClassId) -> Vec<(ClassId, bool)> {
        let mut found = vec![class];
        let mut next = 0;
        while next < found.len() && found.len() < MAX_MEANINGS {
            for meaning in &self.bases(found[next]).known {
                match *meaning {
                    Meaning::Class(base) if !found.contains(&base) => found.push(base),
                    _ => {}
                }
            }
            next += 1;
        }
        found.into_iter().map(|ancestor| (ancestor, ancestor == class)).collect()
    }

    /// The ruled classes that the local class derives from, directly or through local classes.
    pub fn ruled_ancestors(&mut self, class: ClassId) -> Vec<NameId> {
        let mut found = Vec::new();
        for (ancestor, _) in self.local_ancestors(class) {
            for meaning in &self.bases(ancestor).known {
                match *meaning {
                    Meaning::Name(base) if !found.contains(&base) => found.push(base),
                    Meaning::ForeignClass(base) => {
                        let known = base.ancestors.iter().filter_map(|path| self.names.find(path));
                        found.extend(known);
                    }
                    _ => {}
                }
            }
        }
        found
    }

    /// What the bases of a local class may mean.
    pub fn bases(&mut self, class: ClassId) -> Rc<Meanings<'a>> {
        match &self.bases[class] {
            Known::Yes(meanings) => return meanings.clone(),
            Known::Asked => return Rc::default(),
            Known::Not if self.chain > MAX_CHAIN => return Rc::new(Meanings::unknown()),
            Known::Not => {}
        }
        self.bases[class] = Known::Asked;
        let Class { statement, place, .. } = &self.scopes.classes[class];
        let mut found = Meanings::default();
        for base in statement.bases().iter().take(MAX_MEANINGS) {
            found.add(&self.deeper(|resolver| resolver.meaning(base, *place)));
        }
        let found = Rc::new(found);
        self.bases[class] = Known::Yes(found.clone());
        found
    }

    /// The class in whose body `place` is.
    pub(super) fn class_around(&self, place: Place) -> Option<ClassId> {
        let mut next = Some(place.scope);
        while let Some(scope) = next.map(|id| &self.scopes.scopes[id]) {
            if scope.kind == ScopeKind::Class {
                return scope.receiver.map(|(class, _)| class);
            }
            next = scope.defined.map(|(outer, _)| outer.scope);
        }
        None
    }
}
