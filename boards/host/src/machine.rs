//! The platform: what the video port needs from a machine, made from a process and one PCI function.
//!
//! Pages come from the [`Arena`]; a page is mapped for the card while it is pinned and at no other time, so with an IOMMU behind the
//! function (or a served card) the lock services of the video port are backed by it. Device mappings are addresses without memory
//! behind; a register access becomes an access of the function.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use lumenport_videoport::platform::{
    InterruptSetup, LogLevel, LogRecord, MapKind, MemoryFault, MemoryWindow, PageAccess, PageKind,
    PciSlot, PinError, Platform, ThreadId,
};
use lumenport_videoport::{BusAddr, PhysAddr, VirtAddr};

use crate::arena::{Arena, PAGE_BYTES, Placement};
use crate::error::HostError;
use crate::function::PciFunction;

/// Where the function sits for the driver, wherever it really is.
pub const FUNCTION_SLOT: PciSlot = PciSlot {
    bus: 1,
    device: 0,
    function: 0,
};
/// Where BARs are placed when nobody else has done it.
const WINDOW: MemoryWindow = MemoryWindow {
    base: PhysAddr::new(0xE000_0000),
    length_bytes: 0x1000_0000,
};
/// The message that a back end without an interrupt controller of its own listens to.
const MSI_ADDRESS: u64 = 0xFEE0_0000;
const MSI_DATA: u16 = 0x0041;
/// First address handed out for device mappings: outside anything a process maps.
const MAPPING_BASE: usize = 0x7F00_0000_0000_0000;
/// Pause of a waiting thread: long against a system call, short against a frame.
const RELAX: Duration = Duration::from_micros(20);

/// One line that the port logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Severity.
    pub level: LogLevel,
    /// Status code, 0 when it is not from `VideoPortLogError`.
    pub code: u32,
    /// The text.
    pub message: String,
}

/// Memory that is in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HostUsage {
    /// Pages allocated.
    pub pages: usize,
    /// Pins held, nested ones each.
    pub pins: usize,
}

struct Mapping {
    bar: u8,
    offset: u64,
    length_bytes: u64,
}

#[derive(Default)]
struct Mappings {
    next: usize,
    live: HashMap<usize, Mapping>,
}

/// See the module's text.
pub struct HostMachine {
    function: Box<dyn PciFunction>,
    arena: Arena,
    /// Pins of each pinned page.
    pins: Mutex<HashMap<usize, usize>>,
    mappings: Mutex<Mappings>,
    log: Mutex<Vec<LogLine>>,
    bad_accesses: AtomicU64,
    time: Time,
}

/// Where the driver's time comes from.
enum Time {
    /// Wall time, so many times slower.
    Wall { start: Instant, slowness: u32 },
    /// The card's own.
    Card(Box<dyn CardTime>),
}

/// The time of a simulated card that is in reach of the driver's process.
pub trait CardTime: Send + Sync {
    /// Nanoseconds. Never goes back, and goes on even when nobody asks the card for anything.
    fn now_ns(&self) -> u64;

    /// The driver has nothing to do until something happens.
    fn wait(&self);

    /// Lets this much time pass.
    fn pass(&self, duration_ns: u64);
}

impl HostMachine {
    /// A machine with `pages` pages of memory around `function`.
    ///
    /// `slowness`: how many times slower than real the card is (1 for hardware, more for a simulation). The driver's clock runs slower
    /// by as much, so that its bounds, written for hardware, hold.
    ///
    /// # Errors
    /// [`HostError`] when memory cannot be had.
    pub fn new(
        function: Box<dyn PciFunction>,
        pages: usize,
        slowness: u32,
    ) -> Result<Self, HostError> {
        let arena = function.arena(pages)?;
        Ok(Self {
            function,
            arena,
            pins: Mutex::default(),
            mappings: Mutex::default(),
            log: Mutex::default(),
            bad_accesses: AtomicU64::new(0),
            time: Time::Wall {
                start: Instant::now(),
                slowness: slowness.max(1),
            },
        })
    }

    /// The same machine on the card's clock, which makes the driver's bounds exact on a busy computer.
    #[must_use]
    pub fn with_time(mut self, time: impl CardTime + 'static) -> Self {
        self.time = Time::Card(Box::new(time));
        self
    }

    /// The function.
    pub fn function(&self) -> &dyn PciFunction {
        &*self.function
    }

    /// Memory in use.
    pub fn usage(&self) -> HostUsage {
        HostUsage {
            pages: self.arena.used_pages(),
            pins: self.pins.lock().values().sum(),
        }
    }

    /// What the port has logged so far.
    pub fn log_lines(&self) -> Vec<LogLine> {
        self.log.lock().clone()
    }

    /// Accesses of the driver to addresses that are not mapped, and frees of what was not allocated.
    pub fn bad_accesses(&self) -> u64 {
        self.bad_accesses.load(Ordering::SeqCst)
    }

    fn bad(&self) {
        self.bad_accesses.fetch_add(1, Ordering::SeqCst);
    }

    fn page(&self, at: VirtAddr) -> Option<usize> {
        self.arena.page_at(at.raw())
    }

    /// Which BAR decodes this range of physical addresses, and where in it.
    fn bar_at(&self, base: u64, length_bytes: u64) -> Option<(u8, u64)> {
        (0..6).find_map(|bar| {
            let bytes = self.function.bar_bytes(bar);
            let register = 0x10 + u16::from(bar) * 4;
            let low = self.function.config_read(register);
            let mut start = u64::from(low & !0xF);
            if low & 0x7 == 0x4 {
                start |= u64::from(self.function.config_read(register + 4)) << 32;
            }
            let offset = base.checked_sub(start)?;
            let end = offset.checked_add(length_bytes)?;
            (bytes != 0 && end <= bytes).then_some((bar, offset))
        })
    }

    /// BAR and offset behind `len_bytes` of a device mapping.
    fn target(&self, at: VirtAddr, len_bytes: u64) -> Option<(u8, u64)> {
        let mappings = self.mappings.lock();
        mappings.live.iter().find_map(|(base, mapping)| {
            let offset = at.raw().checked_sub(*base)? as u64;
            let inside = offset.checked_add(len_bytes)? <= mapping.length_bytes;
            inside.then_some((mapping.bar, mapping.offset + offset))
        })
    }

    fn read_device<const N: usize>(&self, at: VirtAddr) -> [u8; N] {
        let mut bytes = [0xFF; N];
        match self.target(at, N as u64) {
            Some((bar, offset)) => self.function.bar_read(bar, offset, &mut bytes),
            None => self.bad(),
        }
        bytes
    }

    fn write_device(&self, at: VirtAddr, bytes: &[u8]) {
        match self.target(at, bytes.len() as u64) {
            Some((bar, offset)) => self.function.bar_write(bar, offset, bytes),
            None => self.bad(),
        }
    }
}

impl Platform for HostMachine {
    fn allocate_pages(&self, count: usize, kind: PageKind) -> Option<VirtAddr> {
        let page = match kind {
            PageKind::Paged | PageKind::NonPaged => {
                self.arena.allocate(count, Placement::Scattered)
            }
            PageKind::Contiguous { highest } => {
                let placement = Placement::Contiguous(highest.raw());
                self.arena.allocate(count, placement)
            }
        };
        page.map(|page| VirtAddr::new(self.arena.base() + page * PAGE_BYTES))
    }

    fn free_pages(&self, base: VirtAddr, count: usize) {
        let freed = self
            .page(base)
            .is_some_and(|page| self.arena.free(page, count));
        if !freed {
            self.bad();
        }
    }

    fn pin_page(&self, page: VirtAddr, _access: PageAccess) -> Result<BusAddr, PinError> {
        let start = page.page();
        let page = self.page(start).ok_or(PinError::Unmapped { page: start })?;
        let address = self.arena.bus_address(page);
        let mut pins = self.pins.lock();
        let count = pins.entry(page).or_insert(0);
        if *count == 0 {
            let offset = (page * PAGE_BYTES) as u64;
            let mapped = self
                .function
                .dma_map(&self.arena, offset, address, PAGE_BYTES as u64);
            if mapped.is_err() {
                pins.remove(&page);
                return Err(PinError::Resources);
            }
        }
        *count += 1;
        Ok(BusAddr::new(address))
    }

    fn unpin_page(&self, page: VirtAddr) {
        let mut pins = self.pins.lock();
        let page = self.page(page.page());
        let Some((page, count)) = page.and_then(|page| Some((page, pins.get_mut(&page)?))) else {
            drop(pins);
            return self.bad();
        };
        *count -= 1;
        if *count == 0 {
            pins.remove(&page);
            let address = self.arena.bus_address(page);
            // A back end that cannot take a mapping back is one whose function is gone.
            let _ = self.function.dma_unmap(address, PAGE_BYTES as u64);
        }
    }

    fn bus_address(&self, at: VirtAddr) -> Option<BusAddr> {
        let page = self.page(at)?;
        let offset = (at.raw() % PAGE_BYTES) as u64;
        Some(BusAddr::new(self.arena.bus_address(page) + offset))
    }

    fn read_memory(&self, at: VirtAddr, into: &mut [u8]) -> Result<(), MemoryFault> {
        let slice = self.arena.slice(at.raw(), into.len());
        let slice = slice.map_err(|at| MemoryFault {
            at: VirtAddr::new(at),
        })?;
        slice.copy_to(into);
        Ok(())
    }

    fn write_memory(&self, at: VirtAddr, bytes: &[u8]) -> Result<(), MemoryFault> {
        let slice = self.arena.slice(at.raw(), bytes.len());
        let slice = slice.map_err(|at| MemoryFault {
            at: VirtAddr::new(at),
        })?;
        slice.copy_from(bytes);
        Ok(())
    }

    fn config_read(&self, slot: PciSlot, offset: u16) -> u32 {
        if slot == FUNCTION_SLOT {
            self.function.config_read(offset)
        } else {
            u32::MAX
        }
    }

    fn config_write(&self, slot: PciSlot, offset: u16, value: u32) {
        if slot == FUNCTION_SLOT {
            self.function.config_write(offset, value);
        }
    }

    fn last_pci_bus(&self) -> u8 {
        FUNCTION_SLOT.bus
    }

    fn memory_window(&self, slot: PciSlot) -> Option<MemoryWindow> {
        (slot == FUNCTION_SLOT && !self.function.is_placed()).then_some(WINDOW)
    }

    fn map_device(&self, base: PhysAddr, length_bytes: u64, _kind: MapKind) -> Option<VirtAddr> {
        if length_bytes == 0 {
            return None;
        }
        let (bar, offset) = self.bar_at(base.raw(), length_bytes)?;
        let mut mappings = self.mappings.lock();
        let at = mappings.next.max(MAPPING_BASE);
        // A hole after each mapping, so that running past its end is noticed.
        mappings.next = at + (length_bytes as usize).next_multiple_of(PAGE_BYTES) + PAGE_BYTES;
        let mapping = Mapping {
            bar,
            offset,
            length_bytes,
        };
        mappings.live.insert(at, mapping);
        Some(VirtAddr::new(at))
    }

    fn unmap_device(&self, base: VirtAddr, length_bytes: u64) {
        let removed = self.mappings.lock().live.remove(&base.raw());
        if removed.is_none_or(|mapping| mapping.length_bytes != length_bytes) {
            self.bad();
        }
    }

    fn read_register_u8(&self, at: VirtAddr) -> u8 {
        u8::from_le_bytes(self.read_device(at))
    }

    fn read_register_u16(&self, at: VirtAddr) -> u16 {
        u16::from_le_bytes(self.read_device(at))
    }

    fn read_register_u32(&self, at: VirtAddr) -> u32 {
        u32::from_le_bytes(self.read_device(at))
    }

    fn write_register_u8(&self, at: VirtAddr, value: u8) {
        self.write_device(at, &value.to_le_bytes());
    }

    fn write_register_u16(&self, at: VirtAddr, value: u16) {
        self.write_device(at, &value.to_le_bytes());
    }

    fn write_register_u32(&self, at: VirtAddr, value: u32) {
        self.write_device(at, &value.to_le_bytes());
    }

    fn connect_interrupt(&self, _slot: PciSlot) -> Option<InterruptSetup> {
        let by_driver = self.function.interrupts_on().ok()?;
        Some(if by_driver {
            InterruptSetup::Message {
                address: MSI_ADDRESS,
                data: MSI_DATA,
            }
        } else {
            InterruptSetup::Ready
        })
    }

    fn disconnect_interrupt(&self, _slot: PciSlot) {
        self.function.interrupts_off();
    }

    fn take_interrupt(&self, _slot: PciSlot) -> bool {
        self.function.take_interrupt()
    }

    fn now_ns(&self) -> u64 {
        match &self.time {
            Time::Wall { start, slowness } => (start.elapsed() / *slowness).as_nanos() as u64,
            Time::Card(time) => time.now_ns(),
        }
    }

    fn stall_ns(&self, duration_ns: u64) {
        match &self.time {
            Time::Wall { slowness, .. } => {
                std::thread::sleep(Duration::from_nanos(duration_ns) * *slowness);
            }
            Time::Card(time) => time.pass(duration_ns),
        }
    }

    fn relax(&self) {
        if let Time::Card(time) = &self.time {
            time.wait();
        }
        std::thread::sleep(RELAX);
    }

    fn thread(&self) -> ThreadId {
        THREAD.with(|thread| *thread)
    }

    fn irql(&self) -> u8 {
        IRQL.with(Cell::get)
    }

    fn set_irql(&self, level: u8) {
        IRQL.with(|irql| irql.set(level));
    }

    fn log(&self, record: &LogRecord<'_>) {
        self.log.lock().push(LogLine {
            level: record.level,
            code: record.code,
            message: record.message.to_string(),
        });
    }
}

static NEXT_THREAD: AtomicU64 = AtomicU64::new(1);

thread_local! {
    static THREAD: ThreadId = ThreadId(NEXT_THREAD.fetch_add(1, Ordering::SeqCst));
    static IRQL: Cell<u8> = const { Cell::new(0) };
}
