//! Which files import what matters: found by a sketch of their imports first, and then by their text.

use super::{Linking, OwnedImport, OwnedMembers};
use crate::snapshot::RepoPath;
use std::collections::BTreeSet;

/// Names of files that other files may import under, and that matter.
#[derive(Default, Debug)]
pub struct Reach {
    /// (file, name), all found so far.
    found: BTreeSet<(RepoPath, String)>,
    /// Those of the last step.
    latest: BTreeSet<(RepoPath, String)>,
}

/// Hashes of what may name a module or a member in the imports of a text, sorted.
pub fn sketch(source: &[u8]) -> Box<[u32]> {
    let mut hashes = Vec::new();
    for import in crate::scan::imports(source) {
        hashes.push(hash(import.module.rsplit('.').next().unwrap_or_default()));
        match import.members {
            crate::scan::Members::Named(names) => hashes.extend(names.iter().map(|(name, _)| hash(name))),
            crate::scan::Members::All => hashes.push(hash("*")),
            crate::scan::Members::Module => {}
        }
    }
    hashes.sort_unstable();
    hashes.dedup();
    hashes.into()
}

/// FNV-1a: short names, and nobody gains by a collision: the file is then looked at once more.
fn hash(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

impl Reach {
    /// Adds a name of the file at `path`, whose meaning is new.
    pub fn add(&mut self, path: &RepoPath, name: String) {
        self.found.insert((path.clone(), name.clone()));
        self.latest.insert((path.clone(), name));
    }

    /// Adds a name under which the file at `path` passes on what it imports.
    fn pass_on(&mut self, path: &RepoPath, name: String) {
        if self.found.insert((path.clone(), name.clone())) {
            self.latest.insert((path.clone(), name));
        }
    }

    /// Notes what the file at `path` passes on, and says whether it uses what it imports.
    pub fn note(&mut self, path: &RepoPath, concern: Concern, linking: &mut Linking<'_>) -> bool {
        if !concern.passes_on.is_empty() {
            linking.learn_imports(path, concern.imports);
        }
        concern.passes_on.into_iter().for_each(|name| self.pass_on(path, name));
        concern.uses
    }

    /// Whether a file with this sketch of its imports may import something called `name`.
    pub fn is_named(name: &str, sketch: &[u32]) -> bool {
        sketch.binary_search(&hash(name)).is_ok()
    }

    /// Whether there is nothing to look for.
    pub fn is_exhausted(&self) -> bool {
        self.latest.is_empty()
    }

    /// The names of the last step, as what to look for next.
    pub fn step(&mut self) -> Wave {
        let names = std::mem::take(&mut self.latest);
        let mut stems = BTreeSet::new();
        for (path, _) in &names {
            let name = path.file_name();
            let stem = name.strip_suffix(b".py").unwrap_or(name);
            if stem == b"__init__" {
                stems.insert(hash(""));
                let directory = path.parent().unwrap_or_default();
                stems.insert(hash(&String::from_utf8_lossy(directory.file_name())));
            } else {
                stems.insert(hash(&String::from_utf8_lossy(stem)));
            }
        }
        Wave { names, stems }
    }
}

/// Names to find the importers of.
#[derive(Debug)]
pub struct Wave {
    names: BTreeSet<(RepoPath, String)>,
    stems: BTreeSet<u32>,
}

/// What a file has to do with a [`Wave`].
#[derive(Default, Debug, PartialEq, Eq)]
pub struct Concern {
    /// It uses what it imports.
    uses: bool,
    /// Names under which it passes on what it imports.
    passes_on: Vec<String>,
    /// Its imports.
    imports: Vec<OwnedImport>,
}

impl Wave {
    /// Whether a file with this sketch of its imports may import one of the names.
    pub fn may_concern(&self, sketch: &[u32]) -> bool {
        self.stems.iter().any(|stem| sketch.binary_search(stem).is_ok())
    }

    /// What the file at `importer` has to do with the names.
    pub fn concern(&self, linking: &Linking<'_>, importer: &RepoPath, source: &[u8]) -> Concern {
        let mut concern = Concern { imports: OwnedImport::all(source), ..Concern::default() };
        for import in &concern.imports {
            let files = linking.files_of(importer, import);
            let concerned = self.names.iter().filter(|(path, _)| files.contains(path));
            for (_, name) in concerned {
                let word = has_word(source, name.as_bytes());
                match &import.members {
                    OwnedMembers::All => {
                        concern.uses |= word > 0;
                        concern.passes_on.push(name.clone());
                    }
                    OwnedMembers::Module => concern.uses |= word > 0,
                    OwnedMembers::Named(names) => {
                        for (_, alias) in names.iter().filter(|(source, _)| source == name) {
                            concern.uses |= has_word(source, alias.as_bytes()) > 1;
                            concern.passes_on.push(alias.clone());
                        }
                        // A module among the names, which has the name.
                        concern.uses |= word > 0 && names.iter().all(|(source, _)| source != name);
                    }
                }
            }
        }
        concern
    }
}

/// How often `word` stands alone in `text`; more than twice is not counted.
fn has_word(text: &[u8], word: &[u8]) -> usize {
    let is_name = |byte: Option<&u8>| byte.is_some_and(|&byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let is_alone = |&at: &usize| {
        !is_name(at.checked_sub(1).and_then(|before| text.get(before))) && !is_name(text.get(at + word.len()))
    };
    memchr::memmem::find_iter(text, word).filter(is_alone).take(2).count()
}
