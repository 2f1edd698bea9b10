//! The names that can be imported from an environment, by what its distributions say they installed.

use super::ImportNames;
use super::metadata::headers;
use crate::catalog::formats::MAX_BYTES;
use crate::catalog::{DistributionName, text};
use crate::snapshot::{EntryKind, File, RepoPath, Snapshot};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// More files than this are not looked at of one distribution.
const MAX_FILES: usize = 200_000;

/// Deeper files are not looked at: what can be imported lies higher.
const MAX_DEPTH: usize = 32;

/// Reads the metadata directories; what cannot be read installs nothing that is known.
pub(super) fn read(snapshot: &dyn Snapshot, metadata: &[(RepoPath, DistributionName)]) -> ImportNames {
    let mut names = ImportNames::new();
    for (directory, distribution) in metadata {
        for name in names_in(snapshot, directory) {
            names.entry(name).or_default().insert(distribution.clone());
        }
    }
    names
}

/// The files say most exactly what is there; old eggs list theirs elsewhere.
fn names_in(snapshot: &dyn Snapshot, directory: &RepoPath) -> BTreeSet<String> {
    let entries = snapshot.list(directory).unwrap_or_default();
    let read = |name: &str| {
        let entry = entries.iter().find(|entry| entry.kind == EntryKind::File && entry.name == name)?;
        let bytes = snapshot.read(&File { path: directory.join(&entry.name), id: entry.id.clone() }).ok()?;
        let bytes = &bytes[..bytes.len().min(MAX_BYTES)];
        text::decode(bytes).ok().map(Cow::into_owned)
    };
    let mut names = BTreeSet::new();
    if let Some(record) = read("RECORD") {
        let files: Vec<Cow<'_, str>> = record.lines().take(MAX_FILES).map(first_field).collect();
        names = modules(files.iter().map(|file| &**file));
    } else if let Some(files) = read("installed-files.txt") {
        names = modules(files.lines().take(MAX_FILES).filter_map(|line| line.trim().strip_prefix("../")));
    }
    if let Some(top_level) = read("top_level.txt") {
        let is_new = |name: &&str| is_module(name) && !names.iter().any(|known| known.starts_with(&format!("{name}.")));
        let listed: Vec<String> = top_level.lines().map(str::trim).filter(is_new).map(str::to_owned).collect();
        names.extend(listed);
    }
    if let Some(metadata) = read("METADATA") {
        // Metadata 2.5 (PEP 794): `Import-Name: a.b ; private`.
        let listed = headers(&metadata).filter(|(key, ..)| key.eq_ignore_ascii_case("Import-Name"));
        let public = listed.filter(|(_, value, _)| !value.ends_with("private"));
        names.extend(public.map(|(_, value, _)| value.trim().to_owned()).filter(|name| !name.is_empty()));
    }
    names
}

/// The first field of a line of CSV.
fn first_field(line: &str) -> Cow<'_, str> {
    match line.strip_prefix('"') {
        None => Cow::Borrowed(line.split(',').next().unwrap_or_default()),
        Some(quoted) => {
            let mut field = String::new();
            for part in quoted.split("\"\"") {
                match part.split_once('"') {
                    Some((end, _)) => return Cow::Owned(field + end),
                    None => field = field + part + "\"",
                }
            }
            field.pop();
            Cow::Owned(field)
        }
    }
}

/// The names under which `files`, relative to site-packages, are imported: those of the topmost packages. A directory
/// without `__init__.py` is a namespace, which other distributions may share.
fn modules<'f>(files: impl Iterator<Item = &'f str> + Clone) -> BTreeSet<String> {
    let package = |file: &'f str| {
        let (directory, name) = file.rsplit_once('/')?;
        name.starts_with("__init__.").then_some(directory)
    };
    let packages: BTreeSet<&str> = files.clone().filter_map(package).collect();
    let module = |file: &'f str| {
        let (path, suffix) = file.rsplit_once('.')?;
        if !matches!(suffix, "py" | "so" | "pyd") || path.matches('/').count() > MAX_DEPTH {
            return None;
        }
        let directories = path.match_indices('/').map(|(end, _)| &path[..end]);
        let topmost = directories.into_iter().find(|directory| packages.contains(directory)).unwrap_or_else(|| {
            // `_cffi.cpython-311-x86_64-linux-gnu.so`
            let name = path.rfind('/').map_or(0, |slash| slash + 1);
            path[name..].find('.').map_or(path, |dot| &path[..name + dot])
        });
        topmost.split('/').all(is_module).then(|| topmost.replace('/', "."))
    };
    files.filter_map(module).collect()
}

/// Whether it can be imported by a statement.
fn is_module(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_') && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_tell_what_can_be_imported() {
        let module = |lines: &str| {
            let files: Vec<_> = lines.lines().map(first_field).collect();
            modules(files.iter().map(|file| &**file)).into_iter().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(module("torch/__init__.py,sha256=x,1\ntorch/nn/__init__.py,,\ntorch/nn/a.py,,"), "torch");
        assert_eq!(module("six.py,sha256=x,1"), "six");
        assert_eq!(module("_cffi.cpython-311-x86_64-linux-gnu.so,,"), "_cffi");
        assert_eq!(
            module("google/cloud/storage/__init__.py,,\ngoogle/cloud/x.py,,"),
            "google.cloud.storage google.cloud.x"
        );
        assert_eq!(module("\"a,b\"\"c.py\",,"), "");
        assert_eq!(first_field("\"a,b\"\"c.py\",x"), "a,b\"c.py");
        assert_eq!(first_field("\"open"), "open");
        for none in
            ["../../../bin/x.py,,", "a-1.dist-info/x.py,,", "a.pth,,", "a/data.txt,,", "", ",", "\"", "/etc/x.py"]
        {
            assert_eq!(module(none), "", "{none}");
        }
    }
}
