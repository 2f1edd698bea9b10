//! What data comes from.

use serde::{Deserialize, Serialize};

/// What brings data into a function, in the order in which reasons are shown: who is furthest away comes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// A request to this program.
    Request,
    /// What another machine sends.
    Network,
    /// A download from a hub of models and data sets.
    Hub,
    /// Rows of a database.
    Database,
    /// What another process writes.
    Subprocess,
    /// What is typed or piped in.
    StandardInput,
    /// Arguments of the program.
    CommandLine,
    /// Environment variables.
    Environment,
    /// A temporary file.
    TemporaryFile,
    /// A parameter of the function.
    Parameter,
    /// What is written in the source, often a path.
    Literal,
    /// What the same function dumped itself.
    Dump,
}

impl Source {
    /// The name in rules and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Network => "network",
            Self::Hub => "hub",
            Self::Database => "database",
            Self::Subprocess => "subprocess",
            Self::StandardInput => "standard-input",
            Self::CommandLine => "command-line",
            Self::Environment => "environment",
            Self::TemporaryFile => "temporary-file",
            Self::Parameter => "parameter",
            Self::Literal => "literal",
            Self::Dump => "dump",
        }
    }

    /// Whether somebody on another machine chooses the data.
    pub fn is_remote(self) -> bool {
        matches!(self, Self::Request | Self::Network | Self::Hub)
    }
}
