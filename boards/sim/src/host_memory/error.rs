//! What can go wrong with host memory.

use thiserror::Error;

/// A refused request of the host's software.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HostMemoryError {
    /// The configuration has no page, or more than the bus layout can hold.
    #[error("host memory of {pages} pages cannot be made (1 to {limit} are possible)")]
    Size {
        /// Pages asked for.
        pages: usize,
        /// Largest possible number.
        limit: usize,
    },
    /// No run of that many free pages is left.
    #[error("no {count} free host pages in a row ({free} free in all)")]
    Exhausted {
        /// Pages asked for.
        count: usize,
        /// Free pages of the zone, in pieces that are too small.
        free: usize,
    },
    /// A pointer that is not the start of an allocation with that many pages.
    #[error("no allocation of {count} pages starts at {address:#x}")]
    NotAllocated {
        /// The pointer's address in this process.
        address: usize,
        /// Pages named with it.
        count: usize,
    },
    /// A range that is not inside allocated host memory.
    #[error("{len_bytes} bytes at {address:#x} are not allocated host memory")]
    OutOfRange {
        /// Start of the range in this process.
        address: usize,
        /// Length of the range.
        len_bytes: usize,
    },
    /// An unpin without a matching pin.
    #[error("page at {address:#x} is not pinned that way")]
    NotPinned {
        /// Address of the page in this process.
        address: usize,
    },
}

/// Why the card could not reach host memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AccessError {
    /// No memory answers at this bus address; a root complex says Unsupported Request.
    #[error("no host memory at bus address {bus_address:#x}")]
    NotPresent {
        /// The first address without memory.
        bus_address: u64,
    },
    /// The page exists and refuses this kind of access; a root complex says Completer Abort.
    #[error("host memory at bus address {bus_address:#x} refuses the access")]
    Refused {
        /// The first refused address.
        bus_address: u64,
    },
}
