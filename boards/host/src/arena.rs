//! Memory that the card can be given: one anonymous file, mapped once, handed out in pages.
//!
//! The file descriptor is what another process (a served card) needs to reach the same bytes. Pages have a fixed bus address each;
//! whether the card can reach them there is decided page by page, by pinning.

use std::fs::File;
use std::sync::Arc;

use parking_lot::Mutex;
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use vm_memory::{FileOffset, MmapRegion, VolatileMemory, VolatileSlice};

use crate::error::HostError;

/// Bytes of a page.
pub const PAGE_BYTES: usize = 4096;

/// Bus address of the first page of the low zone: contiguous memory below 4 GiB.
const LOW_BUS: u64 = 0x4000_0000;
/// Bus address of the first page of everything else: above 4 GiB, so that addresses of 64 bits are in daily use.
const HIGH_BUS: u64 = 0x1_0000_0000;

/// See the module's text.
pub struct Arena {
    file: Arc<File>,
    region: MmapRegion,
    low_pages: usize,
    /// For each page the length of the allocation that begins there, `usize::MAX` for the rest of one, 0 when free.
    pages: Mutex<Vec<usize>>,
}

impl Arena {
    /// Makes an arena of `pages` pages, the first `low_pages` of which have bus addresses below 4 GiB.
    ///
    /// # Errors
    /// [`HostError::System`].
    pub fn new(pages: usize, low_pages: usize) -> Result<Self, HostError> {
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
        Ok(Self {
            file,
            region,
            low_pages: low_pages.min(pages),
            pages: Mutex::new(vec![0; pages]),
        })
    }

    /// The file that holds all of it.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Address of the first byte in this process.
    pub fn base(&self) -> usize {
        self.region.as_ptr().expose_provenance()
    }

    /// Allocates `count` pages from the low or the high zone: index of the first, lowest free run first.
    pub fn allocate(&self, count: usize, low: bool) -> Option<usize> {
        let mut pages = self.pages.lock();
        let (first, past) = if low {
            (0, self.low_pages)
        } else {
            (self.low_pages, pages.len())
        };
        let mut run = 0;
        for page in first..past {
            run = if pages[page] == 0 { run + 1 } else { 0 };
            if run == count && count != 0 {
                let start = page + 1 - count;
                pages[start..=page].fill(usize::MAX);
                pages[start] = count;
                return Some(start);
            }
        }
        None
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

    /// Where the card sees a page.
    pub const fn bus_address(&self, page: usize) -> u64 {
        let zone = if page < self.low_pages {
            LOW_BUS
        } else {
            HIGH_BUS
        };
        zone + (page * PAGE_BYTES) as u64
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

    #[test]
    fn runs_are_found_and_given_back_exactly() {
        let arena = Arena::new(8, 2).unwrap();
        assert_eq!(arena.allocate(2, true), Some(0));
        assert_eq!(arena.allocate(1, true), None, "the low zone is full");
        assert_eq!(arena.allocate(3, false), Some(2));
        assert_eq!(arena.allocate(4, false), None);
        assert_eq!(arena.allocate(3, false), Some(5));
        assert!(!arena.free(3, 2) && !arena.free(2, 2) && !arena.free(9, 1));
        assert!(arena.free(2, 3) && !arena.free(2, 3));
        assert_eq!(arena.allocate(0, false), None);
        assert_eq!(arena.used_pages(), 5);
    }

    #[test]
    fn memory_is_reached_only_where_it_is_allocated() {
        let arena = Arena::new(4, 0).unwrap();
        let start = arena.allocate(2, false).unwrap();
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
        let arena = Arena::new(4, 2).unwrap();
        assert_eq!(arena.bus_address(1), LOW_BUS + 4096);
        assert_eq!(arena.bus_address(2), HIGH_BUS + 8192);
    }
}
