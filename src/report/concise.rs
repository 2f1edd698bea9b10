//! One line a finding, for editors, `grep` and people in a hurry; nothing where there is nothing to say.

use super::{View, printable};
use crate::gate::Verdict;
use std::fmt::Write as _;

/// `path:line:col: severity[rule] message`, then `path: not judged: reason`.
pub fn concise(verdict: &Verdict, view: View) -> String {
    let mut out = String::new();
    if view.is_silent(verdict) {
        return out;
    }
    for finding in view.shown(verdict) {
        let (line, column) = (finding.start.line, finding.start.column);
        let (rule, message) = (printable(&finding.rule), printable(&finding.message));
        let _ = writeln!(out, "{}:{line}:{column}: {}[{rule}] {message}", finding.path, finding.severity);
    }
    for odd in view.diagnostics(verdict) {
        let _ = writeln!(out, "{}:{}: not understood: {}", odd.path, odd.line, printable(&odd.problem));
    }
    for unscanned in &verdict.unscanned {
        let _ = writeln!(out, "{}: not judged: {}", unscanned.path, printable(&unscanned.reason));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use snapbox::{IntoData as _, assert_data_eq, str};

    #[test]
    fn one_line_each() {
        assert_data_eq!(
            concise(&samples::verdict(), samples::VIEW),
            str![[r#"
a.py:1:1: warning[pickle-load] `pickle-load` runs code stored in the file it opens
train/resume.py:41:13: error[torch-load] `torch-load` runs code stored in the file it opens
uv.lock:3: not understood: expected a version string, found an integer
big\u{1b}\xff.py: not judged: 9000000 bytes, more than the limit of 8388608 bytes

"#]]
            .raw()
        );
    }

    #[test]
    fn nothing_to_say_is_no_line() {
        assert_eq!(concise(&Verdict::default(), samples::VIEW), "");
    }

    #[test]
    fn a_message_cannot_break_its_line() {
        let mut verdict = samples::verdict();
        verdict.findings[0].message = "one\ntwo\u{1b}[2J".into();
        let out = concise(&verdict, samples::VIEW);
        assert!(out.starts_with("a.py:1:1: warning[pickle-load] one\\u{a}two\\u{1b}[2J\n"), "{out}");
    }
}
