//! Which files are taken for configuration: their names say so, so that no other file need be read.

use crate::snapshot::RepoPath;

/// What follows the last dot of their names.
const SUFFIXES: &[&str] = &[
    "bash",
    "bat",
    "cfg",
    "cmd",
    "conf",
    "containerfile",
    "dockerfile",
    "env",
    "hcl",
    "ini",
    "ksh",
    "mk",
    "properties",
    "ps1",
    "service",
    "sh",
    "tf",
    "tfvars",
    "toml",
    "yaml",
    "yml",
    "zsh",
];
/// What their names are, or start with before a dot.
const NAMES: &[&str] = &["containerfile", "dockerfile", "justfile", "makefile", "procfile"];
/// What templates and examples of them add to their names.
const TEMPLATES: &[&str] = &["dist", "example", "in", "j2", "sample", "template", "tmpl", "tpl"];

/// Whether a file is configuration, going by its name.
pub(in crate::scan) fn is_configuration(path: &RepoPath) -> bool {
    let Ok(name) = std::str::from_utf8(path.file_name()) else { return false };
    let mut name = name;
    while let Some((rest, _)) = name.rsplit_once('.').filter(|(_, suffix)| is_one_of(TEMPLATES, suffix)) {
        name = rest;
    }
    let first = name.split('.').next().unwrap_or(name);
    name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(".env"))
        || is_one_of(NAMES, first)
        || name.rsplit_once('.').is_some_and(|(_, suffix)| is_one_of(SUFFIXES, suffix))
}

/// Whether a file without suffix is a shell script, by its first line.
pub(super) fn is_shell_script(path: &RepoPath, source: &[u8]) -> bool {
    let first_line = source.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let mut words = first_line.split(|byte| byte.is_ascii_whitespace());
    !path.file_name().contains(&b'.') && first_line.starts_with(b"#!") && words.any(|word| word.ends_with(b"sh"))
}

fn is_one_of(names: &[&str], name: &str) -> bool {
    names.iter().any(|one| one.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_is_configuration() {
        let is = |path: &str| is_configuration(&RepoPath::from(path));
        for yes in [
            ".env",
            "a/.env.production",
            "prod.env",
            ".envrc",
            "Dockerfile",
            "Dockerfile.gpu",
            "api.dockerfile",
            ".github/workflows/ci.yml",
            "run.sh",
            "setup.cfg",
            "app.service",
            "config.yaml.j2",
            ".env.example",
        ] {
            assert!(is(yes), "{yes}");
        }
        for no in ["README.md", "a.py", "data.json", "env", "sh", "x.j2", "uv.lock", "a.envelope.txt", "Dockerfiles/x"]
        {
            assert!(!is(no), "{no}");
        }
    }
}
