//! Simulated time of a served card: passes while the card has work, and stands still when it has none.
//!
//! Every access of the client lets as much time pass as the access takes. Between accesses a thread runs the board for a while longer,
//! so that transfers finish, frames go by and interrupts come without the client asking. Signs of life (accesses, packets from the card) begin the while
//! anew; an idle card costs no processor time. Two rules keep the card from running away from its client, which lives in wall time:
//!
//! - **Hold**: an interrupt that was signalled stops time until the client's next request, for at most [`HOLD`].
//! - **Pace**: with a slowness of N the thread lets a nanosecond pass in no less than N nanoseconds of wall time.
//!
//! A driver in the same process can do better: it *tells* when it waits, and time stands still from each request until then, for at most
//! [`HOLD_FOR_TELLER`]. However late the computer lets it run, it misses nothing.

use std::io::Result;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, FairMutex, FairMutexGuard, Mutex};

use super::activity::Activity;
use super::interrupts::Interrupts;
use crate::board::Board;
use crate::engine::SYS_PERIOD_PS;

/// `sys` clocks for which the thread holds the board at a time when nobody waits for it.
const SLICE_CLOCKS: u64 = 8192;
/// `sys` clocks after which a waiting client gets its turn. Costs nothing from about 64 on.
const PIECE_CLOCKS: u64 = 512;
/// Longest stop of simulated time for an interrupt that nobody answers. Units: wall time. Long against the scheduling of a waiting
/// thread or a virtual machine's way from eventfd to driver (up to 1 ms each), short for a person.
pub(super) const HOLD: Duration = Duration::from_millis(50);
/// How far the clock may fall behind its pace and still catch up. Units: wall time.
const CATCH_UP: Duration = Duration::from_millis(100);
/// The same when the client tells when it waits. Units: wall time; long against anything that a busy computer does.
const HOLD_FOR_TELLER: Duration = Duration::from_millis(500);

/// How the clock runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Policy {
    /// Clocks for which the thread runs on after a sign of life.
    pub linger_clocks: u64,
    /// Least wall time for one unit of simulated time.
    pub slowness: u32,
    /// The client tells when it waits, by [`CardTime::wait`].
    pub client_tells: bool,
}

#[derive(Default)]
struct Shared {
    /// Clients that wait for the board.
    waiting: AtomicUsize,
    state: Mutex<State>,
    changed: Condvar,
    /// `sys` clocks since power-up, as the board counts them.
    cycles: Arc<AtomicU64>,
    activity: Arc<Activity>,
}

#[derive(Default)]
struct State {
    /// A sign of life that the thread has not yet seen.
    touched: bool,
    /// When a client that tells when it waits asked for something and has not waited since.
    at_work: Option<Instant>,
    /// When an interrupt was signalled that no request has followed yet.
    unanswered: Option<Instant>,
    /// When the thread went to sleep for want of work.
    idle_since: Option<Instant>,
    /// All sleep before that.
    idle: Duration,
    stop: bool,
}

impl State {
    /// Hands the interrupts that arrived to the client. The hold begins before the client can answer, because that takes this state's lock.
    fn deliver(&mut self, board: &mut Board, interrupts: &Interrupts) {
        let mut signalled = false;
        while let Some(message) = board.take_interrupt_message() {
            signalled |= interrupts.message(usize::from(message.vector));
        }
        signalled |= interrupts.wire(board.root().messages().intx_level);
        if signalled {
            self.unanswered = Some(Instant::now());
        }
    }
}

/// The thread, and how to tell it of accesses. Ends the thread when dropped.
pub(super) struct Clock {
    time: CardTime,
    client_tells: bool,
    thread: Option<JoinHandle<()>>,
}

/// Time for a driver whose card is served: simulated time while the card's clock runs, wall time while it stands still.
///
/// So a bound that was written for hardware keeps its meaning however slow the simulation is, and still ends when the card has nothing
/// to do. Never goes back.
#[derive(Clone)]
pub struct CardTime {
    shared: Arc<Shared>,
    board: Arc<FairMutex<Board>>,
    interrupts: Arc<Interrupts>,
}

impl CardTime {
    /// Nanoseconds since power-up.
    pub fn now_ns(&self) -> u64 {
        let state = self.shared.state.lock();
        let idle = state.idle + state.idle_since.map_or(Duration::ZERO, |at| at.elapsed());
        let cycles = self.shared.cycles.load(Ordering::Relaxed);
        drop(state);
        let idle_ns = u64::try_from(idle.as_nanos()).unwrap_or(u64::MAX);
        (cycles * SYS_PERIOD_PS / 1000).saturating_add(idle_ns)
    }

    /// Lets exactly this much time pass, as fast as the simulation can.
    pub fn pass(&self, duration_ns: u64) {
        let mut board = lock_soon(&self.shared, &self.board);
        let clocks = duration_ns.saturating_mul(1000).div_ceil(SYS_PERIOD_PS);
        let end = board.sys_cycles().saturating_add(clocks);
        while board.sys_cycles() < end && board.failure().is_none() {
            let left = end - board.sys_cycles();
            board.advance(left);
            let mut state = self.shared.state.lock();
            state.deliver(&mut board, &self.interrupts);
        }
    }

    /// The driver has nothing to do until something happens: time may go on.
    pub fn wait(&self) {
        let worked = self.shared.state.lock().at_work.take().is_some();
        if worked {
            self.shared.changed.notify_one();
        }
    }

    /// Whether the clock stands still for want of work.
    pub fn is_idle(&self) -> bool {
        let state = self.shared.state.lock();
        state.idle_since.is_some() && !state.touched
    }
}

impl std::fmt::Debug for CardTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("CardTime").field(&self.now_ns()).finish()
    }
}

impl Clock {
    /// Starts the thread.
    pub(super) fn start(
        board: Arc<FairMutex<Board>>,
        interrupts: Arc<Interrupts>,
        policy: Policy,
    ) -> Result<Self> {
        let shared = Arc::new(Shared {
            cycles: board.lock().cycle_counter(),
            ..Shared::default()
        });
        let time = CardTime {
            shared,
            board,
            interrupts,
        };
        let of_thread = time.clone();
        let thread = std::thread::Builder::new()
            .name("card clock".to_owned())
            .spawn(move || run(&of_thread, policy))?;
        Ok(Self {
            time,
            client_tells: policy.client_tells,
            thread: Some(thread),
        })
    }

    /// The board for a request of the client. Time that was held for an answer may go on.
    pub(super) fn begin<'a>(&self, board: &'a FairMutex<Board>) -> FairMutexGuard<'a, Board> {
        self.answered();
        lock_soon(&self.time.shared, board)
    }

    /// The client asks for something, so it is awake.
    pub(super) fn answered(&self) {
        let mut state = self.time.shared.state.lock();
        let held = state.unanswered.take().is_some();
        state.at_work = self.client_tells.then(Instant::now);
        drop(state);
        if held && !self.client_tells {
            self.time.shared.changed.notify_one();
        }
    }

    /// The client did something on the board. Interrupts that came with it are handed over.
    pub(super) fn touch(&self, board: &mut Board) {
        self.time.shared.activity.client_seen();
        let mut state = self.time.shared.state.lock();
        state.touched = true;
        state.at_work = self.client_tells.then(Instant::now);
        state.deliver(board, &self.time.interrupts);
        drop(state);
        self.time.shared.changed.notify_one();
    }

    /// What the clock does, for who watches.
    pub(super) fn activity(&self) -> &Arc<Activity> {
        &self.time.shared.activity
    }

    /// Time as the driver should have it.
    pub(super) fn time(&self) -> CardTime {
        self.time.clone()
    }
}

/// The board, after the piece that the clock's thread is at.
fn lock_soon<'a>(shared: &Shared, board: &'a FairMutex<Board>) -> FairMutexGuard<'a, Board> {
    shared.waiting.fetch_add(1, Ordering::Relaxed);
    let guard = board.lock();
    shared.waiting.fetch_sub(1, Ordering::Relaxed);
    guard
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.time.shared.state.lock().stop = true;
        self.time.shared.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been reported by its own hook.
            let _ = thread.join();
        }
    }
}

/// Keeps the thread's own time from running ahead of wall time.
struct Pace {
    slowness: u32,
    /// When the next slice may begin.
    due: Instant,
}

impl Pace {
    fn passed(&mut self, clocks: u64) {
        let took = Duration::from_nanos(clocks * SYS_PERIOD_PS / 1000) * self.slowness;
        let earliest = Instant::now().checked_sub(CATCH_UP).unwrap_or(self.due);
        self.due = self.due.max(earliest) + took;
    }
}

/// Waits until a slice is due; the clocks that are left to run, or `None` when the thread is to end.
fn await_turn(shared: &Shared, mut left: u64, pace: &Pace, policy: Policy) -> Option<u64> {
    let mut state = shared.state.lock();
    loop {
        if state.stop {
            // Whoever reads the time afterwards must not wait for ever.
            state.idle_since.get_or_insert_with(Instant::now);
            return None;
        }
        if std::mem::take(&mut state.touched) {
            left = policy.linger_clocks;
        }
        if left == 0 {
            state.idle_since.get_or_insert_with(Instant::now);
            shared.activity.set_running(false);
            shared.changed.wait(&mut state);
            shared.activity.set_running(true);
            continue;
        }
        if let Some(since) = state.idle_since.take() {
            state.idle += since.elapsed();
        }
        let now = Instant::now();
        let hold = if policy.client_tells {
            HOLD_FOR_TELLER
        } else {
            HOLD
        };
        if let Some(since) = state.unanswered.max(state.at_work) {
            if now < since + hold {
                shared.changed.wait_until(&mut state, since + hold);
                continue;
            }
            state.unanswered = None;
            state.at_work = None;
        }
        if now < pace.due {
            shared.changed.wait_until(&mut state, pace.due);
            continue;
        }
        return Some(left);
    }
}

fn run(time: &CardTime, policy: Policy) {
    let shared = &*time.shared;
    let mut left = 0;
    let mut pace = Pace {
        slowness: policy.slowness,
        due: Instant::now(),
    };
    while let Some(turn) = await_turn(shared, left, &pace, policy) {
        let mut board = time.board.lock();
        let packets = board.root().stats().from_card.packets();
        let interrupts = board.root().stats().interrupts;
        let begin = board.sys_cycles();
        let end = begin + SLICE_CLOCKS.min(turn);
        loop {
            let rest = end - board.sys_cycles();
            board.advance(PIECE_CLOCKS.min(rest));
            let over = board.sys_cycles() >= end
                || board.failure().is_some()
                || board.root().stats().interrupts != interrupts;
            if over || policy.slowness > 1 || shared.waiting.load(Ordering::Relaxed) != 0 {
                break;
            }
        }
        let passed = board.sys_cycles() - begin;
        left = if board.failure().is_some() {
            0
        } else if board.root().stats().from_card.packets() == packets {
            turn.saturating_sub(passed.max(1))
        } else {
            policy.linger_clocks
        };
        shared.state.lock().deliver(&mut board, &time.interrupts);
        drop(board);
        pace.passed(passed);
    }
}
