//! The register files of the gateware, as rust-hdl source.
//!
//! A block's file holds one `LogicBlock` whose shape is described in `hdl/src/regs/README.md`. [`plan`] works out what the
//! block is made of; [`structure`], [`logic`] and [`by_name`] write it down, [`source`] puts the file together.

mod by_name;
mod logic;
mod plan;
mod source;
mod structure;

pub use source::{block, index};
