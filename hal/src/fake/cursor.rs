//! Hardware pointer of the fake card.

use lumenport_regmap::Entry;
use lumenport_regmap::blocks::{cursor, cursor_image};

use super::registers::State;

/// Columns of the image.
const SIDE: u32 = 64;

/// A committed pointer.
#[derive(Clone, Copy, Debug, Default)]
struct Shown {
    enabled: bool,
    and_xor: bool,
    width: u32,
    height: u32,
    x: i32,
    y: i32,
}

/// The pointer.
#[derive(Debug, Default)]
pub(super) struct Pointer {
    staged: Shown,
    shown: Shown,
    pending: bool,
    swap: bool,
    /// Index of the image that is shown.
    front: usize,
    images: [std::vec::Vec<u32>; 2],
}

impl Pointer {
    /// Back to reset; the images keep their words.
    pub fn reset(&mut self) {
        *self = Self {
            images: core::mem::take(&mut self.images),
            ..Self::default()
        };
    }

    /// STATUS.
    pub fn status(&self) -> u32 {
        cursor::Status::new()
            .with_flag(cursor::Status::PENDING, self.pending)
            .with_flag(cursor::Status::BANK, self.front == 1)
            .bits()
    }

    /// Writes a word of the image that is not shown.
    pub fn write(&mut self, idx: u32, word: u32) {
        if let Some(image) = self.images.get_mut(1 - self.front) {
            image.resize(cursor_image::Pixel::WINDOW.count() as usize, 0);
            if let Some(place) = image.get_mut(idx as usize) {
                *place = word;
            }
        }
    }

    /// The pixel with the pointer over it.
    pub fn over(&self, line: u32, px: u32, below: [u8; 3]) -> [u8; 3] {
        let shown = &self.shown;
        let within = |at: u32, start: i32, length: u32| {
            let offset = i64::from(at) - i64::from(start);
            u32::try_from(offset).ok().filter(|offset| *offset < length)
        };
        let place = within(px, shown.x, shown.width).zip(within(line, shown.y, shown.height));
        let Some((column, row)) = place.filter(|_| shown.enabled) else {
            return below;
        };
        let idx = (row * SIDE + column) as usize;
        let image = self.images.get(self.front);
        let word = image.and_then(|words| words.get(idx)).copied().unwrap_or(0);
        let [alpha, above @ ..] = word.to_be_bytes();
        let mut out = below;
        for (place, ink) in out.iter_mut().zip(above) {
            *place = if shown.and_xor {
                (if alpha & 1 == 1 { *place } else { 0 }) ^ ink
            } else {
                // Porter and Duff's over, premultiplied, rounded to nearest.
                let kept = (u32::from(*place) * u32::from(255 - alpha) * 2 + 255) / 510;
                (u32::from(ink) + kept).min(255) as u8
            };
        }
        out
    }
}

impl State {
    /// COMMIT was written.
    pub fn cursor_commit(&mut self, commit: cursor::Commit) {
        if !commit.is_set(cursor::Commit::COMMIT) {
            return;
        }
        let control: cursor::Control = self.stored();
        let size: cursor::Size = self.stored();
        let position: cursor::Position = self.stored();
        // The registers hold two's complement.
        let signed = |bits: u32| i32::from((bits as u16).cast_signed());
        self.pointer.staged = Shown {
            enabled: control.is_set(cursor::Control::ENABLE),
            and_xor: control.get(cursor::Control::FORMAT) == cursor::Format::AndXor.bits(),
            width: size.get(cursor::Size::WIDTH),
            height: size.get(cursor::Size::HEIGHT),
            x: signed(position.get(cursor::Position::X)),
            y: signed(position.get(cursor::Position::Y)),
        };
        self.pointer.pending = true;
        self.pointer.swap |= commit.is_set(cursor::Commit::IMAGE);
        if !self.raster_runs() {
            self.latch_cursor();
        }
    }

    /// Vertical blanking began, or the raster is off.
    pub fn latch_cursor(&mut self) {
        if !self.pointer.pending {
            return;
        }
        self.pointer.shown = self.pointer.staged;
        if self.pointer.swap {
            self.pointer.front = 1 - self.pointer.front;
        }
        self.pointer.pending = false;
        self.pointer.swap = false;
        self.raise(cursor::IntrState::new().with_flag(cursor::IntrState::TAKEN, true));
    }
}
