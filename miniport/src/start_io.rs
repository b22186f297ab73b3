//! `HwVidStartIO`: one request at a time, finished before it returns.

use lumenport_videoport::ioctl;
use lumenport_videoport::miniport::RequestPacket;
use lumenport_videoport::status::VpStatus;
use lumenport_videoport::{Platform, VideoPort};

use crate::miniport::LumenportMiniport;
use crate::private_ioctl;

impl LumenportMiniport {
    /// Serves every request of the table in this crate's README; any other code is `ERROR_INVALID_FUNCTION`.
    pub(crate) fn start_io_callback<P: Platform>(
        &self,
        port: &VideoPort<'_, P>,
        packet: &mut RequestPacket<'_>,
    ) -> bool {
        let served = match packet.io_control_code {
            ioctl::QUERY_NUM_AVAIL_MODES => {
                self.query_num_avail_modes(packet);
                Ok(())
            }
            ioctl::QUERY_AVAIL_MODES => self.query_avail_modes(packet),
            ioctl::QUERY_CURRENT_MODE => self.query_current_mode(packet),
            ioctl::SET_CURRENT_MODE => self.set_current_mode(port, packet),
            ioctl::RESET_DEVICE => self.reset_device(port, packet),
            ioctl::MAP_VIDEO_MEMORY => self.map_video_memory(port, packet),
            ioctl::UNMAP_VIDEO_MEMORY => Self::unmap_video_memory(port, packet),
            ioctl::SET_COLOR_REGISTERS => self.set_color_registers(port, packet),
            ioctl::GET_CHILD_STATE => self.get_child_state(packet),
            ioctl::VALIDATE_CHILD_STATE_CONFIGURATION => self.validate_child_state(packet),
            ioctl::SET_CHILD_STATE_CONFIGURATION => self.set_child_state(port, packet),
            private_ioctl::UPDATE_RECTANGLE => self.update_rectangle(port, packet),
            private_ioctl::FLIP => self.flip(port, packet),
            private_ioctl::WAIT_VBLANK => self.wait_vblank(port, packet),
            _ => Err(VpStatus::ERROR_INVALID_FUNCTION),
        };
        if let Err(status) = served {
            packet.fail(status);
        }
        true
    }
}
