//! Refs: what `HEAD` is, what is being merged, what a name stands for.

use super::error::reason;
use super::{GitError, Repository, files, reftable};
use gix::hash::ObjectId;
use gix::refs::{FullName, PartialNameRef, Target, file::Store};

/// Git follows five symbolic refs in a row; more can only be a loop.
const MAX_SYMBOLIC: usize = 8;

impl Repository {
    /// The object `HEAD` stands for; `None` before the first commit.
    pub(super) fn head(&self) -> Result<Option<ObjectId>, GitError> {
        if self.config.reftable {
            return reftable::resolve(self, "HEAD");
        }
        let broken = |problem: &str| GitError::Reference { name: "HEAD".into(), problem: problem.into() };
        match self.follow("HEAD")? {
            Some(Followed::Object(id)) => Ok(Some(id)),
            Some(Followed::Unborn) => Ok(None),
            None => Err(broken("it is missing")),
        }
    }

    /// The branch that is checked out, also before its first commit.
    pub(super) fn branch(&self) -> Option<FullName> {
        let head = self.ref_store().try_find("HEAD").ok()??;
        match head.target {
            Target::Symbolic(name) => Some(name),
            Target::Object(_) => None,
        }
    }

    /// The object that a ref name, short or full, stands for; `None` where there is no such ref.
    pub(super) fn reference(&self, name: &str) -> Result<Option<ObjectId>, GitError> {
        if <&PartialNameRef>::try_from(name).is_err() {
            return Ok(None);
        }
        match self.follow(name)? {
            Some(Followed::Object(id)) => Ok(Some(id)),
            Some(Followed::Unborn) | None => Ok(None),
        }
    }

    /// The commits being merged besides `HEAD`: by a merge that waits to be committed, or by a running `git merge`.
    pub(super) fn merge_heads(&self) -> Result<Vec<ObjectId>, GitError> {
        let path = self.git_dir.join("MERGE_HEAD");
        let content = files::read_small(&path)?.unwrap_or_default();
        let broken = || GitError::Broken { path: path.clone(), problem: "expected one object id on each line".into() };
        let mut ids = Vec::new();
        for line in content.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            ids.push(ObjectId::from_hex(line.trim_ascii_end()).map_err(|_| broken())?);
        }
        let running = self.environment.merge_heads.iter().filter_map(|id| ObjectId::from_hex(id.as_bytes()).ok());
        ids.extend(running.filter(|id| id.kind() == self.config.hash));
        Ok(ids)
    }

    /// Follows symbolic refs; `None` where the first name is no ref.
    fn follow(&self, name: &str) -> Result<Option<Followed>, GitError> {
        let store = self.ref_store();
        let broken = |problem: String| GitError::Reference { name: name.to_owned(), problem };
        let Some(mut found) = store.try_find(name).map_err(|error| broken(reason(&error)))? else { return Ok(None) };
        for _ in 0..MAX_SYMBOLIC {
            let target = match found.target {
                Target::Object(id) if id.kind() == self.config.hash => return Ok(Some(Followed::Object(id))),
                Target::Object(id) => return Err(broken(format!("{id} is not a {} id", self.config.hash))),
                Target::Symbolic(target) => target,
            };
            match store
                .try_find(target.as_ref())
                .map_err(|error| broken(format!("{}: {}", target.as_bstr(), reason(&error))))?
            {
                Some(next) => found = next,
                None => return Ok(Some(Followed::Unborn)),
            }
        }
        Err(broken("symbolic refs that point to each other".into()))
    }

    fn ref_store(&self) -> Store {
        let (git_dir, common_dir) = (self.git_dir.clone(), self.common_dir.clone());
        if git_dir == common_dir {
            return Store::at(git_dir, self.config.hash);
        }
        Store::for_linked_worktree(git_dir, common_dir, self.config.hash)
    }
}

/// Where a chain of symbolic refs ends.
enum Followed {
    /// At an object.
    Object(ObjectId),
    /// At the name of a branch that does not exist yet.
    Unborn,
}
