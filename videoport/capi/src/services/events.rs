//! Events and spin locks. A `PEVENT` is a real `ENG_EVENT`; a `PSPIN_LOCK` is a handle in the shape of a pointer.

use lumenport_videoport::types::Timeout;
use lumenport_videoport::{Event, EventFlags, SpinLock, VpStatus};

use super::{FOREIGN, INVALID_PARAMETER, NO_ERROR, device_services};
use crate::abi::Pointer;
use crate::device::Device;
use crate::process;

/// The event C points to. What is none becomes a handle that names nothing, so that the port reports it.
fn event(device: &Device, at: Pointer) -> Option<Event> {
    device
        .event(at.addr())
        .or_else(|| Event::from_raw(FOREIGN | 4))
}

/// The spin lock C holds, likewise.
fn lock(raw: Pointer) -> Option<SpinLock> {
    SpinLock::from_raw(raw.addr()).or_else(|| SpinLock::from_raw(FOREIGN | 5))
}

device_services! {
    /// `VideoPortCreateEvent`.
    fn VideoPortCreateEvent[CreateEvent](device, event_flag: u32, unused: Pointer, event: *mut Pointer) -> u32,
        else INVALID_PARAMETER => {
        if !unused.is_null() || !process::put(event.cast::<usize>(), 0) {
            return INVALID_PARAMETER;
        }
        match device.port().create_event(EventFlags(event_flag)) {
            Ok(made) => {
                let at = device.publish_event(made, event_flag);
                process::put(event.cast::<usize>(), at);
                NO_ERROR
            }
            Err(status) => status.0,
        }
    }

    /// `VideoPortDeleteEvent`: 87 for what is no event.
    fn VideoPortDeleteEvent[DeleteEvent](device, event: Pointer) -> u32, else INVALID_PARAMETER => {
        let Some(named) = self::event(device, event) else {
            return INVALID_PARAMETER;
        };
        let status = device.port().delete_event(named);
        if status.is_success() {
            device.retire_event(event.addr());
        }
        status.0
    }

    /// `VideoPortSetEvent`: nonzero when it was signalled before.
    fn VideoPortSetEvent[SetEvent](device, event: Pointer) -> i32, else 0 => {
        self::event(device, event).map_or(0, |event| i32::from(device.port().set_event(event)))
    }

    /// `VideoPortClearEvent`.
    fn VideoPortClearEvent[ClearEvent](device, event: Pointer), else () => {
        if let Some(event) = self::event(device, event) {
            device.port().clear_event(event);
        }
    }

    /// `VideoPortReadStateEvent`: nonzero while signalled.
    fn VideoPortReadStateEvent[ReadStateEvent](device, event: Pointer) -> i32, else 0 => {
        self::event(device, event).map_or(0, |event| i32::from(device.port().read_state_event(event)))
    }

    /// `VideoPortWaitForSingleObject`: 0, 258 when the time was over first, 87 for what is no event or a bad timeout.
    fn VideoPortWaitForSingleObject[WaitForSingleObject](device, object: Pointer, timeout: *mut i64) -> u32,
        else INVALID_PARAMETER => {
        let ticks = if timeout.is_null() {
            None
        } else {
            let Some(ticks) = process::get(timeout.cast_const()) else {
                return INVALID_PARAMETER;
            };
            Some(ticks)
        };
        let Some(event) = self::event(device, object) else {
            return INVALID_PARAMETER;
        };
        device.port().wait_for_single_object(event, Timeout::from_large_integer(ticks)).0
    }

    /// `VideoPortCreateSpinLock`.
    fn VideoPortCreateSpinLock[CreateSpinLock](device, spin_lock: *mut Pointer) -> u32, else INVALID_PARAMETER => {
        if !process::put(spin_lock.cast::<usize>(), 0) {
            return INVALID_PARAMETER;
        }
        match device.port().create_spin_lock() {
            Ok(made) => {
                process::put(spin_lock.cast::<usize>(), made.raw());
                NO_ERROR
            }
            Err(status) => status.0,
        }
    }

    /// `VideoPortDeleteSpinLock`.
    fn VideoPortDeleteSpinLock[DeleteSpinLock](device, spin_lock: Pointer) -> u32, else INVALID_PARAMETER => {
        lock(spin_lock).map_or(VpStatus::ERROR_INVALID_PARAMETER, |lock| device.port().delete_spin_lock(lock)).0
    }

    /// `VideoPortAcquireSpinLock`: `*old_irql` receives the level before.
    fn VideoPortAcquireSpinLock[AcquireSpinLock](device, spin_lock: Pointer, old_irql: *mut u8), else () => {
        // Checked first: a lock whose level cannot be told could never be released.
        if !process::put(old_irql, crate::machine::current_irql()) {
            return;
        }
        if let Some(lock) = lock(spin_lock) {
            process::put(old_irql, device.port().acquire_spin_lock(lock));
        }
    }

    /// `VideoPortAcquireSpinLockAtDpcLevel`.
    fn VideoPortAcquireSpinLockAtDpcLevel[AcquireSpinLockAtDpcLevel](device, spin_lock: Pointer), else () => {
        if let Some(lock) = lock(spin_lock) {
            device.port().acquire_spin_lock_at_dpc_level(lock);
        }
    }

    /// `VideoPortReleaseSpinLock`.
    fn VideoPortReleaseSpinLock[ReleaseSpinLock](device, spin_lock: Pointer, new_irql: u8), else () => {
        if let Some(lock) = lock(spin_lock) {
            device.port().release_spin_lock(lock, new_irql);
        }
    }

    /// `VideoPortReleaseSpinLockFromDpcLevel`.
    fn VideoPortReleaseSpinLockFromDpcLevel[ReleaseSpinLockFromDpcLevel](device, spin_lock: Pointer), else () => {
        if let Some(lock) = lock(spin_lock) {
            device.port().release_spin_lock_from_dpc_level(lock);
        }
    }
}
