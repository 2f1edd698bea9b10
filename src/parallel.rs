//! The only threads: one loop over independent items.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Below this many items for each thread, starting it costs more than it saves.
const WORTH_A_THREAD: usize = 16;

/// Applies `work` to each of `items`, on as many threads as are worth it, and gives the results in the order of the items.
pub(crate) fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let worth = items.len().div_ceil(WORTH_A_THREAD);
    let threads = if worth < 2 { 1 } else { std::thread::available_parallelism().map_or(1, NonZero::get).min(worth) };
    if threads == 1 {
        return items.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let take = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { return done };
            done.push((at, work(item)));
        }
    };
    let mut results: Vec<(usize, R)> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(take)).collect();
        let mut results = take();
        results.extend(others.into_iter().flat_map(|thread| thread.join().expect("work does not panic")));
        results
    });
    results.sort_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn results_keep_the_order_of_the_items() {
        let items: Vec<usize> = (0..1000).collect();
        assert_eq!(super::in_parallel(&items, |i| i * 2), items.iter().map(|i| i * 2).collect::<Vec<_>>());
        assert!(super::in_parallel(&[] as &[usize], |i| *i).is_empty());
    }
}
