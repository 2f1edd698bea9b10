//! `setup.py`: the lists that `setup(...)` is called with, as far as the source tells. Nothing is run.

use super::evaluation::{Call, Evaluation, HOLE, Text, Value};
use super::reading::{Include, Reading, shown};
use super::requirement::{self, Requirement};
use super::text::Lines;
use super::{DistributionName, Scope};
use crate::syntax;
use ruff_python_ast::Stmt;
use std::collections::{BTreeMap, BTreeSet};

/// The name of this format.
pub(super) const FORMAT: &str = "setup.py";

/// Keywords of `setup` and what their entries are for.
const LISTS: &[(&str, Scope)] = &[
    ("install_requires", Scope::Runtime),
    ("requires", Scope::Runtime),
    ("setup_requires", Scope::Build),
    ("tests_require", Scope::Dev),
];

/// Endings of files that hold requirements where a list is read from one; `` stands for no ending.
const ENDINGS: &[&str] = &["txt", "in", "pip", "lock", "reqs", "list", "requirements", "deps", ""];

/// More values than this are not looked at.
const MAX_VALUES: usize = 50_000;

/// A longer text is no requirement.
const MAX_LENGTH: usize = 1000;

/// Whether a file called `name` is one.
pub(super) fn is_manifest(name: &str, _directory: &str) -> bool {
    name == FORMAT
}

/// Reads the source of a `setup.py`.
pub(super) fn read(reading: &mut Reading, text: &str) {
    if !text.contains("setup") {
        return;
    }
    let tree = match syntax::parse(text) {
        Ok(tree) => tree,
        Err(reason) => return reading.unread(1, reason),
    };
    let lines = Lines::new(text);
    let is_setup = |name: &str| name.rsplit('.').next() == Some("setup");
    let mut evaluation = Evaluation::run(tree.syntax(), FORMAT, &lines, is_setup);
    if evaluation.calls.is_empty() {
        // A function that other scripts call.
        for statement in &tree.syntax().body {
            if let Stmt::FunctionDef(function) = statement {
                evaluation.call(function, Value::Unknown(0), Vec::new());
            }
        }
    }
    let mut found = Found { left: MAX_VALUES, ..Found::default() };
    for call in std::mem::take(&mut evaluation.calls) {
        read_call(&mut found, &evaluation, &call);
    }
    if evaluation.is_exhausted() || found.left == 0 {
        found.computed.entry(1).or_default().insert("more is computed than is followed".to_owned());
    }
    found.into_entries(reading);
}

/// Requirements by place and text, and what they are for: one text may stand in several lists.
#[derive(Default)]
struct Found {
    requirements: BTreeMap<(u32, String), BTreeSet<Scope>>,
    includes: BTreeMap<(u32, String), BTreeSet<Scope>>,
    computed: BTreeMap<u32, BTreeSet<String>>,
    /// How many more values are looked at.
    left: usize,
}

fn read_call(found: &mut Found, evaluation: &Evaluation<'_>, call: &Call<'_>) {
    for (keyword, value) in &call.keywords {
        if let Some((_, scope)) = LISTS.iter().find(|(name, _)| *name == &**keyword) {
            found.list(evaluation, value, scope, "", (keyword, call.line));
        } else if &**keyword == "extras_require" {
            read_extras(found, evaluation, value, call.line);
        } else if &**keyword == "distclass" {
            found.say(call.line, "a `distclass` may add to the lists, and is not followed".to_owned());
        } else if &**keyword == "**" {
            let line = if let Value::Unknown(line) = value { *line } else { call.line };
            found.say(line, "some of the keywords of `setup` are computed".to_owned());
        }
    }
}

fn read_extras(found: &mut Found, evaluation: &Evaluation<'_>, value: &Value<'_>, line: u32) {
    let keyword = "extras_require";
    // Alternatives of dictionaries are a list of them.
    for value in evaluation.leaves(value, &mut found.left) {
        let Some(entries) = evaluation.entries(&value) else {
            found.list(evaluation, &value, &Scope::Runtime, "", (keyword, line));
            continue;
        };
        for (key, value) in entries {
            let Some(key) = key else {
                found.say(line, format!("the name of one of {keyword} is computed"));
                continue;
            };
            let (name, marker) = key.text.split_once(':').unwrap_or((&key.text, ""));
            let scope = match DistributionName::new(name) {
                _ if name.trim().is_empty() => Scope::Runtime,
                name => Scope::Extra(name.to_string()),
            };
            let place = if key.line > 0 { key.line } else { line };
            found.list(evaluation, &value, &scope, marker.trim(), (keyword, place));
        }
    }
}

impl Found {
    /// Takes what is in a list, for which `marker` holds.
    fn list(
        &mut self,
        evaluation: &Evaluation<'_>,
        value: &Value<'_>,
        scope: &Scope,
        marker: &str,
        (keyword, line): (&str, u32),
    ) {
        for leaf in evaluation.leaves(value, &mut self.left) {
            match leaf {
                Value::Text(alternatives) => {
                    alternatives.iter().for_each(|text| self.text(text, scope, marker, (keyword, line)));
                }
                Value::Content(target) => self.content(&target, scope, (keyword, line)),
                Value::Unknown(at) if at > 0 => self.say(at, format!("a part of {keyword} is computed here")),
                _ => self.say(line, format!("a part of {keyword} is computed")),
            }
        }
    }

    fn text(&mut self, text: &Text, scope: &Scope, marker: &str, (keyword, place): (&str, u32)) {
        let first = if text.line > 0 { text.line } else { place };
        for (line, one) in (first..).zip(text.text.split('\n')) {
            self.left = self.left.saturating_sub(1);
            let one = one.split(" #").next().unwrap_or(one).trim();
            if one.is_empty() || one.starts_with('#') {
                continue;
            }
            let line = line.min(text.last_line.max(first));
            if one.starts_with(HOLE) || one.len() > MAX_LENGTH {
                self.say(line, format!("a part of {keyword} is computed here"));
                continue;
            }
            let one = match (marker, one.split_once(';')) {
                ("", _) => one.to_owned(),
                (_, None) => format!("{one}; {marker}"),
                (_, Some((requirement, own))) => format!("{requirement}; ({}) and ({marker})", own.trim()),
            };
            self.requirements.entry((line, one)).or_default().insert(scope.clone());
        }
    }

    fn content(&mut self, target: &str, scope: &Scope, (keyword, line): (&str, u32)) {
        let file = target.rsplit('/').next().unwrap_or(target);
        let ending = file.rsplit_once('.').map_or("", |(_, ending)| ending);
        if ENDINGS.contains(&&*ending.to_ascii_lowercase()) {
            self.includes.entry((line, target.to_owned())).or_default().insert(scope.clone());
        } else {
            self.say(line, format!("a part of {keyword} is computed from `{}`", shown(target)));
        }
    }

    fn say(&mut self, line: u32, problem: String) {
        self.computed.entry(line).or_default().insert(problem);
    }

    fn into_entries(self, reading: &mut Reading) {
        for ((line, text), scopes) in self.requirements {
            let scopes: Vec<Scope> = scopes.into_iter().collect();
            if text.contains(HOLE) {
                read_part(reading, &text, line, &scopes);
            } else {
                match Requirement::split(&text) {
                    Ok(requirement) => requirement::add(reading, requirement, line, &scopes),
                    // It may be none of those that the script makes of it.
                    Err(expected) => reading.odd(line, format!("{expected}, found `{}`", shown(&text))),
                }
            }
        }
        for ((line, target), scopes) in self.includes {
            let include = |scope| Include { target: target.clone(), line, scope: Some(scope) };
            reading.includes.extend(scopes.into_iter().map(include));
        }
        for (line, problems) in self.computed {
            problems.into_iter().for_each(|problem| reading.computed(line, problem));
        }
        // All entries of this file are named by the project itself.
        reading.dependencies.iter_mut().for_each(|dependency| dependency.direct = Some(true));
    }
}

/// A requirement that is known in part: any version of what it names.
pub(super) fn read_part(reading: &mut Reading, text: &str, line: u32, scopes: &[Scope]) {
    let end = text.find(|c: char| "=<>!~[@;( ".contains(c) || c == HOLE).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let found = shown(&text.replace(HOLE, "..."));
    if !requirement::is_name(name) || rest.starts_with(HOLE) {
        return reading.computed(line, format!("what is required is computed: `{found}`"));
    }
    reading.computed(line, format!("the version is computed: `{found}`, taken as any version of {name}"));
    let marker = text.split_once(';').map(|(_, marker)| marker.trim()).filter(|marker| !marker.contains(HOLE));
    requirement::add(reading, Requirement { name, extras: "", specifier: "", url: None, marker }, line, scopes);
}

#[cfg(test)]
mod tests {
    use super::super::Gravity;
    use super::*;
    use crate::snapshot::RepoPath;

    fn reading(text: &str) -> Reading {
        let mut reading = Reading::new(&RepoPath::from(FORMAT), FORMAT);
        read(&mut reading, text);
        reading.finish()
    }

    /// Each entry as `line name version scopes marker`, each inclusion as `line -r target scope` and each word as
    /// `line ? what`, of a script that imports `setup`.
    fn found(script: &str) -> Vec<String> {
        let reading = reading(&format!("from setuptools import setup\n{script}"));
        let entries = reading.dependencies.iter().map(|d| {
            let scopes: Vec<String> = d.scopes.iter().map(ToString::to_string).collect();
            let marker = d.marker.as_deref().unwrap_or("");
            format!("{} {} {} {} {marker}", d.line, d.raw_name, d.raw_version, scopes.join(","))
        });
        let scope = |include: &Include| include.scope.as_ref().map(ToString::to_string).unwrap_or_default();
        let includes = reading.includes.iter().map(|i| format!("{} -r {} {}", i.line, i.target, scope(i)));
        let computed = reading.diagnostics.iter().map(|said| {
            assert_eq!(said.gravity, Gravity::Computed, "{said}");
            format!("{} ? {}", said.line, said.problem)
        });
        entries.chain(includes).chain(computed).map(|text| text.trim_end().to_owned()).collect()
    }

    #[test]
    fn a_distribution_class_may_add_to_the_lists() {
        assert_eq!(
            found("class D: pass\nsetup(distclass=D, install_requires=['a'])"),
            ["3 a  runtime", "3 ? a `distclass` may add to the lists, and is not followed"]
        );
    }

    #[test]
    fn setup_however_it_is_called() {
        let call = "(install_requires=['a'])";
        for script in [
            &format!("from setuptools import setup\nsetup{call}"),
            &format!("import setuptools\nsetuptools.setup{call}"),
            &format!("import setuptools as s\ns.setup{call}"),
            &format!("from distutils.core import setup as make\nmake{call}"),
            &format!("from numpy.distutils.core import setup; setup{call}"),
            &format!("from setuptools import *\nsetup{call}"),
            &format!(
                "try:\n from setuptools import setup\nexcept ImportError:\n from distutils.core import setup\nsetup{call}"
            ),
            &format!("from skbuild import setup\ndef main():\n setup{call}\nif __name__ == '__main__':\n main()"),
            &format!("from setuptools import setup\ndef called_by_others(x, *, y):\n with x as z:\n  setup{call}"),
            "from setuptools import setup\nk = {'install_requires': ['a']}\nsetup(**k, name='x')",
            "from setuptools import setup\nk = dict(name='x')\nk.update(install_requires='a')\nsetup(**k)",
        ] {
            let names: Vec<String> = reading(script).dependencies.into_iter().map(|d| d.raw_name).collect();
            assert_eq!(names, ["a"], "{script}");
        }
        for script in
            ["def setup(**k): pass\nsetup(install_requires=['a'])", "import x\nx.install(install_requires=['a'])"]
        {
            assert_eq!(reading(script).dependencies, [], "{script}");
        }
    }

    #[test]
    fn lists_however_they_are_made() {
        for script in [
            "setup(install_requires=['a>=1', 'b'])",
            "r = ('a>=1', 'b'); setup(install_requires=r)",
            "setup(install_requires='a>=1\\nb')",
            "r = ['a>=1']; s = r; s.append('b'); setup(install_requires=r)",
            "r = ['a>=1'] + ['b']; setup(install_requires=list(set(r)))",
            "r = []; r += ['b']; r.insert(0, 'a>=1'); setup(install_requires=sorted(r))",
            "r = [*['a>=1'], *{'b'}]; setup(install_requires=r)",
            "v = 1; r = [f'a>={v}', 'b']; setup(install_requires=r)",
            "r = ['a>=%d' % 1, '{}'.format('b')]; setup(install_requires=r)",
            "r = 'a>=1,b'.split(','); setup(install_requires=r)",
            "r = ['a>=1', 'b', 'x']; setup(install_requires=[q for q in r if q != 'x'])",
            "r = ['a>=1 ; b'.split(';')[0].strip(), 'b']; setup(install_requires=r)",
            "d = {'k': ['a>=1']}; setup(install_requires=d['k'] + d.get('z', ['b']))",
            "f = lambda x: [x, 'b']; setup(install_requires=f('a>=1'))",
            "setup(install_requires=None or ['a>=1', 'b'])",
            "setup(install_requires=['a>=1', *map(str, ['b'])])",
        ] {
            assert_eq!(found(script), ["2 a >=1 runtime", "2 b  runtime"], "{script}");
        }
    }

    #[test]
    fn branches_count_alike() {
        let script = "import sys
r = ['a']
if sys.version_info < (3, 9):
    r.append('b<2')
elif x:
    r = ['c']
else:
    r = r + ['d']
r.append('e' if sys.platform == 'win32' else 'f')
try:
    import x
except ImportError:
    r += ['g']
while y:
    r.append('h')
setup(install_requires=r)";
        let skipped = "e = {}\nfor k in ['a', 'b']:\n    if k in ['b']:\n        continue\n    e[k] = [k]\nsetup(extras_require=e)";
        assert_eq!(found(skipped), ["3 a  extra:a"]);
        let perhaps = "r = ['a']\nfor k in ['b']:\n    if x:\n        continue\n    r = [k]\nsetup(install_requires=r)";
        assert_eq!(found(perhaps), ["2 a  runtime", "3 b  runtime"]);
        let early = "def f(x):\n    if x:\n        return ['a']\n    return ['b']\nsetup(install_requires=f(y))";
        assert_eq!(found(early), ["4 a  runtime", "5 b  runtime"]);
        let names: Vec<char> =
            found(script).iter().filter_map(|entry| entry.split(' ').nth(1)?.chars().next()).collect();
        assert_eq!(names, ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
        assert_eq!(found("v = '1' if x else '2'\nsetup(requires=['a==' + v])").len(), 2);
        assert_eq!(found("v = ['a'] if 'x' == 'y' else ['b']\nsetup(install_requires=v)"), ["2 b  runtime"]);
        assert_eq!(
            found("if 'x' in 'y':\n v = ['a']\nelif x:\n v = ['b']\nelse:\n v = ['c']\nsetup(install_requires=v)")
                .len(),
            2
        );
    }

    #[test]
    fn extras_and_their_markers() {
        let script = r#"e = {'Dev_All': ['a'], ':os_name == "nt"': ['b'], 'x:os_name=="nt"': ['c;python_version<"3"']}
e['all'] = e['Dev_All'] + ['d']
for k in ['p', 'q']:
    e[k] = ['in-' + k]
setup(extras_require=e)"#;
        let expected = [
            "2 a  extra:all,extra:dev-all",
            "2 b  runtime os_name == \"nt\"",
            "2 c  extra:x (python_version<\"3\") and (os_name==\"nt\")",
            "3 d  extra:all",
            "5 in-p  extra:p",
            "5 in-q  extra:q",
        ];
        assert_eq!(found(script), expected);
    }

    #[test]
    fn lines_are_those_of_the_texts() {
        let script = "r = '''
a==1
# why

b
'''.strip().splitlines()
setup(install_requires=r + '''c
d'''.split('\\n'),
  tests_require='''
  e
  f''')";
        let expected = ["3 a ==1 runtime", "6 b  runtime", "8 c  runtime", "9 d  runtime", "11 e  dev", "12 f  dev"];
        assert_eq!(found(script), expected);
    }

    #[test]
    fn files_that_lists_are_read_from() {
        for script in [
            "setup(install_requires=open('requirements.txt').read().splitlines())",
            "import os\nhere = os.path.dirname(os.path.abspath(__file__))\nsetup(install_requires=[l.strip() for l in open(os.path.join(here, 'requirements.txt')) if l[0] != '#'])",
            "from pathlib import Path\nsetup(install_requires=(Path(__file__).parent / 'requirements.txt').read_text().split('\\n'))",
            "from pip.req import parse_requirements\nsetup(install_requires=[str(r.req) for r in parse_requirements('requirements.txt', session=False)])",
            "def read(name):\n r = []\n with open(name) as f:\n  for l in f:\n   if l.startswith('-r'):\n    r += read(l[3:])\n   r.append(l)\n return r\nsetup(install_requires=read('requirements.txt'))",
            "def read():\n with open('requirements.txt') as f:\n  yield from f\nsetup(install_requires=list(read()))",
            "import tools\nsetup(install_requires=tools.load(tools.ROOT + '/requirements.txt'))",
        ] {
            let found = found(script);
            assert!(
                matches!(&found[..], [only] if only.ends_with(" -r requirements.txt runtime")),
                "{found:?} {script}"
            );
        }
        let two = "setup(extras_require={'x': open('a.txt').readlines() + open('b.txt').readlines()})";
        assert_eq!(found(two), ["2 -r a.txt extra:x", "2 -r b.txt extra:x"]);
        let pattern =
            "from glob import glob\nsetup(install_requires=[open(p).read() for p in glob('requirements/*.txt')])";
        assert_eq!(found(pattern), ["3 ? a part of install_requires is computed here"]);
        let other = found("import json\nsetup(install_requires=json.load(open('deps.json'))['run'])");
        assert_eq!(other, ["3 ? a part of install_requires is computed from `deps.json`"]);
    }

    #[test]
    fn what_is_computed_is_said_and_the_rest_is_read() {
        let of = |script: &str| found(&format!("import x\n{script}"));
        assert_eq!(
            of(
                "setup(install_requires=['a', x.b(), f'c>={x.v}', x.n + '==1'],\n  extras_require={x.k: ['d'], 'e': x.e})"
            ),
            [
                "3 a  runtime",
                "3 c  runtime",
                "3 ? the version is computed: `c>=...`, taken as any version of c",
                "3 ? a part of install_requires is computed here",
                "3 ? the name of one of extras_require is computed",
                "4 ? a part of extras_require is computed",
            ]
        );
        assert_eq!(of("setup(**x.metadata)"), ["3 ? some of the keywords of `setup` are computed"]);
        assert_eq!(of("setup(name=x.y)"), [""; 0]);
        assert_eq!(of("r = ['a']\nr = r + x.more\nsetup(install_requires=r)").len(), 2);
    }

    #[test]
    fn hostile_scripts_end_soon() {
        let many = 20_000;
        let doubled = "a = a + a\n".repeat(200);
        for script in [
            &format!("setup(install_requires={}{})", "[".repeat(150), "]".repeat(150)),
            &format!("a = 'x'\n{doubled}setup(install_requires=a)"),
            &format!("a = ['x']\n{doubled}setup(install_requires=a)"),
            &format!("a = ['x']\n{}setup(install_requires=a)", "a = [a, a]\n".repeat(200)),
            "a = []\na.append(a)\na.extend(a)\nfor x in a: a.append(x)\nsetup(install_requires=a)",
            "d = {}\nd['d'] = d\nd = d if x else {'d': d}\nsetup(extras_require=d, install_requires=d)",
            "def f(x): return f(x) + f(x)\nsetup(install_requires=f('a'))",
            "f = lambda x: f(f(x))\nsetup(install_requires=f('a'))",
            &format!("setup(install_requires=[{}'b'])", "'a' + ".repeat(many)),
            &format!("def f(x):\n for y in x:\n  f([y] * 2 + x)\nf(['a'])\nsetup({})", "requires=['a'],".repeat(many)),
            &format!("import re\nsetup(install_requires=re.findall('(a?){{9999}}b', '{}'))", "a".repeat(many)),
            &format!("setup(install_requires=[x {}])", "for x in [1, 2, 3] ".repeat(60)),
            &format!("a = ['x']\n{}setup(install_requires=a)", "if x: a = a + ['y']\n".repeat(many)),
            &format!("a = [{}]\nsetup(extras_require={{str(i): a for i in a}})", "[],".repeat(many)),
            &format!(
                "a = [{}]\nsetup(extras_require={{i: a for i in a}})",
                (0..many).map(|i| format!("'{i}',")).collect::<String>()
            ),
            &format!(
                "a = '{}'\nb = a + 'c'\n{}setup(install_requires=b)",
                "x".repeat(60_000),
                "b = b if x else a + 'd'\n".repeat(many)
            ),
            &format!(
                "a = ['{}']\n{}setup(install_requires=a)",
                "\\n".repeat(60_000),
                "a = a + ['x'] if 'y' in a[0] else a\n".repeat(many)
            ),
        ] {
            reading(&format!("from setuptools import setup\n{script}"));
        }
    }
}
