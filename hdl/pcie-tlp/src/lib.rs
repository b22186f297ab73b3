//! PCI Express TLP, DLLP and ordered-set codec: `no_std`, no allocation, no dependency.
//!
//! Everything that travels over a PCI Express 1.x/2.x link, from transaction layer packets down to the scrambled symbols, as plain
//! values that can be built, checked and read. The gateware tests, the simulated host, the link bridge and the trace viewer all use
//! this crate, so that one description of the wire serves them all.
//!
//! # Two layers for bytes from outside
//!
//! - A **checked view** ([`TlpView`]) borrows the packet, verifies once that the structure is sound (known format and type, length
//!   field against the words present) and then never fails.
//! - A **parsed value** ([`Tlp`], [`Dllp`], [`OrderedSet`]) additionally obeys the rules of the specification (byte enables, 4 KiB
//!   boundary, address form) and offers `parse`, `emit` and `encoded_len`.
//!
//! # Word convention
//!
//! A TLP is a slice of 32-bit double words (DW) in which **the first byte on the wire is bits 31:24**. Headers then read exactly as
//! the figures of the specification draw them. Payload bytes are in the same wire order, so the first byte in memory is the *most*
//! significant one of its DW; [`payload`] converts from and to bytes.
//!
//! # Not supported
//!
//! Locked accesses and atomic operations are recognised by the view (locked) or refused (atomic); TLP prefixes, 128b/130b encoding
//! and flit mode do not exist here.
//!
//! # Example
//!
//! ```
//! use pcie_tlp::{FunctionId, Header, MemoryRequest, Tlp};
//!
//! let request = MemoryRequest::bytes(FunctionId::new(1, 0, 0), 7, 0x1_0000_0003, 6)?;
//! let mut words = [0; 4];
//! let used = Tlp::memory_read(request).emit(&mut words)?;
//! assert_eq!(used, 4); // above 4 GiB: four header words
//! assert_eq!(words, [0x2000_0003, 0x0100_0718, 0x0000_0001, 0x0000_0000]);
//! assert!(matches!(Tlp::parse(&words)?.header, Header::MemoryRead(again) if again == request));
//! # Ok::<(), pcie_tlp::TlpError>(())
//! ```
//!
//! Source: PCI Express Base Specification revision 1.1, chapters 2 (transaction layer), 3 (data link layer) and 4 (physical layer);
//! chapter and table numbers in the modules refer to that revision.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

pub mod byte_enable;
pub mod crc;
mod dllp;
mod error;
pub mod framing;
mod function_id;
mod header;
mod kind;
mod ordered_set;
pub mod payload;
mod scrambler;
mod split;
mod symbol;
mod tlp;
mod view;

pub use dllp::{CreditClass, Dllp, DllpError, FlowControl, FlowControlStage, PowerManagement};
pub use error::TlpError;
pub use function_id::FunctionId;
pub use header::{
    Attributes, CompletionHeader, CompletionStatus, ConfigRequest, Header, IoRequest,
    MemoryRequest, MessageHeader,
};
pub use kind::{Kind, Routing};
pub use ordered_set::{
    OrderedSet, OrderedSetError, TrainingControl, TrainingKind, TrainingSequence,
};
pub use scrambler::Scrambler;
pub use split::{CompletionPart, CompletionSplit, RequestPart, RequestSplit, SplitError};
pub use symbol::Symbol;
pub use tlp::Tlp;
pub use view::TlpView;

/// The boundary that no memory request may cross. Units: bytes.
///
/// Source: section 2.2.7.
pub const REQUEST_BOUNDARY_BYTES: u64 = 4096;

/// The longest TLP without a digest: four header words and 1024 payload words. Units: DW.
///
/// Source: section 2.2.2.
pub const MAX_TLP_DW: usize = 4 + 1024;
