//! One line on the terminal for work that takes long, erased at the end.

use super::output;
use crate::gate::Counter;
use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Work that is done sooner shows nothing.
const PATIENCE: Duration = Duration::from_millis(300);

/// Between two looks at the counter.
const PAUSE: Duration = Duration::from_millis(100);

/// Watches a counter, if standard error is a terminal.
pub struct Progress {
    counter: Arc<Counter>,
    watcher: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// Starts watching.
    pub fn start() -> Self {
        let counter = Arc::new(Counter::default());
        let watcher = std::io::stderr().is_terminal().then(|| {
            let (sender, receiver) = channel();
            let watched = Arc::clone(&counter);
            let watch = move || {
                let mut pause = PATIENCE;
                while receiver.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                    output::say(&format!("\r\u{1b}[K{}", describe(&watched)));
                    pause = PAUSE;
                }
                if pause == PAUSE {
                    output::say("\r\u{1b}[K");
                }
            };
            (sender, std::thread::spawn(watch))
        });
        Self { counter, watcher }
    }

    /// What the work counts in.
    pub fn counter(&self) -> &Counter {
        &self.counter
    }

    /// Erases the line, if there is one.
    pub fn stop(self) {
        if let Some((sender, thread)) = self.watcher {
            drop(sender);
            let _ = thread.join();
        }
    }
}

fn describe(counter: &Counter) -> String {
    match (counter.done(), counter.total()) {
        (_, 0) => "listing files".into(),
        (done, total) if done < total => format!("judging files: {done} of {total}"),
        _ => "reading manifests".into(),
    }
}
