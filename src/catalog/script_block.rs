//! Inline script metadata (PEP 723): the `# /// script` block of a Python source, its own world of dependencies.

use super::reading::Reading;
use super::tree::{self, Tree};
use super::{Gravity, Scope, pyproject};

/// The name of this format.
pub(super) const FORMAT: &str = "PEP 723";

/// What begins a block that counts.
const BEGIN: &str = "# /// script";

/// What ends a block.
const END: &str = "# ///";

/// Longer blocks are not read.
const MAX_BYTES: usize = 1 << 20;

/// Whether there may be a block in `bytes`. Nearly all sources have none.
pub(super) fn may_be_in(bytes: &[u8]) -> bool {
    memchr::memmem::find(bytes, BEGIN.as_bytes()).is_some()
}

/// Reads the block of the source `text`; whether there is one.
pub(super) fn read(reading: &mut Reading, text: &str) -> bool {
    let blocks = blocks(text);
    match &blocks[..] {
        [] => return false,
        [(line, toml)] => read_block(reading, *line, toml),
        [_, (line, _), ..] => {
            let problem =
                "found a second `# /// script` block, expected one: tools refuse the file; remove one of them";
            reading.unread(*line, problem);
        }
    }
    true
}

/// The blocks of type `script`: the line of the first line of TOML in each, and the TOML.
///
/// A block ends with the last `# ///` before the first line that is no comment of it, as the specification has it.
fn blocks(text: &str) -> Vec<(u32, String)> {
    let mut found = Vec::new();
    let mut lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).zip(1_u32..).peekable();
    while let Some((line, number)) = lines.next() {
        // A block of another type may hold what looks like the beginning of this one.
        let Some(kind) = line.strip_prefix("# /// ").filter(|kind| is_type(kind)) else { continue };
        let (mut toml, mut whole) = (String::new(), None);
        while let Some((comment, _)) = lines.next_if(|(line, _)| *line == "#" || line.starts_with("# ")) {
            if comment == END {
                whole = Some(toml.len());
            }
            toml.push_str(comment.get(2..).unwrap_or(""));
            toml.push('\n');
        }
        if let Some(end) = whole
            && kind == "script"
            && end > 0
        {
            toml.truncate(end);
            found.push((number + 1, toml));
        }
    }
    found
}

fn is_type(kind: &str) -> bool {
    !kind.is_empty() && kind.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn read_block(reading: &mut Reading, line: u32, toml: &str) {
    if toml.len() > MAX_BYTES {
        return reading
            .unread(line, format!("{} bytes, more than the {MAX_BYTES} that are read of a block", toml.len()));
    }
    let mut block = Reading::new(&reading.path, FORMAT);
    let tree = Tree::parse(toml, &mut block);
    let root = tree.root();
    pyproject::list(&mut block, &tree, root.get("dependencies"), "dependencies", &[Scope::Script]);
    if let Some(uv) = tree::table(root, &["tool", "uv"]) {
        pyproject::read_uv(&mut block, &tree, uv);
    }
    let block = block.finish();
    let of_file = |of_block: u32| of_block.saturating_add(line - 1);
    reading.dependencies.extend(block.dependencies.into_iter().map(|mut dependency| {
        dependency.line = of_file(dependency.line);
        dependency.direct = Some(true);
        dependency
    }));
    for diagnostic in block.diagnostics {
        let line = of_file(diagnostic.line);
        match diagnostic.gravity {
            Gravity::Odd => reading.odd(line, diagnostic.problem),
            Gravity::Computed => reading.computed(line, diagnostic.problem),
            Gravity::Unread => reading.unread(line, diagnostic.problem),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::RepoPath;

    fn reading(text: &str) -> Option<Reading> {
        let mut reading = Reading::new(&RepoPath::from("x.py"), FORMAT);
        read(&mut reading, text).then(|| reading.finish())
    }

    /// `line name version` of each entry.
    fn entries(text: &str) -> Option<Vec<String>> {
        let reading = reading(text)?;
        assert_eq!(reading.diagnostics, [], "{text}");
        Some(reading.dependencies.iter().map(|d| format!("{} {} {}", d.line, d.raw_name, d.raw_version)).collect())
    }

    const BLOCK: &str = "#!/usr/bin/env -S uv run\n# /// script\n# requires-python = \">=3.11\"\n#\n# dependencies = [\n#   \
        \"torch==2.5.1\", # why\n#   'numpy>=1',\n# ]\n# ///\nimport torch\n";

    #[test]
    fn a_block_is_read_with_the_lines_of_the_file() {
        let expected = Some(vec!["6 torch ==2.5.1".to_owned(), "7 numpy >=1".to_owned()]);
        assert_eq!(entries(BLOCK), expected);
        assert_eq!(entries(&BLOCK.replace('\n', "\r\n")), expected);
    }

    #[test]
    fn what_is_no_block_is_none() {
        for text in [
            "import torch\n".to_owned(),
            BLOCK.replace("# ///\n", ""),
            BLOCK.replace("# ///\n", "# /// \n"),
            BLOCK.replace("# ///", " # ///"),
            BLOCK.replace("# /// script", "# /// pyproject"),
            BLOCK.replace("# /// script", "# /// script "),
            BLOCK.replace("# /// script", "#/// script"),
            BLOCK.replace("#\n", "\n"),
            BLOCK.replace("#   ", "#"),
            format!("# /// other\n{BLOCK}").replace("#!/usr/bin/env -S uv run\n", "#\n"),
        ] {
            assert_eq!(entries(&text), None, "{text}");
        }
    }

    #[test]
    fn a_block_ends_with_the_last_end_that_comments_reach() {
        let text = "# /// script\n# dependencies = ['a']\n# y = \"\"\"\n# ///\n# \"\"\"\n# ///\n# not of it\n";
        assert_eq!(entries(text), Some(vec!["2 a ".to_owned()]));
        assert_eq!(entries("# /// script\n# ///\n"), None);
    }

    #[test]
    fn two_blocks_and_bad_toml_are_unread() {
        let two = reading(&format!("{BLOCK}\n{BLOCK}")).expect("there is a block");
        assert_eq!(
            (two.dependencies.len(), two.diagnostics.len(), two.diagnostics[0].gravity),
            (0, 1, Gravity::Unread)
        );
        assert_eq!(two.diagnostics[0].line, 14);
        let bad =
            reading("x = 1\n# /// script\n# dependencies = ['torch', 3]\n# x =\n# ///\n").expect("there is a block");
        assert_eq!(bad.diagnostics.iter().map(|d| d.line).collect::<Vec<_>>(), [4, 3]);
        assert_eq!(bad.dependencies.len(), 1);
        assert_eq!(entries(&format!("{BLOCK}\n# /// other\n# x\n# ///\n")).map(|e| e.len()), Some(2));
    }

    #[test]
    fn what_uv_adds_to_a_block() {
        let text = "# /// script\n# dependencies = ['torch']\n# [tool.uv]\n# constraint-dependencies = ['torch<2.6']\n# override-dependencies = ['numpy==1']\n\
            # sources.torch = { git = 'https://example.org/torch' }\n# ///\n";
        let scopes: Vec<_> =
            reading(text).expect("there is a block").dependencies.into_iter().map(|d| d.scopes).collect();
        assert_eq!(scopes, [[Scope::Script], [Scope::Constraint], [Scope::Override]]);
    }

    #[test]
    fn hostile_sources_end_soon() {
        for unit in
            ["# /// script\n", "# ///\n", "# /// a\n#\n", "#\n", "# /// script\n# ///\n", "# /// script\n# [[[\n"]
        {
            read(&mut Reading::new(&RepoPath::from("x.py"), FORMAT), &unit.repeat(100_000));
        }
    }
}
