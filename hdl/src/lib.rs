//! Gateware of the Lumenport display card, in rust-hdl.
//!
//! Board-independent: nothing here knows a pin, a PLL or a vendor primitive. Every block is a
//! rust-hdl `LogicBlock`, simulated in process and emitted as Verilog from the same source.
//!
//! | module | clock domain | job |
//! |---|---|---|
//! | [`mem`] | `sys` | card memory port, arbiter, block-RAM model of a DRAM controller, RAM primitives |
//! | [`testbench`] | - | cycle-stepping helpers for block tests |
//! | [`elaborate`] | - | checks that generated Verilog is accepted by a Verilog tool |
#![forbid(unsafe_code)]

pub mod elaborate;
pub mod mem;
pub mod testbench;
