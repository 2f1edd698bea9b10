//! Git repositories as snapshots, with `git` itself as the oracle: what it commits is what we must see.

mod commits;
mod faults;
mod indexes;
mod places;
mod revisions;
mod support;
