//! Simulated time: when each clock rises next, and what the input pins hold in between.
//!
//! Context: host side of the simulation; one `Timeline` belongs to one engine for its whole life.
//! Edges are ordered by time; edges at the same picosecond rise together. Not supported: jitter,
//! and a `sys` clock that stops.

use super::pins::{Inputs, Outputs, Tick};
use super::run::{RunRequest, RxBeat};

/// Period of the `sys` clock in the simulated card: 62.5 MHz.
pub const SYS_PERIOD_PS: u64 = 16_000;

/// The two clocks of the simulated card, and the state of the host's side of both streams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    pub(crate) now_ps: u64,
    pub(crate) sys_period_ps: u64,
    /// 0 while the pixel clock stands still.
    pub(crate) pix_period_ps: u64,
    pub(crate) next_sys_ps: u64,
    pub(crate) next_pix_ps: u64,
    pub(crate) sys_cycles: u64,
    pub(crate) pix_cycles: u64,
    /// Input pins since the last `sys` edge.
    pub(crate) held: Inputs,
    /// The offered DW has not been taken yet, so it must stay.
    pub(crate) rx_pending: bool,
    /// Last seen [`Outputs::control`].
    pub(crate) control: u32,
    /// Credits that the card had allocated to the host at the last `sys` edge: posted, non-posted.
    pub(crate) allocated: [u32; 2],
}

impl Default for Timeline {
    /// The `sys` clock at 62.5 MHz, the pixel clock standing still.
    fn default() -> Self {
        Self::new(None)
    }
}

impl Timeline {
    /// Starts at time zero; the first edges come one period later.
    ///
    /// Units: `pix_period_ps` in picoseconds, `None` for a pixel clock that stands still.
    pub fn new(pix_period_ps: Option<u64>) -> Self {
        let mut timeline = Self {
            now_ps: 0,
            sys_period_ps: SYS_PERIOD_PS,
            pix_period_ps: 0,
            next_sys_ps: SYS_PERIOD_PS,
            next_pix_ps: 0,
            sys_cycles: 0,
            pix_cycles: 0,
            held: Inputs::default(),
            rx_pending: false,
            control: 0,
            allocated: [0; 2],
        };
        timeline.set_pix_period(pix_period_ps);
        timeline
    }

    /// Changes the pixel clock: its next edge comes one new period after the present moment.
    ///
    /// Units: picoseconds; `None` or 0 stops the clock.
    pub fn set_pix_period(&mut self, period_ps: Option<u64>) {
        self.pix_period_ps = period_ps.unwrap_or(0);
        self.next_pix_ps = match self.pix_period_ps {
            0 => u64::MAX,
            period => self.now_ps + period,
        };
    }

    /// Period of the pixel clock in picoseconds, `None` while it stands still.
    pub fn pix_period_ps(&self) -> Option<u64> {
        Some(self.pix_period_ps).filter(|&period| period != 0)
    }

    /// Simulated time of the last edge, in picoseconds.
    pub fn now_ps(&self) -> u64 {
        self.now_ps
    }

    /// Count of rising `sys` edges so far; it is also the index of the next one.
    pub fn sys_cycles(&self) -> u64 {
        self.sys_cycles
    }

    /// Count of rising `pix` edges so far.
    pub fn pix_cycles(&self) -> u64 {
        self.pix_cycles
    }

    /// Sets what the monitor's cable shows the card, from the next `sys` edge on.
    pub fn set_cable(&mut self, scl: bool, sda: bool, hotplug: bool) {
        self.held.ddc_scl = scl;
        self.held.ddc_sda = sda;
        self.held.hotplug = hotplug;
    }

    /// The next edge, or both clocks' edges when they fall on the same picosecond.
    pub fn next_tick(&self) -> Tick {
        let time_ps = self.next_sys_ps.min(self.next_pix_ps);
        Tick {
            time_ps,
            sys: self.next_sys_ps == time_ps,
            pix: self.next_pix_ps == time_ps,
        }
    }

    /// Moves past `tick`, which must come from [`Self::next_tick`].
    pub fn advance(&mut self, tick: Tick) {
        self.now_ps = tick.time_ps;
        if tick.sys {
            self.next_sys_ps += self.sys_period_ps;
            self.sys_cycles += 1;
        }
        if tick.pix {
            self.next_pix_ps += self.pix_period_ps;
            self.pix_cycles += 1;
        }
    }

    /// Decides the input pins for the coming `sys` edge.
    pub(crate) fn drive(&mut self, request: &RunRequest, head: Option<&RxBeat>) {
        let slot = self.sys_cycles % 64;
        let offered = head.filter(|beat| {
            !request.reset
                && beat.earliest_cycle <= self.sys_cycles
                && (self.rx_pending || request.rx_pattern >> slot & 1 == 1)
        });
        self.held.reset = request.reset;
        self.held.credits = request.credits;
        self.held.tx_ready = !request.reset && request.tx_pattern >> slot & 1 == 1;
        self.held.rx_valid = offered.is_some();
        self.rx_pending = offered.is_some();
        if let Some(beat) = offered {
            self.held.rx_data = beat.data;
            self.held.rx_last = beat.last;
        }
    }

    /// Notes what the board must react to; true when it changed.
    pub(crate) fn note_control(&mut self, outputs: &Outputs) -> bool {
        let control = outputs.control();
        std::mem::replace(&mut self.control, control) != control
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_at_the_same_time_rise_together() {
        let mut timeline = Timeline::new(Some(8_000));
        let mut seen = Vec::new();
        for _ in 0..4 {
            let tick = timeline.next_tick();
            seen.push((tick.time_ps, tick.sys, tick.pix));
            timeline.advance(tick);
        }
        let expected = [
            (8_000, false, true),
            (16_000, true, true),
            (24_000, false, true),
            (32_000, true, true),
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn stopped_pixel_clock_never_rises() {
        let mut timeline = Timeline::new(None);
        for _ in 0..100 {
            let tick = timeline.next_tick();
            assert!(tick.sys && !tick.pix);
            timeline.advance(tick);
        }
        assert_eq!(timeline.pix_cycles(), 0);
    }

    #[test]
    fn new_period_counts_from_the_present_moment() {
        let mut timeline = Timeline::new(None);
        timeline.advance(timeline.next_tick());
        timeline.set_pix_period(Some(5_000));
        assert_eq!(timeline.next_tick().time_ps, SYS_PERIOD_PS + 5_000);
    }

    #[test]
    fn offered_beat_stays_until_taken_whatever_the_pattern() {
        let mut timeline = Timeline::new(None);
        let beat = RxBeat {
            earliest_cycle: 0,
            data: 7,
            last: true,
        };
        let request = RunRequest {
            rx_pattern: 1,
            ..RunRequest::default()
        };
        timeline.drive(&request, Some(&beat));
        timeline.advance(timeline.next_tick());
        timeline.drive(&request, Some(&beat));
        assert!(timeline.held.rx_valid);
    }
}
