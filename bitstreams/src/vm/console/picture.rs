//! A decoded frame, and its file.

use anyhow::{Context, Result, bail};
use std::fs::File;
use std::path::Path;

/// Red, green, blue.
pub type Pixel = [u8; 3];

/// Most colours of a file with a palette.
const PALETTE_COLOURS: usize = 256;

/// A frame.
pub struct Picture {
    /// Pixels a line.
    pub width: usize,
    /// Lines.
    pub height: usize,
    pixels: Vec<Pixel>,
}

impl Picture {
    /// # Errors
    /// When there are not three bytes a pixel.
    pub fn new(width: usize, height: usize, rgb: &[u8]) -> Result<Self> {
        let (pixels, rest) = rgb.as_chunks::<3>();
        if pixels.len() != width * height || !rest.is_empty() {
            bail!("{} bytes are no picture of {width}x{height}", rgb.len());
        }
        let pixels = pixels.to_vec();
        Ok(Self {
            width,
            height,
            pixels,
        })
    }

    /// The pixel at column `x` of line `y`; black outside.
    pub fn pixel(&self, x: usize, y: usize) -> Pixel {
        let inside = x < self.width && y < self.height;
        let at = inside.then_some(y * self.width + x);
        at.and_then(|at| self.pixels.get(at))
            .copied()
            .unwrap_or_default()
    }

    /// Different colours, by value.
    pub fn colours(&self) -> Vec<Pixel> {
        let mut colours = self.pixels.clone();
        colours.sort_unstable();
        colours.dedup();
        colours
    }

    /// Writes it as a PNG, with a palette where the colours allow it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let file =
            File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
        let mut encoder = png::Encoder::new(
            file,
            u32::try_from(self.width)?,
            u32::try_from(self.height)?,
        );
        encoder.set_compression(png::Compression::High);
        let colours = self.colours();
        if colours.len() > PALETTE_COLOURS {
            encoder.set_color(png::ColorType::Rgb);
            let bytes = self.pixels.as_flattened();
            encoder.write_header()?.write_image_data(bytes)?;
            return Ok(());
        }
        // As few bits a pixel as the colours need; a line ends with a whole byte.
        let (depth, bits) = match colours.len() {
            0..=2 => (png::BitDepth::One, 1),
            3..=4 => (png::BitDepth::Two, 2),
            5..=16 => (png::BitDepth::Four, 4),
            _ => (png::BitDepth::Eight, 8),
        };
        let mut bytes = Vec::new();
        for line in self.pixels.chunks(self.width.max(1)) {
            for group in line.chunks(8 / bits) {
                let mut byte = 0;
                for (place, pixel) in group.iter().enumerate() {
                    let index = colours.binary_search(pixel).unwrap_or(0);
                    byte |= u8::try_from(index)? << (8 - bits * (place + 1));
                }
                bytes.push(byte);
            }
        }
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(depth);
        encoder.set_palette(colours.as_flattened().to_vec());
        encoder.write_header()?.write_image_data(&bytes)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_every_depth_read_back() {
        for colours in [1_usize, 2, 3, 5, 17, 300] {
            let (width, height) = (13, 30);
            let rgb: Vec<u8> = (0..width * height)
                .flat_map(|at| {
                    let colour = at % colours;
                    [(colour % 256) as u8, (colour / 256) as u8, 7]
                })
                .collect();
            let picture = Picture::new(width, height, &rgb).expect("sizes agree");
            let name = format!("xtask-picture-{}-{colours}.png", std::process::id());
            let path = std::env::temp_dir().join(name);
            picture.save(&path).expect("it can be written");
            let mut decoder = png::Decoder::new(std::io::BufReader::new(
                File::open(&path).expect("it was written"),
            ));
            decoder.set_transformations(png::Transformations::EXPAND);
            let mut reader = decoder.read_info().expect("a header");
            let mut read = vec![0; reader.output_buffer_size().expect("a size")];
            reader.next_frame(&mut read).expect("pixels");
            assert!(read == rgb, "{colours} colours");
            std::fs::remove_file(path).expect("it was written");
        }
    }

    #[test]
    fn bytes_that_are_no_picture_are_refused() {
        assert!(Picture::new(2, 2, &[0; 11]).is_err());
        assert!(Picture::new(2, 2, &[0; 15]).is_err());
    }
}
