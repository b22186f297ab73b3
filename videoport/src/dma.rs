//! Bus-master DMA: adapters, locked buffers, transfers, common buffers.
//!
//! A buffer is locked once (`VideoPortLockBuffer`): its pages are pinned and, when a known card is behind the port, a
//! hardware SG table is written into the card. A transfer (`VideoPortStartDma`) then names a part of it. The list that
//! the miniport gets has the layout of the video port contract; two of its reserved words carry what the card's engine
//! needs, see [`ScatterGatherList`].
//!
//! | step | IRQL | what happens |
//! |---|---|---|
//! | [`VideoPort::get_dma_adapter`] | PASSIVE | the device's reach and limits are recorded |
//! | [`VideoPort::lock_buffer`] | PASSIVE | pages pinned, hardware table written |
//! | [`VideoPort::start_dma`] | `<= DISPATCH` | list built, callback at DISPATCH, length final before it |
//! | [`VideoPort::complete_dma`] | `<= DISPATCH` | data visible to the processor, list gone |
//! | [`VideoPort::unlock_buffer`] | `<= DISPATCH` | hardware table withdrawn (bounded), pages released |
//!
//! Memory outside the adapter's reach is bounced: the transfer goes through contiguous pages within reach, at most
//! `map_register_count` at a time. So is scattered memory for a device that takes only one element; if there are no
//! contiguous pages, such a transfer carries the first stretch instead.
//!
//! Source: `VideoPortStartDma`, `VideoPortLockBuffer`, `VP_SCATTER_GATHER_LIST`; the guide's chapter on packet-based
//! bus-master DMA.

mod adapter;
mod common;
mod legacy;
mod list;
mod lock;
mod resident;
mod transfer;

use core::fmt;

use crate::address::{BusAddr, VirtAddr};
use crate::guarded::Guarded;
use crate::handle::{Table, handle};
use crate::hardware::HardwareError;
use crate::limits::{ADAPTERS, COMMON_BUFFERS, DMA_LISTS, MDLS};
use crate::platform::{PinError, Platform};
use crate::port::{LeakReport, VideoPort};
use adapter::Adapter;
use common::CommonEntry;
use lock::LockedBuffer;
use transfer::Operation;

pub use common::CommonBuffer;
pub use list::{ScatterGatherElement, ScatterGatherList};

handle!(
    /// A DMA adapter (`PVP_DMA_ADAPTER`).
    DmaAdapter,
    1
);

handle!(
    /// A locked buffer, what `VideoPortLockBuffer` returns: the memory descriptor list of the contract.
    Mdl,
    2
);

/// Why a DMA service could not do its work.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DmaError {
    /// A table of the port or the machine's memory is exhausted.
    Resources,
    /// An argument is wrong.
    InvalidParameter,
    /// A page cannot be pinned.
    Pin(PinError),
    /// The card refused or did not answer.
    Hardware(HardwareError),
}

impl fmt::Display for DmaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resources => f.write_str("out of DMA resources"),
            Self::InvalidParameter => f.write_str("a parameter is wrong"),
            Self::Pin(error) => write!(f, "cannot lock the buffer: {error}"),
            Self::Hardware(error) => write!(f, "no SG table: {error}"),
        }
    }
}

impl core::error::Error for DmaError {}

impl From<PinError> for DmaError {
    fn from(error: PinError) -> Self {
        Self::Pin(error)
    }
}

impl From<HardwareError> for DmaError {
    fn from(error: HardwareError) -> Self {
        Self::Hardware(error)
    }
}

/// All DMA objects of one device.
pub(crate) struct DmaState {
    adapters: Table<DmaAdapter, Adapter, ADAPTERS>,
    mdls: Table<Mdl, LockedBuffer, MDLS>,
    operations: heapless::Vec<Operation, DMA_LISTS>,
    common: heapless::Vec<CommonEntry, COMMON_BUFFERS>,
    /// Made on first need by `VideoPortGetCommonBuffer`.
    default_adapter: Option<DmaAdapter>,
}

impl DmaState {
    pub(crate) fn new() -> Guarded<Self> {
        Guarded::new(Self {
            adapters: Table::new(),
            mdls: Table::new(),
            operations: heapless::Vec::new(),
            common: heapless::Vec::new(),
            default_adapter: None,
        })
    }
}

/// What is alive of each kind of DMA object.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct DmaUsage {
    /// Adapters, the default one included.
    pub adapters: usize,
    /// Locked buffers.
    pub mdls: usize,
    /// Lists between start and completion.
    pub lists: usize,
    /// Common buffers.
    pub common_buffers: usize,
}

impl<P: Platform> VideoPort<'_, P> {
    /// What is alive now.
    pub fn dma_usage(&self) -> DmaUsage {
        self.dma.with(|dma| DmaUsage {
            adapters: dma.adapters.len(),
            mdls: dma.mdls.len(),
            lists: dma.operations.len(),
            common_buffers: dma.common.len(),
        })
    }

    /// Frees every DMA object, lists first. The card must be off the bus already.
    pub(crate) fn tear_down_dma(&self, report: &mut LeakReport) {
        report.dma_lists = self.tear_down_lists();
        report.common_buffers = self.tear_down_common_buffers();
        report.mdls = self.tear_down_locks();
        self.dma.with(|dma| {
            dma.adapters = Table::new();
            dma.default_adapter = None;
        });
    }
}

/// Reads a value of a list that is pointer-sized in the contract.
const fn word_to_u32(word: usize) -> u32 {
    word as u32
}

/// Bytes from one bus address to another, for reach checks.
const fn last_byte(start: BusAddr, length_bytes: u64) -> u64 {
    start.raw().saturating_add(length_bytes.saturating_sub(1))
}

/// A piece of memory named by address and length, as lock and bounce hand it around.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Span {
    base: VirtAddr,
    length_bytes: usize,
}
