//! The modes a card offers: standard timings its clocks can make, times the pixel formats its memory can hold.

use lumenport_hal::addr::ByteLen;
use lumenport_hal::mode::{self, ClockChoice, Mode};
use lumenport_hal::plane::{Config, Format};
use lumenport_videoport::ioctl::{
    MODE_COLOR_GRAPHICS, MODE_MANAGED_PALETTE, MODE_PALETTE_DRIVEN, ModeInformation,
};

/// Formats in the order of the mode list.
const FORMATS: [Format; 3] = [Format::Xrgb8888, Format::Rgb565, Format::C8];

/// Assumed density of an unknown monitor, 96 dots per inch. Units: 1/10 mm per 24 pixels.
const TENTH_MM_PER_24_PX: u32 = 64;

/// Driver-specific attribute of a mode: a small raster for simulations, no display standard.
pub const MODE_SMALL_TEST: u32 = 1;
/// Driver-specific attribute of a mode: the timing that the monitor likes best.
pub const MODE_PREFERRED: u32 = 2;

/// One entry of the mode list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CardMode {
    /// Its number, for `IOCTL_VIDEO_SET_CURRENT_MODE`.
    pub idx: u32,
    /// The timing.
    pub timing: &'static Mode,
    /// The board clock that makes it.
    pub clock: ClockChoice,
    /// How a pixel is stored.
    pub format: Format,
    /// From one line to the next.
    pub pitch: ByteLen,
    /// Lines of this pitch that card memory holds.
    pub memory_lines: u32,
}

impl CardMode {
    /// Bytes of the visible frame.
    pub fn frame_bytes(&self) -> ByteLen {
        // It fits card memory, so the product is below 4 GiB.
        self.pitch
            .checked_mul(u32::from(self.timing.v_active_lines))
            .unwrap_or_default()
    }

    /// Bytes of all whole lines of card memory.
    pub fn memory_bytes(&self) -> ByteLen {
        self.pitch
            .checked_mul(self.memory_lines)
            .unwrap_or_default()
    }

    /// The mode in the request's words.
    pub fn information(&self) -> ModeInformation {
        let (number_rgb_bits, rgb_masks, palette) = match self.format {
            Format::Xrgb8888 => ([8, 8, 8], [0x00FF_0000, 0x0000_FF00, 0x0000_00FF], 0),
            Format::Rgb565 => ([5, 6, 5], [0xF800, 0x07E0, 0x001F], 0),
            Format::C8 => (
                [8, 8, 8],
                [0, 0, 0],
                MODE_PALETTE_DRIVEN | MODE_MANAGED_PALETTE,
            ),
        };
        let (width, height) = (
            u32::from(self.timing.h_active_px),
            u32::from(self.timing.v_active_lines),
        );
        let millimetres = |dots: u32| dots.saturating_mul(TENTH_MM_PER_24_PX) / 240;
        ModeInformation {
            mode_index: self.idx,
            vis_screen_width_px: width,
            vis_screen_height_lines: height,
            screen_stride_bytes: self.pitch.raw(),
            number_of_planes: 1,
            bits_per_plane: self.format.bytes_per_pixel() * 8,
            frequency_hz: self.timing.refresh_millihertz().saturating_add(500) / 1000,
            x_millimeter: millimetres(width),
            y_millimeter: millimetres(height),
            number_rgb_bits,
            rgb_masks,
            attribute_flags: MODE_COLOR_GRAPHICS | palette,
            video_memory_bitmap_width_px: width,
            video_memory_bitmap_height_lines: self.memory_lines,
            driver_specific_attribute_flags: if self.timing.small_test {
                MODE_SMALL_TEST
            } else {
                0
            },
        }
    }
}

/// The mode list of a card with these clocks (kHz, 0 = none) and this much memory.
///
/// Shape: every timing in table order with each format that fits; numbered from 0 without gaps.
pub fn card_modes(clocks_khz: &[u32], memory: ByteLen) -> impl Iterator<Item = CardMode> {
    let fitting = mode::available(clocks_khz).flat_map(move |(timing, clock)| {
        FORMATS.into_iter().filter_map(move |format| {
            let pitch = Config::packed_pitch(format, timing.h_active_px)?;
            let memory_lines = memory.raw().checked_div(pitch.raw())?;
            (memory_lines >= u32::from(timing.v_active_lines)).then_some(CardMode {
                idx: 0,
                timing,
                clock,
                format,
                pitch,
                memory_lines,
            })
        })
    });
    (0..)
        .zip(fitting)
        .map(|(idx, mode)| CardMode { idx, ..mode })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_that_do_not_fit_memory_are_left_out() {
        // 1 MiB holds 640x480 at 16 and 8 bits, not at 32; 320x240 at all three.
        let list = || card_modes(&[25_175], ByteLen::new(1 << 20));
        assert!(list().map(|mode| (mode.timing.name, mode.format)).eq([
            ("640x480", Format::Rgb565),
            ("640x480", Format::C8),
            ("320x240", Format::Xrgb8888),
            ("320x240", Format::Rgb565),
            ("320x240", Format::C8),
            ("64x48", Format::Xrgb8888),
            ("64x48", Format::Rgb565),
            ("64x48", Format::C8),
        ]));
        assert!(list().map(|mode| mode.idx).eq(0..8));
    }

    #[test]
    fn information_keeps_the_documented_invariants() {
        for mode in card_modes(
            &[25_175, 40_000, 65_000, 74_250, 148_500],
            ByteLen::new(16 << 20),
        ) {
            let info = mode.information();
            assert!(info.vis_screen_width_px <= info.video_memory_bitmap_width_px);
            assert!(info.video_memory_bitmap_width_px <= info.screen_stride_bytes);
            assert!(info.vis_screen_height_lines <= info.video_memory_bitmap_height_lines);
            assert!(info.video_memory_bitmap_height_lines * info.screen_stride_bytes <= 16 << 20);
            assert_eq!(ModeInformation::parse(&info.emit()), Some(info));
        }
    }
}
