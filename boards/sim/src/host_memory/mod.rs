//! Simulated physical memory of the host.
//!
//! One arena of process memory with stable addresses is the host's RAM. The driver under test gets real pointers into it; the card
//! sees the same bytes through bus addresses that are scattered page by page. In between stand what an operating system
//! keeps about pages: allocation, pins with rights, and (for tests) pages that refuse the device.
//!
//! # Who touches what
//! - The host's software reads and writes through its pointers, by whatever means it likes.
//! - The card's side uses [`HostMemory::read`] and [`HostMemory::write`] with bus addresses. Those never form a reference to the
//!   memory; they copy with volatile accesses, because the software may hold pointers to the same bytes. As on real hardware, the
//!   order between the two is the business of doorbells and interrupts.
//!
//! All methods take `&self` and may be called from any thread.
//!
//! # Not supported
//! Caches, memory types, translation by an IOMMU (the bus address map is fixed), partial pages.
//!
//! # Example
//!
//! ```
//! use lumenport_sim::host_memory::{HostMemory, HostMemoryConfig, PinRights};
//!
//! let memory = HostMemory::new(HostMemoryConfig::default())?;
//! let block = memory.alloc_pages(2)?;
//! memory.copy_in(block.as_ptr(), b"hello")?;
//! memory.pin(block.as_ptr(), 8192, PinRights::DeviceReads)?;
//! let bus = memory.bus_address(block.as_ptr()).ok_or("no bus address")?;
//! let mut bytes = [0; 5];
//! memory.read(bus, &mut bytes)?;
//! assert_eq!(&bytes, b"hello");
//! # memory.unpin(block.as_ptr(), 8192, PinRights::DeviceReads)?;
//! # memory.free_pages(block, 2)?;
//! # assert!(memory.leaks().is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod arena;
mod error;
mod layout;
mod pages;

use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

use arena::Arena;
pub use error::{AccessError, HostMemoryError};
use layout::Layout;
use pages::Pages;
pub use pages::{Leaks, PageAccess, PinRights};

/// Bytes of a page as a power of two.
const PAGE_SHIFT: u32 = 12;

/// Bytes of a page.
pub const PAGE_BYTES: usize = 1 << PAGE_SHIFT;

/// What the card's accesses must find before they are served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protection {
    /// Any page that exists, as in a machine without an IOMMU. Stray accesses are only counted.
    #[default]
    Present,
    /// Only pages that are pinned with the right in question, as behind an IOMMU; others are refused.
    Pinned,
}

/// How much memory there is and how it is scattered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostMemoryConfig {
    /// Pages with scattered bus addresses. Range: 1 up to about 190 000.
    pub pages: usize,
    /// Further pages that are contiguous on the bus, for common buffers.
    pub contiguous_pages: usize,
    /// Share of the runs that lie above 4 GiB. Units: percent.
    pub high_percent: u8,
    /// Chance that a page directly follows its virtual predecessor on the bus. Units: percent.
    pub adjacent_percent: u8,
    /// What decides the scattering.
    pub seed: u64,
    /// What device accesses must find.
    pub protection: Protection,
}

impl Default for HostMemoryConfig {
    /// 64 MiB scattered, half above 4 GiB, one page in eight adjacent, and 1 MiB contiguous.
    fn default() -> Self {
        Self {
            pages: 16_384,
            contiguous_pages: 256,
            high_percent: 50,
            adjacent_percent: 12,
            seed: 0x4C75_6D65,
            protection: Protection::Present,
        }
    }
}

/// What the card has done to host memory so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeviceCounters {
    /// Bytes served to the card.
    pub read_bytes: u64,
    /// Bytes that the card wrote.
    pub written_bytes: u64,
    /// Accesses to pages that were not pinned for them (served or not, depending on [`Protection`]).
    pub unpinned: u64,
    /// Accesses to bus addresses without memory.
    pub not_present: u64,
    /// Accesses that a page refused.
    pub refused: u64,
}

#[derive(Default)]
struct Counters {
    read_bytes: AtomicU64,
    written_bytes: AtomicU64,
    unpinned: AtomicU64,
    not_present: AtomicU64,
    refused: AtomicU64,
}

/// The host's RAM.
pub struct HostMemory {
    arena: Arena,
    layout: Layout,
    pages: Pages,
    protection: Protection,
    counters: Counters,
}

impl HostMemory {
    /// Makes the memory. Its content is undefined in the way of real pool memory: a fixed filler, not zero.
    ///
    /// # Errors
    /// [`HostMemoryError::Size`].
    pub fn new(config: HostMemoryConfig) -> Result<Self, HostMemoryError> {
        let total = config.pages.saturating_add(config.contiguous_pages);
        if config.pages == 0 || total > layout::MAX_PAGES {
            return Err(HostMemoryError::Size {
                pages: total,
                limit: layout::MAX_PAGES,
            });
        }
        let size = HostMemoryError::Size {
            pages: total,
            limit: layout::MAX_PAGES,
        };
        Ok(Self {
            arena: Arena::new(total * PAGE_BYTES).ok_or(size)?,
            layout: Layout::new(&config),
            pages: Pages::new(config.pages, config.contiguous_pages),
            protection: config.protection,
            counters: Counters::default(),
        })
    }

    /// Allocates `count` pages that are contiguous in virtual memory and scattered on the bus. They hold the filler 0xC5.
    ///
    /// Ordering: lowest free run first, so the same calls give the same pages.
    ///
    /// # Errors
    /// [`HostMemoryError::Exhausted`], also for a count of zero.
    pub fn alloc_pages(&self, count: usize) -> Result<NonNull<u8>, HostMemoryError> {
        let frame = self.pages.allocate(count, false)?;
        Ok(self.hand_out(frame, count))
    }

    /// Allocates `count` pages that are contiguous in virtual memory *and* on the bus, below 4 GiB.
    ///
    /// # Errors
    /// [`HostMemoryError::Exhausted`], also for a count of zero.
    pub fn alloc_contiguous(&self, count: usize) -> Result<NonNull<u8>, HostMemoryError> {
        let frame = self.pages.allocate(count, true)?;
        Ok(self.hand_out(frame, count))
    }

    fn hand_out(&self, frame: usize, count: usize) -> NonNull<u8> {
        self.arena
            .fill(frame * PAGE_BYTES, count * PAGE_BYTES, 0xC5);
        self.arena.pointer(frame * PAGE_BYTES)
    }

    /// Gives pages back; the filler 0xDD overwrites them so that late readers notice.
    ///
    /// # Errors
    /// [`HostMemoryError::NotAllocated`] when `start` and `count` do not name one allocation exactly; nothing is freed.
    pub fn free_pages(&self, start: NonNull<u8>, count: usize) -> Result<(), HostMemoryError> {
        let address = start.as_ptr() as usize;
        let not_allocated = HostMemoryError::NotAllocated { address, count };
        let offset = self
            .arena
            .offset_of(start.as_ptr(), 1)
            .ok_or(not_allocated)?;
        let wipe = || self.arena.fill(offset, count * PAGE_BYTES, 0xDD);
        if !offset.is_multiple_of(PAGE_BYTES) || !self.pages.free(offset / PAGE_BYTES, count, wipe)
        {
            return Err(not_allocated);
        }
        Ok(())
    }

    /// The bus address of a byte of host memory, or `None` for a pointer to anything else.
    ///
    /// Valid up to the end of the byte's page only.
    pub fn bus_address(&self, pointer: *const u8) -> Option<u64> {
        let offset = self.arena.offset_of(pointer, 1)?;
        let page = self.layout.bus_page(offset / PAGE_BYTES)?;
        Some(page << PAGE_SHIFT | (offset % PAGE_BYTES) as u64)
    }

    /// The pointer behind a bus address, or `None` where there is no memory. For checks in tests.
    pub fn pointer_at(&self, bus_address: u64) -> Option<NonNull<u8>> {
        let frame = self.layout.frame(bus_address >> PAGE_SHIFT)?;
        Some(
            self.arena
                .pointer(frame * PAGE_BYTES + bus_address as usize % PAGE_BYTES),
        )
    }

    /// Pins every page of a range for the device. Pins nest and count for each right.
    ///
    /// # Errors
    /// [`HostMemoryError::OutOfRange`] when a byte of the range is not allocated; nothing is pinned.
    pub fn pin(
        &self,
        start: *const u8,
        len_bytes: usize,
        rights: PinRights,
    ) -> Result<(), HostMemoryError> {
        let frames = self.frames_of(start, len_bytes)?;
        self.pages.pin(frames, rights);
        Ok(())
    }

    /// Takes back one pin of every page of a range.
    ///
    /// # Errors
    /// [`HostMemoryError::OutOfRange`] or [`HostMemoryError::NotPinned`]; nothing is unpinned.
    pub fn unpin(
        &self,
        start: *const u8,
        len_bytes: usize,
        rights: PinRights,
    ) -> Result<(), HostMemoryError> {
        let frames = self.frames_of(start, len_bytes)?;
        self.pages
            .unpin(frames, rights)
            .map_err(|frame| HostMemoryError::NotPinned {
                address: self.arena.pointer(frame * PAGE_BYTES).as_ptr() as usize,
            })
    }

    /// Makes the pages of a range answer the device differently, for tests of error paths. Freeing them resets it.
    ///
    /// # Errors
    /// [`HostMemoryError::OutOfRange`].
    pub fn set_access(
        &self,
        start: *const u8,
        len_bytes: usize,
        access: PageAccess,
    ) -> Result<(), HostMemoryError> {
        let frames = self.frames_of(start, len_bytes)?;
        self.pages.set_access(frames, access);
        Ok(())
    }

    /// Copies bytes into host memory (none is fine), as software would through its pointer.
    ///
    /// # Errors
    /// [`HostMemoryError::OutOfRange`].
    pub fn copy_in(&self, to: *const u8, bytes: &[u8]) -> Result<(), HostMemoryError> {
        if !bytes.is_empty() {
            self.frames_of(to, bytes.len())?;
        }
        if let Some(offset) = self.arena.offset_of(to, bytes.len()) {
            self.arena.write(offset, bytes);
        }
        Ok(())
    }

    /// Copies bytes out of host memory (none is fine).
    ///
    /// # Errors
    /// [`HostMemoryError::OutOfRange`].
    pub fn copy_out(&self, from: *const u8, bytes: &mut [u8]) -> Result<(), HostMemoryError> {
        if !bytes.is_empty() {
            self.frames_of(from, bytes.len())?;
        }
        if let Some(offset) = self.arena.offset_of(from, bytes.len()) {
            self.arena.read(offset, bytes);
        }
        Ok(())
    }

    /// Reads as the card does, by bus address; the range may span pages.
    ///
    /// # Errors
    /// [`AccessError`] of the first byte that cannot be read; earlier pages may already be copied.
    pub fn read(&self, bus_address: u64, bytes: &mut [u8]) -> Result<(), AccessError> {
        let mut at = bus_address;
        let mut rest = bytes;
        while !rest.is_empty() {
            let room = PAGE_BYTES - at as usize % PAGE_BYTES;
            let (piece, tail) = rest.split_at_mut(room.min(rest.len()));
            let offset = self.device_offset(at, PinRights::DeviceReads)?;
            self.arena.read(offset, piece);
            self.counters
                .read_bytes
                .fetch_add(piece.len() as u64, Ordering::Relaxed);
            at = at.wrapping_add(piece.len() as u64);
            rest = tail;
        }
        Ok(())
    }

    /// Writes as the card does, by bus address; the range may span pages.
    ///
    /// # Errors
    /// [`AccessError`] of the first byte that cannot be written; earlier pages are then written.
    pub fn write(&self, bus_address: u64, bytes: &[u8]) -> Result<(), AccessError> {
        let mut at = bus_address;
        let mut rest = bytes;
        while !rest.is_empty() {
            let room = PAGE_BYTES - at as usize % PAGE_BYTES;
            let (piece, tail) = rest.split_at(room.min(rest.len()));
            let offset = self.device_offset(at, PinRights::DeviceWrites)?;
            self.arena.write(offset, piece);
            self.counters
                .written_bytes
                .fetch_add(piece.len() as u64, Ordering::Relaxed);
            at = at.wrapping_add(piece.len() as u64);
            rest = tail;
        }
        Ok(())
    }

    /// Writes the enabled bytes of four, as a memory write with byte enables does. `bytes[0]` belongs to bit 0 of `enables`.
    ///
    /// # Errors
    /// [`AccessError`], also when no byte is enabled and the address has no memory.
    pub fn write_enabled(
        &self,
        bus_address: u64,
        bytes: [u8; 4],
        enables: u8,
    ) -> Result<(), AccessError> {
        let offset = self.device_offset(bus_address & !3, PinRights::DeviceWrites)?;
        for (index, byte) in bytes.iter().enumerate() {
            if enables >> index & 1 != 0 {
                self.arena.write(offset + index, &[*byte]);
                self.counters.written_bytes.fetch_add(1, Ordering::Relaxed);
            }
        }
        Ok(())
    }

    /// What the card did so far.
    pub fn device_counters(&self) -> DeviceCounters {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        DeviceCounters {
            read_bytes: get(&self.counters.read_bytes),
            written_bytes: get(&self.counters.written_bytes),
            unpinned: get(&self.counters.unpinned),
            not_present: get(&self.counters.not_present),
            refused: get(&self.counters.refused),
        }
    }

    /// What is still allocated or pinned.
    pub fn leaks(&self) -> Leaks {
        self.pages.leaks()
    }

    /// Pages not allocated, of both zones together.
    pub fn free_page_count(&self) -> usize {
        self.pages.free_count()
    }

    /// The arena offset behind a bus address after all checks.
    fn device_offset(&self, bus_address: u64, right: PinRights) -> Result<usize, AccessError> {
        let bump = |counter: &AtomicU64| counter.fetch_add(1, Ordering::Relaxed);
        let Some(frame) = self.layout.frame(bus_address >> PAGE_SHIFT) else {
            bump(&self.counters.not_present);
            return Err(AccessError::NotPresent { bus_address });
        };
        let state = self.pages.state(frame);
        if !state.is_pinned(right) {
            bump(&self.counters.unpinned);
            if self.protection == Protection::Pinned {
                bump(&self.counters.refused);
                return Err(AccessError::Refused { bus_address });
            }
        }
        match (state.access(), right) {
            (PageAccess::Absent, _) => {
                bump(&self.counters.not_present);
                Err(AccessError::NotPresent { bus_address })
            }
            (PageAccess::None, _) | (PageAccess::ReadOnly, PinRights::DeviceWrites) => {
                bump(&self.counters.refused);
                Err(AccessError::Refused { bus_address })
            }
            _ => Ok(frame * PAGE_BYTES + bus_address as usize % PAGE_BYTES),
        }
    }

    /// The frames that an allocated range touches.
    fn frames_of(
        &self,
        start: *const u8,
        len_bytes: usize,
    ) -> Result<std::ops::Range<usize>, HostMemoryError> {
        let error = HostMemoryError::OutOfRange {
            address: start as usize,
            len_bytes,
        };
        let offset = self.arena.offset_of(start, len_bytes).ok_or(error)?;
        let frames = offset / PAGE_BYTES..(offset + len_bytes).div_ceil(PAGE_BYTES);
        if len_bytes == 0 || !self.pages.all_allocated(frames.clone()) {
            return Err(error);
        }
        Ok(frames)
    }
}

impl std::fmt::Debug for HostMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostMemory")
            .field("free_pages", &self.free_page_count())
            .field("protection", &self.protection)
            .field("device", &self.device_counters())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
