//! The device lock: one per device, owned by the port.
//!
//! A recursive mutex that knows its owning thread and serves waiters in the order they came. Between agents (host,
//! management core, debugger) it is backed by hardware semaphore 0: the software lock is taken first, then the
//! semaphore within a bound; they are released in reverse. The port holds the lock around `FindAdapter`, `Initialize`,
//! `StartIO` and the power calls, and around nothing else: interrupt, DPC, timer, reset and DMA callbacks never wait
//! for it.
//!
//! The semaphore is held as long as the lock: a request that programs the card must not meet another agent half-way.
//! Long waits renew its lease.
//!
//! Not supported: a try or timeout form (the contract has none); priority inheritance.

use lumenport_hal::sem::SemError;

use crate::guarded::Guarded;
use crate::hardware::clip_us;
use crate::limits::ABANDONED_WAITERS;
use crate::platform::{LogLevel, LogRecord, Platform, ThreadId};
use crate::port::VideoPort;
use crate::services::Service;
use crate::status::VpStatus;
use crate::strict::FindingKind;

/// The lock's state. Tickets give the order: a waiter is served when `serving` reaches its number.
pub(crate) struct LockState {
    owner: Option<ThreadId>,
    depth: u32,
    next_ticket: u32,
    serving: u32,
    abandoned: heapless::Vec<u32, ABANDONED_WAITERS>,
}

/// What a look at the lock found.
enum Look {
    Recursive,
    Taken,
    Wait(u32),
}

impl LockState {
    pub(crate) const fn new() -> Guarded<Self> {
        Guarded::new(Self {
            owner: None,
            depth: 0,
            next_ticket: 0,
            serving: 0,
            abandoned: heapless::Vec::new(),
        })
    }

    fn enter(&mut self, thread: ThreadId) -> Look {
        if self.owner == Some(thread) {
            self.depth = self.depth.saturating_add(1);
            return Look::Recursive;
        }
        let ticket = self.next_ticket;
        self.next_ticket = ticket.wrapping_add(1);
        if self.take(thread, ticket) {
            Look::Taken
        } else {
            Look::Wait(ticket)
        }
    }

    fn take(&mut self, thread: ThreadId, ticket: u32) -> bool {
        let free = self.owner.is_none() && self.serving == ticket;
        if free {
            self.owner = Some(thread);
            self.depth = 1;
        }
        free
    }

    /// A waiter goes away. False: the list of such waiters is full, it must keep waiting.
    fn abandon(&mut self, ticket: u32) -> bool {
        if self.owner.is_none() && self.serving == ticket {
            self.advance();
            return true;
        }
        self.abandoned.push(ticket).is_ok()
    }

    fn advance(&mut self) {
        self.serving = self.serving.wrapping_add(1);
        while let Some(index) = self
            .abandoned
            .iter()
            .position(|ticket| *ticket == self.serving)
        {
            self.abandoned.swap_remove(index);
            self.serving = self.serving.wrapping_add(1);
        }
    }

    fn release(&mut self) {
        self.owner = None;
        self.depth = 0;
        self.advance();
    }
}

/// Why the lock could not be had.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum LockError {
    /// The wait was cut off.
    CutOff,
    /// Another agent kept the semaphore, or the card is gone.
    Semaphore(SemError),
}

/// Holds the device lock; dropping it releases.
#[must_use = "dropping the guard releases the lock at once"]
pub struct DeviceLockGuard<'p, 'a, P: Platform> {
    port: &'p VideoPort<'a, P>,
    /// The lock belongs to a thread: a raw pointer keeps the guard from being sent to another.
    not_send: core::marker::PhantomData<*const ()>,
}

impl<P: Platform> Drop for DeviceLockGuard<'_, '_, P> {
    fn drop(&mut self) {
        self.port.unlock_device(Service::ReleaseDeviceLock);
    }
}

impl<'a, P: Platform> VideoPort<'a, P> {
    /// `VideoPortAcquireDeviceLock`: waits until the calling thread holds the lock. PASSIVE.
    ///
    /// There is no failure result: if another agent keeps the hardware semaphore beyond the bound, the error is logged
    /// and only the software lock is held. [`VideoPort::device_lock`] tells.
    pub fn acquire_device_lock(&self) {
        if self.enter(Service::AcquireDeviceLock) {
            // Without a failure result the software lock is kept even when the semaphore is not ours.
            let _ = self
                .lock_software(Service::AcquireDeviceLock)
                .map(|outermost| {
                    if outermost {
                        let _ = self.lock_hardware(Service::AcquireDeviceLock);
                    }
                });
        }
    }

    /// `VideoPortReleaseDeviceLock`: gives it back; as many releases as acquires. PASSIVE.
    pub fn release_device_lock(&self) {
        if self.enter(Service::ReleaseDeviceLock) {
            self.unlock_device(Service::ReleaseDeviceLock);
        }
    }

    /// The device lock as a guard.
    ///
    /// # Errors
    /// `ERROR_BUSY` when another agent keeps the hardware semaphore, `ERROR_INVALID_PARAMETER` at a wrong IRQL (strict
    /// mode), `WAIT_TIMEOUT` when the wait was cut off, `ERROR_DEV_NOT_EXIST` without a card. The lock is not held then.
    pub fn device_lock(&self) -> Result<DeviceLockGuard<'_, 'a, P>, VpStatus> {
        if !self.enter(Service::AcquireDeviceLock) {
            return Err(VpStatus::ERROR_INVALID_PARAMETER);
        }
        self.lock_device(Service::AcquireDeviceLock)?;
        Ok(DeviceLockGuard {
            port: self,
            not_send: core::marker::PhantomData,
        })
    }

    /// Whether the calling thread holds the lock.
    pub fn holds_device_lock(&self) -> bool {
        let thread = self.platform.thread();
        self.lock.with(|lock| lock.owner) == Some(thread)
    }

    /// Runs `body` under the lock, or says why it could not be had.
    pub(crate) fn with_device_lock<R>(
        &self,
        service: Service,
        body: impl FnOnce() -> R,
    ) -> Result<R, LockError> {
        self.lock_device(service)?;
        let result = body();
        self.unlock_device(service);
        Ok(result)
    }

    fn lock_device(&self, service: Service) -> Result<(), LockError> {
        if self.lock_software(service)?
            && let Err(error) = self.lock_hardware(service)
        {
            self.lock.with(LockState::release);
            return Err(error);
        }
        Ok(())
    }

    /// True: this was the outermost acquire.
    fn lock_software(&self, service: Service) -> Result<bool, LockError> {
        let thread = self.platform.thread();
        let ticket = match self.lock.with(|lock| lock.enter(thread)) {
            Look::Recursive => return Ok(false),
            Look::Taken => return Ok(true),
            Look::Wait(ticket) => ticket,
        };
        let start_ns = self.platform.now_ns();
        loop {
            self.deliver();
            self.platform.relax();
            if self.lock.with(|lock| lock.take(thread, ticket)) {
                return Ok(true);
            }
            let waited_ns = self.platform.now_ns().saturating_sub(start_ns);
            if self.options.is_over(waited_ns) && self.lock.with(|lock| lock.abandon(ticket)) {
                self.note(
                    service,
                    FindingKind::WaitCutOff {
                        waited_us: clip_us(waited_ns),
                    },
                    0,
                );
                return Err(LockError::CutOff);
            }
        }
    }

    fn lock_hardware(&self, service: Service) -> Result<(), LockError> {
        let Err(error) = self.claim_semaphore() else {
            return Ok(());
        };
        let kind = match error {
            SemError::Held { holder, .. } | SemError::LeaseRuns { holder } => {
                let agent = holder.agent.map_or(0, lumenport_hal::sem::Agent::number);
                FindingKind::SemaphoreHeld {
                    agent: u8::try_from(agent).unwrap_or(u8::MAX),
                }
            }
            SemError::NoSuch | SemError::Gone => FindingKind::CardGone,
        };
        self.note(service, kind, 0);
        self.platform.log(&LogRecord {
            level: LogLevel::Error,
            code: VpStatus::ERROR_BUSY.0,
            unique_id: 0,
            message: format_args!("device lock: {error}"),
        });
        Err(LockError::Semaphore(error))
    }

    fn unlock_device(&self, service: Service) {
        let thread = self.platform.thread();
        let state = self.lock.with(|lock| {
            let owner = lock.owner;
            if owner == Some(thread) && lock.depth > 1 {
                lock.depth -= 1;
                return None;
            }
            Some(owner)
        });
        match state {
            None => {}
            Some(Some(owner)) if owner == thread => {
                self.release_semaphore();
                self.lock.with(LockState::release);
                self.deliver();
            }
            Some(Some(holder)) => {
                self.note(service, FindingKind::ForeignRelease { holder }, 0);
            }
            Some(None) => self.note(service, FindingKind::NotHeld, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ThreadId = ThreadId(1);
    const B: ThreadId = ThreadId(2);
    const C: ThreadId = ThreadId(3);

    fn state() -> LockState {
        LockState {
            owner: None,
            depth: 0,
            next_ticket: 0,
            serving: 0,
            abandoned: heapless::Vec::new(),
        }
    }

    #[test]
    fn waiters_are_served_in_order_of_arrival() {
        let mut lock = state();
        assert!(matches!(lock.enter(A), Look::Taken));
        let Look::Wait(second) = lock.enter(B) else {
            panic!("B must wait")
        };
        let Look::Wait(third) = lock.enter(C) else {
            panic!("C must wait")
        };
        lock.release();
        assert!(!lock.take(C, third));
        assert!(lock.take(B, second));
        lock.release();
        assert!(lock.take(C, third));
    }

    #[test]
    fn a_waiter_that_gave_up_is_skipped() {
        let mut lock = state();
        assert!(matches!(lock.enter(A), Look::Taken));
        let Look::Wait(second) = lock.enter(B) else {
            panic!("B must wait")
        };
        let Look::Wait(third) = lock.enter(C) else {
            panic!("C must wait")
        };
        assert!(lock.abandon(second));
        lock.release();
        assert!(lock.take(C, third));
    }

    #[test]
    fn tickets_wrap_around() {
        let mut lock = state();
        lock.next_ticket = u32::MAX;
        lock.serving = u32::MAX;
        assert!(matches!(lock.enter(A), Look::Taken));
        let Look::Wait(second) = lock.enter(B) else {
            panic!("B must wait")
        };
        lock.release();
        assert!(lock.take(B, second));
    }
}
