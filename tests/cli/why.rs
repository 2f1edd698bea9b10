//! `audit-deps --why`: which evidence decides.

use crate::support::{Repository, shows};
use snapbox::str;

#[test]
fn what_decides_and_what_is_outvoted() {
    let repository = Repository::new();
    let pyproject = "[project]\nname = \"x\"\ndependencies = [\n  \"torch>=2,<3\",\n]\n";
    repository.stage("pyproject.toml", pyproject);
    repository.stage("uv.lock", "version = 1\n\n[[package]]\nname = \"torch\"\nversion = \"2.5.1\"\n");
    repository.stage("requirements-dev.txt", "torch==2.7.0\n");
    repository.stage("old/requirements.txt", "torch==2.6.0\n");
    repository.stage("train.py", "import torch\n");
    repository.stage("old/train.py", "import torch\n");
    shows(
        repository.transcript(&["audit-deps", "--why", "torch", "--for", "train.py"]),
        str![[r#"
exit 0
--- stdout
torch for train.py
    uv.lock:5               locks torch 2.5.1      decides
    requirements-dev.txt:1  pins torch ==2.7.0     for development only, and what is needed to run decides
    pyproject.toml:4        declares torch >=2,<3  stronger evidence decides, and agrees
    old/requirements.txt:1  pins torch ==2.6.0     speaks for other files
  rules
    pickled-object-load           error    has calls that are unsafe in every version
    torch-archive-load            error    has calls that are unsafe in every version
    torch-distributed-checkpoint  error    has calls that are unsafe in every version
    torch-distributed-object      warning  uv.lock:5 locks torch 2.5.1, where there is no weights_only to pass
    torch-force-no-weights-only   -        does not apply in these versions
    torch-hub-load                error    has calls that are unsafe in every version
    torch-load                    error    uv.lock:5 locks torch 2.5.1, where weights_only defaults to False
    torch-load-url                error    has calls that are unsafe in every version
    torch-load-weights-only       error    uv.lock:5 locks torch 2.5.1, where a crafted file gets past weights_only=True (CVE-2025-32434)
    torch-safe-globals            error    has calls that are unsafe in every version

"#]],
    );
    shows(
        repository.transcript(&["audit-deps", "--why", "torch", "--for", "old", "--format", "json"]),
        str![[r#"
exit 0
--- stdout
{
  "schema": "picklegate/why",
  "version": 1,
  "picklegate": "0.1.0",
  "asked": "torch",
  "answers": [
    {
      "places": [
        {
          "path": "old"
        }
      ],
      "files": null,
      "evidence": [
        {
          "distribution": "torch",
          "evidence": "pinned",
          "version": "==2.6.0",
          "path": "old/requirements.txt",
          "line": 1,
          "decides": true
        },
        {
          "distribution": "torch",
          "evidence": "pinned",
          "version": "==2.7.0",
          "path": "requirements-dev.txt",
          "line": 1,
          "decides": false,
          "outvoted_because": "for development only, and what is needed to run decides"
        },
        {
          "distribution": "torch",
          "evidence": "declared",
          "version": ">=2,<3",
          "path": "pyproject.toml",
          "line": 4,
          "decides": false,
          "outvoted_because": "stronger evidence decides, and agrees"
        },
        {
          "distribution": "torch",
          "evidence": "locked",
          "version": "2.5.1",
          "path": "uv.lock",
          "line": 5,
          "decides": false,
          "outvoted_because": "a nearer directory has evidence"
        }
      ],
      "rules": [
        {
          "rule": "pickled-object-load",
          "applies": true,
          "severity": "error",
          "because": []
        },
        {
          "rule": "torch-archive-load",
          "applies": true,
          "severity": "error",
          "because": []
        },
        {
          "rule": "torch-distributed-checkpoint",
          "applies": true,
          "severity": "error",
          "because": []
        },
        {
          "rule": "torch-distributed-object",
          "applies": true,
          "severity": "warning",
          "because": [
            "pins torch 2.6.0, where there is no weights_only to pass"
          ]
        },
        {
          "rule": "torch-force-no-weights-only",
          "applies": true,
          "severity": "error",
          "because": [
            "pins torch 2.6.0, where weights_only is True unless this says otherwise"
          ]
        },
        {
          "rule": "torch-hub-load",
          "applies": true,
          "severity": "error",
          "because": []
        },
        {
          "rule": "torch-load",
          "applies": true,
          "severity": "error",
          "because": []
        },
        {
          "rule": "torch-load-url",
          "applies": true,
          "severity": "error",
          "because": []
        },
        {
          "rule": "torch-load-weights-only",
          "applies": true,
          "severity": "note",
          "because": [
            "pins torch 2.6.0, where the restricted unpickler can be made to corrupt memory (CVE-2026-24747)"
          ]
        },
        {
          "rule": "torch-safe-globals",
          "applies": true,
          "severity": "error",
          "because": []
        }
      ]
    }
  ]
}

"#]],
    );
}

#[test]
fn questions_without_an_answer() {
    let repository = Repository::new();
    repository.stage("requirements.txt", "torch==2.7.0\n");
    shows(
        repository.transcript(&["audit-deps", "--why", "trch"]),
        str![[r#"
exit 2
--- stderr
error: no manifest names `trch`, and no rule speaks of it
hint: name a distribution as manifests do, or a module as sources import it

"#]],
    );
    shows(
        repository.transcript(&["audit-deps", "--why", "torch", "--for", "gone.py"]),
        str![[r#"
exit 2
--- stderr
error: --for gone.py: no such file or directory in the tree that is audited

"#]],
    );
    shows(
        repository.transcript(&["audit-deps", "--why", "torch", "--for", "../x.py"]),
        str![[r#"
exit 2
--- stderr
error: --for ../x.py: lies outside the repository
hint: name a file or directory relative to the tree that is audited

"#]],
    );
    shows(
        repository.transcript(&["audit-deps", "--for", "x.py"]),
        str![[r#"
exit 2
--- stderr
error: the following required arguments were not provided:
  --why <NAME>

Usage: picklegate audit-deps --why <NAME> --for <PATH> [PATH]

For more information, try '--help'.

"#]],
    );
}
