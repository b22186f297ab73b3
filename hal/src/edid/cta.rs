//! CTA-861 extension blocks: detailed timings, and data blocks with video codes.
//!
//! Source: CTA-861-G sections 7.3 and 7.5. Not supported: the contents of audio, vendor and extended data blocks; they
//! are handed out as bytes.

use crate::edid::timing::{DESCRIPTOR_BYTES, Timing};
use crate::edid::{Block, Flaw, Flaws};
use crate::mode::{self, Mode};

/// Tag of the extension.
pub(super) const CTA_TAG: u8 = 2;
/// Where data blocks begin.
const DATA_START: usize = 4;
/// The checksum's place.
const CHECKSUM_AT: usize = 127;

/// One CTA-861 extension block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cta<'a> {
    block: &'a Block,
}

/// What a data block is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum CtaTag {
    /// Audio formats.
    Audio,
    /// Video codes.
    Video,
    /// A vendor's own, HDMI for one.
    Vendor,
    /// Speakers.
    Speakers,
    /// More tags: the first byte tells.
    Extended,
    /// Reserved.
    Other(u8),
}

/// One data block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DataBlock<'a> {
    /// What it is about.
    pub tag: CtaTag,
    /// Its bytes, without the head.
    pub payload: &'a [u8],
}

/// A video code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Vic {
    /// The number, 1 to 255.
    pub code: u8,
    /// The monitor's own resolution.
    pub native: bool,
}

impl Vic {
    /// The first 64 codes have a native flag in bit 7.
    fn decode(byte: u8) -> Self {
        match byte {
            129..=192 => Self {
                code: byte & 0x7F,
                native: true,
            },
            code => Self {
                code,
                native: false,
            },
        }
    }

    /// The mode of this code, if the HAL's table has it.
    pub fn mode(self) -> Option<&'static Mode> {
        mode::by_name(match self.code {
            1 => "640x480",
            2 | 3 => "720x480",
            4 => "1280x720",
            16 => "1920x1080",
            17 | 18 => "720x576",
            19 => "1280x720@50",
            31 => "1920x1080@50",
            32 => "1920x1080@24",
            34 => "1920x1080@30",
            _ => return None,
        })
    }
}

impl<'a> Cta<'a> {
    /// The block, if it is a CTA extension.
    pub(super) fn parse(block: &'a Block) -> Option<Self> {
        (block[0] == CTA_TAG).then_some(Self { block })
    }

    /// Revision, 1 to 3.
    pub const fn revision(&self) -> u8 {
        self.block[1]
    }

    /// The monitor can take basic audio.
    pub const fn has_basic_audio(&self) -> bool {
        self.revision() >= 2 && self.block[3] & 0x40 != 0
    }

    /// Where timings begin; `None` when there are none or the number is wrong.
    fn timing_start(self) -> Option<usize> {
        let start = usize::from(self.block[2]);
        (DATA_START..=CHECKSUM_AT).contains(&start).then_some(start)
    }

    /// The detailed timings, up to the first place without one.
    pub fn timings(&self) -> impl Iterator<Item = Timing> + use<'a> {
        let start = self.timing_start().unwrap_or(CHECKSUM_AT);
        let bytes = self.block.get(start..CHECKSUM_AT).unwrap_or(&[]);
        let (places, _) = bytes.as_chunks::<DESCRIPTOR_BYTES>();
        places.iter().map_while(Timing::decode)
    }

    /// The bytes of the data blocks. Revisions before 3 have none.
    fn collection(self) -> &'a [u8] {
        let start = if self.revision() < 3 {
            DATA_START
        } else {
            self.timing_start().unwrap_or(DATA_START)
        };
        self.block.get(DATA_START..start).unwrap_or(&[])
    }

    /// The data blocks, up to one that is longer than its room.
    pub fn data_blocks(&self) -> impl Iterator<Item = DataBlock<'a>> + use<'a> {
        let mut rest = self.collection();
        core::iter::from_fn(move || {
            let (block, tail) = next_block(rest)?;
            rest = tail;
            Some(block)
        })
    }

    /// The video codes.
    pub fn vics(&self) -> impl Iterator<Item = Vic> + use<'a> {
        let video = self
            .data_blocks()
            .filter(|block| block.tag == CtaTag::Video);
        let used = |byte: &&u8| !matches!(**byte, 0 | 128 | 254 | 255);
        video.flat_map(move |block| {
            block
                .payload
                .iter()
                .filter(used)
                .map(|byte| Vic::decode(*byte))
        })
    }

    pub(super) fn note_flaws(self, flaws: &mut Flaws) {
        // 0 says "no timings" and is allowed.
        flaws.note(
            Flaw::CtaTimingStart,
            self.timing_start().is_none() && self.block[2] != 0,
        );
        for timing in self.timings() {
            timing.note_flaws(flaws);
        }
        let mut rest = self.collection();
        while let Some((_, tail)) = next_block(rest) {
            rest = tail;
        }
        flaws.note(Flaw::CtaDataBlock, !rest.is_empty());
    }
}

/// The first data block and what follows it; `None` at the end or when it is too long.
fn next_block(bytes: &[u8]) -> Option<(DataBlock<'_>, &[u8])> {
    let (head, rest) = bytes.split_first()?;
    let (payload, rest) = rest.split_at_checked(usize::from(head & 31))?;
    let tag = match head >> 5 {
        1 => CtaTag::Audio,
        2 => CtaTag::Video,
        3 => CtaTag::Vendor,
        4 => CtaTag::Speakers,
        7 => CtaTag::Extended,
        other => CtaTag::Other(other),
    };
    Some((DataBlock { tag, payload }, rest))
}
