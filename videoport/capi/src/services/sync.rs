//! Device lock, synchronised execution, DPCs, interrupts, interlocked numbers.

use std::sync::atomic::{AtomicI32, Ordering};

use lumenport_videoport::types::SynchronizePriority;
use lumenport_videoport::{DpcRoutine, VpStatus};

use super::{device_services, plain_services};
use crate::abi::{self, Pointer};
use crate::device::Device;
use crate::trace::{self, Show};
use crate::{device, process, watch};

/// What the obsolete interrupt services answer without a device.
const INVALID_FUNCTION: u32 = VpStatus::ERROR_INVALID_FUNCTION.0;

device_services! {
    /// `VideoPortAcquireDeviceLock`.
    fn VideoPortAcquireDeviceLock[AcquireDeviceLock](device), else () => {
        device.port().acquire_device_lock();
    }

    /// `VideoPortReleaseDeviceLock`.
    fn VideoPortReleaseDeviceLock[ReleaseDeviceLock](device), else () => {
        device.port().release_device_lock();
    }

    /// `VideoPortSynchronizeExecution`: what the routine returns; FALSE for an unknown priority or no routine.
    fn VideoPortSynchronizeExecution[SynchronizeExecution](
        device, priority: u32, routine: Option<abi::SynchronizeRoutine>, context: Pointer,
    ) -> u8, else 0 => {
        let (Some(priority), Some(routine)) = (SynchronizePriority::from_raw(priority), routine) else {
            return 0;
        };
        let mut answer = 0;
        device.port().synchronize_execution(priority, || {
            trace::enter("HwVidSynchronizeExecutionCallback", &[context.show()]);
            answer = Device::run_as(device.number(), || {
                watch::during("HwVidSynchronizeExecutionCallback", || {
                    // SAFETY: the driver gave this routine with this context.
                    unsafe { routine(context) }
                })
            });
            trace::leave(answer);
            answer != 0
        });
        answer
    }

    /// `VideoPortQueueDpc`: FALSE when it was not queued.
    fn VideoPortQueueDpc[QueueDpc](device, routine: Option<abi::DpcRoutine>, context: Pointer) -> u8, else 0 => {
        let Some(routine) = routine else {
            return 0;
        };
        let routine = (routine as *const ()).expose_provenance();
        u8::from(device.port().queue_dpc(DpcRoutine(routine), context.expose_provenance()))
    }

    /// `VideoPortEnableInterrupt` (obsolete).
    fn VideoPortEnableInterrupt[EnableInterrupt](device) -> u32, else INVALID_FUNCTION => {
        device.port().enable_interrupt().0
    }

    /// `VideoPortDisableInterrupt` (obsolete).
    fn VideoPortDisableInterrupt[DisableInterrupt](device) -> u32, else INVALID_FUNCTION => {
        device.port().disable_interrupt().0
    }
}

/// Changes a driver's number in one step; 0 for a pointer that is null, unaligned or not mapped writable.
fn update(number: *mut i32, change: impl FnOnce(&AtomicI32) -> i32) -> i32 {
    if !process::is_writable_word(number) {
        return 0;
    }
    // SAFETY: aligned, and writable a moment ago; the driver keeps it so while it passes it around.
    change(unsafe { AtomicI32::from_ptr(number) })
}

plain_services! {
    /// `VideoPortInterlockedIncrement`: the new value.
    fn VideoPortInterlockedIncrement[InterlockedIncrement](addend: *mut i32) -> i32, on device = device::current(), else 0 => {
        update(addend, |number| number.fetch_add(1, Ordering::SeqCst).wrapping_add(1))
    }

    /// `VideoPortInterlockedDecrement`: the new value.
    fn VideoPortInterlockedDecrement[InterlockedDecrement](addend: *mut i32) -> i32, on device = device::current(), else 0 => {
        update(addend, |number| number.fetch_sub(1, Ordering::SeqCst).wrapping_sub(1))
    }

    /// `VideoPortInterlockedExchange`: the old value.
    fn VideoPortInterlockedExchange[InterlockedExchange](target: *mut i32, value: i32) -> i32,
        on device = device::current(), else 0 => {
        update(target, |number| number.swap(value, Ordering::SeqCst))
    }

    /// `VideoPortGetCurrentIrql`.
    fn VideoPortGetCurrentIrql[GetCurrentIrql]() -> u8, on device = device::current(), else 0 => {
        match &device {
            Some(device) => device.port().get_current_irql(),
            None => crate::machine::current_irql(),
        }
    }
}
