//! What can be typed: the table that help and completions are made from.

use super::output::Color;
use super::rules::{ExportFormat, ListFormat};
use crate::finding::Severity;
use crate::report;
use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

const AFTER_HELP: &str = "\
Exit status:
  0  nothing at or above the line was introduced (scan: found)
  1  blocked
  2  could not judge: the message says what to do";

const FIX_AFTER_HELP: &str = "\
Examples:
  picklegate fix --diff           what would be written to the files that are staged
  picklegate fix                  write it
  picklegate fix --unsafe-fixes . all edits, in all that is on disk

Exit status:
  0  nothing at or above the line is left
  1  something is
  2  could not judge or could not write: the message says what to do";

const AUDIT_AFTER_HELP: &str = "\
Examples:
  picklegate audit-deps                                    what is on disk, for the terminal
  picklegate audit-deps services/api --rev v2.0            a part of a commit; works in bare repositories
  picklegate audit-deps --format html --output deps.html   a page to show
  picklegate audit-deps --format cyclonedx -o bom.json     for tools that read bills of materials

Exit status:
  0  everything was read
  2  something could not be read: the report ends with what";

/// Keeps unsafe unpickling out of Python repositories.
#[derive(Parser, Debug)]
#[command(version, about, after_help = AFTER_HELP, max_term_width = 100)]
pub struct Arguments {
    /// Run as if started in DIR
    #[arg(short = 'C', value_name = "DIR", global = true, help_heading = "Global options")]
    pub directory: Option<PathBuf>,

    /// When to colour
    #[arg(
        long,
        value_enum,
        value_name = "WHEN",
        default_value = "auto",
        global = true,
        help_heading = "Global options"
    )]
    pub color: Color,

    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Judge what a change introduces: what is staged, or a range of commits
    ///
    /// Reads what would be committed, never the working tree. Where CI is set and nothing is staged, all of HEAD is
    /// judged instead.
    Check(CheckArguments),

    /// Judge a whole tree, whether old or new
    Scan {
        #[command(flatten)]
        tree: TreeArguments,
        #[command(flatten)]
        environments: EnvironmentArguments,
        #[command(flatten)]
        judging: JudgingArguments,
    },

    /// Make the edits that remove findings, in the working tree
    ///
    /// Without PATH those of what `picklegate check` finds in what is staged, with PATH those of what `picklegate scan`
    /// finds. A file that is not as it was judged is left alone; nothing is staged. Then what is left is reported.
    #[command(after_help = FIX_AFTER_HELP)]
    Fix(FixArguments),

    /// List the dependencies that manifests and lock files name, and which of them can unpickle
    ///
    /// For each library: its versions and where they are declared, which rules are active in these versions and which
    /// would be in others, how many calls the sources make, and what to write instead.
    #[command(after_help = AUDIT_AFTER_HELP)]
    AuditDeps(AuditArguments),

    /// List, explain, check, test and export rules
    #[command(subcommand)]
    Rules(RulesCommand),

    /// Install the git hooks that run `picklegate check` before each commit
    Install(InstallArguments),

    /// Remove the git hooks that `picklegate install` wrote
    Uninstall(InstallArguments),

    /// Show a commit being blocked, fixed and accepted, in a throw-away repository
    Demo,

    /// Print a completion script
    Completions {
        /// The shell to complete in
        shell: clap_complete::Shell,
    },
}

#[derive(Args, Debug)]
pub struct CheckArguments {
    /// Old side of a range; the merge base with --to-ref is what counts [env: PRE_COMMIT_FROM_REF]
    #[arg(long, value_name = "REV", requires = "to_ref")]
    pub from_ref: Option<String>,

    /// New side of a range [env: PRE_COMMIT_TO_REF]
    #[arg(long, value_name = "REV", requires = "from_ref")]
    pub to_ref: Option<String>,

    #[command(flatten)]
    pub judging: JudgingArguments,
}

#[derive(Args, Debug)]
pub struct FixArguments {
    /// A file or directory on disk [default: what is staged]
    pub path: Option<PathBuf>,

    #[command(flatten)]
    pub environments: EnvironmentArguments,

    #[command(flatten)]
    pub judging: JudgingArguments,
}

/// How to judge, and how to show it.
#[derive(Args, Debug)]
pub struct JudgingArguments {
    /// How to report; never changes the exit status
    #[arg(long, visible_alias = "output-format", value_name = "FORMAT", value_parser = formats(), default_value = "text")]
    pub format: String,

    /// Block at this severity and above: error, warning or note [default: as configured, else error]
    #[arg(long, value_name = "SEVERITY", value_parser = severity)]
    pub fail_on: Option<Severity>,

    /// Show findings of severity note as well, and where pickles are written
    #[arg(long)]
    pub show_notes: bool,

    /// Print the edits that `picklegate fix` makes as a diff instead of the report, and write nothing; never changes the
    /// exit status
    #[arg(long, conflicts_with = "format")]
    pub diff: bool,

    /// Edits as well after which data that was harmless may be loaded otherwise, or not at all
    #[arg(long)]
    pub unsafe_fixes: bool,

    /// Read the rules of FILE as well
    #[arg(long, value_name = "FILE")]
    pub rules: Vec<PathBuf>,

    /// Print nothing where nothing is found
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,

    /// List what comments allow, and count the unchanged files that were looked into
    #[arg(short, long)]
    pub verbose: bool,
}

/// Which tree.
#[derive(Args, Debug)]
pub struct TreeArguments {
    /// A file or directory on disk [default: the current directory]
    pub path: Option<PathBuf>,

    /// A commit instead of what is on disk; in a bare repository that is HEAD by default
    #[arg(long, value_name = "REV")]
    pub rev: Option<String>,
}

/// What is installed.
#[derive(Args, Debug)]
pub struct EnvironmentArguments {
    /// A virtual environment, conda prefix or site-packages directory that the code runs in; may be repeated
    #[arg(long = "environment", value_name = "DIR")]
    pub directories: Vec<PathBuf>,
}

#[derive(Args, Debug)]
pub struct AuditArguments {
    #[command(flatten)]
    pub tree: TreeArguments,

    #[command(flatten)]
    pub environments: EnvironmentArguments,

    /// Say instead which evidence decides the version of NAME, a distribution or an import name, and what is outvoted
    #[arg(long, value_name = "NAME")]
    pub why: Option<String>,

    /// With --why: as seen from PATH, a file or directory relative to the tree, instead of from all sources
    #[arg(long = "for", value_name = "PATH", requires = "why")]
    pub for_path: Option<PathBuf>,

    /// How to report; never changes the exit status
    #[arg(long, visible_alias = "output-format", value_name = "FORMAT", value_parser = inventory_formats(), default_value = "text")]
    pub format: String,

    /// Write the report to FILE instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// List every entry of every manifest, also of libraries that cannot unpickle
    #[arg(short, long)]
    pub all: bool,

    /// Do not count the calls in the sources
    #[arg(long)]
    pub no_scan: bool,

    /// Read the rules of FILE as well
    #[arg(long, value_name = "FILE")]
    pub rules: Vec<PathBuf>,
}

#[derive(Subcommand, Debug)]
pub enum RulesCommand {
    /// One line for each rule
    List(ListArguments),
    /// What a rule matches, why it matters and what to write instead
    Explain(ExplainArguments),
    /// Say all that is wrong with rules files of your own, each with its line
    ///
    /// The exit status is 0 where nothing is, 1 where something is.
    Check {
        /// The files; each may speak of what those before it declare
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Write rules for another tool
    ///
    /// Semgrep knows no versions: with --for-repo those in force here decide which rules are written. What cannot be
    /// expressed is left out, and said in the file.
    Export(ExportArguments),
    /// Judge the examples of all rules, and say which do not hold
    Test {
        /// A rules file, added to the built-in rules
        file: Option<PathBuf>,
    },
}

#[derive(Args, Debug)]
pub struct ListArguments {
    /// Only rules about the library NAME, a distribution or an import name; may be repeated
    #[arg(long, value_name = "NAME")]
    pub library: Vec<String>,

    /// Only what is active in the tree on disk here, and why: what manifests name and sources import, with file and line
    #[arg(long)]
    pub for_repo: bool,

    /// How to list
    #[arg(long, visible_alias = "output-format", value_enum, value_name = "FORMAT", default_value = "text")]
    pub format: ListFormat,

    /// Read the rules of FILE as well
    #[arg(long, value_name = "FILE")]
    pub rules: Vec<PathBuf>,
}

#[derive(Args, Debug)]
pub struct ExportArguments {
    /// For which tool
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: ExportFormat,

    /// Only rules about the library NAME, a distribution or an import name; may be repeated
    #[arg(long, value_name = "NAME")]
    pub library: Vec<String>,

    /// Only what is active in the tree on disk here
    #[arg(long)]
    pub for_repo: bool,

    /// Write to FILE instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Read the rules of FILE as well
    #[arg(long, value_name = "FILE")]
    pub rules: Vec<PathBuf>,
}

#[derive(Args, Debug)]
pub struct ExplainArguments {
    /// The id of the rule, as reports give it; `torch-*` names all that begin so
    pub id: String,

    /// Write a page in Markdown, examples included
    #[arg(long)]
    pub markdown: bool,

    /// Read the rules of FILE as well
    #[arg(long, value_name = "FILE")]
    pub rules: Vec<PathBuf>,
}

#[derive(Args, Debug)]
pub struct InstallArguments {
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
}

fn formats() -> PossibleValuesParser {
    PossibleValuesParser::new(report::FORMATS.iter().map(|format| format.name))
}

fn inventory_formats() -> PossibleValuesParser {
    PossibleValuesParser::new(report::INVENTORY_FORMATS.iter().map(|format| format.name))
}

fn severity(text: &str) -> Result<Severity, String> {
    [Severity::Error, Severity::Warning, Severity::Note]
        .into_iter()
        .find(|severity| severity.to_string() == text)
        .ok_or_else(|| "expected error, warning or note".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_table_is_consistent() {
        Arguments::command().debug_assert();
    }
}
