//! Timing generator: standard modes measured at its outputs, to the pixel and line.

use lumenport_hdl::elaborate;
use lumenport_hdl::prelude::*;
use lumenport_hdl::scanout::timing::Timing;
use lumenport_hdl::testbench::{connected, settle};

/// One raster: active, front porch, sync, back porch; polarity true = high during the pulse.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Mode {
    h: [u32; 4],
    v: [u32; 4],
    h_high: bool,
    v_high: bool,
}

impl Mode {
    fn total(axis: [u32; 4]) -> u32 {
        axis.iter().sum()
    }

    /// The four words of the mode, as the CRTC sends them.
    fn words(&self, run: bool) -> [u32; 4] {
        let size = |axis: [u32; 4]| Mode::total(axis) << 16 | axis[0];
        let sync = |axis: [u32; 4]| (axis[0] + axis[1] + axis[2]) << 16 | (axis[0] + axis[1]);
        [
            size(self.h) | u32::from(run) << 31,
            sync(self.h) | u32::from(self.h_high) << 31,
            size(self.v),
            sync(self.v) | u32::from(self.v_high) << 31,
        ]
    }

    fn clocks_per_frame(&self) -> u32 {
        Mode::total(self.h) * Mode::total(self.v)
    }
}

/// Shorthand for the tables below: horizontal and vertical active, front, sync, back; polarities.
const fn mode(h: [u32; 4], v: [u32; 4], h_high: bool, v_high: bool) -> Mode {
    Mode {
        h,
        v,
        h_high,
        v_high,
    }
}

/// Modes of VESA DMT 1.13 and CTA-861 that fit a frame in at most 1.25 million clocks.
const SMALLER_MODES: [Mode; 6] = [
    mode([640, 16, 96, 48], [480, 10, 2, 33], false, false),
    mode([720, 16, 62, 60], [480, 9, 6, 30], false, false),
    mode([800, 40, 128, 88], [600, 1, 4, 23], true, true),
    mode([1024, 24, 136, 160], [768, 3, 6, 29], false, false),
    mode([1280, 110, 40, 220], [720, 5, 5, 20], true, true),
    mode([1280, 48, 32, 80], [800, 3, 6, 14], true, false),
];

/// The larger ones.
const LARGER_MODES: [Mode; 6] = [
    mode([1366, 70, 143, 213], [768, 3, 3, 24], true, true),
    mode([1280, 48, 112, 248], [1024, 1, 3, 38], true, true),
    mode([1920, 88, 44, 148], [1080, 4, 5, 36], true, true),
    mode([1920, 638, 44, 148], [1080, 4, 5, 36], true, true),
    mode([1920, 48, 32, 80], [1080, 3, 5, 23], true, false),
    mode([1920, 48, 32, 80], [1200, 3, 6, 26], true, false),
];

const TINY: Mode = Mode {
    h: [36, 3, 5, 4],
    v: [5, 1, 2, 1],
    h_high: true,
    v_high: false,
};
const OTHER: Mode = Mode {
    h: [20, 2, 6, 4],
    v: [7, 2, 1, 2],
    h_high: false,
    v_high: true,
};

#[derive(Clone, Copy, Debug, PartialEq)]
struct Seen {
    running: bool,
    de: bool,
    hsync: bool,
    vsync: bool,
    x: u32,
    y: u32,
    border: bool,
    line_start: bool,
    frame_start: bool,
    vblank: bool,
    accepted: bool,
}

/// What a raster shows at clock `clock` of a frame; clock 0 is the first of vertical blanking.
fn expected(mode: &Mode, clock: u32) -> Seen {
    let (h_total, v_total) = (Mode::total(mode.h), Mode::total(mode.v));
    let x = clock % h_total;
    let y = (clock / h_total + mode.v[0]) % v_total;
    let h_start = mode.h[0] + mode.h[1];
    let v_start = mode.v[0] + mode.v[1];
    // Vertical sync counts in lines that begin at the leading edge of horizontal sync.
    let shifted = (y * h_total + x + v_total * h_total - h_start) % (v_total * h_total) / h_total;
    let h_pulse = (h_start..h_start + mode.h[2]).contains(&x);
    let v_pulse = (v_start..v_start + mode.v[2]).contains(&shifted);
    let de = x < mode.h[0] && y < mode.v[0];
    Seen {
        running: true,
        de,
        hsync: h_pulse == mode.h_high,
        vsync: v_pulse == mode.v_high,
        x,
        y,
        border: x == 0 || y == 0 || x + 1 == mode.h[0] || y + 1 == mode.v[0],
        line_start: de && x == 0,
        frame_start: clock == 0,
        vblank: y >= mode.v[0],
        accepted: false,
    }
}

struct Bench {
    uut: Timing,
}

impl Bench {
    fn new() -> Self {
        let mut uut = Timing::default();
        uut.pix_clock.connect();
        uut.mode_valid.connect();
        uut.mode_h_size.connect();
        uut.mode_h_sync.connect();
        uut.mode_v_size.connect();
        uut.mode_v_sync.connect();
        Self {
            uut: connected(uut),
        }
    }

    fn offer(&mut self, words: Option<[u32; 4]>) {
        self.uut.mode_valid.next = words.is_some();
        let words = words.unwrap_or([u32::MAX; 4]).map(u64::from);
        self.uut.mode_h_size.next = words[0].into();
        self.uut.mode_h_sync.next = words[1].into();
        self.uut.mode_v_size.next = words[2].into();
        self.uut.mode_v_sync.next = words[3].into();
    }

    fn clock(&mut self) -> Seen {
        let u = &mut self.uut;
        u.pix_clock.next = false.into();
        settle(u);
        let seen = Seen {
            running: u.running.val(),
            de: u.de.val(),
            hsync: u.hsync.val(),
            vsync: u.vsync.val(),
            x: u.x_px.val().to_u32(),
            y: u.y_lines.val().to_u32(),
            border: u.border.val(),
            line_start: u.line_start_strobe.val(),
            frame_start: u.frame_start_strobe.val(),
            vblank: u.vblank.val(),
            accepted: u.mode_accept.val(),
        };
        u.pix_clock.next = true.into();
        settle(u);
        seen
    }

    /// Offers a mode and clocks until it is taken; returns the number of clocks.
    fn take(&mut self, words: [u32; 4], at_most: u32) -> u32 {
        self.offer(Some(words));
        for clocks in 1..=at_most {
            if self.clock().accepted {
                self.offer(None);
                return clocks;
            }
        }
        panic!("the mode was not taken within {at_most} clocks");
    }

    /// Turns `mode` on and stops before the first clock of its first frame.
    fn start(&mut self, mode: &Mode) {
        assert_eq!(
            self.take(mode.words(true), 2),
            1,
            "a mode is taken at once while off"
        );
        self.clock();
    }
}

fn check_frames(mode: &Mode, frames: u32) {
    let mut bench = Bench::new();
    bench.start(mode);
    for clock in 0..frames * mode.clocks_per_frame() {
        let in_frame = clock % mode.clocks_per_frame();
        assert_eq!(
            bench.clock(),
            expected(mode, in_frame),
            "{mode:?}, clock {clock}"
        );
    }
}

#[test]
fn small_rasters_are_exact_for_many_frames() {
    for (h_high, v_high) in [(false, false), (false, true), (true, false), (true, true)] {
        check_frames(
            &Mode {
                h_high,
                v_high,
                ..TINY
            },
            4,
        );
        check_frames(
            &Mode {
                h_high,
                v_high,
                ..OTHER
            },
            4,
        );
    }
}

#[test]
fn standard_modes_are_exact_to_the_pixel_and_line() {
    for mode in SMALLER_MODES {
        check_frames(&mode, 1);
    }
}

#[test]
#[ignore = "15 million clocks; cargo test --release -p lumenport-hdl --test timing -- --ignored"]
fn larger_standard_modes_are_exact_to_the_pixel_and_line() {
    for mode in LARGER_MODES {
        check_frames(&mode, 1);
    }
}

#[test]
fn porches_may_be_empty() {
    let no_front = Mode {
        h: [16, 0, 4, 4],
        v: [4, 0, 2, 1],
        ..TINY
    };
    let no_back = Mode {
        h: [16, 4, 4, 0],
        v: [4, 1, 2, 1],
        ..TINY
    };
    check_frames(&no_front, 3);
    check_frames(&no_back, 3);
}

#[test]
fn mode_change_waits_for_the_frame_start_and_comes_as_one() {
    let mut bench = Bench::new();
    bench.start(&TINY);
    for clock in 0..100 {
        assert_eq!(bench.clock(), expected(&TINY, clock));
    }
    bench.offer(Some(OTHER.words(true)));
    let frame = TINY.clocks_per_frame();
    for clock in 100..frame {
        let seen = bench.clock();
        // The counters are one clock ahead of the outputs.
        let wanted = Seen {
            accepted: clock == frame - 2,
            ..expected(&TINY, clock)
        };
        assert_eq!(seen, wanted, "old mode, clock {clock}");
        if seen.accepted {
            bench.offer(None);
        }
    }
    for clock in 0..2 * OTHER.clocks_per_frame() {
        let wanted = expected(&OTHER, clock % OTHER.clocks_per_frame());
        assert_eq!(bench.clock(), wanted, "new mode, clock {clock}");
    }
}

#[test]
fn switching_off_takes_effect_at_the_frame_end() {
    let mut bench = Bench::new();
    bench.start(&TINY);
    for clock in 0..50 {
        assert_eq!(bench.clock(), expected(&TINY, clock));
    }
    bench.offer(Some(TINY.words(false)));
    for clock in 50..TINY.clocks_per_frame() {
        let seen = bench.clock();
        assert_eq!(
            Seen {
                accepted: false,
                ..seen
            },
            expected(&TINY, clock)
        );
        if seen.accepted {
            bench.offer(None);
        }
    }
    for _ in 0..2 * TINY.clocks_per_frame() {
        let seen = bench.clock();
        assert!(!seen.running && !seen.de && !seen.vblank && !seen.frame_start && !seen.line_start);
        assert_eq!(
            (seen.hsync, seen.vsync),
            (!TINY.h_high, !TINY.v_high),
            "syncs rest inactive"
        );
    }
    bench.start(&OTHER);
    assert_eq!(
        bench.clock(),
        expected(&OTHER, 0),
        "on again, with another mode"
    );
}

#[test]
fn a_mode_without_blanking_can_still_be_left() {
    let degenerate = Mode {
        h: [8, 0, 0, 0],
        v: [4, 0, 0, 0],
        h_high: true,
        v_high: true,
    };
    let mut bench = Bench::new();
    bench.start(&degenerate);
    for _ in 0..20 {
        bench.clock();
    }
    let words = TINY.words(true);
    assert!(bench.take(words, 2 * 8 * 8192) > 0);
    bench.clock();
    for clock in 0..TINY.clocks_per_frame() {
        assert_eq!(bench.clock(), expected(&TINY, clock));
    }
}

#[test]
fn generated_verilog_elaborates() {
    elaborate::check("timing", &Bench::new().uut);
}
