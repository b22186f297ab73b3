//! The user's picture: reading, fitting to a mode, packing to a pixel format, writing, comparing.
//!
//! **Fit rule** (documented so that "bit-exact" has a meaning): the picture is scaled with its aspect
//! kept until it just fits inside the mode (Lanczos with three lobes; a picture that already has the
//! right size is not touched), centred, and the rest is black. Transparency is composed over black.
//! What the monitor must show is the fitted picture after it went through the pixel format: XRGB8888
//! keeps all 24 bits, RGB565 keeps 5-6-5 and the card widens by replicating the top bits, C8 uses a
//! fixed palette of 6 x 7 x 6 levels.

use image::imageops::FilterType;
use image::{ImageError, ImageReader, RgbImage};
use std::path::Path;
use thiserror::Error;

/// How pixels lie in card memory; the names are the fourcc order names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// 32 bits a pixel, bytes B, G, R, X.
    Xrgb8888,
    /// 16 bits a pixel, little endian, red in the top five bits.
    Rgb565,
    /// 8 bits a pixel through the palette.
    C8,
}

impl Format {
    /// Bits a pixel takes in card memory.
    pub fn bits_per_pixel(self) -> u32 {
        match self {
            Self::Xrgb8888 => 32,
            Self::Rgb565 => 16,
            Self::C8 => 8,
        }
    }
}

/// Why a picture could not be used.
#[derive(Debug, Error)]
pub enum PictureError {
    /// The file cannot be opened or read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not a picture, or a damaged one.
    #[error("{path} is not a PNG or JPEG picture that can be decoded: {source}")]
    Decode {
        /// The file.
        path: String,
        /// What the decoder said.
        source: ImageError,
    },
    /// The result cannot be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file.
        path: String,
        /// What the encoder or the system said.
        source: ImageError,
    },
}

/// Reads a PNG or JPEG; the content decides, not the file's name.
pub fn read(path: &Path) -> Result<RgbImage, PictureError> {
    let name = || path.display().to_string();
    let reader = ImageReader::open(path)
        .and_then(ImageReader::with_guessed_format)
        .map_err(|source| PictureError::Read {
            path: name(),
            source,
        })?;
    let decoded = reader.decode().map_err(|source| PictureError::Decode {
        path: name(),
        source,
    })?;
    Ok(over_black(&decoded.to_rgba8()))
}

fn over_black(picture: &image::RgbaImage) -> RgbImage {
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let image::Rgba([red, green, blue, alpha]) = *picture.get_pixel(x, y);
        let compose = |channel: u8| ((u32::from(channel) * u32::from(alpha) + 127) / 255) as u8;
        image::Rgb([compose(red), compose(green), compose(blue)])
    })
}

/// Fits `picture` into `width` x `height` pixels by the fit rule of this module.
pub fn fit(picture: &RgbImage, width: u32, height: u32) -> RgbImage {
    let (inner_width, inner_height) = fitted_size(picture.dimensions(), (width, height));
    let scaled = if picture.dimensions() == (inner_width, inner_height) {
        picture.clone()
    } else {
        image::imageops::resize(picture, inner_width, inner_height, FilterType::Lanczos3)
    };
    let mut canvas = RgbImage::new(width, height);
    let (left, top) = ((width - inner_width) / 2, (height - inner_height) / 2);
    image::imageops::replace(&mut canvas, &scaled, i64::from(left), i64::from(top));
    canvas
}

/// The largest size with the aspect of `from` inside `into`, at least 1 x 1.
fn fitted_size(from: (u32, u32), into: (u32, u32)) -> (u32, u32) {
    let (from_width, from_height) = (u64::from(from.0), u64::from(from.1));
    let (into_width, into_height) = (u64::from(into.0), u64::from(into.1));
    let rounded = |numerator: u64, denominator: u64| {
        ((numerator + denominator / 2) / denominator).max(1) as u32
    };
    if from_width * into_height >= from_height * into_width {
        (
            into.0,
            rounded(from_height * into_width, from_width).min(into.1),
        )
    } else {
        (
            rounded(from_width * into_height, from_height).min(into.0),
            into.1,
        )
    }
}

/// Packs a fitted picture to bytes in card memory order, rows without padding.
pub fn pack(picture: &RgbImage, format: Format) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(
        (picture.width() * picture.height() * format.bits_per_pixel() / 8) as usize,
    );
    for image::Rgb([red, green, blue]) in picture.pixels().copied() {
        match format {
            Format::Xrgb8888 => bytes.extend([blue, green, red, 0]),
            Format::Rgb565 => bytes.extend(rgb565(red, green, blue).to_le_bytes()),
            Format::C8 => bytes.push(palette_index(red, green, blue)),
        }
    }
    bytes
}

/// What the monitor must show for a fitted picture in `format`.
pub fn expected(picture: &RgbImage, format: Format) -> RgbImage {
    let mut shown = picture.clone();
    for pixel in shown.pixels_mut() {
        let image::Rgb([red, green, blue]) = *pixel;
        pixel.0 = match format {
            Format::Xrgb8888 => [red, green, blue],
            Format::Rgb565 => [
                red & 0xF8 | red >> 5,
                green & 0xFC | green >> 6,
                blue & 0xF8 | blue >> 5,
            ],
            Format::C8 => palette()[usize::from(palette_index(red, green, blue))],
        };
    }
    shown
}

fn rgb565(red: u8, green: u8, blue: u8) -> u16 {
    u16::from(red >> 3) << 11 | u16::from(green >> 2) << 5 | u16::from(blue >> 3)
}

const RED_LEVELS: u32 = 6;
const GREEN_LEVELS: u32 = 7;
const BLUE_LEVELS: u32 = 6;

/// The palette for C8: 252 colours in a 6 x 7 x 6 cube, then four unused black entries.
pub fn palette() -> [[u8; 3]; 256] {
    let level = |idx: u32, count: u32| (idx * 255 / (count - 1)) as u8;
    std::array::from_fn(|entry| {
        let entry = entry as u32;
        if entry >= RED_LEVELS * GREEN_LEVELS * BLUE_LEVELS {
            return [0; 3];
        }
        let (blue, rest) = (entry % BLUE_LEVELS, entry / BLUE_LEVELS);
        [
            level(rest / GREEN_LEVELS, RED_LEVELS),
            level(rest % GREEN_LEVELS, GREEN_LEVELS),
            level(blue, BLUE_LEVELS),
        ]
    })
}

fn palette_index(red: u8, green: u8, blue: u8) -> u8 {
    let nearest = |value: u8, count: u32| (u32::from(value) * (count - 1) + 127) / 255;
    ((nearest(red, RED_LEVELS) * GREEN_LEVELS + nearest(green, GREEN_LEVELS)) * BLUE_LEVELS
        + nearest(blue, BLUE_LEVELS)) as u8
}

/// Writes a picture as PNG.
pub fn write(picture: &RgbImage, path: &Path) -> Result<(), PictureError> {
    picture
        .save_with_format(path, image::ImageFormat::Png)
        .map_err(|source| PictureError::Write {
            path: path.display().to_string(),
            source,
        })
}

/// Pixels in which the two pictures differ; all of them when their sizes differ.
pub fn differing_pixels(left: &RgbImage, right: &RgbImage) -> u64 {
    if left.dimensions() != right.dimensions() {
        return u64::from(left.width().max(right.width()))
            * u64::from(left.height().max(right.height()));
    }
    left.pixels()
        .zip(right.pixels())
        .filter(|(a, b)| a != b)
        .count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fit_keeps_aspect_and_centres() {
        assert_eq!(fitted_size((1600, 900), (640, 480)), (640, 360));
        assert_eq!(fitted_size((100, 400), (640, 480)), (120, 480));
        assert_eq!(fitted_size((1, 10_000), (640, 480)), (1, 480));
        let white = RgbImage::from_pixel(10, 5, image::Rgb([255; 3]));
        let fitted = fit(&white, 20, 20);
        assert_eq!(fitted.get_pixel(0, 4).0, [0; 3]);
        assert_eq!(fitted.get_pixel(0, 5).0, [255; 3]);
        assert_eq!(fitted.get_pixel(19, 14).0, [255; 3]);
        assert_eq!(fitted.get_pixel(19, 15).0, [0; 3]);
    }

    #[test]
    fn a_picture_of_the_right_size_is_not_touched() {
        let picture = RgbImage::from_fn(16, 12, |x, y| {
            image::Rgb([x as u8 * 13, y as u8 * 17, (x * y) as u8])
        });
        assert_eq!(fit(&picture, 16, 12), picture);
    }

    #[test]
    fn formats_keep_black_and_white() {
        let picture = RgbImage::from_fn(2, 1, |x, _| image::Rgb([x as u8 * 255; 3]));
        for format in [Format::Xrgb8888, Format::Rgb565, Format::C8] {
            assert_eq!(expected(&picture, format), picture, "{format:?}");
        }
    }

    #[test]
    fn bytes_lie_as_the_formats_say() {
        let picture = RgbImage::from_pixel(1, 1, image::Rgb([0xF8, 0x04, 0x10]));
        assert_eq!(pack(&picture, Format::Xrgb8888), [0x10, 0x04, 0xF8, 0x00]);
        assert_eq!(pack(&picture, Format::Rgb565), 0xF822_u16.to_le_bytes());
        assert_eq!(pack(&picture, Format::C8).len(), 1);
    }

    #[test]
    fn differences_are_counted() {
        let mut picture = RgbImage::new(4, 4);
        let black = picture.clone();
        picture.put_pixel(1, 1, image::Rgb([1, 0, 0]));
        assert_eq!(differing_pixels(&picture, &black), 1);
        assert_eq!(differing_pixels(&picture, &RgbImage::new(2, 2)), 16);
    }
}
