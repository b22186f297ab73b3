//! The native engine: rust-hdl's own evaluation, in this process.
//!
//! Context: host side of the simulation. Needs nothing but cargo; roughly ninety times slower than
//! the verilated engine. rust-hdl evaluates a block in passes: each pass carries a change one level
//! through the hierarchy, and a pass in which nothing changes ends the settling.

use std::path::Path;

use rust_hdl::prelude::check_all;

use super::native_trace::NativeTrace;
use super::pins::{CardPins, Inputs, Outputs, Tick};
use super::{Engine, EngineError};

/// Passes after which a combinational loop is certain: far above hierarchy depth plus longest chain.
const MAX_PASSES: usize = 200;

/// Width of a clock pulse in a waveform: shorter than half a period of any clock.
const PULSE_PS: u64 = 1_000;

/// Runs a rust-hdl block with the card's pins.
pub struct NativeEngine<B: CardPins> {
    block: Box<B>,
    applied: Inputs,
    passes: u64,
    last_ps: u64,
    trace: Option<NativeTrace<B>>,
}

impl<B: CardPins + 'static> NativeEngine<B> {
    /// Takes over a block, connects and checks it, and lets it settle.
    ///
    /// # Errors
    /// [`EngineError::Gateware`] when rust-hdl's checks fail, [`EngineError::Unsettled`] when the block
    /// does not come to rest.
    pub fn new(block: B) -> Result<Self, EngineError> {
        let mut block = Box::new(block);
        block.connect_all();
        check_all(block.as_ref()).map_err(|error| EngineError::Gateware(format!("{error:?}")))?;
        let mut engine = Self {
            block,
            applied: Inputs::default(),
            passes: 0,
            last_ps: 0,
            trace: None,
        };
        engine.block.drive(&Inputs::default());
        engine.settle(0)?;
        Ok(engine)
    }

    /// Writes a VCD waveform of every signal from now on. Best kept to short runs: it makes the
    /// engine several times slower.
    ///
    /// # Errors
    /// [`EngineError::Trace`] when the file cannot be created or is not named `.vcd`.
    pub fn trace_to(&mut self, path: &Path) -> Result<(), EngineError> {
        self.trace = Some(NativeTrace::create(path, self.block.as_ref())?);
        Ok(())
    }

    /// Evaluation passes made so far: the cost of the block, to be divided by the steps made.
    pub fn passes(&self) -> u64 {
        self.passes
    }

    fn fall(&mut self) {
        self.block.set_sys_clock(false);
        self.block.set_pix_clock(false);
    }

    fn settle(&mut self, time_ps: u64) -> Result<(), EngineError> {
        for _ in 0..MAX_PASSES {
            self.passes += 1;
            self.block.update_all();
            if !self.block.has_changed() {
                if let Some(trace) = &mut self.trace {
                    trace.dump(time_ps, self.block.as_ref());
                }
                return Ok(());
            }
        }
        Err(EngineError::Unsettled {
            passes: MAX_PASSES,
            time_ps,
        })
    }
}

impl<B: CardPins + 'static> Engine for NativeEngine<B> {
    fn describe(&self) -> String {
        "native (rust-hdl)".into()
    }

    fn step(&mut self, inputs: &Inputs, tick: Tick) -> Result<Outputs, EngineError> {
        if *inputs != self.applied {
            self.block.drive(inputs);
            self.applied = *inputs;
            self.settle(self.last_ps.midpoint(tick.time_ps))?;
        }
        let outputs = self.block.sample();
        self.block.set_sys_clock(tick.sys);
        self.block.set_pix_clock(tick.pix);
        if self.trace.is_none() {
            // The edge runs down the hierarchy one level a pass and nothing but registers sees it, so
            // the clocks may fall one pass later: the fall follows behind and costs no settling.
            self.passes += 1;
            self.block.update_all();
            self.fall();
            self.settle(tick.time_ps)?;
        } else {
            self.settle(tick.time_ps)?;
            self.fall();
            self.settle(tick.time_ps + PULSE_PS)?;
        }
        self.last_ps = tick.time_ps;
        Ok(outputs)
    }

    fn finish_trace(&mut self) -> Result<(), EngineError> {
        self.trace.take().map_or(Ok(()), NativeTrace::finish)
    }
}

impl<B: CardPins> std::fmt::Debug for NativeEngine<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NativeEngine")
            .field("passes", &self.passes)
            .field("traced", &self.trace.as_ref().map(NativeTrace::path))
            .finish_non_exhaustive()
    }
}
