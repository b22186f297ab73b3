//! Memory behind the root complex, as the card reaches it.
//!
//! Context: host side. The simulated PC puts its own scattered pages here ([`crate::host_memory`]); the served card puts the memory of
//! whoever connected ([`crate::serve`]). The root complex knows only these three accesses.

use crate::host_memory::{AccessError, HostMemory};

/// What memory TLPs of the card are carried out on.
pub trait BusMemory: Send + Sync {
    /// Reads by bus address; the range may span pages.
    ///
    /// # Errors
    /// [`AccessError`] of the first byte that cannot be read; earlier bytes may already be copied.
    fn read(&self, bus_address: u64, bytes: &mut [u8]) -> Result<(), AccessError>;

    /// Writes by bus address; the range may span pages.
    ///
    /// # Errors
    /// [`AccessError`] of the first byte that cannot be written; earlier bytes may then be written.
    fn write(&self, bus_address: u64, bytes: &[u8]) -> Result<(), AccessError>;

    /// Writes the enabled bytes of four, as a memory write with byte enables does. `bytes[0]` belongs to bit 0 of `enables`.
    ///
    /// # Errors
    /// [`AccessError`]. Default: of the first enabled byte that cannot be written.
    fn write_enabled(
        &self,
        bus_address: u64,
        bytes: [u8; 4],
        enables: u8,
    ) -> Result<(), AccessError> {
        for (index, byte) in bytes.iter().enumerate() {
            if enables >> index & 1 != 0 {
                self.write((bus_address & !3) + index as u64, &[*byte])?;
            }
        }
        Ok(())
    }
}

impl BusMemory for HostMemory {
    fn read(&self, bus_address: u64, bytes: &mut [u8]) -> Result<(), AccessError> {
        Self::read(self, bus_address, bytes)
    }

    fn write(&self, bus_address: u64, bytes: &[u8]) -> Result<(), AccessError> {
        Self::write(self, bus_address, bytes)
    }

    fn write_enabled(
        &self,
        bus_address: u64,
        bytes: [u8; 4],
        enables: u8,
    ) -> Result<(), AccessError> {
        Self::write_enabled(self, bus_address, bytes, enables)
    }
}
