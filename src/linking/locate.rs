//! Which file of the repository an import speaks of, going by the places Python looks in.

use super::{Linking, Module, file_name};
use crate::snapshot::{EntryKind, RepoPath, Snapshot};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

const PACKAGE: &[u8] = b"__init__.py";
/// Directories that are import roots by convention, below a directory that holds a project.
const SOURCE_ROOTS: &[&[u8]] = &[b"src", b"lib", b"python"];
/// Modules that are part of the interpreter itself, found before any file.
const BUILT_IN: &[&str] = &["builtins", "marshal", "sys"];
/// A module with a longer path is not looked for.
const MAX_PARTS: usize = 32;

/// The entries of a directory by name.
type Entries = BTreeMap<Vec<u8>, EntryKind>;
/// Directories that Python looks for modules in.
type Roots = Arc<Vec<RepoPath>>;

/// The entries of directories, each listed once.
pub(super) struct Directories<'a> {
    snapshot: &'a dyn Snapshot,
    listed: Mutex<BTreeMap<RepoPath, Arc<Entries>>>,
    /// The directory that holds the package of what is in a directory, or that directory itself.
    tops: Mutex<HashMap<RepoPath, RepoPath>>,
    /// Import roots by the directory that imports start from, and whether a library goes by the name.
    roots: Mutex<HashMap<(RepoPath, bool), Roots>>,
    /// What imports were found to speak of, by the directory they start from.
    located: Mutex<HashMap<RepoPath, HashMap<Asked, Option<Module>>>>,
}

/// An import: its dots, its path, and whether a library goes by that name.
type Asked = (u32, String, bool);

impl<'a> Directories<'a> {
    pub fn new(snapshot: &'a dyn Snapshot) -> Self {
        Self {
            snapshot,
            listed: Mutex::default(),
            tops: Mutex::default(),
            roots: Mutex::default(),
            located: Mutex::default(),
        }
    }

    /// The entries of `directory`; none where it cannot be listed.
    fn entries(&self, directory: &RepoPath) -> Arc<Entries> {
        let known = self.listed.lock().expect("no thread panics").get(directory).map(Arc::clone);
        known.unwrap_or_else(|| {
            let entries = self.snapshot.list(directory).unwrap_or_default();
            let entries: Arc<Entries> =
                Arc::new(entries.into_iter().map(|entry| (Vec::from(entry.name), entry.kind)).collect());
            self.listed.lock().expect("no thread panics").insert(directory.clone(), Arc::clone(&entries));
            entries
        })
    }

    fn has_file(&self, directory: &RepoPath, name: &[u8]) -> bool {
        self.entries(directory).get(name) == Some(&EntryKind::File)
    }
}

impl Linking<'_> {
    /// The module that `path`, after `level` dots, is to the file at `importer`. Of a library that rules name only what
    /// Python is sure to find before it: a file or package beside the program, or at the root of the repository.
    pub(super) fn locate(&self, importer: &RepoPath, level: u32, path: &str, is_library: bool) -> Option<Module> {
        let own = importer.parent().unwrap_or_default();
        // All of a package find the same under the same name.
        let start = if level > 0 { own } else { self.top(own) };
        let asked = (level, path.to_owned(), is_library);
        let located = || self.directories.located.lock().expect("no thread panics");
        if let Some(known) = located().get(&start).and_then(|known| known.get(&asked)) {
            return known.clone();
        }
        let found = self.look_for(&start, level, path, is_library);
        located().entry(start).or_default().insert(asked, found.clone());
        found
    }

    /// The directory that holds the package of what is in `own`, or `own` itself.
    fn top(&self, own: RepoPath) -> RepoPath {
        let tops = || self.directories.tops.lock().expect("no thread panics");
        if let Some(known) = tops().get(&own) {
            return known.clone();
        }
        let mut top = own.clone();
        while self.directories.has_file(&top, PACKAGE)
            && let Some(parent) = top.parent()
        {
            top = parent;
        }
        tops().insert(own, top.clone());
        top
    }

    /// The same for what starts from the directory `start`: that of the importer where there are dots, and else its
    /// [`Self::top`].
    fn look_for(&self, start: &RepoPath, level: u32, path: &str, is_library: bool) -> Option<Module> {
        let parts: Vec<&str> = path.split('.').filter(|part| !part.is_empty()).collect();
        if parts.len() > MAX_PARTS {
            return None;
        }
        if level > 0 {
            let mut base = start.clone();
            for _ in 1..level {
                base = base.parent()?;
            }
            return self.below(&base, &parts, false);
        }
        if parts.first().is_none_or(|first| BUILT_IN.contains(first)) {
            return None;
        }
        self.roots(start, is_library).iter().find_map(|root| self.below(root, &parts, is_library))
    }

    /// Where Python may look for what is imported from `start`, as far as there is anything.
    fn roots(&self, start: &RepoPath, is_library: bool) -> Roots {
        let key = (start.clone(), is_library);
        let known = || self.directories.roots.lock().expect("no thread panics");
        if let Some(roots) = known().get(&key) {
            return Arc::clone(roots);
        }
        let mut roots = vec![start.clone()];
        for ancestor in start.ancestors() {
            if !is_library || ancestor.is_root() {
                roots.extend(SOURCE_ROOTS.iter().map(|name| ancestor.join(name)));
                roots.push(ancestor);
            }
        }
        roots.retain(|root| !self.directories.entries(root).is_empty());
        let roots = Arc::new(roots);
        known().insert(key, Arc::clone(&roots));
        roots
    }

    /// The module `parts` below the import root `root`.
    fn below(&self, root: &RepoPath, parts: &[&str], is_library: bool) -> Option<Module> {
        let Some((first, rest)) = parts.split_first() else {
            return Some(self.package(root.clone()));
        };
        let mut module = self.entry(root, first)?;
        if is_library && module.file.is_none() {
            // An installed package is found before a directory without `__init__.py`.
            return None;
        }
        for part in rest {
            module = self.submodule(&module, part)?;
        }
        Some(module)
    }

    pub(super) fn submodule(&self, module: &Module, name: &str) -> Option<Module> {
        self.entry(module.directory.as_ref()?, name)
    }

    /// The module called `name` in a directory; a package counts before a file.
    fn entry(&self, directory: &RepoPath, name: &str) -> Option<Module> {
        let entries = self.directories.entries(directory);
        let file = file_name(name);
        let is_file = entries.get(&file[..]) == Some(&EntryKind::File);
        if entries.get(name.as_bytes()) == Some(&EntryKind::Directory) {
            let package = self.package(directory.join(name.as_bytes()));
            if package.file.is_some() || !is_file {
                return Some(package);
            }
        }
        is_file.then(|| Module { file: Some(directory.join(&file)), directory: None })
    }

    fn package(&self, directory: RepoPath) -> Module {
        let file = self.directories.has_file(&directory, PACKAGE).then(|| directory.join(PACKAGE));
        Module { file, directory: Some(directory) }
    }
}
