//! The simulated monitor's EDID, and the flaws that EDIDs have in the field.
//!
//! Context: host side of the simulation. Two blocks: a base block that prefers 1280x720, and a CTA-861 extension with video
//! codes. Everything it names the monitor really shows, the two small test modes included; one mode is beyond the board's
//! clocks, so that filtering shows.

use lumenport_hal::edid::build::{BaseBlock, CtaBlock, seal};
use lumenport_hal::edid::{BLOCK_BYTES, RangeLimits, RefreshMode, StandardTiming, Timing};
use lumenport_hal::mode;

/// Name in the EDID.
pub const MONITOR_NAME: &str = "Lumenport";

/// What may be wrong with the bytes of an EDID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EdidFlaw {
    /// The base block's checksum is wrong.
    BaseChecksum,
    /// The last block's checksum is wrong.
    ExtensionChecksum,
    /// More extensions are promised than there are.
    CountTooHigh,
    /// Extensions are there, none is promised.
    CountZero,
    /// The preferred timing is zeros.
    ZeroedTiming,
    /// A byte of the header is wrong.
    Header,
    /// The name ends with a zero byte instead of a line feed.
    NameEnd,
}

/// The EDID of the simulated monitor.
pub fn simulated() -> Vec<u8> {
    let timing = |name: &str| mode::by_name(name).map(Timing::of);
    let rate = |h_active_px, v_active_lines, refresh_hz| RefreshMode {
        h_active_px,
        v_active_lines,
        refresh_hz,
        interlaced: false,
    };
    let mut base = BaseBlock::new(*b"LMP", 0x5349, 1);
    for timing in ["1280x720", "1280x800"].into_iter().filter_map(timing) {
        base = base.timing(&timing);
    }
    let base = base
        .name(MONITOR_NAME)
        .range_limits(RangeLimits {
            v_min_hz: 24,
            v_max_hz: 75,
            h_min_khz: 15,
            h_max_khz: 80,
            clock_max_mhz: 150,
        })
        .established(rate(640, 480, 60))
        .established(rate(800, 600, 56))
        .established(rate(800, 600, 60))
        .established(rate(1024, 768, 60))
        .standard(StandardTiming {
            h_active_px: 1280,
            aspect: (5, 4),
            refresh_hz: 60,
        });
    let mut cta = CtaBlock::new().vics(&[128 + 4, 19, 1, 2, 17, 32, 34, 16]);
    for timing in ["1600x900", "320x240", "64x48"]
        .into_iter()
        .filter_map(timing)
    {
        cta = cta.timing(&timing);
    }
    [base.emit(1), cta.emit()].concat()
}

/// Damages an EDID.
pub fn damage(edid: &mut [u8], flaw: EdidFlaw) {
    let (blocks, _) = edid.as_chunks_mut::<BLOCK_BYTES>();
    let extensions = blocks.len().saturating_sub(1);
    if let (EdidFlaw::ExtensionChecksum, Some(last)) = (flaw, blocks.last_mut()) {
        last[127] ^= 0xFF;
    }
    let Some(base) = blocks.first_mut() else {
        return;
    };
    match flaw {
        EdidFlaw::BaseChecksum => base[127] ^= 0xFF,
        EdidFlaw::ExtensionChecksum => {}
        EdidFlaw::CountTooHigh => base[126] = (extensions as u8).saturating_add(2),
        EdidFlaw::CountZero => base[126] = 0,
        EdidFlaw::ZeroedTiming => base[54..72].fill(0),
        EdidFlaw::Header => base[2] = 0,
        EdidFlaw::NameEnd => base[54..126]
            .iter_mut()
            .filter(|byte| **byte == b'\n')
            .for_each(|byte| *byte = 0),
    }
    if !matches!(flaw, EdidFlaw::BaseChecksum | EdidFlaw::ExtensionChecksum) {
        seal(base);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lumenport_hal::edid::{Edid, Flaw};

    #[test]
    fn the_monitor_describes_itself_without_a_flaw() {
        let bytes = simulated();
        let edid = Edid::parse(&bytes).expect("an EDID");
        assert!(edid.flaws().is_empty(), "{}", edid.flaws());
        assert_eq!(edid.name().expect("a name").to_string(), MONITOR_NAME);
        let offered = mode::STANDARD
            .iter()
            .filter(|mode| edid.offers(mode))
            .map(|mode| mode.name);
        let expected = [
            "640x480",
            "320x240",
            "64x48",
            "720x480",
            "720x576",
            "800x600@56",
            "800x600",
            "1024x768",
            "1280x720",
            "1280x720@50",
            "1280x800",
            "1280x1024",
            "1600x900",
            "1920x1080@30",
            "1920x1080@24",
            "1920x1080",
        ];
        assert!(offered.eq(expected));
    }

    #[test]
    fn each_damage_is_seen_by_the_parser() {
        for (flaw, seen) in [
            (EdidFlaw::BaseChecksum, Flaw::BaseChecksum),
            (EdidFlaw::ExtensionChecksum, Flaw::ExtensionChecksum),
            (EdidFlaw::CountTooHigh, Flaw::BlocksMissing),
            (EdidFlaw::CountZero, Flaw::BlocksBeyondCount),
            (EdidFlaw::ZeroedTiming, Flaw::ZeroedDescriptor),
            (EdidFlaw::Header, Flaw::Header),
            (EdidFlaw::NameEnd, Flaw::Text),
        ] {
            let mut bytes = simulated();
            damage(&mut bytes, flaw);
            let edid = Edid::parse(&bytes).expect("an EDID all the same");
            assert!(edid.flaws().has(seen), "{flaw:?}: {}", edid.flaws());
        }
    }
}
