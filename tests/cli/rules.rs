//! `picklegate rules`: what is known, what of it is active here, and what is wrong with a file of one's own.

use crate::support::{Repository, show, shows};
use snapbox::str;

fn stdout(repository: &Repository, arguments: &[&str]) -> String {
    let output = repository.picklegate(arguments);
    assert!(output.status.success(), "{arguments:?}\n{}", show(&output));
    String::from_utf8(output.stdout).expect("it is UTF-8")
}

#[test]
fn a_library_is_named_by_what_is_installed_or_imported() {
    let repository = Repository::new();
    let list = |name: &str| stdout(&repository, &["rules", "list", "--library", name]);
    assert!(list("pyyaml").contains("yaml-load") && !list("pyyaml").contains("torch-load"));
    assert_eq!(list("PyYAML"), list("yaml"));
    assert_eq!(list("pytorch"), list("torch"));
    assert_eq!(list("ruamel.yaml"), list("ruamel-yaml"));
    shows(
        repository.transcript(&["rules", "list", "--library", "nothing"]),
        str![[r#"
exit 2
--- stderr
error: nothing: no rule speaks of such a library
hint: name a distribution, or what is imported of it

"#]],
    );
}

#[test]
fn what_is_active_here_is_listed_with_the_evidence() {
    let repository = Repository::new();
    repository.write("requirements.txt", "\npyyaml==5.3.1\ndill>=0.3\n");
    repository.write("service/requirements.txt", "pyyaml==6.0.2\n");
    repository.write("service/a.py", "import jsonpickle\n");
    shows(
        repository.transcript(&["rules", "list", "--for-repo", "--library", "pyyaml"]),
        str![[r#"
exit 0
--- stdout
yaml-full-loader    error    `FullLoader` of this version calls what the document names
    requirements.txt:2 pins pyyaml 5.3.1, where FullLoader can be made to call anything
yaml-load           error    `yaml.load` without a Loader calls what the document names
    requirements.txt:2 pins pyyaml 5.3.1, where the default loader calls what the document names
yaml-unsafe-loader  error    this loader calls what the document names
    requirements.txt:2 pins pyyaml 5.3.1
    service/requirements.txt:1 pins pyyaml 6.0.2

"#]],
    );
    shows(
        repository.transcript(&["rules", "list", "--for-repo", "--library", "jsonpickle"]),
        str![[r#"
exit 0
--- stdout
jsonpickle-decode  error    `jsonpickle.decode` imports and calls what the JSON text names
    service/a.py:1 imports jsonpickle

"#]],
    );
    let all = stdout(&repository, &["rules", "list", "--for-repo"]);
    assert!(all.contains("pickle-load") && all.contains("\n    part of Python\n"), "{all}");
    assert!(all.contains("requirements.txt:3 declares dill >=0.3\n") && !all.contains("torch-load"), "{all}");
    // A part is judged by what decides in it.
    let part = stdout(&repository, &["-C", "service", "rules", "list", "--for-repo"]);
    assert!(part.contains("service/a.py:1 imports jsonpickle") && !part.contains("5.3.1"), "{part}");
}

#[test]
fn lists_are_for_programs_too() {
    let repository = Repository::new();
    repository.write("requirements.txt", "pyyaml==5.3.1\n");
    let json = |arguments: &[&str]| -> serde_json::Value {
        let all = [&["rules", "list", "--format", "json"], arguments].concat();
        serde_json::from_str(&stdout(&repository, &all)).expect("it is JSON")
    };
    let all = json(&[]);
    assert_eq!((&all["schema"], &all["version"]), (&"picklegate/rules".into(), &1.into()));
    let rules = all["rules"].as_array().expect("a list");
    let lines = stdout(&repository, &["rules", "list"]).lines().count();
    assert_eq!(rules.len(), lines);
    assert!(
        rules.iter().all(|rule| rule["active"].is_null() && !rule["matches"].as_array().expect("a list").is_empty())
    );
    let active = json(&["--for-repo", "--library", "yaml"]);
    let load =
        active["rules"].as_array().expect("a list").iter().find(|rule| rule["id"] == "yaml-load").expect("it is");
    assert_eq!(load["active"]["severity"], "error");
    assert_eq!(
        (&load["active"]["because"][0]["path"], &load["active"]["because"][0]["line"]),
        (&"requirements.txt".into(), &1.into())
    );
    assert_eq!(load["active"]["matches"][0], 0);
    let pyyaml = serde_json::json!({"name": "pyyaml", "distributions": ["pyyaml"], "imports": ["yaml"]});
    assert!(load["libraries"].as_array().expect("a list").contains(&pyyaml), "{}", load["libraries"]);
}

#[test]
fn rules_are_explained_one_by_one_or_by_pattern() {
    let repository = Repository::new();
    let one = stdout(&repository, &["rules", "explain", "torch-load"]);
    for part in
        ["what runs\n", "`picklegate fix` can\n  - do not pass pickle_module, with --unsafe-fixes\n", "matches\n"]
    {
        assert!(one.contains(part), "{part}\n{one}");
    }
    let some = stdout(&repository, &["rules", "explain", "torch-load*"]);
    assert!(some.starts_with(&one) && some.contains("\n\n\nerror[torch-load-url]: "), "{some}");
    let page = stdout(&repository, &["rules", "explain", "--markdown", "torch-load"]);
    assert_eq!(page, crate::support::project_file("docs/rules/torch-load.md"));
    for (id, error, hint) in [
        ("troch-lod", "troch-lod: there is no such rule", "there is torch-load"),
        ("numpy", "numpy: there is no such rule", "there is "),
        ("torch-x*", "torch-x*: no rule has such an id", "`picklegate rules list` names them all"),
    ] {
        let output = repository.picklegate(&["rules", "explain", id]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.starts_with(&format!("error: {error}\nhint: {hint}")), "{said}");
    }
}

#[test]
fn what_is_wrong_with_a_file_is_said_all_at_once() {
    let repository = Repository::new();
    repository.write(
        "wrong.toml",
        "schema = 1\n\n[[library]]\nname = \"acme\"\nimports = [\"acme\"]\n\n[[rule]]\nid = \"acme-load\"\nlibrary = \"acme\"\n\
         severity = \"fatal\"\n\n[[rule]]\nid = \"Acme\"\nlibrary = \"acm\"\nseverity = \"error\"\nmessage = \"m\"\nruns = \"r\"\n\
         fix = \"f\"\nalternative = \"a\"\n\n[[rule.match]]\ncalls = [\"acme.load\"]\nversions = \"2\"\n\n[[origin]]\nkind = \"cloud\"\n",
    );
    repository.write("broken.toml", "schema = 1\n[[rule\nx = 1\ny = = 2\n");
    repository.write("bytes.toml", b"schema = 1\n# \xff\n");
    repository.write("good.toml", "schema = 1\n");
    shows(
        repository.transcript(&["rules", "check", "good.toml", "wrong.toml", "broken.toml", "bytes.toml"]),
        str![[r#"
exit 1
--- stdout
good.toml: 0 rules, 0 examples: nothing is wrong
wrong.toml:10: unknown variant `fatal`, expected one of `note`, `warning`, `error`
wrong.toml:13: expected a rule id in kebab case such as `torch-load`, found "Acme"
wrong.toml:13: expected at least one [[rule.hit]] example of rule "Acme", found none
wrong.toml:13: expected at least one [[rule.miss]] example of rule "Acme", found none
wrong.toml:14: expected the name of a [[library]], found "acm"
wrong.toml:23: expected a PEP 440 specifier such as "<2.6", found "2"
wrong.toml:26: unknown variant `cloud`, expected one of `request`, `network`, `hub`, `database`, `subprocess`, `standard-input`, `command-line`, `environment`, `temporary-file`, `parameter`, `literal`, `dump`
broken.toml:2: unclosed array table, expected `]]`
bytes.toml:2: expected UTF-8, found the byte 0xff

"#]],
    );
    shows(
        repository.transcript(&["rules", "check", "good.toml"]),
        str![[r#"
exit 0
--- stdout
good.toml: 0 rules, 0 examples: nothing is wrong

"#]],
    );
    shows(
        repository.transcript(&["rules", "check", "absent.toml"]),
        str![[r#"
exit 2
--- stderr
error: absent.toml: cannot read the rules file: No such file or directory (os error 2)

"#]],
    );
}

#[test]
fn the_file_that_is_shown_in_full_is_checked_and_tested() {
    let repository = Repository::new();
    let docs = crate::support::project_file("docs/rules.md");
    let file = docs
        .split_once("```toml\n# picklegate-rules.toml\n")
        .expect("it shows one")
        .1
        .split_once("```")
        .expect("it ends")
        .0;
    repository.write("own.toml", file);
    shows(
        repository.transcript(&["rules", "check", "own.toml"]),
        str![[r#"
exit 0
--- stdout
own.toml: 2 rules, 1 of them in the place of others, 5 examples: nothing is wrong

"#]],
    );
    assert!(repository.picklegate(&["rules", "test", "own.toml"]).status.success());
}
