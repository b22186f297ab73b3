//! Lumenport's one register map.
//!
//! Every register of the card is declared once, in [`blocks`], through one declarative macro. A declaration yields
//! three things at once:
//!
//! * typed registers and fields for drivers: [`blocks::dma::Handle`] is a value type, [`blocks::dma::Handle::SLOT`] a
//!   [`Field`] that fits that register and no other (anything else is a type error);
//! * constant tables ([`BlockMeta`], [`RegMeta`], [`FieldMeta`], [`WindowMeta`]) for the gateware generator, the fake
//!   card and the register tests: [`card::BLOCKS`];
//! * this documentation, and through `cargo xtask regs` the Markdown, C and JSON forms in `gen/`.
//!
//! Offset order, overlap, width and reset values are checked while compiling. [`MAP_DIGEST`] names the map: a driver
//! compares it with the card's `id.MAP_DIGEST` register and refuses a card built from another map.
//!
//! ```
//! use lumenport_regmap::blocks::dma;
//!
//! let handle = dma::Handle::new().with(dma::Handle::SLOT, 3).with(dma::Handle::GENERATION, 0x11);
//! assert_eq!(handle.bits(), 0x0011_0003);
//! assert_eq!(handle.get(dma::Handle::SLOT), 3);
//! assert_eq!(dma::Handle::OFFSET, 0x1418); // bytes from the start of BAR2
//! ```
//!
//! A field of one register does not fit another:
//!
//! ```compile_fail
//! use lumenport_regmap::blocks::dma;
//! dma::Length::new().with(dma::Handle::SLOT, 3);
//! ```
//!
//! Not here: any access to hardware (crate `lumenport-hal`), any gateware (crate `lumenport-hdl`).
#![no_std]
#![forbid(unsafe_code)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod check;
mod digest;
mod field;
mod macros;
mod meta;

pub mod blocks;
pub mod card;

pub use card::MAP_DIGEST;
pub use field::{Addressed, Entry, Field, Register, Window};
pub use meta::{Access, BlockMeta, FieldMeta, HwAccess, Instance, RegMeta, ValueMeta, WindowMeta};

#[cfg(test)]
mod tests;
