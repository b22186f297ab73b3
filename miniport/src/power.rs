//! `HwVidGetPowerState` and `HwVidSetPowerState`: what sleeping means for this card.
//!
//! | state | adapter | monitor |
//! |---|---|---|
//! | On, Hibernate | D0: raster and interrupts as before | picture |
//! | StandBy, Suspend | D1, D2: raster off, connector without clock | the same: a digital connector has no third state |
//! | Off, Shutdown | D3: raster off, no interrupts, no request that needs the card | the same |
//!
//! Waking restores the picture: card memory, palette, plane and pointer are kept, as the card keeps everything between D3hot
//! and D0 (`No_Soft_Reset` in its power management capability). The capability itself is written by who owns the bus, not by
//! the miniport; in D3hot the card answers no register, so an interrupt routine that runs then says "not mine".

use lumenport_hal::crtc::Crtc;
use lumenport_hal::error::Kind;
use lumenport_hal::irq::{Irq, Sources};
use lumenport_videoport::ioctl::PowerManagement;
use lumenport_videoport::miniport::RequestPacket;
use lumenport_videoport::status::VpStatus;
use lumenport_videoport::types::{DISPLAY_ADAPTER_HW_ID, PowerState};
use lumenport_videoport::{Platform, VideoPort};

use crate::miniport::LumenportMiniport;
use crate::requests::FRAME_BOUND;

/// `UniqueId` of the log entry for a state that was not reached.
const LOG_POWER: u32 = 0x9001;

/// The states of the two things that have one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Power {
    /// The card.
    pub adapter: PowerState,
    /// The one monitor.
    pub monitor: PowerState,
}

impl Power {
    /// Everything on.
    pub const ON: Self = Self {
        adapter: PowerState::On,
        monitor: PowerState::On,
    };

    /// The raster runs if there is a mode.
    fn shines(self) -> bool {
        is_on(self.adapter) && is_on(self.monitor)
    }

    /// The adapter is in D3.
    fn is_down(self) -> bool {
        matches!(self.adapter, PowerState::Off | PowerState::Shutdown)
    }
}

/// Hibernation leaves adapter and monitor on: the picture says that the machine is busy writing.
const fn is_on(state: PowerState) -> bool {
    matches!(state, PowerState::On | PowerState::Hibernate)
}

impl LumenportMiniport {
    fn power(&self) -> Power {
        self.ext.with(|state| state.power)
    }

    /// The adapter was told to go off: no interrupt is ours.
    pub(crate) fn is_powered_down(&self) -> bool {
        self.power().is_down()
    }

    /// Adapter or monitor sleeps: requests that need a picture are refused.
    pub(crate) fn is_asleep(&self) -> bool {
        !self.power().shines()
    }

    /// Every state but "not told" is possible, for the adapter and for its one child.
    pub(crate) fn get_power_state_callback(state: PowerState) -> VpStatus {
        match state {
            PowerState::Unspecified => VpStatus::ERROR_DEVICE_REINITIALIZATION_NEEDED,
            _ => VpStatus::NO_ERROR,
        }
    }

    /// Always `NO_ERROR`, as the contract wants it; what went wrong is logged.
    pub(crate) fn set_power_state_callback<P: Platform>(
        &self,
        port: &VideoPort<'_, P>,
        hw_id: u32,
        state: PowerState,
    ) -> VpStatus {
        if let Err(status) = self.go_to(port, hw_id, state) {
            port.log_error(status, LOG_POWER);
        }
        VpStatus::NO_ERROR
    }

    fn go_to<P: Platform>(
        &self,
        port: &VideoPort<'_, P>,
        hw_id: u32,
        wanted: PowerState,
    ) -> Result<(), VpStatus> {
        let bus = self.bus(port).ok_or(VpStatus::ERROR_DEV_NOT_EXIST)?;
        let before = self.power();
        let mut after = before;
        if hw_id == DISPLAY_ADAPTER_HW_ID {
            after.adapter = wanted;
        } else {
            after.monitor = wanted;
        }
        // First the state: an interrupt in between finds what will be true.
        let mode = self.ext.with(|state| {
            state.power = after;
            state.mode
        });
        if after.is_down() {
            Irq::new(&bus).enable(Sources::NONE);
        } else if before.is_down() {
            Self::arm_interrupts(&bus);
        }
        let crtc = Crtc::new(&bus);
        let done = match (before.shines(), after.shines(), mode) {
            (true, false, _) => crtc.disable(&mut port.delay(), FRAME_BOUND),
            (false, true, Some(mode)) => {
                crtc.set_mode(mode.timing, mode.clock, &mut port.delay(), FRAME_BOUND)
            }
            _ => Ok(()),
        };
        done.map_err(|error| VpStatus::from(error.kind()))
    }

    /// The adapter's state.
    pub(crate) fn get_power_management(&self, packet: &mut RequestPacket<'_>) {
        let answer = PowerManagement {
            dpms_version: 0,
            state: self.power().adapter,
        };
        packet.reply(&answer.emit());
    }

    /// As `HwVidSetPowerState` for the adapter, but says when it failed.
    pub(crate) fn set_power_management<P: Platform>(
        &self,
        port: &VideoPort<'_, P>,
        packet: &mut RequestPacket<'_>,
    ) -> Result<(), VpStatus> {
        let asked = PowerManagement::parse(packet.input())
            .ok_or(VpStatus::ERROR_INSUFFICIENT_BUFFER)?
            .ok_or(VpStatus::ERROR_INVALID_PARAMETER)?;
        self.go_to(port, DISPLAY_ADAPTER_HW_ID, asked.state)?;
        packet.succeed(0);
        Ok(())
    }
}
