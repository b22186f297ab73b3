//! `IOCTL_VIDEO_*` codes and the structures that travel in their buffers.
//!
//! A code is `device type << 16 | access << 14 | function << 2 | method`; device type 0x23, any access and the
//! buffered method hold for all of them. Only the structures a linear-frame-buffer miniport needs are here, each
//! with `parse` and `emit` for the byte form (little endian, natural alignment of a 64-bit target where pointers
//! are inside).
//!
//! Source: ntddvdeo.h of the Windows driver interface.

mod child;
mod codes;
mod display;
mod pointer;

pub use child::{
    CHILD_ACTIVE, CHILD_DETACHED, CHILD_NOPRUNE_FREQ, CHILD_NOPRUNE_SIZE, ChildState,
    ChildStateConfiguration, GET_CHILD_STATE, SET_CHILD_STATE_CONFIGURATION,
    VALIDATE_CHILD_STATE_CONFIGURATION,
};
pub use codes::*;
pub use display::{
    ColorCapabilities, PowerManagement, PublicAccessRange, ShareMemory, ShareMemoryInformation,
};
pub use pointer::*;

/// Builds the code of function `function`, `0..0x1000`.
pub const fn code(function: u32) -> u32 {
    0x0023_0000 | ((function & 0xfff) << 2)
}

/// List the modes: out [`ModeInformation`] each.
pub const QUERY_AVAIL_MODES: u32 = code(0x100);
/// How many modes and how large one is: out [`NumModes`].
pub const QUERY_NUM_AVAIL_MODES: u32 = code(0x101);
/// The current mode: out [`ModeInformation`].
pub const QUERY_CURRENT_MODE: u32 = code(0x102);
/// Set a mode: in `VIDEO_MODE`, see [`RequestedMode`].
pub const SET_CURRENT_MODE: u32 = code(0x103);
/// Back to the reset state.
pub const RESET_DEVICE: u32 = code(0x104);
/// Load palette entries: in [`Clut`].
pub const SET_COLOR_REGISTERS: u32 = code(0x107);
/// Map the frame buffer: in `VIDEO_MEMORY`, out [`MemoryInformation`].
pub const MAP_VIDEO_MEMORY: u32 = code(0x116);
/// Unmap it: in `VIDEO_MEMORY`.
pub const UNMAP_VIDEO_MEMORY: u32 = code(0x117);
/// Map registers for user mode: out `VIDEO_PUBLIC_ACCESS_RANGES`.
pub const QUERY_PUBLIC_ACCESS_RANGES: u32 = code(0x118);
/// Undo it.
pub const FREE_PUBLIC_ACCESS_RANGES: u32 = code(0x119);
/// Share the frame buffer with a process.
pub const SHARE_VIDEO_MEMORY: u32 = code(0x11D);
/// Undo it.
pub const UNSHARE_VIDEO_MEMORY: u32 = code(0x11E);
/// First function number that is free for private use.
pub const FIRST_PRIVATE_FUNCTION: u32 = 0x800;

fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    let four = bytes.get(offset..offset.checked_add(4)?)?;
    Some(u32::from_le_bytes(<[u8; 4]>::try_from(four).ok()?))
}

fn u16_at(bytes: &[u8], offset: usize) -> Option<u16> {
    let two = bytes.get(offset..offset.checked_add(2)?)?;
    Some(u16::from_le_bytes(<[u8; 2]>::try_from(two).ok()?))
}

fn u64_at(bytes: &[u8], offset: usize) -> Option<u64> {
    let eight = bytes.get(offset..offset.checked_add(8)?)?;
    Some(u64::from_le_bytes(<[u8; 8]>::try_from(eight).ok()?))
}

/// `VIDEO_MODE`: the requested mode index with its two flag bits split off.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RequestedMode {
    /// Mode index.
    pub index: u32,
    /// `VIDEO_MODE_NO_ZERO_MEMORY` (bit 31): leave the frame buffer as it is.
    pub keep_memory: bool,
    /// `VIDEO_MODE_MAP_MEM_LINEAR` (bit 30).
    pub map_linear: bool,
}

impl RequestedMode {
    /// Bytes of the wire form.
    pub const LENGTH: usize = 4;

    /// Reads the wire form, `None` when it is short.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let raw = u32_at(bytes, 0)?;
        Some(Self {
            index: raw & 0x3fff_ffff,
            keep_memory: raw >> 31 != 0,
            map_linear: raw >> 30 & 1 != 0,
        })
    }

    /// The wire form.
    pub fn emit(&self) -> [u8; Self::LENGTH] {
        let flags = (u32::from(self.keep_memory) << 31) | (u32::from(self.map_linear) << 30);
        ((self.index & 0x3fff_ffff) | flags).to_le_bytes()
    }
}

/// `VIDEO_NUM_MODES`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct NumModes {
    /// How many modes.
    pub num_modes: u32,
    /// Bytes of one [`ModeInformation`].
    pub mode_information_length_bytes: u32,
}

impl NumModes {
    /// Bytes of the wire form.
    pub const LENGTH: usize = 8;

    /// Reads the wire form, `None` when it is short.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            num_modes: u32_at(bytes, 0)?,
            mode_information_length_bytes: u32_at(bytes, 4)?,
        })
    }

    /// The wire form.
    pub fn emit(&self) -> [u8; Self::LENGTH] {
        let mut out = [0; Self::LENGTH];
        put_words(
            &mut out,
            &[self.num_modes, self.mode_information_length_bytes],
        );
        out
    }
}

/// `AttributeFlags` of a mode: colour (1), graphics (2).
pub const MODE_COLOR_GRAPHICS: u32 = 3;
/// `VIDEO_MODE_PALETTE_DRIVEN`.
pub const MODE_PALETTE_DRIVEN: u32 = 4;
/// `VIDEO_MODE_MANAGED_PALETTE`.
pub const MODE_MANAGED_PALETTE: u32 = 8;

/// `VIDEO_MODE_INFORMATION`: twenty words.
///
/// Invariants a port may check: `vis_screen_width_px <= video_memory_bitmap_width_px <= screen_stride_bytes` and
/// `vis_screen_height_lines <= video_memory_bitmap_height_lines`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ModeInformation {
    /// The number to give to `SET_CURRENT_MODE`.
    pub mode_index: u32,
    /// Visible width.
    pub vis_screen_width_px: u32,
    /// Visible height.
    pub vis_screen_height_lines: u32,
    /// Bytes from one line to the next.
    pub screen_stride_bytes: u32,
    /// Planes, 1 for packed pixels.
    pub number_of_planes: u32,
    /// Bits of one pixel in a plane.
    pub bits_per_plane: u32,
    /// Refresh rate, rounded to whole Hz.
    pub frequency_hz: u32,
    /// Width of the picture on the glass, 320 when unknown.
    pub x_millimeter: u32,
    /// Height of the picture on the glass, 240 when unknown.
    pub y_millimeter: u32,
    /// Bits per colour: red, green, blue.
    pub number_rgb_bits: [u32; 3],
    /// Masks in a pixel: red, green, blue.
    pub rgb_masks: [u32; 3],
    /// `VIDEO_MODE_*` flags.
    pub attribute_flags: u32,
    /// Width of the bitmap in memory.
    pub video_memory_bitmap_width_px: u32,
    /// Height of the bitmap in memory.
    pub video_memory_bitmap_height_lines: u32,
    /// Free for the driver pair.
    pub driver_specific_attribute_flags: u32,
}

impl ModeInformation {
    /// Bytes of the wire form.
    pub const LENGTH: usize = 80;

    /// Reads the wire form, `None` when it is short or its length word disagrees.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let word = |index: usize| u32_at(bytes, index.checked_mul(4)?);
        if word(0)? != 80 {
            return None;
        }
        Some(Self {
            mode_index: word(1)?,
            vis_screen_width_px: word(2)?,
            vis_screen_height_lines: word(3)?,
            screen_stride_bytes: word(4)?,
            number_of_planes: word(5)?,
            bits_per_plane: word(6)?,
            frequency_hz: word(7)?,
            x_millimeter: word(8)?,
            y_millimeter: word(9)?,
            number_rgb_bits: [word(10)?, word(11)?, word(12)?],
            rgb_masks: [word(13)?, word(14)?, word(15)?],
            attribute_flags: word(16)?,
            video_memory_bitmap_width_px: word(17)?,
            video_memory_bitmap_height_lines: word(18)?,
            driver_specific_attribute_flags: word(19)?,
        })
    }

    /// The wire form.
    pub fn emit(&self) -> [u8; Self::LENGTH] {
        let [red_bits, green_bits, blue_bits] = self.number_rgb_bits;
        let [red_mask, green_mask, blue_mask] = self.rgb_masks;
        let words = [
            80,
            self.mode_index,
            self.vis_screen_width_px,
            self.vis_screen_height_lines,
            self.screen_stride_bytes,
            self.number_of_planes,
            self.bits_per_plane,
            self.frequency_hz,
            self.x_millimeter,
            self.y_millimeter,
            red_bits,
            green_bits,
            blue_bits,
            red_mask,
            green_mask,
            blue_mask,
            self.attribute_flags,
            self.video_memory_bitmap_width_px,
            self.video_memory_bitmap_height_lines,
            self.driver_specific_attribute_flags,
        ];
        let mut out = [0; Self::LENGTH];
        put_words(&mut out, &words);
        out
    }
}

/// `VIDEO_MEMORY_INFORMATION` of a 64-bit target: where the frame buffer was mapped.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct MemoryInformation {
    /// Start of video memory.
    pub video_ram_base: u64,
    /// Bytes of video memory.
    pub video_ram_length_bytes: u32,
    /// Start of the frame buffer.
    pub frame_buffer_base: u64,
    /// Bytes of the visible frame: height times stride.
    pub frame_buffer_length_bytes: u32,
}

impl MemoryInformation {
    /// Bytes of the wire form.
    pub const LENGTH: usize = 32;

    /// Reads the wire form, `None` when it is short.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            video_ram_base: u64_at(bytes, 0)?,
            video_ram_length_bytes: u32_at(bytes, 8)?,
            frame_buffer_base: u64_at(bytes, 16)?,
            frame_buffer_length_bytes: u32_at(bytes, 24)?,
        })
    }

    /// The wire form.
    pub fn emit(&self) -> [u8; Self::LENGTH] {
        let mut out = [0; Self::LENGTH];
        let (video, frame) = (self.video_ram_base, self.frame_buffer_base);
        put_words(
            &mut out,
            &[
                video as u32,
                (video >> 32) as u32,
                self.video_ram_length_bytes,
                0,
                frame as u32,
                (frame >> 32) as u32,
                self.frame_buffer_length_bytes,
                0,
            ],
        );
        out
    }
}

/// `VIDEO_MEMORY` of a 64-bit target: the address to map at (in) or unmap. `None` when the bytes are short.
pub fn parse_video_memory(bytes: &[u8]) -> Option<u64> {
    u64_at(bytes, 0)
}

/// One palette entry.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ClutEntry {
    /// Red, 0..256.
    pub red: u8,
    /// Green.
    pub green: u8,
    /// Blue.
    pub blue: u8,
}

/// `VIDEO_CLUT`: a checked view of a palette request. No accessor fails once [`Clut::parse`] has accepted.
#[derive(Clone, Copy, Debug)]
pub struct Clut<'b> {
    /// Number of the first entry.
    pub first_entry: u16,
    entries: &'b [u8],
}

impl<'b> Clut<'b> {
    /// Accepts the bytes when they hold as many entries as they claim and stay inside a 256-entry palette.
    pub fn parse(bytes: &'b [u8]) -> Option<Self> {
        let count = usize::from(u16_at(bytes, 0)?);
        let first_entry = u16_at(bytes, 2)?;
        let end = 4_usize.checked_add(count.checked_mul(4)?)?;
        if count == 0 || usize::from(first_entry).checked_add(count)? > 256 {
            return None;
        }
        Some(Self {
            first_entry,
            entries: bytes.get(4..end)?,
        })
    }

    /// Entries with their palette index.
    pub fn entries(&self) -> impl Iterator<Item = (u16, ClutEntry)> + 'b {
        let indices = self.first_entry..;
        indices
            .zip(self.entries.chunks_exact(4))
            .filter_map(|(index, four)| match four {
                [red, green, blue, _] => Some((
                    index,
                    ClutEntry {
                        red: *red,
                        green: *green,
                        blue: *blue,
                    },
                )),
                _ => None,
            })
    }
}

fn put_words(out: &mut [u8], words: &[u32]) {
    for (place, word) in out.chunks_exact_mut(4).zip(words) {
        place.copy_from_slice(&word.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_match_the_published_values() {
        assert_eq!(QUERY_AVAIL_MODES, 0x0023_0400);
        assert_eq!(SET_CURRENT_MODE, 0x0023_040C);
        assert_eq!(SET_COLOR_REGISTERS, 0x0023_041C);
        assert_eq!(MAP_VIDEO_MEMORY, 0x0023_0458);
        assert_eq!(UNSHARE_VIDEO_MEMORY, 0x0023_0478);
    }

    #[test]
    fn mode_information_keeps_every_word() {
        let mut bytes = [0_u8; 80];
        let words: [u32; 20] =
            core::array::from_fn(|index| if index == 0 { 80 } else { 1000 + index as u32 });
        put_words(&mut bytes, &words);
        let parsed = ModeInformation::parse(&bytes).unwrap();
        assert_eq!(parsed.emit(), bytes);
        assert_eq!(parsed.rgb_masks, [1013, 1014, 1015]);
        assert_eq!(ModeInformation::parse(&bytes[..79]), None);
    }

    #[test]
    fn memory_information_has_the_64_bit_layout() {
        let info = MemoryInformation {
            video_ram_base: 0x1122_3344_5566_7788,
            video_ram_length_bytes: 1,
            frame_buffer_base: 2,
            frame_buffer_length_bytes: 3,
        };
        let bytes = info.emit();
        assert_eq!(bytes[16], 2);
        assert_eq!(bytes[24], 3);
        assert_eq!(MemoryInformation::parse(&bytes), Some(info));
    }

    #[test]
    fn clut_refuses_short_and_overlong_requests() {
        assert!(Clut::parse(&[2, 0, 0, 0, 1, 2, 3, 0]).is_none());
        assert!(Clut::parse(&[1, 0, 0, 1, 1, 2, 3, 0]).is_none());
        let bytes = [2, 0, 254, 0, 1, 2, 3, 0, 4, 5, 6, 0];
        let clut = Clut::parse(&bytes).unwrap();
        let mut entries = clut.entries();
        assert_eq!(
            entries.next(),
            Some((
                254,
                ClutEntry {
                    red: 1,
                    green: 2,
                    blue: 3
                }
            ))
        );
        assert_eq!(
            entries.next(),
            Some((
                255,
                ClutEntry {
                    red: 4,
                    green: 5,
                    blue: 6
                }
            ))
        );
        assert_eq!(entries.next(), None);
    }

    #[test]
    fn requested_mode_splits_its_flags() {
        let mode = RequestedMode {
            index: 7,
            keep_memory: true,
            map_linear: true,
        };
        assert_eq!(mode.emit(), 0xC000_0007_u32.to_le_bytes());
        assert_eq!(RequestedMode::parse(&mode.emit()), Some(mode));
    }
}
