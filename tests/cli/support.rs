//! Real repositories and the real binary, in an environment that holds nothing of the machine's.

use snapbox::data::Inline;
use snapbox::{IntoData as _, assert_data_eq};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

pub const BINARY: &str = env!("CARGO_BIN_EXE_picklegate");

/// Introduces one unsafe load.
pub const UNSAFE: &str = "import pickle\n\ndef load(path):\n    return pickle.load(open(path, 'rb'))\n";
/// Introduces nothing.
pub const SAFE: &str = "import json\n\ndef load(path):\n    return json.load(open(path))\n";

/// A repository with its home directory, removed when dropped.
pub struct Repository {
    root: TempDir,
    pub top: PathBuf,
    variables: Vec<(String, String)>,
}

impl Repository {
    /// An empty repository on an unborn `main`, without hooks.
    pub fn new() -> Self {
        let root = tempfile::tempdir().expect("a temporary directory can be made");
        let top = root.path().canonicalize().expect("it is there").join("repository");
        fs::create_dir(&top).expect("it can be made");
        let repository = Self { root, top, variables: Vec::new() };
        repository.git(&["init", "--quiet", "--initial-branch", "main"]);
        repository
    }

    /// With the hook installed.
    pub fn with_hook() -> Self {
        let repository = Self::new();
        let installed = repository.picklegate(&["install"]);
        assert!(installed.status.success(), "{}", show(&installed));
        repository
    }

    /// The same place, with one more environment variable.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// `program`, to run in the top directory.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.top)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").expect("there is a PATH"))
            .env("HOME", self.root.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", self.root.path().join("gitconfig"))
            .env("GIT_EDITOR", "true")
            .env("LC_ALL", "C")
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        for role in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{role}_NAME"), "Test")
                .env(format!("GIT_{role}_EMAIL"), "test@example.org")
                .env(format!("GIT_{role}_DATE"), "2026-01-01T12:00:00Z");
        }
        command
    }

    /// Runs git, which may fail.
    pub fn try_git(&self, arguments: &[&str]) -> Output {
        self.command("git").args(arguments).output().expect("git can be run")
    }

    /// Runs git, which must succeed; gives what it prints.
    pub fn git(&self, arguments: &[&str]) -> String {
        let output = self.try_git(arguments);
        assert!(output.status.success(), "git {arguments:?}\n{}", show(&output));
        String::from_utf8(output.stdout).expect("git prints UTF-8 here")
    }

    /// Runs picklegate.
    pub fn picklegate(&self, arguments: &[&str]) -> Output {
        self.command(BINARY).args(arguments).output().expect("the binary can be run")
    }

    /// Runs picklegate; gives its exit status and both streams, with the place and the version taken out.
    pub fn transcript(&self, arguments: &[&str]) -> String {
        self.without_place(&show(&self.picklegate(arguments)))
    }

    pub fn without_place(&self, text: &str) -> String {
        text.replace(BINARY, "[BINARY]")
            .replace(&*self.top.to_string_lossy(), "[TOP]")
            .replace(&*self.root.path().to_string_lossy(), "[ROOT]")
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.top.join(path);
        fs::create_dir_all(path.parent().expect("it is below the top")).expect("it can be made");
        fs::write(path, text).expect("it can be written");
    }

    /// Writes and stages.
    pub fn stage(&self, path: &str, text: impl AsRef<[u8]>) {
        self.write(path, text);
        self.git(&["add", "--", path]);
    }

    /// Commits what is staged, past the hook.
    pub fn commit_unchecked(&self) {
        self.git(&["commit", "--quiet", "--no-verify", "--message", "unchecked"]);
    }

    /// `git` with these arguments must be refused by the hook, and leave HEAD where it is. Gives what the hook says.
    pub fn refuses(&self, arguments: &[&str]) -> String {
        let before = self.head();
        let output = self.try_git(arguments);
        assert!(!output.status.success(), "git {arguments:?} was not refused\n{}", show(&output));
        assert_eq!(before, self.head(), "git {arguments:?}\n{}", show(&output));
        let said = String::from_utf8(output.stderr).expect("it is UTF-8");
        assert!(said.contains("blocked: "), "git {arguments:?} was refused for another reason\n{said}");
        said
    }

    /// `git` with these arguments must succeed and move HEAD, with not a word from the hook.
    pub fn accepts(&self, arguments: &[&str]) {
        let before = self.head();
        let output = self.try_git(arguments);
        assert!(output.status.success(), "git {arguments:?} was refused\n{}", show(&output));
        assert_ne!(before, self.head(), "git {arguments:?}\n{}", show(&output));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!said.contains("blocked") && !said.contains("clean"), "{said}");
    }

    /// The id of HEAD; `None` before the first commit.
    pub fn head(&self) -> Option<String> {
        let output = self.try_git(&["rev-parse", "--quiet", "--verify", "HEAD"]);
        output.status.success().then(|| String::from_utf8(output.stdout).expect("it is hexadecimal"))
    }
}

/// The exit status and both streams.
pub fn show(output: &Output) -> String {
    let mut text = format!("exit {}\n", output.status.code().map_or("by a signal".into(), |code| code.to_string()));
    for (name, stream) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
        if !stream.is_empty() {
            text.push_str(&format!("--- {name}\n{}", String::from_utf8_lossy(stream)));
        }
    }
    text
}

/// Compares a transcript with what is expected of it, which `SNAPSHOTS=overwrite` writes.
pub fn shows(actual: String, expected: Inline) {
    assert_data_eq!(actual, expected.raw());
}

/// A file of this repository.
pub fn project_file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect("it is part of the project")
}
