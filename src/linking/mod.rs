//! What the files of one repository mean to each other: which file an import speaks of, what that file passes on from
//! others, and which files import what matters.
//!
//! Works on what `scan` says of single files. Never parses, and reads no file.

mod importers;
mod locate;
mod outline;

pub use importers::Reach;
pub use outline::changed;

use crate::scan::{Exported, Member, ModuleId, Modules, Summary};
use crate::snapshot::{RepoPath, Snapshot};
use bstr::BString;
use locate::Directories;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

/// A name is followed through this many modules that only pass it on.
const MAX_PASSED_ON: u32 = 16;
/// A name that a module binds in more ways is not told apart.
const MAX_WAYS: usize = 32;

/// What is known of the files of one snapshot.
pub struct Linking<'a> {
    directories: Directories<'a>,
    modules: Mutex<Interned>,
    known: BTreeMap<RepoPath, Known>,
}

/// What is known of a file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Known {
    /// What its own text binds; `None` where it was not worth parsing.
    pub summary: Option<Summary>,
    /// Its imports.
    pub imports: Vec<OwnedImport>,
}

/// An import of a file that is not at hand any more.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnedImport {
    level: u32,
    module: String,
    members: OwnedMembers,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum OwnedMembers {
    Module,
    All,
    Named(Vec<(String, String)>),
}

/// A module: its file, the directory with its submodules, or both.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Module {
    file: Option<RepoPath>,
    directory: Option<RepoPath>,
}

/// Modules by number.
#[derive(Default)]
struct Interned {
    modules: Vec<Module>,
    numbers: BTreeMap<Module, ModuleId>,
}

/// The repository as one of its files sees it.
pub struct View<'l> {
    linking: &'l Linking<'l>,
    importer: &'l RepoPath,
}

/// What following a name has come to.
#[derive(Default)]
struct Followed<'l> {
    exported: Vec<&'l Exported>,
    module: Option<Module>,
    /// Files that would have to be looked into.
    unread: BTreeSet<RepoPath>,
    visited: BTreeSet<(RepoPath, String)>,
}

impl<'a> Linking<'a> {
    /// Nothing is known yet of the files of `snapshot`.
    pub fn new(snapshot: &'a dyn Snapshot) -> Self {
        Self { directories: Directories::new(snapshot), modules: Mutex::default(), known: BTreeMap::new() }
    }

    /// The repository as the file at `importer` sees it.
    pub fn view<'l>(&'l self, importer: &'l RepoPath) -> View<'l> {
        View { linking: self, importer }
    }

    /// Notes what is known of the file at `path`, and gives the names it exports that matter, or did, and now mean something
    /// else.
    pub fn learn(&mut self, path: &RepoPath, known: Known) -> Vec<String> {
        let before = self.known.insert(path.clone(), known).and_then(|before| before.summary).unwrap_or_default();
        let Some(Known { summary: Some(summary), .. }) = self.known.get(path) else { return Vec::new() };
        let matters: BTreeSet<&String> = before.mattering.iter().chain(&summary.mattering).collect();
        let is_new = |name: &&String| before.names.get(*name) != summary.names.get(*name);
        matters.into_iter().filter(is_new).cloned().collect()
    }

    /// Notes the imports of a file that is not known otherwise.
    pub fn learn_imports(&mut self, path: &RepoPath, imports: Vec<OwnedImport>) {
        self.known.entry(path.clone()).or_insert(Known { summary: None, imports });
    }

    /// The files that would have to be looked into to know what `name` of a module means.
    pub fn unread(&self, module: ModuleId, name: &str) -> BTreeSet<RepoPath> {
        let mut followed = Followed::default();
        self.follow(&self.module(module), name, MAX_PASSED_ON, &mut followed);
        followed.unread
    }

    /// The files of the repository that `import` in the file at `importer` speaks of: the module's (`true`), and those of
    /// members that are modules themselves.
    pub fn files_of(&self, importer: &RepoPath, import: &OwnedImport) -> Vec<(RepoPath, bool)> {
        let Some(module) = self.locate(importer, import.level, &import.module, false) else { return Vec::new() };
        let mut files: Vec<(RepoPath, bool)> = module.file.iter().cloned().map(|file| (file, true)).collect();
        if let OwnedMembers::Named(names) = &import.members {
            let below = names.iter().filter_map(|(name, _)| self.submodule(&module, name)?.file);
            files.extend(below.map(|file| (file, false)));
        }
        files
    }

    fn module(&self, id: ModuleId) -> Module {
        self.modules.lock().expect("no thread panics").modules[id.0 as usize].clone()
    }

    fn number(&self, module: Module) -> ModuleId {
        let mut interned = self.modules.lock().expect("no thread panics");
        if let Some(&id) = interned.numbers.get(&module) {
            return id;
        }
        let id = ModuleId(interned.modules.len() as u32);
        interned.modules.push(module.clone());
        interned.numbers.insert(module, id);
        id
    }

    /// Adds to `followed` what `name` of `module` may be.
    fn follow<'l>(&'l self, module: &Module, name: &str, steps: u32, followed: &mut Followed<'l>) {
        let Some(steps) = steps.checked_sub(1) else { return };
        if let Some(file) = &module.file {
            if followed.visited.len() > MAX_WAYS || !followed.visited.insert((file.clone(), name.to_owned())) {
                return;
            }
            let Some(known) = self.known.get(file) else {
                followed.unread.insert(file.clone());
                return;
            };
            for exported in known.summary.iter().filter_map(|summary| summary.names.get(name)).flatten() {
                if !followed.exported.contains(&exported) {
                    followed.exported.push(exported);
                }
            }
            for import in &known.imports {
                self.follow_import(file, import, name, steps, followed);
            }
            if followed.exported.is_empty() && followed.module.is_none() && known.summary.is_none() {
                followed.unread.insert(file.clone());
            }
        }
        if followed.exported.is_empty() && followed.module.is_none() {
            followed.module = self.submodule(module, name);
        }
    }

    /// What `import` in `file` binds to `name`.
    fn follow_import<'l>(
        &'l self,
        file: &RepoPath,
        import: &OwnedImport,
        name: &str,
        steps: u32,
        followed: &mut Followed<'l>,
    ) {
        let source = match &import.members {
            OwnedMembers::Named(names) => {
                names.iter().find(|(_, alias)| alias == name).map(|(source, _)| source.as_str())
            }
            OwnedMembers::All => Some(name),
            OwnedMembers::Module => None,
        };
        if let Some(source) = source
            && let Some(module) = self.locate(file, import.level, &import.module, false)
        {
            self.follow(&module, source, steps, followed);
        }
    }
}

impl Modules for View<'_> {
    fn locate(&self, level: u32, path: &str, is_library: bool) -> Option<ModuleId> {
        self.linking.locate(self.importer, level, path, is_library).map(|module| self.linking.number(module))
    }

    fn member(&self, module: ModuleId, name: &str) -> Member<'_> {
        if self.linking.module(module).file.as_ref() == Some(self.importer) {
            // A file that imports itself: what it binds otherwise is what counts.
            return Member::Any(Vec::new());
        }
        let mut followed = Followed::default();
        self.linking.follow(&self.linking.module(module), name, MAX_PASSED_ON, &mut followed);
        match followed {
            Followed { exported, .. } if !exported.is_empty() => Member::Any(exported),
            Followed { module: Some(module), .. } => Member::Module(self.linking.number(module)),
            Followed { unread, .. } if !unread.is_empty() => Member::Unread,
            _ => Member::Absent,
        }
    }
}

impl Known {
    /// Of a file that cannot be read.
    pub fn nothing() -> Self {
        Self { summary: Some(Summary::default()), imports: Vec::new() }
    }
}

impl OwnedImport {
    /// Whether it binds one of `names`, or may.
    pub fn binds(&self, names: &BTreeSet<String>) -> bool {
        match &self.members {
            OwnedMembers::Module => false,
            OwnedMembers::All => true,
            OwnedMembers::Named(named) => named.iter().any(|(_, alias)| names.contains(alias)),
        }
    }

    /// The members it names; `None` where it may use any.
    pub fn names(&self) -> Option<BTreeSet<String>> {
        match &self.members {
            OwnedMembers::Module | OwnedMembers::All => None,
            OwnedMembers::Named(named) => Some(named.iter().map(|(source, _)| source.clone()).collect()),
        }
    }

    /// The imports in the bytes of a file.
    pub fn all(source: &[u8]) -> Vec<Self> {
        crate::scan::imports(source).iter().map(Self::from).collect()
    }
}

impl From<&crate::scan::Import<'_>> for OwnedImport {
    fn from(import: &crate::scan::Import<'_>) -> Self {
        use crate::scan::Members;
        let members = match &import.members {
            Members::Module => OwnedMembers::Module,
            Members::All => OwnedMembers::All,
            Members::Named(names) => OwnedMembers::Named(
                names.iter().map(|(name, alias)| ((*name).to_owned(), (*alias).to_owned())).collect(),
            ),
        };
        Self { level: import.level, module: import.module.to_owned(), members }
    }
}

/// The name of an entry of a directory as Python spells it in an import.
fn file_name(name: &str) -> BString {
    BString::from(format!("{name}.py"))
}
