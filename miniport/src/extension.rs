//! The device extension: what the driver remembers about its card between callbacks.
//!
//! Callbacks interrupt each other, so every piece sits in a critical section that lasts a few instructions. No register
//! value is kept here: the card is asked.

use core::cell::Cell;

use critical_section::Mutex;
use lumenport_hal::addr::ByteLen;
use lumenport_hal::id::Identity;
use lumenport_hal::irq::EventLatch;
use lumenport_videoport::address::VirtAddr;
use lumenport_videoport::dma::{DmaAdapter, ScatterGatherList};
use lumenport_videoport::event::Event;
use lumenport_videoport::types::AccessRange;

use crate::find_adapter::FindError;
use crate::modes::CardMode;
use crate::monitor::Monitor;
use crate::power::Power;
use crate::requests::PointerState;
use crate::transfer::TransferError;

/// What `FindAdapter` learned.
#[derive(Clone, Copy, Debug)]
pub struct Device {
    /// Where the registers are mapped.
    pub registers: VirtAddr,
    /// The range of the registers (BAR2).
    pub register_range: AccessRange,
    /// The range of card memory (BAR0).
    pub memory: AccessRange,
    /// Who the card is.
    pub identity: Identity,
    /// Pixel clocks of the board. Units: kHz.
    pub clocks_khz: [u32; lumenport_hal::crtc::CLOCKS_MAX],
    /// The DMA engine, as the port sees it.
    pub(crate) adapter: DmaAdapter,
}

/// A DMA operation between `StartDma` and `CompleteDma`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flight {
    pub adapter: DmaAdapter,
    pub list: ScatterGatherList,
    pub write_to_device: bool,
    pub event: Event,
    /// The engine's count of finished transfers before this one: an interrupt that is late from an earlier transfer is
    /// told from this one's by it.
    pub completed_before: u32,
}

/// What the driver counted since it was made. All wrap at 32 bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// Interrupts that were the card's.
    pub interrupts: u32,
    /// Deferred routine runs.
    pub dpcs: u32,
    /// Vertical blankings seen by the interrupt routine.
    pub vblanks: u32,
    /// Underruns seen by the interrupt routine.
    pub underruns: u32,
    /// DMA transfers that ended well.
    pub transfers: u32,
    /// DMA transfers that did not.
    pub transfer_errors: u32,
    /// Bytes moved by DMA.
    pub bytes: u64,
    /// Changes of the hot-plug level seen by the interrupt routine.
    pub hotplugs: u32,
}

/// What the child state requests decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct ChildSwitch {
    /// The monitor was switched off, and no mode was set since.
    pub off: bool,
    /// `CHILD_NOPRUNE_*` flags in force.
    pub no_prune: u32,
}

/// Everything that changes.
#[derive(Clone, Copy)]
pub(crate) struct State {
    pub device: Option<Device>,
    pub find_error: Option<FindError>,
    pub mode: Option<CardMode>,
    pub monitor: Monitor,
    pub child: ChildSwitch,
    pub pointer: PointerState,
    pub power: Power,
    pub flight: Option<Flight>,
    pub result: Option<Result<ByteLen, TransferError>>,
    pub last_error: Option<TransferError>,
    pub vblank_event: Option<Event>,
    pub counters: Counters,
}

/// The extension of one device.
pub(crate) struct Extension {
    state: Mutex<Cell<State>>,
    /// Events on their way from the interrupt routine to the deferred one.
    pub latch: EventLatch,
}

impl Extension {
    pub const fn new() -> Self {
        let state = State {
            device: None,
            find_error: None,
            mode: None,
            monitor: Monitor::Absent,
            child: ChildSwitch {
                off: false,
                no_prune: 0,
            },
            pointer: PointerState::NONE,
            power: Power::ON,
            flight: None,
            result: None,
            last_error: None,
            vblank_event: None,
            counters: Counters {
                interrupts: 0,
                dpcs: 0,
                vblanks: 0,
                underruns: 0,
                transfers: 0,
                transfer_errors: 0,
                bytes: 0,
                hotplugs: 0,
            },
        };
        Self {
            state: Mutex::new(Cell::new(state)),
            latch: EventLatch::new(),
        }
    }

    /// Looks at or changes the state. `body` must be short and must call no service.
    pub fn with<R>(&self, body: impl FnOnce(&mut State) -> R) -> R {
        critical_section::with(|token| {
            let cell = self.state.borrow(token);
            let mut state = cell.get();
            let result = body(&mut state);
            cell.set(state);
            result
        })
    }

    /// The found device, if there is one.
    pub fn device(&self) -> Option<Device> {
        self.with(|state| state.device)
    }
}
