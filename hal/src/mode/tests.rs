use super::*;

/// Totals and rates as the standards print them: name, H total, V total, refresh in mHz.
const PUBLISHED: &[(&str, u32, u32, u32)] = &[
    ("640x480", 800, 525, 59_940),
    ("320x240", 400, 262, 240_219),
    ("64x48", 96, 64, 4_097_493),
    ("720x480", 858, 525, 59_940),
    ("720x576", 864, 625, 50_000),
    ("800x600@56", 1024, 625, 56_250),
    ("800x600", 1056, 628, 60_316),
    ("1024x768", 1344, 806, 60_003),
    ("1280x720", 1650, 750, 60_000),
    ("1280x720@50", 1980, 750, 50_000),
    ("1280x768", 1440, 790, 59_994),
    ("1280x800", 1440, 823, 59_909),
    ("1366x768rb", 1500, 800, 60_000),
    ("1366x768", 1792, 798, 59_789),
    ("1280x1024", 1688, 1066, 60_019),
    ("1600x900", 1800, 1000, 60_000),
    ("1680x1050", 1840, 1080, 59_883),
    ("1920x1080@30", 2200, 1125, 30_000),
    ("1920x1080@24", 2750, 1125, 24_000),
    ("1920x1080@50", 2640, 1125, 50_000),
    ("1920x1080", 2200, 1125, 60_000),
    ("1920x1080rb", 2080, 1111, 59_934),
    ("1920x1080rb2", 2000, 1111, 60_000),
];

#[test]
fn every_row_has_the_published_totals_and_rate() {
    assert_eq!(STANDARD.len(), PUBLISHED.len());
    for &(name, h_total, v_total, refresh) in PUBLISHED {
        let mode = by_name(name).unwrap_or_else(|| panic!("{name} is missing"));
        assert_eq!(
            (mode.h_total_px(), mode.v_total_lines()),
            (h_total, v_total),
            "{name}"
        );
        assert!(
            mode.refresh_millihertz().abs_diff(refresh) <= 1,
            "{name}: {}",
            mode.refresh_millihertz()
        );
        assert_eq!(mode.validate(), Ok(()), "{name}");
        assert!(mode.clock_khz.raw() <= 148_500, "{name}");
    }
}

#[test]
fn names_are_unique() {
    for (i, a) in STANDARD.iter().enumerate() {
        assert!(
            STANDARD.iter().skip(i + 1).all(|b| a.name != b.name),
            "{} appears twice",
            a.name
        );
    }
}

#[test]
fn nearest_clock_within_tolerance_wins() {
    let mode = by_name("640x480").unwrap();
    // 25.2 MHz is 0.1 % high, 25.0 MHz is 0.7 % low.
    assert_eq!(mode.choose_clock(&[25_000, 25_200]).unwrap().idx, 1);
    assert_eq!(mode.choose_clock(&[25_200, 25_175]).unwrap().idx, 1);
    assert_eq!(
        mode.choose_clock(&[25_000, 0]),
        Err(ModeError::NoClock { wanted_khz: 25_175 })
    );
}

#[test]
fn tolerance_is_inclusive_at_half_a_percent() {
    let mode = by_name("800x600").unwrap();
    assert!(mode.choose_clock(&[40_200]).is_ok());
    assert!(mode.choose_clock(&[40_201]).is_err());
    assert!(mode.choose_clock(&[39_800]).is_ok());
    assert!(mode.choose_clock(&[39_799]).is_err());
}

#[test]
fn available_lists_only_what_the_board_makes() {
    let names: std::vec::Vec<_> = available(&[25_175, 40_000])
        .map(|(mode, _)| mode.name)
        .collect();
    assert_eq!(names, ["640x480", "320x240", "64x48", "800x600"]);
}

#[test]
fn bad_rasters_are_refused() {
    let good = *by_name("640x480").unwrap();
    assert_eq!(
        Mode {
            h_sync_px: 0,
            ..good
        }
        .validate(),
        Err(ModeError::Empty)
    );
    assert_eq!(
        Mode {
            h_back_px: 8000,
            ..good
        }
        .validate(),
        Err(ModeError::TotalTooLarge {
            total: 8752,
            limit: 8191
        })
    );
    assert_eq!(
        Mode {
            clock_khz: KiloHertz::new(0),
            ..good
        }
        .validate(),
        Err(ModeError::Empty)
    );
}
