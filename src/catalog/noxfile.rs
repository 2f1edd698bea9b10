//! `noxfile.py`: what sessions of nox install, as far as the source tells. Nothing is run.

use super::Scope;
use super::evaluation::{Call, Evaluation, HOLE, Value};
use super::installs::{self, Context, Word};
use super::reading::{Include, Reading};
use super::text::Lines;
use super::variables::Variables;
use crate::syntax;
use ruff_python_ast::{Expr, Stmt, StmtFunctionDef};

/// The name of this format.
pub(super) const FORMAT: &str = "noxfile.py";

/// Methods of a session, and the command that they are short for.
const METHODS: &[(&str, &[&str])] = &[
    ("session.install", &["pip", "install"]),
    ("session.conda_install", &["conda", "install"]),
    ("session.run", &[]),
    ("session.run_install", &[]),
    ("session.run_always", &[]),
];

/// More arguments than this are not looked at.
const MAX_VALUES: usize = 50_000;

/// Whether a file called `name` is one.
pub(super) fn is_manifest(name: &str, _directory: &str) -> bool {
    name == FORMAT
}

/// Reads the source of a `noxfile.py`.
pub(super) fn read(reading: &mut Reading, text: &str) {
    let tree = match syntax::parse(text) {
        Ok(tree) => tree,
        Err(reason) => return reading.unread(1, reason),
    };
    let lines = Lines::new(text);
    let is_wanted = |name: &str| METHODS.iter().any(|(method, _)| *method == name);
    let mut evaluation = Evaluation::run(tree.syntax(), FORMAT, &lines, is_wanted);
    evaluation.calls.clear();
    let mut left = MAX_VALUES;
    for statement in &tree.syntax().body {
        let Stmt::FunctionDef(function) = statement else { continue };
        if !is_session(function) {
            continue;
        }
        let parameters = parameters(&mut evaluation, function);
        evaluation.call(function, Value::Named("session".into()), parameters);
        for call in std::mem::take(&mut evaluation.calls) {
            read_call(reading, &evaluation, &call, function.name.as_str(), &mut left);
        }
    }
    if evaluation.is_exhausted() || left == 0 {
        reading.computed(1, "more is computed than is followed");
    }
}

/// Whether a decorator called `session` makes it one.
fn is_session(function: &StmtFunctionDef) -> bool {
    function.decorator_list.iter().any(|decorator| {
        let decorator = match &decorator.expression {
            Expr::Call(call) => &call.func,
            other => other,
        };
        match decorator {
            Expr::Name(name) => name.id.as_str() == "session",
            Expr::Attribute(attribute) => attribute.attr.as_str() == "session",
            _ => false,
        }
    })
}

/// The values of `@nox.parametrize("name", [...])`.
fn parameters<'t>(evaluation: &mut Evaluation<'t>, function: &'t StmtFunctionDef) -> Vec<(&'t str, Value<'t>)> {
    let mut found = Vec::new();
    for decorator in &function.decorator_list {
        let Expr::Call(call) = &decorator.expression else { continue };
        let is_parametrize = matches!(&*call.func, Expr::Attribute(callee) if callee.attr.as_str() == "parametrize");
        if let (true, [Expr::StringLiteral(name), values]) = (is_parametrize, &*call.arguments.args) {
            found.push((name.value.to_str(), evaluation.any_of(values)));
        }
    }
    found
}

fn read_call(reading: &mut Reading, evaluation: &Evaluation<'_>, call: &Call<'_>, function: &str, left: &mut usize) {
    let scope = Scope::Environment(function.to_owned());
    let command = METHODS.iter().find(|(method, _)| *method == &*call.name).map_or(&[][..], |(_, command)| command);
    let word = |text: &str, line: u32| Word { text: text.to_owned(), line: line.saturating_sub(1), is_cut: false };
    let mut words: Vec<Word> = command.iter().map(|text| word(text, call.line)).collect();
    for argument in &call.arguments {
        for leaf in evaluation.leaves(argument, left) {
            match leaf {
                Value::Text(alternatives) => words.extend(alternatives.iter().map(|text| {
                    word(&text.text.replace(HOLE, "{}"), if text.line > 0 { text.line } else { call.line })
                })),
                Value::Content(target) if !command.is_empty() => {
                    let scope = Some(scope.clone());
                    reading.includes.push(Include { target: target.to_string(), line: call.line, scope });
                }
                _ if command.is_empty() => words.push(word("{}", call.line)),
                _ => reading.computed(call.line, "a part of what is installed is computed"),
            }
        }
    }
    let context = Context { scope, base: "", variables: &Variables::default(), line: &|line| line + 1 };
    installs::read_command(reading, &words, &context);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::RepoPath;

    fn found(script: &str) -> Vec<String> {
        let mut reading = Reading::new(&RepoPath::from(FORMAT), FORMAT);
        read(&mut reading, &format!("import nox\n{script}"));
        let reading = reading.finish();
        let entries = reading.dependencies.iter().map(|d| {
            let scopes: Vec<String> = d.scopes.iter().map(ToString::to_string).collect();
            format!("{} {} {} {}", d.line, d.raw_name, d.raw_version, scopes.join(","))
        });
        let scope = |include: &Include| include.scope.as_ref().map(ToString::to_string).unwrap_or_default();
        let includes = reading.includes.iter().map(|i| format!("{} -r {} {}", i.line, i.target, scope(i)));
        let said = reading.diagnostics.iter().map(|said| format!("{} ? {}", said.line, said.problem));
        entries.chain(includes).chain(said).collect()
    }

    #[test]
    fn what_sessions_install() {
        let script = "COMMON = ['pytest>=7', 'coverage']
@nox.session(python=['3.11', '3.12'])
def tests(session: nox.Session) -> None:
    session.install(*COMMON, 'torch==2.5.1',
                    '-r', 'requirements-dev.txt', '-c', 'limits.txt')
    session.install('-e', '.[dev]')
    helped(session, 'numpy')
    session.run('pytest', 'numpy', *session.posargs)
@nox.session
def lint(s):
    s.run('python', '-m', 'pip', 'install', 'ruff==0.4')
def helped(session, *names):
    session.install('-q', *names)
def no_session(session):
    session.install('scipy')
";
        let expected = [
            "2 coverage  env:tests",
            "2 pytest >=7 env:tests",
            "5 torch ==2.5.1 env:tests",
            "8 numpy  env:tests",
            "12 ruff ==0.4 env:lint",
            "6 -r requirements-dev.txt env:tests",
            "6 -r limits.txt constraint",
        ];
        assert_eq!(found(script), expected);
    }

    #[test]
    fn parameters_and_what_is_computed() {
        let script = "import tools
@nox.session
@nox.parametrize('django', ['4.2', '5.0'])
@nox.parametrize('other', tools.versions)
def tests(session, django, other):
    session.install(f'django=={django}', f'redis=={other}', tools.name)
    session.install(*tools.groups('dev'))
";
        let expected = [
            "7 django ==4.2 env:tests",
            "7 django ==5.0 env:tests",
            "7 redis  env:tests",
            "7 ? a part of what is installed is computed",
            "7 ? the version is computed: `redis=={}`, taken as any version of redis",
            "8 ? a part of what is installed is computed",
        ];
        assert_eq!(found(script), expected);
    }

    #[test]
    fn other_scripts_install_nothing() {
        for script in
            ["", "session.install('a')", "@app.route('/')\ndef session(x):\n    x.install('a')", "@nox.session"]
        {
            assert_eq!(found(script), [""; 0], "{script}");
        }
    }
}
