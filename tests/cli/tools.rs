//! What some tests need and is no crate. `tests/run` installs it; without it these tests fail and say so.

use crate::support::{Repository, show};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// No browser takes longer for one page, on however busy a machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// A browser of Chromium's kind.
fn chromium() -> PathBuf {
    let path = std::env::var_os("PATH").expect("there is a PATH");
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let mut found = std::env::split_paths(&path).flat_map(|directory| names.map(|name| directory.join(name)));
    found.find(|program| program.is_file()).unwrap_or_else(|| {
        panic!(
            "this test looks at a page in a browser, and found none of {names:?} on PATH: run tests/run, which installs \
             what the tests need, or `apt-get install chromium`"
        )
    })
}

/// Opens the page at `file` with an empty profile; gives the document as it is after all scripts ran.
pub fn browse(repository: &Repository, file: &Path, is_dark: bool) -> String {
    let profile = tempfile::tempdir().expect("a temporary directory can be made");
    let scheme = u8::from(!is_dark);
    let mut child = repository
        .command(&chromium().to_string_lossy())
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"])
        .args(["--disable-background-networking", "--disable-component-update", "--hide-scrollbars", "--dump-dom"])
        .args(["--window-size=1400,1000", "--virtual-time-budget=5000"])
        .arg(format!("--blink-settings=preferredColorScheme={scheme}"))
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("file://{}", file.display()))
        .stdin(Stdio::null())
        .stdout(std::fs::File::create(profile.path().join("dom")).expect("it can be made"))
        .stderr(Stdio::null())
        .spawn()
        .expect("the browser can be started");
    let started = Instant::now();
    loop {
        match child.try_wait().expect("it is our child") {
            Some(status) => {
                assert!(status.success(), "the browser ended with {status}");
                return std::fs::read_to_string(profile.path().join("dom")).expect("it wrote a document");
            }
            None if started.elapsed() > PATIENCE => {
                let _ = child.kill();
                panic!("the browser did not end within {PATIENCE:?}");
            }
            None => std::thread::sleep(Duration::from_millis(50)),
        }
    }
}

/// Judges `document` by the schema of CycloneDX 1.6, and its package URLs by their specification; gives what is wrong.
pub fn validate(repository: &Repository, document: &str) -> Result<(), String> {
    let python = test_tool("python", "validates a bill of materials");
    let mut child = repository
        .command(&python.to_string_lossy())
        .args(["-c", VALIDATE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python can be started");
    child.stdin.take().expect("it is piped").write_all(document.as_bytes()).expect("it reads all");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "the validator failed: {}", String::from_utf8_lossy(&output.stdout));
    match String::from_utf8(output.stdout).expect("it is UTF-8").trim() {
        "" => Ok(()),
        problem => Err(problem.to_owned()),
    }
}

const VALIDATE: &str = "
import json, sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
text = sys.stdin.buffer.read().decode()
problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
if problem is not None:
    print(problem)
for component in json.loads(text).get('components', []):
    purl = component.get('purl')
    if purl is not None and PackageURL.from_string(purl).to_string() != purl:
        print('not canonical:', purl, PackageURL.from_string(purl).to_string())
";

/// Runs Semgrep, without a network, over the files below `directory`; gives the ids of the rules that report each of them.
pub fn semgrep(repository: &Repository, rules: &str, directory: &str) -> BTreeMap<String, BTreeSet<String>> {
    let program = test_tool("semgrep", "runs exported rules");
    // What it leaves out by default, such as tests, is code here.
    repository.write(".semgrepignore", "");
    let output = repository
        .command(&program.to_string_lossy())
        .args(["scan", "--metrics", "off", "--disable-version-check", "--no-git-ignore", "--json", "--strict"])
        .args(["--config", rules, directory])
        // It starts helpers that are installed beside it.
        .env(
            "PATH",
            std::env::join_paths([
                program.parent().expect("it is in a directory"),
                Path::new("/usr/bin"),
                Path::new("/bin"),
            ])
            .expect("no colon in them"),
        )
        .env("SEMGREP_SEND_METRICS", "off")
        .output()
        .expect("semgrep can be started");
    assert!(output.status.success(), "{}", show(&output));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert_eq!(report["errors"].as_array().map(Vec::len), Some(0), "{}", report["errors"]);
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for result in report["results"].as_array().expect("a list") {
        let text = |key: &str| result[key].as_str().expect("a string").to_owned();
        found.entry(text("path")).or_default().insert(text("check_id"));
    }
    found
}

/// A program that tests/run installs.
fn test_tool(name: &str, what: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is inside the target directory");
    let program = target.join("test-tools/bin").join(name);
    assert!(
        program.is_file(),
        "this test {what}, and found no {name} in {}: run tests/run, which installs what tests/tools.txt names there",
        target.join("test-tools").display()
    );
    program
}
