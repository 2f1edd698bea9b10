//! Which files that are not Python a rule looks into.

use super::{RuleSet, Target};
use crate::snapshot::RepoPath;

impl RuleSet {
    /// Whether some rule has a text match for the file at `path`.
    pub fn reads_as_text(&self, path: &RepoPath) -> bool {
        let targets = self.rules.iter().flat_map(|rule| &rule.matches).map(|candidate| &candidate.target);
        targets.into_iter().any(|target| matches!(target, Target::Text { files, .. } if any_glob_matches(files, path)))
    }
}

/// Whether one of `globs` matches `path`: the whole path if the glob has a `/`, otherwise the file name.
///
/// `?` is one byte and `*` any number of bytes, neither a `/`; `**` crosses directories, and `**/` may be empty.
pub fn any_glob_matches(globs: &[String], path: &RepoPath) -> bool {
    globs.iter().any(|glob| {
        let text = if glob.contains('/') { path.as_bytes() } else { path.file_name() };
        glob_matches(glob.as_bytes(), text)
    })
}

/// A row of the classic table per byte of `glob`: time and memory are bounded by the product and the length of `text`.
fn glob_matches(glob: &[u8], text: &[u8]) -> bool {
    // reached[i]: the glob read so far matches text[..i].
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    let mut rest = glob;
    while let [first, ..] = rest {
        let old = reached.clone();
        match rest {
            [b'*', b'*', b'/', ..] => {
                let mut seen = false;
                for i in 0..=text.len() {
                    reached[i] = old[i] || (seen && text[i - 1] == b'/');
                    seen |= old[i];
                }
                rest = &rest[3..];
                continue;
            }
            [b'*', ..] => {
                let crosses = rest.starts_with(b"**");
                for i in 1..=text.len() {
                    reached[i] |= reached[i - 1] && (crosses || text[i - 1] != b'/');
                }
                rest = &rest[if crosses { 2 } else { 1 }..];
                continue;
            }
            _ => {}
        }
        reached[0] = false;
        for i in 1..=text.len() {
            let fits = if *first == b'?' { text[i - 1] != b'/' } else { text[i - 1] == *first };
            reached[i] = old[i - 1] && fits;
        }
        rest = &rest[1..];
    }
    reached[text.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_names_or_whole_paths() {
        let yes = [
            ("*.cfg", "a/b/x.cfg"),
            ("celery?.ini", "celery1.ini"),
            ("conf/*.ini", "conf/x.ini"),
            ("conf/**/x.ini", "conf/x.ini"),
            ("conf/**/x.ini", "conf/a/b/x.ini"),
            ("**/x.ini", "x.ini"),
            ("a/**", "a/b/c"),
        ];
        for (glob, path) in yes {
            assert!(any_glob_matches(&[glob.to_owned()], &RepoPath::from(path)), "{glob} {path}");
        }
        let no = [
            ("*.cfg", "a.cfg/b"),
            ("conf/*.ini", "conf/a/x.ini"),
            ("conf/**/x.ini", "conf/ax.ini"),
            ("**/x.ini", "ax.ini"),
            ("x.ini", "x.ini2"),
            ("?", "ab"),
        ];
        for (glob, path) in no {
            assert!(!any_glob_matches(&[glob.to_owned()], &RepoPath::from(path)), "{glob} {path}");
        }
    }
}
