//! What a target supplies: fresh boards, the monitor's picture, faults on demand.

use lumenport_videoport::{Options, PciSlot, Platform};
use serde::{Deserialize, Serialize};

/// How the next board is made.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Setup {
    /// Map digest that the card reports instead of its own: software and card of different ages.
    pub map_digest: Option<u32>,
    /// Monitor at the connector when the card starts; `None` for none.
    pub monitor: Option<MonitorSetup>,
}

/// A monitor's end of the cable.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct MonitorSetup {
    /// Its EDID, whole blocks.
    pub edid: Vec<u8>,
    /// Does not answer to so many addresses before it wakes up; `u32::MAX` for ever.
    pub deaf: u32,
    /// Sends so many base blocks with a wrong byte before it sends right ones.
    pub garbled: u32,
    /// Holds the clock low so long after each byte. Units: ns.
    pub stretch_ns: u64,
    /// Holds the data line for so many clocks, as if left in the middle of a byte.
    pub holds_data: u32,
    /// How often the hot-plug contact opens again after it closed first.
    pub bounces: u32,
}

impl MonitorSetup {
    /// Time between two moves of a bouncing contact. Units: ns.
    pub const BOUNCE_NS: u64 = 3_000;

    /// A monitor that behaves.
    pub fn with_edid(edid: Vec<u8>) -> Self {
        Self {
            edid,
            ..Self::default()
        }
    }
}

/// Something that goes wrong on a board. The ones with a flag can be ended again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fault {
    /// The host answers memory reads of the card with Unsupported Request.
    HostRefuses(bool),
    /// The host never answers memory reads of the card.
    HostSilent(bool),
    /// The card is pulled out.
    Unplugged,
    /// Interrupt messages of the card get lost.
    InterruptsLost(bool),
    /// Scanout starves in at least one frame from now on, and recovers by itself.
    Underrun,
    /// Another agent of the card holds hardware semaphore 0.
    SemaphoreHeld(bool),
}

/// The target cannot do this.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not supported on this target: {0}")]
pub struct NotSupported(pub String);

/// A picture as the monitor saw it. Shape: `width_px * height_lines` pixels of 3 bytes, red first, top line first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Picture {
    /// Pixels in a line.
    pub width_px: u32,
    /// Lines.
    pub height_lines: u32,
    /// The bytes.
    pub rgb: Vec<u8>,
    /// What the monitor measured on its input; `None` on a target without a monitor.
    pub timing: Option<MeasuredTiming>,
}

/// Timing as measured at the connector, counted from the first active pixel and line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MeasuredTiming {
    /// Pixels of a line, blanking included.
    pub h_total_px: u32,
    /// First pixel of the horizontal sync pulse.
    pub h_sync_start_px: u32,
    /// First pixel after it.
    pub h_sync_end_px: u32,
    /// Horizontal sync is high during its pulse.
    pub hsync_positive: bool,
    /// Lines of a frame, blanking included.
    pub v_total_lines: u32,
    /// First line of the vertical sync pulse.
    pub v_sync_start_lines: u32,
    /// First line after it.
    pub v_sync_end_lines: u32,
    /// Vertical sync is high during its pulse.
    pub vsync_positive: bool,
}

/// Host memory in use.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct HostUsage {
    /// Pages handed out and not freed.
    pub pages: usize,
    /// Pins held on pages.
    pub pins: usize,
}

/// One board: a machine with one card, out of reset.
pub trait Board {
    /// The machine.
    type Platform: Platform;

    /// The machine, for the video port.
    fn platform(&self) -> &Self::Platform;

    /// Where the card sits.
    fn slot(&self) -> PciSlot;

    /// How the port behaves; the target may adapt bounds to its speed. Strict by default: misuse fails the flow.
    fn options(&self) -> Options {
        Options::new().strict(true)
    }

    /// Whether somebody looks at the monitor; a flow that needs it is skipped where nobody does.
    ///
    /// # Errors
    /// [`NotSupported`], saying what is missing.
    fn sees_monitor(&self) -> Result<(), NotSupported> {
        Ok(())
    }

    /// The next frame that begins from now on, complete.
    ///
    /// # Errors
    /// A sentence: no signal, illegal symbols, no frame within the target's bound.
    fn capture(&self) -> Result<Picture, String>;

    /// Makes something go wrong.
    ///
    /// # Errors
    /// [`NotSupported`], naming the fault.
    fn inject(&self, fault: Fault) -> Result<(), NotSupported>;

    /// Plugs a monitor in, or pulls it out.
    ///
    /// # Errors
    /// [`NotSupported`] where nobody is there to do it.
    fn plug_monitor(&self, monitor: Option<&MonitorSetup>) -> Result<(), NotSupported>;

    /// Host memory in use; `None` when the target cannot tell.
    fn host_usage(&self) -> Option<HostUsage>;

    /// Violations that the board's own checkers saw so far: protocol errors, accesses to unlocked memory.
    fn violations(&self) -> Vec<String> {
        Vec::new()
    }
}

/// A kind of board.
pub trait Target {
    /// Its boards.
    type Board: Board;

    /// Short name for reports: `fake`, `native`, `verilated`.
    fn name(&self) -> &'static str;

    /// A fresh board.
    ///
    /// # Errors
    /// [`NotSupported`] when the setup is not possible here or the target itself is not on this machine.
    fn board(&self, setup: &Setup) -> Result<Self::Board, NotSupported>;

    /// Most pixel clocks in a frame that are bearable here; larger modes are left out, and the note says so.
    fn frame_budget_clocks(&self) -> Option<u32> {
        None
    }

    /// Most frames that may go by unnoticed while a driver waits for a few vertical blankings. Where an operating system shares the
    /// processor out, a driver wakes up late; the card does not wait for it.
    fn late_frames(&self) -> u32 {
        1
    }
}
