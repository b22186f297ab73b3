//! A Linux process as the machine around the card.
//!
//! [`HostMachine`] is the video port's `Platform` on top of any [`PciFunction`]: a small, object-safe interface to one PCI function as user
//! space gets hold of it. The driver above is the same code that runs on the simulated PC.
//!
//! | file | what it is |
//! |---|---|
//! | `function.rs` | the interface: configuration space, BARs, DMA mappings, interrupts, reset |
//! | `socket.rs` | a function served by another process over vfio-user; no kernel driver, no virtual machine |
//! | `arena.rs` | memory that the card can be given: one file, pages from it, addresses on the bus |
//! | `machine.rs` | the platform |
//!
//! # Example
//!
//! ```no_run
//! use lumenport_host::{HostMachine, SocketFunction};
//!
//! let function = SocketFunction::connect("card.sock".as_ref())?;
//! let machine = HostMachine::new(Box::new(function), 4096, 1)?;
//! # Ok::<(), lumenport_host::HostError>(())
//! ```
//!
//! # Not supported yet
//! VFIO and UIO back ends; more than one function.

#![forbid(unsafe_code)]

mod address;
mod arena;
mod error;
mod function;
mod machine;
mod socket;

pub use address::PciAddress;
pub use arena::{Arena, PAGE_BYTES};
pub use error::HostError;
pub use function::PciFunction;
pub use machine::{FUNCTION_SLOT, HostMachine, HostUsage, LogLine};
pub use socket::SocketFunction;
