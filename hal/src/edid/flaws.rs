//! What may be wrong with an EDID that is used all the same.

/// One broken rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(u8)]
pub enum Flaw {
    /// Up to two header bytes are wrong; the checksum is right.
    Header,
    /// The base block's checksum is wrong; the header is right.
    BaseChecksum,
    /// An extension's checksum is wrong; the block is used.
    ExtensionChecksum,
    /// The extension count promises more blocks than there are.
    BlocksMissing,
    /// More blocks than the extension count says; the sound ones are used.
    BlocksBeyondCount,
    /// Bytes behind the last whole block; ignored.
    PartialBlock,
    /// The version is not 1; read as if it were.
    Version,
    /// The maker's code holds no three letters.
    Maker,
    /// The first descriptor is no timing, so none is preferred.
    NoPreferredTiming,
    /// The preferred timing is interlaced.
    InterlacedPreferred,
    /// A descriptor of zeros.
    ZeroedDescriptor,
    /// A detailed timing that no raster can have; ignored.
    ImpossibleTiming,
    /// A detailed timing without separate digital syncs; polarities are guessed negative.
    NotSeparateSync,
    /// A text with bytes that cannot be printed, or text behind its end.
    Text,
    /// Range limits whose minimum is above the maximum; ignored.
    RangeLimits,
    /// The start of timings in a CTA block lies outside of it; the block has none.
    CtaTimingStart,
    /// A CTA data block runs beyond its collection; it and what follows are ignored.
    CtaDataBlock,
}

impl Flaw {
    /// Every flaw, in the order of their declaration.
    pub const ALL: [Self; 17] = [
        Self::Header,
        Self::BaseChecksum,
        Self::ExtensionChecksum,
        Self::BlocksMissing,
        Self::BlocksBeyondCount,
        Self::PartialBlock,
        Self::Version,
        Self::Maker,
        Self::NoPreferredTiming,
        Self::InterlacedPreferred,
        Self::ZeroedDescriptor,
        Self::ImpossibleTiming,
        Self::NotSeparateSync,
        Self::Text,
        Self::RangeLimits,
        Self::CtaTimingStart,
        Self::CtaDataBlock,
    ];

    /// A few words for a person.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Header => "header damaged",
            Self::BaseChecksum => "base block checksum wrong",
            Self::ExtensionChecksum => "extension checksum wrong",
            Self::BlocksMissing => "extension blocks missing",
            Self::BlocksBeyondCount => "more blocks than counted",
            Self::PartialBlock => "partial block at the end",
            Self::Version => "unknown version",
            Self::Maker => "no maker",
            Self::NoPreferredTiming => "no preferred timing",
            Self::InterlacedPreferred => "interlaced timing preferred",
            Self::ZeroedDescriptor => "zeroed descriptor",
            Self::ImpossibleTiming => "impossible timing",
            Self::NotSeparateSync => "no separate syncs",
            Self::Text => "damaged text",
            Self::RangeLimits => "impossible range limits",
            Self::CtaTimingStart => "CTA timings start outside the block",
            Self::CtaDataBlock => "CTA data block too long",
        }
    }
}

/// A set of flaws.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Flaws(u32);

impl Flaws {
    /// No flaw.
    pub const NONE: Self = Self(0);

    /// Adds `flaw` when `there`.
    pub(super) fn note(&mut self, flaw: Flaw, there: bool) {
        self.0 |= u32::from(there) << (flaw as u8);
    }

    /// True when nothing is wrong.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether `flaw` is in the set.
    pub const fn has(self, flaw: Flaw) -> bool {
        self.0 >> (flaw as u8) & 1 != 0
    }

    /// The flaws in the set.
    pub fn iter(self) -> impl Iterator<Item = Flaw> {
        Flaw::ALL.into_iter().filter(move |flaw| self.has(*flaw))
    }
}

impl core::fmt::Display for Flaws {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        if self.is_empty() {
            return write!(f, "none");
        }
        let mut separator = "";
        for flaw in self.iter() {
            write!(f, "{separator}{}", flaw.text())?;
            separator = ", ";
        }
        Ok(())
    }
}
