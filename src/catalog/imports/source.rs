//! The absolute imports of one source.

use crate::catalog::text::Lines;
use crate::snapshot::RepoPath;
use crate::syntax;
use ruff_python_ast::{ExceptHandler, Expr, Stmt};
use ruff_text_size::Ranged as _;
use std::collections::BTreeMap;

/// What the source at `path` imports, wherever in it: dotted names, each with the first 1-based line. Of `from a import b`
/// that is `a.b`: only who knows `a` can tell whether `b` is a module. What only type checkers import is left out.
pub(super) fn imports(path: &RepoPath, bytes: &[u8]) -> Result<BTreeMap<String, u32>, String> {
    if syntax::is_notebook(path) {
        let code = syntax::code_cells(bytes)?;
        let imports = imports_of(&code.source)?;
        return Ok(imports.into_iter().map(|(module, line)| (module, code.line(line).of_file)).collect());
    }
    if !syntax::is_python(path, bytes) {
        return Ok(BTreeMap::new());
    }
    imports_of(&syntax::decode(bytes)?)
}

fn imports_of(text: &str) -> Result<BTreeMap<String, u32>, String> {
    let tree = syntax::parse(text)?;
    let lines = Lines::new(text);
    let mut imports: BTreeMap<String, u32> = BTreeMap::new();
    let mut add = |module: String, statement: &Stmt| {
        let line = lines.line(statement.start().to_usize());
        imports.entry(module).and_modify(|first| *first = line.min(*first)).or_insert(line);
    };
    let mut pending: Vec<&[Stmt]> = vec![&tree.syntax().body];
    while let Some(body) = pending.pop() {
        for statement in body {
            match statement {
                Stmt::Import(import) => {
                    import.names.iter().for_each(|alias| add(alias.name.to_string(), statement));
                }
                Stmt::ImportFrom(import) if import.level == 0 => {
                    let Some(module) = &import.module else { continue };
                    for alias in &import.names {
                        let is_all = alias.name.as_str() == "*";
                        add(if is_all { module.to_string() } else { format!("{module}.{}", alias.name) }, statement);
                    }
                }
                _ => pending.extend(bodies(statement)),
            }
        }
    }
    Ok(imports)
}

/// The bodies of a compound statement.
fn bodies(statement: &Stmt) -> Vec<&[Stmt]> {
    match statement {
        Stmt::FunctionDef(function) => vec![&function.body],
        Stmt::ClassDef(class) => vec![&class.body],
        Stmt::With(with) => vec![&with.body],
        Stmt::For(loop_) => vec![&loop_.body, &loop_.orelse],
        Stmt::While(loop_) => vec![&loop_.body, &loop_.orelse],
        Stmt::Match(match_) => match_.cases.iter().map(|case| &case.body[..]).collect(),
        Stmt::If(if_) => {
            let own = (!is_type_checking(&if_.test)).then_some(&if_.body[..]);
            own.into_iter().chain(if_.elif_else_clauses.iter().map(|clause| &clause.body[..])).collect()
        }
        Stmt::Try(try_) => {
            let handlers = try_.handlers.iter().map(|ExceptHandler::ExceptHandler(handler)| &handler.body[..]);
            [&try_.body[..], &try_.orelse, &try_.finalbody].into_iter().chain(handlers).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether it is `TYPE_CHECKING` or `typing.TYPE_CHECKING`.
fn is_type_checking(test: &Expr) -> bool {
    match test {
        Expr::Name(name) => name.id.as_str() == "TYPE_CHECKING",
        Expr::Attribute(attribute) => attribute.attr.as_str() == "TYPE_CHECKING",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let imports = imports(&RepoPath::from("a.py"), text.as_bytes()).expect("it can be parsed");
        imports.into_iter().map(|(module, line)| format!("{module}:{line}")).collect()
    }

    #[test]
    fn imports_count_wherever_they_run() {
        let text = "import a.b as c, d\nfrom e.f import g, h as i\nfrom j import *\nclass K:\n  def l(self):\n    \
                    try:\n      import m\n    except ImportError:\n      import n\n    else: import o\n    finally:\n      \
                    import p\nif x:\n  import q\nelif y: import r\nelse:\n  import s\nwith t: import u\nimport d\n\
                    while z: import v\nmatch w:\n  case 1:\n    import x\n";
        let expected = "a.b:1 d:1 e.f.g:2 e.f.h:2 j:3 m:7 n:9 o:10 p:12 q:14 r:15 s:17 u:18 v:20 x:23";
        assert_eq!(found(text).join(" "), expected);
    }

    #[test]
    fn relative_imports_and_those_of_type_checkers_do_not_count() {
        let text = "from . import a\nfrom .b import c\nif TYPE_CHECKING:\n  import d\nif typing.TYPE_CHECKING:\n  import e\n\
                    else:\n  import f\nx = 'import g'\n# import h\n";
        assert_eq!(found(text), ["f:8"]);
    }

    #[test]
    fn damaged_sources_and_notebooks_give_what_they_have() {
        assert_eq!(found("def (\nimport a\n"), ["a:2"]);
        let notebook = br#"{"cells": [{"cell_type": "code", "source": ["%pip install b\n",
"import a\n"]}]}"#;
        let path = RepoPath::from("a.ipynb");
        assert_eq!(imports(&path, notebook), Ok([("a".to_owned(), 2)].into()));
        assert!(imports(&path, b"{").is_err());
        assert_eq!(imports(&RepoPath::from("run"), b"#!/bin/sh\nimport a\n"), Ok(BTreeMap::new()));
        assert_eq!(imports(&RepoPath::from("run"), b"#!/usr/bin/python\nimport a\n").map(|found| found.len()), Ok(1));
    }
}
