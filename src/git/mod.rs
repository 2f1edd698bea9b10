//! Git repositories as snapshots: `HEAD`, the index, commits and ranges, and what changed between two of them.
//!
//! It must not know what a Python file is, write, run anything (one exception: `git rev-parse` for a ref of a reftable
//! repository), or read the process environment: what matters of that comes in as an [`Environment`]. Blobs are read
//! only when a snapshot is asked for them.
//!
//! ```no_run
//! use picklegate::git::{Environment, FILE_LIMIT, Repository};
//! let environment = Environment::from_variables(std::env::vars_os());
//! let repository = Repository::discover(".".as_ref(), &environment, FILE_LIMIT)?;
//! for change in repository.staged()?.changes {
//!     println!("{}", change.path);
//! }
//! # Ok::<(), picklegate::git::GitError>(())
//! ```
//!
//! What is staged is what `git commit` will record: `GIT_INDEX_FILE` is obeyed (`commit -a`, `commit PATH`), entries
//! only intended to be added are left out, and a directory's tree is taken from the index's cache-tree where git takes
//! it from there. What `git` itself gets wrong is not copied: a `HEAD` whose commit is missing, half an index file or an
//! unknown repository extension is an error, and replace refs are not followed.

mod cache_tree;
mod config;
mod entries;
mod environment;
mod error;
mod files;
mod index;
mod objects;
mod refs;
mod reftable;
mod repository;
mod revisions;
mod split_index;
mod staged;
mod tree;
mod walk;

pub use environment::Environment;
pub use error::GitError;
pub use repository::{HooksDirectory, Repository};

/// The largest file, in bytes, that snapshots read unless told otherwise.
pub const FILE_LIMIT: u64 = 64 << 20;
