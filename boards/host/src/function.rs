//! One PCI function, as user space gets hold of it.

use std::sync::Arc;

use crate::arena::{Arena, Zones};
use crate::error::HostError;

/// Pages that an arena keeps for contiguous allocations.
pub(crate) const LOW_PAGES: usize = 256;

/// One PCI function. Object-safe, everything `&self`: a back end locks what it must.
///
/// Accesses to a function that is gone read as all ones and are dropped when they write; the driver above notices by reading, as on a
/// real bus. Errors are for what the *process* was denied.
pub trait PciFunction: Send + Sync {
    /// What the function is reached through, for a person.
    fn describe(&self) -> String;

    /// Reads the DW of configuration space at `offset`, a multiple of 4 below 4096. All ones when nothing answers.
    fn config_read(&self, offset: u16) -> u32;

    /// Writes a DW of configuration space.
    fn config_write(&self, offset: u16, value: u32);

    /// Size of a BAR, 0 for one that does not exist. Units: bytes.
    fn bar_bytes(&self, bar: u8) -> u64;

    /// Reads 1, 2 or 4 bytes, naturally aligned, from a BAR. All ones when nothing answers.
    fn bar_read(&self, bar: u8, offset: u64, into: &mut [u8]);

    /// Writes 1, 2 or 4 bytes, naturally aligned, to a BAR.
    fn bar_write(&self, bar: u8, offset: u64, bytes: &[u8]);

    /// Whether somebody (an operating system, firmware) has placed the BARs already.
    fn is_placed(&self) -> bool;

    /// Memory that this function can be given. Default: a file, at bus addresses of our choice.
    ///
    /// # Errors
    /// [`HostError`].
    fn arena(&self, pages: usize) -> Result<Arena, HostError> {
        Arena::new(pages, LOW_PAGES, Zones::default())
    }

    /// Lets the function reach `len_bytes` of the arena, from `offset` in it, at bus address `address`. All are multiples of a page.
    ///
    /// # Errors
    /// [`HostError`]; nothing is mapped then.
    fn dma_map(
        &self,
        arena: &Arena,
        offset: u64,
        address: u64,
        len_bytes: u64,
    ) -> Result<(), HostError>;

    /// Takes a mapping back. From the return on the function cannot reach the memory.
    ///
    /// # Errors
    /// [`HostError`]; the mapping may still be there.
    fn dma_unmap(&self, address: u64, len_bytes: u64) -> Result<(), HostError>;

    /// Gets ready to receive interrupts. True: the driver must program the MSI capability itself; false: the back end has done it.
    ///
    /// # Errors
    /// [`HostError`].
    fn interrupts_on(&self) -> Result<bool, HostError>;

    /// Stops receiving interrupts.
    fn interrupts_off(&self);

    /// Takes one interrupt that arrived. Never blocks.
    fn take_interrupt(&self) -> bool;

    /// Resets the function.
    ///
    /// # Errors
    /// [`HostError`].
    fn reset(&self) -> Result<(), HostError>;
}

/// A function that several parts of a program share.
impl<T: PciFunction + ?Sized> PciFunction for Arc<T> {
    fn describe(&self) -> String {
        (**self).describe()
    }

    fn config_read(&self, offset: u16) -> u32 {
        (**self).config_read(offset)
    }

    fn config_write(&self, offset: u16, value: u32) {
        (**self).config_write(offset, value);
    }

    fn bar_bytes(&self, bar: u8) -> u64 {
        (**self).bar_bytes(bar)
    }

    fn bar_read(&self, bar: u8, offset: u64, into: &mut [u8]) {
        (**self).bar_read(bar, offset, into);
    }

    fn bar_write(&self, bar: u8, offset: u64, bytes: &[u8]) {
        (**self).bar_write(bar, offset, bytes);
    }

    fn is_placed(&self) -> bool {
        (**self).is_placed()
    }

    fn arena(&self, pages: usize) -> Result<Arena, HostError> {
        (**self).arena(pages)
    }

    fn dma_map(
        &self,
        arena: &Arena,
        offset: u64,
        address: u64,
        len_bytes: u64,
    ) -> Result<(), HostError> {
        (**self).dma_map(arena, offset, address, len_bytes)
    }

    fn dma_unmap(&self, address: u64, len_bytes: u64) -> Result<(), HostError> {
        (**self).dma_unmap(address, len_bytes)
    }

    fn interrupts_on(&self) -> Result<bool, HostError> {
        (**self).interrupts_on()
    }

    fn interrupts_off(&self) {
        (**self).interrupts_off();
    }

    fn take_interrupt(&self) -> bool {
        (**self).take_interrupt()
    }

    fn reset(&self) -> Result<(), HostError> {
        (**self).reset()
    }
}
