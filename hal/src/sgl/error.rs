//! Errors of the SG table writer.

use super::Handle;
use crate::error::{ErrorKind, Kind};

/// Why a lock or unlock did not work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum SglError {
    /// The list has no elements.
    Empty,
    /// Element `idx` (after merging) has no bytes.
    ZeroLength {
        /// Position in the merged list.
        idx: u32,
    },
    /// Element `idx` (after merging) runs past the end of the bus address space.
    AddressWrap {
        /// Position in the merged list.
        idx: u32,
    },
    /// The list is 4 GiB or longer.
    TooLong,
    /// Every slot is taken.
    NoSlot {
        /// Slots the card has.
        slots: usize,
    },
    /// No free range of elements is long enough.
    NoElements {
        /// Elements asked for.
        wanted: u32,
        /// Longest free range.
        largest_free: u32,
    },
    /// The handle is not locked (any more).
    StaleHandle {
        /// The handle as given.
        handle: Handle,
    },
    /// The card still had requests in flight when the bound was over.
    Busy {
        /// Handle of the draining slot.
        handle: Handle,
        /// BAR2 offset of the slot's STATE word.
        register: u32,
        /// How long it was watched. Units: microseconds.
        waited_us: u32,
    },
    /// The card left the bus.
    Gone,
}

impl Kind for SglError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Empty | Self::ZeroLength { .. } | Self::AddressWrap { .. } | Self::TooLong => {
                ErrorKind::InvalidArgument
            }
            Self::NoSlot { .. } | Self::NoElements { .. } => ErrorKind::NoResource,
            Self::StaleHandle { .. } => ErrorKind::Stale,
            Self::Busy { .. } => ErrorKind::Timeout,
            Self::Gone => ErrorKind::Gone,
        }
    }
}

impl core::fmt::Display for SglError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Empty => write!(f, "the buffer has no bytes"),
            Self::ZeroLength { idx } => write!(f, "element {idx} has no bytes"),
            Self::AddressWrap { idx } => write!(f, "element {idx} runs past the last bus address"),
            Self::TooLong => write!(f, "the buffer is 4 GiB or longer"),
            Self::NoSlot { slots } => write!(f, "all {slots} SG slots of the card are taken"),
            Self::NoElements {
                wanted,
                largest_free,
            } => {
                write!(
                    f,
                    "{wanted} SG elements wanted, the longest free range has {largest_free}"
                )
            }
            Self::StaleHandle { handle } => {
                write!(
                    f,
                    "handle {}.{} is not locked",
                    handle.slot, handle.generation
                )
            }
            Self::Busy {
                handle, waited_us, ..
            } => {
                write!(
                    f,
                    "slot {} still has DMA in flight after {waited_us} us",
                    handle.slot
                )
            }
            Self::Gone => write!(f, "the card left the bus"),
        }
    }
}

impl core::error::Error for SglError {}
