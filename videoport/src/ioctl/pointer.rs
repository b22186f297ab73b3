//! Pointer requests.
//!
//! Source: `VIDEO_POINTER_ATTRIBUTES`, `VIDEO_POINTER_POSITION`, `VIDEO_POINTER_CAPABILITIES` of `ntddvdeo.h`.

use super::{put_words, u16_at, u32_at};

/// The pointer moves while the picture is drawn.
pub const POINTER_ASYNC: u32 = 1;
/// Monochrome: an AND mask, then an XOR mask, 1 bit a pixel.
pub const POINTER_MONO: u32 = 2;
/// Colour. This port's drivers take 32 bits a pixel: alpha, red, green, blue from the high byte down, premultiplied.
pub const POINTER_COLOR: u32 = 4;
/// First shape of an animation.
pub const POINTER_ANIMATE_START: u32 = 8;
/// Next shape of an animation.
pub const POINTER_ANIMATE_UPDATE: u32 = 0x10;

/// `VIDEO_POINTER_POSITION`: upper left corner of the shape on the screen; negative is legal.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct PointerPosition {
    /// Pixels from the left.
    pub column: i16,
    /// Lines from the top.
    pub row: i16,
}

impl PointerPosition {
    /// Bytes of the wire form.
    pub const LENGTH: usize = 4;

    /// Reads the wire form, `None` when it is short.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        Self::at(bytes, 0)
    }

    fn at(bytes: &[u8], offset: usize) -> Option<Self> {
        Some(Self {
            column: u16_at(bytes, offset)?.cast_signed(),
            row: u16_at(bytes, offset.checked_add(2)?)?.cast_signed(),
        })
    }

    const fn word(self) -> u32 {
        (self.column.cast_unsigned() as u32) | ((self.row.cast_unsigned() as u32) << 16)
    }

    /// The wire form.
    pub const fn emit(&self) -> [u8; Self::LENGTH] {
        self.word().to_le_bytes()
    }
}

/// `VIDEO_POINTER_ATTRIBUTES` without the pixels.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct PointerAttributes {
    /// `POINTER_*` flags.
    pub flags: u32,
    /// Columns.
    pub width_px: u32,
    /// Rows.
    pub height_lines: u32,
    /// Bytes from row to row of a mask or of the colour pixels.
    pub width_in_bytes: u32,
    /// The pointer is shown.
    pub enabled: bool,
    /// Where.
    pub position: PointerPosition,
}

impl PointerAttributes {
    /// `sizeof`: the head and one pixel byte, padded.
    pub const LENGTH: usize = 28;
    /// Where the pixels begin.
    pub const PIXELS: usize = 24;

    /// Reads the head, `None` when it is short.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            flags: u32_at(bytes, 0)?,
            width_px: u32_at(bytes, 4)?,
            height_lines: u32_at(bytes, 8)?,
            width_in_bytes: u32_at(bytes, 12)?,
            enabled: u32_at(bytes, 16)? != 0,
            position: PointerPosition::at(bytes, 20)?,
        })
    }

    /// The wire form, pixels zero.
    pub fn emit(&self) -> [u8; Self::LENGTH] {
        let mut out = [0; Self::LENGTH];
        let words = [
            self.flags,
            self.width_px,
            self.height_lines,
            self.width_in_bytes,
            u32::from(self.enabled),
            self.position.word(),
        ];
        put_words(&mut out, &words);
        out
    }
}

/// Why a shape was not read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PointerShapeError {
    /// Fewer bytes than the head says.
    Short,
    /// Empty, not exactly one of monochrome and colour, or rows that overlap.
    Malformed,
}

/// `VIDEO_POINTER_ATTRIBUTES` with its pixels: a checked view.
#[derive(Clone, Copy, Debug)]
pub struct PointerShape<'b> {
    /// The head.
    pub attributes: PointerAttributes,
    pixels: &'b [u8],
}

/// One pixel of a shape.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PointerPixel {
    /// Monochrome: the two mask bits.
    Mask {
        /// Keep the screen's pixel.
        and: bool,
        /// Then invert it.
        xor: bool,
    },
    /// Colour: alpha, red, green, blue from the high byte down, premultiplied.
    Argb(u32),
}

impl<'b> PointerShape<'b> {
    /// A checked view of the input of `SET_POINTER_ATTR`.
    ///
    /// # Errors
    /// [`PointerShapeError`].
    pub fn parse(bytes: &'b [u8]) -> Result<Self, PointerShapeError> {
        let attributes = PointerAttributes::parse(bytes).ok_or(PointerShapeError::Short)?;
        let malformed = PointerShapeError::Malformed;
        let kind = attributes.flags & (POINTER_MONO | POINTER_COLOR);
        let (row_bytes, masks) = match kind {
            POINTER_MONO => (Some(attributes.width_px.div_ceil(8)), 2),
            POINTER_COLOR => (attributes.width_px.checked_mul(4), 1),
            _ => return Err(malformed),
        };
        let row_bytes = row_bytes.ok_or(malformed)?;
        if attributes.width_px == 0
            || attributes.height_lines == 0
            || attributes.width_in_bytes < row_bytes
        {
            return Err(malformed);
        }
        // The last row may end with its last pixel.
        let rows = attributes
            .height_lines
            .checked_mul(masks)
            .ok_or(malformed)?;
        let length = (rows - 1)
            .checked_mul(attributes.width_in_bytes)
            .and_then(|bytes| bytes.checked_add(row_bytes))
            .and_then(|bytes| usize::try_from(bytes).ok())
            .ok_or(malformed)?;
        let pixels = bytes
            .get(PointerAttributes::PIXELS..)
            .and_then(|rest| rest.get(..length))
            .ok_or(PointerShapeError::Short)?;
        Ok(Self { attributes, pixels })
    }

    /// The pixels, row by row.
    pub fn pixels(&self) -> impl Iterator<Item = PointerPixel> + use<'b> {
        let Self { attributes, pixels } = *self;
        (0..attributes.height_lines)
            .flat_map(move |y| (0..attributes.width_px).map(move |x| (x, y)))
            .map(move |(x, y)| {
                // Within the length that `parse` checked.
                let at = |row: u32, offset: u32| {
                    row.checked_mul(attributes.width_in_bytes)
                        .and_then(|start| start.checked_add(offset))
                        .unwrap_or(u32::MAX) as usize
                };
                if attributes.flags & POINTER_COLOR != 0 {
                    let word = u32_at(pixels, at(y, x.saturating_mul(4)));
                    return PointerPixel::Argb(word.unwrap_or(0));
                }
                let bit = |row| {
                    let byte = pixels.get(at(row, x / 8)).copied().unwrap_or(0);
                    byte & (0x80 >> (x % 8)) != 0
                };
                PointerPixel::Mask {
                    and: bit(y),
                    xor: bit(y.saturating_add(attributes.height_lines)),
                }
            })
    }
}

/// `VIDEO_POINTER_CAPABILITIES`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct PointerCapabilities {
    /// `POINTER_*` flags.
    pub flags: u32,
    /// Most columns.
    pub max_width_px: u32,
    /// Most rows.
    pub max_height_lines: u32,
    /// Where the shape lies in the frame buffer, all ones when it does not.
    pub bitmap_start: u32,
    /// Where it ends.
    pub bitmap_end: u32,
}

impl PointerCapabilities {
    /// Bytes of the wire form.
    pub const LENGTH: usize = 20;

    /// Reads the wire form, `None` when it is short.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            flags: u32_at(bytes, 0)?,
            max_width_px: u32_at(bytes, 4)?,
            max_height_lines: u32_at(bytes, 8)?,
            bitmap_start: u32_at(bytes, 12)?,
            bitmap_end: u32_at(bytes, 16)?,
        })
    }

    /// The wire form.
    pub fn emit(&self) -> [u8; Self::LENGTH] {
        let mut out = [0; Self::LENGTH];
        let words = [
            self.flags,
            self.max_width_px,
            self.max_height_lines,
            self.bitmap_start,
            self.bitmap_end,
        ];
        put_words(&mut out, &words);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(attributes: PointerAttributes, pixels: &[u8]) -> std::vec::Vec<u8> {
        let mut bytes = attributes.emit()[..PointerAttributes::PIXELS].to_vec();
        bytes.extend_from_slice(pixels);
        bytes
    }

    #[test]
    fn masks_are_read_from_the_high_bit_and_stacked() {
        let attributes = PointerAttributes {
            flags: POINTER_MONO,
            width_px: 9,
            height_lines: 1,
            width_in_bytes: 2,
            enabled: true,
            position: PointerPosition {
                column: -2,
                row: 300,
            },
        };
        let bytes = shape(attributes, &[0x80, 0x80, 0x40, 0x80]);
        let shape = PointerShape::parse(&bytes).unwrap();
        assert_eq!(shape.attributes, attributes);
        let pixels: std::vec::Vec<_> = shape.pixels().collect();
        assert_eq!(pixels.len(), 9);
        let mask = |and, xor| PointerPixel::Mask { and, xor };
        assert_eq!(pixels[0], mask(true, false));
        assert_eq!(pixels[1], mask(false, true));
        assert_eq!(pixels[2], mask(false, false));
        assert_eq!(pixels[8], mask(true, true));
        let short = &bytes[..bytes.len() - 1];
        assert_eq!(
            PointerShape::parse(short).err(),
            Some(PointerShapeError::Short)
        );
    }

    #[test]
    fn colour_rows_may_be_longer_than_their_pixels() {
        let attributes = PointerAttributes {
            flags: POINTER_COLOR | POINTER_ANIMATE_START,
            width_px: 1,
            height_lines: 2,
            width_in_bytes: 6,
            ..PointerAttributes::default()
        };
        let bytes = shape(attributes, &[1, 2, 3, 4, 9, 9, 5, 6, 7, 8]);
        let shape = PointerShape::parse(&bytes).unwrap();
        let words = [0x0403_0201, 0x0807_0605].map(PointerPixel::Argb);
        assert!(shape.pixels().eq(words));
    }

    #[test]
    fn absurd_heads_are_refused() {
        let good = PointerAttributes {
            flags: POINTER_COLOR,
            width_px: 1,
            height_lines: 1,
            width_in_bytes: 4,
            ..PointerAttributes::default()
        };
        for bad in [
            PointerAttributes { flags: 0, ..good },
            PointerAttributes { flags: 6, ..good },
            PointerAttributes {
                width_px: 0,
                ..good
            },
            PointerAttributes {
                height_lines: 0,
                ..good
            },
            PointerAttributes {
                width_in_bytes: 3,
                ..good
            },
            PointerAttributes {
                width_px: u32::MAX,
                ..good
            },
            PointerAttributes {
                height_lines: u32::MAX,
                width_in_bytes: u32::MAX,
                ..good
            },
        ] {
            let bytes = shape(bad, &[0; 64]);
            let error = PointerShape::parse(&bytes).err();
            assert_eq!(error, Some(PointerShapeError::Malformed), "{bad:?}");
        }
        assert!(PointerShape::parse(&shape(good, &[0; 4])).is_ok());
    }

    #[test]
    fn layouts_are_the_published_ones() {
        let position = PointerPosition { column: -1, row: 2 };
        assert_eq!(position.emit(), [0xFF, 0xFF, 2, 0]);
        assert_eq!(PointerPosition::parse(&position.emit()), Some(position));
        let capabilities = PointerCapabilities {
            flags: 1,
            max_width_px: 2,
            max_height_lines: 3,
            bitmap_start: 4,
            bitmap_end: 5,
        };
        let bytes = capabilities.emit();
        assert_eq!(bytes[16], 5);
        assert_eq!(PointerCapabilities::parse(&bytes), Some(capabilities));
    }
}
