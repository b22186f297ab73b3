//! One simulated card with the driver loaded on it.

use crate::driver_session;
use anyhow::{Context, Result};
use lumenport_flows::Session;
use lumenport_sim::engine::{Announcer, EngineChoice};
use lumenport_sim::machine::SimMachine;
use lumenport_sim::{BoardConfig, host_memory::Protection};
use std::path::Path;

/// Speed of DDC in the commands. Units: kHz; a real monitor gets 100.
const DDC_RATE_KHZ: u32 = 1_000;

/// A session on the simulated PC.
pub type SimSession<'s, 'a> = Session<'s, 'a, SimMachine>;

/// The configuration that all commands share: host memory behind an IOMMU-like check, announcements on the terminal.
pub fn board_config(choice: EngineChoice, trace: Option<&Path>) -> BoardConfig {
    let mut config = BoardConfig::default();
    config.engine.choice = choice;
    config.engine.trace = trace.map(Path::to_path_buf);
    config.engine.announcer = Announcer::Stderr;
    config.memory.protection = Protection::Pinned;
    // What a typical desktop root port does: 1 us round trip, 128-byte completions.
    config.root_complex.max_payload_bytes = 256;
    config
}

/// Makes the machine and says it when the fast engine could not be had.
pub fn machine(config: &BoardConfig) -> Result<SimMachine> {
    let machine = SimMachine::new(config).context("the simulated card cannot be started")?;
    if let Some(reason) = machine.board().fallback() {
        eprintln!("note: the fast engine is not available, the native one runs instead: {reason}");
    }
    Ok(machine)
}

/// As [`driver_session::with_driver`], with DDC at a speed that simulation bears.
pub fn with_driver<R>(
    machine: &SimMachine,
    body: impl FnOnce(&SimSession<'_, '_>) -> Result<R>,
) -> Result<R> {
    driver_session::with_driver(machine, Some(DDC_RATE_KHZ), body)
}
