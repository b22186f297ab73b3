//! The small types and constants of the video port contract.
//!
//! Values are those of the published headers; each enumeration has a `from_raw` for callers that hold a number.

/// What kind of memory `VideoPortAllocatePool` hands out (`VP_POOL_TYPE`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u32)]
pub enum PoolType {
    /// `VpNonPagedPool`: resident, usable at every IRQL.
    NonPaged = 0,
    /// `VpPagedPool`: below `DISPATCH_LEVEL` only.
    Paged = 1,
    /// `VpNonPagedPoolCacheAligned`.
    NonPagedCacheAligned = 4,
    /// `VpPagedPoolCacheAligned`.
    PagedCacheAligned = 5,
}

impl PoolType {
    /// The type for a number, `None` for numbers the contract does not define.
    pub const fn from_raw(raw: u32) -> Option<Self> {
        Some(match raw {
            0 => Self::NonPaged,
            1 => Self::Paged,
            4 => Self::NonPagedCacheAligned,
            5 => Self::PagedCacheAligned,
            _ => return None,
        })
    }

    /// Whether the memory may be paged out.
    pub const fn is_paged(self) -> bool {
        matches!(self, Self::Paged | Self::PagedCacheAligned)
    }

    /// Whether blocks start on a cache line.
    pub const fn is_cache_aligned(self) -> bool {
        matches!(self, Self::NonPagedCacheAligned | Self::PagedCacheAligned)
    }
}

/// A pool tag: one to four ASCII characters, stored so that a memory dump reads them forwards.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct PoolTag(pub u32);

impl PoolTag {
    /// The tag whose characters appear in this order in a dump, for instance `PoolTag::new(*b"Dlum")`.
    pub const fn new(characters: [u8; 4]) -> Self {
        Self(u32::from_le_bytes(characters))
    }
}

impl core::fmt::Display for PoolTag {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        use core::fmt::Write as _;
        for byte in self.0.to_le_bytes() {
            f.write_char(if byte.is_ascii_graphic() {
                char::from(byte)
            } else {
                '.'
            })?;
        }
        Ok(())
    }
}

/// What the device will do with locked pages (`VP_LOCK_OPERATION`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u32)]
pub enum LockOperation {
    /// `VpReadAccess`: the device only reads.
    Read = 0,
    /// `VpWriteAccess`: the device writes; equivalent to [`LockOperation::Modify`].
    Write = 1,
    /// `VpModifyAccess`: the device reads and writes.
    Modify = 2,
}

impl LockOperation {
    /// The operation for a number, `None` for numbers the contract does not define.
    pub const fn from_raw(raw: u32) -> Option<Self> {
        Some(match raw {
            0 => Self::Read,
            1 => Self::Write,
            2 => Self::Modify,
            _ => return None,
        })
    }

    /// Whether the device may write the pages.
    pub const fn device_writes(self) -> bool {
        !matches!(self, Self::Read)
    }
}

/// What the NT4 packet services are asked to do (`DMA_FLAGS`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u32)]
pub enum DmaFlags {
    /// `VideoPortUnlockAfterDma`: accepted, does nothing since Windows 2000.
    UnlockAfterDma = 1,
    /// `VideoPortKeepPagesLocked`: accepted, does nothing since Windows 2000.
    KeepPagesLocked = 2,
    /// `VideoPortDmaInitOnly`: pin without starting a transfer; the one flag that acts.
    DmaInitOnly = 3,
}

/// How strongly `VideoPortSynchronizeExecution` excludes others (`VIDEO_SYNCHRONIZE_PRIORITY`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u32)]
pub enum SynchronizePriority {
    /// `VpLowPriority`: raise to `DISPATCH_LEVEL`; the interrupt routine can still run.
    Low = 0,
    /// `VpMediumPriority`: never at the same time as the interrupt routine.
    Medium = 1,
    /// `VpHighPriority`: the same as medium.
    High = 2,
}

impl SynchronizePriority {
    /// The priority for a number, `None` for numbers the contract does not define.
    pub const fn from_raw(raw: u32) -> Option<Self> {
        Some(match raw {
            0 => Self::Low,
            1 => Self::Medium,
            2 => Self::High,
            _ => return None,
        })
    }
}

/// What a bus-master device can do (`VP_DEVICE_DESCRIPTION`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DeviceDescription {
    /// The device walks scatter-gather lists; otherwise each list has exactly one element.
    pub scatter_gather: bool,
    /// The device reaches the first 4 GiB.
    pub dma_32bit_addresses: bool,
    /// The device reaches every address.
    pub dma_64bit_addresses: bool,
    /// Most bytes one DMA operation may carry.
    pub maximum_length_bytes: u32,
}

/// How `VideoPortCreateEvent` makes an event.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct EventFlags(pub u32);

impl EventFlags {
    /// `NOTIFICATION_EVENT`: stays signalled until cleared. Without it one waiter is released and the event clears.
    pub const NOTIFICATION: u32 = 1;
    /// `INITIAL_EVENT_SIGNALED`.
    pub const INITIALLY_SIGNALED: u32 = 2;

    /// Whether the event stays signalled.
    pub const fn is_notification(self) -> bool {
        self.0 & Self::NOTIFICATION != 0
    }

    /// Whether the event starts signalled.
    pub const fn is_initially_signaled(self) -> bool {
        self.0 & Self::INITIALLY_SIGNALED != 0
    }
}

/// How long a wait lasts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Timeout {
    /// A NULL timeout of the contract: until the object is signalled.
    Forever,
    /// From now on. Units: 100 ns. Zero polls, the only form legal at `DISPATCH_LEVEL`.
    Relative100ns(u64),
    /// Until this wall time. Units: 100 ns since 1601-01-01 UTC.
    Absolute100ns(u64),
}

impl Timeout {
    /// Only look.
    pub const POLL: Self = Self::Relative100ns(0);

    /// From now on, in microseconds.
    pub const fn micros(duration_us: u64) -> Self {
        Self::Relative100ns(duration_us.saturating_mul(10))
    }

    /// The contract's form: none is forever, negative is relative, positive absolute, 100 ns units.
    pub const fn from_large_integer(value: Option<i64>) -> Self {
        match value {
            None => Self::Forever,
            Some(v) if v > 0 => Self::Absolute100ns(v.unsigned_abs()),
            Some(v) => Self::Relative100ns(v.unsigned_abs()),
        }
    }
}

/// Flags of `VideoPortGetDeviceBase` and `VideoPortMapMemory` (`InIoSpace`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct MemorySpace(pub u32);

impl MemorySpace {
    /// `VIDEO_MEMORY_SPACE_MEMORY`.
    pub const MEMORY: Self = Self(0);
    /// `VIDEO_MEMORY_SPACE_IO`.
    pub const IO: Self = Self(1);
    /// `VIDEO_MEMORY_SPACE_USER_MODE`.
    pub const USER_MODE: Self = Self(2);
    /// `VIDEO_MEMORY_SPACE_P6CACHE`: combine writes. Ignored together with [`MemorySpace::IO`].
    pub const P6CACHE: Self = Self(8);

    /// Both sets of flags.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether every flag of `other` is set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// One range a device decodes (`VIDEO_ACCESS_RANGE`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct AccessRange {
    /// First address.
    pub range_start: crate::address::PhysAddr,
    /// Bytes.
    pub range_length_bytes: u32,
    /// I/O ports instead of memory.
    pub range_in_io_space: bool,
    /// Other drivers may see it.
    pub range_visible: bool,
    /// Other drivers may claim it too.
    pub range_shareable: bool,
    /// `VIDEO_RANGE_PASSIVE_DECODE`, `VIDEO_RANGE_10_BIT_DECODE` bits.
    pub range_passive: u8,
}

/// `DISPLAY_ADAPTER_HW_ID`: the adapter itself in power and child calls.
pub const DISPLAY_ADAPTER_HW_ID: u32 = 0xFFFF_FFFF;

/// `PCIBus` of `INTERFACE_TYPE`.
pub const INTERFACE_TYPE_PCI_BUS: u32 = 5;

/// `VIDEO_POWER_STATE`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u32)]
pub enum PowerState {
    /// Not told.
    Unspecified = 0,
    /// Fully on.
    On = 1,
    /// Light sleep.
    StandBy = 2,
    /// Deeper sleep.
    Suspend = 3,
    /// Off.
    Off = 4,
    /// The machine hibernates: adapter and monitor stay on.
    Hibernate = 5,
    /// The machine shuts down.
    Shutdown = 6,
}
