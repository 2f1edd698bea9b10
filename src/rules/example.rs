//! Examples as files to judge: the code, and a manifest that pins the versions it assumes.

use super::Example;
use crate::snapshot::{MemorySnapshot, RepoPath};
use std::fmt::Write as _;

impl Example {
    /// The path its code is judged under.
    pub fn path(&self) -> RepoPath {
        RepoPath::from(self.file.as_str())
    }

    /// A repository of the code and of a `requirements.txt` with the assumed versions.
    pub fn snapshot(&self) -> MemorySnapshot {
        let mut snapshot = MemorySnapshot::default();
        let mut pins = String::new();
        for (library, version) in &self.versions {
            writeln!(pins, "{library}=={version}").expect("a string takes any text");
        }
        snapshot.insert(RepoPath::from("requirements.txt"), pins);
        snapshot.insert(self.path(), self.code.as_str());
        snapshot
    }
}
