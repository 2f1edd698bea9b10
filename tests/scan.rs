//! `scan` against the data in `tests/data/scan`: prose, code, and the findings each line must have.
//!
//! A block that starts with three backquotes and `python` (or a file name) is one file. A comment `# error: [rule]` says
//! that a finding of that rule starts in its line; `# warning: [rule] low` also says with which confidence; several are
//! separated by `;`. Everything that is found must be said.

use picklegate::catalog::Catalog;
use picklegate::rules::{RuleSet, Selection, parse};
use picklegate::scan::{Honoured, Scan};
use picklegate::snapshot::{MemorySnapshot, RepoPath};

fn rules() -> RuleSet {
    parse(include_str!("data/scan/rules.toml"), "rules.toml").expect("the rules of the tests are sound")
}

fn scan_with(rules: &RuleSet, path: &str, source: &[u8], honoured: Honoured) -> Scan {
    let snapshot = MemorySnapshot::default();
    let catalog = Catalog::new(&snapshot);
    let path = RepoPath::from(path);
    let selection = Selection::new(rules, &catalog, &path);
    let scan = picklegate::scan::scan(&path, source, &selection, honoured);
    for finding in scan.findings.iter().chain(scan.allowed.iter().map(|allowed| &allowed.finding)) {
        let excerpt = &finding.excerpt;
        assert!(excerpt.text.get(excerpt.highlight.clone()).is_some(), "{finding:?}");
        assert!(finding.start <= finding.end && finding.start.column > 0 && finding.start.line > 0, "{finding:?}");
    }
    scan
}

fn scan(source: &str) -> Scan {
    scan_with(&rules(), "a.py", source.as_bytes(), Honoured::default())
}

/// What is found, as the comments of the data say it.
fn found(scan: &Scan) -> Vec<String> {
    let each = scan.findings.iter().map(|f| match f.confidence.to_string().as_str() {
        "high" => format!("{}: {}: [{}]", f.start.line, f.severity, f.rule),
        other => format!("{}: {}: [{}] {other}", f.start.line, f.severity, f.rule),
    });
    let mut all: Vec<String> = each.chain(scan.unscanned.iter().map(|reason| format!("unscanned: {reason}"))).collect();
    all.sort();
    all
}

/// What the comments of `source` expect.
fn expected(source: &str) -> Vec<String> {
    let mut all = Vec::new();
    for (i, line) in source.lines().enumerate() {
        for severity in ["error", "warning", "note"] {
            let Some((_, rest)) = line.split_once(&format!("# {severity}: [")) else { continue };
            let expected = format!("{severity}: [{rest}");
            all.extend(expected.split(';').map(|one| format!("{}: {}", i + 1, one.trim())));
        }
    }
    all.sort();
    all
}

#[test]
fn data() {
    let rules = rules();
    let mut blocks = 0;
    let mut wrong = String::new();
    for entry in std::fs::read_dir("tests/data/scan").expect("the data is there") {
        let file = entry.expect("an entry of the data").path();
        if file.extension().is_none_or(|suffix| suffix != "md") {
            continue;
        }
        let text = std::fs::read_to_string(&file).expect("the data is UTF-8");
        let mut heading = String::new();
        let mut block: Option<(String, String)> = None;
        for line in text.lines() {
            match (&mut block, line.strip_prefix("```")) {
                (None, Some(name)) => {
                    let name = if name == "python" { "a.py" } else { name };
                    block = Some((name.to_owned(), String::new()));
                }
                (Some((name, source)), Some(_)) => {
                    let scan = scan_with(&rules, name, source.as_bytes(), Honoured::default());
                    let (found, expected) = (found(&scan), expected(source));
                    if found != expected {
                        wrong += &format!(
                            "{}: {heading}\n{source}found    {found:#?}\nexpected {expected:#?}\n\n",
                            file.display()
                        );
                    }
                    blocks += 1;
                    block = None;
                }
                (Some((_, source)), None) => {
                    source.push_str(line);
                    source.push('\n');
                }
                (None, None) if line.starts_with('#') => heading = line.to_owned(),
                (None, None) => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(blocks > 0, "no blocks were found");
}

#[test]
fn a_finding_says_all_there_is() {
    let scan = scan(
        "import torch as t\n\nclass Trainer:\n    def resume(self, path):\n        return t.load(\n            path,\n        )\n",
    );
    let [finding] = &scan.findings[..] else { panic!("{scan:?}") };
    assert_eq!((finding.start.line, finding.start.column), (5, 16));
    assert_eq!((finding.end.line, finding.end.column), (7, 10));
    assert_eq!(finding.scope, "Trainer.resume");
    assert_eq!(finding.label, "called here");
    assert_eq!(finding.fingerprint.0, "torch-load torch.load(path)");
    assert_eq!(finding.excerpt.first_line, 5);
    assert_eq!(&finding.excerpt.text[finding.excerpt.highlight.clone()], "t.load(\n            path,\n        )");
}

/// Fingerprints of what is found, sorted.
fn fingerprints(source: &str) -> Vec<String> {
    let mut all: Vec<String> = scan(source).findings.into_iter().map(|finding| finding.fingerprint.0).collect();
    all.sort();
    all
}

#[test]
fn fingerprints_see_what_matters_and_no_more() {
    let plain = fingerprints("import pickle\npickle.loads(f('a', b[1]), encoding='utf-8')\n");
    assert_eq!(plain, ["pickle-load pickle.loads(f(\"a\",b[1]),encoding=\"utf-8\")"]);
    let same = [
        "import pickle as p\np.loads(f('a', b[1]), encoding='utf-8')\n",
        "from pickle import loads\nloads(f('a', b[1]), encoding='utf-8')\n",
        "import pickle\nif True:\n    pickle.loads(f(\"a\",\n   b[1] ,  ), # why\n encoding = \"utf-8\",)\n",
        "import pickle\npickle \\\n  .loads(f('a', \\\n b[1]), encoding='utf-8')\r\n",
    ];
    for other in same {
        assert_eq!(fingerprints(other), plain, "{other}");
    }
    let different = [
        "import pickle\npickle.loads(f('a', b[2]), encoding='utf-8')\n",
        "import pickle\npickle.loads(f('a ', b[1]), encoding='utf-8')\n",
        "import pickle\npickle.load(f('a', b[1]), encoding='utf-8')\n",
    ];
    for other in different {
        assert_ne!(fingerprints(other), plain, "{other}");
    }
}

#[test]
fn fingerprints_do_not_know_what_modules_are_imported_as() {
    let one = fingerprints("import yaml as y\nfrom numpy import x as z\ny.load(z, Loader=y.Loader)\n");
    let other = fingerprints("import yaml, numpy\nfrom yaml import Loader as L\nyaml.load(numpy.x, Loader=L)\n");
    assert_eq!(one, other);
}

#[test]
fn a_call_inside_a_call_has_its_own_fingerprint() {
    let both = fingerprints("import pickle\npickle.loads(pickle.loads(x))\n");
    assert_eq!(both, ["pickle-load pickle.loads(pickle.loads(...))", "pickle-load pickle.loads(x)"]);
}

#[test]
fn other_tools_comments_count_only_if_asked() {
    let source = b"import pickle\npickle.loads(x)  # nosec B301\npickle.loads(y)  # noqa: E501, S301\npickle.loads(z)  # noqa: E501\n";
    let count = |honoured| {
        let scan = scan_with(&rules(), "a.py", source, honoured);
        (scan.findings.len(), scan.allowed.len())
    };
    assert_eq!(count(Honoured::default()), (3, 0));
    assert_eq!(count(Honoured { nosec: true, noqa: false }), (2, 1));
    assert_eq!(count(Honoured { nosec: false, noqa: true }), (2, 1));
}

#[test]
fn messages_about_comments_say_what_to_do() {
    let scan = scan("import pickle\npickle.loads(x)  # picklegate: allow[pickle-laod] ours\n");
    let about = scan.findings.iter().find(|finding| finding.rule == "malformed-allow").expect("it is malformed");
    assert_eq!(about.message, "there is no rule `pickle-laod`");
    assert_eq!(about.fix, "did you mean `pickle-load`? `picklegate rules list` shows all");
    assert_eq!(&about.excerpt.text[about.excerpt.highlight.clone()], "# picklegate: allow[pickle-laod] ours");
}

/// Encodings, line ends and other bytes: each source ends in one call that must be found, in this line and column.
#[test]
fn every_encoding_that_python_reads_is_read() {
    let cases: &[(&[u8], u32, u32)] = &[
        (b"\xef\xbb\xbfimport pickle\nx = pickle.loads(y)\n", 2, 5),
        (b"import pickle\r\nx = pickle.loads(y)\r\n", 2, 5),
        (b"import pickle\rx = pickle.loads(y)\r", 2, 5),
        (b"import pickle\n\x0c\nx = pickle.loads(y)\n", 3, 5),
        (b"\x0cimport pickle\n\x0cx = pickle.loads(y)\n", 2, 6),
        (b"# coding: latin-1\nimport pickle\n'\xe9'; pickle.loads(y)\n", 3, 6),
        (b"# coding: shift_jis\nimport pickle\n'\x83\x5c'; pickle.loads(y)\n", 3, 6),
        (b"import pickle\n'\xe9\xff'; pickle.loads(y)\n", 2, 7),
        (b"import pickle\n'\0'; pickle.loads(y)\n", 2, 6),
        ("import pickle\n'\u{1f600}'; pickle.loads(y)\n".as_bytes(), 2, 6),
    ];
    for (source, line, column) in cases {
        let scan = scan_with(&rules(), "a.py", source, Honoured::default());
        let at: Vec<(u32, u32)> = scan.findings.iter().map(|f| (f.start.line, f.start.column)).collect();
        assert_eq!((at, scan.unscanned), (vec![(*line, *column)], None), "{}", String::from_utf8_lossy(source));
    }
}

#[test]
fn what_cannot_be_read_says_so() {
    let cases: &[(&[u8], &str)] = &[
        (b"# coding: utf-7\nimport pickle\n", "`utf-7`"),
        (b"# coding: rot13\nvzcbeg cvpxyr\n", "`rot13`"),
        (b"\xff\xfei\0m\0p\0o\0r\0t\0", "UTF-16"),
        (b"import pickle\nx = '''\npickle.loads(y)\n", "line 2 is never closed"),
        (b"import pickle\nx = f'''\npickle.loads(y)\n", "is never closed"),
    ];
    for (source, reason) in cases {
        let scan = scan_with(&rules(), "a.py", source, Honoured::default());
        let said = scan.unscanned.unwrap_or_default();
        assert!(said.contains(reason), "{said:?} {reason}");
    }
    assert_eq!(scan("import pickle\nx = 'abc\npickle.loads(y)\n").findings.len(), 1);
}

/// Trees as deep as they get: nothing may overflow a small stack, and each is judged or says why not.
#[test]
fn nothing_is_too_deep() {
    let shapes = [
        ("(", "x", ")"),
        ("[", "x", "]"),
        ("{", "x", "}"),
        ("f(", "x", ")"),
        ("", "x", ".b"),
        ("", "x", ".b()"),
        ("", "x", "[0]"),
        ("", "x", " + 1"),
        ("-", "x", ""),
        ("not ", "x", ""),
        ("lambda: ", "x", ""),
        ("y if z else ", "x", ""),
        ("y ** ", "x", ""),
        ("await ", "x", ""),
        ("f'{", "x", "}'"),
        ("pickle.loads(", "x", ")"),
        ("", "pickle", ".loads(x)"),
    ];
    let check = |before: &str, middle: &str, after: &str, times: usize| {
        let deep = format!("{}{middle}{}", before.repeat(times), after.repeat(times));
        let source = format!("import pickle\npickle.loads(a)\ny = {deep}\n");
        let scan = scan(&source);
        let judged = scan.findings.iter().any(|finding| finding.start.line == 2);
        assert!(judged || scan.unscanned.is_some(), "{before}{middle}{after} {times}");
    };
    let run = move || {
        for (before, middle, after) in shapes {
            for times in [100, 3000, 30_000, 1_000_000] {
                check(before, middle, after, times);
            }
        }
        let chain = "elif x: pass\n".repeat(20_000);
        let scan = scan(&format!("import pickle\nif x: pass\n{chain}pickle.loads(a)\n"));
        assert_eq!(scan.findings.len(), 1);
        let nested = |levels| -> String { (0..levels).map(|depth| format!("{}if x:\n", " ".repeat(depth))).collect() };
        let scan = self::scan(&format!("import pickle\n{}{}pickle.loads(a)\n", nested(100), " ".repeat(100)));
        assert_eq!(scan.findings.len(), 1);
        assert!(self::scan(&format!("import pickle\npickle.loads(a)\n{}", nested(1000))).unscanned.is_some());
    };
    let small = std::thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(run);
    small.expect("a thread can be started").join().expect("nothing overflows");
}

#[test]
fn what_is_too_large_says_so_and_takes_no_time() {
    let padding = "x = 1\n".repeat(9_000_000);
    let scan = scan(&format!("import pickle\npickle.loads(a)\n{padding}"));
    assert!(scan.unscanned.is_some_and(|reason| reason.contains("54000")));
    assert_eq!(self::scan(&padding), Scan::default());
}

/// Names that are bound very often, in ways that could take quadratic time.
#[test]
fn hostile_bindings_take_linear_time() {
    let n = 20_000;
    let sources = [
        format!("import pickle\n{}", "if a: p = pickle\np.loads(x)\n".repeat(n / 10)),
        format!("import pickle as a0\n{}", (0..n).map(|i| format!("a{} = a{i}\n", i + 1)).collect::<String>()),
        format!(
            "import pickle as a0\nwhile x:\n{}",
            (0..n).rev().map(|i| format!(" a{} = a{i}\n", i + 1)).collect::<String>()
        ),
        format!("import pickle\nclass A:\n def f(self):\n{}", "  self.a = self.a.b\n  self.a.loads(x)\n".repeat(n / 4)),
        format!("import pickle\nwhile 1:\n{}", " class C(C.x): pickle.loads(C.y)\n".repeat(n / 10)),
        format!("import pickle\n{}pickle.loads(x)\n", "from pickle import *\n".repeat(n)),
        format!("import pickle\n{}({})\n", "lambda: ".repeat(1900), "pickle, ".repeat(n)),
        format!("import pickle\n{}p = pickle\np.loads(x)\n", "if a: ".repeat(5000)),
        format!("import numpy as np\np = np.load\n{}", "p(x, **{'a': 1}, **{'allow_pickle': p})\n".repeat(n)),
        format!(
            "import numpy as np, functools\np = functools.partial(np.load, {})\n{}",
            "a=1, ".repeat(n),
            "p(x, allow_pickle=True)\n".repeat(n)
        ),
        format!("import numpy as np\nd = {{{}}}\n{}", "'a': 1, ".repeat(n), "np.load(x, **d)\n".repeat(n)),
        format!("import celery\nd = [{}]\n{}", "'a', ".repeat(n), "accept_content = d\n".repeat(n)),
        format!("import pickle\nx = [{}]\n{}", "pickle, ".repeat(n), "x[0].loads(y)\n".repeat(n)),
        format!("import pickle\n{}", "pickle.loads(".repeat(1900)),
        format!("import pickle\nx = '{}'; {}", "é".repeat(n), "pickle.loads(y); ".repeat(n)),
        format!("import pickle\nx = []\n{}pickle.loads(x)\n", "if a: x = [x[0]]\n".repeat(50)),
        format!("import pickle\nx = y\n{}", "x = f(x, x) + g(x)\npickle.loads(x)\n".repeat(n / 10)),
        format!("import io, pickle\nf = io.BytesIO()\n{}", "f.write(x)\npickle.load(f)\n".repeat(n / 10)),
        format!("import io, pickle\nf = io.BytesIO()\n{}", "a = pickle.load(f)\nf.write(a)\n".repeat(n / 10)),
        format!("import pickle\n{}", "def f(x): return pickle.loads(f(g(x)) + g(f(x)))\n".repeat(n / 20)),
        format!("import pickle\nx = y{}\n{}", ".a()".repeat(1900), "pickle.loads(x)\n".repeat(n / 10)),
        format!(
            "import pickle\na = b = x\n{}",
            "a = a.x if b else b.y; b = a or b\npickle.loads(b.z())\n".repeat(n / 10)
        ),
        format!(
            "import pickle\nclass C:\n def f(self, x):\n{}",
            "  self.a = self.b(self.a)\n  pickle.loads(self.a)\n".repeat(n / 10)
        ),
        format!(
            "import pickle\nx = [[y for y in x] for x in z]\n{}",
            "pickle.loads([[y for y in x] for x in x])\n".repeat(n / 10)
        ),
    ];
    // What is not linear does not come back from these.
    for source in sources {
        scan(&source);
    }
}

mod properties {
    use super::{Honoured, Scan, rules, scan_with};
    use picklegate::rules::RuleSet;
    use proptest::prelude::*;
    use std::sync::LazyLock;

    static RULES: LazyLock<RuleSet> = LazyLock::new(rules);

    fn scan(source: &[u8]) -> Scan {
        scan_with(&RULES, "a.py", source, Honoured { nosec: true, noqa: true })
    }

    fn fingerprints(source: &str) -> Vec<String> {
        let mut all: Vec<String> = scan(source.as_bytes()).findings.into_iter().map(|f| f.fingerprint.0).collect();
        all.sort();
        all
    }

    /// Spans must lie inside the file; the excerpts are checked for each scan.
    fn check(source: &[u8]) {
        let text = String::from_utf8_lossy(source);
        let lines = text.replace("\r\n", "\n").replace('\r', "\n").matches('\n').count() + 1;
        for finding in scan(source).findings {
            assert!(finding.end.line as usize <= lines, "{finding:?}");
        }
    }

    /// Tokens that make something of each other more often than bytes do.
    fn fragments() -> impl Strategy<Value = String> {
        let words = [
            "import pickle\n",
            "import pickle as p\n",
            "from pickle import *\n",
            "from pickle import loads\n",
            "pickle",
            "p",
            "loads",
            ".",
            ".loads",
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            ",",
            ":",
            "\n",
            "\n    ",
            "=",
            ":=",
            " if ",
            " else ",
            "for ",
            " in ",
            "lambda ",
            "def f(",
            "class C(",
            "global p",
            "nonlocal p",
            "del p",
            "try:\n",
            "except ",
            "with ",
            " as ",
            "match x:\n",
            "case ",
            "'",
            "\"\"\"",
            "f'{",
            "# picklegate: allow[",
            "pickle-load] x",
            "*",
            "**",
            "@",
            "getattr",
            "True",
            "1",
            "x",
            "self",
            "yaml.load(x, ",
            "Loader",
            "not ",
            "-",
            "\\\n",
            "\r",
            "é",
            "\u{1f600}",
            "；",
            "shelve.open(x)",
            "await ",
            "return ",
            "import numpy as np\nnp.load(x, None, ",
            "accept_content",
            "TYPE_CHECKING",
        ];
        prop::collection::vec(prop::sample::select(words.to_vec()), 0..60).prop_map(|words| words.concat())
    }

    /// Statements that hold calls, to be moved about.
    fn statements() -> impl Strategy<Value = Vec<String>> {
        let lines = [
            "a = M.loads(x)",
            "b = [M.load(f, encoding='a') for f in fs]",
            "c = M.loads(\n    x,  # why\n    fix_imports=True,\n)",
            "def f(x, load=M.load):\n    y = M.loads(x)\n    return load(y)",
            "class C:\n    def g(self):\n        with open(x) as f:\n            return M.Unpickler(f).load()",
            "map(M.loads, xs)",
            "d = x + 1",
        ];
        prop::collection::vec(prop::sample::select(lines.to_vec()).prop_map(str::to_owned), 1..8)
    }

    fn module(alias: &str, statements: &[String]) -> String {
        let body: String = statements.iter().map(|line| line.replace("M.", &format!("{alias}.")) + "\n").collect();
        if alias == "pickle" { format!("import pickle\n{body}") } else { format!("import pickle as {alias}\n{body}") }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_bytes(source in prop::collection::vec(any::<u8>(), 0..200)) {
            check(&[b"import pickle\npickle.loads(x)\n", &source[..], b"\npickle.loads(x)"].concat());
            check(&[b"# coding: shift_jis\nimport pickle\n", &source[..], b"\npickle.loads(x)"].concat());
        }

        #[test]
        fn any_words(source in fragments()) {
            check(source.as_bytes());
            let source = format!("import pickle, yaml, shelve\n{source}\npickle.loads(x)");
            check(source.as_bytes());
            let cell = serde_json::to_string(&source).expect("a string is JSON");
            let notebook = format!("{{\"cells\": [{{\"cell_type\": \"code\", \"source\": [{cell}, {cell}]}}]}}");
            scan_with(&rules(), "a.ipynb", notebook.as_bytes(), Honoured::default());
        }

        #[test]
        fn scanning_twice_says_the_same(source in fragments()) {
            prop_assert_eq!(scan(source.as_bytes()), scan(source.as_bytes()));
        }

        #[test]
        fn what_moves_keeps_its_fingerprint(statements in statements(), by in 1usize..50) {
            let plain = module("pickle", &statements);
            let before = fingerprints(&plain);
            prop_assert_eq!(&fingerprints(&format!("{}{plain}", "# a line\n".repeat(by))), &before);
            prop_assert_eq!(&fingerprints(&module("p", &statements)), &before);
            let mut moved = statements.clone();
            moved.rotate_left(by % statements.len());
            prop_assert_eq!(&fingerprints(&module("pickle", &moved)), &before);
            let indented: String = plain.lines().map(|line| format!("    {line}\n")).collect();
            prop_assert_eq!(&fingerprints(&format!("if True:\n{indented}")), &before);
            prop_assert_eq!(&fingerprints(&plain.replace('\n', "\r\n")), &before);
        }
    }
}

#[test]
fn notebooks_are_judged_cell_by_cell() {
    let notebook = |source: &str| {
        format!(
            "{{\n \"cells\": [\n  {{\"cell_type\": \"markdown\", \"source\": [\"pickle.load(f)\"]}},\n  \
             {{\"cell_type\": \"code\", \"source\": [\n   \"%matplotlib inline\\n\",\n   \"!pip install x\\n\",\n   \
             \"import pickle\"\n  ]}},\n  {{\"cell_type\": \"code\", \"source\": [\n   {source}\n  ]}}\n ]\n}}\n"
        )
    };
    let judge = |text: &str| scan_with(&rules(), "a.ipynb", text.as_bytes(), Honoured::default());
    let scan = judge(&notebook("\"x = 1\\n\",\n   \"pickle.load(f)\""));
    assert_eq!(found(&scan), ["11: error: [pickle-load]"]);
    assert_eq!(scan.findings[0].label, "called here, in cell 3, line 2");
    assert_eq!(found(&judge(&notebook("\"\\u0070ickle.load(f)\""))), ["10: error: [pickle-load]"]);
    assert_eq!(found(&judge(&notebook("\"pickle.load(f)  # picklegate: allow[pickle-load] ours\""))), [""; 0]);
    assert_eq!(found(&judge(&notebook("\"%time x = pickle.load(f)\""))), ["10: error: [pickle-load]"]);
    assert_eq!(
        found(&judge(&notebook("\"!echo it's\\n\", \"!ls -l\\n\", \"pickle.load(f)\""))),
        ["10: error: [pickle-load]"]
    );
    assert_eq!(found(&judge(&notebook("\"json.load(f)\""))), [""; 0]);
    assert_eq!(found(&judge(&notebook("\"x\\r\\ry\\r\\npickle.load(f)\""))), ["10: error: [pickle-load]"]);
    assert!(judge("pickle.load(f)").unscanned.is_some_and(|reason| reason.contains("line 1")));
}
