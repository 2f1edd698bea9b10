//! `Pipfile.lock`: JSON, one object of packages for each category.

use super::reading::{Reading, shown};
use super::text::Lines;
use super::{Dependency, Evidence, Scope, pipenv, requirement};
use pep440_rs::Version;
use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::str::FromStr as _;

/// The name of this format.
pub(super) const FORMAT: &str = "Pipfile.lock";

/// The newest `pipfile-spec` that is known.
const SPEC: u64 = 6;

/// Whether a file called `name` is one.
pub(super) fn is_manifest(name: &str, _directory: &str) -> bool {
    name == FORMAT
}

/// Reads the text of a `Pipfile.lock`.
pub(super) fn read(reading: &mut Reading, text: &str) {
    let document = Document { text, lines: Lines::new(text) };
    let categories = match members(text) {
        Ok(categories) => categories,
        Err(error) => return salvage(reading, text, &error),
    };
    check_version(reading, &document, &categories);
    for (category, packages) in categories.iter().filter(|(category, _)| category != "_meta") {
        let scope = pipenv::scope(category);
        match members(packages.get()) {
            Ok(packages) => packages.iter().for_each(|(key, raw)| package(reading, &document, key, raw, &scope)),
            Err(_) => {
                let problem = format!("expected an object of packages `{}`, found {}", shown(category), kind(packages));
                reading.unread(document.line(packages), problem);
            }
        }
    }
}

/// A text, and the lines of the values that borrow from it.
struct Document<'t> {
    text: &'t str,
    lines: Lines,
}

impl Document<'_> {
    fn line(&self, value: &RawValue) -> u32 {
        self.lines.line(value.get().as_ptr().addr().saturating_sub(self.text.as_ptr().addr()))
    }
}

/// The members of the object `text`, in order and with repeated keys.
fn members(text: &str) -> serde_json::Result<Vec<(String, &RawValue)>> {
    struct Members;
    impl<'t> Visitor<'t> for Members {
        type Value = Vec<(String, &'t RawValue)>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some(member) = map.next_entry()? {
                members.push(member);
            }
            Ok(members)
        }
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let members = reader.deserialize_map(Members)?;
    reader.end()?;
    Ok(members)
}

fn check_version(reading: &mut Reading, document: &Document<'_>, categories: &[(String, &RawValue)]) {
    let meta = categories.iter().find(|(key, _)| key == "_meta").map(|(_, meta)| *meta);
    let meta_members = meta.and_then(|meta| members(meta.get()).ok()).unwrap_or_default();
    match meta_members.iter().find(|(key, _)| key == "pipfile-spec").map(|(_, spec)| *spec) {
        None => reading.odd(meta.map_or(1, |meta| document.line(meta)), "found no `pipfile-spec`, read as that of 6"),
        Some(spec) if spec.get().parse::<u64>().is_ok_and(|spec| spec <= SPEC) => {}
        Some(spec) => {
            let problem = format!("pipfile-spec {}, expected at most {SPEC}", shown(spec.get()));
            reading.unread(document.line(spec), format!("{problem}; what it locks is not certain"));
        }
    }
}

fn package(reading: &mut Reading, document: &Document<'_>, key: &str, raw: &RawValue, scope: &Scope) {
    let Ok(fields) = members(raw.get()) else {
        let problem = format!("expected an object for {}, found {}", shown(key), kind(raw));
        reading.unread(document.line(raw), problem);
        return;
    };
    // Of a repeated key the last counts, as in Python. What is no string here is none of the keys that are strings.
    let line = fields.iter().rfind(|(key, _)| key == "version").map_or(raw, |(_, version)| version);
    let line = document.line(line);
    let wanted = fields.iter().filter(|(key, _)| key != "hashes");
    let fields: BTreeMap<&str, Value> =
        wanted.filter_map(|(key, raw)| Some((key.as_str(), serde_json::from_str(raw.get()).ok()?))).collect();
    let string = |key: &str| fields.get(key).and_then(Value::as_str);
    if let Some(other) = fields.get("version").filter(|version| !version.is_string()) {
        let other = shown(&other.to_string());
        reading.unread(line, format!("expected a version string for {}, found `{other}`", shown(key)));
    }
    let source = pipenv::source(string, fields.get("editable").and_then(Value::as_bool).unwrap_or(false));
    let Some(name) = pipenv::name(key, &source) else { return };
    let extras = fields.get("extras").and_then(Value::as_array).into_iter().flatten();
    let extras = extras.filter_map(Value::as_str).map(str::to_owned).collect();
    let entry = Dependency { extras, marker: pipenv::marker(string), source, ..reading.entry(&name, line) };
    add(reading, entry, string("version").unwrap_or(""), scope);
}

/// Adds `entry`, locked at `written`: `==1.2`, or `*` for what is for another platform than the one that locked.
fn add(reading: &mut Reading, entry: Dependency, written: &str, scope: &Scope) {
    if !requirement::is_name(&entry.raw_name) {
        reading.unread(entry.line, format!("expected a distribution name, found `{}`", shown(&entry.raw_name)));
        return;
    }
    let raw_version = written.trim().trim_start_matches('=').trim_start();
    let version = Version::from_str(raw_version).ok();
    if version.is_none() && !matches!(raw_version, "" | "*") {
        let name = shown(&entry.raw_name);
        reading.odd(entry.line, format!("expected `==` and a PEP 440 version for {name}, found `{}`", shown(written)));
    }
    reading.dependencies.push(Dependency {
        evidence: Evidence::Locked,
        version,
        raw_version: raw_version.to_owned(),
        scopes: vec![scope.clone()],
        ..entry
    });
}

/// Reads, of a text that is not JSON, the lines that are whole, as Pipenv writes them: four spaces for each level.
fn salvage(reading: &mut Reading, text: &str, error: &serde_json::Error) {
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or("");
    let line = u32::try_from(error.line().max(1)).unwrap_or(u32::MAX);
    let problem = if error.is_data() { "" } else { "not JSON: " };
    reading.unread(line, format!("{problem}{message}; only lines that are whole are read"));
    let (mut category, mut package) = ("", "");
    for (line, text) in (1..).zip(text.lines()) {
        let Some((key, value)) = text.trim().strip_prefix('"').and_then(|rest| rest.split_once("\": ")) else {
            continue;
        };
        match (text.len() - text.trim_start().len(), value) {
            (4, "{") => (category, package) = (key, ""),
            (8, "{") => package = key,
            (12, _) if key == "version" && !package.is_empty() && category != "_meta" => {
                let Some(written) = value.trim_end_matches(',').strip_prefix('"').and_then(|v| v.strip_suffix('"'))
                else {
                    continue;
                };
                let entry = reading.entry(package, line);
                add(reading, entry, written, &pipenv::scope(category));
            }
            _ => {}
        }
    }
}

/// What a value is, for messages.
fn kind(value: &RawValue) -> &'static str {
    match value.get().as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}
