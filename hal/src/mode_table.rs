//! The standard timing table: data only, one row per mode.
//!
//! Source: VESA Display Monitor Timing 1.13, CTA-861, VESA CVT; every row re-computed with `edid-decode`'s tables.
//! Rows above 148.5 MHz are left out: no output of the card carries them.

use crate::addr::KiloHertz;
use crate::mode::{Mode, Polarity};

const N: Polarity = Polarity::Negative;
const P: Polarity = Polarity::Positive;

/// The four parts of one axis in table order: active, front porch, sync, back porch.
type Axis = [u16; 4];

const fn row(
    name: &'static str,
    source: &'static str,
    khz: u32,
    h: Axis,
    v: Axis,
    sync: [Polarity; 2],
) -> Mode {
    let [h_active_px, h_front_px, h_sync_px, h_back_px] = h;
    let [v_active_lines, v_front_lines, v_sync_lines, v_back_lines] = v;
    let [hsync, vsync] = sync;
    Mode {
        name,
        source,
        clock_khz: KiloHertz::new(khz),
        h_active_px,
        h_front_px,
        h_sync_px,
        h_back_px,
        v_active_lines,
        v_front_lines,
        v_sync_lines,
        v_back_lines,
        hsync,
        vsync,
        small_test: false,
    }
}

/// Every mode this HAL knows. Shape: unique names; the first one is the default mode of a driver.
#[rustfmt::skip]
pub const STANDARD: &[Mode] = &[
    row("640x480", "VESA DMT 04h = CTA-861 VIC 1", 25175, [640, 16, 96, 48], [480, 10, 2, 33], [N, N]),
    Mode { small_test: true, ..row("320x240", "small test mode, no standard", 25175, [320, 8, 48, 24], [240, 5, 1, 16], [N, N]) },
    Mode { small_test: true, ..row("64x48", "small test mode, no standard", 25175, [64, 8, 8, 16], [48, 4, 2, 10], [N, N]) },
    row("720x480", "CTA-861 VIC 2/3", 27000, [720, 16, 62, 60], [480, 9, 6, 30], [N, N]),
    row("720x576", "CTA-861 VIC 17/18", 27000, [720, 12, 64, 68], [576, 5, 5, 39], [N, N]),
    row("800x600@56", "VESA DMT 08h", 36000, [800, 24, 72, 128], [600, 1, 2, 22], [P, P]),
    row("800x600", "VESA DMT 09h", 40000, [800, 40, 128, 88], [600, 1, 4, 23], [P, P]),
    row("1024x768", "VESA DMT 10h", 65000, [1024, 24, 136, 160], [768, 3, 6, 29], [N, N]),
    row("1280x720", "VESA DMT 55h = CTA-861 VIC 4", 74250, [1280, 110, 40, 220], [720, 5, 5, 20], [P, P]),
    row("1280x720@50", "CTA-861 VIC 19", 74250, [1280, 440, 40, 220], [720, 5, 5, 20], [P, P]),
    row("1280x768", "VESA DMT 16h (reduced blanking)", 68250, [1280, 48, 32, 80], [768, 3, 7, 12], [P, N]),
    row("1280x800", "VESA DMT 1Bh (reduced blanking)", 71000, [1280, 48, 32, 80], [800, 3, 6, 14], [P, N]),
    row("1366x768rb", "VESA DMT 56h (reduced blanking)", 72000, [1366, 14, 56, 64], [768, 1, 3, 28], [P, P]),
    row("1366x768", "VESA DMT 51h", 85500, [1366, 70, 143, 213], [768, 3, 3, 24], [P, P]),
    row("1280x1024", "VESA DMT 23h", 108000, [1280, 48, 112, 248], [1024, 1, 3, 38], [P, P]),
    row("1600x900", "VESA DMT 53h (reduced blanking)", 108000, [1600, 24, 80, 96], [900, 1, 3, 96], [P, P]),
    row("1680x1050", "VESA DMT 39h (reduced blanking)", 119000, [1680, 48, 32, 80], [1050, 3, 6, 21], [P, N]),
    row("1920x1080@30", "CTA-861 VIC 34", 74250, [1920, 88, 44, 148], [1080, 4, 5, 36], [P, P]),
    row("1920x1080@24", "CTA-861 VIC 32", 74250, [1920, 638, 44, 148], [1080, 4, 5, 36], [P, P]),
    row("1920x1080@50", "CTA-861 VIC 31", 148500, [1920, 528, 44, 148], [1080, 4, 5, 36], [P, P]),
    row("1920x1080", "VESA DMT 52h = CTA-861 VIC 16", 148500, [1920, 88, 44, 148], [1080, 4, 5, 36], [P, P]),
    row("1920x1080rb", "VESA CVT 1.1 reduced blanking", 138500, [1920, 48, 32, 80], [1080, 3, 5, 23], [P, N]),
    row("1920x1080rb2", "VESA CVT 1.2 reduced blanking version 2", 133320, [1920, 8, 32, 40], [1080, 17, 8, 6], [P, N]),
];
