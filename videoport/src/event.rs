//! Events and the wait for them.
//!
//! An auto-reset event releases one waiter and clears itself; a notification event stays signalled until cleared. A
//! wait is a loop of look, deliver interrupts and DPCs, let the platform pass time: so a single-threaded simulation
//! makes progress inside the wait, and a DPC that sets the event may run on the waiting thread itself.

use crate::guarded::Guarded;
use crate::handle::{HandleError, Table, handle};
use crate::hardware::clip_us;
use crate::irql::DISPATCH_LEVEL;
use crate::limits::EVENTS;
use crate::platform::Platform;
use crate::port::VideoPort;
use crate::services::Service;
use crate::status::VpStatus;
use crate::strict::FindingKind;
use crate::types::{EventFlags, Timeout};

handle!(
    /// An event (`PEVENT`).
    Event,
    4
);

/// One event.
pub(crate) struct EventState {
    signaled: bool,
    notification: bool,
}

/// All events of a device.
pub(crate) type EventTable = Table<Event, EventState, EVENTS>;

impl EventState {
    pub(crate) fn table() -> Guarded<EventTable> {
        Guarded::new(Table::new())
    }

    /// Takes the signal if there is one.
    fn consume(&mut self) -> bool {
        let signaled = self.signaled;
        if signaled && !self.notification {
            self.signaled = false;
        }
        signaled
    }
}

impl<P: Platform> VideoPort<'_, P> {
    /// `VideoPortCreateEvent`. PASSIVE.
    ///
    /// # Errors
    /// `ERROR_NOT_ENOUGH_MEMORY` when all events are in use.
    pub fn create_event(&self, flags: EventFlags) -> Result<Event, VpStatus> {
        if !self.enter(Service::CreateEvent) {
            return Err(VpStatus::ERROR_INVALID_PARAMETER);
        }
        let state = EventState {
            signaled: flags.is_initially_signaled(),
            notification: flags.is_notification(),
        };
        self.events
            .with(|events| events.insert(state))
            .map_err(|_| VpStatus::ERROR_NOT_ENOUGH_MEMORY)
    }

    /// `VideoPortDeleteEvent`. `<= DISPATCH`. `ERROR_INVALID_PARAMETER` for what is no event.
    pub fn delete_event(&self, event: Event) -> VpStatus {
        if !self.enter(Service::DeleteEvent) {
            return VpStatus::ERROR_INVALID_PARAMETER;
        }
        match self.events.with(|events| events.remove(event)) {
            Ok(_) => VpStatus::NO_ERROR,
            Err(error) => {
                self.bad_handle(Service::DeleteEvent, error, event.raw());
                VpStatus::ERROR_INVALID_PARAMETER
            }
        }
    }

    /// `VideoPortSetEvent`: signals it; true if it was signalled before. `<= DISPATCH`.
    pub fn set_event(&self, event: Event) -> bool {
        self.on_event(Service::SetEvent, event, |state| {
            core::mem::replace(&mut state.signaled, true)
        })
    }

    /// `VideoPortClearEvent`. `<= DISPATCH`.
    pub fn clear_event(&self, event: Event) {
        self.on_event(Service::ClearEvent, event, |state| {
            core::mem::replace(&mut state.signaled, false)
        });
    }

    /// `VideoPortReadStateEvent`: true while signalled. `<= DISPATCH`.
    pub fn read_state_event(&self, event: Event) -> bool {
        self.on_event(Service::ReadStateEvent, event, |state| state.signaled)
    }

    fn on_event(
        &self,
        service: Service,
        event: Event,
        body: impl FnOnce(&mut EventState) -> bool,
    ) -> bool {
        if !self.enter(service) {
            return false;
        }
        match self.events.with(|events| events.get_mut(event).map(body)) {
            Ok(answer) => answer,
            Err(error) => {
                self.bad_handle(service, error, event.raw());
                false
            }
        }
    }

    /// `VideoPortWaitForSingleObject`. `<= DISPATCH`; at DISPATCH only as a poll.
    ///
    /// `NO_ERROR` when the event was signalled (an auto-reset event is cleared), `WAIT_TIMEOUT` (258) when the time was
    /// over first, `ERROR_INVALID_PARAMETER` for what is no event, also when it is deleted during the wait. A wait
    /// [`Timeout::Forever`] is cut off after the port's bound for endless waits, if it has one.
    pub fn wait_for_single_object(&self, event: Event, timeout: Timeout) -> VpStatus {
        let service = Service::WaitForSingleObject;
        if !self.enter(service) {
            return VpStatus::ERROR_INVALID_PARAMETER;
        }
        if self.platform.irql() >= DISPATCH_LEVEL
            && timeout != Timeout::POLL
            && !self.misuse(
                service,
                FindingKind::IrqlTooHigh {
                    limit: DISPATCH_LEVEL - 1,
                },
                0,
            )
        {
            return VpStatus::ERROR_INVALID_PARAMETER;
        }
        let start_ns = self.platform.now_ns();
        loop {
            self.deliver();
            match self.consume_event(event) {
                Ok(true) => return VpStatus::NO_ERROR,
                Ok(false) => {}
                Err(error) => {
                    self.bad_handle(service, error, event.raw());
                    return VpStatus::ERROR_INVALID_PARAMETER;
                }
            }
            if self.wait_is_over(timeout, start_ns) {
                return VpStatus::WAIT_TIMEOUT;
            }
            self.refresh_semaphore();
            self.platform.relax();
        }
    }

    fn consume_event(&self, event: Event) -> Result<bool, HandleError> {
        self.events
            .with(|events| events.get_mut(event).map(EventState::consume))
    }

    fn wait_is_over(&self, timeout: Timeout, start_ns: u64) -> bool {
        let waited_ns = self.platform.now_ns().saturating_sub(start_ns);
        match timeout {
            Timeout::Relative100ns(ticks) => waited_ns >= ticks.saturating_mul(100),
            Timeout::Absolute100ns(ticks) => self.platform.system_time_100ns() >= ticks,
            Timeout::Forever => {
                let over = self.options.is_over(waited_ns);
                if over {
                    let kind = FindingKind::WaitCutOff {
                        waited_us: clip_us(waited_ns),
                    };
                    self.note(Service::WaitForSingleObject, kind, 0);
                }
                over
            }
        }
    }
}
