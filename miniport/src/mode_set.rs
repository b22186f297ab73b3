//! A set of the HAL's standard timings.

use lumenport_hal::edid::Edid;
use lumenport_hal::mode::{Mode, STANDARD};

/// Timings of [`STANDARD`], one bit each in table order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ModeSet(u64);

const _: () = assert!(STANDARD.len() <= 64, "a bit for every timing");

/// Every digital monitor shows it. Source: Digital Visual Interface 1.0, 2.2.4.2.
const LAST_RESORT: &str = "640x480";

impl ModeSet {
    /// No timing.
    pub const NONE: Self = Self(0);
    /// Every timing.
    pub const ALL: Self = Self(u64::MAX);
    /// What a monitor without a readable EDID gets: 640x480, 800x600 and 1024x768 at 60 Hz, the established timings
    /// that practically everything with a connector shows.
    pub const FALLBACK: Self = Self(0b1100_0001);

    /// What this monitor offers, and the last resort.
    pub fn of(edid: &Edid<'_>) -> Self {
        Self::where_true(|mode| edid.offers(mode) || mode.name == LAST_RESORT)
    }

    /// The timing this monitor likes best, if it is a standard one.
    pub fn preferred(edid: &Edid<'_>) -> Self {
        match edid.preferred() {
            Some(timing) => Self::where_true(|mode| timing.is_like(mode)),
            None => Self::NONE,
        }
    }

    fn where_true(wanted: impl Fn(&Mode) -> bool) -> Self {
        let bits = STANDARD.iter().zip(0..).filter(|(mode, _)| wanted(mode));
        Self(bits.fold(0, |set, (_, bit)| set | 1_u64 << bit))
    }

    /// Whether the timing of this name is in the set.
    pub fn has(self, mode: &Mode) -> bool {
        let place = STANDARD.iter().position(|known| known.name == mode.name);
        place.is_some_and(|bit| self.0 >> bit & 1 != 0)
    }

    /// The timings in the set, in table order.
    pub fn iter(self) -> impl Iterator<Item = &'static Mode> {
        STANDARD.iter().filter(move |mode| self.has(mode))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lumenport_hal::edid::Timing;
    use lumenport_hal::edid::build::BaseBlock;
    use lumenport_hal::mode::by_name;

    #[test]
    fn fallback_is_the_three_common_timings() {
        let names = ModeSet::FALLBACK.iter().map(|mode| mode.name);
        assert!(names.eq(["640x480", "800x600", "1024x768"]));
        assert_eq!(ModeSet::ALL.iter().count(), STANDARD.len());
        assert_eq!(ModeSet::NONE.iter().count(), 0);
    }

    #[test]
    fn monitor_gets_what_it_offers_and_the_last_resort() {
        let timing = Timing::of(by_name("1280x720").unwrap());
        let bytes = BaseBlock::new(*b"LMP", 1, 1).timing(&timing).emit(0);
        let edid = Edid::parse(&bytes).unwrap();
        let is = |set: ModeSet, names: &[&str]| {
            set.iter().map(|mode| mode.name).eq(names.iter().copied())
        };
        assert!(is(ModeSet::of(&edid), &["640x480", "1280x720"]));
        assert!(is(ModeSet::preferred(&edid), &["1280x720"]));
    }
}
