//! What the cells of a notebook install: `%pip`, `!pip` and their like, and cells that a shell runs.

use super::installers::may_install;
use super::installs::{self, Context};
use super::reading::{Reading, shown};
use super::variables::Variables;
use super::{Scope, formats};
use crate::snapshot::RepoPath;
use crate::syntax::{NotebookCode, code_cells};

/// The name of this format.
pub(super) const FORMAT: &str = "notebook";

/// Whether there may be an install in `bytes`.
pub(super) fn may_be_in(bytes: &[u8]) -> bool {
    may_install(bytes)
}

/// Reads the cells of the notebook `bytes`; whether anything was found.
pub(super) fn read(reading: &mut Reading, bytes: &[u8]) -> bool {
    match code_cells(bytes) {
        Ok(code) => read_cells(reading, &code),
        // Who judges its code says so too, and more.
        Err(problem) => reading.odd(1, problem),
    }
    for include in std::mem::take(&mut reading.includes) {
        if formats::of(&RepoPath::from(include.target.as_str())).is_none() {
            reading.odd(
                include.line,
                format!("`{}` is not read: files are not included into notebooks", shown(&include.target)),
            );
        }
    }
    !reading.dependencies.is_empty() || !reading.diagnostics.is_empty()
}

fn read_cells(reading: &mut Reading, code: &NotebookCode) {
    let mut lines = code.source.lines().zip(1_u32..);
    while let Some((line, number)) = lines.next() {
        let Some(command) = command(line) else { continue };
        let mut script = command.to_owned();
        while script.ends_with('\\') {
            let Some((next, _)) = lines.next() else { break };
            script.push('\n');
            script.push_str(next);
        }
        read_script(reading, &script, &|of_script| code.line(number.saturating_add(of_script)).of_file);
    }
    for script in &code.scripts {
        read_script(reading, &script.source, &|of_script| script.line(of_script).map_or(1, |line| line.of_file));
    }
}

fn read_script(reading: &mut Reading, script: &str, line: &dyn Fn(u32) -> u32) {
    let context = Context { scope: Scope::Notebook, base: "", variables: &Variables::default(), line };
    installs::read_script(reading, script, &context);
}

/// The command in a line that IPython gives to a shell or to an installer.
fn command(line: &str) -> Option<&str> {
    let magic = line.trim_start();
    if let Some(command) = magic.strip_prefix('!').or_else(|| magic.strip_prefix('%')) {
        return (!command.starts_with('%')).then(|| command.trim_start_matches('!'));
    }
    // IPython takes `pip install x` alone on a line for the magic; it is no Python.
    ["pip ", "pip3 ", "conda ", "mamba "].iter().any(|tool| line.starts_with(tool)).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(cells: &[&[&str]]) -> Reading {
        let cells: Vec<String> = cells
            .iter()
            .map(|lines| {
                let lines: Vec<String> = lines.iter().map(|line| format!("    {:?}", format!("{line}\n"))).collect();
                format!("  {{\"cell_type\": \"code\", \"source\": [\n{}\n  ]}}", lines.join(",\n"))
            })
            .collect();
        let text = format!("{{\"cells\": [\n{}\n]}}", cells.join(",\n"));
        let mut reading = Reading::new(&RepoPath::from("x.ipynb"), FORMAT);
        read(&mut reading, text.as_bytes());
        reading.finish()
    }

    #[test]
    fn installs_of_cells_have_the_lines_of_the_file() {
        let found = reading(&[
            &["import torch", "%pip install -q torch==2.5.1 \\", "   numpy", "x = 1"],
            &[
                "%%capture",
                "!pip install 'a>=1' && pip install b",
                "!{sys.executable} -m pip install c",
                "  !!uv pip install d",
            ],
            &["%%bash", "", "pip install e \\", "  f"],
            &["%%script bash --no-raise-error", "pip install g"],
            &["%%html", "pip install no"],
            &[
                "print('pip install no')",
                "# !pip install no",
                "pip install h",
                "%conda run pip install i",
                "%uv pip install j",
            ],
        ]);
        let expected =
            ["4 torch", "5 numpy", "10 a", "10 b", "11 c", "12 d", "17 e", "18 f", "22 g", "31 h", "32 i", "33 j"];
        let entries: Vec<String> = found.dependencies.iter().map(|d| format!("{} {}", d.line, d.raw_name)).collect();
        assert_eq!(entries, expected);
        assert!(found.dependencies.iter().all(|d| d.scopes == [Scope::Notebook]));
        assert_eq!(found.diagnostics, []);
    }

    #[test]
    fn files_that_are_installed_from_are_manifests_or_said() {
        let found =
            reading(&[&["!pip install -r requirements.txt", "!pip install -r deps.list", "%pip install torch=={v}"]]);
        let lines: Vec<u32> = found.diagnostics.iter().map(|d| d.line).collect();
        assert_eq!((lines, found.dependencies.len()), (vec![5, 4], 1));
    }
}
