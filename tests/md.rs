//! What the analysis understands, page by page: `tests/md/*.md` are prose, code, and what must be found in it.
//!
//! A section is a repository. Its blocks are files: three backquotes, the language and the path (`python app/io.py`,
//! `text requirements.txt`); a block without a path is `a.py`, and each such block is judged on its own, with the other
//! files of its section. Comments say what is found in their line:
//!
//! ```text
//! x = pickle.load(f)  # error: [pickle-load]
//! y = np.load(f, allow_pickle=z)  # error: [numpy-load-allow-pickle] low; note: [other-rule]
//! z = pickle.loads(blob)  # error: [pickle-load] -- `blob` comes from `request.data`
//! w = yaml.safe_load(f)  # ok
//! ```
//!
//! `low` is the confidence. What follows `--` must be part of what is written under the code or of a reason. A line that
//! looks as if something were to be found, and where nothing is, says `ok`; all other lines are silent too. A file that
//! cannot be judged says `# unscanned: part of the reason`. A block `toml rules.toml` adds to the rules that are built in; a block
//! `text trusted-verifiers` lists functions that configuration trusts to verify data. An encoding may follow the path:
//! `python a.py in utf-16`; in `bytes 0` and `bytes 255` each `~` stands for such a byte.

use picklegate::finding::Finding;
use picklegate::gate::{Policy, Verdict, scan};
use picklegate::rules::RuleSet;
use picklegate::snapshot::{MemorySnapshot, RepoPath};
use std::sync::Arc;

/// One file of a repository.
struct Block {
    path: Option<String>,
    text: String,
    line: usize,
    /// How the text is encoded, if not as UTF-8.
    encoding: Option<String>,
}

#[derive(Default)]
struct Tally {
    marked: usize,
    silent: usize,
    wrong: String,
}

#[test]
fn pages_say_what_is_found() {
    let mut pages: Vec<_> =
        std::fs::read_dir("tests/md").expect("the pages are there").map(|e| e.expect("an entry").path()).collect();
    pages.retain(|path| path.extension().is_some_and(|suffix| suffix == "md"));
    pages.sort();
    let mut tally = Tally::default();
    for page in pages {
        let text = std::fs::read_to_string(&page).expect("pages are UTF-8");
        for section in sections(&text) {
            judge(&section, &page.display().to_string(), &mut tally);
        }
    }
    assert!(tally.wrong.is_empty(), "{}", tally.wrong);
    // Fewer would mean that pages were not read.
    assert!(tally.marked >= 1300 && tally.silent >= 450, "{} marked lines, {} silent", tally.marked, tally.silent);
}

fn sections(text: &str) -> Vec<Vec<Block>> {
    let mut sections = vec![Vec::new()];
    let mut open: Option<Block> = None;
    for (line, number) in text.lines().zip(1..) {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => {
                let path = info.split_once(' ').map(|(_, path)| path.trim());
                let (path, encoding) = match path.and_then(|path| path.split_once(" in ")) {
                    Some((path, encoding)) => (Some(path), Some(encoding.to_owned())),
                    None => (path, None),
                };
                open = Some(Block { path: path.map(str::to_owned), text: String::new(), line: number, encoding });
            }
            (Some(_), Some("")) => sections.last_mut().expect("there is one").extend(open.take()),
            (Some(block), _) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) if line.starts_with('#') => sections.push(Vec::new()),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    sections
}

/// Judges the repository of one section, once for each file without a path.
fn judge(section: &[Block], page: &str, tally: &mut Tally) {
    let named = || section.iter().filter(|block| block.path.is_some());
    let alone: Vec<&Block> = section.iter().filter(|block| block.path.is_none()).collect();
    if alone.is_empty() {
        compare(&named().collect::<Vec<_>>(), 0, page, tally);
    }
    for (i, block) in alone.into_iter().enumerate() {
        let files: Vec<&Block> = named().chain([block]).collect();
        // What the named files say is counted once.
        compare(&files, if i == 0 { 0 } else { files.len() - 1 }, page, tally);
    }
}

/// Judges the repository of `files`; the marks of the first `counted` of them are counted already.
fn compare(files: &[&Block], counted: usize, page: &str, tally: &mut Tally) {
    let mut rules = RuleSet::builtin();
    let mut snapshot = MemorySnapshot::default();
    let mut trusted_verifiers = Vec::new();
    for block in files {
        match block.path.as_deref() {
            Some("trusted-verifiers") => trusted_verifiers.extend(block.text.lines().map(str::to_owned)),
            Some("rules.toml") => {
                let all = Arc::make_mut(&mut rules);
                all.extend_from(&block.text, "rules.toml")
                    .unwrap_or_else(|error| panic!("{page}:{}: {error}", block.line));
                all.files.push("rules.toml".to_owned());
                snapshot.insert("rules.toml".into(), bytes(block));
            }
            path => snapshot.insert(RepoPath::from(path.unwrap_or("a.py")), bytes(block)),
        }
    }
    let verdict = scan(&snapshot, &RepoPath::root(), &Policy { rules, trusted_verifiers, ..Policy::default() }, &[]);
    for (i, block) in files.iter().enumerate() {
        let path = block.path.as_deref().unwrap_or("a.py");
        for (line, number) in block.text.lines().zip(1..) {
            let expected = expected(line);
            if i >= counted {
                tally.marked += expected.len() + usize::from(is_silent(line));
                tally.silent += usize::from(is_silent(line));
            }
            let mut found: Vec<&Finding> = verdict
                .findings
                .iter()
                .filter(|finding| finding.path == RepoPath::from(path) && finding.start.line == number)
                .collect();
            let mut missing = Vec::new();
            for one in expected {
                match found.iter().position(|finding| one.is(finding)) {
                    Some(at) => drop(found.remove(at)),
                    None => missing.push(one.said),
                }
            }
            if !missing.is_empty() || !found.is_empty() {
                let found: Vec<String> = found.into_iter().map(describe).collect();
                let at = block.line + number as usize;
                tally.wrong += &format!("{page}:{at}: {line}\n  not found {missing:#?}\n  found     {found:#?}\n\n");
            }
        }
        unscanned(block, path, &verdict, page, tally);
    }
}

/// The content of the file.
fn bytes(block: &Block) -> Vec<u8> {
    let text = block.text.as_str();
    let with_byte = |replaced: u8| text.bytes().map(|byte| if byte == b'~' { replaced } else { byte }).collect();
    match block.encoding.as_deref() {
        None => text.into(),
        Some("utf-8 with a mark") => format!("\u{feff}{text}").into(),
        Some("utf-16") => "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect(),
        Some("bytes 255") => with_byte(0xff),
        Some("bytes 0") => with_byte(0),
        Some(name) => {
            let encoding = encoding_rs::Encoding::for_label(name.as_bytes()).expect("the encoding is known");
            encoding.encode(text).0.into_owned()
        }
    }
}

fn unscanned(block: &Block, path: &str, verdict: &Verdict, page: &str, tally: &mut Tally) {
    let said = block.text.lines().find_map(|line| line.split_once("# unscanned: ")).map(|(_, reason)| reason);
    let found = verdict.unscanned.iter().find(|unscanned| unscanned.path == RepoPath::from(path));
    let agree = match (said, found) {
        (None, None) => true,
        (Some(said), Some(found)) => found.reason.contains(said),
        _ => false,
    };
    if !agree {
        tally.wrong += &format!("{page}:{}: expected unscanned {said:?}, found {found:?}\n\n", block.line);
    }
}

/// What a comment says is found.
struct Expected {
    said: String,
    severity: String,
    rule: String,
    is_low: bool,
    because: Option<String>,
}

impl Expected {
    fn is(&self, finding: &Finding) -> bool {
        self.severity == finding.severity.to_string()
            && self.rule == finding.rule
            && self.is_low == (finding.confidence.to_string() == "low")
            && self.because.as_ref().is_none_or(|said| {
                finding.label.contains(said.as_str())
                    || finding.because.iter().any(|reason| reason.text.contains(said.as_str()))
            })
    }
}

fn expected(line: &str) -> Vec<Expected> {
    let Some(start) = ["# error: [", "# warning: [", "# note: ["].iter().filter_map(|mark| line.find(mark)).min()
    else {
        return Vec::new();
    };
    // In a notebook the line goes on after the comment.
    let comment = line[start + 2..].split("\\n").next().unwrap_or_default();
    let one = |said: &str| {
        let (severity, rest) = said.trim().split_once(": [").unwrap_or_else(|| panic!("not understood: {line}"));
        let (rule, rest) = rest.split_once(']').unwrap_or_else(|| panic!("not understood: {line}"));
        let (confidence, because) = match rest.split_once("-- ") {
            Some((confidence, because)) => (confidence, Some(because.trim().to_owned())),
            None => (rest, None),
        };
        Expected {
            said: said.trim().to_owned(),
            severity: severity.to_owned(),
            rule: rule.to_owned(),
            is_low: confidence.trim() == "low",
            because,
        }
    };
    comment.split(';').map(one).collect()
}

fn is_silent(line: &str) -> bool {
    line.trim_end().trim_end_matches("\\n\",").trim_end_matches("\\n\"").ends_with("# ok")
}

fn describe(finding: &Finding) -> String {
    let reasons: Vec<&str> = finding.because.iter().map(|reason| reason.text.as_str()).collect();
    format!("{}: [{}] {} -- {} -- {reasons:?}", finding.severity, finding.rule, finding.confidence, finding.label)
}
