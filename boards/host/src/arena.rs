//! Memory that the card can be given: mapped once, handed out in pages, each page with one bus address.
//!
//! Two kinds. A *file*: its descriptor is what another process (a served card) or the kernel (VFIO) needs to reach the same bytes, and the bus
//! addresses are chosen here; whether the card can reach a page is decided page by page, by pinning. *Huge pages*: for a machine without
//! an IOMMU, where the card sees physical memory and only the kernel knows which; see [`crate::huge`].

use std::fs::File;
use std::sync::Arc;

use parking_lot::Mutex;
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use vm_memory::{FileOffset, MmapRegion, VolatileMemory, VolatileSlice};

use crate::error::HostError;

/// Bytes of a page.
pub const PAGE_BYTES: usize = 4096;

/// Where the pages of a file lie on the bus: the contiguous ones, and all others. Units: bus address of the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zones {
    /// Of contiguous memory, which must lie below 4 GiB.
    pub low: u64,
    /// Of everything else.
    pub high: u64,
}

impl Default for Zones {
    /// Above 4 GiB what may be, so that addresses of 64 bits are in daily use.
    fn default() -> Self {
        Self {
            low: 0x4000_0000,
            high: 0x1_0000_0000,
        }
    }
}

/// What an allocation must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// Anywhere on the bus, in any order.
    Scattered,
    /// One range on the bus that ends at this address or before.
    Contiguous(u64),
}

/// See the module's text.
pub struct Arena {
    file: Option<Arc<File>>,
    region: MmapRegion,
    /// Pages kept for contiguous allocations, from the first on.
    low_pages: usize,
    /// Bus address of each page.
    bus: Vec<u64>,
    /// For each page the length of the allocation that begins there, `usize::MAX` for the rest of one, 0 when free.
    pages: Mutex<Vec<usize>>,
}

impl Arena {
    /// Makes an arena of `pages` pages in a file without a name, the first `low_pages` of which are kept for contiguous allocations.
    ///
    /// # Errors
    /// [`HostError::System`].
    pub fn new(pages: usize, low_pages: usize, zones: Zones) -> Result<Self, HostError> {
        let failed = |source| HostError::System {
            what: "memory for the card cannot be had",
            source,
        };
        let file =
            memfd_create("lumenport", MemfdFlags::CLOEXEC).map_err(|error| failed(error.into()))?;
        let bytes = pages * PAGE_BYTES;
        ftruncate(&file, bytes as u64).map_err(|error| failed(error.into()))?;
        let file = Arc::new(File::from(file));
        let backing = FileOffset::from_arc(Arc::clone(&file), 0);
        let region = MmapRegion::from_file(backing, bytes)
            .map_err(|error| failed(std::io::Error::other(error)))?;
        let bus = |page| {
            let zone = if page < low_pages {
                zones.low
            } else {
                zones.high
            };
            zone + (page * PAGE_BYTES) as u64
        };
        Ok(Self {
            file: Some(file),
            region,
            low_pages: low_pages.min(pages),
            bus: (0..pages).map(bus).collect(),
            pages: Mutex::new(vec![0; pages]),
        })
    }

    /// An arena over memory that lies on the bus already: an address for each page of `region`.
    pub(crate) fn over(region: MmapRegion, bus: Vec<u64>, low_pages: usize) -> Self {
        let pages = bus.len().min(region.size() / PAGE_BYTES);
        Self {
            file: None,
            region,
            low_pages: low_pages.min(pages),
            bus,
            pages: Mutex::new(vec![0; pages]),
        }
    }

    /// The file that holds all of it; `None` for memory without one.
    pub fn file(&self) -> Option<&File> {
        self.file.as_deref()
    }

    /// Address of the first byte in this process.
    pub fn base(&self) -> usize {
        self.region.as_ptr().expose_provenance()
    }

    /// Allocates `count` pages, consecutive in this process: index of the first, lowest free run first.
    pub fn allocate(&self, count: usize, placement: Placement) -> Option<usize> {
        let mut pages = self.pages.lock();
        let (first, past) = match placement {
            Placement::Contiguous(_) => (0, self.low_pages),
            Placement::Scattered => (self.low_pages, pages.len()),
        };
        let mut run = 0;
        for page in first..past {
            let fits = pages[page] == 0 && self.may_hold(page, placement);
            let goes_on = placement == Placement::Scattered || run == 0 || self.follows(page);
            run = match (fits, goes_on) {
                (true, true) => run + 1,
                (true, false) => 1,
                (false, _) => 0,
            };
            if run == count && count != 0 {
                let start = page + 1 - count;
                pages[start..=page].fill(usize::MAX);
                pages[start] = count;
                return Some(start);
            }
        }
        None
    }

    fn may_hold(&self, page: usize, placement: Placement) -> bool {
        match placement {
            Placement::Scattered => true,
            Placement::Contiguous(highest) => self.bus[page] + (PAGE_BYTES as u64 - 1) <= highest,
        }
    }

    /// Whether a page lies right behind the one before it, on the bus too.
    fn follows(&self, page: usize) -> bool {
        page > 0 && self.bus[page] == self.bus[page - 1] + PAGE_BYTES as u64
    }

    /// Gives back one allocation; false when `start` and `count` do not name one.
    pub fn free(&self, start: usize, count: usize) -> bool {
        let mut pages = self.pages.lock();
        if count == 0 || pages.get(start) != Some(&count) {
            return false;
        }
        pages[start..start + count].fill(0);
        true
    }

    /// Pages that are allocated.
    pub fn used_pages(&self) -> usize {
        self.pages
            .lock()
            .iter()
            .filter(|state| **state != 0)
            .count()
    }

    /// Index of the allocated page that holds this address of the process.
    pub fn page_at(&self, address: usize) -> Option<usize> {
        let page = address.checked_sub(self.base())? / PAGE_BYTES;
        let used = self.pages.lock().get(page).is_some_and(|state| *state != 0);
        used.then_some(page)
    }

    /// Where the card sees a page of this arena.
    pub fn bus_address(&self, page: usize) -> u64 {
        self.bus[page]
    }

    /// `len_bytes` at an address of the process: the slice, or the first address that is not allocated.
    ///
    /// # Errors
    /// That address.
    pub fn slice(&self, address: usize, len_bytes: usize) -> Result<VolatileSlice<'_>, usize> {
        let end = address.checked_add(len_bytes).ok_or(address)?;
        let mut at = address;
        while at < end {
            self.page_at(at).ok_or(at)?;
            at = (at / PAGE_BYTES + 1) * PAGE_BYTES;
        }
        let offset = address.wrapping_sub(self.base());
        self.region
            .get_slice(offset, len_bytes)
            .map_err(|_| address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BELOW_4G: Placement = Placement::Contiguous(u32::MAX as u64);

    fn arena(pages: usize, low_pages: usize) -> Arena {
        Arena::new(pages, low_pages, Zones::default()).unwrap()
    }

    #[test]
    fn runs_are_found_and_given_back_exactly() {
        let arena = arena(8, 2);
        assert_eq!(arena.allocate(2, BELOW_4G), Some(0));
        assert_eq!(arena.allocate(1, BELOW_4G), None, "the low zone is full");
        assert_eq!(arena.allocate(3, Placement::Scattered), Some(2));
        assert_eq!(arena.allocate(4, Placement::Scattered), None);
        assert_eq!(arena.allocate(3, Placement::Scattered), Some(5));
        assert!(!arena.free(3, 2) && !arena.free(2, 2) && !arena.free(9, 1));
        assert!(arena.free(2, 3) && !arena.free(2, 3));
        assert_eq!(arena.allocate(0, Placement::Scattered), None);
        assert_eq!(arena.used_pages(), 5);
    }

    #[test]
    fn memory_is_reached_only_where_it_is_allocated() {
        let arena = arena(4, 0);
        let start = arena.allocate(2, Placement::Scattered).unwrap();
        let at = arena.base() + start * PAGE_BYTES;
        arena.slice(at + 4090, 10).unwrap().copy_from(&[7_u8; 10]);
        let mut back = [0_u8; 10];
        arena.slice(at + 4090, 10).unwrap().copy_to(&mut back);
        assert_eq!(back, [7; 10]);
        let past = at + 2 * PAGE_BYTES;
        assert_eq!(arena.slice(at, 2 * PAGE_BYTES + 1).err(), Some(past));
        assert_eq!(arena.slice(at - 1, 1).err(), Some(at - 1));
    }

    #[test]
    fn zones_lie_on_their_side_of_four_gigabytes() {
        let arena = arena(4, 2);
        assert_eq!(arena.bus_address(1), 0x4000_0000 + 4096);
        assert_eq!(arena.bus_address(2), 0x1_0000_0000 + 8192);
    }

    #[test]
    fn contiguous_means_on_the_bus_and_below_the_limit() {
        let region = MmapRegion::new(6 * PAGE_BYTES).unwrap();
        let bus = vec![0x5000, 0x9000, 0xA000, 0x1_0000_0000, 0x1_0000_1000, 0x3000];
        let arena = Arena::over(region, bus, 5);
        assert_eq!(arena.allocate(3, Placement::Contiguous(u64::MAX)), None);
        assert_eq!(arena.allocate(2, BELOW_4G), Some(1));
        assert_eq!(arena.allocate(2, BELOW_4G), None, "4 and 5 lie too high");
        assert_eq!(arena.allocate(2, Placement::Contiguous(u64::MAX)), Some(3));
        assert_eq!(arena.allocate(1, Placement::Contiguous(0x5FFE)), None);
        assert_eq!(arena.allocate(1, Placement::Contiguous(0x5FFF)), Some(0));
        assert_eq!(arena.allocate(1, Placement::Scattered), Some(5));
    }
}
