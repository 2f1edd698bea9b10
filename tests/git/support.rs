//! Throw-away repositories, and what `git` says about them in a form that can be compared.

use picklegate::git::{Environment, FILE_LIMIT, GitError, Repository};
use picklegate::snapshot::{Change, Comparison, ContentId, EntryKind, File, RepoPath, Snapshot};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;

/// A directory with a repository in it.
pub struct Fixture {
    _directory: tempfile::TempDir,
    work_tree: PathBuf,
}

/// One entry of a whole tree: path, kind, id.
pub type Listed = (RepoPath, EntryKind, String);

/// One change: path, old id, new id.
pub type Changed = (RepoPath, Option<String>, Option<String>);

impl Fixture {
    /// A repository without a commit, made with `options` of `git init`.
    pub fn empty(options: &[&str]) -> Self {
        let fixture = Self::directory();
        fixture.git(&[&["init", "-q", "-b", "main", "--template="], options].concat());
        fixture
    }

    fn directory() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let work_tree = directory.path().canonicalize().expect("it is there").join("repository");
        fs::create_dir(&work_tree).expect("it is new");
        Self { _directory: directory, work_tree }
    }

    /// A repository with one commit of a few files in directories.
    pub fn new() -> Self {
        Self::with(&[])
    }

    pub fn with(options: &[&str]) -> Self {
        // Many tests start from the same few repositories: each is made once, and copied.
        static TEMPLATES: Mutex<BTreeMap<String, Fixture>> = Mutex::new(BTreeMap::new());
        let mut templates = TEMPLATES.lock().expect("no test panics while making one");
        let template = templates.entry(options.join(" ")).or_insert_with(|| Self::first_commit(options));
        let copy = Self::directory();
        copy_directory(&template.work_tree, &copy.work_tree);
        copy
    }

    fn first_commit(options: &[&str]) -> Self {
        let fixture = Self::empty(options);
        let files = [("a.py", "1"), ("a/b.py", "1"), ("a/c/d.py", "1"), ("a-b/e.py", "1"), ("z.txt", "1")];
        for (path, content) in files {
            fixture.write(path, content);
        }
        fixture.git(&["add", "."]);
        fixture.git(&["commit", "-qm", "first"]);
        fixture
    }

    pub fn work_tree(&self) -> &Path {
        &self.work_tree
    }

    /// The directory above the working tree.
    pub fn above(&self) -> &Path {
        self.work_tree.parent().expect("it has one")
    }

    /// A path beside the working tree.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.above().join(name)
    }

    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.work_tree.join(path)
    }

    pub fn write(&self, path: impl AsRef<Path>, content: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("it is below the working tree")).expect("directories can be made");
        fs::write(path, content).expect("files can be written");
    }

    /// Writes, and stages.
    pub fn stage(&self, path: &str, content: &str) {
        self.write(path, content);
        self.git(&["add", "--sparse", path]);
    }

    /// Runs git, which must succeed; returns what it printed, without the last line end.
    pub fn git(&self, arguments: &[&str]) -> String {
        self.git_in(&self.work_tree, &[], arguments)
    }

    pub fn git_in(&self, directory: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> String {
        let output = self.try_git(directory, variables, arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {said}");
        String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned()
    }

    /// Makes `entries`, as `git ls-files -s` prints them, part of the index.
    pub fn index_info(&self, entries: &str) {
        let mut command = git(&self.work_tree);
        command.args(["update-index", "--index-info"]).stdin(Stdio::piped());
        let mut child = command.spawn().expect("git is installed");
        child.stdin.take().expect("it is piped").write_all(entries.as_bytes()).expect("git reads it");
        assert!(child.wait().expect("it ends").success());
    }

    pub fn try_git(&self, directory: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
        git(directory).envs(variables.iter().copied()).args(arguments).output().expect("git is installed")
    }

    /// The repository as found from the top of its working tree, with git's `variables` set.
    pub fn open(&self, variables: &[(&str, &str)]) -> Result<Repository, GitError> {
        self.open_in(&self.work_tree, variables)
    }

    pub fn open_in(&self, directory: &Path, variables: &[(&str, &str)]) -> Result<Repository, GitError> {
        Repository::discover(directory, &environment(variables), FILE_LIMIT)
    }

    /// What is staged, which must be readable.
    pub fn staged(&self, variables: &[(&str, &str)]) -> Comparison {
        self.try_staged(variables).unwrap_or_else(|error| panic!("{error}"))
    }

    pub fn try_staged(&self, variables: &[(&str, &str)]) -> Result<Comparison, GitError> {
        self.open(variables)?.staged()
    }

    /// Asserts that what we see as staged is what git would commit, against `old`, a tree that git names.
    pub fn assert_staged_as_git_has_it(&self, case: &str, old: &str) {
        let comparison = self.staged(&[]);
        let tree = self.written_tree();
        assert_eq!(listed(&*comparison.new), self.listed_by_git(&tree), "{case}: the new side");
        assert_eq!(changed(&comparison.changes), self.changed_by_git(old, &tree), "{case}: the changes");
        self.assert_readable(case, &*comparison.new, &comparison.changes);
    }

    /// The tree git makes of the index, without touching the index.
    fn written_tree(&self) -> String {
        let index = self.path(self.git(&["rev-parse", "--git-path", "index"]));
        let copy = index.with_file_name("index-copy");
        fs::copy(&index, &copy).expect("there is an index");
        let variables = [("GIT_INDEX_FILE", copy.to_str().expect("made of UTF-8"))];
        let tree = self.git_in(&self.work_tree, &variables, &["write-tree"]);
        fs::remove_file(copy).expect("just made");
        tree
    }

    /// Asserts that what was added can be read, and is what git has; of very many, the first.
    fn assert_readable(&self, case: &str, snapshot: &dyn Snapshot, changes: &[Change]) {
        for file in changes.iter().filter_map(|change| change.new.as_ref()).take(10) {
            let id = hex(file.id.as_ref());
            let expected = git(&self.work_tree).args(["cat-file", "blob", &id]).output().expect("git is installed");
            assert_eq!(snapshot.read(file).expect("git can read it too"), expected.stdout, "{case}: {}", file.path);
            assert_eq!(snapshot.find(&file.path), Ok(Some(file.clone())), "{case}: {}", file.path);
        }
    }

    /// All that `git ls-tree` lists of a tree.
    pub fn listed_by_git(&self, tree: &str) -> Vec<Listed> {
        let output = git(&self.work_tree).args(["ls-tree", "-r", "-z", tree]).output().expect("git is installed");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut found: Vec<Listed> = records(&output.stdout)
            .map(|line| {
                let tab = line.iter().position(|byte| *byte == b'\t').expect("a tab before the path");
                let fields: Vec<_> = str::from_utf8(&line[..tab]).expect("ASCII").split(' ').collect();
                (RepoPath::new(&line[tab + 1..]), kind_of_mode(fields[0]), fields[2].to_owned())
            })
            .collect();
        found.sort();
        found
    }

    /// The changes of regular files that `git diff-tree` sees, renames not detected.
    pub fn changed_by_git(&self, old: &str, new: &str) -> Vec<Changed> {
        let arguments = ["diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", old, new];
        let output = git(&self.work_tree).args(arguments).output().expect("git is installed");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let fields: Vec<_> = records(&output.stdout).collect();
        let mut found: Vec<Changed> = fields
            .chunks(2)
            .map(|pair| {
                let fields: Vec<_> = str::from_utf8(&pair[0][1..]).expect("ASCII").split(' ').collect();
                let side = |mode: &str, id: &str| mode.starts_with("100").then(|| id.to_owned());
                (RepoPath::new(pair[1]), side(fields[0], fields[2]), side(fields[1], fields[3]))
            })
            .filter(|(_, old, new)| old != new)
            .collect();
        found.sort();
        found
    }

    /// The tree without entries, in this repository's hash.
    pub fn empty_tree(&self) -> String {
        self.git(&["hash-object", "-t", "tree", "-w", "/dev/null"])
    }

    /// The file of a loose object.
    pub fn loose(&self, id: &str) -> PathBuf {
        self.path(".git/objects").join(&id[..2]).join(&id[2..])
    }

    /// Replaces the file of a loose object, which git makes read-only.
    pub fn overwrite_loose(&self, id: &str, content: &[u8]) {
        let path = self.loose(id);
        fs::remove_file(&path).expect("the object is loose");
        fs::write(path, content).expect("its directory is writable");
    }
}

fn copy_directory(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("it can be made");
    for entry in fs::read_dir(from).expect("it can be listed") {
        let entry = entry.expect("it can be listed");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_directory(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("it is readable");
        }
    }
}

fn records(output: &[u8]) -> impl Iterator<Item = &[u8]> {
    output.split(|byte| *byte == 0).filter(|record| !record.is_empty())
}

/// Git in `directory`, deaf to everything outside of the repository.
pub fn git(directory: &Path) -> Command {
    let mut command = Command::new("git");
    command.current_dir(directory).env_clear();
    command.envs(std::env::vars_os().filter(|(name, _)| name == "PATH"));
    command.envs([("HOME", "/nonexistent"), ("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1")]);
    command.envs([("GIT_AUTHOR_NAME", "A"), ("GIT_AUTHOR_EMAIL", "a@example.org")]);
    command.envs([("GIT_COMMITTER_NAME", "A"), ("GIT_COMMITTER_EMAIL", "a@example.org"), ("GIT_EDITOR", "true")]);
    command.envs([("GIT_AUTHOR_DATE", "2024-01-01T00:00:00Z"), ("GIT_COMMITTER_DATE", "2024-01-01T00:00:00Z")]);
    command.args(["-c", "protocol.file.allow=always", "-c", "advice.detachedHead=false", "-c", "gc.auto=0"]);
    command
}

/// The environment that git would have, with `variables` set.
pub fn environment(variables: &[(&str, &str)]) -> Environment {
    let path = std::env::var_os("PATH").expect("tests have a PATH");
    let given = variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    let fixed = [("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1")];
    let fixed = fixed.map(|(name, value)| (OsString::from(name), OsString::from(value)));
    Environment::from_variables(given.chain(fixed).chain([("PATH".into(), path)]))
}

/// All regular files, links and submodules of a snapshot, sorted by path.
pub fn listed(snapshot: &dyn Snapshot) -> Vec<Listed> {
    let mut found = Vec::new();
    let mut pending = vec![RepoPath::root()];
    while let Some(directory) = pending.pop() {
        let entries = snapshot.list(&directory).unwrap_or_else(|error| panic!("{error}"));
        assert!(entries.is_sorted_by(|a, b| a.name < b.name), "{directory}: {entries:?}");
        for entry in entries {
            let path = directory.join(&entry.name);
            match entry.kind {
                EntryKind::Directory => pending.push(path),
                kind => found.push((path, kind, hex(entry.id.as_ref()))),
            }
        }
    }
    found.sort();
    found
}

pub fn changed(changes: &[Change]) -> Vec<Changed> {
    let id = |file: &Option<File>| file.as_ref().map(|file| hex(file.id.as_ref()));
    changes.iter().map(|change| (change.path.clone(), id(&change.old), id(&change.new))).collect()
}

/// The paths of changes, for cases where they say it all.
pub fn paths(changes: &[Change]) -> Vec<String> {
    changes.iter().map(|change| change.path.to_string()).collect()
}

fn hex(id: Option<&ContentId>) -> String {
    id.expect("git knows the id of everything").0.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn kind_of_mode(mode: &str) -> EntryKind {
    match mode {
        "120000" => EntryKind::Symlink,
        "160000" => EntryKind::Submodule,
        "040000" => EntryKind::Directory,
        _ => EntryKind::File,
    }
}
