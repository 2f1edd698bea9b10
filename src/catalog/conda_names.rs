//! Which distribution a conda package holds. Conda packages have names of their own: `pytorch` is `torch` on PyPI.
//!
//! The names that differ are data (`conda_names.toml`); any other name is taken for the same on both sides. Which packages
//! hold no Python at all (`openssl`, `gcc`) cannot be told by their names: they are entries like the others.

use super::DistributionName;
use std::collections::BTreeMap;
use std::sync::LazyLock;

static NAMES: LazyLock<BTreeMap<DistributionName, DistributionName>> = LazyLock::new(|| {
    let names: BTreeMap<String, String> =
        toml::from_str(include_str!("conda_names.toml")).expect("a test reads the same text");
    names.iter().map(|(conda, pypi)| (DistributionName::new(conda), DistributionName::new(pypi))).collect()
});

/// The distribution that the conda package `name` holds; `None` for the interpreter and for what describes the machine
/// (`__cuda`).
pub(super) fn distribution(name: &str) -> Option<DistributionName> {
    if name.starts_with("__") || name.eq_ignore_ascii_case("python") {
        return None;
    }
    let name = DistributionName::new(name);
    Some(NAMES.get(&name).cloned().unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_differ() {
        let text = include_str!("conda_names.toml");
        let written: Vec<(&str, &str)> = text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(|line| line.split_once(" = ").expect("one name on each line"))
            .collect();
        assert!(written.windows(2).all(|pair| pair[0].0 < pair[1].0), "sorted, without duplicates");
        for (conda, pypi) in written {
            let pypi = pypi.trim_matches('"');
            assert!(conda != pypi && DistributionName::new(conda).as_str() == conda, "{conda}");
            assert!(DistributionName::new(pypi).as_str() == pypi && !pypi.is_empty(), "{pypi}");
        }
    }

    #[test]
    fn names_that_differ_and_names_that_do_not() {
        let of = |name| distribution(name).map(|found| found.to_string());
        assert_eq!(of("PyTorch").as_deref(), Some("torch"));
        assert_eq!(of("ruamel_yaml").as_deref(), Some("ruamel-yaml"));
        assert_eq!(of("scikit-learn").as_deref(), Some("scikit-learn"));
        assert_eq!((of("python"), of("__glibc")), (None, None));
    }
}
