//! The mechanical way out of a finding: what to replace in its file.
//!
//! Knows bytes and positions only. Whether an edit helps is decided where it is made and where it is tried.

use super::Position;
use std::collections::BTreeMap;
use std::ops::Range;

/// A change of the file of a finding, after which the finding is gone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TextEdit {
    /// Whether all data that was harmless is loaded as before.
    pub safe: bool,
    /// At least one; sorted, and apart from each other.
    pub replacements: Vec<Replacement>,
}

/// Some bytes of a file, and what to write there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Replacement {
    /// Bytes of the file.
    pub range: Range<usize>,
    /// Where they start.
    pub start: Position,
    /// Where they end, exclusive.
    pub end: Position,
    /// What to write.
    pub text: String,
}

/// The edits of one file that can be made together.
#[derive(Clone, Debug, Default)]
pub struct Edits {
    /// By start and end, then text: what is inserted at one place goes in in this order.
    replacements: BTreeMap<(usize, usize, String), Replacement>,
}

impl Edits {
    /// Adds all of `edit`, or nothing where one of its replacements is in the way of another.
    pub fn add(&mut self, edit: &TextEdit) -> bool {
        if !edit.replacements.iter().all(|new| self.admits(new)) {
            return false;
        }
        for new in &edit.replacements {
            self.replacements.insert((new.range.start, new.range.end, new.text.clone()), new.clone());
        }
        true
    }

    fn admits(&self, new: &Replacement) -> bool {
        let near = |at: usize| (at, 0, String::new());
        let inserts_lines =
            |replacement: &Replacement| replacement.range.is_empty() && replacement.text.ends_with(['\n', '\r']);
        let before = self.replacements.range(..near(new.range.start)).next_back();
        let before = before.is_none_or(|(_, known)| known.range.end <= new.range.start);
        // What starts where it starts, and what starts inside of it.
        let end = new.range.end.max(new.range.start + 1);
        let mut others = self.replacements.range(near(new.range.start)..near(end)).map(|(_, known)| known);
        // Whole lines go in before what else starts there.
        let inserts_lines =
            |known: &Replacement| known.range.start == new.range.start && (inserts_lines(known) || inserts_lines(new));
        before && others.all(|known| known == new || inserts_lines(known))
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.replacements.is_empty()
    }

    /// What to replace, sorted, and apart from each other.
    pub fn replacements(&self) -> impl Iterator<Item = &Replacement> {
        self.replacements.values()
    }

    /// `source` with the edits made.
    pub fn applied(&self, source: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(source.len());
        let mut done = 0;
        for Replacement { range, text, .. } in self.replacements() {
            out.extend_from_slice(source.get(done..range.start).unwrap_or_default());
            out.extend_from_slice(text.as_bytes());
            done = range.end;
        }
        out.extend_from_slice(source.get(done..).unwrap_or_default());
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(replacements: &[(usize, usize, &str)]) -> TextEdit {
        let place = Position { line: 1, column: 1 };
        let replacement = |&(from, to, text): &(usize, usize, &str)| Replacement {
            range: from..to,
            start: place,
            end: place,
            text: text.into(),
        };
        TextEdit { safe: true, replacements: replacements.iter().map(replacement).collect() }
    }

    fn together(source: &str, all: &[&[(usize, usize, &str)]]) -> (String, Vec<bool>) {
        let mut edits = Edits::default();
        let added = all.iter().map(|one| edits.add(&edit(one))).collect();
        (String::from_utf8(edits.applied(source.as_bytes())).expect("it is ASCII"), added)
    }

    #[test]
    fn edits_that_are_apart_are_made_together() {
        assert_eq!(together("abcdef", &[&[(1, 2, "B")], &[(4, 4, "-"), (5, 6, "")]]), ("aBcd-e".into(), vec![true; 2]));
        assert_eq!(together("ab", &[&[(0, 1, "x")], &[(1, 2, "y")]]), ("xy".into(), vec![true; 2]));
        assert_eq!(together("ab", &[&[(1, 2, "y")], &[(0, 1, "x")]]), ("xy".into(), vec![true; 2]));
    }

    #[test]
    fn the_same_is_done_once_and_lines_go_below_each_other() {
        assert_eq!(together("ab", &[&[(1, 1, "-")], &[(1, 1, "-")]]), ("a-b".into(), vec![true; 2]));
        let lines: &[&[_]] = &[&[(0, 0, "x\n")], &[(0, 0, "w\n")], &[(0, 0, "x\n")]];
        assert_eq!(together("ab", lines), ("w\nx\nab".into(), vec![true; 3]));
    }

    #[test]
    fn of_two_that_are_in_each_others_way_the_first_is_made() {
        for other in [(0, 2, ""), (1, 3, "z"), (2, 2, "i"), (1, 4, "all"), (0, 9, "")] {
            assert_eq!(together("abcdefghi", &[&[(1, 4, "-")], &[(5, 6, "F"), other]]).1, [true, false], "{other:?}");
        }
        assert_eq!(together("ab", &[&[(1, 1, "-")], &[(1, 1, "+")]]), ("a-b".into(), vec![true, false]));
        assert_eq!(together("ab", &[&[(1, 1, "-")], &[(0, 2, "+")]]), ("a-b".into(), vec![true, false]));
    }
}
