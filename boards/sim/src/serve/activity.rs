//! Whether a client is there and whether simulated time passes, for somebody who watches.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Written by the server, read by whoever likes. Each value is true for itself; nothing is ordered by them.
#[derive(Debug, Default)]
pub struct Activity {
    connected: AtomicBool,
    clients: AtomicU64,
    running: AtomicBool,
}

impl Activity {
    /// A client has accessed the card and not left since.
    pub fn is_client_connected(&self) -> bool {
        self.connected.load(Ordering::Relaxed)
    }

    /// Clients that have accessed the card so far, the present one included.
    pub fn client_count(&self) -> u64 {
        self.clients.load(Ordering::Relaxed)
    }

    /// Simulated time passes without the client asking for anything; else it stands still between accesses.
    pub fn is_clock_running(&self) -> bool {
        self.running.load(Ordering::Relaxed)
    }

    pub(super) fn client_seen(&self) {
        if !self.connected.swap(true, Ordering::Relaxed) {
            self.clients.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn client_left(&self) {
        self.connected.store(false, Ordering::Relaxed);
    }

    pub(super) fn set_running(&self, running: bool) {
        self.running.store(running, Ordering::Relaxed);
    }
}
