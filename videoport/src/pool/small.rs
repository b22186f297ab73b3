//! Pages shared by blocks smaller than a page: a bitmap of 16-byte units each.

use crate::address::{PAGE_SIZE, VirtAddr};
use crate::limits::SMALL_PAGES;

/// Bytes of a unit, which is also the alignment of every block.
pub(super) const UNIT_BYTES: usize = 16;
const UNITS: usize = PAGE_SIZE / UNIT_BYTES;
const WORDS: usize = UNITS / 64;

/// Units `first..first + count` of the page at `page`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct SmallPlace {
    page: VirtAddr,
    first: usize,
    count: usize,
}

#[derive(Clone, Copy)]
struct SmallPage {
    base: VirtAddr,
    paged: bool,
    used: [u64; WORDS],
}

impl SmallPlace {
    /// Bytes of the place, what was asked for rounded up to units.
    pub(super) const fn length_bytes(&self) -> usize {
        self.count * UNIT_BYTES
    }
}

impl SmallPage {
    fn is_used(&self, unit: usize) -> bool {
        self.used
            .get(unit / 64)
            .is_none_or(|word| word >> (unit % 64) & 1 != 0)
    }

    fn mark(&mut self, first: usize, count: usize, used: bool) {
        for unit in first..first + count {
            if let Some(word) = self.used.get_mut(unit / 64) {
                let bit = 1 << (unit % 64);
                *word = if used { *word | bit } else { *word & !bit };
            }
        }
    }

    /// First fit: the lowest run of `count` free units that starts on a multiple of `step`.
    fn find(&self, count: usize, step: usize) -> Option<usize> {
        let last = UNITS.checked_sub(count)?;
        (0..=last)
            .step_by(step)
            .find(|&first| !(first..first + count).any(|unit| self.is_used(unit)))
    }

    fn is_empty(&self) -> bool {
        self.used.iter().all(|word| *word == 0)
    }
}

/// All shared pages of a device.
pub(super) struct SmallPages(heapless::Vec<SmallPage, SMALL_PAGES>);

impl SmallPages {
    pub(super) const fn new() -> Self {
        Self(heapless::Vec::new())
    }

    /// Takes room from a page of that kind; `None` when none has it.
    pub(super) fn take(
        &mut self,
        bytes: usize,
        align: usize,
        paged: bool,
    ) -> Option<(VirtAddr, SmallPlace)> {
        let count = bytes.div_ceil(UNIT_BYTES);
        let step = align.div_ceil(UNIT_BYTES).max(1);
        let mut fits = self.0.iter_mut().filter(|page| page.paged == paged);
        let (page, first) =
            fits.find_map(|page| page.find(count, step).map(|first| (page, first)))?;
        page.mark(first, count, true);
        let base = page.base.checked_add(first * UNIT_BYTES)?;
        Some((
            base,
            SmallPlace {
                page: page.base,
                first,
                count,
            },
        ))
    }

    /// Whether an address lies in one of the pages.
    pub(super) fn contains(&self, address: VirtAddr) -> bool {
        self.0.iter().any(|page| page.base == address.page())
    }

    /// Adds an empty page. False: the table is full.
    pub(super) fn adopt(&mut self, base: VirtAddr, paged: bool) -> bool {
        self.0
            .push(SmallPage {
                base,
                paged,
                used: [0; WORDS],
            })
            .is_ok()
    }

    /// Gives room back; the page, when it is empty now and was taken out of the table.
    pub(super) fn give_back(&mut self, place: SmallPlace) -> Option<VirtAddr> {
        let page = self.0.iter_mut().find(|page| page.base == place.page)?;
        page.mark(place.first, place.count, false);
        self.disown_if_empty(place.page).then_some(place.page)
    }

    /// Takes a page out of the table if nothing is in it.
    pub(super) fn disown_if_empty(&mut self, base: VirtAddr) -> bool {
        let Some(index) = self
            .0
            .iter()
            .position(|page| page.base == base && page.is_empty())
        else {
            return false;
        };
        self.0.swap_remove(index);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_fill_a_page_and_come_back() {
        let mut pages = SmallPages::new();
        assert!(pages.take(16, 16, false).is_none());
        assert!(pages.adopt(VirtAddr::new(0x1000), false));
        let (first, place) = pages.take(17, 16, false).unwrap();
        assert_eq!(first, VirtAddr::new(0x1000));
        let (second, _) = pages.take(4064, 16, false).unwrap();
        assert_eq!(second, VirtAddr::new(0x1020));
        assert!(pages.take(1, 16, false).is_none());
        assert_eq!(pages.give_back(place), None);
        assert_eq!(pages.take(32, 16, false).unwrap().0, first);
    }

    #[test]
    fn kinds_do_not_share_a_page() {
        let mut pages = SmallPages::new();
        assert!(pages.adopt(VirtAddr::new(0x1000), true));
        assert!(pages.take(16, 16, false).is_none());
        assert!(pages.take(16, 16, true).is_some());
    }

    #[test]
    fn alignment_skips_units_and_the_last_block_frees_the_page() {
        let mut pages = SmallPages::new();
        assert!(pages.adopt(VirtAddr::new(0x1000), false));
        let (_, small) = pages.take(16, 16, false).unwrap();
        let (aligned, place) = pages.take(100, 64, false).unwrap();
        assert_eq!(aligned, VirtAddr::new(0x1040));
        assert_eq!(pages.give_back(small), None);
        assert_eq!(pages.give_back(place), Some(VirtAddr::new(0x1000)));
        assert!(pages.take(16, 16, false).is_none());
    }
}
