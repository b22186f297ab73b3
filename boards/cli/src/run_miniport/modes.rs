//! The driver's modes: read, checked against the contract's invariants, and one chosen.

use crate::picture::Format;
use anyhow::{Result, anyhow, bail};
use lumenport_videoport::ioctl::{MODE_PALETTE_DRIVEN, ModeInformation};

/// A mode that the user asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    size: (u32, u32),
    format: Option<Format>,
}

impl Wanted {
    /// Reads `WIDTHxHEIGHT` or `WIDTHxHEIGHTxFORMAT`.
    ///
    /// # Errors
    /// One sentence.
    pub fn parse(text: &str) -> Result<Self> {
        let no_mode = || anyhow!("{text} is no mode; write 640x480 or 640x480xrgb565");
        let mut parts = text.splitn(3, 'x');
        let mut number = || -> Result<u32> {
            let part = parts.next().ok_or_else(no_mode)?;
            part.parse().map_err(|_| no_mode())
        };
        let size = (number()?, number()?);
        let format = match parts.next() {
            None => None,
            Some("xrgb8888" | "32") => Some(Format::Xrgb8888),
            Some("rgb565" | "16") => Some(Format::Rgb565),
            Some("c8" | "8") => Some(Format::C8),
            Some(other) => bail!("{other} is no pixel format; there are xrgb8888, rgb565, c8"),
        };
        Ok(Self { size, format })
    }
}

/// How a mode's pixels lie in memory; `None` for a layout that this program does not draw.
pub fn format_of(mode: &ModeInformation) -> Option<Format> {
    let palette = mode.attribute_flags & MODE_PALETTE_DRIVEN != 0;
    match (mode.bits_per_plane, palette, mode.rgb_masks) {
        (32, false, [0x00FF_0000, 0xFF00, 0xFF]) => Some(Format::Xrgb8888),
        (16, false, [0xF800, 0x07E0, 0x1F]) => Some(Format::Rgb565),
        (8, true, _) => Some(Format::C8),
        _ => None,
    }
}

/// A mode for people: `640x480@60, 32 bits`.
pub fn name(mode: &ModeInformation) -> String {
    format!(
        "{}x{}@{}, {} bits",
        mode.vis_screen_width_px,
        mode.vis_screen_height_lines,
        mode.frequency_hz,
        mode.bits_per_plane
    )
}

/// What is wrong with a mode's numbers. Source: ntddvdeo.h, VIDEO_MODE_INFORMATION.
pub fn flaws(mode: &ModeInformation) -> Vec<String> {
    let mut flaws = Vec::new();
    let mut check = |good: bool, what: &str| {
        if !good {
            flaws.push(format!("mode {}: {what}", mode.mode_index));
        }
    };
    let (width, bitmap) = (mode.vis_screen_width_px, mode.video_memory_bitmap_width_px);
    check(
        width <= bitmap,
        "VisScreenWidth is more than VideoMemoryBitmapWidth",
    );
    let line_bytes = u64::from(width) * u64::from(mode.bits_per_plane) / 8;
    check(
        line_bytes <= u64::from(mode.screen_stride_bytes),
        "ScreenStride is less than a visible line",
    );
    check(
        mode.vis_screen_height_lines <= mode.video_memory_bitmap_height_lines,
        "VisScreenHeight is more than VideoMemoryBitmapHeight",
    );
    check(mode.number_of_planes == 1, "NumberOfPlanes is not 1");
    flaws
}

/// The mode to set.
///
/// # Errors
/// One sentence with the modes there are.
pub fn choose(
    modes: &[ModeInformation],
    wanted: Option<&Wanted>,
    slow: bool,
) -> Result<ModeInformation> {
    let drawable = modes.iter().filter(|mode| format_of(mode).is_some());
    let size = |mode: &ModeInformation| (mode.vis_screen_width_px, mode.vis_screen_height_lines);
    let chosen = match wanted {
        Some(wanted) => drawable.clone().find(|mode| {
            size(mode) == wanted.size
                && (wanted.format.is_none() || format_of(mode) == wanted.format)
        }),
        None if slow => drawable
            .clone()
            .min_by_key(|mode| mode.vis_screen_width_px * mode.vis_screen_height_lines),
        None => drawable
            .clone()
            .find(|mode| size(mode) == (640, 480))
            .or(drawable.clone().next()),
    };
    let names = || modes.iter().map(name).collect::<Vec<_>>().join("; ");
    chosen.copied().ok_or_else(|| {
        anyhow!(
            "the driver has no such mode that can be drawn; it has {}",
            names()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(index: u32, width: u32, bits: u32, masks: [u32; 3]) -> ModeInformation {
        ModeInformation {
            mode_index: index,
            vis_screen_width_px: width,
            vis_screen_height_lines: 480,
            screen_stride_bytes: width * bits / 8,
            number_of_planes: 1,
            bits_per_plane: bits,
            rgb_masks: masks,
            video_memory_bitmap_width_px: width,
            video_memory_bitmap_height_lines: 480,
            ..ModeInformation::default()
        }
    }

    #[test]
    fn modes_are_read_as_people_write_them() {
        let wanted = |size, format| Wanted { size, format };
        assert_eq!(Wanted::parse("640x480").unwrap(), wanted((640, 480), None));
        assert_eq!(
            Wanted::parse("64x48xc8").unwrap(),
            wanted((64, 48), Some(Format::C8))
        );
        for bad in ["", "640", "640x", "axb", "640x480x24", "640x480xrgb888"] {
            assert!(Wanted::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_wanted_mode_is_found_or_the_others_are_named() {
        let modes = [
            mode(0, 320, 32, [0xFF_0000, 0xFF00, 0xFF]),
            mode(1, 640, 16, [0xF800, 0x7E0, 0x1F]),
            mode(2, 640, 32, [0xFF_0000, 0xFF00, 0xFF]),
            mode(3, 100, 24, [0; 3]),
        ];
        let index = |text: &str| {
            choose(&modes, Some(&Wanted::parse(text).unwrap()), false).map(|mode| mode.mode_index)
        };
        assert_eq!(index("640x480x32").unwrap(), 2);
        assert_eq!(index("640x480").unwrap(), 1);
        assert!(
            index("100x480")
                .unwrap_err()
                .to_string()
                .contains("320x480@0, 32 bits")
        );
        assert_eq!(choose(&modes, None, false).unwrap().mode_index, 1);
        assert_eq!(choose(&modes, None, true).unwrap().mode_index, 0);
    }

    #[test]
    fn a_stride_shorter_than_a_line_is_a_flaw() {
        let mut mode = mode(7, 640, 32, [0; 3]);
        assert!(flaws(&mode).is_empty());
        mode.screen_stride_bytes = 640;
        assert_eq!(
            flaws(&mode),
            ["mode 7: ScreenStride is less than a visible line"]
        );
    }
}
