//! The scanout plane: where the picture lies in card memory and how its pixels look.
//!
//! CONTROL, BASE and PITCH are latched together at the next vblank after a commit: a flip never tears.

use embedded_hal::delay::DelayNs;
use lumenport_regmap::blocks::plane;

use crate::addr::{ByteLen, CardAddr};
use crate::bus::{ALL_ONES, Bus};
use crate::error::{ErrorKind, Kind};
use crate::reg::RegisterBus;
use crate::wait::{Bound, Timeout, poll_until};

/// Alignment of the plane's base. Units: bytes.
pub const BASE_ALIGN: u32 = 64;
/// Alignment of the plane's pitch. Units: bytes.
pub const PITCH_ALIGN: u32 = 8;

/// Pixel format, named in fourcc order; byte order in memory is little endian.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Format {
    /// 32 bits: bytes blue, green, red, unused.
    #[default]
    Xrgb8888,
    /// 16 bits: red 15:11, green 10:5, blue 4:0; widened by bit replication.
    Rgb565,
    /// 8 bits: index into the palette.
    C8,
}

impl Format {
    /// Bytes in one pixel.
    pub const fn bytes_per_pixel(self) -> u32 {
        match self {
            Self::Xrgb8888 => 4,
            Self::Rgb565 => 2,
            Self::C8 => 1,
        }
    }

    /// Value of the FORMAT field.
    const fn code(self) -> u32 {
        match self {
            Self::Xrgb8888 => plane::Format::Xrgb8888.bits(),
            Self::Rgb565 => plane::Format::Rgb565.bits(),
            Self::C8 => plane::Format::C8.bits(),
        }
    }
}

/// What the plane shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Config {
    /// The plane is shown; black otherwise.
    pub enabled: bool,
    /// Pixel format.
    pub format: Format,
    /// First pixel of the first line; a multiple of [`BASE_ALIGN`].
    pub base: CardAddr,
    /// From one line to the next; a multiple of [`PITCH_ALIGN`].
    pub pitch: ByteLen,
}

impl Config {
    /// An enabled XRGB8888 plane at the start of card memory with no pitch set; chain the setters.
    pub const fn new() -> Self {
        Self {
            enabled: true,
            format: Format::Xrgb8888,
            base: CardAddr::new(0),
            pitch: ByteLen::ZERO,
        }
    }

    /// Sets the format.
    #[must_use]
    pub const fn format(self, format: Format) -> Self {
        Self { format, ..self }
    }

    /// Sets the base.
    #[must_use]
    pub const fn base(self, base: CardAddr) -> Self {
        Self { base, ..self }
    }

    /// Sets the pitch.
    #[must_use]
    pub const fn pitch(self, pitch: ByteLen) -> Self {
        Self { pitch, ..self }
    }

    /// Smallest legal pitch for a line of `width_px` pixels; `None` past 4 GiB.
    pub const fn packed_pitch(format: Format, width_px: u16) -> Option<ByteLen> {
        let bytes = width_px as u32 * format.bytes_per_pixel();
        match bytes.checked_next_multiple_of(PITCH_ALIGN) {
            Some(pitch) => Some(ByteLen::new(pitch)),
            None => None,
        }
    }
}

/// Why a plane configuration did not work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum PlaneError {
    /// The base is not a multiple of [`BASE_ALIGN`]; nothing was written.
    BaseAlign {
        /// As given.
        base: CardAddr,
    },
    /// The pitch is not a multiple of [`PITCH_ALIGN`]; nothing was written.
    PitchAlign {
        /// As given.
        pitch: ByteLen,
    },
    /// The flip did not happen within the bound.
    Timeout(Timeout),
    /// The card left the bus.
    Gone,
}

impl Kind for PlaneError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::BaseAlign { .. } | Self::PitchAlign { .. } => ErrorKind::InvalidArgument,
            Self::Timeout(_) => ErrorKind::Timeout,
            Self::Gone => ErrorKind::Gone,
        }
    }
}

impl core::fmt::Display for PlaneError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::BaseAlign { base } => write!(
                f,
                "plane base {:#x} is not a multiple of {BASE_ALIGN}",
                base.raw()
            ),
            Self::PitchAlign { pitch } => write!(
                f,
                "plane pitch {} is not a multiple of {PITCH_ALIGN}",
                pitch.raw()
            ),
            Self::Timeout(timeout) => timeout.fmt(f),
            Self::Gone => write!(f, "the card left the bus"),
        }
    }
}

impl core::error::Error for PlaneError {}

/// Driver of the plane.
#[derive(Clone, Copy, Debug)]
pub struct Plane<B> {
    bus: B,
}

impl<B: Bus> Plane<B> {
    /// Takes the bus; touches nothing.
    pub const fn new(bus: B) -> Self {
        Self { bus }
    }

    /// Writes a configuration and commits it. Effect: next vblank. Bus cost: 4 writes.
    ///
    /// # Errors
    /// [`PlaneError::BaseAlign`], [`PlaneError::PitchAlign`] before any access.
    pub fn apply(&self, config: &Config) -> Result<(), PlaneError> {
        if !config.base.is_aligned(BASE_ALIGN) {
            return Err(PlaneError::BaseAlign { base: config.base });
        }
        if !config.pitch.raw().is_multiple_of(PITCH_ALIGN) {
            return Err(PlaneError::PitchAlign {
                pitch: config.pitch,
            });
        }
        self.bus.store(
            plane::Control::new()
                .with_flag(plane::Control::ENABLE, config.enabled)
                .with(plane::Control::FORMAT, config.format.code()),
        );
        self.bus.store(plane::Base::from_bits(config.base.raw()));
        self.bus.store(plane::Pitch::from_bits(config.pitch.raw()));
        self.bus
            .store(plane::Commit::new().with_flag(plane::Commit::COMMIT, true));
        Ok(())
    }

    /// True while a commit waits for its vblank.
    ///
    /// # Errors
    /// [`PlaneError::Gone`] off the bus.
    pub fn flip_pending(&self) -> Result<bool, PlaneError> {
        let status: plane::Status = self.bus.load();
        if status.bits() == ALL_ONES {
            return Err(PlaneError::Gone);
        }
        Ok(status.is_set(plane::Status::FLIP_PENDING))
    }

    /// Waits until the last commit took effect.
    ///
    /// # Errors
    /// [`PlaneError::Timeout`] (a stopped raster has no vblank), [`PlaneError::Gone`].
    pub fn wait_flip(&self, delay: &mut impl DelayNs, bound: Bound) -> Result<(), PlaneError> {
        poll_until(delay, bound, plane::Status::OFFSET, || {
            match self.flip_pending() {
                Ok(false) => Some(Ok(())),
                Ok(true) => None,
                Err(error) => Some(Err(error)),
            }
        })
        .map_err(PlaneError::Timeout)?
    }

    /// Base that scanout uses now.
    pub fn base_active(&self) -> CardAddr {
        CardAddr::new(self.bus.load::<plane::BaseActive>().bits())
    }

    /// Reads and clears the flip-done event; true when a flip was done since the last call.
    pub fn take_flip_done(&self) -> bool {
        let state: plane::IntrState = self.bus.load();
        let done = state.bits() != ALL_ONES && state.is_set(plane::IntrState::FLIP_DONE);
        if done {
            self.bus
                .store(plane::IntrState::new().with_flag(plane::IntrState::FLIP_DONE, true));
        }
        done
    }

    /// Lets a done flip raise the block's interrupt, or not.
    pub fn enable_flip_interrupt(&self, on: bool) {
        self.bus
            .store(plane::IntrEnable::new().with_flag(plane::IntrEnable::FLIP_DONE, on));
    }
}
