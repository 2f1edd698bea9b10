//! `picklegate rules explain`: all that is known of a rule, or of all whose ids fit a pattern.

use super::in_force;
use crate::cli::arguments::ExplainArguments;
use crate::cli::{Failure, judging, output};
use crate::gate::Outcome;
use crate::report::{printable, rule_explanation, rule_page};
use crate::rules::{Rule, RuleSet, any_glob_matches};
use crate::snapshot::RepoPath;

/// Ids that are written in another way than these by no more than so many letters are suggested.
const MAX_DISTANCE: usize = 4;

/// Prints the rules that the arguments name.
pub fn run(arguments: &ExplainArguments) -> Result<Outcome, Failure> {
    let id = arguments.id.as_str();
    let builtin = RuleSet::builtin_with_examples();
    // What is built in needs no repository, and no configuration that can be understood.
    let mut rules = judging::with_files(builtin, &arguments.rules)?;
    if is_pattern(id) || rules.rule(id).is_none() && about_comments(id).is_none() {
        rules = in_force(RuleSet::builtin_with_examples(), &arguments.rules)?;
    }
    if let Some(text) = about_comments(id) {
        output::print(text)?;
        return Ok(Outcome::Clean);
    }
    let found: Vec<&Rule> = match is_pattern(id) {
        true => rules.all().into_iter().filter(|rule| fits(&rule.id, id)).collect(),
        false => rules.rule(id).into_iter().collect(),
    };
    if found.is_empty() {
        return Err(unknown(id, &rules));
    }
    let explain = |rule: &Rule| match arguments.markdown {
        true => rule_page(&rules, rule),
        false => rule_explanation(&rules, rule),
    };
    let texts: Vec<String> = found.into_iter().map(explain).collect();
    output::print(texts.join("\n\n"))?;
    Ok(Outcome::Clean)
}

fn is_pattern(id: &str) -> bool {
    id.contains(['*', '?'])
}

fn fits(id: &str, pattern: &str) -> bool {
    any_glob_matches(&[pattern.replace('/', "")], &RepoPath::from(id))
}

fn unknown(id: &str, rules: &RuleSet) -> Failure {
    let all = "`picklegate rules list` names them all";
    let shown = printable(id);
    if is_pattern(id) {
        return Failure::new(format!("{shown}: no rule has such an id")).hint(all);
    }
    let failure = Failure::new(format!("{shown}: there is no such rule"));
    let ids = || rules.all().into_iter().map(|rule| rule.id.as_str()).chain(["malformed-allow", "unused-allow"]);
    let mut near: Vec<(usize, &str)> = ids().map(|known| (distance(id, known), known)).collect();
    near.sort_unstable();
    let mut likely: Vec<&str> = near
        .iter()
        .take_while(|(far, _)| *far <= MAX_DISTANCE.min(id.len() / 2))
        .map(|(_, known)| *known)
        .take(3)
        .collect();
    if likely.is_empty() && !id.is_empty() {
        likely = ids().filter(|known| known.contains(id)).take(8).collect();
    }
    match likely.as_slice() {
        [] => failure.hint(all),
        likely => failure.hint(format!("there is {}; {all}", likely.join(", "))),
    }
}

/// How many letters must be written otherwise, added or left out.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    // Nobody types a longer id by mistake.
    let a: Vec<char> = a.chars().take(100).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.iter().enumerate() {
        let mut before = i;
        row[0] = i + 1;
        for (j, other) in b.iter().enumerate() {
            let changed = before + usize::from(letter != other);
            before = row[j + 1];
            row[j + 1] = changed.min(before + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

/// What is to be said of the findings that are about comments and belong to no rule.
fn about_comments(id: &str) -> Option<&'static str> {
    match id {
        "unused-allow" => Some(UNUSED_ALLOW),
        "malformed-allow" => Some(MALFORMED_ALLOW),
        _ => None,
    }
}

const UNUSED_ALLOW: &str = "\
warning[unused-allow]: a comment allows what is not there

A `# picklegate: allow[rule]` comment stands in a line where the rule finds nothing,
or names a rule that does not exist. Left behind, it would allow what somebody
writes into that line later.

fix
  remove the comment, or correct the name of the rule
";

const MALFORMED_ALLOW: &str = "\
warning[malformed-allow]: a comment starts as an allow comment, but is none

It allows nothing. The form is

  # picklegate: allow[pickle-load] cache file written by this process

with the ids of the rules in the brackets, separated by commas, and a reason after them.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_differ_are_counted() {
        for (a, b, far) in [("", "", 0), ("torch-load", "torch-load", 0), ("troch-load", "torch-load", 2), ("a", "", 1)]
        {
            assert_eq!((distance(a, b), distance(b, a)), (far, far), "{a} {b}");
        }
    }

    #[test]
    fn what_is_nearest_is_suggested() {
        let hint = |id| unknown(id, &RuleSet::builtin()).hints.remove(0);
        assert!(hint("pickle-laod").starts_with("there is pickle-load"), "{}", hint("pickle-laod"));
        assert!(hint("unused-alow").starts_with("there is unused-allow;"));
        assert!(hint("numpy").contains("numpy-load"), "{}", hint("numpy"));
        assert!(hint("zzzzzzzzzzzz").starts_with("`picklegate rules list`"));
        assert!(hint("*zzz").starts_with("`picklegate rules list`"));
    }
}
