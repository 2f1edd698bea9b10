//! The tools that install distributions: how they are called, and which of their options take a value.

use super::shell::base_name;

/// Which of the words that are no options name distributions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    All,
    /// As Poetry writes them: `torch@^2.1`.
    Poetry,
    /// The first; those behind it are for the tool that it is.
    First,
    AllButFirst,
    Conda,
    /// They name files of requirements.
    Files,
    /// None: the first begins another command.
    Nothing,
}

/// Tool, subcommands, the letters of its short options that take a value, and what is installed. Of `r`, `c`, `e` and `w`
/// the meaning is known.
pub(super) const TOOLS: &[(&str, &[&str], &str, Names)] = &[
    ("pip", &["install"], "rcetifCPpb", Names::All),
    ("pip", &["wheel"], "rcewifCb", Names::All),
    ("pip", &["download"], "rcedifC", Names::All),
    ("pip", &["sync"], "ctifCpb", Names::Files),
    ("pip-sync", &[], "if", Names::Files),
    ("uv", &["add"], "rcmifPCp", Names::All),
    ("uv", &["tool", "install"], "wcbifPCp", Names::First),
    ("uv", &["tool", "run"], "wcbifPCp", Names::First),
    ("uvx", &[], "wcbifPCp", Names::First),
    ("uv", &["run"], "wifPCp", Names::Nothing),
    ("pipx", &["install"], "i", Names::All),
    ("pipx", &["run"], "i", Names::First),
    ("pipx", &["inject"], "ir", Names::AllButFirst),
    ("poetry", &["add"], "GEPC", Names::Poetry),
    ("pdm", &["add"], "GpLkCe", Names::All),
    ("pipenv", &["install"], "reip", Names::All),
    ("conda", &["install"], "npc", Names::Conda),
    ("conda", &["create"], "npc", Names::Conda),
];

/// Long options that take a value, in any of these tools.
const VALUES: &str = "--abi --allow-insecure-host --backend --bounds --branch --cache-dir --category --categories --cert \
    --channel --client-cert --color --config-file --config-setting --config-settings --config-settings-package \
    --default-index --dest --directory --env-file --exclude-newer --exclude-newer-package --excludes --exists-action --extra \
    --extra-index-url --extra-pip-args --extras --find-links --fork-strategy --global-option --group --implementation \
    --index --index-strategy --index-url --install-option --keyring-provider --link-mode --lockfile --log --marker --markers \
    --name --no-binary-package --no-build-isolation-package --no-build-package --no-editable-package --no-extra --no-group \
    --no-install-package --no-sources-package --only-group --optional --output-format --package --pip-args --platform \
    --prefix --prerelease --prerelease-package --progress-bar --project --proxy --pypi-mirror --python --python-platform \
    --python-version --refresh-package --reinstall-package --report --resolution --retries --rev --root --root-prefix \
    --root-user-action --script --skip --solver --source --src --subdir --suffix --tag --target --timeout --torch-backend \
    --trusted-host --upgrade-group --upgrade-package --upgrade-strategy --use-deprecated --use-feature --wheel-dir \
    --with-executables-from";

/// What an option says of the value that it takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    Requirements,
    Constraints,
    Overrides,
    Editable,
    /// `--with`, and `--from`, which takes the place of the first name.
    With,
    From,
    Nothing,
}

/// Whether there may be an install in `text`: most scripts have none, and need not be read.
pub(super) fn may_install(text: &[u8]) -> bool {
    let has = |word: &str| memchr::memmem::find(text, word.as_bytes()).is_some();
    ["pip", "PIP", "uv", "poetry", "pdm", "conda", "mamba"].iter().any(|tool| has(tool))
        && ["install", " add", "uvx", "--with", "pipx", "sync", "wheel", "download", "tool run", "create"]
            .iter()
            .any(|verb| has(verb))
}

/// The tool that a command's name calls, however it is reached: `/venv/bin/pip3.11`, `$PIP`, `-mpip`.
pub(super) fn tool(word: &str) -> Option<&'static str> {
    let name = base_name(word);
    let name = name.strip_prefix("-m").unwrap_or(name);
    let is_variable = name.starts_with('$');
    let name = name.trim_start_matches(['$', '{', '(']).trim_end_matches(['}', ')']);
    let lower;
    let name = if is_variable {
        lower = name.to_ascii_lowercase();
        &lower
    } else {
        name
    };
    let is_pip = name
        .strip_prefix("pip")
        .is_some_and(|version| version.bytes().all(|b| b.is_ascii_digit() || b".-".contains(&b)));
    match name {
        _ if is_pip => Some("pip"),
        "mamba" | "micromamba" => Some("conda"),
        _ => TOOLS.iter().map(|(tool, ..)| *tool).find(|tool| *tool == name),
    }
}

/// Whether `text` is an option; then what it says of its value, if it takes one, and the value if it is part of the word.
pub(super) fn option<'w>(text: &'w str, letters: &str, names: Names) -> Option<(Option<Value>, Option<&'w str>)> {
    let is_conda = names == Names::Conda;
    if text.starts_with("--") {
        let (name, glued) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        let value = match name {
            "--requirement" | "--requirements" | "--with-requirements" => Some(Value::Requirements),
            "--constraint" | "--constraints" => Some(Value::Constraints),
            "--override" | "--overrides" => Some(Value::Overrides),
            // A switch of those that do not take it as a letter either.
            "--editable" => letters.contains('e').then_some(Value::Editable),
            "--with-editable" => Some(Value::Editable),
            "--with" | "--preinstall" => Some(Value::With),
            "--from" | "--spec" => Some(Value::From),
            "--build-constraint" | "--build-constraints" => Some(Value::Nothing),
            "--file" if is_conda => Some(Value::Nothing),
            // Switches of all but pip's own commands.
            "--no-binary" | "--only-binary" => letters.starts_with("rce").then_some(Value::Nothing),
            _ => VALUES.split_ascii_whitespace().any(|known| known == name).then_some(Value::Nothing),
        };
        return Some((value, glued));
    }
    let cluster = text.strip_prefix('-').filter(|cluster| !cluster.is_empty())?;
    // `-dG name`: switches may stand before the letter that takes a value.
    let Some(at) = cluster.find(|c| letters.contains(c)) else { return Some((None, None)) };
    let value = match cluster.as_bytes()[at] {
        b'r' => Value::Requirements,
        b'c' if !is_conda => Value::Constraints,
        b'e' => Value::Editable,
        b'w' if names != Names::All => Value::With,
        _ => Value::Nothing,
    };
    let glued = cluster.get(at + 1..).filter(|glued| !glued.is_empty());
    Some((Some(value), glued.map(|glued| glued.strip_prefix('=').unwrap_or(glued))))
}
