//! Comments that allow a finding in its line: `# picklegate: allow[pickle-load] cache file written by this process`.
//!
//! An allow needs a known rule and a reason, and one that matches nothing is reported. Other tools' comments count only
//! where configuration says so.

use super::lines::Lines;
use super::{Allowed, Honoured, Scan};
use crate::finding::{About, Confidence, Finding, Fingerprint, Severity};
use crate::rules::RuleSet;
use crate::snapshot::RepoPath;
use ruff_text_size::{TextRange, TextSize};

/// What every comment of ours starts with, after `#`.
pub(super) const MARKER: &str = "picklegate:";

/// One comment of the file.
struct Comment<'t> {
    range: TextRange,
    line: u32,
    /// Nothing else is in its line.
    alone: bool,
    text: &'t str,
}

/// An allow of one rule.
struct Allow<'t> {
    rule: &'t str,
    reason: &'t str,
    comment: usize,
    used: bool,
}

/// Sorts `findings` into those that stand and those that comments allow, and adds what is wrong with the comments.
pub(super) fn apply(
    path: &RepoPath,
    lines: &Lines<'_>,
    text: &str,
    comments: &[TextRange],
    rules: &RuleSet,
    honoured: Honoured,
    findings: Vec<Finding>,
) -> Scan {
    let comments: Vec<Comment<'_>> = comments
        .iter()
        .map(|&range| {
            let line = lines.line(range.start());
            let alone = lines.text_of(line).trim_start().starts_with('#');
            Comment { range, line, alone, text: &text[range] }
        })
        .collect();
    let mut scan = Scan::default();
    let mut allows = Vec::new();
    for (i, comment) in comments.iter().enumerate() {
        let Some((at, body)) = marked(comment.text) else { continue };
        match parse(body, rules) {
            Ok((ids, reason)) => {
                allows.extend(ids.into_iter().map(|rule| Allow { rule, reason, comment: i, used: false }));
            }
            Err((problem, fix)) => {
                let range = TextRange::new(comment.range.start() + TextSize::new(at as u32), comment.range.end());
                scan.findings.push(about_comment(path, lines, text, range, "malformed-allow", problem, fix));
            }
        }
    }
    for finding in findings {
        let covering = covering(&comments, &finding);
        let from = allows.partition_point(|allow: &Allow<'_>| allow.comment < covering.start);
        let ours = allows[from..].iter_mut().take_while(|allow| allow.comment < covering.end);
        let mut reason = None;
        for allow in ours.filter(|allow| allow.rule == finding.rule) {
            allow.used = true;
            reason.get_or_insert(allow.reason.to_owned());
        }
        let foreign = || {
            let inline = comments[covering.clone()].iter().filter(|comment| !comment.alone);
            inline.map(|comment| comment.text).find_map(|comment| foreign(comment, honoured)).map(str::to_owned)
        };
        match reason.or_else(foreign) {
            Some(reason) => scan.allowed.push(Allowed { finding, reason }),
            None => scan.findings.push(finding),
        }
    }
    // Of a rule that is off nothing is known to be unused.
    let is_off = |allow: &Allow<'_>| rules.producers.iter().any(|rule| rule.id == allow.rule);
    for allow in allows.iter().filter(|allow| !allow.used && !is_off(allow)) {
        let comment = &comments[allow.comment];
        let at = marked(comment.text).map_or(0, |(at, _)| at);
        let range = TextRange::new(comment.range.start() + TextSize::new(at as u32), comment.range.end());
        let problem = format!("`allow[{}]` matches nothing here", allow.rule);
        let fix = "remove the comment, or move it to the line of the finding it is about".to_owned();
        let mut finding = about_comment(path, lines, text, range, "unused-allow", problem, fix);
        finding.fingerprint = Fingerprint(format!("unused-allow {}", allow.rule));
        scan.findings.push(finding);
    }
    scan
}

/// The comments in the lines of `finding`, and those alone in the lines directly above it.
fn covering(comments: &[Comment<'_>], finding: &Finding) -> std::ops::Range<usize> {
    let start = comments.partition_point(|comment| comment.line < finding.start.line);
    let end = comments.partition_point(|comment| comment.line <= finding.end.line);
    let above = comments[..start].iter().rev().zip(1..);
    let above = above.take_while(|(comment, i)| comment.alone && comment.line + i == finding.start.line).count();
    start - above..end
}

/// What follows the marker, and where the `#` before it is.
fn marked(comment: &str) -> Option<(usize, &str)> {
    comment.match_indices(MARKER).find_map(|(at, _)| {
        let hash = comment[..at].trim_end();
        hash.ends_with('#').then(|| (hash.len() - 1, comment[at + MARKER.len()..].trim()))
    })
}

/// The rules and the reason of an allow, or what is wrong with it and how it must look.
fn parse<'t>(body: &'t str, rules: &RuleSet) -> Result<(Vec<&'t str>, &'t str), (String, String)> {
    let example = || "write `# picklegate: allow[rule-id] reason`".to_owned();
    let Some(rest) = body.strip_prefix("allow") else {
        return Err((format!("`{}` is no word picklegate knows", first_word(body)), example()));
    };
    let Some((ids, reason)) = rest.trim_start().strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
        return Err(("this allow does not say which rule it is about".to_owned(), example()));
    };
    let ids: Vec<&str> = ids.split(',').map(str::trim).filter(|id| !id.is_empty()).collect();
    if ids.is_empty() {
        return Err(("this allow does not say which rule it is about".to_owned(), example()));
    }
    for id in &ids {
        if rules.rule(id).is_none() {
            return Err((format!("there is no rule `{id}`"), near(id, rules)));
        }
    }
    // Another tool's comment may follow.
    let reason = reason.split(" # ").next().unwrap_or(reason).trim().trim_start_matches([':', '-']).trim();
    if !reason.contains(char::is_alphanumeric) {
        let fix = format!("write why it is safe here: `# picklegate: allow[{}] reason`", ids.join(", "));
        return Err(("this allow gives no reason, so it allows nothing".to_owned(), fix));
    }
    Ok((ids, reason))
}

fn first_word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or("")
}

/// The rules whose ids are closest to `id`.
fn near(id: &str, rules: &RuleSet) -> String {
    let mut close: Vec<(usize, &str)> =
        rules.all().iter().map(|rule| (distance(id, &rule.id), rule.id.as_str())).filter(|(d, _)| *d <= 3).collect();
    close.sort();
    match close.first() {
        Some((_, best)) => format!("did you mean `{best}`? `picklegate rules list` shows all"),
        None => "`picklegate rules list` shows all rules".to_owned(),
    }
}

/// Levenshtein distance of short words.
fn distance(a: &str, b: &str) -> usize {
    if a.len() > 100 || b.len() > 100 {
        return usize::MAX;
    }
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// The comment of another tool that counts as an allow.
fn foreign(comment: &str, honoured: Honoured) -> Option<&'static str> {
    let lower = comment.to_ascii_lowercase();
    let says = |word: &str, families: &[&str]| {
        lower.match_indices(word).any(|(at, _)| {
            let rest = lower[at + word.len()..].trim_start_matches([':', ' ']);
            let starts = lower[..at].trim_end().ends_with('#');
            let mut codes = rest.split([',', ' ', '#']).filter(|code| is_code(code)).peekable();
            let bare = codes.peek().is_none();
            starts && (bare || codes.any(|code| families.iter().any(|family| code.starts_with(family))))
        })
    };
    if honoured.nosec && says("nosec", &["b3", "b4", "b5", "b6"]) {
        return Some("`# nosec`");
    }
    (honoured.noqa && says("noqa", &["s3", "s5", "s6"])).then_some("`# noqa`")
}

/// Letters, then digits: `S301`.
fn is_code(word: &str) -> bool {
    let digits = word.trim_start_matches(|c: char| c.is_ascii_lowercase());
    !digits.is_empty() && digits.len() < word.len() && digits.bytes().all(|b| b.is_ascii_digit())
}

fn about_comment(
    path: &RepoPath,
    lines: &Lines<'_>,
    text: &str,
    range: TextRange,
    rule: &str,
    message: String,
    fix: String,
) -> Finding {
    Finding {
        path: path.clone(),
        start: lines.position(range.start()),
        end: lines.position(range.end()),
        cell: None,
        scope: String::new(),
        rule: rule.to_owned(),
        about: About::Comment,
        library: String::new(),
        severity: Severity::Warning,
        confidence: Confidence::High,
        message,
        label: String::new(),
        because: Vec::new(),
        fix,
        edit: None,
        excerpt: lines.excerpt(range),
        fingerprint: Fingerprint(format!("{rule} {}", text[range].split_whitespace().collect::<Vec<_>>().join(" "))),
    }
}
