//! `HwVidStartIO`: one request at a time, finished before it returns.

use lumenport_videoport::ioctl;
use lumenport_videoport::miniport::RequestPacket;
use lumenport_videoport::status::VpStatus;
use lumenport_videoport::{Platform, VideoPort};

use crate::miniport::LumenportMiniport;
use crate::private_ioctl;

/// Refused while adapter or monitor sleeps.
const NEEDS_PICTURE: [u32; 4] = [
    ioctl::SET_CURRENT_MODE,
    private_ioctl::UPDATE_RECTANGLE,
    private_ioctl::FLIP,
    private_ioctl::WAIT_VBLANK,
];

impl LumenportMiniport {
    /// Serves every request of the table in this crate's README; any other code is `ERROR_INVALID_FUNCTION`.
    pub(crate) fn start_io_callback<P: Platform>(
        &self,
        port: &VideoPort<'_, P>,
        packet: &mut RequestPacket<'_>,
    ) -> bool {
        let served = match packet.io_control_code {
            code if NEEDS_PICTURE.contains(&code) && self.is_asleep() => {
                Err(VpStatus::ERROR_INVALID_FUNCTION)
            }
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
            ioctl::QUERY_COLOR_CAPABILITIES => {
                Self::query_color_capabilities(packet);
                Ok(())
            }
            ioctl::SHARE_VIDEO_MEMORY => self.share_video_memory(port, packet),
            ioctl::UNSHARE_VIDEO_MEMORY => Self::unshare_video_memory(port, packet),
            ioctl::QUERY_PUBLIC_ACCESS_RANGES => self.query_public_access_ranges(port, packet),
            ioctl::FREE_PUBLIC_ACCESS_RANGES => Self::free_public_access_ranges(port, packet),
            ioctl::GET_POWER_MANAGEMENT => {
                self.get_power_management(packet);
                Ok(())
            }
            ioctl::SET_POWER_MANAGEMENT => self.set_power_management(port, packet),
            ioctl::QUERY_POINTER_CAPABILITIES => {
                Self::query_pointer_capabilities(packet);
                Ok(())
            }
            ioctl::QUERY_POINTER_ATTR => {
                self.query_pointer_attr(packet);
                Ok(())
            }
            ioctl::QUERY_POINTER_POSITION => {
                self.query_pointer_position(packet);
                Ok(())
            }
            ioctl::SET_POINTER_ATTR => self.set_pointer_attr(port, packet),
            ioctl::SET_POINTER_POSITION => self.set_pointer_position(port, packet),
            ioctl::ENABLE_POINTER => self.show_pointer(port, packet, true),
            ioctl::DISABLE_POINTER => self.show_pointer(port, packet, false),
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
