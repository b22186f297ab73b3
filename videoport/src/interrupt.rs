//! Interrupt delivery, and execution synchronised with the interrupt routine.
//!
//! The platform only says that a message is pending. The port runs `HwVidInterrupt` at device level, on whichever
//! thread reaches a point of delivery first: an IRQL going down, a wait, a stall, the end of a request, or
//! [`VideoPort::poll`]. The interrupt routine never runs on two threads at once; code run by
//! [`VideoPort::synchronize_execution`] at medium or high priority excludes it by the same lock.
//!
//! Source: `VideoPortSynchronizeExecution` (interface reference; the older guide's stronger wording is not followed).

use crate::guarded::Guarded;
use crate::hardware::clip_us;
use crate::irql::{DEVICE_LEVEL, DISPATCH_LEVEL};
use crate::limits::DELIVERIES;
use crate::miniport::EntryPoints;
use crate::pci;
use crate::platform::{InterruptSetup, LogLevel, LogRecord, Platform};
use crate::port::VideoPort;
use crate::services::Service;
use crate::status::VpStatus;
use crate::strict::FindingKind;
use crate::ticket::{Entry, TicketLock};
use crate::types::SynchronizePriority;

/// State of the device's interrupt.
pub(crate) struct InterruptState {
    connected: bool,
    masked: bool,
    /// Owned by the thread inside the interrupt routine or code synchronised with it.
    lock: TicketLock,
    counts: InterruptCounts,
}

impl InterruptState {
    pub(crate) const fn new() -> Guarded<Self> {
        Guarded::new(Self {
            connected: false,
            masked: false,
            lock: TicketLock::new(),
            counts: InterruptCounts {
                delivered: 0,
                not_ours: 0,
            },
        })
    }
}

/// What happened to interrupts so far.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct InterruptCounts {
    /// Messages given to the miniport.
    pub delivered: u32,
    /// Those it said were not its own.
    pub not_ours: u32,
}

impl<P: Platform> VideoPort<'_, P> {
    /// Delivers what is pending: interrupts, the timer, deferred routines, and at PASSIVE a walk over the children that
    /// was asked for. For idle loops and helper threads.
    pub fn poll(&self) {
        self.deliver();
        self.passive_work();
    }

    /// How many interrupts were delivered.
    pub fn interrupt_counts(&self) -> InterruptCounts {
        self.interrupt.with(|state| state.counts)
    }

    /// The point of delivery: interrupts below device level, timer and DPCs below `DISPATCH_LEVEL`.
    pub(crate) fn deliver(&self) {
        if self.platform.irql() >= DEVICE_LEVEL {
            return;
        }
        for _ in 0..DELIVERIES {
            let open = self
                .interrupt
                .with(|state| state.connected && !state.masked);
            if !open || !self.platform.take_interrupt(self.slot) {
                break;
            }
            self.run_interrupt_routine();
        }
        if self.platform.irql() < DISPATCH_LEVEL {
            self.run_timer();
            self.drain_dpcs();
        }
    }

    fn run_interrupt_routine(&self) {
        let old = self.raise(DEVICE_LEVEL);
        if self.take_interrupt_lock(Service::Interrupt) {
            let ours = self.call_out(Service::Interrupt, || self.miniport.interrupt(self));
            self.interrupt.with(|state| {
                state.lock.release();
                state.counts.delivered = state.counts.delivered.saturating_add(1);
                state.counts.not_ours = state.counts.not_ours.saturating_add(u32::from(!ours));
            });
        }
        // The caller is itself a point of delivery: no need to deliver again here.
        self.platform.set_irql(old);
    }

    /// Waits at device level until nobody else is inside the interrupt routine. False: cut off.
    fn take_interrupt_lock(&self, service: Service) -> bool {
        let thread = self.platform.thread();
        let ticket = match self.interrupt.with(|state| state.lock.enter(thread)) {
            Entry::Taken => return true,
            // Callers look for their own ownership before; entering twice would leave too early.
            Entry::Mine => return false,
            Entry::Wait(ticket) => ticket,
        };
        let start_ns = self.platform.now_ns();
        loop {
            self.platform.relax();
            if self.interrupt.with(|state| state.lock.take(thread, ticket)) {
                return true;
            }
            let waited_ns = self.platform.now_ns().saturating_sub(start_ns);
            if self.options.is_over(waited_ns)
                && self.interrupt.with(|state| state.lock.abandon(ticket))
            {
                self.note(
                    service,
                    FindingKind::WaitCutOff {
                        waited_us: clip_us(waited_ns),
                    },
                    0,
                );
                return false;
            }
        }
    }

    /// `VideoPortSynchronizeExecution`: runs `routine` in this thread and passes its answer through.
    ///
    /// Low: at `DISPATCH_LEVEL`, the interrupt routine may still come. Medium and high: never at the same time as the
    /// interrupt routine; without a connected one they are the same as low. From the interrupt routine itself the
    /// routine runs directly.
    pub fn synchronize_execution(
        &self,
        priority: SynchronizePriority,
        routine: impl FnOnce() -> bool,
    ) -> bool {
        let thread = self.platform.thread();
        let (connected, holder) = self
            .interrupt
            .with(|state| (state.connected, state.lock.owner()));
        if holder == Some(thread) {
            return routine();
        }
        if !self.enter(Service::SynchronizeExecution) {
            return false;
        }
        if priority == SynchronizePriority::Low || !connected {
            return self.at_level(DISPATCH_LEVEL, || {
                self.call_out(Service::SynchronizeExecution, routine)
            });
        }
        self.at_level(DEVICE_LEVEL, || {
            if !self.take_interrupt_lock(Service::SynchronizeExecution) {
                return false;
            }
            let answer = self.call_out(Service::SynchronizeExecution, routine);
            self.interrupt.with(|state| state.lock.release());
            answer
        })
    }

    /// `VideoPortEnableInterrupt` (obsolete). Any IRQL.
    ///
    /// `ERROR_INVALID_FUNCTION` when no interrupt routine is registered.
    pub fn enable_interrupt(&self) -> VpStatus {
        self.mask_interrupt(Service::EnableInterrupt, false)
    }

    /// `VideoPortDisableInterrupt` (obsolete). Messages stay pending until enabled again. Any IRQL.
    ///
    /// `ERROR_INVALID_FUNCTION` when no interrupt routine is registered.
    pub fn disable_interrupt(&self) -> VpStatus {
        self.mask_interrupt(Service::DisableInterrupt, true)
    }

    fn mask_interrupt(&self, service: Service, masked: bool) -> VpStatus {
        if !self.enter(service) {
            return VpStatus::ERROR_INVALID_PARAMETER;
        }
        if !self.registered().contains(EntryPoints::INTERRUPT) {
            return VpStatus::ERROR_INVALID_FUNCTION;
        }
        self.interrupt.with(|state| state.masked = masked);
        VpStatus::NO_ERROR
    }

    /// Connects the interrupt after a successful `FindAdapter`. False: the machine or the card has none.
    pub(crate) fn connect_interrupt(&self) -> bool {
        let ready = match self.platform.connect_interrupt(self.slot) {
            None => false,
            Some(InterruptSetup::Ready) => true,
            Some(InterruptSetup::Message { address, data }) => {
                pci::enable_msi(self.platform, self.slot, address, data)
            }
        };
        if ready {
            self.interrupt.with(|state| state.connected = true);
        } else {
            self.platform.log(&LogRecord {
                level: LogLevel::Warning,
                code: 0,
                unique_id: 0,
                message: format_args!("{}: no interrupt can be connected", self.slot),
            });
        }
        ready
    }

    /// Disconnects it again.
    pub(crate) fn disconnect_interrupt(&self) {
        let connected = self
            .interrupt
            .with(|state| core::mem::replace(&mut state.connected, false));
        if connected {
            pci::disable_msi(self.platform, self.slot);
            self.platform.disconnect_interrupt(self.slot);
            // Wait for a routine that runs on another thread.
            let old = self.raise(DEVICE_LEVEL);
            if self.take_interrupt_lock(Service::Removal) {
                self.interrupt.with(|state| state.lock.release());
            }
            self.platform.set_irql(old);
        }
    }
}
