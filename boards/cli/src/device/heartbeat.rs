//! The driver's time on a simulated card of another process: the card's own, read from its counter of clocks.
//!
//! Bounds and periods then mean what they mean on hardware, whatever the simulation's speed does. While the card counts nothing (it is gone, asleep, in
//! reset, or its clock stands still for want of work) wall time goes on for it, slower by what was measured with a margin, so that every wait ends.

use super::pace::register;
use lumenport_hal::regmap::blocks::id::{Heartbeat, SysClockKhz};
use lumenport_host::{CardTime, PciFunction};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Longest sleep between two looks at the counter.
const LOOK: Duration = Duration::from_millis(1);
/// Least time between two looks of a driver that polls. A served card lets no time pass between an interrupt and the client's next access: that
/// should be the interrupt routine's, which comes up to a millisecond later, not the next poll's.
const POLL: Duration = Duration::from_millis(2);
/// A counter that went on by more between two looks has begun anew: at 62.5 MHz half a minute of the card's time, on a simulated one
/// an hour of ours.
const STEP_MAX: u32 = 1 << 31;

/// See the module's text.
pub struct HeartbeatTime {
    function: Arc<dyn PciFunction>,
    slowness: u32,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    now_ns: u64,
    seen: Instant,
    /// The counter; `None` until it answered.
    count: Option<u32>,
    /// Units: kHz; 0 until it answered.
    clock_khz: u32,
}

impl State {
    /// Goes on to `now`, with what the counter said.
    fn look(&mut self, now: Instant, count: u32, slowness: u32) -> u64 {
        let wall = now.saturating_duration_since(self.seen) / slowness;
        self.seen = now;
        let mut passed_ns = wall.as_nanos() as u64;
        // All ones: nobody answers.
        let answered = (count != u32::MAX && self.clock_khz != 0).then_some(count);
        if let (Some(before), Some(count)) = (self.count, answered) {
            let clocks = count.wrapping_sub(before);
            if clocks < STEP_MAX {
                let own_ns = u64::from(clocks) * 1_000_000 / u64::from(self.clock_khz);
                passed_ns = passed_ns.max(own_ns);
            }
        }
        self.count = answered;
        self.now_ns += passed_ns;
        self.now_ns
    }
}

impl HeartbeatTime {
    /// Time for a driver on `function`, which counts nothing `slowness` times slower than the wall clock.
    pub fn new(function: Arc<dyn PciFunction>, slowness: u32) -> Self {
        Self {
            function,
            slowness: slowness.max(1),
            state: Mutex::new(State {
                now_ns: 0,
                seen: Instant::now(),
                count: None,
                clock_khz: 0,
            }),
        }
    }
}

impl HeartbeatTime {
    /// The time, looked up if the last look was at least `old` ago.
    fn look(&self, old: Duration) -> u64 {
        let mut state = self.state.lock();
        if state.count.is_some() && state.seen.elapsed() < old {
            return state.now_ns;
        }
        if state.clock_khz == 0 {
            let khz = register::<SysClockKhz>(&*self.function);
            state.clock_khz = if khz == u32::MAX { 0 } else { khz };
        }
        let count = register::<Heartbeat>(&*self.function);
        state.look(Instant::now(), count, self.slowness)
    }
}

impl CardTime for HeartbeatTime {
    fn now_ns(&self) -> u64 {
        self.look(POLL)
    }

    fn wait(&self) {}

    fn pass(&self, duration_ns: u64) {
        let end = self.look(Duration::ZERO).saturating_add(duration_ns);
        loop {
            let now = self.look(Duration::ZERO);
            if now >= end {
                return;
            }
            std::thread::sleep(Duration::from_nanos(end - now).min(LOOK));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_the_cards_and_goes_on_without_it() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut state = State {
            now_ns: 0,
            seen: start,
            count: None,
            clock_khz: 62_500,
        };
        assert_eq!(state.look(at(100), u32::MAX, 100), 1_000_000, "no answer");
        assert_eq!(state.look(at(100), 1_000, 100), 1_000_000, "the first");
        assert_eq!(state.look(at(101), 63_500, 100), 2_000_000, "its own");
        assert_eq!(state.look(at(301), 63_500, 100), 4_000_000, "it stands");
        assert_eq!(state.look(at(401), 5, 100), 5_000_000, "begun anew");
        assert_eq!(state.look(at(401), 62_505, 100), 6_000_000, "and counting");
        state.count = Some(u32::MAX - 9);
        assert_eq!(state.look(at(401), 990, 100), 6_016_000, "it wraps");
    }
}
