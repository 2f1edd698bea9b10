//! `[tool.flit.metadata]` of a `pyproject.toml`: how Flit wrote metadata before PEP 621.

use super::pyproject::list;
use super::reading::Reading;
use super::tree::{self, Tree};
use super::{DistributionName, Scope};
use toml::de::DeTable;

/// Reads `[tool.flit.metadata]`.
pub(super) fn read(reading: &mut Reading, tree: &Tree<'_>, metadata: &DeTable<'_>) {
    list(reading, tree, metadata.get("requires"), "tool.flit.metadata.requires", &[Scope::Runtime]);
    list(reading, tree, metadata.get("dev-requires"), "tool.flit.metadata.dev-requires", &[Scope::Dev]);
    for (extra, node) in tree::table(metadata, &["requires-extra"]).into_iter().flatten() {
        let scope = Scope::Extra(DistributionName::new(extra.get_ref()).to_string());
        list(reading, tree, Some(node), "tool.flit.metadata.requires-extra", &[scope]);
    }
}
