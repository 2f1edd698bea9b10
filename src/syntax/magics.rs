//! IPython's own syntax in a cell, masked so that what is left is Python: magics, shell lines, help.
//!
//! What is masked keeps its length, so every place in the cell stays where it is.

use std::ops::Range;

/// Line magics whose rest is Python that runs.
const RUNNING: &[&str] = &["lprun", "memit", "mprun", "prun", "pyinstrument", "scalene", "snakeviz", "time", "timeit"];
/// Of their options: those that take a value.
const WITH_VALUE: &[&str] = &["-D", "-T", "-f", "-l", "-m", "-n", "-r", "-s"];
/// Cell magics whose body is no Python; that of any other is taken for Python.
const FOREIGN: &[&str] = &[
    "!",
    "R",
    "SVG",
    "bash",
    "bigquery",
    "cmd",
    "css",
    "file",
    "html",
    "javascript",
    "js",
    "julia",
    "latex",
    "markdown",
    "md",
    "mermaid",
    "perl",
    "powershell",
    "pwsh",
    "r",
    "ruby",
    "script",
    "sh",
    "sql",
    "svg",
    "sx",
    "system",
    "writefile",
];
/// Those of them that a shell runs.
const SHELLS: &[&str] = &["!", "bash", "sh", "sx", "system"];
/// Those that write their body to a file.
const WRITING: &[&str] = &["file", "writefile"];

/// What the body of a cell is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Body {
    Python,
    Shell,
    /// Another language, or text.
    Other,
}

/// What the body of `cell` is, going by its cell magic; a file that is written and whose name ends in `.py` is Python.
pub(super) fn body(cell: &str) -> Body {
    let Some(magic) = cell.trim_start().strip_prefix("%%") else { return Body::Python };
    let line = magic.lines().next().unwrap_or_default();
    let mut words = line.split_whitespace();
    let name = words.next().unwrap_or_default();
    let arguments: Vec<&str> = words.collect();
    let is_python = |word: &str| word.rsplit('/').next().is_some_and(|name| name.starts_with("python"));
    match name {
        _ if WRITING.contains(&name) => {
            match arguments.iter().any(|word| word.trim_matches(['"', '\'']).ends_with(".py")) {
                true => Body::Python,
                false => Body::Other,
            }
        }
        "script" if arguments.iter().any(|word| is_python(word)) => Body::Python,
        "script" if arguments.iter().any(|word| word.ends_with("sh")) => Body::Shell,
        _ if SHELLS.contains(&name) => Body::Shell,
        _ if FOREIGN.contains(&name) => Body::Other,
        _ => Body::Python,
    }
}

/// `cell` with all that is no Python masked.
pub(super) fn masked(cell: &str) -> String {
    let mut masked = cell.as_bytes().to_vec();
    let mut state = State::default();
    let mut is_shell = false;
    let mut start = 0;
    for line in cell.split_inclusive('\n') {
        let text = line.trim_end_matches('\n');
        let range = start..start + text.len();
        start += line.len();
        if is_shell {
            is_shell = text.ends_with('\\');
            mask(&mut masked, range);
            continue;
        }
        if state.is_between_statements()
            && let Some(escape) = escape(text)
        {
            is_shell = escape.is_shell && text.ends_with('\\');
            mask(&mut masked, range.start + escape.masked.start..range.start + escape.masked.end);
            if !escape.is_expression {
                masked[range.start + escape.masked.start] = b'0';
                if let Some(next) = masked.get_mut(range.start + escape.masked.start + 1)
                    && escape.masked.end < text.len()
                {
                    *next = b';';
                }
            }
            let rest = &text[escape.masked.end..];
            state.read(rest);
            continue;
        }
        state.read(line);
    }
    // Only ASCII took the place of whole stretches of text.
    String::from_utf8_lossy(&masked).into_owned()
}

fn mask(bytes: &mut [u8], range: Range<usize>) {
    bytes[range].fill(b' ');
}

/// What of a line is not Python.
struct Escape {
    masked: Range<usize>,
    /// What is left is the value of an assignment.
    is_expression: bool,
    is_shell: bool,
}

/// The part of `line`, which begins a statement, that is not Python.
fn escape(line: &str) -> Option<Escape> {
    let start = line.len() - line.trim_start().len();
    let code = &line[start..];
    if code.starts_with('!') {
        return Some(Escape { masked: start..line.len(), is_expression: false, is_shell: true });
    }
    if code.starts_with('%') {
        let masked = start..start + magic(code);
        return Some(Escape { masked, is_expression: false, is_shell: false });
    }
    let is_help = code.starts_with('?') || code.trim_end().ends_with('?') && !code.contains('#');
    if is_help {
        return Some(Escape { masked: start..line.len(), is_expression: false, is_shell: false });
    }
    // `name = !command`, `name = %magic rest`
    let (target, value) = code.split_once('=')?;
    let at = line.len() - value.trim_start().len();
    let value = value.trim_start();
    let is_target = target.chars().all(|c| c.is_alphanumeric() || "_., *()[]".contains(c));
    if !is_target || !value.starts_with(['!', '%']) {
        return None;
    }
    let is_shell = value.starts_with('!');
    let length = if is_shell { value.len() } else { magic(value) };
    let is_expression = length < value.len();
    Some(Escape { masked: at..at + length, is_expression, is_shell })
}

/// How much of `code`, which begins with a magic, is not Python.
fn magic(code: &str) -> usize {
    let name = code.trim_start_matches('%');
    let name = name.split_whitespace().next().unwrap_or_default();
    if !RUNNING.contains(&name) {
        return code.len();
    }
    let mut rest = &code[code.len() - code.trim_start_matches('%').len() + name.len()..];
    loop {
        let trimmed = rest.trim_start();
        let Some(option) = trimmed.split_whitespace().next().filter(|word| word.starts_with('-')) else {
            return code.len() - trimmed.len();
        };
        rest = &trimmed[option.len()..];
        if WITH_VALUE.contains(&option) {
            let value = rest.split_whitespace().next().unwrap_or_default();
            rest = &rest.trim_start()[value.len()..];
        }
    }
}

/// Whether the text read so far ends inside a string, in brackets or in the middle of a line.
#[derive(Default)]
struct State {
    quote: Option<(char, bool)>,
    depth: u32,
    continues: bool,
}

impl State {
    fn is_between_statements(&self) -> bool {
        self.quote.is_none() && self.depth == 0 && !self.continues
    }

    fn read(&mut self, line: &str) {
        let text = line.trim_end_matches('\n');
        let mut at = 0;
        self.continues = false;
        while let Some(c) = text[at..].chars().next() {
            let rest = &text[at..];
            at += c.len_utf8();
            match (self.quote, c) {
                (_, '\\') => at += text[at..].chars().next().map_or(0, char::len_utf8),
                (Some((quote, true)), c) if c == quote && rest.as_bytes().starts_with(&[c as u8; 3]) => {
                    self.quote = None;
                    at += 2;
                }
                (Some((quote, false)), c) if c == quote => self.quote = None,
                (Some(_), _) => {}
                (None, '"' | '\'') => {
                    let is_long = rest.as_bytes().starts_with(&[c as u8; 3]);
                    self.quote = Some((c, is_long));
                    at += if is_long { 2 } else { 0 };
                }
                (None, '#') => break,
                (None, '(' | '[' | '{') => self.depth += 1,
                (None, ')' | ']' | '}') => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
        self.continues = text.ends_with('\\');
        // A string of one line ends with it.
        self.quote = self.quote.filter(|(_, is_long)| *is_long || self.continues);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_python_is_left() {
        for (cell, left) in [
            ("%matplotlib inline\nx = 1", "0                 \nx = 1"),
            ("%time x = f()", "0;    x = f()"),
            ("%timeit -n 10 -r3 f(x)", "0;                f(x)"),
            ("%%time\nx = 1", "0     \nx = 1"),
            ("%%timeit x = f()\ng(x)", "0;       x = f()\ng(x)"),
            ("if x:\n    !ls\n    y", "if x:\n    0  \n    y"),
            ("!ls \\\n  -l\nx", "0    \n    \nx"),
            ("files = !ls *.pkl", "files = 0        "),
            ("x = %time f(y)", "x =       f(y)"),
            ("f?\n?g\nh", "0 \n0 \nh"),
            ("x = (a\n% b)\ny", "x = (a\n% b)\ny"),
            ("s = '''\n!ls\n%time\n'''", "s = '''\n!ls\n%time\n'''"),
            ("x = y == !z", "x = y == !z"),
            ("x = a \\\n  % b", "x = a \\\n  % b"),
            ("%é ü", "0    "),
            ("!", "0"),
            ("%time", "0    "),
            ("s = 'don\\'t'\n!ls", "s = 'don\\'t'\n0  "),
            ("# don't\n!ls", "# don't\n0  "),
        ] {
            let masked = masked(cell);
            assert_eq!(masked.trim_end(), left.trim_end(), "{cell}");
            assert_eq!(masked.len(), cell.len(), "{cell}");
        }
    }

    #[test]
    fn bodies_are_told_by_their_magic() {
        let is = |cell: &str, expected: Body| assert_eq!(body(cell), expected, "{cell}");
        for python in [
            "x",
            "%%time\nx",
            "%%writefile a/b.py\nx",
            "%%file -a x.py\n",
            "%%script python3 -u\n",
            "%%px\n",
            "%%cython\n",
        ] {
            is(python, Body::Python);
        }
        for shell in ["%%bash\nls", "\n%%sh\n", "%%script bash -e\n", "%%!\nls"] {
            is(shell, Body::Shell);
        }
        for other in ["%%html\n", "%%writefile a.txt\n", "%%sql\n", "%%R\n", "%%script perl\n"] {
            is(other, Body::Other);
        }
    }
}
