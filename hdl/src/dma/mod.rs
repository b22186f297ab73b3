//! Scatter-gather DMA engine: moves rows of bytes between locked host memory and card memory.
//!
//! Clock domain: `sys`. See this folder's README for the theory and the programming steps.

pub mod engine;
pub mod landing;
pub mod reader;
pub mod sg_table;
pub mod walker;
pub mod writer;

pub use engine::Dma;

/// RESULT codes of the `dma` register block.
pub(crate) mod result {
    pub const OK: u64 = 1;
    pub const STALE_HANDLE: u64 = 2;
    pub const NO_RIGHT: u64 = 3;
    pub const RANGE: u64 = 4;
    pub const PARAMETER: u64 = 5;
    pub const UNSUPPORTED_REQUEST: u64 = 6;
    pub const COMPLETER_ABORT: u64 = 7;
    pub const TIMEOUT: u64 = 8;
    pub const ABORTED: u64 = 9;
    pub const POISONED: u64 = 10;
    pub const BUS_MASTER_OFF: u64 = 11;
    pub const BAD_COMPLETION: u64 = 12;
    pub const SLOT_RELEASED: u64 = 13;
}
