//! Interrupt collection: which blocks want attention, and the re-arming of the message-signalled interrupts (MSI).
//!
//! The card sends one MSI when an enabled block becomes pending and then disarms its vector; [`Irq::rearm`] arms it again,
//! and it fires at once if something is still pending. So no event is lost between reading and re-arming. After reset all
//! blocks share vector 0; [`Irq::set_vectors`] spreads them over up to four.
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
    /// Display data channel.
    pub ddc: bool,
    /// PCI Express endpoint: an error was logged in configuration space.
    pub pcie: bool,
}

impl Sources {
    /// No block.
    pub const NONE: Self = Self {
        dma: false,
        crtc: false,
        plane: false,
        sem: false,
        mem: false,
        ddc: false,
        pcie: false,
    };

    /// The set whose bits in PENDING and ENABLE are `pending`.
    fn of(pending: irq::Pending) -> Self {
        Self {
            dma: pending.is_set(irq::Pending::DMA),
            crtc: pending.is_set(irq::Pending::CRTC),
            plane: pending.is_set(irq::Pending::PLANE),
            sem: pending.is_set(irq::Pending::SEM),
            mem: pending.is_set(irq::Pending::MEM),
            ddc: pending.is_set(irq::Pending::DDC),
            pcie: pending.is_set(irq::Pending::PCIE),
        }
    }

    /// True when no block is in the set.
    pub fn is_empty(self) -> bool {
        self == Self::NONE
    }
}

/// The MSI vector of each block, 0..=3. The default is vector 0 for all.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Vectors {
    /// DMA engine.
    pub dma: u8,
    /// Timing generator.
    pub crtc: u8,
    /// Plane.
    pub plane: u8,
    /// Semaphores.
    pub sem: u8,
    /// Card memory.
    pub mem: u8,
    /// Display data channel.
    pub ddc: u8,
    /// PCI Express endpoint.
    pub pcie: u8,
}

/// How interrupts leave the card, as the operating system set it in configuration space.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Mode {
    /// Messages (MSI) are enabled.
    pub msi: bool,
    /// INTA may be asserted.
    pub intx: bool,
    /// MSI vectors enabled: 1, 2 or 4.
    pub vectors: u8,
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
        (pending.bits() != ALL_ONES).then(|| Sources::of(pending))
    }

    /// Chooses the blocks that may send an interrupt.
    pub fn enable(&self, sources: Sources) {
        self.bus.store(
            irq::Enable::new()
                .with_flag(irq::Enable::DMA, sources.dma)
                .with_flag(irq::Enable::CRTC, sources.crtc)
                .with_flag(irq::Enable::PLANE, sources.plane)
                .with_flag(irq::Enable::SEM, sources.sem)
                .with_flag(irq::Enable::MEM, sources.mem)
                .with_flag(irq::Enable::DDC, sources.ddc)
                .with_flag(irq::Enable::PCIE, sources.pcie),
        );
    }

    /// Chooses the vector of each block; numbers above 3 keep their two low bits. The card takes each modulo the number of
    /// vectors that configuration space enables.
    pub fn set_vectors(&self, vectors: Vectors) {
        let low = |vector: u8| u32::from(vector & 3);
        self.bus.store(
            irq::VectorMap::new()
                .with(irq::VectorMap::DMA, low(vectors.dma))
                .with(irq::VectorMap::CRTC, low(vectors.crtc))
                .with(irq::VectorMap::PLANE, low(vectors.plane))
                .with(irq::VectorMap::SEM, low(vectors.sem))
                .with(irq::VectorMap::MEM, low(vectors.mem))
                .with(irq::VectorMap::DDC, low(vectors.ddc))
                .with(irq::VectorMap::PCIE, low(vectors.pcie)),
        );
    }

    /// Reads how interrupts leave the card. `None` when the card is gone (all ones). Bus cost: 1 read.
    pub fn mode(&self) -> Option<Mode> {
        let mode: irq::Mode = self.bus.load();
        (mode.bits() != ALL_ONES).then(|| Mode {
            msi: mode.is_set(irq::Mode::MSI_ENABLED),
            intx: mode.is_set(irq::Mode::INTX_ENABLED),
            vectors: 1 << mode.get(irq::Mode::VECTORS).min(2),
        })
    }

    /// Arms the next MSI of every vector. Order: after the handled events were cleared.
    pub fn rearm(&self) {
        self.rearm_vectors(irq::Rearm::VECTORS.max());
    }

    /// Arms the next MSI of the vectors whose bits (0..=3) are set in `mask`; other bits mean nothing.
    pub fn rearm_vectors(&self, mask: u32) {
        let mask = mask & irq::Rearm::VECTORS.max();
        self.bus
            .store(irq::Rearm::new().with(irq::Rearm::VECTORS, mask));
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
