//! How far a scan has come, for whoever wants to show it.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Files judged, and files to judge. Another thread may look at it meanwhile.
#[derive(Debug, Default)]
pub struct Counter {
    done: AtomicUsize,
    total: AtomicUsize,
}

impl Counter {
    /// Files judged so far.
    pub fn done(&self) -> usize {
        self.done.load(Ordering::Relaxed)
    }

    /// Files to judge; 0 while they are being listed.
    pub fn total(&self) -> usize {
        self.total.load(Ordering::Relaxed)
    }

    pub(super) fn expect(&self, files: usize) {
        self.total.store(files, Ordering::Relaxed);
    }

    pub(super) fn advance(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }
}
