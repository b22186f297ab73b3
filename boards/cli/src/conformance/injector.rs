//! A machine whose memory can be made to fail, around any other machine: what the numbered tests need of a host.
//!
//! Everything else passes through. The books here are the test's own: pins and pages are counted where the port asks for
//! them, not where the machine below believes they are.

use lumenport_videoport::debug::DebugReportRecord;
use lumenport_videoport::platform::{
    InterruptSetup, LogRecord, MapKind, MemoryFault, MemoryWindow, PageAccess, PageKind, PciSlot,
    PinError, Platform, ThreadId,
};
use lumenport_videoport::{BusAddr, PAGE_SIZE, PhysAddr, VirtAddr};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Default)]
struct Books {
    fail_allocation_after: Option<usize>,
    page_limit: Option<usize>,
    live_pages: usize,
    pins: BTreeMap<usize, u32>,
    missing: BTreeSet<usize>,
    read_only: BTreeSet<usize>,
    log: Vec<String>,
    waiting: BTreeSet<ThreadId>,
}

/// The machine and the test's hand on it.
pub struct Injector {
    inner: Arc<dyn Platform + Send + Sync>,
    books: Mutex<Books>,
}

impl Injector {
    /// Around a machine that has done nothing yet.
    pub fn new(inner: Arc<dyn Platform + Send + Sync>) -> Self {
        Self {
            inner,
            books: Mutex::default(),
        }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets `successes` more page allocations succeed and fails the one after them, once.
    pub fn fail_allocation_after(&self, successes: usize) {
        self.books().fail_allocation_after = Some(successes);
    }

    /// Whether an injected failure is still waiting for its allocation; takes it away.
    pub fn take_unused_failure(&self) -> bool {
        self.books().fail_allocation_after.take().is_some()
    }

    /// Caps the pages alive; `None` lifts the cap.
    pub fn set_page_limit(&self, pages: Option<usize>) {
        self.books().page_limit = pages;
    }

    /// Pages alive now.
    pub fn live_pages(&self) -> usize {
        self.books().live_pages
    }

    /// Pins of the page at an address.
    pub fn pins_of(&self, at: VirtAddr) -> u32 {
        let page = at.page().raw();
        self.books().pins.get(&page).copied().unwrap_or(0)
    }

    /// Pins of all pages.
    pub fn pins(&self) -> u32 {
        self.books().pins.values().sum()
    }

    /// Makes the page of an address one that nothing is mapped at, as far as pinning goes.
    pub fn make_missing(&self, at: VirtAddr) {
        self.books().missing.insert(at.page().raw());
    }

    /// Makes the page of an address one that the device may only read.
    pub fn make_read_only(&self, at: VirtAddr) {
        self.books().read_only.insert(at.page().raw());
    }

    /// Forgets which threads waited.
    pub fn forget_waiting(&self) {
        self.books().waiting.clear();
    }

    /// How many threads have waited in the port since [`Injector::forget_waiting`]: a thread that waits in a queue stands in it.
    pub fn waiting_threads(&self) -> usize {
        self.books().waiting.len()
    }

    /// What the port has logged so far.
    pub fn log_lines(&self) -> Vec<String> {
        self.books().log.clone()
    }
}

macro_rules! pass {
    ($($name:ident($($argument:ident: $type:ty),*) $(-> $result:ty)?;)*) => {
        $(fn $name(&self, $($argument: $type),*) $(-> $result)? {
            self.inner.$name($($argument),*)
        })*
    };
}

impl Platform for Injector {
    fn allocate_pages(&self, count: usize, kind: PageKind) -> Option<VirtAddr> {
        {
            let mut books = self.books();
            match &mut books.fail_allocation_after {
                Some(0) => {
                    books.fail_allocation_after = None;
                    return None;
                }
                Some(left) => *left -= 1,
                None => {}
            }
            if books.live_pages + count > books.page_limit.unwrap_or(usize::MAX) {
                return None;
            }
        }
        let pages = self.inner.allocate_pages(count, kind)?;
        self.books().live_pages += count;
        Some(pages)
    }

    fn free_pages(&self, base: VirtAddr, count: usize) {
        {
            let mut books = self.books();
            books.live_pages = books.live_pages.saturating_sub(count);
            for page in 0..count {
                let at = base.raw() + page * PAGE_SIZE;
                books.missing.remove(&at);
                books.read_only.remove(&at);
            }
        }
        self.inner.free_pages(base, count);
    }

    fn pin_page(&self, page: VirtAddr, access: PageAccess) -> Result<BusAddr, PinError> {
        let at = page.page();
        {
            let books = self.books();
            if books.missing.contains(&at.raw()) {
                return Err(PinError::Unmapped { page: at });
            }
            if access == PageAccess::Write && books.read_only.contains(&at.raw()) {
                return Err(PinError::ReadOnly { page: at });
            }
        }
        let address = self.inner.pin_page(page, access)?;
        *self.books().pins.entry(at.raw()).or_default() += 1;
        Ok(address)
    }

    fn unpin_page(&self, page: VirtAddr) {
        if let Some(pins) = self.books().pins.get_mut(&page.page().raw()) {
            *pins = pins.saturating_sub(1);
        }
        self.inner.unpin_page(page);
    }

    fn log(&self, record: &LogRecord<'_>) {
        let line = format!(
            "{:#x} {:#x} {}",
            record.code, record.unique_id, record.message
        );
        self.books().log.push(line);
        self.inner.log(record);
    }

    fn relax(&self) {
        let thread = self.inner.thread();
        self.books().waiting.insert(thread);
        self.inner.relax();
    }

    pass! {
        bus_address(at: VirtAddr) -> Option<BusAddr>;
        read_memory(at: VirtAddr, into: &mut [u8]) -> Result<(), MemoryFault>;
        write_memory(at: VirtAddr, bytes: &[u8]) -> Result<(), MemoryFault>;
        flush_for_device(at: VirtAddr, length_bytes: usize);
        invalidate_for_cpu(at: VirtAddr, length_bytes: usize);
        config_read(slot: PciSlot, offset: u16) -> u32;
        config_write(slot: PciSlot, offset: u16, value: u32);
        last_pci_bus() -> u8;
        memory_window(slot: PciSlot) -> Option<MemoryWindow>;
        map_device(base: PhysAddr, length_bytes: u64, kind: MapKind) -> Option<VirtAddr>;
        unmap_device(base: VirtAddr, length_bytes: u64);
        read_register_u8(at: VirtAddr) -> u8;
        read_register_u16(at: VirtAddr) -> u16;
        read_register_u32(at: VirtAddr) -> u32;
        write_register_u8(at: VirtAddr, value: u8);
        write_register_u16(at: VirtAddr, value: u16);
        write_register_u32(at: VirtAddr, value: u32);
        read_port_u8(at: VirtAddr) -> u8;
        read_port_u16(at: VirtAddr) -> u16;
        read_port_u32(at: VirtAddr) -> u32;
        write_port_u8(at: VirtAddr, value: u8);
        write_port_u16(at: VirtAddr, value: u16);
        write_port_u32(at: VirtAddr, value: u32);
        register_barrier();
        connect_interrupt(slot: PciSlot) -> Option<InterruptSetup>;
        disconnect_interrupt(slot: PciSlot);
        take_interrupt(slot: PciSlot) -> bool;
        now_ns() -> u64;
        system_time_100ns() -> u64;
        stall_ns(duration_ns: u64);
        thread() -> ThreadId;
        irql() -> u8;
        set_irql(level: u8);
        machine_name() -> Option<&str>;
        debug_report(slot: PciSlot, report: &DebugReportRecord);
        with_file(name: &str, found: &mut dyn FnMut(&[u8])) -> bool;
        protect_device(base: VirtAddr, length_bytes: u64, protect: bool) -> bool;
    }
}
