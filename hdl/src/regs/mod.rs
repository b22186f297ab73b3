//! Register files: decode, storage, access behaviour and reset of every block, generated from the register map.
//!
//! `cargo xtask regs` writes one rust-hdl block a register block from `lumenport-regmap`; no gateware decodes an address by
//! hand. Clock domain `sys`.
//!
//! # Bus
//!
//! | port | direction | meaning |
//! |---|---|---|
//! | `bus_address[16]` | in | byte address in BAR2; for a read held until the value is taken |
//! | `bus_wdata[32]` | in | register value, bit 0 is the register's bit 0 |
//! | `bus_be[4]` | in | byte enables of the write |
//! | `bus_write` | in | one clock: write now |
//! | `bus_rdata[32]` | out | valid in the third clock of a held address, zero unless addressed, so that blocks can be or-ed |
//!
//! Reads have no side effects.
//!
//! # Ports of a field
//!
//! Named `<register>_<field>`, or `<register>` for a field called VALUE; `Bit` when one bit wide, else `Bits<n>`.
//!
//! | access | port | timing |
//! |---|---|---|
//! | `rw` | out | present value; changes in the clock after the write |
//! | `ro` | in | read live |
//! | `wo` | out | the written value for one clock, the clock after the write; else zero |
//! | `rw`, hardware `rw` | out, and in `<port>_read` | out as `rw`; a read returns what `_read` has |
//! | `rw1c` | in `<field>_set` | each clock at one sets the bit; setting beats clearing |
//!
//! A field with hardware access `none` has no port: a constant, or a value only software uses. Every block with the common
//! head has `interrupt`, the level of INTR_STATE & INTR_ENABLE. A register marked `strobe` has `<register>_strobe`.
//!
//! # Ports of a window
//!
//! `<window>_index` (entry), `<window>_word` (word of the entry, if it has several), `<window>_write`, `<window>_wdata`,
//! `<window>_rdata`. Index and word follow the bus at once; `rdata` is due one clock later. Writes are of whole words: a
//! write with any byte disabled is ignored.

#[path = "gen/mod.rs"]
mod generated;

pub use generated::*;

use rust_hdl::prelude::Block;

/// A generated register file whose ports can be reached by name, for tests that walk the map.
pub trait RegisterFile: Block + Default {
    /// Name of the block in the map.
    const NAME: &'static str;

    /// Drives the clock pin.
    fn set_clock(&mut self, high: bool);

    /// Drives the input `port`; bits beyond its width are dropped. False when there is no such input.
    fn drive(&mut self, port: &str, value: u32) -> bool;

    /// Value of the output `port`; `None` when there is no such output.
    fn sample(&self, port: &str) -> Option<u32>;

    /// Marks every input as connected, for use as a top block.
    fn connect_inputs(&mut self);
}
