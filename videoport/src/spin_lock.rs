//! Spin locks.
//!
//! A spin lock raises its holder to `DISPATCH_LEVEL`, so no DPC runs on that thread meanwhile; interrupt routines may.
//! It is not recursive: a second acquire by its holder would never return, so it is reported and refused. Deadlock
//! between threads is cut off by the port's bound for endless waits.

use crate::guarded::Guarded;
use crate::handle::{Table, handle};
use crate::hardware::clip_us;
use crate::irql::{DEVICE_LEVEL, DISPATCH_LEVEL, PASSIVE_LEVEL};
use crate::limits::SPIN_LOCKS;
use crate::platform::Platform;
use crate::port::VideoPort;
use crate::services::Service;
use crate::status::VpStatus;
use crate::strict::FindingKind;
use crate::ticket::{Entry, TicketLock};

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
    queue: TicketLock,
    /// How the present owner got it.
    form: Option<Form>,
}

/// All spin locks of a device.
pub(crate) type SpinLockTable = Table<SpinLock, SpinLockState, SPIN_LOCKS>;

impl SpinLockState {
    pub(crate) fn table() -> Guarded<SpinLockTable> {
        Guarded::new(Table::new())
    }
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
                if state.queue.owner().is_some() {
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

    /// Waits for the lock. False, and a finding: it cannot be had.
    fn spin(&self, service: Service, lock: SpinLock, form: Form) -> bool {
        let thread = self.platform.thread();
        let entered = self.on_spin_lock(service, lock, |state| {
            let entry = state.queue.enter(thread);
            if entry == Entry::Taken {
                state.form = Some(form);
            }
            entry
        });
        let ticket = match entered {
            Some(Entry::Taken) => return true,
            Some(Entry::Mine) => {
                self.note(service, FindingKind::SelfDeadlock, lock.raw() as u64);
                return false;
            }
            Some(Entry::Wait(ticket)) => ticket,
            None => return false,
        };
        let start_ns = self.platform.now_ns();
        loop {
            self.platform.relax();
            self.deliver();
            let taken = self.on_spin_lock(service, lock, |state| {
                let taken = state.queue.take(thread, ticket);
                if taken {
                    state.form = Some(form);
                }
                taken
            });
            match taken {
                Some(true) => return true,
                Some(false) => {}
                None => return false,
            }
            let waited_ns = self.platform.now_ns().saturating_sub(start_ns);
            if self.options.is_over(waited_ns)
                && self.on_spin_lock(service, lock, |state| state.queue.abandon(ticket))
                    != Some(false)
            {
                self.note(
                    service,
                    FindingKind::WaitCutOff {
                        waited_us: clip_us(waited_ns),
                    },
                    lock.raw() as u64,
                );
                return false;
            }
        }
    }

    fn unspin(&self, service: Service, lock: SpinLock) -> Option<Form> {
        let thread = self.platform.thread();
        let outcome = self.on_spin_lock(service, lock, |state| {
            match (state.queue.owner(), state.form) {
                (Some(owner), Some(form)) if owner == thread => {
                    state.form = None;
                    state.queue.release();
                    Ok(form)
                }
                (Some(holder), _) => Err(FindingKind::ForeignRelease { holder }),
                (None, _) => Err(FindingKind::NotHeld),
            }
        })?;
        outcome
            .map_err(|kind| self.note(service, kind, lock.raw() as u64))
            .ok()
    }

    /// How many spin locks the calling thread holds.
    pub(crate) fn spin_locks_held(&self) -> usize {
        let thread = Some(self.platform.thread());
        self.spin_locks.with(|locks| {
            let mine = |state: &&mut SpinLockState| state.queue.owner() == thread;
            locks
                .iter_mut()
                .map(|(_, state)| state)
                .filter(mine)
                .count()
        })
    }

    /// Runs `body` on a lock's state; reports a handle that names none.
    fn on_spin_lock<R>(
        &self,
        service: Service,
        lock: SpinLock,
        body: impl FnOnce(&mut SpinLockState) -> R,
    ) -> Option<R> {
        let outcome = self.spin_locks.with(|locks| locks.get_mut(lock).map(body));
        outcome
            .map_err(|error| self.bad_handle(service, error, lock.raw()))
            .ok()
    }
}

/// The level a thread starts at: a spin lock acquired there is released to it.
const _: () = assert!(PASSIVE_LEVEL < DISPATCH_LEVEL && DISPATCH_LEVEL < DEVICE_LEVEL);
