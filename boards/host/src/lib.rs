//! A Linux process as the machine around the card.
//!
//! [`HostMachine`] is the video port's `Platform` on top of any [`PciFunction`]: a small, object-safe interface to one PCI function as user
//! space gets hold of it. The driver above is the same code that runs on the simulated PC.
//!
//! | file | what it is |
//! |---|---|
//! | `function.rs` | the interface: configuration space, BARs, DMA mappings, interrupts, reset |
//! | `socket.rs` | a function served by another process over vfio-user; no kernel driver, no virtual machine |
//! | `vfio/` | a function of this machine behind an IOMMU, through the kernel's VFIO |
//! | `uio/` | the same without an IOMMU, through `uio_pci_generic` |
//! | `address.rs`, `sysfs.rs` | where a function is, and how it gets another driver |
//! | `arena.rs`, `huge.rs` | memory that the card can be given: a file, or huge pages |
//! | `mapped.rs` | a BAR mapped into this process |
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
//! More than one function, more than one interrupt, IOMMUs without groups (iommufd).

#![deny(unsafe_code)]

mod address;
mod arena;
mod error;
mod function;
mod huge;
mod machine;
mod mapped;
mod socket;
mod sysfs;
mod uio;
mod vfio;

pub use address::PciAddress;
pub use arena::{Arena, PAGE_BYTES, Placement, Zones};
pub use error::HostError;
pub use function::PciFunction;
pub use machine::{CardTime, FUNCTION_SLOT, HostMachine, HostUsage, LogLine};
pub use socket::SocketFunction;
pub use sysfs::Sysfs;
pub use uio::UioFunction;
pub use vfio::VfioFunction;
