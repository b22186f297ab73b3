//! Test data: bytes and pictures in which any shift, swap or repetition shows.

/// `length` bytes that follow from `seed` (xorshift).
pub fn noise(seed: u32, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_761).max(1);
    let mut out = Vec::with_capacity(length + 4);
    while out.len() < length {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        out.extend_from_slice(&state.to_le_bytes());
    }
    out.truncate(length);
    out
}

/// A picture of 24-bit pixels. Shape: `width_px * height_lines` pixels of 3 bytes, red first, top line first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Raster {
    /// Pixels in a line.
    pub width_px: u32,
    /// Lines.
    pub height_lines: u32,
    /// The bytes.
    pub rgb: Vec<u8>,
}

impl Raster {
    /// One colour everywhere.
    pub fn filled(width_px: u32, height_lines: u32, colour: [u8; 3]) -> Self {
        Self {
            width_px,
            height_lines,
            rgb: colour.repeat((width_px * height_lines) as usize),
        }
    }

    /// The pixels.
    pub fn pixels(&self) -> impl Iterator<Item = [u8; 3]> + '_ {
        self.rgb.chunks_exact(3).map(|px| [px[0], px[1], px[2]])
    }

    /// The pixels as XRGB8888 in memory: blue, green, red, unused.
    pub fn xrgb8888(&self) -> Vec<u8> {
        self.pixels().flat_map(|[r, g, b]| [b, g, r, 0]).collect()
    }

    /// The pixels as RGB565 in memory, little endian, by cutting.
    pub fn rgb565(&self) -> Vec<u8> {
        let word = |[r, g, b]: [u8; 3]| {
            (u16::from(r >> 3) << 11) | (u16::from(g >> 2) << 5) | u16::from(b >> 3)
        };
        self.pixels()
            .flat_map(|px| word(px).to_le_bytes())
            .collect()
    }

    /// What a monitor shows for [`Raster::rgb565`]: the cut channels widened by bit replication.
    #[must_use]
    pub fn through_rgb565(&self) -> Self {
        let five = |c: u8| (c >> 3) << 3 | c >> 5;
        let six = |c: u8| (c >> 2) << 2 | c >> 6;
        Self {
            rgb: self
                .pixels()
                .flat_map(|[r, g, b]| [five(r), six(g), five(b)])
                .collect(),
            ..*self
        }
    }

    /// Copies `part` over this picture at (`x_px`, `y_lines`).
    pub fn paste(&mut self, part: &Self, x_px: u32, y_lines: u32) {
        let row_bytes = part.width_px as usize * 3;
        for (line, row) in (y_lines..).zip(part.rgb.chunks_exact(row_bytes)) {
            let at = (line * self.width_px + x_px) as usize * 3;
            self.rgb[at..at + row_bytes].copy_from_slice(row);
        }
    }
}

/// A picture whose every line and column differs from its neighbours.
pub fn test_picture(width_px: u32, height_lines: u32, seed: u32) -> Raster {
    let pixel = |x: u32, y: u32| {
        let stir = (x.wrapping_mul(73) ^ y.wrapping_mul(151)).wrapping_add(seed.wrapping_mul(97));
        [
            (x.wrapping_mul(255) / width_px.max(1)) as u8,
            (y.wrapping_mul(255) / height_lines.max(1)) as u8,
            stir as u8,
        ]
    };
    let rgb = (0..height_lines)
        .flat_map(|y| (0..width_px).flat_map(move |x| pixel(x, y)))
        .collect();
    Raster {
        width_px,
        height_lines,
        rgb,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_differ() {
        let picture = test_picture(64, 48, 1);
        let row = |y: usize| &picture.rgb[y * 192..(y + 1) * 192];
        assert!((1..48).all(|y| row(y) != row(y - 1)));
        let pixels: Vec<_> = picture.pixels().collect();
        assert!((1..64).all(|x| pixels[x] != pixels[x - 1]));
        assert_ne!(picture, test_picture(64, 48, 2));
    }

    #[test]
    fn white_and_black_survive_16_bits() {
        for colour in [[255; 3], [0; 3]] {
            let plain = Raster::filled(2, 2, colour);
            assert_eq!(plain.through_rgb565(), plain);
        }
        assert_eq!(Raster::filled(1, 1, [255, 0, 0]).rgb565(), [0x00, 0xF8]);
    }

    #[test]
    fn noise_follows_its_seed() {
        assert_eq!(noise(5, 10), noise(5, 20)[..10]);
        assert_ne!(noise(5, 10), noise(6, 10));
    }
}
