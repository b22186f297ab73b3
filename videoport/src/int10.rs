//! The BIOS-call interface of `VideoPortQueryServices`: one block of transfer memory, and no BIOS behind it.
//!
//! A driver can allocate the block, write and read it; a call itself fails cleanly, as there is no BIOS to call.
//!
//! Source: `VIDEO_PORT_INT10_INTERFACE`, `Int10AllocateBuffer` and its siblings.

use crate::address::{PAGE_SIZE, VirtAddr};
use crate::guarded::Guarded;
use crate::platform::{PageKind, Platform};
use crate::port::VideoPort;
use crate::services::Service;
use crate::status::VpStatus;

/// Bytes of the one block there is.
pub const INT10_BUFFER_BYTES: u32 = 4096;
/// Real-mode segment under which the block is known.
const SEGMENT: u16 = 0x2000;

/// A real-mode address.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct RealModeAddress {
    /// Segment.
    pub segment: u16,
    /// Offset in it.
    pub offset: u16,
}

/// Registers of a call (`INT10_BIOS_ARGUMENTS`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[repr(C)]
pub struct Int10Arguments {
    /// The general registers.
    pub registers: crate::vga::BiosArguments,
    /// DS.
    pub seg_ds: u16,
    /// ES.
    pub seg_es: u16,
}

/// The block.
#[derive(Default)]
pub(crate) struct Int10State {
    block: VirtAddr,
}

impl Int10State {
    pub(crate) const fn new() -> Guarded<Self> {
        Guarded::new(Self {
            block: VirtAddr::NULL,
        })
    }
}

impl<P: Platform> VideoPort<'_, P> {
    /// `Int10AllocateBuffer`: the one block. PASSIVE. `length_bytes` becomes [`INT10_BUFFER_BYTES`] in every case.
    ///
    /// # Errors
    /// `ERROR_NOT_ENOUGH_MEMORY` when more is wanted, the block is taken already, or there is no memory.
    pub fn int10_allocate_buffer(
        &self,
        length_bytes: &mut u32,
    ) -> Result<RealModeAddress, VpStatus> {
        let wanted = core::mem::replace(length_bytes, INT10_BUFFER_BYTES);
        let no_room = VpStatus::ERROR_NOT_ENOUGH_MEMORY;
        if !self.enter(Service::Int10) || wanted > INT10_BUFFER_BYTES {
            return Err(no_room);
        }
        let page = self
            .platform
            .allocate_pages(1, PageKind::NonPaged)
            .ok_or(no_room)?;
        self.fill(Service::Int10, page, PAGE_SIZE, 0);
        let taken = self.int10.with(|state| {
            let free = state.block.is_null();
            if free {
                state.block = page;
            }
            free
        });
        if !taken {
            self.platform.free_pages(page, 1);
            return Err(no_room);
        }
        Ok(RealModeAddress {
            segment: SEGMENT,
            offset: 0,
        })
    }

    /// `Int10FreeBuffer`: gives the block back. PASSIVE. `ERROR_INVALID_PARAMETER` for what is not the block.
    pub fn int10_free_buffer(&self, at: RealModeAddress) -> VpStatus {
        let ours = at
            == RealModeAddress {
                segment: SEGMENT,
                offset: 0,
            };
        if self.enter(Service::Int10) && ours && self.drop_int10_block() {
            VpStatus::NO_ERROR
        } else {
            VpStatus::ERROR_INVALID_PARAMETER
        }
    }

    /// Frees the block. False: there was none.
    pub(crate) fn drop_int10_block(&self) -> bool {
        let block = self.int10.with(|state| core::mem::take(&mut state.block));
        if !block.is_null() {
            self.platform.free_pages(block, 1);
        }
        !block.is_null()
    }

    /// Where a range of real-mode memory lies, `None` outside the block.
    fn int10_place(&self, at: RealModeAddress, length_bytes: usize) -> Option<VirtAddr> {
        let linear = (usize::from(at.segment) << 4) + usize::from(at.offset);
        let offset = linear.checked_sub(usize::from(SEGMENT) << 4)?;
        let end = offset.checked_add(length_bytes)?;
        let block = self.int10.with(|state| state.block);
        if block.is_null() || end > PAGE_SIZE {
            return None;
        }
        block.checked_add(offset)
    }

    /// `Int10ReadMemory`: reads from the block. PASSIVE. `ERROR_INVALID_PARAMETER` for a range not wholly inside.
    pub fn int10_read_memory(&self, at: RealModeAddress, into: &mut [u8]) -> VpStatus {
        let read = self.enter(Service::Int10)
            && self
                .int10_place(at, into.len())
                .is_some_and(|place| self.platform.read_memory(place, into).is_ok());
        if read {
            VpStatus::NO_ERROR
        } else {
            VpStatus::ERROR_INVALID_PARAMETER
        }
    }

    /// `Int10WriteMemory`: writes to the block. PASSIVE. `ERROR_INVALID_PARAMETER` for a range not wholly inside.
    pub fn int10_write_memory(&self, at: RealModeAddress, bytes: &[u8]) -> VpStatus {
        let written = self.enter(Service::Int10)
            && self
                .int10_place(at, bytes.len())
                .is_some_and(|place| self.platform.write_memory(place, bytes).is_ok());
        if written {
            VpStatus::NO_ERROR
        } else {
            VpStatus::ERROR_INVALID_PARAMETER
        }
    }

    /// `Int10CallBios`: there is no BIOS. Always `ERROR_INVALID_FUNCTION`, registers untouched. PASSIVE.
    pub fn int10_call_bios(&self, arguments: &mut Int10Arguments) -> VpStatus {
        let _ = (self.enter(Service::Int10), arguments);
        VpStatus::ERROR_INVALID_FUNCTION
    }
}
