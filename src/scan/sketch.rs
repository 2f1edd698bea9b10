//! What a source may take from other files, in few bytes: found while it is looked at first, and kept of every file.

use super::imports::{Import, Members, imports};

/// What the imports of a source may speak of, and which attributes it may use. Where it errs, it says too much.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sketch {
    /// Keys of what is imported, sorted.
    imports: Box<[u32]>,
    attributes: Attributes,
}

/// What a name in an import is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// The module that something is imported from.
    Module = b'm' as isize,
    /// What is imported from a module, or `*`.
    Member = b'n' as isize,
    /// A module that is imported.
    Whole = b'w' as isize,
}

/// The [`outline`]s of the words that follow a dot, one bit each.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Attributes(Option<Box<[u64; OUTLINES / 64]>>);

impl Sketch {
    /// The sketch of a source of which nothing is known yet.
    pub fn of(text: &[u8]) -> Self {
        let mut attributes = Attributes::default();
        for dot in memchr::memchr_iter(b'.', text) {
            attributes.add(outline(name_after_dot(&text[dot + 1..])));
        }
        Self::new(&imports(text), attributes)
    }

    pub(super) fn new(imports: &[Import<'_>], attributes: Attributes) -> Self {
        let mut keys = Vec::with_capacity(3 * imports.len());
        for import in imports {
            let module = import.module.rsplit('.').next().unwrap_or_default();
            match &import.members {
                Members::Named(names) => {
                    keys.push(Self::key(Role::Module, module));
                    keys.extend(names.iter().map(|(name, _)| Self::key(Role::Member, name)));
                }
                Members::All => keys.extend([Self::key(Role::Module, module), Self::key(Role::Member, "*")]),
                Members::Module => keys.push(Self::key(Role::Whole, module)),
            }
        }
        keys.sort_unstable();
        keys.dedup();
        Self { imports: keys.into(), attributes }
    }

    /// By what a name in an import is looked for; of a module, the last part of its path.
    ///
    /// FNV-1a: the names are short, and nobody gains by a collision: the file is then looked at once more.
    pub fn key(role: Role, name: &str) -> u32 {
        std::iter::once(role as u8)
            .chain(name.bytes())
            .fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
    }

    /// The keys of all imports.
    pub fn imports(&self) -> impl Iterator<Item = u32> {
        self.imports.iter().copied()
    }

    /// Whether there may be an import with this key.
    pub fn may_import(&self, key: u32) -> bool {
        self.imports.binary_search(&key).is_ok()
    }

    /// Whether there may be an attribute called `name`.
    pub fn may_use(&self, name: &str) -> bool {
        self.attributes.has(outline(name.as_bytes()))
    }
}

impl Attributes {
    pub fn add(&mut self, outline: usize) {
        let bits = self.0.get_or_insert_with(|| Box::new([0; OUTLINES / 64]));
        bits[outline / 64] |= 1 << (outline % 64);
    }

    fn has(&self, outline: usize) -> bool {
        self.0.as_ref().is_some_and(|bits| bits[outline / 64] & 1 << (outline % 64) != 0)
    }
}

pub(super) const OUTLINES: usize = 4096;

/// A number that few words share, from the length of the word and the bytes at its ends.
pub(super) fn outline(word: &[u8]) -> usize {
    let (first, last) = (word.first().copied().unwrap_or(0), word.last().copied().unwrap_or(0));
    (usize::from(first) ^ usize::from(last) << 4 ^ word.len() << 7) % OUTLINES
}

/// The name that `text`, which follows a dot, begins with, after what may stand between them; empty if there is none.
pub(super) fn name_after_dot(text: &[u8]) -> &[u8] {
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b'\\' | b'\x0c' => at += 1,
            b'#' => at += memchr::memchr(b'\n', &text[at..]).unwrap_or(text.len() - at),
            _ => break,
        }
    }
    next_word(&text[at..])
}

/// The word that `text` begins with; empty if it begins with none.
pub(super) fn next_word(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|&byte| !is_word(byte)).unwrap_or(text.len());
    &text[..end]
}

pub(super) fn is_word(byte: u8) -> bool {
    const WORD: [bool; 256] = {
        let mut table = [false; 256];
        let mut byte = 0;
        while byte < 256 {
            table[byte] = (byte as u8).is_ascii_alphanumeric() || byte == b'_' as usize || byte >= 128;
            byte += 1;
        }
        table
    };
    WORD[byte as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_and_attributes_are_known_again() {
        let sketch = Sketch::of(b"from a.b import c as d\nimport e.f as g\nfrom h import *\ng.load(x . \\\n save)\n");
        for (role, name) in
            [(Role::Module, "b"), (Role::Member, "c"), (Role::Whole, "f"), (Role::Module, "h"), (Role::Member, "*")]
        {
            assert!(sketch.may_import(Sketch::key(role, name)), "{name}");
        }
        for (role, name) in [(Role::Module, "a"), (Role::Member, "d"), (Role::Whole, "g"), (Role::Whole, "b")] {
            assert!(!sketch.may_import(Sketch::key(role, name)), "{name}");
        }
        assert!(sketch.may_use("load") && sketch.may_use("save") && !sketch.may_use("dump"));
        assert!(!Sketch::default().may_use("load"));
    }

    #[test]
    fn dots_that_nothing_follows_take_linear_time() {
        for text in [".", ". ", ".#\n", ".\\\n", ".a"] {
            Sketch::of(text.repeat(200_000).as_bytes());
        }
    }
}
