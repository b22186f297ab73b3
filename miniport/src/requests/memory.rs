//! Mapping requests: the frame buffer for the display driver.

use lumenport_videoport::address::VirtAddr;
use lumenport_videoport::ioctl::{MemoryInformation, parse_video_memory};
use lumenport_videoport::miniport::RequestPacket;
use lumenport_videoport::status::VpStatus;
use lumenport_videoport::types::MemorySpace;
use lumenport_videoport::{Platform, VideoPort};

use crate::miniport::LumenportMiniport;

impl LumenportMiniport {
    /// Maps card memory, write-combined. The lengths are those of the current mode, of all memory without one.
    pub(crate) fn map_video_memory<P: Platform>(
        &self,
        port: &VideoPort<'_, P>,
        packet: &mut RequestPacket<'_>,
    ) -> Result<(), VpStatus> {
        if packet.output().len() < MemoryInformation::LENGTH {
            return Err(VpStatus::ERROR_INSUFFICIENT_BUFFER);
        }
        let device = self.device().ok_or(VpStatus::ERROR_DEV_NOT_EXIST)?;
        let memory = device.memory;
        let base = port.map_memory(
            memory.range_start,
            memory.range_length_bytes,
            MemorySpace::P6CACHE,
        )?;
        let (ram, frame) = self.current_mode().map_or(
            (memory.range_length_bytes, memory.range_length_bytes),
            |mode| (mode.memory_bytes().raw(), mode.frame_bytes().raw()),
        );
        let information = MemoryInformation {
            video_ram_base: base.raw() as u64,
            video_ram_length_bytes: ram,
            frame_buffer_base: base.raw() as u64,
            frame_buffer_length_bytes: frame,
        };
        packet.reply(&information.emit());
        Ok(())
    }

    pub(crate) fn unmap_video_memory<P: Platform>(
        port: &VideoPort<'_, P>,
        packet: &mut RequestPacket<'_>,
    ) -> Result<(), VpStatus> {
        let address =
            parse_video_memory(packet.input()).ok_or(VpStatus::ERROR_INSUFFICIENT_BUFFER)?;
        let address = usize::try_from(address).map_err(|_| VpStatus::ERROR_INVALID_PARAMETER)?;
        port.unmap_memory(VirtAddr::new(address)).into_result()?;
        packet.succeed(0);
        Ok(())
    }
}
