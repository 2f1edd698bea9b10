//! What the commands of a script install, as entries and inclusions. Says nothing of commands it does not know.

use super::conda_spec::{self, MatchSpec};
use super::installers::{Names, TOOLS, Value, may_install, option, tool};
use super::reading::{Include, Reading, shown};
use super::shell::{self, SHELLS, base_name};
use super::variables::Variables;
use super::{Scope, Source, formats, poetry_constraint, requirement, requirements};
use crate::snapshot::RepoPath;

/// Scripts in the arguments of scripts (`bash -c "..."`).
const MAX_NESTED: usize = 4;

/// Where a script stands.
pub(super) struct Context<'a> {
    /// What its entries are for.
    pub scope: Scope,
    /// What is put before the targets of `-r`, which then are relative to the directory of the manifest.
    pub base: &'a str,
    /// What is known of variables.
    pub variables: &'a Variables<'a>,
    /// The 1-based line of the file for a 0-based line of the script.
    pub line: &'a dyn Fn(u32) -> u32,
}

/// Commands whose arguments are shown, not run.
const SHOWING: &[&str] = &["echo", "printf", "cat", "grep", "Write-Host", "Write-Output", ":", "#"];

/// A word without its quotes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Word {
    pub text: String,
    /// 0-based line of the script.
    pub line: u32,
    /// Whether its version is lost to a redirection.
    pub is_cut: bool,
}

/// Adds what `script` installs to `reading`.
pub(super) fn read_script(reading: &mut Reading, script: &str, context: &Context<'_>) {
    let first = reading.dependencies.len();
    let mut variables = Variables::inside(context.variables);
    variables.define_assigned(script);
    read_nested(reading, script, &Context { variables: &variables, scope: context.scope.clone(), ..*context }, 0);
    reading.dependencies[first..].iter_mut().for_each(|dependency| dependency.direct = Some(true));
}

/// Adds what one command installs to `reading`.
pub(super) fn read_command(reading: &mut Reading, words: &[Word], context: &Context<'_>) {
    let first = reading.dependencies.len();
    Installs { reading, context }.command(words, 0);
    reading.dependencies[first..].iter_mut().for_each(|dependency| dependency.direct = Some(true));
}

fn read_nested(reading: &mut Reading, script: &str, context: &Context<'_>, depth: usize) {
    if depth > MAX_NESTED || !may_install(script.as_bytes()) {
        return;
    }
    let mut installs = Installs { reading, context };
    shell::commands(script, &mut |raw| {
        let is_concerned =
            |word: &shell::Raw<'_>| tool(word.text.trim_matches(['"', '\''])).is_some() || is_shell(word.text);
        if raw.iter().any(is_concerned) {
            let words: Vec<Word> =
                raw.iter().map(|raw| Word { text: raw.unquoted(), line: raw.line, is_cut: raw.is_cut }).collect();
            installs.command(&words, depth);
        }
    });
}

fn is_shell(word: &str) -> bool {
    SHELLS.contains(&base_name(word)) || ["su", "eval"].contains(&word)
}

struct Installs<'r, 'a> {
    reading: &'r mut Reading,
    context: &'r Context<'a>,
}

impl Installs<'_, '_> {
    fn command(&mut self, words: &[Word], depth: usize) {
        let is_control =
            |word: &&Word| ["then", "do", "else", "if", "{", "!", "time", "exec", "sudo"].contains(&&*word.text);
        if words.iter().find(|word| !is_control(word)).is_some_and(|word| SHOWING.contains(&&*word.text)) {
            return;
        }
        let mut at = 0;
        while at < words.len() {
            if is_shell(&words[at].text) {
                return self.shell(&words[at..], depth);
            }
            at = self.tool(words, at).unwrap_or(at + 1);
        }
    }

    /// The script that a shell is given as an argument.
    fn shell(&mut self, words: &[Word], depth: usize) {
        let takes_script = |word: &Word| word.text.starts_with('-') && word.text.ends_with('c');
        let script = if words[0].text == "eval" {
            words.get(1)
        } else {
            words.iter().skip_while(|word| !takes_script(word)).nth(1)
        };
        let Some(script) = script else { return self.command(&words[1..], depth) };
        let outer = self.context.line;
        let line = |inner: u32| outer(script.line.saturating_add(inner));
        let context = Context { line: &line, scope: self.context.scope.clone(), ..*self.context };
        read_nested(self.reading, &script.text, &context, depth + 1);
    }

    /// Reads the command of the tool that is called at `at`, if one is, and gives where it ends.
    fn tool(&mut self, words: &[Word], at: usize) -> Option<usize> {
        let called = tool(&words[at].text)?;
        for (_, subcommands, letters, names) in TOOLS.iter().filter(|(tool, ..)| *tool == called) {
            let mut next = at + 1;
            let mut pending = subcommands.iter();
            let mut wanted = pending.next();
            while let (Some(subcommand), Some(word)) = (wanted, words.get(next)) {
                if word.text == *subcommand {
                    wanted = pending.next();
                    next += 1;
                } else if let Some((value, glued)) = option(&word.text, letters, *names) {
                    next += if value.is_some() && glued.is_none() { 2 } else { 1 };
                } else {
                    break;
                }
            }
            if wanted.is_none() {
                return Some(next + self.arguments(&words[next..], letters, *names));
            }
        }
        None
    }

    /// Reads the arguments of an install, and gives how many they are.
    fn arguments(&mut self, words: &[Word], letters: &str, names: Names) -> usize {
        let mut named = 0;
        let mut at = 0;
        while let Some(word) = words.get(at) {
            at += 1;
            if word.text.is_empty() || word.text == "--" || word.text == "\\" {
                continue;
            }
            if let Some((value, glued)) = option(&word.text, letters, names) {
                let Some(value) = value else { continue };
                let glued = glued.map(|text| Word { text: text.to_owned(), ..word.clone() });
                let next = words.get(at);
                at += usize::from(glued.is_none());
                if let Some(given) = glued.as_ref().or(next) {
                    named += usize::from(value == Value::From);
                    self.value(given, value);
                }
                continue;
            }
            named += 1;
            match names {
                Names::All => self.requirement(word, false),
                Names::AllButFirst if named == 1 => {}
                Names::AllButFirst => self.requirement(word, false),
                Names::Poetry => self.poetry(word),
                Names::Conda => self.conda(word),
                Names::Files => self.include(word, self.context.scope.clone()),
                Names::First => {
                    if named == 1 {
                        self.tool_name(word);
                    }
                    return words.len();
                }
                Names::Nothing => return at - 1,
            }
        }
        at.min(words.len())
    }

    fn value(&mut self, word: &Word, value: Value) {
        match value {
            Value::Requirements => self.include(word, self.context.scope.clone()),
            Value::Constraints => self.include(word, Scope::Constraint),
            Value::Overrides => self.include(word, Scope::Override),
            Value::Editable => self.requirement(word, true),
            Value::With | Value::From => {
                for text in separated(&word.text) {
                    self.requirement(&Word { text, ..word.clone() }, false);
                }
            }
            Value::Nothing => {}
        }
    }

    fn line(&self, word: &Word) -> u32 {
        (self.context.line)(word.line)
    }

    /// An inclusion, unless what is meant is no file of requirements, or is not known.
    fn include(&mut self, word: &Word, scope: Scope) {
        let (target, is_whole) = self.context.variables.expand(&word.text);
        let line = self.line(word);
        if !is_whole {
            self.reading.computed(line, format!("which file is installed from is computed: `{}`", shown(&word.text)));
        } else if !target.starts_with('/')
            && target != "-"
            && formats::of(&RepoPath::from(target.as_str())).is_none_or(|format| format.name == requirements::FORMAT)
        {
            self.reading.includes.push(Include {
                target: format!("{}{target}", self.context.base),
                line,
                scope: Some(scope),
            });
        }
    }

    fn requirement(&mut self, word: &Word, editable: bool) {
        let (text, is_whole) = self.context.variables.expand(&word.text);
        if !is_whole {
            return self.computed(word, &text);
        }
        // A variable may hold several.
        let texts = if is_list(&text) { text.split_whitespace().collect() } else { vec![text.trim()] };
        for text in texts.into_iter().filter(|text| !text.is_empty() && !text.starts_with('-')) {
            let line = self.line(word);
            if let Err(expected) =
                requirements::read_requirement(self.reading, line, text, &self.context.scope, editable)
            {
                self.reading.odd(line, format!("{expected}, found `{}`", shown(text)));
            } else if word.is_cut {
                let problem =
                    format!("the shell redirects at `>` or `<`: any version of {} is installed; quote it", shown(text));
                self.reading.odd(line, problem);
            }
        }
    }

    /// A requirement that is known in part: its name, or nothing of it.
    fn computed(&mut self, word: &Word, text: &str) {
        let line = self.line(word);
        let end = text.find(|c: char| "=<>!~[@;$`{( ".contains(c)).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        if requirement::is_name(name) && !rest.starts_with(['$', '`', '{', '(']) {
            let found = shown(&word.text);
            self.reading.computed(line, format!("the version is computed: `{found}`, taken as any version of {name}"));
            let entry = self.reading.entry(name, line);
            self.add(entry);
        } else if !text.contains(['/', '\\']) {
            self.reading.computed(line, format!("what is installed is computed: `{}`", shown(&word.text)));
        }
    }

    fn add(&mut self, mut entry: super::Dependency) {
        entry.scopes = vec![self.context.scope.clone()];
        self.reading.dependencies.push(entry);
    }

    /// `name@version`, as uv writes the version of a tool.
    fn tool_name(&mut self, word: &Word) {
        let text = match word.text.split_once('@') {
            Some((name, "latest")) => name.to_owned(),
            Some((name, version)) if version.starts_with(|c: char| c.is_ascii_digit()) => format!("{name}=={version}"),
            _ => word.text.clone(),
        };
        self.requirement(&Word { text, ..word.clone() }, false);
    }

    /// `name@constraint`, in Poetry's terms.
    fn poetry(&mut self, word: &Word) {
        let (text, is_whole) = self.context.variables.expand(&word.text);
        let Some((name, constraint)) =
            text.split_once('@').filter(|(name, rest)| is_whole && requirement::is_name(name) && !rest.contains("://"))
        else {
            return self.requirement(word, false);
        };
        let constraint = if constraint == "latest" { "*" } else { constraint };
        for specified in poetry_constraint::alternatives(constraint) {
            let entry = self.reading.entry(name, self.line(word));
            self.add(super::Dependency {
                evidence: if specified.version.is_some() { super::Evidence::Pinned } else { super::Evidence::Declared },
                version: specified.version,
                specifier: specified.specifier,
                raw_version: constraint.to_owned(),
                source: Source::Registry,
                ..entry
            });
        }
    }

    fn conda(&mut self, word: &Word) {
        let (text, is_whole) = self.context.variables.expand(&word.text);
        if !is_whole {
            return self.computed(word, &text);
        }
        let line = self.line(word);
        match MatchSpec::split(&text) {
            Ok(spec) => conda_spec::add(self.reading, &spec, line, std::slice::from_ref(&self.context.scope), None),
            Err(expected) => self.reading.odd(line, format!("{expected}, found `{}`", shown(&text))),
        }
    }
}

/// The requirements of a list with commas, which also stand between the clauses and extras of one.
fn separated(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut brackets = 0_i32;
    for part in text.split(',') {
        match found.last_mut() {
            Some(last) if brackets > 0 || part.trim_start().starts_with(['<', '>', '=', '!', '~']) => {
                last.push(',');
                last.push_str(part);
            }
            _ => found.push(part.trim().to_owned()),
        }
        brackets += part.chars().map(|c| i32::from(c == '[') - i32::from(c == ']')).sum::<i32>();
    }
    found
}

/// Whether `text` is several requirements and options, each a word of its own.
fn is_list(text: &str) -> bool {
    let stands_alone = |word: &str| word.starts_with('-') || requirement::Requirement::split(word).is_ok();
    text.trim().contains(char::is_whitespace) && !text.contains(';') && text.split_whitespace().all(stands_alone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(script: &str) -> Reading {
        let mut reading = Reading::new(&RepoPath::from("Dockerfile"), "test");
        let context =
            Context { scope: Scope::Image, base: "", variables: &Variables::default(), line: &|line| line + 1 };
        read_script(&mut reading, script, &context);
        reading
    }

    /// Each entry as `line name version`, and each inclusion as `line -r target`.
    fn installed(script: &str) -> Vec<String> {
        let reading = reading(script);
        let entries = reading.dependencies.iter().map(|d| format!("{} {} {}", d.line, d.raw_name, d.raw_version));
        let includes = reading
            .includes
            .iter()
            .map(|i| format!("{} {} {}", i.line, if i.scope == Some(Scope::Image) { "-r" } else { "-c" }, i.target));
        entries.chain(includes).map(|text| text.trim_end().to_owned()).collect()
    }

    #[test]
    fn pip_however_it_is_called() {
        for call in [
            "pip",
            "pip3",
            "pip3.11",
            "pip.exe",
            "$PIP",
            "${PIP}",
            "\"$VENV/bin/pip\"",
            ".venv\\\\Scripts\\\\pip.exe",
            "python -m pip",
            "python3.11 -mpip",
            "\"{sys.executable}\" -m pip",
            "PIP_NO_CACHE=1 A=2 pip",
            "sudo -H pip",
            "exec time pip",
            "uv pip",
            "uv --quiet pip",
            "conda run -n x pip",
            "micromamba run -n base python -m pip",
            "timeout 300 pip",
            "if ! pip",
            "pip -q --cache-dir x --retries=3",
        ] {
            assert_eq!(installed(&format!("{call} install torch==2.5.1")), ["1 torch ==2.5.1"], "{call}");
        }
        for none in
            ["echo pip install a", "pip uninstall a", "apt-get install pip a", "pip freeze", "pip", "pipper install a"]
        {
            assert_eq!(installed(none), [""; 0], "{none}");
        }
    }

    #[test]
    fn options_and_their_values_are_no_requirements() {
        let script = "pip install -U --no-cache-dir -i https://packages.example.org/simple --extra-index-url=x -f y \\\n\
            --target /opt/x --no-binary :all: -rbase.txt -r 'a b.txt' --requirement=c.txt -c d.txt \\\n\
            --constraint e.txt torch 'numpy[a,b]>=1,<2; os_name == \"nt\"' -v -t out --upgrade-strategy eager -e . --prefer-binary";
        let expected =
            ["3 torch", "3 numpy >=1,<2", "2 -r base.txt", "2 -r a b.txt", "2 -r c.txt", "2 -c d.txt", "3 -c e.txt"];
        assert_eq!(installed(script), expected);
        assert_eq!(reading(script).diagnostics, []);
    }

    #[test]
    fn paths_urls_and_editables() {
        let script = "pip install . ./x ../y[dev] dist/*.whl *.whl -e .[test] /w/torch-2.3.1-py3-none-any.whl \
            -e git+https://example.org/a.git#egg=a 'b @ https://example.org/b.zip' git+https://example.org/c";
        assert_eq!(installed(script), ["1 torch 2.3.1", "1 a", "1 b"]);
        assert_eq!(reading(script).diagnostics.len(), 1, "only of the last nothing is known");
        assert_eq!(
            installed("pip install -r pyproject.toml -r environment-is-none.txt"),
            ["1 -r environment-is-none.txt"]
        );
        assert_eq!(
            installed("pip install -r /tmp/x.txt -r - -r https://example.org/r.txt"),
            ["1 -r https://example.org/r.txt"]
        );
    }

    #[test]
    fn what_the_other_tools_install() {
        for (script, expected) in [
            ("uv add --dev 'a>=1' b --group x --optional y -r r.txt", vec!["1 a >=1", "1 b", "1 -r r.txt"]),
            ("uv tool install ruff@0.4.0 --with b==1", vec!["1 ruff ==0.4.0"]),
            ("uv tool install -e --with 'a[x,y]>=1,<2,b' --python 3.12 c d", vec!["1 a >=1,<2", "1 b", "1 c"]),
            ("uvx --with a --from 'b==2' c d", vec!["1 a", "1 b ==2"]),
            ("uvx ruff@latest check src", vec!["1 ruff"]),
            ("uv run -q --with a==1 --with-requirements r.txt pip install b", vec!["1 a ==1", "1 b", "1 -r r.txt"]),
            ("uv run --python 3.12 pytest add x", vec![]),
            ("uv sync --group x", vec![]),
            ("uv pip sync r.txt -c c.txt", vec!["1 -r r.txt", "1 -c c.txt"]),
            ("pip-sync a.txt", vec!["1 -r a.txt"]),
            ("pipx install 'a==1' --python 3.12", vec!["1 a ==1"]),
            ("pipx run --spec a==2 b c", vec!["1 a ==2"]),
            ("pipx inject env a b", vec!["1 a", "1 b"]),
            (
                "poetry add a@^1.2 b==3 --group dev -E x c@latest 'd>=1'",
                vec!["1 a ^1.2", "1 b ==3", "1 c *", "1 d >=1"],
            ),
            ("pdm add -dG test a -e ./x", vec!["1 a"]),
            ("pipenv install --dev a -r r.txt", vec!["1 a", "1 -r r.txt"]),
            (
                "conda install -y -n x -c conda-forge python=3.11 pytorch=2.5 'conda-forge::numpy>=1,<2' scipy==1.11",
                vec!["1 pytorch =2.5", "1 numpy >=1,<2", "1 scipy ==1.11"],
            ),
            ("micromamba create --name x --file environment.yml joblib", vec!["1 joblib"]),
        ] {
            assert_eq!(installed(script), expected, "{script}");
        }
    }

    #[test]
    fn variables_are_put_in_or_said_to_be_computed() {
        let script =
            "A=2.5.1\nALL='x y>=2'\npip install torch==$A $ALL numpy==${B} $C pandas$D ${E:-scipy} -r $F/r.txt -e $G/x";
        assert_eq!(installed(script), ["3 torch ==2.5.1", "3 x", "3 y >=2", "3 numpy", "3 scipy"]);
        let problems: Vec<String> = reading(script).diagnostics.into_iter().map(|d| d.problem).collect();
        assert_eq!(
            problems,
            [
                "the version is computed: `numpy==${B}`, taken as any version of numpy",
                "what is installed is computed: `$C`",
                "what is installed is computed: `pandas$D`",
                "which file is installed from is computed: `$F/r.txt`",
            ]
        );
    }

    #[test]
    fn an_unquoted_comparison_is_a_redirection() {
        assert_eq!(installed("pip install torch>=2 numpy 'a>=1' > log"), ["1 torch", "1 numpy", "1 a >=1"]);
        let found = reading("pip install torch>=2");
        assert_eq!(
            found.diagnostics[0].problem,
            "the shell redirects at `>` or `<`: any version of torch is installed; quote it"
        );
    }

    #[test]
    fn scripts_within_scripts() {
        assert_eq!(installed("a\nbash -lc 'set -e\npip install b==1'"), ["3 b ==1"]);
        assert_eq!(installed("su -c \"pip install a\" user; eval 'pip install b'"), ["1 a", "1 b"]);
        assert_eq!(installed("x=$(pip install a) && bash setup.sh pip install b"), ["1 a", "1 b"]);
        assert_eq!(installed("bash <<EOF\npip install a\nEOF\npython <<EOF\npip install b\nEOF"), ["2 a"]);
        assert_eq!(installed(&format!("{}pip install a{}", "bash -c \"".repeat(9), "\"".repeat(9))), [""; 0]);
    }
}
