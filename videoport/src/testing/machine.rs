//! The simulated PC as a [`Platform`].

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::string::{String, ToString};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::vec::Vec;

use lumenport_hal::bus::Bus;
use lumenport_hal::fake::{FakeCard, FakeConfig};
use lumenport_hal::regmap::card::REGISTER_BAR_BYTES;

use super::config_space::{CARD_SLOT, ConfigSpace, Target};
use super::memory::TestMemory;
use crate::address::{BusAddr, PhysAddr, VirtAddr};
use crate::debug::DebugReportRecord;
use crate::platform::{
    InterruptSetup, LogLevel, LogRecord, MapKind, MemoryFault, MemoryWindow, PageAccess, PageKind,
    PciSlot, PinError, Platform, ThreadId,
};

/// Where the machine's firmware would place BARs. Its start is less aligned than the largest BAR, on purpose.
const WINDOW: MemoryWindow = MemoryWindow {
    base: PhysAddr::new(0xE010_0000),
    length_bytes: 0x0FF0_0000,
};
/// First virtual address of device mappings, far from memory.
const DEVICE_BASE: usize = 0x7000_0000;
/// Virtual time one [`Platform::relax`] lets pass, unless set otherwise.
const RELAX_NS: u64 = 1_000;

std::thread_local! {
    static IRQL: Cell<u8> = const { Cell::new(0) };
    static THREAD: Cell<u64> = const { Cell::new(0) };
}

static NEXT_THREAD: AtomicU64 = AtomicU64::new(1);

/// One line of the machine's event log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LogLine {
    /// Severity.
    pub level: LogLevel,
    /// Status code.
    pub code: u32,
    /// The caller's number.
    pub unique_id: u32,
    /// The text.
    pub message: String,
}

/// One error report a miniport completed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReportLine {
    /// Its code.
    pub code: u32,
    /// Its arguments.
    pub arguments: [usize; 4],
    /// Its data.
    pub data: Vec<u8>,
}

/// Accesses to the register BAR: what a service costs on real hardware.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct RegisterAccesses {
    /// Reads, of any width. Each waits for the card's answer.
    pub reads: u64,
    /// Writes, of any width. Posted.
    pub writes: u64,
}

impl core::ops::Sub for RegisterAccesses {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            reads: self.reads - earlier.reads,
            writes: self.writes - earlier.writes,
        }
    }
}

#[derive(Clone, Copy)]
struct DeviceMapping {
    physical: u64,
    length: u64,
    kind: MapKind,
}

/// A PC with one card. Everything is `&self`; threads share it by reference.
pub struct TestMachine {
    card: FakeCard,
    memory: TestMemory,
    config: Mutex<ConfigSpace>,
    mappings: Mutex<(usize, BTreeMap<usize, DeviceMapping>)>,
    log: Mutex<Vec<LogLine>>,
    reports: Mutex<Vec<ReportLine>>,
    files: Mutex<BTreeMap<String, Vec<u8>>>,
    /// Mappings taken away; `None`: this machine cannot do that.
    protected: Mutex<Option<BTreeSet<usize>>>,
    gone: AtomicBool,
    refuse_interrupt: AtomicBool,
    raised: AtomicU32,
    bad_accesses: AtomicU32,
    register_reads: AtomicU64,
    register_writes: AtomicU64,
    relax_ns: AtomicU64,
    /// State of the generator that says where threads give the processor away; 0: nowhere.
    unrest: AtomicU64,
}

impl Default for TestMachine {
    fn default() -> Self {
        Self::new(FakeConfig::default())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl TestMachine {
    /// A machine with a card built like this, out of reset: BARs unplaced, decoding, mastering and MSI off.
    pub fn new(config: FakeConfig) -> Self {
        let memory = TestMemory::default();
        let space = ConfigSpace::new(config.memory_bytes, REGISTER_BAR_BYTES);
        let card = FakeCard::new(config);
        card.connect_host(memory.clone());
        card.set_bus_master(false);
        card.set_msi_enabled(false);
        Self {
            card,
            memory,
            config: Mutex::new(space),
            mappings: Mutex::new((DEVICE_BASE, BTreeMap::new())),
            log: Mutex::new(Vec::new()),
            reports: Mutex::new(Vec::new()),
            files: Mutex::new(BTreeMap::new()),
            protected: Mutex::new(None),
            gone: AtomicBool::new(false),
            refuse_interrupt: AtomicBool::new(false),
            raised: AtomicU32::new(0),
            bad_accesses: AtomicU32::new(0),
            register_reads: AtomicU64::new(0),
            register_writes: AtomicU64::new(0),
            relax_ns: AtomicU64::new(RELAX_NS),
            unrest: AtomicU64::new(0),
        }
    }

    /// The card.
    pub const fn card(&self) -> &FakeCard {
        &self.card
    }

    /// Host memory.
    pub const fn memory(&self) -> &TestMemory {
        &self.memory
    }

    /// Pulls the card out, or puts a fresh one in.
    pub fn set_gone(&self, gone: bool) {
        self.gone.store(gone, Ordering::SeqCst);
        self.card.set_gone(gone);
    }

    /// Gives the card another class code and revision (the DW at offset 8 of its configuration space).
    pub fn set_class_revision(&self, class_revision: u32) {
        lock(&self.config).class_revision = class_revision;
    }

    /// Puts an expansion ROM on the card; its length is a power of two, 2 KiB or more.
    pub fn insert_rom(&self, rom: Vec<u8>) {
        lock(&self.config).rom = rom;
    }

    /// Puts a file on the machine.
    pub fn add_file(&self, name: &str, contents: &[u8]) {
        lock(&self.files).insert(name.to_string(), contents.to_vec());
    }

    /// Lets the machine take mappings away.
    pub fn allow_protection(&self) {
        *lock(&self.protected) = Some(BTreeSet::new());
    }

    /// Mappings taken away now.
    pub fn protected_mappings(&self) -> usize {
        lock(&self.protected).as_ref().map_or(0, BTreeSet::len)
    }

    /// Error reports completed so far.
    pub fn reports(&self) -> Vec<ReportLine> {
        lock(&self.reports).clone()
    }

    /// Makes a later `connect_interrupt` fail.
    pub fn refuse_interrupt(&self) {
        self.refuse_interrupt.store(true, Ordering::SeqCst);
    }

    /// Makes an interrupt pending that the card did not send.
    pub fn raise_interrupt(&self) {
        self.raised.fetch_add(1, Ordering::SeqCst);
    }

    /// Sets how much virtual time one [`Platform::relax`] lets pass: larger for tests of long waits. Units: ns.
    pub fn set_relax_ns(&self, relax_ns: u64) {
        self.relax_ns.store(relax_ns, Ordering::SeqCst);
    }

    /// Makes threads give the processor away at random whenever the port asks the machine something, which is between
    /// any two of its critical sections. `seed` is not 0.
    pub fn set_unrest(&self, seed: u64) {
        self.unrest.store(seed, Ordering::SeqCst);
    }

    fn maybe_yield(&self) {
        let state = self.unrest.load(Ordering::Relaxed);
        if state == 0 {
            return;
        }
        // Threads may overwrite each other's step: one more source of chance.
        let next = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.unrest.store(next | 1, Ordering::Relaxed);
        if next >> 61 == 0 {
            std::thread::yield_now();
        }
    }

    /// The event log so far.
    pub fn log_lines(&self) -> Vec<LogLine> {
        lock(&self.log).clone()
    }

    /// Device mappings alive.
    pub fn device_mappings(&self) -> usize {
        lock(&self.mappings).1.len()
    }

    /// Register accesses so far; the difference of two calls is the cost of what lies between.
    pub fn register_accesses(&self) -> RegisterAccesses {
        RegisterAccesses {
            reads: self.register_reads.load(Ordering::SeqCst),
            writes: self.register_writes.load(Ordering::SeqCst),
        }
    }

    /// Accesses outside every mapping, of a width the range does not take, or unaligned.
    pub fn bad_accesses(&self) -> u32 {
        self.bad_accesses.load(Ordering::SeqCst)
    }

    fn is_gone(&self) -> bool {
        self.gone.load(Ordering::SeqCst)
    }

    fn bad_access(&self) {
        self.bad_accesses.fetch_add(1, Ordering::SeqCst);
    }

    /// What lies behind a device address.
    fn decode(&self, at: VirtAddr, width: usize) -> Option<Target> {
        let physical = {
            let mappings = lock(&self.mappings);
            let (base, mapping) = mappings.1.range(..=at.raw()).next_back()?;
            let offset = (at.raw() - base) as u64;
            if offset + width as u64 > mapping.length
                || !at.raw().is_multiple_of(width)
                || mapping.kind == MapKind::Ports
            {
                self.bad_access();
                return None;
            }
            mapping.physical + offset
        };
        lock(&self.config).decode(physical)
    }

    fn read_device<const N: usize>(&self, at: VirtAddr) -> [u8; N] {
        let mut bytes = [0xff; N];
        match self.decode(at, N) {
            Some(Target::Memory(offset)) => self.card.read_memory(offset, &mut bytes),
            Some(Target::Rom(byte)) if N == 1 => bytes.fill(byte),
            // The ROM of this card is one byte wide.
            Some(Target::Rom(_)) => self.bad_access(),
            Some(Target::Registers(offset)) => {
                self.register_reads.fetch_add(1, Ordering::SeqCst);
                let register = self.card.read32(offset & !3).to_le_bytes();
                let start = (offset & 3) as usize;
                if let Some(part) = register.get(start..start + N) {
                    bytes.copy_from_slice(part);
                }
            }
            None => {}
        }
        bytes
    }

    fn write_device<const N: usize>(&self, at: VirtAddr, bytes: [u8; N]) {
        match self.decode(at, N) {
            Some(Target::Memory(offset)) => self.card.write_memory(offset, &bytes),
            Some(Target::Rom(_)) => self.bad_access(),
            Some(Target::Registers(offset)) => match <[u8; 4]>::try_from(bytes.as_slice()) {
                Ok(value) => {
                    self.register_writes.fetch_add(1, Ordering::SeqCst);
                    self.card.write32(offset, u32::from_le_bytes(value));
                }
                // Registers take whole words.
                Err(_) => self.bad_access(),
            },
            None => {}
        }
    }
}

impl Platform for TestMachine {
    fn allocate_pages(&self, count: usize, kind: PageKind) -> Option<VirtAddr> {
        self.memory.allocate(count, kind)
    }

    fn free_pages(&self, base: VirtAddr, count: usize) {
        self.memory.free(base, count);
    }

    fn pin_page(&self, page: VirtAddr, access: PageAccess) -> Result<BusAddr, PinError> {
        self.memory.pin(page, access)
    }

    fn unpin_page(&self, page: VirtAddr) {
        self.memory.unpin(page);
    }

    fn bus_address(&self, at: VirtAddr) -> Option<BusAddr> {
        self.memory.bus_address(at)
    }

    fn read_memory(&self, at: VirtAddr, into: &mut [u8]) -> Result<(), MemoryFault> {
        self.memory.read(at, into)
    }

    fn write_memory(&self, at: VirtAddr, bytes: &[u8]) -> Result<(), MemoryFault> {
        self.memory.write(at, bytes)
    }

    fn config_read(&self, slot: PciSlot, offset: u16) -> u32 {
        if slot != CARD_SLOT || self.is_gone() {
            return u32::MAX;
        }
        lock(&self.config).read(offset)
    }

    fn config_write(&self, slot: PciSlot, offset: u16, value: u32) {
        if slot != CARD_SLOT || self.is_gone() {
            return;
        }
        let (master, msi) = {
            let mut config = lock(&self.config);
            config.write(offset, value);
            (config.bus_master(), config.msi_enabled())
        };
        self.card.set_bus_master(master);
        self.card.set_msi_enabled(msi);
    }

    fn memory_window(&self, slot: PciSlot) -> Option<MemoryWindow> {
        (slot == CARD_SLOT).then_some(WINDOW)
    }

    fn map_device(&self, base: PhysAddr, length_bytes: u64, kind: MapKind) -> Option<VirtAddr> {
        let end = base.raw().checked_add(length_bytes)?;
        let window_end = WINDOW.base.raw() + WINDOW.length_bytes;
        if length_bytes == 0 || base.raw() < WINDOW.base.raw() || end > window_end {
            return None;
        }
        let mut mappings = lock(&self.mappings);
        let at = mappings.0;
        // A hole after each mapping, so that running past its end is noticed.
        mappings.0 = at.checked_add((length_bytes as usize).next_multiple_of(0x1000) + 0x1000)?;
        mappings.1.insert(
            at,
            DeviceMapping {
                physical: base.raw(),
                length: length_bytes,
                kind,
            },
        );
        Some(VirtAddr::new(at))
    }

    fn unmap_device(&self, base: VirtAddr, length_bytes: u64) {
        let removed = lock(&self.mappings).1.remove(&base.raw());
        if removed.is_none_or(|mapping| mapping.length != length_bytes) {
            self.bad_access();
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
        self.write_device(at, value.to_le_bytes());
    }

    fn write_register_u16(&self, at: VirtAddr, value: u16) {
        self.write_device(at, value.to_le_bytes());
    }

    fn write_register_u32(&self, at: VirtAddr, value: u32) {
        self.write_device(at, value.to_le_bytes());
    }

    fn connect_interrupt(&self, _slot: PciSlot) -> Option<InterruptSetup> {
        let setup = InterruptSetup::Message {
            address: 0xFEE0_0000,
            data: 0x41,
        };
        (!self.refuse_interrupt.load(Ordering::SeqCst)).then_some(setup)
    }

    fn disconnect_interrupt(&self, _slot: PciSlot) {}

    fn take_interrupt(&self, _slot: PciSlot) -> bool {
        self.maybe_yield();
        let raised = self
            .raised
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |count| {
                count.checked_sub(1)
            });
        raised.is_ok() || self.card.take_msi()
    }

    fn now_ns(&self) -> u64 {
        self.card.now_ns()
    }

    fn stall_ns(&self, duration_ns: u64) {
        self.card.advance_ns(duration_ns);
    }

    fn relax(&self) {
        self.card.advance_ns(self.relax_ns.load(Ordering::SeqCst));
        std::thread::yield_now();
    }

    fn thread(&self) -> ThreadId {
        self.maybe_yield();
        THREAD.with(|thread| {
            if thread.get() == 0 {
                thread.set(NEXT_THREAD.fetch_add(1, Ordering::SeqCst));
            }
            ThreadId(thread.get())
        })
    }

    fn irql(&self) -> u8 {
        self.maybe_yield();
        IRQL.with(Cell::get)
    }

    fn set_irql(&self, level: u8) {
        self.maybe_yield();
        IRQL.with(|irql| irql.set(level));
    }

    fn debug_report(&self, _slot: PciSlot, report: &DebugReportRecord) {
        let mut data = std::vec![0; report.data_bytes];
        if report.data_bytes != 0 && self.memory.read(report.data, &mut data).is_err() {
            self.bad_access();
        }
        lock(&self.reports).push(ReportLine {
            code: report.code,
            arguments: report.arguments,
            data,
        });
    }

    fn machine_name(&self) -> Option<&str> {
        Some("Test machine")
    }

    fn with_file(&self, name: &str, found: &mut dyn FnMut(&[u8])) -> bool {
        let contents = lock(&self.files).get(name).cloned();
        let exists = contents.is_some();
        if let Some(contents) = contents {
            found(&contents);
        }
        exists
    }

    fn protect_device(&self, base: VirtAddr, _length_bytes: u64, protect: bool) -> bool {
        match &mut *lock(&self.protected) {
            None => false,
            Some(set) if protect => set.insert(base.raw()),
            Some(set) => set.remove(&base.raw()),
        }
    }

    fn log(&self, record: &LogRecord<'_>) {
        let line = LogLine {
            level: record.level,
            code: record.code,
            unique_id: record.unique_id,
            message: record.message.to_string(),
        };
        lock(&self.log).push(line);
    }
}
