//! The palette: 256 colours for the C8 format. Effect: at once, also within a frame.

use lumenport_regmap::blocks::palette;

use crate::bus::Bus;
use crate::error::{ErrorKind, Kind};
use crate::reg::RegisterBus;

/// One colour, 8 bits a channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Rgb {
    /// Red.
    pub r: u8,
    /// Green.
    pub g: u8,
    /// Blue.
    pub b: u8,
}

/// The palette has no such entry; nothing was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PaletteRange {
    /// First entry asked for.
    pub first: u32,
    /// Entries asked for.
    pub count: u32,
}

impl Kind for PaletteRange {
    fn kind(&self) -> ErrorKind {
        ErrorKind::InvalidArgument
    }
}

impl core::fmt::Display for PaletteRange {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(
            f,
            "palette entries {} + {} are not all within 256",
            self.first, self.count
        )
    }
}

impl core::error::Error for PaletteRange {}

/// Driver of the palette window.
#[derive(Clone, Copy, Debug)]
pub struct Palette<B> {
    bus: B,
}

impl<B: Bus> Palette<B> {
    /// Takes the bus; touches nothing.
    pub const fn new(bus: B) -> Self {
        Self { bus }
    }

    /// Number of entries.
    pub fn entry_count(&self) -> u32 {
        palette::ENTRY.count()
    }

    /// Writes `colours` from entry `first` on. Bus cost: 1 write each.
    ///
    /// # Errors
    /// [`PaletteRange`] when any entry lies outside; nothing is written.
    pub fn write<I>(&self, first: u32, colours: I) -> Result<(), PaletteRange>
    where
        I: IntoIterator<Item = Rgb>,
        I::IntoIter: ExactSizeIterator,
    {
        let colours = colours.into_iter();
        let count = u32::try_from(colours.len()).unwrap_or(u32::MAX);
        let outside = PaletteRange { first, count };
        if first
            .checked_add(count)
            .is_none_or(|end| end > self.entry_count())
        {
            return Err(outside);
        }
        for (idx, Rgb { r, g, b }) in (first..).zip(colours) {
            let entry = palette::Colour::new()
                .with(palette::Colour::R, u32::from(r))
                .with(palette::Colour::G, u32::from(g))
                .with(palette::Colour::B, u32::from(b));
            self.bus.store_entry(idx, entry).ok_or(outside)?;
        }
        Ok(())
    }

    /// Reads one entry; `None` when there is no such entry.
    pub fn read(&self, idx: u32) -> Option<Rgb> {
        let entry: palette::Colour = self.bus.load_entry(idx)?;
        // Field widths are 8 bits, so the casts keep everything.
        Some(Rgb {
            r: entry.get(palette::Colour::R) as u8,
            g: entry.get(palette::Colour::G) as u8,
            b: entry.get(palette::Colour::B) as u8,
        })
    }
}
