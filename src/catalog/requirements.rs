//! Requirements and constraints files, as pip reads them: logical lines, options, inclusions, URLs and paths.
//!
//! Variables (`${TOKEN}`) stay text: they belong to the environment of who installs, not of who scans.

use super::logical_lines::{logical_lines, word_that_starts_with};
use super::reading::{Include, Reading, shown};
use super::requirement::{self, Requirement};
use super::{Evidence, Scope, Source, annotations, format_of};

/// The name of this format.
pub(super) const FORMAT: &str = "requirements";

/// The directory whose files belong to the project above it.
pub(super) const DIRECTORY: &str = "requirements";

/// Words in file names that say the entries are not needed to run.
const DEV_WORDS: &str = "dev develop development test tests testing doc docs lint linting typing mypy ci bench benchmark \
                         benchmarks style quality";

/// Words that alone make a `*.in` file one of requirements, besides those above.
const IN_WORDS: &str = "base main prod production local";

/// More requirements and options than this are not read of one file.
const MAX_LINES: usize = 250_000;

/// Whether a file called `name` in `directory` holds requirements.
pub(super) fn is_manifest(name: &str, directory: &str) -> bool {
    let parent = directory.rsplit('/').next().unwrap_or(directory);
    let name = name.to_ascii_lowercase();
    let Some((stem, extension)) = name.rsplit_once('.') else { return false };
    let is_named = stem.contains("requirements") || stem.contains("constraints");
    match extension {
        "txt" => is_named || parent == DIRECTORY,
        "in" => {
            let is_known = |word: &str| is_one_of(DEV_WORDS, word) || is_one_of(IN_WORDS, word);
            is_named || parent == DIRECTORY || (!stem.is_empty() && words(stem).all(is_known))
        }
        "lock" => stem.contains("requirements"),
        _ => false,
    }
}

/// What entries of a file called `name` are for.
pub(super) fn scope_of(name: &str) -> Scope {
    let name = name.to_ascii_lowercase();
    let stem = name.rsplit_once('.').map_or(&*name, |(stem, _)| stem);
    if stem.contains("constraints") {
        Scope::Constraint
    } else if words(stem).any(|word| is_one_of(DEV_WORDS, word)) {
        Scope::Dev
    } else {
        Scope::Runtime
    }
}

fn words(stem: &str) -> impl Iterator<Item = &str> {
    stem.split(['-', '_', '.']).filter(|word| !word.is_empty())
}

fn is_one_of(known: &str, word: &str) -> bool {
    known.split(' ').any(|known| known == word)
}

/// Reads the text of a requirements file.
pub(super) fn read(reading: &mut Reading, text: &str) {
    let name = reading.path.file_name().to_string().to_ascii_lowercase();
    let scope = scope_of(&name);
    let is_lock = name.ends_with(".lock");
    let (mut requirements, mut prose) = (0_usize, Vec::new());
    for (line, logical) in logical_lines(text) {
        let logical = logical.trim();
        if logical.is_empty() {
            continue;
        }
        if requirements + prose.len() == MAX_LINES {
            reading.unread(line, format!("more than {MAX_LINES} requirements; from here on they are not read"));
            break;
        }
        match read_line(reading, line, logical, &scope) {
            Ok(()) => requirements += 1,
            Err(expected) => prose.push((line, logical.to_owned(), expected)),
        }
    }
    if is_lock {
        reading
            .dependencies
            .iter_mut()
            .filter(|d| d.evidence == Evidence::Pinned)
            .for_each(|d| d.evidence = Evidence::Locked);
    }
    // `system-requirements.txt` may be for people, and `test.in` for anything. `requirements.txt` is for pip, and so is
    // a file of any other name: it was included.
    let is_certain =
        name.starts_with("requirements") || name.starts_with("constraints") || format_of(&reading.path).is_none();
    if !is_certain && prose.len() > requirements {
        reading.dependencies.clear();
        reading.includes.clear();
        // Only a name that promises requirements deserves a word.
        if name.contains("requirements") || name.contains("constraints") {
            let problem = format!("reads as prose, not as requirements: {} lines are none", prose.len());
            reading.odd(prose[0].0, problem);
        }
        return;
    }
    for (line, logical, expected) in prose {
        requirement::read_name(reading, &logical, expected, line, std::slice::from_ref(&scope));
    }
    annotations::read(reading, text);
}

/// Reads what another format writes as a requirements file would, its inclusions for the same purpose.
pub(super) fn read_inline(reading: &mut Reading, line: u32, text: &str, scope: &Scope) {
    let first = reading.includes.len();
    if let Err(expected) = read_line(reading, line, text.trim(), scope) {
        requirement::read_name(reading, text, expected, line, std::slice::from_ref(scope));
    }
    for include in &mut reading.includes[first..] {
        include.scope.get_or_insert_with(|| scope.clone());
    }
}

/// Reads one logical line; the error says what was expected.
pub(super) fn read_line(reading: &mut Reading, line: u32, logical: &str, scope: &Scope) -> Result<(), &'static str> {
    // As pip does: what stands before the first word that starts with `-` is the requirement, the rest are its options.
    match word_that_starts_with('-', logical) {
        Some(0) => read_option(reading, line, logical, scope),
        Some(at) => read_requirement(reading, line, logical[..at].trim_end(), scope, false),
        None => read_requirement(reading, line, logical, scope, false),
    }
}

fn read_option(reading: &mut Reading, line: u32, logical: &str, scope: &Scope) -> Result<(), &'static str> {
    if let Some(target) = option_value(logical, "-r", "--requirement", "--requirem") {
        reading.includes.push(Include { target, line, scope: None });
    } else if let Some(target) = option_value(logical, "-c", "--constraint", "--cons") {
        reading.includes.push(Include { target, line, scope: Some(Scope::Constraint) });
    } else if let Some(target) = option_value(logical, "-e", "--editable", "--ed") {
        return read_requirement(reading, line, &target, scope, true);
    }
    Ok(())
}

/// The value of the option that `logical` starts with, if it is `short`, `long` or an abbreviation of it.
fn option_value(logical: &str, short: &str, long: &str, least: &str) -> Option<String> {
    let value = if logical.starts_with("--") {
        let (option, value) = logical.split_once([' ', '\t', '=']).unwrap_or((logical, ""));
        (option.starts_with(least) && long.starts_with(option)).then_some(value)?
    } else {
        let value = logical.strip_prefix(short)?;
        value.strip_prefix('=').unwrap_or(value)
    };
    let value = value.trim();
    let quoted = ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.split(quote).next());
    let is_option = |word: &str| word.starts_with("--");
    // An editable may be `name @ url`, so white space ends a value only before the next option.
    let unquoted = || value.split_whitespace().take_while(|word| !is_option(word)).collect::<Vec<_>>().join(" ");
    Some(quoted.map_or_else(unquoted, str::to_owned))
}

pub(super) fn read_requirement(
    reading: &mut Reading,
    line: u32,
    text: &str,
    scope: &Scope,
    editable: bool,
) -> Result<(), &'static str> {
    if let Ok(requirement) = Requirement::split(text)
        && !(requirement.url.is_none() && is_archive_name(requirement.name))
    {
        add(reading, requirement, line, scope, editable);
        return Ok(());
    }
    let (reference, marker) = match text.split_once("; ").or_else(|| text.split_once(" ;")) {
        Some((reference, marker)) => (reference.trim(), Some(marker.trim())),
        None => (text.trim(), None),
    };
    let is_url = reference.contains("://");
    let is_file = reference.starts_with("file:");
    if !is_url
        && !is_file
        && !reference.contains(['/', '\\'])
        && !reference.starts_with('.')
        && !is_archive_name(reference)
    {
        return Err(Requirement::split(text).err().unwrap_or("expected a requirement"));
    }
    if reference.contains(char::is_whitespace) && !editable {
        return Err("expected a requirement, a URL or a path");
    }
    let named = egg(reference).or_else(|| Some((requirement::archive(reference)?.0, String::new())));
    let Some((name, extras)) = named else {
        // The name is in that project's own metadata. A local project's manifests are read where they stand.
        if is_url {
            let shown = shown(reference);
            reading.odd(line, format!("expected `name @ url`, found no name in `{shown}`: its version is not known"));
        }
        return Ok(());
    };
    add(
        reading,
        Requirement { name: &name, extras: &extras, specifier: "", url: Some(reference), marker },
        line,
        scope,
        editable,
    );
    Ok(())
}

fn add(reading: &mut Reading, requirement: Requirement<'_>, line: u32, scope: &Scope, editable: bool) {
    requirement::add(reading, requirement, line, std::slice::from_ref(scope));
    if let Some(Source::Path { editable: is_editable, .. }) = reading.dependencies.last_mut().map(|d| &mut d.source) {
        *is_editable = editable;
    }
}

/// Whether `text` is the bare file name of a wheel or source archive, which PEP 508 would take for a name.
fn is_archive_name(text: &str) -> bool {
    [".whl", ".tar.gz", ".zip", ".tar.bz2", ".tgz"].iter().any(|end| text.ends_with(end))
}

/// The name and extras of `#egg=name[extras]`.
fn egg(reference: &str) -> Option<(String, String)> {
    let (_, fragment) = reference.split_once('#')?;
    let egg = fragment.split('&').find_map(|part| part.strip_prefix("egg="))?;
    let (name, extras) = egg.split_once('[').unwrap_or((egg, ""));
    // `egg=name-1.0` and `egg=name==1.0` were never versions that pip trusts.
    let name = name.split(['=', '<', '>', '!', '~']).next().unwrap_or(name).trim();
    requirement::is_name(name).then(|| (name.to_owned(), extras.trim_end_matches(']').to_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::Gravity;
    use super::*;
    use crate::snapshot::RepoPath;

    fn reading(text: &str) -> Reading {
        let mut reading = Reading::new(&RepoPath::from("requirements.txt"), FORMAT);
        read(&mut reading, text);
        reading.finish()
    }

    fn entries(text: &str) -> Vec<(u32, String)> {
        let reading = reading(text);
        assert_eq!(reading.diagnostics, [], "{text}");
        reading.dependencies.into_iter().map(|d| (d.line, format!("{} {}", d.raw_name, d.raw_version))).collect()
    }

    #[test]
    fn names_that_hold_requirements() {
        let yes = [
            ("requirements.txt", ""),
            ("dev-requirements.in", "a"),
            ("Requirements_gpu.txt", ""),
            ("base.txt", "requirements"),
        ];
        let more =
            [("requirements.lock", ""), ("constraints-3.9.txt", ""), ("dev.in", ""), ("upper-constraints.txt", "")];
        let no = [
            ("MANIFEST.in", ""),
            ("config.h.in", ""),
            ("notes.txt", ""),
            ("requirements.md", ""),
            ("poetry.lock", ""),
            (".in", ""),
        ];
        assert!(yes.iter().chain(&more).all(|(name, parent)| is_manifest(name, parent)));
        for (name, parent) in no {
            assert!(!is_manifest(name, parent), "{name}");
        }
    }

    #[test]
    fn continuations_comments_and_hashes() {
        let text = "a==1 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n# c \\\nb>=2 # why\nc @ https://example.org/#x\nd \\";
        assert_eq!(entries(text), [(1, "a ==1".into()), (5, "b >=2".into()), (6, "c ".into()), (7, "d ".into())]);
        assert_eq!(entries("a==1 \\\n# comment\nb"), [(1, "a ==1".into()), (3, "b ".into())]);
        assert_eq!(
            entries("a==1\rb==2\r\nc==3\u{c}d==4"),
            [(1, "a ==1".into()), (2, "b ==2".into()), (3, "c ==3".into()), (3, "d ==4".into())]
        );
    }

    #[test]
    fn inclusions_in_all_spellings() {
        let text = "-r a.txt\n-rb.txt\n--requirement=c.txt\n--requirement d.txt\n-r 'e f.txt' # x\n-c g.txt\n--constraint=h.txt\n--require-hashes\n";
        let found: Vec<_> =
            reading(text).includes.into_iter().map(|i| (i.target, i.line, usize::from(i.scope.is_some()))).collect();
        let expected = [
            ("a.txt", 1, 0),
            ("b.txt", 2, 0),
            ("c.txt", 3, 0),
            ("d.txt", 4, 0),
            ("e f.txt", 5, 0),
            ("g.txt", 6, 1),
            ("h.txt", 7, 1),
        ];
        assert_eq!(found, expected.map(|(target, line, scopes)| (target.to_owned(), line, scopes)));
    }

    #[test]
    fn urls_paths_and_editables() {
        let text = "-e git+https://u:p@example.org/x.git@v1#egg=Some_Name[extra]\n-e .\n./dist/torch-2.3.1-py3-none-any.whl\n-e ../lib\ntorch-2.5.0-cp310-cp310-linux_x86_64.whl\n";
        let reading = reading(text);
        assert_eq!(reading.diagnostics, []);
        let [editable, by_path, by_name] = &reading.dependencies[..] else { panic!("{:#?}", reading.dependencies) };
        assert_eq!((editable.raw_name.as_str(), &editable.extras[..]), ("Some_Name", &["extra".to_owned()][..]));
        assert_eq!(editable.source, Source::Vcs("git+https://****@example.org/x.git@v1#egg=Some_Name[extra]".into()));
        assert_eq!((by_path.raw_version.as_str(), by_path.evidence), ("2.3.1", Evidence::Pinned));
        assert_eq!(by_name.raw_version, "2.5.0");
    }

    #[test]
    fn a_line_that_is_none_is_said_and_the_rest_is_read() {
        let reading = reading("a==1\nb 2.0\nc==3\n");
        let read: Vec<_> = reading.dependencies.iter().map(|d| (d.raw_name.as_str(), d.raw_version.as_str())).collect();
        assert_eq!(read, [("a", "==1"), ("b", ""), ("c", "==3")]);
        assert_eq!((reading.diagnostics.len(), reading.diagnostics[0].line), (1, 2));
        assert_eq!(reading.diagnostics[0].gravity, Gravity::Odd);
    }

    #[test]
    fn only_a_line_without_a_name_may_hide_an_entry() {
        let gravity = |line: &str| reading(&format!("a==1\nb==1\n{line}\n")).diagnostics.first().map(|d| d.gravity);
        assert_eq!(gravity("==2"), Some(Gravity::Unread));
        assert_eq!(gravity("{% if torch %}"), Some(Gravity::Computed));
        assert_eq!(gravity("torch 2.5"), Some(Gravity::Odd));
        assert_eq!(gravity("torch===nightly"), Some(Gravity::Odd));
        assert_eq!(gravity("torch"), None);
    }

    #[test]
    fn prose_is_not_taken_for_requirements() {
        let text = "You need a compiler.\nAlso install cmake first.\ncmake\n";
        let of = |name: &str| {
            let mut reading = Reading::new(&RepoPath::from(name), FORMAT);
            read(&mut reading, text);
            (reading.dependencies.len(), reading.diagnostics.len())
        };
        assert_eq!(of("system-requirements.txt"), (0, 1));
        assert_eq!(of("test.in"), (0, 0));
        assert_eq!(of("included.list"), (3, 2));
        assert_eq!(of("requirements.txt"), (3, 2), "a name in any version is better than none");
    }
}
