//! A repository for the tests of this module: of everything one, and names that nobody should print as they are.

use crate::audit::{Audit, audit};
use crate::catalog::{Catalog, Diagnostic, DistributionName, Gravity};
use crate::gate::{Policy, scan};
use crate::rules::parse;
use crate::snapshot::{MemorySnapshot, RepoPath};
use std::sync::Arc;

const RULES: &str = r#"schema = 1
[[library]]
name = "python"
standard = true
imports = ["pickle"]
[[library]]
name = "safetensors"
imports = ["safetensors"]
[[library]]
name = "torch"
imports = ["torch"]
[[library]]
name = "zodb"
imports = ["ZODB"]
[[rule]]
id = "pickle-load"
library = "python"
severity = "error"
message = "`pickle.load` runs code stored in the data it reads"
runs = "r"
fix = "use JSON"
alternative = "JSON, or an HMAC of the bytes."
[[rule.match]]
calls = ["pickle.load", "pickle.loads"]
[[rule.hit]]
code = "import pickle\npickle.load(f)"
[[rule.miss]]
code = "pickle.dump(f)"
[[rule]]
id = "torch-load"
library = "torch"
severity = "error"
message = "`torch.load` runs code stored in the file it opens"
runs = "r"
fix = "torch.load(path, weights_only=True) on torch >= 2.6"
alternative = """Keep tensors
    in safetensors."""
[[rule.match]]
calls = ["torch.load"]
versions = "<2.6"
when = [{ argument = "weights_only", is = ["None"], absent = true, unknown = false }]
because = "weights_only defaults to False"
[[rule.match]]
calls = ["torch.load"]
when = [{ argument = "weights_only", is = ["False"] }]
severity = "warning"
[[rule.hit]]
code = "import torch\ntorch.load(f)"
[[rule.miss]]
code = "torch.save(f)"
[[rule]]
id = "zodb-open"
library = "zodb"
severity = "error"
message = "`ZODB.DB` unpickles"
runs = "r"
fix = "upgrade"
alternative = "Upgrade."
[[rule.match]]
calls = ["ZODB.DB"]
versions = ">=3,<5"
because = "records are pickles"
[[rule.hit]]
code = "import ZODB\nZODB.DB(f)"
[[rule.miss]]
code = "import ZODB"
[[rule]]
id = "torch-version"
library = "torch"
severity = "warning"
message = "torch `2.3` believes what it reads"
runs = "r"
fix = "torch >= 2.4"
alternative = "Upgrade."
cwe = [502]
references = ["CVE-2026-0001", "https://example.org/torch"]
[[rule.match]]
installed = true
versions = ">=2,<2.4"
because = "records are trusted"
[[rule.hit]]
file = "requirements.txt"
code = "torch==2"
[[rule.miss]]
file = "requirements.txt"
code = "torch==2.4"
"#;

const LOCK: &str = r#"version = 1
[[package]]
name = "app"
version = "0"
source = { virtual = "." }
dependencies = [{ name = "torch" }]
[[package]]
name = "torch"
version = "2.3.1"
source = { registry = "https://packages.example.org/simple" }
dependencies = [{ name = "sympy" }]
[[package]]
name = "sympy"
version = "1.13.1"
source = { registry = "https://packages.example.org/simple" }
"#;

/// Of everything one.
pub fn audit_of_a_repository() -> Audit {
    let mut snapshot = MemorySnapshot::from([
        ("pyproject.toml", "[project]\nname = 'app'\nversion = '0'\ndependencies = ['torch>=2']\n"),
        ("uv.lock", LOCK),
        (
            "tools/requirements.txt",
            "ZODB==5.8\nsafetensors\n=HYPERLINK(\"x\")\n-e ../lib#egg=lib ; python_version < '3.9'\n",
        ),
        ("app/load.py", "import torch\ntorch.load(p)\ntorch.load(p, weights_only=False)\n"),
        ("app/cache.py", "import pickle\npickle.load(f)\npickle.load(g)  # picklegate: allow[pickle-load] ours\n"),
        ("tools/x.py", "import pickle\npickle.loads(pickle.dumps(1))\n"),
    ]);
    snapshot.insert(RepoPath::new(&b"\xff<script>/requirements.txt"[..]), "evil\u{202e}name|x\nsix\u{1b}[2J==1.16\n");
    audit_of(&snapshot)
}

/// Judges `snapshot` by the rules of this file.
pub fn audit_of(snapshot: &MemorySnapshot) -> Audit {
    let rules = Arc::new(parse(RULES, "rules.toml").expect("the rules are good"));
    let policy = Policy { rules: Arc::clone(&rules), ..Policy::default() };
    let verdict = scan(snapshot, &RepoPath::root(), &policy, &[]);
    let mut audit = audit(&Catalog::new(snapshot), &RepoPath::root(), &rules, Some(&verdict));
    for entry in audit.libraries.iter_mut().filter(|library| library.name == "sympy").flat_map(|l| &mut l.entries) {
        entry.dependency.parents = vec![DistributionName::new("torch")];
    }
    audit.remarks.push(Diagnostic {
        path: "setup.py".into(),
        line: 3,
        problem: "install_requires is computed".into(),
        gravity: Gravity::Computed,
    });
    audit
}
