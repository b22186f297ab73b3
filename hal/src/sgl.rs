//! Scatter-gather (SG) tables in the card: what a DMA lock writes and a DMA unlock withdraws.
//!
//! A *slot* describes one locked buffer: a range of *elements* {bus address, length}, the total length, the rights and
//! a generation number. A [`Handle`] (slot + generation) names it in a transfer; the card refuses a handle whose
//! generation is not the slot's present one, so a handle that outlives its lock is harmless.
//!
//! Bus cost: a lock of n elements (after merging neighbours) takes 3n + 3 writes and 1 read; an unlock takes 1 write
//! and, when nothing is in flight, 1 read.
//!
//! Not supported: growing a table, sharing elements between slots, a table in host memory.

mod alloc;
mod error;

use embedded_hal::delay::DelayNs;
use lumenport_regmap::blocks::{dma, elements, sgl};

use crate::addr::{BusAddr, ByteLen};
use crate::bus::{ALL_ONES, Bus};
use crate::reg::RegisterBus;
use crate::wait::{Bound, Timeout, poll_until};
use alloc::{Allocator, Use};

pub use error::SglError;

/// Names a locked buffer to the card. Shape: slot number and the slot's generation at lock time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Handle {
    /// Slot number, 0..=255.
    pub slot: u8,
    /// Generation, 1..=65535; never 0 for a handle made by [`SgTables::lock`].
    pub generation: u16,
}

impl Handle {
    /// The value of the card's `dma.HANDLE` register: slot in 7:0, generation in 31:16.
    pub fn raw(self) -> u32 {
        dma::Handle::new()
            .with(dma::Handle::SLOT, u32::from(self.slot))
            .with(dma::Handle::GENERATION, u32::from(self.generation))
            .bits()
    }

    /// Splits a raw value; bits between the fields are dropped.
    pub fn from_raw(raw: u32) -> Self {
        let value = dma::Handle::from_bits(raw);
        // Field widths are 8 and 16 bits, so the casts keep everything.
        Self {
            slot: value.get(dma::Handle::SLOT) as u8,
            generation: value.get(dma::Handle::GENERATION) as u16,
        }
    }
}

/// What the card may do with the pages of a slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Rights {
    /// The card reads host memory (transfers host to card).
    CardReads,
    /// The card writes host memory (transfers card to host).
    CardWrites,
    /// Both.
    CardReadsAndWrites,
}

impl Rights {
    const fn card_reads(self) -> bool {
        !matches!(self, Self::CardWrites)
    }

    const fn card_writes(self) -> bool {
        !matches!(self, Self::CardReads)
    }
}

/// One piece of host memory that is contiguous on the bus.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Element {
    /// First byte, as the device sees it.
    pub address: BusAddr,
    /// Length; 1 byte or more.
    pub length: ByteLen,
}

impl Element {
    /// Joins two elements when `next` starts where `self` ends and the sum fits.
    fn merged(self, next: Self) -> Option<Self> {
        let adjacent = self.address.checked_add(self.length) == Some(next.address);
        if !adjacent {
            return None;
        }
        self.length.checked_add(next.length).map(|length| Self {
            address: self.address,
            length,
        })
    }
}

/// Iterator adapter that joins neighbouring elements.
#[derive(Clone, Debug)]
struct Merge<I: Iterator<Item = Element>> {
    inner: I,
    held: Option<Element>,
}

impl<I: Iterator<Item = Element>> Iterator for Merge<I> {
    type Item = Element;

    fn next(&mut self) -> Option<Element> {
        let mut current = self.held.take().or_else(|| self.inner.next())?;
        for next in self.inner.by_ref() {
            if let Some(joined) = current.merged(next) {
                current = joined;
            } else {
                self.held = Some(next);
                break;
            }
        }
        Some(current)
    }
}

/// What a lock produced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Locked {
    /// Name of the table for transfers and for the unlock.
    pub handle: Handle,
    /// Elements written, after merging.
    pub elements: u32,
    /// Bytes in the table.
    pub total: ByteLen,
}

/// The SG tables of one card: a writer and its slot and element allocator.
///
/// Shape: at most `SLOTS` slots are used even if the card has more. Sharing: `&mut self` everywhere; the owner puts
/// it behind its own lock.
#[derive(Debug)]
pub struct SgTables<const SLOTS: usize = 32> {
    alloc: Allocator<SLOTS>,
}

impl<const SLOTS: usize> SgTables<SLOTS> {
    /// Reads the card's capacity, withdraws whatever a former driver left, and continues its generation numbers.
    ///
    /// Bus cost: 1 read, then 1 read and 1 write for each slot.
    ///
    /// # Errors
    /// [`SglError::Gone`] when the capacity reads as all ones.
    pub fn attach<B: Bus>(bus: &B) -> Result<Self, SglError> {
        let caps: dma::Caps = bus.load();
        if caps.bits() == ALL_ONES {
            return Err(SglError::Gone);
        }
        let slots = caps.get(dma::Caps::SLOTS).min(sgl::SLOT.count());
        let element_count = caps.get(dma::Caps::ELEMENTS).min(elements::ELEMENT.count());
        let mut alloc = Allocator::new(slots as usize, element_count);
        for (idx, slot) in (0u32..).zip(0..alloc.slot_count()) {
            if let Some(control) = bus.load_entry::<sgl::Control>(idx) {
                alloc.seed_generation(slot, control.get(sgl::Control::GENERATION) as u16);
                bus.store_entry(idx, control.with_flag(sgl::Control::VALID, false));
            }
        }
        Ok(Self { alloc })
    }

    /// Slots that are locked or still draining.
    pub fn slots_in_use(&self) -> usize {
        self.alloc.slots_in_use()
    }

    /// Slots there are.
    pub fn slot_count(&self) -> usize {
        self.alloc.slot_count()
    }

    /// Elements that belong to slots in use.
    pub fn elements_in_use(&self) -> u32 {
        self.alloc.elements_in_use()
    }

    /// Writes an SG table for `list` into the card and publishes it.
    ///
    /// Neighbouring elements are merged. Order: elements and slot words, then the barrier, then `VALID`.
    /// Bus cost: at most 3n + 3 writes and 1 read for n merged elements.
    ///
    /// # Errors
    /// - [`SglError::Empty`], [`SglError::ZeroLength`], [`SglError::TooLong`], [`SglError::AddressWrap`]: the list is
    ///   no buffer; nothing is written.
    /// - [`SglError::NoSlot`], [`SglError::NoElements`]: the card is full; nothing is written.
    /// - [`SglError::Gone`]: the card did not keep what was written; nothing stays allocated.
    pub fn lock<B: Bus, I>(&mut self, bus: &B, list: I, rights: Rights) -> Result<Locked, SglError>
    where
        I: IntoIterator<Item = Element>,
        I::IntoIter: Clone,
    {
        let merged = Merge {
            inner: list.into_iter(),
            held: None,
        };
        let (count, total) = measure(merged.clone())?;
        let range = self.alloc.take(count)?;
        let handle = range.handle;
        match publish(
            bus,
            merged,
            &Table {
                first: range.first,
                count,
                total,
                handle,
                rights,
            },
        ) {
            Ok(()) => Ok(Locked {
                handle,
                elements: count,
                total,
            }),
            Err(error) => {
                self.alloc.give_back(handle);
                Err(error)
            }
        }
    }

    /// Withdraws a table and waits until the card has nothing of it in flight.
    ///
    /// A transfer that runs over it ends with "slot released". When the card is gone the slot is given back all the
    /// same: a card that is not on the bus cannot reach the pages.
    ///
    /// # Errors
    /// - [`SglError::StaleHandle`]: not (or no more) locked; nothing is written.
    /// - [`SglError::Busy`]: still in flight after `bound`; the slot stays taken, **the pages must stay pinned**, and a
    ///   later call with the same handle looks again.
    /// - [`SglError::Gone`]: the card left the bus; the slot is free.
    pub fn unlock<B: Bus>(
        &mut self,
        bus: &B,
        handle: Handle,
        delay: &mut impl DelayNs,
        bound: Bound,
    ) -> Result<(), SglError> {
        let idx = u32::from(handle.slot);
        if self.alloc.used(handle)? == Use::Valid {
            self.alloc.start_draining(handle)?;
            let control =
                sgl::Control::new().with(sgl::Control::GENERATION, u32::from(handle.generation));
            bus.store_entry(idx, control);
        }
        let register = sgl::State::offset_of(idx).unwrap_or_default();
        let state = poll_until(delay, bound, register, || {
            let state: sgl::State = bus.load_entry(idx)?;
            (state.bits() == ALL_ONES || !state.is_set(sgl::State::BUSY)).then_some(state)
        });
        match state {
            Err(Timeout {
                register,
                waited_us,
            }) => Err(SglError::Busy {
                handle,
                register,
                waited_us,
            }),
            Ok(state) => {
                self.alloc.give_back(handle);
                if state.bits() == ALL_ONES {
                    Err(SglError::Gone)
                } else {
                    Ok(())
                }
            }
        }
    }
}

/// Everything the slot words say.
struct Table {
    first: u32,
    count: u32,
    total: ByteLen,
    handle: Handle,
    rights: Rights,
}

/// Counts merged elements and bytes, and checks each element.
fn measure(list: impl Iterator<Item = Element>) -> Result<(u32, ByteLen), SglError> {
    let mut count = 0u32;
    let mut total = ByteLen::ZERO;
    for element in list {
        if element.length.is_zero() {
            return Err(SglError::ZeroLength { idx: count });
        }
        if element
            .address
            .checked_add(ByteLen::new(element.length.raw() - 1))
            .is_none()
        {
            return Err(SglError::AddressWrap { idx: count });
        }
        total = total.checked_add(element.length).ok_or(SglError::TooLong)?;
        count = count.checked_add(1).ok_or(SglError::TooLong)?;
    }
    if count == 0 {
        Err(SglError::Empty)
    } else {
        Ok((count, total))
    }
}

/// Writes elements and slot words, then makes the slot valid and reads it back.
fn publish<B: Bus>(
    bus: &B,
    list: impl Iterator<Item = Element>,
    table: &Table,
) -> Result<(), SglError> {
    let outside = SglError::NoElements {
        wanted: table.count,
        largest_free: 0,
    };
    for (idx, element) in (table.first..).zip(list) {
        bus.store_entry(idx, elements::AddressLo::from_bits(element.address.lo()))
            .ok_or(outside)?;
        bus.store_entry(idx, elements::AddressHi::from_bits(element.address.hi()))
            .ok_or(outside)?;
        bus.store_entry(idx, elements::Length::from_bits(element.length.raw()))
            .ok_or(outside)?;
    }
    let idx = u32::from(table.handle.slot);
    let range = sgl::Table::new()
        .with(sgl::Table::FIRST, table.first)
        .with(sgl::Table::COUNT, table.count);
    let control = sgl::Control::new()
        .with_flag(sgl::Control::VALID, true)
        .with_flag(sgl::Control::CARD_READ, table.rights.card_reads())
        .with_flag(sgl::Control::CARD_WRITE, table.rights.card_writes())
        .with(sgl::Control::GENERATION, u32::from(table.handle.generation));
    bus.store_entry(idx, range).ok_or(outside)?;
    bus.store_entry(idx, sgl::Total::from_bits(table.total.raw()))
        .ok_or(outside)?;
    // The slot must be complete before it becomes valid.
    bus.barrier();
    bus.store_entry(idx, control).ok_or(outside)?;
    match bus.load_entry::<sgl::Control>(idx) {
        Some(kept) if kept == control => Ok(()),
        _ => Err(SglError::Gone),
    }
}

#[cfg(test)]
mod tests;
