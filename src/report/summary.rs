//! The last line of a report for people: the outcome, and how much was looked at.

use super::{Subject, View, count};
use crate::finding::{About, Finding, Severity};
use crate::gate::{Outcome, Verdict};

/// The outcome as a word, and the rest of the line: `blocked`, `1 unsafe load introduced`.
pub(super) fn summary(verdict: &Verdict, view: View) -> (&'static str, String) {
    let outcome = verdict.outcome(view.fail_on);
    let (blocking, passing): (Vec<&Finding>, Vec<&Finding>) =
        verdict.findings.iter().partition(|finding| finding.severity >= view.fail_on);
    let all = |about| blocking.iter().all(|finding| finding.about == about);
    let noun = match () {
        () if all(About::Load) => "unsafe load",
        () if all(About::Version) => "unsafe version",
        () if all(About::Write) => "written pickle",
        () => "finding",
    };
    let mut parts = Vec::new();
    match outcome {
        Outcome::Clean => parts.push(looked_at(verdict, view)),
        Outcome::Blocked | Outcome::Unjudged => {
            if !verdict.unscanned.is_empty() {
                parts.push(format!("{} could not be judged", count(verdict.unscanned.len(), "file")));
            }
            if !blocking.is_empty() {
                let happened = if view.subject == Subject::Tree { "found" } else { "introduced" };
                parts.push(format!("{} {happened}", count(blocking.len(), noun)));
            }
        }
    }
    let below = |severity| passing.iter().filter(|finding| finding.severity == severity).count();
    let (warnings, notes) = (below(Severity::Warning), below(Severity::Note));
    if warnings > 0 {
        parts.push(count(warnings, "warning"));
    }
    if notes > 0 {
        let hidden = if view.show_notes { "" } else { " not shown (--show-notes)" };
        parts.push(format!("{}{hidden}", count(notes, "note")));
    }
    if !verdict.allowed.is_empty() {
        parts.push(format!("{} allowed by comment", verdict.allowed.len()));
    }
    if view.show_allowed && verdict.counts.followed > 0 {
        parts.push(format!("{} looked into for imports", count(verdict.counts.followed, "unchanged file")));
    }
    let word = if outcome == Outcome::Clean { "clean" } else { "blocked" };
    (word, parts.join(", "))
}

fn looked_at(verdict: &Verdict, view: View) -> String {
    if view.subject == Subject::Staged && verdict.counts.files == 0 {
        return "nothing staged, nothing checked".into();
    }
    let files = match view.subject {
        Subject::Staged => "staged file",
        Subject::Range => "changed file",
        Subject::Tree => "file",
    };
    let counts = verdict.counts;
    let files = count(counts.files, files);
    let manifests = count(counts.manifests, "manifest");
    format!("{files}, {} scanned, {manifests} read", counts.scanned)
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn each_outcome_has_its_line() {
        let summary = |verdict: &Verdict, view| {
            let (word, rest) = summary(verdict, view);
            format!("{word}: {rest}")
        };
        let view = samples::VIEW;
        let mut verdict = Verdict { counts: samples::verdict().counts, ..Verdict::default() };
        assert_eq!(summary(&verdict, view), "clean: 3 staged files, 2 scanned, 1 manifest read");

        verdict.findings = samples::verdict().findings;
        assert_eq!(
            summary(&verdict, view),
            "blocked: 1 unsafe load introduced, 1 warning, 1 note not shown (--show-notes)"
        );
        let all = View { fail_on: Severity::Note, subject: Subject::Tree, ..view };
        assert_eq!(summary(&verdict, all), "blocked: 3 unsafe loads found");
        verdict.findings[0].about = About::Comment;
        assert_eq!(summary(&verdict, all), "blocked: 3 findings found");

        verdict.findings.iter_mut().for_each(|found| found.about = About::Version);
        assert_eq!(summary(&verdict, all), "blocked: 3 unsafe versions found");

        verdict.findings = samples::verdict().findings;
        verdict.unscanned = samples::verdict().unscanned;
        verdict.findings.drain(..2);
        assert_eq!(summary(&verdict, view), "blocked: 1 file could not be judged, 1 unsafe load introduced");
    }
}
