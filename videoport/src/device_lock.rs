//! The device lock: one per device, owned by the port.
//!
//! A recursive mutex that knows its owning thread and serves waiters in the order they came. Between agents (host,
//! management core, debugger) it is backed by hardware semaphore 0: the software lock is taken first, then the
//! semaphore within a bound; they are released in reverse. The port holds the lock around `FindAdapter`, `Initialize`,
//! `StartIO`, the power calls, child descriptors and interface queries, and around nothing else: interrupt, DPC, timer, reset and DMA callbacks never wait
//! for it.
//!
//! The semaphore is held as long as the lock: a request that programs the card must not meet another agent half-way.
//! Long waits renew its lease.
//!
//! Not supported: a try or timeout form (the contract has none); priority inheritance.

use lumenport_hal::sem::SemError;

use crate::guarded::Guarded;
use crate::hardware::clip_us;
use crate::platform::{LogLevel, LogRecord, Platform, ThreadId};
use crate::port::VideoPort;
use crate::services::Service;
use crate::status::VpStatus;
use crate::strict::FindingKind;
use crate::ticket::{Entry, TicketLock};

/// The lock's state: the queue and how often its owner has entered.
pub(crate) struct LockState {
    queue: TicketLock,
    depth: u32,
    /// Acquires that belong to the port: what a callback must not release.
    floor: u32,
}

impl LockState {
    pub(crate) const fn new() -> Guarded<Self> {
        Guarded::new(Self {
            queue: TicketLock::new(),
            depth: 0,
            floor: 0,
        })
    }

    fn enter(&mut self, thread: ThreadId) -> Entry {
        let entry = self.queue.enter(thread);
        match entry {
            Entry::Mine => self.depth = self.depth.saturating_add(1),
            Entry::Taken => self.depth = 1,
            Entry::Wait(_) => {}
        }
        entry
    }

    fn take(&mut self, thread: ThreadId, ticket: u32) -> bool {
        let taken = self.queue.take(thread, ticket);
        if taken {
            self.depth = 1;
        }
        taken
    }

    /// A callback begins: what is held now is the port's. Returns what to give back to [`LockState::sink`].
    fn rise(&mut self) -> u32 {
        core::mem::replace(&mut self.floor, self.depth)
    }

    /// The callback is over: how often it forgot to release. The lock is the port's own again.
    fn sink(&mut self, floor: u32) -> u32 {
        let kept = self.depth.saturating_sub(self.floor);
        self.depth = self.floor;
        self.floor = floor;
        kept
    }

    fn release(&mut self) {
        self.depth = 0;
        self.floor = 0;
        self.queue.release();
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
        self.lock.with(|lock| lock.queue.owner()) == Some(thread)
    }

    /// Runs `body`, which calls the miniport, under the lock, or says why it could not be had. Acquires that the miniport
    /// forgets are undone and reported.
    pub(crate) fn with_device_lock<R>(
        &self,
        service: Service,
        body: impl FnOnce() -> R,
    ) -> Result<R, LockError> {
        self.lock_device(service)?;
        let floor = self.lock.with(LockState::rise);
        let result = body();
        let kept = self.lock.with(|lock| lock.sink(floor));
        if kept != 0 {
            self.note(service, FindingKind::LockKept { count: kept }, 0);
        }
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
    pub(crate) fn lock_software(&self, service: Service) -> Result<bool, LockError> {
        let thread = self.platform.thread();
        let ticket = match self.lock.with(|lock| lock.enter(thread)) {
            Entry::Mine => return Ok(false),
            Entry::Taken => return Ok(true),
            Entry::Wait(ticket) => ticket,
        };
        let start_ns = self.platform.now_ns();
        loop {
            self.deliver();
            self.platform.relax();
            if self.lock.with(|lock| lock.take(thread, ticket)) {
                return Ok(true);
            }
            let waited_ns = self.platform.now_ns().saturating_sub(start_ns);
            if self.options.is_over(waited_ns) && self.lock.with(|lock| lock.queue.abandon(ticket))
            {
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

    pub(crate) fn unlock_device(&self, service: Service) {
        let thread = self.platform.thread();
        let state = self.lock.with(|lock| {
            let owner = lock.queue.owner();
            if owner == Some(thread) && lock.depth <= lock.floor {
                // Not the caller's to release: the port is inside the miniport.
                return Some(None);
            }
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
                self.passive_work();
            }
            Some(Some(holder)) => {
                self.note(service, FindingKind::ForeignRelease { holder }, 0);
            }
            Some(None) => self.note(service, FindingKind::NotHeld, 0),
        }
    }
}
