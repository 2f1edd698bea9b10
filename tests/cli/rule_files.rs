//! Rules of a repository's own: families of libraries, examples that do not hold, and what is written.

use crate::support::{Repository, show, shows};
use crate::tools::validate;
use snapbox::str;

const RULES: &str = r#"schema = 1

[[library]]
name = "acme-cache"
imports = ["acme_cache"]

[[library]]
name = "acme-store"
imports = ["acme.store"]

[[rule]]
id = "acme-load"
library = "acme-store"
severity = "error"
message = "acme unpickles what it loads"
runs = "Whoever writes the data chooses what runs."
fix = "json.loads"
alternative = "JSON."

[[rule.match]]
calls = ["acme.store.get"]
versions = "<3"
because = "values are pickles"

[[rule.match]]
library = "acme-cache"
calls = ["acme_cache.get"]
versions = "<2"
because = "entries are pickles"

[[rule.hit]]
versions = { acme-store = "2.9", acme-cache = "1.0" }
code = ["from acme import store; store.get(k)", "import acme_cache; acme_cache.get(k)"]

[[rule.miss]]
versions = { acme-store = "3.0", acme-cache = "2.0" }
code = ["from acme import store; store.get(k)", "import acme_cache; acme_cache.get(k)"]

[[rule.instead]]
code = "import json; value = json.loads(text)"

[[rule]]
id = "acme-put"
library = "acme-store"
producer = true
severity = "note"
message = "acme writes pickles"
runs = "Nothing here. Whoever loads it runs what others put in its place."
fix = "json.dumps"
alternative = "JSON."

[[rule.match]]
calls = ["acme.store.put"]

[[rule.hit]]
code = "from acme import store; store.put(k, v)"

[[rule.miss]]
code = "from acme import store; store.get(k)"
"#;

fn repository(configuration: &str) -> Repository {
    let repository = Repository::new();
    repository.write("own.toml", RULES);
    repository.stage("own.toml", RULES);
    repository.stage("picklegate.toml", format!("rules = [\"own.toml\"]\n{configuration}"));
    repository
}

#[test]
fn matches_go_by_the_versions_of_their_own_library() {
    let repository = repository("");
    repository.stage("requirements.txt", "acme-store==3.1\nacme-cache==1.9\n");
    repository.stage("a.py", "import acme_cache\nfrom acme import store\nstore.get(k)\nacme_cache.get(k)\n");
    shows(
        repository.transcript(&["check"]),
        str![[r#"
exit 1
--- stdout
error[acme-load]: acme unpickles what it loads
 --> a.py:4:1
  |
4 | acme_cache.get(k)
  | ^^^^^^^^^^^^^^^^^ called here
  |
  = because: requirements.txt:2 pins acme-cache 1.9, where entries are pickles
  = fix: json.loads
  = more: picklegate rules explain acme-load
blocked: 1 unsafe load introduced

"#]],
    );
    let audit = show(&repository.picklegate(&["audit-deps", "--format", "csv"]));
    assert!(audit.contains(",requirements.txt,2,requirements,active,acme-load,"), "{audit}");
    assert!(audit.contains(",requirements.txt,1,requirements,dormant,,acme-load,"), "{audit}");
    shows(
        repository.transcript(&["rules", "explain", "acme-load"]),
        str![[r#"
exit 0
--- stdout
error[acme-load]: acme unpickles what it loads

what runs
  Whoever writes the data chooses what runs.

fix
  json.loads

instead
  JSON.

    import json; value = json.loads(text)

matches
  - acme.store.get; acme-store <3
  - acme_cache.get; acme-cache <2

installed by
  acme-cache, acme-store

allow it in its line
  # picklegate: allow[acme-load] the reason

"#]],
    );
}

#[test]
fn examples_that_do_not_hold_are_named_with_their_lines() {
    let repository = Repository::new();
    repository.write("own.toml", RULES);
    let output = repository.picklegate(&["rules", "test", "own.toml"]);
    assert!(output.status.success(), "{}", show(&output));
    let wrong = RULES
        .replace("acme-cache = \"1.0\"", "acme-cache = \"2.1\"")
        .replace("import json; value = json.loads(text)", "import pickle; value = pickle.loads(data)")
        .replace("store.put(k, v)", "store.put(k, v");
    repository.write("own.toml", wrong);
    let output = repository.transcript(&["rules", "test", "own.toml"]);
    let (failures, count) = output.split_at(output.rfind("2 of ").expect("it counts"));
    assert!(count.ends_with(" rules do not hold\n"), "{count}");
    shows(
        failures.to_owned(),
        str![[r#"
exit 1
--- stdout
own.toml:33: acme-load: expected error, found nothing
  | import acme_cache; acme_cache.get(k)
own.toml:40: acme-load: expected nothing above a note in what to write instead, found error
    line 1: error[pickle-load] called here
  | import pickle; value = pickle.loads(data)

"#]],
    );
}

#[test]
fn what_is_written_is_reported_to_whoever_asks() {
    let put = "from acme import store\nstore.put(k, v)\n";
    let found = |configuration: &str, arguments: &[&str]| {
        let repository = repository(configuration);
        repository.stage("a.py", put);
        repository.stage("b.py", "x = 1  # picklegate: allow[acme-put] it is off\n");
        let output = repository.picklegate(arguments);
        (output.status.code(), String::from_utf8_lossy(&output.stdout).contains("[acme-put] acme writes pickles"))
    };
    let check = ["check", "--format", "concise"];
    assert_eq!(found("", &check), (Some(0), false));
    assert_eq!(found("", &["check", "--format", "concise", "--show-notes"]), (Some(0), true));
    assert_eq!(found("", &["scan", "--format", "concise", "--show-notes"]), (Some(0), true));
    assert_eq!(found("producers = \"note\"\n", &check), (Some(0), false));
    assert_eq!(found("producers = \"warning\"\n", &check), (Some(0), true));
    assert_eq!(found("producers = \"error\"\n", &check), (Some(1), true));
    assert_eq!(found("producers = \"all\"\n", &check), (Some(2), false));
}

#[test]
fn asking_for_what_is_written_introduces_nothing() {
    let repository = repository("");
    repository.stage("a.py", "from acme import store\nstore.put(k, v)\n");
    repository.commit_unchecked();
    repository.stage("picklegate.toml", "rules = [\"own.toml\"]\nproducers = \"error\"\n");
    let output = repository.picklegate(&["check"]);
    assert!(output.status.success(), "{}", show(&output));
    repository.stage("a.py", "from acme import store\nstore.put(k, v)\nstore.put(k, w)\n");
    assert_eq!(repository.picklegate(&["check"]).status.code(), Some(1));
}

const VERSIONS: &str = r#"schema = 1

[[library]]
name = "acme-arrow"
imports = ["acme_arrow"]

[[rule]]
id = "acme-arrow-extension"
library = "acme-arrow"
severity = "error"
message = "acme-arrow of this version runs code stored in the files it reads"
runs = "Whoever writes a file chooses what runs."
fix = "acme-arrow >= 14.0.1"
alternative = "acme-arrow >= 14.0.1"
cwe = [502]
references = ["CVE-2026-0001", "https://example.org/acme-arrow"]

[[rule.match]]
installed = true
versions = ">=0.14,<14.0.1"
because = "extension types are unpickled"

[[rule.hit]]
file = "requirements.txt"
code = "acme-arrow==14.0.0"

[[rule.miss]]
file = "requirements.txt"
code = ["acme-arrow==14.0.1", "acme-arrow"]
"#;

/// Has committed a good version.
fn with_versions() -> Repository {
    let repository = Repository::with_hook();
    repository.stage("own.toml", VERSIONS);
    repository.stage("picklegate.toml", "rules = [\"own.toml\"]\n");
    repository.stage("requirements.txt", "six\nacme-arrow==15.0\n");
    repository.accepts(&["commit", "--quiet", "--message", "a good version"]);
    repository
}

#[test]
fn a_commit_that_brings_a_dangerous_version_is_refused() {
    let repository = with_versions();
    repository.stage("requirements.txt", "six\nacme-arrow==13.0\n");
    repository.refuses(&["commit", "--message", "downgrade"]);
    shows(
        repository.transcript(&["check"]),
        str![[r#"
exit 1
--- stdout
error[acme-arrow-extension]: acme-arrow of this version runs code stored in the files it reads
 --> requirements.txt:2:1
  |
2 | acme-arrow==13.0
  | ^^^^^^^^^^^^^^^^ pinned here
  |
  = because: requirements.txt:2 pins acme-arrow 13.0, where extension types are unpickled
  = fix: acme-arrow >= 14.0.1
  = more: picklegate rules explain acme-arrow-extension
blocked: 1 unsafe version introduced

"#]],
    );
    repository.stage("requirements.txt", "six\n# picklegate: allow[acme-arrow-extension] ours\nacme-arrow==13.0\n");
    repository.accepts(&["commit", "--quiet", "--message", "allowed in its line"]);
    // What was there is not introduced, nor is another version that is as dangerous.
    repository.stage("requirements.txt", "# picklegate: allow[acme-arrow-extension] ours\nacme-arrow==12.0\n");
    repository.accepts(&["commit", "--quiet", "--message", "another version"]);
    repository.stage("requirements.txt", "acme-arrow==12.0\n");
    repository.refuses(&["commit", "--message", "no longer allowed"]);
    let range = ["check", "--from-ref", "HEAD~2", "--to-ref", "HEAD"];
    assert!(repository.picklegate(&range).status.success());
    repository.commit_unchecked();
    assert_eq!(repository.picklegate(&["check", "--from-ref", "HEAD~3", "--to-ref", "HEAD"]).status.code(), Some(1));
    assert_eq!(repository.picklegate(&["scan"]).status.code(), Some(1));
}

#[test]
fn the_configuration_allows_versions_in_files_without_comments() {
    let repository = with_versions();
    let pipfile = r#"{"_meta": {"hash": {}, "pipfile-spec": 6, "requires": {}, "sources": []},
        "default": {"acme-arrow": {"version": "==13.0"}}, "develop": {}}"#;
    repository.stage("app/Pipfile.lock", pipfile);
    repository.refuses(&["commit", "--message", "locked"]);
    let allow = |entry: &str| {
        repository.stage("picklegate.toml", format!("rules = [\"own.toml\"]\nallow-installed = [\n{entry}\n]\n"));
        repository.transcript(&["check", "--format", "concise"])
    };
    let unknown = allow("{ rule = \"pickle-load\", reason = \"ours\" }");
    let expected =
        "picklegate.toml:3: allow-installed: expected the id of a rule about versions, found \"pickle-load\"";
    assert!(unknown.contains(expected), "{unknown}");
    let silent = allow("{ rule = \"acme-arrow-extension\", reason = \" \" }");
    assert!(silent.contains("picklegate.toml:3: allow-installed: expected a reason, found none"), "{silent}");
    allow("{ rule = \"acme-arrow-extension\", reason = \"reads only our own files\" }");
    repository.accepts(&["commit", "--quiet", "--message", "allowed"]);
}

#[test]
fn what_is_installed_decides_before_what_manifests_say() {
    let repository = with_versions();
    repository.write("venv/pyvenv.cfg", "");
    repository.write("venv/.gitignore", "*\n");
    let metadata = "venv/lib/python3.12/site-packages/acme_arrow-13.0.dist-info/METADATA";
    repository.write(metadata, "Metadata-Version: 2.1\nName: acme-arrow\nVersion: 13.0\n");
    assert!(repository.picklegate(&["scan"]).status.success());
    let output = repository.transcript(&["scan", "--environment", "venv", "--format", "concise"]);
    assert!(
        output.starts_with(&format!("exit 1\n--- stdout\n{metadata}:3:1: error[acme-arrow-extension] ")),
        "{output}"
    );
}

#[test]
fn inventories_say_which_versions_to_leave() {
    let repository = with_versions();
    repository.stage("requirements.txt", "six\nacme-arrow==13.0\n");
    let audit = |format: &str| {
        let output = repository.picklegate(&["audit-deps", "--format", format]);
        assert!(output.status.success(), "{}", show(&output));
        String::from_utf8(output.stdout).expect("it is UTF-8")
    };
    assert!(audit("text").contains("\nrequirements.txt:2: error[acme-arrow-extension]\n"), "{}", audit("text"));
    assert!(audit("csv").contains(",acme-arrow-extension\n"), "{}", audit("csv"));
    assert!(audit("html").contains("Versions to leave") && audit("markdown").contains("Versions to leave"));
    let json: serde_json::Value = serde_json::from_str(&audit("json")).expect("it is JSON");
    assert_eq!(json["libraries"][0]["entries"][0]["warnings"][0]["rule"], "acme-arrow-extension");
    let document = audit("cyclonedx");
    let read: serde_json::Value = serde_json::from_str(&document).expect("it is JSON");
    assert_eq!(read["vulnerabilities"][0]["affects"][0]["ref"], "pkg:pypi/acme-arrow@13.0");
    assert_eq!(read["vulnerabilities"][0]["references"][0]["source"]["name"], "NVD");
    assert_eq!(validate(&repository, &document), Ok(()), "{document}");
}
