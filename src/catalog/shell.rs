//! A shell script to its commands, each a list of words with lines. Knows nothing of what a command does.
//!
//! Tells apart what must be: quotes, comments, continuations, `;`, `&&`, `|`, subshells, `$(...)`, redirections and the
//! bodies of heredocs. Nothing is expanded, and nothing ever fails: an open quote reaches to the end.

use memchr::memchr;

/// More words than this of one command are not looked at.
const MAX_WORDS: usize = 10_000;

/// Substitutions within one another; deeper ones are text. Each level looks at all that is in it.
const MAX_DEPTH: usize = 8;

/// Beyond this many bytes, what began as `${` is text.
pub(super) const MAX_EXPRESSION: usize = 200;

/// The shells whose heredocs and `-c` arguments are scripts again.
pub(super) const SHELLS: &[&str] = &["sh", "bash", "ash", "dash", "zsh"];

/// A word as it stands in the script.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Raw<'s> {
    /// Quotes included.
    pub text: &'s str,
    /// 0-based line of the script.
    pub line: u32,
    /// Whether a redirection follows that reads as the version of a requirement: `torch>=2`.
    pub is_cut: bool,
}

impl Raw<'_> {
    /// The word without its quotes; what is substituted stays as it is written.
    pub(super) fn unquoted(&self) -> String {
        // Quotes in what is computed are not ours.
        if ["$(", "`", "${{", "{{"].iter().any(|computed| self.text.contains(computed)) {
            let inside = ['"', '\''].iter().find_map(|&quote| self.text.strip_prefix(quote)?.strip_suffix(quote));
            return inside.unwrap_or(self.text).to_owned();
        }
        if !self.text.contains(['\'', '"', '\\']) {
            return self.text.to_owned();
        }
        let text = self.text.replace("\\\r\n", "");
        shlex::split(&text).map_or(text, |words| words.join(" "))
    }
}

/// The last component of the path that a command is called by.
pub(super) fn base_name(command: &str) -> &str {
    let name = command.rsplit(['/', '\\']).next().unwrap_or(command);
    name.strip_suffix(".exe").unwrap_or(name)
}

/// Gives each command of `script` that has words to `visit`; those of a substitution before the one they are for.
pub(super) fn commands<'s>(script: &'s str, visit: &mut dyn FnMut(&[Raw<'s>])) {
    let mut splitter = Splitter {
        script,
        bytes: script.as_bytes(),
        at: 0,
        line: 0,
        frames: vec![Frame::default()],
        heredocs: Vec::new(),
        visit,
    };
    while splitter.at < splitter.bytes.len() {
        splitter.step();
    }
    while !splitter.frames.is_empty() {
        splitter.end_command();
        splitter.frames.pop();
    }
}

struct Splitter<'s, 'v> {
    script: &'s str,
    bytes: &'s [u8],
    at: usize,
    line: u32,
    /// The script and the substitutions that are open; never empty before the end.
    frames: Vec<Frame<'s>>,
    /// Delimiters of heredocs whose bodies begin on the next line.
    heredocs: Vec<&'s str>,
    visit: &'v mut dyn FnMut(&[Raw<'s>]),
}

#[derive(Default)]
struct Frame<'s> {
    words: Vec<Raw<'s>>,
    /// Where the open word began, and on which line.
    word: Option<(usize, u32)>,
    in_double_quotes: bool,
    /// The next word is where a redirection leads.
    is_redirected: bool,
    /// What ends this frame; nothing ends the outermost.
    closer: Option<u8>,
    /// Subshells that are open in it.
    parentheses: usize,
}

impl<'s> Splitter<'s, '_> {
    fn frame(&mut self) -> &mut Frame<'s> {
        self.frames.last_mut().expect("the outermost frame is popped last")
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn step(&mut self) {
        let byte = self.bytes[self.at];
        if self.frame().in_double_quotes {
            return self.step_in_double_quotes(byte);
        }
        match byte {
            b' ' | b'\t' | b'\r' => {
                self.end_word();
                self.at += 1;
            }
            b'\n' => {
                self.end_command();
                self.next_line();
                self.skip_heredocs();
            }
            b'\\' => self.escape(),
            b'#' if self.frame().word.is_none() => {
                self.at = memchr(b'\n', &self.bytes[self.at..]).map_or(self.bytes.len(), |end| self.at + end);
            }
            b'\'' => {
                self.begin_word();
                let end = memchr(b'\'', &self.bytes[self.at + 1..]).map_or(self.bytes.len(), |end| self.at + end + 2);
                self.advance_to(end);
            }
            b'"' => {
                self.begin_word();
                self.frame().in_double_quotes = true;
                self.at += 1;
            }
            b'$' => self.dollar(),
            b'{' if self.peek(1) == b'{' => {
                self.begin_word();
                self.expression(2, b"}}");
            }
            b'`' if self.peek(1) == b'\n' || (self.peek(1) == b'\r' && self.peek(2) == b'\n') => {
                // How PowerShell continues a line.
                self.end_word();
                let end = memchr(b'\n', &self.bytes[self.at..]).map_or(self.bytes.len(), |end| self.at + end + 1);
                self.advance_to(end);
            }
            b'`' => self.backtick(),
            b'&' if self.peek(1) == b'>' => self.at += 1,
            b'<' | b'>' => self.redirect(byte),
            b';' | b'|' | b'&' => {
                self.end_command();
                self.at += 1;
            }
            b'(' => {
                self.end_command();
                self.frame().parentheses += 1;
                self.at += 1;
            }
            b')' => self.close_parenthesis(),
            _ => {
                self.begin_word();
                self.at += 1;
            }
        }
    }

    fn step_in_double_quotes(&mut self, byte: u8) {
        match byte {
            b'"' => {
                self.frame().in_double_quotes = false;
                self.at += 1;
            }
            b'\\' => self.advance_to((self.at + 2).min(self.bytes.len())),
            b'$' => self.dollar(),
            b'`' => self.backtick(),
            _ => self.advance_to(self.at + 1),
        }
    }

    /// A backslash outside of quotes.
    fn escape(&mut self) {
        let length = match (self.peek(1), self.peek(2)) {
            (b'\n', _) => 2,
            (b'\r', b'\n') => 3,
            _ => {
                self.begin_word();
                2
            }
        };
        self.advance_to((self.at + length).min(self.bytes.len()));
    }

    fn dollar(&mut self) {
        self.begin_word();
        match (self.peek(1), self.peek(2)) {
            (b'(', _) => self.open(2, b')'),
            (b'{', b'{') => self.expression(3, b"}}"),
            (b'{', _) => self.expression(2, b"}"),
            _ => self.at += 1,
        }
    }

    /// Passes what ends with `close`, if it does so soon, as one part of a word.
    fn expression(&mut self, open: usize, close: &[u8]) {
        let rest = &self.bytes[self.at..];
        let near = &rest[..rest.len().min(MAX_EXPRESSION)];
        let end = memchr::memmem::find(near, close).map_or(open.min(rest.len()), |end| end + close.len());
        self.advance_to(self.at + end);
    }

    fn backtick(&mut self) {
        if self.frame().closer == Some(b'`') {
            self.close();
            self.at += 1;
        } else {
            self.begin_word();
            self.open(1, b'`');
        }
    }

    fn close_parenthesis(&mut self) {
        self.end_command();
        self.at += 1;
        let frame = self.frame();
        if frame.parentheses > 0 {
            frame.parentheses -= 1;
        } else if frame.closer == Some(b')') {
            self.close();
        }
    }

    fn redirect(&mut self, byte: u8) {
        if self.peek(1) == b'(' {
            self.begin_word();
            return self.open(2, b')');
        }
        let word = self.frame().word;
        let is_descriptor = word.is_some_and(|(from, _)| self.bytes[from..self.at].iter().all(u8::is_ascii_digit));
        if is_descriptor {
            self.frame().word = None;
        }
        self.end_word();
        let is_heredoc = byte == b'<' && self.peek(1) == b'<' && self.peek(2) != b'<';
        if word.is_some() && !is_descriptor && (self.peek(1) == b'=' || self.peek(1).is_ascii_digit()) {
            self.frame().words.iter_mut().last().into_iter().for_each(|word| word.is_cut = true);
        }
        while matches!(self.peek(0), b'<' | b'>') {
            self.at += 1;
        }
        if is_heredoc {
            return self.heredoc();
        }
        self.at += usize::from(matches!(self.peek(0), b'&' | b'|'));
        self.frame().is_redirected = true;
    }

    /// Behind `<<`: notes the delimiter, unless a shell or nothing reads the body, which then is script.
    fn heredoc(&mut self) {
        self.at += usize::from(self.peek(0) == b'-');
        while matches!(self.peek(0), b' ' | b'\t') {
            self.at += 1;
        }
        let rest = &self.script[self.at..];
        let end = rest.find(|c: char| c.is_whitespace() || ";|&<>()".contains(c)).unwrap_or(rest.len());
        let delimiter = rest[..end].trim_matches(['"', '\'', '\\']);
        self.at += end;
        let words = &self.frame().words;
        let reads_script = words.is_empty() || words.iter().any(|word| SHELLS.contains(&base_name(word.text)));
        if !delimiter.is_empty() && !reads_script {
            self.heredocs.push(delimiter);
        }
    }

    /// At the start of a line: passes the bodies of the heredocs that were announced.
    fn skip_heredocs(&mut self) {
        for delimiter in std::mem::take(&mut self.heredocs) {
            while self.at < self.bytes.len() {
                let end = memchr(b'\n', &self.bytes[self.at..]).map_or(self.bytes.len(), |end| self.at + end);
                let is_last = self.script[self.at..end].trim() == delimiter;
                self.at = end;
                self.next_line();
                if is_last {
                    break;
                }
            }
        }
    }

    fn open(&mut self, length: usize, closer: u8) {
        self.at += length;
        if self.frames.len() < MAX_DEPTH {
            self.frames.push(Frame { closer: Some(closer), ..Frame::default() });
        }
    }

    /// Ends a substitution: the word that it is part of goes on.
    fn close(&mut self) {
        self.end_command();
        if self.frames.len() > 1 {
            self.frames.pop();
        }
    }

    fn begin_word(&mut self) {
        let start = (self.at, self.line);
        self.frame().word.get_or_insert(start);
    }

    fn end_word(&mut self) {
        let (script, at) = (self.script, self.at);
        let frame = self.frame();
        let Some((from, line)) = frame.word.take() else { return };
        if !std::mem::take(&mut frame.is_redirected) && frame.words.len() < MAX_WORDS {
            frame.words.push(Raw { text: &script[from..at], line, is_cut: false });
        }
    }

    fn end_command(&mut self) {
        self.end_word();
        let frame = self.frame();
        frame.is_redirected = false;
        let words = std::mem::take(&mut frame.words);
        if !words.is_empty() {
            (self.visit)(&words);
        }
    }

    /// Past the line end that is here.
    fn next_line(&mut self) {
        if self.at < self.bytes.len() {
            self.advance_to(self.at + 1);
        }
    }

    fn advance_to(&mut self, end: usize) {
        self.line += memchr::memchr_iter(b'\n', &self.bytes[self.at..end]).count() as u32;
        self.at = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each command as `line:word|word`.
    fn split(script: &str) -> Vec<String> {
        let mut found = Vec::new();
        commands(script, &mut |words| {
            let texts: Vec<String> = words.iter().map(Raw::unquoted).collect();
            found.push(format!("{}:{}", words[0].line, texts.join("|")));
        });
        found
    }

    #[test]
    fn operators_end_commands() {
        assert_eq!(split("a b && c; d || e | f & g\nh"), ["0:a|b", "0:c", "0:d", "0:e", "0:f", "0:g", "1:h"]);
        assert_eq!(split("(a; b) && { c; }"), ["0:a", "0:b", "0:{|c", "0:}"]);
        assert_eq!(split("case $x in\n a) b ;;\nesac"), ["0:case|$x|in", "1:a", "1:b", "2:esac"]);
    }

    #[test]
    fn quotes_comments_and_continuations() {
        assert_eq!(split("a 'b;c' \"d && \\\"e\\\"\" f\\ g # h"), ["0:a|b;c|d && \"e\"|f g"]);
        assert_eq!(split("a \\\n  b#c \\\r\n  d\ne"), ["0:a|b#c|d", "3:e"]);
        assert_eq!(split("to\\\nrch"), ["0:torch"]);
        assert_eq!(split("a `\n b"), ["0:a|b"]);
        assert_eq!(split("# it's\na"), ["1:a"]);
        assert_eq!(split("a 'b\nc"), ["0:a|'b\nc"]);
    }

    #[test]
    fn substitutions_are_commands_of_their_own() {
        assert_eq!(split("a $(b \"c)\" | d) e"), ["0:b|c)", "0:d", "0:a|$(b \"c)\" | d)|e"]);
        assert_eq!(split("a \"x $(b `c`) y\" z"), ["0:c", "0:b|`c`", "0:a|x $(b `c`) y|z"]);
        assert_eq!(split("a <(b) ${c:-d e} ${{ f g }} {{ h }}"), ["0:b", "0:a|<(b)|${c:-d e}|${{ f g }}|{{ h }}"]);
        assert_eq!(split("a ${b"), ["0:a|${b"]);
    }

    #[test]
    fn redirections_are_no_words() {
        assert_eq!(split("a > b 2>&1 c >>d <e &> f <<< g h"), ["0:a|c|h"]);
        let mut cut = Vec::new();
        commands("a b>=2 c>1 d >x \"e>=2\"", &mut |words| {
            cut.extend(words.iter().map(|w| (w.text.to_owned(), w.is_cut)))
        });
        let expected = [("a", false), ("b", true), ("c", true), ("d", false), ("\"e>=2\"", false)];
        assert_eq!(cut, expected.map(|(text, cut)| (text.to_owned(), cut)));
    }

    #[test]
    fn bodies_of_heredocs_are_script_only_for_a_shell() {
        assert_eq!(split("cat <<'EOF' > x\npip install a\n  EOF\nb"), ["0:cat", "3:b"]);
        assert_eq!(split("bash -e <<-EOF\nc d\nEOF\n"), ["0:bash|-e", "1:c|d", "2:EOF"]);
        assert_eq!(split("<<EOF\nc d\nEOF\n"), ["1:c|d", "2:EOF"]);
        assert_eq!(split("cat <<A <<B\nx\nA\ny\nB\nz"), ["0:cat", "5:z"]);
        assert_eq!(split("cat <<EOF\nx"), ["0:cat"]);
    }

    #[test]
    fn lines_are_those_of_the_words() {
        let mut lines = Vec::new();
        commands("a \\\n b \\\n 'c\nd' e", &mut |words| lines.extend(words.iter().map(|word| word.line)));
        assert_eq!(lines, [0, 1, 2, 3]);
    }

    #[test]
    fn hostile_scripts_end_soon() {
        for unit in [
            "$(",
            "`",
            "${",
            "\"$(",
            "(",
            "<<A\n",
            "cat <<A\n",
            "'",
            "\"",
            "\\",
            "a ",
            "<(",
            "{{",
            "\"`",
            "é",
            "a>=",
            "<",
        ] {
            commands(&unit.repeat(200_000), &mut |_| {});
        }
    }
}
