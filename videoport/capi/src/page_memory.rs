//! Host memory of the in-memory machine: real pages of this process, with bus addresses of their own.
//!
//! A driver in C follows pointers, so its memory must be there. Each allocation lies in pages of its own with an
//! unmapped page behind it; freed pages become unmapped. What runs past its block, or uses it after the free, crashes
//! at the spot instead of corrupting something else.
//!
//! The card sees the same pages at scattered bus addresses and reaches them only while they are pinned.

use std::collections::BTreeMap;
use std::ptr::with_exposed_provenance_mut;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lumenport_hal::fake::{HostFault, HostMemory};
use lumenport_videoport::platform::{MemoryFault, PageAccess, PageKind, PinError};
use lumenport_videoport::testing::Layout;
use lumenport_videoport::{BusAddr, PAGE_SIZE, VirtAddr};

/// Address space set aside. Units: pages; 1 GiB.
const SPACE_PAGES: usize = 1 << 18;
/// Pages that may be live at once; 256 MiB.
const LIVE_PAGES: usize = 1 << 16;
/// What fresh pages hold, so that nobody relies on zeroes.
const FRESH: u8 = 0xA5;
/// First frame and the frame after the last of contiguous memory: 1 MiB to 64 MiB.
const CONTIGUOUS_FRAMES: std::ops::Range<u64> = 0x100..0x4000;
/// First frame of scattered memory (256 MiB), of adjacent memory (1 GiB) and of high memory (8 GiB).
const SCATTERED_FRAME: u64 = 0x1_0000;
const ADJACENT_FRAME: u64 = 0x4_0000;
const HIGH_FRAME: u64 = 0x20_0000;

struct Page {
    frame: u64,
    writable: bool,
    mapped: bool,
    pins: u32,
}

#[derive(Default)]
struct Books {
    pages: BTreeMap<usize, Page>,
    /// Which page a frame backs.
    owners: BTreeMap<u64, usize>,
    /// First page and count.
    allocations: BTreeMap<usize, usize>,
    next_page: usize,
    next_frame: u64,
    layout: Layout,
    fail_allocation_after: Option<usize>,
    fail_pin_after: Option<usize>,
    page_limit: Option<usize>,
    stray_accesses: u32,
    bad_frees: u32,
}

/// Address space that belongs to one memory.
///
/// # Invariants
/// `base` is the start of `SPACE_PAGES` pages mapped by this value and unmapped only on drop. Pages that [`Books`] has as
/// mapped are readable, and writable when it says so; all others are inaccessible.
struct Space {
    base: usize,
    books: Mutex<Books>,
}

impl Space {
    fn lock(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn address(&self, page: usize) -> usize {
        self.base + page * PAGE_SIZE
    }

    /// Page number of an address in this space.
    fn page(&self, at: usize) -> Option<usize> {
        let page = at.checked_sub(self.base)? / PAGE_SIZE;
        (page < SPACE_PAGES).then_some(page)
    }

    fn protect(&self, page: usize, count: usize, protection: i32) -> bool {
        let start = with_exposed_provenance_mut(self.address(page));
        // SAFETY: the pages lie in the space that this value owns; nobody holds references into it.
        unsafe { libc::mprotect(start, count * PAGE_SIZE, protection) == 0 }
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        let start = with_exposed_provenance_mut(self.base);
        // SAFETY: mapped by `PageMemory::new` with this length; the last user is going away.
        unsafe { libc::munmap(start, SPACE_PAGES * PAGE_SIZE) };
    }
}

/// The memory of a machine. Clones share it.
#[derive(Clone)]
pub struct PageMemory(Arc<Space>);

impl Books {
    fn frame(&mut self) -> u64 {
        let number = self.next_frame;
        self.next_frame += 1;
        // A step of 3 keeps neighbours apart, the swap of low bits makes addresses go down as well as up.
        match self.layout {
            Layout::Scattered => SCATTERED_FRAME + (number ^ 3) * 3 % 0xB_0000,
            Layout::Adjacent => ADJACENT_FRAME + number,
            Layout::High => HIGH_FRAME + (number ^ 3) * 3,
        }
    }

    fn free_frame(&mut self) -> u64 {
        loop {
            let frame = self.frame();
            if !self.owners.contains_key(&frame) {
                return frame;
            }
        }
    }

    /// A free run of contiguous frames that ends at or below `highest`.
    fn contiguous_run(&self, count: usize, highest: BusAddr) -> Option<u64> {
        let count = count as u64;
        let last = (highest.raw().saturating_add(1) / PAGE_SIZE as u64).min(CONTIGUOUS_FRAMES.end);
        let mut start = CONTIGUOUS_FRAMES.start;
        for used in self
            .owners
            .range(CONTIGUOUS_FRAMES)
            .map(|(frame, _)| *frame)
        {
            if start + count <= used {
                break;
            }
            start = used + 1;
        }
        (start + count <= last).then_some(start)
    }

    /// A run of free pages with one to spare behind it, going round the space so that freed pages rest for long.
    fn free_run(&mut self, count: usize) -> Option<usize> {
        let mut start = self.next_page;
        for _ in 0..=self.allocations.len() + 1 {
            if start + count + 1 > SPACE_PAGES {
                start = 0;
            }
            let clash = self
                .allocations
                .range(..=start + count)
                .next_back()
                .map(|(first, length)| first + length + 1)
                .filter(|end| *end > start);
            let Some(end) = clash else {
                self.next_page = start + count + 1;
                return Some(start);
            };
            start = end;
        }
        None
    }

    fn refuses_allocation(&mut self) -> bool {
        match &mut self.fail_allocation_after {
            Some(0) => {
                self.fail_allocation_after = None;
                true
            }
            Some(left) => {
                *left -= 1;
                false
            }
            None => false,
        }
    }
}

impl PageMemory {
    /// Sets address space aside. `None` when the system refuses.
    pub fn new() -> Option<Self> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: a fresh anonymous mapping at an address of the kernel's choice touches nothing that exists.
        let base = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                SPACE_PAGES * PAGE_SIZE,
                libc::PROT_NONE,
                flags,
                -1,
                0,
            )
        };
        (base != libc::MAP_FAILED).then(|| {
            Self(Arc::new(Space {
                base: base.expose_provenance(),
                books: Mutex::default(),
            }))
        })
    }

    fn lock(&self) -> MutexGuard<'_, Books> {
        self.0.lock()
    }

    /// Chooses where pages allocated from now on lie on the bus.
    pub fn set_layout(&self, layout: Layout) {
        self.lock().layout = layout;
    }

    /// Lets `successes` more page allocations succeed and fails the one after them.
    pub fn fail_allocation_after(&self, successes: usize) {
        self.lock().fail_allocation_after = Some(successes);
    }

    /// Lets `successes` more pins succeed and fails the one after them.
    pub fn fail_pin_after(&self, successes: usize) {
        self.lock().fail_pin_after = Some(successes);
    }

    /// Caps the live pages; `None` lifts the cap to 256 MiB.
    pub fn set_page_limit(&self, pages: Option<usize>) {
        self.lock().page_limit = pages;
    }

    /// A user's buffer: `length_bytes` bytes starting `offset_bytes` into their first page.
    pub fn map_user(&self, length_bytes: usize, offset_bytes: usize) -> Option<VirtAddr> {
        let pages = offset_bytes.checked_add(length_bytes)?.div_ceil(PAGE_SIZE);
        self.allocate(pages, PageKind::Paged)?
            .checked_add(offset_bytes)
    }

    /// Frees a user's buffer, named by any address in its first page.
    pub fn unmap_user(&self, at: VirtAddr) {
        let count = {
            let books = self.lock();
            let page = self.0.page(at.raw());
            page.and_then(|page| books.allocations.get(&page).copied())
        };
        self.free(at.page(), count.unwrap_or(0));
    }

    /// Makes the page of `at` read-only or writable, for the processor and the card.
    pub fn set_writable(&self, at: VirtAddr, writable: bool) {
        let mut books = self.lock();
        let Some(number) = self.0.page(at.raw()) else {
            return;
        };
        if let Some(page) = books.pages.get_mut(&number) {
            page.writable = writable;
            let write = if writable { libc::PROT_WRITE } else { 0 };
            self.0.protect(number, 1, libc::PROT_READ | write);
        }
    }

    /// Takes the page of `at` out of the address space, whoever uses it.
    pub fn unmap_page(&self, at: VirtAddr) {
        let mut books = self.lock();
        let Some(number) = self.0.page(at.raw()) else {
            return;
        };
        if let Some(page) = books.pages.get_mut(&number) {
            page.mapped = false;
            self.0.protect(number, 1, libc::PROT_NONE);
        }
    }

    /// Pages live now.
    pub fn live_pages(&self) -> usize {
        self.lock().pages.len()
    }

    /// Pins held now, all pages together.
    pub fn pins(&self) -> u32 {
        self.lock().pages.values().map(|page| page.pins).sum()
    }

    /// Pins of one page.
    pub fn pins_of(&self, at: VirtAddr) -> u32 {
        let number = self.0.page(at.raw());
        let books = self.lock();
        number
            .and_then(|number| books.pages.get(&number))
            .map_or(0, |page| page.pins)
    }

    /// Accesses of the card to memory it was not allowed to reach.
    pub fn stray_accesses(&self) -> u32 {
        self.lock().stray_accesses
    }

    /// Frees that matched no allocation, or of pages still pinned.
    pub fn bad_frees(&self) -> u32 {
        self.lock().bad_frees
    }

    pub(crate) fn allocate(&self, count: usize, kind: PageKind) -> Option<VirtAddr> {
        let mut books = self.lock();
        if books.refuses_allocation() {
            return None;
        }
        let limit = books.page_limit.unwrap_or(LIVE_PAGES).min(LIVE_PAGES);
        if count == 0 || books.pages.len().checked_add(count)? > limit {
            return None;
        }
        let run = match kind {
            PageKind::Contiguous { highest } => Some(books.contiguous_run(count, highest)?),
            PageKind::Paged | PageKind::NonPaged => None,
        };
        let first = books.free_run(count)?;
        if !self
            .0
            .protect(first, count, libc::PROT_READ | libc::PROT_WRITE)
        {
            return None;
        }
        let start = with_exposed_provenance_mut::<u8>(self.0.address(first));
        // SAFETY: these pages were just made writable and belong to nobody yet.
        unsafe { std::ptr::write_bytes(start, FRESH, count * PAGE_SIZE) };
        for index in 0..count {
            let frame = match run {
                Some(start) => start + index as u64,
                None => books.free_frame(),
            };
            books.owners.insert(frame, first + index);
            let page = Page {
                frame,
                writable: true,
                mapped: true,
                pins: 0,
            };
            books.pages.insert(first + index, page);
        }
        books.allocations.insert(first, count);
        Some(VirtAddr::new(self.0.address(first)))
    }

    pub(crate) fn free(&self, base: VirtAddr, count: usize) {
        let mut books = self.lock();
        let known = self
            .0
            .page(base.raw())
            .filter(|first| books.allocations.get(first) == Some(&count));
        let Some(first) = known else {
            books.bad_frees += 1;
            return;
        };
        books.allocations.remove(&first);
        for number in first..first + count {
            if let Some(page) = books.pages.remove(&number) {
                books.bad_frees += u32::from(page.pins != 0);
                books.owners.remove(&page.frame);
            }
        }
        let start = with_exposed_provenance_mut(self.0.address(first));
        // SAFETY: the pages belong to this space and to no allocation any more; their contents may go.
        unsafe { libc::madvise(start, count * PAGE_SIZE, libc::MADV_DONTNEED) };
        self.0.protect(first, count, libc::PROT_NONE);
    }

    pub(crate) fn pin(&self, at: VirtAddr, access: PageAccess) -> Result<BusAddr, PinError> {
        let mut books = self.lock();
        match &mut books.fail_pin_after {
            Some(0) => {
                books.fail_pin_after = None;
                return Err(PinError::Resources);
            }
            Some(left) => *left -= 1,
            None => {}
        }
        let unmapped = PinError::Unmapped { page: at };
        let number = self.0.page(at.raw()).ok_or(unmapped)?;
        let page = books.pages.get_mut(&number).ok_or(unmapped)?;
        if !page.mapped {
            return Err(unmapped);
        }
        if access == PageAccess::Write && !page.writable {
            return Err(PinError::ReadOnly { page: at });
        }
        page.pins += 1;
        Ok(BusAddr::new(page.frame * PAGE_SIZE as u64))
    }

    pub(crate) fn unpin(&self, at: VirtAddr) {
        let mut books = self.lock();
        let number = self.0.page(at.raw());
        let pinned = number
            .and_then(|number| books.pages.get_mut(&number))
            .filter(|page| page.pins > 0);
        match pinned {
            Some(page) => page.pins -= 1,
            None => books.bad_frees += 1,
        }
    }

    pub(crate) fn bus_address(&self, at: VirtAddr) -> Option<BusAddr> {
        let books = self.lock();
        let page = books.pages.get(&self.0.page(at.raw())?)?;
        (page.pins > 0)
            .then(|| BusAddr::new(page.frame * PAGE_SIZE as u64 + at.page_offset() as u64))
    }

    /// Whether an address lies in this memory's space, live or not.
    pub(crate) fn owns(&self, at: VirtAddr) -> bool {
        self.0.page(at.raw()).is_some()
    }

    /// Checks that a range is mapped (and writable).
    fn check(&self, at: VirtAddr, length: usize, write: bool) -> Result<(), MemoryFault> {
        let books = self.lock();
        let mut done = 0;
        while done < length {
            let here = at.checked_add(done).ok_or(MemoryFault { at })?;
            let page = self
                .0
                .page(here.raw())
                .and_then(|number| books.pages.get(&number));
            if !page.is_some_and(|page| page.mapped && (page.writable || !write)) {
                return Err(MemoryFault { at: here });
            }
            done += PAGE_SIZE - here.page_offset();
        }
        Ok(())
    }

    pub(crate) fn read(&self, at: VirtAddr, into: &mut [u8]) -> Result<(), MemoryFault> {
        self.check(at, into.len(), false)?;
        if crate::process::read(at.raw(), into) {
            Ok(())
        } else {
            Err(MemoryFault { at })
        }
    }

    pub(crate) fn write(&self, at: VirtAddr, from: &[u8]) -> Result<(), MemoryFault> {
        self.check(at, from.len(), true)?;
        if crate::process::write(at.raw(), from) {
            Ok(())
        } else {
            Err(MemoryFault { at })
        }
    }

    /// Where the bytes lie that the card reaches at a bus address now. A request never crosses a page.
    fn for_device(&self, address: BusAddr, write: bool) -> Result<usize, HostFault> {
        let mut books = self.lock();
        let number = books
            .owners
            .get(&(address.raw() / PAGE_SIZE as u64))
            .copied();
        let allowed = number
            .and_then(|number| books.pages.get(&number))
            .is_some_and(|page| page.pins > 0 && page.mapped && (page.writable || !write));
        match number {
            Some(number) if allowed => {
                Ok(self.0.address(number) + (address.raw() % PAGE_SIZE as u64) as usize)
            }
            _ => {
                books.stray_accesses += 1;
                Err(HostFault::UnsupportedRequest)
            }
        }
    }
}

impl HostMemory for PageMemory {
    fn read(&mut self, address: BusAddr, into: &mut [u8]) -> Result<(), HostFault> {
        let at = self.for_device(address, false)?;
        if crate::process::read(at, into) {
            Ok(())
        } else {
            Err(HostFault::CompleterAbort)
        }
    }

    fn write(&mut self, address: BusAddr, bytes: &[u8]) -> Result<(), HostFault> {
        let at = self.for_device(address, true)?;
        if crate::process::write(at, bytes) {
            Ok(())
        } else {
            Err(HostFault::CompleterAbort)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_real_and_gone_after_the_free() {
        let memory = PageMemory::new().unwrap();
        let block = memory.allocate(2, PageKind::NonPaged).unwrap();
        let mut byte = [0];
        assert!(crate::process::read(block.raw(), &mut byte));
        assert_eq!(byte, [FRESH]);
        assert!(!crate::process::read(
            block.raw() + 2 * PAGE_SIZE,
            &mut byte
        ));
        memory.free(block, 2);
        assert!(!crate::process::read(block.raw(), &mut byte));
        assert_eq!((memory.live_pages(), memory.bad_frees()), (0, 0));
        memory.free(block, 2);
        assert_eq!(memory.bad_frees(), 1);
    }

    #[test]
    fn the_card_reaches_pinned_pages_only() {
        let mut memory = PageMemory::new().unwrap();
        let block = memory.allocate(1, PageKind::Paged).unwrap();
        let bus = memory.pin(block, PageAccess::Write).unwrap();
        assert!(HostMemory::write(&mut memory, bus, b"hello").is_ok());
        let mut seen = [0; 5];
        memory.read(block, &mut seen).unwrap();
        assert_eq!(&seen, b"hello");
        memory.set_writable(block, false);
        assert!(HostMemory::write(&mut memory, bus, b"x").is_err());
        assert!(memory.write(block, b"x").is_err());
        memory.unpin(block);
        assert!(HostMemory::read(&mut memory, bus, &mut seen).is_err());
        assert_eq!(memory.stray_accesses(), 2);
        assert_eq!(
            memory.pin(block, PageAccess::Write),
            Err(PinError::ReadOnly { page: block })
        );
    }

    #[test]
    fn contiguous_runs_keep_below_their_limit() {
        let memory = PageMemory::new().unwrap();
        let highest = BusAddr::new(0x20_0FFF);
        let block = memory
            .allocate(4, PageKind::Contiguous { highest })
            .unwrap();
        let first = memory.pin(block, PageAccess::Read).unwrap();
        assert!(first.raw() + 4 * 4096 - 1 <= highest.raw());
        let too_low = BusAddr::new(0xF_FFFF);
        assert_eq!(
            memory.allocate(1, PageKind::Contiguous { highest: too_low }),
            None
        );
    }

    #[test]
    fn freed_pages_rest_and_the_space_goes_round() {
        let memory = PageMemory::new().unwrap();
        let keep = memory.allocate(3, PageKind::Paged).unwrap();
        let first = memory.allocate(1, PageKind::Paged).unwrap();
        memory.free(first, 1);
        let second = memory.allocate(1, PageKind::Paged).unwrap();
        assert_ne!(first, second);
        memory.0.lock().next_page = SPACE_PAGES - 1;
        let third = memory.allocate(1, PageKind::Paged).unwrap();
        assert!(third < second && third > keep);
    }
}
