//! The font of a kernel's console, found in the kernel's own image.

use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

/// Pixels of a glyph.
pub const WIDTH: usize = 8;
/// Lines of a glyph, a byte each.
pub const HEIGHT: usize = 16;
/// Glyphs of the font.
const GLYPHS: usize = 256;

/// The 8x16 font: glyph `n` belongs to character `n` of code page 437, which for 0x20 to 0x7E is ASCII.
pub struct Font {
    glyphs: Vec<[u8; HEIGHT]>,
}

impl Font {
    /// Finds the font in an uncompressed kernel.
    ///
    /// # Errors
    /// When the file cannot be read or has no such font.
    pub fn of_kernel(image: &Path) -> Result<Self> {
        let bytes = fs::read(image).with_context(|| format!("cannot read {}", image.display()))?;
        Self::find(&bytes).context("the kernel's image has no 8x16 font")
    }

    /// Linux keeps a font behind four words: 0, 0, its size, 0. Of what looks like that, the one that has an empty space, a full
    /// block at 0xDB and letters is it.
    ///
    /// Source: Linux, `lib/fonts/font_8x16.c` and `include/linux/font.h` (`struct font_data`).
    fn find(image: &[u8]) -> Option<Self> {
        let size = GLYPHS * HEIGHT;
        let mut header = [0; 16];
        header[8..12].copy_from_slice(&u32::try_from(size).ok()?.to_le_bytes());
        let mut rest = image;
        let mut start = 0;
        while let Some(at) = rest.windows(header.len()).position(|w| w == header) {
            let from = start + at + header.len();
            let (glyphs, _) = image.get(from..from + size)?.as_chunks::<HEIGHT>();
            let font = Self {
                glyphs: glyphs.to_vec(),
            };
            if font.is_plausible() {
                return Some(font);
            }
            start += at + 4;
            rest = image.get(start..)?;
        }
        None
    }

    fn is_plausible(&self) -> bool {
        let printable = || (b'!'..=b'~').map(|code| self.glyph(code));
        let mut different: Vec<_> = printable().collect();
        different.sort_unstable();
        different.dedup();
        self.glyph(b' ') == [0; HEIGHT]
            && self.glyph(0xDB) == [0xFF; HEIGHT]
            && printable().all(|glyph| glyph != [0; HEIGHT])
            && different.len() == printable().count()
    }

    /// Glyph of a character, top line first, leftmost pixel in bit 7.
    pub fn glyph(&self, code: u8) -> [u8; HEIGHT] {
        self.glyphs
            .get(usize::from(code))
            .copied()
            .unwrap_or_default()
    }

    /// The printable character with this glyph.
    pub fn character(&self, glyph: [u8; HEIGHT]) -> Option<char> {
        let codes = b' '..=b'~';
        codes
            .clone()
            .find(|code| self.glyph(*code) == glyph)
            .map(char::from)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A font that is none of the kernel's: the character's code in every line.
    pub fn made_up() -> Vec<u8> {
        let mut font = Vec::new();
        for code in 0..=u8::MAX {
            let line = match code {
                b' ' => 0,
                0xDB => 0xFF,
                code => code | 0x80,
            };
            font.extend([line; HEIGHT]);
        }
        font
    }

    pub fn image() -> Vec<u8> {
        let mut image = vec![7; 100];
        let header = [0, 0, 4096, 0].map(u32::to_le_bytes);
        // The header alone is in many places.
        image.extend(header.as_flattened());
        image.extend([9; 5000]);
        image.extend(header.as_flattened());
        image.extend(made_up());
        image.extend([3; 50]);
        image
    }

    pub fn font() -> Font {
        Font::find(&image()).expect("it is there")
    }

    #[test]
    fn font_is_found_behind_its_header_and_nothing_else_is_taken_for_it() {
        assert_eq!(font().character([b'A' | 0x80; HEIGHT]), Some('A'));
        assert_eq!(font().character([1; HEIGHT]), None);
        let image = image();
        assert!(Font::find(&image[..image.len() - 100]).is_none());
        assert!(Font::find(&[]).is_none());
    }
}
