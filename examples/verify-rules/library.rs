//! The sources of one version of a library, and what a qualified name in them stands for.

use super::outline::{Binding, Class, Origin, Outline, Signature, outline, words};
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::rc::Rc;

/// Chains of imports and bases are followed this far.
const MAX_STEPS: usize = 40;

/// What a name stands for.
#[derive(Clone, Debug)]
pub enum Found {
    Module(String),
    Function(Rc<Signature>),
    /// A class, and the module it is in.
    Class(Rc<Class>, String),
    /// It is there, and only running code would tell more.
    Value,
    /// Imported from, or inherited by way of, another library.
    Outside,
    /// In a module that is compiled.
    Compiled,
    /// Nothing of what it is imported from was fetched.
    Absent,
    Missing,
}

/// One version of a library.
pub struct Library {
    root: PathBuf,
    modules: RefCell<BTreeMap<String, Option<Rc<Outline>>>>,
    listings: RefCell<BTreeMap<String, Rc<BTreeSet<String>>>>,
    words: OnceCell<BTreeSet<String>>,
}

impl Library {
    pub fn new(root: PathBuf) -> Self {
        Self { root, modules: RefCell::default(), listings: RefCell::default(), words: OnceCell::new() }
    }

    /// What `path`, fully qualified, stands for.
    pub fn find(&self, path: &str) -> Found {
        let root = path.split('.').next().unwrap_or_default();
        if !self.is_module(root) && !self.is_compiled(root) { Found::Absent } else { self.absolute(path, 0) }
    }

    /// The members called `name` of `class`, its own or those of a base; the last where it is inherited from outside.
    pub fn member(&self, class: &Class, module: &str, name: &str) -> Vec<Found> {
        self.members(class, module, name, 0)
    }

    /// The annotated attributes of `class` and its bases.
    pub fn fields(&self, class: &Class, module: &str, steps: usize) -> Vec<String> {
        let mut fields = Vec::new();
        for base in class.bases.iter().flatten().filter(|_| steps < MAX_STEPS) {
            if let Found::Class(base, of) = self.named_in(module, base, steps + 1) {
                fields.extend(self.fields(&base, &of, steps + 1));
            }
        }
        fields.extend(class.fields.iter().cloned());
        fields
    }

    /// Whether a source file has `word`.
    pub fn mentions(&self, word: &str) -> bool {
        let all = self.words.get_or_init(|| {
            let mut all = BTreeSet::new();
            let mut pending = vec![String::new()];
            while let Some(directory) = pending.pop() {
                for name in self.listing(&directory).iter() {
                    let path = if directory.is_empty() { name.clone() } else { format!("{directory}/{name}") };
                    match name.ends_with(".py") {
                        true => all.extend(words(&std::fs::read(self.root.join(&path)).unwrap_or_default())),
                        false => pending.push(path),
                    }
                }
            }
            all
        });
        all.contains(word)
    }

    /// The names in a directory, sorted; none where there is no such directory.
    fn listing(&self, directory: &str) -> Rc<BTreeSet<String>> {
        if let Some(known) = self.listings.borrow().get(directory) {
            return Rc::clone(known);
        }
        let entries = std::fs::read_dir(self.root.join(directory)).into_iter().flatten().flatten();
        let names = Rc::new(entries.filter_map(|entry| entry.file_name().into_string().ok()).collect::<BTreeSet<_>>());
        self.listings.borrow_mut().insert(directory.to_owned(), Rc::clone(&names));
        names
    }

    fn file(&self, module: &str) -> Option<PathBuf> {
        let path = module.replace('.', "/");
        let (directory, stem) = path.rsplit_once('/').unwrap_or(("", &path));
        let inside = self.listing(&path);
        if let Some(name) = ["__init__.py", "__init__.pyi"].into_iter().find(|name| inside.contains(*name)) {
            return Some(self.root.join(&path).join(name));
        }
        let beside = self.listing(directory);
        let name = [".py", ".pyi"].map(|end| format!("{stem}{end}")).into_iter().find(|name| beside.contains(name))?;
        Some(self.root.join(directory).join(name))
    }

    fn is_package(&self, module: &str) -> bool {
        !self.listing(&module.replace('.', "/")).is_empty()
    }

    fn is_module(&self, module: &str) -> bool {
        self.is_package(module) || self.file(module).is_some()
    }

    /// Whether there is no source of `module`, but what it is compiled to or from.
    fn is_compiled(&self, module: &str) -> bool {
        let path = module.replace('.', "/");
        let (directory, stem) = path.rsplit_once('/').unwrap_or(("", &path));
        let is_of_it = |name: &String| {
            let rest = name.strip_prefix(stem).filter(|rest| rest.starts_with('.'));
            rest.is_some_and(|rest| [".so", ".pyd", ".pyx"].iter().any(|end| rest.ends_with(end)))
        };
        self.file(module).is_none() && self.listing(directory).iter().any(is_of_it)
    }

    fn outline(&self, module: &str) -> Option<Rc<Outline>> {
        if let Some(known) = self.modules.borrow().get(module) {
            return known.clone();
        }
        let mut read = self.file(module).and_then(|file| outline(&std::fs::read(file).ok()?));
        // A package may say in its stub what it imports when it is asked for.
        if let Some(found) = read.as_mut().filter(|found| found.is_lazy) {
            let stub = self.root.join(module.replace('.', "/")).join("__init__.pyi");
            if let Some(stub) = std::fs::read(stub).ok().and_then(|source| outline(&source)) {
                found.bindings.extend(stub.bindings);
                found.stars.extend(stub.stars);
            }
        }
        let read = read.map(Rc::new);
        self.modules.borrow_mut().insert(module.to_owned(), read.clone());
        read
    }

    /// The modules directly in a package, sorted.
    fn below(&self, package: &str) -> Vec<String> {
        let listing = self.listing(&package.replace('.', "/"));
        let stem = |name: &String| {
            let stem = name.strip_suffix(".py").unwrap_or(name).to_owned();
            (stem != "__init__" && !stem.contains('.')).then_some(stem)
        };
        let names: BTreeSet<String> = listing.iter().filter_map(stem).collect();
        names.iter().map(|name| joined(package, name)).collect()
    }

    fn absolute(&self, path: &str, steps: usize) -> Found {
        let parts: Vec<&str> = path.split('.').collect();
        let known = (1..=parts.len()).take_while(|&length| self.is_module(&parts[..length].join("."))).last();
        let Some(known) = known else {
            return if self.is_compiled(parts[0]) { Found::Compiled } else { Found::Outside };
        };
        // A class may be called like a module beside it.
        for length in (1..=known).rev() {
            let found = self.attributes(Found::Module(parts[..length].join(".")), &parts[length..], steps);
            if !matches!(found, Found::Missing) {
                return found;
            }
        }
        Found::Missing
    }

    fn attributes(&self, mut found: Found, names: &[&str], steps: usize) -> Found {
        for name in names {
            found = match found {
                Found::Module(module) => self.lookup(&module, name, steps + 1),
                Found::Class(class, module) => {
                    self.members(&class, &module, name, steps + 1).into_iter().next().unwrap_or(Found::Missing)
                }
                Found::Function(_) => Found::Value,
                other => return other,
            };
        }
        found
    }

    /// What `name` stands for in `module`.
    fn lookup(&self, module: &str, name: &str, steps: usize) -> Found {
        if steps > MAX_STEPS {
            return Found::Value;
        }
        let submodule = joined(module, name);
        if self.is_compiled(&submodule) {
            return Found::Compiled;
        }
        let Some(outline) = self.outline(module) else {
            return match self.is_module(&submodule) {
                true => Found::Module(submodule),
                false if self.is_compiled(module) => Found::Compiled,
                // Another distribution may put it there.
                false => Found::Absent,
            };
        };
        let mut best = Found::Missing;
        for binding in outline.bindings.get(name).into_iter().flatten() {
            match self.bound(module, name, binding, steps) {
                found @ (Found::Function(_) | Found::Class(..)) => return found,
                Found::Missing => {}
                found => best = found,
            }
        }
        if matches!(best, Found::Missing) && self.is_module(&submodule) {
            best = Found::Module(submodule);
        }
        // The last one wins.
        for star in outline.stars.iter().rev() {
            let Some(target) = self.origin(module, star) else { continue };
            match (&best, self.is_module(&target)) {
                (Found::Missing, true) if target != module => best = self.lookup(&target, name, steps + 1),
                (Found::Missing, false) => {
                    best = if self.is_compiled(&target) { Found::Compiled } else { Found::Outside };
                }
                _ => {}
            }
        }
        match best {
            Found::Missing => self.lazy(module, &outline, name, steps),
            found => found,
        }
    }

    /// What a module imports when `name` is asked for.
    fn lazy(&self, module: &str, outline: &Outline, name: &str, steps: usize) -> Found {
        let mut is_listed = false;
        for (key, value) in &outline.related {
            let target = match () {
                () if key == name => value,
                () if value == name => key,
                () => continue,
            };
            is_listed = true;
            let target = target.replace(':', ".");
            let relative = joined(module, target.trim_start_matches('.'));
            let beside = joined(module.rsplit_once('.').map_or("", |(above, _)| above), target.trim_start_matches('.'));
            for place in [relative, beside, target.clone()] {
                let whole = if place.ends_with(&format!(".{name}")) { place.clone() } else { joined(&place, name) };
                for path in [whole, place] {
                    if path != joined(module, name)
                        && let found @ (Found::Function(_) | Found::Class(..) | Found::Module(_)) =
                            self.absolute(&path, steps + 10)
                    {
                        return found;
                    }
                }
            }
        }
        is_listed |= outline.is_lazy && outline.strings.contains(name);
        if !outline.is_lazy {
            return if is_listed || outline.is_open { Found::Value } else { Found::Missing };
        }
        let near = self.below(module);
        let far = near.iter().flat_map(|module| self.below(module));
        for place in near.iter().cloned().chain(far) {
            let Some(outline) = self.outline(&place) else { continue };
            for binding in outline.bindings.get(name).into_iter().flatten() {
                if let Binding::Function(_) | Binding::Class(_) = binding {
                    return self.bound(&place, name, binding, steps);
                }
            }
        }
        if is_listed || outline.is_open { Found::Value } else { Found::Missing }
    }

    fn bound(&self, module: &str, name: &str, binding: &Binding, steps: usize) -> Found {
        match binding {
            Binding::Function(signature) => Found::Function(Rc::clone(signature)),
            Binding::Class(class) => Found::Class(Rc::clone(class), module.to_owned()),
            Binding::Module(path) if self.is_module(path) => Found::Module(path.clone()),
            Binding::Module(path) if self.is_compiled(path) => Found::Compiled,
            Binding::Module(_) => Found::Outside,
            Binding::Value(Some(other)) if other != name => match self.named_in(module, other, steps + 1) {
                Found::Missing => Found::Value,
                found => found,
            },
            Binding::Value(_) => Found::Value,
            Binding::From(origin, member) => {
                let Some(target) = self.origin(module, origin) else { return Found::Outside };
                if target == module && member == name {
                    let submodule = joined(module, name);
                    return if self.is_module(&submodule) { Found::Module(submodule) } else { Found::Missing };
                }
                match self.is_module(&target) {
                    true => self.lookup(&target, member, steps + 1),
                    false if self.is_compiled(&target) => Found::Compiled,
                    false => Found::Outside,
                }
            }
        }
    }

    /// What `path`, as it is written in `module`, stands for.
    fn named_in(&self, module: &str, path: &str, steps: usize) -> Found {
        let parts: Vec<&str> = path.split('.').collect();
        if steps > MAX_STEPS {
            return Found::Value;
        }
        let first = self.lookup(module, parts[0], steps + 1);
        self.attributes(first, &parts[1..], steps)
    }

    /// The module that an import in `module` speaks of.
    fn origin(&self, module: &str, origin: &Origin) -> Option<String> {
        if origin.level == 0 {
            return Some(origin.module.clone());
        }
        let is_package = self.is_package(module);
        let mut parts: Vec<&str> = module.split('.').collect();
        let up = origin.level as usize - usize::from(is_package);
        parts.truncate(parts.len().checked_sub(up)?);
        let base = parts.join(".");
        Some(if origin.module.is_empty() { base } else { joined(&base, &origin.module) })
    }

    fn members(&self, class: &Class, module: &str, name: &str, steps: usize) -> Vec<Found> {
        if steps > MAX_STEPS {
            return vec![Found::Value];
        }
        if let Some(own) = class.members.get(name) {
            let bound = |binding: &Binding| match binding {
                Binding::Value(Some(other)) if class.members.contains_key(other) && other != name => {
                    self.members(class, module, other, steps + 1)
                }
                binding => vec![self.bound(module, name, binding, steps + 1)],
            };
            return own.iter().flat_map(bound).collect();
        }
        let mut is_open = class.members.contains_key("__getattr__");
        let mut is_outside = false;
        for base in &class.bases {
            let Some(base) = base else {
                is_open = true;
                continue;
            };
            match self.named_in(module, base, steps + 1) {
                Found::Class(base, of) => {
                    let inherited = self.members(&base, &of, name, steps + 1);
                    match inherited.first() {
                        None => {}
                        Some(Found::Outside) => is_outside = true,
                        Some(Found::Value) if base.members.contains_key("__getattr__") => is_open = true,
                        Some(_) => return inherited,
                    }
                }
                Found::Value => is_open = true,
                Found::Compiled => return vec![Found::Compiled],
                // What Python itself brings has none of the members that rules speak of.
                Found::Missing if BUILTIN.contains(&base.as_str()) => {}
                _ => is_outside = true,
            }
        }
        match (is_outside, is_open) {
            (true, _) => vec![Found::Outside],
            (false, true) => vec![Found::Value],
            (false, false) => Vec::new(),
        }
    }
}

const BUILTIN: &[&str] = &[
    "object",
    "Exception",
    "ValueError",
    "RuntimeError",
    "type",
    "dict",
    "list",
    "tuple",
    "str",
    "int",
    "set",
    "bytes",
];

fn joined(module: &str, name: &str) -> String {
    if module.is_empty() { name.to_owned() } else { format!("{module}.{name}") }
}
