//! The dependencies of a snapshot for programs. The layout is described in `docs/json.md`.

use super::inventory_text::{rules_of, scope_name};
use super::json::{JsonDiagnostic, JsonPath, document};
use crate::catalog::{Dependency, Inventory, Source};
use crate::rules::RuleSet;
use serde::Serialize;

/// One JSON document.
pub fn inventory_json(inventory: &Inventory, rules: &RuleSet) -> String {
    document(&Document {
        schema: "picklegate/inventory",
        version: 1,
        picklegate: env!("CARGO_PKG_VERSION"),
        manifests: inventory.manifests.iter().map(JsonPath::new).collect(),
        dependencies: inventory.dependencies.iter().map(|found| JsonDependency::new(found, rules)).collect(),
        diagnostics: inventory.diagnostics.iter().map(JsonDiagnostic::new).collect(),
        unreadable: inventory.unreadable.iter().map(ToString::to_string).collect(),
    })
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    version: u32,
    picklegate: &'static str,
    manifests: Vec<JsonPath>,
    dependencies: Vec<JsonDependency<'a>>,
    diagnostics: Vec<JsonDiagnostic<'a>>,
    unreadable: Vec<String>,
}

#[derive(Serialize)]
struct JsonDependency<'a> {
    name: &'a str,
    raw_name: &'a str,
    version: Option<String>,
    raw_version: &'a str,
    specifier: Option<String>,
    evidence: &'static str,
    extras: &'a [String],
    marker: Option<&'a str>,
    source: JsonOrigin<'a>,
    scopes: Vec<String>,
    direct: Option<bool>,
    #[serde(flatten)]
    path: JsonPath,
    line: u32,
    format: &'static str,
    /// The rules that speak of this library; empty where it cannot unpickle as far as is known.
    rules: Vec<&'a str>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum JsonOrigin<'a> {
    Registry,
    Url { url: &'a str },
    Vcs { url: &'a str },
    Path { path: &'a str, editable: bool },
}

impl<'a> JsonDependency<'a> {
    fn new(dependency: &'a Dependency, rules: &'a RuleSet) -> Self {
        Self {
            name: dependency.name.as_str(),
            raw_name: &dependency.raw_name,
            version: dependency.version.as_ref().map(ToString::to_string),
            raw_version: &dependency.raw_version,
            specifier: dependency.specifier.as_ref().map(ToString::to_string),
            evidence: dependency.evidence.name(),
            extras: &dependency.extras,
            marker: dependency.marker.as_deref(),
            source: match &dependency.source {
                Source::Registry => JsonOrigin::Registry,
                Source::Url(url) => JsonOrigin::Url { url },
                Source::Vcs(url) => JsonOrigin::Vcs { url },
                Source::Path { path, editable } => JsonOrigin::Path { path, editable: *editable },
            },
            scopes: dependency.scopes.iter().map(scope_name).collect(),
            direct: dependency.direct,
            path: JsonPath::new(&dependency.path),
            line: dependency.line,
            format: dependency.format,
            rules: rules_of(dependency, rules),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use snapbox::{IntoData as _, assert_data_eq, str};

    #[test]
    fn the_document_has_every_field() {
        assert_data_eq!(
            inventory_json(&samples::inventory(), &samples::rules()),
            str![[r#"
{
  "schema": "picklegate/inventory",
  "version": 1,
  "picklegate": "0.1.0",
  "manifests": [
    {
      "path": "uv.lock"
    },
    {
      "path": "\\xff/requirements.txt",
      "path_hex": "ff2f726571756972656d656e74732e747874"
    }
  ],
  "dependencies": [
    {
      "name": "torch",
      "raw_name": "Torch",
      "version": "2.3.1",
      "raw_version": "2.3.1",
      "specifier": null,
      "evidence": "locked",
      "extras": [],
      "marker": null,
      "source": {
        "kind": "registry"
      },
      "scopes": [
        "runtime",
        "extra:gpu"
      ],
      "direct": true,
      "path": "uv.lock",
      "line": 1182,
      "format": "uv.lock",
      "rules": [
        "torch-load"
      ]
    },
    {
      "name": "tool\u001b[2j",
      "raw_name": "Torch",
      "version": null,
      "raw_version": "",
      "specifier": null,
      "evidence": "declared",
      "extras": [],
      "marker": null,
      "source": {
        "kind": "path",
        "path": "../tool",
        "editable": true
      },
      "scopes": [
        "dev"
      ],
      "direct": null,
      "path": "\\xff/requirements.txt",
      "path_hex": "ff2f726571756972656d656e74732e747874",
      "line": 1,
      "format": "requirements",
      "rules": []
    }
  ],
  "diagnostics": [
    {
      "path": "uv.lock",
      "line": 3,
      "gravity": "unread",
      "problem": "expected a version string, found an integer"
    }
  ],
  "unreadable": []
}

"#]]
            .raw()
        );
    }
}
