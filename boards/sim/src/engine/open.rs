//! Choosing an engine.
//!
//! Context: host side of the simulation. `auto` takes the verilated engine and falls back to the
//! native one, telling why; a named engine is taken or refused.

use std::path::{Path, PathBuf};

use rust_hdl::prelude::Block;

use super::{
    Announcer, CardPins, Engine, EngineError, LockstepEngine, NativeEngine, VerilatedEngine,
};

/// Which engine a person asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EngineChoice {
    /// The verilated engine where it can be had, else the native one.
    #[default]
    Auto,
    /// The native engine; nothing is looked for, built or downloaded.
    Native,
    /// The verilated engine or an error.
    Verilated,
    /// Both at once, compared at every step: for tests, at the speed of the native one.
    Lockstep,
}

impl EngineChoice {
    /// The words of the command line.
    pub const NAMES: [&'static str; 4] = ["auto", "native", "verilated", "lockstep"];
}

impl std::str::FromStr for EngineChoice {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "auto" => Ok(Self::Auto),
            "native" => Ok(Self::Native),
            "verilated" => Ok(Self::Verilated),
            "lockstep" => Ok(Self::Lockstep),
            _ => Err(format!(
                "no engine is called {name}; there are {}",
                Self::NAMES.join(", ")
            )),
        }
    }
}

/// How to open an engine.
#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    /// Which one.
    pub choice: EngineChoice,
    /// Waveform file to write: `.vcd`, or `.fst` with the verilated engine.
    pub trace: Option<PathBuf>,
    /// Where downloads and compilations are announced.
    pub announcer: Announcer,
}

/// An opened engine.
pub struct Opened {
    /// The engine.
    pub engine: Box<dyn Engine>,
    /// Why it is not the verilated one although that was tried; its text says how to get it.
    pub fallback: Option<EngineError>,
}

impl Opened {
    fn of(engine: impl Engine + 'static, fallback: Option<EngineError>) -> Self {
        Self {
            engine: Box::new(engine),
            fallback,
        }
    }
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened")
            .field("engine", &self.engine.describe())
            .field("fallback", &self.fallback)
            .finish()
    }
}

/// Opens an engine on the block that `make` yields. `make` is called once or, on a fallback, twice.
///
/// # Errors
/// That of the engine named in the options; with [`EngineChoice::Auto`] only what no engine could
/// cure: a faulty gateware, or a waveform file that cannot be written.
pub fn open<B: CardPins + Block + 'static>(
    make: impl Fn() -> B,
    options: &OpenOptions,
) -> Result<Opened, EngineError> {
    let trace = options.trace.as_deref();
    let mut fallback = None;
    if options.choice != EngineChoice::Native {
        match VerilatedEngine::new(make(), trace, options.announcer) {
            Ok(fast) if options.choice == EngineChoice::Lockstep => {
                let engine = LockstepEngine::new(NativeEngine::new(make())?, fast);
                return Ok(Opened::of(engine, None));
            }
            Ok(engine) => return Ok(Opened::of(engine, None)),
            Err(error @ (EngineError::Gateware(_) | EngineError::Trace { .. })) => {
                return Err(error);
            }
            // The native engine could not write such a file either, and would not say why.
            Err(error) if options.choice != EngineChoice::Auto || wants_fst(trace) => {
                return Err(error);
            }
            Err(error) => fallback = Some(error),
        }
    }
    let mut engine = NativeEngine::new(make())?;
    if let Some(path) = trace {
        engine.trace_to(path)?;
    }
    Ok(Opened::of(engine, fallback))
}

fn wants_fst(trace: Option<&Path>) -> bool {
    trace.is_some_and(|path| path.extension().is_some_and(|extension| extension == "fst"))
}
