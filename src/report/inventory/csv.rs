//! An inventory for spreadsheets: a row for each entry, and one for each library that only sources name.

use super::{directness, parents, printable, scopes, source};
use crate::audit::{Audit, AuditedEntry, AuditedLibrary, AuditedRule};

/// What stands for the whole library is repeated in each of its rows, and says so in its name.
const HEADER: &[&str] = &[
    "library",
    "version",
    "evidence",
    "in_force",
    "scopes",
    "direct",
    "needed_by",
    "marker",
    "source",
    "path",
    "line",
    "format",
    "library_exposure",
    "library_active_rules",
    "library_dormant_rules",
    "library_errors",
    "library_warnings",
    "library_notes",
    "library_allowed",
    "library_instead",
    "version_rules",
];

/// RFC 4180 with a header.
pub(super) fn csv(audit: &Audit) -> String {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    let mut push = |row: Vec<String>| writer.write_record(&row).expect("rows are of one length, and memory takes all");
    push(HEADER.iter().map(ToString::to_string).collect());
    for library in &audit.libraries {
        match library.entries.as_slice() {
            [] => push(row(library, None)),
            entries => entries.iter().for_each(|entry| push(row(library, Some(entry)))),
        }
    }
    let bytes = writer.into_inner().expect("memory takes all");
    String::from_utf8(bytes).expect("only strings were written")
}

fn row(library: &AuditedLibrary, entry: Option<&AuditedEntry>) -> Vec<String> {
    let mut row = vec![library.name.clone()];
    match entry {
        None => row.resize(12, String::new()),
        Some(AuditedEntry { dependency, is_in_force, .. }) => row.extend([
            dependency.raw_version.clone(),
            dependency.evidence.name().into(),
            if *is_in_force { "yes" } else { "no" }.into(),
            scopes(dependency, " "),
            directness(dependency).into(),
            parents(dependency, " "),
            dependency.marker.clone().unwrap_or_default(),
            source(dependency).unwrap_or_default(),
            dependency.path.to_string(),
            dependency.line.to_string(),
            dependency.format.into(),
        ]),
    }
    let ids = |is_active: bool| {
        let rules = library.rules.iter().filter(|rule| rule.active.is_some() == is_active);
        rules.map(|rule| rule.id.as_str()).collect::<Vec<_>>().join(" ")
    };
    let concerned: Vec<&AuditedRule> = library.rules.iter().filter(|rule| rule.active.is_some()).collect();
    let mut instead: Vec<String> = concerned.iter().map(|rule| format!("{}: {}", rule.id, rule.fix)).collect();
    instead.dedup();
    row.extend([library.exposure.word().into(), ids(true), ids(false)]);
    let calls = library.calls;
    row.extend([calls.error, calls.warning, calls.note, calls.allowed].map(|number| number.to_string()));
    row.push(instead.join("; "));
    let warned = entry.into_iter().flat_map(|entry| &entry.warnings);
    row.push(warned.map(|warning| warning.rule.as_str()).collect::<Vec<_>>().join(" "));
    row.iter().map(|cell| harmless(cell)).collect()
}

/// `cell` without what a terminal acts on, and with an apostrophe before what a spreadsheet would calculate.
fn harmless(cell: &str) -> String {
    let cell = printable(cell);
    let calculates = |c: char| matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠');
    // Spreadsheets skip what is blank.
    let starts = cell.trim_start().starts_with(calculates);
    if starts { format!("'{cell}") } else { cell.into_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use snapbox::{IntoData as _, assert_data_eq, str};

    #[test]
    fn a_row_for_each_entry() {
        assert_data_eq!(csv(&samples::audit_of_a_repository()), str![[r#"
library,version,evidence,in_force,scopes,direct,needed_by,marker,source,path,line,format,library_exposure,library_active_rules,library_dormant_rules,library_errors,library_warnings,library_notes,library_allowed,library_instead,version_rules
lib,,declared,yes,runtime,,,python_version < '3.9',../lib#egg=lib (editable),tools/requirements.txt,4,requirements,unknown,,,0,0,0,0,,
python standard library,,,,,,,,,,,,active,pickle-load,,2,0,0,1,pickle-load: use JSON,
safetensors,,declared,yes,runtime,,,,,tools/requirements.txt,2,requirements,harmless,,,0,0,0,0,,
sympy,1.13.1,locked,yes,runtime,transitive,torch,,,uv.lock,14,uv.lock,unknown,,,0,0,0,0,,
torch,>=2,declared,no,runtime,direct,,,,pyproject.toml,4,pyproject.toml,active,torch-load torch-version,,1,1,0,0,"torch-load: torch.load(path, weights_only=True) on torch >= 2.6; torch-version: torch >= 2.4",
torch,2.3.1,locked,yes,runtime,direct,,,,uv.lock,9,uv.lock,active,torch-load torch-version,,1,1,0,0,"torch-load: torch.load(path, weights_only=True) on torch >= 2.6; torch-version: torch >= 2.4",torch-version
zodb,'==5.8,pinned,yes,runtime,,,,,tools/requirements.txt,1,requirements,dormant,,zodb-open,0,0,0,0,,

"#]].raw());
    }

    #[test]
    fn nothing_is_calculated() {
        for formula in ["=1+1", "+1", "-1", "@SUM(1)", " =1", "\u{a0}=1", "＝1"] {
            assert!(harmless(formula).starts_with('\''), "{formula}");
        }
        assert_eq!(harmless("\t=1"), "\\u{9}=1");
        for plain in ["torch", "==2.3.1"].into_iter().filter(|plain| !plain.starts_with('=')) {
            assert_eq!(harmless(plain), plain);
        }
        assert_eq!(harmless("==2.3.1"), "'==2.3.1");
    }
}
