//! What a file, once it is judged, means to the files that import it.

use super::guard;
use super::matching::Hit;
use super::meaning::{Constant, Made, Meaning};
use super::modules::{Exported, ExportedClass, ExportedFunction, Summary};
use super::scopes::{ClassId, ScopeId};
use super::weigh::Weighing;
use crate::rules::Value;
use ruff_text_size::{Ranged as _, TextRange};
use std::collections::{BTreeMap, HashMap};

/// A name of a module with more meanings than this is not told apart.
const MAX_MEANINGS: usize = 8;

/// The rules that report something, by what is reported.
type Reported = HashMap<TextRange, Vec<usize>>;

impl<'a> Weighing<'a, '_> {
    /// The names of the module and what they mean, where all there is are `hits`.
    pub fn summary(&mut self, hits: &[Hit<'a>]) -> Summary {
        let mut reported: Reported = HashMap::new();
        hits.iter().for_each(|hit| reported.entry(hit.range).or_default().push(hit.rule));
        let module = &self.resolver.scopes().scopes[0];
        let mut bound: Vec<&'a str> = module.bindings.keys().copied().collect();
        bound.sort_unstable();
        let mut summary = Summary::default();
        for name in bound {
            let meanings = self.resolver.all_meanings(0, name);
            let mut exported = Vec::new();
            let mut matters = false;
            for meaning in meanings.known.iter().take(MAX_MEANINGS) {
                let one = self.exported(meaning, &reported);
                matters |= match *meaning {
                    // A module under its own name is in the text of who uses it.
                    Meaning::Name(id) => self.resolver.names().matters_as(id, name),
                    Meaning::Instance(..) => true,
                    // Which loader it is, those ask who decide by it.
                    Meaning::Class(class) | Meaning::Object(class) => self.class_matters(class, &one),
                    _ => !matches!(one, None | Some(Exported::Constant(_) | Exported::Other)),
                };
                if let Some(one) = one.filter(|one| !exported.contains(one)) {
                    exported.push(one);
                }
            }
            if !exported.is_empty() {
                summary.names.insert(name.to_owned(), exported);
            }
            if matters {
                summary.mattering.push(name.to_owned());
            }
        }
        summary
    }

    /// `None` for what other modules know better.
    fn exported(&mut self, meaning: &Meaning<'a>, reported: &Reported) -> Option<Exported> {
        let names = self.resolver.names();
        Some(match *meaning {
            Meaning::Name(id) => Exported::Name(names.path(id)),
            Meaning::Instance(id, made) => {
                let mut reported = match made {
                    Made::Here(call, _) => reported.get(&call.range()).cloned().unwrap_or_default(),
                    Made::Elsewhere(rules) => rules.to_owned(),
                    Made::Unseen => Vec::new(),
                };
                reported.sort_unstable();
                Exported::Instance { class: names.path(id), reported }
            }
            Meaning::Constant(constant) => Exported::Constant(match constant {
                Constant::None => Value::None,
                Constant::Bool(value) => Value::Bool(value),
                Constant::Int(value) => Value::Int(value),
                Constant::Str(value) => Value::Str(value.to_owned()),
            }),
            Meaning::Class(class) => self.class(class).map_or(Exported::Other, Exported::Class),
            Meaning::Object(class) => self.class(class).map_or(Exported::Other, Exported::Object),
            Meaning::Function(function) => self.function(function).map_or(Exported::Other, Exported::Function),
            Meaning::ForeignClass(class) => Exported::Class(class.clone()),
            Meaning::ForeignObject(class) => Exported::Object(class.clone()),
            Meaning::ForeignFunction(function) => Exported::Function(function.clone()),
            Meaning::Module(_) | Meaning::Unread(..) => return None,
            _ => Exported::Other,
        })
    }

    fn class_matters(&mut self, class: ClassId, exported: &Option<Exported>) -> bool {
        let names = self.resolver.names();
        let has_methods =
            matches!(exported, Some(Exported::Class(class) | Exported::Object(class)) if !class.methods.is_empty());
        has_methods
            || self
                .resolver
                .ruled_ancestors(class)
                .into_iter()
                .any(|id| !names.roles(id).is_empty() || names.is_class(id))
    }

    fn function(&self, function: ScopeId) -> Option<ExportedFunction> {
        let loads = self.wrappers.get(&function)?.clone();
        let name = self.resolver.scopes().scopes[function].name.unwrap_or_default().to_owned();
        Some(ExportedFunction { name, loads })
    }

    /// `None` where nothing of the class matters to others.
    fn class(&mut self, class: ClassId) -> Option<ExportedClass> {
        let scopes = self.resolver.scopes();
        let names = self.resolver.names();
        let mut ruled = self.resolver.ruled_ancestors(class);
        ruled.retain(|&id| names.is_ruled(id));
        let is_open = self.resolver.bases(class).open;
        let mut exported = ExportedClass {
            name: scopes.classes[class].statement.name.to_string(),
            ancestors: ruled.into_iter().map(|id| names.path(id)).collect(),
            is_open,
            find_class: guard::find_class(self, class),
            ..ExportedClass::default()
        };
        let mut defined = BTreeMap::new();
        for (ancestor, _) in self.resolver.local_ancestors(class) {
            let body = &scopes.scopes[scopes.classes[ancestor].scope];
            let mut bound: Vec<&str> = body.bindings.keys().copied().collect();
            bound.sort_unstable();
            for name in bound {
                if defined.insert(name, ()).is_some() {
                    continue;
                }
                for meaning in &self.resolver.all_meanings(scopes.classes[ancestor].scope, name).known {
                    if let Meaning::Function(function) = *meaning
                        && let Some(function) = self.function(function)
                    {
                        exported.methods.insert(name.to_owned(), function);
                    }
                }
            }
        }
        for base in self.resolver.foreign_bases(class) {
            exported.defines.extend(base.defines.iter().cloned());
            for (name, method) in &base.methods {
                if !defined.contains_key(name.as_str()) {
                    exported.methods.entry(name.clone()).or_insert_with(|| method.clone());
                }
            }
        }
        exported.defines.extend(defined.into_keys().map(str::to_owned));
        exported.defines.sort();
        exported.defines.dedup();
        (!exported.ancestors.is_empty() || !exported.methods.is_empty()).then_some(exported)
    }
}
