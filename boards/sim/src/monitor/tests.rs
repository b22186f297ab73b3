//! Tests of the monitor with a transmitter written here from the DVI specification, figure 3-5.

use super::*;

/// The transmitter of one channel, in the plainest form: bit by bit, as the figure draws it.
#[derive(Default)]
struct Transmitter {
    count: i32,
}

impl Transmitter {
    fn data(&mut self, byte: u8) -> u32 {
        let d: Vec<bool> = (0..8).map(|bit| byte >> bit & 1 != 0).collect();
        let ones = d.iter().filter(|bit| **bit).count();
        let xnor = ones > 4 || (ones == 4 && !d[0]);
        let mut q = vec![d[0]];
        for bit in 1..8 {
            q.push(if xnor {
                q[bit - 1] == d[bit]
            } else {
                q[bit - 1] != d[bit]
            });
        }
        let q8 = !xnor;
        let n1 = q.iter().map(|bit| i32::from(*bit)).sum::<i32>();
        let n0 = 8 - n1;
        let invert;
        if self.count == 0 || n1 == n0 {
            invert = !q8;
            self.count += if q8 { n1 - n0 } else { n0 - n1 };
        } else if (self.count > 0 && n1 > n0) || (self.count < 0 && n0 > n1) {
            invert = true;
            self.count += 2 * i32::from(q8) + n0 - n1;
        } else {
            invert = false;
            self.count += -2 * i32::from(!q8) + n1 - n0;
        }
        let mut word = u32::from(invert) << 9 | u32::from(q8) << 8;
        for (bit, value) in q.iter().enumerate() {
            word |= u32::from(*value != invert) << bit;
        }
        word
    }

    fn control(&mut self, c1: bool, c0: bool) -> u32 {
        self.count = 0;
        match (c1, c0) {
            (false, false) => 0b1101010100,
            (false, true) => 0b0010101011,
            (true, false) => 0b0101010100,
            (true, true) => 0b1010101011,
        }
    }
}

/// How the test card draws its raster.
#[derive(Clone, Copy)]
struct Raster {
    h: Axis,
    v: Axis,
    /// Column at which vertical sync changes, counted from the first visible pixel of the line before.
    vsync_column: u32,
}

fn raster(mode: &StandardMode) -> Raster {
    Raster {
        h: mode.horizontal,
        v: mode.vertical,
        vsync_column: mode.horizontal.active + mode.horizontal.front,
    }
}

/// A raster small enough to test by the dozen: 20x6 visible in 36x12.
fn tiny() -> Raster {
    let h = Axis {
        active: 20,
        front: 3,
        sync: 5,
        back: 8,
        sync_high: true,
    };
    let v = Axis {
        active: 6,
        front: 1,
        sync: 2,
        back: 3,
        sync_high: false,
    };
    Raster {
        h,
        v,
        vsync_column: 23,
    }
}

/// The colour of a pixel: red, green, blue.
fn colour(frame: u32, x: u32, y: u32) -> [u8; 3] {
    [
        (x * 7 + frame) as u8,
        (y * 13 + x) as u8,
        (x ^ (y * 3)).wrapping_mul(29) as u8,
    ]
}

/// What the card puts out for `frames` frames, beginning with the blanking after an imaginary one.
fn clocks(raster: Raster, frames: u32) -> Vec<(Option<[u8; 3]>, bool, bool)> {
    let (h, v) = (raster.h, raster.v);
    let mut all = Vec::new();
    for frame in 0..=frames {
        for line in 0..v.total() {
            if frame == 0 && line < v.active {
                continue;
            }
            for column in 0..h.total() {
                let visible = column < h.active && line < v.active;
                let h_start = h.active + h.front;
                let hsync = (h_start..h_start + h.sync).contains(&column);
                // Vertical sync belongs to the line that the horizontal sync pulse opens.
                let opened = if column >= raster.vsync_column {
                    line + 1
                } else {
                    line
                };
                let v_start = v.active + v.front;
                let vsync = (v_start..v_start + v.sync).contains(&opened);
                let pixel = visible.then(|| colour(frame - 1, column, line));
                all.push((pixel, hsync == h.sync_high, vsync == v.sync_high));
            }
        }
    }
    // The first visible pixel of one more frame, so that the last one is complete.
    all.push((Some([0; 3]), !h.sync_high, !v.sync_high));
    all
}

fn symbols(clocks: &[(Option<[u8; 3]>, bool, bool)]) -> Vec<u32> {
    let mut channels = [
        Transmitter::default(),
        Transmitter::default(),
        Transmitter::default(),
    ];
    clocks
        .iter()
        .map(|(pixel, hsync, vsync)| {
            let [blue, green, red] = &mut channels;
            let words = match pixel {
                Some([r, g, b]) => [blue.data(*b), green.data(*g), red.data(*r)],
                None => [
                    blue.control(*vsync, *hsync),
                    green.control(false, false),
                    red.control(false, false),
                ],
            };
            words[0] | words[1] << 10 | words[2] << 20
        })
        .collect()
}

/// Frames that the monitor makes of symbols.
fn watch(words: &[u32]) -> Vec<Frame> {
    let mut monitor = Monitor::new();
    monitor.push(words);
    std::iter::from_fn(|| monitor.take_frame()).collect()
}

fn expected_rgb(raster: Raster, frame: u32) -> Vec<u8> {
    (0..raster.v.active)
        .flat_map(|y| (0..raster.h.active).flat_map(move |x| colour(frame, x, y)))
        .collect()
}

#[test]
fn frames_come_back_bit_exact() {
    let frames = watch(&symbols(&clocks(tiny(), 3)));
    assert_eq!(frames.len(), 3);
    for (index, frame) in frames.iter().enumerate() {
        assert_eq!(
            (frame.width, frame.height, frame.index),
            (20, 6, index as u64)
        );
        assert_eq!(frame.rgb, expected_rgb(tiny(), index as u32));
        assert!(frame.errors.is_clean(), "{:?}", frame.errors);
        assert_eq!(frame.pixel(3, 2), Some(colour(index as u32, 3, 2)));
        assert_eq!(frame.pixel(20, 0), None);
    }
}

#[test]
fn raster_is_measured_with_every_polarity() {
    for (h_high, v_high) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut raster = tiny();
        raster.h.sync_high = h_high;
        raster.v.sync_high = v_high;
        let frame = &watch(&symbols(&clocks(raster, 1)))[0];
        let expected = Timing {
            horizontal: raster.h,
            vertical: raster.v,
            vsync_on_hsync_edge: true,
        };
        assert_eq!(frame.timing, Some(expected));
    }
}

#[test]
fn vsync_away_from_the_hsync_edge_is_told() {
    // At the start of the line, as simple generators do: same lines, different edge.
    let at_line_start = Raster {
        vsync_column: 36,
        ..tiny()
    };
    let timing = watch(&symbols(&clocks(at_line_start, 1)))[0]
        .timing
        .unwrap();
    assert_eq!(
        (timing.vertical, timing.vsync_on_hsync_edge),
        (tiny().v, false)
    );
    assert!(timing.to_string().contains("off the hsync edge"));
}

#[test]
fn vsync_one_line_late_changes_the_porches() {
    let mut late = tiny();
    late.v.front += 1;
    late.v.back -= 1;
    let timing = watch(&symbols(&clocks(late, 1)))[0].timing.unwrap();
    assert_eq!((timing.vertical.front, timing.vertical.back), (2, 2));
}

#[test]
fn standard_modes_are_recognised_by_raster_and_clock() {
    for mode in STANDARD_MODES
        .iter()
        .filter(|mode| mode.horizontal.active <= 800)
    {
        let frames = watch(&symbols(&clocks(raster(mode), 1)));
        let timing = frames[0].timing.unwrap();
        assert_eq!(timing.standard_mode(mode.pixel_clock_khz), Some(mode));
        assert_eq!(timing.standard_mode(mode.pixel_clock_khz * 102 / 100), None);
        assert!(frames[0].errors.is_clean());
    }
    let timing = watch(&symbols(&clocks(tiny(), 1)))[0].timing.unwrap();
    assert_eq!(timing.standard_modes().count(), 0);
    assert_eq!(timing.clocks_per_frame(), 36 * 12);
    assert_eq!(timing.to_string(), "h 20+3+5+8=36 + v 6+1+2+3=12 -");
}

#[test]
fn pieces_of_any_size_give_the_same_frames() {
    let words = symbols(&clocks(tiny(), 2));
    for piece in [1, 7, 100] {
        let mut monitor = Monitor::new();
        for part in words.chunks(piece) {
            monitor.push(part);
        }
        let frames: Vec<_> = std::iter::from_fn(|| monitor.take_frame()).collect();
        assert_eq!(frames, watch(&words));
    }
}

#[test]
fn start_in_the_middle_skips_to_the_first_whole_frame() {
    let words = symbols(&clocks(tiny(), 3));
    let per_frame = 36 * 12;
    let blanking = 36 * 6;
    let frames = watch(&words[blanking + 50..]);
    assert_eq!(frames.len(), 2);
    assert_eq!(frames[0].rgb, expected_rgb(tiny(), 1));
    assert_eq!(frames[0].start_clock as usize, per_frame - 50);
}

#[test]
fn parallel_output_gives_the_same_frames() {
    let clocks = clocks(tiny(), 2);
    let words: Vec<u32> = clocks
        .iter()
        .map(|(pixel, hsync, vsync)| {
            let rgb = pixel.map_or(0, |[r, g, b]| {
                1 << 24 | u32::from(r) << 16 | u32::from(g) << 8 | u32::from(b)
            });
            rgb | u32::from(*hsync) << 25 | u32::from(*vsync) << 26
        })
        .collect();
    let mut monitor = Monitor::new();
    monitor.push_parallel(&words);
    let frames: Vec<_> = std::iter::from_fn(|| monitor.take_frame()).collect();
    assert_eq!(frames, watch(&symbols(&clocks)));
}

/// Index of the symbol at column `x` of line `y` of the first frame.
fn at(x: usize, y: usize) -> usize {
    36 * 6 + y * 36 + x
}

#[test]
fn single_bit_error_in_the_picture_is_noticed_or_spoils_one_pixel() {
    // The code is not made to detect errors: a flipped bit can give another symbol that is legal at this disparity. Then the pixel is
    // wrong, and the disparity off by two shows up at a later symbol of the line unless the line ends first.
    let words = symbols(&clocks(tiny(), 1));
    let mut noticed = 0;
    for bit in 0..30 {
        let mut broken = words.clone();
        broken[at(7, 3)] ^= 1 << bit;
        let frame = &watch(&broken)[0];
        let good = expected_rgb(tiny(), 0);
        let differing = frame
            .rgb
            .chunks(3)
            .zip(good.chunks(3))
            .filter(|(a, b)| a != b)
            .count();
        let seen = frame.errors.first_symbol_error;
        assert!(
            differing <= 1 && (seen.is_some() || differing == 1),
            "bit {bit}"
        );
        assert!(
            seen.is_none_or(|clock| (at(7, 3)..at(20, 3)).contains(&(clock as usize))),
            "bit {bit}"
        );
        noticed += usize::from(seen.is_some());
        assert_eq!(
            (frame.width, frame.height, frame.errors.ragged_lines),
            (20, 6, 0),
            "bit {bit}"
        );
    }
    assert!(noticed >= 27, "{noticed} of 30");
}

#[test]
fn errors_are_counted_by_channel_and_kind() {
    let words = symbols(&clocks(tiny(), 1));
    let mut broken = words.clone();
    // 0b0101010101 alternates more than any data symbol and is no token: illegal, on green.
    broken[at(2, 1)] = broken[at(2, 1)] & !(0x3FF << 10) | 0b01_0101_0101 << 10;
    let errors = watch(&broken)[0].errors;
    assert_eq!(
        (
            errors.illegal_symbols,
            errors.disparity,
            errors.mixed_periods
        ),
        ([0, 1, 0], [0; 3], 0)
    );

    // A token on red in the middle of a line.
    let mut broken = words.clone();
    broken[at(2, 1)] = broken[at(2, 1)] & 0xF_FFFF | 0b11_0101_0100 << 20;
    assert_eq!(watch(&broken)[0].errors.mixed_periods, 1);

    // The other symbol of the same byte: only the disparity is wrong.
    let mut other = Transmitter { count: -8 };
    let mut broken = words;
    let [_, _, blue] = colour(0, 0, 0);
    broken[at(0, 0)] = broken[at(0, 0)] & !0x3FF | other.data(blue);
    let frame = &watch(&broken)[0];
    assert_eq!(frame.errors.disparity[0], 1);
    assert_eq!(frame.rgb, expected_rgb(tiny(), 0));
}

#[test]
fn stray_control_bits_are_counted() {
    let mut words = symbols(&clocks(tiny(), 1));
    let token = 0b00_1010_1011;
    words[at(25, 2)] = words[at(25, 2)] & !(0x3FF << 10) | token << 10;
    let errors = watch(&words)[0].errors;
    assert_eq!((errors.control_bits, errors.symbol_errors()), (1, 0));
}

#[test]
fn short_and_late_lines_are_reported() {
    let mut shortened = clocks(tiny(), 1);
    let last = at(19, 2);
    shortened[last].0 = None;
    let frame = &watch(&symbols(&shortened))[0];
    assert_eq!(
        (frame.errors.ragged_lines, frame.rgb.len()),
        (1, 20 * 6 * 3)
    );

    let mut late = clocks(tiny(), 1);
    let clock = late[at(21, 2)];
    late.insert(at(21, 2), clock);
    let errors = watch(&symbols(&late))[0].errors;
    assert!(errors.uneven_lines == 1 && errors.broken_line && errors.unsteady_hsync > 0);
}

#[test]
fn missing_and_doubled_syncs_are_reported() {
    let mut without = clocks(tiny(), 1);
    for clock in &mut without[at(20, 2)..at(36, 2)] {
        clock.1 = false;
    }
    let errors = watch(&symbols(&without))[0].errors;
    assert_eq!((errors.unsteady_hsync, errors.bad_vsync), (2, false));

    let mut doubled = clocks(tiny(), 1);
    for clock in &mut doubled[at(30, 3)..at(33, 3)] {
        clock.2 = !clock.2;
    }
    assert!(
        watch(&symbols(&doubled))
            .iter()
            .any(|frame| frame.errors.bad_vsync || frame.height != 6)
    );

    let mut long = clocks(tiny(), 1);
    let v_end = at(23, 8);
    long[v_end].2 = tiny().v.sync_high;
    assert!(watch(&symbols(&long))[0].errors.bad_vsync);
}

#[test]
fn noise_gives_no_frame_and_no_panic() {
    let mut random = crate::random::Random::new(3);
    let words: Vec<u32> = (0..200_000)
        .map(|_| random.next_u64() as u32 & 0x3FFF_FFFF)
        .collect();
    let mut monitor = Monitor::new();
    monitor.push(&words);
    assert!(monitor.symbol_error_count() > 100_000);
    assert_eq!(monitor.clocks(), 200_000);
}

#[test]
fn frames_nobody_takes_are_dropped_oldest_first() {
    let words = symbols(&clocks(tiny(), 20));
    let mut monitor = Monitor::new();
    monitor.push(&words);
    assert_eq!(
        (monitor.frame_count(), monitor.dropped_frame_count()),
        (20, 4)
    );
    assert_eq!(monitor.take_frame().unwrap().index, 4);
}

#[test]
fn resynchronising_drops_the_present_frame() {
    let words = symbols(&clocks(tiny(), 2));
    let mut monitor = Monitor::new();
    monitor.push(&words[..at(5, 3)]);
    monitor.resynchronise();
    monitor.push(&words[at(5, 3)..]);
    assert_eq!(monitor.frame_count(), 1);
    assert_eq!(monitor.take_frame().unwrap().rgb, expected_rgb(tiny(), 1));
}

/// Prints the speed; run with `cargo test --release -p lumenport-sim monitor -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement, not a test"]
fn speed() {
    let words = symbols(&clocks(raster(&STANDARD_MODES[0]), 4));
    let mut monitor = Monitor::new();
    let start = std::time::Instant::now();
    for _ in 0..20 {
        monitor.push(&words);
    }
    let clocks = words.len() as u128 * 20;
    println!(
        "{} million pixel clocks a second",
        clocks / start.elapsed().as_micros()
    );
}
