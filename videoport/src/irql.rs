//! The interrupt request level of a thread, and what it means here.
//!
//! The platform stores one level per thread; this module raises and lowers it. Lowering is where things that were
//! held back happen: below device level a pending interrupt is delivered, below `DISPATCH_LEVEL` queued DPCs run.
//!
//! Source: IRQL rules of the video port contract; the device level's number is ours, as it is machine-specific.

use crate::platform::Platform;
use crate::port::VideoPort;
use crate::services::Service;

/// Ordinary thread code.
pub const PASSIVE_LEVEL: u8 = 0;
/// Asynchronous procedure calls.
pub const APC_LEVEL: u8 = 1;
/// DPCs, timers, spin locks: no waiting, no paged memory.
pub const DISPATCH_LEVEL: u8 = 2;
/// The interrupt routine and what is synchronised with it.
pub const DEVICE_LEVEL: u8 = 5;
/// Everything is held back.
pub const HIGH_LEVEL: u8 = 15;

impl<P: Platform> VideoPort<'_, P> {
    /// `VideoPortGetCurrentIrql`: the calling thread's level. Any IRQL.
    pub fn get_current_irql(&self) -> u8 {
        let _ = self.enter(Service::GetCurrentIrql);
        self.platform.irql()
    }

    /// Runs `body` at least at `level`, then lowers again and delivers what waited.
    pub(crate) fn at_level<R>(&self, level: u8, body: impl FnOnce() -> R) -> R {
        let old = self.raise(level);
        let result = body();
        self.lower(old);
        result
    }

    /// Raises the thread to `level` (never lowers) and returns the level before.
    pub(crate) fn raise(&self, level: u8) -> u8 {
        let old = self.platform.irql();
        if level > old {
            self.platform.set_irql(level);
        }
        old
    }

    /// Goes back to `level` and delivers what was held back.
    pub(crate) fn lower(&self, level: u8) {
        self.platform.set_irql(level);
        self.deliver();
    }
}
