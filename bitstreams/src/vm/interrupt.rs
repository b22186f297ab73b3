//! Ctrl-C: waits end with an error, so that everything started is ended on the way out.

use anyhow::{Result, bail};
use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C (and a request to terminate) ends the present wait instead of this process. Takes effect once.
///
/// # Errors
/// When the system refuses.
pub fn watch() -> Result<()> {
    match ctrlc::set_handler(|| ASKED.store(true, Ordering::SeqCst)) {
        Ok(()) | Err(ctrlc::Error::MultipleHandlers) => Ok(()),
        Err(error) => Err(error.into()),
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
