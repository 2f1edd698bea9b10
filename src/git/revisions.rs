//! Revisions and ranges of them: what a name like `HEAD~2` or `v1.0` stands for, and where two histories part.

use super::error::reason;
use super::objects::Objects;
use super::tree::TreeSnapshot;
use super::{GitError, Repository, files, reftable};
use crate::snapshot::{Comparison, Snapshot, changes};
use gix::hash::{ObjectId, oid};
use gix::objs::Kind;
use std::collections::BTreeSet;
use std::sync::Arc;

impl Repository {
    /// The tree of a revision: of a commit, a tag, or a tree itself.
    ///
    /// Understood are refs, ids and their abbreviations, what `git describe` prints, `@`, and behind any of them `~<n>`,
    /// `^<n>`, `^{commit}`, `^{tree}` and `^{}`.
    ///
    /// # Errors
    /// The revision names nothing, or what it names cannot be read.
    pub fn revision(&self, revision: &str) -> Result<Box<dyn Snapshot>, GitError> {
        let id = self.resolve(revision)?;
        let (kind, _) = self.objects.read_any(&id).map_err(|error| error.of(revision))?;
        let tree = if kind == Kind::Tree { id } else { self.commit(revision, &id)?.1 };
        Ok(self.tree(tree))
    }

    /// What `to` adds to the history it shares with `from`: the tree of `to` against that of their merge base.
    ///
    /// # Errors
    /// Either names no commit, what they name cannot be read, or they share no history.
    pub fn range(&self, from: &str, to: &str) -> Result<Comparison, GitError> {
        let (old, _) = self.commit(from, &self.resolve(from)?)?;
        let (new, new_tree) = self.commit(to, &self.resolve(to)?)?;
        let base = self.merge_base((from, old), (to, new))?;
        let (_, base_tree) = self.objects.commit(&base).map_err(|error| error.of("merge base"))?;
        let (old, new) = (self.tree(base_tree), self.tree(new_tree));
        let changes = changes(&*old, &*new)?;
        Ok(Comparison { parents: vec![old], new, changes })
    }

    fn tree(&self, root: ObjectId) -> Box<dyn Snapshot> {
        Box::new(TreeSnapshot::new(Arc::clone(&self.objects), root))
    }

    fn commit(&self, revision: &str, id: &oid) -> Result<(ObjectId, ObjectId), GitError> {
        self.objects.commit(id).map_err(|error| error.of(revision))
    }

    fn merge_base(&self, (from, old): (&str, ObjectId), (to, new): (&str, ObjectId)) -> Result<ObjectId, GitError> {
        let boundary = self.shallow_boundary()?;
        let shallow = !boundary.is_empty();
        let history = History { objects: &self.objects, boundary };
        let mut graph = gix::revwalk::Graph::new(history, None);
        let bases = gix::revision::plumbing::merge_base(old, &[new], &mut graph).map_err(|error| GitError::Object {
            name: format!("{from}...{to}"),
            problem: reason(&error),
            hint: "`git fsck` lists what else is missing or damaged".into(),
        })?;
        // Of several, the first is the best, and the one that `git diff from...to` takes.
        bases.map(|bases| bases.head).ok_or_else(|| GitError::NoMergeBase { from: from.into(), to: to.into(), shallow })
    }

    /// The commits whose parents a shallow clone left out.
    fn shallow_boundary(&self) -> Result<BTreeSet<ObjectId>, GitError> {
        let path = self.common_dir.join("shallow");
        let content = files::read_small(&path)?.unwrap_or_default();
        let broken = |_| GitError::Broken { path: path.clone(), problem: "expected one object id on each line".into() };
        let lines = content.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| ObjectId::from_hex(line.trim_ascii_end()).map_err(broken)).collect()
    }

    /// The object that a revision stands for.
    fn resolve(&self, revision: &str) -> Result<ObjectId, GitError> {
        let wrong = |problem: &str| GitError::Revision { revision: revision.into(), problem: problem.into() };
        if self.config.reftable {
            return reftable::resolve(self, revision)?.ok_or_else(|| wrong("there is no such revision"));
        }
        if revision.contains("@{") || revision.contains("..") || revision.contains([':', '\0']) {
            return Err(wrong("only one ref or id is understood, followed by ~<n>, ^<n> or ^{commit}"));
        }
        let (name, mut steps) = revision.split_at(revision.find(['~', '^']).unwrap_or(revision.len()));
        let mut id = self.named(name, &wrong)?;
        while let Some(step) = steps.chars().next() {
            steps = &steps[1..];
            if let Some(rest) = steps.strip_prefix('{').filter(|_| step == '^') {
                let (kind, rest) = rest.split_once('}').ok_or_else(|| wrong("a `{` is not closed"))?;
                steps = rest;
                id = self.peel(revision, id, kind).unwrap_or_else(|| Err(wrong("unknown kind of object behind ^")))?;
                continue;
            }
            let digits = steps.len() - steps.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (number, rest) = steps.split_at(digits);
            let number = if number.is_empty() { Ok(1) } else { number.parse::<u32>() };
            let number = number.map_err(|_| wrong("the number is too large"))?;
            steps = rest;
            id = match step {
                '^' => self.parent(revision, id, number)?,
                '~' => (0..number).try_fold(id, |id, _| self.parent(revision, id, 1))?,
                _ => return Err(wrong("only ~<n>, ^<n> and ^{commit} are understood behind a name")),
            };
        }
        Ok(id)
    }

    /// What a name without any navigation stands for, tried in git's order.
    fn named(&self, name: &str, wrong: &dyn Fn(&str) -> GitError) -> Result<ObjectId, GitError> {
        if name == "@" || name == "HEAD" {
            return self.head()?.ok_or_else(|| wrong("there is no commit yet"));
        }
        if let Some(id) = ObjectId::from_hex(name.as_bytes()).ok().filter(|id| id.kind() == self.config.hash) {
            return Ok(id);
        }
        if let Some(id) = self.reference(name)? {
            return Ok(id);
        }
        let described = name.rsplit_once("-g").map(|(_, hex)| hex);
        for hex in described.into_iter().chain([name]) {
            let Some(prefix) = self.abbreviation(hex) else { continue };
            let mut ids = self.objects.starting_with(prefix).map_err(|error| error.of(name))?;
            if ids.len() > 1 {
                ids.retain(|id| self.objects.commit(id).is_ok());
            }
            match *ids {
                [] => {}
                [id] => return Ok(id),
                _ => return Err(wrong("more than one object starts with this")),
            }
        }
        Err(wrong("there is no such ref or object here"))
    }

    /// The beginning of an id.
    fn abbreviation(&self, hex: &str) -> Option<gix::hash::Prefix> {
        let filled = format!("{hex:0<width$}", width = self.config.hash.len_in_hex());
        let id = ObjectId::from_hex(filled.as_bytes()).ok().filter(|id| id.kind() == self.config.hash)?;
        gix::hash::Prefix::new(&id, hex.len()).ok()
    }

    /// Follows `^{kind}`; `None` if there is no such kind.
    fn peel(&self, revision: &str, id: ObjectId, kind: &str) -> Option<Result<ObjectId, GitError>> {
        let is_tree = || self.objects.read_any(&id).is_ok_and(|(kind, _)| kind == Kind::Tree);
        match kind {
            "object" => Some(Ok(id)),
            "" | "tree" if is_tree() => Some(Ok(id)),
            "" | "commit" => Some(self.commit(revision, &id).map(|(commit, _)| commit)),
            "tree" => Some(self.commit(revision, &id).map(|(_, tree)| tree)),
            _ => None,
        }
    }

    /// The `number`th parent; the commit itself for 0.
    fn parent(&self, revision: &str, id: ObjectId, number: u32) -> Result<ObjectId, GitError> {
        let (commit, _) = self.commit(revision, &id)?;
        let Some(position) = number.checked_sub(1) else { return Ok(commit) };
        let (_, content) = self.objects.read_any(&commit).map_err(|error| error.of(revision))?;
        let parents = gix::objs::CommitRefIter::from_bytes(&content, self.config.hash).parent_ids();
        parents.into_iter().nth(position as usize).ok_or_else(|| GitError::Revision {
            revision: revision.into(),
            problem: format!("commit {commit} has fewer than {number} parents"),
        })
    }
}

/// Commits as the history walk needs them: those at the boundary of a shallow clone have no parents, and a commit that
/// is missing all the same is an error, where gix would take the history to end there.
struct History<'a> {
    objects: &'a Objects,
    boundary: BTreeSet<ObjectId>,
}

impl gix::objs::Find for History<'_> {
    fn try_find<'b>(&self, id: &oid, buffer: &'b mut Vec<u8>) -> gix::Result<Option<gix::objs::Data<'b>>> {
        let (kind, content) = self.objects.read_any(id).map_err(gix::Error::from_error)?;
        *buffer = content;
        if self.boundary.contains(id) {
            *buffer = without_parents(buffer);
        }
        Ok(Some(gix::objs::Data::new(buffer, kind, self.objects.hash)))
    }
}

/// A commit object with its `parent` lines, which follow the `tree` line, left out.
fn without_parents(commit: &[u8]) -> Vec<u8> {
    let mut lines = commit.split_inclusive(|byte| *byte == b'\n');
    let mut kept: Vec<u8> = lines.next().unwrap_or_default().to_vec();
    kept.extend(lines.skip_while(|line| line.starts_with(b"parent ")).flatten());
    kept
}
