//! Spin locks and the interlocked services.
//!
//! A spin lock raises its holder to `DISPATCH_LEVEL`, so no DPC runs on that thread meanwhile; interrupt routines may.
//! It is not recursive: a second acquire by its holder would never return, so it is reported and refused. Deadlock
//! between threads is cut off by the port's bound for endless waits.

use core::sync::atomic::{AtomicI32, Ordering};

use crate::guarded::Guarded;
use crate::handle::{HandleError, Table, handle};
use crate::hardware::clip_us;
use crate::irql::{DEVICE_LEVEL, DISPATCH_LEVEL, PASSIVE_LEVEL};
use crate::limits::SPIN_LOCKS;
use crate::platform::{Platform, ThreadId};
use crate::port::VideoPort;
use crate::services::Service;
use crate::status::VpStatus;
use crate::strict::FindingKind;

handle!(
    /// A spin lock (`PSPIN_LOCK`).
    SpinLock,
    5
);

/// How the holder got it, which is how it must be released.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Form {
    /// `AcquireSpinLock`: the IRQL before is to be restored.
    RaisedFrom(u8),
    /// `AcquireSpinLockAtDpcLevel`.
    AtDpcLevel,
}

/// One spin lock.
#[derive(Default)]
pub(crate) struct SpinLockState {
    holder: Option<(ThreadId, Form)>,
}

/// All spin locks of a device.
pub(crate) type SpinLockTable = Table<SpinLock, SpinLockState, SPIN_LOCKS>;

impl SpinLockState {
    pub(crate) fn table() -> Guarded<SpinLockTable> {
        Guarded::new(Table::new())
    }
}

/// What one try found.
enum Try {
    Taken,
    HeldBy(ThreadId),
}

impl<P: Platform> VideoPort<'_, P> {
    /// `VideoPortCreateSpinLock`. PASSIVE.
    ///
    /// # Errors
    /// `ERROR_NOT_ENOUGH_MEMORY` when all spin locks are in use.
    pub fn create_spin_lock(&self) -> Result<SpinLock, VpStatus> {
        if !self.enter(Service::CreateSpinLock) {
            return Err(VpStatus::ERROR_INVALID_PARAMETER);
        }
        self.spin_locks
            .with(|locks| locks.insert(SpinLockState::default()))
            .map_err(|_| VpStatus::ERROR_NOT_ENOUGH_MEMORY)
    }

    /// `VideoPortDeleteSpinLock`. `<= DISPATCH`, not from the interrupt routine or code synchronised with it.
    pub fn delete_spin_lock(&self, lock: SpinLock) -> VpStatus {
        if !self.enter(Service::DeleteSpinLock) {
            return VpStatus::ERROR_INVALID_PARAMETER;
        }
        match self.spin_locks.with(|locks| locks.remove(lock)) {
            Ok(state) => {
                if state.holder.is_some() {
                    self.note(
                        Service::DeleteSpinLock,
                        FindingKind::LiveObjects { count: 1 },
                        lock.raw() as u64,
                    );
                }
                VpStatus::NO_ERROR
            }
            Err(error) => {
                self.bad_handle(Service::DeleteSpinLock, error, lock.raw());
                VpStatus::ERROR_INVALID_PARAMETER
            }
        }
    }

    /// `VideoPortAcquireSpinLock`: raises to `DISPATCH_LEVEL`, spins, returns the IRQL before. `<= DISPATCH`.
    pub fn acquire_spin_lock(&self, lock: SpinLock) -> u8 {
        let service = Service::AcquireSpinLock;
        if !self.enter(service) {
            return self.platform.irql();
        }
        let old = self.raise(DISPATCH_LEVEL);
        if !self.spin(service, lock, Form::RaisedFrom(old)) {
            self.lower(old);
        }
        old
    }

    /// `VideoPortAcquireSpinLockAtDpcLevel`: the same without touching the IRQL. Exactly DISPATCH.
    pub fn acquire_spin_lock_at_dpc_level(&self, lock: SpinLock) {
        let service = Service::AcquireSpinLockAtDpcLevel;
        if self.enter(service) {
            self.spin(service, lock, Form::AtDpcLevel);
        }
    }

    /// `VideoPortReleaseSpinLock`: releases and goes back to `new_irql`, the value the acquire returned. DISPATCH.
    pub fn release_spin_lock(&self, lock: SpinLock, new_irql: u8) {
        let service = Service::ReleaseSpinLock;
        if !self.enter(service) {
            return;
        }
        let Some(form) = self.unspin(service, lock) else {
            return;
        };
        let restored = match form {
            Form::RaisedFrom(old) => {
                if new_irql != old {
                    self.note(service, FindingKind::WrongArguments, u64::from(new_irql));
                }
                if self.options.strict {
                    old
                } else {
                    new_irql.min(DEVICE_LEVEL - 1)
                }
            }
            Form::AtDpcLevel => {
                self.note(service, FindingKind::WrongReleaseForm, lock.raw() as u64);
                DISPATCH_LEVEL
            }
        };
        self.lower(restored);
    }

    /// `VideoPortReleaseSpinLockFromDpcLevel`: pairs only with the acquire at DPC level. DISPATCH.
    pub fn release_spin_lock_from_dpc_level(&self, lock: SpinLock) {
        let service = Service::ReleaseSpinLockFromDpcLevel;
        if self.enter(service)
            && let Some(Form::RaisedFrom(_)) = self.unspin(service, lock)
        {
            // The saved IRQL is lost; the thread stays where it is, as on a real machine.
            self.note(service, FindingKind::WrongReleaseForm, lock.raw() as u64);
        }
    }

    fn spin(&self, service: Service, lock: SpinLock, form: Form) -> bool {
        let thread = self.platform.thread();
        let start_ns = self.platform.now_ns();
        loop {
            let tried = self.spin_locks.with(|locks| {
                let state = locks.get_mut(lock)?;
                if let Some((holder, _)) = state.holder {
                    return Ok::<_, HandleError>(Try::HeldBy(holder));
                }
                state.holder = Some((thread, form));
                Ok(Try::Taken)
            });
            match tried {
                Ok(Try::Taken) => return true,
                Ok(Try::HeldBy(holder)) if holder == thread => {
                    self.note(service, FindingKind::SelfDeadlock, lock.raw() as u64);
                    return false;
                }
                Ok(Try::HeldBy(_)) => {}
                Err(error) => {
                    self.bad_handle(service, error, lock.raw());
                    return false;
                }
            }
            let waited_ns = self.platform.now_ns().saturating_sub(start_ns);
            if self.options.is_over(waited_ns) {
                self.note(
                    service,
                    FindingKind::WaitCutOff {
                        waited_us: clip_us(waited_ns),
                    },
                    lock.raw() as u64,
                );
                return false;
            }
            self.platform.relax();
            self.deliver();
        }
    }

    fn unspin(&self, service: Service, lock: SpinLock) -> Option<Form> {
        let thread = self.platform.thread();
        let outcome = self.spin_locks.with(|locks| {
            let state = locks.get_mut(lock)?;
            Ok::<_, HandleError>(match state.holder {
                Some((holder, form)) if holder == thread => {
                    state.holder = None;
                    Ok(form)
                }
                Some((holder, _)) => Err(FindingKind::ForeignRelease { holder }),
                None => Err(FindingKind::NotHeld),
            })
        });
        match outcome {
            Ok(Ok(form)) => Some(form),
            Ok(Err(kind)) => {
                self.note(service, kind, lock.raw() as u64);
                None
            }
            Err(error) => {
                self.bad_handle(service, error, lock.raw());
                None
            }
        }
    }

    /// `VideoPortInterlockedIncrement`: adds one, returns the **new** value. Any IRQL.
    pub fn interlocked_increment(&self, addend: &AtomicI32) -> i32 {
        let _ = self.enter(Service::InterlockedIncrement);
        addend.fetch_add(1, Ordering::SeqCst).wrapping_add(1)
    }

    /// `VideoPortInterlockedDecrement`: takes one off, returns the **new** value. Any IRQL.
    pub fn interlocked_decrement(&self, addend: &AtomicI32) -> i32 {
        let _ = self.enter(Service::InterlockedDecrement);
        addend.fetch_sub(1, Ordering::SeqCst).wrapping_sub(1)
    }

    /// `VideoPortInterlockedExchange`: stores, returns the **old** value. Any IRQL.
    pub fn interlocked_exchange(&self, target: &AtomicI32, value: i32) -> i32 {
        let _ = self.enter(Service::InterlockedExchange);
        target.swap(value, Ordering::SeqCst)
    }
}

/// The level a thread starts at: a spin lock acquired there is released to it.
const _: () = assert!(PASSIVE_LEVEL < DISPATCH_LEVEL && DISPATCH_LEVEL < DEVICE_LEVEL);
