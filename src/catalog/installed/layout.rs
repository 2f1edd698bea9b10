//! Where in an environment the metadata of its distributions lies.

use crate::catalog::formats;
use crate::snapshot::{Entry, EntryKind, File, RepoPath, Snapshot};

/// The places of one environment.
pub(super) struct Layout {
    /// Directories with `*.dist-info` in them.
    pub site_packages: Vec<RepoPath>,
    /// The records of conda.
    pub conda_meta: Option<RepoPath>,
    /// `pyvenv.cfg`.
    pub config: Option<File>,
}

impl Layout {
    /// The layout of the environment in the root of `snapshot`; `None` where there is none.
    pub(super) fn of(snapshot: &dyn Snapshot) -> Option<Self> {
        let root = RepoPath::root();
        // What cannot be listed has nothing to read; the root is listed again, and then it counts.
        let list = |directory: &RepoPath| snapshot.list(directory).unwrap_or_default();
        let entries = list(&root);
        let mut layout = Self { site_packages: Vec::new(), conda_meta: None, config: None };
        if entries.iter().any(is_metadata) {
            layout.site_packages.push(root.clone());
        }
        let prefixes = [root.clone()].into_iter().chain(directories(&root, &entries, |name| name == b"local"));
        for prefix in prefixes {
            for library in directories(&prefix, &list(&prefix), |name| {
                matches!(name.to_ascii_lowercase().as_slice(), b"lib" | b"lib64")
            }) {
                let below = list(&library);
                let pythons = directories(&library, &below, |name| {
                    [&b"python"[..], b"pypy"].iter().any(|start| name.starts_with(start))
                });
                layout.site_packages.extend(directories(&library, &below, is_site_packages));
                for python in pythons {
                    layout.site_packages.extend(directories(&python, &list(&python), is_site_packages));
                }
            }
        }
        for entry in entries {
            let path = root.join(&entry.name);
            match (entry.kind, entry.name.as_slice()) {
                (EntryKind::Directory, b"conda-meta") => layout.conda_meta = Some(path),
                (EntryKind::File, b"pyvenv.cfg") => layout.config = Some(File { path, id: entry.id }),
                _ => {}
            }
        }
        (!layout.site_packages.is_empty() || layout.conda_meta.is_some()).then_some(layout)
    }
}

/// Whether a directory with these entries is an environment and no project.
pub(super) fn is_environment(entries: &[Entry]) -> bool {
    let is_marked = |entry: &Entry| match entry.kind {
        EntryKind::File => entry.name == "pyvenv.cfg",
        EntryKind::Directory => entry.name == "conda-meta" || entry.name.ends_with(b".dist-info"),
        EntryKind::Symlink | EntryKind::Submodule => false,
    };
    let is_manifest = |entry: &Entry| formats::of(&RepoPath::new(entry.name.as_slice())).is_some();
    entries.iter().any(is_marked) && !entries.iter().any(|entry| entry.kind == EntryKind::File && is_manifest(entry))
}

/// Whether `pyvenv.cfg` says that the packages of the system can be imported as well.
pub(super) fn sees_system_packages(config: &str) -> bool {
    config
        .lines()
        .filter_map(|line| line.split_once('='))
        .any(|(key, value)| key.trim() == "include-system-site-packages" && value.trim().eq_ignore_ascii_case("true"))
}

fn is_metadata(entry: &Entry) -> bool {
    [&b".dist-info"[..], b".egg-info", b".egg-link"].iter().any(|end| entry.name.ends_with(end))
}

fn is_site_packages(name: &[u8]) -> bool {
    // Debian has its own name for what its packages install.
    name == b"site-packages" || name == b"dist-packages"
}

fn directories(directory: &RepoPath, entries: &[Entry], wanted: impl Fn(&[u8]) -> bool) -> Vec<RepoPath> {
    let found = entries.iter().filter(|entry| entry.kind == EntryKind::Directory && wanted(&entry.name));
    found.map(|entry| directory.join(&entry.name)).collect()
}
