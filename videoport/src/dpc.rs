//! Deferred routines (DPCs): what an interrupt routine leaves for later.
//!
//! One first-in first-out queue per device. A pending pair of routine and context is not queued twice; different pairs
//! are. Routines of one device never run at the same time. They run at `DISPATCH_LEVEL`, on the thread that first drops
//! below it or reaches another point of delivery.

use crate::guarded::Guarded;
use crate::hardware::clip_us;
use crate::irql::DISPATCH_LEVEL;
use crate::limits::{DELIVERIES, DPCS};
use crate::miniport::DpcRoutine;
use crate::platform::Platform;
use crate::port::VideoPort;
use crate::services::Service;
use crate::strict::FindingKind;

/// The queue.
pub(crate) struct DpcState {
    queue: heapless::Deque<(DpcRoutine, usize), DPCS>,
    running: bool,
}

impl DpcState {
    pub(crate) const fn new() -> Guarded<Self> {
        Guarded::new(Self {
            queue: heapless::Deque::new(),
            running: false,
        })
    }

    fn start_next(&mut self) -> Option<(DpcRoutine, usize)> {
        if self.running {
            return None;
        }
        let next = self.queue.pop_front();
        self.running = next.is_some();
        next
    }

    /// Drops what waits. True: nothing runs either.
    fn clear(&mut self) -> bool {
        self.queue.clear();
        !self.running
    }
}

impl<P: Platform> VideoPort<'_, P> {
    /// `VideoPortQueueDpc`: [`Miniport::dpc`](crate::Miniport::dpc) will run with these two values. DISPATCH or above;
    /// the interrupt routine is the usual caller, a DPC may queue again.
    ///
    /// False: the same pair is already waiting, or the queue is full.
    pub fn queue_dpc(&self, routine: DpcRoutine, context: usize) -> bool {
        if !self.enter(Service::QueueDpc) {
            return false;
        }
        self.dpc.with(|state| {
            let waiting = state.queue.iter().any(|pair| *pair == (routine, context));
            !waiting && state.queue.push_back((routine, context)).is_ok()
        })
    }

    /// Drops what is queued and waits, within the bound for endless waits, until no routine runs.
    pub(crate) fn await_dpcs(&self) {
        let start_ns = self.platform.now_ns();
        while !self.dpc.with(DpcState::clear) {
            let waited_ns = self.platform.now_ns().saturating_sub(start_ns);
            if self.options.is_over(waited_ns) {
                let kind = FindingKind::WaitCutOff {
                    waited_us: clip_us(waited_ns),
                };
                self.note(Service::Removal, kind, 0);
                return;
            }
            self.platform.relax();
        }
    }

    /// Runs what is queued. Another thread that is already running a routine takes the rest.
    pub(crate) fn drain_dpcs(&self) {
        for _ in 0..DELIVERIES {
            let Some((routine, context)) = self.dpc.with(DpcState::start_next) else {
                return;
            };
            let old = self.raise(DISPATCH_LEVEL);
            self.call_out(Service::Dpc, || {
                self.miniport.dpc(self, routine, context);
            });
            self.platform.set_irql(old);
            self.dpc.with(|state| state.running = false);
        }
    }
}
