//! A progress bar beside work that blocks: a thread looks at a counter of the board.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Nothing is drawn for work shorter than this.
const QUIET: Duration = Duration::from_secs(1);
const LOOK: Duration = Duration::from_millis(100);

/// Runs `work`; when it takes longer than a second a bar shows `position()` of `total`.
pub fn with_bar<R>(
    what: &str,
    total: u64,
    position: impl Fn() -> u64 + Send + 'static,
    work: impl FnOnce() -> R,
) -> R {
    let done = Arc::new(AtomicBool::new(false));
    let watcher = watch(what.to_owned(), total, position, Arc::clone(&done));
    let result = work();
    done.store(true, Ordering::SeqCst);
    // A bar that died must not take the work with it.
    let _ = watcher.join();
    result
}

fn watch(
    what: String,
    total: u64,
    position: impl Fn() -> u64 + Send + 'static,
    done: Arc<AtomicBool>,
) -> JoinHandle<()> {
    thread::spawn(move || {
        let start = Instant::now();
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template(
            "  {msg:<22} [{wide_bar}] {percent:>3} %  {elapsed} left {eta}",
        ) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(what);
        while !done.load(Ordering::SeqCst) {
            if start.elapsed() > QUIET {
                bar.set_draw_target(ProgressDrawTarget::stderr());
                bar.set_position(position().min(total));
            }
            thread::sleep(LOOK);
        }
        bar.finish_and_clear();
    })
}
