//! Looks at the board ten times a second and publishes what it finds.
//!
//! Only models are looked at: no packet is sent to the card, no simulated time passes.

use std::collections::VecDeque;
use std::io::Result;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lumenport_hal::regmap::blocks::{dma, sem};
use lumenport_sim::Board;
use lumenport_sim::board::SYS_CLOCK_KHZ;
use lumenport_sim::monitor::Shown;
use lumenport_sim::root_complex::{Messages, Overheard, RootComplex, Stats, Traffic};
use lumenport_sim::serve::Activity;
use parking_lot::{Condvar, FairMutex, Mutex};

use super::Shared;
use super::state::{
    Client, Clock, Direction, Dma, Frame, History, Interrupts, LastInterrupt, Link, Mode,
    Semaphore, State,
};

/// Time between two looks. Viewers hear of changes at most this often.
const PERIOD: Duration = Duration::from_millis(100);
/// Looks in a step of the traffic's history.
const LOOKS_PER_STEP: usize = 5;
/// Steps of the history: one minute.
const STEPS: usize = 120;
/// Looks over which the speed is measured: one second.
const SPEED_LOOKS: usize = 10;
/// Bytes that an interrupt message carries; they are no transfer.
const MSI_BYTES: u64 = 4;

/// One published look.
#[derive(Debug, Default)]
pub struct Look {
    /// Rises with every one.
    pub number: u64,
    /// The state as JSON, in one line.
    pub json: String,
    /// The newest frame.
    pub frame: Option<Arc<Shown>>,
}

/// The newest look, for everybody.
#[derive(Default)]
pub struct Published {
    newest: Mutex<Arc<Look>>,
    changed: Condvar,
}

impl Published {
    /// The newest look.
    pub fn newest(&self) -> Arc<Look> {
        Arc::clone(&self.newest.lock())
    }

    /// A look newer than `number`, or the newest after `patience`.
    pub fn wait(&self, number: u64, patience: Duration) -> Arc<Look> {
        let mut newest = self.newest.lock();
        // Waking too early only repeats an event.
        if newest.number == number {
            self.changed.wait_for(&mut newest, patience);
        }
        Arc::clone(&newest)
    }

    fn publish(&self, state: &State, frame: Option<Arc<Shown>>) {
        let mut newest = self.newest.lock();
        *newest = Arc::new(Look {
            number: newest.number + 1,
            json: serde_json::to_string(state).unwrap_or_default(),
            frame,
        });
        self.changed.notify_all();
    }
}

/// What is copied while the board is locked.
struct Raw {
    stats: Stats,
    messages: Messages,
    overheard: Overheard,
    link: (usize, usize, u64, bool),
    simulated_ns: u64,
    sys_clocks: u64,
    display_on: bool,
    failure: Option<String>,
    frame: Option<Arc<Shown>>,
    frame_count: u64,
}

impl Raw {
    fn of(board: &Board) -> Self {
        let root: &RootComplex = board.root();
        Self {
            stats: *root.stats(),
            messages: *root.messages(),
            overheard: root.overheard().clone(),
            link: (
                root.host_outstanding(),
                root.card_outstanding(),
                root.violation_count(),
                root.is_unplugged(),
            ),
            simulated_ns: board.now_ns(),
            sys_clocks: board.sys_cycles(),
            display_on: board.is_display_on(),
            failure: board.failure().map(ToString::to_string),
            frame: board.newest_frame(),
            frame_count: board.live_frame_count(),
        }
    }
}

/// Starts the thread; the first look is published before this returns.
///
/// # Errors
/// The thread cannot be started.
pub fn start(
    shared: Arc<Shared>,
    board: Arc<FairMutex<Board>>,
    activity: Arc<Activity>,
) -> Result<()> {
    let engine = board.lock().engine_name();
    let mut sampler = Sampler {
        engine,
        board,
        activity,
        recent: VecDeque::new(),
        traffic: Traffics::default(),
        last: State::default(),
    };
    sampler.look(&shared.published);
    std::thread::Builder::new()
        .name("view sampler".to_owned())
        .spawn(move || {
            loop {
                std::thread::sleep(PERIOD);
                sampler.look(&shared.published);
            }
        })?;
    Ok(())
}

struct Sampler {
    engine: String,
    board: Arc<FairMutex<Board>>,
    activity: Arc<Activity>,
    /// When it was, and how far simulated time was then.
    recent: VecDeque<(Instant, u64)>,
    traffic: Traffics,
    last: State,
}

impl Sampler {
    fn look(&mut self, published: &Published) {
        let raw = Raw::of(&self.board.lock());
        let state = self.state(&raw);
        if state != self.last {
            published.publish(&state, raw.frame);
            self.last = state;
        }
    }

    fn state(&mut self, raw: &Raw) -> State {
        let dma = self.dma(raw);
        State {
            engine: self.engine.clone(),
            client: Client {
                connected: self.activity.is_client_connected(),
                count: self.activity.client_count(),
            },
            clock: Clock {
                running: self.activity.is_clock_running(),
                simulated_ns: raw.simulated_ns,
                sys_clocks: raw.sys_clocks,
                speed: self.speed(raw.simulated_ns),
            },
            failure: raw.failure.clone(),
            signal: raw.display_on,
            mode: raw.frame.as_deref().and_then(mode),
            frame: raw.frame.as_deref().map(|shown| frame(shown, raw)),
            interrupts: interrupts(raw),
            dma,
            semaphores: raw.overheard.semaphores.iter().map(semaphore).collect(),
            link: link(raw),
        }
    }

    fn speed(&mut self, simulated_ns: u64) -> f64 {
        let now = Instant::now();
        self.recent.push_back((now, simulated_ns));
        if self.recent.len() > SPEED_LOOKS + 1 {
            self.recent.pop_front();
        }
        let Some((then, before_ns)) = self.recent.front() else {
            return 0.0;
        };
        let wall_ns = now.duration_since(*then).as_nanos().max(1);
        let speed = simulated_ns.saturating_sub(*before_ns) as f64 / wall_ns as f64;
        (speed * 1e4).round() / 1e4
    }

    fn dma(&mut self, raw: &Raw) -> Dma {
        let to_card = raw.stats.to_card.completion_payload_bytes;
        let messages = raw.stats.interrupts * MSI_BYTES;
        let written = raw.stats.from_card.write_payload_bytes;
        let from_card = written.saturating_sub(messages);
        self.traffic.add(to_card, from_card);
        let seen = &raw.overheard.dma;
        let fault = seen
            .last_fault
            .map(|code| match dma::ResultCode::from_bits(code.into()) {
                Some(name) => format!("{name:?}"),
                None => format!("code {code}"),
            });
        Dma {
            to_card_bytes: to_card,
            from_card_bytes: from_card,
            submitted: seen.submitted,
            done: seen.done,
            failed: seen.failed,
            last_fault: fault,
            refused_reads: raw.stats.failed_reads,
            refused_writes: raw.stats.dropped_writes,
            history: self.traffic.history(),
        }
    }
}

/// The last minute of both directions.
#[derive(Default)]
struct Traffics {
    /// Counters at the last look.
    last: (u64, u64),
    looks: usize,
    /// Whole steps, then the one being filled.
    steps: VecDeque<(u64, u64)>,
}

impl Traffics {
    fn add(&mut self, to_card: u64, from_card: u64) {
        // A smaller counter began anew with the card.
        let grown = |now: u64, before: u64| now.checked_sub(before).unwrap_or(now);
        let (to, from) = (grown(to_card, self.last.0), grown(from_card, self.last.1));
        self.last = (to_card, from_card);
        if self.looks.is_multiple_of(LOOKS_PER_STEP) {
            self.steps.push_back((0, 0));
            if self.steps.len() > STEPS + 1 {
                self.steps.pop_front();
            }
        }
        self.looks += 1;
        if let Some(step) = self.steps.back_mut() {
            step.0 += to;
            step.1 += from;
        }
    }

    /// The whole steps.
    fn history(&self) -> History {
        let whole = self.steps.len().saturating_sub(1);
        let steps = || self.steps.iter().take(whole);
        History {
            step_ms: PERIOD.as_millis() as u64 * LOOKS_PER_STEP as u64,
            to_card_bytes: steps().map(|step| step.0).collect(),
            from_card_bytes: steps().map(|step| step.1).collect(),
        }
    }
}

fn mode(shown: &Shown) -> Option<Mode> {
    let timing = shown.frame.timing.as_ref()?;
    let khz = shown.pixel_clock_khz;
    let refresh_hz = f64::from(khz) * 1000.0 / timing.clocks_per_frame().max(1) as f64;
    Some(Mode {
        name: timing.standard_mode(khz).map(|mode| mode.name.to_owned()),
        width_px: timing.horizontal.active,
        height_lines: timing.vertical.active,
        h_total_px: timing.horizontal.total(),
        v_total_lines: timing.vertical.total(),
        refresh_hz: (refresh_hz * 1000.0).round() / 1000.0,
        pixel_clock_khz: khz,
        hsync_positive: timing.horizontal.sync_high,
        vsync_positive: timing.vertical.sync_high,
    })
}

fn frame(shown: &Shown, raw: &Raw) -> Frame {
    let frame = &shown.frame;
    Frame {
        number: frame.index,
        count: raw.frame_count,
        width_px: frame.width,
        height_lines: frame.height,
        clean: frame.errors.is_clean(),
        symbol_errors: frame.errors.symbol_errors(),
    }
}

fn interrupts(raw: &Raw) -> Interrupts {
    let last = raw.overheard.last_interrupt.map(|seen| LastInterrupt {
        kind: if seen.vector.is_some() { "MSI" } else { "INTx" },
        vector: seen.vector,
        simulated_ns: seen.cycle * 1_000_000 / u64::from(SYS_CLOCK_KHZ),
    });
    Interrupts {
        msi: raw.stats.interrupts,
        intx: raw.messages.intx_asserted,
        intx_asserted: raw.messages.intx_level,
        last,
    }
}

fn semaphore(seen: &lumenport_sim::root_complex::SemaphoreSeen) -> Semaphore {
    let agent = match sem::Agent::from_bits(seen.agent.into()) {
        Some(sem::Agent::Host) => "host",
        Some(sem::Agent::Management) => "management",
        Some(sem::Agent::Debug) => "debug",
        Some(sem::Agent::None) | None => "none",
    };
    Semaphore {
        owner: seen.owner,
        agent,
        claims: seen.claims,
        contention: seen.contention,
    }
}

fn link(raw: &Raw) -> Link {
    let (host_waiting, card_waiting, violations, unplugged) = raw.link;
    Link {
        to_card: direction(&raw.stats.to_card),
        from_card: direction(&raw.stats.from_card),
        host_waiting,
        card_waiting,
        timeouts: raw.stats.timeouts,
        violations,
        unplugged,
    }
}

fn direction(traffic: &Traffic) -> Direction {
    Direction {
        packets: traffic.packets(),
        bytes: traffic.words_dw * 4,
        memory_reads: traffic.memory_reads,
        memory_writes: traffic.memory_writes,
        completions: traffic.completions + traffic.completions_with_data,
        config: traffic.config_reads + traffic.config_writes,
        messages: traffic.messages,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traffic_falls_into_steps_and_survives_a_reset_of_the_card() {
        let mut traffic = Traffics::default();
        for look in 1..=LOOKS_PER_STEP as u64 {
            traffic.add(look * 100, 0);
        }
        assert_eq!(traffic.history().to_card_bytes.len(), 0, "not whole yet");
        traffic.add(30, 7);
        let history = traffic.history();
        assert_eq!(
            (history.to_card_bytes, history.from_card_bytes),
            (vec![500], vec![0])
        );
        assert_eq!(traffic.steps.back(), Some(&(30, 7)));
        for _ in 0..LOOKS_PER_STEP * STEPS * 2 {
            traffic.add(30, 7);
        }
        assert_eq!(traffic.history().to_card_bytes, vec![0; STEPS]);
    }

    #[test]
    fn who_waits_gets_what_is_new_and_else_what_there_is() {
        let published = Published::default();
        assert_eq!(published.wait(0, Duration::from_millis(1)).number, 0);
        published.publish(&State::default(), None);
        let look = published.wait(0, Duration::from_mins(1));
        assert_eq!(look.number, 1);
        assert!(look.json.contains("\"signal\":false"), "{}", look.json);
        assert!(!look.json.contains('\n'), "an event's data is one line");
    }
}
