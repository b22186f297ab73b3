//! EDID: what a monitor says about itself, read leniently.
//!
//! [`Edid::parse`] takes the bytes as a monitor sent them and gives a checked view: nothing is copied, nothing is
//! allocated, no input makes it panic. Of the EDIDs in the field most break some rule, so a rule that is broken is
//! reported ([`Flaws`]) and worked around, and only bytes that are no EDID at all are refused: too few of them, or a
//! wrong header together with a wrong checksum. Whoever drives a monitor keeps 640x480 at 60 Hz as a last resort.
//!
//! ```text
//! base block  0 header   8 maker, product, serial   18 version   20 input, size, features
//!            35 established   38 standard timings   54 four descriptors   126 extensions   127 checksum
//! CTA block   0 tag 02   2 start of timings   4 data blocks …   timings …   127 checksum
//! ```
//!
//! [`build`] makes EDIDs, right or wrong, for tests and for the simulated monitor.
//! Source: VESA E-EDID Standard release A2 (EDID 1.4), CTA-861-G section 7.5.
//! Not supported: DisplayID, timing codes of three bytes (CVT), YCbCr-only modes, stereo.

use core::iter;

use crate::error::{ErrorKind, Kind};

pub mod build;
mod coarse;
mod cta;
mod descriptor;
mod flaws;
mod timing;

#[cfg(test)]
mod tests;

pub use coarse::{ESTABLISHED, RefreshMode, StandardTiming};
pub use cta::{Cta, CtaTag, DataBlock, Vic};
pub use descriptor::{Descriptor, RangeLimits, Text};
pub use flaws::{Flaw, Flaws};
pub use timing::Timing;

/// Bytes of a block.
pub const BLOCK_BYTES: usize = 128;
/// Blocks an EDID can have: the base block and 255 extensions.
pub const BLOCKS_MAX: usize = 256;
/// One block.
pub type Block = [u8; BLOCK_BYTES];

/// What the first eight bytes should be.
pub const HEADER: [u8; 8] = [0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x00];
/// Right header bytes below which a block is no base block, whatever its checksum.
const HEADER_BYTES_MIN: usize = 6;

/// Why bytes are no EDID.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum EdidError {
    /// Not even a base block.
    TooShort {
        /// Bytes there are.
        length: usize,
    },
    /// The first bytes are not the header.
    Header {
        /// Header bytes that are right, of 8.
        right: u8,
    },
    /// Header and checksum are both damaged: nothing in the block can be believed.
    Checksum {
        /// Sum of the base block, should be 0.
        sum: u8,
    },
}

impl Kind for EdidError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::TooShort { .. } => ErrorKind::InvalidArgument,
            Self::Header { .. } | Self::Checksum { .. } => ErrorKind::Mismatch,
        }
    }
}

impl core::fmt::Display for EdidError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::TooShort { length } => write!(
                f,
                "{length} bytes are less than a base block of {BLOCK_BYTES}"
            ),
            Self::Header { right } => {
                write!(f, "{right} of 8 header bytes are right: this is no EDID")
            }
            Self::Checksum { sum } => {
                write!(f, "header damaged and checksum wrong (sum {sum:#04x})")
            }
        }
    }
}

impl core::error::Error for EdidError {}

/// Sum of all bytes; zero in a sound block.
pub fn checksum(block: &Block) -> u8 {
    block.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

/// How many bytes at the front of `block` equal the header, position by position, of 8.
pub fn header_score(block: &Block) -> u8 {
    let right = HEADER.iter().zip(block).filter(|(a, b)| a == b).count();
    u8::try_from(right).unwrap_or(0)
}

/// A checked view of an EDID.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Edid<'a> {
    base: &'a Block,
    extensions: &'a [Block],
    flaws: Flaws,
}

impl<'a> Edid<'a> {
    /// Looks over the bytes of a base block and whatever follows it.
    ///
    /// # Errors
    /// [`EdidError`] when they are no EDID. Everything else is tolerated and reported by [`Edid::flaws`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, EdidError> {
        let (blocks, partial) = bytes.as_chunks::<BLOCK_BYTES>();
        let Some((base, following)) = blocks.split_first() else {
            return Err(EdidError::TooShort {
                length: bytes.len(),
            });
        };
        let right = header_score(base);
        if usize::from(right) < HEADER_BYTES_MIN {
            return Err(EdidError::Header { right });
        }
        let sum = checksum(base);
        let damaged = usize::from(right) < HEADER.len();
        if damaged && sum != 0 {
            return Err(EdidError::Checksum { sum });
        }
        let promised = usize::from(base[126]);
        // Blocks beyond the promise count when they are sound; others are padding of a dump.
        let sound = |block: &&Block| block[0] != 0 && checksum(block) == 0;
        let beyond = following.get(promised..).unwrap_or(&[]).iter();
        let kept = promised.min(following.len()) + beyond.take_while(sound).count();
        let extensions = following.get(..kept).unwrap_or(&[]);
        let mut edid = Self {
            base,
            extensions,
            flaws: Flaws::NONE,
        };
        edid.flaws.note(Flaw::Header, damaged);
        edid.flaws.note(Flaw::BaseChecksum, sum != 0);
        edid.flaws
            .note(Flaw::BlocksMissing, promised > following.len());
        edid.flaws
            .note(Flaw::BlocksBeyondCount, following.len() > promised);
        edid.flaws.note(Flaw::PartialBlock, !partial.is_empty());
        edid.flaws.note(
            Flaw::ExtensionChecksum,
            extensions.iter().any(|block| checksum(block) != 0),
        );
        edid.find_flaws();
        Ok(edid)
    }

    /// Flaws of the contents; those of the frame are noted already.
    fn find_flaws(&mut self) {
        let mut flaws = self.flaws;
        flaws.note(Flaw::Version, self.version().0 != 1);
        flaws.note(Flaw::Maker, self.manufacturer().is_none());
        let first = self.descriptors().next();
        flaws.note(
            Flaw::NoPreferredTiming,
            !matches!(first, Some(Descriptor::Timing(_))),
        );
        for descriptor in self.descriptors() {
            match descriptor {
                Descriptor::Timing(timing) => timing.note_flaws(&mut flaws),
                Descriptor::Name(text) | Descriptor::Serial(text) | Descriptor::Text(text) => {
                    flaws.note(Flaw::Text, text.is_damaged());
                }
                Descriptor::Zeroed => flaws.note(Flaw::ZeroedDescriptor, true),
                Descriptor::RangeLimits(limits) => {
                    flaws.note(Flaw::RangeLimits, !limits.is_plausible());
                }
                Descriptor::Other { .. } => {}
            }
        }
        if let Some(Descriptor::Timing(timing)) = first {
            flaws.note(Flaw::InterlacedPreferred, timing.interlaced);
        }
        for cta in self.cta_blocks() {
            cta.note_flaws(&mut flaws);
        }
        self.flaws = flaws;
    }

    /// What is wrong with it.
    pub const fn flaws(&self) -> Flaws {
        self.flaws
    }

    /// The base block, as received.
    pub const fn base(&self) -> &'a Block {
        self.base
    }

    /// The extension blocks that are used, as received.
    pub const fn extensions(&self) -> &'a [Block] {
        self.extensions
    }

    /// The maker's three letters; `None` when the code holds something else.
    pub fn manufacturer(&self) -> Option<[u8; 3]> {
        let code = u16::from_be_bytes([self.base[8], self.base[9]]);
        let letter = |shift: u32| match (code >> shift) & 0x1F {
            value @ 1..=26 => u8::try_from(value).ok().map(|value| b'@' + value),
            _ => None,
        };
        Some([letter(10)?, letter(5)?, letter(0)?])
    }

    /// The maker's product number.
    pub const fn product(&self) -> u16 {
        u16::from_le_bytes([self.base[10], self.base[11]])
    }

    /// The serial number, 0 when it is not used.
    pub const fn serial_number(&self) -> u32 {
        u32::from_le_bytes([self.base[12], self.base[13], self.base[14], self.base[15]])
    }

    /// Year of manufacture, or of the model when the week is 255.
    pub fn year(&self) -> u16 {
        1990 + u16::from(self.base[17])
    }

    /// Week of manufacture, 1..=54; `None` when it is not given.
    pub fn week(&self) -> Option<u8> {
        (1..=54).contains(&self.base[16]).then_some(self.base[16])
    }

    /// Version and revision, 1 and 3 or 4 for nearly all.
    pub const fn version(&self) -> (u8, u8) {
        (self.base[18], self.base[19])
    }

    /// The input is digital.
    pub const fn is_digital(&self) -> bool {
        self.base[20] & 0x80 != 0
    }

    /// Size of the screen; `None` when it is unknown or only an aspect ratio. Units: mm.
    pub fn size_mm(&self) -> Option<(u16, u16)> {
        let (width, height) = (u16::from(self.base[21]), u16::from(self.base[22]));
        (width != 0 && height != 0).then_some((width * 10, height * 10))
    }

    /// Any timing within the range limits is shown ("continuous frequency"; before 1.4: default GTF supported).
    pub const fn is_continuous(&self) -> bool {
        self.base[24] & 1 != 0
    }

    /// The four descriptors of the base block.
    pub fn descriptors(&self) -> impl Iterator<Item = Descriptor<'a>> + use<'a> {
        let base = self.base;
        [54, 72, 90, 108]
            .into_iter()
            .filter_map(move |at| Descriptor::at(base, at))
    }

    /// The monitor's name.
    pub fn name(&self) -> Option<Text<'a>> {
        self.descriptors().find_map(|descriptor| match descriptor {
            Descriptor::Name(text) => Some(text),
            _ => None,
        })
    }

    /// The serial number in letters.
    pub fn serial_text(&self) -> Option<Text<'a>> {
        self.descriptors().find_map(|descriptor| match descriptor {
            Descriptor::Serial(text) => Some(text),
            _ => None,
        })
    }

    /// The frequencies that the monitor bears.
    pub fn range_limits(&self) -> Option<RangeLimits> {
        self.descriptors().find_map(|descriptor| match descriptor {
            Descriptor::RangeLimits(limits) => Some(limits),
            _ => None,
        })
    }

    /// The CTA-861 extension blocks.
    pub fn cta_blocks(&self) -> impl Iterator<Item = Cta<'a>> + use<'a> {
        self.extensions.iter().filter_map(Cta::parse)
    }

    /// Every detailed timing that makes sense, base block first; the first is the preferred one when
    /// [`Edid::preferred`] gives any.
    pub fn detailed_timings(&self) -> impl Iterator<Item = Timing> + use<'a> {
        let base = self
            .descriptors()
            .filter_map(|descriptor| match descriptor {
                Descriptor::Timing(timing) => Some(timing),
                _ => None,
            });
        base.chain(self.cta_blocks().flat_map(|cta| cta.timings()))
            .filter(Timing::is_sound)
    }

    /// The timing the monitor likes best: the first descriptor, which EDID 1.3 and later always prefer; else the first
    /// sound timing anywhere.
    pub fn preferred(&self) -> Option<Timing> {
        self.detailed_timings().next()
    }

    /// The established timings, as size and rate.
    pub fn established_timings(&self) -> impl Iterator<Item = RefreshMode> + use<'a> {
        let flags = u32::from_be_bytes([0, self.base[35], self.base[36], self.base[37]]);
        coarse::established(flags)
    }

    /// The standard timings that are used.
    pub fn standard_timings(&self) -> impl Iterator<Item = StandardTiming> + use<'a> {
        let revision = self.version().1;
        let (pairs, _) = self.base[38..54].as_chunks::<2>();
        pairs
            .iter()
            .filter_map(move |pair| StandardTiming::decode(*pair, revision))
    }

    /// The video codes of all CTA blocks.
    pub fn vics(&self) -> impl Iterator<Item = Vic> + use<'a> {
        self.cta_blocks().flat_map(|cta| cta.vics())
    }

    /// Whether the monitor says that it shows `mode`, one way or another.
    pub fn offers(&self, mode: &crate::mode::Mode) -> bool {
        let coarse = iter::empty()
            .chain(self.established_timings())
            .chain(self.standard_timings().map(|timing| timing.mode()));
        self.detailed_timings().any(|timing| timing.is_like(mode))
            || self
                .vics()
                .any(|vic| vic.mode().is_some_and(|known| known.name == mode.name))
            || (!mode.small_test && coarse.into_iter().any(|wanted| wanted.is_like(mode)))
            || (self.is_continuous() && self.range_limits().is_some_and(|limits| limits.hold(mode)))
    }
}
