//! Addresses and lengths: newtypes that keep bus, card and byte quantities apart.
//!
//! A bus address is what the card puts into a TLP (device view, it may pass an IOMMU); a card address counts bytes
//! in card memory (BAR0). Mixing them up is the classic driver bug, so no public signature of this crate shows two
//! bare integers of different meaning. Arithmetic is checked: it returns `None` instead of wrapping.

/// Size of a host page that the SG table and the video port count in. Units: bytes.
pub const PAGE_BYTES: u32 = 4096;

/// Address as the device sees it on the bus. Units: bytes. Range: all 64 bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct BusAddr(u64);

impl BusAddr {
    /// Wraps a raw bus address.
    pub const fn new(raw: u64) -> Self {
        Self(raw)
    }

    /// The raw 64-bit value.
    pub const fn raw(self) -> u64 {
        self.0
    }

    /// Bits 31:0.
    pub const fn lo(self) -> u32 {
        (self.0 & 0xFFFF_FFFF) as u32
    }

    /// Bits 63:32.
    pub const fn hi(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// Joins the two halves of a register pair.
    pub const fn from_parts(lo: u32, hi: u32) -> Self {
        Self(((hi as u64) << 32) | lo as u64)
    }

    /// Moves up by `len`, `None` past the end of the address space.
    pub const fn checked_add(self, len: ByteLen) -> Option<Self> {
        match self.0.checked_add(len.0 as u64) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }
}

/// Address in card memory. Units: bytes from the start of BAR0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct CardAddr(u32);

impl CardAddr {
    /// Wraps a raw card address.
    pub const fn new(raw: u32) -> Self {
        Self(raw)
    }

    /// The raw value.
    pub const fn raw(self) -> u32 {
        self.0
    }

    /// Moves up by `len`, `None` past 4 GiB.
    pub const fn checked_add(self, len: ByteLen) -> Option<Self> {
        match self.0.checked_add(len.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// True when the address is a multiple of `align` (a power of two).
    pub const fn is_aligned(self, align: u32) -> bool {
        self.0 & align.wrapping_sub(1) == 0
    }
}

/// A length. Units: bytes. Range: 0..4 GiB.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ByteLen(u32);

impl ByteLen {
    /// No bytes.
    pub const ZERO: Self = Self(0);

    /// Wraps a raw byte count.
    pub const fn new(raw: u32) -> Self {
        Self(raw)
    }

    /// The raw value.
    pub const fn raw(self) -> u32 {
        self.0
    }

    /// True for no bytes.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Sum, `None` past 4 GiB.
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// Product with a plain count, `None` past 4 GiB.
    pub const fn checked_mul(self, count: u32) -> Option<Self> {
        match self.0.checked_mul(count) {
            Some(product) => Some(Self(product)),
            None => None,
        }
    }

    /// Pages touched by this many bytes when they start `offset` bytes into a page.
    ///
    /// Range: `offset` is taken modulo the page size.
    pub const fn pages_from(self, offset: u32) -> PageCount {
        let start = (offset % PAGE_BYTES) as u64;
        let end = start + self.0 as u64;
        PageCount(end.div_ceil(PAGE_BYTES as u64) as u32)
    }
}

/// A number of host pages of [`PAGE_BYTES`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PageCount(u32);

impl PageCount {
    /// Wraps a raw page count.
    pub const fn new(raw: u32) -> Self {
        Self(raw)
    }

    /// The raw value.
    pub const fn raw(self) -> u32 {
        self.0
    }

    /// Length in bytes, `None` past 4 GiB.
    pub const fn bytes(self) -> Option<ByteLen> {
        match self.0.checked_mul(PAGE_BYTES) {
            Some(bytes) => Some(ByteLen(bytes)),
            None => None,
        }
    }
}

/// A frequency. Units: kHz.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct KiloHertz(u32);

impl KiloHertz {
    /// Wraps a raw value in kHz.
    pub const fn new(raw: u32) -> Self {
        Self(raw)
    }

    /// The raw value in kHz.
    pub const fn raw(self) -> u32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bus_address_splits_and_joins() {
        let addr = BusAddr::new(0x0123_4567_89AB_CDEF);
        assert_eq!(BusAddr::from_parts(addr.lo(), addr.hi()), addr);
        assert_eq!(addr.lo(), 0x89AB_CDEF);
    }

    #[test]
    fn sums_past_the_end_are_none() {
        assert_eq!(BusAddr::new(u64::MAX).checked_add(ByteLen::new(1)), None);
        assert_eq!(CardAddr::new(u32::MAX).checked_add(ByteLen::new(1)), None);
        assert_eq!(ByteLen::new(u32::MAX).checked_mul(2), None);
        assert_eq!(PageCount::new(1 << 20).bytes(), None);
    }

    #[test]
    fn pages_count_the_ones_touched() {
        assert_eq!(ByteLen::new(1).pages_from(0).raw(), 1);
        assert_eq!(ByteLen::new(4096).pages_from(1).raw(), 2);
        assert_eq!(ByteLen::new(2).pages_from(4095).raw(), 2);
        assert_eq!(ByteLen::ZERO.pages_from(17).raw(), 1);
        assert_eq!(ByteLen::ZERO.pages_from(0).raw(), 0);
        assert_eq!(ByteLen::new(u32::MAX).pages_from(4095).raw(), 1_048_577);
    }
}
