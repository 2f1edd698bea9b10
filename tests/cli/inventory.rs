//! `audit-deps`: where it reads from, where it writes to, and what its exit status says.

use crate::support::{Repository, show};
use std::process::Output;

const LOCK: &str = "version = 1\n[[package]]\nname = \"app\"\nversion = \"0\"\nsource = { virtual = \".\" }\n\
    dependencies = [{ name = \"torch\" }]\n[[package]]\nname = \"torch\"\nversion = \"2.3.1\"\n\
    source = { registry = \"https://packages.example.org/simple\" }\ndependencies = [{ name = \"sympy\" }]\n\
    [[package]]\nname = \"sympy\"\nversion = \"1.13.1\"\n\
    source = { registry = \"https://packages.example.org/simple\" }\n";

/// A repository with calls of several libraries in several directories; committed.
pub fn ordinary() -> Repository {
    let repository = Repository::new();
    repository.stage("uv.lock", LOCK);
    repository.stage("pyproject.toml", "[project]\nname = 'app'\nversion = '0'\ndependencies = ['torch>=2']\n");
    repository.stage("tools/requirements.txt", "pyyaml==6.0.1\ndill\nsix @ git+https://example.org/six@v1\n-e ./lib\n");
    repository.stage("app/models/load.py", format!("import torch\n{}", "torch.load(p)\n".repeat(5)));
    repository.stage(
        "app/cache.py",
        "import pickle\npickle.load(f)\npickle.load(g)  # picklegate: allow[pickle-load] ours\n",
    );
    repository.stage("tools/a.py", "import dill, marshal\ndill.load(f)\ndill.loads(b)\nmarshal.loads(b)\n");
    repository.commit_unchecked();
    repository
}

/// A repository whose every text wants to be more than text; `address` is what it wants to be fetched.
pub fn hostile(address: &str) -> Repository {
    let repository = Repository::new();
    let tag = "<script>window.ran=1<\u{2215}script><img src=x onerror=window.ran=2>";
    let requirements = [
        "torch==2.3.1 ; python_version < \"3\" or \"<script>window.ran=3</script>\" == \"\"".to_owned(),
        format!("six @ {address}<script>window.ran=4</script>.whl"),
        format!("pyyaml @ {address}x.whl#<img/src={address}/onerror=window.ran=5>"),
        "dill === <b>\"'`|$(x)&lt;\u{202e}".to_owned(),
        format!("<script src={address}></script>"),
        "=cmd|' /C calc'!A0".to_owned(),
    ];
    repository.write("requirements.txt", requirements.join("\n"));
    let code = "import pickle, torch\npickle.load(f)\ntorch.load(f)\n";
    for directory in [format!("{tag}\u{202e}\"'"), "'\"><svg onload=window.ran=6>".to_owned(), "a|b`c`\n# d".to_owned()]
    {
        repository.write(&format!("{directory}/x.py"), code);
    }
    repository.write(&format!("{}/x.py", "very-long-name-without-a-blank".repeat(8)), code);
    repository.write(&format!("{}/x.py", "W".repeat(200)), code);
    repository.write("picklegate.toml", "rules = ['own.toml']\n");
    let rules = format!(
        "schema = 1\n[[library]]\nname = 'six'\nimports = ['six']\n[[rule]]\nid = 'six-x'\nlibrary = 'six'\n\
         severity = 'error'\nmessage = '''`<script>window.ran=7</script>` <img src={address} onerror=window.ran=8>'''\n\
         runs = 'r'\nfix = '''</p></style><script>window.ran=9</script>'''\nalternative = '''<base href={address}>'''\n\
         [[rule.match]]\ncalls = ['six.x']\nversions = '<2'\nbecause = '''<iframe src={address}>'''\n\
         [[rule.hit]]\ncode = '''import six\nsix.x()'''\n[[rule.miss]]\ncode = 'x'\n"
    );
    repository.write("own.toml", rules);
    repository
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("it is UTF-8")
}

#[test]
fn commits_and_bare_repositories_need_no_checkout() {
    let repository = ordinary();
    let on_disk = stdout(&repository.picklegate(&["audit-deps", "--format", "json"]));
    repository.git(&["clone", "--quiet", "--bare", ".", "../bare.git"]);
    repository.git(&["rm", "--quiet", "-r", "--force", "uv.lock", "app"]);
    repository.commit_unchecked();
    let now = stdout(&repository.picklegate(&["audit-deps", "--format", "json"]));
    assert_ne!(now, on_disk);
    let bare = &repository.top.with_file_name("bare.git").to_string_lossy().into_owned();
    for arguments in [
        &["audit-deps", "--rev", "HEAD^"][..],
        &["-C", bare, "audit-deps", "--rev", "main"],
        &["-C", bare, "audit-deps"],
    ] {
        let output = repository.picklegate(&[arguments, &["--format", "json"]].concat());
        assert_eq!(stdout(&output), on_disk, "{arguments:?}\n{}", show(&output));
    }
    assert_eq!(repository.picklegate(&["audit-deps", "--rev", "nothing"]).status.code(), Some(2));
}

#[test]
fn a_part_of_a_commit_is_named_from_the_current_directory() {
    let repository = ordinary();
    let tools = stdout(&repository.picklegate(&["audit-deps", "tools", "--format", "json"]));
    assert!(tools.contains("\"dill\"") && !tools.contains("\"torch\""), "{tools}");
    for arguments in
        [&["audit-deps", "tools"][..], &["-C", "app", "audit-deps", "../tools"], &["-C", "tools", "audit-deps", "."]]
    {
        let output = repository.picklegate(&[arguments, &["--rev", "HEAD", "--format", "json"]].concat());
        assert_eq!(stdout(&output), tools, "{arguments:?}\n{}", show(&output));
    }
    for path in ["nowhere", "../..", "/"] {
        let output = repository.picklegate(&["audit-deps", path, "--rev", "HEAD"]);
        assert_eq!(output.status.code(), Some(2), "{path}\n{}", show(&output));
    }
}

#[test]
fn every_format_is_the_same_each_time_and_holds_no_control_character() {
    let repository = hostile("http://127.0.0.1:9/");
    for format in ["text", "json", "markdown", "csv", "cyclonedx", "html"] {
        for more in [&[][..], &["--all"], &["--no-scan"]] {
            let arguments = [&["audit-deps", "--format", format], more].concat();
            let output = repository.picklegate(&arguments);
            assert_eq!(output.stdout, repository.picklegate(&arguments).stdout, "{arguments:?}");
            let text = stdout(&output);
            let acts = |c: char| c != '\n' && (c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c));
            assert!(!text.is_empty() && !text.contains(acts), "{arguments:?}\n{text}");
        }
    }
}

#[test]
fn a_report_goes_to_a_file_and_the_exit_status_stays() {
    let repository = ordinary();
    let printed = repository.picklegate(&["audit-deps", "--format", "csv"]);
    let written = repository.picklegate(&["audit-deps", "--format", "csv", "--output", "deps.csv"]);
    assert_eq!((printed.status.code(), written.status.code()), (Some(0), Some(0)), "{}", show(&written));
    assert!(written.stdout.is_empty() && String::from_utf8_lossy(&written.stderr).contains("wrote deps.csv"));
    assert_eq!(std::fs::read(repository.top.join("deps.csv")).expect("it was written"), printed.stdout);
    repository.write("requirements.txt", "torch\n?\n");
    for format in ["text", "json", "markdown", "csv", "cyclonedx", "html"] {
        let output = repository.picklegate(&["audit-deps", "--format", format]);
        assert_eq!(output.status.code(), Some(2), "an entry was lost: {format}");
    }
    let output = repository.picklegate(&["audit-deps", "--output", "no/such/directory"]);
    assert!(show(&output).contains("cannot write the report"), "{}", show(&output));
}

#[test]
fn tables_fit_the_columns_that_are_set() {
    let repository = hostile("http://127.0.0.1:9/").with("COLUMNS", "60");
    let output = repository.picklegate(&["audit-deps", "--all"]);
    let wide: Vec<String> =
        stdout(&output).lines().filter(|line| line.chars().count() > 60).map(str::to_owned).collect();
    assert!(wide.is_empty(), "{wide:#?}");
}
