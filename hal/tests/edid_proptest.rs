//! Properties of the EDID parser and builder: what is built is read back, whatever it is; damage is borne or refused.

use lumenport_hal::addr::KiloHertz;
use lumenport_hal::edid::build::{BaseBlock, CtaBlock, seal};
use lumenport_hal::edid::{
    BLOCK_BYTES, ESTABLISHED, Edid, EdidError, Flaw, RangeLimits, StandardTiming, Timing,
};
use lumenport_hal::mode::{Polarity, STANDARD};
use proptest::collection::vec;
use proptest::prelude::*;

prop_compose! {
    /// A timing that a raster can have and 18 bytes can say.
    fn sound_timing()(
        clock_10khz in 1_u32..=65_535,
        active in (1_u16..=4095, 1_u16..=4095),
        front in (0_u16..=1023, 0_u16..=63),
        sync in (1_u16..=1023, 1_u16..=63),
        back in (0_u16..=2000, 0_u16..=2000),
        size_mm in (0_u16..=4095, 0_u16..=4095),
        positive in any::<(bool, bool)>(),
        interlaced in any::<bool>(),
    ) -> Timing {
        let polarity = |positive| if positive { Polarity::Positive } else { Polarity::Negative };
        Timing {
            clock: KiloHertz::new(clock_10khz * 10),
            h_active_px: active.0,
            h_blank_px: front.0 + sync.0 + back.0,
            h_front_px: front.0,
            h_sync_px: sync.0,
            v_active_lines: active.1,
            v_blank_lines: front.1 + sync.1 + back.1,
            v_front_lines: front.1,
            v_sync_lines: sync.1,
            size_mm,
            hsync: polarity(positive.0),
            vsync: polarity(positive.1),
            interlaced,
            separate_sync: true,
        }
    }
}

prop_compose! {
    fn standard_timing()(
        eighth in 32_u16..=286,
        shape in 0_usize..4,
        refresh_hz in 60_u16..=123,
    ) -> StandardTiming {
        StandardTiming {
            h_active_px: eighth * 8,
            aspect: [(16, 10), (4, 3), (5, 4), (16, 9)][shape],
            refresh_hz,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn timing_comes_back_from_its_bytes(timing in sound_timing()) {
        prop_assert!(timing.is_sound());
        prop_assert_eq!(Timing::decode(&timing.encode()), Some(timing));
    }

    #[test]
    fn any_18_bytes_are_a_timing_that_encodes_to_an_equal_one(bytes in any::<[u8; 18]>()) {
        if let Some(timing) = Timing::decode(&bytes) {
            prop_assert_eq!(Timing::decode(&timing.encode()), Some(timing));
        }
    }

    #[test]
    fn what_is_built_is_read_back(
        maker in "[A-Z]{3}",
        product in any::<u16>(),
        serial in any::<u32>(),
        timings in vec(sound_timing(), 1..=2),
        name in "[ -~]{0,13}",
        standards in vec(standard_timing(), 0..=8),
        established in any::<u32>(),
        codes in vec(1_u8..=127, 0..=20),
        more in vec(sound_timing(), 0..=4),
    ) {
        let letters: [u8; 3] = maker.as_bytes().try_into().expect("three letters");
        let mut base = BaseBlock::new(letters, product, serial);
        base = timings.iter().fold(base, BaseBlock::timing).name(&name);
        base = standards.iter().fold(base, |base, timing| base.standard(*timing));
        let marked: Vec<_> = ESTABLISHED.iter().filter(|(bit, _)| established >> bit & 1 != 0).collect();
        base = marked.iter().fold(base, |base, (_, rate)| base.established(*rate));
        let cta = more.iter().fold(CtaBlock::new().vics(&codes), CtaBlock::timing);
        let bytes = [base.emit(1), cta.emit()].concat();
        let edid = Edid::parse(&bytes).expect("a built one");
        // An interlaced favourite and a name of spaces are odd, not damaged.
        prop_assert!(edid.flaws().iter().all(|flaw| matches!(flaw, Flaw::InterlacedPreferred | Flaw::Text)));
        prop_assert_eq!(edid.manufacturer(), Some(letters));
        prop_assert_eq!((edid.product(), edid.serial_number()), (product, serial));
        prop_assert_eq!(edid.name().map(|name| name.to_string()), Some(name.trim_end().to_owned()));
        prop_assert_eq!(edid.preferred(), timings.first().copied());
        let all: Vec<_> = edid.detailed_timings().collect();
        prop_assert_eq!(all, timings.iter().chain(&more).copied().collect::<Vec<_>>());
        prop_assert_eq!(edid.standard_timings().collect::<Vec<_>>(), standards);
        let rates: Vec<_> = marked.iter().map(|(_, rate)| *rate).collect();
        prop_assert_eq!(edid.established_timings().collect::<Vec<_>>(), rates);
        prop_assert_eq!(edid.vics().map(|vic| vic.code).collect::<Vec<_>>(), codes);
    }

    #[test]
    fn damage_of_one_byte_is_borne_reported_or_refused(
        timing in sound_timing(),
        at in 0_usize..2 * BLOCK_BYTES,
        change in 1_u8..=255,
        sealed in any::<bool>(),
    ) {
        let base = BaseBlock::new(*b"LMP", 1, 1).timing(&timing).name("Any").emit(1);
        let mut bytes = [base, CtaBlock::new().vics(&[16]).emit()].concat();
        bytes[at] ^= change;
        if sealed {
            bytes.as_chunks_mut::<BLOCK_BYTES>().0.iter_mut().for_each(seal);
        }
        match Edid::parse(&bytes) {
            // Without a new sum the change cannot go unnoticed.
            Ok(edid) => prop_assert!(sealed || !edid.flaws().is_empty()),
            Err(EdidError::Checksum { sum }) => prop_assert!(at < 8 && !sealed && sum != 0),
            Err(error) => prop_assert!(false, "{error}"),
        }
    }

    #[test]
    fn offers_is_true_for_every_listed_timing(index in 0..STANDARD.len()) {
        let mode = &STANDARD[index];
        let bytes = BaseBlock::new(*b"LMP", 1, 1).timing(&Timing::of(mode)).emit(0);
        let edid = Edid::parse(&bytes).expect("a built one");
        prop_assert!(edid.offers(mode));
        let offered: Vec<_> = STANDARD.iter().filter(|other| edid.offers(other)).map(|other| other.name).collect();
        prop_assert_eq!(offered, [mode.name]);
    }

    #[test]
    fn limits_come_back_and_hold_what_lies_within(
        v_min_hz in 1_u16..=200, v_span in 0_u16..=55,
        h_min_khz in 1_u16..=200, h_span in 0_u16..=55,
        clock in 1_u16..=254,
    ) {
        let limits = RangeLimits {
            v_min_hz,
            v_max_hz: v_min_hz + v_span,
            h_min_khz,
            h_max_khz: h_min_khz + h_span,
            clock_max_mhz: clock * 10,
        };
        let bytes = BaseBlock::new(*b"LMP", 1, 1).range_limits(limits).emit(0);
        let edid = Edid::parse(&bytes).expect("a built one");
        prop_assert_eq!(edid.range_limits(), Some(limits));
    }
}
