//! Simulated time of a served card: passes while the card has work, and stands still when it has none.
//!
//! Every access of the client lets as much time pass as the access takes. Between accesses a thread runs the board for a while longer,
//! so that transfers finish, frames go by and interrupts come without the client asking. Signs of life (accesses, packets from the card) begin the while
//! anew; an idle card costs no processor time.

use std::io::Result;
use std::sync::Arc;
use std::thread::JoinHandle;

use parking_lot::{Condvar, FairMutex, Mutex};

use super::interrupts::Interrupts;
use crate::board::Board;

/// `sys` clocks for which the thread holds the board at a time; a waiting client gets its turn after them.
const SLICE_CLOCKS: u64 = 8192;

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// A sign of life that the thread has not yet seen.
    touched: bool,
    stop: bool,
}

/// The thread, and how to tell it of accesses. Ends the thread when dropped.
pub(super) struct Clock {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Clock {
    /// Starts the thread. It runs `linger_clocks` on after each sign of life.
    pub(super) fn start(
        board: Arc<FairMutex<Board>>,
        interrupts: Arc<Interrupts>,
        linger_clocks: u64,
    ) -> Result<Self> {
        let shared = Arc::new(Shared::default());
        let of_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("card clock".to_owned())
            .spawn(move || run(&of_thread, &board, &interrupts, linger_clocks))?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// The client did something.
    pub(super) fn touch(&self) {
        self.shared.state.lock().touched = true;
        self.shared.changed.notify_one();
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.shared.state.lock().stop = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been reported by its own hook.
            let _ = thread.join();
        }
    }
}

fn run(shared: &Shared, board: &FairMutex<Board>, interrupts: &Interrupts, linger_clocks: u64) {
    let mut left = 0;
    loop {
        {
            let mut state = shared.state.lock();
            while left == 0 && !state.touched && !state.stop {
                shared.changed.wait(&mut state);
            }
            if state.stop {
                return;
            }
            if std::mem::take(&mut state.touched) {
                left = linger_clocks;
            }
        }
        let mut board = board.lock();
        let packets = board.root().stats().from_card.packets();
        let begin = board.sys_cycles();
        board.advance(SLICE_CLOCKS.min(left));
        deliver(&mut board, interrupts);
        let passed = board.sys_cycles() - begin;
        left = if board.failure().is_some() {
            0
        } else if board.root().stats().from_card.packets() == packets {
            left.saturating_sub(passed.max(1))
        } else {
            linger_clocks
        };
    }
}

/// Hands the interrupts that arrived to the client.
pub(super) fn deliver(board: &mut Board, interrupts: &Interrupts) {
    while let Some(message) = board.take_interrupt_message() {
        interrupts.message(usize::from(message.vector));
    }
    interrupts.wire(board.root().messages().intx_level);
}
