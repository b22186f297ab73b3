//! The simulated PC around the card: the video port's [`Platform`] on top of a [`Board`].
//!
//! Context: host side. Pool blocks are real memory of this process, seen by the card at scattered bus
//! addresses; device mappings are addresses without memory behind them, so a register access becomes a
//! TLP. Every access, stall and wait advances simulated time. The root complex behaves as one behind
//! an IOMMU that lets through only pinned pages.
//! Not supported: more than one card.

use std::cell::Cell;
use std::collections::HashMap;
use std::ptr::{NonNull, with_exposed_provenance, with_exposed_provenance_mut};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lumenport_videoport::platform::{
    InterruptSetup, LogLevel, LogRecord, MapKind, MemoryFault, MemoryWindow, PageAccess, PageKind,
    PciSlot, PinError, Platform, ThreadId,
};
use lumenport_videoport::{BusAddr, PhysAddr, VirtAddr};
use parking_lot::{FairMutex, FairMutexGuard};
use pcie_tlp::FunctionId;

use crate::board::{Board, BoardConfig, BoardError};
use crate::host_memory::{HostMemory, HostMemoryError, PAGE_BYTES, PinRights};
use crate::root_complex::value_or_ones;

/// Where the card sits.
pub const CARD_SLOT: PciSlot = PciSlot {
    bus: 1,
    device: 0,
    function: 0,
};
/// Where BARs may be placed.
const WINDOW: MemoryWindow = MemoryWindow {
    base: PhysAddr::new(0xE000_0000),
    length_bytes: 0x1000_0000,
};
/// The interrupt message of the simulated interrupt controller.
const MSI_ADDRESS: u64 = 0xFEE0_0000;
const MSI_DATA: u16 = 0x0041;
/// First address handed out for device mappings: outside anything a process maps.
const MAPPING_BASE: usize = 0x7F00_0000_0000_0000;
/// `sys` clocks that pass in one [`Platform::relax`], unless an interrupt comes first.
const RELAX_CLOCKS: u64 = 2048;
/// PCI Express capability and its device control word.
const CAPABILITY_PCI_EXPRESS: u8 = 0x10;

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

struct Mapping {
    physical: u64,
    length_bytes: u64,
    /// Taken away for a while: every access is a bad one.
    protected: bool,
}

#[derive(Default)]
struct Mappings {
    next: usize,
    live: HashMap<usize, Mapping>,
}

/// The simulated PC.
pub struct SimMachine {
    /// Fair: a thread that waits by running the clocks must not keep the others from the board.
    board: FairMutex<Board>,
    memory: Arc<HostMemory>,
    mappings: Mutex<Mappings>,
    pins: Mutex<HashMap<usize, Vec<PinRights>>>,
    log: Mutex<Vec<LogLine>>,
    bad_accesses: AtomicU64,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SimMachine {
    /// Makes the machine and does what its firmware would: settles payload and read request size.
    ///
    /// # Errors
    /// [`BoardError`] says which part cannot be made.
    pub fn new(config: &BoardConfig) -> Result<Self, BoardError> {
        let memory = Arc::new(HostMemory::new(config.memory)?);
        let board = Board::new(config, Arc::<HostMemory>::clone(&memory))?;
        let machine = Self {
            board: FairMutex::new(board),
            memory,
            mappings: Mutex::default(),
            pins: Mutex::default(),
            log: Mutex::default(),
            bad_accesses: AtomicU64::new(0),
        };
        machine.settle_sizes(config.root_complex.max_payload_bytes);
        Ok(machine)
    }

    /// The board, for figures, faults and the monitor.
    pub fn board(&self) -> FairMutexGuard<'_, Board> {
        self.board.lock()
    }

    /// Host memory, for checks.
    pub fn memory(&self) -> &Arc<HostMemory> {
        &self.memory
    }

    /// What the port has logged so far.
    pub fn log_lines(&self) -> Vec<LogLine> {
        lock(&self.log).clone()
    }

    /// Device mappings that are still held.
    pub fn device_mappings(&self) -> usize {
        lock(&self.mappings).live.len()
    }

    /// Accesses of the driver to addresses that are not mapped, and frees of what was not allocated.
    pub fn bad_accesses(&self) -> u64 {
        self.bad_accesses.load(Ordering::SeqCst)
    }

    /// Sets the card's payload size to the smaller of host's and card's, and leaves the read request size at 512.
    /// Source: PCI Express Base Spec 1.1, 7.8.3 and 7.8.4.
    fn settle_sizes(&self, host_payload_bytes: u32) {
        let Some(base) =
            lumenport_videoport::pci::capability(self, CARD_SLOT, CAPABILITY_PCI_EXPRESS)
        else {
            return;
        };
        let supported = 128_u32 << (self.config_read(CARD_SLOT, base + 4) & 7);
        let code = (supported.min(host_payload_bytes) / 128).trailing_zeros();
        let control = self.config_read(CARD_SLOT, base + 8) & 0xFFFF & !0xE0;
        self.config_write(CARD_SLOT, base + 8, control | code << 5);
    }

    /// Physical address behind `len_bytes` of a device mapping.
    fn physical(&self, at: VirtAddr, len_bytes: u64) -> Option<u64> {
        let mappings = lock(&self.mappings);
        mappings.live.iter().find_map(|(base, mapping)| {
            let offset = at.raw().checked_sub(*base)? as u64;
            let reached = !mapping.protected && offset + len_bytes <= mapping.length_bytes;
            reached.then(|| mapping.physical + offset)
        })
    }

    fn read_device(&self, at: VirtAddr, len_bytes: usize) -> u32 {
        let Some(address) = self.physical(at, len_bytes as u64) else {
            self.bad_accesses.fetch_add(1, Ordering::SeqCst);
            return u32::MAX;
        };
        match self.board().bus_read(address, len_bytes) {
            Ok(mut bytes) => {
                bytes.resize(4, 0);
                value_or_ones(&Ok(bytes))
            }
            Err(_) => u32::MAX,
        }
    }

    fn write_device(&self, at: VirtAddr, bytes: &[u8]) {
        match self.physical(at, bytes.len() as u64) {
            Some(address) => self.board().bus_write(address, bytes),
            None => {
                self.bad_accesses.fetch_add(1, Ordering::SeqCst);
            }
        }
    }

    fn page_pin_rights(&self, page: usize) -> Option<PinRights> {
        let mut pins = lock(&self.pins);
        let rights = pins.get_mut(&page)?;
        // The weaker right goes first, so that a longer lock keeps what it was given.
        let weakest = rights
            .iter()
            .position(|right| *right == PinRights::DeviceReads);
        let taken = match weakest {
            Some(idx) => Some(rights.swap_remove(idx)),
            None => rights.pop(),
        };
        if rights.is_empty() {
            pins.remove(&page);
        }
        taken
    }
}

fn function_id(slot: PciSlot) -> FunctionId {
    FunctionId::new(slot.bus, slot.device, slot.function)
}

fn pointer(at: VirtAddr) -> *const u8 {
    with_exposed_provenance(at.raw())
}

impl Platform for SimMachine {
    fn allocate_pages(&self, count: usize, kind: PageKind) -> Option<VirtAddr> {
        let pages = match kind {
            PageKind::Paged | PageKind::NonPaged => self.memory.alloc_pages(count),
            // Contiguous pages of this machine lie below 4 GiB.
            PageKind::Contiguous { highest } if highest.raw() >= u64::from(u32::MAX) => {
                self.memory.alloc_contiguous(count)
            }
            PageKind::Contiguous { .. } => return None,
        };
        pages
            .ok()
            .map(|start| VirtAddr::new(start.as_ptr().expose_provenance()))
    }

    fn free_pages(&self, base: VirtAddr, count: usize) {
        let freed = NonNull::new(with_exposed_provenance_mut(base.raw()))
            .is_some_and(|start| self.memory.free_pages(start, count).is_ok());
        if !freed {
            self.bad_accesses.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn pin_page(&self, page: VirtAddr, access: PageAccess) -> Result<BusAddr, PinError> {
        let start = page.page();
        let rights = match access {
            PageAccess::Read => PinRights::DeviceReads,
            PageAccess::Write => PinRights::Both,
        };
        let unmapped = PinError::Unmapped { page: start };
        let address = self.memory.bus_address(pointer(start)).ok_or(unmapped)?;
        self.memory
            .pin(pointer(start), PAGE_BYTES, rights)
            .map_err(|_: HostMemoryError| unmapped)?;
        lock(&self.pins)
            .entry(start.raw())
            .or_default()
            .push(rights);
        Ok(BusAddr::new(address))
    }

    fn unpin_page(&self, page: VirtAddr) {
        let start = page.page();
        let unpinned = self.page_pin_rights(start.raw()).is_some_and(|rights| {
            self.memory
                .unpin(pointer(start), PAGE_BYTES, rights)
                .is_ok()
        });
        if !unpinned {
            self.bad_accesses.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn bus_address(&self, at: VirtAddr) -> Option<BusAddr> {
        self.memory.bus_address(pointer(at)).map(BusAddr::new)
    }

    fn read_memory(&self, at: VirtAddr, into: &mut [u8]) -> Result<(), MemoryFault> {
        self.memory
            .copy_out(pointer(at), into)
            .map_err(|_| MemoryFault { at })
    }

    fn write_memory(&self, at: VirtAddr, bytes: &[u8]) -> Result<(), MemoryFault> {
        self.memory
            .copy_in(pointer(at), bytes)
            .map_err(|_| MemoryFault { at })
    }

    fn config_read(&self, slot: PciSlot, offset: u16) -> u32 {
        // A link has one device, number 0; the root port answers for all others.
        if slot.bus != CARD_SLOT.bus || slot.device != CARD_SLOT.device {
            return u32::MAX;
        }
        value_or_ones(&self.board().config_read(function_id(slot), offset))
    }

    fn config_write(&self, slot: PciSlot, offset: u16, value: u32) {
        if slot.bus == CARD_SLOT.bus && slot.device == CARD_SLOT.device {
            // A refused write has no reply in this interface; the next read shows it.
            let _ = self.board().config_write(function_id(slot), offset, value);
        }
    }

    fn last_pci_bus(&self) -> u8 {
        CARD_SLOT.bus
    }

    fn memory_window(&self, slot: PciSlot) -> Option<MemoryWindow> {
        (slot == CARD_SLOT).then_some(WINDOW)
    }

    fn map_device(&self, base: PhysAddr, length_bytes: u64, _kind: MapKind) -> Option<VirtAddr> {
        let end = base.raw().checked_add(length_bytes)?;
        if length_bytes == 0
            || base.raw() < WINDOW.base.raw()
            || end > WINDOW.base.raw() + WINDOW.length_bytes
        {
            return None;
        }
        let mut mappings = lock(&self.mappings);
        let at = mappings.next.max(MAPPING_BASE);
        // A hole after each mapping, so that running past its end is noticed.
        mappings.next = at + (length_bytes as usize).next_multiple_of(PAGE_BYTES) + PAGE_BYTES;
        mappings.live.insert(
            at,
            Mapping {
                physical: base.raw(),
                length_bytes,
                protected: false,
            },
        );
        Some(VirtAddr::new(at))
    }

    fn unmap_device(&self, base: VirtAddr, length_bytes: u64) {
        let removed = lock(&self.mappings).live.remove(&base.raw());
        if removed.is_none_or(|mapping| mapping.length_bytes != length_bytes) {
            self.bad_accesses.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn protect_device(&self, base: VirtAddr, length_bytes: u64, protect: bool) -> bool {
        match lock(&self.mappings).live.get_mut(&base.raw()) {
            Some(mapping)
                if mapping.length_bytes == length_bytes && mapping.protected != protect =>
            {
                mapping.protected = protect;
                true
            }
            _ => false,
        }
    }

    fn read_register_u8(&self, at: VirtAddr) -> u8 {
        self.read_device(at, 1) as u8
    }

    fn read_register_u16(&self, at: VirtAddr) -> u16 {
        self.read_device(at, 2) as u16
    }

    fn read_register_u32(&self, at: VirtAddr) -> u32 {
        self.read_device(at, 4)
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
        Some(InterruptSetup::Message {
            address: MSI_ADDRESS,
            data: MSI_DATA,
        })
    }

    fn disconnect_interrupt(&self, _slot: PciSlot) {}

    fn take_interrupt(&self, _slot: PciSlot) -> bool {
        self.board().take_interrupt()
    }

    fn now_ns(&self) -> u64 {
        self.board().now_ns()
    }

    fn stall_ns(&self, duration_ns: u64) {
        let mut board = self.board();
        let end = board.now_ns().saturating_add(duration_ns);
        while board.now_ns() < end && board.failure().is_none() {
            let clocks = (end - board.now_ns()).div_ceil(16);
            board.advance(clocks);
        }
    }

    fn relax(&self) {
        self.board().advance(RELAX_CLOCKS);
        std::thread::yield_now();
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
        lock(&self.log).push(LogLine {
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
