//! Mode requests: list, query, set, reset.

use lumenport_hal::addr::CardAddr;
use lumenport_hal::crtc::Crtc;
use lumenport_hal::error::Kind;
use lumenport_hal::plane::{Config, Plane};
use lumenport_videoport::ioctl::{ModeInformation, NumModes, RequestedMode};
use lumenport_videoport::miniport::RequestPacket;
use lumenport_videoport::status::VpStatus;
use lumenport_videoport::{Platform, VideoPort};

use super::FRAME_BOUND;
use crate::miniport::LumenportMiniport;
use crate::mode_set::ModeSet;
use crate::modes::{CardMode, MODE_PREFERRED, card_modes};

impl LumenportMiniport {
    /// What the monitor shows of the found card's modes. A mode's number is that in the card's whole list, so it means the
    /// same whatever is plugged in.
    fn modes(&self) -> impl Iterator<Item = CardMode> {
        let device = self.device();
        let (clocks_khz, memory) = device
            .map(|device| (device.clocks_khz, device.identity.memory))
            .unwrap_or_default();
        let (monitor, child) = self.ext.with(|state| (state.monitor, state.child));
        let offered = if child.no_prune == 0 {
            monitor.modes()
        } else {
            ModeSet::ALL
        };
        // The iterator outlives this function, so it takes the clock list by value: one look per index.
        (0..)
            .map_while(move |idx| card_modes(&clocks_khz, memory).nth(idx))
            .filter(move |mode| offered.has(mode.timing))
    }

    /// A mode in the request's words, with what is known of the monitor.
    fn information(&self, mode: &CardMode) -> ModeInformation {
        let monitor = self.monitor();
        let mut information = mode.information();
        if let Some((width_mm, height_mm)) = monitor.size_mm() {
            information.x_millimeter = u32::from(width_mm);
            information.y_millimeter = u32::from(height_mm);
        }
        if monitor.preferred().has(mode.timing) {
            information.driver_specific_attribute_flags |= MODE_PREFERRED;
        }
        information
    }

    pub(crate) fn query_num_avail_modes(&self, packet: &mut RequestPacket<'_>) {
        let answer = NumModes {
            num_modes: u32::try_from(self.modes().count()).unwrap_or(u32::MAX),
            mode_information_length_bytes: ModeInformation::LENGTH as u32,
        };
        packet.reply(&answer.emit());
    }

    pub(crate) fn query_avail_modes(&self, packet: &mut RequestPacket<'_>) -> Result<(), VpStatus> {
        let needed = self.modes().count().saturating_mul(ModeInformation::LENGTH);
        if packet.output().len() < needed {
            return Err(VpStatus::ERROR_INSUFFICIENT_BUFFER);
        }
        for (place, mode) in packet
            .output()
            .chunks_exact_mut(ModeInformation::LENGTH)
            .zip(self.modes())
        {
            place.copy_from_slice(&self.information(&mode).emit());
        }
        packet.succeed(needed);
        Ok(())
    }

    pub(crate) fn query_current_mode(
        &self,
        packet: &mut RequestPacket<'_>,
    ) -> Result<(), VpStatus> {
        let mode = self
            .current_mode()
            .ok_or(VpStatus::ERROR_INVALID_FUNCTION)?;
        packet.reply(&self.information(&mode).emit());
        Ok(())
    }

    /// Order: raster off, frame cleared unless the caller keeps it, plane committed, raster on. The first frame is black:
    /// the plane shows from the first vertical blanking on. A flip request with `wait` returns after that.
    pub(crate) fn set_current_mode<P: Platform>(
        &self,
        port: &VideoPort<'_, P>,
        packet: &mut RequestPacket<'_>,
    ) -> Result<(), VpStatus> {
        let requested =
            RequestedMode::parse(packet.input()).ok_or(VpStatus::ERROR_INSUFFICIENT_BUFFER)?;
        let mode = self.modes().find(|mode| mode.idx == requested.index);
        let mode = mode.ok_or(VpStatus::ERROR_INVALID_PARAMETER)?;
        let bus = self.bus(port).ok_or(VpStatus::ERROR_DEV_NOT_EXIST)?;
        let (crtc, plane) = (Crtc::new(&bus), Plane::new(&bus));
        crtc.disable(&mut port.delay(), FRAME_BOUND)
            .map_err(|error| VpStatus::from(error.kind()))?;
        self.ext.with(|state| state.mode = None);
        if !requested.keep_memory {
            self.clear_card_memory(port, CardAddr::new(0), mode.frame_bytes())?;
        }
        plane
            .apply(&Config::new().format(mode.format).pitch(mode.pitch))
            .map_err(|error| VpStatus::from(error.kind()))?;
        crtc.set_mode(mode.timing, mode.clock, &mut port.delay(), FRAME_BOUND)
            .map_err(|error| VpStatus::from(error.kind()))?;
        self.ext.with(|state| {
            state.mode = Some(mode);
            state.child.off = false;
        });
        packet.succeed(0);
        Ok(())
    }

    pub(crate) fn reset_device<P: Platform>(
        &self,
        port: &VideoPort<'_, P>,
        packet: &mut RequestPacket<'_>,
    ) -> Result<(), VpStatus> {
        let bus = self.bus(port).ok_or(VpStatus::ERROR_DEV_NOT_EXIST)?;
        if !self.quiet(port, &bus) {
            return Err(VpStatus::ERROR_DEV_NOT_EXIST);
        }
        packet.succeed(0);
        Ok(())
    }
}
