//! The code cells of a Jupyter notebook as one Python source, with the way back to the lines of the JSON file.
//!
//! Reads nbformat 4 (`cells[].source`) and 3 (`worksheets[].cells[].input`); outputs and markdown are never code.

use super::magics::{self, Body};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Python source of all code cells, cell after cell.
#[derive(Debug, Default)]
pub struct NotebookCode {
    /// The source, with IPython's magics.
    pub source: String,
    /// The source with white space where it is no Python; as long as `source`. (The parser's own mode for notebooks
    /// panics on some broken input.)
    pub python: String,
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
    /// 1-based number of the cell, among all cells of the notebook.
    pub cell: u32,
    /// 1-based line of the cell.
    pub of_cell: u32,
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

/// Takes the code out of the notebook `bytes`. A notebook of another language has none.
///
/// # Errors
/// What is wrong with the JSON, with its line and column.
pub fn code_cells(bytes: &[u8]) -> Result<NotebookCode, String> {
    let text = std::str::from_utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes))
        .map_err(|error| format!("not a notebook: {error}"))?;
    if !text.trim_start().starts_with('{') {
        return Err("not a notebook: expected an object in line 1".into());
    }
    let notebook: Notebook = serde_json::from_str(text).map_err(|error| format!("not a notebook: {error}"))?;
    let mut code = NotebookCode::default();
    let language = notebook.metadata.language_info.map_or(Cow::Borrowed(""), |language| language.name);
    if !matches!(language.to_lowercase().as_str(), "" | "python" | "ipython") {
        return Ok(code);
    }
    let mut counter = LineCounter { text, offset: 0, line: 1 };
    let cells = notebook.cells.iter().chain(notebook.worksheets.iter().flat_map(|sheet| &sheet.cells));
    for (cell, number) in cells.zip(1..).filter(|(cell, _)| cell.cell_type == "code") {
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
            code.push(&part, of_file, number);
        }
        code.end_cell();
        match magics::body(&code.source[start.0..]) {
            Body::Python => {
                let python = magics::masked(&code.source[start.0..]);
                code.python.push_str(&python);
            }
            body => {
                let (source, lines) = (code.source.split_off(start.0), code.lines.split_off(start.1));
                code.scripts.extend(
                    Some(body).filter(|body| *body == Body::Shell).and_then(|_| Script::of_cell(&source, lines)),
                );
            }
        }
    }
    Ok(code)
}

impl Script {
    /// The script below the magic of a cell.
    fn of_cell(cell: &str, lines: Vec<Line>) -> Option<Self> {
        let before = cell.len() - cell.trim_start().len();
        let (_, source) = cell[before..].split_once('\n')?;
        let skipped = cell[..before].matches('\n').count() + 1;
        Some(Self { source: source.to_owned(), lines: lines.into_iter().skip(skipped).collect() })
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

    /// Appends text of a cell that is written in the line `of_file`.
    fn push(&mut self, text: &str, of_file: u32, cell: u32) {
        let last = self.lines.last().filter(|last| last.cell == cell).map_or(0, |last| last.of_cell);
        let starts = usize::from(self.source.is_empty() || self.source.ends_with('\n'));
        let breaks = memchr::memchr_iter(b'\n', text.as_bytes()).count() - usize::from(text.ends_with('\n'));
        let added = (last + 1..).take(starts + breaks);
        self.lines.extend(added.map(|of_cell| Line { of_file, cell, of_cell }));
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
        assert_eq!(code.python, "import pickle\n0                 \nx = 1\ny = 2\nz = 3\n0     \nw = 4\n");
        let lines: Vec<_> = code.lines.iter().map(|line| (line.of_file, line.cell, line.of_cell)).collect();
        assert_eq!(lines, [(6, 2, 1), (7, 2, 2), (8, 2, 3), (10, 3, 1), (10, 3, 2), (13, 6, 1), (13, 6, 2)]);
        let [script] = &code.scripts[..] else { panic!("{:?}", code.scripts) };
        assert_eq!(script.source, "python -c 'import pickle'\n");
        assert_eq!(script.line(0), Some(Line { of_file: 11, cell: 4, of_cell: 2 }));
    }

    #[test]
    fn old_format_other_language_and_no_notebook() {
        let old = r#"{"worksheets": [{"cells": [{"cell_type": "code", "input": ["x = 1\n"], "language": "python"}]}]}"#;
        assert_eq!(code_cells(old.as_bytes()).unwrap().source, "x = 1\n");
        let julia =
            r#"{"metadata": {"language_info": {"name": "julia"}}, "cells": [{"cell_type": "code", "source": "x"}]}"#;
        assert_eq!(code_cells(julia.as_bytes()).unwrap().source, "");
        for broken in ["<<<<<<< HEAD", "[]", "3", "null", ""] {
            assert!(code_cells(broken.as_bytes()).is_err_and(|error| error.contains("line 1")), "{broken}");
        }
        let twice = r#"{"cells": [{"cell_type": "code", "source": "x", "source": "y"}]}"#;
        assert!(code_cells(twice.as_bytes()).is_err_and(|error| error.contains("duplicate field `source` at line 1")));
        assert!(code_cells(br#"{"cells": [{"cell_type": "code", "source": 3}]}"#).is_err());
    }
}
