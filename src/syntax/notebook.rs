//! The code cells of a Jupyter notebook as one Python source, with the way back to the lines of the JSON file.
//!
//! Reads nbformat 4 (`cells[].source`) and 3 (`worksheets[].cells[].input`); outputs and markdown are never code.

use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Python source of all code cells, cell after cell.
#[derive(Debug, Default)]
pub struct NotebookCode {
    /// The source. IPython's magics are still in it: to the parser they are syntax errors that it recovers from, and so a
    /// call behind `%time` is found. (The parser's own mode for notebooks panics on some broken input.)
    pub source: String,
    /// For each line of `source`, where it was written.
    lines: Vec<Line>,
    /// The cells that a shell runs (`%%bash`).
    pub scripts: Vec<Script>,
}

/// The body of a cell that a shell runs.
#[derive(Debug)]
pub struct Script {
    /// Without the line of the magic.
    pub source: String,
    /// For each line of `source`, where it was written.
    lines: Vec<Line>,
}

/// Where a line of code was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Line {
    /// 1-based line of the notebook file.
    pub of_file: u32,
    /// 1-based number of the code cell.
    pub cell: u32,
}

#[derive(Deserialize)]
struct Notebook<'a> {
    #[serde(borrow, default)]
    cells: Vec<Cell<'a>>,
    #[serde(borrow, default)]
    worksheets: Vec<Worksheet<'a>>,
    #[serde(borrow, default)]
    metadata: Metadata<'a>,
}

#[derive(Deserialize)]
struct Worksheet<'a> {
    #[serde(borrow, default)]
    cells: Vec<Cell<'a>>,
}

#[derive(Deserialize)]
struct Cell<'a> {
    #[serde(borrow, default)]
    cell_type: Cow<'a, str>,
    #[serde(borrow, alias = "input", default)]
    source: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
struct Metadata<'a> {
    #[serde(borrow)]
    language_info: Option<LanguageInfo<'a>>,
}

#[derive(Deserialize)]
struct LanguageInfo<'a> {
    #[serde(borrow, default)]
    name: Cow<'a, str>,
}

/// Cell magics whose body is still Python; the body of all others (`%%bash`, `%%html`) is not.
const PYTHON_CELL_MAGICS: &[&str] = &["capture", "debug", "prun", "pypy", "python", "python3", "time", "timeit"];

/// Cell magics whose body a shell runs.
const SHELL_CELL_MAGICS: &[&str] = &["!", "bash", "sh", "sx", "system"];

/// Takes the code out of the notebook `bytes`. A notebook of another language has none.
///
/// # Errors
/// What is wrong with the JSON, with its line and column.
pub fn code_cells(bytes: &[u8]) -> Result<NotebookCode, String> {
    let text = std::str::from_utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes))
        .map_err(|error| format!("not a notebook: {error}"))?;
    let notebook: Notebook = serde_json::from_str(text).map_err(|error| format!("not a notebook: {error}"))?;
    let mut code = NotebookCode::default();
    let language = notebook.metadata.language_info.map_or(Cow::Borrowed(""), |language| language.name);
    if !matches!(language.to_lowercase().as_str(), "" | "python" | "ipython") {
        return Ok(code);
    }
    let mut counter = LineCounter { text, offset: 0, line: 1 };
    let cells = notebook.cells.iter().chain(notebook.worksheets.iter().flat_map(|sheet| &sheet.cells));
    for (cell, number) in cells.filter(|cell| cell.cell_type == "code").zip(1..) {
        let Some(source) = cell.source else { continue };
        let start = (code.source.len(), code.lines.len());
        let parts: Vec<&RawValue> = match serde_json::from_str(source.get()) {
            Ok(parts) => parts,
            Err(_) => vec![source],
        };
        for part in parts {
            let of_file = counter.line_of(part.get());
            let part: String = serde_json::from_str(part.get()).map_err(|_| {
                format!("line {of_file}: expected source as a string or a list of strings, found something else")
            })?;
            // The parser ends lines there as well.
            let part = part.replace("\r\n", "\n").replace('\r', "\n");
            code.push(&part, Line { of_file, cell: number });
        }
        code.end_cell();
        if !is_python(&code.source[start.0..]) {
            let (source, lines) = (code.source.split_off(start.0), code.lines.split_off(start.1));
            code.scripts.extend(Script::of_cell(&source, lines));
        }
    }
    Ok(code)
}

/// Whether the cell is Python, going by its cell magic.
fn is_python(cell: &str) -> bool {
    let magic = cell.trim_start().strip_prefix("%%");
    magic.is_none_or(|magic| PYTHON_CELL_MAGICS.contains(&magic.split_whitespace().next().unwrap_or_default()))
}

impl Script {
    /// The script in a cell that is not Python.
    fn of_cell(cell: &str, lines: Vec<Line>) -> Option<Self> {
        let before = cell.len() - cell.trim_start().len();
        let (magic, source) = cell[before..].split_once('\n')?;
        let mut words = magic.strip_prefix("%%")?.split_whitespace().filter(|word| *word != "script");
        let is_shell = words.next().is_some_and(|name| SHELL_CELL_MAGICS.contains(&name));
        let skipped = cell[..before].matches('\n').count() + 1;
        is_shell.then(|| Self { source: source.to_owned(), lines: lines.into_iter().skip(skipped).collect() })
    }

    /// Where the 0-based `line` of the script was written.
    pub fn line(&self, line: u32) -> Option<Line> {
        self.lines.get(line as usize).or(self.lines.last()).copied()
    }
}

impl NotebookCode {
    /// Where the 1-based `line` of the source was written.
    pub fn line(&self, line: u32) -> Line {
        self.lines[(line as usize).clamp(1, self.lines.len()) - 1]
    }

    /// Appends text that is written in `line`.
    fn push(&mut self, text: &str, line: Line) {
        if self.source.is_empty() || self.source.ends_with('\n') {
            self.lines.push(line);
        }
        let breaks = memchr::memchr_iter(b'\n', text.as_bytes()).count() - usize::from(text.ends_with('\n'));
        self.lines.extend(std::iter::repeat_n(line, breaks));
        self.source.push_str(text);
    }

    /// The next cell starts on a line of its own.
    fn end_cell(&mut self) {
        if !self.source.is_empty() && !self.source.ends_with('\n') {
            self.source.push('\n');
        }
    }
}

/// Counts lines forward only, so that all look-ups together take one pass.
struct LineCounter<'a> {
    text: &'a str,
    offset: usize,
    line: u32,
}

impl LineCounter<'_> {
    /// The 1-based line that `part`, a slice of the text that is not before the last one asked for, begins in.
    fn line_of(&mut self, part: &str) -> u32 {
        let offset = (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize).min(self.text.len());
        if let Some(passed) = self.text.as_bytes().get(self.offset..offset) {
            self.line += memchr::memchr_iter(b'\n', passed).count() as u32;
            self.offset = offset;
        }
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_lead_back_to_the_file() {
        let text = r##"{
 "cells": [
  {"cell_type": "markdown", "source": ["pickle.load(f)\n"]},
  {"cell_type": "code", "outputs": [{"text": ["pickle.load(f)"]}],
   "source": [
    "import pickle\n",
    "%matplotlib inline\n",
    "x = 1"
   ]},
  {"cell_type": "code", "source": "y = 2\nz = 3"},
  {"cell_type": "code", "source": ["%%bash\n", "python -c 'import pickle'"]},
  {"cell_type": "code", "source": []},
  {"cell_type": "code", "source": ["%%time\n", "w = 4\n"]}
 ]
}"##;
        let code = code_cells(text.as_bytes()).unwrap();
        assert_eq!(code.source, "import pickle\n%matplotlib inline\nx = 1\ny = 2\nz = 3\n%%time\nw = 4\n");
        let lines: Vec<(u32, u32)> = code.lines.iter().map(|line| (line.of_file, line.cell)).collect();
        assert_eq!(lines, [(6, 1), (7, 1), (8, 1), (10, 2), (10, 2), (13, 5), (13, 5)]);
        let [script] = &code.scripts[..] else { panic!("{:?}", code.scripts) };
        assert_eq!(script.source, "python -c 'import pickle'\n");
        assert_eq!(script.line(0), Some(Line { of_file: 11, cell: 3 }));
    }

    #[test]
    fn old_format_other_language_and_no_notebook() {
        let old = r#"{"worksheets": [{"cells": [{"cell_type": "code", "input": ["x = 1\n"], "language": "python"}]}]}"#;
        assert_eq!(code_cells(old.as_bytes()).unwrap().source, "x = 1\n");
        let julia =
            r#"{"metadata": {"language_info": {"name": "julia"}}, "cells": [{"cell_type": "code", "source": "x"}]}"#;
        assert_eq!(code_cells(julia.as_bytes()).unwrap().source, "");
        assert!(code_cells(b"<<<<<<< HEAD").is_err_and(|error| error.contains("line 1")));
        assert!(code_cells(br#"{"cells": [{"cell_type": "code", "source": 3}]}"#).is_err());
    }
}
