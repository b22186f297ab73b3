//! What the port needs from a machine.
//!
//! One trait, everything `&self`: a simulated PC, a Linux process with a card behind VFIO and the card's own
//! management core each implement it once, and the services run on all of them unchanged.
//!
//! Three rules an implementation can rely on, and one it must keep:
//! * the port never calls the platform while it holds its own critical section, so an implementation may lock;
//! * the port touches memory only through [`Platform::read_memory`], [`Platform::write_memory`] and their kin;
//! * the port calls [`Platform::relax`] in every wait, so a single-threaded simulation advances its clocks there;
//! * [`Platform::thread`] must be stable for the life of a thread and differ between live threads.

use core::fmt;

use crate::address::{BusAddr, PhysAddr, VirtAddr};

/// A thread of the machine. Single-threaded platforms always answer the same one.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ThreadId(pub u64);

/// A PCI function's place: bus, device (0..32), function (0..8).
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PciSlot {
    /// Bus number.
    pub bus: u8,
    /// Device number, `0..32`.
    pub device: u8,
    /// Function number, `0..8`.
    pub function: u8,
}

impl PciSlot {
    /// The slot number of the video port contract: device in bits 4:0, function in bits 7:5.
    pub const fn slot_number(self) -> u32 {
        (self.device as u32 & 0x1f) | ((self.function as u32 & 7) << 5)
    }
}

impl fmt::Display for PciSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02x}:{:02x}.{}", self.bus, self.device, self.function)
    }
}

/// What kind of pages an allocation asks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PageKind {
    /// May be paged out; usable below `DISPATCH_LEVEL`.
    Paged,
    /// Always resident; may be scattered physically.
    NonPaged,
    /// Always resident, one contiguous run as the device sees it, every byte at or below `highest`.
    Contiguous {
        /// Highest bus address the last byte may have.
        highest: BusAddr,
    },
}

/// What a pinned page will be used for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PageAccess {
    /// The device only reads the page.
    Read,
    /// The device writes the page (and may read it).
    Write,
}

/// Why a page cannot be pinned.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PinError {
    /// Nothing is mapped there.
    Unmapped {
        /// The page asked for.
        page: VirtAddr,
    },
    /// The page is mapped read-only and the device was to write it.
    ReadOnly {
        /// The page asked for.
        page: VirtAddr,
    },
    /// The machine has run out of what pinning takes.
    Resources,
}

impl fmt::Display for PinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unmapped { page } => write!(f, "no memory is mapped at {page}"),
            Self::ReadOnly { page } => write!(f, "the page at {page} is read-only"),
            Self::Resources => f.write_str("the machine cannot pin another page"),
        }
    }
}

impl core::error::Error for PinError {}

/// A touch of memory that is not mapped, or not writable.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct MemoryFault {
    /// First address that could not be reached.
    pub at: VirtAddr,
}

impl fmt::Display for MemoryFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "memory at {} cannot be reached", self.at)
    }
}

impl core::error::Error for MemoryFault {}

/// How a device range is mapped.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MapKind {
    /// Registers: uncached, accesses kept in order and unmerged.
    Uncached,
    /// Frame buffer: writes may be combined (`VIDEO_MEMORY_SPACE_P6CACHE`).
    WriteCombined,
    /// I/O ports (`VIDEO_MEMORY_SPACE_IO`).
    Ports,
}

/// A free stretch of the machine's memory address space in which BARs can be placed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct MemoryWindow {
    /// First address of the window.
    pub base: PhysAddr,
    /// Bytes in the window.
    pub length_bytes: u64,
}

/// How the card's interrupt message is set up.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum InterruptSetup {
    /// The port must write this message into the function's MSI capability and enable it.
    Message {
        /// Address the card writes to.
        address: u64,
        /// Data it writes.
        data: u16,
    },
    /// The platform (an operating system's driver interface) has programmed the function itself.
    Ready,
}

/// How loudly a [`LogRecord`] speaks.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum LogLevel {
    /// Something failed.
    Error,
    /// Something is off but handled.
    Warning,
    /// For the curious.
    Info,
}

/// One line for the machine's event log, formatted without allocation.
#[derive(Clone, Copy)]
pub struct LogRecord<'a> {
    /// Severity.
    pub level: LogLevel,
    /// Status code of `VideoPortLogError`, 0 otherwise.
    pub code: u32,
    /// The caller's number for the place in its source (`UniqueId` of `VideoPortLogError`), 0 otherwise.
    pub unique_id: u32,
    /// The text.
    pub message: fmt::Arguments<'a>,
}

/// A machine that a video port can run on.
///
/// # Context
/// Methods may be called at any IRQL unless their doc says otherwise, from any thread.
pub trait Platform: Sync {
    // ---- pages ----------------------------------------------------------------------------------------------

    /// Allocates `count` pages that are contiguous as the processor sees them, or `None` when there are none.
    ///
    /// Shape: the result is page aligned. Contents are unspecified.
    fn allocate_pages(&self, count: usize, kind: PageKind) -> Option<VirtAddr>;

    /// Gives back exactly one earlier allocation of `count` pages at `base`.
    fn free_pages(&self, base: VirtAddr, count: usize);

    /// Makes one page resident, holds it there and returns its bus address. Pins nest: each needs its unpin.
    ///
    /// # Errors
    /// See [`PinError`]; nothing is pinned then.
    fn pin_page(&self, page: VirtAddr, access: PageAccess) -> Result<BusAddr, PinError>;

    /// Releases one pin of a page.
    fn unpin_page(&self, page: VirtAddr);

    /// The bus address of one byte of pinned memory, `None` when it has none now.
    ///
    /// The device may reach a page only while it is pinned; the port pins whatever it shows to the device, its own
    /// contiguous pages included.
    /// Adjacent bytes of one page have adjacent bus addresses; nothing is promised across pages.
    fn bus_address(&self, at: VirtAddr) -> Option<BusAddr>;

    /// Copies memory into `into`.
    ///
    /// # Errors
    /// [`MemoryFault`] with the first address out of reach; `into` is then partly written.
    fn read_memory(&self, at: VirtAddr, into: &mut [u8]) -> Result<(), MemoryFault>;

    /// Copies `bytes` into memory.
    ///
    /// # Errors
    /// [`MemoryFault`] with the first address out of reach; bytes before it are written.
    fn write_memory(&self, at: VirtAddr, bytes: &[u8]) -> Result<(), MemoryFault>;

    /// Makes the processor's writes to a range visible to the device. Nothing to do on a coherent machine.
    fn flush_for_device(&self, at: VirtAddr, length_bytes: usize) {
        let _ = (at, length_bytes);
        core::sync::atomic::fence(core::sync::atomic::Ordering::SeqCst);
    }

    /// Makes the device's writes to a range visible to the processor. Nothing to do on a coherent machine.
    fn invalidate_for_cpu(&self, at: VirtAddr, length_bytes: usize) {
        let _ = (at, length_bytes);
        core::sync::atomic::fence(core::sync::atomic::Ordering::SeqCst);
    }

    // ---- PCI configuration space and device mappings --------------------------------------------------------

    /// Reads one aligned DW of configuration space. All ones where no function answers.
    ///
    /// `offset` is in bytes, a multiple of 4, `0..4096`.
    fn config_read(&self, slot: PciSlot, offset: u16) -> u32;

    /// Writes one aligned DW of configuration space.
    fn config_write(&self, slot: PciSlot, offset: u16, value: u32);

    /// The highest bus number worth scanning. Buses are scanned from 0.
    fn last_pci_bus(&self) -> u8 {
        0
    }

    /// Where the function's BARs may be placed, for machines without firmware that has done it. `None`: they are
    /// placed. Two functions must not be given overlapping windows.
    fn memory_window(&self, slot: PciSlot) -> Option<MemoryWindow> {
        let _ = slot;
        None
    }

    /// Maps a device range, `None` when that is impossible.
    fn map_device(&self, base: PhysAddr, length_bytes: u64, kind: MapKind) -> Option<VirtAddr>;

    /// Undoes exactly one [`Platform::map_device`].
    fn unmap_device(&self, base: VirtAddr, length_bytes: u64);

    /// Reads 8 bits of a mapped device range. All ones when the device is gone.
    fn read_register_u8(&self, at: VirtAddr) -> u8;
    /// Reads 16 bits, naturally aligned.
    fn read_register_u16(&self, at: VirtAddr) -> u16;
    /// Reads 32 bits, naturally aligned.
    fn read_register_u32(&self, at: VirtAddr) -> u32;
    /// Writes 8 bits of a mapped device range.
    fn write_register_u8(&self, at: VirtAddr, value: u8);
    /// Writes 16 bits, naturally aligned.
    fn write_register_u16(&self, at: VirtAddr, value: u16);
    /// Writes 32 bits, naturally aligned.
    fn write_register_u32(&self, at: VirtAddr, value: u32);

    /// Reads 8 bits of an I/O port. The default machine has none: all ones.
    fn read_port_u8(&self, at: VirtAddr) -> u8 {
        let _ = at;
        u8::MAX
    }
    /// Reads 16 bits of an I/O port.
    fn read_port_u16(&self, at: VirtAddr) -> u16 {
        let _ = at;
        u16::MAX
    }
    /// Reads 32 bits of an I/O port.
    fn read_port_u32(&self, at: VirtAddr) -> u32 {
        let _ = at;
        u32::MAX
    }
    /// Writes 8 bits of an I/O port. The default machine has none: dropped.
    fn write_port_u8(&self, at: VirtAddr, value: u8) {
        let _ = (at, value);
    }
    /// Writes 16 bits of an I/O port.
    fn write_port_u16(&self, at: VirtAddr, value: u16) {
        let _ = (at, value);
    }
    /// Writes 32 bits of an I/O port.
    fn write_port_u32(&self, at: VirtAddr, value: u32) {
        let _ = (at, value);
    }

    /// Orders all earlier register accesses before all later ones.
    fn register_barrier(&self) {
        core::sync::atomic::fence(core::sync::atomic::Ordering::SeqCst);
    }

    // ---- interrupts -----------------------------------------------------------------------------------------

    /// Gets ready to receive the function's interrupt. `None`: this machine cannot.
    fn connect_interrupt(&self, slot: PciSlot) -> Option<InterruptSetup>;

    /// Stops receiving it.
    fn disconnect_interrupt(&self, slot: PciSlot);

    /// Takes one pending interrupt message of the function, if there is one.
    ///
    /// Cheap: the port asks at every point where an interrupt may be delivered.
    fn take_interrupt(&self, slot: PciSlot) -> bool;

    // ---- time and threads -----------------------------------------------------------------------------------

    /// Monotonic time since some fixed moment. Units: ns.
    fn now_ns(&self) -> u64;

    /// Wall time. Units: 100 ns since 1601-01-01 UTC.
    fn system_time_100ns(&self) -> u64 {
        self.now_ns() / 100
    }

    /// Busy-waits for at least `duration_ns`. A simulation runs its clocks for that long.
    fn stall_ns(&self, duration_ns: u64);

    /// Lets a little time pass: yields to other threads, or runs some simulated clocks. Never blocks for long.
    fn relax(&self);

    /// The calling thread.
    fn thread(&self) -> ThreadId;

    /// The calling thread's interrupt request level, 0 for a thread that never set it.
    ///
    /// Only storage: the port gives it its meaning.
    fn irql(&self) -> u8;

    /// Sets the calling thread's interrupt request level.
    fn set_irql(&self, level: u8);

    // ---- diagnosis ------------------------------------------------------------------------------------------

    /// Takes the data of a miniport's error report; its line in the log came before.
    fn debug_report(&self, slot: PciSlot, report: &crate::debug::DebugReportRecord) {
        let _ = (slot, report);
    }

    // ---- firmware and files ---------------------------------------------------------------------------------

    /// What the machine calls itself, if anything.
    fn machine_name(&self) -> Option<&str> {
        None
    }

    /// Calls `found` once with the contents of a file that a registry parameter names. False, and `found` was not called:
    /// there is no such file. PASSIVE; no lock may be held meanwhile.
    fn with_file(&self, name: &str, found: &mut dyn FnMut(&[u8])) -> bool {
        let _ = (name, found);
        false
    }

    /// Takes a write-combined mapping away from everybody (`protect`) or gives it back. False: this machine cannot.
    fn protect_device(&self, base: VirtAddr, length_bytes: u64, protect: bool) -> bool {
        let _ = (base, length_bytes, protect);
        false
    }

    /// Takes one line for the event log. Must not call back into the port.
    fn log(&self, record: &LogRecord<'_>);
}
