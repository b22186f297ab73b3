//! Calls into the miniport: what must be as before when it comes back.
//!
//! A callback that forgets to release a lock, or comes back at another level, does its damage later and somewhere else.
//! So the port looks when it returns: the level is put back, and whatever was kept becomes a finding that names the
//! callback.

use crate::platform::Platform;
use crate::port::VideoPort;
use crate::services::Service;
use crate::strict::FindingKind;

impl<P: Platform> VideoPort<'_, P> {
    /// Runs a callback of the miniport and looks at what it leaves behind. The device lock is looked after by
    /// [`VideoPort::with_device_lock`].
    pub(crate) fn call_out<R>(&self, callback: Service, body: impl FnOnce() -> R) -> R {
        let irql = self.platform.irql();
        let held = self.spin_locks_held();
        let result = body();
        let kept = self.spin_locks_held().saturating_sub(held);
        if kept != 0 {
            let count = u32::try_from(kept).unwrap_or(u32::MAX);
            self.note(callback, FindingKind::LockKept { count }, 0);
        }
        let left = self.platform.irql();
        if left != irql {
            self.note(callback, FindingKind::LevelKept { irql: left }, 0);
            self.platform.set_irql(irql);
        }
        result
    }
}
