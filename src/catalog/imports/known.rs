//! Which distributions install what is imported: what environments say, what is widely known, and a guess.

use crate::catalog::{DistributionName, ImportNames};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Import names that differ from the names of their distributions.
const IMPORT_NAMES: &str = include_str!("import_names.toml");

/// Names of widely used distributions that are imported by the same name, one a line.
const SAME_NAMES: &str = include_str!("same_names.txt");

/// Modules of the standard library, of Python 2.7 and of 3.6 to 3.14 on all platforms, one a line.
const STANDARD_LIBRARY: &str = include_str!("standard_library.txt");

/// A name of that many components says which module it is, for all that is known.
const MAX_COMPONENTS: usize = 16;

/// The built-in knowledge.
pub(super) struct Known {
    names: Names,
    same: BTreeSet<&'static str>,
    standard: BTreeSet<&'static str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Names {
    distributions: BTreeMap<String, Vec<String>>,
    /// Packages that many distributions share, and how the names of those begin.
    namespaces: BTreeMap<String, String>,
}

/// What an import name stands for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Meaning {
    /// The distributions that install it, the usual one first; never empty.
    pub distributions: Vec<DistributionName>,
    /// Whether the name of the distribution is only guessed.
    pub guessed: bool,
    /// Names of distributions that may install it as well: where a manifest has one of them, it is declared.
    pub less_likely: Vec<DistributionName>,
}

impl Meaning {
    fn known<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        let distributions = names.into_iter().map(DistributionName::new).collect();
        Self { distributions, guessed: false, less_likely: Vec::new() }
    }

    fn guessed(name: &str, less_likely: Vec<String>) -> Self {
        let less_likely = less_likely.iter().map(|name| DistributionName::new(name)).collect();
        Self { distributions: vec![DistributionName::new(name)], guessed: true, less_likely }
    }

    /// All distributions that may install it.
    pub(super) fn may_be(&self) -> impl Iterator<Item = &DistributionName> {
        self.distributions.iter().chain(&self.less_likely)
    }
}

impl Known {
    /// Reads what is built in.
    pub(super) fn load() -> Self {
        Self {
            names: toml::from_str(IMPORT_NAMES).expect("a test reads it"),
            same: SAME_NAMES.lines().collect(),
            standard: STANDARD_LIBRARY.lines().collect(),
        }
    }

    /// Of the dotted name `module` the part that is of one distribution, and what that stands for. `None` where it is of
    /// the standard library, or a package that distributions share, which says nothing of any of them.
    pub(super) fn meaning(&self, module: &str, installed: &[&ImportNames]) -> Option<(String, Meaning)> {
        let top = module.split('.').next()?;
        if self.standard.contains(top) {
            return None;
        }
        let prefixes: Vec<&str> = prefixes(module).collect();
        for prefix in prefixes.iter().rev() {
            let distributions: BTreeSet<_> =
                installed.iter().filter_map(|names| names.get(*prefix)).flatten().collect();
            if !distributions.is_empty() {
                let names = distributions.into_iter().map(DistributionName::as_str);
                return Some(((*prefix).to_owned(), Meaning::known(names)));
            }
        }
        let below = format!("{module}.");
        let is_shared = |names: &&ImportNames| {
            names.range(below.clone()..).next().is_some_and(|(name, _)| name.starts_with(&below))
        };
        if installed.iter().any(is_shared) {
            return None;
        }
        self.widely_known(module)
    }

    fn widely_known(&self, module: &str) -> Option<(String, Meaning)> {
        // `google.cloud.vision_v1` is of the same distribution as `google.cloud.vision`.
        let module = module.split('.').map(without_version).collect::<Vec<_>>().join(".");
        let prefixes: Vec<&str> = prefixes(&module).collect();
        let known = prefixes.iter().rev().find(|prefix| self.names.distributions.contains_key(**prefix));
        let known = known.map(|name| (*name, &self.names.distributions[*name]));
        let namespace = prefixes.iter().rev().find(|prefix| self.names.namespaces.contains_key(**prefix));
        if let Some(namespace) =
            namespace.filter(|namespace| known.is_none_or(|(name, _)| namespace.len() >= name.len()))
        {
            let begin = &self.names.namespaces[*namespace];
            let rest: Vec<&str> = module[namespace.len()..].split('.').skip(1).collect();
            match (rest.first(), known) {
                (Some(first), _) => {
                    let longer = (2..=rest.len().min(4)).map(|end| format!("{begin}-{}", rest[..end].join("-")));
                    let others = known.into_iter().flat_map(|(_, names)| names.iter().cloned());
                    let meaning = Meaning::guessed(&format!("{begin}-{first}"), longer.chain(others).collect());
                    return Some((format!("{namespace}.{first}"), meaning));
                }
                (None, None) => return None,
                (None, Some(_)) => {}
            }
        }
        if let Some((name, distributions)) = known {
            return Some((name.to_owned(), Meaning::known(distributions.iter().map(String::as_str))));
        }
        let top = prefixes.first()?;
        let meaning = if self.same.contains(top.to_ascii_lowercase().as_str()) {
            Meaning::known([*top])
        } else {
            let usual = ["python-{}", "{}-python", "py{}", "py-{}"].map(|form| form.replace("{}", top));
            Meaning::guessed(top, usual.into())
        };
        Some(((*top).to_owned(), meaning))
    }
}

/// `a`, `a.b`, `a.b.c`.
fn prefixes(module: &str) -> impl Iterator<Item = &str> {
    let ends = module.match_indices('.').map(|(end, _)| end).chain([module.len()]);
    ends.take(MAX_COMPONENTS).map(|end| &module[..end])
}

/// `vision` of `vision_v1p4beta1`.
fn without_version(component: &str) -> &str {
    match component.rfind("_v") {
        Some(at) if at > 0 && component[at + 2..].starts_with(|c: char| c.is_ascii_digit()) => &component[..at],
        _ => component,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn means(module: &str) -> String {
        match Known::load().meaning(module, &[]) {
            None => "nothing".into(),
            Some((name, meaning)) => {
                let distributions: Vec<&str> = meaning.distributions.iter().map(DistributionName::as_str).collect();
                format!("{name} {}{}", distributions.join("|"), if meaning.guessed { "?" } else { "" })
            }
        }
    }

    #[test]
    fn the_longest_known_name_decides() {
        assert_eq!(means("sklearn.svm"), "sklearn scikit-learn");
        assert_eq!(means("google.cloud.storage.Client"), "google.cloud.storage google-cloud-storage");
        assert_eq!(means("google.cloud.vision_v1p4beta1.types"), "google.cloud.vision google-cloud-vision");
        assert_eq!(means("google.cloud.nonesuch.x"), "google.cloud.nonesuch google-cloud-nonesuch?");
        assert_eq!(means("google.cloud"), "nothing");
        assert_eq!(means("ruamel.yaml"), "ruamel.yaml ruamel-yaml");
        assert_eq!(means("airflow.providers.ssh.hooks"), "airflow.providers.ssh apache-airflow-providers-ssh?");
        assert_eq!(means("airflow.models"), "airflow apache-airflow|apache-airflow-core");
        assert_eq!(
            means("opentelemetry.instrumentation"),
            "opentelemetry.instrumentation opentelemetry-instrumentation"
        );
        assert_eq!(means("numpy.linalg"), "numpy numpy");
        assert_eq!(means("nonesuch.a"), "nonesuch nonesuch?");
        assert_eq!(means("cPickle"), "nothing");
        assert_eq!(means("tomllib"), "nothing");
    }

    #[test]
    fn environments_know_better() {
        let of = |names: &[(&str, &str)]| -> ImportNames {
            names.iter().map(|(name, of)| ((*name).to_owned(), [DistributionName::new(of)].into())).collect()
        };
        let installed = of(&[("yaml", "own-yaml"), ("space.a", "space-of-a")]);
        let meaning = |module| Known::load().meaning(module, &[&installed]).map(|(_, meaning)| meaning.distributions);
        assert_eq!(meaning("yaml.loader"), Some(vec![DistributionName::new("own-yaml")]));
        assert_eq!(meaning("space.a.b"), Some(vec![DistributionName::new("space-of-a")]));
        assert_eq!(meaning("space"), None);
        assert_eq!(meaning("json"), None);
    }

    #[test]
    fn the_lists_are_sorted_and_consistent() {
        for list in [SAME_NAMES, STANDARD_LIBRARY] {
            let lines: Vec<&str> = list.lines().collect();
            assert!(lines.is_sorted_by(|a, b| a < b), "sorted, without duplicates");
        }
        let known = Known::load();
        for table in ["distributions", "namespaces"] {
            let body = IMPORT_NAMES.split(&format!("[{table}]\n")).nth(1).expect("the table is there");
            let keys: Vec<&str> = body.lines().take_while(|line| !line.is_empty()).collect();
            let keys: Vec<&str> = keys.iter().map(|line| line.split(" =").next().unwrap_or_default()).collect();
            assert!(keys.is_sorted_by(|a, b| a < b), "{table} is sorted, without duplicates");
        }
        for (name, distributions) in &known.names.distributions {
            let top = name.split('.').next().unwrap_or_default();
            assert!(!known.standard.contains(top), "{name} is of the standard library");
            assert!(!known.same.contains(name.as_str()), "{name} is in both lists");
            assert!(!distributions.is_empty(), "{name}");
            for distribution in distributions {
                assert_eq!(DistributionName::new(distribution).as_str(), distribution, "{name}");
            }
            assert!(distributions.len() > 1 || distributions[0] != *name, "{name} needs no entry");
        }
        assert!(known.same.iter().all(|name| !known.standard.contains(name)));
    }
}
