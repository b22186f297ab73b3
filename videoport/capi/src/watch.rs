//! Which driver routines run right now, for whoever must say why a driver crashed or does not come back.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

static RUNNING: Mutex<Option<HashMap<ThreadId, (&'static str, Instant)>>> = Mutex::new(None);

thread_local! {
    static ROUTINE: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// The driver routine that runs on this thread. Safe to ask in a signal handler.
pub fn running_here() -> Option<&'static str> {
    ROUTINE.get()
}

/// The driver routine that has run longest, on any thread, and for how long.
pub fn longest_running() -> Option<(&'static str, Duration)> {
    let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    let oldest = running.as_ref()?.values().min_by_key(|(_, since)| *since)?;
    Some((oldest.0, oldest.1.elapsed()))
}

/// Notes that a driver routine runs while `body` does.
pub(crate) fn during<R>(routine: &'static str, body: impl FnOnce() -> R) -> R {
    struct Leave(Option<&'static str>);
    impl Drop for Leave {
        fn drop(&mut self) {
            ROUTINE.set(self.0);
            if self.0.is_none() {
                let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(running) = running.as_mut() {
                    running.remove(&std::thread::current().id());
                }
            }
        }
    }
    let outer = ROUTINE.replace(Some(routine));
    if outer.is_none() {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        running
            .get_or_insert_default()
            .insert(std::thread::current().id(), (routine, Instant::now()));
    }
    let _leave = Leave(outer);
    body()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outer_routine_counts_and_ends() {
        during("outer", || {
            during("inner", || assert_eq!(running_here(), Some("inner")));
            assert_eq!(running_here(), Some("outer"));
            assert!(longest_running().is_some());
        });
        assert_eq!(running_here(), None);
    }
}
