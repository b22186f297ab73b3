//! Typed register access: the map's register types over any [`Bus`].

use lumenport_regmap::{Addressed, Entry};

use crate::bus::Bus;

/// Loads and stores registers of the map by their type, so that no driver writes an offset.
pub trait RegisterBus: Bus {
    /// Reads the register `R`.
    fn load<R: Addressed>(&self) -> R {
        R::from_bits(self.read32(R::OFFSET))
    }

    /// Writes the register `R`.
    fn store<R: Addressed>(&self, value: R) {
        self.write32(R::OFFSET, value.bits());
    }

    /// Reads word `R` of window entry `idx`; `None` without an access when there is no such entry.
    fn load_entry<R: Entry>(&self, idx: u32) -> Option<R> {
        R::offset_of(idx).map(|offset| R::from_bits(self.read32(offset)))
    }

    /// Writes word `R` of window entry `idx`; `None` without an access when there is no such entry.
    fn store_entry<R: Entry>(&self, idx: u32, value: R) -> Option<()> {
        R::offset_of(idx).map(|offset| self.write32(offset, value.bits()))
    }
}

impl<B: Bus + ?Sized> RegisterBus for B {}
