//! Which files hold Python that runs.

use crate::snapshot::RepoPath;
use bstr::ByteSlice as _;

/// How the names of sources end. Cython (`.pyx`, `.pxd`, `.pxi`) is compiled to what runs; stubs (`.pyi`) never run.
const SUFFIXES: &[&[u8]] = &[b".py", b".pyw", b".pyx", b".pxd", b".pxi", b".wsgi"];

/// Whether a file holds Python that runs: a notebook, or source.
pub fn is_code(path: &RepoPath, source: &[u8]) -> bool {
    is_notebook(path) || is_python(path, source)
}

/// Whether a file is Python source that runs: by its name, or by the first line of a script without suffix.
pub fn is_python(path: &RepoPath, source: &[u8]) -> bool {
    if is_python_name(path) {
        return true;
    }
    may_be_script(path) && is_python_script(source.strip_prefix(b"\xef\xbb\xbf").unwrap_or(source))
}

/// What runs Python: how the names of the programs begin.
const INTERPRETERS: &[&[u8]] = &[b"python", b"pypy", b"ipython", b"jython", b"graalpy", b"sage"];
/// What starts it.
const RUNNERS: &[&[u8]] = &[b"uv", b"uvx", b"pipx", b"hatch", b"pdm", b"poetry", b"pixi"];

/// Whether the first line names an interpreter of Python: `#!/usr/bin/env -S uv run --script`.
fn is_python_script(source: &[u8]) -> bool {
    let mut lines = source.lines();
    let Some(command) = lines.next().and_then(|line| line.strip_prefix(b"#!")) else { return false };
    let programs = || command.fields().map(|word| word.rsplit(|&byte| byte == b'/').next().unwrap_or_default());
    let is_interpreter = |name: &[u8]| INTERPRETERS.iter().any(|interpreter| name.starts_with(interpreter));
    // A shell whose first command starts the file again; to Python that is a string.
    let is_restarted = |line: &[u8]| {
        let quoted = line.starts_with(b"'''") || line.starts_with(b"\"\"\"");
        quoted && line.contains_str("exec") && line.contains_str("py")
    };
    programs().any(is_interpreter)
        || programs().any(|name| RUNNERS.contains(&name))
            && programs().any(|word| word == b"run" || word == b"--script")
        || programs().any(|name| name.ends_with(b"sh")) && lines.take(3).any(is_restarted)
}

/// Whether the name says that a file is Python source that runs.
pub fn is_python_name(path: &RepoPath) -> bool {
    let name = path.file_name().to_ascii_lowercase();
    SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
}

/// Whether a file is a Jupyter notebook, by its name.
pub fn is_notebook(path: &RepoPath) -> bool {
    path.file_name().to_ascii_lowercase().ends_with(b".ipynb")
}

/// Whether only the first line says what the file is.
pub fn may_be_script(path: &RepoPath) -> bool {
    !path.file_name().contains(&b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_lines_tell_scripts() {
        let is = |source: &str| is_python(&RepoPath::from("bin/tool"), source.as_bytes());
        for yes in [
            "#!/usr/bin/python",
            "#!/usr/bin/env python3.11",
            "#!/usr/bin/env -S python -u",
            "#! /opt/venv/bin/python3 -E",
            "#!/usr/bin/env -S uv run --script",
            "#!/usr/bin/env pypy3",
            "\u{feff}#!/usr/bin/python\n",
            "#!/bin/sh\n'''exec' /long/path/bin/python \"$0\" \"$@\"\n' '''\nimport x",
            "#!/usr/bin/env -S pipx run",
        ] {
            assert!(is(yes), "{yes}");
        }
        for no in [
            "",
            "import pickle",
            "#!/bin/sh\npython x",
            "#!/bin/bash",
            "#!/usr/bin/perl",
            "# python",
            "#!/usr/bin/env node",
            "#!/bin/sh\necho '''exec python'''",
        ] {
            assert!(!is(no), "{no}");
        }
        assert!(!is_python(&RepoPath::from("a.txt"), b"#!/usr/bin/python"));
    }
}
