//! The timing generator (CRTC): modes, frame and underrun counters, vblank.
//!
//! Timing registers are shadowed: [`Crtc::set_mode`] writes them and commits once; a running raster changes at the
//! next frame start, a stopped one at once. The pixel clock is switched only while the raster is stopped.

use embedded_hal::delay::DelayNs;
use lumenport_regmap::blocks::crtc;

use crate::bus::{ALL_ONES, Bus};
use crate::error::{ErrorKind, Kind};
use crate::mode::{ClockChoice, Mode, ModeError};
use crate::reg::RegisterBus;
use crate::wait::{Bound, Timeout, poll_until};

/// Most clocks a board can list.
pub const CLOCKS_MAX: usize = 8;

/// Why a mode set did not work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum CrtcError {
    /// The mode itself is not possible; nothing was written.
    Mode(ModeError),
    /// The raster did not stop, start or count within the bound.
    Timeout(Timeout),
    /// The card left the bus.
    Gone,
}

impl Kind for CrtcError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Mode(error) => error.kind(),
            Self::Timeout(_) => ErrorKind::Timeout,
            Self::Gone => ErrorKind::Gone,
        }
    }
}

impl core::fmt::Display for CrtcError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Mode(error) => error.fmt(f),
            Self::Timeout(timeout) => timeout.fmt(f),
            Self::Gone => write!(f, "the card left the bus"),
        }
    }
}

impl core::error::Error for CrtcError {}

/// Events of the CRTC block.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Events {
    /// Vertical blanking began.
    pub vblank: bool,
    /// Scanout was starved in a frame.
    pub underrun: bool,
}

/// State of the raster. Source: `crtc.STATUS`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Status {
    /// The raster runs.
    pub enabled: bool,
    /// It is in vertical blanking.
    pub vblank: bool,
    /// A commit waits for the next frame start.
    pub commit_pending: bool,
}

/// Line number for the vertical sync registers.
///
/// The standards begin a line at its horizontal sync edge, the registers at its first active pixel, and vertical sync
/// changes on a horizontal sync edge. The edge that begins standard line n lies in register line n - 1.
const fn vsync_register(standard_line: u32) -> u32 {
    standard_line.saturating_sub(1)
}

/// Driver of the timing generator.
#[derive(Clone, Copy, Debug)]
pub struct Crtc<B> {
    bus: B,
}

impl<B: Bus> Crtc<B> {
    /// Takes the bus; touches nothing.
    pub const fn new(bus: B) -> Self {
        Self { bus }
    }

    /// Reads the board's pixel clocks. Shape: kHz by index; 0 = no clock at this index.
    pub fn clocks_khz(&self) -> [u32; CLOCKS_MAX] {
        let count = self.bus.load::<crtc::ClockCount>().bits();
        let mut list = [0; CLOCKS_MAX];
        for (idx, slot) in (0u32..).zip(list.iter_mut()) {
            if idx < count
                && let Some(khz) = self.bus.load_entry::<crtc::ClockKhz>(idx)
            {
                *slot = khz.bits();
            }
        }
        list
    }

    /// Reads the state of the raster.
    ///
    /// # Errors
    /// [`CrtcError::Gone`] off the bus.
    pub fn status(&self) -> Result<Status, CrtcError> {
        let status: crtc::Status = self.bus.load();
        if status.bits() == ALL_ONES {
            return Err(CrtcError::Gone);
        }
        Ok(Status {
            enabled: status.is_set(crtc::Status::ENABLED),
            vblank: status.is_set(crtc::Status::VBLANK),
            commit_pending: status.is_set(crtc::Status::COMMIT_PENDING),
        })
    }

    /// Stops the raster, switches the clock, programs `mode` and starts it again.
    ///
    /// # Errors
    /// [`CrtcError::Mode`] before any access; [`CrtcError::Timeout`] when the old raster does not stop.
    pub fn set_mode(
        &self,
        mode: &Mode,
        clock: ClockChoice,
        delay: &mut impl DelayNs,
        bound: Bound,
    ) -> Result<(), CrtcError> {
        mode.validate().map_err(CrtcError::Mode)?;
        self.disable(delay, bound)?;
        self.bus
            .store(crtc::ClockSelect::new().with(crtc::ClockSelect::INDEX, u32::from(clock.idx)));
        self.write_timing(mode);
        self.bus
            .store(crtc::Control::new().with_flag(crtc::Control::ENABLE, true));
        self.commit();
        self.wait_for(delay, bound, |status| {
            status.enabled && !status.commit_pending
        })
    }

    /// Stops the raster at the end of the frame. Bus cost: 1 read when it is stopped already.
    ///
    /// # Errors
    /// [`CrtcError::Timeout`], [`CrtcError::Gone`].
    pub fn disable(&self, delay: &mut impl DelayNs, bound: Bound) -> Result<(), CrtcError> {
        let status = self.status()?;
        if !status.enabled && !status.commit_pending {
            return Ok(());
        }
        self.bus.store(crtc::Control::new());
        self.commit();
        self.wait_for(delay, bound, |status| {
            !status.enabled && !status.commit_pending
        })
    }

    /// Stops the raster without waiting: for crash paths. Bus cost: 2 writes.
    pub fn disable_now(&self) {
        self.bus.store(crtc::Control::new());
        self.commit();
    }

    /// Shows the built-in test pattern instead of the plane, or the plane again. Effect: next frame.
    pub fn show_test_pattern(&self, on: bool) {
        let control: crtc::Control = self.bus.load();
        self.bus
            .store(control.with_flag(crtc::Control::TEST_PATTERN, on));
        self.commit();
    }

    fn write_timing(&self, mode: &Mode) {
        self.bus.store(
            crtc::HSize::new()
                .with(crtc::HSize::TOTAL, mode.h_total_px())
                .with(crtc::HSize::ACTIVE, u32::from(mode.h_active_px)),
        );
        self.bus.store(
            crtc::HSync::new()
                .with(crtc::HSync::START, mode.h_sync_start_px())
                .with(crtc::HSync::END, mode.h_sync_end_px()),
        );
        self.bus.store(
            crtc::VSize::new()
                .with(crtc::VSize::TOTAL, mode.v_total_lines())
                .with(crtc::VSize::ACTIVE, u32::from(mode.v_active_lines)),
        );
        self.bus.store(
            crtc::VSync::new()
                .with(
                    crtc::VSync::START,
                    vsync_register(mode.v_sync_start_lines()),
                )
                .with(crtc::VSync::END, vsync_register(mode.v_sync_end_lines())),
        );
        self.bus.store(
            crtc::Polarity::new()
                .with(crtc::Polarity::HSYNC, mode.hsync.bit())
                .with(crtc::Polarity::VSYNC, mode.vsync.bit()),
        );
    }

    fn commit(&self) {
        self.bus
            .store(crtc::Commit::new().with_flag(crtc::Commit::COMMIT, true));
    }

    fn wait_for(
        &self,
        delay: &mut impl DelayNs,
        bound: Bound,
        mut reached: impl FnMut(Status) -> bool,
    ) -> Result<(), CrtcError> {
        poll_until(delay, bound, crtc::Status::OFFSET, || match self.status() {
            Ok(status) if reached(status) => Some(Ok(())),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        })
        .map_err(CrtcError::Timeout)?
    }

    /// Frames shown since reset; wraps at 32 bits.
    pub fn frame_count(&self) -> u32 {
        self.bus.load::<crtc::FrameCount>().bits()
    }

    /// Frames with an underrun since reset; wraps at 32 bits.
    pub fn underrun_count(&self) -> u32 {
        self.bus.load::<crtc::UnderrunCount>().bits()
    }

    /// Waits until `frames` more frames began.
    ///
    /// # Errors
    /// [`CrtcError::Timeout`] when the counter does not get there within `bound`; [`CrtcError::Gone`].
    pub fn wait_frames(
        &self,
        frames: u32,
        delay: &mut impl DelayNs,
        bound: Bound,
    ) -> Result<(), CrtcError> {
        let start = self.frame_count();
        poll_until(delay, bound, crtc::FrameCount::OFFSET, || {
            let now = self.frame_count();
            if now == ALL_ONES && self.status().is_err() {
                return Some(Err(CrtcError::Gone));
            }
            (now.wrapping_sub(start) >= frames).then_some(Ok(()))
        })
        .map_err(CrtcError::Timeout)?
    }

    /// Reads the events that happened. All ones (card gone) gives no event.
    pub fn events(&self) -> Events {
        let state: crtc::IntrState = self.bus.load();
        if state.bits() == ALL_ONES {
            return Events::default();
        }
        Events {
            vblank: state.is_set(crtc::IntrState::VBLANK),
            underrun: state.is_set(crtc::IntrState::UNDERRUN),
        }
    }

    /// Clears events that were seen.
    pub fn clear(&self, events: Events) {
        self.bus.store(
            crtc::IntrState::new()
                .with_flag(crtc::IntrState::VBLANK, events.vblank)
                .with_flag(crtc::IntrState::UNDERRUN, events.underrun),
        );
    }

    /// Chooses the events that raise the block's interrupt.
    pub fn enable_interrupts(&self, events: Events) {
        self.bus.store(
            crtc::IntrEnable::new()
                .with_flag(crtc::IntrEnable::VBLANK, events.vblank)
                .with_flag(crtc::IntrEnable::UNDERRUN, events.underrun),
        );
    }
}
