//! How many of each object a device can have at once. All tables are fixed; nothing is allocated for them.

/// Misuse records kept.
pub const FINDINGS: usize = 32;
/// Live pool blocks of one device.
pub const POOL_BLOCKS: usize = 512;
/// Pages that hold blocks smaller than a page.
pub const SMALL_PAGES: usize = 64;
/// Freed addresses remembered to tell a double free from a foreign pointer.
pub const FREED_REMEMBERED: usize = 64;
/// Locked buffers.
pub const MDLS: usize = 32;
/// DMA adapters.
pub const ADAPTERS: usize = 8;
/// Scatter-gather lists between `StartDma` and `CompleteDma`.
pub const DMA_LISTS: usize = 16;
/// Common buffers.
pub const COMMON_BUFFERS: usize = 16;
/// Events.
pub const EVENTS: usize = 32;
/// Spin locks.
pub const SPIN_LOCKS: usize = 32;
/// Deferred routines waiting.
pub const DPCS: usize = 32;
/// Mapped device ranges.
pub const MAPPINGS: usize = 16;
/// Claimed access ranges: six BARs, the expansion ROM, and what the miniport adds at run time.
pub const ACCESS_RANGES: usize = 16;
/// Ranges a miniport adds in `HwVidLegacyResources`.
pub const LEGACY_RANGES: usize = 8;
/// Child devices.
pub const CHILDREN: usize = 8;
/// How often one walk asks the miniport for children.
pub const CHILD_WALK: u32 = 64;
/// Bytes of a child's descriptor: two EDID segments.
pub const CHILD_DESCRIPTOR_BYTES: usize = 512;
/// Further views of one card.
pub const SECONDARY_DISPLAYS: usize = 3;
/// Bytes of the registry in memory, names and bookkeeping included.
pub const REGISTRY_BYTES: usize = 8192;
/// Longest path of a registry value. Units: bytes of UTF-8.
pub const REGISTRY_PATH_BYTES: usize = 255;
/// Largest registry value.
pub const REGISTRY_VALUE_BYTES: usize = 2048;
/// Error reports between create and complete.
pub const DEBUG_REPORTS: usize = 2;
/// Stretches of I/O ports with a permission of their own.
pub const TRAPPED_RANGES: usize = 16;
/// Waiters on the device lock that may give up at the same time.
pub const ABANDONED_WAITERS: usize = 16;
/// Interrupts delivered, and deferred routines run, at one point of delivery.
pub const DELIVERIES: usize = 256;
