//! `docs/manifests.md` says what is read of each kind of manifest: its samples are read here, and what they give is
//! written below them. `UPDATE_DOCS=1 cargo test --test catalog documented` brings that up to date.

use picklegate::catalog::{Catalog, Dependency, Evidence, InstalledEnvironment, Source, format_names};
use picklegate::snapshot::{MemorySnapshot, RepoPath};
use std::collections::BTreeSet;
use std::fmt::Write as _;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/manifests.md");
/// Before and after what is generated.
const BEGIN: &str = "<!-- what is read -->\n";
const END: &str = "<!-- end -->\n";

/// What one section shows.
struct Section {
    title: String,
    /// What its samples give, as a table.
    read: String,
    /// The formats that read something.
    formats: BTreeSet<&'static str>,
}

#[test]
fn samples_give_what_the_document_says() {
    let text = std::fs::read_to_string(DOCUMENT).expect("docs/manifests.md can be read");
    let sections: Vec<Section> = text.split("\n### ").skip(1).map(section).collect();
    let mut expected = text.split("\n### ").next().expect("split gives one part").to_owned();
    for (old, section) in text.split("\n### ").skip(1).zip(&sections) {
        let (before, rest) = old.split_once(BEGIN).unwrap_or_else(|| panic!("{}: {BEGIN} is missing", section.title));
        let (_, after) = rest.split_once(END).unwrap_or_else(|| panic!("{}: {END} is missing", section.title));
        let _ = write!(expected, "\n### {before}{BEGIN}{}{END}{after}", section.read);
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(DOCUMENT, expected).expect("docs/manifests.md can be written");
    } else {
        assert!(text == expected, "docs/manifests.md: run UPDATE_DOCS=1 cargo test --test catalog documented");
    }
    let documented: BTreeSet<&str> = sections.iter().flat_map(|section| section.formats.iter().copied()).collect();
    assert_eq!(documented, format_names().collect(), "each format has a sample that it reads");
}

#[test]
fn the_comparison_has_a_row_for_each_section() {
    let text = std::fs::read_to_string(DOCUMENT).expect("docs/manifests.md can be read");
    let rows = text.lines().skip_while(|line| !line.starts_with("| kind ")).skip(2).take_while(|l| l.starts_with("| "));
    let rows: Vec<Vec<&str>> = rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect()).collect();
    let titles: Vec<String> = rows.iter().map(|row| row[0].to_owned()).collect();
    let sections: Vec<String> = text.split("\n### ").skip(1).map(|part| section(part).title).collect();
    assert_eq!(titles, sections);
    assert!(rows.iter().all(|row| row.len() == 6), "kind, picklegate and four others");
}

/// Reads the samples of a section: fenced blocks whose first line names the language and then the path.
fn section(text: &str) -> Section {
    let title = text.lines().next().unwrap_or_default().to_owned();
    let mut snapshot = MemorySnapshot::default();
    let mut samples = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(path) = line.strip_prefix("```").and_then(|info| info.split_once(' ')).map(|(_, path)| path) else {
            continue;
        };
        let content: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        samples.push((path, format!("{}\n", content.join("\n"))));
    }
    // Samples below `.venv` are an environment, and given as one.
    let mut installed = MemorySnapshot::default();
    for (path, content) in samples {
        match path.strip_prefix(".venv/") {
            Some(path) => installed.insert(RepoPath::from(path), content),
            None => snapshot.insert(RepoPath::from(path), content),
        }
    }
    let environments: Vec<InstalledEnvironment> =
        InstalledEnvironment::read(RepoPath::from(".venv"), Box::new(installed)).into_iter().collect();
    let catalog = Catalog::with_environments(&snapshot, &environments);
    let mut inventory = catalog.everything();
    let undeclared = catalog.undeclared(&inventory);
    inventory.dependencies.extend(undeclared.imports.into_iter().map(|import| import.dependency));
    assert!(!inventory.dependencies.is_empty(), "{title}: nothing is read of its samples");
    let mut read = "| place | distribution | version | evidence | for | more |\n|---|---|---|---|---|---|\n".to_owned();
    inventory.dependencies.iter().for_each(|found| read.push_str(&row(found)));
    if !inventory.diagnostics.is_empty() {
        read.push_str("\nSaid besides:\n\n");
        inventory.diagnostics.iter().for_each(|said| {
            let _ = writeln!(read, "- `{said}`");
        });
    }
    // Environments and sources are no manifests, so theirs are not in the table of formats.
    let is_of_manifest = |found: &&Dependency| !matches!(found.evidence, Evidence::Installed | Evidence::Imported);
    let formats = inventory.dependencies.iter().filter(is_of_manifest).map(|found| found.format).collect();
    Section { title, read, formats }
}

fn row(found: &Dependency) -> String {
    let scopes: Vec<String> = found.scopes.iter().map(ToString::to_string).collect();
    let mut more = Vec::new();
    more.extend((!found.extras.is_empty()).then(|| format!("extras {}", found.extras.join(", "))));
    more.extend(found.marker.as_ref().map(|marker| format!("`{marker}`")));
    more.extend(match &found.source {
        Source::Registry => None,
        Source::Url(url) | Source::Vcs(url) => Some(format!("`{url}`")),
        Source::Path { path, editable: true } => Some(format!("editable `{path}`")),
        Source::Path { path, editable: false } => Some(format!("path `{path}`")),
    });
    more.extend(found.direct.map(|direct| if direct { "direct".to_owned() } else { "transitive".to_owned() }));
    let parents: Vec<&str> = found.parents.iter().map(|parent| parent.as_str()).collect();
    more.extend((!parents.is_empty()).then(|| format!("needed by {}", parents.join(", "))));
    let cells = [
        format!("{}:{}", found.path, found.line),
        found.name.to_string(),
        found.raw_version.clone(),
        found.evidence.name().to_owned(),
        scopes.join(", "),
        more.join("; "),
    ];
    format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | "))
}
