//! Which files import what matters: found by a sketch of their imports first, and then by their text.

use super::{Linking, OwnedImport, OwnedMembers};
use crate::scan::{Role, Sketch};
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
    pub fn is_named(name: &str, sketch: &Sketch) -> bool {
        [Role::Module, Role::Member, Role::Whole].iter().any(|&role| sketch.may_import(Sketch::key(role, name)))
    }

    /// Whether there is nothing to look for.
    pub fn is_exhausted(&self) -> bool {
        self.latest.is_empty()
    }

    /// The names of the last step, as what to look for next.
    pub fn step(&mut self) -> Wave {
        let mut wave = Wave { names: BTreeMap::new(), asked: BTreeMap::new() };
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
                let asked = wave.asked.entry(Sketch::key(Role::Module, &stem)).or_insert_with(|| Asked {
                    whole: [Sketch::key(Role::Whole, &stem), Sketch::key(Role::Member, &stem)],
                    ..Asked::default()
                });
                asked.members.insert(Sketch::key(Role::Member, &name));
                asked.names.insert(name.clone());
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
    /// What to look for in sketches, by the key of the module that something is imported from.
    asked: BTreeMap<u32, Asked>,
}

/// The names of modules with the same last part.
#[derive(Default, Debug)]
struct Asked {
    /// The keys of the module as it is imported whole.
    whole: [u32; 2],
    /// The keys of the names as members.
    members: BTreeSet<u32>,
    names: BTreeSet<String>,
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
    pub fn may_concern(&self, sketch: &Sketch) -> bool {
        let takes_all = sketch.may_import(Sketch::key(Role::Member, "*"));
        self.asked.iter().any(|(&module, asked)| {
            sketch.may_import(module) && (takes_all || asked.members.iter().any(|&key| sketch.may_import(key)))
                || asked.whole.iter().any(|&key| sketch.may_import(key))
                    && asked.names.iter().any(|name| sketch.may_use(name))
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
