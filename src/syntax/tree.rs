//! The parser behind limits.

use super::nesting;
use ruff_python_ast::{ModModule, PySourceType};
use ruff_python_parser::{
    InterpolatedStringErrorType, LexicalErrorType, ParseError, ParseErrorType, Parsed, parse_unchecked_source,
};
use std::ops::Deref;

/// Larger sources are not parsed: a tree takes some seventy times the space of its text.
const MAX_BYTES: usize = 8 * 1024 * 1024;
/// No tree is deeper than this: smaller sources cannot be, and larger ones are counted before they are parsed.
const MAX_DEPTH: usize = 64 * 1024;
/// Trees deeper than this are dropped on a stack of their own.
const DEEP: usize = 200;
/// Enough to drop one level of a tree, in any build.
const STACK_PER_LEVEL: usize = 2048;

/// What the parser made of a source. It recovers from errors, so there always is a tree.
///
/// Walking it may recurse only as deep as a limit of the walker's own.
pub struct Tree {
    /// There until the tree is dropped.
    parsed: Option<Parsed<ModModule>>,
    depth: usize,
}

/// Parses `text`; the error says why it is refused.
pub fn parse(text: &str) -> Result<Tree, String> {
    if text.len() > MAX_BYTES {
        return Err(format!(
            "{} bytes of Python, more than the {MAX_BYTES} that are parsed; split the file",
            text.len()
        ));
    }
    if let Some(reason) = nesting::refusal(text) {
        return Err(reason);
    }
    let parsed = parse_unchecked_source(text, PySourceType::Python);
    Ok(Tree { parsed: Some(parsed), depth: text.len().min(MAX_DEPTH) })
}

impl Tree {
    /// Says how deep the tree is, for who has measured it: a shallow one is dropped faster.
    pub fn measured(&mut self, depth: u32) {
        self.depth = depth as usize;
    }
}

impl Deref for Tree {
    type Target = Parsed<ModModule>;

    fn deref(&self) -> &Parsed<ModModule> {
        self.parsed.as_ref().expect("it is there until the tree is dropped")
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let parsed = self.parsed.take();
        if self.depth > DEEP {
            stacker::grow(1024 * 1024 + self.depth * STACK_PER_LEVEL, move || drop(parsed));
        }
    }
}

/// Whether all code after the error was taken for a string.
pub fn swallows(error: &ParseError, text: &str) -> bool {
    match &error.error {
        ParseErrorType::FStringError(kind) | ParseErrorType::TStringError(kind) => {
            *kind == InterpolatedStringErrorType::UnterminatedTripleQuotedString
        }
        ParseErrorType::Lexical(LexicalErrorType::FStringError(kind) | LexicalErrorType::TStringError(kind)) => {
            *kind == InterpolatedStringErrorType::UnterminatedTripleQuotedString
        }
        ParseErrorType::Lexical(LexicalErrorType::UnclosedStringError) => text[error.location].contains(['\n', '\r']),
        _ => false,
    }
}
