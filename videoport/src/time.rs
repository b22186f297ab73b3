//! Time, the one-second timer and the version.

use crate::guarded::Guarded;
use crate::irql::DISPATCH_LEVEL;
use crate::miniport::EntryPoints;
use crate::platform::Platform;
use crate::port::VideoPort;
use crate::services::Service;
use crate::strict::{Contexts, FindingKind};

/// Period of `HwVidTimer`. The contract says "about once per second".
const TIMER_PERIOD_NS: u64 = 1_000_000_000;
/// Longest busy wait outside initialisation.
const STALL_LIMIT_US: u32 = 50;

/// The timer: when it is due next, `None` while stopped.
#[derive(Default)]
pub(crate) struct TimerState {
    due_ns: Option<u64>,
}

impl TimerState {
    pub(crate) const fn new() -> Guarded<Self> {
        Guarded::new(Self { due_ns: None })
    }
}

/// What `VideoPortGetVersion` tells (`VPOSVERSIONINFO`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct VersionInfo {
    /// Major version of the system emulated.
    pub major: u32,
    /// Minor version.
    pub minor: u32,
    /// Build number.
    pub build: u32,
}

impl<P: Platform> VideoPort<'_, P> {
    /// `VideoPortStallExecution`: busy-waits at least this long; interrupts are delivered meanwhile. Any IRQL.
    ///
    /// Units: microseconds; the contract allows 50 outside initialisation.
    pub fn stall_execution(&self, duration_us: u32) {
        if self.enter(Service::StallExecution) {
            let starting = |contexts: &Contexts| contexts.find_adapter.or(contexts.initialize);
            if duration_us > STALL_LIMIT_US && !self.in_context(starting) {
                let kind = FindingKind::StallTooLong {
                    limit_us: STALL_LIMIT_US,
                };
                self.note(Service::StallExecution, kind, u64::from(duration_us));
            }
            self.platform
                .stall_ns(u64::from(duration_us).saturating_mul(1000));
            self.deliver();
        }
    }

    /// `VideoPortQueryPerformanceCounter`: monotonic ticks and ticks per second. Any IRQL.
    pub fn query_performance_counter(&self) -> (u64, u64) {
        let _ = self.enter(Service::QueryPerformanceCounter);
        (self.platform.now_ns(), 1_000_000_000)
    }

    /// `VideoPortQuerySystemTime`. Units: 100 ns since 1601-01-01 UTC. Any IRQL.
    pub fn query_system_time(&self) -> u64 {
        let _ = self.enter(Service::QuerySystemTime);
        self.platform.system_time_100ns()
    }

    /// `VideoPortGetVersion`: the system this port stands in for, 5.1. PASSIVE.
    pub fn get_version(&self) -> VersionInfo {
        let _ = self.enter(Service::GetVersion);
        VersionInfo {
            major: 5,
            minor: 1,
            build: 2600,
        }
    }

    /// `VideoPortStartTimer`: `HwVidTimer` comes about once a second from now on. `<= DISPATCH`.
    pub fn start_timer(&self) {
        if !self.enter(Service::StartTimer) {
            return;
        }
        if !self.registered().contains(EntryPoints::TIMER) {
            self.note(Service::StartTimer, FindingKind::NullPointer, 0);
            return;
        }
        let due_ns = self.platform.now_ns().saturating_add(TIMER_PERIOD_NS);
        self.timer.with(|timer| timer.due_ns = Some(due_ns));
    }

    /// `VideoPortStopTimer`. `<= DISPATCH`, not inside `HwVidTimer`.
    pub fn stop_timer(&self) {
        let service = Service::StopTimer;
        if !self.enter(service)
            || (self.in_context(|contexts| contexts.timer)
                && !self.misuse(service, FindingKind::NotInTimer, 0))
        {
            return;
        }
        self.timer.with(|timer| timer.due_ns = None);
    }

    /// Runs `HwVidTimer` when it is due.
    pub(crate) fn run_timer(&self) {
        if self.timer.with(|timer| timer.due_ns).is_none() {
            return;
        }
        let now_ns = self.platform.now_ns();
        let due = self.timer.with(|timer| {
            let due = timer.due_ns.is_some_and(|due_ns| due_ns <= now_ns);
            if due {
                timer.due_ns = Some(now_ns.saturating_add(TIMER_PERIOD_NS));
            }
            due
        });
        if due {
            let thread = self.platform.thread();
            let old = self.raise(DISPATCH_LEVEL);
            self.strict
                .contexts
                .with(|contexts| contexts.timer = Some(thread));
            self.call_out(Service::Timer, || self.miniport.timer(self));
            self.strict.contexts.with(|contexts| contexts.timer = None);
            self.platform.set_irql(old);
        }
    }

    pub(crate) fn halt_timer(&self) {
        self.timer.with(|timer| timer.due_ns = None);
    }
}
