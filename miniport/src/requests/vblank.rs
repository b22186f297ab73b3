//! Flip and vertical blanking.

use lumenport_hal::addr::{ByteLen, CardAddr};
use lumenport_hal::crtc::{self, Crtc};
use lumenport_hal::error::Kind;
use lumenport_hal::plane::{Config, Plane};
use lumenport_videoport::event::Event;
use lumenport_videoport::miniport::RequestPacket;
use lumenport_videoport::status::VpStatus;
use lumenport_videoport::types::{EventFlags, Timeout};
use lumenport_videoport::{Platform, VideoPort};

use super::FRAME_BOUND;
use crate::miniport::LumenportMiniport;
use crate::private_ioctl::{Flip, WaitVblank};
use crate::registers::PortBus;

/// Longest wait a caller can ask for. Units: us.
const LONGEST_WAIT_US: u32 = 1_000_000;

impl LumenportMiniport {
    /// Shows another frame of the current mode from the next vertical blanking on.
    pub(crate) fn flip<P: Platform>(
        &self,
        port: &VideoPort<'_, P>,
        packet: &mut RequestPacket<'_>,
    ) -> Result<(), VpStatus> {
        let flip = Flip::parse(packet.input()).ok_or(VpStatus::ERROR_INSUFFICIENT_BUFFER)?;
        let device = self.device().ok_or(VpStatus::ERROR_DEV_NOT_EXIST)?;
        let mode = self
            .current_mode()
            .ok_or(VpStatus::ERROR_INVALID_FUNCTION)?;
        let end = ByteLen::new(flip.frame_base_bytes).checked_add(mode.frame_bytes());
        if end.is_none_or(|end| end > device.identity.memory) {
            return Err(VpStatus::ERROR_INVALID_PARAMETER);
        }
        let plane = Plane::new(PortBus::new(port, device.registers));
        let config = Config::new()
            .format(mode.format)
            .pitch(mode.pitch)
            .base(CardAddr::new(flip.frame_base_bytes));
        plane
            .apply(&config)
            .map_err(|error| VpStatus::from(error.kind()))?;
        if flip.wait {
            plane
                .wait_flip(&mut port.delay(), FRAME_BOUND)
                .map_err(|error| VpStatus::from(error.kind()))?;
        }
        packet.succeed(0);
        Ok(())
    }

    /// Waits for the interrupt of the next vertical blanking; answers with the frame count.
    pub(crate) fn wait_vblank<P: Platform>(
        &self,
        port: &VideoPort<'_, P>,
        packet: &mut RequestPacket<'_>,
    ) -> Result<(), VpStatus> {
        let wait = WaitVblank::parse(packet.input()).ok_or(VpStatus::ERROR_INSUFFICIENT_BUFFER)?;
        let bus = self.bus(port).ok_or(VpStatus::ERROR_DEV_NOT_EXIST)?;
        let event = port.create_event(EventFlags::default())?;
        let waited =
            self.wait_vblank_event(port, &bus, event, wait.timeout_us.min(LONGEST_WAIT_US));
        self.ext.with(|state| state.vblank_event = None);
        let _ = port.delete_event(event);
        waited?;
        packet.reply(&Crtc::new(&bus).frame_count().to_le_bytes());
        Ok(())
    }

    fn wait_vblank_event<P: Platform>(
        &self,
        port: &VideoPort<'_, P>,
        bus: &PortBus<'_, '_, P>,
        event: Event,
        timeout_us: u32,
    ) -> Result<(), VpStatus> {
        self.ext.with(|state| state.vblank_event = Some(event));
        let crtc = Crtc::new(bus);
        // One that happened before the request does not count.
        crtc.clear(crtc::Events {
            vblank: true,
            underrun: false,
        });
        crtc.enable_interrupts(crtc::Events {
            vblank: true,
            underrun: true,
        });
        let status = port.wait_for_single_object(event, Timeout::micros(u64::from(timeout_us)));
        crtc.enable_interrupts(crtc::Events {
            vblank: false,
            underrun: true,
        });
        status.into_result()
    }
}
