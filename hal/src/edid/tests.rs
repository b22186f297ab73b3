use super::build::{BaseBlock, CtaBlock, seal};
use super::*;
use crate::addr::KiloHertz;
use crate::mode::{self, Polarity};
use std::string::{String, ToString};
use std::vec::Vec;

fn timing(name: &str) -> Timing {
    Timing::of(mode::by_name(name).unwrap())
}

fn base() -> BaseBlock {
    BaseBlock::new(*b"LMP", 0x1234, 0x89AB_CDEF)
        .timing(&timing("1920x1080"))
        .timing(&timing("1280x800"))
        .name("Lumen 24")
        .range_limits(RangeLimits {
            v_min_hz: 48,
            v_max_hz: 75,
            h_min_khz: 30,
            h_max_khz: 83,
            clock_max_mhz: 170,
        })
        .established(RefreshMode {
            h_active_px: 640,
            v_active_lines: 480,
            refresh_hz: 60,
            interlaced: false,
        })
        .standard(StandardTiming {
            h_active_px: 1280,
            aspect: (5, 4),
            refresh_hz: 60,
        })
}

fn whole() -> Vec<u8> {
    let cta = CtaBlock::new()
        .vics(&[128 + 16, 4, 31, 5])
        .data(3, &[3, 12, 0])
        .timing(&timing("720x576"));
    [base().emit(1), cta.emit()].concat()
}

#[test]
fn a_sound_edid_says_what_was_built() {
    let bytes = whole();
    let edid = Edid::parse(&bytes).unwrap();
    assert_eq!(edid.flaws().to_string(), "none");
    assert_eq!(edid.manufacturer(), Some(*b"LMP"));
    assert_eq!(
        (edid.product(), edid.serial_number()),
        (0x1234, 0x89AB_CDEF)
    );
    assert_eq!(
        (edid.year(), edid.week(), edid.version()),
        (2026, Some(1), (1, 4))
    );
    assert_eq!(
        (edid.is_digital(), edid.size_mm(), edid.is_continuous()),
        (true, Some((530, 300)), false)
    );
    assert_eq!(edid.name().unwrap().to_string(), "Lumen 24");
    assert_eq!(edid.serial_text(), None);
    assert_eq!(edid.preferred(), Some(timing("1920x1080")));
    let all: Vec<Timing> = edid.detailed_timings().collect();
    assert_eq!(all, ["1920x1080", "1280x800", "720x576"].map(timing));
    assert_eq!(edid.range_limits().unwrap().h_max_khz, 83);
    let vics: Vec<(u8, bool)> = edid.vics().map(|vic| (vic.code, vic.native)).collect();
    assert_eq!(vics, [(16, true), (4, false), (31, false), (5, false)]);
    let tags: Vec<CtaTag> = edid
        .cta_blocks()
        .flat_map(|cta| cta.data_blocks())
        .map(|block| block.tag)
        .collect();
    assert_eq!(tags, [CtaTag::Video, CtaTag::Vendor]);
    let offered: Vec<&str> = mode::STANDARD
        .iter()
        .filter(|mode| edid.offers(mode))
        .map(|mode| mode.name)
        .collect();
    assert_eq!(
        offered,
        [
            "640x480",
            "720x576",
            "1280x720",
            "1280x800",
            "1280x1024",
            "1920x1080@50",
            "1920x1080"
        ]
    );
}

#[test]
fn every_mode_survives_its_eighteen_bytes() {
    for mode in mode::STANDARD {
        let timing = Timing::of(mode);
        assert_eq!(
            Timing::decode(&timing.encode()),
            Some(timing),
            "{}",
            mode.name
        );
        assert!(timing.is_sound() && timing.is_like(mode));
        let back = timing.mode("back").unwrap();
        assert_eq!(
            (back.h_total_px(), back.v_total_lines()),
            (mode.h_total_px(), mode.v_total_lines())
        );
        assert_eq!((back.hsync, back.vsync), (mode.hsync, mode.vsync));
        assert!(
            mode::STANDARD
                .iter()
                .filter(|other| timing.is_like(other))
                .eq([mode]),
            "{}",
            mode.name
        );
    }
    let extreme = Timing {
        clock: KiloHertz::new(655_350),
        h_active_px: 4095,
        h_blank_px: 4095,
        h_front_px: 1023,
        h_sync_px: 1023,
        v_active_lines: 4095,
        v_blank_lines: 4095,
        v_front_lines: 63,
        v_sync_lines: 63,
        size_mm: (4095, 4095),
        hsync: Polarity::Positive,
        vsync: Polarity::Negative,
        interlaced: true,
        separate_sync: true,
    };
    assert_eq!(Timing::decode(&extreme.encode()), Some(extreme));
}

/// The flaws of a whole EDID after a change of its bytes, checksums made right again when `sealed`.
fn flaws_after(sealed: bool, change: impl FnOnce(&mut Vec<u8>)) -> Vec<Flaw> {
    let mut bytes = whole();
    change(&mut bytes);
    if sealed {
        bytes
            .as_chunks_mut::<BLOCK_BYTES>()
            .0
            .iter_mut()
            .for_each(seal);
    }
    Edid::parse(&bytes).unwrap().flaws().iter().collect()
}

#[test]
fn each_flaw_is_tolerated_and_named() {
    assert_eq!(flaws_after(true, |b| b[3] = 0), [Flaw::Header]);
    assert_eq!(flaws_after(false, |b| b[127] ^= 1), [Flaw::BaseChecksum]);
    assert_eq!(
        flaws_after(false, |b| b[255] ^= 1),
        [Flaw::ExtensionChecksum]
    );
    assert_eq!(flaws_after(true, |b| b[126] = 3), [Flaw::BlocksMissing]);
    assert_eq!(flaws_after(true, |b| b[126] = 0), [Flaw::BlocksBeyondCount]);
    assert_eq!(
        flaws_after(true, |b| b.extend([0; 128])),
        [Flaw::BlocksBeyondCount]
    );
    assert_eq!(
        flaws_after(true, |b| b.extend([7; 100])),
        [Flaw::PartialBlock]
    );
    assert_eq!(flaws_after(true, |b| b[18] = 2), [Flaw::Version]);
    assert_eq!(flaws_after(true, |b| b[8] = 0), [Flaw::Maker]);
    assert_eq!(
        flaws_after(true, |b| b[54] = 0),
        [],
        "the low byte of the clock alone"
    );
    assert_eq!(
        flaws_after(true, |b| b[54..72].fill(0)),
        [Flaw::NoPreferredTiming, Flaw::ZeroedDescriptor]
    );
    assert_eq!(
        flaws_after(true, |b| b[71] |= 0x80),
        [Flaw::InterlacedPreferred]
    );
    assert_eq!(
        flaws_after(true, |b| b[56] = 0),
        [],
        "low byte of the width alone"
    );
    assert_eq!(
        flaws_after(true, |b| (b[59], b[61]) = (0, 0x08)),
        [Flaw::ImpossibleTiming]
    );
    assert_eq!(flaws_after(true, |b| b[71] = 0), [Flaw::NotSeparateSync]);
    assert_eq!(flaws_after(true, |b| b[95] = 0x80), [Flaw::Text]);
    assert_eq!(flaws_after(true, |b| b[113] = 80), [Flaw::RangeLimits]);
    assert_eq!(flaws_after(true, |b| b[130] = 3), [Flaw::CtaTimingStart]);
    assert_eq!(flaws_after(true, |b| b[130] = 200), [Flaw::CtaTimingStart]);
    assert_eq!(flaws_after(true, |b| b[132] = 0x5F), [Flaw::CtaDataBlock]);
    for (index, flaw) in Flaw::ALL.into_iter().enumerate() {
        assert_eq!(flaw as usize, index);
    }
}

#[test]
fn what_is_no_edid_is_refused() {
    assert_eq!(Edid::parse(&[]), Err(EdidError::TooShort { length: 0 }));
    assert_eq!(
        Edid::parse(&whole()[..127]),
        Err(EdidError::TooShort { length: 127 })
    );
    assert_eq!(
        Edid::parse(&[0xFF; 128]),
        Err(EdidError::Checksum { sum: 128 })
    );
    assert_eq!(Edid::parse(&[0; 128]), Err(EdidError::Header { right: 2 }));
    let mut bytes = whole();
    bytes[1] = 0;
    let sum = checksum(bytes.first_chunk().unwrap());
    assert_eq!(Edid::parse(&bytes), Err(EdidError::Checksum { sum }));
}

#[test]
fn a_damaged_preferred_timing_gives_way_to_the_next_sound_one() {
    let mut bytes = whole();
    bytes[54..72].fill(0);
    seal(bytes[..].first_chunk_mut().unwrap());
    assert_eq!(
        Edid::parse(&bytes).unwrap().preferred(),
        Some(timing("1280x800"))
    );
}

#[test]
fn texts_end_where_they_should() {
    let text = |bytes: &[u8; 13]| {
        let mut block = base().emit(0);
        block[95..108].copy_from_slice(bytes);
        let bytes = block;
        let name = Edid::parse(&bytes).unwrap().name().unwrap().to_string();
        let damaged = Edid::parse(&bytes).unwrap().name().unwrap().is_damaged();
        (name, damaged)
    };
    assert_eq!(text(b"Thirteen char"), ("Thirteen char".into(), false));
    assert_eq!(text(b"Short\n       "), ("Short".into(), false));
    assert_eq!(text(b"Spaces       "), ("Spaces".into(), false));
    assert_eq!(text(b"Zero\0\0\0\0\0\0\0\0\0"), ("Zero".into(), true));
    assert_eq!(text(b"After\nmore   "), ("After".into(), true));
    assert_eq!(text(b"\x07bell\n       "), (".bell".into(), true));
    assert_eq!(text(b"\n            "), (String::new(), false));
}

#[test]
fn standard_timings_come_back_and_the_old_square_shape_is_known() {
    for (width, aspect, rate) in [
        (1280, (16, 10), 60),
        (1024, (4, 3), 75),
        (2288, (16, 9), 123),
        (256, (5, 4), 61),
    ] {
        let timing = StandardTiming {
            h_active_px: width,
            aspect,
            refresh_hz: rate,
        };
        assert_eq!(
            StandardTiming::decode(timing.encode().unwrap(), 3),
            Some(timing)
        );
    }
    let wide = StandardTiming {
        h_active_px: 1360,
        aspect: (16, 9),
        refresh_hz: 60,
    };
    assert!(wide.mode().is_like(mode::by_name("1366x768").unwrap()));
    assert_eq!(StandardTiming::decode([31, 0], 2).unwrap().aspect, (1, 1));
    assert_eq!(StandardTiming::decode([1, 1], 3), None);
    assert_eq!(StandardTiming::decode([0, 7], 3), None);
    let none = StandardTiming {
        h_active_px: 1281,
        aspect: (4, 3),
        refresh_hz: 60,
    };
    assert_eq!(none.encode(), None);
}

#[test]
fn continuous_monitors_take_whatever_the_limits_hold() {
    let limits = RangeLimits {
        v_min_hz: 50,
        v_max_hz: 60,
        h_min_khz: 30,
        h_max_khz: 50,
        clock_max_mhz: 80,
    };
    let block = BaseBlock::new(*b"LMP", 1, 1)
        .range_limits(limits)
        .continuous()
        .emit(0);
    let edid = Edid::parse(&block).unwrap();
    let offered = |name: &str| edid.offers(mode::by_name(name).unwrap());
    // 59.94 Hz counts as 60, 31.469 kHz is inside; 24 Hz, 64 kHz and 85.5 MHz are not
    assert!(offered("640x480") && offered("1280x720") && offered("1280x720@50"));
    assert!(!offered("1920x1080@24") && !offered("1280x1024") && !offered("1366x768"));
    assert!(!offered("64x48"), "frame rate far beyond");
    let high = RangeLimits {
        v_min_hz: 256,
        v_max_hz: 400,
        h_min_khz: 300,
        h_max_khz: 510,
        clock_max_mhz: 2550,
    };
    let block = BaseBlock::new(*b"LMP", 1, 1).range_limits(high).emit(0);
    assert_eq!(
        Edid::parse(&block)
            .unwrap()
            .range_limits()
            .map(|limits| limits.v_max_hz),
        Some(400)
    );
}

#[test]
fn established_bits_are_where_the_standard_has_them() {
    for (byte, bit, width, rate) in [
        (35, 7, 720, 70),
        (35, 5, 640, 60),
        (35, 0, 800, 60),
        (36, 3, 1024, 60),
        (36, 0, 1280, 75),
        (37, 7, 1152, 75),
    ] {
        let mut block = BaseBlock::new(*b"LMP", 1, 1).emit(0);
        block[byte] = 1 << bit;
        let edid = Edid::parse(&block).unwrap();
        let found: Vec<(u16, u16)> = edid
            .established_timings()
            .map(|mode| (mode.h_active_px, mode.refresh_hz))
            .collect();
        assert_eq!(found, [(width, rate)]);
    }
}
