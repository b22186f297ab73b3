//! Addresses: which view of memory a number belongs to.
//!
//! Four views meet in a video port and are easily confused, so each is its own type: what the miniport holds
//! ([`VirtAddr`]), what configuration space and access ranges hold ([`PhysAddr`]), what the card puts on the bus
//! ([`BusAddr`]) and offsets into card memory (`lumenport_hal::addr::CardAddr`). The services never turn a
//! [`VirtAddr`] into a pointer: every touch of memory goes through the [`Platform`](crate::Platform).

use core::fmt;

pub use lumenport_hal::addr::BusAddr;

/// Bytes in a page. Pinning, bus addresses and SG elements work in pages of this size.
pub const PAGE_SIZE: usize = 4096;

/// Mask of the offset inside a page.
pub const PAGE_MASK: usize = PAGE_SIZE - 1;

/// A virtual address as the miniport sees it: memory of the machine, or a mapping of a device range.
///
/// Opaque on purpose. On a PC it is a pointer's value; in a simulation it is whatever the platform says.
/// Units: bytes. `0` is the null address, never valid.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct VirtAddr(usize);

impl VirtAddr {
    /// The null address: what failed allocations return.
    pub const NULL: Self = Self(0);

    /// Wraps a raw value.
    pub const fn new(value: usize) -> Self {
        Self(value)
    }

    /// The raw value.
    pub const fn raw(self) -> usize {
        self.0
    }

    /// Whether this is the null address.
    pub const fn is_null(self) -> bool {
        self.0 == 0
    }

    /// The address `offset_bytes` further on, or `None` where the address space ends.
    pub fn checked_add(self, offset_bytes: usize) -> Option<Self> {
        self.0.checked_add(offset_bytes).map(Self)
    }

    /// The start of the page this address lies in.
    #[must_use]
    pub const fn page(self) -> Self {
        Self(self.0 & !PAGE_MASK)
    }

    /// The offset inside its page, `0..PAGE_SIZE`.
    pub const fn page_offset(self) -> usize {
        self.0 & PAGE_MASK
    }
}

impl fmt::Display for VirtAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

/// A physical address as the processor sees it: what access ranges and `VideoPortGetDeviceBase` speak.
///
/// Units: bytes. Source: `PHYSICAL_ADDRESS` of the video port contract, a 64-bit value on every target.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PhysAddr(u64);

impl PhysAddr {
    /// Wraps a raw value.
    pub const fn new(value: u64) -> Self {
        Self(value)
    }

    /// The raw value.
    pub const fn raw(self) -> u64 {
        self.0
    }

    /// The address `offset_bytes` further on, or `None` where the address space ends.
    pub fn checked_add(self, offset_bytes: u64) -> Option<Self> {
        self.0.checked_add(offset_bytes).map(Self)
    }
}

impl fmt::Display for PhysAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

/// How many pages `length_bytes` bytes starting at `base` touch.
///
/// `0` for an empty range; `None` when the range wraps around the address space.
pub fn pages_spanned(base: VirtAddr, length_bytes: usize) -> Option<usize> {
    if length_bytes == 0 {
        return Some(0);
    }
    let last = base.raw().checked_add(length_bytes - 1)?;
    Some((last / PAGE_SIZE) - (base.raw() / PAGE_SIZE) + 1)
}

/// How many whole pages hold `length_bytes` bytes, or `None` on overflow.
pub fn pages_for(length_bytes: usize) -> Option<usize> {
    Some(length_bytes.checked_add(PAGE_MASK)? / PAGE_SIZE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_count_every_touched_page() {
        assert_eq!(pages_spanned(VirtAddr::new(0x1000), 0), Some(0));
        assert_eq!(pages_spanned(VirtAddr::new(0x1000), 1), Some(1));
        assert_eq!(pages_spanned(VirtAddr::new(0x1000), 4096), Some(1));
        assert_eq!(pages_spanned(VirtAddr::new(0x1fff), 2), Some(2));
        assert_eq!(pages_spanned(VirtAddr::new(0x1001), 4096), Some(2));
        assert_eq!(pages_spanned(VirtAddr::new(usize::MAX), 2), None);
    }

    #[test]
    fn whole_pages_round_up_without_overflow() {
        assert_eq!(pages_for(0), Some(0));
        assert_eq!(pages_for(1), Some(1));
        assert_eq!(pages_for(4097), Some(2));
        assert_eq!(pages_for(usize::MAX), None);
    }
}
