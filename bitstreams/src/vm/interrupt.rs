//! Ctrl-C: waits end with an error, so that everything started is ended on the way out.

use anyhow::{Result, bail};
use std::sync::atomic::{AtomicBool, Ordering};

/// Somebody waits and will look.
static WATCHED: AtomicBool = AtomicBool::new(false);
/// The user wants to end.
static ASKED: AtomicBool = AtomicBool::new(false);

/// Exit status of a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// While this lives, Ctrl-C (and a request to terminate) ends the present wait; afterwards it ends this process, as usual.
pub struct Watch;

/// See [`Watch`].
///
/// # Errors
/// When the system refuses.
pub fn watch() -> Result<Watch> {
    let handler = || {
        if WATCHED.load(Ordering::SeqCst) {
            ASKED.store(true, Ordering::SeqCst);
        } else {
            std::process::exit(INTERRUPTED);
        }
    };
    match ctrlc::set_handler(handler) {
        Ok(()) | Err(ctrlc::Error::MultipleHandlers) => {}
        Err(error) => return Err(error.into()),
    }
    WATCHED.store(true, Ordering::SeqCst);
    Ok(Watch)
}

impl Drop for Watch {
    fn drop(&mut self) {
        WATCHED.store(false, Ordering::SeqCst);
        if ASKED.load(Ordering::SeqCst) {
            std::process::exit(INTERRUPTED);
        }
    }
}

/// # Errors
/// When the user wants to end.
pub fn check() -> Result<()> {
    if ASKED.load(Ordering::SeqCst) {
        bail!("interrupted");
    }
    Ok(())
}
