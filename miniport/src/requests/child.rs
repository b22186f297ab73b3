//! Child state: is the monitor there and on, and do its limits prune the mode list.

use lumenport_hal::crtc::Crtc;
use lumenport_hal::error::Kind;
use lumenport_videoport::ioctl::{
    CHILD_ACTIVE, CHILD_DETACHED, CHILD_NOPRUNE_FREQ, CHILD_NOPRUNE_SIZE, ChildState,
    ChildStateConfiguration,
};
use lumenport_videoport::miniport::RequestPacket;
use lumenport_videoport::status::VpStatus;
use lumenport_videoport::{Platform, VideoPort};

use super::FRAME_BOUND;
use crate::child::MONITOR_UID;
use crate::miniport::LumenportMiniport;

/// With either flag the mode list is that of the board: a timing has a size and frequencies, and they are not told apart.
const NO_PRUNE: u32 = CHILD_NOPRUNE_FREQ | CHILD_NOPRUNE_SIZE;

impl LumenportMiniport {
    /// `ERROR_INVALID_PARAMETER` for a child that is none of this card.
    pub(crate) fn get_child_state(&self, packet: &mut RequestPacket<'_>) -> Result<(), VpStatus> {
        let input = packet.input().first_chunk().copied();
        let id = input.map(u32::from_le_bytes);
        if id.ok_or(VpStatus::ERROR_INSUFFICIENT_BUFFER)? != MONITOR_UID {
            return Err(VpStatus::ERROR_INVALID_PARAMETER);
        }
        let (connected, child) = self
            .ext
            .with(|state| (state.monitor.is_connected(), state.child));
        let flags = match (connected, child.off) {
            (false, _) => CHILD_DETACHED,
            (true, true) => 0,
            (true, false) => CHILD_ACTIVE,
        };
        packet.reply(&(flags | child.no_prune).to_le_bytes());
        Ok(())
    }

    pub(crate) fn validate_child_state(
        &self,
        packet: &mut RequestPacket<'_>,
    ) -> Result<(), VpStatus> {
        let possible = self.wanted_state(packet)?.is_some();
        packet.reply(&u32::from(possible).to_le_bytes());
        Ok(())
    }

    /// Switching the child off makes the connector dark and forgets the mode; the next mode set switches it on again.
    pub(crate) fn set_child_state<P: Platform>(
        &self,
        port: &VideoPort<'_, P>,
        packet: &mut RequestPacket<'_>,
    ) -> Result<(), VpStatus> {
        let wanted = self
            .wanted_state(packet)?
            .ok_or(VpStatus::ERROR_INVALID_PARAMETER)?;
        let off = wanted.state & CHILD_ACTIVE == 0;
        if off {
            let bus = self.bus(port).ok_or(VpStatus::ERROR_DEV_NOT_EXIST)?;
            Crtc::new(&bus)
                .disable(&mut port.delay(), FRAME_BOUND)
                .map_err(|error| VpStatus::from(error.kind()))?;
        }
        self.ext.with(|state| {
            state.child.off = off;
            state.child.no_prune = wanted.state & NO_PRUNE;
            if off {
                state.mode = None;
            }
        });
        packet.succeed(0);
        Ok(())
    }

    /// The one child's state in the buffer; `None` when this card cannot be brought there: another child, several, none,
    /// unknown flags, a monitor that is to show a picture and is not there.
    fn wanted_state(&self, packet: &RequestPacket<'_>) -> Result<Option<ChildState>, VpStatus> {
        let configuration = ChildStateConfiguration::parse(packet.input())
            .ok_or(VpStatus::ERROR_INSUFFICIENT_BUFFER)?;
        let mut children = configuration.children();
        let (Some(child), None) = (children.next(), children.next()) else {
            return Ok(None);
        };
        let connected = self.ext.with(|state| state.monitor.is_connected());
        let known = child.id == MONITOR_UID && child.state & !(CHILD_ACTIVE | NO_PRUNE) == 0;
        let shows = child.state & CHILD_ACTIVE != 0;
        Ok((known && (connected || !shows)).then_some(child))
    }
}
