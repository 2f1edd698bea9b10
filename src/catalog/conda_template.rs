//! What stands in a YAML file without filling in its Jinja template.

use super::conda_spec::MatchSpec;
use super::reading::Reading;
use std::borrow::Cow;

/// `text` without the lines that a template fills in, on the same lines; of an item, the name that stands before the
/// first braces is kept. What was left out of lists, or depends on a condition, is noted once.
pub(super) fn literal<'t>(reading: &mut Reading, text: &'t str) -> Cow<'t, str> {
    if !["{{", "{%", "{#"].iter().any(|braces| text.contains(braces)) {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    let mut first = None;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let Some(at) = line.find("{{").or_else(|| line.find("{%")).or_else(|| line.find("{#")) else {
            kept.push_str(line);
            continue;
        };
        let before = line[..at].trim_start();
        let indent = &line[..at - before.len()];
        let item = before.strip_prefix("- ").map(|item| item.trim_start_matches(['"', '\'', ' ']));
        if let Some(name) = item.and_then(|item| leading_name(item.trim_end_matches('$'))) {
            kept.extend([indent, "- ", name]);
        } else if let Some((key, "")) = item.and_then(|item| item.trim_end().split_once(':')) {
            // A mapping in a list starts here; without its first line it would end the list.
            kept.extend([indent, "- ", key, ":"]);
        }
        let statement = line[at..].trim_start_matches(['{', '%', '-', ' ']);
        let is_condition = line[at..].starts_with("{%") && !statement.starts_with("set ");
        let is_entry = item.is_some_and(|item| !item.trim_end().ends_with(':'));
        if (is_entry || is_condition) && first.is_none() {
            first = u32::try_from(number + 1).ok();
        }
        kept.push_str(if line.ends_with('\n') { "\n" } else { "" });
    }
    if let Some(line) = first {
        reading.computed(line, "found a template: what it fills in is not known");
    }
    Cow::Owned(kept)
}

/// The name of a package that `item` starts with, as far as it is whole.
pub(super) fn leading_name(item: &str) -> Option<&str> {
    let spec = MatchSpec::split(item).ok()?;
    // In `py{{ version }}` the name is not whole.
    (spec.name.len() < item.len()).then_some(spec.name)
}

/// The selector in the comment of a line: `[win]` of `- pywin32  # [win]`.
pub(super) fn selector(line: &str) -> Option<&str> {
    let (_, comment) = line.split_once('#')?;
    let comment = comment.trim();
    let end = comment.find(']').filter(|_| comment.starts_with('['))?;
    Some(&comment[..=end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::RepoPath;

    fn kept(text: &str) -> (String, Vec<u32>) {
        let mut reading = Reading::new(&RepoPath::from("meta.yaml"), "meta.yaml");
        let kept = literal(&mut reading, text).into_owned();
        (kept, reading.diagnostics.iter().map(|d| d.line).collect())
    }

    #[test]
    fn names_before_braces_stay_on_their_lines() {
        let text = "{% set v = '1' %}\nname: {{ n }}\nrun:\n  - a >={{ v }}\n  - {{ compiler('c') }}\n  - 'b =={{ v }}'\n  - py{{ v }}\n  - c\n";
        let expected = "\n\nrun:\n  - a\n\n  - b\n\n  - c\n";
        assert_eq!(kept(text), (expected.into(), vec![4]));
        assert_eq!(kept("{% if x %}\n- a\n{% endif %}"), ("\n- a\n".into(), vec![1]));
        assert_eq!(kept("{% set v = 1 %}\n- a\n"), ("\n- a\n".into(), vec![]));
        let outputs = "outputs:\n  - name: {{ n }}\n    requirements: [a]\n";
        assert_eq!(kept(outputs).0, "outputs:\n  - name:\n    requirements: [a]\n");
        assert_eq!(kept("- a\n").1, [0; 0]);
    }

    #[test]
    fn selectors_stand_in_comments() {
        assert_eq!(selector("  - pywin32  # [win and py>=39] why"), Some("[win and py>=39]"));
        assert_eq!(selector("  - pywin32  # why [win]"), None);
        assert_eq!(selector("  - a[b]"), None);
    }
}
