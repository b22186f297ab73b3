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
/// Claimed access ranges: six BARs and the expansion ROM.
pub const ACCESS_RANGES: usize = 8;
/// Waiters on the device lock that may give up at the same time.
pub const ABANDONED_WAITERS: usize = 16;
/// Interrupts delivered, and deferred routines run, at one point of delivery.
pub const DELIVERIES: usize = 256;
