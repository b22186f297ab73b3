//! Scatter-gather DMA engine: moves rows of bytes between locked host memory and card memory.
//!
//! Clock domain: `sys`. See this folder's README for the theory and the programming steps.

pub mod account;
pub mod chunk;
pub mod completion;
pub mod engine;
pub mod extent;
pub mod fetch;
pub mod gate;
pub mod landing;
pub mod read_request;
pub mod reader;
pub mod sg_table;
pub mod tags;
pub mod walker;
pub mod writer;

pub use engine::Dma;

/// RESULT codes of the `dma` register block, as the register map names them.
pub(crate) mod result {
    use lumenport_regmap::blocks::dma::ResultCode;

    pub const NONE: u64 = ResultCode::None as u64;
    pub const OK: u64 = ResultCode::Ok as u64;
    pub const STALE_HANDLE: u64 = ResultCode::StaleHandle as u64;
    pub const NO_RIGHT: u64 = ResultCode::NoRight as u64;
    pub const RANGE: u64 = ResultCode::Range as u64;
    pub const PARAMETER: u64 = ResultCode::Parameter as u64;
    pub const UNSUPPORTED_REQUEST: u64 = ResultCode::UnsupportedRequest as u64;
    pub const COMPLETER_ABORT: u64 = ResultCode::CompleterAbort as u64;
    pub const TIMEOUT: u64 = ResultCode::Timeout as u64;
    pub const ABORTED: u64 = ResultCode::Aborted as u64;
    pub const POISONED: u64 = ResultCode::Poisoned as u64;
    pub const BUS_MASTER_OFF: u64 = ResultCode::BusMasterOff as u64;
    pub const BAD_COMPLETION: u64 = ResultCode::BadCompletion as u64;
    pub const SLOT_RELEASED: u64 = ResultCode::SlotReleased as u64;
    pub const NO_TAG: u64 = ResultCode::NoTag as u64;
}
