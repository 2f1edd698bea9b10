//! The layout, fixed.

use super::super::samples;
use super::*;
use snapbox::{IntoData as _, assert_data_eq, str};

#[test]
fn the_layout_is_fixed() {
    assert_data_eq!(
        cyclonedx(&samples::audit_of_a_repository()),
        str![[r#"
{
  "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
  "bomFormat": "CycloneDX",
  "specVersion": "1.6",
  "version": 1,
  "metadata": {
    "tools": {
      "components": [
        {
          "type": "application",
          "name": "picklegate",
          "version": "0.1.0"
        }
      ]
    },
    "component": {
      "type": "application",
      "bom-ref": "picklegate:audited",
      "name": "repository"
    },
    "properties": [
      {
        "name": "picklegate:not-read",
        "value": "tools/requirements.txt:3: expected a distribution name, found `=HYPERLINK(\"x\")`"
      },
      {
        "name": "picklegate:not-read",
        "value": "\\xff<script>/requirements.txt:1: expected a version specifier after the name, found `evil�name|x`"
      },
      {
        "name": "picklegate:not-read",
        "value": "\\xff<script>/requirements.txt:2: expected a version specifier after the name, found `six�[2J==1.16`"
      }
    ]
  },
  "components": [
    {
      "type": "library",
      "bom-ref": "picklegate:lib",
      "name": "lib",
      "scope": "required",
      "evidence": {
        "occurrences": [
          {
            "location": "tools/requirements.txt",
            "line": 4,
            "additionalContext": "declared any version for runtime; python_version < '3.9'"
          }
        ]
      },
      "properties": [
        {
          "name": "picklegate:exposure",
          "value": "unknown"
        },
        {
          "name": "picklegate:evidence",
          "value": "declared"
        },
        {
          "name": "picklegate:path",
          "value": "tools/requirements.txt"
        },
        {
          "name": "picklegate:line",
          "value": "4"
        },
        {
          "name": "picklegate:in-force",
          "value": "true"
        }
      ]
    },
    {
      "type": "platform",
      "bom-ref": "picklegate:python%20standard%20library",
      "name": "python standard library",
      "scope": "required",
      "properties": [
        {
          "name": "picklegate:exposure",
          "value": "active"
        },
        {
          "name": "picklegate:rule:active",
          "value": "pickle-load"
        },
        {
          "name": "picklegate:calls:pickle-load:error",
          "value": "2"
        },
        {
          "name": "picklegate:calls:pickle-load:allowed",
          "value": "1"
        }
      ]
    },
    {
      "type": "library",
      "bom-ref": "pkg:pypi/safetensors",
      "name": "safetensors",
      "scope": "required",
      "purl": "pkg:pypi/safetensors",
      "evidence": {
        "occurrences": [
          {
            "location": "tools/requirements.txt",
            "line": 2,
            "additionalContext": "declared any version for runtime"
          }
        ]
      },
      "properties": [
        {
          "name": "picklegate:exposure",
          "value": "harmless"
        },
        {
          "name": "picklegate:evidence",
          "value": "declared"
        },
        {
          "name": "picklegate:path",
          "value": "tools/requirements.txt"
        },
        {
          "name": "picklegate:line",
          "value": "2"
        },
        {
          "name": "picklegate:in-force",
          "value": "true"
        }
      ]
    },
    {
      "type": "library",
      "bom-ref": "pkg:pypi/sympy@1.13.1",
      "name": "sympy",
      "version": "1.13.1",
      "scope": "required",
      "purl": "pkg:pypi/sympy@1.13.1",
      "evidence": {
        "occurrences": [
          {
            "location": "uv.lock",
            "line": 14,
            "additionalContext": "locked 1.13.1 for runtime"
          }
        ]
      },
      "properties": [
        {
          "name": "picklegate:exposure",
          "value": "unknown"
        },
        {
          "name": "picklegate:evidence",
          "value": "locked"
        },
        {
          "name": "picklegate:path",
          "value": "uv.lock"
        },
        {
          "name": "picklegate:line",
          "value": "14"
        },
        {
          "name": "picklegate:in-force",
          "value": "true"
        }
      ]
    },
    {
      "type": "library",
      "bom-ref": "pkg:pypi/torch",
      "name": "torch",
      "scope": "required",
      "purl": "pkg:pypi/torch",
      "evidence": {
        "occurrences": [
          {
            "location": "pyproject.toml",
            "line": 4,
            "additionalContext": "declared >=2 for runtime"
          }
        ]
      },
      "properties": [
        {
          "name": "picklegate:exposure",
          "value": "active"
        },
        {
          "name": "picklegate:rule:active",
          "value": "torch-load"
        },
        {
          "name": "picklegate:calls:torch-load:error",
          "value": "1"
        },
        {
          "name": "picklegate:calls:torch-load:warning",
          "value": "1"
        },
        {
          "name": "picklegate:rule:active",
          "value": "torch-version"
        },
        {
          "name": "picklegate:evidence",
          "value": "declared"
        },
        {
          "name": "picklegate:path",
          "value": "pyproject.toml"
        },
        {
          "name": "picklegate:line",
          "value": "4"
        },
        {
          "name": "picklegate:in-force",
          "value": "false"
        }
      ]
    },
    {
      "type": "library",
      "bom-ref": "pkg:pypi/torch@2.3.1",
      "name": "torch",
      "version": "2.3.1",
      "scope": "required",
      "purl": "pkg:pypi/torch@2.3.1",
      "evidence": {
        "occurrences": [
          {
            "location": "uv.lock",
            "line": 9,
            "additionalContext": "locked 2.3.1 for runtime"
          }
        ]
      },
      "properties": [
        {
          "name": "picklegate:exposure",
          "value": "active"
        },
        {
          "name": "picklegate:rule:active",
          "value": "torch-load"
        },
        {
          "name": "picklegate:calls:torch-load:error",
          "value": "1"
        },
        {
          "name": "picklegate:calls:torch-load:warning",
          "value": "1"
        },
        {
          "name": "picklegate:rule:active",
          "value": "torch-version"
        },
        {
          "name": "picklegate:evidence",
          "value": "locked"
        },
        {
          "name": "picklegate:path",
          "value": "uv.lock"
        },
        {
          "name": "picklegate:line",
          "value": "9"
        },
        {
          "name": "picklegate:in-force",
          "value": "true"
        }
      ]
    },
    {
      "type": "library",
      "bom-ref": "pkg:pypi/zodb@5.8",
      "name": "zodb",
      "version": "5.8",
      "scope": "required",
      "purl": "pkg:pypi/zodb@5.8",
      "evidence": {
        "occurrences": [
          {
            "location": "tools/requirements.txt",
            "line": 1,
            "additionalContext": "pinned ==5.8 for runtime"
          }
        ]
      },
      "properties": [
        {
          "name": "picklegate:exposure",
          "value": "dormant"
        },
        {
          "name": "picklegate:rule:dormant",
          "value": "zodb-open"
        },
        {
          "name": "picklegate:evidence",
          "value": "pinned"
        },
        {
          "name": "picklegate:path",
          "value": "tools/requirements.txt"
        },
        {
          "name": "picklegate:line",
          "value": "1"
        },
        {
          "name": "picklegate:in-force",
          "value": "true"
        }
      ]
    }
  ],
  "dependencies": [
    {
      "ref": "picklegate:audited",
      "dependsOn": [
        "picklegate:lib",
        "picklegate:python%20standard%20library",
        "pkg:pypi/safetensors",
        "pkg:pypi/torch",
        "pkg:pypi/torch@2.3.1",
        "pkg:pypi/zodb@5.8"
      ]
    },
    {
      "ref": "picklegate:lib"
    },
    {
      "ref": "picklegate:python%20standard%20library"
    },
    {
      "ref": "pkg:pypi/safetensors"
    },
    {
      "ref": "pkg:pypi/sympy@1.13.1"
    },
    {
      "ref": "pkg:pypi/torch"
    },
    {
      "ref": "pkg:pypi/torch@2.3.1",
      "dependsOn": [
        "pkg:pypi/sympy@1.13.1"
      ]
    },
    {
      "ref": "pkg:pypi/zodb@5.8"
    }
  ],
  "compositions": [
    {
      "aggregate": "incomplete",
      "assemblies": [
        "picklegate:audited"
      ],
      "dependencies": [
        "picklegate:audited"
      ]
    }
  ],
  "vulnerabilities": [
    {
      "id": "torch-version",
      "source": {
        "name": "picklegate"
      },
      "references": [
        {
          "id": "CVE-2026-0001",
          "source": {
            "name": "NVD"
          }
        }
      ],
      "ratings": [
        {
          "severity": "medium",
          "method": "other"
        }
      ],
      "cwes": [
        502
      ],
      "description": "torch `2.3` believes what it reads",
      "recommendation": "torch >= 2.4",
      "advisories": [
        {
          "url": "https://example.org/torch"
        }
      ],
      "affects": [
        {
          "ref": "pkg:pypi/torch@2.3.1"
        }
      ]
    }
  ]
}

"#]]
        .raw()
    );
}

#[test]
fn package_urls_are_encoded() {
    assert_eq!(encoded("1!2.0+cu121 é/:"), "1%212.0%2Bcu121%20%C3%A9%2F:");
    assert_eq!(encoded_value("git+https://x@y"), "git%2Bhttps://x%40y");
}
