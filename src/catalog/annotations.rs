//! Who needs an entry of a compiled requirements file: the `# via` comments of pip-compile and `uv pip compile`.
//!
//! They stand behind an entry, or below it on a line or on one for each that needs it. `-r file` and `name (file)` are the
//! project itself, and so is a name that the file has no entry for.

use super::logical_lines::{physical_lines, word_that_starts_with};
use super::reading::Reading;
use super::{DistributionName, requirement};
use memchr::memmem;
use std::collections::{BTreeMap, BTreeSet};

/// Fills in, from the comments in `text`, the parents of the entries of `reading` and whether the project names them.
pub(super) fn read(reading: &mut Reading, text: &str) {
    if memmem::find(text.as_bytes(), b"# via").is_none() {
        return;
    }
    let by_line: BTreeMap<u32, usize> = (0..).zip(&reading.dependencies).map(|(at, entry)| (entry.line, at)).collect();
    let mut needed_by: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    let (mut current, mut in_list, mut continues) = (None, false, false);
    for (line, physical) in physical_lines(text) {
        let text = physical.trim();
        let is_comment = text.starts_with('#');
        if !is_comment {
            current = by_line.get(&line).copied().or(current.filter(|_| continues));
            continues = text.ends_with('\\');
        }
        let comment = word_that_starts_with('#', physical).map(|at| &physical[at + 1..]);
        let (Some(current), Some(comment)) = (current, comment) else {
            in_list = false;
            continue;
        };
        let via = comment.trim().strip_prefix("via").filter(|names| !names.starts_with(|c: char| !c.is_whitespace()));
        match via.map(str::trim) {
            Some(names) => {
                in_list = names.is_empty();
                needed_by.entry(current).or_default().extend(names.split(','));
            }
            // Deeper than a comment that is one by itself.
            None if in_list && is_comment && comment.starts_with("  ") => {
                needed_by.entry(current).or_default().push(comment);
            }
            None => in_list = false,
        }
    }
    let listed: BTreeSet<DistributionName> = reading.dependencies.iter().map(|entry| entry.name.clone()).collect();
    for (position, needs) in needed_by {
        let mut parents = BTreeSet::new();
        let mut is_direct = false;
        for need in needs.into_iter().map(str::trim) {
            let name = need.split('[').next().unwrap_or(need);
            if need.starts_with("-r") || need.ends_with(')') {
                is_direct = true;
            } else if requirement::is_name(name) {
                let name = DistributionName::new(name);
                // Also where a package needs itself, by way of an extra.
                let is_listed = listed.contains(&name);
                is_direct |= !is_listed;
                parents.extend(Some(name).filter(|name| is_listed && *name != reading.dependencies[position].name));
            }
        }
        let entry = &mut reading.dependencies[position];
        if is_direct || !parents.is_empty() {
            entry.direct = Some(is_direct);
        }
        entry.parents = parents.into_iter().collect();
    }
}

#[cfg(test)]
mod tests {
    use super::super::requirements;
    use super::*;
    use crate::snapshot::RepoPath;

    /// `name direct parents` of each entry.
    fn read_all(text: &str) -> Vec<String> {
        let mut reading = Reading::new(&RepoPath::from("requirements.txt"), requirements::FORMAT);
        requirements::read(&mut reading, text);
        let parents =
            |names: &[DistributionName]| names.iter().map(|n| n.as_str().to_owned()).collect::<Vec<_>>().join(",");
        let shown = |d: &super::super::Dependency| format!("{} {:?} {}", d.name, d.direct, parents(&d.parents));
        reading.dependencies.iter().map(shown).collect()
    }

    #[test]
    fn all_styles_of_annotations() {
        let text = "a==1  # via -r requirements.in, b\n\
                    b==1 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n    # via\n    #   -c limits.txt\n    #   A[x]\n    #   c\n    # a word\n    #   d\n\
                    c==1\n    # via sample (pyproject.toml)\n\
                    d==1\n    # via a\n    #   b\n\n    # via c\n\
                    e==1\n# via\nf==1 # viaduct\n-i https://example.org # via a\ng==1\n    # via sample\n";
        assert_eq!(
            read_all(text),
            [
                "a Some(true) b",
                "b Some(false) a,c",
                "c Some(true) ",
                "d Some(false) a",
                "e None ",
                "f None ",
                "g Some(true) "
            ]
        );
    }

    #[test]
    fn a_file_without_annotations_says_nothing() {
        assert_eq!(read_all("a==1\n    # from b\nb==1\n"), ["a None ", "b None "]);
    }
}
