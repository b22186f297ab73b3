//! Timings that an EDID names only by size and rate: established and standard ones.
//!
//! Source: VESA E-EDID Standard release A2, sections 3.8 and 3.9.

use crate::mode::Mode;

/// A size and a rate; the numbers in between come from the standards.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct RefreshMode {
    /// Visible pixels in a line.
    pub h_active_px: u16,
    /// Visible lines.
    pub v_active_lines: u16,
    /// Frame rate, rounded.
    pub refresh_hz: u16,
    /// Two fields make a frame; the rate is that of the fields.
    pub interlaced: bool,
}

impl RefreshMode {
    const fn new(h_active_px: u16, v_active_lines: u16, refresh_hz: u16) -> Self {
        Self {
            h_active_px,
            v_active_lines,
            refresh_hz,
            interlaced: false,
        }
    }

    /// The mode has this size and, rounded, this rate.
    pub fn is_like(&self, mode: &Mode) -> bool {
        let rate = (mode.refresh_millihertz() + 500) / 1000;
        (self.h_active_px, self.v_active_lines) == (mode.h_active_px, mode.v_active_lines)
            && u32::from(self.refresh_hz) == rate
            && !self.interlaced
    }
}

/// The established timings with their bits in bytes 35 (23:16), 36 (15:8) and 37 (7:0).
pub const ESTABLISHED: [(u32, RefreshMode); 17] = [
    (23, RefreshMode::new(720, 400, 70)),
    (22, RefreshMode::new(720, 400, 88)),
    (21, RefreshMode::new(640, 480, 60)),
    (20, RefreshMode::new(640, 480, 67)),
    (19, RefreshMode::new(640, 480, 72)),
    (18, RefreshMode::new(640, 480, 75)),
    (17, RefreshMode::new(800, 600, 56)),
    (16, RefreshMode::new(800, 600, 60)),
    (15, RefreshMode::new(800, 600, 72)),
    (14, RefreshMode::new(800, 600, 75)),
    (13, RefreshMode::new(832, 624, 75)),
    (
        12,
        RefreshMode {
            interlaced: true,
            ..RefreshMode::new(1024, 768, 87)
        },
    ),
    (11, RefreshMode::new(1024, 768, 60)),
    (10, RefreshMode::new(1024, 768, 70)),
    (9, RefreshMode::new(1024, 768, 75)),
    (8, RefreshMode::new(1280, 1024, 75)),
    (7, RefreshMode::new(1152, 870, 75)),
];

/// The timings whose bits are set in `flags`.
pub(super) fn established(flags: u32) -> impl Iterator<Item = RefreshMode> {
    let set = move |(bit, _): &(u32, RefreshMode)| flags >> bit & 1 != 0;
    ESTABLISHED.into_iter().filter(set).map(|(_, mode)| mode)
}

/// A standard timing: width, shape, rate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct StandardTiming {
    /// Visible pixels in a line: a multiple of 8 from 256 to 2288.
    pub h_active_px: u16,
    /// Width to height.
    pub aspect: (u8, u8),
    /// Frame rate, 60 to 123.
    pub refresh_hz: u16,
}

impl StandardTiming {
    /// Reads two bytes; `None` for an unused place. Before revision 3 the first shape was 1:1 instead of 16:10.
    pub(super) fn decode(bytes: [u8; 2], revision: u8) -> Option<Self> {
        if bytes == [1, 1] || bytes[0] == 0 {
            return None;
        }
        let aspect = match bytes[1] >> 6 {
            0 if revision < 3 => (1, 1),
            0 => (16, 10),
            1 => (4, 3),
            2 => (5, 4),
            _ => (16, 9),
        };
        Some(Self {
            h_active_px: (u16::from(bytes[0]) + 31) * 8,
            aspect,
            refresh_hz: u16::from(bytes[1] & 0x3F) + 60,
        })
    }

    /// The two bytes, for revision 3 and later; `None` when they cannot say it.
    pub fn encode(&self) -> Option<[u8; 2]> {
        let width = (self.h_active_px.is_multiple_of(8)).then_some(self.h_active_px / 8)?;
        let width = u8::try_from(width.checked_sub(31)?)
            .ok()
            .filter(|code| *code != 0)?;
        let shape = match self.aspect {
            (16, 10) => 0,
            (4, 3) => 1,
            (5, 4) => 2,
            (16, 9) => 3,
            _ => return None,
        };
        let rate = self.refresh_hz.checked_sub(60).filter(|rate| *rate < 64)?;
        Some([width, shape << 6 | u8::try_from(rate).ok()?])
    }

    /// As size and rate. 1366x768 is written as 1360 wide and 16:9, as VESA DMT prescribes.
    pub fn mode(&self) -> RefreshMode {
        let (across, down) = self.aspect;
        let height = u32::from(self.h_active_px) * u32::from(down) / u32::from(across.max(1));
        let (width, height) = match (self.h_active_px, height) {
            (1360, 765) => (1366, 768),
            (width, height) => (width, u16::try_from(height).unwrap_or(0)),
        };
        RefreshMode::new(width, height, self.refresh_hz)
    }
}
