//! What setuptools and distutils leave: `*.egg-info` directories and files, `*.egg` directories, `*.egg-link`.

use super::metadata::Metadata;
use super::requirers::Requirement;
use super::site::{Named, Said, Site, Word};
use crate::catalog::{Gravity, Source};
use crate::snapshot::{Entry, EntryKind, File, RepoPath};

/// The format of these entries.
const FORMAT: &str = "egg-info";

/// Reads the metadata at `path`, whose name is `stem` and `.egg-info` or `.egg`.
pub(super) fn read(site: &mut Site<'_>, path: &RepoPath, entry: Entry, stem: &str) {
    let is_egg = path.as_bytes().ends_with(b".egg");
    let named = Named::split(stem);
    match entry.kind {
        // distutils writes the headers alone.
        EntryKind::File if !is_egg => read_headers(site, &File { path: path.clone(), id: entry.id }, named),
        EntryKind::Directory => {
            let directory = if is_egg { path.join(b"EGG-INFO") } else { path.clone() };
            read_directory(site, &directory, named);
        }
        EntryKind::File | EntryKind::Symlink => {
            let problem = "a zip archive or a symbolic link is not opened; name and version are those of its name";
            site.note(path, 1, problem, Gravity::Odd);
            let word = |text: &str| Word { text: text.to_owned(), line: 1 };
            let (name, version) = (Some(word(named.name)), named.version.map(word));
            site.add(FORMAT, path, Said { name, version, ..Said::default() }, named);
        }
        EntryKind::Submodule => {}
    }
}

fn read_headers(site: &mut Site<'_>, file: &File, named: Named<'_>) {
    let mut said = Said::default();
    let metadata = site.text(file, &mut said.problems).map_or_else(Metadata::default, |text| Metadata::parse(&text));
    (said.name, said.version) = (metadata.name, metadata.version);
    site.add(FORMAT, &file.path, said, named);
}

fn read_directory(site: &mut Site<'_>, directory: &RepoPath, named: Named<'_>) {
    let entries = site.list(directory);
    let find = |name: &str| {
        let found = entries.iter().find(|entry| entry.kind == EntryKind::File && entry.name == name);
        found.map(|entry| File { path: directory.join(&entry.name), id: entry.id.clone() })
    };
    let before = site.installed.len();
    match find("PKG-INFO") {
        Some(file) => read_headers(site, &file, named),
        None => {
            let said = Said { problems: vec!["expected a file `PKG-INFO`, found none".to_owned()], ..Said::default() };
            site.add(FORMAT, &directory.join(b"PKG-INFO"), said, named);
        }
    }
    let requires = find("requires.txt").and_then(|file| site.text(&file, &mut Vec::new()));
    if let Some(installed) = site.installed.get_mut(before) {
        installed.requires = requires.map(|text| requirements(&text)).unwrap_or_default();
        installed.directory = Some(directory.clone());
    }
}

/// Requirements in sections: `[extra]`, `[:marker]`, `[extra:marker]`.
fn requirements(text: &str) -> Vec<Requirement> {
    let mut extra = None;
    let mut found = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[') {
            let name = section.split([':', ']']).next().unwrap_or("").trim();
            extra = Some(name).filter(|name| !name.is_empty());
        } else {
            found.extend(Requirement::parse(line, extra));
        }
    }
    found
}

/// Reads `path`, which leads to the sources of a distribution that was installed with `setup.py develop`.
pub(super) fn read_link(site: &mut Site<'_>, path: &RepoPath, entry: Entry, stem: &str) {
    let mut said = Said::default();
    let text = match entry.kind {
        EntryKind::File => site.text(&File { path: path.clone(), id: entry.id }, &mut said.problems),
        _ => None,
    };
    let target = text.unwrap_or_default().lines().next().unwrap_or_default().trim().to_owned();
    said.problems
        .push("installed from its sources, which lie outside of what is read: its version is not known".into());
    let word = |text: &str| Word { text: text.to_owned(), line: 1 };
    said.name = Some(word(stem));
    let named = Named { name: stem, version: None, is_elsewhere: true };
    if let Some(installed) = site.add(FORMAT, path, said, named) {
        installed.dependency.source = Source::Path { path: target, editable: true };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_extras_or_markers() {
        let text = "numpy>=1\n\n[:python_version < \"3.8\"]\ntyping\n[all]\nscipy\n\n[all:os_name == 'nt']\nwin\n[\n";
        let found = requirements(text);
        let expected: Vec<_> = [("numpy>=1", None), ("typing", None), ("scipy", Some("all")), ("win", Some("all"))]
            .into_iter()
            .map(|(text, extra)| Requirement::parse(text, extra).unwrap())
            .collect();
        assert_eq!(found, expected);
    }
}
