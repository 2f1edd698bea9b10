//! `setup.cfg`: the lists of setuptools, `requires-dist` of what came before them, the extras of pbr, and tox's sections.
//!
//! What other tools keep there is not read.

use super::ini::{self, Key};
use super::reading::{Include, Reading, shown};
use super::{DistributionName, Scope, requirement, tox_ini};

/// The name of this format.
pub(super) const FORMAT: &str = "setup.cfg";

const OPTIONS: &str = "options";
/// Sections that have a list for each extra: of setuptools, and of pbr.
const EXTRAS: [&str; 2] = ["options.extras_require", "extras"];

/// Sections, their keys, and what the entries are for.
const LISTS: &[(&str, &str, Scope)] = &[
    (OPTIONS, "install_requires", Scope::Runtime),
    (OPTIONS, "setup_requires", Scope::Build),
    (OPTIONS, "tests_require", Scope::Dev),
    ("metadata", "requires_dist", Scope::Runtime),
];

/// What environment markers begin with.
const MARKERS: &[&str] =
    &["python_", "sys_platform", "os_name", "platform_", "implementation_", "extra =", "extra=", "(", "'", "\""];

/// Whether a file called `name` is one.
pub(super) fn is_manifest(name: &str, _directory: &str) -> bool {
    name == FORMAT
}

/// Reads the text of a `setup.cfg`.
pub(super) fn read(reading: &mut Reading, text: &str) {
    let sections = ini::sections(text);
    if sections.iter().any(|section| section.name == tox_ini::IN_SETUP_CFG) {
        tox_ini::read_sections(reading, &sections);
    }
    for section in sections {
        for key in &section.keys {
            if EXTRAS.contains(&section.name) {
                read_list(reading, key, &Scope::Extra(DistributionName::new(key.name).to_string()));
            } else if let Some((.., scope)) = LISTS.iter().find(|(of, name, _)| *of == section.name && key.is(name)) {
                read_list(reading, key, scope);
            }
        }
        if section.name == OPTIONS || EXTRAS.contains(&section.name) {
            for (line, text) in section.strays {
                reading.unread(line, format!("expected `key = value` or an indented value, found `{}`", shown(text)));
            }
        }
    }
    // All entries of this file are named by the project itself.
    reading.dependencies.iter_mut().for_each(|dependency| dependency.direct = Some(true));
}

/// Reads a list: one requirement for each line, or all in one line with `;` between them, or in files.
fn read_list(reading: &mut Reading, key: &Key<'_>, scope: &Scope) {
    if let Some((_, first)) = key.value.first()
        && let Some(target) = first.strip_prefix("file:")
    {
        let rest = key.value[1..].iter().map(|(line, text)| (*line, *text));
        for (line, text) in std::iter::once((key.value[0].0, target)).chain(rest) {
            let targets = text.split(',').map(str::trim).filter(|target| !target.is_empty());
            reading.includes.extend(targets.map(|target| Include {
                target: target.to_owned(),
                line,
                scope: Some(scope.clone()),
            }));
        }
        return;
    }
    // A value that begins below its key has more than one line.
    let is_one_line = matches!(&key.value[..], [(line, _)] if *line == key.line);
    for &(line, text) in &key.value {
        let text = if text.starts_with('#') { "" } else { text.split(" #").next().unwrap_or(text) };
        let texts = if is_one_line { split(text) } else { vec![text.to_owned()] };
        for text in texts.iter().map(|text| text.trim().trim_end_matches('\\')).filter(|text| !text.is_empty()) {
            requirement::read(reading, text, line, std::slice::from_ref(scope));
        }
    }
}

/// The requirements that `;` separates. A marker behind it is meant as one, though setuptools refuses it there.
fn split(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for part in text.split(';') {
        match found.last_mut() {
            Some(last) if MARKERS.iter().any(|variable| part.trim_start().starts_with(variable)) => {
                last.extend([";", part]);
            }
            _ => found.push(part.to_owned()),
        }
    }
    found
}
