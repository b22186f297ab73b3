//! The machine as drivers in C see it: any [`Platform`], with three things added.
//!
//! * Device mappings get addresses that are unique in this process, so that an accessor, which carries no device, finds
//!   its device. Nothing lies at them: a driver that dereferences one crashes at an address that can be named.
//! * Plain memory of the process (a driver's stack and statics) can be zeroed, moved and compared like pool.
//! * One IRQL and one thread number per thread, whatever machines the process has.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use lumenport_videoport::debug::DebugReportRecord;
use lumenport_videoport::platform::{
    InterruptSetup, LogRecord, MapKind, MemoryFault, MemoryWindow, PageAccess, PageKind, PciSlot,
    PinError, Platform, ThreadId,
};
use lumenport_videoport::{BusAddr, PAGE_SIZE, PhysAddr, VirtAddr};

/// Passes calls that need nothing added on to a field.
macro_rules! forward {
    ($inner:ident) => {
        fn flush_for_device(&self, at: VirtAddr, length_bytes: usize) {
            self.$inner.flush_for_device(at, length_bytes);
        }

        fn invalidate_for_cpu(&self, at: VirtAddr, length_bytes: usize) {
            self.$inner.invalidate_for_cpu(at, length_bytes);
        }

        fn config_read(&self, slot: PciSlot, offset: u16) -> u32 {
            self.$inner.config_read(slot, offset)
        }

        fn config_write(&self, slot: PciSlot, offset: u16, value: u32) {
            self.$inner.config_write(slot, offset, value);
        }

        fn last_pci_bus(&self) -> u8 {
            self.$inner.last_pci_bus()
        }

        fn memory_window(&self, slot: PciSlot) -> Option<MemoryWindow> {
            self.$inner.memory_window(slot)
        }

        fn register_barrier(&self) {
            self.$inner.register_barrier();
        }

        fn connect_interrupt(&self, slot: PciSlot) -> Option<InterruptSetup> {
            self.$inner.connect_interrupt(slot)
        }

        fn disconnect_interrupt(&self, slot: PciSlot) {
            self.$inner.disconnect_interrupt(slot);
        }

        fn take_interrupt(&self, slot: PciSlot) -> bool {
            self.$inner.take_interrupt(slot)
        }

        fn now_ns(&self) -> u64 {
            self.$inner.now_ns()
        }

        fn system_time_100ns(&self) -> u64 {
            self.$inner.system_time_100ns()
        }

        fn stall_ns(&self, duration_ns: u64) {
            self.$inner.stall_ns(duration_ns);
        }

        fn relax(&self) {
            self.$inner.relax();
        }
    };
}
pub(crate) use forward;

/// Address space for device mappings. Units: bytes; 64 GiB, never backed by memory.
const DEVICE_SPACE_BYTES: usize = 1 << 36;
/// Where mappings go when the system has no space to set aside: outside what an x86-64 process can map.
const FALLBACK_BASE: usize = 0x7E00_0000_0000_0000;

struct Mapping {
    length_bytes: u64,
    machine: u64,
    inner: VirtAddr,
}

struct Directory {
    base: usize,
    next: usize,
    live: BTreeMap<usize, Mapping>,
}

static DIRECTORY: LazyLock<RwLock<Directory>> = LazyLock::new(|| {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: a fresh mapping without access rights, at an address of the kernel's choice.
    let space = unsafe {
        libc::mmap(
            null_mut(),
            DEVICE_SPACE_BYTES,
            libc::PROT_NONE,
            flags,
            -1,
            0,
        )
    };
    let base = if space == libc::MAP_FAILED {
        FALLBACK_BASE
    } else {
        space.expose_provenance()
    };
    RwLock::new(Directory {
        base,
        next: base,
        live: BTreeMap::new(),
    })
});

fn directory() -> RwLockReadGuard<'static, Directory> {
    DIRECTORY.read().unwrap_or_else(PoisonError::into_inner)
}

fn directory_mut() -> RwLockWriteGuard<'static, Directory> {
    DIRECTORY.write().unwrap_or_else(PoisonError::into_inner)
}

impl Directory {
    fn place(&mut self, length_bytes: u64) -> Option<usize> {
        // A page behind each mapping stays empty, so that running past its end is noticed.
        let length = usize::try_from(length_bytes)
            .ok()?
            .checked_next_multiple_of(PAGE_SIZE)?
            + PAGE_SIZE;
        let end = self.base + DEVICE_SPACE_BYTES;
        for _ in 0..=self.live.len() + 1 {
            if self.next.checked_add(length)? > end {
                self.next = self.base;
            }
            let clash = self
                .live
                .range(..self.next + length)
                .next_back()
                .map(|(base, mapping)| base + mapping.length_bytes as usize + PAGE_SIZE)
                .filter(|taken_to| *taken_to > self.next);
            let Some(taken_to) = clash else {
                let at = self.next;
                self.next += length;
                return Some(at);
            };
            self.next = taken_to.next_multiple_of(PAGE_SIZE);
        }
        None
    }

    fn find(&self, at: usize) -> Option<(usize, &Mapping)> {
        let (base, mapping) = self.live.range(..=at).next_back()?;
        ((at - base) as u64 <= mapping.length_bytes).then_some((*base, mapping))
    }
}

/// The machine whose device mapping an address lies in.
pub(crate) fn machine_of(address: usize) -> Option<u64> {
    directory()
        .find(address)
        .map(|(_, mapping)| mapping.machine)
}

/// Bytes from a mapped address to the end of its mapping; 0 where none is.
pub(crate) fn mapped_bytes(address: usize) -> usize {
    let directory = directory();
    let found = directory.find(address);
    found.map_or(0, |(base, mapping)| {
        mapping.length_bytes as usize - (address - base)
    })
}

/// Where device mappings lie in this process: start and length in bytes. Nothing is ever there.
pub fn device_space() -> (usize, usize) {
    (directory().base, DEVICE_SPACE_BYTES)
}

/// The machine under one device.
pub struct Machine {
    inner: Arc<dyn Platform + Send + Sync>,
    number: u64,
}

impl Machine {
    pub(crate) fn new(inner: Arc<dyn Platform + Send + Sync>, number: u64) -> Self {
        Self { inner, number }
    }

    /// The machine underneath.
    pub fn inner(&self) -> &Arc<dyn Platform + Send + Sync> {
        &self.inner
    }

    /// The machine's own name for a mapped address.
    fn translate(&self, at: VirtAddr) -> Option<VirtAddr> {
        let directory = directory();
        let (base, mapping) = directory.find(at.raw())?;
        if mapping.machine != self.number {
            return None;
        }
        mapping.inner.checked_add(at.raw() - base)
    }

    /// Whether an address is memory that the machine manages: only it may say what is there.
    fn is_managed(&self, at: VirtAddr) -> bool {
        self.inner.bus_address(at).is_some()
    }
}

macro_rules! registers {
    ($($read:ident $write:ident $type:ty;)*) => {
        $(
            fn $read(&self, at: VirtAddr) -> $type {
                self.translate(at).map_or(<$type>::MAX, |at| self.inner.$read(at))
            }

            fn $write(&self, at: VirtAddr, value: $type) {
                if let Some(at) = self.translate(at) {
                    self.inner.$write(at, value);
                }
            }
        )*
    };
}

impl Platform for Machine {
    forward!(inner);

    registers! {
        read_register_u8 write_register_u8 u8;
        read_register_u16 write_register_u16 u16;
        read_register_u32 write_register_u32 u32;
        read_port_u8 write_port_u8 u8;
        read_port_u16 write_port_u16 u16;
        read_port_u32 write_port_u32 u32;
    }

    fn allocate_pages(&self, count: usize, kind: PageKind) -> Option<VirtAddr> {
        self.inner.allocate_pages(count, kind)
    }

    fn free_pages(&self, base: VirtAddr, count: usize) {
        self.inner.free_pages(base, count);
    }

    fn pin_page(&self, page: VirtAddr, access: PageAccess) -> Result<BusAddr, PinError> {
        self.inner.pin_page(page, access)
    }

    fn unpin_page(&self, page: VirtAddr) {
        self.inner.unpin_page(page);
    }

    fn bus_address(&self, at: VirtAddr) -> Option<BusAddr> {
        self.inner.bus_address(at)
    }

    fn read_memory(&self, at: VirtAddr, into: &mut [u8]) -> Result<(), MemoryFault> {
        self.inner.read_memory(at, into).or_else(|fault| {
            let plain = !self.is_managed(at) && crate::process::read(at.raw(), into);
            if plain { Ok(()) } else { Err(fault) }
        })
    }

    fn write_memory(&self, at: VirtAddr, bytes: &[u8]) -> Result<(), MemoryFault> {
        self.inner.write_memory(at, bytes).or_else(|fault| {
            let plain = !self.is_managed(at) && crate::process::write(at.raw(), bytes);
            if plain { Ok(()) } else { Err(fault) }
        })
    }

    fn map_device(&self, base: PhysAddr, length_bytes: u64, kind: MapKind) -> Option<VirtAddr> {
        let inner = self.inner.map_device(base, length_bytes, kind)?;
        let mut directory = directory_mut();
        let Some(at) = directory.place(length_bytes) else {
            drop(directory);
            self.inner.unmap_device(inner, length_bytes);
            return None;
        };
        let mapping = Mapping {
            length_bytes,
            machine: self.number,
            inner,
        };
        directory.live.insert(at, mapping);
        Some(VirtAddr::new(at))
    }

    fn unmap_device(&self, base: VirtAddr, length_bytes: u64) {
        let inner = directory_mut().live.remove(&base.raw());
        if let Some(mapping) = inner {
            self.inner.unmap_device(mapping.inner, length_bytes);
        }
    }

    fn thread(&self) -> ThreadId {
        THREAD.with(|thread| *thread)
    }

    fn irql(&self) -> u8 {
        current_irql()
    }

    fn set_irql(&self, level: u8) {
        IRQL.with(|irql| irql.set(level));
    }

    fn machine_name(&self) -> Option<&str> {
        self.inner.machine_name()
    }

    fn debug_report(&self, slot: PciSlot, report: &DebugReportRecord) {
        self.inner.debug_report(slot, report);
    }

    fn with_file(&self, name: &str, found: &mut dyn FnMut(&[u8])) -> bool {
        if self.inner.with_file(name, found) {
            return true;
        }
        // The driver is code of this process; it could open the file itself.
        match std::fs::read(name) {
            Ok(bytes) => {
                found(&bytes);
                true
            }
            Err(_) => false,
        }
    }

    fn protect_device(&self, base: VirtAddr, length_bytes: u64, protect: bool) -> bool {
        self.translate(base)
            .is_some_and(|inner| self.inner.protect_device(inner, length_bytes, protect))
    }

    fn log(&self, record: &LogRecord<'_>) {
        crate::trace::log_line(record);
        self.inner.log(record);
    }
}

/// The calling thread's IRQL.
pub(crate) fn current_irql() -> u8 {
    IRQL.with(Cell::get)
}

static NEXT_THREAD: AtomicU64 = AtomicU64::new(1);

thread_local! {
    static THREAD: ThreadId = ThreadId(NEXT_THREAD.fetch_add(1, Ordering::SeqCst));
    static IRQL: Cell<u8> = const { Cell::new(0) };
}
