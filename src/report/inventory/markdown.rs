//! An inventory for tickets and documents: tables in GitHub's Markdown.

use super::markup::{Span, spans};
use super::text::ranked;
use super::{
    InventoryView, boundaries, calls, count, directness, parents, place, printable, scopes, source, state,
    summary_of_calls, summary_of_libraries, version, warnings,
};
use crate::audit::{Audit, AuditedEntry, AuditedLibrary, AuditedRule, Calls, Exposure};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The whole document.
pub(super) fn markdown(audit: &Audit, view: InventoryView) -> String {
    let summary = audit.summary();
    let mut out = String::from("# Unpickling in the dependencies\n\n");
    let _ = writeln!(out, "{}.\n{}.", summary_of_libraries(&summary), summary_of_calls(audit, &summary));
    let warned = warnings(audit);
    if !warned.is_empty() {
        heading(&mut out, "Versions to leave", &["where", "version", "rule", "what is wrong", "because", "instead"]);
        for (entry, warning) in warned {
            let version = format!("{} {}", code(entry.dependency.name.as_str()), code(&version(&entry.dependency)));
            let rule = format!("{} ({})", code(&warning.rule), warning.severity);
            let [message, because, fix] = [&warning.message, &warning.because, &warning.fix].map(|text| prose(text));
            row(&mut out, &[code(&place(entry)), version, rule, message, because, fix]);
        }
    }
    let listed = ranked(audit);
    if !listed.is_empty() {
        heading(&mut out, "Can unpickle", &["library", "version in force", "rule", "state", "calls"]);
        listed.iter().for_each(|library| push_library(&mut out, library));
        push_rules(&mut out, &listed);
    }
    let called: Vec<_> = audit.directories.iter().filter(|(_, calls)| **calls != Calls::default()).collect();
    if !called.is_empty() {
        heading(&mut out, "Calls by directory", &["directory", "calls"]);
        for (directory, found) in called {
            row(&mut out, &[code(&directory.to_string()), calls(*found)]);
        }
    }
    if view.all {
        push_entries(&mut out, audit);
    } else {
        let others = audit.libraries.iter().filter(|l| matches!(l.exposure, Exposure::Harmless | Exposure::Unknown));
        let number = others.count();
        if number > 0 {
            let _ = writeln!(out, "\n{} without a rule not listed (`--all` lists them).", count(number, "library"));
        }
    }
    push_unread(&mut out, audit);
    out
}

fn heading(out: &mut String, title: &str, columns: &[&str]) {
    let _ = write!(out, "\n## {title}\n\n| {} |\n|{}\n", columns.join(" | "), "---|".repeat(columns.len()));
}

fn row(out: &mut String, cells: &[String]) {
    let _ = writeln!(out, "| {} |", cells.join(" | "));
}

fn push_library(out: &mut String, library: &AuditedLibrary) {
    let in_force: Vec<&AuditedEntry> = library.entries.iter().filter(|entry| entry.is_in_force).collect();
    let entries = if in_force.is_empty() { library.entries.iter().collect() } else { in_force };
    let versions: Vec<String> = entries
        .iter()
        .map(|entry| format!("{} ({})", code(&version(&entry.dependency)), code(&place(entry))))
        .collect();
    for (i, rule) in library.rules.iter().enumerate() {
        let (name, versions) =
            if i == 0 { (code(&library.name), versions.join("<br>")) } else { (String::new(), String::new()) };
        row(out, &[name, versions, code(&rule.id), state(rule).into(), calls(rule.calls)]);
    }
}

fn push_rules(out: &mut String, libraries: &[&AuditedLibrary]) {
    let rules: BTreeMap<&str, &AuditedRule> =
        libraries.iter().flat_map(|library| &library.rules).map(|rule| (rule.id.as_str(), rule)).collect();
    heading(out, "Rules", &["rule", "what is wrong", "versions", "write instead"]);
    for rule in rules.values() {
        let boundaries: Vec<String> = boundaries(rule).iter().map(|line| prose(line)).collect();
        row(out, &[code(&rule.id), prose(&rule.message), boundaries.join("<br>"), prose(&rule.fix)]);
    }
}

fn push_entries(out: &mut String, audit: &Audit) {
    let columns = ["library", "version", "evidence", "in force", "for", "where", "needed by", "unpickles"];
    heading(out, "All entries", &columns);
    for library in &audit.libraries {
        for entry in &library.entries {
            let dependency = &entry.dependency;
            let mut written = code(&version(dependency));
            if let Some(source) = source(dependency) {
                let _ = write!(written, " from {}", code(&source));
            }
            if let Some(marker) = &dependency.marker {
                let _ = write!(written, " where {}", code(marker));
            }
            let needed_by = match parents(dependency, " ") {
                none if none.is_empty() => directness(dependency).to_owned(),
                parents => code(&parents),
            };
            row(
                out,
                &[
                    code(&library.name),
                    written,
                    dependency.evidence.name().into(),
                    if entry.is_in_force { "yes" } else { "no" }.into(),
                    escape(&scopes(dependency, ", ")),
                    code(&place(entry)),
                    needed_by,
                    library.exposure.word().into(),
                ],
            );
        }
    }
}

fn push_unread(out: &mut String, audit: &Audit) {
    if !audit.not_read.is_empty() {
        out.push_str("\n## Not read\n\n");
        for found in &audit.not_read {
            let line = found.line.map(|line| format!(":{line}")).unwrap_or_default();
            let _ = writeln!(out, "- {}: {}", code(&format!("{}{line}", found.path)), prose(&found.problem));
        }
    }
    if !audit.remarks.is_empty() {
        out.push_str("\n## Remarks\n\n");
        for remark in &audit.remarks {
            let place = code(&format!("{}:{}", remark.path, remark.line));
            let _ = writeln!(out, "- {place}: {}", prose(&remark.problem));
        }
    }
}

/// Foreign text as a code span, in which nothing has a meaning; where the text could end the span or the cell, escaped.
fn code(text: &str) -> String {
    let text = printable(text);
    match text.trim() {
        "" => String::new(),
        text if text.contains(['`', '|', '\\']) => escape(text),
        text => format!("`{text}`"),
    }
}

/// Words with code spans.
fn prose(text: &str) -> String {
    let span = |span: Span<'_>| match span {
        Span::Plain(text) => escape(text),
        Span::Code(text) => code(text),
    };
    spans(text).into_iter().map(span).collect()
}

/// Words in which nothing has a meaning: no table, no tag, no link, no mention, no emphasis.
fn escape(text: &str) -> String {
    let text = printable(text);
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let after = rest.clone().next().unwrap_or(' ');
        let acts = match c {
            '\\' | '`' | '*' | '[' | ']' | '<' | '|' | '~' | '&' | '@' | '$' => true,
            '>' | '#' | '+' | '-' => out.is_empty(),
            '_' => !(before.is_alphanumeric() && after.is_alphanumeric()),
            // What looks like an address would become a link.
            ':' => after == '/',
            '.' => out.ends_with("www"),
            _ => false,
        };
        if acts {
            let _ = write!(out, "&#{};", u32::from(c));
        } else {
            out.push(c);
        }
        before = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use snapbox::{IntoData as _, assert_data_eq, str};

    const VIEW: InventoryView = InventoryView { width: 100, color: true, all: true };

    #[test]
    fn tables_for_a_ticket() {
        assert_data_eq!(markdown(&samples::audit_of_a_repository(), VIEW), str![[r##"
# Unpickling in the dependencies

5 distributions in 4 manifests: 1 can unpickle, 1 could in other versions, 1 is harmless, 2 are unknown to the rules.
4 unsafe calls in 3 files judged: 3 errors, 1 warning, 1 allowed.

## Versions to leave

| where | version | rule | what is wrong | because | instead |
|---|---|---|---|---|---|
| `uv.lock:9` | `torch` `2.3.1` | `torch-version` (warning) | torch `2.3` believes what it reads | locks torch 2.3.1, where records are trusted | torch >= 2.4 |

## Can unpickle

| library | version in force | rule | state | calls |
|---|---|---|---|---|
| `python standard library` |  | `pickle-load` | active | 2 errors, 1 allowed |
| `torch` | `2.3.1` (`uv.lock:9`) | `torch-load` | active | 1 error, 1 warning |
|  |  | `torch-version` | active (warning) |  |
| `zodb` | `==5.8` (`tools/requirements.txt:1`) | `zodb-open` | dormant |  |

## Rules

| rule | what is wrong | versions | write instead |
|---|---|---|---|
| `pickle-load` | `pickle.load` runs code stored in the data it reads | no version silences it | use JSON |
| `torch-load` | `torch.load` runs code stored in the file it opens | in force: torch &#60;2.6 (weights_only defaults to False)<br>no version silences it | torch.load(path, weights_only=True) on torch >= 2.6 |
| `torch-version` | torch `2.3` believes what it reads | in force: torch >=2,&#60;2.4 (records are trusted)<br>silent in &#60;2 or >=2.4 | torch >= 2.4 |
| `zodb-open` | `ZODB.DB` unpickles | wakes in zodb >=3,&#60;5 (records are pickles) | upgrade |

## Calls by directory

| directory | calls |
|---|---|
| `app` | 2 errors, 1 warning, 1 allowed |
| `tools` | 1 error |

## All entries

| library | version | evidence | in force | for | where | needed by | unpickles |
|---|---|---|---|---|---|---|---|
| `lib` | `any version` from `../lib#egg=lib (editable)` where `python_version < '3.9'` | declared | yes | runtime | `tools/requirements.txt:4` |  | unknown |
| `safetensors` | `any version` | declared | yes | runtime | `tools/requirements.txt:2` |  | harmless |
| `sympy` | `1.13.1` | locked | yes | runtime | `uv.lock:14` | `torch` | unknown |
| `torch` | `>=2` | declared | no | runtime | `pyproject.toml:4` | direct | active |
| `torch` | `2.3.1` | locked | yes | runtime | `uv.lock:9` | direct | active |
| `zodb` | `==5.8` | pinned | yes | runtime | `tools/requirements.txt:1` |  | dormant |

## Not read

- `tools/requirements.txt:3`: expected a distribution name, found `=HYPERLINK("x")`
- &#92;xff&#60;script>/requirements.txt:1: expected a version specifier after the name, found evil�name&#124;x
- &#92;xff&#60;script>/requirements.txt:2: expected a version specifier after the name, found `six�[2J==1.16`

## Remarks

- `setup.py:3`: install_requires is computed

"##]].raw());
    }

    #[test]
    fn no_text_leaves_its_cell() {
        assert_eq!(code("torch"), "`torch`");
        assert_eq!(code("a`b"), "a&#96;b");
        assert_eq!(code("a|b"), "a&#124;b");
        assert_eq!(code("a\\|b"), "a&#92;&#124;b");
        assert_eq!(code("<script>"), "`<script>`");
        assert_eq!(escape("<b> @user http://x [a](b)"), "&#60;b> &#64;user http&#58;//x &#91;a&#93;(b)");
        assert_eq!(escape("a_b_ > www.x"), "a_b&#95; > www&#46;x");
        assert_eq!(prose("`a|b` is \n <i>"), "a&#124;b is \\u{a} &#60;i>".replace('\\', "&#92;"));
    }
}
