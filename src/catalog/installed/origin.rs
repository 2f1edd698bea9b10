//! Where an installed distribution comes from: `direct_url.json` (PEP 610), and the `.pth` files of editable ones.

use super::site::{Named, Site};
use crate::catalog::reading::masked;
use crate::catalog::{DistributionName, Source};
use crate::snapshot::{EntryKind, File, RepoPath};
use serde::Deserialize;

#[derive(Deserialize)]
struct DirectUrl {
    url: String,
    dir_info: Option<DirInfo>,
    vcs_info: Option<VcsInfo>,
}

#[derive(Deserialize)]
struct DirInfo {
    #[serde(default)]
    editable: bool,
}

#[derive(Deserialize)]
struct VcsInfo {
    vcs: String,
    commit_id: String,
}

/// What `direct_url.json` says; the error says why it says nothing.
pub(super) fn source(text: &str) -> Result<Source, String> {
    let DirectUrl { url, dir_info, vcs_info } = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let url = masked(&url);
    Ok(match (vcs_info, dir_info) {
        (Some(VcsInfo { vcs, commit_id }), _) => Source::Vcs(format!("{vcs}+{url}@{commit_id}")),
        (None, Some(DirInfo { editable })) => Source::Path { path: url, editable },
        (None, None) if url.starts_with("file:") => Source::Path { path: url, editable: false },
        (None, None) => Source::Url(url),
    })
}

/// Takes distributions for editable that `__editable__.*.pth` in `directory` says are, where nothing else says so.
pub(super) fn mark_editable(site: &mut Site<'_>, directory: &RepoPath) {
    for entry in site.list(directory) {
        let name = entry.name.to_string();
        let stem = name.strip_prefix("__editable__.").and_then(|name| name.strip_suffix(".pth"));
        let (Some(stem), EntryKind::File) = (stem, entry.kind) else { continue };
        let name = DistributionName::new(Named::split(stem).name);
        let file = File { path: directory.join(&entry.name), id: entry.id };
        // The finder of a package in several places is code, which is not run.
        let path = site.text(&file, &mut Vec::new()).map(|text| text.lines().next().unwrap_or_default().to_owned());
        let path = path.filter(|path| !path.starts_with("import ")).unwrap_or_default();
        if let Some(found) = site.find(&name)
            && found.dependency.source == Source::Registry
        {
            found.dependency.source = Source::Path { path, editable: true };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_direct_reference_is_told() {
        let path = |path: &str, editable| Ok(Source::Path { path: path.into(), editable });
        assert_eq!(source(r#"{"url": "file:///a", "dir_info": {}}"#), path("file:///a", false));
        assert_eq!(source(r#"{"url": "file:///a", "dir_info": {"editable": true}}"#), path("file:///a", true));
        assert_eq!(source(r#"{"url": "file:///a.whl", "archive_info": {}}"#), path("file:///a.whl", false));
        assert_eq!(
            source(r#"{"url": "https://u:p@example.org/a.whl", "archive_info": {"hash": "sha256=0"}}"#),
            Ok(Source::Url("https://****@example.org/a.whl".into()))
        );
        assert_eq!(
            source(r#"{"url": "https://example.org/a.git", "vcs_info": {"vcs": "git", "commit_id": "00ff"}}"#),
            Ok(Source::Vcs("git+https://example.org/a.git@00ff".into()))
        );
        for bad in ["", "[]", "{}", r#"{"url": 1}"#, r#"{"url": "a", "vcs_info": 1}"#] {
            assert!(source(bad).is_err(), "{bad}");
        }
    }
}
