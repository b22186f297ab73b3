//! Cycle-stepping helpers for block tests.
//!
//! rust-hdl's own `Simulation` runs the circuit in threads, which costs a context switch a step.
//! A block test drives the circuit directly instead: apply inputs while the clock is low, settle,
//! look at the outputs, raise the clock, settle. The same convention is used by the simulated
//! board, so a block sees the same order of events in its test and in the card.

use crate::prelude::*;

/// Delta cycles allowed before a circuit is called unstable.
const MAX_DELTA_CYCLES: usize = 200;

/// Propagates changes until nothing changes any more.
///
/// # Panics
/// When the circuit does not settle: it has a combinational loop.
pub fn settle<B: Block>(uut: &mut B) {
    assert!(
        simulate(uut, MAX_DELTA_CYCLES),
        "the circuit does not settle: combinational loop"
    );
}

/// Connects a freshly built block and settles its reset state.
#[must_use]
pub fn connected<B: Block>(mut uut: B) -> B {
    uut.connect_all();
    settle(&mut uut);
    uut
}

/// One clock of a single-clock block.
///
/// `set_clock` drives the clock pin, `apply` sets the inputs (clock low), `sample` reads the
/// settled outputs just before the rising edge. Returns what `sample` returned.
pub fn cycle<B: Block, T>(
    uut: &mut B,
    set_clock: impl Fn(&mut B, bool),
    apply: impl FnOnce(&mut B),
    sample: impl FnOnce(&B) -> T,
) -> T {
    set_clock(uut, false);
    apply(uut);
    settle(uut);
    let seen = sample(uut);
    set_clock(uut, true);
    settle(uut);
    seen
}

/// Small deterministic generator for stimulus (xorshift64*), so that a seed reproduces a run.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// A generator for `seed`; zero is replaced, since the generator would stay at zero.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// Next 32 random bits.
    pub fn next_u32(&mut self) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32) as u32
    }

    /// A number in `0..bound`; 0 when `bound` is 0.
    pub fn below(&mut self, bound: u32) -> u32 {
        ((u64::from(self.next_u32()) * u64::from(bound)) >> 32) as u32
    }

    /// True with a chance of `percent` in 100.
    pub fn percent(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }
}
