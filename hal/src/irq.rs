//! Interrupt collection: which blocks want attention, and the re-arming of the message-signalled interrupt (MSI).
//!
//! The card sends one MSI when an enabled block becomes pending and then disarms; [`Irq::rearm`] arms it again, and it
//! fires at once if something is still pending. So no event is lost between reading and re-arming.
//!
//! [`EventLatch`] carries events from an interrupt routine to deferred work without atomics: the card's own
//! management core has no atomic instructions.

use core::cell::Cell;

use critical_section::Mutex;
use lumenport_regmap::blocks::irq;

use crate::bus::{ALL_ONES, Bus};
use crate::reg::RegisterBus;

/// A set of blocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Sources {
    /// DMA engine.
    pub dma: bool,
    /// Timing generator: vblank, underrun.
    pub crtc: bool,
    /// Plane: flip done.
    pub plane: bool,
    /// Semaphores: one was broken.
    pub sem: bool,
    /// Card memory.
    pub mem: bool,
}

impl Sources {
    /// No block.
    pub const NONE: Self = Self {
        dma: false,
        crtc: false,
        plane: false,
        sem: false,
        mem: false,
    };

    /// True when no block is in the set.
    pub fn is_empty(self) -> bool {
        self == Self::NONE
    }
}

/// Driver of the interrupt block.
#[derive(Clone, Copy, Debug)]
pub struct Irq<B> {
    bus: B,
}

impl<B: Bus> Irq<B> {
    /// Takes the bus; touches nothing.
    pub const fn new(bus: B) -> Self {
        Self { bus }
    }

    /// Reads which blocks have an enabled event. `None` when the card is gone (all ones). Bus cost: 1 read.
    pub fn pending(&self) -> Option<Sources> {
        let pending: irq::Pending = self.bus.load();
        (pending.bits() != ALL_ONES).then(|| Sources {
            dma: pending.is_set(irq::Pending::DMA),
            crtc: pending.is_set(irq::Pending::CRTC),
            plane: pending.is_set(irq::Pending::PLANE),
            sem: pending.is_set(irq::Pending::SEM),
            mem: pending.is_set(irq::Pending::MEM),
        })
    }

    /// Chooses the blocks that may send the MSI.
    pub fn enable(&self, sources: Sources) {
        self.bus.store(
            irq::Enable::new()
                .with_flag(irq::Enable::DMA, sources.dma)
                .with_flag(irq::Enable::CRTC, sources.crtc)
                .with_flag(irq::Enable::PLANE, sources.plane)
                .with_flag(irq::Enable::SEM, sources.sem)
                .with_flag(irq::Enable::MEM, sources.mem),
        );
    }

    /// Arms the next MSI. Order: after the handled events were cleared.
    pub fn rearm(&self) {
        self.bus
            .store(irq::Rearm::new().with_flag(irq::Rearm::REARM, true));
    }

    /// Reads how many MSIs were sent; wraps at 32 bits.
    pub fn msi_count(&self) -> u32 {
        self.bus.load::<irq::MsiCount>().bits()
    }
}

/// Event bits that an interrupt routine sets and deferred work takes.
///
/// Guarded by a critical section; both sides hold it for a few instructions only.
#[derive(Debug)]
pub struct EventLatch(Mutex<Cell<u32>>);

impl EventLatch {
    /// Starts with no event.
    pub const fn new() -> Self {
        Self(Mutex::new(Cell::new(0)))
    }

    /// Adds `bits`.
    pub fn set(&self, bits: u32) {
        critical_section::with(|token| {
            let cell = self.0.borrow(token);
            cell.set(cell.get() | bits);
        });
    }

    /// Takes all bits and leaves none.
    pub fn take(&self) -> u32 {
        critical_section::with(|token| self.0.borrow(token).replace(0))
    }

    /// Looks at the bits and leaves them.
    pub fn peek(&self) -> u32 {
        critical_section::with(|token| self.0.borrow(token).get())
    }
}

impl Default for EventLatch {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latch_collects_and_empties() {
        let latch = EventLatch::new();
        latch.set(1);
        latch.set(4);
        assert_eq!(latch.peek(), 5);
        assert_eq!(latch.take(), 5);
        assert_eq!(latch.take(), 0);
    }
}
