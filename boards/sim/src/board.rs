//! The simulated board: card, link, host memory and monitor, moving together in simulated time.
//!
//! Context: host side. One engine runs the card; the root complex answers its requests and carries the
//! host's; the pixel clock follows the card's wish as a clock chip would; the monitor, when watched,
//! eats every TMDS symbol. Time only passes inside the methods that say so.
//! Not supported: link and PHY layers (the link is perfect and has no latency of its own).

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lumenport_hdl::sim_card::{SIM_PIXEL_CLOCKS_KHZ, SIM_SYS_CLOCK_KHZ, SimCard};
use pcie_tlp::FunctionId;
use thiserror::Error;

use crate::bus_memory::BusMemory;
use crate::engine::{
    Capture, CardMemory, Engine, EngineError, OpenOptions, RunRequest, RxBeat, SYS_PERIOD_PS,
    Timeline, open,
};
use crate::host_memory::{HostMemoryConfig, HostMemoryError};
use crate::monitor::{Cable, Frame, LiveMonitor, Monitor, MonitorConfig, Shown};
use crate::random::Random;
use crate::root_complex::{
    Answer, ConfigAccess, ConfigError, Interrupt, RequestError, RootComplex, RootComplexConfig,
    Token, value_or_ones,
};

/// System clock of the simulated card in kHz.
pub const SYS_CLOCK_KHZ: u32 = SIM_SYS_CLOCK_KHZ;
/// Clocks of reset at power-up.
const RESET_CLOCKS: u64 = 16;
/// Longest run between two looks at the host side, in `sys` clocks.
const RUN_CLOCKS_MAX: u64 = 8192;
/// Clocks that a write waits for room when an earlier one has waited in vain.
const ROOM_CLOCKS: u64 = 64;
/// DWs on their way to the card above which a posted write waits, as a real root port would.
const BACKLOG_MAX_DW: usize = 256;

/// Why the board cannot be made.
#[derive(Debug, Error)]
pub enum BoardError {
    /// The engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The root complex's settings.
    #[error(transparent)]
    RootComplex(#[from] ConfigError),
    /// The host memory's settings.
    #[error(transparent)]
    HostMemory(#[from] HostMemoryError),
}

/// What board to make.
#[derive(Clone, Debug, Default)]
pub struct BoardConfig {
    /// Engine, waveform file, announcements.
    pub engine: OpenOptions,
    /// Behaviour of the host.
    pub root_complex: RootComplexConfig,
    /// Stalls both streams at random, beginning with this seed; `None` for a link that never stalls.
    pub stalls: Option<u64>,
    /// Host memory of the simulated PC.
    pub memory: HostMemoryConfig,
    /// What is plugged in when the card starts; `None` for a card without a monitor.
    pub monitor: Option<MonitorConfig>,
    /// The map digest that the card claims; `None` for the true one.
    pub map_digest: Option<u32>,
}

/// The board. See the module's text.
pub struct Board {
    engine: Box<dyn Engine>,
    fallback: Option<EngineError>,
    timeline: Timeline,
    root: RootComplex,
    memory: Arc<dyn BusMemory>,
    rx: VecDeque<RxBeat>,
    capture: Capture,
    monitor: Monitor,
    watched: bool,
    live: Option<LiveMonitor>,
    display_on: bool,
    cable: Cable,
    /// What the card pulled low on the DDC lines when the cable was last told.
    pulls: (bool, bool),
    clock_select: u8,
    failure: Option<EngineError>,
    interrupts_lost: bool,
    stalls: Option<Random>,
    /// Nothing moves on the link in either direction.
    wedged: bool,
    /// Read requests of the card at which it is pulled out.
    unplug_at: Option<u64>,
    cycles_seen: Arc<AtomicU64>,
    payload_seen: Arc<AtomicU64>,
}

impl Board {
    /// Makes a board whose card reaches `memory`, and takes the card out of reset.
    ///
    /// # Errors
    /// [`BoardError`] says which part cannot be made.
    pub fn new(config: &BoardConfig, memory: Arc<dyn BusMemory>) -> Result<Self, BoardError> {
        let digest = config.map_digest;
        let opened = open(
            move || match digest {
                Some(digest) => SimCard::with_digest(0, false, digest),
                None => SimCard::new(0, false),
            },
            &config.engine,
        )?;
        let mut board = Self {
            engine: opened.engine,
            fallback: opened.fallback,
            timeline: Timeline::new(Some(pixel_period_ps(0))),
            root: RootComplex::new(config.root_complex, Arc::clone(&memory))?,
            memory,
            rx: VecDeque::new(),
            capture: Capture::default(),
            monitor: Monitor::new(),
            watched: false,
            live: None,
            display_on: false,
            cable: Cable::default(),
            pulls: (false, false),
            clock_select: 0,
            failure: None,
            interrupts_lost: false,
            stalls: config.stalls.map(Random::new),
            wedged: false,
            unplug_at: None,
            cycles_seen: Arc::default(),
            payload_seen: Arc::default(),
        };
        if let Some(monitor) = &config.monitor {
            board.plug_monitor(monitor);
        }
        board.reset_card()?;
        Ok(board)
    }

    /// Fundamental reset: the card and the host's end of the link begin anew, time goes on. Memory, monitor and counters of time stay.
    ///
    /// # Errors
    /// Those of the engine, and of the settings as in [`Self::new`].
    pub fn reset(&mut self) -> Result<(), BoardError> {
        let settings = *self.root.config();
        self.root = RootComplex::new(settings, Arc::clone(&self.memory))?;
        self.rx.clear();
        self.capture.tx.clear();
        Ok(self.reset_card()?)
    }

    fn reset_card(&mut self) -> Result<(), EngineError> {
        let request = RunRequest {
            reset: true,
            max_sys_clocks: RESET_CLOCKS,
            ..RunRequest::default()
        };
        let report = self.engine.run(
            &mut self.timeline,
            &request,
            &mut self.rx,
            &mut self.capture,
        )?;
        self.display_on = report.display_on;
        if let Some(live) = &mut self.live {
            live.interrupt();
        }
        Ok(())
    }

    /// What runs the card, for a person.
    pub fn engine_name(&self) -> String {
        self.engine.describe()
    }

    /// Why it is not the fast engine although that was tried.
    pub fn fallback(&self) -> Option<&EngineError> {
        self.fallback.as_ref()
    }

    /// The root complex, for figures.
    pub fn root(&self) -> &RootComplex {
        &self.root
    }

    /// The root complex, for faults.
    pub fn root_mut(&mut self) -> &mut RootComplex {
        &mut self.root
    }

    /// `sys` clocks since power-up.
    pub fn sys_cycles(&self) -> u64 {
        self.timeline.sys_cycles()
    }

    /// Simulated time since power-up in nanoseconds.
    pub fn now_ns(&self) -> u64 {
        self.timeline.now_ps() / 1000
    }

    /// The error that stopped the engine, if one did. The card then answers nothing any more.
    pub fn failure(&self) -> Option<&EngineError> {
        self.failure.as_ref()
    }

    /// Pulls the card out.
    pub fn unplug(&mut self) {
        let now = self.sys_cycles();
        self.root.unplug(now);
    }

    /// Takes one interrupt message that arrived.
    pub fn take_interrupt(&mut self) -> bool {
        self.take_interrupt_message().is_some()
    }

    /// Takes one interrupt message that arrived, with address and data.
    pub fn take_interrupt_message(&mut self) -> Option<Interrupt> {
        let taken = self.root.take_interrupt();
        taken.filter(|_| !self.interrupts_lost)
    }

    /// From now on interrupt messages vanish on their way to the processor, or no longer.
    pub fn lose_interrupts(&mut self, lost: bool) {
        self.interrupts_lost = lost;
    }

    /// Pulls the card out when it has sent this many more read requests.
    pub fn unplug_after_reads(&mut self, reads: u64) {
        self.unplug_at = Some(self.root.stats().from_card.memory_reads + reads);
    }

    /// `sys` clocks so far, for a progress bar in another thread.
    pub fn cycle_counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.cycles_seen)
    }

    /// Bytes sent to the card in completions so far, for a progress bar in another thread.
    pub fn payload_counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.payload_seen)
    }

    /// Starts or stops handing the connector's symbols to the monitor. Starting makes the monitor forget what it saw.
    pub fn watch(&mut self, on: bool) {
        self.watched = on;
        self.capture.want_symbols = on || self.live.is_some();
        if on {
            self.monitor = Monitor::new();
        }
    }

    /// From now on a second monitor keeps the newest frame for [`Self::newest_frame`], whatever [`Self::watch`] does.
    pub fn keep_newest_frame(&mut self) {
        self.live.get_or_insert_default();
        self.capture.want_symbols = true;
    }

    /// The newest whole frame on the connector. Cheap, and never waits; time does not pass.
    ///
    /// `None` before the first one and without [`Self::keep_newest_frame`]. The last frame stays when the card stops sending.
    pub fn newest_frame(&self) -> Option<Arc<Shown>> {
        self.live.as_ref()?.newest().map(Arc::clone)
    }

    /// Whole frames that the second monitor has seen.
    pub fn live_frame_count(&self) -> u64 {
        self.live.as_ref().map_or(0, LiveMonitor::frame_count)
    }

    /// Whether the card's timing engine runs.
    pub const fn is_display_on(&self) -> bool {
        self.display_on
    }

    /// The oldest whole frame that the watched monitor has decoded.
    pub fn take_frame(&mut self) -> Option<Frame> {
        self.monitor.take_frame()
    }

    /// The monitor.
    pub fn monitor(&self) -> &Monitor {
        &self.monitor
    }

    /// Plugs a monitor's DDC end in. The picture is watched with or without it.
    pub fn plug_monitor(&mut self, config: &MonitorConfig) {
        let now_ns = self.now_ns();
        self.cable.plug(now_ns, config);
        self.show_cable();
    }

    /// Pulls the monitor's DDC end out.
    pub fn unplug_monitor(&mut self) {
        let now_ns = self.now_ns();
        self.cable.unplug(now_ns);
        self.show_cable();
    }

    /// The cable to the monitor, for figures.
    pub const fn cable(&self) -> &Cable {
        &self.cable
    }

    /// Puts the cable's levels on the card's pins.
    fn show_cable(&mut self) {
        let levels = self.cable.levels();
        self.timeline
            .set_cable(levels.scl, levels.sda, levels.hotplug);
    }

    /// Clocks until something moves on the cable without the card.
    fn cable_budget(&self) -> u64 {
        let Some(at_ns) = self.cable.next_event_ns() else {
            return u64::MAX;
        };
        let left_ps = at_ns
            .saturating_mul(1000)
            .saturating_sub(self.timeline.now_ps());
        left_ps.div_ceil(SYS_PERIOD_PS).max(1)
    }

    /// After a run: tells the cable what the card pulls, and the time when it waits for it.
    fn serve_cable(&mut self, pulls: (bool, bool)) {
        let now_ns = self.now_ns();
        let due = self.cable.next_event_ns().is_some_and(|at| at <= now_ns);
        if pulls != self.pulls || due {
            self.pulls = pulls;
            self.cable.set_pulls(now_ns, pulls.0, pulls.1);
            self.show_cable();
        }
    }

    /// Lets up to `sys_clocks` pass, less when an interrupt arrives.
    pub fn advance(&mut self, sys_clocks: u64) {
        let end = self.sys_cycles().saturating_add(sys_clocks);
        let seen = self.root.stats().interrupts;
        while self.sys_cycles() < end && self.failure.is_none() {
            self.run_once(end - self.sys_cycles());
            if self.root.stats().interrupts != seen {
                return;
            }
        }
    }

    /// Reads one configuration DW.
    ///
    /// # Errors
    /// What the root complex tells, within its completion timeout.
    pub fn config_read(
        &mut self,
        target: FunctionId,
        offset: u16,
    ) -> Result<Vec<u8>, RequestError> {
        let now = self.sys_cycles();
        let token = self.root.config_read(now, target, offset)?;
        self.wait_for(token)
    }

    /// Writes one configuration DW.
    ///
    /// # Errors
    /// As [`Self::config_read`].
    pub fn config_write(
        &mut self,
        target: FunctionId,
        offset: u16,
        value: u32,
    ) -> Result<(), RequestError> {
        self.config_write_bytes(target, offset, value, 0xF)
    }

    /// Writes the enabled bytes of one configuration DW; bit 0 of `enables` is bits 7:0 of `value`.
    ///
    /// # Errors
    /// As [`Self::config_read`].
    pub fn config_write_bytes(
        &mut self,
        target: FunctionId,
        offset: u16,
        value: u32,
        enables: u8,
    ) -> Result<(), RequestError> {
        let now = self.sys_cycles();
        let token = self
            .root
            .config_write(now, target, offset, value, enables)?;
        self.wait_for(token).map(|_| ())
    }

    /// Reads `len_bytes` (at most a 4 KiB block's rest) from a BAR.
    ///
    /// # Errors
    /// As [`Self::config_read`].
    pub fn bus_read(&mut self, address: u64, len_bytes: usize) -> Result<Vec<u8>, RequestError> {
        let now = self.sys_cycles();
        let token = self.root.memory_read(now, address, len_bytes)?;
        self.wait_for(token)
    }

    /// Writes to a BAR; posted. Waits only while the link has more than it can hold, and no longer than for a completion; what a
    /// card that hangs does not take by then is lost.
    pub fn bus_write(&mut self, address: u64, bytes: &[u8]) {
        if self.is_backed_up() {
            // An earlier write gave up waiting. This one is lost unless there is room by now.
            self.run_once(ROOM_CLOCKS);
            if self.is_backed_up() {
                return;
            }
        }
        let now = self.sys_cycles();
        let end = now + self.root.config().completion_timeout_cycles;
        self.root.memory_write(now, address, bytes);
        while self.is_backed_up() && self.failure.is_none() && self.sys_cycles() < end {
            self.run_once(RUN_CLOCKS_MAX);
        }
    }

    fn is_backed_up(&self) -> bool {
        self.root.backlog_dw() + self.rx.len() > BACKLOG_MAX_DW
    }

    /// From now on the card takes nothing and sends nothing, as one that hangs, or no longer. Outlasts a reset.
    pub fn wedge(&mut self, on: bool) {
        self.wedged = on;
    }

    /// The fastest this board's engine can go, see [`Engine::bare_loop`].
    ///
    /// # Errors
    /// Those of the engine.
    pub fn bare_loop(&mut self, sys_clocks: u64) -> Result<(), EngineError> {
        self.engine.bare_loop(&mut self.timeline, sys_clocks)
    }

    /// The card's memory where another process can map it; `None` with an engine that keeps it to itself.
    ///
    /// Whoever writes it does so behind the card's back, as a processor does with write-combined stores that are no longer on their
    /// way: what the card reads after the store sees it, what is on its way to the card's memory by other paths may come later.
    pub fn card_memory(&self) -> Option<&Arc<CardMemory>> {
        self.engine.card_memory()
    }

    /// Completes the waveform file.
    ///
    /// # Errors
    /// Those of the engine.
    pub fn finish_trace(&mut self) -> Result<(), EngineError> {
        self.engine.finish_trace()
    }

    fn wait_for(&mut self, token: Token) -> Answer {
        loop {
            let now = self.sys_cycles();
            if let Some(answer) = self.root.poll(now, token) {
                return answer;
            }
            if self.failure.is_some() {
                return Err(RequestError::Unplugged);
            }
            self.run_once(RUN_CLOCKS_MAX);
        }
    }

    /// Time passes without the card: it is out of the slot, and simulating it would only take long.
    fn pass_time(&mut self, sys_clocks: u64) {
        let end = self.sys_cycles() + sys_clocks;
        while self.sys_cycles() < end {
            let tick = self.timeline.next_tick();
            self.timeline.advance(tick);
        }
        self.cycles_seen.store(self.sys_cycles(), Ordering::Relaxed);
    }

    /// One run of the engine: until a packet from the card ended, the host side has something to do, or the limit.
    fn run_once(&mut self, limit_clocks: u64) {
        let reads = self.root.stats().from_card.memory_reads;
        if self.unplug_at.is_some_and(|at| reads >= at) {
            self.unplug_at = None;
            self.unplug();
        }
        let budget = self.root.pump(self.timeline.sys_cycles(), &mut self.rx);
        let (tx_pattern, rx_pattern) = match &mut self.stalls {
            Some(random) => (stall_pattern(random), stall_pattern(random)),
            None => (u64::MAX, u64::MAX),
        };
        let (tx_pattern, rx_pattern) = if self.wedged {
            (0, 0)
        } else {
            (tx_pattern, rx_pattern)
        };
        let request = RunRequest {
            max_sys_clocks: limit_clocks
                .min(budget)
                .min(self.cable_budget())
                .clamp(1, RUN_CLOCKS_MAX),
            tx_pattern,
            rx_pattern,
            credits: self.root.credit_limits(),
            stop_on_tx_packet: true,
            stop_on_control: true,
            ..RunRequest::default()
        };
        if self.root.is_unplugged() {
            self.pass_time(request.max_sys_clocks);
            return;
        }
        let outcome = self.engine.run(
            &mut self.timeline,
            &request,
            &mut self.rx,
            &mut self.capture,
        );
        self.root.accept(&self.capture.tx);
        self.capture.tx.clear();
        let payload = self.root.stats().to_card.completion_payload_bytes;
        self.payload_seen.store(payload, Ordering::Relaxed);
        self.cycles_seen.store(self.sys_cycles(), Ordering::Relaxed);
        if self.capture.want_symbols {
            if self.watched {
                self.monitor.push(&self.capture.symbols);
            }
            if let Some(live) = &mut self.live {
                let khz = pixel_clock_khz(self.clock_select);
                live.push(&self.capture.symbols, khz);
            }
            self.capture.symbols.clear();
        }
        if let Ok(report) = &outcome {
            self.serve_cable((report.ddc_scl_low, report.ddc_sda_low));
            let stopped = self.display_on && !report.display_on;
            self.display_on = report.display_on;
            if (stopped || report.clock_select != self.clock_select)
                && let Some(live) = &mut self.live
            {
                live.interrupt();
            }
            let allocated = report.credit_allocated_posted;
            self.root
                .set_allocated(allocated, report.credit_allocated_nonposted);
        }
        match outcome {
            Ok(report) if report.clock_select != self.clock_select => {
                self.clock_select = report.clock_select;
                let period = pixel_period_ps(self.clock_select);
                self.timeline.set_pix_period(Some(period));
            }
            Ok(_) => {}
            Err(error) => self.failure = Some(error),
        }
    }
}

impl ConfigAccess for Board {
    type Error = RequestError;

    fn config_read(&mut self, target: FunctionId, offset: u16) -> Result<u32, RequestError> {
        let bytes = Self::config_read(self, target, offset)?;
        Ok(value_or_ones(&Ok(bytes)))
    }

    fn config_write(
        &mut self,
        target: FunctionId,
        offset: u16,
        value: u32,
        enables: u8,
    ) -> Result<(), RequestError> {
        self.config_write_bytes(target, offset, value, enables)
    }
}

/// When a stream may move within 64 clocks: always, in about three quarters, half or a quarter of them. Never in none.
fn stall_pattern(random: &mut Random) -> u64 {
    let (a, b) = (random.next_u64(), random.next_u64());
    let pattern = match random.below(4) {
        0 => u64::MAX,
        1 => a | b,
        2 => a,
        _ => a & b,
    };
    pattern | 1 << random.below(64)
}

/// The pixel clock that the board's clock chip makes for an index. Units: kHz.
fn pixel_clock_khz(clock_select: u8) -> u32 {
    SIM_PIXEL_CLOCKS_KHZ[usize::from(clock_select) % SIM_PIXEL_CLOCKS_KHZ.len()]
}

/// Period of the pixel clock that the board's clock chip makes for an index.
fn pixel_period_ps(clock_select: u8) -> u64 {
    let khz = pixel_clock_khz(clock_select);
    (1_000_000_000 + u64::from(khz) / 2) / u64::from(khz)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stall_patterns_differ_and_always_let_something_pass() {
        let mut random = Random::new(1);
        let patterns: Vec<u64> = (0..1_000).map(|_| stall_pattern(&mut random)).collect();
        assert!(patterns.iter().all(|pattern| *pattern != 0));
        let free = patterns
            .iter()
            .filter(|pattern| **pattern == u64::MAX)
            .count();
        assert!((100..500).contains(&free), "{free} of 1000 never stall");
    }
}
