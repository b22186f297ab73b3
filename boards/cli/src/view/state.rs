//! What the view tells, besides the picture. `/state.json` and `/events` carry it as JSON with these names.
//!
//! Counters run since the card's last reset, which comes with every client that leaves; frames since the start.

use serde::Serialize;

/// Everything.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct State {
    /// What runs the card.
    pub engine: String,
    /// Who uses the card.
    pub client: Client,
    /// Simulated time.
    pub clock: Clock,
    /// Why the card answers nothing any more; null while it works.
    pub failure: Option<String>,
    /// The card's timing engine runs; else the last frame, if any, is an old one.
    pub signal: bool,
    /// The mode that was measured in the newest frame; null without one.
    pub mode: Option<Mode>,
    /// The newest frame; null before the first.
    pub frame: Option<Frame>,
    /// Interrupts of the card.
    pub interrupts: Interrupts,
    /// The card's own traffic with host memory.
    pub dma: Dma,
    /// The card's semaphores by number, as heard on the bus.
    pub semaphores: Vec<Semaphore>,
    /// Packets on the link.
    pub link: Link,
}

/// Who uses the card.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Client {
    /// One is connected and has accessed the card.
    pub connected: bool,
    /// How many there were so far, this one included.
    pub count: u64,
}

/// Simulated time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Clock {
    /// It passes; false: the card is idle and its clock stopped.
    pub running: bool,
    /// Since power-up. Units: ns.
    pub simulated_ns: u64,
    /// Clocks of the card's system clock since power-up.
    pub sys_clocks: u64,
    /// Simulated seconds for each second on the wall, over the last second.
    pub speed: f64,
}

/// A mode as the monitor measured it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Mode {
    /// The standard's name for it, where it is one.
    pub name: Option<String>,
    /// Visible pixels of a line.
    pub width_px: u32,
    /// Visible lines.
    pub height_lines: u32,
    /// Pixels of a line, blanking included.
    pub h_total_px: u32,
    /// Lines of a frame, blanking included.
    pub v_total_lines: u32,
    /// Frames a simulated second.
    pub refresh_hz: f64,
    /// Units: kHz.
    pub pixel_clock_khz: u32,
    /// Horizontal sync pulses are high.
    pub hsync_positive: bool,
    /// Vertical sync pulses are high.
    pub vsync_positive: bool,
}

/// The newest frame.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Frame {
    /// Its number; rises with every frame, from 0.
    pub number: u64,
    /// Whole frames so far.
    pub count: u64,
    /// Width of the picture.
    pub width_px: usize,
    /// Height of the picture.
    pub height_lines: usize,
    /// The monitor found nothing wrong with it.
    pub clean: bool,
    /// Symbols in it that a receiver would take wrong.
    pub symbol_errors: u64,
}

/// Interrupts of the card.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Interrupts {
    /// Messages (MSI).
    pub msi: u64,
    /// Times the interrupt wire (INTA) was asserted.
    pub intx: u64,
    /// The wire is asserted now.
    pub intx_asserted: bool,
    /// The last one; null before the first.
    pub last: Option<LastInterrupt>,
}

/// An interrupt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LastInterrupt {
    /// `MSI` or `INTx`.
    pub kind: &'static str,
    /// Vector of a message; null for the wire.
    pub vector: Option<u8>,
    /// When, in simulated time. Units: ns.
    pub simulated_ns: u64,
}

/// The card's own traffic with host memory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Dma {
    /// Read by the card from host memory, in whole words. Units: bytes.
    pub to_card_bytes: u64,
    /// Written by the card to host memory, in whole words, interrupts not counted. Units: bytes.
    pub from_card_bytes: u64,
    /// Transfers that the driver started.
    pub submitted: u64,
    /// Transfers that ended well, as acknowledged by the driver.
    pub done: u64,
    /// Transfers that ended badly, as acknowledged by the driver.
    pub failed: u64,
    /// The last fault that the driver read; null without one.
    pub last_fault: Option<String>,
    /// Reads of the card that host memory refused.
    pub refused_reads: u64,
    /// Writes of the card that host memory refused.
    pub refused_writes: u64,
    /// The last minute.
    pub history: History,
}

/// Traffic of the last minute on the wall, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct History {
    /// Length of a step. Units: ms.
    pub step_ms: u64,
    /// Bytes to the card in each step.
    pub to_card_bytes: Vec<u64>,
    /// Bytes from the card in each step.
    pub from_card_bytes: Vec<u64>,
}

/// A semaphore of the card.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Semaphore {
    /// Owner number; 0 for a free one.
    pub owner: u16,
    /// Who holds it: `none`, `host`, `management`, `debug`.
    pub agent: &'static str,
    /// Claims so far.
    pub claims: u64,
    /// Claims that found it held.
    pub contention: u64,
}

/// Packets on the link.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Host to card.
    pub to_card: Direction,
    /// Card to host.
    pub from_card: Direction,
    /// Requests of the host that wait for the card.
    pub host_waiting: usize,
    /// Requests of the card that wait for the host.
    pub card_waiting: usize,
    /// Requests of the host that the card never answered.
    pub timeouts: u64,
    /// Rules of PCI Express that the card broke.
    pub violations: u64,
    /// The card was pulled out.
    pub unplugged: bool,
}

/// One direction of the link.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Direction {
    /// Packets of all kinds.
    pub packets: u64,
    /// Headers included. Units: bytes.
    pub bytes: u64,
    /// MRd.
    pub memory_reads: u64,
    /// MWr.
    pub memory_writes: u64,
    /// Cpl and CplD.
    pub completions: u64,
    /// CfgRd and CfgWr.
    pub config: u64,
    /// Msg.
    pub messages: u64,
}
