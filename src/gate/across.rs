//! Judges files together: what one imports from another is what the other makes it.
//!
//! All files are looked at first, and those are judged whose words speak of rules, each after those it imports. Names that
//! matter are then followed to the files that import them, which are judged again, until nothing new comes out. What only one file asks for, such as a constant, is looked up where it is written.

use super::counter::Counter;
use super::side::{Judged, Looked, Side};
use crate::linking::{Known, Linking, OwnedImport, Reach};
use crate::parallel::in_parallel;
use crate::scan::{Role, Sketch};
use crate::snapshot::{File, RepoPath};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// No file is judged more often: files that import one another could go on.
const MAX_TIMES: usize = 8;
/// Files that did not change are looked into this many imports away from one that did.
const MAX_LEVELS: usize = 3;
/// So many bytes are kept to be judged; what is more is read again.
const MAX_KEPT: usize = 32 << 20;

/// Files of one side, judged together.
pub(super) struct Across<'s, 'a> {
    side: &'s Side<'a>,
    linking: Linking<'s>,
    reach: Reach,
    /// The files, with what is said of them.
    files: Vec<File>,
    looked: Vec<Looked>,
    kept: usize,
    /// The place of each file in `files`.
    index: BTreeMap<RepoPath, usize>,
    /// Places of files that have to be judged.
    due: BTreeSet<usize>,
    /// Files that were read for what others import from them, and no more.
    followed: BTreeSet<RepoPath>,
}

/// What of a module its importers name; `None`: anything.
type Demand = Option<BTreeSet<String>>;

/// Judges `files`, which are all there is. Counts in `counter` how far it has come.
pub(super) fn judge_all(side: &Side<'_>, files: Vec<File>, counter: &Counter) -> Vec<Judged> {
    let mut across = Across::new(side);
    let looked = in_parallel(&files, |file| {
        let mut looked = side.look_at(file, &across.linking);
        looked.source = looked.source.filter(|_| looked.is_due);
        counter.advance();
        looked
    });
    files.into_iter().zip(looked).for_each(|(file, looked)| across.add(file, looked));
    across.settle();
    across.looked.into_iter().map(|looked| looked.judged).collect()
}

/// Judges `files` of a larger snapshot, and gives how many others were read for it.
pub(super) fn judge_some(side: &Side<'_>, files: Vec<File>) -> (Vec<Judged>, usize) {
    let count = files.len();
    let mut across = Across::new(side);
    let looked = in_parallel(&files, |file| {
        let looked = side.look_at(file, &across.linking);
        let imports = looked.source.as_ref().map(|source| OwnedImport::all(source)).unwrap_or_default();
        (looked, imports)
    });
    let mut pending = Vec::new();
    for (file, (looked, imports)) in files.into_iter().zip(looked) {
        pending.push((file.path.clone(), imports));
        across.add(file, looked);
    }
    across.follow_imports(pending);
    across.settle();
    across.looked.truncate(count);
    (across.looked.into_iter().map(|looked| looked.judged).collect(), across.followed.len())
}

impl<'s, 'a> Across<'s, 'a> {
    fn new(side: &'s Side<'a>) -> Self {
        Self {
            side,
            linking: Linking::new(side.snapshot),
            reach: Reach::default(),
            files: Vec::new(),
            looked: Vec::new(),
            kept: 0,
            index: BTreeMap::new(),
            due: BTreeSet::new(),
            followed: BTreeSet::new(),
        }
    }

    /// Adds a file that was looked at.
    fn add(&mut self, file: File, mut looked: Looked) {
        let place = self.files.len();
        looked.source = looked.source.filter(|source| looked.is_due && self.kept + source.len() <= MAX_KEPT);
        self.kept += looked.source.as_ref().map_or(0, |source| source.len());
        if looked.is_due {
            self.due.insert(place);
        }
        self.index.insert(file.path.clone(), place);
        self.files.push(file);
        self.looked.push(looked);
    }

    /// Judges what is due, and what turns out to have to do with it, until nothing new comes out.
    fn settle(&mut self) {
        let all_imported: HashSet<u32> = self.looked.iter().flat_map(|looked| looked.sketch.imports()).collect();
        let mut times: BTreeMap<usize, usize> = BTreeMap::new();
        while !self.due.is_empty() {
            // What nobody imports is judged once, when nothing new comes out of the others.
            let (mut due, last): (BTreeSet<usize>, BTreeSet<usize>) = std::mem::take(&mut self.due)
                .into_iter()
                .partition(|&i| is_imported(&self.files[i].path, &all_imported));
            if due.is_empty() {
                due = last;
            } else {
                self.due = last;
            }
            due.iter().for_each(|&i| *times.entry(i).or_default() += 1);
            self.judge_in_order(due);
            self.look_up();
            self.spread();
            self.due.retain(|i| times.get(i).is_none_or(|&times| times < MAX_TIMES));
        }
    }

    /// Judges the files at these places, each after those of them that it imports; where these import one another, the one
    /// that waits for fewest comes first.
    fn judge_in_order(&mut self, due: BTreeSet<usize>) {
        let places: Vec<usize> = due.iter().copied().collect();
        let imports = in_parallel(&places, |&i| self.imports_among(i, &due));
        let mut waits: BTreeMap<usize, usize> = BTreeMap::new();
        let mut waiting: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (&i, imports) in places.iter().zip(imports) {
            waits.insert(i, imports.len());
            imports.into_iter().for_each(|imported| waiting.entry(imported).or_default().push(i));
        }
        while !waits.is_empty() {
            let mut now: Vec<usize> = waits.iter().filter(|(_, count)| **count == 0).map(|(&i, _)| i).collect();
            if now.is_empty() {
                now.extend(waits.iter().min_by_key(|(_, count)| **count).map(|(&i, _)| i));
            }
            let judged = in_parallel(&now, |&i| self.judge(i));
            for (i, judged) in now.into_iter().zip(judged) {
                waits.remove(&i);
                for importer in waiting.remove(&i).unwrap_or_default() {
                    waits.entry(importer).and_modify(|count| *count -= 1);
                }
                self.looked[i].judged = judged;
                self.learn(i);
            }
        }
    }

    /// Which of the files at the places `due` the one at `i` imports.
    fn imports_among(&self, i: usize, due: &BTreeSet<usize>) -> BTreeSet<usize> {
        let importer = &self.files[i].path;
        let read = || self.side.read(&self.files[i]).unwrap_or_default();
        let imports = match &self.looked[i].source {
            Some(source) => OwnedImport::all(source),
            None => OwnedImport::all(&read()),
        };
        let files = imports.iter().flat_map(|import| self.linking.files_of(importer, import));
        let places = files.filter_map(|(path, _)| self.index.get(&path).copied());
        places.filter(|place| *place != i && due.contains(place)).collect()
    }

    fn judge(&self, i: usize) -> Judged {
        let file = &self.files[i];
        match &self.looked[i].source {
            Some(source) => self.side.judge(file, source, &self.linking),
            None => match self.side.read(file) {
                Ok(source) => self.side.judge(file, &source, &self.linking),
                Err(error) => Judged { unreadable: Some(error.into()), ..Judged::default() },
            },
        }
    }

    /// Notes what the file at this place means to others.
    fn learn(&mut self, i: usize) {
        if let Some(known) = self.looked[i].judged.known.take() {
            let path = &self.files[i].path;
            for name in self.linking.learn(path, known) {
                self.reach.add(path, name);
            }
        }
    }

    /// Follows the names that matter to the files that use them, which are due then.
    fn spread(&mut self) {
        while !self.reach.is_exhausted() {
            let wave = self.reach.step();
            let may: Vec<usize> = (0..self.files.len()).filter(|&i| wave.may_concern(&self.looked[i].sketch)).collect();
            let concerns = in_parallel(&may, |&i| {
                let file = &self.files[i];
                let source = self.side.read(file).unwrap_or_default();
                wave.concern(&self.linking, &file.path, &source)
            });
            for (i, concern) in may.into_iter().zip(concerns) {
                if self.reach.note(&self.files[i].path, concern, &mut self.linking) {
                    self.due.insert(i);
                }
            }
        }
    }

    /// Looks into the files that others want to know a name of; those that may know more now are due.
    fn look_up(&mut self) {
        let waiting: Vec<usize> = (0..self.files.len()).filter(|&i| !self.looked[i].judged.wanted.is_empty()).collect();
        let mut wanted: BTreeSet<_> = BTreeSet::new();
        for &i in &waiting {
            wanted.extend(std::mem::take(&mut self.looked[i].judged.wanted));
        }
        self.due.extend(waiting);
        let mut tried: BTreeSet<RepoPath> = BTreeSet::new();
        loop {
            let unread: BTreeSet<RepoPath> =
                wanted.iter().flat_map(|(module, name)| self.linking.unread(*module, name)).collect();
            let unread: Vec<RepoPath> = unread.difference(&tried).cloned().collect();
            if unread.is_empty() {
                return;
            }
            let judged = in_parallel(&unread, |path| self.look_into(path));
            for (path, known) in unread.into_iter().zip(judged) {
                for name in self.linking.learn(&path, known.unwrap_or_else(Known::nothing)) {
                    self.reach.add(&path, name);
                }
                if !self.index.contains_key(&path) {
                    self.followed.insert(path.clone());
                }
                tried.insert(path);
            }
        }
    }

    /// What the file at `path` means to others.
    fn look_into(&self, path: &RepoPath) -> Option<Known> {
        let file = self.side.snapshot.find(path).ok().flatten()?;
        let source = self.side.read(&file).ok()?;
        self.side.judge(&file, &source, &self.linking).known
    }

    /// Adds the files that those in `pending` import, and those that these import where a name that is asked for comes from.
    fn follow_imports(&mut self, mut pending: Vec<(RepoPath, Vec<OwnedImport>)>) {
        for _ in 0..MAX_LEVELS {
            let mut next: BTreeMap<RepoPath, Demand> = BTreeMap::new();
            for (importer, imports) in std::mem::take(&mut pending) {
                for import in imports {
                    for (path, _) in self.linking.files_of(&importer, &import) {
                        if self.index.contains_key(&path) {
                            continue;
                        }
                        let demand = next.entry(path).or_insert_with(|| Some(BTreeSet::new()));
                        match (demand.as_mut(), import.names()) {
                            (Some(all), Some(names)) => all.extend(names),
                            _ => *demand = None,
                        }
                    }
                }
            }
            let next: Vec<(RepoPath, Demand)> = next.into_iter().collect();
            let visited = in_parallel(&next, |(path, demand)| self.visit(path, demand));
            for (file, looked, imports) in visited.into_iter().flatten() {
                self.followed.insert(file.path.clone());
                pending.push((file.path.clone(), imports));
                self.add(file, looked);
            }
        }
    }

    /// A file that did not change, and the imports by which what is demanded of it may come from others.
    fn visit(&self, path: &RepoPath, demand: &Demand) -> Option<(File, Looked, Vec<OwnedImport>)> {
        let file = self.side.snapshot.find(path).ok().flatten()?;
        let looked = self.side.look_at(&file, &self.linking);
        let source = looked.source.as_ref()?;
        let mut imports = OwnedImport::all(source);
        if let (false, Some(names)) = (looked.is_due, demand)
            && !names.iter().any(|name| defines(source, name))
        {
            imports.retain(|import| import.binds(names));
        }
        Some((file, looked, imports))
    }
}

/// Whether the file at `path` may be what one of the imports with these keys speaks of.
fn is_imported(path: &RepoPath, imports: &HashSet<u32>) -> bool {
    let file_name = path.file_name();
    let Some(stem) = file_name.strip_suffix(b".py") else { return false };
    let stem = String::from_utf8_lossy(stem);
    stem == "__init__"
        || [Role::Module, Role::Member, Role::Whole].iter().any(|&role| imports.contains(&Sketch::key(role, &stem)))
}

/// Whether `source` may define a function or class called `name`.
fn defines(source: &[u8], name: &str) -> bool {
    ["def ", "class "]
        .iter()
        .any(|keyword| memchr::memmem::find(source, format!("{keyword}{name}").as_bytes()).is_some())
}
