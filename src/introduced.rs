//! What a change introduces: new findings minus old ones, as multisets by fingerprint. Pure.
//!
//! The caller decides which old findings may account for which new ones: those of the same path, or those that left with
//! deleted files for those that came with added ones.

use crate::finding::{Finding, Severity};
use std::collections::BTreeMap;

/// For each of `new`, whether one of `old` accounts for it: equal fingerprint, at least as severe, each used once.
///
/// Of several equal findings, those in the same enclosing scope are paired first, so that the one that is left is the one
/// that was added. Takes time linear in the findings, but for the sorting.
pub fn accounted(new: &[&Finding], old: &[&Finding]) -> Vec<bool> {
    let mut by_scope: BTreeMap<(&str, &str), Pool> = BTreeMap::new();
    for finding in old {
        by_scope.entry((&finding.fingerprint.0, &finding.scope)).or_default().put(finding.severity);
    }
    // The most severe first: the fewest old findings can account for them.
    let mut order: Vec<usize> = (0..new.len()).collect();
    order.sort_by_key(|&i| (std::cmp::Reverse(new[i].severity), i));
    let mut done = vec![false; new.len()];
    for &i in &order {
        if let Some(pool) = by_scope.get_mut(&(new[i].fingerprint.0.as_str(), new[i].scope.as_str())) {
            done[i] = pool.take(new[i].severity);
        }
    }
    let mut anywhere: BTreeMap<&str, Pool> = BTreeMap::new();
    for ((fingerprint, _), left) in by_scope {
        anywhere.entry(fingerprint).or_default().absorb(left);
    }
    for &i in &order {
        if done[i] {
            continue;
        }
        if let Some(pool) = anywhere.get_mut(new[i].fingerprint.0.as_str()) {
            done[i] = pool.take(new[i].severity);
        }
    }
    done
}

/// How many equal old findings are not used yet, by severity.
#[derive(Default)]
struct Pool([usize; 3]);

impl Pool {
    fn put(&mut self, severity: Severity) {
        self.0[severity as usize] += 1;
    }

    /// Uses one that is at least as severe, the least severe of those.
    fn take(&mut self, severity: Severity) -> bool {
        let fitting = self.0[severity as usize..].iter_mut().find(|count| **count > 0);
        fitting.map(|count| *count -= 1).is_some()
    }

    fn absorb(&mut self, other: Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine += theirs;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{About, Confidence, Excerpt, Fingerprint, Position};
    use crate::snapshot::RepoPath;
    use proptest::prelude::*;

    fn finding(fingerprint: &str, scope: &str, severity: Severity) -> Finding {
        let position = Position { line: 1, column: 1 };
        Finding {
            path: RepoPath::from("a.py"),
            start: position,
            end: position,
            cell: None,
            scope: scope.to_owned(),
            rule: "r".to_owned(),
            about: About::Load,
            library: String::new(),
            severity,
            confidence: Confidence::High,
            message: String::new(),
            label: String::new(),
            because: Vec::new(),
            fix: String::new(),
            edit: None,
            excerpt: Excerpt { text: String::new(), first_line: 1, highlight: 0..0 },
            fingerprint: Fingerprint(fingerprint.to_owned()),
        }
    }

    fn left(new: &[Finding], old: &[Finding]) -> Vec<usize> {
        let done = accounted(&new.iter().collect::<Vec<_>>(), &old.iter().collect::<Vec<_>>());
        (0..new.len()).filter(|&i| !done[i]).collect()
    }

    #[test]
    fn a_second_equal_call_is_new_and_it_is_the_one_in_the_new_scope() {
        let old = [finding("x", "f", Severity::Error)];
        let new = [finding("x", "g", Severity::Error), finding("x", "f", Severity::Error)];
        assert_eq!(left(&new, &old), [0]);
        assert!(left(&old, &new).is_empty());
    }

    #[test]
    fn a_finding_that_became_more_severe_is_new() {
        let (note, error) = (finding("x", "f", Severity::Note), finding("x", "f", Severity::Error));
        assert_eq!(left(std::slice::from_ref(&error), std::slice::from_ref(&note)), [0]);
        assert!(left(&[note], &[error]).is_empty());
    }

    fn findings() -> impl Strategy<Value = Vec<Finding>> {
        let severity = prop_oneof![Just(Severity::Note), Just(Severity::Warning), Just(Severity::Error)];
        prop::collection::vec(
            ("[ab]", "[fg]", severity).prop_map(|(x, scope, severity)| finding(&x, &scope, severity)),
            0..8,
        )
    }

    proptest! {
        #[test]
        fn equal_sides_introduce_nothing_in_any_order(
            (old, new) in findings().prop_flat_map(|old| (Just(old.clone()), Just(old).prop_shuffle()))
        ) {
            prop_assert!(left(&new, &old).is_empty());
        }

        #[test]
        fn as_many_are_left_as_are_added(old in findings(), added in findings()) {
            let new: Vec<Finding> = old.iter().chain(&added).cloned().collect();
            prop_assert!(left(&new, &old).len() <= added.len());
            let count = |all: &[Finding], x: &str| all.iter().filter(|f| f.fingerprint.0 == x).count();
            for x in ["a", "b"] {
                let left_of_x = left(&new, &old).iter().filter(|&&i| new[i].fingerprint.0 == x).count();
                prop_assert_eq!(left_of_x, count(&added, x));
            }
        }
    }
}
