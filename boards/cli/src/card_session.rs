//! One simulated card with the driver loaded on it: what every command starts from.

use anyhow::{Context, Result, bail};
use lumenport_flows::Session;
use lumenport_miniport::{DDC_RATE_VALUE, LumenportMiniport};
use lumenport_sim::engine::{Announcer, EngineChoice};
use lumenport_sim::machine::{CARD_SLOT, SimMachine};
use lumenport_sim::{BoardConfig, host_memory::Protection};
use lumenport_videoport::{Options, VideoPort};
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

/// Loads the driver, starts and opens the device, runs `body`, removes the device, and complains about anything left behind.
pub fn with_driver<R>(
    machine: &SimMachine,
    body: impl FnOnce(&SimSession<'_, '_>) -> Result<R>,
) -> Result<R> {
    let miniport = LumenportMiniport::new();
    let port = VideoPort::new(machine, &miniport, CARD_SLOT, Options::new().strict(true));
    // The simulated monitor bears it, and simulated time is dear.
    let _ = port
        .registry()
        .write(DDC_RATE_VALUE, &DDC_RATE_KHZ.to_le_bytes());
    let session = Session {
        board: machine,
        port: &port,
        miniport: &miniport,
    };
    let outcome = start(&session).and_then(|()| body(&session));
    let report = port.remove();
    let left_behind = machine.memory().leaks();
    let result = outcome?;
    if !report.is_clean() || !left_behind.is_empty() {
        bail!("something was left behind when the device was removed: {report:?}, {left_behind:?}");
    }
    if let Some(finding) = port.take_finding() {
        bail!("the video port noticed misuse: {finding}");
    }
    if let Some(violation) = machine.board().root().violations().first() {
        bail!("the card broke a rule of PCI Express: {violation:?}");
    }
    Ok(result)
}

/// Loads, starts and opens, with the driver's own reason when it refuses.
fn start(session: &SimSession<'_, '_>) -> Result<()> {
    session
        .start()
        .map_err(|error| match session.miniport.find_error() {
            Some(reason) => anyhow::anyhow!("the driver does not take this card: {reason}"),
            None => anyhow::anyhow!("{error}"),
        })
}
