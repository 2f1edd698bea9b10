//! What sources import and no manifest names, by the distributions that install it. For audits: the gate never asks.

mod known;
mod local;
mod source;

use super::reading::Reading;
use super::{
    Dependency, Diagnostic, DistributionName, Evidence, Gravity, ImportNames, InstalledEnvironment, Inventory, Scope,
    deciding, requirement,
};
use crate::parallel::in_parallel;
use crate::snapshot::{File, RepoPath, Snapshot, SnapshotError, walk};
use crate::syntax;
use known::{Known, Meaning};
use local::LocalModules;
use std::collections::{BTreeMap, BTreeSet};

/// The format of an entry whose distribution is known to install what is imported.
pub(super) const FORMAT: &str = "imports";

/// The format of an entry whose distribution is taken to be called as what is imported.
pub(super) const GUESSED_FORMAT: &str = "imports-guessed";

/// Something that is imported and that no manifest names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Import {
    /// The entry: the import name as `raw_name`, the first place that imports it, and as format `imports`, or
    /// `imports-guessed` where nothing is known but the name that is imported.
    pub dependency: Dependency,
    /// Other distributions that install it as well.
    pub alternatives: Vec<DistributionName>,
    /// The number of files that import it.
    pub files: usize,
}

/// What sources import and no manifest names.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Undeclared {
    /// In the order of the places.
    pub imports: Vec<Import>,
    /// The sources that could not be looked at.
    pub diagnostics: Vec<Diagnostic>,
}

/// Where a name is imported: outside of tests before inside, then by path and line.
type Place = (bool, RepoPath, u32);

/// A name that is imported, and what it stands for.
type Name = (String, Meaning);

/// What all Python files and notebooks of `snapshot` import that is neither of the standard library, nor a module of the
/// snapshot itself, nor named by an entry of `inventory`. What `environments` say of import names comes before what is
/// widely known.
pub(super) fn undeclared(
    snapshot: &dyn Snapshot,
    inventory: &Inventory,
    environments: &[InstalledEnvironment],
) -> Undeclared {
    let mut files = Vec::new();
    walk(snapshot, &RepoPath::root(), &mut |file| files.push(file));
    let local = LocalModules::of(files.iter().map(|file| &file.path));
    files.retain(|file| syntax::is_code(&file.path, b"") || syntax::may_be_script(&file.path));
    let imported = in_parallel(&files, |file| imports_of(snapshot, file, &local));

    let known = Known::load();
    let installed: Vec<&ImportNames> = environments.iter().map(InstalledEnvironment::import_names).collect();
    let declared = declared(inventory);
    let mut undeclared = Undeclared::default();
    let mut meanings: BTreeMap<String, Option<Name>> = BTreeMap::new();
    let mut found: BTreeMap<Name, BTreeSet<Place>> = BTreeMap::new();
    for (file, imported) in files.iter().zip(imported) {
        let in_tests = deciding::is_in_tests(&file.path.parent().unwrap_or_default());
        let imported = imported.unwrap_or_else(|problem| {
            let problem = format!("what it imports is not known: {problem}");
            undeclared.diagnostics.push(Diagnostic::new(file.path.clone(), 1, problem, Gravity::Odd));
            BTreeMap::new()
        });
        for (module, line) in imported {
            let meaning = meanings.entry(module).or_insert_with_key(|module| {
                let (name, meaning) = known.meaning(module, &installed)?;
                let is_declared = meaning.may_be().any(|distribution| declared.contains(distribution));
                let is_local = meaning.guessed && local.has_anywhere(&name);
                let is_name = requirement::is_name(meaning.distributions[0].as_str());
                (!is_declared && !is_local && is_name).then_some((name, meaning))
            });
            if let Some(name) = meaning
                && !(name.1.guessed && local.has_beside(&file.path, &name.0))
            {
                found.entry(name.clone()).or_default().insert((in_tests, file.path.clone(), line));
            }
        }
    }
    undeclared.imports = found.into_iter().map(|(name, places)| import(name, &places)).collect();
    undeclared.imports.sort_by(|a, b| {
        let (a, b) = (&a.dependency, &b.dependency);
        (&a.path, a.line, &a.raw_name).cmp(&(&b.path, b.line, &b.raw_name))
    });
    undeclared
}

/// What `file` imports that lies elsewhere.
fn imports_of(snapshot: &dyn Snapshot, file: &File, local: &LocalModules) -> Result<BTreeMap<String, u32>, String> {
    let bytes = match snapshot.read(file) {
        Ok(bytes) => bytes,
        // What is not code by its name and does not fit into memory is data, not a script.
        Err(SnapshotError::TooLarge { .. }) if !syntax::is_code(&file.path, b"") => return Ok(BTreeMap::new()),
        Err(error) => return Err(error.to_string()),
    };
    let mut imports = source::imports(&file.path, &bytes)?;
    let directory = file.path.parent().unwrap_or_default();
    // Only setuptools ever runs a `setup.py`.
    let is_built_with =
        |top: &str| file.path.file_name() == "setup.py" && matches!(top, "setuptools" | "pkg_resources");
    imports.retain(|module, _| {
        let top = module.split('.').next().unwrap_or(module);
        !is_built_with(top) && !local.has(&directory, top)
    });
    Ok(imports)
}

/// The distributions that manifests and locks name. What only limits versions requires nothing, and what is installed
/// may be there by chance.
fn declared(inventory: &Inventory) -> BTreeSet<&DistributionName> {
    let only_limits = |found: &Dependency| {
        !found.scopes.is_empty()
            && found.scopes.iter().all(|scope| matches!(scope, Scope::Constraint | Scope::Override))
    };
    let names = |found: &&Dependency| {
        !matches!(found.evidence, Evidence::Installed | Evidence::Imported) && !only_limits(found)
    };
    inventory.dependencies.iter().filter(names).map(|found| &found.name).collect()
}

fn import((name, meaning): Name, places: &BTreeSet<Place>) -> Import {
    let (in_tests, path, line) = places.first().expect("a name is there for the places that import it");
    let paths: BTreeSet<&RepoPath> = places.iter().map(|(_, path, _)| path).collect();
    let format = if meaning.guessed { GUESSED_FORMAT } else { FORMAT };
    let mut distributions = meaning.distributions.into_iter();
    let usual = distributions.next().expect("no meaning is without a distribution");
    let dependency = Dependency {
        name: usual,
        evidence: Evidence::Imported,
        scopes: if *in_tests { vec![Scope::Dev] } else { Vec::new() },
        direct: Some(true),
        ..Reading::new(path, format).entry(&name, *line)
    };
    Import { dependency, alternatives: distributions.collect(), files: paths.len() }
}
