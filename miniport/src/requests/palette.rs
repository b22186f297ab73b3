//! Colour requests.

use lumenport_hal::error::Kind;
use lumenport_hal::palette::{Palette, Rgb};
use lumenport_videoport::ioctl::{Clut, ColorCapabilities};
use lumenport_videoport::miniport::RequestPacket;
use lumenport_videoport::status::VpStatus;
use lumenport_videoport::{Platform, VideoPort};

use crate::miniport::LumenportMiniport;

impl LumenportMiniport {
    /// A digital connector sends numbers; what they look like is the monitor's matter, and sRGB is what monitors assume.
    pub(crate) fn query_color_capabilities(packet: &mut RequestPacket<'_>) {
        packet.reply(&ColorCapabilities::SRGB.emit());
    }

    /// Loads colours. Works in every mode; seen in palette modes. Nothing is written when any entry is out of range.
    pub(crate) fn set_color_registers<P: Platform>(
        &self,
        port: &VideoPort<'_, P>,
        packet: &mut RequestPacket<'_>,
    ) -> Result<(), VpStatus> {
        let bus = self.bus(port).ok_or(VpStatus::ERROR_DEV_NOT_EXIST)?;
        let clut = Clut::parse(packet.input()).ok_or(VpStatus::ERROR_INVALID_PARAMETER)?;
        let palette = Palette::new(&bus);
        for (idx, entry) in clut.entries() {
            let colour = Rgb {
                r: entry.red,
                g: entry.green,
                b: entry.blue,
            };
            palette
                .write(u32::from(idx), [colour])
                .map_err(|error| VpStatus::from(error.kind()))?;
        }
        packet.succeed(0);
        Ok(())
    }
}
