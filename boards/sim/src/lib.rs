//! The simulated board: where gateware and software meet.
//!
//! | module | what it is |
//! |---|---|
//! | [`engine`] | what runs the card: rust-hdl in process, or Verilator's translation of the same block |
//! | [`root_complex`] | the host's end of the link, with faults on demand and a protocol checker |
//! | [`host_memory`] | host memory whose pages are scattered on the bus |
//! | [`monitor`] | an independent DVI monitor on the connector |
//! | [`board`] | all of these moving together in simulated time |
//! | [`machine`] | the simulated PC: the video port's platform on a board |
//! | [`flow_target`] | the flow suite's targets `native` and `verilated` |

#![deny(unsafe_code)]

pub mod board;
pub mod bus_memory;
pub mod engine;
pub mod flow_target;
#[expect(
    unsafe_code,
    reason = "pages with stable addresses, copied by volatile accesses"
)]
pub mod host_memory;
pub mod machine;
pub mod monitor;
mod random;
pub mod root_complex;
pub mod serve;

pub use board::{Board, BoardConfig, BoardError};
pub use flow_target::SimTarget;
pub use machine::SimMachine;
