//! Detailed timings: 18 bytes that say everything about a raster.
//!
//! Source: VESA E-EDID Standard release A2, section 3.10.2.

use crate::addr::KiloHertz;
use crate::edid::{Flaw, Flaws};
use crate::mode::{CLOCK_TOLERANCE_PER_MILLE, Mode, Polarity};

/// Bytes of a detailed timing.
pub(super) const DESCRIPTOR_BYTES: usize = 18;

/// One detailed timing. Line counts of an interlaced one are those of a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Timing {
    /// Pixel clock, a multiple of 10 kHz.
    pub clock: KiloHertz,
    /// Visible pixels in a line.
    pub h_active_px: u16,
    /// Pixels that are not visible in a line.
    pub h_blank_px: u16,
    /// Blanked pixels before the horizontal sync pulse.
    pub h_front_px: u16,
    /// Length of the horizontal sync pulse.
    pub h_sync_px: u16,
    /// Visible lines.
    pub v_active_lines: u16,
    /// Lines that are not visible.
    pub v_blank_lines: u16,
    /// Blanked lines before the vertical sync pulse.
    pub v_front_lines: u16,
    /// Length of the vertical sync pulse.
    pub v_sync_lines: u16,
    /// Size of the picture, 0 when unknown. Units: mm.
    pub size_mm: (u16, u16),
    /// Horizontal sync polarity.
    pub hsync: Polarity,
    /// Vertical sync polarity.
    pub vsync: Polarity,
    /// Two fields make a frame.
    pub interlaced: bool,
    /// Syncs are separate and digital; else the polarities mean nothing.
    pub separate_sync: bool,
}

impl Timing {
    /// Reads 18 bytes; `None` when the clock is zero, which marks other descriptors.
    pub fn decode(bytes: &[u8; DESCRIPTOR_BYTES]) -> Option<Self> {
        let clock_10khz = u16::from_le_bytes([bytes[0], bytes[1]]);
        if clock_10khz == 0 {
            return None;
        }
        let joined = |high: u8, low: u8| u16::from(high) << 8 | u16::from(low);
        let polarity = |bit: u8| {
            if bytes[17] & bit == 0 {
                Polarity::Negative
            } else {
                Polarity::Positive
            }
        };
        let separate_sync = bytes[17] & 0x18 == 0x18;
        Some(Self {
            clock: KiloHertz::new(u32::from(clock_10khz) * 10),
            h_active_px: joined(bytes[4] >> 4, bytes[2]),
            h_blank_px: joined(bytes[4] & 15, bytes[3]),
            h_front_px: joined(bytes[11] >> 6, bytes[8]),
            h_sync_px: joined(bytes[11] >> 4 & 3, bytes[9]),
            v_active_lines: joined(bytes[7] >> 4, bytes[5]),
            v_blank_lines: joined(bytes[7] & 15, bytes[6]),
            v_front_lines: u16::from(bytes[11] >> 2 & 3) << 4 | u16::from(bytes[10] >> 4),
            v_sync_lines: u16::from(bytes[11] & 3) << 4 | u16::from(bytes[10] & 15),
            size_mm: (
                joined(bytes[14] >> 4, bytes[12]),
                joined(bytes[14] & 15, bytes[13]),
            ),
            hsync: if separate_sync {
                polarity(2)
            } else {
                Polarity::Negative
            },
            vsync: if separate_sync {
                polarity(4)
            } else {
                Polarity::Negative
            },
            interlaced: bytes[17] & 0x80 != 0,
            separate_sync,
        })
    }

    /// The timing of a mode, with separate syncs and no size.
    pub fn of(mode: &Mode) -> Self {
        Self {
            clock: KiloHertz::new(mode.clock_khz.raw() / 10 * 10),
            h_active_px: mode.h_active_px,
            h_blank_px: mode
                .h_front_px
                .saturating_add(mode.h_sync_px)
                .saturating_add(mode.h_back_px),
            h_front_px: mode.h_front_px,
            h_sync_px: mode.h_sync_px,
            v_active_lines: mode.v_active_lines,
            v_blank_lines: mode
                .v_front_lines
                .saturating_add(mode.v_sync_lines)
                .saturating_add(mode.v_back_lines),
            v_front_lines: mode.v_front_lines,
            v_sync_lines: mode.v_sync_lines,
            size_mm: (0, 0),
            hsync: mode.hsync,
            vsync: mode.vsync,
            interlaced: false,
            separate_sync: true,
        }
    }

    /// The 18 bytes. Numbers that have no room in their field lose their upper bits.
    pub fn encode(&self) -> [u8; DESCRIPTOR_BYTES] {
        let low = |value: u16| value.to_le_bytes()[0];
        let high = |value: u16, mask: u8| value.to_le_bytes()[1] & mask;
        let clock = u16::try_from(self.clock.raw() / 10)
            .unwrap_or(u16::MAX)
            .to_le_bytes();
        let sync = (self.v_front_lines, self.v_sync_lines);
        let flags = u8::from(self.interlaced) << 7
            | if self.separate_sync { 0x18 } else { 0 }
            | u8::from(self.separate_sync && self.vsync == Polarity::Positive) << 2
            | u8::from(self.separate_sync && self.hsync == Polarity::Positive) << 1;
        [
            clock[0],
            clock[1],
            low(self.h_active_px),
            low(self.h_blank_px),
            high(self.h_active_px, 15) << 4 | high(self.h_blank_px, 15),
            low(self.v_active_lines),
            low(self.v_blank_lines),
            high(self.v_active_lines, 15) << 4 | high(self.v_blank_lines, 15),
            low(self.h_front_px),
            low(self.h_sync_px),
            low(sync.0) << 4 | low(sync.1) & 15,
            high(self.h_front_px, 3) << 6
                | high(self.h_sync_px, 3) << 4
                | (low(sync.0) >> 4 & 3) << 2
                | low(sync.1) >> 4 & 3,
            low(self.size_mm.0),
            low(self.size_mm.1),
            high(self.size_mm.0, 15) << 4 | high(self.size_mm.1, 15),
            0,
            0,
            flags,
        ]
    }

    /// Blanked pixels after the horizontal sync pulse; 0 when the sync pulse leaves the blanking.
    pub const fn h_back_px(&self) -> u16 {
        self.h_blank_px
            .saturating_sub(self.h_front_px.saturating_add(self.h_sync_px))
    }

    /// Blanked lines after the vertical sync pulse; 0 when the sync pulse leaves the blanking.
    pub const fn v_back_lines(&self) -> u16 {
        self.v_blank_lines
            .saturating_sub(self.v_front_lines.saturating_add(self.v_sync_lines))
    }

    /// A raster can have these numbers: nothing that must not be is zero, syncs lie in the blanking.
    pub const fn is_sound(&self) -> bool {
        self.h_active_px != 0
            && self.v_active_lines != 0
            && self.h_sync_px != 0
            && self.v_sync_lines != 0
            && self.h_front_px as u32 + self.h_sync_px as u32 <= self.h_blank_px as u32
            && self.v_front_lines as u32 + self.v_sync_lines as u32 <= self.v_blank_lines as u32
    }

    /// Frame rate, or field rate when interlaced. Units: 1/1000 Hz, rounded down; 0 for an empty raster.
    pub const fn refresh_millihertz(&self) -> u32 {
        let width = self.h_active_px as u64 + self.h_blank_px as u64;
        let height = self.v_active_lines as u64 + self.v_blank_lines as u64;
        match (self.clock.raw() as u64 * 1_000_000).checked_div(width * height) {
            Some(rate) if rate <= u32::MAX as u64 => rate as u32,
            _ => 0,
        }
    }

    /// As a mode of the HAL; `None` for what its timing generator cannot make.
    pub fn mode(&self, name: &'static str) -> Option<Mode> {
        let mode = Mode {
            name,
            source: "the monitor's EDID",
            clock_khz: self.clock,
            h_active_px: self.h_active_px,
            h_front_px: self.h_front_px,
            h_sync_px: self.h_sync_px,
            h_back_px: self.h_back_px(),
            v_active_lines: self.v_active_lines,
            v_front_lines: self.v_front_lines,
            v_sync_lines: self.v_sync_lines,
            v_back_lines: self.v_back_lines(),
            hsync: self.hsync,
            vsync: self.vsync,
            small_test: false,
        };
        (self.is_sound() && !self.interlaced && mode.validate().is_ok()).then_some(mode)
    }

    /// The same raster as `mode`, its clock within the tolerance of a mode.
    pub fn is_like(&self, mode: &Mode) -> bool {
        let (clock, wanted) = (u64::from(self.clock.raw()), u64::from(mode.clock_khz.raw()));
        let near = clock.abs_diff(wanted) * 1000 <= wanted * u64::from(CLOCK_TOLERANCE_PER_MILLE);
        let other = Self::of(mode);
        near && Self {
            clock: other.clock,
            size_mm: (0, 0),
            ..*self
        } == other
    }

    pub(super) fn note_flaws(&self, flaws: &mut Flaws) {
        flaws.note(Flaw::ImpossibleTiming, !self.is_sound());
        flaws.note(Flaw::NotSeparateSync, !self.separate_sync);
    }
}
