//! The four descriptors of a base block: timings, texts, range limits.
//!
//! Source: VESA E-EDID Standard release A2, section 3.10.3.

use crate::edid::Block;
use crate::edid::timing::{DESCRIPTOR_BYTES, Timing};
use crate::mode::Mode;

/// Bytes of a text.
const TEXT_BYTES: usize = 13;

/// One descriptor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Descriptor<'a> {
    /// A detailed timing.
    Timing(Timing),
    /// The monitor's name (tag FC).
    Name(Text<'a>),
    /// The serial number in letters (tag FF).
    Serial(Text<'a>),
    /// Any text (tag FE).
    Text(Text<'a>),
    /// The frequencies that the monitor bears (tag FD).
    RangeLimits(RangeLimits),
    /// Nothing but zeros.
    Zeroed,
    /// Another tag, with its number; 10h means "not used".
    Other {
        /// The tag.
        tag: u8,
    },
}

impl<'a> Descriptor<'a> {
    /// The descriptor that starts at byte `at` of a block; `None` when it leaves the block.
    pub(super) fn at(block: &'a Block, at: usize) -> Option<Self> {
        let bytes: &[u8; DESCRIPTOR_BYTES] = block.get(at..)?.first_chunk()?;
        if let Some(timing) = Timing::decode(bytes) {
            return Some(Self::Timing(timing));
        }
        let (_, text) = bytes.split_last_chunk::<TEXT_BYTES>()?;
        Some(match bytes[3] {
            _ if bytes.iter().all(|byte| *byte == 0) => Self::Zeroed,
            0xFC => Self::Name(Text(text)),
            0xFF => Self::Serial(Text(text)),
            0xFE => Self::Text(Text(text)),
            0xFD => Self::RangeLimits(RangeLimits::decode(bytes)),
            tag => Self::Other { tag },
        })
    }
}

/// Up to 13 characters, ended by a line feed, padded with spaces.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Text<'a>(&'a [u8; TEXT_BYTES]);

impl<'a> Text<'a> {
    /// The characters before the end mark, without trailing spaces, as received.
    pub fn bytes(&self) -> &'a [u8] {
        let end = self.0.iter().position(|byte| matches!(byte, b'\n' | 0));
        let text = self.0.get(..end.unwrap_or(TEXT_BYTES)).unwrap_or(&[]);
        text.trim_ascii_end()
    }

    /// Bytes that cannot be printed, an end mark of zero, or text behind the end.
    pub fn is_damaged(&self) -> bool {
        let mut parts = self.0.splitn(2, |byte| *byte == b'\n');
        let printable = |byte: &u8| (0x20..0x7F).contains(byte);
        let text = parts.next().unwrap_or(&[]);
        let padding = parts.next().unwrap_or(&[]);
        !text.iter().all(printable) || padding.iter().any(|byte| *byte != b' ')
    }

    /// The characters; those that cannot be printed become dots.
    pub fn chars(&self) -> impl Iterator<Item = char> + use<'a> {
        self.bytes().iter().map(|byte| match byte {
            0x20..0x7F => char::from(*byte),
            _ => '.',
        })
    }
}

impl core::fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.chars()
            .try_for_each(|char| core::fmt::Write::write_char(f, char))
    }
}

impl core::fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// The frequencies that a monitor bears.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct RangeLimits {
    /// Lowest frame rate. Units: Hz.
    pub v_min_hz: u16,
    /// Highest frame rate. Units: Hz.
    pub v_max_hz: u16,
    /// Lowest line rate. Units: kHz.
    pub h_min_khz: u16,
    /// Highest line rate. Units: kHz.
    pub h_max_khz: u16,
    /// Highest pixel clock, a multiple of 10 MHz; 0 when it is not given. Units: MHz.
    pub clock_max_mhz: u16,
}

impl RangeLimits {
    fn decode(bytes: &[u8; DESCRIPTOR_BYTES]) -> Self {
        // EDID 1.4: flags add 255 to the byte.
        let value =
            |byte: u8, flag: u8| u16::from(byte) + if bytes[4] & flag == 0 { 0 } else { 255 };
        Self {
            v_min_hz: value(bytes[5], 1),
            v_max_hz: value(bytes[6], 2),
            h_min_khz: value(bytes[7], 4),
            h_max_khz: value(bytes[8], 8),
            clock_max_mhz: if bytes[9] == 0xFF {
                0
            } else {
                u16::from(bytes[9]) * 10
            },
        }
    }

    /// The 18 bytes, without any secondary formula.
    pub fn encode(&self) -> [u8; DESCRIPTOR_BYTES] {
        let value = |value: u16, flag: u8| match u8::try_from(value) {
            Ok(byte) => (byte, 0),
            Err(_) => (u8::try_from(value - 255).unwrap_or(u8::MAX), flag),
        };
        let (v_min, a) = value(self.v_min_hz, 1);
        let (v_max, b) = value(self.v_max_hz, 2);
        let (h_min, c) = value(self.h_min_khz, 4);
        let (h_max, d) = value(self.h_max_khz, 8);
        let clock = u8::try_from(self.clock_max_mhz / 10).unwrap_or(u8::MAX);
        let flags = a | b | c | d;
        [
            0, 0, 0, 0xFD, flags, v_min, v_max, h_min, h_max, clock, 1, b'\n', 0x20, 0x20, 0x20,
            0x20, 0x20, 0x20,
        ]
    }

    /// Minima are not above maxima.
    pub const fn is_plausible(&self) -> bool {
        self.v_min_hz <= self.v_max_hz
            && self.h_min_khz <= self.h_max_khz
            && self.v_max_hz != 0
            && self.h_max_khz != 0
    }

    /// Whether a mode's frame rate, line rate and clock are within the limits.
    pub fn hold(&self, mode: &Mode) -> bool {
        let rate_mhz = mode.refresh_millihertz();
        let line_hz = u64::from(mode.clock_khz.raw()) * 1000 / u64::from(mode.h_total_px().max(1));
        let within = |value: u64, low: u16, high: u16| {
            // Rounded in the monitor's favour: 59.94 Hz is within 60 to 60.
            value + 500 >= u64::from(low) * 1000 && value <= u64::from(high) * 1000 + 500
        };
        let clock_ok =
            self.clock_max_mhz == 0 || mode.clock_khz.raw() <= u32::from(self.clock_max_mhz) * 1000;
        self.is_plausible()
            && clock_ok
            && within(u64::from(rate_mhz), self.v_min_hz, self.v_max_hz)
            && within(line_hz, self.h_min_khz, self.h_max_khz)
    }
}
