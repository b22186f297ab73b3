//! Gateware of the Lumenport display card, in rust-hdl.
//!
//! Board-independent: nothing here knows a pin, a PLL or a vendor primitive. Every block is a
//! rust-hdl `LogicBlock`, simulated in process and emitted as Verilog from the same source.
//!
//! | module | clock domain | job |
//! |---|---|---|
//! | [`card`] | `sys`, `pix` | the top assembly of all blocks |
//! | [`sim_card`] | `sys`, `pix` | the card with block RAM: top block of the simulation |
//! | [`cdc`] | any two | every clock domain crossing |
//! | [`prelude`], [`bits`], [`dff`], [`constant`] | any | what every block imports: bit vectors and registers that simulate fast, constants |
//! | [`scanout`] | `sys`, `pix` | timing, fetch and pixel path of the display |
//! | [`out`] | `pix` | TMDS and parallel RGB |
//! | [`mem`] | `sys` | card memory port, arbiter, block-RAM model of a DRAM controller, RAM primitives |
//! | [`dma`] | `sys` | scatter-gather table memory and DMA engine |
//! | [`id`] | `sys` | identity of the card |
//! | [`irq`] | `sys` | interrupt collection, message signalled interrupt |
//! | [`sem`] | `sys` | hardware semaphores |
//! | [`ddc`] | `sys` | I2C to the monitor, hot plug |
//! | [`dispi`] | `sys` | display interface of `bochs-display` |
//! | [`pcie`] | `sys` | transaction layer: configuration space, BARs, completions, transmit arbiter |
//! | [`regs`] | `sys` | register files, generated from the map |
//! | [`testbench`] | - | cycle-stepping helpers for block tests |
//! | [`settle`] | - | generated Verilog for event-driven simulators |
//! | [`elaborate`] | - | checks that generated Verilog is accepted by a Verilog tool |
#![forbid(unsafe_code)]

pub mod bits;
pub mod card;
pub mod cdc;
pub mod constant;
pub mod ddc;
pub mod dff;
pub mod dispi;
pub mod dma;
pub mod elaborate;
pub mod id;
pub mod irq;
pub mod mem;
pub mod out;
pub mod pcie;
pub mod prelude;
pub mod regs;
pub mod scanout;
pub mod sem;
pub mod settle;
pub mod sim_card;
pub mod testbench;
