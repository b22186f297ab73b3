//! Register-level HAL of the Lumenport display card.
//!
//! Drivers for the card's blocks over one small trait, [`bus::Bus`]: the same code runs on a PC through a mapped BAR, in
//! a miniport through the video port's accessors, on the card's own management core, and against the in-memory card of
//! the feature `fake`. No allocation, no panic, every wait bounded ([`wait`]). Registers come from `lumenport-regmap`,
//! never from literals.
//!
//! | module | capability |
//! |---|---|
//! | [`id`] | identity check: magic and map digest |
//! | [`irq`] | pending blocks, MSI re-arming, event latch |
//! | [`sem`] | hardware semaphores with guard, bounded claim, lease break |
//! | [`sgl`] | scatter-gather tables: DMA lock and unlock |
//! | [`dma`] | transfers, results, abort |
//! | [`crtc`], [`mode`] | timing generator, standard modes, clock choice |
//! | [`plane`], [`palette`] | scanout format, base, pitch, colours |
//! | [`ddc`] | I2C to the monitor, hot plug, reading an EDID |
//! | [`edid`] | what a monitor says about itself |
//! | [`mem`] | card memory size |
//!
//! # Features
//! - `defmt`: derives `defmt::Format` on the public types.
//! - `suite`: metadata-driven register tests for any [`bus::Bus`].
//! - `fake`: an in-memory card for the tests of other crates; needs `std`, includes `suite`.
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

#[cfg(any(test, feature = "fake"))]
extern crate std;

pub mod addr;
pub mod bus;
pub mod crtc;
pub mod cursor;
pub mod ddc;
pub mod dma;
pub mod edid;
pub mod error;
#[cfg(feature = "fake")]
pub mod fake;
pub mod id;
pub mod irq;
pub mod mem;
pub mod mode;
mod mode_table;
pub mod palette;
pub mod plane;
pub mod reg;
pub mod sem;
pub mod sgl;
#[cfg(feature = "suite")]
pub mod suite;
pub mod wait;

pub use error::{ErrorKind, Kind};
pub use lumenport_regmap as regmap;
