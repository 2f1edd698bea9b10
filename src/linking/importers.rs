//! Which files import what matters: found by a sketch of their imports first, and then by their text.

use super::{Linking, OwnedImport, OwnedMembers};
use crate::snapshot::RepoPath;
use std::collections::{BTreeMap, BTreeSet};

/// Names of files that other files may import under, and that matter.
#[derive(Default, Debug)]
pub struct Reach {
    /// (file, name), all found so far.
    found: BTreeSet<(RepoPath, String)>,
    /// Those of the last step.
    latest: BTreeSet<(RepoPath, String)>,
}

/// Hashes of what the imports of a text may speak of, sorted.
pub fn sketch(source: &[u8]) -> Box<[u32]> {
    let mut hashes = Vec::new();
    for import in crate::scan::imports(source) {
        let module = import.module.rsplit('.').next().unwrap_or_default();
        match import.members {
            crate::scan::Members::Named(names) => {
                hashes.push(hash(MODULE, module));
                hashes.extend(names.iter().map(|(name, _)| hash(MEMBER, name)));
            }
            crate::scan::Members::All => hashes.extend([hash(MODULE, module), hash(MEMBER, "*")]),
            crate::scan::Members::Module => hashes.push(hash(WHOLE, module)),
        }
    }
    hashes.sort_unstable();
    hashes.dedup();
    hashes.into()
}

/// What a name in an import is: the module something is imported from, what is imported, or a module that is imported.
const MODULE: u8 = b'm';
const MEMBER: u8 = b'n';
const WHOLE: u8 = b'w';

/// FNV-1a: short names, and nobody gains by a collision: the file is then looked at once more.
fn hash(kind: u8, name: &str) -> u32 {
    std::iter::once(kind)
        .chain(name.bytes())
        .fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
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
        [MODULE, MEMBER, WHOLE].iter().any(|&kind| sketch.binary_search(&hash(kind, name)).is_ok())
    }

    /// Whether there is nothing to look for.
    pub fn is_exhausted(&self) -> bool {
        self.latest.is_empty()
    }

    /// The names of the last step, as what to look for next.
    pub fn step(&mut self) -> Wave {
        let mut wave = Wave { names: BTreeMap::new(), sketches: BTreeMap::new() };
        for (path, name) in std::mem::take(&mut self.latest) {
            let file_name = path.file_name();
            let stem = file_name.strip_suffix(b".py").unwrap_or(file_name);
            let directory = path.parent().unwrap_or_default();
            // `from . import name` names no module.
            let stems = match String::from_utf8_lossy(stem) {
                stem if stem == "__init__" => vec!["".into(), directory.file_name().to_string()],
                stem => vec![stem.into_owned()],
            };
            for stem in stems {
                let whole = [hash(WHOLE, &stem), hash(MEMBER, &stem)];
                let sketch = wave.sketches.entry(hash(MODULE, &stem)).or_insert((whole, BTreeSet::new()));
                sketch.1.insert(hash(MEMBER, &name));
            }
            wave.names.entry(path).or_default().insert(name);
        }
        wave
    }
}

/// Names to find the importers of.
#[derive(Debug)]
pub struct Wave {
    names: BTreeMap<RepoPath, BTreeSet<String>>,
    /// By the module: how it is imported whole, and the members.
    sketches: BTreeMap<u32, ([u32; 2], BTreeSet<u32>)>,
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
        let has = |hash: &u32| sketch.binary_search(hash).is_ok();
        self.sketches.iter().any(|(module, (whole, members))| {
            whole.iter().any(has)
                || has(module) && (has(&hash(MEMBER, "*")) || sketch.iter().any(|hash| members.contains(hash)))
        })
    }

    /// What the file at `importer` has to do with the names.
    pub fn concern(&self, linking: &Linking<'_>, importer: &RepoPath, source: &[u8]) -> Concern {
        let mut concern = Concern { imports: OwnedImport::all(source), ..Concern::default() };
        for import in &concern.imports {
            for (file, is_module) in linking.files_of(importer, import) {
                let Some(wanted) = self.names.get(&file) else { continue };
                match &import.members {
                    OwnedMembers::Named(names) if is_module => {
                        for (_, alias) in names.iter().filter(|(name, _)| wanted.contains(name)) {
                            concern.uses |= count_word(source, alias) > 1;
                            concern.passes_on.push(alias.clone());
                        }
                    }
                    OwnedMembers::All => {
                        concern.uses |= wanted.iter().any(|name| count_word(source, name) > 0);
                        concern.passes_on.extend(wanted.iter().cloned());
                    }
                    // The module itself, or a module among the members.
                    _ => concern.uses |= wanted.iter().any(|name| count_word(source, &format!(".{name}")) > 0),
                }
            }
        }
        concern
    }
}

/// How often `word` stands alone in `text`; more than twice is not counted.
fn count_word(text: &[u8], word: &str) -> usize {
    let starts_alone = word.starts_with('.');
    let is_name = |byte: Option<&u8>| byte.is_some_and(|&byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let is_alone = |&at: &usize| {
        (starts_alone || !is_name(at.checked_sub(1).and_then(|before| text.get(before))))
            && !is_name(text.get(at + word.len()))
    };
    memchr::memmem::find_iter(text, word.as_bytes()).filter(is_alone).take(2).count()
}
