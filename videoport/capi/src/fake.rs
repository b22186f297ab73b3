//! The in-memory machine: the fake card of the HAL, configuration space and virtual time of the port's own test machine,
//! and host memory that a driver in C can follow pointers into.

use lumenport_hal::fake::FakeConfig;
use lumenport_videoport::platform::{
    InterruptSetup, LogRecord, MapKind, MemoryFault, MemoryWindow, PageAccess, PageKind, PciSlot,
    PinError, Platform, ThreadId,
};
use lumenport_videoport::testing::TestMachine;
use lumenport_videoport::{BusAddr, PhysAddr, VirtAddr};

use crate::machine::forward;
use crate::page_memory::PageMemory;

/// A PC with one fake card and real memory.
pub struct FakeMachine {
    inner: TestMachine,
    memory: PageMemory,
}

impl FakeMachine {
    /// A machine with a card built like this. `None` when the system has no address space for its memory.
    pub fn new(config: FakeConfig) -> Option<Self> {
        let memory = PageMemory::new()?;
        let inner = TestMachine::new(config);
        inner.card().connect_host(memory.clone());
        inner.allow_protection();
        Some(Self { inner, memory })
    }

    /// The machine around the memory: card, faults, event log.
    pub const fn machine(&self) -> &TestMachine {
        &self.inner
    }

    /// Host memory.
    pub const fn memory(&self) -> &PageMemory {
        &self.memory
    }
}

impl Platform for FakeMachine {
    forward!(inner);

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
        if self.memory.owns(at) {
            self.memory.read(at, into)
        } else {
            Err(MemoryFault { at })
        }
    }

    fn write_memory(&self, at: VirtAddr, bytes: &[u8]) -> Result<(), MemoryFault> {
        if self.memory.owns(at) {
            self.memory.write(at, bytes)
        } else {
            Err(MemoryFault { at })
        }
    }

    fn map_device(&self, base: PhysAddr, length_bytes: u64, kind: MapKind) -> Option<VirtAddr> {
        self.inner.map_device(base, length_bytes, kind)
    }

    fn unmap_device(&self, base: VirtAddr, length_bytes: u64) {
        self.inner.unmap_device(base, length_bytes);
    }

    fn thread(&self) -> ThreadId {
        self.inner.thread()
    }

    fn irql(&self) -> u8 {
        self.inner.irql()
    }

    fn set_irql(&self, level: u8) {
        self.inner.set_irql(level);
    }

    fn read_register_u8(&self, at: VirtAddr) -> u8 {
        self.inner.read_register_u8(at)
    }

    fn read_register_u16(&self, at: VirtAddr) -> u16 {
        self.inner.read_register_u16(at)
    }

    fn read_register_u32(&self, at: VirtAddr) -> u32 {
        self.inner.read_register_u32(at)
    }

    fn write_register_u8(&self, at: VirtAddr, value: u8) {
        self.inner.write_register_u8(at, value);
    }

    fn write_register_u16(&self, at: VirtAddr, value: u16) {
        self.inner.write_register_u16(at, value);
    }

    fn write_register_u32(&self, at: VirtAddr, value: u32) {
        self.inner.write_register_u32(at, value);
    }

    fn machine_name(&self) -> Option<&str> {
        self.inner.machine_name()
    }

    fn with_file(&self, name: &str, found: &mut dyn FnMut(&[u8])) -> bool {
        self.inner.with_file(name, found)
    }

    fn protect_device(&self, base: VirtAddr, length_bytes: u64, protect: bool) -> bool {
        self.inner.protect_device(base, length_bytes, protect)
    }

    fn log(&self, record: &LogRecord<'_>) {
        self.inner.log(record);
    }
}
