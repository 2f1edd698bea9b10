//! `*.dist-info` directories (PEP 376, PEP 610): what installers of wheels leave.

use super::metadata::Metadata;
use super::origin;
use super::requirers::Requirement;
use super::site::{Named, Said, Site};
use crate::catalog::Gravity;
use crate::snapshot::{Entry, EntryKind, File, RepoPath};

/// The format of these entries.
const FORMAT: &str = "dist-info";

/// Reads the directory at `path`, whose name is `stem` and `.dist-info`.
pub(super) fn read(site: &mut Site<'_>, path: &RepoPath, entry: Entry, stem: &str) {
    if entry.kind != EntryKind::Directory {
        let problem = "expected a directory of metadata, found something else, which is not followed";
        site.note(path, 1, problem, Gravity::Odd);
        if entry.kind == EntryKind::Symlink {
            site.add(FORMAT, path, Said::default(), Named::split(stem));
        }
        return;
    }
    let entries = site.list(path);
    let find = |name: &str| {
        let found = entries.iter().find(|entry| entry.kind == EntryKind::File && entry.name == name);
        found.map(|entry| File { path: path.join(&entry.name), id: entry.id.clone() })
    };
    let mut said = Said::default();
    let described = path.join(b"METADATA");
    let text = match find("METADATA") {
        Some(file) => site.text(&file, &mut said.problems),
        None => {
            said.problems.push("expected a file `METADATA`, found none".to_owned());
            None
        }
    };
    let metadata = text.map_or_else(Metadata::default, |text| Metadata::parse(&text));
    (said.name, said.version) = (metadata.name, metadata.version);
    let small = |name| find(name).and_then(|file| site.text(&file, &mut Vec::new()));
    let (installer, direct_url) = (small("INSTALLER"), small("direct_url.json"));
    let requested = find("REQUESTED").is_some();
    let is_direct = find("direct_url.json").is_some();
    let Some(installed) = site.add(FORMAT, &described, said, Named::split(stem)) else { return };
    installed.requires = metadata.requires.iter().filter_map(|text| Requirement::parse(text, None)).collect();
    installed.directory = Some(path.clone());
    installed.installer = installer.unwrap_or_default().trim().to_owned();
    installed.requested = requested;
    if is_direct {
        match direct_url.ok_or_else(|| "it cannot be read".to_owned()).and_then(|text| origin::source(&text)) {
            Ok(source) => installed.dependency.source = source,
            Err(problem) => {
                let problem = format!("expected where the distribution comes from: {problem}");
                site.note(&path.join(b"direct_url.json"), 1, problem, Gravity::Odd);
            }
        }
    }
}
