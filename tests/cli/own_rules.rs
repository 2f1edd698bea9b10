//! A rules file of one's own, for a library that nobody else has, from end to end.

use crate::support::{Repository, show};
use crate::tools;
use std::collections::BTreeSet;
use std::fs;

const RULES: &str = r#"schema = 1

[[library]]
name = "acme-vault"
imports = ["acme_vault"]

[[rule]]
id = "acme-vault-open"
library = "acme-vault"
severity = "error"
message = "`acme_vault.open` unpickles what is in the vault"
runs = "Whoever can write to the vault chooses what is imported and called here."
fix = "acme_vault.open(path, codec=\"json\")"
alternative = "JSON, which calls nothing."
cwe = [502]

[[rule.match]]
calls = ["acme_vault.open", "acme_vault.api.open"]
versions = "<2"
when = [{ argument = "codec", position = 1, is-not = ["'json'"], absent = true }]
because = "codec defaults to 'pickle'"
data = { keyword = "path", position = 0 }
edit = { set-argument = "codec", value = "'json'", safe = true }

[[rule.hit]]
versions = { acme-vault = "1.4" }
code = ["import acme_vault; acme_vault.open(path)", "from acme_vault import open; open(path, 'pickle')"]

[[rule.miss]]
versions = { acme-vault = "2.0" }
code = "import acme_vault; acme_vault.open(path)"

[[rule.miss]]
code = "import acme_vault; acme_vault.open(path, codec='json')"

[[rule.instead]]
versions = { acme-vault = "1.4" }
code = "import acme_vault; value = acme_vault.open(path, codec='json')"
"#;
const CODE: &str = "from acme_vault import open as unlock\n\n\ndef read(path):\n    return unlock(path)\n";
const MENDED: &str =
    "from acme_vault import open as unlock\n\n\ndef read(path):\n    return unlock(path, codec='json')\n";

fn repository() -> Repository {
    let repository = Repository::new();
    repository.stage("picklegate.toml", "rules = [\"security/acme.toml\"]\n");
    repository.stage("security/acme.toml", RULES);
    repository.stage("requirements.txt", "acme-vault==1.4\n");
    repository.stage("a.py", CODE);
    repository
}

fn run(repository: &Repository, arguments: &[&str], status: i32) -> String {
    let output = repository.picklegate(arguments);
    assert_eq!(output.status.code(), Some(status), "{arguments:?}\n{}", show(&output));
    String::from_utf8(output.stdout).expect("it is UTF-8")
}

#[test]
fn the_file_is_good_and_its_examples_hold() {
    let repository = repository();
    let said = run(&repository, &["rules", "check", "security/acme.toml"], 0);
    assert_eq!(said, "security/acme.toml: 1 rule, 5 examples: nothing is wrong\n");
    run(&repository, &["rules", "test", "security/acme.toml"], 0);
    repository.write("wrong.toml", RULES.replace("\"<2\"", "\"<1\""));
    let said = run(&repository, &["rules", "test", "wrong.toml"], 1);
    assert!(said.contains("wrong.toml:27: acme-vault-open: expected error, found nothing"), "{said}");
}

#[test]
fn the_manifest_selects_the_rule_and_a_comment_allows_the_call() {
    let repository = repository();
    let said = run(&repository, &["check"], 1);
    for line in [
        "error[acme-vault-open]: `acme_vault.open` unpickles what is in the vault\n --> a.py:5:12\n",
        "= because: requirements.txt:1 pins acme-vault 1.4, where codec defaults to 'pickle'\n",
        "= edit: picklegate fix\n",
        "= more: picklegate rules explain acme-vault-open\n",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    repository.stage("requirements.txt", "acme-vault==2.0\n");
    run(&repository, &["check"], 0);
    repository.stage("requirements.txt", "acme-vault>=1,<3\n");
    assert!(run(&repository, &["check"], 1).contains("which admits versions <2, where codec defaults to 'pickle'"));
    repository.stage("a.py", CODE.replace("unlock(path)", "unlock(path)  # picklegate: allow[acme-vault-open] ours"));
    assert!(run(&repository, &["check"], 0).contains("1 allowed by comment"));
    repository.stage("a.py", "# picklegate: allow[acme-vault-open] nothing here\n");
    assert!(run(&repository, &["check"], 0).contains("[unused-allow]"));
}

#[test]
fn the_rule_is_explained_and_listed() {
    let repository = repository();
    let said = run(&repository, &["rules", "explain", "acme-*"], 0);
    for part in [
        "error[acme-vault-open]: ",
        "instead\n  JSON, which calls nothing.\n\n  acme-vault 1.4:\n\n    import acme_vault; value = acme_vault.open(path, codec='json')\n",
        "`picklegate fix` can\n  - pass codec='json'\n",
        "acme_vault.open, acme_vault.api.open; acme-vault <2; codec is not 'json' or",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    let listed = run(&repository, &["rules", "list", "--library", "acme-vault"], 0);
    assert_eq!(listed, "acme-vault-open  error    `acme_vault.open` unpickles what is in the vault\n");
    let active = run(&repository, &["rules", "list", "--library", "acme_vault", "--for-repo"], 0);
    assert_eq!(
        active,
        format!("{listed}    requirements.txt:1 pins acme-vault 1.4, where codec defaults to 'pickle'\n")
    );
    repository.write("requirements.txt", "acme-vault==2.1\n");
    assert_eq!(run(&repository, &["rules", "list", "--library", "acme_vault", "--for-repo"], 0), "");
    assert!(
        run(&repository, &["audit-deps", "--format", "csv", "--rev", &commit(&repository)], 0)
            .contains("acme-vault-open")
    );
    let page = run(&repository, &["rules", "explain", "--markdown", "acme-vault-open"], 0);
    assert!(
        page.starts_with("# acme-vault-open\n\n`acme_vault.open` unpickles")
            && page.contains("| library | acme-vault |"),
        "{page}"
    );
}

fn commit(repository: &Repository) -> String {
    repository.commit_unchecked();
    repository.head().expect("it was committed").trim().to_owned()
}

#[test]
fn the_call_is_fixed() {
    let repository = repository();
    assert!(
        run(&repository, &["check", "--diff"], 1)
            .contains("\n-    return unlock(path)\n+    return unlock(path, codec='json')\n")
    );
    run(&repository, &["fix"], 0);
    assert_eq!(fs::read_to_string(repository.top.join("a.py")).expect("it is text"), MENDED);
    repository.git(&["add", "a.py"]);
    run(&repository, &["check"], 0);
}

#[test]
fn the_rule_is_exported() {
    let repository = repository();
    repository.write("code/wrong.py", CODE);
    repository.write("code/right.py", MENDED);
    run(
        &repository,
        &["rules", "export", "--format", "semgrep", "--library", "acme-vault", "--for-repo", "--output", "out.yaml"],
        0,
    );
    let found = tools::semgrep(&repository, "out.yaml", "code");
    assert_eq!(
        found.into_iter().collect::<Vec<_>>(),
        [("code/wrong.py".to_owned(), BTreeSet::from(["acme-vault-open".to_owned()]))]
    );
    repository.write("requirements.txt", "acme-vault==2.1\n");
    let none =
        run(&repository, &["rules", "export", "--format", "semgrep", "--library", "acme-vault", "--for-repo"], 0);
    assert!(none.ends_with("rules: []\n"), "{none}");
}

/// A repository that turns into that of a library is told so: nothing goes out of force in silence.
#[test]
fn the_repository_of_a_library_is_told_which_rules_it_has_not() {
    let repository = Repository::new();
    repository.stage("a.py", "import numpy as np\nx = np.load(path, allow_pickle=True)\n");
    assert!(show(&repository.picklegate(&["check"])).contains("error[numpy-load-allow-pickle]"));
    repository.stage("pyproject.toml", "[project]\nname = \"numpy\"\n");
    assert!(show(&repository.picklegate(&["check"])).contains("error[numpy-load-allow-pickle]"));
    repository.stage("numpy/__init__.py", "from elsewhere import *\n");
    let said = show(&repository.picklegate(&["check"]));
    assert!(said.contains("this is the repository of numpy: the rules about it are not in force"), "{said}");
    assert!(!said.contains("numpy-load-allow-pickle"), "{said}");
}
