//! `python_env.yaml`, which MLflow writes beside a model: requirements for pip, without conda.

use super::Scope;
use super::conda_environment::read_requirements;
use super::reading::Reading;
use super::yaml::Yaml;

/// The name of this format.
pub(super) const FORMAT: &str = "python_env.yaml";

/// Whether a file called `name` is one.
pub(super) fn is_manifest(name: &str, _directory: &str) -> bool {
    name == FORMAT
}

/// Reads the text of a `python_env.yaml`.
pub(super) fn read(reading: &mut Reading, text: &str) {
    let yaml = Yaml::parse(text, reading);
    for (key, scope) in [("build_dependencies", Scope::Build), ("dependencies", Scope::Runtime)] {
        if let Some(list) = yaml.root().and_then(|root| root.get(key)) {
            read_requirements(reading, list, &scope);
        }
    }
}
