//! An inventory for programs. The layout is described in `docs/json.md`.

use super::super::json::{JsonDiagnostic, JsonPath, document};
use super::scope_name;
use crate::audit::{Audit, AuditedCondition, AuditedEntry, AuditedLibrary, AuditedRule, Calls, NotRead};
use crate::catalog::Source;
use crate::finding::Severity;
use crate::snapshot::RepoPath;
use serde::Serialize;
use std::collections::BTreeMap;

/// One JSON document.
pub(super) fn json(audit: &Audit) -> String {
    let summary = audit.summary();
    document(&Document {
        schema: "picklegate/inventory",
        version: 2,
        picklegate: env!("CARGO_PKG_VERSION"),
        part: JsonPath::new(&audit.part),
        summary: JsonSummary {
            distributions: summary.distributions,
            entries: summary.entries,
            manifests: summary.manifests,
            environments: summary.environments,
            active: summary.active,
            dormant: summary.dormant,
            harmless: summary.harmless,
            unknown: summary.unknown,
            files_judged: audit.scanned.map(|counts| counts.scanned),
            calls: summary.calls.into(),
        },
        libraries: audit.libraries.iter().map(JsonLibrary::new).collect(),
        directories: directories(&audit.directories),
        manifests: audit.manifests.iter().map(JsonPath::new).collect(),
        environments: audit.environments.iter().map(JsonPath::new).collect(),
        remarks: audit.remarks.iter().map(JsonDiagnostic::new).collect(),
        not_read: audit.not_read.iter().map(JsonNotRead::new).collect(),
    })
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    version: u32,
    picklegate: &'static str,
    part: JsonPath,
    summary: JsonSummary,
    libraries: Vec<JsonLibrary<'a>>,
    directories: Vec<JsonDirectory>,
    manifests: Vec<JsonPath>,
    environments: Vec<JsonPath>,
    remarks: Vec<JsonDiagnostic<'a>>,
    not_read: Vec<JsonNotRead<'a>>,
}

#[derive(Serialize)]
struct JsonSummary {
    distributions: usize,
    entries: usize,
    manifests: usize,
    environments: usize,
    active: usize,
    dormant: usize,
    harmless: usize,
    unknown: usize,
    files_judged: Option<usize>,
    calls: JsonCalls,
}

#[derive(Serialize)]
struct JsonCalls {
    error: usize,
    warning: usize,
    note: usize,
    allowed: usize,
}

impl From<Calls> for JsonCalls {
    fn from(calls: Calls) -> Self {
        Self { error: calls.error, warning: calls.warning, note: calls.note, allowed: calls.allowed }
    }
}

#[derive(Serialize)]
struct JsonDirectory {
    #[serde(flatten)]
    path: JsonPath,
    calls: JsonCalls,
}

fn directories(directories: &BTreeMap<RepoPath, Calls>) -> Vec<JsonDirectory> {
    let directory =
        |(path, calls): (&RepoPath, &Calls)| JsonDirectory { path: JsonPath::new(path), calls: (*calls).into() };
    directories.iter().map(directory).collect()
}

#[derive(Serialize)]
struct JsonNotRead<'a> {
    #[serde(flatten)]
    path: JsonPath,
    line: Option<u32>,
    problem: &'a str,
}

impl<'a> JsonNotRead<'a> {
    fn new(found: &'a NotRead) -> Self {
        Self { path: JsonPath::new(&found.path), line: found.line, problem: &found.problem }
    }
}

#[derive(Serialize)]
struct JsonLibrary<'a> {
    name: &'a str,
    kind: &'static str,
    required: bool,
    exposure: &'static str,
    calls: JsonCalls,
    entries: Vec<JsonEntry<'a>>,
    rules: Vec<JsonRule<'a>>,
}

impl<'a> JsonLibrary<'a> {
    fn new(library: &'a AuditedLibrary) -> Self {
        Self {
            name: &library.name,
            kind: if library.is_standard { "standard" } else { "distribution" },
            required: library.is_required,
            exposure: library.exposure.word(),
            calls: library.calls.into(),
            entries: library.entries.iter().map(JsonEntry::new).collect(),
            rules: library.rules.iter().map(JsonRule::new).collect(),
        }
    }
}

#[derive(Serialize)]
struct JsonEntry<'a> {
    raw_name: &'a str,
    version: Option<String>,
    specifier: Option<String>,
    raw_version: &'a str,
    in_force: bool,
    evidence: &'static str,
    extras: &'a [String],
    marker: Option<&'a str>,
    source: JsonOrigin<'a>,
    scopes: Vec<String>,
    direct: Option<bool>,
    parents: Vec<&'a str>,
    #[serde(flatten)]
    path: JsonPath,
    line: u32,
    format: &'static str,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum JsonOrigin<'a> {
    Registry,
    Url { url: &'a str },
    Vcs { url: &'a str },
    Path { path: &'a str, editable: bool },
}

impl<'a> JsonEntry<'a> {
    fn new(entry: &'a AuditedEntry) -> Self {
        let dependency = &entry.dependency;
        Self {
            raw_name: &dependency.raw_name,
            version: dependency.version.as_ref().map(ToString::to_string),
            specifier: dependency.specifier.as_ref().map(ToString::to_string),
            raw_version: &dependency.raw_version,
            in_force: entry.is_in_force,
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
            parents: dependency.parents.iter().map(|parent| parent.as_str()).collect(),
            path: JsonPath::new(&dependency.path),
            line: dependency.line,
            format: dependency.format,
        }
    }
}

#[derive(Serialize)]
struct JsonRule<'a> {
    id: &'a str,
    state: &'static str,
    severity: Option<Severity>,
    message: &'a str,
    conditions: Vec<JsonCondition<'a>>,
    silent_in: &'a [String],
    fix: &'a str,
    alternative: &'a str,
    calls: JsonCalls,
    directories: Vec<JsonDirectory>,
}

impl<'a> JsonRule<'a> {
    fn new(rule: &'a AuditedRule) -> Self {
        Self {
            id: &rule.id,
            state: if rule.active.is_some() { "active" } else { "dormant" },
            severity: rule.active,
            message: &rule.message,
            conditions: rule.conditions.iter().map(JsonCondition::new).collect(),
            silent_in: &rule.silent_in,
            fix: &rule.fix,
            alternative: &rule.alternative,
            calls: rule.calls.into(),
            directories: directories(&rule.directories),
        }
    }
}

#[derive(Serialize)]
struct JsonCondition<'a> {
    versions: &'a str,
    met: bool,
    because: Option<&'a str>,
}

impl<'a> JsonCondition<'a> {
    fn new(condition: &'a AuditedCondition) -> Self {
        Self { versions: &condition.versions, met: condition.is_met, because: condition.because.as_deref() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use snapbox::{IntoData as _, assert_data_eq, str};

    #[test]
    fn the_layout_is_fixed() {
        assert_data_eq!(
            json(&samples::audit_of_a_repository()),
            str![[r#"
{
  "schema": "picklegate/inventory",
  "version": 2,
  "picklegate": "0.1.0",
  "part": {
    "path": ".",
    "path_hex": ""
  },
  "summary": {
    "distributions": 5,
    "entries": 6,
    "manifests": 4,
    "environments": 0,
    "active": 1,
    "dormant": 1,
    "harmless": 1,
    "unknown": 2,
    "files_judged": 3,
    "calls": {
      "error": 3,
      "warning": 1,
      "note": 0,
      "allowed": 1
    }
  },
  "libraries": [
    {
      "name": "lib",
      "kind": "distribution",
      "required": true,
      "exposure": "unknown",
      "calls": {
        "error": 0,
        "warning": 0,
        "note": 0,
        "allowed": 0
      },
      "entries": [
        {
          "raw_name": "lib",
          "version": null,
          "specifier": null,
          "raw_version": "",
          "in_force": true,
          "evidence": "declared",
          "extras": [],
          "marker": "python_version < '3.9'",
          "source": {
            "kind": "path",
            "path": "../lib#egg=lib",
            "editable": true
          },
          "scopes": [
            "runtime"
          ],
          "direct": null,
          "parents": [],
          "path": "tools/requirements.txt",
          "line": 4,
          "format": "requirements"
        }
      ],
      "rules": []
    },
    {
      "name": "python standard library",
      "kind": "standard",
      "required": true,
      "exposure": "active",
      "calls": {
        "error": 2,
        "warning": 0,
        "note": 0,
        "allowed": 1
      },
      "entries": [],
      "rules": [
        {
          "id": "pickle-load",
          "state": "active",
          "severity": "error",
          "message": "`pickle.load` runs code stored in the data it reads",
          "conditions": [],
          "silent_in": [],
          "fix": "use JSON",
          "alternative": "JSON, or an HMAC of the bytes.",
          "calls": {
            "error": 2,
            "warning": 0,
            "note": 0,
            "allowed": 1
          },
          "directories": [
            {
              "path": "app",
              "calls": {
                "error": 1,
                "warning": 0,
                "note": 0,
                "allowed": 1
              }
            },
            {
              "path": "tools",
              "calls": {
                "error": 1,
                "warning": 0,
                "note": 0,
                "allowed": 0
              }
            }
          ]
        }
      ]
    },
    {
      "name": "safetensors",
      "kind": "distribution",
      "required": true,
      "exposure": "harmless",
      "calls": {
        "error": 0,
        "warning": 0,
        "note": 0,
        "allowed": 0
      },
      "entries": [
        {
          "raw_name": "safetensors",
          "version": null,
          "specifier": null,
          "raw_version": "",
          "in_force": true,
          "evidence": "declared",
          "extras": [],
          "marker": null,
          "source": {
            "kind": "registry"
          },
          "scopes": [
            "runtime"
          ],
          "direct": null,
          "parents": [],
          "path": "tools/requirements.txt",
          "line": 2,
          "format": "requirements"
        }
      ],
      "rules": []
    },
    {
      "name": "sympy",
      "kind": "distribution",
      "required": true,
      "exposure": "unknown",
      "calls": {
        "error": 0,
        "warning": 0,
        "note": 0,
        "allowed": 0
      },
      "entries": [
        {
          "raw_name": "sympy",
          "version": "1.13.1",
          "specifier": null,
          "raw_version": "1.13.1",
          "in_force": true,
          "evidence": "locked",
          "extras": [],
          "marker": null,
          "source": {
            "kind": "registry"
          },
          "scopes": [
            "runtime"
          ],
          "direct": false,
          "parents": [
            "torch"
          ],
          "path": "uv.lock",
          "line": 14,
          "format": "uv.lock"
        }
      ],
      "rules": []
    },
    {
      "name": "torch",
      "kind": "distribution",
      "required": true,
      "exposure": "active",
      "calls": {
        "error": 1,
        "warning": 1,
        "note": 0,
        "allowed": 0
      },
      "entries": [
        {
          "raw_name": "torch",
          "version": null,
          "specifier": ">=2",
          "raw_version": ">=2",
          "in_force": false,
          "evidence": "declared",
          "extras": [],
          "marker": null,
          "source": {
            "kind": "registry"
          },
          "scopes": [
            "runtime"
          ],
          "direct": true,
          "parents": [],
          "path": "pyproject.toml",
          "line": 4,
          "format": "pyproject.toml"
        },
        {
          "raw_name": "torch",
          "version": "2.3.1",
          "specifier": null,
          "raw_version": "2.3.1",
          "in_force": true,
          "evidence": "locked",
          "extras": [],
          "marker": null,
          "source": {
            "kind": "registry"
          },
          "scopes": [
            "runtime"
          ],
          "direct": true,
          "parents": [],
          "path": "uv.lock",
          "line": 9,
          "format": "uv.lock"
        }
      ],
      "rules": [
        {
          "id": "torch-load",
          "state": "active",
          "severity": "error",
          "message": "`torch.load` runs code stored in the file it opens",
          "conditions": [
            {
              "versions": "torch <2.6",
              "met": true,
              "because": "weights_only defaults to False"
            }
          ],
          "silent_in": [],
          "fix": "torch.load(path, weights_only=True) on torch >= 2.6",
          "alternative": "Keep tensors in safetensors.",
          "calls": {
            "error": 1,
            "warning": 1,
            "note": 0,
            "allowed": 0
          },
          "directories": [
            {
              "path": "app",
              "calls": {
                "error": 1,
                "warning": 1,
                "note": 0,
                "allowed": 0
              }
            }
          ]
        }
      ]
    },
    {
      "name": "zodb",
      "kind": "distribution",
      "required": true,
      "exposure": "dormant",
      "calls": {
        "error": 0,
        "warning": 0,
        "note": 0,
        "allowed": 0
      },
      "entries": [
        {
          "raw_name": "ZODB",
          "version": "5.8",
          "specifier": "==5.8",
          "raw_version": "==5.8",
          "in_force": true,
          "evidence": "pinned",
          "extras": [],
          "marker": null,
          "source": {
            "kind": "registry"
          },
          "scopes": [
            "runtime"
          ],
          "direct": null,
          "parents": [],
          "path": "tools/requirements.txt",
          "line": 1,
          "format": "requirements"
        }
      ],
      "rules": [
        {
          "id": "zodb-open",
          "state": "dormant",
          "severity": null,
          "message": "`ZODB.DB` unpickles",
          "conditions": [
            {
              "versions": "zodb >=3,<5",
              "met": false,
              "because": "records are pickles"
            }
          ],
          "silent_in": [],
          "fix": "upgrade",
          "alternative": "Upgrade.",
          "calls": {
            "error": 0,
            "warning": 0,
            "note": 0,
            "allowed": 0
          },
          "directories": []
        }
      ]
    }
  ],
  "directories": [
    {
      "path": "app",
      "calls": {
        "error": 2,
        "warning": 1,
        "note": 0,
        "allowed": 1
      }
    },
    {
      "path": "tools",
      "calls": {
        "error": 1,
        "warning": 0,
        "note": 0,
        "allowed": 0
      }
    }
  ],
  "manifests": [
    {
      "path": "pyproject.toml"
    },
    {
      "path": "tools/requirements.txt"
    },
    {
      "path": "uv.lock"
    },
    {
      "path": "\\xff<script>/requirements.txt",
      "path_hex": "ff3c7363726970743e2f726571756972656d656e74732e747874"
    }
  ],
  "environments": [],
  "remarks": [
    {
      "path": "setup.py",
      "line": 3,
      "gravity": "computed",
      "problem": "install_requires is computed"
    }
  ],
  "not_read": [
    {
      "path": "tools/requirements.txt",
      "line": 3,
      "problem": "expected a distribution name, found `=HYPERLINK(\"x\")`"
    },
    {
      "path": "\\xff<script>/requirements.txt",
      "path_hex": "ff3c7363726970743e2f726571756972656d656e74732e747874",
      "line": 1,
      "problem": "expected a version specifier after the name, found `evil�name|x`"
    },
    {
      "path": "\\xff<script>/requirements.txt",
      "path_hex": "ff3c7363726970743e2f726571756972656d656e74732e747874",
      "line": 2,
      "problem": "expected a version specifier after the name, found `six�[2J==1.16`"
    }
  ]
}

"#]]
            .raw()
        );
    }
}
