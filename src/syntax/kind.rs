//! Which files hold Python that runs.

use crate::snapshot::RepoPath;
use bstr::ByteSlice as _;

/// Whether a file holds Python that runs: a notebook, or source.
pub fn is_code(path: &RepoPath, source: &[u8]) -> bool {
    is_notebook(path) || is_python(path, source)
}

/// Whether a file is Python source that runs: by its name (`.py`, `.pyw`), or by the first line of a script without
/// suffix. Stubs (`.pyi`) never run.
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
    name.ends_with(b".py") || name.ends_with(b".pyw")
}

/// Whether a file is a Jupyter notebook, by its name.
pub fn is_notebook(path: &RepoPath) -> bool {
    path.file_name().to_ascii_lowercase().ends_with(b".ipynb")
}

/// Whether only the first line says what the file is.
pub fn may_be_script(path: &RepoPath) -> bool {
    !path.file_name().contains(&b'.')
}
