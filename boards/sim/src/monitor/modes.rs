//! Timings that the standards print, to hold measurements against.
//!
//! Source: VESA DMT 1.13 (borders folded into the porches), CTA-861-G, VESA CVT 1.2 (reduced blanking). Written for the monitor alone,
//! independent of the table that drives the card.

/// One axis of a mode. Units: pixels or lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Axis {
    /// Visible part.
    pub active: u32,
    /// From the end of the visible part to the sync pulse.
    pub front: u32,
    /// Sync pulse.
    pub sync: u32,
    /// From the end of the sync pulse to the visible part.
    pub back: u32,
    /// Whether the pulse is high.
    pub sync_high: bool,
}

impl Axis {
    const fn new([active, front, sync, back]: [u32; 4], sync_high: bool) -> Self {
        Self {
            active,
            front,
            sync,
            back,
            sync_high,
        }
    }

    /// All four together.
    pub const fn total(&self) -> u32 {
        self.active + self.front + self.sync + self.back
    }
}

/// A mode of a standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StandardMode {
    /// Size and rate, with the standard's number.
    pub name: &'static str,
    /// Pixel clock. Units: kHz.
    pub pixel_clock_khz: u32,
    /// Horizontal timing. Units: pixels.
    pub horizontal: Axis,
    /// Vertical timing. Units: lines.
    pub vertical: Axis,
}

impl StandardMode {
    /// Frames in a thousand seconds.
    pub const fn refresh_mhz(&self) -> u32 {
        let clocks = self.horizontal.total() as u64 * self.vertical.total() as u64;
        ((self.pixel_clock_khz as u64 * 1_000_000 + clocks / 2) / clocks) as u32
    }
}

const fn mode(
    name: &'static str,
    pixel_clock_khz: u32,
    h: [u32; 4],
    v: [u32; 4],
    (h_high, v_high): (bool, bool),
) -> StandardMode {
    StandardMode {
        name,
        pixel_clock_khz,
        horizontal: Axis::new(h, h_high),
        vertical: Axis::new(v, v_high),
    }
}

const PP: (bool, bool) = (true, true);
const NN: (bool, bool) = (false, false);
const PN: (bool, bool) = (true, false);

/// The modes known to the monitor.
pub static STANDARD_MODES: [StandardMode; 21] = [
    mode(
        "640x480@60 (DMT 04h, VIC 1)",
        25_175,
        [640, 16, 96, 48],
        [480, 10, 2, 33],
        NN,
    ),
    mode(
        "720x480@60 (VIC 2/3)",
        27_000,
        [720, 16, 62, 60],
        [480, 9, 6, 30],
        NN,
    ),
    mode(
        "720x576@50 (VIC 17/18)",
        27_000,
        [720, 12, 64, 68],
        [576, 5, 5, 39],
        NN,
    ),
    mode(
        "800x600@56 (DMT 08h)",
        36_000,
        [800, 24, 72, 128],
        [600, 1, 2, 22],
        PP,
    ),
    mode(
        "800x600@60 (DMT 09h)",
        40_000,
        [800, 40, 128, 88],
        [600, 1, 4, 23],
        PP,
    ),
    mode(
        "1024x768@60 (DMT 10h)",
        65_000,
        [1024, 24, 136, 160],
        [768, 3, 6, 29],
        NN,
    ),
    mode(
        "1280x720@60 (DMT 55h, VIC 4)",
        74_250,
        [1280, 110, 40, 220],
        [720, 5, 5, 20],
        PP,
    ),
    mode(
        "1280x720@50 (VIC 19)",
        74_250,
        [1280, 440, 40, 220],
        [720, 5, 5, 20],
        PP,
    ),
    mode(
        "1280x768@60 RB (DMT 16h)",
        68_250,
        [1280, 48, 32, 80],
        [768, 3, 7, 12],
        PN,
    ),
    mode(
        "1280x800@60 RB (DMT 1Bh)",
        71_000,
        [1280, 48, 32, 80],
        [800, 3, 6, 14],
        PN,
    ),
    mode(
        "1366x768@60 RB (DMT 56h)",
        72_000,
        [1366, 14, 56, 64],
        [768, 1, 3, 28],
        PP,
    ),
    mode(
        "1366x768@60 (DMT 51h)",
        85_500,
        [1366, 70, 143, 213],
        [768, 3, 3, 24],
        PP,
    ),
    mode(
        "1280x1024@60 (DMT 23h)",
        108_000,
        [1280, 48, 112, 248],
        [1024, 1, 3, 38],
        PP,
    ),
    mode(
        "1600x900@60 RB (DMT 53h)",
        108_000,
        [1600, 24, 80, 96],
        [900, 1, 3, 96],
        PP,
    ),
    mode(
        "1680x1050@60 RB (DMT 39h)",
        119_000,
        [1680, 48, 32, 80],
        [1050, 3, 6, 21],
        PN,
    ),
    mode(
        "1920x1080@30 (VIC 34)",
        74_250,
        [1920, 88, 44, 148],
        [1080, 4, 5, 36],
        PP,
    ),
    mode(
        "1920x1080@24 (VIC 32)",
        74_250,
        [1920, 638, 44, 148],
        [1080, 4, 5, 36],
        PP,
    ),
    mode(
        "1920x1080@50 (VIC 31)",
        148_500,
        [1920, 528, 44, 148],
        [1080, 4, 5, 36],
        PP,
    ),
    mode(
        "1920x1080@60 (DMT 52h, VIC 16)",
        148_500,
        [1920, 88, 44, 148],
        [1080, 4, 5, 36],
        PP,
    ),
    mode(
        "1920x1080@60 (CVT-RB)",
        138_500,
        [1920, 48, 32, 80],
        [1080, 3, 5, 23],
        PN,
    ),
    mode(
        "1920x1200@60 RB (DMT 44h)",
        154_000,
        [1920, 48, 32, 80],
        [1200, 3, 6, 26],
        PN,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refresh_rates_come_out_as_the_names_say() {
        for mode in &STANDARD_MODES {
            let named: u32 = mode.name.split('@').nth(1).unwrap()[..2].parse().unwrap();
            let rate = mode.refresh_mhz();
            assert!(rate.abs_diff(named * 1000) < 350, "{}: {rate}", mode.name);
        }
    }

    #[test]
    fn totals_are_the_published_ones() {
        let totals: Vec<_> = STANDARD_MODES
            .iter()
            .map(|mode| (mode.horizontal.total(), mode.vertical.total()))
            .collect();
        let published = [
            (800, 525),
            (858, 525),
            (864, 625),
            (1024, 625),
            (1056, 628),
            (1344, 806),
            (1650, 750),
            (1980, 750),
            (1440, 790),
            (1440, 823),
            (1500, 800),
            (1792, 798),
            (1688, 1066),
            (1800, 1000),
            (1840, 1080),
            (2200, 1125),
            (2750, 1125),
            (2640, 1125),
            (2200, 1125),
            (2080, 1111),
            (2080, 1235),
        ];
        assert_eq!(totals, published);
    }

    #[test]
    fn same_raster_appears_only_with_different_clocks() {
        for (index, one) in STANDARD_MODES.iter().enumerate() {
            for other in &STANDARD_MODES[index + 1..] {
                let same = (one.horizontal, one.vertical) == (other.horizontal, other.vertical);
                assert!(!same || one.pixel_clock_khz != other.pixel_clock_khz);
            }
        }
    }
}
