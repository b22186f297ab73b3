//! Slot and element-range allocator of the SG table RAM: software state only, no register access.
//!
//! Elements of one slot are consecutive. First fit over the element RAM; with a few dozen slots a linear search is
//! shorter than any tree. Generation numbers live here and not in the hardware's slot, so that a handle stays
//! refusable after its slot was reused; they skip 0 and wrap after 65535 reuses of one slot.

use super::{Handle, SglError};

/// What a slot is used for at the moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Use {
    /// Nobody's.
    Free,
    /// Published to the hardware.
    Valid,
    /// Withdrawn, but the hardware did not say yet that nothing is in flight.
    Draining,
}

/// One slot's software record.
#[derive(Clone, Copy, Debug)]
struct Slot {
    first: u32,
    count: u32,
    generation: u16,
    used: Use,
}

/// Records of up to `SLOTS` slots over `elements` elements.
///
/// # Invariants
/// Ranges of slots that are not free are disjoint and end at or below `elements`.
#[derive(Debug)]
pub(super) struct Allocator<const SLOTS: usize> {
    slots: [Slot; SLOTS],
    slot_count: usize,
    elements: u32,
}

/// An allocated range. Shape: elements `first .. first + count` belong to `handle`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Range {
    pub handle: Handle,
    pub first: u32,
}

impl<const SLOTS: usize> Allocator<SLOTS> {
    /// Starts with everything free. `slot_count` beyond `SLOTS` (or 256, the handle's width) is cut.
    pub fn new(slot_count: usize, elements: u32) -> Self {
        let free = Slot {
            first: 0,
            count: 0,
            generation: 0,
            used: Use::Free,
        };
        Self {
            slots: [free; SLOTS],
            slot_count: slot_count.min(SLOTS).min(256),
            elements: elements.min(0x1_0000),
        }
    }

    /// Continues the generation count of a slot where a former driver left it.
    pub fn seed_generation(&mut self, slot: usize, generation: u16) {
        if let Some(record) = self.slots.get_mut(slot) {
            record.generation = generation;
        }
    }

    /// Usable slots.
    pub fn slot_count(&self) -> usize {
        self.slot_count
    }

    /// Slots that are not free, the draining ones included.
    pub fn slots_in_use(&self) -> usize {
        self.live().count()
    }

    /// Elements that belong to slots that are not free.
    pub fn elements_in_use(&self) -> u32 {
        self.live().map(|slot| slot.count).sum()
    }

    fn live(&self) -> impl Iterator<Item = &Slot> {
        self.slots
            .iter()
            .take(self.slot_count)
            .filter(|slot| slot.used != Use::Free)
    }

    /// True when no live slot touches `first .. first + count`.
    fn is_free(&self, first: u32, count: u32) -> bool {
        first.checked_add(count).is_some_and(|end| {
            end <= self.elements
                && self
                    .live()
                    .all(|slot| end <= slot.first || slot.first.saturating_add(slot.count) <= first)
        })
    }

    /// Largest `count` that [`Self::take`] would accept now.
    pub fn largest_free(&self) -> u32 {
        let mut largest = 0;
        let starts = core::iter::once(0).chain(
            self.live()
                .map(|slot| slot.first.saturating_add(slot.count)),
        );
        for start in starts {
            let inside = self
                .live()
                .any(|slot| slot.first <= start && start < slot.first.saturating_add(slot.count));
            if inside {
                continue;
            }
            let next = self
                .live()
                .map(|slot| slot.first)
                .filter(|&first| first >= start)
                .min();
            largest = largest.max(next.unwrap_or(self.elements).saturating_sub(start));
        }
        largest
    }

    /// Takes a slot and `count` consecutive elements.
    pub fn take(&mut self, count: u32) -> Result<Range, SglError> {
        let no_slot = SglError::NoSlot {
            slots: self.slot_count,
        };
        let idx = self
            .slots
            .iter()
            .take(self.slot_count)
            .position(|slot| slot.used == Use::Free)
            .ok_or(no_slot)?;
        let starts = core::iter::once(0).chain(
            self.live()
                .map(|slot| slot.first.saturating_add(slot.count)),
        );
        let first = starts
            .filter(|&start| self.is_free(start, count))
            .min()
            .ok_or(SglError::NoElements {
                wanted: count,
                largest_free: self.largest_free(),
            })?;
        let slot_number = u8::try_from(idx).map_err(|_| no_slot)?;
        let slot = self.slots.get_mut(idx).ok_or(no_slot)?;
        slot.generation = match slot.generation.wrapping_add(1) {
            0 => 1,
            next => next,
        };
        slot.first = first;
        slot.count = count;
        slot.used = Use::Valid;
        Ok(Range {
            handle: Handle {
                slot: slot_number,
                generation: slot.generation,
            },
            first,
        })
    }

    /// What the slot behind `handle` is used for.
    pub fn used(&self, handle: Handle) -> Result<Use, SglError> {
        match self.slots.get(usize::from(handle.slot)) {
            Some(slot) if slot.used != Use::Free && slot.generation == handle.generation => {
                Ok(slot.used)
            }
            _ => Err(SglError::StaleHandle { handle }),
        }
    }

    /// Marks a valid slot as withdrawn.
    pub fn start_draining(&mut self, handle: Handle) -> Result<(), SglError> {
        self.used(handle)?;
        if let Some(slot) = self.slots.get_mut(usize::from(handle.slot)) {
            slot.used = Use::Draining;
        }
        Ok(())
    }

    /// Gives slot and elements back.
    pub fn give_back(&mut self, handle: Handle) {
        if self.used(handle).is_ok()
            && let Some(slot) = self.slots.get_mut(usize::from(handle.slot))
        {
            slot.used = Use::Free;
            slot.count = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn ranges_are_disjoint_and_first_fit() {
        let mut alloc = Allocator::<4>::new(4, 10);
        let a = alloc.take(4).unwrap();
        let b = alloc.take(4).unwrap();
        assert_eq!((a.first, b.first), (0, 4));
        alloc.give_back(a.handle);
        assert_eq!(
            alloc.take(5),
            Err(SglError::NoElements {
                wanted: 5,
                largest_free: 4
            })
        );
        assert_eq!(alloc.take(3).unwrap().first, 0);
        assert_eq!(alloc.take(1).unwrap().first, 3);
        assert_eq!(alloc.take(2).unwrap().first, 8);
        assert_eq!(alloc.take(1), Err(SglError::NoSlot { slots: 4 }));
    }

    #[test]
    fn old_handle_is_stale_after_reuse() {
        let mut alloc = Allocator::<1>::new(1, 8);
        let first = alloc.take(1).unwrap().handle;
        alloc.give_back(first);
        let second = alloc.take(1).unwrap().handle;
        assert_eq!(first.slot, second.slot);
        assert_ne!(first.generation, second.generation);
        assert_eq!(
            alloc.used(first),
            Err(SglError::StaleHandle { handle: first })
        );
        alloc.give_back(first);
        assert_eq!(alloc.used(second), Ok(Use::Valid));
    }

    #[test]
    fn generation_skips_zero_when_it_wraps() {
        let mut alloc = Allocator::<1>::new(1, 8);
        alloc.seed_generation(0, u16::MAX);
        assert_eq!(alloc.take(1).unwrap().handle.generation, 1);
    }

    #[test]
    fn random_walk_keeps_ranges_disjoint_and_returns_everything() {
        let mut alloc = Allocator::<8>::new(8, 100);
        let mut held: Vec<(Range, u32)> = Vec::new();
        let mut state = 12345_u32;
        for _ in 0..20_000 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if state >> 31 == 0 {
                let count = 1 + (state >> 8) % 40;
                let fits = alloc.largest_free() >= count && held.len() < 8;
                let got = alloc.take(count);
                assert_eq!(got.is_ok(), fits, "wanted {count}");
                if let Ok(range) = got {
                    for (other, len) in &held {
                        assert!(
                            range.first + count <= other.first || other.first + len <= range.first
                        );
                    }
                    held.push((range, count));
                }
            } else if !held.is_empty() {
                let (range, _) = held.swap_remove((state >> 8) as usize % held.len());
                alloc.give_back(range.handle);
            }
        }
        for (range, _) in held {
            alloc.give_back(range.handle);
        }
        assert_eq!(
            (
                alloc.slots_in_use(),
                alloc.elements_in_use(),
                alloc.largest_free()
            ),
            (0, 0, 100)
        );
    }
}
