//! The report for people, in the style of rustc: what is wrong, where, why we believe it, what to type next.

use super::printable::printable_lines;
use super::summary::summary;
use super::{Subject, View, printable};
use crate::finding::{Excerpt, Finding, Reason, Severity};
use crate::gate::{Outcome, Verdict};
use annotate_snippets::{AnnotationKind, Level, Origin, Padding, Renderer, Snippet};
use owo_colors::{OwoColorize as _, Style};
use std::fmt::Write as _;
use std::ops::Range;

/// What a finding has more reasons than this, `--format json` says.
const MAX_REASONS: usize = 5;

/// Every finding with its source, what could not be judged, and one line that sums up.
pub fn text(verdict: &Verdict, view: View) -> String {
    if view.is_silent(verdict) {
        return String::new();
    }
    let renderer = if view.color { Renderer::styled() } else { Renderer::plain() };
    let mut blocks: Vec<String> = view.shown(verdict).map(|found| finding(found, view.subject, &renderer)).collect();
    blocks.extend(lines(view.diagnostics(verdict).map(|odd| {
        let place = format!("{}:{}", odd.path, odd.line);
        format!("{} {place}: {}", paint("not understood:", yellow(), view), printable(&odd.problem))
    })));
    if view.show_allowed {
        blocks.extend(lines(verdict.allowed.iter().map(|allowed| {
            let found = &allowed.finding;
            let place = format!("{}:{}:{}", found.path, found.start.line, found.start.column);
            format!("allowed[{}] {place}: {}", printable(&found.rule), printable(&allowed.reason))
        })));
    }
    let unjudged = verdict.unscanned.iter().map(|unscanned| {
        let reason = printable(&unscanned.reason);
        format!("{} {}: {reason}", paint("not judged:", red(), view), unscanned.path)
    });
    let way_out = match view.subject {
        Subject::Staged => "correct the file, or leave it out of this commit: git restore --staged FILE",
        Subject::Range => "correct the file in a commit of this range",
        Subject::Tree => "correct the file, or remove it",
    };
    let way_out = (!verdict.unscanned.is_empty()).then(|| format!("   = way out: {way_out}"));
    blocks.extend(lines(unjudged.chain(way_out)));
    let outcome = verdict.outcome(view.fail_on);
    // The summary belongs to what is above it; blocks stand apart from each other.
    let mut out = blocks.join("\n");
    let (word, rest) = summary(verdict, view);
    let style = if outcome == Outcome::Clean { Style::new().green().bold() } else { red() };
    let _ = writeln!(out, "{} {rest}", paint(&format!("{word}:"), style, view));
    out
}

/// One finding, ending with a line end.
fn finding(finding: &Finding, subject: Subject, renderer: &Renderer) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let (source, highlight) = excerpt(&finding.excerpt);
    let label = printable(&finding.label);
    let annotation = AnnotationKind::Primary.span(highlight).label((!label.is_empty()).then_some(label));
    // The place is given apart from the source: the excerpt may be a window into a longer line.
    let place = Origin::path(finding.path.to_string())
        .line(finding.start.line as usize)
        .char_column(finding.start.column as usize);
    let snippet = Snippet::source(source).line_start(finding.excerpt.first_line as usize).annotation(annotation);
    let mut group = level
        .clone()
        .primary_title(printable(&finding.message))
        .id(printable(&finding.rule))
        .element(place)
        .element(snippet)
        .element(Padding);
    // What is written under the code is not said again.
    for reason in finding.because.iter().filter(|reason| reason.text != finding.label).take(MAX_REASONS) {
        group = group.element(Level::NOTE.with_name("because").message(because(reason)));
    }
    if !finding.fix.is_empty() {
        group = group.element(Level::HELP.with_name("fix").message(printable(&finding.fix)));
    }
    if let Some(command) = command(finding, subject) {
        group = group.element(Level::HELP.with_name("edit").message(command));
    }
    let more = format!("picklegate rules explain {}", printable(&finding.rule));
    group = group.element(Level::NOTE.with_name("more").message(more));
    // The renderer takes the source for that of a second place and says so in a line of its own, after the title, the
    // place and a bar.
    let rendered = renderer.render(&[group]);
    rendered.lines().enumerate().filter(|&(i, _)| i != 3).map(|(_, line)| format!("{line}\n")).collect()
}

/// What to type to have the edit of a finding made.
fn command(finding: &Finding, subject: Subject) -> Option<String> {
    let path = match subject {
        Subject::Staged => "",
        Subject::Tree => " .",
        // The files of a range may be other ones by now.
        Subject::Range => return None,
    };
    let how = if finding.edit.as_ref()?.safe { "" } else { " --unsafe-fixes" };
    Some(format!("picklegate fix{how}{path}"))
}

/// `uv.lock:1182 locks torch 2.3.1, where ...`
fn because(reason: &Reason) -> String {
    let text = printable(&reason.text);
    match &reason.place {
        Some(place) => format!("{}:{} {text}", place.path, place.line),
        None => text.into_owned(),
    }
}

/// The source lines made printable, and where the highlight is in them.
fn excerpt(excerpt: &Excerpt) -> (String, Range<usize>) {
    // Every line end that Python knows becomes the one that the renderer counts.
    let lines = |text: &str| printable_lines(&text.replace("\r\n", "\n").replace('\r', "\n")).into_owned();
    let text = &excerpt.text;
    let boundary = |at: usize| text.floor_char_boundary(at.min(text.len()));
    let (start, end) = (boundary(excerpt.highlight.start), boundary(excerpt.highlight.end));
    let mut source = lines(&text[..start]);
    let start_of_highlight = source.len();
    source.push_str(&lines(&text[start..end.max(start)]));
    let highlight = start_of_highlight..source.len();
    source.push_str(&lines(&text[end.max(start)..]));
    (source, highlight)
}

/// The lines as one block; `None` where there are none.
fn lines(lines: impl Iterator<Item = String>) -> Option<String> {
    let block: String = lines.map(|line| line + "\n").collect();
    (!block.is_empty()).then_some(block)
}

fn paint(text: &str, style: Style, view: View) -> String {
    if view.color { text.style(style).to_string() } else { text.to_owned() }
}

fn red() -> Style {
    Style::new().bright_red().bold()
}

fn yellow() -> Style {
    Style::new().yellow().bold()
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use crate::finding::{Ground, Source};
    use snapbox::{IntoData as _, assert_data_eq, str};

    #[test]
    fn a_finding_says_what_where_why_and_what_next() {
        let view = View { show_notes: true, show_allowed: true, ..samples::VIEW };
        assert_data_eq!(
            text(&samples::verdict(), view),
            str![[r#"
warning[pickle-load]: `pickle-load` runs code stored in the file it opens
 --> a.py:1:1
  |
1 | pickle.loads(b)
  | ^^^^^^^^^^^^^^^
  |
  = fix: torch.load(path, weights_only=True) on torch >= 2.6
  = more: picklegate rules explain pickle-load

note[pickle-load]: `pickle-load` runs code stored in the file it opens
 --> b.py:2:14
  |
2 | pickle.loads(b)
  |              ^ `path` comes from the command line
  |
  = because: locks torch 2.3.1, where weights_only defaults to False
  = more: picklegate rules explain pickle-load

error[torch-load]: `torch-load` runs code stored in the file it opens
  --> train/resume.py:41:13
   |
41 |     state = torch.load(path)
   |             ^^^^^^^^^^^^^^^^ `path` comes from the command line
   |
   = because: uv.lock:1182 locks torch 2.3.1, where weights_only defaults to False
   = fix: torch.load(path, weights_only=True) on torch >= 2.6
   = more: picklegate rules explain torch-load

not understood: uv.lock:3: expected a version string, found an integer

allowed[pickle-load] a.py:1:1: cache file written by this process

not judged: big\u{1b}\xff.py: 9000000 bytes, more than the limit of 8388608 bytes
   = way out: correct the file, or leave it out of this commit: git restore --staged FILE
blocked: 1 file could not be judged, 1 unsafe load introduced, 1 warning, 1 note, 1 allowed by comment

"#]]
            .raw()
        );
    }

    #[test]
    fn clean_is_one_line_and_none_when_quiet() {
        let verdict = Verdict { counts: samples::verdict().counts, ..Verdict::default() };
        assert_eq!(text(&verdict, samples::VIEW), "clean: 3 staged files, 2 scanned, 1 manifest read\n");
        assert_eq!(text(&verdict, View { quiet: true, ..samples::VIEW }), "");
        let odd = Verdict { diagnostics: samples::verdict().diagnostics, ..verdict };
        assert!(text(&odd, samples::VIEW).starts_with("not understood: uv.lock:3: "));
        assert_eq!(text(&odd, View { quiet: true, ..samples::VIEW }), "");
    }

    #[test]
    fn nothing_of_others_acts_on_the_terminal() {
        let mut verdict = samples::verdict();
        for found in &mut verdict.findings {
            found.path = crate::snapshot::RepoPath::new(&b"a\x1b[2J.py"[..]);
            found.excerpt.text = "x\u{1b}]0;t\u{7}\tpickle.loads(\u{9b}31m\u{202e})\u{7f}".into();
            found.excerpt.highlight = 9..found.excerpt.text.len() - 1;
            (found.message, found.label, found.fix) = ("\u{1b}[1m".into(), "\u{1b}[2m\n".into(), "\u{1b}[3m".into());
            found.because.push(Reason {
                ground: Ground::Origin(Source::Request),
                text: "\u{1b}[4m".into(),
                place: None,
            });
        }
        let view = View { show_notes: true, show_allowed: true, ..samples::VIEW };
        let out = text(&verdict, view);
        assert!(!out.contains(|c: char| c != '\n' && (c.is_control() || crate::snapshot::is_bidi_control(c))), "{out}");
    }

    #[test]
    fn the_place_is_that_of_the_file_even_when_the_excerpt_is_a_window() {
        let mut found = samples::finding("a.py".into(), 7, "x = pickle.load(f)", "pickle.load(f)", "pickle-load");
        found.start.column = 9000;
        let out = finding(&found, Subject::Staged, &Renderer::plain());
        assert!(out.contains(" --> a.py:7:9000\n"), "{out}");
        assert!(out.contains("7 | x = pickle.load(f)\n  |     ^^^^^^^^^^^^^^ "), "{out}");
    }

    #[test]
    fn odd_highlights_and_line_ends_do_not_panic() {
        let verdict = samples::verdict();
        for source in ["", "é", "a\rb\r\nc", "日本\t日本"] {
            for (start, end) in [(0, 0), (1, 2), (2, 1), (0, 99), (50, 60)] {
                let mut found = verdict.findings[0].clone();
                found.excerpt = Excerpt { text: source.into(), first_line: 1, highlight: start..end };
                assert!(
                    finding(&found, Subject::Staged, &Renderer::plain()).contains("--> a.py:1:1"),
                    "{source:?} {start}..{end}"
                );
            }
        }
    }
}
