//! The layout, fixed.

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
          "format": "requirements",
          "warnings": []
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
          "format": "requirements",
          "warnings": []
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
          "format": "uv.lock",
          "warnings": []
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
          "format": "pyproject.toml",
          "warnings": []
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
          "format": "uv.lock",
          "warnings": [
            {
              "rule": "torch-version",
              "severity": "warning",
              "message": "torch `2.3` believes what it reads",
              "because": "locks torch 2.3.1, where records are trusted",
              "fix": "torch >= 2.4"
            }
          ]
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
        },
        {
          "id": "torch-version",
          "state": "active",
          "severity": "warning",
          "message": "torch `2.3` believes what it reads",
          "conditions": [
            {
              "versions": "torch >=2,<2.4",
              "met": true,
              "because": "records are trusted"
            }
          ],
          "silent_in": [
            "<2",
            ">=2.4"
          ],
          "fix": "torch >= 2.4",
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
          "format": "requirements",
          "warnings": []
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
