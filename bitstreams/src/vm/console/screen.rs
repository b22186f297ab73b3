//! Text of a console's picture.

use super::font::{Font, HEIGHT, WIDTH};
use super::picture::{Picture, Pixel};
use std::collections::BTreeMap;

/// What stands for a cell that shows no character of the font.
const UNKNOWN: char = '\u{FFFD}';

/// Reads a picture that is a grid of 8x16 glyphs on black: one string a line, as long as the screen is wide.
pub fn read(picture: &Picture, font: &Font) -> Vec<String> {
    let columns = picture.width / WIDTH;
    (0..picture.height / HEIGHT)
        .map(|row| {
            let cells = (0..columns).map(|column| {
                let glyph = std::array::from_fn(|line| {
                    let at = (column * WIDTH, row * HEIGHT + line);
                    (0..WIDTH).fold(0, |byte, bit| {
                        let lit = picture.pixel(at.0 + bit, at.1) != [0; 3];
                        byte << 1 | u8::from(lit)
                    })
                });
                font.character(glyph).unwrap_or(UNKNOWN)
            });
            cells.collect()
        })
        .collect()
}

/// What is known of a font that nobody gave: a shape for each character seen so far.
#[derive(Clone, Default)]
pub struct Learnt {
    shapes: BTreeMap<char, Vec<bool>>,
}

impl Learnt {
    /// Whether all of `texts` stand in the picture, in one grid of cells, wherever that begins; the first pixel of the grid's first
    /// whole cell, or the first text that no grid has.
    pub fn grid_of(
        picture: &Picture,
        texts: &[&'static str],
        [width, height]: [usize; 2],
    ) -> Result<[usize; 2], &'static str> {
        let mut most = 0;
        for top in 0..height {
            for left in 0..width {
                let mut learnt = Self::default();
                let found = |text: &&str| learnt.find(picture, text, [width, height], [left, top]);
                let count = texts.iter().map_while(found).count();
                if count == texts.len() {
                    return Ok([left, top]);
                }
                most = most.max(count);
            }
        }
        Err(texts[most])
    }

    /// Looks for `text` in the cells of `width` by `height` pixels whose grid begins at `left`, `top`: equal characters must have
    /// equal shapes, different ones different shapes, blanks none, and all must agree with what was learnt before. Remembers the
    /// shapes; where it is, column and line of its first pixel.
    fn find(
        &mut self,
        picture: &Picture,
        text: &str,
        [width, height]: [usize; 2],
        [left, top]: [usize; 2],
    ) -> Option<[usize; 2]> {
        let length = text.chars().count();
        for y in (top..=picture.height.checked_sub(height)?).step_by(height) {
            for x in (left..=picture.width.checked_sub(width * length)?).step_by(width) {
                let mut trial = Trial {
                    known: &self.shapes,
                    new: BTreeMap::new(),
                };
                let fits = text.chars().enumerate().all(|(index, character)| {
                    let cell = shape(picture, [x + index * width, y], [width, height]);
                    trial.fits(character, cell)
                });
                if fits {
                    let new = trial.new;
                    self.shapes.extend(new);
                    return Some([x, y]);
                }
            }
        }
        None
    }
}

struct Trial<'a> {
    known: &'a BTreeMap<char, Vec<bool>>,
    new: BTreeMap<char, Vec<bool>>,
}

impl Trial<'_> {
    fn fits(&mut self, character: char, shape: Option<Vec<bool>>) -> bool {
        let Some(shape) = shape else { return false };
        let blank = !shape.contains(&true);
        if blank != (character == ' ') {
            return false;
        }
        let known = self.known.get(&character);
        if let Some(known) = known.or_else(|| self.new.get(&character)) {
            return *known == shape;
        }
        let taken = self.known.values().chain(self.new.values());
        if taken.into_iter().any(|other| *other == shape) {
            return false;
        }
        self.new.insert(character, shape);
        true
    }
}

/// Which pixels of a cell are not as its first one; none when it has more than two colours.
fn shape(picture: &Picture, [x, y]: [usize; 2], [width, height]: [usize; 2]) -> Option<Vec<bool>> {
    let ground = picture.pixel(x, y);
    let mut ink: Option<Pixel> = None;
    let mut shape = Vec::with_capacity(width * height);
    for line in y..y + height {
        for column in x..x + width {
            let pixel = picture.pixel(column, line);
            if pixel != ground && *ink.get_or_insert(pixel) != pixel {
                return None;
            }
            shape.push(pixel != ground);
        }
    }
    Some(shape)
}

#[cfg(test)]
mod tests {
    use super::super::font::tests::font;
    use super::*;

    /// A picture with `lines` in the made-up font, the first cell at `x`, `y`.
    fn picture(lines: &[&str], [x, y]: [usize; 2]) -> Picture {
        let (font, width, height) = (font(), 160, 64);
        let mut rgb = vec![0; width * height * 3];
        for (row, line) in lines.iter().enumerate() {
            for (column, code) in line.bytes().enumerate() {
                for (below, byte) in font.glyph(code).into_iter().enumerate() {
                    for bit in (0..WIDTH).filter(|bit| byte >> (7 - bit) & 1 == 1) {
                        let at = (y + row * HEIGHT + below) * width + x + column * WIDTH + bit;
                        rgb[at * 3..at * 3 + 3].fill(0xAA);
                    }
                }
            }
        }
        Picture::new(width, height, &rgb).expect("sizes agree")
    }

    #[test]
    fn screen_is_read_cell_by_cell() {
        let text = read(&picture(&["Hello, card!", "", "~"], [0, 0]), &font());
        assert_eq!(text[0].trim_end(), "Hello, card!");
        assert_eq!((text[1].trim_end(), text[2].trim_end()), ("", "~"));
        assert_eq!((text.len(), text[0].len()), (4, 20));
        // One pixel aside nothing can be read.
        let moved = read(&picture(&["Hello"], [1, 0]), &font());
        assert!(moved[0].contains(UNKNOWN));
    }

    #[test]
    fn text_in_an_unknown_font_is_found_by_its_repetitions() {
        const CELL: [usize; 2] = [8, 16];
        let shown = picture(&["", " Shell> help", ""], [3, 5]);
        let mut learnt = Learnt::default();
        let mut find = |text| learnt.find(&shown, text, CELL, [3, 5]);
        assert_eq!(find("Shell> help"), Some([11, 21]));
        assert!(find("Shell> held").is_none());
        assert!(find("help").is_some());
        // What was learnt stays: another text with the same pattern is not taken for it.
        assert!(find("hepl").is_none());
        let other = Learnt::default().find(&shown, "Shall> help", CELL, [3, 5]);
        assert!(other.is_none());
    }

    #[test]
    fn texts_must_share_a_grid() {
        const CELL: [usize; 2] = [8, 16];
        let shown = picture(&["", " Shell> help", "hello"], [3, 5]);
        assert!(Learnt::grid_of(&shown, &["Shell> help", "hello"], CELL).is_ok());
        let missing = Learnt::grid_of(&shown, &["Shell> help", "hollow"], CELL);
        assert_eq!(missing, Err("hollow"));
    }
}
