//! What Python does with strings and paths. Works on texts alone.

use super::value::{HOLE, Text};

/// Longer texts are not known.
const MAX_LENGTH: usize = 64 * 1024;

/// Of more combinations than this, none is known.
const MAX_PRODUCT: usize = 16;

/// A text of which nothing is known.
pub(super) fn hole() -> Text {
    Text { text: HOLE.to_string().into(), line: 0, last_line: 0 }
}

/// Each of `a` with each of `b`, at the place of the first that has one.
pub(super) fn product(a: &[Text], b: &[Text], combine: impl Fn(&str, &str) -> String) -> Vec<Text> {
    if a.len() * b.len() > MAX_PRODUCT {
        return vec![Text { line: a[0].line, last_line: a[0].last_line, ..hole() }];
    }
    let mut found = Vec::new();
    for first in a {
        for second in b {
            let combined = if first.text.len() + second.text.len() > MAX_LENGTH {
                HOLE.to_string()
            } else {
                combine(&first.text, &second.text)
            };
            let (line, last_line) = if first.line > 0 {
                (first.line, first.last_line.max(second.last_line))
            } else {
                (second.line, second.last_line)
            };
            found.push(Text { text: combined.into(), line, last_line });
        }
    }
    found
}

/// `os.path.join`.
pub(super) fn join_path(a: &str, b: &str) -> String {
    match (a, b) {
        ("" | ".", _) => b.to_owned(),
        (_, "" | ".") => a.to_owned(),
        _ => format!("{}/{}", a.trim_end_matches('/'), b.trim_start_matches('/')),
    }
}

/// `os.path.dirname` of a path below the directory of the script, which is ``.
pub(super) fn parent(path: &str) -> String {
    match path.rsplit_once('/') {
        _ if path.split('/').all(|part| part == "..") || path.is_empty() || path == "." => join_path("..", path),
        Some((parent, _)) => parent.to_owned(),
        None => String::new(),
    }
}

/// Whether a file of this name promises requirements.
pub(super) fn names_requirements(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let Some((stem, extension)) = lower.rsplit_once('.') else { return false };
    ["txt", "in", "pip", "lock", "reqs"].contains(&extension)
        && ["req", "dep", "constraint"].iter().any(|word| stem.contains(word))
}

/// `template % values`: `%s` and `%d` in order.
pub(super) fn percent(template: &str, values: &[Vec<Text>]) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut values = values.iter();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('%') {
        found.iter_mut().for_each(|text| text.push_str(before));
        rest = after;
        if let Some(after) = rest.strip_prefix('%') {
            found.iter_mut().for_each(|text| text.push('%'));
            rest = after;
        } else if let Some(after) = rest.strip_prefix(['s', 'd']) {
            let known = values.next().filter(|value| !value.is_empty());
            found = appended(found, known);
            rest = after;
        } else {
            // A name in parentheses, or a width.
            let end = rest.find(['s', 'd', 'f', 'r']).map_or(rest.len(), |end| end + 1);
            found = appended(found, None);
            rest = &rest[end..];
        }
    }
    found.iter_mut().for_each(|text| text.push_str(rest));
    found
}

/// `template.format(*values)`: `{}` in order and `{0}`; names are not known.
pub(super) fn braces(template: &str, values: &[Vec<Text>]) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut next = 0;
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        found.iter_mut().for_each(|text| text.push_str(before));
        if let Some(after) = after.strip_prefix('{') {
            found.iter_mut().for_each(|text| text.push('{'));
            rest = after;
            continue;
        }
        let (field, after) = after.split_once('}').unwrap_or((after, ""));
        let at = if field.is_empty() { Some(next) } else { field.parse().ok() };
        next += usize::from(field.is_empty());
        found = appended(found, at.and_then(|at: usize| values.get(at)));
        rest = after;
    }
    found.iter_mut().for_each(|text| text.push_str(rest));
    found
}

/// Each of `found` with each of `values` behind it; with something unknown where there are none, or too many.
fn appended(found: Vec<String>, values: Option<&Vec<Text>>) -> Vec<String> {
    let length = found.first().map_or(0, String::len);
    match values {
        Some(values) if found.len() * values.len() <= MAX_PRODUCT && length <= MAX_LENGTH => {
            found.iter().flat_map(|before| values.iter().map(move |value| format!("{before}{}", value.text))).collect()
        }
        _ => found
            .into_iter()
            .map(|before| if length > MAX_LENGTH { before } else { format!("{before}{HOLE}") })
            .collect(),
    }
}
