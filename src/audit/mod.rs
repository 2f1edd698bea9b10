//! The inventory that is handed on: each library with its versions in force, whether it can unpickle, and how often the
//! repository makes it; and which evidence decides.
//!
//! Joins what the catalog, the rules and the gate know. Must not print, open a repository or judge code by itself.
//!
//! ```
//! use picklegate::audit::{Exposure, audit};
//! use picklegate::catalog::Catalog;
//! use picklegate::rules::RuleSet;
//! use picklegate::snapshot::{MemorySnapshot, RepoPath};
//! let snapshot = MemorySnapshot::from([("requirements.txt", "torch==2.5.1\nsix==1.16\n")]);
//! let audit = audit(&Catalog::new(&snapshot), &RepoPath::root(), &RuleSet::builtin(), None);
//! let exposures: Vec<_> = audit.libraries.iter().map(|library| (library.name.as_str(), library.exposure)).collect();
//! let python = ("python standard library", Exposure::Active);
//! assert_eq!(exposures, [python, ("six", Exposure::Unknown), ("torch", Exposure::Active)]);
//! ```

mod active;
mod calls;
mod entries;
mod exposure;
mod model;
mod warnings;
mod why;

pub use active::{ActiveRule, active_rules};
pub use calls::Calls;
pub use model::{
    Audit, AuditedCondition, AuditedEntry, AuditedLibrary, AuditedRule, AuditedWarning, Exposure, NotRead,
    STANDARD_LIBRARY, Summary,
};
pub use why::{Answer, RuleStanding, Why, why};

use crate::catalog::{Catalog, Dependency, Diagnostic, Evidence, Gravity};
use crate::gate::{Unscanned, Verdict};
use crate::rules::{Library, RuleSet};
use crate::snapshot::RepoPath;
use calls::Tally;
use entries::Place;

/// Joins all manifests at and below `part`, and what is imported there and none of them names, with the rules, and with the
/// calls that `verdict` found there.
///
/// What decides versions inside `part` from outside, as the lock of a workspace does, is listed too.
pub fn audit(catalog: &Catalog<'_>, part: &RepoPath, rules: &RuleSet, verdict: Option<&Verdict>) -> Audit {
    let mut inventory = catalog.everything();
    let undeclared = catalog.undeclared(&inventory);
    inventory.dependencies.extend(undeclared.imports.into_iter().map(|import| import.dependency));
    inventory.diagnostics.extend(undeclared.diagnostics);
    let own = entries::own(&inventory);
    let tally = verdict.map(|verdict| Tally::new(catalog, &own, rules, verdict)).unwrap_or_default();
    let entries = entries::collect(catalog, &inventory, &own, part, &tally);
    let mut audit = Audit { part: part.clone(), scanned: verdict.map(|verdict| verdict.counts), ..Audit::default() };
    for (name, mut found) in entries {
        let libraries: Vec<&Library> = rules.installed_by(name.as_str()).collect();
        let places: Vec<Place<'_>> = found.files.iter().map(|file| Place { file, own: own.get(file) }).collect();
        let judged = exposure::judge(catalog, rules, &libraries, &places, tally.of(&name));
        if libraries.iter().any(|library| rules.warns_of_versions(&library.name)) {
            warnings::warn(catalog, rules, &own, &mut found.entries);
        }
        let is_required = found.entries.iter().any(|entry| entries::requires(&entry.dependency)) || tally.has(&name);
        audit.libraries.push(row(name.as_str(), is_required, &libraries, judged, found.entries));
    }
    let standard: Vec<&Library> = rules.libraries.iter().filter(|library| library.standard).collect();
    let anywhere = [Place { file: part, own: None }];
    let judged = exposure::judge(catalog, rules, &standard, &anywhere, tally.of_standard());
    let row = row(STANDARD_LIBRARY, true, &standard, judged, Vec::new());
    audit.libraries.push(AuditedLibrary { is_standard: true, ..row });
    audit.libraries.sort_by(|a, b| a.name.cmp(&b.name));
    audit.directories = tally.directories();

    let installed = |path: &RepoPath| inventory.environments.iter().any(|environment| path.is_inside(environment));
    let asked = |path: &RepoPath| path == part || path.is_inside(part) || installed(path);
    let mut manifests: Vec<RepoPath> = inventory.manifests.iter().filter(|path| asked(path)).cloned().collect();
    let entries = audit.libraries.iter().flat_map(|library| &library.entries).map(|entry| &entry.dependency);
    manifests.extend(entries.filter(|found| is_of_manifest(found)).map(|found| found.path.clone()));
    manifests.sort();
    manifests.dedup();
    // A manifest above what is asked for may decide in it.
    let concerns = |path: &RepoPath| {
        asked(path)
            || manifests.binary_search(path).is_ok()
            || path.parent().is_some_and(|above| part.is_inside(&above))
    };
    for found in inventory.diagnostics.iter().filter(|found| concerns(&found.path)) {
        if found.gravity == Gravity::Unread {
            let Diagnostic { path, line, problem, .. } = found.clone();
            audit.not_read.push(NotRead { path, line: Some(line), problem });
        } else {
            audit.remarks.push(found.clone());
        }
    }
    let unreadable = inventory.unreadable.iter().cloned().map(Unscanned::from).filter(|found| concerns(&found.path));
    let unscanned = verdict.iter().flat_map(|verdict| verdict.unscanned.iter().cloned());
    let whole = |found: Unscanned| NotRead { path: found.path, line: None, problem: found.reason };
    audit.not_read.extend(unreadable.chain(unscanned).map(whole));
    audit.not_read.sort();
    audit.not_read.dedup();
    audit.manifests = manifests;
    audit.environments = inventory.environments;
    audit
}

/// Whether the entry stands in a manifest, not in an environment or a source.
fn is_of_manifest(entry: &Dependency) -> bool {
    !matches!(entry.evidence, Evidence::Installed | Evidence::Imported)
}

fn row(
    name: &str,
    is_required: bool,
    libraries: &[&Library],
    rules: Vec<AuditedRule>,
    entries: Vec<AuditedEntry>,
) -> AuditedLibrary {
    let exposure = match rules.iter().any(|rule| rule.active.is_some()) {
        true => Exposure::Active,
        false if !rules.is_empty() => Exposure::Dormant,
        false if !libraries.is_empty() => Exposure::Harmless,
        false => Exposure::Unknown,
    };
    let calls = rules.iter().fold(Calls::default(), |all, rule| all + rule.calls);
    AuditedLibrary { name: name.to_owned(), is_standard: false, is_required, exposure, entries, rules, calls }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::{Policy, scan};
    use crate::snapshot::MemorySnapshot;
    use std::sync::Arc;

    fn audit_part(files: &[(&str, &str)], part: &str) -> Audit {
        let mut snapshot = MemorySnapshot::default();
        files.iter().for_each(|(path, text)| snapshot.insert(RepoPath::from(*path), *text));
        let rules = RuleSet::builtin();
        let policy = Policy { rules: Arc::clone(&rules), ..Policy::default() };
        let part = RepoPath::from(part);
        let verdict = scan(&snapshot, &part, &policy, &[]);
        audit(&Catalog::new(&snapshot), &part, &rules, Some(&verdict))
    }

    fn library<'a>(audit: &'a Audit, name: &str) -> &'a AuditedLibrary {
        let found = audit.libraries.iter().find(|library| library.name == name);
        found.unwrap_or_else(|| panic!("no {name} in {:?}", audit.libraries))
    }

    fn rule<'a>(audit: &'a Audit, name: &str, id: &str) -> &'a AuditedRule {
        library(audit, name).rules.iter().find(|rule| rule.id == id).expect("the library has the rule")
    }

    #[test]
    fn versions_wake_and_silence_rules() {
        let old = audit_part(&[("requirements.txt", "pyyaml==5.3.1\n")], "");
        assert!(rule(&old, "pyyaml", "yaml-load").active.is_some());
        assert_eq!(rule(&old, "pyyaml", "yaml-load").silent_in, ["==4.1", ">=5.4"]);
        assert_eq!(rule(&old, "pyyaml", "yaml-full-loader").silent_in, ["<5.1", ">=5.4"]);
        let new = audit_part(&[("requirements.txt", "pyyaml==6.0\n")], "");
        let load = rule(&new, "pyyaml", "yaml-load");
        assert_eq!((load.active, load.silent_in.len()), (None, 0));
        let wakes: Vec<_> = load.conditions.iter().map(|c| (c.versions.as_str(), c.is_met)).collect();
        assert_eq!(wakes, [("pyyaml <4.1 or >4.1,<5.4", false)]);
        // A rule with a match for every version is active in all.
        assert!(rule(&new, "pyyaml", "yaml-unsafe-loader").active.is_some());
        assert!(rule(&new, "pyyaml", "yaml-unsafe-loader").silent_in.is_empty());
    }

    #[test]
    fn what_decides_is_in_force_and_what_agrees_is_not() {
        let lock = "version = 1\n[[package]]\nname = 'torch'\nversion = '2.7.0'\nsource = { registry = 'x' }\n";
        let manifest = "[project]\nname = 'a'\ndependencies = ['torch>=2']\n";
        let audit =
            audit_part(&[("uv.lock", lock), ("pyproject.toml", manifest), ("b/requirements.txt", "torch<2.6")], "");
        let torch = library(&audit, "torch");
        let entries: Vec<_> =
            torch.entries.iter().map(|entry| (entry.dependency.raw_version.as_str(), entry.is_in_force)).collect();
        assert_eq!(entries, [("<2.6", true), (">=2", false), ("2.7.0", true)]);
        // The rule is active because of one of the two projects.
        assert!(rule(&audit, "torch", "torch-load").conditions.iter().any(|c| c.versions == "torch <2.6" && c.is_met));
    }

    #[test]
    fn calls_are_counted_by_rule_severity_and_directory() {
        let files = [
            ("requirements.txt", "pytorch==2.5.1\n"),
            ("a/x.py", "import torch, pickle\ntorch.load(p)\npickle.load(f)\n"),
            ("a/b/y.py", "import torch\ntorch.load(p)\ntorch.load(p)  # picklegate: allow[torch-load] ours\n"),
            ("z.py", "import dill, yaml\ndill.load(f)\nyaml.load(f)  # picklegate: allow[pickle-load] unused\n"),
        ];
        let audit = audit_part(&files, "");
        // The distribution that governs is called, whatever the library is named after.
        assert!(!audit.libraries.iter().any(|library| library.name == "torch"));
        let torch = rule(&audit, "pytorch", "torch-load");
        assert_eq!(torch.calls, Calls { error: 2, allowed: 1, ..Calls::default() });
        assert_eq!(torch.directories[&RepoPath::from("a/b")], Calls { error: 1, allowed: 1, ..Calls::default() });
        assert_eq!(library(&audit, STANDARD_LIBRARY).calls.error, 1);
        // No manifest names it, and it is there all the same.
        let dill = library(&audit, "dill");
        assert!(dill.entries.iter().all(|entry| entry.dependency.evidence == Evidence::Imported) && dill.is_required);
        assert_eq!(audit.summary().calls.allowed, 1);
        let directories: Vec<_> =
            audit.directories.iter().map(|(path, calls)| (path.to_string(), calls.error)).collect();
        assert_eq!(directories[1..], [("a".into(), 2), ("a/b".into(), 1)]);
    }

    #[test]
    fn a_script_runs_with_what_it_says() {
        let script = "# /// script\n# dependencies = ['pyyaml==5.3']\n# ///\nimport yaml\nyaml.load(f)\n";
        let audit = audit_part(&[("requirements.txt", "pyyaml==6.0\n"), ("tools/a.py", script)], "");
        let entries = &library(&audit, "pyyaml").entries;
        assert!(entries.len() == 2 && entries.iter().all(|entry| entry.is_in_force), "{entries:?}");
        let load = rule(&audit, "pyyaml", "yaml-load");
        assert!(load.active.is_some() && load.calls.error == 1, "{load:?}");
    }

    #[test]
    fn constraints_require_nothing() {
        let files = [("requirements.txt", "-c limits.txt\nsix\n"), ("limits.txt", "torch==2.3.1\n")];
        let audit = audit_part(&files, "");
        assert!(!library(&audit, "torch").is_required && library(&audit, "six").is_required);
    }

    #[test]
    fn a_part_has_what_decides_in_it_and_nothing_else() {
        let lock = "version = 1\n[manifest]\nmembers = ['a', 'b']\n[[package]]\nname = 'a'\nversion = '0'\n\
            source = { editable = 'a' }\n[[package]]\nname = 'torch'\nversion = '2.3.1'\nsource = { registry = 'x' }\n\
            [[package]]\nname = 'six'\nversion = '1'\nsource = { registry = 'x' }\n";
        let files = [
            ("uv.lock", lock),
            ("a/pyproject.toml", "[project]\nname = 'a'\ndependencies = ['torch>=2']\n"),
            ("b/requirements.txt", "dill\n"),
            ("a/x.py", "import pickle\npickle.load(f)\n"),
            ("b/y.py", "import pickle\npickle.load(f)\n"),
        ];
        let audit = audit_part(&files, "a");
        let names: Vec<_> = audit.libraries.iter().map(|library| library.name.as_str()).collect();
        assert_eq!(names, [STANDARD_LIBRARY, "torch"]);
        let entries: Vec<_> = library(&audit, "torch").entries.iter().map(|e| e.dependency.path.to_string()).collect();
        assert_eq!(entries, ["a/pyproject.toml", "uv.lock"]);
        assert_eq!(audit.summary().calls.error, 1);
        assert_eq!(audit.manifests.len(), 2);
    }

    #[test]
    fn what_was_not_read_is_kept_apart_from_what_is_odd() {
        let files = [("requirements.txt", "torch==2.3.1\n?\n"), ("uv.lock", "version = 1\n["), ("a.py", "x = (\n")];
        let audit = audit_part(&files, "");
        let not_read: Vec<_> = audit.not_read.iter().map(|found| (found.path.to_string(), found.line)).collect();
        assert_eq!(not_read, [("requirements.txt".into(), Some(2)), ("uv.lock".into(), Some(2))]);
    }
}
