//! Judges files together: what one imports from another is what the other makes it.
//!
//! Each file is judged alone first. Names that matter are then followed to the files that import them, which are judged
//! again, until nothing new comes out. What only one file asks for, such as a constant, is looked up where it is written.

use super::counter::Counter;
use super::side::{Judged, Side};
use crate::linking::{Known, Linking, OwnedImport, Reach};
use crate::parallel::in_parallel;
use crate::snapshot::{File, RepoPath};
use std::collections::{BTreeMap, BTreeSet};

/// Chains of files that wait for each other are followed this far.
const MAX_ROUNDS: usize = 12;
/// Files that did not change are looked into this many imports away from one that did.
const MAX_LEVELS: usize = 3;

/// Files of one side, judged together.
pub(super) struct Across<'s, 'a> {
    side: &'s Side<'a>,
    linking: Linking<'s>,
    reach: Reach,
    /// The files, with what is said of them.
    files: Vec<File>,
    judged: Vec<Judged>,
    /// The place of each file in `files`.
    index: BTreeMap<RepoPath, usize>,
    /// Files that were read for what others import from them, and no more.
    followed: BTreeSet<RepoPath>,
}

/// What of a module its importers name; `None`: anything.
type Demand = Option<BTreeSet<String>>;

/// Judges `files`, which are all there is. Counts in `counter` how far it has come.
pub(super) fn judge_all(side: &Side<'_>, files: Vec<File>, counter: &Counter) -> Vec<Judged> {
    let mut across = Across::new(side, files, counter);
    across.settle();
    across.judged
}

/// Judges `files` of a larger snapshot, and gives how many others were read for it.
pub(super) fn judge_some(side: &Side<'_>, files: Vec<File>) -> (Vec<Judged>, usize) {
    let count = files.len();
    let mut across = Across::new(side, files, &Counter::default());
    across.follow_imports();
    across.settle();
    across.judged.truncate(count);
    (across.judged, across.followed.len())
}

impl<'s, 'a> Across<'s, 'a> {
    /// Each file judged alone.
    fn new(side: &'s Side<'a>, files: Vec<File>, counter: &Counter) -> Self {
        let linking = Linking::new(side.snapshot);
        let judged = in_parallel(&files, |file| {
            let judged = side.judge(file, &linking, false);
            counter.advance();
            judged
        });
        let index = files.iter().enumerate().map(|(i, file)| (file.path.clone(), i)).collect();
        let mut across =
            Self { side, linking, reach: Reach::default(), files, judged, index, followed: BTreeSet::new() };
        for i in 0..across.files.len() {
            across.learn(i);
        }
        across
    }

    /// Notes what the file of this index means to others.
    fn learn(&mut self, i: usize) {
        if let Some(known) = self.judged[i].known.take() {
            let path = &self.files[i].path;
            for name in self.linking.learn(path, known) {
                self.reach.add(path, name);
            }
        }
    }

    /// Judges again what others have to do with, until nothing new comes out.
    fn settle(&mut self) {
        for _ in 0..MAX_ROUNDS {
            let mut again = self.look_up();
            while !self.reach.is_exhausted() {
                let wave = self.reach.step();
                let may: Vec<usize> =
                    (0..self.files.len()).filter(|&i| wave.may_concern(&self.judged[i].sketch)).collect();
                let concerns = in_parallel(&may, |&i| {
                    let file = &self.files[i];
                    let source = self.side.snapshot.read(file).unwrap_or_default();
                    wave.concern(&self.linking, &file.path, &source)
                });
                for (i, concern) in may.into_iter().zip(concerns) {
                    if self.reach.note(&self.files[i].path, concern, &mut self.linking) {
                        again.insert(i);
                    }
                }
            }
            if again.is_empty() {
                return;
            }
            let again: Vec<usize> = again.into_iter().collect();
            let judged = in_parallel(&again, |&i| self.side.judge(&self.files[i], &self.linking, true));
            for (i, judged) in again.into_iter().zip(judged) {
                let sketch = std::mem::take(&mut self.judged[i].sketch);
                self.judged[i] = Judged { sketch, ..judged };
                self.learn(i);
            }
        }
    }

    /// Looks into the files that others want to know a name of; gives those that may know more now.
    fn look_up(&mut self) -> BTreeSet<usize> {
        let waiting: Vec<usize> = (0..self.files.len()).filter(|&i| !self.judged[i].wanted.is_empty()).collect();
        let mut wanted: BTreeSet<_> = BTreeSet::new();
        for &i in &waiting {
            wanted.extend(std::mem::take(&mut self.judged[i].wanted));
        }
        let mut tried: BTreeSet<RepoPath> = BTreeSet::new();
        loop {
            let unread: BTreeSet<RepoPath> =
                wanted.iter().flat_map(|(module, name)| self.linking.unread(*module, name)).collect();
            let unread: Vec<RepoPath> = unread.difference(&tried).cloned().collect();
            if unread.is_empty() {
                return waiting.into_iter().collect();
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
        self.side.judge(&file, &self.linking, true).known
    }

    /// Adds the files that those at hand import, and those that these import where a name that is asked for comes from.
    fn follow_imports(&mut self) {
        let read = |file: &File| self.side.snapshot.read(file).unwrap_or_default();
        let sources = in_parallel(&self.files, |file| OwnedImport::all(&read(file)));
        let mut pending: Vec<(RepoPath, Vec<OwnedImport>)> =
            self.files.iter().map(|file| file.path.clone()).zip(sources).collect();
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
            let read = in_parallel(&next, |(path, demand)| self.visit(path, demand));
            for (path, file) in next.into_iter().map(|(path, _)| path).zip(read) {
                let Some((file, judged, imports)) = file else { continue };
                self.index.insert(path.clone(), self.files.len());
                self.followed.insert(path.clone());
                self.files.push(file);
                self.judged.push(judged);
                self.learn(self.files.len() - 1);
                pending.push((path, imports));
            }
        }
    }

    /// A file that did not change, and the imports by which what is demanded of it may come from others.
    fn visit(&self, path: &RepoPath, demand: &Demand) -> Option<(File, Judged, Vec<OwnedImport>)> {
        let file = self.side.snapshot.find(path).ok().flatten()?;
        let source = self.side.snapshot.read(&file).ok()?;
        let judged = self.side.judge_source(&file, &source, &self.linking, false);
        let mut imports = OwnedImport::all(&source);
        if let (None, Some(names)) = (&judged.known, demand)
            && !names.iter().any(|name| defines(&source, name))
        {
            imports.retain(|import| import.binds(names));
        }
        Some((file, judged, imports))
    }
}

/// Whether `source` may define a function or class called `name`.
fn defines(source: &[u8], name: &str) -> bool {
    ["def ", "class "]
        .iter()
        .any(|keyword| memchr::memmem::find(source, format!("{keyword}{name}").as_bytes()).is_some())
}
