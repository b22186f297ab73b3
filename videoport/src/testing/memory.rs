//! Host memory: virtual pages over frames with bus addresses of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::vec::Vec;

use lumenport_hal::fake::{HostFault, HostMemory};

use crate::address::{BusAddr, PAGE_SIZE, VirtAddr};
use crate::platform::{MemoryFault, PageAccess, PageKind, PinError};

/// Where the frames of new pages lie.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Layout {
    /// No two neighbours adjacent, all below 4 GiB.
    #[default]
    Scattered,
    /// Each page follows the one before it.
    Adjacent,
    /// Scattered, all above 4 GiB.
    High,
}

/// First virtual address handed out.
const VIRTUAL_BASE: usize = 0x1000_0000;
/// First frame of contiguous memory (1 MiB) and the frame after its last (64 MiB).
const CONTIGUOUS_FRAMES: core::ops::Range<u64> = 0x100..0x4000;
/// First frame of scattered memory (256 MiB).
const SCATTERED_BASE: u64 = 0x1_0000;
/// First frame of high memory (8 GiB).
const HIGH_BASE: u64 = 0x20_0000;

struct Page {
    frame: u64,
    writable: bool,
    pins: u32,
}

#[derive(Default)]
struct Inner {
    pages: BTreeMap<usize, Page>,
    frames: BTreeMap<u64, Vec<u8>>,
    /// Which virtual page a frame backs.
    owners: BTreeMap<u64, usize>,
    allocations: BTreeMap<usize, usize>,
    contiguous: BTreeSet<u64>,
    next_page: usize,
    next_frame: u64,
    layout: Layout,
    fail_after: Option<usize>,
    fail_pin_after: Option<usize>,
    page_limit: Option<usize>,
    stray_accesses: u32,
    bad_frees: u32,
}

impl Inner {
    fn frame(&mut self) -> u64 {
        let number = self.next_frame;
        self.next_frame += 1;
        // A step of 3 keeps neighbours apart, the swap of low bits makes addresses go down as well as up.
        match self.layout {
            Layout::Scattered => SCATTERED_BASE + (number ^ 3) * 3,
            Layout::Adjacent => SCATTERED_BASE * 4 + number,
            Layout::High => HIGH_BASE + (number ^ 3) * 3,
        }
    }

    fn contiguous_run(&mut self, count: usize, highest: BusAddr) -> Option<u64> {
        let count = count as u64;
        let last = (highest.raw() / PAGE_SIZE as u64 + 1).min(CONTIGUOUS_FRAMES.end);
        let mut start = CONTIGUOUS_FRAMES.start;
        for used in &self.contiguous {
            if start + count <= *used {
                break;
            }
            start = used + 1;
        }
        (start + count <= last).then_some(start)
    }

    fn map(&mut self, frame: u64, writable: bool) {
        self.pages.insert(
            self.next_page,
            Page {
                frame,
                writable,
                pins: 0,
            },
        );
        self.owners.insert(frame, self.next_page);
        // Fresh memory holds rubbish, so that nobody relies on zeroes.
        self.frames.insert(frame, std::vec![0xA5; PAGE_SIZE]);
        self.next_page += PAGE_SIZE;
    }

    /// One virtual range of `count` pages with an unmapped page after it.
    fn allocate(&mut self, count: usize, kind: PageKind) -> Option<VirtAddr> {
        if let Some(left) = &mut self.fail_after {
            if *left == 0 {
                self.fail_after = None;
                return None;
            }
            *left -= 1;
        }
        let limit = self.page_limit.unwrap_or(1 << 16);
        if count == 0 || self.pages.len().checked_add(count)? > limit {
            return None;
        }
        let run = match kind {
            PageKind::Contiguous { highest } => Some(self.contiguous_run(count, highest)?),
            PageKind::Paged | PageKind::NonPaged => None,
        };
        let base = self.next_page.max(VIRTUAL_BASE);
        self.next_page = base;
        for index in 0..count {
            let frame = match run {
                Some(first) => {
                    self.contiguous.insert(first + index as u64);
                    first + index as u64
                }
                None => self.frame(),
            };
            self.map(frame, true);
        }
        self.next_page += PAGE_SIZE;
        self.allocations.insert(base, count);
        Some(VirtAddr::new(base))
    }

    fn free(&mut self, base: usize, count: usize) {
        if self.allocations.get(&base) != Some(&count) {
            self.bad_frees += 1;
            return;
        }
        self.allocations.remove(&base);
        for index in 0..count {
            if let Some(page) = self.pages.remove(&(base + index * PAGE_SIZE)) {
                self.bad_frees += u32::from(page.pins != 0);
                self.frames.remove(&page.frame);
                self.owners.remove(&page.frame);
                self.contiguous.remove(&page.frame);
            }
        }
    }

    /// Calls `each` with the bytes of every page piece of a range.
    fn walk(
        &mut self,
        at: VirtAddr,
        length: usize,
        write: bool,
        mut each: impl FnMut(usize, &mut [u8]),
    ) -> Result<(), MemoryFault> {
        let mut done = 0;
        while done < length {
            let here = at.checked_add(done).ok_or(MemoryFault { at })?;
            let count = (length - done).min(PAGE_SIZE - here.page_offset());
            let fault = MemoryFault { at: here };
            let page = self.pages.get(&here.page().raw()).ok_or(fault)?;
            if write && !page.writable {
                return Err(fault);
            }
            let frame = self.frames.get_mut(&page.frame).ok_or(fault)?;
            let offset = here.page_offset();
            each(done, frame.get_mut(offset..offset + count).ok_or(fault)?);
            done += count;
        }
        Ok(())
    }

    /// The bytes of a frame the device may reach now.
    fn for_device(
        &mut self,
        address: BusAddr,
        length: usize,
        write: bool,
    ) -> Result<&mut [u8], HostFault> {
        let frame = address.raw() / PAGE_SIZE as u64;
        let offset = (address.raw() % PAGE_SIZE as u64) as usize;
        let allowed = self
            .owners
            .get(&frame)
            .and_then(|page| self.pages.get(page))
            .is_some_and(|page| page.pins > 0 && (page.writable || !write));
        if !allowed {
            self.stray_accesses += 1;
            return Err(HostFault::UnsupportedRequest);
        }
        let bytes = self
            .frames
            .get_mut(&frame)
            .ok_or(HostFault::UnsupportedRequest)?;
        bytes
            .get_mut(offset..offset + length)
            .ok_or(HostFault::CompleterAbort)
    }
}

/// The memory of a machine. Clones share it.
#[derive(Clone, Default)]
pub struct TestMemory(Arc<Mutex<Inner>>);

impl TestMemory {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Chooses where the frames of pages allocated from now on lie.
    pub fn set_layout(&self, layout: Layout) {
        self.lock().layout = layout;
    }

    /// Lets `successes` more page allocations succeed and fails the one after them.
    pub fn fail_allocation_after(&self, successes: usize) {
        self.lock().fail_after = Some(successes);
    }

    /// Lets `successes` more pins succeed and fails the one after them.
    pub fn fail_pin_after(&self, successes: usize) {
        self.lock().fail_pin_after = Some(successes);
    }

    /// Whether a failure that was asked for has not come yet. Forgets it.
    pub fn take_pending_failure(&self) -> bool {
        let mut inner = self.lock();
        let pages = inner.fail_after.take().is_some();
        let pins = inner.fail_pin_after.take().is_some();
        pages || pins
    }

    /// Caps the machine's pages; `None` lifts the cap to 256 MiB.
    pub fn set_page_limit(&self, pages: Option<usize>) {
        self.lock().page_limit = pages;
    }

    /// A user's buffer: `length_bytes` bytes starting `offset_bytes` into their first page, unmapped pages around.
    pub fn map_user(&self, length_bytes: usize, offset_bytes: usize) -> Option<VirtAddr> {
        let pages = (offset_bytes + length_bytes).div_ceil(PAGE_SIZE);
        self.lock()
            .allocate(pages, PageKind::Paged)?
            .checked_add(offset_bytes)
    }

    /// Frees a user's buffer.
    pub fn unmap_user(&self, at: VirtAddr) {
        let mut inner = self.lock();
        let base = at.page().raw();
        let count = inner.allocations.get(&base).copied().unwrap_or(0);
        inner.free(base, count);
    }

    /// Makes the page of `at` read-only or writable.
    pub fn set_writable(&self, at: VirtAddr, writable: bool) {
        if let Some(page) = self.lock().pages.get_mut(&at.page().raw()) {
            page.writable = writable;
        }
    }

    /// Takes the page of `at` out of the address space, whoever uses it.
    pub fn unmap_page(&self, at: VirtAddr) {
        self.lock().pages.remove(&at.page().raw());
    }

    /// Pages mapped now.
    pub fn live_pages(&self) -> usize {
        self.lock().pages.len()
    }

    /// Pins held now, all pages together.
    pub fn pins(&self) -> u32 {
        self.lock().pages.values().map(|page| page.pins).sum()
    }

    /// Pins of one page.
    pub fn pins_of(&self, at: VirtAddr) -> u32 {
        self.lock()
            .pages
            .get(&at.page().raw())
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

    pub(super) fn allocate(&self, count: usize, kind: PageKind) -> Option<VirtAddr> {
        self.lock().allocate(count, kind)
    }

    pub(super) fn free(&self, base: VirtAddr, count: usize) {
        self.lock().free(base.raw(), count);
    }

    pub(super) fn pin(&self, page: VirtAddr, access: PageAccess) -> Result<BusAddr, PinError> {
        let mut inner = self.lock();
        if let Some(left) = &mut inner.fail_pin_after {
            if *left == 0 {
                inner.fail_pin_after = None;
                return Err(PinError::Resources);
            }
            *left -= 1;
        }
        let found = inner
            .pages
            .get_mut(&page.raw())
            .ok_or(PinError::Unmapped { page })?;
        if access == PageAccess::Write && !found.writable {
            return Err(PinError::ReadOnly { page });
        }
        found.pins += 1;
        Ok(BusAddr::new(found.frame * PAGE_SIZE as u64))
    }

    pub(super) fn unpin(&self, page: VirtAddr) {
        let mut inner = self.lock();
        let pinned = inner
            .pages
            .get_mut(&page.raw())
            .filter(|page| page.pins > 0);
        match pinned {
            Some(page) => page.pins -= 1,
            None => inner.bad_frees += 1,
        }
    }

    pub(super) fn bus_address(&self, at: VirtAddr) -> Option<BusAddr> {
        let inner = self.lock();
        let page = inner.pages.get(&at.page().raw())?;
        (page.pins > 0)
            .then(|| BusAddr::new(page.frame * PAGE_SIZE as u64 + at.page_offset() as u64))
    }

    pub(super) fn read(&self, at: VirtAddr, into: &mut [u8]) -> Result<(), MemoryFault> {
        let length = into.len();
        self.lock().walk(at, length, false, |done, bytes| {
            if let Some(place) = into.get_mut(done..done + bytes.len()) {
                place.copy_from_slice(bytes);
            }
        })
    }

    pub(super) fn write(&self, at: VirtAddr, from: &[u8]) -> Result<(), MemoryFault> {
        self.lock().walk(at, from.len(), true, |done, bytes| {
            if let Some(source) = from.get(done..done + bytes.len()) {
                bytes.copy_from_slice(source);
            }
        })
    }
}

impl HostMemory for TestMemory {
    fn read(&mut self, address: BusAddr, into: &mut [u8]) -> Result<(), HostFault> {
        into.copy_from_slice(self.lock().for_device(address, into.len(), false)?);
        Ok(())
    }

    fn write(&mut self, address: BusAddr, bytes: &[u8]) -> Result<(), HostFault> {
        self.lock()
            .for_device(address, bytes.len(), true)?
            .copy_from_slice(bytes);
        Ok(())
    }
}
