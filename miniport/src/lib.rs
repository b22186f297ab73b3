//! The reference miniport: the driver of the Lumenport card, written against the video port services.
//!
//! One callback per file, as the port calls them:
//!
//! | callback | file |
//! |---|---|
//! | `DriverEntry` | `driver_entry.rs` |
//! | `HwVidFindAdapter` | `find_adapter.rs` |
//! | `HwVidInitialize` | `initialize.rs` |
//! | `HwVidStartIO` | `start_io.rs`, one file per group of requests in `requests/` |
//! | `HwVidInterrupt` | `interrupt.rs` |
//! | the deferred routine | `dpc.rs` |
//! | `HwVidResetHw` | `reset_hw.rs` |
//! | `HwVidGetVideoChildDescriptor` | `child.rs`, on `monitor.rs` and `ddc_lines.rs` |
//! | `HwVidGetPowerState`, `HwVidSetPowerState` | `power.rs` |
//!
//! The driver sees the card only through the port: register accessors, mapped memory, DMA services. It knows no
//! platform, so it runs unchanged on a simulated PC, on a real one and on the card's own core. It allocates nothing,
//! never panics, and bounds every wait.
#![no_std]
#![forbid(unsafe_code)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

mod child;
mod ddc_lines;
mod dpc;
mod driver_entry;
mod extension;
mod find_adapter;
mod initialize;
mod interrupt;
mod miniport;
mod mode_set;
mod modes;
mod monitor;
mod power;
mod registers;
mod requests;
mod reset_hw;
mod start_io;
mod transfer;

pub mod private_ioctl;

pub use child::MONITOR_UID;
pub use ddc_lines::DdcLines;
pub use extension::{Counters, Device};
pub use find_adapter::FindError;
pub use miniport::LumenportMiniport;
pub use mode_set::ModeSet;
pub use modes::{CardMode, MODE_PREFERRED, MODE_SMALL_TEST, card_modes};
pub use monitor::{DDC_RATE_VALUE, DEBOUNCE_VALUE, EDID_BYTES, Monitor, MonitorFacts, Unreadable};
pub use registers::PortBus;
pub use transfer::TransferError;
