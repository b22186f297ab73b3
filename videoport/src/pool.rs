//! The pool: `VideoPortAllocatePool` and the older `VideoPortAllocateBuffer`, one allocator behind both.
//!
//! Blocks smaller than a page share pages in 16-byte units and never cross a page; larger ones have pages of their own.
//! All bookkeeping is outside the blocks, in fixed tables: a driver that writes past its block cannot damage it, and a
//! wrong pointer given to free is recognised for what it is: freed before, inside a block, or never allocated.
//!
//! Alignment: 16 bytes; a cache line for the cache-aligned types; a page for a page or more.
//! Quota: live bytes of `AllocateBuffer` blocks, checked before memory is looked for, so 122 wins over 8.
//!
//! Source: rules of `VideoPortAllocatePool`, `VideoPortAllocateBuffer`; alignment of the kernel's pool.

mod small;

use core::fmt;

use crate::address::{BusAddr, PAGE_SIZE, VirtAddr, pages_for};
use crate::guarded::Guarded;
use crate::irql::DISPATCH_LEVEL;
use crate::limits::{FREED_REMEMBERED, POOL_BLOCKS};
use crate::platform::{PageKind, Platform};
use crate::port::{LeakReport, VideoPort};
use crate::services::Service;
use crate::status::VpStatus;
use crate::strict::FindingKind;
use crate::types::{PoolTag, PoolType};
use small::{SmallPages, SmallPlace};

/// Pattern of fresh blocks in strict mode.
pub const FRESH_PATTERN: u8 = 0xCD;
/// Pattern of freed blocks in strict mode.
pub const FREED_PATTERN: u8 = 0xDD;
/// Alignment of cache-aligned blocks. Units: bytes.
pub const CACHE_LINE_BYTES: usize = 64;

/// Why no block could be had.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PoolError {
    /// The machine has no memory left for it.
    OutOfMemory {
        /// Bytes asked for.
        size_bytes: usize,
    },
    /// The size overflows.
    TooLarge {
        /// Bytes asked for.
        size_bytes: usize,
    },
    /// The block table is full.
    TooManyBlocks {
        /// Its capacity.
        limit: usize,
    },
    /// The miniport's ceiling for `AllocateBuffer` would be passed.
    OverQuota {
        /// Bytes asked for.
        size_bytes: usize,
        /// Bytes live already.
        live_bytes: u64,
        /// The ceiling.
        quota_bytes: u64,
    },
    /// Not at this IRQL (strict mode).
    WrongIrql {
        /// The level of the call.
        irql: u8,
    },
}

impl fmt::Display for PoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfMemory { size_bytes } => write!(f, "no memory for {size_bytes} bytes"),
            Self::TooLarge { size_bytes } => {
                write!(f, "a block of {size_bytes} bytes cannot exist")
            }
            Self::TooManyBlocks { limit } => write!(f, "{limit} blocks are live already"),
            Self::OverQuota {
                size_bytes,
                live_bytes,
                quota_bytes,
            } => {
                write!(
                    f,
                    "{size_bytes} bytes on top of {live_bytes} exceed the ceiling of {quota_bytes}"
                )
            }
            Self::WrongIrql { irql } => write!(f, "not at IRQL {irql}"),
        }
    }
}

impl core::error::Error for PoolError {}

/// Which service a block came from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Origin {
    Pool,
    Buffer,
    /// `AllocateContiguousMemory`: lives as long as the device.
    Contiguous,
    /// The port's own, for instance the device extension.
    Port,
}

impl Origin {
    /// Whether the miniport is expected to free it.
    const fn is_counted(self) -> bool {
        matches!(self, Self::Pool | Self::Buffer)
    }
}

/// Where a block lies.
#[derive(Clone, Copy, Debug)]
enum Place {
    Small(SmallPlace),
    Pages(usize),
}

#[derive(Clone, Copy)]
struct Block {
    base: VirtAddr,
    size_bytes: usize,
    tag: PoolTag,
    paged: bool,
    origin: Origin,
    place: Place,
}

/// Blocks and small pages of one device.
pub(crate) struct Pool {
    blocks: heapless::Vec<Block, POOL_BLOCKS>,
    small: SmallPages,
    freed: heapless::HistoryBuf<VirtAddr, FREED_REMEMBERED>,
    buffer_bytes: u64,
}

/// What a pointer given to free turned out to be.
enum Freed {
    Block {
        block: Block,
        empty_page: Option<VirtAddr>,
    },
    Misuse(FindingKind),
    PagedAtDispatch,
}

impl Pool {
    pub(crate) const fn new() -> Guarded<Self> {
        Guarded::new(Self {
            blocks: heapless::Vec::new(),
            small: SmallPages::new(),
            freed: heapless::HistoryBuf::new(),
            buffer_bytes: 0,
        })
    }

    fn record(&mut self, block: Block) -> Result<VirtAddr, Block> {
        self.blocks.push(block)?;
        Ok(block.base)
    }

    fn take_small(&mut self, request: &Request) -> Option<Result<VirtAddr, PoolError>> {
        if self.blocks.is_full() {
            return Some(Err(PoolError::TooManyBlocks { limit: POOL_BLOCKS }));
        }
        let (base, place) = self.small.take(
            request.bytes(),
            request.align(),
            request.pool_type.is_paged(),
        )?;
        let block = request.block(base, Place::Small(place));
        Some(
            self.record(block)
                .map_err(|_| PoolError::TooManyBlocks { limit: POOL_BLOCKS }),
        )
    }

    /// Takes a block out by its address. `refuse_paged` keeps a paged one and says so.
    fn remove(&mut self, base: VirtAddr, refuse_paged: bool) -> Freed {
        let Some(index) = self.blocks.iter().position(|block| block.base == base) else {
            return Freed::Misuse(self.classify(base));
        };
        if refuse_paged && self.blocks.get(index).is_some_and(|block| block.paged) {
            return Freed::PagedAtDispatch;
        }
        let block = self.blocks.swap_remove(index);
        let empty_page = match block.place {
            Place::Small(place) => self.small.give_back(place),
            Place::Pages(_) => None,
        };
        if block.origin == Origin::Buffer {
            self.buffer_bytes = self.buffer_bytes.saturating_sub(block.size_bytes as u64);
        }
        self.freed.write(base);
        Freed::Block { block, empty_page }
    }

    /// What is wrong with a range, if it starts in memory of the pool.
    fn check_range(&self, at: VirtAddr, length_bytes: usize) -> Option<FindingKind> {
        let inside = self.blocks.iter().find_map(|block| {
            let offset = at.raw().checked_sub(block.base.raw())?;
            (offset < block.whole_bytes()).then_some((block, offset))
        });
        match inside {
            Some((block, offset)) => {
                let fits = offset
                    .checked_add(length_bytes)
                    .is_some_and(|end| end <= block.size_bytes);
                (!fits).then_some(FindingKind::PastEnd)
            }
            None => self.small.contains(at).then_some(FindingKind::UseAfterFree),
        }
    }

    fn classify(&self, pointer: VirtAddr) -> FindingKind {
        let inside = |block: &&Block| {
            pointer
                .raw()
                .checked_sub(block.base.raw())
                .is_some_and(|offset| offset < block.size_bytes)
        };
        if self.blocks.iter().find(inside).is_some() {
            FindingKind::InteriorPointer
        } else if self.freed.oldest_ordered().any(|freed| *freed == pointer) {
            FindingKind::DoubleFree
        } else {
            FindingKind::ForeignPointer
        }
    }
}

/// One allocation as asked for.
#[derive(Clone, Copy)]
struct Request {
    size_bytes: usize,
    pool_type: PoolType,
    tag: PoolTag,
    origin: Origin,
    highest: Option<BusAddr>,
}

impl Request {
    /// Size 0 still gives a pointer that can be freed.
    fn bytes(&self) -> usize {
        self.size_bytes.max(1)
    }

    fn align(&self) -> usize {
        if self.pool_type.is_cache_aligned() {
            CACHE_LINE_BYTES
        } else {
            small::UNIT_BYTES
        }
    }

    fn page_kind(&self) -> PageKind {
        match self.highest {
            Some(highest) => PageKind::Contiguous { highest },
            None if self.pool_type.is_paged() => PageKind::Paged,
            None => PageKind::NonPaged,
        }
    }

    fn is_small(&self) -> bool {
        self.bytes() < PAGE_SIZE && self.highest.is_none()
    }

    fn block(&self, base: VirtAddr, place: Place) -> Block {
        Block {
            base,
            size_bytes: self.size_bytes,
            tag: self.tag,
            paged: self.pool_type.is_paged(),
            origin: self.origin,
            place,
        }
    }
}

impl Block {
    /// Bytes the block takes up, those behind its end included.
    fn whole_bytes(&self) -> usize {
        match self.place {
            Place::Small(place) => place.length_bytes(),
            Place::Pages(count) => count.saturating_mul(PAGE_SIZE),
        }
    }
}

impl<P: Platform> VideoPort<'_, P> {
    /// `VideoPortAllocatePool`: a tagged block, uninitialised. `<= DISPATCH`, paged types below it.
    ///
    /// `None` when there is no memory. Size 0 gives a pointer that only free accepts; strict mode reports it.
    pub fn allocate_pool(
        &self,
        pool_type: PoolType,
        size_bytes: usize,
        tag: PoolTag,
    ) -> Option<VirtAddr> {
        let service = Service::AllocatePool;
        if !self.enter(service) || (pool_type.is_paged() && !self.enter_paged(service)) {
            return None;
        }
        if size_bytes == 0 {
            self.note(service, FindingKind::ZeroLength, 0);
        }
        self.allocate(Request {
            size_bytes,
            pool_type,
            tag,
            origin: Origin::Pool,
            highest: None,
        })
        .ok()
    }

    /// `VideoPortFreePool`: frees a block, whichever service it came from. `<= DISPATCH`, paged blocks below it.
    pub fn free_pool(&self, block: VirtAddr) {
        if self.enter(Service::FreePool) {
            self.free_block(Service::FreePool, block);
        }
    }

    /// `VideoPortAllocateBuffer` (obsolete): paged memory under the miniport's ceiling. PASSIVE.
    ///
    /// # Errors
    /// `ERROR_INSUFFICIENT_BUFFER` over the ceiling, `ERROR_NOT_ENOUGH_MEMORY` without memory,
    /// `ERROR_INVALID_PARAMETER` at a wrong IRQL (strict mode).
    pub fn allocate_buffer(&self, size_bytes: u32) -> Result<VirtAddr, VpStatus> {
        let service = Service::AllocateBuffer;
        if !self.enter(service) {
            return Err(PoolError::WrongIrql {
                irql: self.platform.irql(),
            }
            .into());
        }
        if size_bytes == 0 {
            self.note(service, FindingKind::ZeroLength, 0);
        }
        let size = size_bytes as usize;
        let quota_bytes = self.options.buffer_quota_bytes;
        self.pool.with(|pool| {
            let live_bytes = pool.buffer_bytes;
            if live_bytes.saturating_add(u64::from(size_bytes)) > quota_bytes {
                return Err(PoolError::OverQuota {
                    size_bytes: size,
                    live_bytes,
                    quota_bytes,
                });
            }
            pool.buffer_bytes = live_bytes + u64::from(size_bytes);
            Ok(())
        })?;
        let tag = PoolTag::new(*b"VPbf");
        let request = Request {
            size_bytes: size,
            pool_type: PoolType::Paged,
            tag,
            origin: Origin::Buffer,
            highest: None,
        };
        self.allocate(request).map_err(|error| {
            self.pool.with(|pool| {
                pool.buffer_bytes = pool.buffer_bytes.saturating_sub(u64::from(size_bytes));
            });
            error.into()
        })
    }

    /// `VideoPortReleaseBuffer` (obsolete): frees a block, whichever service it came from. PASSIVE.
    pub fn release_buffer(&self, buffer: VirtAddr) {
        if self.enter(Service::ReleaseBuffer) {
            self.free_block(Service::ReleaseBuffer, buffer);
        }
    }

    /// `VideoPortAllocateContiguousMemory` (obsolete): non-paged, contiguous, every byte at or below `highest`. PASSIVE.
    ///
    /// There is no service that frees it: it is freed with the device, and not counted as a leak.
    pub fn allocate_contiguous_memory(
        &self,
        size_bytes: u32,
        highest: BusAddr,
    ) -> Option<VirtAddr> {
        let service = Service::AllocateContiguousMemory;
        if !self.enter(service) {
            return None;
        }
        if size_bytes == 0 {
            self.note(service, FindingKind::ZeroLength, 0);
            return None;
        }
        let request = Request {
            size_bytes: size_bytes as usize,
            pool_type: PoolType::NonPagedCacheAligned,
            tag: PoolTag::new(*b"VPcm"),
            origin: Origin::Contiguous,
            highest: Some(highest),
        };
        self.allocate(request).ok()
    }

    /// Live blocks and their bytes, without those of `AllocateContiguousMemory`, which live as long as the device.
    pub fn pool_usage(&self) -> (usize, usize) {
        self.pool.with(|pool| {
            let counted = pool.blocks.iter().filter(|block| block.origin.is_counted());
            counted.fold((0, 0), |(count, bytes), block| {
                (count + 1, bytes + block.size_bytes)
            })
        })
    }

    /// Zeroed non-paged memory for the device extension; null for 0 bytes.
    pub(crate) fn allocate_extension(&self, size_bytes: u32) -> Option<VirtAddr> {
        if size_bytes == 0 {
            return Some(VirtAddr::NULL);
        }
        let request = Request {
            size_bytes: size_bytes as usize,
            pool_type: PoolType::NonPaged,
            tag: PoolTag::new(*b"VPex"),
            origin: Origin::Port,
            highest: None,
        };
        let base = self.allocate(request).ok()?;
        self.fill(Service::Initialize, base, size_bytes as usize, 0);
        Some(base)
    }

    fn allocate(&self, request: Request) -> Result<VirtAddr, PoolError> {
        let base = if request.is_small() {
            self.allocate_small(&request)
        } else {
            self.allocate_pages(&request)
        }?;
        self.dress(base);
        Ok(base)
    }

    fn allocate_small(&self, request: &Request) -> Result<VirtAddr, PoolError> {
        if let Some(answer) = self.pool.with(|pool| pool.take_small(request)) {
            return answer;
        }
        let out_of_memory = PoolError::OutOfMemory {
            size_bytes: request.size_bytes,
        };
        // The platform is asked outside the critical section; another thread may get in between, which is harmless:
        // the fresh page goes in and the block is taken from it in one step.
        let page = self
            .platform
            .allocate_pages(1, request.page_kind())
            .ok_or(out_of_memory)?;
        if self.options.fill_patterns {
            self.fill(Service::AllocatePool, page, PAGE_SIZE, FREED_PATTERN);
        }
        let answer = self.pool.with(|pool| {
            if pool.small.adopt(page, request.pool_type.is_paged()) {
                pool.take_small(request)
            } else {
                None
            }
        });
        match answer {
            Some(Ok(base)) => Ok(base),
            Some(Err(error)) => {
                self.drop_unused_page(page);
                Err(error)
            }
            None => {
                self.platform.free_pages(page, 1);
                Err(out_of_memory)
            }
        }
    }

    /// The live block that starts at `base`.
    fn block_at(&self, base: VirtAddr) -> Option<Block> {
        self.pool
            .with(|pool| pool.blocks.iter().find(|block| block.base == base).copied())
    }

    /// Fills a fresh block with its pattern and the bytes behind it with another; before that, looks whether somebody
    /// wrote to memory that was free.
    fn dress(&self, base: VirtAddr) {
        let Some(block) = self.block_at(base).filter(|_| self.options.fill_patterns) else {
            return;
        };
        let service = Service::AllocatePool;
        let whole = block.whole_bytes();
        if matches!(block.place, Place::Small(_)) && !self.holds(base, whole, FREED_PATTERN) {
            self.note(service, FindingKind::WrittenAfterFree, base.raw() as u64);
        }
        self.fill(service, base, block.size_bytes, FRESH_PATTERN);
        if let Some(end) = base.checked_add(block.size_bytes) {
            let behind = whole.saturating_sub(block.size_bytes);
            self.fill(service, end, behind, FREED_PATTERN);
        }
    }

    /// Looks whether the bytes behind a block are as they were, and fills all of it with the pattern of freed memory.
    fn undress(&self, service: Service, block: &Block) {
        if !self.options.fill_patterns {
            return;
        }
        let whole = block.whole_bytes();
        let behind = whole.saturating_sub(block.size_bytes);
        let intact = block
            .base
            .checked_add(block.size_bytes)
            .is_some_and(|end| self.holds(end, behind, FREED_PATTERN));
        if !intact {
            let at = block.base.raw() as u64;
            self.note(service, FindingKind::WrittenPastEnd, at);
        }
        self.fill(service, block.base, whole, FREED_PATTERN);
    }

    /// Checks, in strict mode, a range a service is to touch: if it starts in pool memory, it lies in one live block.
    pub(crate) fn may_touch(&self, service: Service, at: VirtAddr, length_bytes: usize) -> bool {
        if !self.options.strict || length_bytes == 0 {
            return true;
        }
        match self.pool.with(|pool| pool.check_range(at, length_bytes)) {
            Some(kind) => self.misuse(service, kind, at.raw() as u64),
            None => true,
        }
    }

    fn drop_unused_page(&self, page: VirtAddr) {
        if self.pool.with(|pool| pool.small.disown_if_empty(page)) {
            self.platform.free_pages(page, 1);
        }
    }

    fn allocate_pages(&self, request: &Request) -> Result<VirtAddr, PoolError> {
        let size_bytes = request.size_bytes;
        let count = pages_for(request.bytes()).ok_or(PoolError::TooLarge { size_bytes })?;
        let out_of_memory = PoolError::OutOfMemory { size_bytes };
        let base = self
            .platform
            .allocate_pages(count, request.page_kind())
            .ok_or(out_of_memory)?;
        let block = request.block(base, Place::Pages(count));
        self.pool.with(|pool| pool.record(block)).map_err(|_| {
            self.platform.free_pages(base, count);
            PoolError::TooManyBlocks { limit: POOL_BLOCKS }
        })
    }

    /// Frees a block and reports what was wrong with the pointer, if anything.
    pub(crate) fn free_block(&self, service: Service, pointer: VirtAddr) {
        if pointer.is_null() {
            self.note(service, FindingKind::NullPointer, 0);
            return;
        }
        let at_dispatch = self.platform.irql() >= DISPATCH_LEVEL;
        let refuse_paged = at_dispatch && self.options.strict;
        if let Some(block) = self.block_at(pointer) {
            if block.origin == Origin::Port && service != Service::Removal {
                // The device extension or another block of the port's own: never given out to be freed.
                self.note(service, FindingKind::ForeignPointer, pointer.raw() as u64);
                return;
            }
            if !(refuse_paged && block.paged) {
                self.undress(service, &block);
            }
        }
        match self.pool.with(|pool| pool.remove(pointer, refuse_paged)) {
            Freed::Misuse(kind) => self.note(service, kind, pointer.raw() as u64),
            Freed::PagedAtDispatch => {
                let kind = FindingKind::IrqlTooHigh {
                    limit: DISPATCH_LEVEL - 1,
                };
                self.note(service, kind, pointer.raw() as u64);
            }
            Freed::Block { block, empty_page } => {
                if at_dispatch && block.paged {
                    self.note(
                        service,
                        FindingKind::IrqlTooHigh {
                            limit: DISPATCH_LEVEL - 1,
                        },
                        pointer.raw() as u64,
                    );
                }
                self.return_pages(&block, empty_page);
            }
        }
    }

    fn return_pages(&self, block: &Block, empty_page: Option<VirtAddr>) {
        match (block.place, empty_page) {
            (Place::Pages(count), _) => self.platform.free_pages(block.base, count),
            (Place::Small(_), Some(page)) => self.platform.free_pages(page, 1),
            (Place::Small(_), None) => {}
        }
    }

    pub(crate) fn tear_down_pool(&self, report: &mut LeakReport) {
        while let Some(Freed::Block { block, empty_page }) = self.pool.with(|pool| {
            let base = pool.blocks.first()?.base;
            Some(pool.remove(base, false))
        }) {
            if block.origin.is_counted() {
                report.pool_blocks += 1;
                report.pool_bytes += block.size_bytes;
                self.note(
                    Service::Removal,
                    FindingKind::Leak { tag: block.tag },
                    block.size_bytes as u64,
                );
            }
            self.return_pages(&block, empty_page);
        }
    }
}
