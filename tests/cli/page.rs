//! The inventory as a page, in a real browser: what acts, what is fetched, what fits, and whether the picture is true.

use crate::inventory::{hostile, ordinary};
use crate::support::{Repository, show};
use crate::tools::browse;
use serde_json::Value;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::PathBuf;

/// Opens what is folded, measures, and tells the page around it.
const MEASURE: &str = r#"
for (const folded of document.querySelectorAll('details')) folded.open = true;
const all = [...document.querySelectorAll('body *')];
const right = element => element.getBoundingClientRect().right;
const bars = [...document.querySelectorAll('svg.bar')].map(bar => ({
  label: bar.getAttribute('aria-label'),
  width: bar.getBoundingClientRect().width,
  parts: [...bar.querySelectorAll('rect')].map(part => [part.getAttribute('class'), part.getBoundingClientRect().width]),
}));
const measured = {
  ran: window.ran ?? null,
  scripts: document.scripts.length,
  foreign: all.filter(e => ['IMG', 'IFRAME', 'BASE', 'OBJECT', 'LINK', 'B', 'I'].includes(e.tagName) && !e.closest('.tiles')).length,
  handlers: all.filter(e => [...e.attributes].some(a => a.name.startsWith('on'))).length,
  bidi: /[\u202a-\u202e\u2066-\u2069]/.test(document.body.textContent),
  fetched: performance.getEntriesByType('resource').length,
  width: innerWidth,
  scrolled: document.documentElement.scrollWidth,
  beyond: all.filter(e => right(e) > innerWidth + 1).map(e => e.outerHTML.slice(0, 200)),
  paper: getComputedStyle(document.body).backgroundColor,
  family: getComputedStyle(document.body).fontFamily,
  text: document.body.innerText,
  bars,
};
parent.postMessage(encodeURIComponent(JSON.stringify(measured)), '*');
"#;

/// Shows a page in a frame of any width, which windows are not, and writes down what it measures.
const AROUND: &str = r#"<!doctype html>
<meta charset="utf-8">
<meta name="color-scheme" content="light dark">
<script>
addEventListener('message', event => {
  const pre = document.createElement('pre');
  pre.id = 'measured';
  pre.textContent = event.data;
  document.body.append(pre);
});
</script>
<body><iframe src="page.html" width="WIDTH" height="900" frameborder="0"></iframe></body>
"#;

fn page(repository: &Repository) -> String {
    let output = repository.picklegate(&["audit-deps", "--format", "html"]);
    assert!(output.status.code().is_some_and(|code| code != 1), "{}", show(&output));
    String::from_utf8(output.stdout).expect("it is UTF-8")
}

/// What the browser makes of `page` with `attributes` on the script that measures; `None` where it did not run.
fn measure(repository: &Repository, page: &str, attributes: &str, width: u32, is_dark: bool) -> Option<Value> {
    assert_eq!(page.matches("</body>").count(), 1, "the page has one end");
    let file: PathBuf = repository.top.with_file_name("page.html");
    let script = format!("<script{attributes}>{MEASURE}</script></body>");
    std::fs::write(&file, page.replace("</body>", &script)).expect("it can be written");
    let around = file.with_file_name("around.html");
    std::fs::write(&around, AROUND.replace("WIDTH", &width.to_string())).expect("it can be written");
    let document = browse(repository, &around, is_dark);
    let text = document.split_once("<pre id=\"measured\">")?.1.split_once("</pre>")?.0;
    Some(serde_json::from_str(&decoded(text)).expect("the script writes JSON"))
}

/// Undoes `encodeURIComponent`.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let digits = [rest.next().expect("two digits"), rest.next().expect("two digits")];
                let digits = str::from_utf8(&digits).expect("digits are ASCII").to_owned();
                bytes.push(u8::from_str_radix(&digits, 16).expect("they are hexadecimal"));
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).expect("it was UTF-8")
}

/// The page, with its own policy but for the one script that measures.
fn admitting_the_measurement(page: &str) -> String {
    let policy = "default-src 'none';";
    assert_eq!(page.matches(policy).count(), 1);
    page.replace(policy, &format!("{policy} script-src 'nonce-measure';"))
}

#[test]
fn nothing_of_a_hostile_repository_acts() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port can be had");
    listener.set_nonblocking(true).expect("it can be asked without waiting");
    let address = format!("http://{}/", listener.local_addr().expect("it is bound"));
    let repository = hostile(&address);
    let page = page(&repository);
    assert!(page.contains("window.ran=1") && page.contains("window.ran=9") && page.contains(&address), "{page}");

    // Its own policy lets no script run, whatever wrote it.
    assert_eq!(measure(&repository, &page, "", 1280, false), None);
    // And without a policy there is none to run, and nothing to fetch.
    let start = page.find("<meta http-equiv").expect("it has a policy");
    let end = start + page[start..].find('>').expect("the tag ends") + 1;
    let open = format!("{}{}", &page[..start], &page[end..]);
    for width in [1280, 400] {
        let measured = measure(&repository, &open, "", width, false).expect("the script runs");
        assert_eq!(measured["ran"], Value::Null);
        assert_eq!(measured["scripts"], 1);
        for nothing in ["foreign", "handlers", "fetched"] {
            assert_eq!(measured[nothing], 0, "{nothing}\n{page}");
        }
        assert_eq!(measured["bidi"], false);
        fits(&measured, width);
    }
    let called = listener.accept().map(|(_, from)| from);
    assert_eq!(called.expect_err("nobody calls").kind(), ErrorKind::WouldBlock);
}

#[test]
fn the_page_fits_and_its_picture_is_true() {
    let repository = ordinary();
    let page = admitting_the_measurement(&page(&repository));
    let report = repository.picklegate(&["audit-deps", "--format", "json"]);
    let report: Value = serde_json::from_slice(&report.stdout).expect("it is JSON");
    let mut papers = Vec::new();
    for (width, is_dark) in [(1280, false), (400, true)] {
        let measured = measure(&repository, &page, " nonce=measure", width, is_dark).expect("the script runs");
        fits(&measured, width);
        // The style counts only where its hash is the one in the policy.
        assert!(measured["family"].as_str().is_some_and(|family| family.contains("system-ui")), "{}", hash(&page));
        papers.push(measured["paper"].to_string());
        bars_are_true(&measured, &report);
        let text = measured["text"].as_str().expect("it is text");
        for expected in ["torch", "2.3.1", "uv.lock:", "torch-load", "Write instead", "app/models", "sympy", "5 errors"]
        {
            assert!(text.contains(expected), "{expected}\n{text}");
        }
    }
    assert_ne!(papers[0], papers[1], "dark is not light");
}

/// What to do about a style that does not count.
fn hash(page: &str) -> String {
    let policy = page.split_once("style-src ").and_then(|(_, rest)| rest.split_once(';')).expect("there is a policy").0;
    format!(
        "the style is not admitted: the policy has {policy}, which must be what `openssl dgst -sha256 -binary \
         src/report/inventory/html/style.css | base64` prints; it stands in src/report/inventory/html.rs"
    )
}

fn fits(measured: &Value, width: u32) {
    assert_eq!(measured["width"], width);
    assert_eq!(measured["beyond"], Value::Array(Vec::new()), "beyond {width}");
    assert!(
        measured["scrolled"].as_u64().is_some_and(|scrolled| scrolled <= u64::from(width)),
        "{}",
        measured["scrolled"]
    );
}

/// Compares each bar with the counts of the JSON report: as wide as they demand, to a pixel.
fn bars_are_true(measured: &Value, report: &Value) {
    let libraries = report["libraries"].as_array().into_iter().flatten().map(|found| (&found["name"], &found["calls"]));
    let directories =
        report["directories"].as_array().into_iter().flatten().map(|found| (&found["path"], &found["calls"]));
    let kinds = ["error", "warning", "note", "allowed"];
    let number = |calls: &Value, kind: &str| calls[kind].as_f64().expect("it is a number");
    let all = |calls: &Value| kinds.iter().map(|kind| number(calls, kind)).sum::<f64>();
    let counted: Vec<_> = libraries.chain(directories).filter(|(_, calls)| all(calls) > 0.0).collect();
    let longest = counted.iter().map(|(_, calls)| all(calls)).fold(0.0, f64::max);
    let bars = measured["bars"].as_array().expect("it is a list");
    assert_eq!(bars.len(), counted.len());
    for (name, calls) in counted {
        let name = format!("{}: ", name.as_str().expect("it is text"));
        let of_name = |bar: &&Value| bar["label"].as_str().is_some_and(|label| label.starts_with(&name));
        let bar = bars.iter().find(of_name).unwrap_or_else(|| panic!("no bar for {name}"));
        let width = bar["width"].as_f64().expect("it is a number");
        assert!(width > 100.0, "{bar}");
        for kind in kinds {
            let parts = bar["parts"].as_array().into_iter().flatten().filter(|part| part[0] == kind);
            let drawn: f64 = parts.map(|part| part[1].as_f64().expect("it is a number")).sum();
            let demanded = width * number(calls, kind) / longest;
            assert!((drawn - demanded).abs() < 1.0, "{name}{kind}: {drawn} instead of {demanded}\n{bar}");
        }
    }
}
