//! Data as YAML: keys in the order in which people read rules, strings quoted as JSON does, code in blocks.

use serde_json::Value as Json;

/// What comes first in a table, in this order; the rest by name.
const FIRST: &[&str] = &["id", "languages", "severity", "message", "metadata", "paths"];

/// The document, with a line end.
pub(super) fn write(value: &Json) -> String {
    let mut out = String::new();
    node(&mut out, value, 0);
    out
}

/// A table or list in lines of its own, indented.
fn node(out: &mut String, value: &Json, indent: usize) {
    match value {
        Json::Object(table) => {
            let mut keys: Vec<&String> = table.keys().collect();
            keys.sort_by_key(|key| (FIRST.iter().position(|first| first == key).unwrap_or(FIRST.len()), *key));
            for key in keys {
                line(out, indent, &format!("{key}:"), &table[key]);
            }
        }
        Json::Array(items) => items.iter().for_each(|item| entry(out, item, indent)),
        scalar => {
            out.push_str(&" ".repeat(indent));
            out.push_str(&scalar.to_string());
            out.push('\n');
        }
    }
}

/// `key: value`, the value in lines below it where it has several.
fn line(out: &mut String, indent: usize, start: &str, value: &Json) {
    out.push_str(&" ".repeat(indent));
    out.push_str(start);
    match value {
        Json::Object(table) if table.is_empty() => out.push_str(" {}\n"),
        Json::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            let items: Vec<String> = items.iter().map(ToString::to_string).collect();
            out.push_str(&format!(" [{}]\n", items.join(", ")));
        }
        Json::Object(_) | Json::Array(_) => {
            out.push('\n');
            node(out, value, indent + 2);
        }
        Json::String(text) if is_block(text) => {
            out.push_str(" |\n");
            for line in text.lines() {
                out.push_str(&format!("{}{line}\n", " ".repeat(indent + 2)));
            }
        }
        scalar => out.push_str(&format!(" {scalar}\n")),
    }
}

/// `- value`
fn entry(out: &mut String, item: &Json, indent: usize) {
    let mut inner = String::new();
    node(&mut inner, item, indent + 2);
    out.push_str(&" ".repeat(indent));
    out.push_str("- ");
    out.push_str(inner.get(indent + 2..).unwrap_or_default());
}

/// Whether a text is several lines of code that YAML takes as they are.
fn is_block(text: &str) -> bool {
    let plain = |c: char| c == '\n' || !c.is_control();
    text.contains('\n') && !text.starts_with([' ', '\n']) && !text.ends_with('\n') && text.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tables_lists_and_code() {
        let value = json!({"rules": [{"pattern": "a:\n  ...", "id": "x\"y", "languages": ["python"], "either": [{"p": 1}, {"p": [{"q": "#"}]}]}]});
        let expected = "\
rules:
  - id: \"x\\\"y\"
    languages: [\"python\"]
    either:
      - p: 1
      - p:
          - q: \"#\"
    pattern: |
      a:
        ...
";
        assert_eq!(write(&value), expected);
    }
}
