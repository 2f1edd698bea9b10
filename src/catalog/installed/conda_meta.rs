//! `conda-meta/*.json`: what conda says of the packages it installed, Python's among them.

use super::site::{Named, Said, Site, Word};
use crate::catalog::{DistributionName, Gravity};
use crate::snapshot::{EntryKind, File, RepoPath};
use serde::Deserialize;

/// The format of these entries.
const FORMAT: &str = "conda-meta";

#[derive(Deserialize)]
struct Record {
    name: String,
    version: String,
    #[serde(default)]
    requested_spec: Option<String>,
    #[serde(default)]
    files: Vec<String>,
}

/// Reads the records in `directory`. A record adds an entry only where site-packages has no metadata of the distribution;
/// to the entry that is there it adds whether a user asked for it. What installs no Python is no entry.
pub(super) fn read(site: &mut Site<'_>, directory: &RepoPath) {
    for entry in site.list(directory) {
        if entry.kind != EntryKind::File || !entry.name.ends_with(b".json") {
            continue;
        }
        let file = File { path: directory.join(&entry.name), id: entry.id };
        let mut problems = Vec::new();
        let text = site.text(&file, &mut problems);
        let record = match text.as_deref().map(serde_json::from_str::<Record>) {
            Some(Ok(record)) => record,
            Some(Err(error)) => {
                let line = u32::try_from(error.line()).unwrap_or(u32::MAX).max(1);
                site.note(&file.path, line, format!("expected a record of conda: {error}"), Gravity::Unread);
                continue;
            }
            None => {
                let problem = problems.pop().unwrap_or_default();
                site.note(&file.path, 1, problem, Gravity::Unread);
                continue;
            }
        };
        read_record(site, &file.path, &record, text.as_deref().unwrap_or_default());
    }
}

fn read_record(site: &mut Site<'_>, path: &RepoPath, record: &Record, text: &str) {
    let direct = Some(record.requested_spec.as_deref().is_some_and(|spec| !matches!(spec, "" | "None")));
    let mut names: Vec<(DistributionName, &str, Option<&str>)> = record
        .files
        .iter()
        .filter_map(|file| metadata_of(file))
        .map(Named::split)
        .map(|named| (DistributionName::new(named.name), named.name, named.version))
        .collect();
    names.sort();
    names.dedup_by(|a, b| a.0 == b.0);
    if names.is_empty() {
        if !record.files.iter().any(|file| file.contains("site-packages/") && file.ends_with(".py")) {
            return;
        }
        names.push((DistributionName::new(&record.name), &record.name, Some(&record.version)));
    }
    for (name, raw_name, version) in names {
        if let Some(found) = site.find(&name) {
            found.dependency.direct = found.dependency.direct.or(direct);
            continue;
        }
        let said = Said {
            name: Some(Word { text: raw_name.to_owned(), line: line_of(text, "\"name\"") }),
            version: Some(Word {
                text: version.unwrap_or(&record.version).to_owned(),
                line: line_of(text, "\"version\""),
            }),
            problems: Vec::new(),
        };
        let named = Named { name: raw_name, version: None, is_elsewhere: true };
        if let Some(installed) = site.add(FORMAT, path, said, named) {
            installed.dependency.direct = direct;
        }
    }
}

/// `torch-2.3.1` of a file in `site-packages/torch-2.3.1.dist-info`.
fn metadata_of(file: &str) -> Option<&str> {
    let (_, below) = file.split_once("site-packages/")?;
    let (directory, _) = below.split_once('/').unwrap_or((below, ""));
    directory.strip_suffix(".dist-info").or_else(|| directory.strip_suffix(".egg-info"))
}

/// The 1-based line of the first `key`.
fn line_of(text: &str, key: &str) -> u32 {
    let at = text.find(key).unwrap_or(0);
    u32::try_from(memchr::memchr_iter(b'\n', &text.as_bytes()[..at]).count()).unwrap_or(u32::MAX - 1) + 1
}
