//! Where data comes from, and through what it passes: names that say so, whatever is loaded in the end.
//!
//! The build script compiles `rules.toml` to these types with this same file, so it stands alone, as the model does.

use super::model::Argument;
use crate::finding::Source;
use serde::{Deserialize, Serialize};

/// What brings data of one kind in. All lists are sorted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Origin {
    /// The kind.
    pub kind: Source,
    /// Qualified functions, classes and values; each stands for what is below it, and for what it returns, too.
    pub names: Vec<String>,
    /// Qualified decorators of functions whose parameters bring it in, and those below them.
    pub decorators: Vec<String>,
    /// `request.body`: an attribute of a parameter of that name, wherever its function is called from.
    pub parameters: Vec<String>,
}

/// Functions that data passes through. `.name` is a method of any object. All lists are sorted.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Passages {
    /// Give the content of the file that their first argument, or the object, is or is the path of.
    pub opens: Vec<String>,
    /// Give the very bytes of their first argument, or of the object.
    pub keeps: Vec<String>,
    /// Give what the object holds and was not read yet.
    pub reads: Vec<String>,
    /// Give something that is made of their arguments, or of the object.
    pub changes: Vec<String>,
    /// Give an empty file or container. If it is no origin, nothing outside the process reaches it.
    pub makes: Vec<String>,
}

/// Functions that write what rules load, so that loading it again in the same function is harmless.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Dump {
    /// Qualified functions and classes.
    pub names: Vec<String>,
    /// What they write to; where it is not passed, and where there is none, they return what they write.
    pub file: Option<Argument>,
    /// Ids of the rules that load it.
    pub rules: Vec<String>,
}
