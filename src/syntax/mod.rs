//! Bytes of Python to text, syntax trees and notebook cells, safely: what would take unbounded memory or stack is refused.
//!
//! Must not know rules, findings or what the code means.

mod decode;
mod kind;
mod magics;
mod nesting;
mod notebook;
mod tree;

pub use decode::{decode, is_foreign};
pub use kind::{is_code, is_notebook, is_python, is_python_name, may_be_script};
pub use notebook::{Line, NotebookCode, Script, code_cells};
pub use tree::{Tree, parse, swallows};
