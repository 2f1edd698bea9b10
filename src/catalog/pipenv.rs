//! What `Pipfile` and `Pipfile.lock` share: categories, marker keys, and where a package is taken from.

use super::reading::masked;
use super::{DistributionName, Scope, Source, requirement};

/// Keys of a package that are markers by themselves (`sys_platform = "== 'win32'"`), as PEP 508 names them.
const MARKERS: [&str; 11] = [
    "implementation_name",
    "implementation_version",
    "os_name",
    "platform_machine",
    "platform_python_implementation",
    "platform_release",
    "platform_system",
    "platform_version",
    "python_full_version",
    "python_version",
    "sys_platform",
];

/// What the packages of a category are for.
pub(super) fn scope(category: &str) -> Scope {
    match category {
        "packages" | "default" => Scope::Runtime,
        "dev-packages" | "develop" => Scope::Dev,
        other => Scope::Group(DistributionName::new(other).to_string()),
    }
}

/// The marker of a package whose strings `string` gives: `markers` and the keys that are markers must all hold.
pub(super) fn marker<'a>(string: impl Fn(&str) -> Option<&'a str>) -> Option<String> {
    let written = string("markers").filter(|marker| !marker.is_empty()).map(str::to_owned);
    let keys = MARKERS.iter().filter_map(|key| Some(format!("{key} {}", string(key)?)));
    let all: Vec<String> = written.into_iter().chain(keys).collect();
    if all.len() < 2 {
        return all.into_iter().next();
    }
    let grouped = |marker: String| if marker.contains(" or ") { format!("({marker})") } else { marker };
    Some(all.into_iter().map(grouped).collect::<Vec<_>>().join(" and "))
}

/// Where a package whose strings `string` gives is taken from.
pub(super) fn source<'a>(string: impl Fn(&str) -> Option<&'a str>, editable: bool) -> Source {
    if let Some(url) = ["git", "hg", "svn", "bzr"].iter().find_map(|key| string(key)) {
        return Source::Vcs(masked(url));
    }
    let reference = ["path", "file", "url"].iter().find_map(|key| string(key));
    reference.map_or(Source::Registry, |reference| requirement::source_of(reference, editable))
}

/// The name of a package that is written under `key`. Pipenv once wrote seven digits of a hash for what has no name yet:
/// then the name is that of the archive, if any.
pub(super) fn name(key: &str, source: &Source) -> Option<String> {
    let is_hash = key.len() == 7 && key.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    match source {
        Source::Path { path: reference, .. } | Source::Url(reference) | Source::Vcs(reference) if is_hash => {
            requirement::archive(reference).map(|(name, _)| name)
        }
        _ => Some(key.to_owned()),
    }
}
