//! The test picture, and how it gets into the mapped frame buffer.

use crate::picture::{self, Format};
use image::{Rgb, RgbImage};
use lumenport_videoport::VirtAddr;
use lumenport_videoport::ioctl::ModeInformation;
use lumenport_videoport::platform::Platform as _;
use videoport::Device;

/// White, yellow, cyan, green, magenta, red, blue, black.
const BARS: [[u8; 3]; 8] = [
    [255, 255, 255],
    [255, 255, 0],
    [0, 255, 255],
    [0, 255, 0],
    [255, 0, 255],
    [255, 0, 0],
    [0, 0, 255],
    [0, 0, 0],
];

/// A picture on which mistakes show: a white frame one pixel wide (cut edges), colour bars (order of colours), ramps of red, green,
/// blue and grey (bits), a coarse checkerboard (pitch), and marks in three corners (mirrored, upside down).
pub fn test_picture(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| Rgb(colour(x, y, width, height)))
}

fn colour(x: u32, y: u32, width: u32, height: u32) -> [u8; 3] {
    if x == 0 || y == 0 || x + 1 == width || y + 1 == height {
        return [255; 3];
    }
    let mark = (width.min(height) / 10).max(2);
    match (
        x <= mark,
        x + 1 >= width - mark,
        y <= mark,
        y + 1 >= height - mark,
    ) {
        (true, _, true, _) => return [255, 0, 0],
        (_, true, true, _) => return [0, 255, 0],
        (true, _, _, true) => return [0, 0, 255],
        _ => {}
    }
    let ramp = (x * 255 / (width - 1).max(1)) as u8;
    match y * 8 / height {
        0..3 => BARS[(x * 8 / width) as usize],
        3 => [ramp, 0, 0],
        4 => [0, ramp, 0],
        5 => [0, 0, ramp],
        6 => [ramp; 3],
        _ if (x / 4 + y / 4).is_multiple_of(2) => [192; 3],
        _ => [32; 3],
    }
}

/// Writes a picture through a mapping of card memory, as a display driver does: words where lines allow it, then bytes.
pub fn draw(
    device: &Device,
    at: VirtAddr,
    mode: &ModeInformation,
    format: Format,
    image: &RgbImage,
) {
    let machine = device.machine();
    let line_bytes = (image.width() * format.bits_per_pixel() / 8) as usize;
    let bytes = picture::pack(image, format);
    for (line, pixels) in bytes.chunks_exact(line_bytes).enumerate() {
        let start = at.raw() + line * mode.screen_stride_bytes as usize;
        let words = pixels.chunks_exact(4);
        let tail_at = start + words.len() * 4;
        let tail = words.remainder();
        for (idx, word) in words.enumerate() {
            if let Ok(word) = <[u8; 4]>::try_from(word) {
                machine
                    .write_register_u32(VirtAddr::new(start + idx * 4), u32::from_le_bytes(word));
            }
        }
        for (idx, byte) in tail.iter().enumerate() {
            machine.write_register_u8(VirtAddr::new(tail_at + idx), *byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_is_not_symmetric() {
        for (width, height) in [(64, 48), (640, 480), (5, 5)] {
            let picture = test_picture(width, height);
            assert_ne!(picture, image::imageops::flip_horizontal(&picture));
            assert_ne!(picture, image::imageops::flip_vertical(&picture));
        }
    }
}
