//! Requests that give others a view: the frame buffer for a process, the registers for the display driver.

use lumenport_hal::addr::ByteLen;
use lumenport_videoport::address::{PhysAddr, VirtAddr};
use lumenport_videoport::ioctl::{
    PublicAccessRange, ShareMemory, ShareMemoryInformation, parse_video_memory,
};
use lumenport_videoport::miniport::RequestPacket;
use lumenport_videoport::status::VpStatus;
use lumenport_videoport::types::MemorySpace;
use lumenport_videoport::{Platform, VideoPort};

use crate::miniport::LumenportMiniport;

/// Views are rounded up to this. Units: bytes.
const VIEW_GRANULE_BYTES: u32 = 64 << 10;
/// Bytes of a `VIDEO_MEMORY` of a 64-bit target.
const VIDEO_MEMORY_BYTES: usize = 8;

/// A pointer of the byte form as an address of this machine.
fn address(raw: u64) -> Result<VirtAddr, VpStatus> {
    let raw = usize::try_from(raw).map_err(|_| VpStatus::ERROR_INVALID_PARAMETER)?;
    Ok(VirtAddr::new(raw))
}

/// What of `memory` a view of `size` bytes at `offset` covers, rounded up; `None` when it lies outside or is empty.
fn view(memory: ByteLen, offset: u32, size: u32) -> Option<u32> {
    let left = memory.raw().checked_sub(offset)?;
    (size != 0 && size <= left).then(|| {
        size.checked_next_multiple_of(VIEW_GRANULE_BYTES)
            .unwrap_or(left)
            .min(left)
    })
}

impl LumenportMiniport {
    /// Maps a part of card memory, write-combined, for the process behind a handle. The size is rounded up to 64 KiB, at
    /// most to the end of card memory.
    pub(crate) fn share_video_memory<P: Platform>(
        &self,
        port: &VideoPort<'_, P>,
        packet: &mut RequestPacket<'_>,
    ) -> Result<(), VpStatus> {
        let share =
            ShareMemory::parse(packet.input()).ok_or(VpStatus::ERROR_INSUFFICIENT_BUFFER)?;
        if packet.output().len() < ShareMemoryInformation::LENGTH {
            return Err(VpStatus::ERROR_INSUFFICIENT_BUFFER);
        }
        let refused = VpStatus::ERROR_INVALID_PARAMETER;
        let device = self.device().ok_or(VpStatus::ERROR_DEV_NOT_EXIST)?;
        let memory = ByteLen::new(device.memory.range_length_bytes);
        let size = view(memory, share.view_offset_bytes, share.view_size_bytes).ok_or(refused)?;
        let start = device
            .memory
            .range_start
            .raw()
            .checked_add(u64::from(share.view_offset_bytes))
            .ok_or(refused)?;
        let process = usize::try_from(share.process).map_err(|_| refused)?;
        let base = port.map_memory_for(
            process,
            PhysAddr::new(start),
            size,
            MemorySpace::P6CACHE.with(MemorySpace::USER_MODE),
        )?;
        let information = ShareMemoryInformation {
            shared_view_offset_bytes: share.view_offset_bytes,
            shared_view_size_bytes: size,
            virtual_address: base.raw() as u64,
        };
        packet.reply(&information.emit());
        Ok(())
    }

    pub(crate) fn unshare_video_memory<P: Platform>(
        port: &VideoPort<'_, P>,
        packet: &mut RequestPacket<'_>,
    ) -> Result<(), VpStatus> {
        let share =
            ShareMemory::parse(packet.input()).ok_or(VpStatus::ERROR_INSUFFICIENT_BUFFER)?;
        let process =
            usize::try_from(share.process).map_err(|_| VpStatus::ERROR_INVALID_PARAMETER)?;
        port.unmap_memory_for(process, address(share.requested_address)?)
            .into_result()?;
        packet.succeed(0);
        Ok(())
    }

    /// Maps the register range for the display driver: one range, in memory space.
    pub(crate) fn query_public_access_ranges<P: Platform>(
        &self,
        port: &VideoPort<'_, P>,
        packet: &mut RequestPacket<'_>,
    ) -> Result<(), VpStatus> {
        if packet.output().len() < PublicAccessRange::LENGTH {
            return Err(VpStatus::ERROR_INSUFFICIENT_BUFFER);
        }
        let device = self.device().ok_or(VpStatus::ERROR_DEV_NOT_EXIST)?;
        let range = device.register_range;
        let base = port.map_memory(
            range.range_start,
            range.range_length_bytes,
            MemorySpace::MEMORY,
        )?;
        let answer = PublicAccessRange {
            in_io_space: false,
            mapped_in_io_space: false,
            virtual_address: base.raw() as u64,
        };
        packet.reply(&answer.emit());
        Ok(())
    }

    /// Undoes it for every address of the array; stops at the first that is none of them.
    pub(crate) fn free_public_access_ranges<P: Platform>(
        port: &VideoPort<'_, P>,
        packet: &mut RequestPacket<'_>,
    ) -> Result<(), VpStatus> {
        let ranges = packet.input().chunks_exact(VIDEO_MEMORY_BYTES);
        if ranges.len() == 0 {
            return Err(VpStatus::ERROR_INSUFFICIENT_BUFFER);
        }
        for range in ranges {
            let raw = parse_video_memory(range).ok_or(VpStatus::ERROR_INSUFFICIENT_BUFFER)?;
            port.unmap_memory(address(raw)?).into_result()?;
        }
        packet.succeed(0);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_are_rounded_up_and_stay_inside() {
        let memory = ByteLen::new(4 << 20);
        assert_eq!(view(memory, 0, 1), Some(64 << 10));
        assert_eq!(view(memory, 0, 4 << 20), Some(4 << 20));
        assert_eq!(view(memory, (4 << 20) - 100, 100), Some(100));
        assert_eq!(view(memory, (4 << 20) - 100, 101), None);
        assert_eq!(view(memory, 4 << 20, 0), None);
        assert_eq!(view(memory, u32::MAX, u32::MAX), None);
    }
}
