//! Sharing, public ranges, colour and power requests.
//!
//! Source: `VIDEO_SHARE_MEMORY`, `VIDEO_SHARE_MEMORY_INFORMATION`, `VIDEO_PUBLIC_ACCESS_RANGES`,
//! `VIDEO_COLOR_CAPABILITIES`, `VIDEO_POWER_MANAGEMENT` of `ntddvdeo.h`, layouts of a 64-bit target.

use super::{put_words, u32_at, u64_at};
use crate::types::PowerState;

/// `VIDEO_SHARE_MEMORY`: a part of the frame buffer for a process (in); with the address, to take it back.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ShareMemory {
    /// Handle of the process.
    pub process: u64,
    /// Where the view begins in video memory. Units: bytes.
    pub view_offset_bytes: u32,
    /// How long it is. Units: bytes.
    pub view_size_bytes: u32,
    /// Address wanted (share), or the one that was given (take back).
    pub requested_address: u64,
}

impl ShareMemory {
    /// Bytes of the wire form.
    pub const LENGTH: usize = 24;

    /// Reads the wire form, `None` when it is short.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            process: u64_at(bytes, 0)?,
            view_offset_bytes: u32_at(bytes, 8)?,
            view_size_bytes: u32_at(bytes, 12)?,
            requested_address: u64_at(bytes, 16)?,
        })
    }

    /// The wire form.
    pub fn emit(&self) -> [u8; Self::LENGTH] {
        let mut out = [0; Self::LENGTH];
        let words = [
            self.process as u32,
            (self.process >> 32) as u32,
            self.view_offset_bytes,
            self.view_size_bytes,
            self.requested_address as u32,
            (self.requested_address >> 32) as u32,
        ];
        put_words(&mut out, &words);
        out
    }
}

/// `VIDEO_SHARE_MEMORY_INFORMATION`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ShareMemoryInformation {
    /// Where the view begins in video memory. Units: bytes.
    pub shared_view_offset_bytes: u32,
    /// How long the mapping is. Units: bytes.
    pub shared_view_size_bytes: u32,
    /// Where the process sees it.
    pub virtual_address: u64,
}

impl ShareMemoryInformation {
    /// Bytes of the wire form.
    pub const LENGTH: usize = 16;

    /// Reads the wire form, `None` when it is short.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            shared_view_offset_bytes: u32_at(bytes, 0)?,
            shared_view_size_bytes: u32_at(bytes, 4)?,
            virtual_address: u64_at(bytes, 8)?,
        })
    }

    /// The wire form.
    pub fn emit(&self) -> [u8; Self::LENGTH] {
        let mut out = [0; Self::LENGTH];
        let words = [
            self.shared_view_offset_bytes,
            self.shared_view_size_bytes,
            self.virtual_address as u32,
            (self.virtual_address >> 32) as u32,
        ];
        put_words(&mut out, &words);
        out
    }
}

/// `VIDEO_PUBLIC_ACCESS_RANGES`: one range of registers, mapped.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct PublicAccessRange {
    /// I/O ports.
    pub in_io_space: bool,
    /// I/O ports that were mapped as memory.
    pub mapped_in_io_space: bool,
    /// Where it was mapped.
    pub virtual_address: u64,
}

impl PublicAccessRange {
    /// Bytes of the wire form.
    pub const LENGTH: usize = 16;

    /// Reads the wire form, `None` when it is short.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            in_io_space: u32_at(bytes, 0)? != 0,
            mapped_in_io_space: u32_at(bytes, 4)? != 0,
            virtual_address: u64_at(bytes, 8)?,
        })
    }

    /// The wire form.
    pub fn emit(&self) -> [u8; Self::LENGTH] {
        let mut out = [0; Self::LENGTH];
        let words = [
            u32::from(self.in_io_space),
            u32::from(self.mapped_in_io_space),
            self.virtual_address as u32,
            (self.virtual_address >> 32) as u32,
        ];
        put_words(&mut out, &words);
        out
    }
}

/// `VIDEO_COLOR_CAPABILITIES`: what colours the screen makes. Units: chromaticities and gammas in 1/10000.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ColorCapabilities {
    /// `VIDEO_DEVICE_COLOR` is 1, `VIDEO_OPTIONAL_GAMMET_TABLE` 2, and so on.
    pub attribute_flags: u32,
    /// Chromaticity (x, y) of white, red, green, blue.
    pub white: [u32; 2],
    /// Red.
    pub red: [u32; 2],
    /// Green.
    pub green: [u32; 2],
    /// Blue.
    pub blue: [u32; 2],
    /// Gamma of all channels.
    pub gamma: u32,
}

impl ColorCapabilities {
    /// Bytes of the wire form.
    pub const LENGTH: usize = 72;
    /// `VIDEO_DEVICE_COLOR`.
    pub const COLOR: u32 = 1;
    /// A monitor of IEC 61966-2-1 (sRGB): the primaries of ITU-R BT.709, white D65, gamma 2.2.
    pub const SRGB: Self = Self {
        attribute_flags: Self::COLOR,
        white: [3127, 3290],
        red: [6400, 3300],
        green: [3000, 6000],
        blue: [1500, 600],
        gamma: 22_000,
    };

    /// The wire form. Phosphor decays and the luminance of white are zero: not told.
    pub fn emit(&self) -> [u8; Self::LENGTH] {
        let mut out = [0; Self::LENGTH];
        let (white, red, green, blue) = (self.white, self.red, self.green, self.blue);
        let ([wx, wy], [rx, ry], [gx, gy], [bx, by]) = (white, red, green, blue);
        let gamma = self.gamma;
        let words = [
            Self::LENGTH as u32,
            self.attribute_flags,
            0,
            0,
            0,
            wx,
            wy,
            0,
            rx,
            ry,
            gx,
            gy,
            bx,
            by,
            gamma,
            gamma,
            gamma,
            gamma,
        ];
        put_words(&mut out, &words);
        out
    }
}

/// `VIDEO_POWER_MANAGEMENT`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PowerManagement {
    /// Version of display power management signalling, 0 when there is none (a digital connector).
    pub dpms_version: u32,
    /// The state.
    pub state: PowerState,
}

impl PowerManagement {
    /// Bytes of the wire form.
    pub const LENGTH: usize = 12;

    /// Reads the wire form: `None` when it is short, `Some(None)` when its length word or the state is none.
    pub fn parse(bytes: &[u8]) -> Option<Option<Self>> {
        let (length, dpms_version, state) =
            (u32_at(bytes, 0)?, u32_at(bytes, 4)?, u32_at(bytes, 8)?);
        let state = match state {
            1 => PowerState::On,
            2 => PowerState::StandBy,
            3 => PowerState::Suspend,
            4 => PowerState::Off,
            5 => PowerState::Hibernate,
            6 => PowerState::Shutdown,
            _ => return Some(None),
        };
        let known = length == Self::LENGTH as u32;
        Some(known.then_some(Self {
            dpms_version,
            state,
        }))
    }

    /// The wire form.
    pub fn emit(&self) -> [u8; Self::LENGTH] {
        let mut out = [0; Self::LENGTH];
        let words = [Self::LENGTH as u32, self.dpms_version, self.state as u32];
        put_words(&mut out, &words);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_are_those_of_a_64_bit_target() {
        let share = ShareMemory {
            process: 0x1122_3344_5566_7788,
            view_offset_bytes: 1,
            view_size_bytes: 2,
            requested_address: 0x99AA_BBCC_DDEE_FF00,
        };
        let bytes = share.emit();
        assert_eq!((bytes[8], bytes[12], bytes[17]), (1, 2, 0xFF));
        assert_eq!(ShareMemory::parse(&bytes), Some(share));
        assert_eq!(ShareMemory::parse(&bytes[..23]), None);
        let answer = ShareMemoryInformation {
            shared_view_offset_bytes: 3,
            shared_view_size_bytes: 4,
            virtual_address: u64::MAX - 1,
        };
        assert_eq!(ShareMemoryInformation::parse(&answer.emit()), Some(answer));
        let range = PublicAccessRange {
            virtual_address: 1 << 40,
            ..PublicAccessRange::default()
        };
        assert_eq!(PublicAccessRange::parse(&range.emit()), Some(range));
        let words = ColorCapabilities::SRGB.emit();
        assert_eq!(words[..8], [72, 0, 0, 0, 1, 0, 0, 0]);
        assert_eq!(words[20..24], 3127_u32.to_le_bytes());
        assert_eq!(words[68..], 22_000_u32.to_le_bytes());
    }

    #[test]
    fn power_states_are_the_six_of_the_contract() {
        for state in [1_u32, 2, 3, 4, 5, 6] {
            let mut bytes = [12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            bytes[8] = state as u8;
            let parsed = PowerManagement::parse(&bytes).unwrap().unwrap();
            assert_eq!(parsed.state as u32, state);
            assert_eq!(parsed.emit(), bytes);
        }
        assert_eq!(PowerManagement::parse(&[0; 11]), None);
        assert_eq!(PowerManagement::parse(&[0; 12]), Some(None));
        let wrong_length = [8, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0];
        assert_eq!(PowerManagement::parse(&wrong_length), Some(None));
    }
}
