//! The manifests of one directory, and what they include from anywhere in the snapshot.

use super::formats::{self, BORROWED, Format, Tier};
use super::reading::{Include, Reading, Workspace, shown};
use super::{
    Dependency, Diagnostic, DistributionName, Evidence, FORMATS, Gravity, Inventory, Scope, Source, joining, pyproject,
    requirements,
};
use crate::snapshot::{Entry, EntryKind, File, RepoPath, Snapshot};
use bstr::ByteSlice as _;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// More manifests than this are not read for one directory: inclusions may fan out.
const MAX_MANIFESTS: usize = 4096;

/// More bytes of manifests, and more entries and inclusions in them, than this are not read for one directory.
const MAX_BYTES: usize = 256 << 20;
const MAX_ENTRIES: usize = 1_000_000;

/// More inclusions than this are not followed for one directory: each manifest may include all others.
const MAX_INCLUDES: usize = 65_536;

/// What one directory says.
pub(super) struct Directory {
    pub path: RepoPath,
    pub inventory: Arc<Inventory>,
    /// The nearest directory above that has manifests.
    pub above: Option<Arc<Directory>>,
    /// Positions in the inventory by distribution.
    by_name: BTreeMap<DistributionName, Vec<usize>>,
    /// The projects whose dependencies a lock in this directory locks.
    members: Members,
}

#[derive(Default)]
struct Members {
    /// Directories that a lock lists.
    listed: BTreeSet<RepoPath>,
    /// Globs, where there is a lock beside them.
    globs: Workspace,
}

/// A manifest on its way into the inventory.
struct Visit {
    reading: Reading,
    /// How it was reached: by its own name (`None`), or included for a purpose.
    routes: BTreeSet<Option<Scope>>,
}

struct Reader<'s> {
    snapshot: &'s dyn Snapshot,
    inventory: Inventory,
    visits: BTreeMap<RepoPath, Visit>,
    followed: usize,
    bytes: usize,
    entries: usize,
}

impl Directory {
    /// The entries for one distribution, in the order of their files and lines.
    pub(super) fn entries_for(&self, distribution: &DistributionName) -> Vec<&Dependency> {
        let positions = self.by_name.get(distribution).map_or(&[][..], |positions| positions);
        positions.iter().map(|&position| &self.inventory.dependencies[position]).collect()
    }

    /// All distributions that entries name, sorted.
    pub(super) fn distributions(&self) -> impl Iterator<Item = &DistributionName> {
        self.by_name.keys()
    }

    /// Whether a lock in this directory locks the project that stands in `project`.
    pub(super) fn locks_project(&self, project: &RepoPath) -> bool {
        let Members { listed, globs } = &self.members;
        listed.contains(project)
            || (globs.members.iter().any(|glob| matches(&self.path, glob, project))
                && !globs.exclude.iter().any(|glob| matches(&self.path, glob, project)))
    }
}

/// Whether the glob, relative to `base`, means `directory`. `*` stands for one component or a part of it, `**` for any
/// number of them.
fn matches(base: &RepoPath, glob: &str, directory: &RepoPath) -> bool {
    if !directory.is_inside(base) {
        return false;
    }
    let skip = if base.is_root() { 0 } else { base.as_bytes().len() + 1 };
    let Some(relative) = directory.as_bytes().get(skip..) else { return false };
    let glob: Vec<&[u8]> = glob.as_bytes().split_str("/").filter(|part| !part.is_empty() && *part != b".").collect();
    let parts: Vec<&[u8]> = relative.split_str("/").collect();
    wildcard(
        &glob,
        &parts,
        |part| *part == b"**",
        |part, component| wildcard(part, component, |b| *b == b'*', |a, b| a == b || *a == b'?'),
    )
}

/// Whether `pattern` matches all of `text`, where elements that are `many` stand for any number. Without backtracking
/// further than to the last of them.
fn wildcard<P, T>(pattern: &[P], text: &[T], many: impl Fn(&P) -> bool, one: impl Fn(&P, &T) -> bool) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        if p < pattern.len() && many(&pattern[p]) {
            retry = Some((p, t));
            p += 1;
        } else if p < pattern.len() && one(&pattern[p], &text[t]) {
            (p, t) = (p + 1, t + 1);
        } else if let Some((star, from)) = retry {
            (p, t) = (star + 1, from + 1);
            retry = Some((star, from + 1));
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(many)
}

/// Whether it is of a lock, and not of one that is for a script alone.
fn locks_projects(dependency: &Dependency) -> bool {
    dependency.evidence == Evidence::Locked && dependency.scopes != [Scope::Script]
}

/// Whether `second` is the same entry as `first`, read for another directory; then `first` takes its scopes too.
pub(super) fn absorb(second: &mut Dependency, first: &mut Dependency) -> bool {
    let mut scopes = std::mem::take(&mut first.scopes);
    let others = std::mem::take(&mut second.scopes);
    let is_same = first == second;
    if is_same {
        scopes.extend(others);
        scopes.sort();
        scopes.dedup();
    } else {
        second.scopes = others;
    }
    first.scopes = scopes;
    is_same
}

/// Reads the manifests of `tier` that speak for `directory`, and what those include; without any, gives what is `above`.
pub(super) fn read(
    snapshot: &dyn Snapshot,
    directory: &RepoPath,
    tier: Tier,
    above: Option<Arc<Directory>>,
) -> Option<Arc<Directory>> {
    let mut reader = Reader {
        snapshot,
        inventory: Inventory::default(),
        visits: BTreeMap::new(),
        followed: 0,
        bytes: 0,
        entries: 0,
    };
    let entries = reader.list(directory);
    let mut own = reader.manifests(directory, &entries, tier);
    let of_tier = |name: &str| FORMATS.iter().any(|format| format.name == name && format.tier == tier);
    for (format, below) in BORROWED.iter().filter(|(format, _)| of_tier(format)) {
        let first = below.split('/').next().unwrap_or(below).as_bytes();
        if entries.iter().any(|entry| entry.kind == EntryKind::Directory && entry.name == first) {
            let below = directory.join(below.as_bytes());
            let entries = reader.list(&below);
            let found = reader.manifests(&below, &entries, tier);
            own.extend(found.into_iter().filter(|(_, found)| found.name == *format));
        }
    }
    own.retain(|(file, format)| formats::home(&file.path, format) == *directory);
    let mut pending: Vec<(RepoPath, Option<Scope>)> = Vec::new();
    for (file, format) in own {
        reader.visit(&file, format);
        pending.push((file.path, None));
    }
    while let Some((path, route)) = pending.pop() {
        reader.follow(&path, route, &mut pending);
    }
    reader.finish(directory, above)
}

impl Reader<'_> {
    fn list(&mut self, directory: &RepoPath) -> Vec<Entry> {
        self.snapshot.list(directory).unwrap_or_else(|error| {
            self.inventory.unreadable.push(error);
            Vec::new()
        })
    }

    /// The manifests of `tier` among the entries of `directory`.
    fn manifests(&mut self, directory: &RepoPath, entries: &[Entry], tier: Tier) -> Vec<(File, &'static Format)> {
        let mut manifests = Vec::new();
        for entry in entries {
            let path = directory.join(&entry.name);
            match (entry.kind, formats::of(&path).filter(|format| format.tier == tier)) {
                (EntryKind::File, Some(format)) => manifests.push((File { path, id: entry.id.clone() }, format)),
                (EntryKind::Symlink, Some(_)) => {
                    let problem = "a symbolic link is not followed: what it leads to counts where that stands";
                    self.inventory.diagnostics.push(Diagnostic::new(path, 1, problem, Gravity::Odd));
                }
                _ => {}
            }
        }
        manifests
    }

    /// Reads `file`, once.
    fn visit(&mut self, file: &File, format: &Format) {
        if self.visits.contains_key(&file.path) {
            return;
        }
        if let Some(problem) = self.is_full() {
            self.inventory.diagnostics.push(Diagnostic::new(file.path.clone(), 1, problem, Gravity::Unread));
            return;
        }
        match self.snapshot.read(file) {
            Ok(bytes) => {
                let reading = formats::read(format, &file.path, &bytes);
                self.bytes += bytes.len();
                self.entries += reading.dependencies.len() + reading.includes.len();
                self.visits.insert(file.path.clone(), Visit { reading, routes: BTreeSet::new() });
            }
            Err(error) => self.inventory.unreadable.push(error),
        }
    }

    /// Why no more manifests are read, if so.
    fn is_full(&self) -> Option<String> {
        let limits = [
            (self.visits.len(), MAX_MANIFESTS, "manifests"),
            (self.bytes, MAX_BYTES, "bytes"),
            (self.entries, MAX_ENTRIES, "entries"),
        ];
        let reached = limits.iter().find(|(found, most, _)| found >= most);
        reached.map(|(_, most, what)| format!("not read: {most} {what} are read for one directory, and no more"))
    }

    /// Takes the inclusions of `path` for the purpose of `route`.
    fn follow(&mut self, path: &RepoPath, route: Option<Scope>, pending: &mut Vec<(RepoPath, Option<Scope>)>) {
        let Some(visit) = self.visits.get_mut(path) else { return };
        let is_first = visit.routes.is_empty();
        if !visit.routes.insert(route.clone()) {
            return;
        }
        let includes = visit.reading.includes.clone();
        let is_told = is_first && !visit.reading.is_elsewhere;
        let own_scope = requirements::scope_of(&path.file_name().to_str_lossy());
        for include in includes {
            if self.followed == MAX_INCLUDES {
                let problem = format!("more than {MAX_INCLUDES} inclusions; from here on they are not followed");
                return self.note(path, &include, problem);
            }
            self.followed += 1;
            // A constraint stays one whatever it includes, and so does what is needed to run.
            let purpose = include.scope.as_ref().or(route.as_ref()).unwrap_or(&own_scope).clone();
            match self.included(path, &include) {
                Ok(target) => pending.push((target, Some(purpose))),
                Err(problem) if is_told => self.note(path, &include, problem),
                Err(_) => {}
            }
        }
    }

    /// The manifest that `include` of `path` means, read.
    fn included(&mut self, path: &RepoPath, include: &Include) -> Result<RepoPath, String> {
        let written = shown(&include.target);
        if include.target.contains("://") {
            return Err(format!("`{written}` is not in the repository: what it names is not known"));
        }
        let directory = path.parent().unwrap_or_default();
        let Some(target) = directory.resolve(include.target.as_bytes()) else {
            return Err(format!("`{written}` lies outside the repository: what it names is not known"));
        };
        if !self.visits.contains_key(&target) {
            if let Some(problem) = self.is_full() {
                return Err(format!("`{written}` is {problem}"));
            }
            let file = self.snapshot.find(&target).map_err(|error| format!("`{written}` cannot be read: {error}"))?;
            let Some(file) = file else {
                return Err(format!("`{written}` is not in the repository: add it, or remove the line"));
            };
            self.visit(&file, formats::requirements());
        }
        if self.visits.contains_key(&target) { Ok(target) } else { Err(format!("`{written}` cannot be read")) }
    }

    fn note(&mut self, path: &RepoPath, include: &Include, problem: String) {
        let Some(visit) = self.visits.get_mut(path) else { return };
        // Without a constraint the versions are only wider; without a requirements file an entry may be missing.
        if include.scope == Some(Scope::Constraint) {
            visit.reading.odd(include.line, problem);
        } else {
            visit.reading.unread(include.line, problem);
        }
    }

    fn finish(self, directory: &RepoPath, above: Option<Arc<Directory>>) -> Option<Arc<Directory>> {
        let Self { mut inventory, visits, .. } = self;
        if visits.is_empty() && inventory == Inventory::default() {
            return above;
        }
        let mut members = Members::default();
        let mut has_lock = false;
        for (path, Visit { reading, routes }) in visits {
            let mut reading = reading.finish();
            if reading.format == requirements::FORMAT {
                let own_scope = requirements::scope_of(&path.file_name().to_str_lossy());
                let scopes: BTreeSet<&Scope> =
                    routes.iter().map(|route| route.as_ref().unwrap_or(&own_scope)).collect();
                let scopes: Vec<Scope> = scopes.into_iter().cloned().collect();
                reading.dependencies.iter_mut().for_each(|dependency| dependency.scopes.clone_from(&scopes));
            } else if reading.dependencies.iter().any(locks_projects) {
                has_lock = true;
                let paths = reading.dependencies.iter().filter_map(|dependency| match &dependency.source {
                    Source::Path { path, .. } => Some(path),
                    _ => None,
                });
                let paths = reading.workspace.members.iter().chain(paths);
                members.listed.extend(paths.filter_map(|path| directory.resolve(path.as_bytes())));
            } else if reading.format == pyproject::FORMAT {
                members.globs = reading.workspace;
            }
            inventory.manifests.push(path);
            inventory.dependencies.append(&mut reading.dependencies);
            inventory.diagnostics.append(&mut reading.diagnostics);
        }
        if !has_lock {
            members = Members::default();
        }
        joining::join(&mut inventory.dependencies);
        let mut by_name: BTreeMap<DistributionName, Vec<usize>> = BTreeMap::new();
        for (index, dependency) in inventory.dependencies.iter().enumerate() {
            by_name.entry(dependency.name.clone()).or_default().push(index);
        }
        Some(Arc::new(Directory { path: directory.clone(), inventory: Arc::new(inventory), above, by_name, members }))
    }
}
