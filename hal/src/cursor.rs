//! The hardware pointer: a picture of up to 64 x 64 pixels that the card lays over the plane.
//!
//! The card keeps two images: one is shown, the other is written. A commit takes position, size, format and, if asked, the
//! written image over as one at the next vblank (at once while the raster is off): a pointer never tears. There is no hot
//! spot: who has one subtracts it from the position. Positions may be negative; what lies outside the screen is cut off.

use embedded_hal::delay::DelayNs;
use lumenport_regmap::blocks::{cursor, cursor_image};

use crate::bus::{ALL_ONES, Bus};
use crate::error::{ErrorKind, Kind};
use crate::palette::Rgb;
use crate::reg::RegisterBus;
use crate::wait::{Bound, Timeout, poll_until};

/// Most columns, and most rows, of a pointer. Units: pixels.
pub const SIDE_MAX_PX: u32 = 64;

/// What a word of the image means.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Format {
    /// Alpha 31:24, red 23:16, green 15:8, blue 7:0, colours premultiplied with alpha: pointer over picture.
    #[default]
    Argb8888,
    /// Bit 24 AND, colour 23:0 XOR, see [`and_xor`].
    AndXor,
}

impl Format {
    const fn code(self) -> u32 {
        match self {
            Self::Argb8888 => cursor::Format::Argb8888.bits(),
            Self::AndXor => cursor::Format::AndXor.bits(),
        }
    }
}

/// Word of an [`Format::AndXor`] image: the picture's pixel if `keep`, black if not, then exclusive-or with `colour`.
///
/// A monochrome pointer's pair of bits (AND, XOR) becomes `keep = AND` and `colour` white for XOR one, black for zero:
/// black, white, transparent, inverted.
pub const fn and_xor(keep: bool, colour: Rgb) -> u32 {
    ((keep as u32) << 24) | ((colour.r as u32) << 16) | ((colour.g as u32) << 8) | colour.b as u32
}

/// What the pointer shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Config {
    /// The pointer is shown.
    pub enabled: bool,
    /// What the words of the image mean.
    pub format: Format,
    /// Columns shown, from the left of the image; at most [`SIDE_MAX_PX`].
    pub width_px: u32,
    /// Rows shown, from the top of the image; at most [`SIDE_MAX_PX`].
    pub height_lines: u32,
    /// Left edge of the image on the screen. Units: pixels.
    pub x_px: i16,
    /// Upper edge of the image on the screen. Units: lines.
    pub y_lines: i16,
}

/// Why a pointer did not come up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum CursorError {
    /// Wider or higher than [`SIDE_MAX_PX`], or more pixels than that; nothing took effect.
    Size {
        /// Columns asked for.
        width_px: u32,
        /// Rows asked for.
        height_lines: u32,
    },
    /// A commit still waits for its vblank: the image must not be written yet.
    Pending,
    /// The commit did not take effect within the bound.
    Timeout(Timeout),
    /// The card left the bus.
    Gone,
}

impl Kind for CursorError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Size { .. } => ErrorKind::InvalidArgument,
            Self::Pending => ErrorKind::Busy,
            Self::Timeout(_) => ErrorKind::Timeout,
            Self::Gone => ErrorKind::Gone,
        }
    }
}

impl core::fmt::Display for CursorError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Size {
                width_px,
                height_lines,
            } => write!(
                f,
                "a pointer of {width_px} x {height_lines} exceeds {SIDE_MAX_PX} x {SIDE_MAX_PX}"
            ),
            Self::Pending => write!(f, "the last commit of the pointer waits for its vblank"),
            Self::Timeout(timeout) => timeout.fmt(f),
            Self::Gone => write!(f, "the card left the bus"),
        }
    }
}

impl core::error::Error for CursorError {}

/// Driver of the pointer.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<B> {
    bus: B,
}

impl<B: Bus> Cursor<B> {
    /// Takes the bus; touches nothing.
    pub const fn new(bus: B) -> Self {
        Self { bus }
    }

    /// Writes the image that is not shown: rows of `width_px` words from the upper left corner. The next
    /// [`Cursor::commit`] with `new_image` shows it. Bus cost: 1 read, 1 write a word.
    ///
    /// # Errors
    /// [`CursorError::Pending`], [`CursorError::Gone`] before any write; [`CursorError::Size`] when `width_px` is 0 or too
    /// large (before any write) or there are too many words (the image is half written, and not shown).
    pub fn write_image(
        &self,
        width_px: u32,
        words: impl IntoIterator<Item = u32>,
    ) -> Result<(), CursorError> {
        let refused = |height_lines| CursorError::Size {
            width_px,
            height_lines,
        };
        if width_px == 0 || width_px > SIDE_MAX_PX {
            return Err(refused(0));
        }
        if self.pending()? {
            return Err(CursorError::Pending);
        }
        let mut words = words.into_iter();
        for row in 0..SIDE_MAX_PX {
            for column in 0..width_px {
                let Some(word) = words.next() else {
                    return Ok(());
                };
                let entry = row * SIDE_MAX_PX + column;
                self.bus
                    .store_entry(entry, cursor_image::Pixel::from_bits(word))
                    .ok_or(refused(row))?;
            }
        }
        match words.next() {
            None => Ok(()),
            Some(_) => Err(refused(SIDE_MAX_PX + 1)),
        }
    }

    /// Writes a configuration and commits it, with the written image if `new_image`. Effect: next vblank. Bus cost: 4
    /// writes.
    ///
    /// # Errors
    /// [`CursorError::Size`] before any access.
    pub fn commit(&self, config: &Config, new_image: bool) -> Result<(), CursorError> {
        if config.width_px > SIDE_MAX_PX || config.height_lines > SIDE_MAX_PX {
            return Err(CursorError::Size {
                width_px: config.width_px,
                height_lines: config.height_lines,
            });
        }
        self.bus.store(
            cursor::Control::new()
                .with_flag(cursor::Control::ENABLE, config.enabled)
                .with(cursor::Control::FORMAT, config.format.code()),
        );
        self.bus.store(
            cursor::Size::new()
                .with(cursor::Size::WIDTH, config.width_px)
                .with(cursor::Size::HEIGHT, config.height_lines),
        );
        self.store_position(config.x_px, config.y_lines);
        self.bus.store(
            cursor::Commit::new()
                .with_flag(cursor::Commit::COMMIT, true)
                .with_flag(cursor::Commit::IMAGE, new_image),
        );
        Ok(())
    }

    /// Moves the pointer; everything else stays as last committed. Effect: next vblank. Bus cost: 2 writes.
    pub fn move_to(&self, x_px: i16, y_lines: i16) {
        self.store_position(x_px, y_lines);
        self.bus
            .store(cursor::Commit::new().with_flag(cursor::Commit::COMMIT, true));
    }

    /// Takes the pointer off the screen; its image stays. Effect: next vblank. Bus cost: 2 writes.
    pub fn hide(&self) {
        self.bus.store(cursor::Control::new());
        self.bus
            .store(cursor::Commit::new().with_flag(cursor::Commit::COMMIT, true));
    }

    fn store_position(&self, x_px: i16, y_lines: i16) {
        self.bus.store(
            cursor::Position::new()
                .with(cursor::Position::X, u32::from(x_px.cast_unsigned()))
                .with(cursor::Position::Y, u32::from(y_lines.cast_unsigned())),
        );
    }

    /// True while a commit waits for its vblank.
    ///
    /// # Errors
    /// [`CursorError::Gone`] off the bus.
    pub fn pending(&self) -> Result<bool, CursorError> {
        let status: cursor::Status = self.bus.load();
        if status.bits() == ALL_ONES {
            return Err(CursorError::Gone);
        }
        Ok(status.is_set(cursor::Status::PENDING))
    }

    /// Waits until the last commit took effect.
    ///
    /// # Errors
    /// [`CursorError::Timeout`], [`CursorError::Gone`].
    pub fn wait(&self, delay: &mut impl DelayNs, bound: Bound) -> Result<(), CursorError> {
        poll_until(delay, bound, cursor::Status::OFFSET, || {
            match self.pending() {
                Ok(false) => Some(Ok(())),
                Ok(true) => None,
                Err(error) => Some(Err(error)),
            }
        })
        .map_err(CursorError::Timeout)?
    }

    /// Reads and clears the event of a commit that took effect; true when there was one since the last call.
    pub fn take_taken(&self) -> bool {
        let state: cursor::IntrState = self.bus.load();
        let taken = state.bits() != ALL_ONES && state.is_set(cursor::IntrState::TAKEN);
        if taken {
            self.bus
                .store(cursor::IntrState::new().with_flag(cursor::IntrState::TAKEN, true));
        }
        taken
    }

    /// Lets a commit that took effect raise an interrupt (source PLANE), or not.
    pub fn enable_interrupt(&self, on: bool) {
        self.bus
            .store(cursor::IntrEnable::new().with_flag(cursor::IntrEnable::TAKEN, on));
    }
}
