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
    let first_line = source.strip_prefix(b"\xef\xbb\xbf").unwrap_or(source).lines().next().unwrap_or_default();
    may_be_script(path)
        && first_line.starts_with(b"#!")
        && ["python", "pypy", "uv run"].iter().any(|name| first_line.contains_str(name))
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
