//! The register bus: the one thing a driver of this crate needs from the machine.
//!
//! Offsets count bytes from the start of the register BAR (BAR2), so a driver never knows where it is mapped.
//! Values are register values (bit 0 is bit 0 of the register); an implementation on a big-endian machine swaps.

/// 32-bit register access to one card.
///
/// # Contract
/// - Accesses to one card are neither merged, split nor reordered among themselves.
/// - A card that left the bus reads as all ones; writes to it vanish. Neither faults nor blocks.
/// - [`Bus::barrier`] orders earlier writes to host memory before later register writes (before a doorbell).
pub trait Bus {
    /// Reads the register at `offset`. Units: bytes. Range: a multiple of 4 inside BAR2.
    fn read32(&self, offset: u32) -> u32;

    /// Writes the register at `offset`. Units: bytes. Range: a multiple of 4 inside BAR2.
    fn write32(&self, offset: u32, value: u32);

    /// Makes memory written so far visible to the device before the next register write.
    fn barrier(&self);
}

impl<B: Bus + ?Sized> Bus for &B {
    fn read32(&self, offset: u32) -> u32 {
        (**self).read32(offset)
    }

    fn write32(&self, offset: u32, value: u32) {
        (**self).write32(offset, value);
    }

    fn barrier(&self) {
        (**self).barrier();
    }
}

/// What every read returns once the card left the bus (PCI Express Base Specification 1.1, section 2.3.2:
/// a completion that never comes or carries Unsupported Request reads as all ones on common hosts).
pub const ALL_ONES: u32 = 0xFFFF_FFFF;
