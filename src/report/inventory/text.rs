//! An inventory for a terminal: the summary, what can unpickle, the rest in short, and what was not read.

use super::table::{Cell, paragraph, table};
use super::{
    InventoryView, boundaries, calls, directness, parents, place, printable, scopes, source, state, summary_of_calls,
    summary_of_libraries, version, warnings,
};
use crate::audit::{Audit, AuditedEntry, AuditedLibrary, AuditedRule, Calls, Exposure};
use crate::finding::Severity;
use owo_colors::{OwoColorize as _, Style};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// More names of libraries that the rules do not know are only counted.
const MAX_UNKNOWN: usize = 60;

/// The whole report.
pub(super) fn text(audit: &Audit, view: InventoryView) -> String {
    let summary = audit.summary();
    let mut out = String::new();
    for line in [summary_of_libraries(&summary), summary_of_calls(audit, &summary)] {
        paragraph(&mut out, &line, "", "  ", view.width);
    }
    push_warnings(&mut out, audit, view);
    let listed = ranked(audit);
    if !listed.is_empty() {
        let rows: Vec<Vec<Cell>> = listed.iter().flat_map(|library| library_rows(library)).collect();
        out.push('\n');
        out.push_str(&table(
            &["can unpickle", "version", "where", "rule", "state", "calls"],
            &rows,
            view.width,
            view.color,
        ));
        push_rules(&mut out, &listed, view);
    }
    if view.all {
        push_entries(&mut out, audit, view);
    } else {
        push_others(&mut out, audit, view);
    }
    push_unread(&mut out, audit, view);
    out
}

/// The versions that are dangerous to have at all, where manifests say them.
fn push_warnings(out: &mut String, audit: &Audit, view: InventoryView) {
    for (entry, warning) in warnings(audit) {
        let (id, severity) = (printable(&warning.rule), warning.severity.to_string());
        let severity = match (view.color, warning.severity) {
            (false, _) => severity,
            (true, Severity::Error) => severity.red().to_string(),
            (true, _) => severity.yellow().to_string(),
        };
        out.push('\n');
        let _ = writeln!(out, "{}: {severity}[{id}]", place(entry));
        for line in [&warning.message, &warning.because, &format!("instead: {}", warning.fix)] {
            paragraph(out, &printable(line), "  ", "    ", view.width);
        }
    }
}

/// The libraries that can unpickle in some version, the most called first. The standard library only where it is called.
pub(super) fn ranked(audit: &Audit) -> Vec<&AuditedLibrary> {
    let can = |library: &&AuditedLibrary| match library.exposure {
        Exposure::Active | Exposure::Dormant => !library.is_standard || library.calls != Calls::default(),
        Exposure::Harmless | Exposure::Unknown => false,
    };
    let mut libraries: Vec<&AuditedLibrary> = audit.libraries.iter().filter(can).collect();
    libraries.sort_by_key(|library| {
        (library.exposure, Reverse(library.calls.error), Reverse(library.calls.standing()), &library.name)
    });
    libraries
}

/// The entries in force, and all where none is, beside the rules: as many lines as the longer list has.
fn library_rows(library: &AuditedLibrary) -> Vec<Vec<Cell>> {
    let in_force: Vec<&AuditedEntry> = library.entries.iter().filter(|entry| entry.is_in_force).collect();
    let entries = if in_force.is_empty() { library.entries.iter().collect() } else { in_force };
    let height = entries.len().max(library.rules.len()).max(1);
    let mut rows = Vec::with_capacity(height);
    for i in 0..height {
        let mut row = vec![Cell::default(); 6];
        if i == 0 {
            row[0] = Cell::from(printable(&library.name)).styled(Style::new().bold());
            if entries.is_empty() && !library.is_standard {
                row[1] = "no manifest names it".into();
            }
        }
        if let Some(entry) = entries.get(i) {
            row[1] = printable(&version(&entry.dependency)).into();
            row[2] = place(entry).into();
        }
        if let Some(rule) = library.rules.get(i) {
            row[3] = printable(&rule.id).into();
            row[4] = Cell::from(state(rule)).styled(style(rule));
            row[5] = calls(rule.calls).into();
        }
        rows.push(row);
    }
    rows
}

fn style(rule: &AuditedRule) -> Style {
    match rule.active {
        Some(Severity::Error) => Style::new().red(),
        Some(_) => Style::new().yellow(),
        None => Style::new().dimmed(),
    }
}

/// What each rule means, where it begins and ends, and what to write instead.
fn push_rules(out: &mut String, libraries: &[&AuditedLibrary], view: InventoryView) {
    let rules: BTreeMap<&str, &AuditedRule> =
        libraries.iter().flat_map(|library| &library.rules).map(|rule| (rule.id.as_str(), rule)).collect();
    for rule in rules.values() {
        let id = printable(&rule.id);
        let name = if view.color { id.bold().to_string() } else { id.into_owned() };
        let _ = write!(out, "\n{name}");
        out.push('\n');
        let mut lines = vec![rule.message.clone()];
        lines.extend(boundaries(rule));
        lines.push(format!("instead: {}", rule.fix));
        for line in lines {
            paragraph(out, &printable(&line), "  ", "    ", view.width);
        }
    }
}

/// The libraries that cannot unpickle as far as is known, by name.
fn push_others(out: &mut String, audit: &Audit, view: InventoryView) {
    for (exposure, what) in [(Exposure::Harmless, "known, and harmless"), (Exposure::Unknown, "unknown to the rules")] {
        let of_kind = || audit.libraries.iter().filter(|library| library.exposure == exposure);
        let number = of_kind().count();
        if number == 0 {
            continue;
        }
        let names: Vec<_> = of_kind().take(MAX_UNKNOWN).map(|library| printable(&library.name)).collect();
        let more = match number - names.len() {
            0 => String::new(),
            more => format!(", and {more} more (--all lists them)"),
        };
        out.push('\n');
        paragraph(out, &format!("{what}: {}{more}", names.join(", ")), "", "  ", view.width);
    }
}

/// Every entry of every manifest.
fn push_entries(out: &mut String, audit: &Audit, view: InventoryView) {
    let rows: Vec<Vec<Cell>> = audit
        .libraries
        .iter()
        .flat_map(|library| library.entries.iter().map(|entry| entry_row(library, entry)))
        .collect();
    if rows.is_empty() {
        return;
    }
    out.push('\n');
    let header = ["name", "version", "evidence", "for", "where", "needed by", "unpickles"];
    out.push_str(&table(&header, &rows, view.width, view.color));
}

fn entry_row(library: &AuditedLibrary, entry: &AuditedEntry) -> Vec<Cell> {
    let dependency = &entry.dependency;
    let written: Vec<String> =
        [Some(version(dependency)), source(dependency), dependency.marker.as_ref().map(|m| format!("; {m}"))]
            .into_iter()
            .flatten()
            .collect();
    let evidence = dependency.evidence.name();
    let needed_by = match parents(dependency, " ") {
        none if none.is_empty() => directness(dependency).to_owned(),
        parents => parents,
    };
    let style = if entry.is_in_force { Style::new() } else { Style::new().dimmed() };
    [
        library.name.clone(),
        written.join(" "),
        if entry.is_in_force { evidence.to_owned() } else { format!("({evidence})") },
        scopes(dependency, " "),
        place(entry),
        needed_by,
        library.exposure.word().to_owned(),
    ]
    .iter()
    .map(|text| Cell::from(printable(text)).styled(style))
    .collect()
}

/// What was not read, last, so that it is seen.
fn push_unread(out: &mut String, audit: &Audit, view: InventoryView) {
    let mut lines: Vec<String> = audit.remarks.iter().map(|remark| format!("remark: {remark}")).collect();
    for found in &audit.not_read {
        let line = found.line.map(|line| format!(":{line}")).unwrap_or_default();
        lines.push(format!("not read: {}{line}: {}", found.path, found.problem));
    }
    if !lines.is_empty() {
        out.push('\n');
    }
    for line in lines {
        paragraph(out, &printable(&line), "", "  ", view.width);
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use snapbox::{IntoData as _, assert_data_eq, str};

    const VIEW: InventoryView = InventoryView { width: 100, color: false, all: false };

    #[test]
    fn what_can_unpickle_is_told_in_detail_and_the_rest_in_short() {
        assert_data_eq!(
            text(&samples::audit_of_a_repository(), VIEW),
            str![[r#"
5 distributions in 4 manifests: 1 can unpickle, 1 could in other versions, 1 is harmless, 2 are
  unknown to the rules
4 unsafe calls in 3 files judged: 3 errors, 1 warning, 1 allowed

uv.lock:9: warning[torch-version]
  torch `2.3` believes what it reads
  locks torch 2.3.1, where records are trusted
  instead: torch >= 2.4

can unpickle        version  where               rule           state             calls
python standard                                  pickle-load    active            2 errors, 1
library                                                                           allowed
torch               2.3.1    uv.lock:9           torch-load     active            1 error, 1 warning
                                                 torch-version  active (warning)
zodb                ==5.8    tools/              zodb-open      dormant
                             requirements.txt:1

pickle-load
  `pickle.load` runs code stored in the data it reads
  no version silences it
  instead: use JSON

torch-load
  `torch.load` runs code stored in the file it opens
  in force: torch <2.6 (weights_only defaults to False)
  no version silences it
  instead: torch.load(path, weights_only=True) on torch >= 2.6

torch-version
  torch `2.3` believes what it reads
  in force: torch >=2,<2.4 (records are trusted)
  silent in <2 or >=2.4
  instead: torch >= 2.4

zodb-open
  `ZODB.DB` unpickles
  wakes in zodb >=3,<5 (records are pickles)
  instead: upgrade

known, and harmless: safetensors

unknown to the rules: lib, sympy

remark: setup.py:3: install_requires is computed
not read: tools/requirements.txt:3: expected a distribution name, found `=HYPERLINK("x")`
not read: \xff<script>/requirements.txt:1: expected a version specifier after the name, found
  `evil�name|x`
not read: \xff<script>/requirements.txt:2: expected a version specifier after the name, found
  `six�[2J==1.16`

"#]]
            .raw()
        );
    }

    #[test]
    fn all_entries_in_a_narrow_terminal() {
        let view = InventoryView { width: 60, all: true, ..VIEW };
        assert_data_eq!(
            text(&samples::audit_of_a_repository(), view),
            str![[r#"
5 distributions in 4 manifests: 1 can unpickle, 1 could in
  other versions, 1 is harmless, 2 are unknown to the rules
4 unsafe calls in 3 files judged: 3 errors, 1 warning, 1
  allowed

uv.lock:9: warning[torch-version]
  torch `2.3` believes what it reads
  locks torch 2.3.1, where records are trusted
  instead: torch >= 2.4

can          version  where     rule      state     calls
unpickle
python                          pickle-   active    2
standard                        load                errors,
library                                             1
                                                    allowed
torch        2.3.1    uv.lock:  torch-    active    1 error,
                      9         load                1
                                                    warning
                                torch-    active
                                version   (warning
                                          )
zodb         ==5.8    tools/    zodb-     dormant
                      requirem  open
                      ents.txt
                      :1

pickle-load
  `pickle.load` runs code stored in the data it reads
  no version silences it
  instead: use JSON

torch-load
  `torch.load` runs code stored in the file it opens
  in force: torch <2.6 (weights_only defaults to False)
  no version silences it
  instead: torch.load(path, weights_only=True) on torch >=
    2.6

torch-version
  torch `2.3` believes what it reads
  in force: torch >=2,<2.4 (records are trusted)
  silent in <2 or >=2.4
  instead: torch >= 2.4

zodb-open
  `ZODB.DB` unpickles
  wakes in zodb >=3,<5 (records are pickles)
  instead: upgrade

name         version  eviden  for     where   needed  unpick
                      ce                      by      les
lib          any      declar  runtim  tools/          unknow
             version  ed      e       requir          n
             ../                      ements
             lib#egg                  .txt:4
             =lib
             (editab
             le) ;
             python_
             version
             < '3.9'
safetensors  any      declar  runtim  tools/          harmle
             version  ed      e       requir          ss
                                      ements
                                      .txt:2
sympy        1.13.1   locked  runtim  uv.loc  torch   unknow
                              e       k:14            n
torch        >=2      (decla  runtim  pyproj  direct  active
                      red)    e       ect.to
                                      ml:4
torch        2.3.1    locked  runtim  uv.loc  direct  active
                              e       k:9
zodb         ==5.8    pinned  runtim  tools/          dorman
                              e       requir          t
                                      ements
                                      .txt:1

remark: setup.py:3: install_requires is computed
not read: tools/requirements.txt:3: expected a
  distribution name, found `=HYPERLINK("x")`
not read: \xff<script>/requirements.txt:1: expected a
  version specifier after the name, found `evil�name|x`
not read: \xff<script>/requirements.txt:2: expected a
  version specifier after the name, found `six�[2J==1.16`

"#]]
            .raw()
        );
    }

    #[test]
    fn nothing_found_is_said() {
        let out = text(&Audit::default(), VIEW);
        assert_eq!(out, "0 distributions in 0 manifests: 0 can unpickle\ncalls were not counted\n");
    }
}
