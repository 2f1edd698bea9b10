//! What the hits of one file are worth, once it is known where their data comes from and what stands before them.
//!
//! Only hits are looked at: a file without any costs nothing.

use super::collect::Site;
use super::matching::Hit;
use super::origin::{self, Sources, Trail};
use super::resolve::Resolver;
use super::wrapper::Wrappers;
use super::{guard, lines::Lines};
use crate::rules::RuleSet;
use crate::snapshot::RepoPath;
use ruff_python_ast::Stmt;

/// What one file is weighed with.
pub(super) struct Weighing<'a, 'c> {
    /// The file, for reasons that name a line of it.
    pub path: &'c RepoPath,
    pub lines: &'c Lines<'a>,
    pub resolver: Resolver<'a, 'c>,
    pub wrappers: Wrappers,
    /// All that is called, read and passed on in the file.
    pub sites: &'c [Site<'a>],
    pub rules: &'c RuleSet,
    /// The names that say where data comes from, made when they are asked for first.
    pub sources: &'c dyn Fn() -> &'c Sources<'c>,
    /// What was found out about origins so far.
    pub trail: Trail<'a>,
    /// The statements of the file.
    pub body: &'a [Stmt],
    pub guards: guard::Memory<'a, 'c>,
}

impl<'a> Weighing<'a, '_> {
    /// Gives each of `hits` the reasons that lie in its data and in what stands before it, and the severity they call for.
    pub fn weigh(&mut self, hits: &mut [Hit<'a>]) {
        for hit in hits {
            let Some(origins) = self.origins_of(hit) else {
                guard::judge(self, hit);
                continue;
            };
            hit.severity = hit.from_afar.filter(|_| origins.is_remote()).unwrap_or(hit.severity);
            origin::explain(self, hit, &origins);
            guard::judge(self, hit);
            hit.because.sort_by_key(|reason| reason.ground);
            let parameters: Vec<_> = origins.parameters().collect();
            self.note_wrappers(hit, &parameters);
        }
    }
}
