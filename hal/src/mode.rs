//! Display modes: timing in the standard's own words, checks, and the choice of a board clock.
//!
//! A mode is active + front porch + sync + back porch for each axis, a pixel clock and two polarities. The registers
//! count differently (first active pixel is 0, sync end is exclusive): [`Mode::h_sync_start_px`] and its relatives
//! give those numbers. Interlaced modes and pixel repetition are not supported.

use crate::addr::KiloHertz;
use crate::error::{ErrorKind, Kind};

/// Level of a sync pulse while it is active.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Polarity {
    /// The pulse is low.
    #[default]
    Negative,
    /// The pulse is high.
    Positive,
}

impl Polarity {
    /// Register bit: 1 for active high.
    pub const fn bit(self) -> u32 {
        match self {
            Self::Negative => 0,
            Self::Positive => 1,
        }
    }
}

/// One progressive display timing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Mode {
    /// Short unique name, as a user types it: `640x480`, `1280x720@50`.
    pub name: &'static str,
    /// Where the numbers come from.
    pub source: &'static str,
    /// Pixel clock of the standard.
    pub clock_khz: KiloHertz,
    /// Visible pixels in a line.
    pub h_active_px: u16,
    /// Blanked pixels before the horizontal sync pulse.
    pub h_front_px: u16,
    /// Length of the horizontal sync pulse.
    pub h_sync_px: u16,
    /// Blanked pixels after the horizontal sync pulse.
    pub h_back_px: u16,
    /// Visible lines in a frame.
    pub v_active_lines: u16,
    /// Blanked lines before the vertical sync pulse.
    pub v_front_lines: u16,
    /// Length of the vertical sync pulse.
    pub v_sync_lines: u16,
    /// Blanked lines after the vertical sync pulse.
    pub v_back_lines: u16,
    /// Horizontal sync polarity.
    pub hsync: Polarity,
    /// Vertical sync polarity.
    pub vsync: Polarity,
    /// True for a raster that is no display standard: short frames for simulations and tests.
    pub small_test: bool,
}

/// Widest total that the timing registers hold (13-bit fields). Units: pixels or lines.
pub const TOTAL_MAX: u32 = 8191;

/// Largest difference between a board clock and the standard's that is still accepted, in 1/1000.
///
/// Source: VESA DMT 1.13 section 2 gives ±0.5 % for the pixel clock.
pub const CLOCK_TOLERANCE_PER_MILLE: u32 = 5;

/// Why a mode is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ModeError {
    /// A size that must not be zero is zero.
    Empty,
    /// An axis total is beyond [`TOTAL_MAX`].
    TotalTooLarge {
        /// Total that was asked for. Units: pixels or lines.
        total: u32,
        /// Largest total the registers hold.
        limit: u32,
    },
    /// No board clock lies within ±0.5 % of the mode's.
    NoClock {
        /// Clock of the mode.
        wanted_khz: u32,
    },
}

impl Kind for ModeError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Empty | Self::TotalTooLarge { .. } => ErrorKind::InvalidArgument,
            Self::NoClock { .. } => ErrorKind::Unsupported,
        }
    }
}

impl core::fmt::Display for ModeError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Empty => write!(f, "the mode has an empty active, sync or clock value"),
            Self::TotalTooLarge { total, limit } => {
                write!(f, "total of {total} is beyond the register limit {limit}")
            }
            Self::NoClock { wanted_khz } => write!(
                f,
                "the board makes no clock within 0.5 % of {wanted_khz} kHz"
            ),
        }
    }
}

impl core::error::Error for ModeError {}

/// A board clock chosen for a mode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ClockChoice {
    /// Index into the board's clock list.
    pub idx: u8,
    /// What the board really makes.
    pub actual_khz: KiloHertz,
}

impl Mode {
    /// Pixels from one line start to the next.
    pub const fn h_total_px(&self) -> u32 {
        self.h_active_px as u32
            + self.h_front_px as u32
            + self.h_sync_px as u32
            + self.h_back_px as u32
    }

    /// Lines from one frame start to the next.
    pub const fn v_total_lines(&self) -> u32 {
        self.v_active_lines as u32
            + self.v_front_lines as u32
            + self.v_sync_lines as u32
            + self.v_back_lines as u32
    }

    /// First pixel of the horizontal sync pulse, counted from the first active pixel.
    pub const fn h_sync_start_px(&self) -> u32 {
        self.h_active_px as u32 + self.h_front_px as u32
    }

    /// First pixel after the horizontal sync pulse.
    pub const fn h_sync_end_px(&self) -> u32 {
        self.h_sync_start_px() + self.h_sync_px as u32
    }

    /// First line of the vertical sync pulse, counted from the first active line.
    pub const fn v_sync_start_lines(&self) -> u32 {
        self.v_active_lines as u32 + self.v_front_lines as u32
    }

    /// First line after the vertical sync pulse.
    pub const fn v_sync_end_lines(&self) -> u32 {
        self.v_sync_start_lines() + self.v_sync_lines as u32
    }

    /// Pixel clocks in one frame.
    pub const fn clocks_per_frame(&self) -> u32 {
        // 16-bit parts: each total is below 2^18, the product below 2^36; real rasters stay far below 2^32.
        self.h_total_px().saturating_mul(self.v_total_lines())
    }

    /// Frame rate with the standard's clock. Units: 1/1000 Hz, rounded down; 0 for an empty raster.
    pub const fn refresh_millihertz(&self) -> u32 {
        let clocks = self.clocks_per_frame() as u64;
        match (self.clock_khz.raw() as u64 * 1_000_000).checked_div(clocks) {
            Some(rate) if rate <= u32::MAX as u64 => rate as u32,
            _ => 0,
        }
    }

    /// Checks the numbers against the register widths.
    ///
    /// # Errors
    /// [`ModeError::Empty`] for a zero active size, sync length or clock; [`ModeError::TotalTooLarge`] past 13 bits.
    pub const fn validate(&self) -> Result<(), ModeError> {
        if self.h_active_px == 0
            || self.v_active_lines == 0
            || self.h_sync_px == 0
            || self.v_sync_lines == 0
            || self.clock_khz.raw() == 0
        {
            return Err(ModeError::Empty);
        }
        let h_total = self.h_total_px();
        if h_total > TOTAL_MAX {
            return Err(ModeError::TotalTooLarge {
                total: h_total,
                limit: TOTAL_MAX,
            });
        }
        let v_total = self.v_total_lines();
        if v_total > TOTAL_MAX {
            return Err(ModeError::TotalTooLarge {
                total: v_total,
                limit: TOTAL_MAX,
            });
        }
        Ok(())
    }

    /// Picks the nearest board clock within ±0.5 %. Entries of 0 mean "no clock at this index".
    ///
    /// # Errors
    /// [`ModeError::NoClock`] when none is near enough.
    pub fn choose_clock(&self, board_khz: &[u32]) -> Result<ClockChoice, ModeError> {
        let wanted = self.clock_khz.raw();
        let mut best: Option<(u32, ClockChoice)> = None;
        for (idx, &khz) in (0u8..).zip(board_khz) {
            let off = khz.abs_diff(wanted);
            let near =
                u64::from(off) * 1000 <= u64::from(wanted) * u64::from(CLOCK_TOLERANCE_PER_MILLE);
            if khz != 0 && near && best.is_none_or(|(least, _)| off < least) {
                best = Some((
                    off,
                    ClockChoice {
                        idx,
                        actual_khz: KiloHertz::new(khz),
                    },
                ));
            }
        }
        match best {
            Some((_, choice)) => Ok(choice),
            None => Err(ModeError::NoClock { wanted_khz: wanted }),
        }
    }
}

/// Gives the standard modes that the board's clocks can make, in table order, each with its clock.
pub fn available(board_khz: &[u32]) -> impl Iterator<Item = (&'static Mode, ClockChoice)> {
    STANDARD.iter().filter_map(move |mode| {
        mode.choose_clock(board_khz)
            .ok()
            .map(|choice| (mode, choice))
    })
}

/// Finds a standard mode by its exact name.
pub fn by_name(name: &str) -> Option<&'static Mode> {
    STANDARD.iter().find(|mode| mode.name == name)
}

pub use crate::mode_table::STANDARD;

#[cfg(test)]
mod tests;
