//! Files that the real tools wrote, against what the same tools say is in them. Each directory says how it was made.

use picklegate::catalog::{Catalog, Dependency, DistributionName, Evidence, Inventory, Scope, Source};
use picklegate::snapshot::{DirectorySnapshot, RepoPath};
use std::collections::BTreeSet;
use std::path::Path;

fn snapshot(case: &str) -> DirectorySnapshot {
    let root = Path::new("tests/data/manifests").join(case);
    DirectorySnapshot::open(&root, 1 << 20)
}

fn inventory(case: &str) -> Inventory {
    let snapshot = snapshot(case);
    let inventory = Catalog::new(&snapshot).everything();
    assert_eq!((&inventory.diagnostics[..], &inventory.unreadable[..]), (&[][..], &[][..]), "{case}");
    inventory
}

fn text(case: &str, path: &str) -> String {
    std::fs::read_to_string(Path::new("tests/data/manifests").join(case).join(path)).expect("a recorded file")
}

/// `name==version` of each line of a listing.
fn listed(case: &str, path: &str) -> BTreeSet<String> {
    let pin = |line: &str| {
        let (name, version) = line.split([';', '\\']).next()?.trim().split_once("==")?;
        let name = name.split('[').next()?;
        Some(format!("{}=={version}", DistributionName::new(name)))
    };
    let listed: BTreeSet<String> = text(case, path).lines().filter_map(pin).collect();
    assert!(!listed.is_empty(), "{case}/{path}");
    listed
}

/// `name==version` of each exact entry of `inventory` that `wanted` takes.
fn entries(inventory: &Inventory, wanted: impl Fn(&Dependency) -> bool) -> BTreeSet<String> {
    let pin = |d: &Dependency| format!("{}=={}", d.name, d.version.as_ref().expect("it is exact"));
    inventory.dependencies.iter().filter(|d| d.version.is_some() && wanted(d)).map(pin).collect()
}

fn locked(inventory: &Inventory) -> BTreeSet<String> {
    entries(inventory, |dependency| dependency.evidence == Evidence::Locked)
}

fn locked_for(inventory: &Inventory, scopes: &[Scope]) -> BTreeSet<String> {
    entries(inventory, |d| d.evidence == Evidence::Locked && d.scopes.iter().any(|scope| scopes.contains(scope)))
}

fn group(name: &str) -> Scope {
    Scope::Group(name.into())
}

fn extra(name: &str) -> Scope {
    Scope::Extra(name.into())
}

#[test]
fn uv_lock_has_what_uv_exports() {
    let inventory = inventory("uv-forks");
    assert_eq!(locked(&inventory), listed("uv-forks", "export-all.txt"));
    let runtime = [Scope::Runtime];
    assert_eq!(locked_for(&inventory, &runtime), listed("uv-forks", "export-runtime.txt"));
    let with_extra = [Scope::Runtime, extra("table-view")];
    assert_eq!(locked_for(&inventory, &with_extra), listed("uv-forks", "export-extra-table-view.txt"));
    assert_eq!(locked_for(&inventory, &[group("dev")]), listed("uv-forks", "export-group-dev.txt"));
    assert_eq!(locked_for(&inventory, &[group("lint")]), listed("uv-forks", "export-group-lint.txt"));
    let cloudpickle = DistributionName::new("cloudpickle");
    let forks: Vec<_> = inventory.entries_for(&cloudpickle).filter(|d| d.version.is_some()).collect();
    assert_eq!(forks.len(), 2);
    assert!(forks.iter().all(|fork| fork.marker.as_ref().is_some_and(|marker| marker.contains("python_full_version"))));
}

#[test]
fn older_uv_locks_have_what_their_uv_exports() {
    for case in ["uv-0.4", "uv-0.5", "uv-0.7"] {
        let inventory = inventory(case);
        assert_eq!(locked(&inventory), listed(case, "export-all.txt"), "{case}");
        assert_eq!(locked_for(&inventory, &[Scope::Runtime]), listed(case, "export-runtime.txt"), "{case}");
        let find = |name| inventory.dependencies.iter().find(|d| d.name.as_str() == name && d.version.is_some());
        assert_eq!(find("click").expect("locked").scopes, [extra("speed")], "{case}");
        let colorama = find("colorama").expect("click needs it");
        assert_eq!((colorama.direct, &colorama.parents[..]), (Some(false), &[DistributionName::new("click")][..]));
    }
}

#[test]
fn uv_workspaces_lock_their_members_together() {
    let inventory = inventory("uv-workspace");
    assert_eq!(locked(&inventory), listed("uv-workspace", "export-all.txt"));
    let snapshot = snapshot("uv-workspace");
    let catalog = Catalog::new(&snapshot);
    let governing = |file| {
        let governing = catalog.governing(&RepoPath::from(file), &DistributionName::new("dill"));
        governing.candidates.into_iter().map(|c| format!("{} {}", c.path, c.raw_version)).collect::<Vec<_>>()
    };
    let expected: Vec<String> =
        listed("uv-workspace", "export-member.txt").iter().map(|pin| pin.replace("dill==", "uv.lock ")).collect();
    assert_eq!(governing("packages/member/member/x.py"), expected);
    assert_eq!(governing("packages/apart/x.py"), ["packages/apart/pyproject.toml <0.3.9"]);
}

#[test]
fn uv_locks_both_sides_of_a_conflict() {
    let inventory = inventory("uv-conflicts");
    for side in ["old", "new"] {
        let listed = listed("uv-conflicts", &format!("export-extra-{side}.txt"));
        assert_eq!(locked_for(&inventory, &[Scope::Runtime, extra(side)]), listed);
    }
}

#[test]
fn poetry_locks_of_all_ages_have_what_poetry_exports() {
    for case in ["poetry-1.1", "poetry-1.4", "poetry-1.8", "poetry-2.5"] {
        assert_eq!(locked(&inventory(case)), listed(case, "export-all.txt"), "{case}");
    }
    let old = inventory("poetry-1.1");
    assert_eq!(locked_for(&old, &[Scope::Runtime]), listed("poetry-1.1", "export-main.txt"));
    let new = inventory("poetry-2.5");
    let is_required =
        |d: &Dependency| d.scopes.contains(&Scope::Runtime) && d.marker.as_deref() != Some("extra == \"table\"");
    let required = entries(&new, |d| d.evidence == Evidence::Locked && is_required(d));
    assert_eq!(required, listed("poetry-2.5", "export-main.txt"));
    assert_eq!(locked_for(&new, &[group("dev")]), listed("poetry-2.5", "export-group-dev.txt"));
    assert_eq!(locked_for(&new, &[group("lint")]), listed("poetry-2.5", "export-group-lint.txt"));
}

#[test]
fn pylock_of_pip_and_of_uv() {
    assert_eq!(locked(&inventory("pip-lock")), listed("pip-lock", "report.txt"));
    assert_eq!(locked(&inventory("uv-pylock")), listed("uv-pylock", "export-all.txt"));
}

#[test]
fn compiled_requirements_are_pins() {
    for (case, pins) in [("pip-compile", 4), ("uv-compile", 5)] {
        let inventory = inventory(case);
        let pinned = entries(&inventory, |d| d.evidence == Evidence::Pinned);
        assert_eq!(pinned, listed(case, "requirements.txt"));
        assert_eq!(pinned.len(), pins);
    }
}

#[test]
fn every_exact_entry_stands_on_its_line() {
    let cases = ["uv-forks", "uv-workspace", "uv-conflicts", "poetry-1.1", "poetry-1.4", "poetry-1.8", "poetry-2.5"];
    for case in cases.into_iter().chain(["pip-lock", "uv-pylock", "pip-compile", "uv-compile"]) {
        for dependency in inventory(case).dependencies {
            let text = text(case, &dependency.path.to_string());
            let line = text.lines().nth(dependency.line as usize - 1).expect("the line exists");
            assert!(line.contains(&dependency.raw_version), "{case}/{}:{}: {line}", dependency.path, dependency.line);
            if dependency.format == "requirements" {
                assert!(line.contains(&dependency.raw_name), "{case}/{}:{}: {line}", dependency.path, dependency.line);
            }
        }
    }
}

/// What pip itself makes of a directory of requirements files.
#[test]
fn requirements_are_read_as_pip_reads_them() {
    let normal_clauses = |text: &str| -> BTreeSet<String> {
        text.split(',').map(|clause| clause.replace(' ', "")).filter(|clause| !clause.is_empty()).collect()
    };
    let normal_marker = |marker: &str| marker.replace('\'', "\"");
    let mut expected = BTreeSet::new();
    let recorded: serde_json::Value = serde_json::from_str(&text("pip-parse", "pip.json")).expect("recorded as JSON");
    for entry in recorded.as_array().expect("a list") {
        let field = |key: &str| entry[key].as_str().map(str::to_owned);
        let list =
            |key: &str| entry[key].as_array().into_iter().flatten().filter_map(|v| v.as_str()).collect::<Vec<_>>();
        // pip adds the version of a wheel's name as a clause.
        let clauses =
            if entry["url"].is_null() { normal_clauses(&list("specifier").join(",")) } else { BTreeSet::new() };
        expected.insert((
            (field("file").expect("a file"), entry["line"].as_u64().expect("a line")),
            (field("name").expect("a name"), list("extras").join(",")),
            (clauses, field("marker"), field("url")),
            (entry["constraint"].as_bool().expect("a flag"), entry["editable"].as_bool().expect("a flag")),
        ));
    }
    let mut found = BTreeSet::new();
    for d in inventory("pip-parse").dependencies {
        let (url, editable) = match d.source {
            Source::Registry => (None, false),
            Source::Url(url) => (Some(url), false),
            // The fixture has one editable, from version control.
            Source::Vcs(url) => (Some(url.clone()), url.contains("#egg")),
            Source::Path { path, editable } => (Some(path), editable),
        };
        let clauses =
            if url.is_none() { normal_clauses(d.raw_version.trim_matches(['(', ')'])) } else { BTreeSet::new() };
        found.insert((
            (d.path.to_string(), u64::from(d.line)),
            (d.raw_name, d.extras.join(",")),
            (clauses, d.marker.map(|marker| normal_marker(&marker)), url),
            (d.scopes.contains(&Scope::Constraint), editable),
        ));
    }
    assert_eq!(found, expected);
}

/// `name==version` of each locked entry of an index that `wanted` takes.
fn from_index(inventory: &Inventory, wanted: impl Fn(&Dependency) -> bool) -> BTreeSet<String> {
    entries(inventory, |d| d.evidence == Evidence::Locked && d.source == Source::Registry && wanted(d))
}

/// The names of locked entries that are direct, and of those that are not.
fn direct(inventory: &Inventory) -> [BTreeSet<String>; 2] {
    [true, false].map(|direct| {
        let locked = inventory.dependencies.iter().filter(|d| d.evidence == Evidence::Locked);
        locked.filter(|d| d.direct == Some(direct)).map(|d| d.name.to_string()).collect()
    })
}

fn names(names: &str) -> BTreeSet<String> {
    names.split(' ').map(str::to_owned).collect()
}

/// `name==version needed by parent` for each parent of each locked entry.
fn needs(inventory: &Inventory) -> BTreeSet<String> {
    let locked = inventory.dependencies.iter().filter(|d| d.evidence == Evidence::Locked);
    let need = |d: &Dependency| {
        let child = format!("{}=={}", d.name, d.raw_version);
        d.parents.iter().map(|parent| format!("{child} needed by {parent}")).collect::<Vec<_>>()
    };
    locked.flat_map(need).collect()
}

/// The same of the trees that uv draws; what the project itself needs is left out.
fn drawn(case: &str, paths: &[&str]) -> BTreeSet<String> {
    let mut drawn = BTreeSet::new();
    for path in paths {
        let mut above: Vec<String> = Vec::new();
        for line in text(case, path).lines() {
            let start = line.find(|c: char| c.is_ascii_alphanumeric()).unwrap_or(line.len());
            let depth = line[..start].chars().count() / 4;
            let Some((name, rest)) = line[start..].split_once(" v") else { continue };
            let name = name.split('[').next().expect("split gives one part");
            let version = rest.split(' ').next().expect("split gives one part");
            above.truncate(depth);
            if let Some(parent) = above.last().filter(|parent| *parent != "sample") {
                drawn.insert(format!("{name}=={version} needed by {parent}"));
            }
            above.push(name.to_owned());
        }
    }
    drawn
}

#[test]
fn pipenv_locks_have_what_pipenv_exports() {
    for case in ["pipenv-2022", "pipenv-2026"] {
        let inventory = inventory(case);
        assert_eq!(locked_for(&inventory, &[Scope::Runtime]), listed(case, "export-runtime.txt"), "{case}");
        assert_eq!(locked_for(&inventory, &[Scope::Dev]), listed(case, "export-dev.txt"), "{case}");
        assert_eq!(locked_for(&inventory, &[group("docs")]), listed(case, "export-docs.txt"), "{case}");
        let [direct, transitive] = direct(&inventory);
        let declared =
            names("attrs click colorama coverage far-lib iniconfig own-lib pluggy typing-extensions wcwidth");
        assert_eq!(direct, declared, "{case}");
        assert_eq!(
            transitive.difference(&names("tomli")).cloned().collect::<BTreeSet<_>>(),
            names("packaging six"),
            "{case}"
        );
    }
}

#[test]
fn pdm_locks_of_all_ages_have_what_pdm_exports() {
    // Older versions export what the environment needs that they run in.
    for (case, of_other_environments) in [
        ("pdm-1.15", "colorama importlib-metadata tomli zipp"),
        ("pdm-2.4", "colorama"),
        ("pdm-2.10", "colorama importlib-metadata tomli zipp"),
        ("pdm-2.29", ""),
    ] {
        let inventory = inventory(case);
        let exported = listed(case, "export-all.txt");
        let locked = from_index(&inventory, |_| true);
        assert_eq!(exported.difference(&locked).collect::<Vec<_>>(), Vec::<&String>::new(), "{case}");
        let others = locked.difference(&exported).filter_map(|pin| pin.split("==").next());
        assert_eq!(others.collect::<Vec<_>>().join(" "), of_other_environments, "{case}");
        let [direct, transitive] = direct(&inventory);
        let declared = "attrs click coverage far-lib importlib-metadata iniconfig own-lib pluggy pyflakes wcwidth";
        assert_eq!(direct, names(declared), "{case}");
        assert_eq!(transitive, names("colorama packaging six tomli zipp"), "{case}");
        let expected = ["colorama by click", "packaging by far-lib", "six by own-lib", "tomli by coverage"];
        let needs: Vec<String> = needs(&inventory).into_iter().filter(|need| !need.starts_with("importlib")).collect();
        assert_eq!(needs.len(), 5, "{needs:?}");
        for need in expected {
            let (child, parent) = need.split_once(" by ").expect("written above");
            assert!(
                needs.iter().any(|n| n.starts_with(&format!("{child}==")) && n.ends_with(&format!(" by {parent}")))
            );
        }
    }
    for case in ["pdm-2.29", "pdm-pylock"] {
        let inventory = inventory(case);
        let of = |scopes: &[Scope]| from_index(&inventory, |d| d.scopes.iter().any(|scope| scopes.contains(scope)));
        assert_eq!(of(&[Scope::Runtime]), listed("pdm-2.29", "export-runtime.txt"), "{case}");
        let with_extra = [Scope::Runtime, extra("table-view")];
        assert_eq!(of(&with_extra), listed("pdm-2.29", "export-extra-table-view.txt"), "{case}");
        assert_eq!(from_index(&inventory, |_| true), listed("pdm-2.29", "export-all.txt"), "{case}");
        let sources: BTreeSet<String> = inventory
            .dependencies
            .iter()
            .filter(|d| d.evidence == Evidence::Locked)
            .filter_map(|d| match &d.source {
                Source::Vcs(url) => Some(format!("{} {url}", d.name)),
                Source::Path { path, .. } => Some(format!("{} {path}", d.name)),
                _ => None,
            })
            .collect();
        assert!(sources.contains("far-lib https://git.example.org/far-lib.git"), "{case}: {sources:?}");
        assert_eq!(sources.len(), 2, "{case}: {sources:?}");
    }
}

#[test]
fn uv_locks_groups_that_conflict_and_says_who_needs_whom() {
    let inventory = inventory("uv-groups");
    let of = |scope: Scope| from_index(&inventory, |d| d.scopes.contains(&scope));
    assert_eq!(of(group("test")), listed("uv-groups", "export-group-test.txt"));
    assert_eq!(of(group("old")), listed("uv-groups", "export-group-old.txt"));
    assert_eq!(of(group("new")), listed("uv-groups", "export-group-new.txt"));
    // What runs may run with either side of the conflict.
    let mut runtime = listed("uv-groups", "export-runtime.txt");
    runtime.extend(listed("uv-groups", "export-group-old.txt"));
    // These are locked for both sides at once, which uv does not let anybody install.
    let both = ["importlib-metadata==10.2.0", "importlib-metadata==9.0.1", "lazy-importer==0.1.0", "zipp==4.1.2"];
    runtime.extend(both.map(str::to_owned));
    assert_eq!(of(Scope::Runtime), runtime);
    assert_eq!(needs(&inventory), drawn("uv-groups", &["tree-none.txt", "tree-old.txt", "tree-new.txt"]));
}

#[test]
fn locks_of_scripts_are_for_them_alone() {
    let inventory = inventory("uv-script-lock");
    assert_eq!(locked_for(&inventory, &[Scope::Script]), listed("uv-script-lock", "export-all.txt"));
    assert_eq!(locked(&inventory), listed("uv-script-lock", "export-all.txt"));
    assert_eq!(direct(&inventory), [names("click coverage"), names("colorama tomli")]);
    assert_eq!(needs(&inventory), drawn("uv-script-lock", &["tree.txt"]));
    let snapshot = snapshot("uv-script-lock");
    let governing = Catalog::new(&snapshot).governing(&RepoPath::from("other.py"), &DistributionName::new("click"));
    assert_eq!(governing.candidates, []);
}

#[test]
fn pip_compile_says_who_needs_whom_in_all_its_styles() {
    for case in ["pip-tools-line", "pip-tools-split", "pip-tools-split-hashes"] {
        let inventory = inventory(case);
        let compiled = inventory.dependencies.iter().filter(|d| d.path.file_name() == b"requirements.txt");
        let said: Vec<String> = compiled
            .map(|d| format!("{} {:?} {:?}", d.name, d.direct, d.parents.first().map(|p| p.as_str())))
            .collect();
        assert_eq!(
            said,
            [
                "attrs Some(true) None",
                "click Some(true) None",
                "coverage Some(true) None",
                "importlib-metadata Some(true) None",
                "zipp Some(false) Some(\"importlib-metadata\")"
            ],
            "{case}"
        );
    }
}

#[test]
fn what_a_lock_does_not_say_the_manifest_beside_it_does() {
    assert_eq!(
        direct(&inventory("pip-lock")).map(|names| names.len()).iter().sum::<usize>(),
        listed("pip-lock", "report.txt").len()
    );
}
