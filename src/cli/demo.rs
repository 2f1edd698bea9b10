//! `picklegate demo`: a commit that git really refuses, in a throw-away repository.
//!
//! The one command that runs git, so that what it shows is the real thing.

use super::{Failure, output};
use crate::gate::Outcome;
use std::io;
use std::path::Path;
use std::process::{Command, Output};

const VERSION_BEFORE: &str = "torch==2.3.1\n";
const VERSION_AFTER: &str = "torch==2.10.0\n";
const CODE_BEFORE: &str = "\
import sys

import torch

state = torch.load(sys.argv[1])
print(\"resuming at epoch\", state[\"epoch\"])
";

/// Runs the demonstration; succeeds only if git refused the first commit and accepted the second.
pub fn run(color: bool) -> Result<Outcome, Failure> {
    let directory = tempfile::Builder::new()
        .prefix("picklegate-demo-")
        .tempdir()
        .map_err(|error| Failure::new(format!("cannot make a temporary directory: {error}")))?;
    let shell = Shell { directory: directory.path(), color };
    demonstrate(&shell)?;
    directory.close().map_err(|error| Failure::new(format!("cannot remove the throw-away repository: {error}")))?;
    Ok(Outcome::Clean)
}

fn demonstrate(shell: &Shell<'_>) -> Result<(), Failure> {
    say("In a throw-away repository, with the hook installed:\n\n")?;
    shell.expect_success("git", &["init", "--quiet", "--initial-branch", "main"])?;
    shell.expect_success("picklegate", &["install"])?;

    let code_after = CODE_BEFORE.replace("argv[1])", "argv[1], weights_only=True)");
    say("\nSomebody resumes a training run from a file, with a version of torch that runs the code in it:\n\n")?;
    shell.write("requirements.txt", VERSION_BEFORE)?;
    shell.write("resume.py", CODE_BEFORE)?;
    say("\n")?;
    shell.expect_success("git", &["add", "."])?;
    let commit = ["commit", "--message", "Resume training"];
    let refused = shell.run("git", &commit)?;
    let said = String::from_utf8_lossy(&refused.stderr);
    if refused.status.success() || !said.contains("[torch-load]") || shell.has_commit()? {
        return Err(Failure::new("git did not refuse the commit, or not for its torch.load"));
    }

    say("\ngit refused the commit. The same, as the report advises:\n\n")?;
    shell.write("requirements.txt", VERSION_AFTER)?;
    shell.write("resume.py", &code_after)?;
    say("\n")?;
    shell.expect_success("git", &["add", "."])?;
    shell.expect_success("git", &commit)?;
    if !shell.has_commit()? {
        return Err(Failure::new("git accepted the commit, but there is none"));
    }
    say("\ngit accepted it. `picklegate install` puts the same hook into a repository of yours.\n")
}

/// Runs commands in the throw-away repository, and shows each with what it prints.
struct Shell<'a> {
    directory: &'a Path,
    color: bool,
}

impl Shell<'_> {
    fn expect_success(&self, program: &str, arguments: &[&str]) -> Result<(), Failure> {
        if self.run(program, arguments)?.status.success() {
            return Ok(());
        }
        Err(Failure::new(format!("`{program} {}` failed", arguments.join(" "))))
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<Output, Failure> {
        let quoted =
            |argument: &&str| if argument.contains(' ') { format!("{argument:?}") } else { (*argument).into() };
        say(&format!("$ {program} {}\n", arguments.iter().map(quoted).collect::<Vec<String>>().join(" ")))?;
        let output = self.output(program, arguments)?;
        output::print(&output.stderr)?;
        output::print(&output.stdout)?;
        Ok(output)
    }

    fn has_commit(&self) -> Result<bool, Failure> {
        Ok(self.output("git", &["rev-parse", "--quiet", "--verify", "HEAD"])?.status.success())
    }

    fn output(&self, program: &str, arguments: &[&str]) -> Result<Output, Failure> {
        let own;
        let path = if program == "picklegate" {
            own = std::env::current_exe().map_err(|error| Failure::new(format!("cannot tell where I am: {error}")))?;
            own.as_path()
        } else {
            Path::new(program)
        };
        let mut command = Command::new(path);
        command.args(arguments).current_dir(self.directory);
        for (name, _) in std::env::vars_os() {
            let name_text = name.to_string_lossy();
            if ["GIT_", "PRE_COMMIT", "PICKLEGATE"].iter().any(|prefix| name_text.starts_with(prefix)) {
                command.env_remove(&name);
            }
        }
        let nowhere = self.directory.join(".git").join("no-such-configuration");
        command
            .env_remove("CI")
            .env("HOME", self.directory)
            .env("GIT_CONFIG_GLOBAL", &nowhere)
            .env("GIT_CONFIG_SYSTEM", &nowhere)
            .env("GIT_TEMPLATE_DIR", "")
            .env("GIT_CEILING_DIRECTORIES", self.directory.parent().unwrap_or(self.directory))
            .env("GIT_PAGER", "cat")
            .env("LC_ALL", "C")
            .env(if self.color { "CLICOLOR_FORCE" } else { "NO_COLOR" }, "1")
            .env_remove(if self.color { "NO_COLOR" } else { "CLICOLOR_FORCE" });
        for role in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{role}_NAME"), "Demo")
                .env(format!("GIT_{role}_EMAIL"), "demo@example.org")
                .env(format!("GIT_{role}_DATE"), "2026-01-01T12:00:00Z");
        }
        command.output().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Failure::new(format!("{program}: not found"))
                .hint("the demonstration runs the real git: install it, or put it on PATH"),
            _ => Failure::new(format!("{program}: cannot be run: {error}")),
        })
    }

    /// Writes a file, and shows it.
    fn write(&self, name: &str, text: &str) -> Result<(), Failure> {
        std::fs::write(self.directory.join(name), text)
            .map_err(|error| Failure::new(format!("{name}: cannot write: {error}")))?;
        for (i, line) in text.lines().enumerate() {
            say(format!("    {:16} | {line}", if i == 0 { name } else { "" }).trim_end())?;
            say("\n")?;
        }
        Ok(())
    }
}

fn say(text: &str) -> Result<(), Failure> {
    output::print(text)
}
