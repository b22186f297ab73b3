//! Engines: what makes the simulated card run.
//!
//! The card is one rust-hdl block. Two engines run it behind one trait, and nothing outside this
//! module knows which one it is:
//!
//! - [`NativeEngine`] evaluates the rust-hdl block in this process. It needs nothing but cargo.
//! - [`VerilatedEngine`] runs Verilator's translation of the same block's Verilog, compiled to a
//!   shared library and kept in the project-local cache. It is far faster and needs Python (or an
//!   installed Verilator) and a C++ compiler.
//!
//! [`open()`] picks one. Both give the same outputs at every edge; `tests/lockstep.rs` holds them to it.
//!
//! # One step
//! Phase A: the clocks that are about to rise are low, the inputs are applied, the logic settles and
//! the outputs are sampled. Phase B: those clocks rise together and the logic settles again. A DW of
//! a stream moves when valid and ready are both high at the sample.
//!
//! Not supported: gateware that uses a falling clock edge (clocks fall whenever it is cheapest).

mod card;
mod card_memory;
mod error;
#[expect(unsafe_code, reason = "calls into the compiled model")]
mod ffi;
mod lockstep;
mod model;
mod native;
mod native_trace;
mod open;
mod pins;
mod progress;
mod run;
mod timeline;
mod tools;
mod verilated;

pub use card_memory::CardMemory;
pub use error::EngineError;
pub use lockstep::LockstepEngine;
pub use native::NativeEngine;
pub use open::{EngineChoice, OpenOptions, Opened, open};
pub use pins::{CardPins, CreditLimits, Inputs, Outputs, Tick};
pub use progress::Announcer;
pub use run::{Capture, RunReport, RunRequest, RxBeat, StopReason, TxBeat, run_by_steps};
pub use timeline::{SYS_PERIOD_PS, Timeline};
pub use tools::project_cache_dir;
pub use verilated::VerilatedEngine;

use std::collections::VecDeque;
use std::sync::Arc;

/// A running card.
pub trait Engine: Send {
    /// What runs, for the account that a person reads, e.g. `verilated (Verilator 5.48.0)`.
    fn describe(&self) -> String;

    /// Applies `inputs`, samples the outputs, then raises the clocks that `tick` names.
    ///
    /// # Errors
    /// [`EngineError::Unsettled`] when the logic does not come to rest.
    fn step(&mut self, inputs: &Inputs, tick: Tick) -> Result<Outputs, EngineError>;

    /// Runs many clocks. `rx` is taken from its front, `capture` is appended to, `timeline` moves on.
    ///
    /// Ordering: a run split in two gives the same as one run of the same total length.
    ///
    /// # Errors
    /// As [`Self::step`].
    fn run(
        &mut self,
        timeline: &mut Timeline,
        request: &RunRequest,
        rx: &mut VecDeque<RxBeat>,
        capture: &mut Capture,
    ) -> Result<RunReport, EngineError> {
        run_by_steps(self, timeline, request, rx, capture)
    }

    /// Runs `sys_clocks` clocks with constant inputs, looking at no output: the fastest this model can
    /// go, against which a benchmark holds [`Self::run`].
    ///
    /// # Errors
    /// As [`Self::step`].
    fn bare_loop(&mut self, timeline: &mut Timeline, sys_clocks: u64) -> Result<(), EngineError> {
        let inputs = timeline.held;
        let end = timeline.sys_cycles() + sys_clocks;
        while timeline.sys_cycles() < end {
            let tick = timeline.next_tick();
            self.step(&inputs, tick)?;
            timeline.advance(tick);
        }
        Ok(())
    }

    /// The card's memory, for an engine that keeps it where another process can map it.
    fn card_memory(&self) -> Option<&Arc<CardMemory>> {
        None
    }

    /// Completes the waveform file, if one is being written. Dropping the engine does the same
    /// without telling an error.
    ///
    /// # Errors
    /// [`EngineError::Trace`] when the file could not be written.
    fn finish_trace(&mut self) -> Result<(), EngineError> {
        Ok(())
    }
}
