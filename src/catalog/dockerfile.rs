//! Dockerfiles: what the `RUN` instructions of all stages install, in shell and exec form, heredocs included.
//!
//! Which images they start from is not read: what is in those is not in the repository.

use super::Scope;
use super::installers;
use super::installs::{self, Context, Word};
use super::reading::Reading;
use super::shell;
use super::variables::Variables;
use serde_json::value::RawValue;

/// The name of this format.
pub(super) const FORMAT: &str = "Dockerfile";

/// Whether a file called `name` is one.
pub(super) fn is_manifest(name: &str, _directory: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let (first, last) = (name.split('.').next().unwrap_or(""), name.rsplit('.').next().unwrap_or(""));
    let is_other = ["dockerignore", "md", "txt", "py", "sh", "rst"].contains(&last);
    let is_one = |part: &str| {
        ["dockerfile", "containerfile"]
            .iter()
            .any(|kind| part.strip_prefix(kind).is_some_and(|more| more.is_empty() || more.starts_with(['-', '_'])))
    };
    (is_one(first) && !is_other) || ["dockerfile", "containerfile"].contains(&last)
}

/// One instruction with its continuations and heredocs.
struct Instruction {
    /// In upper case.
    name: String,
    /// What follows the name. As many lines as in the file; continuations all end in `\`.
    text: String,
    /// 1-based line where `text` begins.
    line: u32,
}

/// Reads the text of a Dockerfile.
pub(super) fn read(reading: &mut Reading, text: &str) {
    reading.is_elsewhere = true;
    if !installers::may_install(text.as_bytes()) {
        return;
    }
    let instructions = instructions(reading, text);
    let mut variables = Variables::default();
    for instruction in instructions.iter().filter(|instruction| ["ARG", "ENV"].contains(&&*instruction.name)) {
        define(&mut variables, &instruction.text);
    }
    for Instruction { text, line, .. } in instructions.iter().filter(|instruction| instruction.name == "RUN") {
        let of_file = |of_script: u32| line.saturating_add(of_script);
        let context = Context { scope: Scope::Image, base: "", variables: &variables, line: &of_file };
        match exec_form(text) {
            Some(words) => installs::read_command(reading, &words, &context),
            None => installs::read_script(reading, text, &context),
        }
    }
}

/// `NAME=value`s, or `NAME value`.
fn define(variables: &mut Variables<'_>, text: &str) {
    shell::commands(text, &mut |words| match words {
        [name, values @ ..] if !name.text.contains('=') && !values.is_empty() => {
            let value: Vec<String> = values.iter().map(shell::Raw::unquoted).collect();
            variables.define(name.text, &value.join(" "));
        }
        words => words.iter().for_each(|word| variables.define_word(word)),
    });
}

/// The words of `["pip", "install", "x"]`.
fn exec_form(text: &str) -> Option<Vec<Word>> {
    let json = text.trim_start().starts_with('[').then(|| text.replace("\\\n", " \n"))?;
    let words: Vec<&RawValue> = serde_json::from_str(&json).ok()?;
    let (mut at, mut line) = (0, 0);
    let word = |raw: &RawValue| {
        let from = raw.get().as_ptr() as usize - json.as_ptr() as usize;
        line += memchr::memchr_iter(b'\n', &json.as_bytes()[at..from]).count() as u32;
        at = from;
        Some(Word { text: serde_json::from_str(raw.get()).ok()?, line, is_cut: false })
    };
    words.into_iter().map(word).collect()
}

fn instructions(reading: &mut Reading, text: &str) -> Vec<Instruction> {
    let escape = escape(text);
    let mut found = Vec::new();
    let mut lines = text.lines().zip(1_u32..);
    while let Some((physical, number)) = lines.next() {
        let trimmed = physical.trim_start();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let mut trimmed = trimmed;
        let mut name = first_word(trimmed).to_ascii_uppercase();
        if name == "ONBUILD" {
            trimmed = trimmed[7..].trim_start();
            name = first_word(trimmed).to_ascii_uppercase();
        }
        let mut joined = String::new();
        let mut rest = &trimmed[name.len()..];
        loop {
            let Some(continued) = rest.trim_end().strip_suffix(escape) else {
                joined.push_str(rest);
                break;
            };
            joined.push_str(continued);
            joined.push_str("\\\n");
            // Comments and empty lines do not end an instruction.
            let next = lines.by_ref().map(|(line, _)| line).find(|line| {
                let is_passed = line.trim_start().starts_with('#') || line.trim().is_empty();
                joined.push_str(if is_passed { "\\\n" } else { "" });
                !is_passed
            });
            let Some(next) = next else { break };
            rest = next;
        }
        if ["RUN", "COPY", "ADD"].contains(&&*name) {
            for delimiter in delimiters(&joined) {
                let mut is_closed = false;
                for (line, _) in lines.by_ref() {
                    joined.push('\n');
                    joined.push_str(line);
                    is_closed = line.trim_start_matches('\t') == delimiter;
                    if is_closed {
                        break;
                    }
                }
                if !is_closed {
                    reading.odd(number, "a heredoc that begins here has no end");
                }
            }
        }
        if ["RUN", "ARG", "ENV"].contains(&&*name) {
            found.push(Instruction { text: without_options(joined), name, line: number });
        }
    }
    found
}

/// The character that continues lines: `\`, or what a `# escape=` directive says, before anything else.
fn escape(text: &str) -> char {
    for line in text.lines() {
        let Some((name, value)) = line.strip_prefix('#').and_then(|comment| comment.split_once('=')) else { break };
        if name.trim().eq_ignore_ascii_case("escape") {
            return value.trim().chars().next().filter(|&escape| escape == '`').unwrap_or('\\');
        }
    }
    '\\'
}

fn first_word(text: &str) -> &str {
    text.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or("")
}

/// Without `--mount=...` and the like, which stand before the command.
fn without_options(text: String) -> String {
    let mut rest = text.as_str();
    loop {
        let next = rest.trim_start_matches([' ', '\t']);
        let option = next.strip_prefix("--").map(|option| option.find(char::is_whitespace).unwrap_or(option.len()) + 2);
        // A continuation behind it keeps its line.
        match option {
            Some(end) => rest = &next[end..],
            None => return rest.to_owned(),
        }
    }
}

/// What ends the heredocs that `text` announces.
fn delimiters(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("<<") {
        let is_string = rest[at..].starts_with("<<<");
        rest = rest[at..].trim_start_matches('<');
        let word = rest.strip_prefix('-').unwrap_or(rest).trim_start_matches(['"', '\'']);
        let end = word.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(word.len());
        if !is_string && word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            found.push(word[..end].to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::RepoPath;

    fn reading(text: &str) -> Reading {
        let mut reading = Reading::new(&RepoPath::from("Dockerfile"), FORMAT);
        read(&mut reading, text);
        reading.finish()
    }

    fn installed(text: &str) -> Vec<String> {
        let reading = reading(text);
        reading
            .dependencies
            .iter()
            .map(|d| format!("{} {} {}", d.line, d.raw_name, d.raw_version).trim_end().to_owned())
            .collect()
    }

    #[test]
    fn names_of_images() {
        for name in [
            "Dockerfile",
            "dockerfile",
            "Containerfile",
            "gpu.dockerfile",
            "Dockerfile.gpu",
            "Dockerfile-cpu",
            "Dockerfile_x.j2",
        ] {
            assert!(is_manifest(name, ""), "{name}");
        }
        for name in [
            "Dockerfile.dockerignore",
            "Dockerfile.md",
            "dockerfile.py",
            "docker-compose.yml",
            "my-dockerfile",
            "Dockerfiles",
        ] {
            assert!(!is_manifest(name, ""), "{name}");
        }
    }

    #[test]
    fn shell_form_with_comments_in_between() {
        let text = "# syntax=docker/dockerfile:1\n# escape=\\\nFROM pytorch/pytorch:2.3.0 AS base\n\
            RUN --mount=type=cache,target=/var/cache/pip \\\n    pip install \\\n    # why\n\n      torch==2.5.1 \\\n  numpy\n\
            FROM base\nonbuild run apt-get update && \\\n pip3 install 'scipy>=1' # pip install x\nCMD pip install y\n";
        assert_eq!(installed(text), ["8 torch ==2.5.1", "9 numpy", "12 scipy >=1"]);
        assert_eq!(installed(&text.replace('\n', "\r\n")), installed(text));
    }

    #[test]
    fn exec_form() {
        let text = "RUN [\"python\", \"-m\", \"pip\", \"install\", \\\n \"torch>=2\", \"a b\"]\nRUN [\"sh\", \"-c\", \"pip install c\"]\nRUN [ pip install d ]\n";
        assert_eq!(installed(text), ["2 a", "2 b", "2 torch >=2", "3 c", "4 d"]);
    }

    #[test]
    fn heredocs() {
        let text = "RUN <<EOF\npip install a\n# pip install b\nEOF\nCOPY <<-\"END\" requirements.txt\npip install c\n\tEND\n\
            RUN python3 <<EOF\npip install d\nEOF\nRUN bash -e <<A\n  pip install \\\n    e\nA\nRUN cat <<< x && pip install f\n";
        assert_eq!(installed(text), ["2 a", "13 e", "15 f"]);
        assert_eq!(reading("RUN <<EOF\npip install a\n").diagnostics.len(), 1);
    }

    #[test]
    fn arguments_of_the_build() {
        let text = "ARG TORCH=2.5.1\nFROM x\nARG TORCH\nARG A=1\nENV B 2.0\nENV C=\"3\" A=2\nRUN pip install torch==${TORCH} b==$B c==$C a==$A\n";
        assert_eq!(installed(text), ["7 a", "7 b ==2.0", "7 c ==3", "7 torch ==2.5.1"]);
    }

    #[test]
    fn another_escape() {
        let text = "# escape=`\nFROM x\nRUN pip install `\n  a==1\nRUN dir C:\\\nRUN pip install b\n";
        assert_eq!(installed(text), ["4 a ==1", "6 b"]);
    }
}
